#include "gauges.h"

void gauges_open(struct gauges *gauges, const struct shard *shard)
{
	const char *name = shard_name(shard);
	*gauges = (struct gauges){
		.events = metrics_counter("hotline_events_total", "Records taken in.", "shard", name, NULL),
		.duplicates = metrics_counter("hotline_duplicates_total", "Events that were there already.", "shard", name, NULL),
		.rejected = metrics_counter("hotline_rejected_total", "Records that became dead letters.", "shard", name, NULL),
		.steps = metrics_counter("hotline_steps_total", "Transactions that went through.", "shard", name, NULL),
		.timers = metrics_counter("hotline_timers_total", "Looks at a ticket because of its time that found something.", "shard", name, NULL),
		.alerts = metrics_counter("hotline_alerts_total", "Changes of alerts put into the outbox.", "shard", name, NULL),
		.takeovers = metrics_counter("hotline_takeovers_total", "Times that this process became the owner.", "shard", name, NULL),
		.fenced = metrics_counter("hotline_fenced_total", "Times that somebody else turned out to be the owner.", "shard", name, NULL),
		.settled_commit = metrics_gauge("hotline_settled_commit", "The newest commit after which nothing was left to do, to send or to compare with what was published.", "shard", name, NULL),
		.offset = metrics_gauge("hotline_offset", "Offset of the next record to take.", "shard", name, NULL),
		.waiting = metrics_gauge("hotline_waiting_events", "Records fetched and not taken in yet.", "shard", name, NULL),
		.clock_ms = metrics_gauge("hotline_clock_milliseconds", "The shard's clock, Unix time.", "shard", name, NULL),
		.live = metrics_gauge("hotline_live", "1 when caught up.", "shard", name, NULL),
		.timer_lag_ms = metrics_gauge("hotline_timer_lag_milliseconds", "How late the last timer fired.", "shard", name, NULL),
		.policy_differs = metrics_gauge("hotline_policy_differs", "1 when another policy than the process's own file is in force.", "shard", name, NULL),
	};
}

static void tell(struct metric *metric, uint64_t now, uint64_t *told)
{
	metric_add(metric, now - *told);
	*told = now;
}

void gauges_update(struct gauges *gauges, const struct shard *shard)
{
	const struct shard_stats *stats = shard_stats(shard);
	const struct head *head = shard_head(shard);
	tell(gauges->events, stats->events, &gauges->told.events);
	tell(gauges->duplicates, stats->duplicates, &gauges->told.duplicates);
	tell(gauges->rejected, stats->rejected, &gauges->told.rejected);
	tell(gauges->steps, stats->steps, &gauges->told.steps);
	tell(gauges->timers, stats->timers, &gauges->told.timers);
	tell(gauges->alerts, stats->alerts, &gauges->told.alerts);
	tell(gauges->takeovers, stats->takeovers, &gauges->told.takeovers);
	tell(gauges->fenced, stats->fenced, &gauges->told.fenced);
	if (shard_is_settled(shard))
		metric_set(gauges->settled_commit, (int64_t)head->commit);
	metric_set(gauges->offset, head->offset);
	metric_set(gauges->waiting, (int64_t)shard_waiting(shard));
	metric_set(gauges->clock_ms, head->clock_ms);
	metric_set(gauges->live, shard_is_live(shard));
	metric_set(gauges->timer_lag_ms, stats->lag_ms);
	metric_set(gauges->policy_differs, shard_differs(shard));
}

void gauges_close(struct gauges *gauges)
{
	struct metric *const all[] = { gauges->events, gauges->duplicates, gauges->rejected, gauges->steps, gauges->timers, gauges->alerts, gauges->takeovers,
		gauges->fenced, gauges->settled_commit, gauges->offset, gauges->waiting, gauges->clock_ms, gauges->live, gauges->timer_lag_ms, gauges->policy_differs };
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		metric_hide(all[i]);
}
