// pages_test.c - the pages of a shard in memory: who is touched in which order, what is kept, what is dropped.
#include "check.h"

#include <stdio.h>
#include <stdlib.h>

#include "chance.h"
#include "memory.h"
#include "pages.h"

static struct pages *pages;

static int set_up(void **state)
{
	(void)state;
	pages = pages_new();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	pages_free(pages);
	return 0;
}

static struct page_slot *slot_of_number(unsigned number)
{
	char name[16];
	int size = snprintf(name, sizeof name, "page%u", number);
	return pages_slot(pages, (struct text){ name, (uint32_t)size });
}

static void touch(const char *id, uint32_t event)
{
	pages_touch(pages, page_address_of(text_of(id)), event);
}

static void a_page_has_one_slot_while_the_table_grows(void **state)
{
	(void)state;
	enum { MANY = 5000 };
	static struct page_slot *slot[MANY];
	for (unsigned i = 0; i < MANY; i++) {
		slot[i] = slot_of_number(i);
		assert_false(slot[i]->is_loaded);
		assert_null(slot[i]->bytes);
	}
	for (unsigned i = 0; i < MANY; i++)
		assert_ptr_equal(slot_of_number(i), slot[i]);
	assert_ptr_not_equal(pages_slot(pages, TEXT("page")), slot_of_number(1));
}

// Touches of a page as "place:event place:event".
static void assert_touches(const struct page_slot *slot, const char *wanted)
{
	char text[256] = "";
	size_t size = 0;
	for (const struct touch *touch = slot->first; touch; touch = touch->next)
		size += (size_t)snprintf(text + size, sizeof text - size, "%s%u:%d", size ? " " : "", touch->place, (int)touch->event);
	assert_string_equal(text, wanted);
}

static void touches_lie_by_place_and_then_by_arrival(void **state)
{
	(void)state;
	touch("1050", 0);
	touch("1010", 1);
	touch("1050", 2);
	touch("1030", 3);
	touch("1010", 4);
	touch("1099", TOUCH_NO_EVENT);
	touch("1000", 6);
	touch("2001", 7);
	touch("own", 8);
	touch("1030", 9);
	struct page_slot *first = pages_touched(pages);
	assert_int_equal(pages_touch_count(pages), 10);
	assert_text_equal(((struct text){ first->name, first->name_size }), "10");
	assert_touches(first, "0:6 10:1 10:4 30:3 30:9 50:0 50:2 99:-1");
	assert_text_equal(((struct text){ first->next->name, first->next->name_size }), "20");
	assert_touches(first->next, "1:7");
	assert_touches(first->next->next, "100:8");
	assert_null(first->next->next->next);
}

static void the_end_of_a_step_forgets_touches_and_keeps_pages(void **state)
{
	(void)state;
	touch("1001", 1);
	pages_sweep(pages, TEXT("30"));
	struct page_slot *slot = pages_touched(pages);
	assert_true(slot->is_touched);
	assert_true(slot->next->is_swept);
	assert_null(slot->next->first);
	pages_set(pages, slot, TEXT("bytes"));
	slot->is_changed = true;
	pages_end_step(pages);
	assert_null(pages_touched(pages));
	assert_int_equal(pages_touch_count(pages), 0);
	assert_false(slot->is_touched);
	assert_false(slot->is_changed);
	assert_true(slot->is_loaded);
	assert_false(pages_slot(pages, TEXT("30"))->is_swept);
	touch("1002", 2);
	assert_ptr_equal(pages_touched(pages), slot);
	assert_touches(slot, "2:2");
	assert_text_equal(((struct text){ (char *)slot->bytes, slot->size }), "bytes");
}

static void a_swept_page_may_be_touched_too(void **state)
{
	(void)state;
	pages_sweep(pages, TEXT("10"));
	touch("1005", 3);
	pages_sweep(pages, TEXT("10"));
	struct page_slot *slot = pages_touched(pages);
	assert_true(slot->is_swept);
	assert_touches(slot, "5:3");
	assert_null(slot->next);
}

static void many_touches_in_one_step_stay_where_they_are(void **state)
{
	(void)state;
	enum { MANY = 10000 };
	for (unsigned step = 0; step < 3; step++) {
		char id[16];
		for (unsigned i = 0; i < MANY; i++) {
			snprintf(id, sizeof id, "%u%02u", 100 + i % 7, i % 100);
			touch(id, i);
		}
		assert_int_equal(pages_touch_count(pages), MANY);
		unsigned count = 0;
		for (struct page_slot *slot = pages_touched(pages); slot; slot = slot->next)
			for (const struct touch *t = slot->first; t; t = t->next, count++) {
				assert_int_equal(t->place, t->event % 100);
				if (t->next && (t->next->place < t->place || (t->next->place == t->place && t->next->event < t->event)))
					fail_msg("place %u, event %u lies before place %u, event %u", t->place, t->event, t->next->place, t->next->event);
			}
		assert_int_equal(count, MANY);
		pages_end_step(pages);
	}
}

static void a_page_takes_bytes_of_any_length(void **state)
{
	(void)state;
	static char bytes[4096];
	struct chance chance = chance_of(2);
	struct page_slot *slot = slot_of_number(1);
	memset(bytes, 'b', sizeof bytes);
	for (unsigned i = 0; i < 5000; i++) {
		uint32_t size = chance_below(&chance, 5) ? (uint32_t)chance_below(&chance, sizeof bytes) : 0;
		pages_set(pages, slot, (struct text){ bytes, size });
		assert_int_equal(slot->size, size);
		if (size)
			assert_memory_equal(slot->bytes, bytes, size);
	}
	pages_set(pages, slot, (struct text){ NULL, 0 });
	assert_int_equal(slot->size, 0);
	assert_true(slot->is_loaded);
}

// What was read is looked at once; what is to be written is our own.
static void a_page_is_checked_once_for_what_was_read(void **state)
{
	(void)state;
	struct page_writer writer = { .bytes = NULL };
	struct page_slot *slot = slot_of_number(1);
	struct error error;
	page_begin(&writer);
	page_append(&writer, 1, (const uint8_t *)"ticket", 6);
	struct text page = page_seal(&writer);
	pages_set(pages, slot, TEXT("bytes"));
	assert_int_equal(pages_check(slot, &error), FATAL);
	assert_int_equal(pages_check(slot, &error), FATAL);
	pages_set(pages, slot, page);
	assert_false(slot->is_changed);
	assert_int_equal(pages_check(slot, &error), OK);
	assert_true(slot->is_sound);
	pages_set(pages, slot, TEXT("bytes"));
	assert_int_equal(pages_check(slot, &error), FATAL);
	pages_write(pages, slot, page);
	assert_true(slot->is_changed);
	assert_true(slot->is_sound);
	assert_int_equal(pages_check(slot, &error), OK);
	assert_int_equal(slot->size, page.size);
	assert_memory_equal(slot->bytes, page.at, page.size);
	free(writer.bytes);
}

// A step that uses the pages `from` to `to`, each of which gets a hundred bytes.
static void use(unsigned from, unsigned to)
{
	static const char bytes[100];
	char id[24];
	for (unsigned i = from; i <= to; i++) {
		int size = snprintf(id, sizeof id, "page%u00", i);
		pages_touch(pages, page_address_of((struct text){ id, (uint32_t)size }), 0);
		pages_set(pages, slot_of_number(i), (struct text){ bytes, sizeof bytes });
	}
	pages_end_step(pages);
}

static size_t table_bytes(void)
{
	struct pages *none = pages_new();
	size_t bytes = pages_bytes(none);
	pages_free(none);
	return bytes;
}

static void trimming_drops_what_was_not_used_for_long(void **state)
{
	(void)state;
	size_t table = table_bytes();
	for (unsigned step = 0; step < 100; step++)
		use(10 * step, 10 * step + 9);
	size_t all = pages_bytes(pages) - table;
	pages_trim(pages, all);
	assert_true(slot_of_number(0)->is_loaded);  // all fits
	pages_trim(pages, all / 2);
	assert_in_range(pages_bytes(pages) - table, 1, all / 2);
	assert_true(slot_of_number(999)->is_loaded);
	assert_true(slot_of_number(990)->is_loaded);
	assert_false(slot_of_number(0)->is_loaded);
}

static void trimming_goes_on_until_the_limit_holds(void **state)
{
	(void)state;
	size_t table = table_bytes();
	for (unsigned step = 0; step < 100; step++)
		use(10 * step, 10 * step + 9);
	size_t all = pages_bytes(pages) - table;
	pages_trim(pages, all / 20);
	assert_in_range(pages_bytes(pages) - table, 0, all / 20);
	pages_trim(pages, 0);
	assert_int_equal(pages_bytes(pages), table);
	assert_false(slot_of_number(999)->is_loaded);
	pages_trim(pages, 0);
	pages_trim(pages, 0);
}

static void clearing_forgets_everything(void **state)
{
	(void)state;
	use(0, 2000);
	touch("1001", 1);
	pages_sweep(pages, TEXT("30"));
	pages_clear(pages);
	assert_null(pages_touched(pages));
	assert_int_equal(pages_touch_count(pages), 0);
	assert_false(slot_of_number(5)->is_loaded);
	pages_clear(pages);
	pages_clear(pages);
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FRESH(a_page_has_one_slot_while_the_table_grows),
		FRESH(touches_lie_by_place_and_then_by_arrival),
		FRESH(the_end_of_a_step_forgets_touches_and_keeps_pages),
		FRESH(a_swept_page_may_be_touched_too),
		FRESH(many_touches_in_one_step_stay_where_they_are),
		FRESH(a_page_takes_bytes_of_any_length),
		FRESH(a_page_is_checked_once_for_what_was_read),
		FRESH(trimming_drops_what_was_not_used_for_long),
		FRESH(trimming_goes_on_until_the_limit_holds),
		FRESH(clearing_forgets_everything),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
