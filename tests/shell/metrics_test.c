// Metrics as Prometheus reads them.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "metrics.h"

static char text[256 * 1024];

static void print(void)
{
	FILE *file = fmemopen(text, sizeof text, "w");
	assert_non_null(file);
	metrics_print(file);
	fclose(file);
}

static void assert_has(const char *part)
{
	if (!strstr(text, part))
		fail_msg("\"%s\" is not in:\n%s", part, text);
}

static void test_counters_and_gauges(void **state)
{
	(void)state;
	struct metric *rated = metrics_counter("t_events_total", "Events taken.", "type", "rated", NULL);
	struct metric *lag = metrics_gauge("t_lag_events", "Events to come.", NULL);
	struct metric *resolved = metrics_counter("t_events_total", "Events taken.", "type", "resolved", NULL);
	metric_add(rated, 2);
	metric_add(rated, 3);
	metric_add(resolved, 1);
	metric_set(lag, -7);
	assert_ptr_equal(metrics_counter("t_events_total", "Events taken.", "type", "rated", NULL), rated);
	assert_int_equal(metric_count(rated), 5);
	print();
	assert_has("# HELP t_events_total Events taken.\n# TYPE t_events_total counter\nt_events_total{type=\"rated\"} 5\nt_events_total{type=\"resolved\"} 1\n");
	assert_has("# TYPE t_lag_events gauge\nt_lag_events -7\n");
	assert_has("process_resident_memory_bytes ");
}

static void test_latency(void **state)
{
	(void)state;
	struct metric *step = metrics_latency("t_step_seconds", "A step.", "shard", "tickets.0", NULL);
	metric_observe_us(step, -1);
	metric_observe_us(step, 500);  // a bound belongs to its bucket
	metric_observe_us(step, 501);
	metric_observe_us(step, 60000001);
	print();
	assert_has("# TYPE t_step_seconds histogram\nt_step_seconds_bucket{shard=\"tickets.0\",le=\"0.0005\"} 2\nt_step_seconds_bucket{shard=\"tickets.0\",le=\"0.001\"} 3\n");
	assert_has("le=\"60\"} 3\nt_step_seconds_bucket{shard=\"tickets.0\",le=\"+Inf\"} 4\nt_step_seconds_sum{shard=\"tickets.0\"} 60.001002\n"
		"t_step_seconds_count{shard=\"tickets.0\"} 4\n");
	assert_int_equal(metric_count(step), 4);
}

static void test_labels_are_escaped(void **state)
{
	(void)state;
	metric_set(metrics_gauge("t_escaped", "Help.", "a", "say \"hi\"\\\n", "b", "兴隆台区", NULL), 1);
	print();
	assert_has("t_escaped{a=\"say \\\"hi\\\"\\\\\\n\",b=\"兴隆台区\"} 1\n");
}

static void test_hidden(void **state)
{
	(void)state;
	struct metric *gauge = metrics_gauge("t_hidden", "Help.", NULL);
	metric_hide(gauge);
	print();
	assert_null(strstr(text, "t_hidden"));
	metrics_gauge("t_hidden", "Help.", NULL);
	print();
	assert_has("t_hidden 0\n");
}

static void test_too_many_count_nowhere(void **state)
{
	(void)state;
	for (int i = 0; i < METRICS_MAX + 10; i++) {
		char number[16];
		snprintf(number, sizeof number, "%d", i);
		metric_add(metrics_counter("t_many_total", "Help.", "i", number, NULL), 1);
	}
	print();
	assert_has("t_many_total{i=\"100\"} 1\n");
	assert_null(strstr(text, "t_many_total{i=\"520\"}"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counters_and_gauges),
		cmocka_unit_test(test_latency),
		cmocka_unit_test(test_labels_are_escaped),
		cmocka_unit_test(test_hidden),
		cmocka_unit_test(test_too_many_count_nowhere),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
