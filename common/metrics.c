#include "metrics.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum metric_type { TYPE_COUNTER, TYPE_GAUGE, TYPE_LATENCY };

// Upper bounds, from what a step takes to what a person would call late.
static const struct {
	int64_t us;
	const char *seconds;
} bound[] = {
	{ 500, "0.0005" }, { 1000, "0.001" }, { 2500, "0.0025" }, { 5000, "0.005" }, { 10000, "0.01" }, { 25000, "0.025" }, { 50000, "0.05" }, { 100000, "0.1" },
	{ 250000, "0.25" }, { 500000, "0.5" }, { 1000000, "1" }, { 2500000, "2.5" }, { 5000000, "5" }, { 10000000, "10" }, { 30000000, "30" }, { 60000000, "60" },
};
enum { BOUNDS = sizeof bound / sizeof *bound };

struct metric {
	char name[METRIC_NAME_BYTES];
	char labels[METRIC_LABELS_BYTES];  // "type=\"rated\",topic=\"x\"", escaped; empty when there are none
	const char *help;
	enum metric_type type;
	_Atomic bool is_hidden;
	_Atomic int64_t value;             // of a latency: the sum in microseconds
	_Atomic uint64_t bucket[BOUNDS + 1];
};

// Entries below metric_count are complete; readers in other threads see no others.
static struct metric metrics[METRICS_MAX], spare;
static _Atomic uint32_t made_count;

static void append(char *string, size_t *size, const char *bytes, size_t count)
{
	if (*size + count >= METRIC_LABELS_BYTES)
		return;
	memcpy(string + *size, bytes, count);
	*size += count;
	string[*size] = '\0';
}

static void append_value(char *string, size_t *size, const char *value)
{
	for (; *value; value++)
		if (*value == '\n')
			append(string, size, "\\n", 2);
		else if (*value == '"' || *value == '\\')
			append(string, size, (const char[]){ '\\', *value }, 2);
		else
			append(string, size, value, 1);
}

static void format_labels(va_list pairs, char ret_labels[METRIC_LABELS_BYTES])
{
	size_t size = 0;
	ret_labels[0] = '\0';
	for (const char *name; (name = va_arg(pairs, const char *));) {
		if (size)
			append(ret_labels, &size, ",", 1);
		append(ret_labels, &size, name, strlen(name));
		append(ret_labels, &size, "=\"", 2);
		append_value(ret_labels, &size, va_arg(pairs, const char *));
		append(ret_labels, &size, "\"", 1);
	}
}

static struct metric *make(enum metric_type type, const char *name, const char *help, va_list pairs)
{
	char labels[METRIC_LABELS_BYTES];
	format_labels(pairs, labels);
	uint32_t count = atomic_load(&made_count);
	for (uint32_t i = 0; i < count; i++)
		if (!strcmp(metrics[i].name, name) && !strcmp(metrics[i].labels, labels)) {
			atomic_store(&metrics[i].is_hidden, false);
			return &metrics[i];
		}
	if (count == METRICS_MAX)
		return &spare;
	struct metric *metric = &metrics[count];
	snprintf(metric->name, sizeof metric->name, "%s", name);
	memcpy(metric->labels, labels, sizeof labels);
	metric->help = help;
	metric->type = type;
	atomic_store(&made_count, count + 1);
	return metric;
}

struct metric *metrics_counter(const char *name, const char *help, ...)
{
	va_list pairs;
	va_start(pairs, help);
	struct metric *metric = make(TYPE_COUNTER, name, help, pairs);
	va_end(pairs);
	return metric;
}

struct metric *metrics_gauge(const char *name, const char *help, ...)
{
	va_list pairs;
	va_start(pairs, help);
	struct metric *metric = make(TYPE_GAUGE, name, help, pairs);
	va_end(pairs);
	return metric;
}

struct metric *metrics_latency(const char *name, const char *help, ...)
{
	va_list pairs;
	va_start(pairs, help);
	struct metric *metric = make(TYPE_LATENCY, name, help, pairs);
	va_end(pairs);
	return metric;
}

void metric_add(struct metric *metric, uint64_t amount)
{
	atomic_fetch_add_explicit(&metric->value, (int64_t)amount, memory_order_relaxed);
}

void metric_set(struct metric *metric, int64_t value)
{
	atomic_store_explicit(&metric->value, value, memory_order_relaxed);
}

void metric_observe_us(struct metric *metric, int64_t time_us)
{
	size_t i = 0;
	time_us = time_us < 0 ? 0 : time_us;
	while (i < BOUNDS && time_us > bound[i].us)
		i++;
	atomic_fetch_add_explicit(&metric->bucket[i], 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&metric->value, time_us, memory_order_relaxed);
}

void metric_hide(struct metric *metric)
{
	atomic_store(&metric->is_hidden, true);
}

uint64_t metric_count(const struct metric *metric)
{
	uint64_t count = 0;
	if (metric->type != TYPE_LATENCY)
		return (uint64_t)atomic_load(&metric->value);
	for (size_t i = 0; i <= BOUNDS; i++)
		count += atomic_load(&metric->bucket[i]);
	return count;
}

static void print_braced(const struct metric *metric, FILE *file)
{
	if (metric->labels[0])
		fprintf(file, "{%s}", metric->labels);
}

static void print_latency(const struct metric *metric, FILE *file)
{
	const char *comma = metric->labels[0] ? "," : "";
	uint64_t count = 0;
	for (size_t i = 0; i <= BOUNDS; i++) {
		count += atomic_load(&metric->bucket[i]);
		fprintf(file, "%s_bucket{%s%sle=\"%s\"} %" PRIu64 "\n", metric->name, metric->labels, comma, i < BOUNDS ? bound[i].seconds : "+Inf", count);
	}
	int64_t sum_us = atomic_load(&metric->value);
	fprintf(file, "%s_sum", metric->name);
	print_braced(metric, file);
	fprintf(file, " %" PRId64 ".%06" PRId64 "\n%s_count", sum_us / 1000000, sum_us % 1000000, metric->name);
	print_braced(metric, file);
	fprintf(file, " %" PRIu64 "\n", count);
}

static void print_series(const struct metric *metric, FILE *file)
{
	if (metric->type == TYPE_LATENCY) {
		print_latency(metric, file);
		return;
	}
	fprintf(file, "%s", metric->name);
	print_braced(metric, file);
	fprintf(file, " %" PRId64 "\n", atomic_load(&metric->value));
}

// All series of one name, which Prometheus wants together, under one heading. Nothing when an earlier entry has the name: it has printed them.
static void print_family(uint32_t first, uint32_t count, FILE *file)
{
	static const char *const type_name[] = { "counter", "gauge", "histogram" };
	const char *name = metrics[first].name;
	bool is_headed = false;
	for (uint32_t i = 0; i < first; i++)
		if (!strcmp(metrics[i].name, name))
			return;
	for (uint32_t i = first; i < count; i++) {
		if (atomic_load(&metrics[i].is_hidden) || strcmp(metrics[i].name, name) != 0)
			continue;
		if (!is_headed)
			fprintf(file, "# HELP %s %s\n# TYPE %s %s\n", name, metrics[first].help, name, type_name[metrics[first].type]);
		is_headed = true;
		print_series(&metrics[i], file);
	}
}

static void print_process(FILE *file)
{
	struct rusage usage;
	long pages = 0;
	FILE *statm = fopen("/proc/self/statm", "r");
	if (statm) {
		if (fscanf(statm, "%*d %ld", &pages) != 1)
			pages = 0;
		fclose(statm);
	}
	getrusage(RUSAGE_SELF, &usage);
	int64_t cpu_us = (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * INT64_C(1000000) + usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
	fprintf(file, "# HELP process_resident_memory_bytes Memory of the process.\n# TYPE process_resident_memory_bytes gauge\nprocess_resident_memory_bytes %ld\n",
		pages * sysconf(_SC_PAGESIZE));
	fprintf(file, "# HELP process_cpu_seconds_total CPU time of the process.\n# TYPE process_cpu_seconds_total counter\nprocess_cpu_seconds_total %" PRId64 ".%06" PRId64 "\n",
		cpu_us / 1000000, cpu_us % 1000000);
}

void metrics_print(FILE *file)
{
	uint32_t count = atomic_load(&made_count);
	for (uint32_t i = 0; i < count; i++)
		print_family(i, count, file);
	print_process(file);
}
