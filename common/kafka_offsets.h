// kafka_offsets.h - where a topic stood at an instant.
#ifndef HOTLINE_KAFKA_OFFSETS_H
#define HOTLINE_KAFKA_OFFSETS_H

#include "kafka.h"

// For each of the topic's first `count` partitions the offset of the first record that was sent at at_ms or later, the end where there is none. A broker that cannot
// look up offsets by time (the one in memory, for tests) gives KAFKA_OFFSET_EARLIEST for a partition that has records. RETRY kafka_away; FATAL topic_missing.
MUST_USE enum status kafka_offsets_at(const struct kafka_config *config, const char *topic, int64_t at_ms, int timeout_ms, int64_t *ret_offset, int32_t count,
	struct error *error);

#endif
