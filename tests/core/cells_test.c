// cells_test.c - partial counters in memory: a difference is what it says, loading adds to what waits, nothing goes below zero.
#include "check.h"

#include <stdio.h>
#include <stdlib.h>

#include "cells.h"
#include "chance.h"
#include "civil.h"
#include "memory.h"
#include "sample.h"

static struct names *names;
static struct policy policy;
static struct cells *cells;
static name_id city;
static struct outcome outcome[3];

static int set_up(void **state)
{
	(void)state;
	names = names_new();
	sample_policy(names, &policy);
	city = names_intern(names, NAME_CITY, TEXT("city"));
	cells = cells_new();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	cells_free(cells);
	policy_done(&policy);
	names_free(names);
	return 0;
}

static int32_t day_of(const char *text)
{
	int32_t day = 0;
	assert_true(civil_parse_day(text_of(text), &day));
	return day;
}

static struct cell_month *month_of(const struct cells *of, name_id dimension, int32_t month)
{
	struct cell_month *found = cells_dirty(of);
	while (found && (found->dimension != dimension || found->month != month))
		found = found->next_dirty;
	return found;
}

// What a dimension's day holds, through the stored form.
static void read_day(const struct cells *of, name_id dimension, int32_t day, struct counters ret_counters[SUB_COUNT])
{
	struct error error;
	uint8_t bytes[PARTIAL_BYTES_MAX];
	size_t size;
	const struct cell_month *month = month_of(of, dimension, civil_month_of_day(day));
	const struct cell *cell = month ? month->day[civil_from_day(day).day - 1] : NULL;
	memset(ret_counters, 0, SUB_COUNT * sizeof *ret_counters);
	if (!cell)
		return;
	assert_ok(cell_pack(cell, bytes, &size, &error), &error);
	assert_ok(partial_add((struct text){ (const char *)bytes, (uint32_t)size }, ret_counters, &error), &error);
}

static uint64_t value_of(const struct cells *of, name_id dimension, int32_t day, uint8_t sub, enum counter counter)
{
	struct counters counters[SUB_COUNT];
	read_day(of, dimension, day, counters);
	return counters[sub].n[counter];
}

static void assert_day_equal(const struct cells *a, const struct cells *b, name_id dimension, int32_t day)
{
	struct counters left[SUB_COUNT], right[SUB_COUNT];
	read_day(a, dimension, day, left);
	read_day(b, dimension, day, right);
	for (uint8_t sub = 0; sub < SUB_COUNT; sub++)
		for (unsigned i = 0; i < COUNTER_COUNT; i++)
			if (left[sub].n[i] != right[sub].n[i])
				fail_msg("%s of %s: %llu in one, %llu in the other", counter_name((enum counter)i), names_dimension(names, dimension).at,
					(unsigned long long)left[sub].n[i], (unsigned long long)right[sub].n[i]);
}

// Everything of `a` is in `b`; what is zero counts as absent.
static void assert_held(const struct cells *a, const struct cells *b)
{
	for (const struct cell_month *month = cells_dirty(a); month; month = month->next_dirty)
		for (unsigned i = 0; i < 31; i++)
			if (month->day[i])
				assert_day_equal(a, b, month->dimension, civil_month_first_day(month->month) + (int32_t)i);
}

static void each_scope_counts_where_it_says(void **state)
{
	(void)state;
	int32_t day = day_of("2024-03-04");
	struct outcome *o = &outcome[0];
	name_id unit = names_intern(names, NAME_UNIT, TEXT("u1")), east = names_find(names, NAME_DISTRICT, TEXT("east")), base = names_find(names, NAME_GROUP, TEXT("base"));
	memset(o, 0, sizeof *o);
	o->sub = sub_of(CHANNEL_PHONE, LEVEL_CITY);
	o->district = names_intern(names, NAME_DISTRICT, TEXT("north"));
	o->category = names_category(names, names_intern(names, NAME_CATEGORY, TEXT("A/B/C")));
	outcome_count_unit(o, &policy, COUNTER_RESOLVED, unit, day, day, 1);
	outcome_count(o, COUNTER_DISPATCHED, SCOPE_UNIT_ALONE, unit, day, 2);
	outcome_count(o, COUNTER_RATED, SCOPE_CITY, 0, day, 3);
	outcome_count(o, COUNTER_COMPLETED, SCOPE_DISTRICT, east, day, 4);
	outcome_count(o, COUNTER_ASSISTED, SCOPE_GROUP, base, day, 5);
	outcome_count(o, COUNTER_RECEIVED, SCOPE_TICKET, 0, day, 6);
	outcome_count(o, COUNTER_OVERDUE, SCOPE_CITY, 0, day, 0);  // nothing
	cells_add_outcome(cells, o, &policy, city, 1);
	const struct {
		name_id dimension;
		uint8_t sub;
		unsigned resolved, dispatched, rated, completed, assisted, received;
	} wanted[] = {
		{ city, o->sub, 1, 0, 3, 0, 0, 6 },
		{ unit, o->sub, 1, 2, 0, 0, 0, 0 },
		{ east, o->sub, 1, 0, 0, 4, 0, 0 },
		{ base, o->sub, 1, 0, 0, 0, 5, 0 },
		{ o->district, o->sub, 0, 0, 0, 0, 0, 6 },
		{ o->category.top, 0, 1, 0, 3, 0, 0, 6 },  // a category derives nothing, so it is not counted apart
		{ o->category.sub, 0, 1, 0, 3, 0, 0, 6 },
	};
	for (size_t i = 0; i < COUNT_OF(wanted); i++) {
#define IS(counter, field) assert_int_equal(value_of(cells, wanted[i].dimension, day, wanted[i].sub, COUNTER_##counter), wanted[i].field)
		IS(RESOLVED, resolved);
		IS(DISPATCHED, dispatched);
		IS(RATED, rated);
		IS(COMPLETED, completed);
		IS(ASSISTED, assisted);
		IS(RECEIVED, received);
#undef IS
	}
	assert_int_equal(o->contribution_count, 6);
}

// An outcome as no ticket has it: any counters, scopes, names and days.
static void any_outcome(struct chance *chance, struct outcome *ret_outcome)
{
	struct outcome *o = ret_outcome;
	static const char *const unit[] = { "u1", "u2", "u3", "stranger" };
	o->sub = (uint8_t)chance_below(chance, 2);
	o->district = chance_below(chance, 4) ? names_intern(names, NAME_DISTRICT, TEXT("east")) : 0;
	o->category = names_category(names, chance_below(chance, 4) ? names_intern(names, NAME_CATEGORY, TEXT("A/B")) : 0);
	o->contribution_count = o->alert_count = 0;
	for (uint64_t count = chance_below(chance, 12); count; count--) {
		int32_t day = day_of("2024-02-27") + (int32_t)chance_below(chance, 10);
		enum counter counter = (enum counter)chance_below(chance, 6);
		uint32_t amount = 1 + (uint32_t)chance_below(chance, 3);
		name_id of = names_intern(names, NAME_UNIT, text_of(unit[chance_below(chance, 4)]));
		switch (chance_below(chance, 6)) {
		case 0:
			outcome_count(o, counter, SCOPE_CITY, 0, day, amount);
			break;
		case 1:
			outcome_count(o, counter, SCOPE_TICKET, 0, day, amount);
			break;
		case 2:
			outcome_count(o, counter, SCOPE_UNIT_ALONE, of, day, amount);
			break;
		case 3:
			outcome_count(o, counter, SCOPE_DISTRICT, names_intern(names, NAME_DISTRICT, TEXT("west")), day, amount);
			break;
		case 4:
			outcome_count(o, counter, SCOPE_GROUP, names_intern(names, NAME_GROUP, TEXT("base")), day, amount);
			break;
		default:
			outcome_count_unit(o, &policy, counter, of, day, day, amount);
		}
	}
}

// Two outcomes that have much in common, as they mostly do.
static void change_some(struct chance *chance, const struct outcome *from, struct outcome *ret_outcome)
{
	static struct outcome more;
	any_outcome(chance, &more);
	uint64_t is_elsewhere = chance_below(chance, 4);
	ret_outcome->sub = is_elsewhere ? from->sub : more.sub;
	ret_outcome->district = is_elsewhere ? from->district : more.district;
	ret_outcome->category = is_elsewhere ? from->category : more.category;
	ret_outcome->contribution_count = ret_outcome->alert_count = 0;
	uint32_t next = 0;
	for (uint32_t i = 0; i < from->contribution_count; i++) {
		if (chance_below(chance, 4))
			ret_outcome->contribution[ret_outcome->contribution_count++] = from->contribution[i];
		if (next < more.contribution_count && !chance_below(chance, 3))
			ret_outcome->contribution[ret_outcome->contribution_count++] = more.contribution[next++];
	}
	while (next < more.contribution_count && chance_below(chance, 2))
		ret_outcome->contribution[ret_outcome->contribution_count++] = more.contribution[next++];
}

static void a_difference_is_minus_before_plus_after(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 3000; seed++) {
		struct chance chance = chance_of(seed);
		struct cells *counted = cells_new(), *wanted = cells_new();
		any_outcome(&chance, &outcome[0]);
		change_some(&chance, &outcome[0], &outcome[1]);
		change_some(&chance, &outcome[1], &outcome[2]);
		cells_add_outcome(counted, &outcome[0], &policy, city, 1);
		cells_add_difference(counted, &outcome[0], &outcome[1], &policy, city);
		cells_add_difference(counted, &outcome[1], &outcome[2], &policy, city);
		cells_add_outcome(wanted, &outcome[2], &policy, city, 1);
		assert_held(counted, wanted);
		assert_held(wanted, counted);
		cells_free(counted);
		cells_free(wanted);
	}
}

static void what_is_counted_and_taken_away_leaves_nothing(void **state)
{
	(void)state;
	struct chance chance = chance_of(9);
	struct error error;
	uint8_t bytes[PARTIAL_BYTES_MAX];
	size_t size;
	for (unsigned i = 0; i < 200; i++) {
		any_outcome(&chance, &outcome[0]);
		cells_add_outcome(cells, &outcome[0], &policy, city, 1);
		cells_add_outcome(cells, &outcome[0], &policy, city, -1);
	}
	for (const struct cell_month *month = cells_dirty(cells); month; month = month->next_dirty)
		for (unsigned i = 0; i < 31; i++) {
			if (!month->day[i])
				continue;
			assert_ok(cell_pack(month->day[i], bytes, &size, &error), &error);
			assert_int_equal(size, 0);
		}
}

static void no_difference_touches_nothing(void **state)
{
	(void)state;
	struct chance chance = chance_of(4);
	for (unsigned i = 0; i < 200; i++) {
		any_outcome(&chance, &outcome[0]);
		memcpy(&outcome[1], &outcome[0], sizeof outcome[0]);
		cells_add_outcome(cells, &outcome[0], &policy, city, 1);
		cells_end_step(cells);
		assert_null(cells_dirty(cells));
		cells_add_difference(cells, &outcome[0], &outcome[1], &policy, city);
		assert_null(cells_dirty(cells));
	}
}

static void only_days_that_changed_are_dirty(void **state)
{
	(void)state;
	int32_t day = day_of("2024-02-29");
	cells_add(cells, city, day, 0, COUNTER_RECEIVED, 1);
	cells_end_step(cells);
	cells_add(cells, city, day + 1, 0, COUNTER_RECEIVED, 1);
	struct cell_month *month = cells_dirty(cells);
	assert_int_equal(month->month, 2024 * 12 + 2);
	assert_null(month->next_dirty);
	assert_int_equal(month->dirty_days, 1u << 0);
	cells_add(cells, city, day - 1, 0, COUNTER_RECEIVED, 1);
	month = month_of(cells, city, 2024 * 12 + 1);
	assert_int_equal(month->dirty_days, 1u << 27);
}

static struct text packed(uint8_t sub, enum counter counter, uint64_t value)
{
	static uint8_t bytes[PARTIAL_BYTES_MAX];
	struct counters counters = { { 0 } };
	counters.n[counter] = value;
	return (struct text){ (const char *)bytes, (uint32_t)partial_pack_sub(sub, &counters, bytes) };
}

static void loading_adds_to_what_waits(void **state)
{
	(void)state;
	struct error error;
	int32_t day = day_of("2024-03-04");
	cells_add(cells, city, day, 3, COUNTER_OVERDUE, -2);  // takes away what Redis has
	cells_add(cells, city, day, 3, COUNTER_RESOLVED, 1);
	struct cell_month *month = cells_dirty(cells);
	uint8_t bytes[PARTIAL_BYTES_MAX];
	size_t size;
	assert_fails(cell_pack(month->day[3], bytes, &size, &error), FATAL, "broken_state", &error);
	assert_string_equal(error.text, "counter overdue would be -2");
	assert_ok(cells_load_day(cells, month, 4, packed(3, COUNTER_OVERDUE, 5), &error), &error);
	assert_ok(cells_load_day(cells, month, 4, packed(7, COUNTER_RATED, 6), &error), &error);
	assert_ok(cells_load_day(cells, month, 31, packed(0, COUNTER_RATED, 7), &error), &error);
	assert_ok(cells_load_day(cells, month, 1, TEXT(""), &error), &error);
	assert_int_equal(value_of(cells, city, day, 3, COUNTER_OVERDUE), 3);
	assert_int_equal(value_of(cells, city, day, 3, COUNTER_RESOLVED), 1);
	assert_int_equal(value_of(cells, city, day, 7, COUNTER_RATED), 6);
	assert_int_equal(value_of(cells, city, day + 27, 0, COUNTER_RATED), 7);
	assert_int_equal(month->dirty_days, 1u << 3);
}

static void what_cannot_be_loaded_is_refused(void **state)
{
	(void)state;
	struct error error;
	cells_add(cells, city, day_of("2024-03-04"), 0, COUNTER_RECEIVED, 1);
	struct cell_month *month = cells_dirty(cells);
	assert_fails(cells_load_day(cells, month, 0, packed(0, COUNTER_RATED, 1), &error), FATAL, "broken_state", &error);
	assert_fails(cells_load_day(cells, month, 32, packed(0, COUNTER_RATED, 1), &error), FATAL, "broken_state", &error);
	assert_fails(cells_load_day(cells, month, 1, TEXT("\x01"), &error), FATAL, "broken_state", &error);
}

// Reports of units may be large, and a city sums many of them.
static void sums_past_two_thousand_million_hold(void **state)
{
	(void)state;
	int32_t day = day_of("2024-03-04");
	for (unsigned i = 0; i < 5; i++)
		cells_add(cells, city, day, 0, COUNTER_CALLS_OFFERED, (int32_t)COUNT_MAX);
	assert_true(value_of(cells, city, day, 0, COUNTER_CALLS_OFFERED) == 5 * (uint64_t)COUNT_MAX);
	struct error error;
	assert_ok(cells_load_day(cells, cells_dirty(cells), 4, packed(0, COUNTER_CALLS_OFFERED, UINT64_C(1) << 40), &error), &error);
	assert_true(value_of(cells, city, day, 0, COUNTER_CALLS_OFFERED) == 5 * (uint64_t)COUNT_MAX + (UINT64_C(1) << 40));
}

static void many_dimensions_are_kept_apart(void **state)
{
	(void)state;
	enum { MANY = 3000 };
	int32_t day = day_of("1970-01-01");
	for (unsigned i = 1; i <= MANY; i++)
		cells_add(cells, i, day + (int32_t)(i * 17), 0, COUNTER_RECEIVED, (int32_t)i);
	for (unsigned i = 1; i <= MANY; i++)
		assert_int_equal(value_of(cells, i, day + (int32_t)(i * 17), 0, COUNTER_RECEIVED), i);
}

static bool is_kept(name_id dimension, int32_t day)
{
	cells_add(cells, dimension, day, 0, COUNTER_RECEIVED, 0);
	bool is_loaded = month_of(cells, dimension, civil_month_of_day(day))->is_loaded;
	cells_end_step(cells);
	return is_loaded;
}

static void trimming_drops_what_was_not_used_for_long(void **state)
{
	(void)state;
	int32_t day = day_of("2024-03-04");
	cells_add(cells, 200, day, 0, COUNTER_RECEIVED, 1);
	cells_clear(cells);
	size_t empty = cells_bytes(cells);  // the table of dimensions stays
	for (unsigned step = 1; step <= 200; step++) {
		cells_add(cells, step, day, 0, COUNTER_RECEIVED, 1);
		cells_dirty(cells)->is_loaded = true;
		cells_end_step(cells);
	}
	size_t all = cells_bytes(cells) - empty;
	cells_trim(cells, all);
	assert_int_equal(cells_bytes(cells) - empty, all);
	cells_trim(cells, all / 2);
	assert_in_range(cells_bytes(cells) - empty, 1, all / 2);
	assert_true(is_kept(200, day));
	assert_false(is_kept(1, day));
	cells_trim(cells, 0);
	assert_int_equal(cells_bytes(cells), empty);
	assert_false(is_kept(200, day));
}

static void clearing_forgets_everything(void **state)
{
	(void)state;
	int32_t day = day_of("2024-03-04");
	cells_add(cells, city, day, 0, COUNTER_RECEIVED, 1);
	cells_clear(cells);
	assert_null(cells_dirty(cells));
	cells_add(cells, city, day, 0, COUNTER_RECEIVED, 3);
	assert_int_equal(value_of(cells, city, day, 0, COUNTER_RECEIVED), 3);
	cells_clear(cells);
	cells_clear(cells);
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FRESH(each_scope_counts_where_it_says),
		FRESH(a_difference_is_minus_before_plus_after),
		FRESH(what_is_counted_and_taken_away_leaves_nothing),
		FRESH(no_difference_touches_nothing),
		FRESH(only_days_that_changed_are_dirty),
		FRESH(loading_adds_to_what_waits),
		FRESH(what_cannot_be_loaded_is_refused),
		FRESH(sums_past_two_thousand_million_hold),
		FRESH(many_dimensions_are_kept_apart),
		FRESH(trimming_drops_what_was_not_used_for_long),
		FRESH(clearing_forgets_everything),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
