// metrics.h - counters, gauges and latencies of this process, as Prometheus reads them. Updating costs one atomic instruction and never blocks.
//
// A metric is made once, by the main thread, and updated by pointer. Names follow Prometheus: hotline_events_total, hotline_lag_events, hotline_step_seconds.
#ifndef HOTLINE_METRICS_H
#define HOTLINE_METRICS_H

#include <stdint.h>
#include <stdio.h>

enum { METRICS_MAX = 512, METRIC_NAME_BYTES = 96, METRIC_LABELS_BYTES = 320 };  // one more than METRICS_MAX counts nowhere

struct metric;

// help is a static sentence. Labels are pairs of name and value, ended by NULL: metrics_counter("hotline_events_total", "Events taken.", "type", "rated", NULL).
// The same name and labels give the same metric again, and show it if it was hidden. All series of one name have one type and one help.
struct metric *metrics_counter(const char *name, const char *help, ...) __attribute__((sentinel));
struct metric *metrics_gauge(const char *name, const char *help, ...) __attribute__((sentinel));
struct metric *metrics_latency(const char *name, const char *help, ...) __attribute__((sentinel));  // a histogram in seconds

void metric_add(struct metric *metric, uint64_t amount);          // a counter
void metric_set(struct metric *metric, int64_t value);            // a gauge
void metric_observe_us(struct metric *metric, int64_t time_us);   // a latency; below 0 counts as 0
void metric_hide(struct metric *metric);                          // of a partition that is not ours any more
uint64_t metric_count(const struct metric *metric);               // the value of a counter or gauge, the number of observations of a latency

// Prometheus' text format 0.0.4, with what the system knows of the process. From any thread.
void metrics_print(FILE *file);

#endif
