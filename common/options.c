// Where options come from: argv, the environment, a file. What each value means is in options_value.c, how it is printed in options_print.c.
#include "options.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "options_entry.h"

#ifndef HOTLINE_VERSION
#define HOTLINE_VERSION "0.1.0"
#endif

static bool has_name(const char *const *names, const char *name)
{
	for (; names && *names; names++)
		if (!strcmp(*names, name))
			return true;
	return false;
}

static const char *initial_of(const struct options_program *program, const struct option *option)
{
	for (const struct option_default *other = program->defaults; other && other->name; other++)
		if (!strcmp(other->name, option->name))
			return other->value;
	return option->initial;
}

void options_list_entries(const struct options_program *program, struct option_entries *ret_entries)
{
	ret_entries->count = 0;
	for (size_t g = 0; g < program->group_count; g++)
		for (size_t i = 0; i < program->group[g].count; i++) {
			const struct option *option = &program->group[g].option[i];
			if (has_name(program->without, option->name))
				continue;
			if (ret_entries->count == OPTIONS_MAX)
				abort();  // a bug in a table
			ret_entries->entry[ret_entries->count++] = (struct option_entry){
				.option = option,
				.field = (char *)program->group[g].target + option->offset,
				.initial = initial_of(program, option),
				.title = program->group[g].title,
			};
		}
}

static struct option_entry *find_entry(struct option_entries *entries, const char *name, size_t size)
{
	for (size_t i = 0; i < entries->count; i++)
		if (strlen(entries->entry[i].option->name) == size && !memcmp(entries->entry[i].option->name, name, size))
			return &entries->entry[i];
	return NULL;
}

static struct option_entry *find_letter(struct option_entries *entries, char letter)
{
	for (size_t i = 0; i < entries->count; i++)
		if (entries->entry[i].option->letter == letter)
			return &entries->entry[i];
	return NULL;
}

void options_environment_name(const char *name, char ret_name[OPTION_PLACE_BYTES])
{
	int size = snprintf(ret_name, OPTION_PLACE_BYTES, "HOTLINE_%s", name);
	for (int i = 0; i < size && i < OPTION_PLACE_BYTES - 1; i++)
		ret_name[i] = ret_name[i] == '-' ? '_' : (char)toupper((unsigned char)ret_name[i]);
}

// The command line under way. Operands are gathered at the front of argv.
struct command_line {
	char **argv;
	int argc, at, operand_count;
};

static enum status take_value(struct command_line *line, struct option_entry *entry, const char *attached, const char *place, struct error *error)
{
	if (!attached && entry->option->type == OPTION_BOOL)
		attached = "true";
	if (!attached && line->at == line->argc)
		return error_set(error, FATAL, "usage", "%s needs a value: %s", place, entry->option->value);
	return options_value_set(entry, attached ? attached : line->argv[line->at++], SOURCE_FLAG, place, error);
}

// --name, --name=value, --name value, --no-name
static enum status take_long(struct command_line *line, struct option_entries *entries, const char *argument, struct error *error)
{
	const char *name = argument + 2, *equals = strchr(name, '=');
	size_t size = equals ? (size_t)(equals - name) : strlen(name);
	char place[OPTION_PLACE_BYTES];
	snprintf(place, sizeof place, "--%.*s", (int)size, name);
	struct option_entry *entry = find_entry(entries, name, size);
	if (entry)
		return take_value(line, entry, equals ? equals + 1 : NULL, place, error);
	entry = !equals && size > 3 && !memcmp(name, "no-", 3) ? find_entry(entries, name + 3, size - 3) : NULL;
	if (entry && entry->option->type == OPTION_BOOL)
		return options_value_set(entry, "false", SOURCE_FLAG, place, error);
	return error_set(error, FATAL, "usage", "there is no option %s; see --help", place);
}

// -b value, -bvalue, -qv
static enum status take_letters(struct command_line *line, struct option_entries *entries, const char *argument, struct error *error)
{
	for (const char *at = argument + 1; *at; at++) {
		char place[3] = { '-', *at, '\0' };
		struct option_entry *entry = find_letter(entries, *at);
		if (!entry)
			return error_set(error, FATAL, "usage", "there is no option %s; see --help", place);
		bool takes_rest = entry->option->type != OPTION_BOOL;
		enum status status = take_value(line, entry, takes_rest && at[1] ? at + 1 : NULL, place, error);
		if (status != OK || takes_rest)
			return status;
	}
	return OK;
}

static enum status read_flags(struct command_line *line, struct option_entries *entries, bool takes_operands, struct error *error)
{
	bool is_over = false;
	while (line->at < line->argc) {
		char *argument = line->argv[line->at++];
		enum status status = OK;
		if (is_over || argument[0] != '-' || !argument[1]) {
			if (!takes_operands)
				return error_set(error, FATAL, "usage", "\"%s\" is not expected here; see --help", argument);
			line->argv[line->operand_count++] = argument;
		} else if (!strcmp(argument, "--")) {
			is_over = true;
		} else if (argument[1] == '-') {
			status = take_long(line, entries, argument, error);
		} else {
			status = take_letters(line, entries, argument, error);
		}
		if (status != OK)
			return status;
	}
	return OK;
}

// Text that values point into; kept until the next parse.
struct kept {
	struct kept *next;
	char text[];
};
static struct kept *all_kept;

static char *keep(const char *text, size_t size)
{
	struct kept *kept = memory_new(sizeof *kept + size + 1);
	memcpy(kept->text, text, size);
	kept->next = all_kept;
	all_kept = kept;
	return kept->text;
}

static void forget_kept(void)
{
	while (all_kept) {
		struct kept *next = all_kept->next;
		free(all_kept);
		all_kept = next;
	}
}

static enum status read_environment_list(struct option_entry *entry, const char *value, const char *place, struct error *error)
{
	enum status status = OK;
	for (char *rest = keep(value, strlen(value)), *item; status == OK && (item = strsep(&rest, ";"));)
		if (*item)
			status = options_value_set(entry, item, SOURCE_ENVIRONMENT, place, error);
	return status;
}

static enum status read_environment(struct option_entry *entry, struct error *error)
{
	char place[OPTION_PLACE_BYTES];
	options_environment_name(entry->option->name, place);
	const char *value = getenv(place);
	if (!value || !*value || options_is_command(entry->option))
		return OK;
	return entry->option->type == OPTION_LIST ? read_environment_list(entry, value, place, error)
	                                          : options_value_set(entry, value, SOURCE_ENVIRONMENT, place, error);
}

static char *trim(char *string)
{
	string += strspn(string, " \t\r");
	size_t size = strlen(string);
	while (size && strchr(" \t\r", string[size - 1]))
		size--;
	string[size] = '\0';
	return string;
}

static enum status read_line(struct option_entries *entries, char *text, const char *path, int number, struct error *error)
{
	char place[OPTION_PLACE_BYTES];
	snprintf(place, sizeof place, "%s:%d", path, number);
	text = trim(text);
	if (!*text || *text == '#')
		return OK;
	char *equals = strchr(text, '=');
	if (!equals)
		return error_set(error, FATAL, "usage", "%s: \"%s\" is not of the form key=value", place, text);
	*equals = '\0';
	char *name = trim(text), *value = trim(equals + 1);
	struct option_entry *entry = find_entry(entries, name, strlen(name));
	if (!entry || options_is_command(entry->option))
		return error_set(error, FATAL, "usage", "%s: there is no option %s", place, name);
	return options_value_set(entry, value, SOURCE_FILE, place, error);
}

// The whole file. NULL with errno.
static char *load_file(const char *path)
{
	FILE *file = fopen(path, "r");
	if (!file)
		return NULL;
	char *text = memory_new(OPTION_FILE_BYTES_MAX + 1), *kept = NULL;
	size_t size = fread(text, 1, OPTION_FILE_BYTES_MAX + 1, file);
	if (ferror(file))
		errno = EIO;
	else if (size > OPTION_FILE_BYTES_MAX)
		errno = EFBIG;
	else
		kept = keep(text, size);
	fclose(file);
	free(text);
	return kept;
}

static enum status read_file(struct option_entries *entries, const char *path, struct error *error)
{
	char *text = load_file(path);
	if (!text)
		return error_set(error, FATAL, "usage", "cannot read the configuration file %s: %s", path, strerror(errno));
	enum status status = OK;
	int number = 0;
	for (char *rest = text, *line; status == OK && (line = strsep(&rest, "\n"));)
		status = read_line(entries, line, path, ++number, error);
	return status;
}

static enum status read_file_if_any(struct option_entries *entries, struct error *error)
{
	const struct option_entry *config = find_entry(entries, "config", 6);
	const char *path = config ? *(const char **)config->field : NULL;
	return path ? read_file(entries, path, error) : OK;
}

static enum status finish_entry(struct option_entry *entry, struct error *error)
{
	if (!entry->source && entry->initial) {
		enum status status = options_value_set(entry, entry->initial, SOURCE_INITIAL, "the default", error);
		if (status != OK)
			return status;
	}
	return options_value_check(entry, error);
}

static bool is_command_given(const struct option_entries *entries)
{
	static const char *const names[] = { "help", "version", "manual", NULL };
	for (size_t i = 0; i < entries->count; i++)
		if (entries->entry[i].source && has_name(names, entries->entry[i].option->name) && *(bool *)entries->entry[i].field)
			return true;
	return false;
}

// The places of the last parse, for options_print_config: one command line a process.
static struct option_entries last_entries;

const struct option_entries *options_last_entries(void)
{
	return &last_entries;
}

enum status options_parse(const struct options_program *program, int argc, char **argv, char ***ret_operands, struct error *error)
{
	struct option_entries *entries = &last_entries;
	forget_kept();
	options_list_entries(program, entries);
	for (size_t i = 0; i < entries->count; i++)
		options_value_clear(&entries->entry[i]);
	struct command_line line = { .argv = argv, .argc = argc, .at = 1, .operand_count = 1 };
	enum status status = read_flags(&line, entries, program->operands != NULL, error);
	if (status != OK)
		return status;
	argv[line.operand_count] = NULL;
	if (ret_operands)
		*ret_operands = argv + 1;
	if (is_command_given(entries))
		return OK;
	for (size_t i = 0; i < entries->count && status == OK; i++)
		status = read_environment(&entries->entry[i], error);
	if (status == OK)
		status = read_file_if_any(entries, error);  // last, since the environment may name it
	for (size_t i = 0; i < entries->count && status == OK; i++)
		status = finish_entry(&entries->entry[i], error);
	return status;
}

static const struct options_common *common_of(const struct options_program *program)
{
	for (size_t i = 0; i < program->group_count; i++)
		if (program->group[i].option == options_common)
			return program->group[i].target;
	return NULL;
}

int options_read(const struct options_program *program, int argc, char **argv, char ***ret_operands)
{
	struct error error;
	if (options_parse(program, argc, argv, ret_operands, &error) != OK) {
		fprintf(stderr, "%s: %s\n", program->name, error.text);
		return EXIT_USAGE;
	}
	const struct options_common *common = common_of(program);
	if (!common)
		return -1;
	if (common->help)
		options_print_help(program, stdout);
	else if (common->version)
		printf("%s %s\n", program->name, HOTLINE_VERSION);
	else if (common->manual)
		options_print_manual(program, stdout);
	else if (common->print_config)
		options_print_config(program, stdout);
	else
		return -1;
	return fflush(stdout) ? 1 : 0;
}
