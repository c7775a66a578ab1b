// kafka.h - consumers and producers of Kafka. Only the files kafka*.c know librdkafka.
//
// Everything happens in the thread that calls; librdkafka's own threads only fetch and send. Eager assignment (range), static membership when an
// instance id is given, never cooperative-sticky. Source of the settings: design.md, Traps; measured.md.
#ifndef HOTLINE_KAFKA_H
#define HOTLINE_KAFKA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "text.h"

enum {
	KAFKA_PROPERTIES_MAX = 64,
	KAFKA_TOPIC_BYTES = 250,
	KAFKA_TOPICS_MAX = 16,     // of one consumer or producer
	KAFKA_HEADERS_MAX = 16,    // of one message that is sent
	KAFKA_END_AGAIN_MS = 1000, // an idle partition tells of its end again at least so often, while kafka_poll is called
};

// What both take: brokers, and key=value pairs of the user (-X), which win over ours but for the ones that exactness rests on; those are refused.
struct kafka_config {
	const char *brokers;
	const char *client_id;
	uint32_t property_count;
	const char *property[KAFKA_PROPERTIES_MAX];  // "key=value"
};
// FATAL bad_property: one that librdkafka does not know or that may not be set. The other functions check it as well.
MUST_USE enum status kafka_config_check(const struct kafka_config *config, struct error *error);

// A message. Everything points into librdkafka's memory and lives until kafka_message_done, which must come before the consumer is closed, in any order and
// also after a revoke.
struct kafka_message {
	uint32_t topic;      // index into the topics the consumer was opened with
	int32_t partition;
	int64_t offset;
	int64_t timestamp_ms;  // of the record; -1 when it has none
	struct text key, value;
	bool is_tombstone;     // the value is absent, not empty
	void *handle;
};
bool kafka_message_header(const struct kafka_message *message, const char *name, struct text *ret_value);
void kafka_message_done(struct kafka_message *message);

enum kafka_event {
	KAFKA_NOTHING,    // nothing within the time
	KAFKA_MESSAGE,
	KAFKA_END,        // the end of a partition was found: *ret_partition, *ret_offset (next to come). Also again and again while it stays there
	KAFKA_PROBLEM,    // the error says what; the consumer goes on by itself
};

#define KAFKA_OFFSET_EARLIEST INT64_C(-2)
#define KAFKA_OFFSET_LATEST INT64_C(-1)

struct kafka_partition {
	uint32_t topic;
	int32_t partition;
	int64_t offset;     // where to start: an offset, KAFKA_OFFSET_EARLIEST
	int64_t committed;  // what the group has committed, -1 when nothing; given to assign
};

// Called from kafka_poll, never from kafka_poll_batch. assign fills in the offsets to start at (KAFKA_OFFSET_EARLIEST is there already); when it fails, nothing
// is assigned and kafka_poll returns that status; after RETRY the next kafka_poll calls it again. An empty assignment is one too (count is 0), but nothing is not revoked.
// revoke must have let go of the partitions when it returns; is_lost tells that they already belong to somebody else.
struct kafka_owner {
	enum status (*assign)(void *self, struct kafka_partition *partition, size_t count, struct error *error);
	void (*revoke)(void *self, const struct kafka_partition *partition, size_t count, bool is_lost);
	void *self;
};

struct kafka_consumer;

// topics: NULL-terminated. FATAL topic_missing when one does not exist, with the command that makes it; RETRY when no broker answers within 5 s.
MUST_USE enum status kafka_consumer_open(const struct kafka_config *config, const char *group, const char *instance_id, const char *const *topics,
	const struct kafka_owner *owner, struct kafka_consumer **ret_consumer, struct error *error);
void kafka_consumer_close(struct kafka_consumer *consumer);  // revokes first, then leaves the group, all within some 5 s; NULL is taken
// Kafka does not answer: something failed on the way to it, and neither a record nor the end of a partition has come since. For those who watch.
bool kafka_consumer_is_away(const struct kafka_consumer *consumer);
int kafka_consumer_fd(const struct kafka_consumer *consumer);  // readable when kafka_poll has something; drained by kafka_poll when it returns KAFKA_NOTHING

// The next thing, waiting up to timeout_ms (0: not at all). Call it at least once a second, also when the descriptor is quiet. FATAL offset_out_of_range when an offset is not in Kafka any more: the error names the lost range. So it is where Kafka says so of one that it has.
// Offsets of one partition come without a hole; after a hole the consumer seeks back once, and only a hole that is still there is passed (transaction markers);
// in a topic with many such holes in a row it stops to seek. ret_topic, ret_partition and ret_offset are set for KAFKA_MESSAGE and KAFKA_END.
MUST_USE enum status kafka_poll(struct kafka_consumer *consumer, int timeout_ms, struct kafka_message *ret_message, enum kafka_event *ret_event,
	int32_t *ret_partition, uint32_t *ret_topic, int64_t *ret_offset, struct error *error);
// Many at once, for catching up: fills up to capacity messages that are there already, without waiting; returns how many. Only KAFKA_MESSAGE: it stops
// at anything else, which the next kafka_poll gives. So: kafka_poll with a timeout, on KAFKA_MESSAGE kafka_poll_batch for the rest, and round again.
size_t kafka_poll_batch(struct kafka_consumer *consumer, struct kafka_message *ret_messages, size_t capacity);

// What was polled before and is not done yet stays valid memory; nothing from the old position is handed out any more. RETRY not_assigned.
MUST_USE enum status kafka_seek(struct kafka_consumer *consumer, uint32_t topic, int32_t partition, int64_t offset, struct error *error);
void kafka_pause(struct kafka_consumer *consumer, uint32_t topic, int32_t partition, bool is_paused);
// For lag tools, or as the owner's truth. Asynchronous and cheap: only the newest offset of each partition is sent, some five times a second while kafka_poll is
// called, and before the group hears of a revoke or a close. A refusal comes as KAFKA_PROBLEM commit_failed. For a partition that is not ours it does nothing.
void kafka_commit(struct kafka_consumer *consumer, uint32_t topic, int32_t partition, int64_t offset);

// Number of partitions of a topic. FATAL topic_missing, RETRY kafka_away.
MUST_USE enum status kafka_partition_count(const struct kafka_config *config, const char *topic, int timeout_ms, int32_t *ret_count, struct error *error);
// Low and high watermark of a partition, from the broker.
MUST_USE enum status kafka_watermarks(struct kafka_consumer *consumer, uint32_t topic, int32_t partition, int timeout_ms, int64_t *ret_low, int64_t *ret_high,
	struct error *error);

// Where a reading of a topic has ended, to go on from there. Zeroed at first.
struct kafka_marks {
	int32_t count;
	int64_t *offset;  // by partition
};
void kafka_marks_done(struct kafka_marks *marks);

// Reads a topic up to the end that it has at the call, all partitions, without a group: from the records sent at since_ms or later (0: from the start), or, where marks hold something, from there.
// `take` gets each record; what it returns other than OK ends the reading. The message is the reader's: no kafka_message_done. marks may be NULL; they are moved when all was read.
// RETRY kafka_away when nothing comes for timeout_ms. FATAL topic_missing.
MUST_USE enum status kafka_read_since(const struct kafka_config *config, const char *topic, int64_t since_ms, struct kafka_marks *marks, int timeout_ms,
	enum status (*take)(void *self, const struct kafka_message *message, struct error *error), void *self, struct error *error);

// The same a piece at a time, for who must not stand still meanwhile. kafka_reading_new waits for Kafka, at most timeout_ms for each of its answers, kafka_reading_take
// not: it gives what has come, at most `count` records. The topic's name is the caller's and stays. kafka_reading_marks tells where a reading ended that is done. kafka_reading_free takes NULL.
struct kafka_reading;
MUST_USE enum status kafka_reading_new(const struct kafka_config *config, const char *topic, int64_t since_ms, const struct kafka_marks *marks, int timeout_ms,
	struct kafka_reading **ret_reading, struct error *error);
MUST_USE enum status kafka_reading_take(struct kafka_reading *reading, size_t count, enum status (*take)(void *self, const struct kafka_message *message, struct error *error), void *self,
	bool *ret_is_done, struct error *error);
void kafka_reading_again(struct kafka_reading *reading);  // one that is done, once more: the same records
void kafka_reading_marks(const struct kafka_reading *reading, struct kafka_marks *marks);
void kafka_reading_free(struct kafka_reading *reading);

// Java's partitioner, so that everybody agrees who owns a key.
int32_t kafka_partition_of(struct text key, int32_t partition_count);

struct kafka_producer;
struct kafka_header {
	const char *name;
	struct text value;
};
// Idempotent, acks=all. `delivered` is called from kafka_producer_poll, once for every message: OK, RETRY when it was given up and must be sent again, REJECT when
// Kafka will never take it (too large), FATAL when Kafka refuses us (no permission, fenced). `problem` is NULL for OK.
MUST_USE enum status kafka_producer_open(const struct kafka_config *config, void (*delivered)(void *self, void *tag, enum status status, const char *problem),
	void *self, struct kafka_producer **ret_producer, struct error *error);
void kafka_producer_close(struct kafka_producer *producer, int timeout_ms);  // flushes up to so long; NULL is taken
int kafka_producer_fd(const struct kafka_producer *producer);
// Key and value are copied; one whose `at` is NULL is absent, so a NULL value is a tombstone. partition -1: by key (murmur2_random). timestamp_ms 0: now. RETRY queue_full (poll, then again); REJECT when the message is too large; FATAL otherwise.
MUST_USE enum status kafka_send(struct kafka_producer *producer, const char *topic, int32_t partition, struct text key, struct text value,
	const struct kafka_header *header, size_t header_count, int64_t timestamp_ms, void *tag, struct error *error);
// The same, by key and without headers; the value is not copied, and must stay as it is until `delivered` was called for it or the producer is closed.
MUST_USE enum status kafka_send_held(struct kafka_producer *producer, const char *topic, struct text key, struct text value, void *tag, struct error *error);
void kafka_producer_poll(struct kafka_producer *producer, int timeout_ms);
size_t kafka_producer_waiting(const struct kafka_producer *producer);  // sent and not delivered yet

#endif
