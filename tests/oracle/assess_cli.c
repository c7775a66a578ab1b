// assess_cli.c - the real core over a list of events, for compare.py, whose docstring is the contract of this program.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "city.h"
#include "civil.h"
#include "event_json.h"
#include "input.h"
#include "memory.h"
#include "policy_file.h"

// A policy file of the settings and the roster: JSON is YAML.
struct settings {
	int64_t clock_ms;
	char *text;
	size_t size;
};

static int fail(const struct error *error, const char *where)
{
	fprintf(stderr, "%s: %s: %s\n", where, error->reason, error->text);
	return 1;
}

static int misused(const char *what)
{
	fprintf(stderr, "assess_cli: %s\nusage: assess_cli --clock INSTANT [--roster FILE] [--set KEY=VALUE]... < EVENTS\n", what);
	return 2;
}

static bool copy_file(const char *path, FILE *out)
{
	FILE *in = fopen(path, "r");
	if (!in)
		return false;
	fputs("roster: ", out);
	for (int c; (c = getc(in)) != EOF;)
		putc(c, out);
	putc('\n', out);
	fclose(in);
	return true;
}

// KEY=VALUE, as the file says KEY: VALUE.
static bool put_setting(const char *setting, FILE *out)
{
	const char *value = strchr(setting, '=');
	if (!value)
		return false;
	fprintf(out, "    %.*s: %s\n", (int)(value - setting), setting, value + 1);
	return true;
}

static int read_arguments(int argc, char **argv, struct settings *ret_settings)
{
	FILE *out = open_memstream(&ret_settings->text, &ret_settings->size);
	const char *roster = NULL, *wrong = NULL;
	fputs("versions:\n  - from: 1970-01-01\n", out);
	for (int i = 1; i < argc && !wrong; i += 2) {
		if (i + 1 == argc)
			wrong = "a value is missing";
		else if (!strcmp(argv[i], "--clock"))
			wrong = civil_parse_instant(text_of(argv[i + 1]), &ret_settings->clock_ms) ? NULL : "the clock is no instant";
		else if (!strcmp(argv[i], "--roster"))
			roster = argv[i + 1];
		else if (!strcmp(argv[i], "--set"))
			wrong = put_setting(argv[i + 1], out) ? NULL : "a setting has no value";
		else
			wrong = "unknown option";
	}
	if (!wrong && roster && !copy_file(roster, out))
		wrong = "the roster cannot be read";
	fclose(out);
	return wrong ? misused(wrong) : !ret_settings->clock_ms ? misused("--clock is missing") : 0;
}

static enum status read_events(struct city *city, struct names *names, struct error *error)
{
	static struct event_json_arena arena;
	struct input *input;
	struct text line, ticket_id;
	struct event event;
	bool is_end = false;
	enum status status = input_open("-", &input, error);
	if (status != OK)
		return status;
	while ((status = input_line(input, EVENT_LINE_BYTES_MAX, &line, &is_end, error)) == OK && !is_end) {
		status = event_json_read(line, names, &arena, &ticket_id, &event, error);
		if (status == OK)
			status = city_add(city, ticket_id, &event, error);
		if (status != OK)
			break;
	}
	input_close(input);
	return status;
}

static int judge(const struct settings *settings, struct names *names, const struct policy *policy)
{
	struct city *city = city_new(policy, names);
	struct lines lines = { .count = 0 };
	struct error error = { .reason = "" };
	enum status status = read_events(city, names, &error);
	if (status == OK)
		status = city_move_clock(city, settings->clock_ms, &error);
	if (status == OK)
		status = city_lines(city, &lines, &error);
	for (size_t i = 0; status == OK && i < lines.count; i++)
		puts(lines.line[i]);
	lines_done(&lines);
	city_free(city);
	return status == OK ? 0 : fail(&error, "standard input");
}

int main(int argc, char **argv)
{
	struct settings settings = { .clock_ms = 0 };
	struct error error;
	struct names *names = names_new();
	struct policy *policy = memory_new(sizeof *policy);
	int result = read_arguments(argc, argv, &settings);
	if (!result && policy_load_text((struct text){ settings.text, (uint32_t)settings.size }, "settings", names, policy, &error) != OK)
		result = fail(&error, "settings");
	if (!result)
		result = judge(&settings, names, policy);
	policy_done(policy);
	free(policy);
	names_free(names);
	free(settings.text);
	return result;
}
