#include "gauges.h"

#include <stddef.h>

void gauges_open(struct gauges *gauges)
{
	*gauges = (struct gauges){
		.changes = metrics_counter("hotline_changes_total", "Change messages taken in.", NULL),
		.rejected = metrics_counter("hotline_rejected_total", "Records that became dead letters.", NULL),
		.passes = metrics_counter("hotline_passes_total", "Passes that were written.", NULL),
		.conflicts = metrics_counter("hotline_conflicts_total", "Passes that another instance came between, and that were done again.", NULL),
		.months = metrics_counter("hotline_months_total", "Months of dimensions that were summed.", NULL),
		.alerts = metrics_counter("hotline_alerts_total", "Changes of alerts put into the outbox.", NULL),
		.published = metrics_counter("hotline_published_total", "Messages handed to Kafka.", NULL),
		.reconnects = metrics_counter("hotline_connections_total", "Times that Redis was connected to.", NULL),
		.clock_ms = metrics_gauge("hotline_clock_milliseconds", "The city's clock, the least of the shards' clocks, Unix time.", NULL),
		.settled_clock_ms = metrics_gauge("hotline_settled_clock_milliseconds", "The city's clock when a look at it left nothing to do; 0 when there may be something.", NULL),
		.waiting = metrics_gauge("hotline_waiting_months", "Months of dimensions that wait for the next pass.", NULL),
		.policy_disputed = metrics_gauge("hotline_policy_disputed", "1 when not all shards have the policy that was put in force last.", NULL),
		.pass_time = metrics_latency("hotline_pass_seconds", "From the beginning of a pass to its end, all published.", NULL),
	};
}
