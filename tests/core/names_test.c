// names_test.c - each name has one number, and a category comes with the categories that it counts in.
#include "check.h"

#include <stdio.h>

#include "names.h"

static struct names *names;

static int set_up(void **state)
{
	(void)state;
	names = names_new();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	names_free(names);
	return 0;
}

static void a_name_has_one_number_in_each_kind(void **state)
{
	(void)state;
	name_id unit = names_intern(names, NAME_UNIT, TEXT("兴隆"));
	name_id district = names_intern(names, NAME_DISTRICT, TEXT("兴隆"));
	name_id group = names_intern(names, NAME_GROUP, TEXT("兴隆"));
	assert_int_equal(unit, 1);
	assert_int_equal(district, 2);
	assert_int_equal(group, 3);
	assert_int_equal(names_intern(names, NAME_UNIT, TEXT("兴隆")), unit);
	assert_int_equal(names_find(names, NAME_DISTRICT, TEXT("兴隆")), district);
	assert_int_equal(names_find(names, NAME_CATEGORY, TEXT("兴隆")), 0);
	assert_int_equal(names_count(names), 3);
	assert_int_equal(names_kind(names, group), NAME_GROUP);
	assert_text_equal(names_dimension(names, unit), "unit/兴隆");
	assert_text_equal(names_text(names, unit), "兴隆");
	assert_int_equal(names_text(names, 0).size, 0);
	assert_int_equal(names_dimension(names, 0).size, 0);
}

static void there_is_one_city(void **state)
{
	(void)state;
	name_id city = names_intern(names, NAME_CITY, TEXT("anything"));
	assert_int_equal(names_intern(names, NAME_CITY, TEXT("")), city);
	assert_int_equal(names_find(names, NAME_CITY, TEXT("x")), city);
	assert_int_equal(names_intern_dimension(names, TEXT("city")), city);
	assert_text_equal(names_dimension(names, city), "city");
	assert_text_equal(names_text(names, city), "city");
	assert_int_equal(names_kind(names, city), NAME_CITY);
}

static void a_dimension_tells_its_kind(void **state)
{
	(void)state;
	static const struct {
		const char *dimension;
		enum name_kind kind;
	} cases[] = {
		{ "unit/U", NAME_UNIT }, { "district/D", NAME_DISTRICT }, { "group/G", NAME_GROUP }, { "category/A/B", NAME_CATEGORY },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		name_id id = names_intern_dimension(names, text_of(cases[i].dimension));
		assert_true(id);
		assert_int_equal(names_kind(names, id), cases[i].kind);
		assert_text_equal(names_dimension(names, id), cases[i].dimension);
	}
	static const char *const unknown[] = { "", "unit", "unit/", "units/U", "City", "city/x", "channel/phone" };
	for (size_t i = 0; i < COUNT_OF(unknown); i++)
		assert_int_equal(names_intern_dimension(names, text_of(unknown[i])), 0);
}

static void empty_and_too_long_names_have_no_number(void **state)
{
	(void)state;
	char longest[NAME_BYTES_MAX + 1];
	memset(longest, 'x', sizeof longest);
	assert_int_equal(names_intern(names, NAME_UNIT, TEXT("")), 0);
	assert_int_equal(names_intern(names, NAME_UNIT, (struct text){ NULL, 0 }), 0);
	assert_int_equal(names_intern(names, NAME_UNIT, (struct text){ longest, NAME_BYTES_MAX + 1 }), 0);
	assert_int_equal(names_intern(names, NAME_UNIT, (struct text){ longest, NAME_BYTES_MAX }), 1);
	assert_int_equal(names_find(names, NAME_UNIT, (struct text){ NULL, 0 }), 0);
	assert_int_equal(names_find(names, NAME_UNIT, (struct text){ longest, NAME_BYTES_MAX + 1 }), 0);
}

static void assert_category(const char *name, const char *top, const char *sub)
{
	name_id id = names_intern(names, NAME_CATEGORY, text_of(name));
	struct names_category category = names_category(names, id);
	assert_text_equal(names_dimension(names, category.top), top);
	if (sub)
		assert_text_equal(names_dimension(names, category.sub), sub);
	else
		assert_int_equal(category.sub, 0);
}

static void a_category_counts_in_its_first_two_levels(void **state)
{
	(void)state;
	assert_category("A", "category/A", NULL);
	assert_category("B/C", "category/B", "category/B/C");
	assert_category("D/E/F", "category/D", "category/D/E");
	assert_category("D/E/F/G", "category/D", "category/D/E");
	assert_category("D", "category/D", NULL);
	assert_int_equal(names_category(names, 0).top, 0);
	assert_int_equal(names_category(names, 0).sub, 0);
	assert_int_equal(names_category(names, names_intern(names, NAME_UNIT, TEXT("u"))).top, 0);
}

static void a_category_of_thirteen_levels_is_a_category_like_any_other(void **state)
{
	(void)state;
	assert_category("1/2/3/4/5/6/7/8/9/10/11/12/13", "category/1", "category/1/2");
	assert_int_equal(names_count(names), 3);  // itself, 1/2, 1
}

static void numbers_hold_while_the_table_grows(void **state)
{
	(void)state;
	char name[32];
	enum { MANY = 20000 };
	for (unsigned i = 1; i <= MANY; i++) {
		int size = snprintf(name, sizeof name, "unit %u", i);
		assert_int_equal(names_intern(names, NAME_UNIT, (struct text){ name, (uint32_t)size }), i);
	}
	for (unsigned i = 1; i <= MANY; i++) {
		int size = snprintf(name, sizeof name, "unit %u", i);
		assert_int_equal(names_find(names, NAME_UNIT, (struct text){ name, (uint32_t)size }), i);
		assert_true(text_equal(names_text(names, i), (struct text){ name, (uint32_t)size }));
	}
}

static void a_full_table_refuses_new_names_and_keeps_the_old(void **state)
{
	(void)state;
	char name[32];
	int size;
	for (unsigned i = 1; i <= NAME_COUNT_MAX - 2; i++) {
		size = snprintf(name, sizeof name, "%u", i);
		if (names_intern(names, NAME_UNIT, (struct text){ name, (uint32_t)size }) != i)
			fail_msg("name %u has another number", i);
	}
	assert_int_equal(names_intern(names, NAME_CATEGORY, TEXT("A/B/C")), 0);  // with its parents or not at all
	assert_int_equal(names_count(names), NAME_COUNT_MAX - 2);
	assert_int_equal(names_intern(names, NAME_UNIT, TEXT("last but one")), NAME_COUNT_MAX - 1);
	assert_int_equal(names_intern(names, NAME_UNIT, TEXT("last")), NAME_COUNT_MAX);
	assert_int_equal(names_intern(names, NAME_UNIT, TEXT("one more")), 0);
	assert_int_equal(names_intern(names, NAME_UNIT, TEXT("1")), 1);
	assert_int_equal(names_find(names, NAME_UNIT, TEXT("last")), NAME_COUNT_MAX);
	assert_int_equal(names_find(names, NAME_UNIT, TEXT("one more")), 0);
	assert_int_equal(names_count(names), NAME_COUNT_MAX);
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FRESH(a_name_has_one_number_in_each_kind),
		FRESH(there_is_one_city),
		FRESH(a_dimension_tells_its_kind),
		FRESH(empty_and_too_long_names_have_no_number),
		FRESH(a_category_counts_in_its_first_two_levels),
		FRESH(a_category_of_thirteen_levels_is_a_category_like_any_other),
		FRESH(numbers_hold_while_the_table_grows),
		FRESH(a_full_table_refuses_new_names_and_keeps_the_old),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
