// page_test.c - neighbouring tickets in one string: where a ticket lies, what is read back, and that a broken page is never taken for a sound one.
#include "check.h"

#include <stdlib.h>

#include "chance.h"
#include "event.h"
#include "memory.h"
#include "page.h"

static void a_ticket_lies_in_the_page_of_its_other_digits(void **state)
{
	(void)state;
	static const struct {
		const char *id, *page;
		unsigned place;
	} cases[] = {
		{ "8213631", "82136", 31 },
		{ "100", "1", 0 },
		{ "199", "1", 99 },
		{ "x-07", "x-", 7 },
		{ "12", "12", PAGE_PLACE_OWN },   // or its page would have no name
		{ "7", "7", PAGE_PLACE_OWN },
		{ "821363x", "821363x", PAGE_PLACE_OWN },
		{ "82136x1", "82136x1", PAGE_PLACE_OWN },
		{ "82136/1", "82136/1", PAGE_PLACE_OWN },  // the byte before '0'
		{ "82136:1", "82136:1", PAGE_PLACE_OWN },  // the byte after '9'
		{ "工单01", "工单", 1 },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char id[TICKET_ID_BYTES_MAX + 1];
		struct page_address address = page_address_of(text_of(cases[i].id));
		assert_text_equal(address.page, cases[i].page);
		assert_int_equal(address.place, cases[i].place);
		assert_int_equal(page_ticket_id(address.page, address.place, id), strlen(cases[i].id));
		assert_string_equal(id, cases[i].id);
	}
}

static void two_tickets_never_share_a_place(void **state)
{
	(void)state;
	char id[TICKET_ID_BYTES_MAX + 1], back[TICKET_ID_BYTES_MAX + 1];
	struct chance chance = chance_of(1);
	for (unsigned i = 0; i < 100000; i++) {
		size_t size = 1 + chance_below(&chance, TICKET_ID_BYTES_MAX);
		for (size_t k = 0; k < size; k++)
			id[k] = "0123456789ab-/"[chance_below(&chance, 14)];
		id[size] = '\0';
		struct page_address address = page_address_of(text_of(id));
		page_ticket_id(address.page, address.place, back);
		assert_string_equal(back, id);  // so the address tells the id
	}
}

// A page of some tickets, whose bytes are the place and a counter.
static struct text make(struct page_writer *writer, struct chance *chance, unsigned count)
{
	uint8_t bytes[300];
	page_begin(writer);
	for (unsigned place = 0; place < PAGE_PLACE_COUNT; place++) {
		if (chance_below(chance, PAGE_PLACE_COUNT - place) >= count)
			continue;
		count--;
		size_t size = 1 + chance_below(chance, sizeof bytes);
		memset(bytes, (int)place, size);
		page_append(writer, (uint8_t)place, bytes, size);
	}
	return page_seal(writer);
}

static void what_was_appended_is_read_in_order(void **state)
{
	(void)state;
	struct page_writer writer = { .bytes = NULL };
	struct error error;
	static const uint8_t big[20000] = { 1, 2, 3 };
	page_begin(&writer);
	page_append(&writer, 0, big, 1);
	page_append(&writer, 7, big, 127);
	page_append(&writer, 99, big, 128);
	page_append(&writer, PAGE_PLACE_OWN, big, sizeof big);
	struct text page = page_seal(&writer);
	static const size_t size[] = { 1, 127, 128, sizeof big }, place[] = { 0, 7, 99, PAGE_PLACE_OWN };
	struct page_entry entry;
	size_t cursor = 0;
	assert_ok(page_check(page, &error), &error);
	for (size_t i = 0; i < COUNT_OF(size); i++) {
		assert_true(page_next(page, &cursor, &entry));
		assert_int_equal(entry.place, place[i]);
		assert_int_equal(entry.size, size[i]);
		assert_memory_equal(entry.bytes, big, entry.size);
	}
	assert_false(page_next(page, &cursor, &entry));
	free(writer.bytes);
}

// Neighbours that nobody changes are taken over in one piece.
static void entries_of_another_page_are_taken_as_they_are(void **state)
{
	(void)state;
	static const uint8_t big[300] = { 1, 2, 3 };
	struct page_writer writer = { .bytes = NULL }, again = { .bytes = NULL };
	struct page_entry first, last;
	struct error error;
	size_t cursor = 0;
	page_begin(&writer);
	for (uint8_t place = 0; place < 5; place++)
		page_append(&writer, place, big, place == 3 ? sizeof big : place);
	struct text page = page_seal(&writer);
	assert_true(page_next(page, &cursor, &first));
	assert_true(page_next(page, &cursor, &first));
	assert_true(page_next(page, &cursor, &last));
	assert_true(page_next(page, &cursor, &last));
	page_begin(&again);
	page_append_entries(&again, first.begin, last.bytes + last.size);
	page = page_seal(&again);
	assert_ok(page_check(page, &error), &error);
	cursor = 0;
	for (uint8_t place = 1; place < 4; place++) {
		assert_true(page_next(page, &cursor, &first));
		assert_int_equal(first.place, place);
		assert_int_equal(first.size, place == 3 ? sizeof big : place);
		assert_memory_equal(first.bytes, big, first.size);
	}
	assert_false(page_next(page, &cursor, &first));
	free(writer.bytes);
	free(again.bytes);
}

static void an_empty_page_is_the_empty_string(void **state)
{
	(void)state;
	struct page_writer writer = { .bytes = NULL };
	struct page_entry entry;
	struct error error;
	size_t cursor = 0;
	page_begin(&writer);
	struct text page = page_seal(&writer);
	assert_int_equal(page.size, 0);
	assert_ok(page_check(page, &error), &error);
	assert_false(page_next(page, &cursor, &entry));
	free(writer.bytes);
}

// The bytes alone on the heap, so that a step past their end is seen.
static void assert_refused(const uint8_t *bytes, size_t size, const char *what)
{
	struct error error = { .reason = "" };
	char *alone = memory_new(size);
	memcpy(alone, bytes, size);
	if (page_check((struct text){ alone, (uint32_t)size }, &error) != FATAL)
		fail_msg("a page of %zu bytes was taken: %s", size, what);
	assert_string_equal(error.reason, "broken_state");
	free(alone);
}

static void every_cut_and_every_flipped_bit_is_refused(void **state)
{
	(void)state;
	struct page_writer writer = { .bytes = NULL };
	struct chance chance = chance_of(3);
	for (unsigned count = 1; count <= 12; count++) {
		struct text page = make(&writer, &chance, count);
		uint8_t *bytes = writer.bytes;
		for (size_t size = 1; size < page.size; size++)  // cut to nothing it is an empty page
			assert_refused(bytes, size, "cut short");
		for (size_t bit = 0; bit < 8 * (size_t)page.size; bit++) {
			bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
			assert_refused(bytes, page.size, "a bit was flipped");
			bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
		}
	}
	free(writer.bytes);
}

static void another_version_is_named(void **state)
{
	(void)state;
	struct error error;
	static const char bytes[] = { PAGE_VERSION + 1, 0, 0, 0, 0 };
	assert_fails(page_check((struct text){ bytes, sizeof bytes }, &error), FATAL, "broken_state", &error);
	assert_string_equal(error.text, "a page of version 3, this program knows version 2");
}

// Sealed with a right checksum all the same: what is inside must be checked too.
static void assert_sealed_refused(const uint8_t *inside, size_t size)
{
	struct page_writer writer = { .bytes = NULL };
	page_begin(&writer);
	memcpy(page_reserve(&writer, size), inside, size);
	writer.size += size;
	struct text page = page_seal(&writer);
	assert_refused((const uint8_t *)page.at, page.size, "its inside is broken");
	free(writer.bytes);
}

static void a_broken_inside_is_refused_though_the_checksum_is_right(void **state)
{
	(void)state;
	assert_sealed_refused((const uint8_t[]){ 5, 1, 0, 4, 1, 0 }, 6);  // places descend
	assert_sealed_refused((const uint8_t[]){ 5, 1, 0, 5, 1, 0 }, 6);  // twice the same
	assert_sealed_refused((const uint8_t[]){ PAGE_PLACE_COUNT, 1, 0 }, 3);
	assert_sealed_refused((const uint8_t[]){ 5, 2, 0 }, 3);           // longer than what is there
	assert_sealed_refused((const uint8_t[]){ 5 }, 1);
	assert_sealed_refused((const uint8_t[]){ 5, 0x80 }, 2);           // a size that breaks off
	assert_sealed_refused((const uint8_t[]){ 5, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 0 }, 12);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_ticket_lies_in_the_page_of_its_other_digits),
		cmocka_unit_test(two_tickets_never_share_a_place),
		cmocka_unit_test(what_was_appended_is_read_in_order),
		cmocka_unit_test(entries_of_another_page_are_taken_as_they_are),
		cmocka_unit_test(an_empty_page_is_the_empty_string),
		cmocka_unit_test(every_cut_and_every_flipped_bit_is_refused),
		cmocka_unit_test(another_version_is_named),
		cmocka_unit_test(a_broken_inside_is_refused_though_the_checksum_is_right),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
