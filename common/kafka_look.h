// kafka_look.h - what there is in a Kafka, seen from outside: brokers, topics, how far they go, what comes in. Joins no group and commits nothing.
#ifndef HOTLINE_KAFKA_LOOK_H
#define HOTLINE_KAFKA_LOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "kafka.h"

enum { KAFKA_LOOK_BROKERS_MAX = 64, KAFKA_LOOK_NAME_BYTES = 280 };

struct kafka_look;

// Asks who the brokers are. RETRY kafka_away when nobody answers within timeout_ms.
MUST_USE enum status kafka_look_open(const struct kafka_config *config, int timeout_ms, struct kafka_look **ret_look, struct error *error);
void kafka_look_close(struct kafka_look *look);  // NULL is taken

size_t kafka_look_broker_count(const struct kafka_look *look);
const char *kafka_look_broker(const struct kafka_look *look, size_t index);  // "kafka1:9092"

// *ret_count is 0 when the topic does not exist.
MUST_USE enum status kafka_look_partitions(struct kafka_look *look, const char *topic, int32_t *ret_count, struct error *error);
MUST_USE enum status kafka_look_watermarks(struct kafka_look *look, const char *topic, int32_t partition, int64_t *ret_low, int64_t *ret_high, struct error *error);

// What a group has committed of a topic with so many partitions; -1 of a partition that it has committed nothing of. The group is not joined. RETRY kafka_away.
MUST_USE enum status kafka_look_committed(const struct kafka_config *config, const char *group, const char *topic, int32_t count, int timeout_ms, int64_t *ret_offsets,
	struct error *error);

// What comes into a topic from now on.
struct kafka_tail;
// FATAL topic_missing, RETRY kafka_away.
MUST_USE enum status kafka_tail_open(const struct kafka_config *config, const char *topic, int timeout_ms, struct kafka_tail **ret_tail, struct error *error);
void kafka_tail_close(struct kafka_tail *tail);  // NULL is taken
// Waits up to timeout_ms; *ret_is_there tells whether a message came, which kafka_message_done ends. A broker that is away comes back by itself.
MUST_USE enum status kafka_tail_poll(struct kafka_tail *tail, int timeout_ms, struct kafka_message *ret_message, bool *ret_is_there, struct error *error);

#endif
