// yaml_test.c - the YAML reader: values, and for each fault the place and the sentence.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "civil.h"
#include "yaml_tree.h"

static struct yaml *load(const char *string)
{
	struct yaml *yaml = NULL;
	struct error error = { 0 };
	if (yaml_load_text(text_of(string), "test.yaml", &yaml, &error) != OK)
		fail_msg("%s", error.text);
	return yaml;
}

static void check_refused(struct text text, const char *sentence)
{
	struct yaml *yaml = NULL;
	struct error error = { 0 };
	assert_int_equal(yaml_load_text(text, "test.yaml", &yaml, &error), FATAL);
	assert_null(yaml);
	assert_string_equal(error.reason, "bad_config");
	assert_string_equal(error.text, sentence);
}

static void test_walk(void **state)
{
	(void)state;
	struct yaml *yaml = load("# a comment\nzone: \"+08:00\"\nunits:\n  - id: 1\n    name: 住建局\n  - {id: 2}\nempty:\nquoted: ''\n");
	const struct yaml_node *root = yaml_root(yaml), *units = yaml_get(root, "units");
	assert_string_equal(yaml_name(yaml), "test.yaml");
	assert_true(yaml_is_mapping(root));
	assert_int_equal(yaml_count(root), 4);
	assert_true(yaml_is_list(units));
	assert_int_equal(yaml_count(units), 2);
	const struct yaml_node *first = yaml_first(units), *second = yaml_next(first);
	assert_null(yaml_next(second));
	assert_int_equal(yaml_key(first).size, 0);
	assert_true(text_equal(yaml_key(yaml_first(first)), TEXT("id")));
	assert_true(text_equal(yaml_scalar(yaml_get(first, "name")), TEXT("住建局")));
	assert_int_equal(yaml_line(yaml_get(second, "id")), 6);
	assert_int_equal(yaml_column(yaml_get(second, "id")), 10);
	assert_null(yaml_get(root, "absent"));
	assert_null(yaml_get(units, "id"));
	assert_null(yaml_first(yaml_get(root, "zone")));
	assert_true(yaml_is_empty(yaml_get(root, "empty")));
	assert_true(yaml_is_scalar(yaml_get(root, "empty")));
	assert_false(yaml_is_empty(yaml_get(root, "quoted")));
	assert_false(yaml_is_empty(units));
	yaml_unload(yaml);
	yaml_unload(NULL);
}

static void test_absent(void **state)
{
	(void)state;
	assert_false(yaml_is_mapping(NULL) || yaml_is_list(NULL) || yaml_is_scalar(NULL));
	assert_true(yaml_is_empty(NULL));
	assert_int_equal(yaml_count(NULL), 0);
	assert_null(yaml_first(NULL));
	int64_t number = 7;
	assert_int_equal(yaml_integer(NULL, 0, 1, &number, NULL), OK);
	assert_int_equal(yaml_duration(NULL, 0, 1, &number, NULL), OK);
	assert_int_equal(yaml_check_list(NULL, NULL), OK);
	assert_int_equal(number, 7);
}

static void test_empty_file(void **state)
{
	(void)state;
	static const char *const files[] = { "", "# nothing\n", "---\n", "~\n" };
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		struct yaml *yaml = load(files[i]);
		assert_true(yaml_is_empty(yaml_root(yaml)));
		yaml_unload(yaml);
	}
}

static void test_refused(void **state)
{
	(void)state;
	static const struct {
		const char *text, *sentence;
	} cases[] = {
		{ "a: &x 1\n", "test.yaml:1:4: anchors (&) and aliases (*) are not allowed" },
		{ "a: &x [1]\n", "test.yaml:1:4: anchors (&) and aliases (*) are not allowed" },
		{ "a: &x {b: 1}\n", "test.yaml:1:4: anchors (&) and aliases (*) are not allowed" },
		{ "a: 1\nb: *a\n", "test.yaml:2:4: anchors (&) and aliases (*) are not allowed" },
		{ "a: !!int 1\n", "test.yaml:1:4: tags (!) are not used here" },
		{ "a: !x [1]\n", "test.yaml:1:4: tags (!) are not used here" },
		{ "a: 1\nb: 2\na: 3\n", "test.yaml:3:1: a is here twice: already on line 1" },
		{ "x:\n  a: 1\n  \"a\": 3\n", "test.yaml:3:3: a is here twice: already on line 2" },
		{ "? [a]\n: 1\n", "test.yaml:1:3: a key must be a word, not a list or a mapping" },
		{ "{{a: 1}: 1}\n", "test.yaml:1:2: a key must be a word, not a list or a mapping" },
		{ "'': 1\n", "test.yaml:1:1: the key is empty" },
		{ "\"a\\tb\": 1\n", "test.yaml:1:1: the key holds a control character" },
		{ "a: 1\n---\nb: 1\n", "test.yaml:2:1: a second document (---) is not allowed" },
		{ "a: \"x\\0y\"\n", "test.yaml:1:4: a NUL character is not allowed" },
		{ "a: [1, 2\n", "test.yaml:2:1: did not find expected ',' or ']'" },
		{ "a:\n\t- b\n", "test.yaml:2:1: found character that cannot start any token" },
		{ "a: 住建: b\n", "test.yaml:1:6: mapping values are not allowed in this context" },
		{ "a: 1\nb: 住\xff\n", "test.yaml:2:5: invalid leading UTF-8 octet" },
		{ "[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]", "test.yaml:1:17: lists and mappings are nested too deep" },
		{ "a: \"\xff\"", "test.yaml:1:5: invalid leading UTF-8 octet" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		check_refused(text_of(cases[i].text), cases[i].sentence);
}

static void test_depth_and_size(void **state)
{
	(void)state;
	yaml_unload(load("[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]"));
	char *large = test_malloc(YAML_BYTES_MAX + 1);
	memset(large, '#', YAML_BYTES_MAX + 1);
	check_refused((struct text){ large, YAML_BYTES_MAX + 1 }, "test.yaml: holds more than 16777216 bytes");
	for (size_t i = 0; i < YAML_BYTES_MAX; i += 2)
		memcpy(large + i, i ? "1," : "[1", 2);
	check_refused((struct text){ large, YAML_BYTES_MAX }, "test.yaml:1:2097153: the file holds too many values");
	test_free(large);
}

// Every byte value at every place of a small file: refused or taken, never worse.
static void test_any_byte(void **state)
{
	(void)state;
	static const char file[] = "a: [1, {b: \"c\"}]\n# d\ne:\n  - f: g\n";
	for (size_t place = 0; place < sizeof file - 1; place++)
		for (int byte = 0; byte < 256; byte++) {
			char copy[sizeof file];
			struct yaml *yaml = NULL;
			struct error error = { 0 };
			memcpy(copy, file, sizeof file);
			copy[place] = (char)byte;
			enum status status = yaml_load_text((struct text){ copy, sizeof file - 1 }, "test.yaml", &yaml, &error);
			assert_true(status == OK || (status == FATAL && strncmp(error.text, "test.yaml:", 10) == 0));
			yaml_unload(yaml);
		}
}

static void test_keys(void **state)
{
	(void)state;
	static const char *const keys[] = { "zone", "low_stars", "redispatch", NULL };
	static const struct {
		const char *text, *sentence;
	} cases[] = {
		{ "zone: 1\nredispatch: x\n", NULL },
		{ "zone: 1\n  \nlow_star: 3\n", "test.yaml:3:1: unknown key low_star; did you mean low_stars?" },
		{ "Zone: 1\n", "test.yaml:1:1: unknown key Zone; did you mean zone?" },
		{ "frequency: 1\n", "test.yaml:1:1: unknown key frequency; known are zone, low_stars or redispatch" },
		{ "[zone]\n", "test.yaml:1:1: this must be a mapping, not a list" },
		{ "", "test.yaml:1:1: this must be a mapping, not empty" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct yaml *yaml = load(cases[i].text);
		struct error error = { 0 };
		assert_int_equal(yaml_check_keys(yaml_root(yaml), keys, &error), cases[i].sentence ? FATAL : OK);
		if (cases[i].sentence)
			assert_string_equal(error.text, cases[i].sentence);
		yaml_unload(yaml);
	}
}

// Reads `v: TEXT` and hands back the number, or the sentence after its place.
enum reader { INTEGER, DECIMAL, PERCENT, BOOL, DURATION, DAY, ZONE, TIME, CHOICE, WORD };

static int64_t read_value(enum reader reader, const struct yaml_node *node, enum status *ret_status, struct error *error)
{
	static const char *const words[] = { "fresh", "continue", NULL };
	int64_t number = -99;
	uint32_t small = 0;
	int32_t day = 0;
	bool is_true = false;
	struct text text = { NULL, 0 };
	switch (reader) {
	case INTEGER: *ret_status = yaml_integer(node, -5, 10, &number, error); return number;
	case DECIMAL: *ret_status = yaml_decimal(node, -20000, 100000, &number, error); return number;
	case PERCENT: *ret_status = yaml_percent(node, &small, error); return small;
	case BOOL: *ret_status = yaml_bool(node, &is_true, error); return is_true;
	case DURATION: *ret_status = yaml_duration(node, 1, 30 * DAY_MS, &number, error); return number;
	case DAY: *ret_status = yaml_day(node, &day, error); return day;
	case ZONE: *ret_status = yaml_zone(node, &day, error); return day;
	case TIME: *ret_status = yaml_time(node, &day, error); return day;
	case CHOICE: *ret_status = yaml_choice(node, words, &small, error); return small;
	case WORD: *ret_status = yaml_text(node, 8, &text, error); return text.size;
	}
	return 0;
}

static void test_values(void **state)
{
	(void)state;
	static const struct {
		enum reader reader;
		const char *text;
		int64_t number;
	} cases[] = {
		{ INTEGER, "-5", -5 }, { INTEGER, "10", 10 }, { INTEGER, "0", 0 }, { INTEGER, "'7'", 7 },
		{ DECIMAL, "0.02", 200 }, { DECIMAL, "-2", -20000 }, { DECIMAL, "10.0000", 100000 }, { DECIMAL, "1.0001", 10001 },
		{ PERCENT, "95 %", 9500 }, { PERCENT, "99.5%", 9950 }, { PERCENT, "0 %", 0 }, { PERCENT, "100 %", 10000 }, { PERCENT, "0.01 %", 1 },
		{ BOOL, "true", 1 }, { BOOL, "no", 0 }, { BOOL, "on", 1 }, { BOOL, "off", 0 }, { BOOL, "yes", 1 }, { BOOL, "false", 0 },
		{ DURATION, "24h", 86400000 }, { DURATION, "1h30m", 5400000 }, { DURATION, "1ms", 1 }, { DURATION, "30d", 30 * DAY_MS }, { DURATION, "1m1ms", 60001 },
		{ DAY, "2024-02-29", 19782 }, { DAY, "1970-01-01", 0 }, { ZONE, "\"+08:00\"", 28800000 }, { ZONE, "Z", 0 },
		{ TIME, "17:30", 63000000 }, { TIME, "00:00", 0 }, { TIME, "24:00", 86400000 }, { CHOICE, "fresh", 0 }, { CHOICE, "continue", 1 },
		{ WORD, "12345678", 8 }, { WORD, "住建", 6 }, { WORD, "no", 2 }, { WORD, "'null'", 4 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char file[64];
		enum status status;
		struct error error = { 0 };
		snprintf(file, sizeof file, "v: %s\n", cases[i].text);
		struct yaml *yaml = load(file);
		int64_t number = read_value(cases[i].reader, yaml_get(yaml_root(yaml), "v"), &status, &error);
		if (status != OK || number != cases[i].number)
			fail_msg("%s gave %lld and \"%s\"", cases[i].text, (long long)number, error.text);
		yaml_unload(yaml);
	}
}

static void test_bad_values(void **state)
{
	(void)state;
	static const struct {
		enum reader reader;
		const char *text, *sentence;
	} cases[] = {
		{ INTEGER, "11", "v must be a whole number from -5 to 10, not \"11\"" },
		{ INTEGER, "-6", "v must be a whole number from -5 to 10, not \"-6\"" },
		{ INTEGER, "3h", "v must be a whole number from -5 to 10, not \"3h\"" },
		{ INTEGER, "3.0", "v must be a whole number from -5 to 10, not \"3.0\"" },
		{ INTEGER, "0x3", "v must be a whole number from -5 to 10, not \"0x3\"" },
		{ INTEGER, "03", "v must be a whole number from -5 to 10, not \"03\"" },
		{ INTEGER, "+3", "v must be a whole number from -5 to 10, not \"+3\"" },
		{ INTEGER, "1_0", "v must be a whole number from -5 to 10, not \"1_0\"" },
		{ INTEGER, "99999999999999999999", "v must be a whole number from -5 to 10, not \"99999999999999999999\"" },
		{ INTEGER, "", "v must be a whole number from -5 to 10, not empty" },
		{ INTEGER, "[1]", "v must be a whole number from -5 to 10, not a list" },
		{ INTEGER, "{a: 1}", "v must be a whole number from -5 to 10, not a mapping" },
		{ DECIMAL, "0.00001", "v must be a decimal from -2 to 10 with up to four digits after the point, not \"0.00001\"" },
		{ DECIMAL, "10.0001", "v must be a decimal from -2 to 10 with up to four digits after the point, not \"10.0001\"" },
		{ DECIMAL, "1.", "v must be a decimal from -2 to 10 with up to four digits after the point, not \"1.\"" },
		{ DECIMAL, "1e1", "v must be a decimal from -2 to 10 with up to four digits after the point, not \"1e1\"" },
		{ PERCENT, "95", "v must be a percentage from 0 to 100 with up to two decimals, such as 95 %, not \"95\"" },
		{ PERCENT, "100.01 %", "v must be a percentage from 0 to 100 with up to two decimals, such as 95 %, not \"100.01 %\"" },
		{ PERCENT, "9.999 %", "v must be a percentage from 0 to 100 with up to two decimals, such as 95 %, not \"9.999 %\"" },
		{ BOOL, "True", "v must be true or false (also yes or no, on or off), not \"True\"" },
		{ BOOL, "1", "v must be true or false (also yes or no, on or off), not \"1\"" },
		{ DURATION, "24", "v must be a duration from 1ms to 30d, such as 24h, 90m or 1h30m, not \"24\"" },
		{ DURATION, "0s", "v must be a duration from 1ms to 30d, such as 24h, 90m or 1h30m, not \"0s\"" },
		{ DURATION, "30d1ms", "v must be a duration from 1ms to 30d, such as 24h, 90m or 1h30m, not \"30d1ms\"" },
		{ DURATION, "30m1h", "v must be a duration from 1ms to 30d, such as 24h, 90m or 1h30m, not \"30m1h\"" },
		{ DURATION, "1h 30m", "v must be a duration from 1ms to 30d, such as 24h, 90m or 1h30m, not \"1h 30m\"" },
		{ DURATION, "999999999999999999d", "v must be a duration from 1ms to 30d, such as 24h, 90m or 1h30m, not \"999999999999999999d\"" },
		{ DAY, "2023-02-29", "v must be a day from 1970-01-01 to 2199-12-31, such as 2024-03-05, not \"2023-02-29\"" },
		{ ZONE, "CST", "v must be an offset from UTC, such as \"+08:00\", not \"CST\"" },
		{ TIME, "24:01", "v must be a time of day from \"00:00\" to \"24:00\", such as \"17:30\", not \"24:01\"" },
		{ TIME, "9:00", "v must be a time of day from \"00:00\" to \"24:00\", such as \"17:30\", not \"9:00\"" },
		{ TIME, "12:60", "v must be a time of day from \"00:00\" to \"24:00\", such as \"17:30\", not \"12:60\"" },
		{ CHOICE, "restart", "v must be fresh or continue, not \"restart\"" },
		{ WORD, "123456789", "v is longer than 8 bytes" },
		{ WORD, "~", "v must be a text, not empty" },
		{ WORD, "\"\"", "v must be a text, not \"\"" },
		{ WORD, "\"a\\nb\"", "v holds a control character" },
		{ INTEGER, "很长的文字很长的文字很长的文字很长的文字很长的文字", "v must be a whole number from -5 to 10, not \"很长的文字很长的文字很长的文字很长的文字...\"" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char file[160], sentence[ERROR_TEXT_BYTES];
		enum status status;
		struct error error = { 0 };
		snprintf(file, sizeof file, "v: %s\n", cases[i].text);
		struct yaml *yaml = load(file);
		read_value(cases[i].reader, yaml_get(yaml_root(yaml), "v"), &status, &error);
		assert_int_equal(status, FATAL);
		snprintf(sentence, sizeof sentence, "test.yaml:1:%d: %s", cases[i].text[0] ? 4 : 3, cases[i].sentence);
		assert_string_equal(error.text, sentence);
		yaml_unload(yaml);
	}
}

static void test_require(void **state)
{
	(void)state;
	struct yaml *yaml = load("- a: 1\n- b: 1\n");
	const struct yaml_node *node = NULL, *first = yaml_first(yaml_root(yaml));
	struct error error = { 0 };
	assert_int_equal(yaml_require(first, "a", &node, &error), OK);
	assert_ptr_equal(node, yaml_get(first, "a"));
	assert_int_equal(yaml_require(yaml_next(first), "a", &node, &error), FATAL);
	assert_string_equal(error.text, "test.yaml:2:3: a is missing");
	yaml_error_key(yaml_get(first, "a"), &error, "%s", "not this");
	assert_string_equal(error.text, "test.yaml:1:3: not this");
	yaml_unload(yaml);
}

static void test_files(void **state)
{
	(void)state;
	char path[] = "/tmp/yaml_test.XXXXXX", sentence[ERROR_TEXT_BYTES];
	struct yaml *yaml = NULL;
	struct error error = { 0 };
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "a: 1\nb", 6), 6);
	close(fd);
	assert_int_equal(yaml_load_file(path, &yaml, &error), FATAL);
	snprintf(sentence, sizeof sentence, "%s:3:1: could not find expected ':'", path);
	assert_string_equal(error.text, sentence);
	unlink(path);
	assert_int_equal(yaml_load_file(path, &yaml, &error), FATAL);
	snprintf(sentence, sizeof sentence, "%s: cannot be opened: No such file or directory", path);
	assert_string_equal(error.text, sentence);
	assert_int_equal(yaml_load_file("/", &yaml, &error), FATAL);
	assert_string_equal(error.text, "/: cannot be read: Is a directory");
}

static void test_nearest(void **state)
{
	(void)state;
	static const char *const words[] = { "overdue", "floors", "returned-often", NULL };
	assert_string_equal(yaml_nearest(TEXT("overdu"), words), "overdue");
	assert_string_equal(yaml_nearest(TEXT("over-due"), words), "overdue");
	assert_string_equal(yaml_nearest(TEXT("floor"), words), "floors");
	assert_string_equal(yaml_nearest(TEXT("returned_often"), words), "returned-often");
	assert_null(yaml_nearest(TEXT("x"), words));
	assert_null(yaml_nearest(TEXT("crowd"), words));
	char far[200];
	memset(far, 'o', sizeof far);
	assert_null(yaml_nearest((struct text){ far, sizeof far }, words));
}

// What is written is read back as the same number.
static void test_formats(void **state)
{
	(void)state;
	static const int64_t durations[] = { 0, 1, 999, 1000, 60001, 5400000, 86400000, 90061001, 30 * DAY_MS };
	char string[YAML_NUMBER_BYTES], file[96];
	for (size_t i = 0; i < sizeof durations / sizeof *durations; i++) {
		int64_t ms = -1;
		yaml_format_duration(durations[i], string);
		struct yaml *yaml = load((snprintf(file, sizeof file, "v: %s", string), file));
		assert_int_equal(yaml_duration(yaml_get(yaml_root(yaml), "v"), 0, INT64_MAX, &ms, NULL), OK);
		assert_int_equal(ms, durations[i]);
		yaml_unload(yaml);
	}
	for (uint32_t e4 = 0; e4 <= 10000; e4 += 8) {
		uint32_t back = 1;
		yaml_format_percent(e4, string);
		struct yaml *yaml = load((snprintf(file, sizeof file, "v: %s", string), file));
		assert_int_equal(yaml_percent(yaml_get(yaml_root(yaml), "v"), &back, NULL), OK);
		assert_int_equal(back, e4);
		yaml_unload(yaml);
	}
	yaml_format_decimal(-200, string);
	assert_string_equal(string, "-0.02");
	yaml_format_decimal(100000, string);
	assert_string_equal(string, "10");
	yaml_format_decimal(INT64_MIN, string);
	assert_string_equal(string, "-922337203685477.5808");
	yaml_format_time(63000000, string);
	assert_string_equal(string, "17:30");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_walk), cmocka_unit_test(test_absent), cmocka_unit_test(test_empty_file), cmocka_unit_test(test_refused),
		cmocka_unit_test(test_depth_and_size), cmocka_unit_test(test_any_byte), cmocka_unit_test(test_keys), cmocka_unit_test(test_values),
		cmocka_unit_test(test_bad_values), cmocka_unit_test(test_require), cmocka_unit_test(test_files), cmocka_unit_test(test_nearest),
		cmocka_unit_test(test_formats),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
