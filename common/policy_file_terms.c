#include <stdio.h>
#include <string.h>

#include "civil.h"
#include "event.h"
#include "policy_parts.h"

enum { WORDS_MAX = 32 };

static const char *kind_name(uint32_t number)
{
	return event_kind_name((enum kind)number);
}

static const char *level_name(uint32_t number)
{
	return event_level_name((enum level)number);
}

// One word or a list of them, as a mask of 1 << number.
static enum status read_mask(const struct yaml_node *node, const char *(*name)(uint32_t number), uint32_t *ret_mask, struct error *error)
{
	const char *words[WORDS_MAX] = { NULL };
	uint32_t mask = 0, index = 0;
	for (uint32_t i = 0; i + 1 < WORDS_MAX && (words[i] = name(i + 1)); i++)
		;
	if (!node)
		return OK;
	if (yaml_is_list(node) && !yaml_count(node))
		return yaml_error(node, error, "%.*s must not be empty; leave it out where the term fits all", (int)yaml_key(node).size, yaml_key(node).at);
	for (const struct yaml_node *item = yaml_is_list(node) ? yaml_first(node) : node; item; item = yaml_is_list(node) ? yaml_next(item) : NULL) {
		TRY(yaml_choice(item, words, &index, error));
		mask |= 1u << (index + 1);
	}
	*ret_mask = mask;
	return OK;
}

// "due-province": small letters, digits and hyphens, so that it can stand in ids and keys.
static enum status read_rule_id(const struct yaml_node *term, char *ret_rule, size_t capacity, struct error *error)
{
	const struct yaml_node *node = NULL;
	TRY(yaml_require(term, "rule", &node, error));
	TRY(yaml_string(node, ret_rule, capacity, error));
	if (strspn(ret_rule, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(ret_rule))
		return yaml_error(node, error, "rule may hold small letters, digits and hyphens only");
	return OK;
}

// "5 working days": a number without leading zeros, a blank, a unit.
static bool parse_within(struct text text, struct count *count)
{
	static const struct {
		const char *one, *many;
		enum count_unit unit;
	} units[] = {
		{ "working day", "working days", COUNT_WORKING_DAYS },
		{ "calendar day", "calendar days", COUNT_CALENDAR_DAYS },
		{ "hour", "hours", COUNT_HOURS },
	};
	int32_t number = 0;
	uint32_t digits = 0;
	for (; digits < text.size && text.at[digits] >= '0' && text.at[digits] <= '9' && number <= COUNT_NUMBER_MAX; digits++)
		number = number * 10 + (text.at[digits] - '0');
	if (!digits || text.at[0] == '0' || number > COUNT_NUMBER_MAX || digits == text.size || text.at[digits] != ' ')
		return false;
	struct text unit = { text.at + digits + 1, text.size - digits - 1 };
	for (size_t i = 0; i < sizeof units / sizeof *units; i++)
		if (text_equal(unit, text_of(units[i].one)) || text_equal(unit, text_of(units[i].many))) {
			count->number = number;
			count->unit = units[i].unit;
			return true;
		}
	return false;
}

static enum status read_within(const struct yaml_node *term, struct count *count, struct error *error)
{
	const struct yaml_node *node = NULL;
	TRY(yaml_require(term, "within", &node, error));
	if (parse_within(yaml_scalar(node), count))
		return OK;
	char expected[96];
	snprintf(expected, sizeof expected, "1 to %d working days, calendar days or hours, such as 5 working days", COUNT_NUMBER_MAX);
	return yaml_wrong(node, error, expected);
}

// Reads what the mapping says of the style; *ret_states tells which parts.
static enum status read_style(const struct yaml_node *mapping, struct count_style *style, uint8_t *ret_states, struct error *error)
{
	static const char *const modes[] = { "civil", "clock", NULL };  // enum count_mode
	const struct yaml_node *mode = yaml_get(mapping, "count"), *roll = yaml_get(mapping, "roll"), *close = yaml_get(mapping, "close_of_business");
	uint32_t index = style->mode;
	TRY(yaml_choice(mode, modes, &index, error));
	style->mode = (enum count_mode)index;
	TRY(yaml_bool(roll, &style->roll, error));
	TRY(yaml_time(close, &style->close_ms, error));
	if (close && !style->close_ms)
		return yaml_error(close, error, "close_of_business must be later than 00:00; 24:00 is the end of the day");
	if (style->close_ms == DAY_MS)
		style->close_ms = 0;
	*ret_states = (uint8_t)((mode ? COUNT_PART_MODE : 0) | (roll ? COUNT_PART_ROLL : 0) | (close ? COUNT_PART_CLOSE : 0));
	return OK;
}

static void apply_style(struct count *count, uint8_t states, const struct count_style *style)
{
	if (!(states & COUNT_PART_MODE))
		count->mode = style->mode;
	if (!(states & COUNT_PART_ROLL))
		count->roll = style->roll;
	if (!(states & COUNT_PART_CLOSE))
		count->close_ms = style->close_ms;
}

static enum status read_district(const struct yaml_node *node, struct names *names, name_id *ret_district, struct error *error)
{
	struct text district;
	struct error reason;
	if (!node)
		return OK;
	TRY(yaml_text(node, NAME_BYTES_MAX, &district, error));
	if (event_check_name(NAME_DISTRICT, district, &reason) != OK)
		return yaml_error(node, error, "%s", reason.text);
	*ret_district = names_intern(names, NAME_DISTRICT, district);
	return *ret_district ? OK : yaml_error(node, error, "there are too many names");
}

static enum status read_term(struct version_reader *reader, const struct yaml_node *node, struct error *error)
{
	static const char *const keys[] = { "rule", "kinds", "levels", "district", "within", "count", "roll", "close_of_business", NULL };
	uint32_t place = reader->version.term_count;
	struct term *term = &reader->version.term[place];
	struct count_style style = { COUNT_CIVIL, false, 0 };
	TRY(yaml_check_keys(node, keys, error));
	TRY(read_rule_id(node, term->rule, sizeof term->rule, error));
	TRY(read_mask(yaml_get(node, "kinds"), kind_name, &term->kinds, error));
	TRY(read_mask(yaml_get(node, "levels"), level_name, &term->levels, error));
	TRY(read_district(yaml_get(node, "district"), reader->names, &term->district, error));
	TRY(read_within(node, &term->count, error));
	TRY(read_style(node, &style, &reader->term_states[place], error));
	apply_style(&term->count, 0, &style);
	reader->version.term_count++;
	return OK;
}

enum status policy_read_terms(struct version_reader *reader, const struct yaml_node *version, struct error *error)
{
	const struct yaml_node *list = yaml_get(version, "terms");
	uint8_t states;
	TRY(read_style(version, &reader->style, &states, error));
	TRY(yaml_check_list(list, error));
	if (yaml_count(list) > POLICY_TERMS_MAX)
		return yaml_error(list, error, "terms holds %u items, at most %d", yaml_count(list), POLICY_TERMS_MAX);
	if (list) {
		memset(reader->version.term, 0, sizeof reader->version.term);
		reader->version.term_count = 0;
	}
	for (const struct yaml_node *node = yaml_first(list); node; node = yaml_next(node))
		TRY(read_term(reader, node, error));
	for (uint32_t i = 0; i < reader->version.term_count; i++)
		apply_style(&reader->version.term[i].count, reader->term_states[i], &reader->style);
	return OK;
}
