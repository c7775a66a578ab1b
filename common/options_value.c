#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "options_entry.h"

bool options_is_command(const struct option *option)
{
	static const char *const names[] = { "help", "version", "manual", "print-config", "check-config" };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (!strcmp(option->name, names[i]))
			return true;
	return false;
}

void options_value_clear(struct option_entry *entry)
{
	switch (entry->option->type) {
	case OPTION_STRING:
	case OPTION_FILE: *(const char **)entry->field = NULL; break;
	case OPTION_INTEGER:
	case OPTION_DURATION: *(int64_t *)entry->field = 0; break;
	case OPTION_BOOL: *(bool *)entry->field = false; break;
	case OPTION_CHOICE: *(int *)entry->field = 0; break;
	case OPTION_LIST: ((struct option_list *)entry->field)->count = 0; break;
	}
}

static bool parse_integer(const char *string, int64_t *ret_number)
{
	char *end;
	bool has_digits = string[string[0] == '-'] >= '0' && string[string[0] == '-'] <= '9';
	errno = 0;
	intmax_t number = strtoimax(string, &end, 10);
	if (!has_digits || *end || errno)
		return false;
	*ret_number = number;
	return true;
}

bool options_parse_duration(const char *string, int64_t *ret_ms)
{
	static const struct {
		const char *name;
		int64_t ms;
	} unit[] = { { "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 }, { "d", 86400000 } };
	size_t digits = strspn(string, "0123456789");
	char number_string[20];
	int64_t number;
	if (!digits || digits >= sizeof number_string)
		return false;
	memcpy(number_string, string, digits);
	number_string[digits] = '\0';
	if (!parse_integer(number_string, &number))
		return false;
	for (size_t i = 0; i < sizeof unit / sizeof *unit; i++)
		if (!strcmp(string + digits, unit[i].name) && number <= INT64_MAX / unit[i].ms) {
			*ret_ms = number * unit[i].ms;
			return true;
		}
	return false;
}

static bool parse_bool(const char *string, bool *ret_bool)
{
	static const char *const words[] = { "false", "true", "no", "yes", "off", "on", "0", "1" };
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (!strcmp(string, words[i])) {
			*ret_bool = i % 2;
			return true;
		}
	return false;
}

static bool parse_choice(const struct option *option, const char *string, int *ret_choice)
{
	for (int i = 0; option->choices[i]; i++)
		if (!strcmp(string, option->choices[i])) {
			*ret_choice = i;
			return true;
		}
	return false;
}

// A number as it is written where the option is, for messages.
static void format_number(const struct option *option, int64_t number, char *ret_string, size_t capacity)
{
	static const struct {
		const char *name;
		int64_t ms;
	} unit[] = { { "d", 86400000 }, { "h", 3600000 }, { "m", 60000 }, { "s", 1000 }, { "ms", 1 } };
	size_t i = 0;
	while (option->type == OPTION_DURATION && unit[i].ms > 1 && (number % unit[i].ms || !number))
		i++;
	if (option->type == OPTION_DURATION)
		snprintf(ret_string, capacity, "%" PRId64 "%s", number / unit[i].ms, unit[i].name);
	else
		snprintf(ret_string, capacity, "%" PRId64, number);
}

static enum status check_range(const struct option *option, int64_t number, const char *value, const char *place, struct error *error)
{
	char min[40], max[40];
	int64_t highest = option->min || option->max ? option->max : INT64_MAX;
	if (number >= option->min && number <= highest)
		return OK;
	format_number(option, option->min, min, sizeof min);
	format_number(option, highest, max, sizeof max);
	if (highest == INT64_MAX)
		return error_set(error, FATAL, "usage", "%s: %s is less than %s", place, value, min);
	return error_set(error, FATAL, "usage", "%s: %s is not from %s to %s", place, value, min, max);
}

static enum status set_number(struct option_entry *entry, const char *value, bool is_kept, const char *place, struct error *error)
{
	int64_t number;
	bool is_duration = entry->option->type == OPTION_DURATION;
	if (is_duration ? !options_parse_duration(value, &number) : !parse_integer(value, &number))
		return error_set(error, FATAL, "usage", is_duration ? "%s: \"%s\" is not a whole number with a unit (ms, s, m, h or d), such as 10m" : "%s: \"%s\" is not a whole number",
			place, value);
	enum status status = check_range(entry->option, number, value, place, error);
	if (status == OK && is_kept)
		*(int64_t *)entry->field = number;
	return status;
}

static enum status set_bool(struct option_entry *entry, const char *value, bool is_kept, const char *place, struct error *error)
{
	bool is_on;
	if (!parse_bool(value, &is_on))
		return error_set(error, FATAL, "usage", "%s: \"%s\" is not true or false", place, value);
	if (is_kept)
		*(bool *)entry->field = is_on;
	return OK;
}

static enum status set_choice(struct option_entry *entry, const char *value, bool is_kept, const char *place, struct error *error)
{
	int choice;
	if (!parse_choice(entry->option, value, &choice)) {
		char words[256] = "";
		for (size_t i = 0; entry->option->choices[i]; i++)
			snprintf(words + strlen(words), sizeof words - strlen(words), "%s%s", i ? ", " : "", entry->option->choices[i]);
		return error_set(error, FATAL, "usage", "%s: \"%s\" is none of %s", place, value, words);
	}
	if (is_kept)
		*(int *)entry->field = choice;
	return OK;
}

// Items stand in the order of their sources, and within one source in the order in which they came.
static enum status add_item(struct option_entry *entry, const char *value, enum option_source source, const char *place, struct error *error)
{
	struct option_list *list = (struct option_list *)entry->field;
	if (list->count == OPTION_LIST_MAX)
		return error_set(error, FATAL, "usage", "%s: more than %d values", place, OPTION_LIST_MAX);
	uint32_t i = list->count++;
	for (; i > 0 && entry->item_source[i - 1] > source; i--) {
		list->item[i] = list->item[i - 1];
		entry->item_source[i] = entry->item_source[i - 1];
	}
	list->item[i] = value;
	entry->item_source[i] = (uint8_t)source;
	return OK;
}

enum status options_value_set(struct option_entry *entry, const char *value, enum option_source source, const char *place, struct error *error)
{
	bool is_kept = source >= entry->source;
	enum status status = OK;
	switch (entry->option->type) {
	case OPTION_STRING:
	case OPTION_FILE:
		if (is_kept)
			*(const char **)entry->field = value;
		break;
	case OPTION_INTEGER:
	case OPTION_DURATION: status = set_number(entry, value, is_kept, place, error); break;
	case OPTION_BOOL: status = set_bool(entry, value, is_kept, place, error); break;
	case OPTION_CHOICE: status = set_choice(entry, value, is_kept, place, error); break;
	case OPTION_LIST: status = add_item(entry, value, source, place, error); break;
	}
	if (status != OK || !is_kept)
		return status;
	entry->source = source;
	entry->value = value;
	snprintf(entry->place, sizeof entry->place, "%s", place);
	return OK;
}

enum status options_value_check(const struct option_entry *entry, struct error *error)
{
	const struct option *option = entry->option;
	if (option->is_required && !entry->source)
		return error_set(error, FATAL, "usage", "--%s is missing: %s", option->name, option->help);
	const char *path = option->type == OPTION_FILE ? *(const char **)entry->field : NULL;
	if (path && access(path, R_OK) != 0)
		return error_set(error, FATAL, "usage", "%s: cannot read %s: %s", entry->place, path, strerror(errno));
	return OK;
}
