// table_test.c - tables stand straight whatever the script, and no cell can steer a terminal or break a CSV.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "table.h"
#include "width.h"

static void test_width_by_script(void **state)
{
	static const struct {
		const char *text;
		uint32_t columns;
	} vector[] = {
		{ "", 0 }, { "abc", 3 }, { "é", 1 }, { "兴隆台区", 8 }, { "市直a", 5 }, { "（协办）", 8 }, { "，", 2 }, { "ｱ", 1 }, { "Ａ", 2 }, { "한", 2 }, { "е\xcc\x81", 1 },
		{ "…", 1 }, { "·", 1 }, { "—", 1 }, { "😀", 2 }, { "𠮷", 2 }, { "\xe4\xb8", 2 }, { "a\xff" "b", 3 }, { "\xe2\x80\x8b", 0 },
	};
	(void)state;
	for (size_t i = 0; i < sizeof vector / sizeof *vector; i++)
		if (width_of(text_of(vector[i].text)) != vector[i].columns)
			fail_msg("\"%s\": wanted %u columns, got %u", vector[i].text, vector[i].columns, width_of(text_of(vector[i].text)));
}

static void test_cut_never_parts_a_character(void **state)
{
	(void)state;
	assert_int_equal(width_cut(text_of("兴隆台"), 5).size, 6);
	assert_int_equal(width_cut(text_of("兴隆台"), 4).size, 6);
	assert_int_equal(width_cut(text_of("兴隆台"), 1).size, 0);
	assert_int_equal(width_cut(text_of("a兴b"), 3).size, 4);
	assert_int_equal(width_cut(text_of("abc"), 9).size, 3);
}

static void check(struct table *table, void (*write)(const struct table *table, FILE *out), const char *wanted)
{
	char *got = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&got, &size);
	write(table, out);
	fclose(out);
	assert_string_equal(got, wanted);
	free(got);
	table_free(table);
}

static const struct table_column two[] = { { "unit", "承办单位", TABLE_LEFT, 0 }, { "overdue", "超期", TABLE_RIGHT, 0 } };

static struct table *filled(const struct table_column *column, size_t count, const char *const *cell)
{
	struct table *table = table_new(column, count);
	for (; *cell; cell++)
		table_add_string(table, *cell);
	return table;
}

static void test_columns_align(void **state)
{
	static const char *const cell[] = { "xlt-zhujian", "7", "兴隆街道办", "1234567", NULL };
	(void)state;
	check(filled(two, 2, cell), table_write,
		"承办单位        超期\n"
		"xlt-zhujian        7\n"
		"兴隆街道办   1234567\n");
}

static void test_lines_do_not_end_in_blanks(void **state)
{
	static const struct table_column left[] = { { "a", "a", TABLE_LEFT, 0 }, { "b", "b", TABLE_LEFT, 0 }, { "c", "c", TABLE_LEFT, 0 } };
	static const char *const cell[] = { "1", "", "", "22", "3", "", "", "", "", NULL };
	(void)state;
	check(filled(left, 3, cell), table_write, "a   b  c\n1\n22  3\n\n");
}

static void test_a_head_alone(void **state)
{
	static const char *const none[] = { NULL };
	(void)state;
	check(filled(two, 2, none), table_write, "承办单位  超期\n");
	check(filled(two, 2, none), table_write_csv, "unit,overdue\n");
}

static void test_long_cells_end_in_an_ellipsis(void **state)
{
	static const struct table_column narrow[] = { { "a", "a", TABLE_LEFT, 6 }, { "b", "b", TABLE_LEFT, 0 } };
	static const char *const cell[] = { "abcdef", "1", "abcdefg", "2", "物业管理", "3", "物业管", "4", NULL };
	(void)state;
	check(filled(narrow, 2, cell), table_write,
		"a       b\n"
		"abcdef  1\n"
		"abcde…  2\n"
		"物业…   3\n"
		"物业管  4\n");
}

static void test_no_cell_steers_the_terminal(void **state)
{
	static const char *const cell[] = { "a\x1b[2Jb", "1", "\xc2\x9b\x33\x31m", "2", "x\xff", "3", NULL };
	(void)state;
	check(filled(two, 2, cell), table_write,
		"承办单位  超期\n"
		"a\xef\xbf\xbd[2Jb       1\n"
		"\xef\xbf\xbd" "31m         2\n"
		"x\xef\xbf\xbd           3\n");
}

static void test_csv_quotes_what_it_must(void **state)
{
	static const char *const cell[] = { "a,b", "say \"hi\"", "two\nlines", "plain", "", " blank ", NULL };
	(void)state;
	check(filled(two, 2, cell), table_write_csv, "unit,overdue\n\"a,b\",\"say \"\"hi\"\"\"\n\"two\nlines\",plain\n, blank \n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_width_by_script),
		cmocka_unit_test(test_cut_never_parts_a_character),
		cmocka_unit_test(test_columns_align),
		cmocka_unit_test(test_lines_do_not_end_in_blanks),
		cmocka_unit_test(test_a_head_alone),
		cmocka_unit_test(test_long_cells_end_in_an_ellipsis),
		cmocka_unit_test(test_no_cell_steers_the_terminal),
		cmocka_unit_test(test_csv_quotes_what_it_must),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
