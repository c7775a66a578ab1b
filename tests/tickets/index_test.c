// index_test.c - what a shard notes in its indexes: each page, number and month once, neighbours together.
#include "core/check.h"

#include <stdio.h>

#include "page_index.h"
#include "shard_inside.h"

enum { MARCH = 2024 * 12 + 2 };

static struct cache_budget budget = { .limit_bytes = 1 << 20 };
static struct outlet outlet;
static struct shard_settings settings;
static int64_t newest_revision;
static struct shard *shard;

static int set_up(void **state)
{
	(void)state;
	settings = (struct shard_settings){ .names = names_new(), .outlet = &outlet, .cache = &budget, .newest_revision = &newest_revision };
	shard = shard_new(&settings, 0, "hotline.ticket-events", 3, 4);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	shard_free(shard);
	names_free(settings.names);
	return 0;
}

static void note(const char *page, uint32_t index, int32_t month, uint32_t number)
{
	shard_note(shard, index, month, number, pages_slot(shard->pages, text_of(page)));
}

// What one step writes, a line an index: "hotline:{tickets.3}:index:alerts:2024-03 5/100 5/101".
static void assert_written(const char *const *line, size_t count)
{
	struct buffer run = { NULL, 0, 0 };
	size_t at = 0;
	shard_sort_notes(shard);
	for (size_t i = 0; i < count; i++) {
		char is[1000];
		struct error error;
		assert_true(at < shard->note_count);
		size_t next = shard_next_index(shard, at), size = shard_index_key(shard, &shard->note[at], is);
		shard_write_run(shard, at, next, &run);
		struct text rest = { (const char *)run.bytes, (uint32_t)run.size };
		struct page_index_record record = { .size = 0 };
		while (rest.size) {
			assert_ok(page_index_take(&rest, &record, &error), &error);
			size += (size_t)snprintf(is + size, sizeof is - size, " %u/%.*s", (unsigned)record.number, (int)record.size, record.page);
		}
		assert_string_equal(is, line[i]);
		at = next;
	}
	assert_true(at == shard->note_count);
	shard->note_count = 0;
	buffer_done(&run);
}
#define WRITTEN(...) assert_written((const char *const[]){ __VA_ARGS__ }, sizeof(const char *[]){ __VA_ARGS__ } / sizeof(char *))

static void a_step_writes_each_index_in_one_run_of_neighbours(void **state)
{
	(void)state;
	note("102", INDEX_ALERTS, MARCH, 5);
	note("100", INDEX_ALERTS, MARCH, 31);
	note("101", INDEX_ALERTS, MARCH, 5);
	note("100", INDEX_ALERTS, MARCH, 5);
	note("100", INDEX_ALERTS, MARCH + 1, 1);
	note("100", LIST_OVERDUE, MARCH, 7);
	note("100", LIST_LOW_STAR, MARCH, 7);
	WRITTEN("hotline:{tickets.3}:index:low-star:2024-03 7/100", "hotline:{tickets.3}:index:overdue:2024-03 7/100",
		"hotline:{tickets.3}:index:alerts:2024-03 5/100 31/100 5/101 5/102", "hotline:{tickets.3}:index:alerts:2024-04 1/100");
}

static void what_was_noted_is_not_noted_again(void **state)
{
	(void)state;
	note("100", INDEX_ALERTS, MARCH, 5);
	note("100", INDEX_ALERTS, MARCH, 5);
	WRITTEN("hotline:{tickets.3}:index:alerts:2024-03 5/100");
	note("100", INDEX_ALERTS, MARCH, 5);
	assert_int_equal(shard->note_count, 0);
	note("100", INDEX_ALERTS, MARCH, 6);
	note("101", INDEX_ALERTS, MARCH, 5);
	WRITTEN("hotline:{tickets.3}:index:alerts:2024-03 6/100 5/101");
}

// A transaction that failed takes its records with it.
static void a_shard_that_lost_its_step_notes_again(void **state)
{
	(void)state;
	note("100", INDEX_ALERTS, MARCH, 5);
	shard_clear(shard);
	note("100", INDEX_ALERTS, MARCH, 5);
	WRITTEN("hotline:{tickets.3}:index:alerts:2024-03 5/100");
}

static void what_is_remembered_is_bounded(void **state)
{
	(void)state;
	for (uint32_t number = 1; number <= 2 * INDEX_NOTED_MAX; number++)
		note("100", LIST_OVERDUE, MARCH, number);
	assert_int_equal(shard->note_count, 2 * INDEX_NOTED_MAX);
	assert_in_range(shard->noted.count, 1, INDEX_NOTED_MAX);
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FRESH(a_step_writes_each_index_in_one_run_of_neighbours),
		FRESH(what_was_noted_is_not_noted_again),
		FRESH(a_shard_that_lost_its_step_notes_again),
		FRESH(what_is_remembered_is_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
