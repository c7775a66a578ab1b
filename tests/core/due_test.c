// due_test.c - who is to be looked at and when: buckets in their order, hours that can go, the heap; and the set of numbers.
#include "check.h"

#include <stdio.h>
#include <stdlib.h>

#include "chance.h"
#include "civil.h"
#include "due.h"
#include "memory.h"
#include "set64.h"

static struct due *due;

static int set_up(void **state)
{
	(void)state;
	due = due_new();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	due_free(due);
	return 0;
}

// Queues a bucket of ids, one letter each.
static void queue(const char *ids, int64_t hour, bool ends_hour)
{
	struct error error;
	uint8_t bytes[256 * 8];
	size_t size = 0;
	for (const char *id = ids; *id; id++)
		size += due_record((struct text){ id, 1 }, bytes + size);
	assert_ok(due_queue_bucket(due, (struct text){ (const char *)bytes, (uint32_t)size }, hour, ends_hour, &error), &error);
}

static void assert_next(const char *ids)
{
	struct text id;
	for (; *ids; ids++) {
		assert_true(due_queue_next(due, &id));
		assert_int_equal(id.size, 1);
		assert_int_equal(*id.at, *ids);
	}
}

static void assert_no_next(void)
{
	struct text id;
	assert_false(due_queue_next(due, &id));
	assert_true(due_queue_is_empty(due));
}

static void tickets_come_in_the_order_of_their_buckets(void **state)
{
	(void)state;
	struct text id;
	assert_no_next();
	queue("abc", 100, true);
	assert_false(due_queue_is_empty(due));
	queue("", 101, true);
	queue("de", 102, true);
	assert_next("abcde");
	assert_no_next();
	assert_false(due_queue_next(due, &id));
}

static void an_hour_can_go_when_its_last_ticket_was_taken(void **state)
{
	(void)state;
	queue("ab", 100, true);
	queue("c", 101, true);
	assert_true(due_queue_finished_hour(due) == DUE_NO_HOUR);
	assert_next("a");
	assert_true(due_queue_finished_hour(due) == DUE_NO_HOUR);
	assert_next("b");
	assert_int_equal(due_queue_finished_hour(due), 100);
	assert_true(due_queue_finished_hour(due) == DUE_NO_HOUR);  // said once
	assert_next("c");
	assert_int_equal(due_queue_finished_hour(due), 101);
	assert_no_next();
}

static void several_hours_go_at_once(void **state)
{
	(void)state;
	queue("a", 100, true);
	queue("", 101, true);
	queue("b", 102, true);
	queue("cd", 103, true);
	assert_next("abc");
	assert_int_equal(due_queue_finished_hour(due), 102);
}

static void an_hour_that_goes_on_cannot_go(void **state)
{
	(void)state;
	queue("a", 100, true);
	queue("b", 101, false);
	assert_next("ab");
	assert_int_equal(due_queue_finished_hour(due), 100);
	assert_true(due_queue_finished_hour(due) == DUE_NO_HOUR);
	assert_no_next();
}

static void clearing_forgets_everything(void **state)
{
	(void)state;
	queue("ab", 100, true);
	queue("c", 101, true);
	assert_next("ab");
	due_heap_push(due, 5, TEXT("x"));
	due_clear(due);
	assert_no_next();
	assert_true(due_queue_finished_hour(due) == DUE_NO_HOUR);
	assert_int_equal(due_heap_count(due), 0);
	assert_true(due_heap_first_ms(due) == NEVER_MS);
	queue("z", 200, true);
	assert_next("z");
	assert_int_equal(due_queue_finished_hour(due), 200);
}

static void ids_of_any_length_come_back(void **state)
{
	(void)state;
	struct error error;
	uint8_t bytes[256 * 256];
	char id[UINT8_MAX];
	size_t size = 0;
	memset(id, 'i', sizeof id);
	for (uint32_t length = 1; length <= UINT8_MAX; length++)
		size += due_record((struct text){ id, length }, bytes + size);
	assert_ok(due_queue_bucket(due, (struct text){ (const char *)bytes, (uint32_t)size }, 1, true, &error), &error);
	struct text back;
	for (uint32_t length = 1; length <= UINT8_MAX; length++) {
		assert_true(due_queue_next(due, &back));
		assert_int_equal(back.size, length);
		assert_memory_equal(back.at, id, length);
	}
	assert_no_next();
}

static void a_broken_bucket_is_refused(void **state)
{
	(void)state;
	struct error error;
	static const uint8_t whole[] = { 2, 'a', 'b', 1, 'c', 3, 'd', 'e', 'f' };
	for (size_t size = 1; size < sizeof whole; size++) {
		char *alone = memory_new(size);
		memcpy(alone, whole, size);
		if (size != 3 && size != 5)
			assert_fails(due_queue_bucket(due, (struct text){ alone, (uint32_t)size }, 9, true, &error), FATAL, "broken_state", &error);
		free(alone);
	}
	static const char empty_id[] = { 1, 'a', 0, 1, 'b' };
	assert_fails(due_queue_bucket(due, (struct text){ empty_id, sizeof empty_id }, 9, true, &error), FATAL, "broken_state", &error);
	assert_no_next();
}

static void the_heap_gives_the_earliest_first(void **state)
{
	(void)state;
	enum { MANY = 3000 };
	struct chance chance = chance_of(1);
	char id[256];
	uint32_t size;
	int64_t last_ms = INT64_MIN;
	bool seen[MANY] = { false };
	static int64_t at_ms[MANY];
	for (unsigned i = 0; i < MANY; i++) {
		at_ms[i] = (int64_t)chance_below(&chance, 1000) - 500;
		int length = snprintf(id, sizeof id, "%u", i);
		due_heap_push(due, at_ms[i], (struct text){ id, (uint32_t)length });
	}
	assert_int_equal(due_heap_count(due), MANY);
	for (unsigned i = 0; i < MANY; i++) {
		int64_t first_ms = due_heap_first_ms(due);
		assert_true(first_ms >= last_ms);
		assert_false(due_heap_pop(due, first_ms - 1, id, &size));
		assert_true(due_heap_pop(due, first_ms, id, &size));
		id[size] = '\0';
		unsigned number = (unsigned)strtoul(id, NULL, 10);
		assert_false(seen[number]);
		assert_true(at_ms[number] == first_ms);
		seen[number] = true;
		last_ms = first_ms;
	}
	assert_false(due_heap_pop(due, INT64_MAX, id, &size));
	assert_int_equal(due_heap_count(due), 0);
}

// Small heaps in every order: in a large one only the last few look at an only child.
static void small_heaps_give_the_earliest_first(void **state)
{
	(void)state;
	enum { LOOKS = 4, ORDERS = LOOKS * LOOKS * LOOKS * LOOKS };
	char id[256];
	uint32_t size;
	for (unsigned order = 0; order < ORDERS; order++) {
		int64_t last_ms = INT64_MIN;
		for (unsigned i = 0, rest = order; i < LOOKS; i++, rest /= LOOKS)
			due_heap_push(due, rest % LOOKS, TEXT("T"));
		for (unsigned i = 0; i < LOOKS; i++) {
			int64_t first_ms = due_heap_first_ms(due);
			assert_true(first_ms >= last_ms);
			assert_true(due_heap_pop(due, first_ms, id, &size));
			last_ms = first_ms;
		}
	}
}

static void hours_are_counted_from_1970(void **state)
{
	(void)state;
	assert_int_equal(due_hour_of(0), 0);
	assert_int_equal(due_hour_of(HOUR_MS - 1), 0);
	assert_int_equal(due_hour_of(HOUR_MS), 1);
	assert_int_equal(due_hour_of(INSTANT_MAX_MS), INSTANT_MAX_MS / HOUR_MS);
}

static void a_set_knows_what_it_was_given(void **state)
{
	(void)state;
	struct set64 set = { .slot = NULL };
	enum { MANY = 50000 };
	for (uint64_t i = 1; i <= MANY; i++)
		assert_true(set64_add(&set, i << 20));
	for (uint64_t i = 1; i <= MANY; i++)
		assert_false(set64_add(&set, i << 20));
	assert_true(set64_add(&set, UINT64_MAX));
	assert_int_equal(set.count, MANY + 1);
	set64_clear(&set);
	assert_int_equal(set.count, 0);
	assert_true(set64_add(&set, UINT64_MAX));
	assert_false(set64_add(&set, UINT64_MAX));
	set64_done(&set);
	set64_clear(&set);
	assert_true(set64_add(&set, 1));
	set64_done(&set);
	set64_done(&set);
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FRESH(tickets_come_in_the_order_of_their_buckets),
		FRESH(an_hour_can_go_when_its_last_ticket_was_taken),
		FRESH(several_hours_go_at_once),
		FRESH(an_hour_that_goes_on_cannot_go),
		FRESH(clearing_forgets_everything),
		FRESH(ids_of_any_length_come_back),
		FRESH(a_broken_bucket_is_refused),
		FRESH(the_heap_gives_the_earliest_first),
		FRESH(small_heaps_give_the_earliest_first),
		cmocka_unit_test(hours_are_counted_from_1970),
		cmocka_unit_test(a_set_knows_what_it_was_given),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
