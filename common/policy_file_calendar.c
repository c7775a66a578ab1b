#include <stdio.h>
#include <stdlib.h>

#include "civil.h"
#include "memory.h"
#include "policy_parts.h"

enum { YEAR_FIRST = 1970, YEAR_COUNT = 230 };

// Years of the user over those of the base, and all their exceptions.
struct calendar_reader {
	bool has_year[YEAR_COUNT], is_own[YEAR_COUNT];
	struct calendar_exception *exception;
	size_t count, capacity;
};

static void add_exception(struct calendar_reader *reader, int32_t day, bool is_working)
{
	reader->exception = memory_grow(reader->exception, reader->count + 1, sizeof *reader->exception, &reader->capacity);
	reader->exception[reader->count++] = (struct calendar_exception){ day, is_working };
}

static enum status read_year_number(const struct yaml_node *node, int *ret_year, struct error *error)
{
	int32_t month;
	char january[16];
	struct text key = yaml_key(node);
	if (key.size != 4 || snprintf(january, sizeof january, "%.4s-01", key.at) != 7 || !civil_parse_month(text_of(january), &month))
		return yaml_error_key(node, error, "a year must be 1970 to 2199, not \"%.*s\"", (int)(key.size < 40 ? key.size : 40), key.at);
	*ret_year = month / 12;
	return OK;
}

static enum status read_days(struct calendar_reader *reader, const struct yaml_node *list, int year, bool is_working, struct error *error)
{
	TRY(yaml_check_list(list, error));
	for (const struct yaml_node *node = yaml_first(list); node; node = yaml_next(node)) {
		int32_t day = 0;
		TRY(yaml_day(node, &day, error));
		if (civil_from_day(day).year != year)
			return yaml_error(node, error, "the day must lie in %d", year);
		for (size_t i = reader->count; i-- > 0 && civil_from_day(reader->exception[i].day).year == year;)
			if (reader->exception[i].day == day)
				return yaml_error(node, error, "the day is here twice");
		add_exception(reader, day, is_working);
	}
	return OK;
}

static enum status read_year(struct calendar_reader *reader, const struct yaml_node *node, struct error *error)
{
	static const char *const keys[] = { "holidays", "workdays", NULL };
	int year = 0;
	TRY(read_year_number(node, &year, error));
	TRY(yaml_check_keys(node, keys, error));
	reader->has_year[year - YEAR_FIRST] = reader->is_own[year - YEAR_FIRST] = true;
	TRY(read_days(reader, yaml_get(node, "holidays"), year, false, error));
	return read_days(reader, yaml_get(node, "workdays"), year, true, error);
}

static void add_base(struct calendar_reader *reader, const struct calendar_table *base)
{
	for (int year = base->first_year; year <= base->last_year; year++)
		reader->has_year[year - YEAR_FIRST] = true;
	for (uint32_t i = 0; i < base->count; i++)
		if (!reader->is_own[civil_from_day(base->exception[i].day).year - YEAR_FIRST])
			add_exception(reader, base->exception[i].day, base->exception[i].is_working);
}

static enum status build(const struct calendar_reader *reader, const struct yaml_node *node, struct calendar **ret_calendar, struct error *error)
{
	int first = 0, last = YEAR_COUNT - 1;
	while (first < YEAR_COUNT && !reader->has_year[first])
		first++;
	if (first == YEAR_COUNT)
		return yaml_error(node, error, "a calendar without a base needs years");
	while (!reader->has_year[last])
		last--;
	for (int i = first; i <= last; i++)
		if (!reader->has_year[i])
			return yaml_error(node, error, "the years of the calendar must follow on one another: %d is missing", i + YEAR_FIRST);
	*ret_calendar = calendar_new(first + YEAR_FIRST, last + YEAR_FIRST, reader->exception, (uint32_t)reader->count);
	return *ret_calendar ? OK : yaml_error(node, error, "there is no memory for the calendar");
}

static enum status read_mapping(struct calendar_reader *reader, const struct yaml_node *node, struct calendar **ret_calendar, struct error *error)
{
	static const char *const keys[] = { "base", "years", NULL };
	static const char *const bases[] = { "none", "cn", NULL };
	uint32_t base = 1;
	TRY(yaml_check_keys(node, keys, error));
	TRY(yaml_choice(yaml_get(node, "base"), bases, &base, error));
	TRY(yaml_check_mapping(yaml_get(node, "years"), error));
	for (const struct yaml_node *year = yaml_first(yaml_get(node, "years")); year; year = yaml_next(year))
		TRY(read_year(reader, year, error));
	if (base)
		add_base(reader, &calendar_cn_table);
	return build(reader, node, ret_calendar, error);
}

enum status policy_read_calendar(struct policy *policy, const struct yaml_node *node, struct error *error)
{
	static const char *const words[] = { "cn", NULL };
	uint32_t index;
	if (!node || yaml_is_scalar(node))
		return yaml_choice(node, words, &index, error);
	struct calendar_reader reader = { .count = 0 };
	enum status status = read_mapping(&reader, node, &policy->own_calendar, error);
	free(reader.exception);
	if (status == OK)
		policy->calendar = policy->own_calendar;
	return status;
}
