#include "yaml_node.h"

#include <stdio.h>
#include <string.h>

#include "civil.h"

enum status yaml_text(const struct yaml_node *node, uint32_t bytes_max, struct text *ret_text, struct error *error)
{
	if (!node)
		return OK;
	if (!yaml_is_scalar(node) || yaml_is_empty(node) || !node->text_size)
		return yaml_wrong(node, error, "a text");
	if (node->text_size > bytes_max)
		return yaml_error(node, error, "%s is longer than %u bytes", node->key ? node->key : "this", bytes_max);
	if (text_has_control(yaml_scalar(node)))
		return yaml_error(node, error, "%s holds a control character", node->key ? node->key : "this");
	*ret_text = yaml_scalar(node);
	return OK;
}

enum status yaml_string(const struct yaml_node *node, char *ret_string, size_t capacity, struct error *error)
{
	struct text text;
	if (!node)
		return OK;
	enum status status = yaml_text(node, (uint32_t)capacity - 1, &text, error);
	if (status == OK)
		text_copy(text, ret_string, capacity);
	return status;
}

// Digits from the front, without leading zeros and at most 18 of them, so that nothing overflows.
static bool take_digits(struct text *text, int64_t *ret_number)
{
	int64_t number = 0;
	uint32_t size = 0;
	for (; size < text->size && text->at[size] >= '0' && text->at[size] <= '9'; size++) {
		if (size == 18)
			return false;
		number = number * 10 + (text->at[size] - '0');
	}
	if (!size || (size > 1 && text->at[0] == '0'))
		return false;
	text->at += size;
	text->size -= size;
	*ret_number = number;
	return true;
}

static bool take_word(struct text *text, struct text word)
{
	if (!text_starts_with(*text, word))
		return false;
	text->at += word.size;
	text->size -= word.size;
	return true;
}

static bool parse_integer(struct text text, int64_t *ret_integer)
{
	bool is_negative = take_word(&text, TEXT("-"));
	int64_t number;
	if (!take_digits(&text, &number) || text.size)
		return false;
	*ret_integer = is_negative ? -number : number;
	return true;
}

enum status yaml_integer(const struct yaml_node *node, int64_t least, int64_t most, int64_t *ret_integer, struct error *error)
{
	int64_t integer;
	if (!node)
		return OK;
	if (!parse_integer(yaml_scalar(node), &integer) || integer < least || integer > most) {
		char expected[96];
		snprintf(expected, sizeof expected, "a whole number from %lld to %lld", (long long)least, (long long)most);
		return yaml_wrong(node, error, expected);
	}
	*ret_integer = integer;
	return OK;
}

// "0.02" -> 200; up to four decimals, at least one after a point.
static bool take_decimal(struct text *text, int64_t *ret_e4)
{
	int64_t whole, e4 = 0, weight = 1000;
	if (!take_digits(text, &whole) || whole > INT64_MAX / 10000 - 1)
		return false;
	if (take_word(text, TEXT("."))) {
		uint32_t size = 0;
		for (; size < text->size && text->at[size] >= '0' && text->at[size] <= '9'; size++, weight /= 10)
			e4 += (text->at[size] - '0') * weight;
		if (size < 1 || size > 4)
			return false;
		text->at += size;
		text->size -= size;
	}
	*ret_e4 = whole * 10000 + e4;
	return true;
}

static bool parse_decimal(struct text text, int64_t *ret_e4)
{
	bool is_negative = take_word(&text, TEXT("-"));
	int64_t e4;
	if (!take_decimal(&text, &e4) || text.size)
		return false;
	*ret_e4 = is_negative ? -e4 : e4;
	return true;
}

enum status yaml_decimal(const struct yaml_node *node, int64_t least_e4, int64_t most_e4, int64_t *ret_e4, struct error *error)
{
	int64_t e4;
	if (!node)
		return OK;
	if (!parse_decimal(yaml_scalar(node), &e4) || e4 < least_e4 || e4 > most_e4) {
		char expected[2 * YAML_NUMBER_BYTES + 64], least[YAML_NUMBER_BYTES], most[YAML_NUMBER_BYTES];
		yaml_format_decimal(least_e4, least);
		yaml_format_decimal(most_e4, most);
		snprintf(expected, sizeof expected, "a decimal from %s to %s with up to four digits after the point", least, most);
		return yaml_wrong(node, error, expected);
	}
	*ret_e4 = e4;
	return OK;
}

enum status yaml_percent(const struct yaml_node *node, uint32_t *ret_e4, struct error *error)
{
	int64_t e4;
	if (!node)
		return OK;
	struct text text = yaml_scalar(node);
	bool is_percent = take_decimal(&text, &e4) && e4 % 100 == 0 && e4 <= 100 * 10000;
	take_word(&text, TEXT(" "));
	if (!is_percent || !text_equal(text, TEXT("%")))
		return yaml_wrong(node, error, "a percentage from 0 to 100 with up to two decimals, such as 95 %");
	*ret_e4 = (uint32_t)(e4 / 100);
	return OK;
}

enum status yaml_bool(const struct yaml_node *node, bool *ret_bool, struct error *error)
{
	static const char *const words[] = { "false", "true", "no", "yes", "off", "on", NULL };
	uint32_t index;
	if (!node)
		return OK;
	if (!yaml_is_among(yaml_scalar(node), words, &index))
		return yaml_wrong(node, error, "true or false (also yes or no, on or off)");
	*ret_bool = index % 2;
	return OK;
}

// A unit from the front, none before *unit; *unit is then the one after it.
static bool take_unit(struct text *text, uint32_t *unit, int64_t *ret_ms)
{
	uint32_t letters = 0;
	while (letters < text->size && text->at[letters] >= 'a' && text->at[letters] <= 'z')
		letters++;
	struct text name = { text->at, letters };
	for (uint32_t i = *unit; i < YAML_DURATION_UNIT_COUNT; i++)
		if (text_equal(name, text_of(yaml_duration_units[i].name))) {
			*ret_ms = yaml_duration_units[i].ms;
			*unit = i + 1;
			return take_word(text, name);
		}
	return false;
}

// "1h30m": numbers with units, the larger first.
static bool parse_duration(struct text text, int64_t *ret_ms)
{
	int64_t sum_ms = 0, number, unit_ms;
	uint32_t unit = 0;
	do {
		if (!take_digits(&text, &number) || !take_unit(&text, &unit, &unit_ms) || number > (INSTANT_MAX_MS - sum_ms) / unit_ms)
			return false;
		sum_ms += number * unit_ms;
	} while (text.size);
	*ret_ms = sum_ms;
	return true;
}

enum status yaml_duration(const struct yaml_node *node, int64_t least_ms, int64_t most_ms, int64_t *ret_ms, struct error *error)
{
	int64_t ms;
	if (!node)
		return OK;
	if (!parse_duration(yaml_scalar(node), &ms) || ms < least_ms || ms > most_ms) {
		char expected[2 * YAML_NUMBER_BYTES + 64], least[YAML_NUMBER_BYTES], most[YAML_NUMBER_BYTES];
		yaml_format_duration(least_ms, least);
		yaml_format_duration(most_ms, most);
		snprintf(expected, sizeof expected, "a duration from %s to %s, such as 24h, 90m or 1h30m", least, most);
		return yaml_wrong(node, error, expected);
	}
	*ret_ms = ms;
	return OK;
}

enum status yaml_day(const struct yaml_node *node, int32_t *ret_day, struct error *error)
{
	if (!node || civil_parse_day(yaml_scalar(node), ret_day))
		return OK;
	return yaml_wrong(node, error, "a day from 1970-01-01 to 2199-12-31, such as 2024-03-05");
}

enum status yaml_zone(const struct yaml_node *node, int32_t *ret_zone_ms, struct error *error)
{
	if (!node || civil_parse_zone(yaml_scalar(node), ret_zone_ms))
		return OK;
	return yaml_wrong(node, error, "an offset from UTC, such as \"+08:00\"");
}

static bool parse_time(struct text text, int32_t *ret_ms)
{
	if (text.size != 5 || text.at[2] != ':')
		return false;
	for (uint32_t i = 0; i < text.size; i++)
		if (i != 2 && (text.at[i] < '0' || text.at[i] > '9'))
			return false;
	int minutes = ((text.at[0] - '0') * 10 + text.at[1] - '0') * 60 + (text.at[3] - '0') * 10 + text.at[4] - '0';
	if (text.at[3] > '5' || minutes > 24 * 60)
		return false;
	*ret_ms = minutes * (int32_t)MINUTE_MS;
	return true;
}

enum status yaml_time(const struct yaml_node *node, int32_t *ret_ms, struct error *error)
{
	if (!node || parse_time(yaml_scalar(node), ret_ms))
		return OK;
	return yaml_wrong(node, error, "a time of day from \"00:00\" to \"24:00\", such as \"17:30\"");
}

enum status yaml_choice(const struct yaml_node *node, const char *const *words, uint32_t *ret_index, struct error *error)
{
	if (!node || yaml_is_among(yaml_scalar(node), words, ret_index))
		return OK;
	char expected[YAML_LIST_BYTES_MAX];
	yaml_list_words(words, expected);
	return yaml_wrong(node, error, expected);
}
