// The other uses of the table: --help, --manual and --print-config.
#include <string.h>

#include "options_entry.h"

enum { HELP_COLUMN = 34 };

static const char mask[] = "******";

static void print_flags(const struct option *option, FILE *file)
{
	int width = option->letter ? fprintf(file, "  -%c, ", option->letter) : fprintf(file, "      ");
	width += fprintf(file, "--%s", option->name);
	if (option->value)
		width += fprintf(file, " %s", option->value) - (strstr(option->value, "…") ? 2 : 0);  // three bytes, one column
	if (width >= HELP_COLUMN)
		width = fprintf(file, "\n") - 1;
	fprintf(file, "%*s", HELP_COLUMN - width, "");
}

static void print_choices(const struct option *option, FILE *file)
{
	if (option->type != OPTION_CHOICE)
		return;
	for (size_t i = 0; option->choices[i]; i++)
		fprintf(file, "%s%s", i ? ", " : " One of ", option->choices[i]);
	fprintf(file, ".");
}

void options_print_help(const struct options_program *program, FILE *file)
{
	struct option_entries entries;
	options_list_entries(program, &entries);
	fprintf(file, "Usage: %s [OPTION…]%s%s\n%s\n", program->name, program->operands ? " " : "", program->operands ? program->operands : "", program->summary);
	for (size_t i = 0; i < entries.count; i++) {
		const struct option_entry *entry = &entries.entry[i];
		if (!i || strcmp(entry->title, entries.entry[i - 1].title) != 0)
			fprintf(file, "\n%s:\n", entry->title);
		print_flags(entry->option, file);
		fprintf(file, "%s", entry->option->help);
		print_choices(entry->option, file);
		if (entry->initial)
			fprintf(file, " [%s]", entry->initial);
		fprintf(file, "\n");
	}
	fprintf(file, "\nEvery option is also taken from the environment (--brokers is HOTLINE_BROKERS, lists are separated by ;) and from the file of --config (brokers=…);\n"
		"flags win over the environment, the environment over the file. Durations are whole numbers with a unit: 500ms, 10s, 3h, 7d.\n");
}

static void print_cell(const char *text, FILE *file)
{
	for (; text && *text; text++)
		fprintf(file, *text == '|' ? "\\|" : "%c", *text);
}

void options_print_manual(const struct options_program *program, FILE *file)
{
	struct option_entries entries;
	options_list_entries(program, &entries);
	fprintf(file, "| option | environment | default | meaning |\n|---|---|---|---|\n");
	for (size_t i = 0; i < entries.count; i++) {
		const struct option *option = entries.entry[i].option;
		char name[OPTION_PLACE_BYTES] = "";
		if (!options_is_command(option))
			options_environment_name(option->name, name);
		fprintf(file, "| `");
		if (option->letter)
			fprintf(file, "-%c`, `", option->letter);
		fprintf(file, "--%s%s", option->name, option->value ? " " : "");
		print_cell(option->value, file);
		fprintf(file, name[0] ? "` | `%s` | " : "` | %s | ", name);
		fprintf(file, entries.entry[i].initial ? "`%s` | " : "%s | ", entries.entry[i].initial ? entries.entry[i].initial : "");
		print_cell(option->help, file);
		print_choices(option, file);
		fprintf(file, " |\n");
	}
}

static bool is_secret_property(const char *property)
{
	static const char *const words[] = { "password", "secret", "key.pem", "token", "oauthbearer.config" };
	size_t size = strcspn(property, "=");
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		const char *found = strstr(property, words[i]);
		if (found && found < property + size)
			return true;
	}
	return false;
}

// A URL without what stands between user and host, and without the password of Sentinels at its end; anything else as it is.
static void print_masked(const struct option *option, const char *value, FILE *file)
{
	static const char second[] = "sentinel_password=";
	const char *second_at = strstr(value, second), *end = second_at ? second_at + strlen(second) : value + strlen(value);
	const char *scheme_end = strstr(value, "://"), *at_sign = memrchr(value, '@', (size_t)(end - value));
	const char *colon = scheme_end && at_sign ? memchr(scheme_end + 3, ':', (size_t)(at_sign > scheme_end ? at_sign - scheme_end - 3 : 0)) : NULL;
	if (option->is_secret)
		fprintf(file, "%s", mask);
	else if (option->type == OPTION_LIST && is_secret_property(value))
		fprintf(file, "%.*s=%s", (int)strcspn(value, "="), value, mask);
	else if (colon)
		fprintf(file, "%.*s:%s%.*s", (int)(colon - value), value, mask, (int)(end - at_sign), at_sign);
	else
		fprintf(file, "%.*s", (int)(end - value), value);
	if (second_at && !option->is_secret)
		fprintf(file, "%s", mask);
}

static const char *source_of_item(const struct option_entry *entry, uint32_t i)
{
	static const char *const name[] = { "nowhere", "the default", "the file", "the environment", "a flag" };
	return name[entry->item_source[i]];
}

static void print_list(const struct option_entry *entry, FILE *file)
{
	const struct option_list *list = (const struct option_list *)entry->field;
	for (uint32_t i = 0; i < list->count; i++) {
		fprintf(file, "# from %s\n%s=", source_of_item(entry, i), entry->option->name);
		print_masked(entry->option, list->item[i], file);
		fprintf(file, "\n");
	}
}

void options_print_config(const struct options_program *program, FILE *file)
{
	const struct option_entries *entries = options_last_entries();
	fprintf(file, "# %s\n", program->name);
	for (size_t i = 0; i < entries->count; i++) {
		const struct option_entry *entry = &entries->entry[i];
		if (options_is_command(entry->option) || !strcmp(entry->option->name, "config"))
			continue;
		if (entry->option->type == OPTION_LIST) {
			print_list(entry, file);
		} else if (entry->source) {
			fprintf(file, "# from %s\n%s=", entry->place, entry->option->name);
			print_masked(entry->option, entry->value, file);
			fprintf(file, "\n");
		}
	}
}
