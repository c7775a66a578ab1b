// page_index_test.c - an index of pages: what is put in comes out, run behind run; broken bytes are refused.
#include "check.h"

#include <stdio.h>

#include "page_index.h"

static uint8_t bytes[1 << 16];
static size_t size;

static int set_up(void **state)
{
	(void)state;
	size = 0;
	return 0;
}

static size_t put(uint64_t number, const char *page, const char *before)
{
	size_t more = page_index_put(bytes + size, number, text_of(page), text_of(before));
	size += more;
	return more;
}

static struct text all(void)
{
	return (struct text){ (const char *)bytes, (uint32_t)size };
}

static void assert_taken(struct text *rest, struct page_index_record *record, uint64_t number, const char *page)
{
	struct error error;
	assert_ok(page_index_take(rest, record, &error), &error);
	assert_true(record->number == number);
	assert_text_equal(((struct text){ record->page, record->size }), page);
}

static void neighbours_take_three_bytes(void **state)
{
	(void)state;
	assert_int_equal(put(5, "82136", ""), 7);
	assert_int_equal(put(5, "82137", "82136"), 3);
	assert_int_equal(put(5, "82137", "82137"), 2);
	assert_int_equal(put(31, "82241", "82137"), 5);
	struct text rest = all();
	struct page_index_record record = { 0 };
	assert_taken(&rest, &record, 5, "82136");
	assert_taken(&rest, &record, 5, "82137");
	assert_taken(&rest, &record, 5, "82137");
	assert_taken(&rest, &record, 31, "82241");
	assert_int_equal(rest.size, 0);
}

static void runs_follow_one_another(void **state)
{
	(void)state;
	put(1, "abcdef", "");
	put(2, "x", "");
	put(300, "xy", "x");
	put(0, "abc", "");
	struct text rest = all();
	struct page_index_record record = { 0 };
	assert_taken(&rest, &record, 1, "abcdef");
	assert_taken(&rest, &record, 2, "x");
	assert_taken(&rest, &record, 300, "xy");
	assert_taken(&rest, &record, 0, "abc");
	assert_int_equal(rest.size, 0);
}

static void names_of_every_length_come_back(void **state)
{
	(void)state;
	static char name[PAGE_INDEX_NAME_MAX + 2][PAGE_INDEX_NAME_MAX + 1];
	for (unsigned length = 1; length <= PAGE_INDEX_NAME_MAX; length++) {
		memset(name[length], length % 2 ? 'a' : 'b', length);
		memset(name[length], 'c', length < 20 ? length - 1 : 20);
		put(length, name[length], name[length - 1]);
	}
	struct text rest = all();
	struct page_index_record record = { 0 };
	for (unsigned length = 1; length <= PAGE_INDEX_NAME_MAX; length++)
		assert_taken(&rest, &record, length, name[length]);
	assert_int_equal(rest.size, 0);
}

static void what_breaks_off_is_refused(void **state)
{
	(void)state;
	struct error error;
	put(200, "a page of a long name", "");
	for (size_t cut = 1; cut < size; cut++) {
		struct text rest = { (const char *)bytes, (uint32_t)cut };
		struct page_index_record record = { 0 };
		assert_fails(page_index_take(&rest, &record, &error), FATAL, "broken_state", &error);
	}
}

static void what_shares_more_than_there_is_is_refused(void **state)
{
	(void)state;
	struct error error;
	static const char shared[] = { 1, 0x11, 'x' }, nothing[] = { 1, 0 };
	struct text rest = { shared, sizeof shared };
	struct page_index_record record = { 0 };
	assert_fails(page_index_take(&rest, &record, &error), FATAL, "broken_state", &error);
	rest = (struct text){ nothing, sizeof nothing };
	assert_fails(page_index_take(&rest, &record, &error), FATAL, "broken_state", &error);
}

#define FRESH(test) cmocka_unit_test_setup(test, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FRESH(neighbours_take_three_bytes),
		FRESH(runs_follow_one_another),
		FRESH(names_of_every_length_come_back),
		FRESH(what_breaks_off_is_refused),
		FRESH(what_shares_more_than_there_is_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
