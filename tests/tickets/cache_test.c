// cache_test.c - the caches of a process's shards share one budget: whoever has much gives up much, and nobody during a step.
#include "core/check.h"

#include <stdio.h>

#include "shard_inside.h"

enum { SHARDS = 2, MIB = 1 << 20 };

static struct cache_budget budget;
static struct outlet outlet;
static struct shard_settings settings;
static int64_t newest_revision;
static struct shard *shard[SHARDS];

static int set_up(void **state)
{
	(void)state;
	budget = (struct cache_budget){ .limit_bytes = 8 * MIB };
	settings = (struct shard_settings){ .names = names_new(), .outlet = &outlet, .cache = &budget, .newest_revision = &newest_revision };
	for (int i = 0; i < SHARDS; i++) {
		shard[i] = shard_new(&settings, 0, "hotline.ticket-events", i, SHARDS);
		shard[i]->phase = PHASE_IDLE;
	}
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	for (int i = 0; i < SHARDS; i++)
		shard_free(shard[i]);
	names_free(settings.names);
	return 0;
}

static void keep_pages(struct shard *of, unsigned count)
{
	static const char page[1000];
	for (unsigned i = 0; i < count; i++) {
		char name[16];
		int size = snprintf(name, sizeof name, "%u", i);
		struct page_slot *slot = pages_slot(of->pages, (struct text){ name, (uint32_t)size });
		pages_set(of->pages, slot, (struct text){ page, sizeof page });
	}
	shard_weigh_cache(of);
}

static void keep_counters(struct shard *of, name_id dimensions)
{
	for (name_id dimension = 1; dimension <= dimensions; dimension++)
		cells_add(of->cells, dimension, 0, 0, COUNTER_RECEIVED, 1);
	cells_end_step(of->cells);
	shard_weigh_cache(of);
}

static void the_budget_is_what_the_caches_hold(void **state)
{
	(void)state;
	keep_pages(shard[0], 100);
	keep_counters(shard[1], 50);
	assert_true(budget.bytes == pages_bytes(shard[0]->pages) + cells_bytes(shard[0]->cells) + pages_bytes(shard[1]->pages) + cells_bytes(shard[1]->cells));
	shard_clear(shard[0]);
	shard_clear(shard[1]);
	assert_true(budget.bytes == pages_bytes(shard[0]->pages) + cells_bytes(shard[0]->cells) + pages_bytes(shard[1]->pages) + cells_bytes(shard[1]->cells));
	shard_free(shard[1]);
	shard[1] = NULL;
	assert_true(budget.bytes == pages_bytes(shard[0]->pages) + cells_bytes(shard[0]->cells));
}

static void below_the_limit_nothing_goes_however_it_is_spread(void **state)
{
	(void)state;
	keep_pages(shard[0], 6000);
	keep_pages(shard[1], 1);
	size_t bytes = budget.bytes;
	shard_trim(shard[0]);
	shard_trim(shard[1]);
	assert_true(bytes > budget.limit_bytes / 2 && budget.bytes == bytes);
}

static void above_the_limit_all_give_up_their_part(void **state)
{
	(void)state;
	keep_pages(shard[0], 16000);
	keep_pages(shard[1], 4000);
	keep_counters(shard[1], 2000);
	size_t large = pages_bytes(shard[0]->pages), small = pages_bytes(shard[1]->pages), counters = cells_bytes(shard[1]->cells);
	assert_true(budget.bytes > budget.limit_bytes);
	shard_trim(shard[0]);
	assert_in_range(pages_bytes(shard[0]->pages), large / 10, large / 2);
	budget.limit_bytes /= 4;
	shard_trim(shard[1]);
	shard_trim(shard[0]);
	assert_in_range(pages_bytes(shard[1]->pages), 0, small / 2);
	assert_in_range(cells_bytes(shard[1]->cells), 0, counters / 2);
	assert_in_range(budget.bytes, 0, budget.limit_bytes);
}

static void a_shard_that_is_under_way_keeps_everything(void **state)
{
	(void)state;
	keep_pages(shard[0], 20000);
	size_t bytes = budget.bytes;
	shard[0]->phase = PHASE_READING;
	shard_trim(shard[0]);
	buffer_add(&shard[0]->alerts, "x", 1);
	shard_rest(shard[0]);
	assert_true(budget.bytes == bytes && shard[0]->alerts.size == 1);
	shard[0]->phase = PHASE_IDLE;
	shard_rest(shard[0]);
	assert_true(budget.bytes < MIB && !shard[0]->alerts.bytes);
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FRESH(the_budget_is_what_the_caches_hold),
		FRESH(below_the_limit_nothing_goes_however_it_is_spread),
		FRESH(above_the_limit_all_give_up_their_part),
		FRESH(a_shard_that_is_under_way_keeps_everything),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
