#include "scenario.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "civil.h"
#include "event_json.h"
#include "memory.h"
#include "policy_file.h"

// A text that grows.
struct buffer {
	char *text;
	size_t size, capacity;
};

static void append(struct buffer *buffer, const char *text, size_t size)
{
	buffer->text = memory_grow(buffer->text, buffer->size + size + 1, 1, &buffer->capacity);
	memcpy(buffer->text + buffer->size, text, size);
	buffer->size += size;
	buffer->text[buffer->size] = '\0';
}

// What a file is made of while it is read.
struct reading {
	struct scenario *scenario;
	unsigned line;
	struct buffer policy, roster;
	struct buffer *block;  // where indented lines go; NULL
	size_t indent;         // of the block's first line, once there is one
	bool has_indent;
	bool is_loaded;        // the policy holds from the first event on
};

bool scenario_fail(const struct scenario *scenario, unsigned line, const char *format, ...)
{
	va_list args;
	fprintf(stderr, "%s:%u: ", scenario->path, line);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	return false;
}

static bool fail(const struct reading *reading, const char *sentence, const char *what)
{
	return scenario_fail(reading->scenario, reading->line, "%s: %s", sentence, what);
}

static struct step *new_step(struct reading *reading, enum step_kind kind)
{
	struct scenario *scenario = reading->scenario;
	scenario->step = memory_grow(scenario->step, scenario->count + 1, sizeof *scenario->step, &scenario->capacity);
	struct step *step = &scenario->step[scenario->count++];
	*step = (struct step){ .kind = kind, .line = reading->line };
	return step;
}

static bool load_policy(struct reading *reading)
{
	struct scenario *scenario = reading->scenario;
	struct error error;
	struct buffer text = { .text = NULL };
	append(&text, reading->policy.text ? reading->policy.text : "versions:\n  - from: 1970-01-01\n", reading->policy.text ? reading->policy.size : 31);
	if (reading->roster.text) {
		append(&text, "roster:\n", 8);
		append(&text, reading->roster.text, reading->roster.size);
	}
	reading->is_loaded = true;
	enum status status = policy_load_text((struct text){ text.text, (uint32_t)text.size }, "policy", scenario->names, &scenario->policy, &error);
	free(text.text);
	return status == OK || fail(reading, "the policy is bad", error.text);
}

static bool read_policy_file(struct reading *reading, const char *path)
{
	FILE *file = fopen(path, "r");
	char bytes[4096];
	if (!file)
		return fail(reading, "cannot be read", path);
	for (size_t size; (size = fread(bytes, 1, sizeof bytes, file));)
		append(&reading->policy, bytes, size);
	fclose(file);
	return true;
}

static bool begin_block(struct reading *reading, struct buffer *block)
{
	if (reading->is_loaded)
		return fail(reading, "comes too late", "policy and roster stand before the first event");
	if (block->text)
		return fail(reading, "is here twice", "policy and roster stand once");
	reading->block = block;
	reading->has_indent = false;
	return true;
}

static bool read_policy(struct reading *reading, const char *rest)
{
	if (!begin_block(reading, &reading->policy))
		return false;
	if (!strcmp(rest, "default"))
		return true;
	return !*rest || read_policy_file(reading, rest);
}

// A line of the block, moved to the left as far as its first one.
static bool read_block_line(struct reading *reading, const char *line)
{
	size_t indent = strspn(line, " ");
	if (!reading->block)
		return fail(reading, "is indented, but belongs to nothing", line + indent);
	if (!reading->has_indent)
		reading->indent = indent;
	reading->has_indent = true;
	if (indent < reading->indent)
		return fail(reading, "is indented less than the first line", line + indent);
	append(reading->block, line + reading->indent, strlen(line + reading->indent));
	append(reading->block, "\n", 1);
	return true;
}

static enum status read_json(struct reading *reading, const char *line, struct step *ret_step, struct error *error)
{
	ret_step->arena = memory_new(sizeof(struct event_json_arena));
	return event_json_read(text_of(line), reading->scenario->names, ret_step->arena, &ret_step->ticket_id, &ret_step->event, error);
}

static bool read_event(struct reading *reading, const char *line)
{
	struct error error;
	if (read_json(reading, line, new_step(reading, STEP_EVENT), &error) != OK)
		return fail(reading, error.reason, error.text);
	return true;
}

static bool read_refused(struct reading *reading, const char *rest)
{
	struct error error = { .reason = "" };
	struct step step = { .arena = NULL };
	size_t size = strcspn(rest, " ");
	if (rest[size] != ' ')
		return fail(reading, "wanted is \"refuse REASON EVENT\", is", rest);
	enum status status = read_json(reading, rest + size + 1, &step, &error);
	free(step.arena);
	if (status == OK)
		return fail(reading, "was not refused", rest + size + 1);
	if (strlen(error.reason) == size && !strncmp(error.reason, rest, size))
		return true;
	return scenario_fail(reading->scenario, reading->line, "wanted refused as %.*s, is %s: %s", (int)size, rest, error.reason, error.text);
}

static bool read_clock(struct reading *reading, const char *rest)
{
	struct step *step = new_step(reading, STEP_CLOCK);
	return civil_parse_instant(text_of(rest), &step->clock_ms) || fail(reading, "no instant", rest);
}

static bool read_expect(struct reading *reading, const char *rest)
{
	new_step(reading, STEP_EXPECT)->text = strdup(rest);
	return true;
}

static bool read_line(struct reading *reading, const char *line)
{
	static const struct {
		const char *word;
		bool (*read)(struct reading *reading, const char *rest);
	} directive[] = { { "refuse", read_refused }, { "clock", read_clock }, { "expect", read_expect } };
	size_t size = strcspn(line, " ");
	const char *rest = line + size + (line[size] == ' ');
	if (*line == ' ')
		return read_block_line(reading, line);
	if (!*line || *line == '#')
		return true;
	reading->block = NULL;
	if (!strcmp(line, "roster"))
		return begin_block(reading, &reading->roster);
	if (size == 6 && !strncmp(line, "policy", size))
		return read_policy(reading, rest);
	if (!reading->is_loaded && !load_policy(reading))
		return false;
	if (*line == '{')
		return read_event(reading, line);
	for (size_t i = 0; i < sizeof directive / sizeof *directive; i++)
		if (strlen(directive[i].word) == size && !strncmp(line, directive[i].word, size))
			return directive[i].read(reading, rest);
	return fail(reading, "unknown directive", line);
}

static bool read_lines(struct reading *reading, FILE *file)
{
	char *line = NULL;
	size_t capacity = 0;
	ssize_t size;
	bool is_good = true;
	while (is_good && (size = getline(&line, &capacity, file)) >= 0) {
		reading->line++;
		while (size && (line[size - 1] == '\n' || line[size - 1] == ' '))
			line[--size] = '\0';
		is_good = read_line(reading, line);
	}
	free(line);
	return is_good;
}

static bool check_end(struct reading *reading)
{
	const struct scenario *scenario = reading->scenario;
	if (!scenario->count || scenario->step[scenario->count - 1].kind != STEP_EXPECT)
		return fail(reading, "ends without an expectation", "nothing would be checked");
	return true;
}

bool scenario_read(struct scenario *ret_scenario, const char *path)
{
	*ret_scenario = (struct scenario){ .path = path, .names = names_new() };
	struct reading reading = { .scenario = ret_scenario };
	FILE *file = fopen(path, "r");
	if (!file)
		return fail(&reading, "cannot be read", path);
	bool is_good = read_lines(&reading, file) && check_end(&reading);
	fclose(file);
	free(reading.policy.text);
	free(reading.roster.text);
	return is_good;
}

void scenario_done(struct scenario *scenario)
{
	for (size_t i = 0; i < scenario->count; i++) {
		free(scenario->step[i].text);
		free(scenario->step[i].arena);
	}
	free(scenario->step);
	policy_done(&scenario->policy);
	names_free(scenario->names);
}
