// event_json_test.c - events as JSON Lines: every field both ways, and what is refused with what sentence.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "event_field.h"
#include "event_json.h"

enum { ZONE_MS = 8 * 3600 * 1000 };

static struct names *names;
static struct event_json_arena arena;
static struct event event;
static struct text ticket_id;
static struct error error;

static enum status read_line(const char *line)
{
	return event_json_read(text_of(line), names, &arena, &ticket_id, &event, &error);
}

static const char *write_line(void)
{
	static char line[EVENT_LINE_WRITE_BYTES_MAX];
	size_t size = event_json_write(ticket_id, &event, names, ZONE_MS, line, sizeof line);
	assert_int_equal(size, strlen(line));
	return line;
}

static void assert_refused(const char *line, const char *reason, const char *sentence)
{
	assert_int_equal(read_line(line), REJECT);
	assert_string_equal(error.text, sentence);
	assert_string_equal(error.reason, reason);
}

// Lines as this program writes them: every type with every field it has.
static const char *const canonical[] = {
	"{\"ticket_id\":\"8213631\",\"at\":\"2024-03-05T09:12:00+08:00\",\"type\":\"received\",\"seq\":4294967295,\"kind\":\"complaint\",\"level\":\"city\","
	"\"channel\":\"phone\",\"district\":\"兴隆台区\",\"category\":\"物业管理/物业服务管理\",\"caller\":\"c-19f2\",\"place\":\"水木清华\",\"title\":\"电梯\\u000a\\\"坏\\\"\\\\\","
	"\"amount\":1000000000000,\"answered_directly\":false,\"valid\":true}",
	"{\"ticket_id\":\"a/b {c}\",\"at\":\"2024-03-05T09:40:00.123+08:00\",\"type\":\"dispatched\",\"unit\":\"xlt-zhujian\",\"role\":\"assist\","
	"\"due_at\":\"2024-03-12T23:59:59.999+08:00\",\"accepted_at\":\"2024-03-05T09:45:00+08:00\",\"confirmed\":true}",
	"{\"ticket_id\":\"1\",\"at\":\"2024-03-05T15:02:00+08:00\",\"type\":\"returned\",\"unit\":\"u\",\"slip\":true,\"signed_by\":\"张三\",\"statute\":\"第三条\","
	"\"reason\":\"请分派至街道\"}",
	"{\"ticket_id\":\"1\",\"at\":\"2024-03-07T11:20:00+08:00\",\"type\":\"resolved\",\"unit\":\"u\",\"outcome\":\"rejected\",\"claims_satisfied\":true}",
	"{\"ticket_id\":\"1\",\"at\":\"2024-03-08T10:00:00+08:00\",\"type\":\"rated\",\"satisfied\":false,\"stars\":0,\"praised\":true}",
	"{\"ticket_id\":\"1\",\"at\":\"2024-03-11T09:30:00+08:00\",\"type\":\"revisited\",\"satisfied\":true,\"effective\":true,\"reopen\":false,\"void\":true}",
	"{\"at\":\"2024-03-05T08:31:00+08:00\",\"type\":\"logged_in\",\"unit\":\"u\"}",
	"{\"at\":\"2024-03-05T23:59:59+08:00\",\"type\":\"calls\",\"unit\":\"hotline\",\"offered\":912,\"answered\":0}",
	"{\"at\":\"2024-03-05T10:00:00+08:00\",\"type\":\"knowledge_updated\",\"unit\":\"u\",\"count\":3}",
	"{\"at\":\"2024-03-05T10:00:00+08:00\",\"type\":\"points\",\"unit\":\"u\",\"points\":\"-0.02\",\"ticket_id\":\"8213631\",\"reason\":\"好评\"}",
	"{\"at\":\"2024-03-05T10:00:00+08:00\",\"type\":\"points\",\"unit\":\"u\",\"points\":\"0\"}",
	"{\"at\":\"2024-03-05T10:00:00+08:00\",\"type\":\"marked\",\"unit\":\"u\",\"reason\":\"约谈\"}",
};

static void every_field_goes_both_ways(void **state)
{
	(void)state;
	uint32_t seen[64] = { 0 };
	for (size_t i = 0; i < sizeof canonical / sizeof *canonical; i++) {
		if (read_line(canonical[i]) != OK)
			fail_msg("%s: %s", canonical[i], error.text);
		assert_string_equal(write_line(), canonical[i]);
		for (size_t k = 0; k < event_field_count; k++)
			if (event_field_is_there(&event_fields[k], &event))
				seen[k] |= UINT32_C(1) << event.type;
	}
	for (size_t k = 0; k < event_field_count; k++)
		if (!seen[k])
			fail_msg("no line above has %s", event_fields[k].name);
}

static void other_ways_to_say_the_same(void **state)
{
	(void)state;
	assert_int_equal(read_line(" {\"type\":\"points\",\"unit\":\"u\",\"at\":1709604000000,\"points\":0.02} "), OK);
	assert_int_equal(event.amount, 200);
	assert_int_equal(event.at_ms, 1709604000000);
	assert_int_equal(ticket_id.size, 0);
	assert_int_equal(read_line("{\"type\":\"points\",\"unit\":\"u\",\"at\":1709604000000,\"points\":-3}"), OK);
	assert_int_equal(event.amount, -30000);
	assert_int_equal(read_line("{\"type\":\"rated\",\"ticket_id\":\"1\",\"at\":\"2024-03-05T01:12:00Z\",\"stars\":5,\"satisfied\":null,\"seq\":null}"), OK);
	assert_string_equal(write_line(), "{\"ticket_id\":\"1\",\"at\":\"2024-03-05T09:12:00+08:00\",\"type\":\"rated\",\"stars\":5}");
	assert_int_equal(read_line("{\"ticket_id\":\"1\",\"at\":1709604000000,\"type\":\"rated\",\"unit\":\"u\",\"stars\":5}"), OK);
	assert_int_equal(event.unit, 0);
	assert_int_equal(read_line("{\"ticket_id\":\"1\",\"at\":1709604000000,\"type\":\"dispatched\",\"unit\":\"u\",\"role\":\"lead\"}"), OK);
	assert_string_equal(write_line(), "{\"ticket_id\":\"1\",\"at\":\"2024-03-05T10:00:00+08:00\",\"type\":\"dispatched\",\"unit\":\"u\"}");
}

static void what_is_refused_is_named(void **state)
{
	(void)state;
	assert_refused("", "bad_json", "column 0: '[' or '{' expected near end of file");
	assert_refused("[]", "bad_json", "a line must be one object");
	assert_refused("{\"type\":\"rated\"", "bad_json", "column 15: '}' expected near end of file");
	assert_refused("{\"at\":1,\"at\":2}", "bad_json", "column 12: duplicate object key near '\"at\"'");
	assert_refused("{}", "bad_field", "type is missing");
	assert_refused("{\"type\":\"closed\"}", "bad_field", "column 2: unknown type \"closed\"");
	assert_refused("{\"type\":3}", "bad_field", "column 2: unknown type \"\"");
	assert_refused("{\"type\":\"rated\",\"ticket_id\":\"1\",\"stars\":5}", "bad_field", "at is missing");
	assert_refused("{\"type\":\"rated\",\"at\":1709604000000,\"stars\":5}", "bad_field", "ticket_id is missing");
	assert_refused("{\"type\":\"rated\",\"at\":1709604000000,\"ticket_id\":7,\"stars\":5}", "bad_field", "column 36: ticket_id must be a string");
	assert_refused("{\"type\":\"rated\",\"at\":1709604000000,\"ticket_id\":\"1\"}", "bad_field", "a rating needs one of satisfied, stars and praised");
	assert_refused("{\"type\":\"rated\",\"at\":1709604000000,\"ticket_id\":\"1\",\"stars\":6}", "bad_field", "stars is out of range: 6, allowed are -1 to 5");
	assert_refused("{\"type\":\"rated\",\"at\":1709604000000,\"ticket_id\":\"1\",\"stars\":300}", "bad_field", "column 52: stars must be a number in its range");
	assert_refused("{\"type\":\"rated\",\"at\":1709604000000,\"ticket_id\":\"1\",\"stars\":5.0}", "bad_field", "column 52: stars must be a whole number");
	assert_refused("{\"type\":\"rated\",\"at\":1709604000000,\"ticket_id\":\"汉字\",\"star\":5}", "unknown_key", "column 53: unknown key star");
	assert_refused("{\"type\":\"rated\",\"at\":1709604000000,\"ticket_id\":\"1\",\"satisfied\":\"yes\"}", "bad_field", "column 52: satisfied must be true or false");
	assert_refused("{\"type\":\"resolved\",\"at\":1709604000000,\"ticket_id\":\"1\",\"stars\":5}", "unknown_key",
		"column 55: stars does not belong to an event of type resolved");
	assert_refused("{\"type\":\"rated\",\"at\":\"2024-03-05 09:12\",\"ticket_id\":\"1\"}", "bad_field",
		"column 17: at must be an instant with its offset, such as \"2024-03-05T09:12:00+08:00\", or Unix milliseconds");
	assert_refused("{\"type\":\"rated\",\"at\":\"2024-02-30T09:12:00Z\",\"ticket_id\":\"1\"}", "bad_field",
		"column 17: at must be an instant with its offset, such as \"2024-03-05T09:12:00+08:00\", or Unix milliseconds");
	assert_refused("{\"type\":\"rated\",\"at\":-5,\"ticket_id\":\"1\",\"stars\":5}", "bad_time", "at is out of range: -5 ms");
	assert_refused("{\"type\":\"dispatched\",\"at\":1709604000000,\"ticket_id\":\"1\"}", "bad_field", "unit is missing");
	assert_refused("{\"type\":\"dispatched\",\"at\":1709604000000,\"ticket_id\":\"1\",\"unit\":\"a/b\"}", "bad_field", "column 57: unit holds a slash");
	assert_refused("{\"type\":\"received\",\"at\":1709604000000,\"ticket_id\":\"1\",\"level\":\"town\"}", "bad_field",
		"column 55: level is \"town\", wanted is one of province, city, district");
	assert_refused("{\"type\":\"calls\",\"at\":1709604000000,\"unit\":\"u\",\"offered\":5}", "bad_field", "answered is missing");
	assert_refused("{\"type\":\"points\",\"at\":1709604000000,\"unit\":\"u\",\"points\":0.00001}", "bad_field",
		"column 48: points must be a decimal number with at most four digits after the point");
	assert_refused("{\"type\":\"points\",\"at\":1709604000000,\"unit\":\"u\",\"points\":\"1e3\"}", "bad_field",
		"column 48: points must be a decimal number with at most four digits after the point");
	assert_refused("{\"type\":\"logged_in\",\"at\":1709604000000,\"unit\":\"u\",\"ticket_id\":\"1\"}", "unknown_key",
		"column 51: ticket_id does not belong to an event of type logged_in");
	assert_int_equal(read_line("{\"type\":\"marked\",\"at\":1709604000000,\"unit\":\"u\",\"reason\":\"\xff\"}"), REJECT);
	assert_int_equal(read_line("{\"type\":\"marked\",\"at\":1709604000000,\"unit\":\"u\",\"reason\":\"\\u0000\"}"), REJECT);
}

static void a_failure_leaves_the_outputs(void **state)
{
	(void)state;
	assert_int_equal(read_line(canonical[4]), OK);
	struct event before = event;
	assert_int_equal(read_line("{\"type\":\"resolved\",\"at\":1709604000000}"), REJECT);
	assert_memory_equal(&before, &event, sizeof event);
}

static void texts_have_their_limits(void **state)
{
	(void)state;
	char line[4096], title[TEXT_BYTES_MAX + 2];
	for (int over = 0; over <= 1; over++) {
		memset(title, 'x', sizeof title);
		title[TEXT_BYTES_MAX + over] = '\0';
		snprintf(line, sizeof line, "{\"type\":\"received\",\"at\":1709604000000,\"ticket_id\":\"1\",\"title\":\"%s\"}", title);
		assert_int_equal(read_line(line), over ? REJECT : OK);
	}
	char small[40];
	assert_int_equal(read_line(canonical[0]), OK);
	assert_int_equal(event_json_write(ticket_id, &event, names, ZONE_MS, small, sizeof small), 0);
}

static void points_are_exact(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int64_t points_e4;
	} good[] = { { "0.02", 200 }, { "-1.5", -15000 }, { "3", 30000 }, { "0.0001", 1 }, { "-0.1", -1000 }, { "10000", 100000000 } };
	static const char *const bad[] = { "", "-", ".5", "1.", "1.00001", "1e3", "0x1", " 1", "1 ", "--1", "1.2.3", "9999999999999" };
	char text[POINTS_BYTES];
	int64_t points;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		assert_true(points_parse(text_of(good[i].text), &points));
		assert_int_equal(points, good[i].points_e4);
		points_format(points, text);
		assert_string_equal(text, good[i].text);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (points_parse(text_of(bad[i]), &points))
			fail_msg("taken: \"%s\"", bad[i]);
	// Every value of four digits survives as a JSON number too.
	for (int64_t value = -30000; value <= 30000; value += 7) {
		char line[128];
		points_format(value, text);
		snprintf(line, sizeof line, "{\"type\":\"points\",\"at\":1709604000000,\"unit\":\"u\",\"points\":%s}", text);
		assert_int_equal(read_line(line), OK);
		assert_int_equal(event.amount, value);
	}
}

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_field_goes_both_ways),
		cmocka_unit_test(other_ways_to_say_the_same),
		cmocka_unit_test(what_is_refused_is_named),
		cmocka_unit_test(a_failure_leaves_the_outputs),
		cmocka_unit_test(texts_have_their_limits),
		cmocka_unit_test(points_are_exact),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
