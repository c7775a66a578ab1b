// mapping_test.c - mapping files: what rows become, what is refused and where, and the recorded data against their published truth.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include <jansson.h>

#include "csv.h"
#include "event_json.h"
#include "mapping.h"

enum { ZONE_MS = 8 * 3600 * 1000, FIELDS_MAX = 16 };
#define DATA "../shared/data/"

static struct names *names;
static struct mapping *mapping;
static struct error error;
static char seen[1 << 16];

static void load(const char *text)
{
	mapping_free(mapping);
	mapping = NULL;
	if (mapping_load_text(text_of(text), "m.yaml", ZONE_MS, &mapping, &error) != OK)
		fail_msg("%s", error.text);
}

static uint32_t split(const char *row, struct text field[FIELDS_MAX])
{
	uint32_t count = 0;
	for (const char *at = row;; at++) {
		const char *end = strchrnul(at, ',');
		field[count++] = (struct text){ at, (uint32_t)(end - at) };
		if (!*end)
			return count;
		at = end;
	}
}

static void header(const char *row)
{
	struct text field[FIELDS_MAX];
	if (mapping_header(mapping, "t.csv", field, split(row, field), &error) != OK)
		fail_msg("%s", error.text);
}

// The events of a row, one a line; "!sentence" for what is refused.
static const char *map(const char *row)
{
	struct text field[FIELDS_MAX], ticket_id;
	struct event event;
	char line[EVENT_LINE_WRITE_BYTES_MAX];
	size_t size = 0;
	bool is_end = false;
	seen[0] = '\0';
	if (mapping_row(mapping, field, split(row, field), &error) != OK)
		size += (size_t)snprintf(seen, sizeof seen, "!%s", error.text);
	for (;;) {
		enum status status = mapping_event(mapping, names, &ticket_id, &event, &is_end, &error);
		if (is_end)
			return seen;
		if (status == OK)
			assert_true(event_json_write(ticket_id, &event, names, ZONE_MS, line, sizeof line) > 0);
		size += (size_t)snprintf(seen + size, sizeof seen - size, "%s%s%s", size ? "\n" : "", status == OK ? "" : "!", status == OK ? line : error.text);
	}
}

#define CASE_ROWS "rows: case\ntime: { format: '%Y-%m-%d %H:%M' }\nticket_id: id\n"
#define UPDATE_ROWS "rows: update\nmissing: ['?']\ntime: { format: '%Y-%m-%d %H:%M' }\nticket_id: id\n"

static void a_row_is_a_case(void **state)
{
	(void)state;
	load(CASE_ROWS "events:\n"
		"  - { type: received, at: opened, kind: { value: complaint }, channel: { column: how, values: { Call: phone }, otherwise: network },\n"
		"      category: { columns: [a, b], replace: { '/': '-' } } }\n"
		"  - { type: dispatched, at: opened, unit: who, due_at: due }\n"
		"  - { type: resolved, at: closed, unit: who, when: { column: who, is_not: [nobody] } }\n");
	header("id,opened,due,closed,who,how,a,b");
	assert_string_equal(map("7,2024-03-05 09:12,2024-03-12 09:12,2024-03-06 01:00,roads,Call,x/y,z"),
		"{\"ticket_id\":\"7\",\"at\":\"2024-03-05T09:12:00+08:00\",\"type\":\"received\",\"seq\":1,\"kind\":\"complaint\",\"channel\":\"phone\",\"category\":\"x-y/z\"}\n"
		"{\"ticket_id\":\"7\",\"at\":\"2024-03-05T09:12:00+08:00\",\"type\":\"dispatched\",\"seq\":2,\"unit\":\"roads\",\"due_at\":\"2024-03-12T09:12:00+08:00\"}\n"
		"{\"ticket_id\":\"7\",\"at\":\"2024-03-06T01:00:00+08:00\",\"type\":\"resolved\",\"seq\":3,\"unit\":\"roads\"}");
	// What is absent is left out: no due time, no second part, not resolved yet.
	assert_string_equal(map("8,2024-03-05 09:12,,,roads,,x,"),
		"{\"ticket_id\":\"8\",\"at\":\"2024-03-05T09:12:00+08:00\",\"type\":\"received\",\"seq\":1,\"kind\":\"complaint\",\"channel\":\"network\",\"category\":\"x\"}\n"
		"{\"ticket_id\":\"8\",\"at\":\"2024-03-05T09:12:00+08:00\",\"type\":\"dispatched\",\"seq\":2,\"unit\":\"roads\"}");
	assert_string_equal(map("9,2024-03-05 09:12,,2024-03-06 01:00,nobody,Call,,"),
		"{\"ticket_id\":\"9\",\"at\":\"2024-03-05T09:12:00+08:00\",\"type\":\"received\",\"seq\":1,\"kind\":\"complaint\",\"channel\":\"phone\"}\n"
		"{\"ticket_id\":\"9\",\"at\":\"2024-03-05T09:12:00+08:00\",\"type\":\"dispatched\",\"seq\":2,\"unit\":\"nobody\"}");
}

static void what_a_row_does_wrong_is_named(void **state)
{
	(void)state;
	load(CASE_ROWS "events:\n"
		"  - { type: received, at: opened, level: { column: rank, values: { A: city } } }\n"
		"  - { type: dispatched, at: opened, unit: who }\n"
		"  - { type: rated, at: opened, stars: stars, when: { column: stars, is_known: true } }\n");
	header("id,opened,who,rank,stars");
	assert_string_equal(map("7,2024-03-05 09:12"), "!the row has 2 fields, the header has 5");
	assert_string_equal(map(",2024-03-05 09:12,u,A,"), "!ticket_id is missing");
	assert_string_equal(map("7,,u,A,"), "!column 2 (opened): \"\" is missing (at)");
	assert_string_equal(map("7,2024-02-30 09:12,u,A,"),
		"!column 2 (opened): \"2024-02-30 09:12\" is no time of the form %Y-%m-%d %H:%M (at)\n"
		"!column 2 (opened): \"2024-02-30 09:12\" is no time of the form %Y-%m-%d %H:%M (at)");
	// One bad event leaves the others of its row.
	assert_string_equal(map("7,2024-03-05 09:12,,B,6"),
		"!column 4 (rank): \"B\" is not among the values of the mapping (level)\n"
		"!column 3 (who): \"\" is missing (unit)\n"
		"!stars is out of range: 6, allowed are -1 to 5");
	assert_string_equal(map("7,2024-03-05 09:12,a{b,A,five"),
		"{\"ticket_id\":\"7\",\"at\":\"2024-03-05T09:12:00+08:00\",\"type\":\"received\",\"seq\":1,\"level\":\"city\"}\n"
		"!column 3 (who): \"a{b\" unit holds a brace (unit)\n"
		"!column 5 (stars): \"five\" stars is \"five\", wanted is a whole number (stars)");
}

static void a_row_is_an_update(void **state)
{
	(void)state;
	load(UPDATE_ROWS "events:\n"
		"  - { type: received, when: { row: first }, at: opened }\n"
		"  - { type: revisited, when: { column: state, leaves: [Resolved, Closed] }, at: at, reopen: { value: true } }\n"
		"  - { type: returned, when: { column: group, changes: between_known }, at: at, unit: { column: group, take: before } }\n"
		"  - { type: dispatched, when: { column: group, changes: known }, at: at, unit: group }\n"
		"  - { type: resolved, when: [{ column: state, enters: [Resolved] }], at: at, unit: { column: group, take: known } }\n");
	header("id,opened,at,state,group");
	assert_string_equal(map("7,2024-03-05 09:00,2024-03-05 09:05,New,?"), "{\"ticket_id\":\"7\",\"at\":\"2024-03-05T09:00:00+08:00\",\"type\":\"received\",\"seq\":1}");
	assert_string_equal(map("7,2024-03-05 09:00,2024-03-05 09:10,New,A"),
		"{\"ticket_id\":\"7\",\"at\":\"2024-03-05T09:10:00+08:00\",\"type\":\"dispatched\",\"seq\":20,\"unit\":\"A\"}");
	// Rows of other cases may come between.
	assert_string_equal(map("8,2024-03-05 09:00,2024-03-05 09:05,New,B"),
		"{\"ticket_id\":\"8\",\"at\":\"2024-03-05T09:00:00+08:00\",\"type\":\"received\",\"seq\":1}\n"
		"{\"ticket_id\":\"8\",\"at\":\"2024-03-05T09:05:00+08:00\",\"type\":\"dispatched\",\"seq\":4,\"unit\":\"B\"}");
	// A row without a group says nothing about it, and the next one is compared with what was known.
	assert_string_equal(map("7,2024-03-05 09:00,2024-03-05 09:11,Resolved,?"),
		"{\"ticket_id\":\"7\",\"at\":\"2024-03-05T09:11:00+08:00\",\"type\":\"resolved\",\"seq\":37,\"unit\":\"A\"}");
	assert_string_equal(map("7,2024-03-05 09:00,2024-03-05 09:12,Closed,A"), "");
	// Leaving, returning, dispatching and entering in one row come in the mapping's order.
	assert_string_equal(map("7,2024-03-05 09:00,2024-03-05 09:13,Active,B"),
		"{\"ticket_id\":\"7\",\"at\":\"2024-03-05T09:13:00+08:00\",\"type\":\"revisited\",\"seq\":66,\"reopen\":true}\n"
		"{\"ticket_id\":\"7\",\"at\":\"2024-03-05T09:13:00+08:00\",\"type\":\"returned\",\"seq\":67,\"unit\":\"A\"}\n"
		"{\"ticket_id\":\"7\",\"at\":\"2024-03-05T09:13:00+08:00\",\"type\":\"dispatched\",\"seq\":68,\"unit\":\"B\"}");
	assert_string_equal(map("7,2024-03-05 09:00,?,Resolved,B"), "!column 3 (at): \"\" is missing (at)");
}

// However many cases there are: each is compared with its own row before.
static void each_of_many_cases_is_known_again(void **state)
{
	(void)state;
	enum { CASES = 10000 };  // more than there is room for at first, twice
	char row[64], wanted[160];
	load(UPDATE_ROWS "events:\n  - { type: dispatched, when: { column: group, changes: known }, at: at, unit: group }\n");
	header("id,at,state,group");
	for (int number = 0; number < CASES; number++) {
		snprintf(row, sizeof row, "%d,2024-03-05 09:00,New,u%d", number, number % 7);
		assert_string_not_equal(map(row), "");
	}
	for (int number = 0; number < CASES; number++) {
		snprintf(row, sizeof row, "%d,2024-03-05 09:10,New,u%d", number, number % 7);
		assert_string_equal(map(row), "");
		snprintf(row, sizeof row, "%d,2024-03-05 09:20,New,other", number);
		snprintf(wanted, sizeof wanted, "{\"ticket_id\":\"%d\",\"at\":\"2024-03-05T09:20:00+08:00\",\"type\":\"dispatched\",", number);
		assert_memory_equal(map(row), wanted, strlen(wanted));
	}
}

static void times_are_read_as_they_are_written(void **state)
{
	(void)state;
	static const struct {
		const char *format, *zone, *text, *wanted;  // in +08:00
	} good[] = {
		{ "'%d/%m/%Y %H:%M'", "+08:00", "29/2/2016 01:16", "2016-02-29T01:16:00+08:00" },
		{ "'%Y-%m-%d %H:%M:%S'", "+00:00", "2024-03-05 01:12:33.25", "2024-03-05T09:12:33.250+08:00" },
		{ "'%Y-%m-%dT%H:%M:%S%z'", "+08:00", "2024-03-05T01:12:33+0100", "2024-03-05T08:12:33+08:00" },
		{ "'%b %d %Y %I:%M %p'", "+08:00", "Mar 05 2024 09:12 PM", "2024-03-05T21:12:00+08:00" },
		{ "unix_s", "+08:00", "1709601120", "2024-03-05T09:12:00+08:00" },
		{ "unix_ms", "+08:00", "1709601120123", "2024-03-05T09:12:00.123+08:00" },
		{ "rfc3339", "+08:00", "2024-03-05T01:12:00Z", "2024-03-05T09:12:00+08:00" },
		{ "[ '%d.%m.%Y', '%Y%m%d' ]", "+08:00", "20240305", "2024-03-05T00:00:00+08:00" },
	};
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		char text[512], row[128], wanted[256];
		snprintf(text, sizeof text, "rows: case\ntime: { format: %s, zone: '%s' }\nticket_id: id\nevents: [ { type: received, at: at } ]\n", good[i].format, good[i].zone);
		snprintf(row, sizeof row, "7,%s", good[i].text);
		snprintf(wanted, sizeof wanted, "{\"ticket_id\":\"7\",\"at\":\"%s\",\"type\":\"received\",\"seq\":1}", good[i].wanted);
		load(text);
		header("id,at");
		assert_string_equal(map(row), wanted);
	}
	static const char *const bad[] = { "2024-03-05 09:12 ", "2024-03-05 09:1x", "2024-13-05 09:12", "2024-03-05", "1969-03-05 09:12", "2023-02-29 09:12", "x" };
	load(CASE_ROWS "events: [ { type: received, at: at } ]\n");
	header("id,at");
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		char row[128];
		snprintf(row, sizeof row, "7,%s", bad[i]);
		if (map(row)[0] != '!')
			fail_msg("taken: %s as %s", bad[i], seen);
	}
}

static void places_keep_their_summer_time(void **state)
{
	(void)state;
	if (access("/usr/share/zoneinfo/America/New_York", R_OK) != 0) {
		print_message("skipped: this system has no zone rules (tzdata)\n");
		skip();
	}
	load("rows: case\ntime: { format: '%Y-%m-%d %H:%M', zone: America/New_York }\nticket_id: id\nevents: [ { type: received, at: at } ]\n");
	header("id,at");
	assert_string_equal(map("7,2024-01-05 12:00"), "{\"ticket_id\":\"7\",\"at\":\"2024-01-06T01:00:00+08:00\",\"type\":\"received\",\"seq\":1}");
	assert_string_equal(map("7,2024-07-05 12:00"), "{\"ticket_id\":\"7\",\"at\":\"2024-07-06T00:00:00+08:00\",\"type\":\"received\",\"seq\":1}");
}

static void a_mapping_s_mistakes_have_a_place(void **state)
{
	(void)state;
	static const struct {
		const char *text, *sentence;
	} bad[] = {
		{ "rows: sheet\n", "m.yaml:1:7: rows must be case or update, not \"sheet\"" },
		{ CASE_ROWS "events: [ { type: closed, at: a } ]\n", "m.yaml:4:19: closed is no type of a ticket's events" },
		{ CASE_ROWS "events: [ { type: calls, at: a } ]\n", "m.yaml:4:19: calls is no type of a ticket's events" },
		{ CASE_ROWS "events: [ { type: received } ]\n", "m.yaml:4:11: " },
		{ CASE_ROWS "events: [ { type: received, at: a, star: b } ]\n", "m.yaml:4:36: an event of type received has no field star" },
		{ CASE_ROWS "events: [ { type: dispatched, at: a } ]\n", "m.yaml:4:11: an event of type dispatched needs unit" },
		{ CASE_ROWS "events: [ { type: received, at: { column: a, colour: b } } ]\n", "m.yaml:4:46: " },
		{ CASE_ROWS "events: [ { type: received, at: { column: a, value: b } } ]\n", "m.yaml:4:33: exactly one of column, columns and value is wanted here" },
		{ CASE_ROWS "events: [ { type: received, at: a, when: { column: c, enters: [x] } } ]\n",
		  "m.yaml:4:52: only a mapping with rows: update can look at the rows before" },
		{ UPDATE_ROWS "events: [ { type: received, at: a, when: { column: c } } ]\n", "m.yaml:5:42: a condition is row: first, or a column and one thing asked of it" },
		{ UPDATE_ROWS "events: [ { type: received, at: a, when: { column: c, changes: yes } } ]\n", "m.yaml:5:64: " },
		{ CASE_ROWS "events: []\n", "m.yaml:4:9: a row gives 1 to 16 events" },
		{ "rows: case\ntime: { format: x, zone: Mars/Base }\nticket_id: id\nevents: []\n",
		  "m.yaml:2:26: Mars/Base is neither an offset such as +08:00 nor a zone that this system knows" },
		{ "rows: case\nseparator: ab\n", "m.yaml:2:12: the separator must be one byte" },
		{ CASE_ROWS "events: [ {\n", "m.yaml:" },
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct mapping *none = NULL;
		assert_int_equal(mapping_load_text(text_of(bad[i].text), "m.yaml", ZONE_MS, &none, &error), FATAL);
		if (strncmp(error.text, bad[i].sentence, strlen(bad[i].sentence)) != 0)
			fail_msg("%s\nwanted: %s", error.text, bad[i].sentence);
	}
	struct text field[FIELDS_MAX];
	load(CASE_ROWS "events: [ { type: received, at: opened } ]\n");
	assert_int_equal(mapping_header(mapping, "t.csv", field, split("id,open", field), &error), FATAL);
	assert_string_equal(error.text, "m.yaml:4:33: t.csv has no column opened");
	assert_int_equal(mapping_header(mapping, "t.csv", field, split("id,opened,opened", field), &error), FATAL);
	assert_string_equal(error.text, "m.yaml:4:33: t.csv has more than one column opened");
}

// What a recorded file comes to.
struct tally {
	uint64_t type[EVENT_TYPE_LIMIT], due, reopen, resolved_without_unit, refused;
	json_t *returned_from;
};

static void tally_event(struct tally *tally, const struct event *event)
{
	tally->type[event->type]++;
	tally->due += event->due_at_ms != 0;
	tally->reopen += event->reopen == ANSWER_YES;
	tally->resolved_without_unit += event->type == EVENT_RESOLVED && !event->unit;
	if (event->type != EVENT_RETURNED)
		return;
	char unit[NAME_BYTES_MAX + 1];
	text_copy(names_text(names, event->unit), unit, sizeof unit);
	json_int_t count = json_integer_value(json_object_get(tally->returned_from, unit));
	json_object_set_new(tally->returned_from, unit, json_integer(count + 1));
}

static void tally_row(struct tally *tally, const struct csv *csv)
{
	bool is_end = false;
	tally->refused += mapping_row(mapping, csv->field, csv->field_count, &error) != OK;
	while (!is_end) {
		struct text ticket_id;
		struct event event;
		enum status status = mapping_event(mapping, names, &ticket_id, &event, &is_end, &error);
		tally->refused += status != OK;
		if (status == OK && !is_end)
			tally_event(tally, &event);
	}
}

static void tally_file(const char *map_path, const char *path, struct tally *tally)
{
	static struct csv csv;
	bool is_end = false;
	mapping_free(mapping);
	mapping = NULL;
	if (mapping_load(map_path, ZONE_MS, &mapping, &error) != OK)
		fail_msg("%s", error.text);
	csv = (struct csv){ .separator = mapping_separator(mapping) };
	assert_int_equal(input_open(path, &csv.input, &error), OK);
	assert_int_equal(csv_next(&csv, &is_end, &error), OK);
	if (mapping_header(mapping, path, csv.field, csv.field_count, &error) != OK)
		fail_msg("%s", error.text);
	for (;;) {
		assert_int_equal(csv_next(&csv, &is_end, &error), OK);
		if (is_end)
			break;
		tally_row(tally, &csv);
	}
	input_close(csv.input);
}

static json_t *truth_of(const char *path)
{
	json_error_t json_error;
	json_t *truth = json_load_file(path, 0, &json_error);
	if (!truth) {
		print_message("skipped: %s is not here\n", path);
		skip();
	}
	return truth;
}

static json_int_t number(json_t *truth, const char *key)
{
	assert_non_null(json_object_get(truth, key));
	return json_integer_value(json_object_get(truth, key));
}

static void boston_meets_its_truth(void **state)
{
	(void)state;
	json_t *truth = truth_of(DATA "boston311/ground_truth.json");
	struct tally tally = { .returned_from = json_object() };
	tally_file("deploy/mappings/boston311.yaml", DATA "boston311/boston311_slim.csv", &tally);
	assert_int_equal(tally.type[EVENT_RECEIVED], number(truth, "cases"));
	assert_int_equal(tally.type[EVENT_DISPATCHED], number(truth, "cases"));
	assert_int_equal(tally.type[EVENT_RESOLVED], number(truth, "cases"));
	assert_int_equal(tally.due, number(truth, "with_target"));
	assert_int_equal(tally.refused, 0);
	json_decref(tally.returned_from);
	json_decref(truth);
}

static void uci_meets_its_truth(void **state)
{
	(void)state;
	json_t *truth = truth_of(DATA "uci_incident/ground_truth.json");
	json_t *events = json_object_get(truth, "events_by_reference_mapping");
	struct tally tally = { .returned_from = json_object() };
	tally_file("deploy/mappings/servicenow.yaml", DATA "uci_incident/incident_first2000cases.csv.gz", &tally);
	assert_int_equal(tally.type[EVENT_RECEIVED], number(events, "received"));
	assert_int_equal(tally.type[EVENT_DISPATCHED], number(events, "dispatched"));
	assert_int_equal(tally.type[EVENT_RETURNED], number(events, "returned"));
	assert_int_equal(tally.type[EVENT_RESOLVED], number(events, "resolved"));
	assert_int_equal(tally.type[EVENT_REVISITED], number(events, "revisited_reopen"));
	assert_int_equal(tally.reopen, number(events, "revisited_reopen"));
	assert_int_equal(tally.resolved_without_unit, 13);
	assert_int_equal(tally.refused, 0);
	assert_true(json_equal(tally.returned_from, json_object_get(truth, "returned_from_unit")));
	json_decref(tally.returned_from);
	json_decref(truth);
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
	mapping_free(mapping);
	names_free(names);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_row_is_a_case),
		cmocka_unit_test(what_a_row_does_wrong_is_named),
		cmocka_unit_test(a_row_is_an_update),
		cmocka_unit_test(each_of_many_cases_is_known_again),
		cmocka_unit_test(times_are_read_as_they_are_written),
		cmocka_unit_test(a_mapping_s_mistakes_have_a_place),
		cmocka_unit_test(boston_meets_its_truth),
		cmocka_unit_test(uci_meets_its_truth),
		cmocka_unit_test(places_keep_their_summer_time),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
