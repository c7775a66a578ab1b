// shard.h - one partition of an input topic and all that it owns in Redis; the step that takes events in, and everything that hangs on it.
//
//     away ──take over──► idle ──begin──► reading ──decide──► (loading) ──► (letters) ──commit──► committing ──► idle
//                          ▲                                                                  │ more to do: begin in the same write
//                          └──────────────────────────────────────────────────────────────────┘
//     any failure ──► away: drop the connection and everything in memory, draw a new owner id, read the head again, go on from there
//
// Nothing blocks but the take-over. Source: design.md, ideas 2, 3 and 5; measured.md.
#ifndef HOTLINE_SHARD_H
#define HOTLINE_SHARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "head.h"
#include "kafka.h"
#include "names.h"
#include "policies.h"
#include "relay.h"

enum {
	SHARD_END_FRESH_MS = 5000,       // how long an end that was found counts while events come in behind it
	SHARD_BATCH_MAX = 60000,         // events in one step
	SHARD_BATCH_GOOD = 36000,        // catching up, a step waits for so many events
	SHARD_GATHER_MS = 400,           // but not longer than this,
	SHARD_GATHER_PAUSE_MS = 50,      // nor than this after the last event that came
	SHARD_LINKS_BYTES = 4 << 20,     // of messages of links in one step, some 68 000 facts; twice as many may wait
	SHARD_LINKS_GATHER_MS = 20,      // a shard of links waits so long for more, since its pages are many and a step touches each once;
	SHARD_LINKS_FLOOD_MS = 1000,     // so long after a step
	SHARD_LINKS_FLOOD = 256,         // of so many facts;
	SHARD_LINKS_TORRENT_MS = 4000,   // and so long after a step
	SHARD_LINKS_TORRENT = 8192,      // of so many: only while catching up
	SHARD_LINKS_PAUSE_MS = 250,      // but never longer than this after the last message
	SHARD_LINKS_ROWS = 2048,         // rows of shelves that a period begins with, a power of two: what is stored lies by it
	SHARD_LINKS_LOOK = 32,           // shelves of a period that are written before it is looked whether they are too large
	SHARD_LINKS_GOOD = 64,           // links of a shelf, as shelf_rows_wanted has it. Source: tests/bench/README.md, "Tried"
	SHARD_INCOMING_MAX = 180000,     // events that wait; above it the partition is paused. The loop holds all of them to less: LOOP_WAITING_MAX
	SHARD_TIMERS_MAX = 10000,        // tickets that a step looks at because of their time
	SHARD_REPLY_TIMEOUT_MS = 5000,   // a step whose replies take longer is given up, its outcome unknown
	SHARD_HEARTBEAT_MS = 10000,      // how often an idle shard writes its clock down
	SHARD_FUTURE_MS = 5 * 60 * 1000, // an event further ahead of its record is refused: one bad clock must not fire a city's deadlines
	SHARD_LATE_LOOK_MS = 60 * 1000,  // after alerts were read back, until they are once more
	SHARD_CHUNK_MS = 60 * 1000,      // how long one chunk of changes is written to
};

// What the caches of all shards of a process may hold together, and what they do. The limit is its owner's, the sum the shards'.
struct cache_budget {
	size_t limit_bytes, bytes;
};

// What all shards of a process share. Lives as long as they do.
struct shard_settings {
	const char *redis;               // address
	struct policies *policies;
	const struct known_policy *own_policy;  // of the process's own file
	int64_t told_at_ms;              // when the process was told on purpose to put that in force, wall clock; 0 never
	struct names *names;
	struct outlet *outlet;
	int32_t link_partitions;         // of the topic of links
	struct kafka_config kafka;       // to read alerts back
	int64_t settle_ms;               // above the worst rollback of Redis
	bool is_event_clock;             // never the wall clock
	bool rebuild;                    // start over: forget all that the shard has
	struct cache_budget *cache;      // of pages and counters
	int64_t *newest_revision;        // that the process has given an alert
};

// Counts for /metrics, since the process started.
struct shard_stats {
	uint64_t events, duplicates, rejected, steps, timers, alerts, takeovers, fenced;
	int64_t lag_ms;                  // how late the last timer fired
};

// What a topic's subjects are: tickets, units' months, links. The loop's topics are numbered so, whatever they are called.
enum shard_kind { SHARD_OF_TICKETS, SHARD_OF_UNITS, SHARD_OF_LINKS, SHARD_KINDS };

struct shard;
struct shard *shard_new(const struct shard_settings *settings, uint32_t topic, const char *topic_name, int32_t partition, int32_t partitions);
// Drops the messages that wait, too. NULL is taken.
void shard_free(struct shard *shard);

// Connects and reads the head, and makes this process the owner. Blocks up to some seconds.
//   committed      what the group has committed in Kafka, -1 when nothing: without a head that is history that must not be lost
//   high           the partition's next offset: alerts are read back when the shard has come so far
// RETRY redis_away. FATAL head_missing, partitions_changed, broken_state, wrong_type ...
MUST_USE enum status shard_take_over(struct shard *shard, int64_t committed, int64_t high, struct error *error);
int64_t shard_offset(const struct shard *shard);  // of the next record to take: KAFKA_OFFSET_EARLIEST for a new shard

// Hands over a message that came just now, by the monotonic clock. The shard owns it until it is done with it. An offset that was taken already is passed by.
void shard_take(struct shard *shard, const struct kafka_message *message, int64_t now_ms);
bool shard_is_full(const struct shard *shard);
// The end of the partition was found at `offset`.
void shard_found_end(struct shard *shard, int64_t offset);
// Nothing is known about the end any more: Kafka is away.
void shard_lost_end(struct shard *shard);

// Goes on as far as it can without waiting. RETRY: it has lost its connection or its ownership and is away now. FATAL: stop.
MUST_USE enum status shard_run(struct shard *shard, struct error *error);

// Redis may have lost its last seconds while what they led to was published: alerts are read back from Kafka after the first takeover in each life
// of Redis (redis_life), once the shard stands where its partition ended then and all has come to Kafka that this process sent of what was lost; and once more a minute later, for what a former owner had under way when
// it stood still. Many shards share one reading, and go on meanwhile.
int64_t shard_read_back_ms(const struct shard *shard);  // monotonic, from when on it wants to; NEVER_MS, also while it takes part in one

struct read_back;
// Asks Kafka where to read from and up to where, which may take some seconds when it is slow. A shard that goes away or is freed leaves the reading. RETRY kafka_away: again later.
MUST_USE enum status read_back_begin(struct shard *const *shard, size_t count, struct read_back **ret_reading, struct error *error);
// Takes some of what has come, without waiting. Done, it is to be freed, and the shards compare what was read with their states. RETRY kafka_away: nothing was read, free it and begin again later.
MUST_USE enum status read_back_run(struct read_back *reading, bool *ret_is_done, struct error *error);
void read_back_free(struct read_back *reading);  // NULL is taken

// While the caches together are above their limit, gives up the same part of this one as all others do: what was used longest ago. Nothing during a step.
void shard_trim(struct shard *shard);
// There is little to do: gives up the whole cache, so that what is in use comes back close together, and the room that large steps needed. Nothing during a step
// nor while events wait.
void shard_rest(struct shard *shard);

int shard_fd(const struct shard *shard);          // -1 when away
const char *shard_redis_name(const struct shard *shard);  // which Redis it is in; only when not away
short shard_poll_events(const struct shard *shard);  // POLLIN, POLLOUT; 0 when it waits for nothing from Redis
int64_t shard_wake_ms(const struct shard *shard); // monotonic, when to call shard_run though nothing happened; NEVER_MS
bool shard_is_away(const struct shard *shard);
bool shard_is_live(const struct shard *shard);    // it has caught up
bool shard_is_quiet(const struct shard *shard);   // nothing under way, nothing that waits for an acknowledgement
bool shard_is_settled(const struct shard *shard); // the same, not away, and what was published before the takeover is compared
void shard_let_go(struct shard *shard);           // to away, on purpose

// Whether the process's own policy is not the one in force here: the head had another, and nobody said that it should go.
bool shard_differs(const struct shard *shard);

// Whether this policy may take the place of the one in force here. FATAL bad_config: its zone is another one, and days that were counted would move.
MUST_USE enum status shard_check_policy(const struct shard *shard, const struct policy *policy, struct error *error);

const char *shard_name(const struct shard *shard);
uint32_t shard_topic(const struct shard *shard);
int32_t shard_partition(const struct shard *shard);
const struct head *shard_head(const struct shard *shard);
const struct shard_stats *shard_stats(const struct shard *shard);
int64_t shard_wanted(const struct shard *shard);  // the next offset to take in, behind what waits
size_t shard_waiting(const struct shard *shard);  // events that were fetched and not taken in yet
size_t shard_waiting_bytes(const struct shard *shard);  // of their values

// Every command that a shard sends, for redis_check_server.
extern const char *const shard_commands[];

#endif
