// gauges.h - what hotline-tickets measures of its shards, for /metrics.
#ifndef HOTLINE_TICKETS_GAUGES_H
#define HOTLINE_TICKETS_GAUGES_H

#include "metrics.h"
#include "shard.h"

struct gauges {
	struct metric *events, *duplicates, *rejected, *steps, *timers, *alerts, *takeovers, *fenced;
	struct metric *settled_commit, *offset, *waiting, *clock_ms, *live, *timer_lag_ms, *policy_differs;
	struct shard_stats told;  // what the counters hold already
};

void gauges_open(struct gauges *gauges, const struct shard *shard);
void gauges_update(struct gauges *gauges, const struct shard *shard);
void gauges_close(struct gauges *gauges);  // the partition is not ours any more

#endif
