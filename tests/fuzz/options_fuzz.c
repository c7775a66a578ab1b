// A file for -F, with an option of each type. What is printed as the configuration reads as the same configuration.
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"

struct settings {
	int64_t number, duration;
	int choice;
	bool flag;
	const char *string, *secret, *config;
	struct option_list list;
};
static struct settings settings;
static const char *const choices[] = { "wall", "event", NULL };
#define FIELD(name) offsetof(struct settings, name)
static const struct option own[] = {
	{ .name = "config", .letter = 'F', .type = OPTION_FILE, .offset = FIELD(config), .value = "FILE", .help = "Options." },
	{ .name = "number", .type = OPTION_INTEGER, .offset = FIELD(number), .value = "N", .initial = "5", .help = "A number.", .min = -10, .max = 50000 },
	{ .name = "duration", .type = OPTION_DURATION, .offset = FIELD(duration), .value = "TIME", .initial = "10m", .help = "A time.", .min = 0, .max = 86400000 },
	{ .name = "choice", .type = OPTION_CHOICE, .offset = FIELD(choice), .value = "WORD", .initial = "wall", .help = "A word.", .choices = choices },
	{ .name = "flag", .type = OPTION_BOOL, .offset = FIELD(flag), .help = "A flag." },
	{ .name = "string", .type = OPTION_STRING, .offset = FIELD(string), .value = "TEXT", .help = "A text." },
	{ .name = "secret", .type = OPTION_STRING, .offset = FIELD(secret), .value = "TEXT", .help = "A secret.", .is_secret = true },
	{ .name = "list", .letter = 'X', .type = OPTION_LIST, .offset = FIELD(list), .value = "KEY=VALUE", .help = "A list." },
};
static const struct option_group group = { "Options", own, sizeof own / sizeof *own, &settings };
static const struct options_program program = { .name = "fuzz", .summary = "Takes a file.", .group = &group, .group_count = 1 };

// Reads the file and prints what holds; NULL when it was refused. *ret_is_masked tells whether something that is not shown holds.
static char *read_and_print(const uint8_t *bytes, size_t size, bool *ret_is_masked)
{
	char name[] = "fuzz", flag[] = "-F", path[64];
	struct error error = { .reason = NULL };
	snprintf(path, sizeof path, "%s", fuzz_file(bytes, size));
	char *argv[] = { name, flag, path, NULL };
	enum status status = options_parse(&program, 3, argv, NULL, &error);
	assert(status == OK || (status == FATAL && error.text[0]));
	if (status != OK)
		return NULL;
	assert(settings.number >= -10 && settings.number <= 50000 && settings.duration >= 0 && settings.duration <= 86400000);
	assert(settings.choice >= 0 && settings.choice <= 1);
	char *printed;
	size_t printed_size;
	FILE *file = open_memstream(&printed, &printed_size);
	options_print_config(&program, file);
	fclose(file);
	*ret_is_masked = strstr(printed, "***") != NULL;
	return printed;
}

// Without the comments, which tell where a value came from.
static void drop_comments(char *text)
{
	char *to = text;
	for (char *line = text, *next; *line; line = next) {
		size_t size = strcspn(line, "\n");
		next = line + size + (line[size] == '\n');
		if (*line == '#')
			continue;
		memmove(to, line, (size_t)(next - line));
		to += next - line;
	}
	*to = '\0';
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	bool is_masked;
	char *once = read_and_print(bytes, size, &is_masked);
	if (!once)
		return 0;
	char *twice = is_masked ? NULL : read_and_print((const uint8_t *)once, strlen(once), &is_masked);
	if (!is_masked) {
		assert(twice);
		drop_comments(once);
		drop_comments(twice);
		assert(strcmp(once, twice) == 0);
	}
	free(once);
	free(twice);
	return 0;
}
