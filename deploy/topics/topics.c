#include "topics.h"

#define DAY_MS INT64_C(86400000)

// Retention goes by the time of sending, so a replayed past is kept as long as anything else. 25 months let a year be compared with the year before, rebuilt
// from its events. Changes are only a hint to sum again: nothing needs one that is older than `settle`, and a week survives a long week-end.
const struct topic topics[TOPIC_COUNT] = {
	{ .name = "hotline.ticket-events", .partitions = 4, .is_sharded = true, .retention_ms = 775 * DAY_MS },
	{ .name = "hotline.unit-events", .partitions = 1, .retention_ms = 775 * DAY_MS },
	{ .name = "hotline.links", .partitions = 4, .is_sharded = true, .retention_ms = 775 * DAY_MS },
	{ .name = "hotline.counter-changes", .partitions = 4, .is_sharded = true, .retention_ms = 7 * DAY_MS },
	{ .name = "hotline.unit-counters", .partitions = 4, .is_sharded = true, .is_compacted = true },
	{ .name = "hotline.alerts", .partitions = 4, .is_sharded = true, .retention_ms = 90 * DAY_MS },
	{ .name = "hotline.dead-letters", .partitions = 1, .retention_ms = 90 * DAY_MS },
};

int32_t topic_partitions(const struct topic *topic, int32_t asked)
{
	return asked && topic->is_sharded ? asked : topic->partitions;
}
