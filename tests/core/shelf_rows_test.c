// shelf_rows_test.c - linear hashing of links: which row a link lies in as rows come, what moves with each, when more are wanted, and how they are stored.
#include "check.h"

#include <stdlib.h>

#include "chance.h"
#include "memory.h"
#include "shelf.h"
#include "shelf_rows.h"

enum { FIRST = 4, ROWS = 9 * FIRST, LINKS = 400, TODAY = 2048, PERIOD = 198 };
#define LINK_MAX ((UINT64_C(1) << 48) - 1)

static uint64_t any_link(struct chance *chance)
{
	return chance_next(chance) & LINK_MAX;
}

static void a_new_row_moves_links_of_its_source_alone(void **state)
{
	(void)state;
	struct chance chance = chance_of(1);
	for (int i = 0; i < LINKS; i++) {
		uint64_t link = any_link(&chance);
		uint32_t first_row = (uint32_t)chance_below(&chance, FIRST);
		assert_int_equal(shelf_row(first_row, link, FIRST, FIRST), first_row);
		for (uint32_t rows = FIRST; rows < ROWS; rows++) {
			uint32_t was = shelf_row(first_row, link, FIRST, rows), is = shelf_row(first_row, link, FIRST, rows + 1);
			assert_true(was < rows && was % FIRST == first_row);
			assert_int_equal(is, was == shelf_row_source(rows, FIRST) && link & shelf_row_bit(rows, FIRST) ? rows : was);
		}
	}
}

// So that links in their order come through the shelves of a first row one after the other.
static void a_shelf_has_a_range_of_links(void **state)
{
	(void)state;
	for (uint32_t rows = FIRST; rows <= ROWS; rows++)
		for (uint32_t first_row = 0; first_row < FIRST; first_row++) {
			bool was_seen[ROWS] = { false };
			uint32_t last = ROWS;
			for (uint64_t i = 0; i < 64; i++) {
				uint32_t row = shelf_row(first_row, i << 42, FIRST, rows);
				assert_true(row == last || !was_seen[row]);
				assert_int_equal(shelf_row(first_row, (i << 42) + (UINT64_C(1) << 42) - 1, FIRST, rows), row);
				was_seen[last = row] = true;
			}
			for (uint32_t row = first_row; row < rows; row += FIRST)
				assert_true(was_seen[row]);  // and none is in vain
		}
}

static void the_greatest_number_of_rows_is_reached(void **state)
{
	(void)state;
	assert_int_equal(shelf_row(TODAY - 1, LINK_MAX, TODAY, SHELF_ROWS_MAX), SHELF_ROWS_MAX - 1);
	assert_int_equal(shelf_row_source(SHELF_ROWS_MAX - 1, TODAY), SHELF_ROWS_MAX / 2 - 1);
	assert_int_equal(shelf_row(1, LINK_MAX, 2, SHELF_ROWS_MAX), SHELF_ROWS_MAX - 1);
}

// What was stored before rows could grow is found where it lies.
static void the_first_rows_are_those_of_ever(void **state)
{
	(void)state;
	struct chance chance = chance_of(2);
	char name[SHELF_NAME_BYTES];
	for (int i = 0; i < LINKS; i++) {
		struct link_hash hash = { chance_next(&chance), chance_next(&chance) };
		assert_int_equal(shelf_row(shelf_first_row(hash, TODAY), shelf_link(hash), TODAY, TODAY), hash.high % 2048);
	}
	static const struct {
		uint32_t row;
		const char *name;
	} cases[] = { { 0, "0000.198" }, { 0x1ff, "01ff.198" }, { 0xffff, "ffff.198" }, { 0x10000, "10000.198" }, { SHELF_ROWS_MAX - 1, "fffff.198" } };
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		assert_int_equal(shelf_name(cases[i].row, PERIOD, name), strlen(cases[i].name));
		assert_string_equal(name, cases[i].name);
	}
	shelf_name(SHELF_ROWS_MAX, INT32_MAX, name);
	assert_string_equal(name, "100000.2147483647");
}

static void a_shelf_of_before_is_read(void **state)
{
	(void)state;
	static const uint8_t stored[] = { 0xd2, 9, 0x10, 7, 0, 0, 0, 0, 0, 5, 0, 0, 9, 0, 0x11, 6, 0, 0, 10, 1 };
	struct shelf shelf = { .period = PERIOD };
	struct error error;
	assert_ok(shelf_decode(stored, sizeof stored, &shelf, &error), &error);
	assert_int_equal(shelf.facts.count, 2);
	for (unsigned i = 0; i < 2; i++) {
		const struct link_fact *fact = &shelf.facts.fact[i];
		assert_true(fact->link == 7 && fact->revision == 9 + i && fact->ticket.number == 1234 + i && fact->at_ms == PERIOD * LINK_PERIOD_MS + (5 + i) * 1000);
	}
	assert_int_equal(shelf_links(&shelf), 1);
	free(shelf.facts.fact);
}

// Shelves as they are stored, by row.
struct stored {
	uint8_t *bytes;
	size_t size;
};

static void store(struct stored *stored, const struct shelf *shelf)
{
	stored->bytes = memory_resize(stored->bytes, shelf_bytes_max(shelf), 1);
	stored->size = shelf_encode(shelf, stored->bytes);
}

static void load(const struct stored *stored, struct shelf *ret_shelf)
{
	struct error error;
	ret_shelf->facts.count = 0;
	if (stored->size)
		assert_ok(shelf_decode(stored->bytes, stored->size, ret_shelf, &error), &error);
}

static void hear(void *self, const struct link_fact *whose, const struct precedence *precedence)
{
	(void)whose;
	*(uint32_t *)self += precedence->earlier_count;
}

// Takes a fact of the link in where it lies by now, and tells how many tickets of the link were there before.
static uint32_t take(struct stored *row, uint32_t first_row, uint64_t link, uint32_t rows, int64_t revision)
{
	uint32_t earlier = 0;
	const struct link_listener listener = { hear, &earlier };
	struct shelves shelves = { .count = 0 };
	struct error error;
	bool is_changed;
	struct link_fact fact = { .link = link, .at_ms = PERIOD * LINK_PERIOD_MS + revision * 1000, .revision = revision, .ticket = { .number = (uint64_t)revision } };
	struct stored *at = &row[shelf_row(first_row, link, FIRST, rows)];
	load(at, shelves_at(&shelves, PERIOD));
	assert_ok(shelves_take(&shelves, &fact, &listener, &is_changed, &error), &error);
	store(at, shelves.shelf[0]);
	shelves_done(&shelves);
	return earlier;
}

static void split(struct stored *row, uint32_t new_row)
{
	struct shelf shelf = { .period = PERIOD }, other;
	load(&row[shelf_row_source(new_row, FIRST)], &shelf);
	size_t had = shelf_links(&shelf);
	shelf_split(&shelf, shelf_row_bit(new_row, FIRST), &other);
	assert_int_equal(shelf_links(&shelf) + shelf_links(&other), had);
	assert_int_equal(other.period, PERIOD);
	store(&row[new_row], &other);
	store(&row[shelf_row_source(new_row, FIRST)], &shelf);
	free(shelf.facts.fact);
}

// While rows come, and after: each link has all of its tickets, no more and no fewer.
static void whoever_came_before_is_found_after_every_split(void **state)
{
	(void)state;
	enum { CALLERS = 60, TICKETS = 600, SPLIT_EVERY = 17 };
	struct chance chance = chance_of(3);
	struct stored row[ROWS] = { { NULL, 0 } };
	uint64_t link[CALLERS];
	uint32_t first_row[CALLERS], had[CALLERS] = { 0 }, rows = FIRST;
	for (int i = 0; i < CALLERS; i++) {
		link[i] = any_link(&chance);
		first_row[i] = (uint32_t)chance_below(&chance, FIRST);
	}
	for (int64_t i = 1; i <= TICKETS; i++) {
		uint64_t caller = chance_below(&chance, CALLERS);
		uint32_t wanted = had[caller]++;
		assert_int_equal(take(row, first_row[caller], link[caller], rows, i), wanted < LINK_EARLIER_MAX ? wanted : LINK_EARLIER_MAX);
		if (i % SPLIT_EVERY == 0 && rows < ROWS)
			split(row, rows++);
	}
	assert_int_equal(rows, ROWS);
	for (uint32_t i = 0; i < ROWS; i++)
		free(row[i].bytes);
}

static void a_crowded_link_is_not_split(void **state)
{
	(void)state;
	struct link_fact fact[3] = { { .link = 1 }, { .link = 1 }, { .link = 1 } };
	struct shelf shelf = { .facts = { fact, 3, 3 } }, other;
	assert_int_equal(shelf_links(&shelf), 1);
	shelf_split(&shelf, shelf_row_bit(FIRST, FIRST), &other);
	assert_true(shelf.facts.count == 3 && !other.facts.count && !shelf_links(&other));
	for (int i = 0; i < 3; i++)
		fact[i].link = LINK_MAX;
	shelf_split(&shelf, shelf_row_bit(FIRST, FIRST), &other);
	assert_true(!shelf.facts.count && other.facts.count == 3 && !shelf_links(&shelf));
}

static void more_rows_are_wanted_where_a_fact_costs_too_much(void **state)
{
	(void)state;
	static const struct {
		struct shelf_load load;
		uint32_t rows, wanted;
	} cases[] = {
		{ { 0, 1, 1, 64 }, 2048, 2048 },         // good
		{ { 0, 1, 1, 65 }, 2048, 2049 },         // one shelf, one row more
		{ { 0, 1, 1, 9999 }, 2048, 2049 },
		{ { 0, 1000, 1000, 64000 }, 2048, 2048 },
		{ { 0, 1000, 1000, 64063 }, 2048, 2050 },  // what is needed
		{ { 0, 1000, 1000, 128000 }, 2048, 3048 }, // but one for each shelf that was written
		{ { 0, 1000, 500, 64000 }, 2048, 2048 },   // two facts of each shelf share its cost
		{ { 0, 1000, 500, 96000 }, 2048, 2548 },
		{ { 0, 9000, 100, 25600 }, 2048, 2048 },   // but no more than four
		{ { 0, 9000, 100, 25700 }, 2048, 2056 },
		{ { 0, 9000, 9000, 9000000 }, 2048, 4096 },  // never more than twice as many
		{ { 0, 8192, 1, 1 }, 2048, 2048 },         // a crowd
		{ { 0, 0, 0, 0 }, 2048, 2048 },            // everything came twice
		{ { 0, 1, 1, 9999 }, SHELF_ROWS_MAX - 1, SHELF_ROWS_MAX },
		{ { 0, 1, 1, 9999 }, SHELF_ROWS_MAX, SHELF_ROWS_MAX },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_int_equal(shelf_rows_wanted(&cases[i].load, cases[i].rows, 64), cases[i].wanted);
}

static void rows_are_kept_by_period(void **state)
{
	(void)state;
	struct shelf_rows rows = { .first = TODAY }, again = { .first = TODAY };
	struct error error;
	char string[4 * SHELF_ROWS_ENTRY_BYTES];
	assert_int_equal(shelf_rows_of(&rows, 197), TODAY);
	shelf_rows_set(&rows, 198, 2050);
	shelf_rows_set(&rows, INT32_MAX, SHELF_ROWS_MAX);
	shelf_rows_set(&rows, 197, 4095);
	shelf_rows_set(&rows, 197, 4096);
	shelf_rows_set(&rows, 0, 2049);
	assert_int_equal(shelf_rows_of(&rows, 196), TODAY);
	assert_int_equal(shelf_rows_of(&rows, 197), 4096);
	assert_int_equal(shelf_rows_of(&rows, 198), 2050);
	assert_int_equal(shelf_rows_of(&rows, 199), TODAY);
	size_t size = shelf_rows_format(&rows, string);
	assert_string_equal(string, "0=2049 197=4096 198=2050 2147483647=1048576");
	assert_ok(shelf_rows_parse((struct text){ string, (uint32_t)size }, &again, &error), &error);
	assert_int_equal(again.count, rows.count);
	assert_memory_equal(again.more, rows.more, rows.count * sizeof *rows.more);
	shelf_rows_done(&rows);
	shelf_rows_done(&again);
	assert_int_equal(shelf_rows_of(&rows, 197), TODAY);
	assert_ok(shelf_rows_parse(TEXT(""), &rows, &error), &error);
	assert_int_equal(rows.count, 0);
}

static void broken_rows_are_refused(void **state)
{
	(void)state;
	static const char *const broken[] = { "197", "197=", "=4096", "197=2048", "197=2047", "197=1048577", "197=4096 ", " 197=4096", "197=4096  198=4096", "197=4096,198=4096",
		"198=4096 197=4096", "197=4096 197=4097", "2147483648=4096", "-1=4096", "197=04096", "0197=4096", "197=99999999999999999999999", "197=4096\n", "197 =4096", "197=+4096" };
	for (size_t i = 0; i < COUNT_OF(broken); i++) {
		struct shelf_rows rows = { .first = TODAY };
		struct error error;
		assert_fails(shelf_rows_parse(text_of(broken[i]), &rows, &error), FATAL, "broken_state", &error);
		assert_true(!rows.count && !rows.more && rows.first == TODAY);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_row_moves_links_of_its_source_alone),
		cmocka_unit_test(a_shelf_has_a_range_of_links),
		cmocka_unit_test(the_greatest_number_of_rows_is_reached),
		cmocka_unit_test(the_first_rows_are_those_of_ever),
		cmocka_unit_test(a_shelf_of_before_is_read),
		cmocka_unit_test(whoever_came_before_is_found_after_every_split),
		cmocka_unit_test(a_crowded_link_is_not_split),
		cmocka_unit_test(more_rows_are_wanted_where_a_fact_costs_too_much),
		cmocka_unit_test(rows_are_kept_by_period),
		cmocka_unit_test(broken_rows_are_refused),
	};
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
