// assess_cli.c - the real core over scripts of cities, for compare.py. One line of standard input is one of:
//
//     policy JSON      begins another city, with a policy file in one line: JSON is YAML
//     {...}            an event as JSON Lines, of a ticket or a unit, merged in the order given
//     clock INSTANT    moves the clock on, which is never before the newest event
//     tell             prints what is true now, see city.h, and a line "."
//
// A city that cannot go on tells "error SENTENCE" from then on. Exit status 1 when the script itself is bad.
#include <stdio.h>

#include "city.h"
#include "civil.h"
#include "event_json.h"
#include "input.h"
#include "policy_file.h"

enum { LINE_BYTES_MAX = 1 << 20 };

// The city of the script that is being read.
struct stage {
	struct names *names;
	struct policy policy;
	struct city *city;    // NULL before the first one
	enum status status;
	struct error error;   // of a status that is not OK
};

static void stage_clear(struct stage *stage)
{
	city_free(stage->city);
	policy_done(&stage->policy);
	names_free(stage->names);
	stage->city = NULL;
	stage->names = NULL;
	stage->status = OK;
}

static void begin(struct stage *stage, struct text policy)
{
	stage_clear(stage);
	stage->names = names_new();
	stage->status = policy_load_text(policy, "policy", stage->names, &stage->policy, &stage->error);
	stage->city = city_new(&stage->policy, stage->names);
}

static void add(struct stage *stage, struct text line)
{
	static struct event_json_arena arena;
	struct text ticket_id;
	struct event event;
	if (stage->status == OK)
		stage->status = event_json_read(line, stage->names, &arena, &ticket_id, &event, &stage->error);
	if (stage->status == OK)
		stage->status = city_add(stage->city, ticket_id, &event, &stage->error);
}

static bool move_clock(struct stage *stage, struct text instant)
{
	int64_t clock_ms;
	if (!civil_parse_instant(instant, &clock_ms))
		return false;
	if (stage->status == OK)
		stage->status = city_move_clock(stage->city, clock_ms, &stage->error);
	return true;
}

static void tell(struct stage *stage)
{
	struct lines lines = { .count = 0 };
	if (stage->status == OK)
		stage->status = city_lines(stage->city, &lines, &stage->error);
	for (size_t i = 0; stage->status == OK && i < lines.count; i++)
		puts(lines.line[i]);
	if (stage->status != OK)
		printf("error %s: %s\n", stage->error.reason, stage->error.text);
	puts(".");
	lines_done(&lines);
}

// What follows `word` and a blank.
static bool begins_with(struct text line, struct text word, struct text *ret_rest)
{
	if (!text_starts_with(line, word))
		return false;
	*ret_rest = (struct text){ line.at + word.size, line.size - word.size };
	return true;
}

static bool take(struct stage *stage, struct text line)
{
	struct text rest;
	if (begins_with(line, TEXT("policy "), &rest))
		begin(stage, rest);
	else if (!stage->city)
		return false;
	else if (text_starts_with(line, TEXT("{")))
		add(stage, line);
	else if (begins_with(line, TEXT("clock "), &rest))
		return move_clock(stage, rest);
	else if (text_equal(line, TEXT("tell")))
		tell(stage);
	else
		return false;
	return true;
}

int main(void)
{
	static struct stage stage;  // large
	struct input *input = NULL;
	struct text line;
	struct error error = { .reason = "" };
	bool is_end = false;
	enum status status = input_open("-", &input, &error);
	while (status == OK && (status = input_line(input, LINE_BYTES_MAX, &line, &is_end, &error)) == OK && !is_end)
		if (!take(&stage, line))
			status = error_set(&error, REJECT, "bad_script", "no such line: %.*s", (int)line.size, line.at);
	input_close(input);
	stage_clear(&stage);
	if (status != OK)
		fprintf(stderr, "assess_cli: %s: %s\n", error.reason, error.text);
	return status == OK ? 0 : 1;
}
