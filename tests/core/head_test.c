// head_test.c - the head of a shard as a line, and the names of the keys.
#include "check.h"

#include <stdio.h>
#include <stdlib.h>

#include "head.h"
#include "keys.h"
#include "memory.h"
#include "names.h"

static const struct head sample = {
	.topic = "hotline.ticket-events",
	.partition = 3,
	.partitions = 4,
	.offset = 1234,
	.owner = UINT64_C(0x9f2c6a1b44d07e15),
	.commit = 77,
	.clock_ms = 1709600000000,
	.revision = 1709600000000123,
	.edition = 2,
	.policy = "3f0c000000000001",
	.policy_since_ms = 1709500000000,
	.names = 412,
	.due_hour = 474888,
	.changes_from = 12,
	.changes_to = 14,
	.sweep = 5,
	.seed_from = 24288,
	.seed_month = 24290,
	.seed_unit = 17,
};
#define LINE \
	"v=2 topic=hotline.ticket-events partition=3 partitions=4 offset=1234 owner=9f2c6a1b44d07e15 commit=77 clock=1709600000000 " \
	"revision=1709600000000123 edition=2 policy=3f0c000000000001 since=1709500000000 names=412 due=474888 changes=12..14 sweep=5 " \
	"seeds=24288..24290:17 catching_up=no"

static void assert_heads_equal(const struct head *is, const struct head *wanted)
{
	char a[HEAD_BYTES_MAX], b[HEAD_BYTES_MAX];
	head_format(is, a);
	head_format(wanted, b);
	assert_string_equal(a, b);
}

static void a_head_is_a_line_that_people_can_read(void **state)
{
	(void)state;
	char line[HEAD_BYTES_MAX];
	assert_int_equal(head_format(&sample, line), strlen(LINE));
	assert_string_equal(line, LINE);
}

static void a_head_comes_back(void **state)
{
	(void)state;
	struct head head = sample, back;
	struct error error;
	char line[HEAD_BYTES_MAX];
	for (unsigned i = 0; i < 3; i++) {
		if (i == 1) {  // the greatest
			memset(head.topic, 'x', sizeof head.topic - 1);
			head.partition = head.partitions = INT32_MAX;
			head.offset = head.clock_ms = head.revision = head.due_hour = INT64_MAX;
			head.owner = head.commit = head.changes_from = head.changes_to = head.sweep = UINT64_MAX;
			head.edition = head.names = head.rows = head.seed_unit = UINT32_MAX;
			head.seed_from = head.seed_month = INT32_MAX;
			head.policy_since_ms = INT64_MAX;
			head.is_catching_up = true;
		} else if (i == 2) {
			head = (struct head){ .topic = "t", .policy = "p", .offset = -1001, .clock_ms = -1 };
		}
		size_t size = head_format(&head, line);
		memset(&back, 0, sizeof back);
		assert_ok(head_parse((struct text){ line, (uint32_t)size }, &back, &error), &error);
		assert_heads_equal(&back, &head);
	}
}

static void assert_refused(const char *line, const char *field)
{
	struct head head = sample;
	struct error error = { .reason = "" };
	if (head_parse(text_of(line), &head, &error) != FATAL)
		fail_msg("taken, though %s is broken: %s", field, line);
	assert_string_equal(error.reason, "broken_state");
	if (!strstr(error.text, field))
		fail_msg("wanted a sentence about \"%s\", is \"%s\"", field, error.text);
	assert_heads_equal(&head, &sample);  // untouched
}

static const char *const fields[] = { "v", "topic", "partition", "partitions", "offset", "owner", "commit", "clock", "revision", "edition", "policy", "since", "names",
	"due", "changes", "sweep", "seeds", "catching_up" };

// The line with a field's value, or with the whole field, replaced.
static void replace(const char *field, const char *by, bool is_value, char ret_line[HEAD_BYTES_MAX])
{
	char mark[32];
	snprintf(mark, sizeof mark, " %s=", field);
	const char *line = " " LINE, *at = strstr(line, mark);
	const char *value = at + strlen(mark), *end = value + strcspn(value, " ");
	if (is_value)
		snprintf(ret_line, HEAD_BYTES_MAX, "%.*s%s%s", (int)(value - line), line, by, end);
	else
		snprintf(ret_line, HEAD_BYTES_MAX, "%.*s%s%s", (int)(at - line), line, by, end);
	memmove(ret_line, ret_line + (*ret_line == ' '), strlen(ret_line));
}

static void every_missing_or_broken_field_is_named(void **state)
{
	(void)state;
	char line[HEAD_BYTES_MAX];
	for (size_t i = 0; i < COUNT_OF(fields); i++) {
		replace(fields[i], "", false, line);
		assert_refused(line, i + 1 < COUNT_OF(fields) ? fields[i] : "seeds");  // which then ends the line, and may not
		if (!strcmp(fields[i], "topic") || !strcmp(fields[i], "policy"))
			continue;  // any word will do
		replace(fields[i], "?", true, line);
		assert_refused(line, fields[i]);
		replace(fields[i], "", true, line);
		assert_refused(line, fields[i]);
		replace(fields[i], "1x", true, line);
		assert_refused(line, fields[i]);
	}
	replace("policy", "12345678901234567", true, line);  // longer than an edition
	assert_refused(line, "policy");
	replace("changes", "12..", true, line);
	assert_refused(line, "changes");
	replace("changes", "12.14", true, line);
	assert_refused(line, "changes");
	replace("seeds", "1..2", true, line);
	assert_refused(line, "seeds");
	replace("seeds", "1..2:", true, line);
	assert_refused(line, "seeds");
}

static void numbers_that_do_not_fit_are_refused(void **state)
{
	(void)state;
	static const struct {
		const char *field, *value;
	} cases[] = {
		{ "partition", "4294967299" }, { "partition", "-1" }, { "partitions", "2147483648" }, { "offset", "9223372036854775808" }, { "owner", "10000000000000000" },
		{ "owner", "-1" }, { "commit", "-1" }, { "commit", "18446744073709551616" }, { "clock", "9223372036854775808" }, { "edition", "4294967296" },
		{ "names", "4294967296" }, { "names", "-1" }, { "due", "-9223372036854775809" }, { "changes", "-1..2" }, { "changes", "1..-2" }, { "sweep", "-1" }, { "seeds", "-1..1:0" }, { "seeds", "1..2147483648:0" }, { "seeds", "1..1:4294967296" },
		{ "commit", "+7" }, { "offset", "--1" }, { "owner", "0x1f" },
	};
	char line[HEAD_BYTES_MAX];
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		replace(cases[i].field, cases[i].value, true, line);
		assert_refused(line, cases[i].field);
	}
}

static void every_cut_line_is_refused(void **state)
{
	(void)state;
	struct head head;
	struct error error;
	for (size_t size = 0; size < strlen(LINE); size++) {
		char *alone = memory_new(size);
		memcpy(alone, LINE, size);
		assert_fails(head_parse((struct text){ alone, (uint32_t)size }, &head, &error), FATAL, "broken_state", &error);
		free(alone);
	}
	static const char *const more[] = { LINE " ", LINE "t", LINE " x=1", " " LINE, "" };
	for (size_t i = 0; i < COUNT_OF(more); i++)
		assert_fails(head_parse(text_of(more[i]), &head, &error), FATAL, "broken_state", &error);
	static char huge[HEAD_BYTES_MAX + 1];
	memset(huge, 'x', HEAD_BYTES_MAX);
	assert_fails(head_parse(text_of(huge), &head, &error), FATAL, "broken_state", &error);
}

static void another_version_is_named(void **state)
{
	(void)state;
	struct head head;
	struct error error;
	char line[HEAD_BYTES_MAX];
	for (unsigned i = 0; i < 2; i++) {
		replace("v", i ? "4" : "1", true, line);
		assert_fails(head_parse(text_of(line), &head, &error), FATAL, "other_version", &error);
		assert_true(strstr(error.text, i ? "a head of version 4, and this program knows versions 2 and 3 alone" : "a head of version 1, and this program knows versions 2 and 3 alone"));
	}
}

// A head of version 2 says nothing of rows, one of version 3 must.
static void rows_that_grew_make_another_version(void **state)
{
	enum { VERSION_AT = sizeof "v=" - 1 };
	(void)state;
	struct head head = sample, back;
	struct error error;
	char line[HEAD_BYTES_MAX];
	for (head.rows = 1; head.rows; head.rows = head.rows == 1 ? UINT32_MAX : 0) {
		size_t size = head_format(&head, line);
		assert_int_equal(strncmp(line, "v=3 topic=", 10), 0);
		assert_ok(head_parse((struct text){ line, (uint32_t)size }, &back, &error), &error);
		assert_int_equal(back.rows, head.rows);
		assert_heads_equal(&back, &head);
		line[VERSION_AT] = '2';
		assert_refused(line, "due");
	}
	replace("v", "3", true, line);
	assert_refused(line, "rows");
	static const char *const broken[] = { "412 rows=0", "412 rows=", "412 rows=x", "412 rows=-1", "412 rows=4294967296" };
	for (size_t i = 0; i < COUNT_OF(broken); i++) {
		replace("names", broken[i], true, line);
		line[VERSION_AT] = '3';
		assert_refused(line, "rows");
	}
}

static void shards_are_called_after_their_topic(void **state)
{
	(void)state;
	char shard[SHARD_NAME_BYTES];
	static const struct {
		const char *topic;
		int32_t partition;
		const char *shard;
	} cases[] = {
		{ "hotline.ticket-events", 3, "tickets.3" }, { "hotline.unit-events", 0, "unit-events.0" }, { "x.y.ticket-events", 12, "tickets.12" }, { "plain", 1, "plain.1" },
		{ "hotline.ticket-events", INT32_MAX, "tickets.2147483647" },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		key_shard(cases[i].topic, cases[i].partition, shard);
		assert_string_equal(shard, cases[i].shard);
	}
}

// Public names and the slots that internal ones lie in: both are relied upon outside. Source: keys.h.
static void keys_are_called_as_documented(void **state)
{
	(void)state;
	enum { MARCH = 2024 * 12 + 2 };
	char key[KEY_BYTES_MAX];
	struct text unit = TEXT("unit/住建局/channel/phone");
#define KEY(call, wanted) \
	do { \
		assert_int_equal(call, strlen(wanted)); \
		assert_string_equal(key, wanted); \
	} while (0)
	KEY(key_month(unit, MARCH, key), "hotline:{unit/住建局/channel/phone}:2024-03");
	KEY(key_days(unit, MARCH, key), "hotline:{unit/住建局/channel/phone}:2024-03:days");
	KEY(key_dimension_state(unit, key), "hotline:{unit/住建局/channel/phone}:state");
	KEY(key_dimension_outbox(unit, key), "hotline:{unit/住建局/channel/phone}:outbox");
	KEY(key_head("tickets.3", key), "hotline:{tickets.3}:head");
	KEY(key_names("tickets.3", key), "hotline:{tickets.3}:names");
	KEY(key_page("tickets.3", TEXT("82136"), key), "hotline:{tickets.3}:p:82136");
	KEY(key_partial("tickets.3", TEXT("city"), MARCH, key), "hotline:{tickets.3}:n:city:2024-03");
	KEY(key_due("tickets.3", 474888, key), "hotline:{tickets.3}:due:474888");
	KEY(key_outbox("tickets.3", key), "hotline:{tickets.3}:outbox");
	KEY(key_changes("tickets.3", UINT64_MAX, key), "hotline:{tickets.3}:changes:18446744073709551615");
	KEY(key_index("tickets.3", "low-star", MARCH, key), "hotline:{tickets.3}:index:low-star:2024-03");
	KEY(key_policy("tickets.3", 2, key), "hotline:{tickets.3}:policy:2");
}

static void the_longest_names_fit_a_key(void **state)
{
	(void)state;
	char key[KEY_BYTES_MAX], name[DIMENSION_BYTES_MAX], shard[SHARD_NAME_BYTES];
	memset(name, 'x', sizeof name);
	key_shard("hotline.a-topic-with-a-name-of-any-length-at-all", INT32_MIN, shard);
	assert_true(key_partial(shard, (struct text){ name, DIMENSION_BYTES_MAX - 1 }, 2199 * 12 + 11, key) < KEY_BYTES_MAX);
	assert_true(key_page(shard, (struct text){ name, DIMENSION_BYTES_MAX - 1 }, key) < KEY_BYTES_MAX);
	assert_true(key_days((struct text){ name, DIMENSION_BYTES_MAX - 1 }, 2199 * 12 + 11, key) < KEY_BYTES_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_head_is_a_line_that_people_can_read),
		cmocka_unit_test(a_head_comes_back),
		cmocka_unit_test(every_missing_or_broken_field_is_named),
		cmocka_unit_test(numbers_that_do_not_fit_are_refused),
		cmocka_unit_test(every_cut_line_is_refused),
		cmocka_unit_test(another_version_is_named),
		cmocka_unit_test(rows_that_grew_make_another_version),
		cmocka_unit_test(shards_are_called_after_their_topic),
		cmocka_unit_test(keys_are_called_as_documented),
		cmocka_unit_test(the_longest_names_fit_a_key),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
