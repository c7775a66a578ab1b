#include "policy_text.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "civil.h"
#include "event.h"
#include "memory.h"
#include "policy_setting.h"
#include "rule.h"

struct writer {
	char *bytes;
	size_t size, capacity;
	const struct names *names;
};

static void put(struct writer *writer, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put(struct writer *writer, const char *format, ...)
{
	enum { LINE_BYTES = 512 };
	writer->bytes = memory_grow(writer->bytes, writer->size + LINE_BYTES, 1, &writer->capacity);
	va_list args;
	va_start(args, format);
	int size = vsnprintf(writer->bytes + writer->size, LINE_BYTES, format, args);
	va_end(args);
	assert(size >= 0 && size < LINE_BYTES);
	writer->size += (size_t)size;
}

// Decodes the character at the front of well-formed UTF-8.
static uint32_t take_character(struct text *text)
{
	const uint8_t *at = (const uint8_t *)text->at;
	uint32_t more = at[0] < 0x80 ? 0 : at[0] < 0xe0 ? 1 : at[0] < 0xf0 ? 2 : 3;
	uint32_t character = more ? at[0] & (0x3fu >> more) : at[0];
	for (uint32_t i = 1; i <= more && i < text->size; i++)
		character = character << 6 | (at[i] & 0x3f);
	more = more < text->size ? more : text->size - 1;
	text->at += more + 1;
	text->size -= more + 1;
	return character;
}

// What a YAML reader takes as it stands, neither refused nor folded as a line break. Source: YAML 1.1, 5.1 and 5.4.
static bool is_plain(uint32_t character)
{
	if (character < 0xa0)
		return character >= 0x20 && character < 0x7f && character != '"' && character != '\\';
	return character < 0xd800 ? character != 0x2028 && character != 0x2029 : character != 0xfeff && character != 0xfffe && character != 0xffff;
}

static void put_text(struct writer *writer, struct text text)
{
	put(writer, "\"");
	while (text.size) {
		const char *at = text.at;
		uint32_t character = take_character(&text);
		if (is_plain(character))
			put(writer, "%.*s", (int)(text.at - at), at);
		else
			put(writer, "\\U%08X", character);
	}
	put(writer, "\"");
}

static void put_zone(struct writer *writer, int32_t zone_ms)
{
	char instant[CIVIL_INSTANT_BYTES];
	civil_format_instant(0, zone_ms, instant);
	put(writer, "zone: \"%s\"\n", instant + strlen("1970-01-01T00:00:00"));
}

// One year's days that are not what their weekday says, of one sort.
static void put_days(struct writer *writer, const struct calendar *calendar, int32_t year, bool is_working, const char *key)
{
	const char *separator = "";
	int32_t end = civil_month_first_day((year + 1) * 12);
	put(writer, "      %s: [", key);
	for (int32_t day = civil_month_first_day(year * 12); day < end; day++) {
		bool is_weekday = civil_weekday(day) >= 1 && civil_weekday(day) <= 5;
		if (calendar_is_working(calendar, day) != is_working || is_weekday == is_working)
			continue;
		char string[CIVIL_DAY_BYTES];
		civil_format_day(day, string);
		put(writer, "%s%s", separator, string);
		separator = ", ";
	}
	put(writer, "]\n");
}

static void put_calendar(struct writer *writer, const struct calendar *calendar)
{
	int32_t last_year = civil_from_day(calendar_last_day(calendar)).year;
	put(writer, "calendar:\n  base: none\n  years:\n");
	for (int32_t year = civil_from_day(calendar_first_day(calendar)).year; year <= last_year; year++) {
		put(writer, "    %d:\n", (int)year);
		put_days(writer, calendar, year, false, "holidays");
		put_days(writer, calendar, year, true, "workdays");
	}
}

static const char *kind_name(uint32_t number)
{
	return event_kind_name((enum kind)number);
}

static const char *level_name(uint32_t number)
{
	return event_level_name((enum level)number);
}

static void put_mask(struct writer *writer, const char *key, uint32_t mask, const char *(*name)(uint32_t number))
{
	const char *separator = "";
	if (!mask)
		return;
	put(writer, "        %s: [", key);
	for (uint32_t number = 1; mask >> number; number++)
		if (mask >> number & 1) {
			put(writer, "%s%s", separator, name(number));
			separator = ", ";
		}
	put(writer, "]\n");
}

static void put_term(struct writer *writer, const struct term *term)
{
	static const char *const units[] = { "working days", "calendar days", "hours" };
	char close[YAML_NUMBER_BYTES];
	yaml_format_time(term->count.close_ms ? term->count.close_ms : (int32_t)DAY_MS, close);
	put(writer, "      - rule: %s\n", term->rule);
	put_mask(writer, "kinds", term->kinds, kind_name);
	put_mask(writer, "levels", term->levels, level_name);
	if (term->district) {
		put(writer, "        district: ");
		put_text(writer, names_text(writer->names, term->district));
		put(writer, "\n");
	}
	put(writer, "        within: %d %s\n", (int)term->count.number, units[term->count.unit]);
	put(writer, "        count: %s\n", term->count.mode == COUNT_CIVIL ? "civil" : "clock");
	put(writer, "        roll: %s\n", term->count.roll ? "true" : "false");
	put(writer, "        close_of_business: \"%s\"\n", close);
}

static void put_warnings(struct writer *writer, const struct policy_version *version)
{
	const char *separator = "";
	char value[YAML_NUMBER_BYTES];
	put(writer, "    due_warnings: [");
	for (uint32_t i = 0; i < version->warning_count; i++) {
		yaml_format_percent(version->warning_e4[i], value);
		put(writer, "%s%s", separator, value);
		separator = ", ";
	}
	if (version->warning_before_ms) {
		yaml_format_duration(version->warning_before_ms, value);
		put(writer, "%s%s", separator, value);
	}
	put(writer, "]\n");
}

static void put_value(struct writer *writer, int indent, const char *key, const struct policy_setting *setting, const struct policy_version *version)
{
	char value[SETTING_VALUE_BYTES];
	const char *quote = setting->type == SETTING_TIME ? "\"" : "";
	policy_setting_format(setting, version, value);
	put(writer, "%*s%s: %s%s%s\n", indent, "", key, quote, value, quote);
}

// The setting, and before it the mappings that it lies in, as far as the setting before it did not open them already.
static void put_setting(struct writer *writer, const struct policy_setting *setting, const char *before, const struct policy_version *version)
{
	int indent = 4;
	const char *part = setting->path;
	for (const char *slash; (slash = strchr(part, '/')); part = slash + 1, indent += 2)
		if (strncmp(before, setting->path, (size_t)(slash + 1 - setting->path)) != 0)
			put(writer, "%*s%.*s:\n", indent, "", (int)(slash - part), part);
	put_value(writer, indent, part, setting, version);
}

static void put_settings(struct writer *writer, const struct policy_version *version)
{
	const char *before = "";
	for (uint32_t i = 0; i < policy_setting_count; i++) {
		if (policy_setting_rule(&policy_settings[i]).size)
			continue;
		put_setting(writer, &policy_settings[i], before, version);
		before = policy_settings[i].path;
	}
}

static void put_rule(struct writer *writer, const struct rule *rule, const struct policy_version *version)
{
	bool is_off = version->rules_off >> rule_number(rule) & 1;
	put(writer, "      %s:\n        on: %s\n", rule->id, is_off ? "false" : "true");
	for (uint32_t i = 0; i < policy_setting_count; i++) {
		struct text id = policy_setting_rule(&policy_settings[i]);
		if (id.size && text_equal(id, text_of(rule->id)))
			put_value(writer, 8, id.at + id.size + 1, &policy_settings[i], version);
	}
}

static void put_version(struct writer *writer, const struct policy_version *version)
{
	char day[CIVIL_DAY_BYTES];
	civil_format_day(version->from_day, day);
	put(writer, "  - from: %s\n    terms:%s\n", day, version->term_count ? "" : " []");
	for (uint32_t i = 0; i < version->term_count; i++)
		put_term(writer, &version->term[i]);
	put_warnings(writer, version);
	put_settings(writer, version);
	put(writer, "    rules:\n");
	for (uint32_t i = 0; i < rule_count; i++)
		put_rule(writer, rules[i], version);
}

static void put_name(struct writer *writer, const char *key, name_id name)
{
	if (!name)
		return;
	put(writer, "    %s: ", key);
	put_text(writer, names_text(writer->names, name));
	put(writer, "\n");
}

static void put_unit(struct writer *writer, const struct roster_unit *entry)
{
	char from[CIVIL_DAY_BYTES], to[CIVIL_DAY_BYTES];
	civil_format_day(entry->from_day, from);
	civil_format_day(entry->to_day, to);
	put(writer, "  - id: ");
	put_text(writer, names_text(writer->names, entry->unit));
	put(writer, "\n    name: ");
	put_text(writer, text_of(entry->name));
	put(writer, "\n");
	put_name(writer, "district", entry->district);
	put_name(writer, "group", entry->group);
	put(writer, "    duty: %s\n    from: %s\n    to: %s\n", entry->has_duty ? "true" : "false", from, to);
}

struct sorted_unit {
	struct text id;
	const struct roster_unit *entry;
};

static int compare_units(const void *a, const void *b)
{
	const struct sorted_unit *one = a, *other = b;
	int order = text_compare(one->id, other->id);
	return order ? order : (one->entry->from_day > other->entry->from_day) - (one->entry->from_day < other->entry->from_day);
}

// By name and not by number: numbers depend on what else the table of names has seen.
static void put_roster(struct writer *writer, const struct policy *policy)
{
	struct sorted_unit *sorted = memory_resize(NULL, policy->roster_count, sizeof *sorted);
	for (uint32_t i = 0; i < policy->roster_count; i++)
		sorted[i] = (struct sorted_unit){ names_text(writer->names, policy->roster[i].unit), &policy->roster[i] };
	qsort(sorted, policy->roster_count, sizeof *sorted, compare_units);
	put(writer, policy->roster_count ? "roster:\n" : "roster: []\n");
	for (uint32_t i = 0; i < policy->roster_count; i++)
		put_unit(writer, sorted[i].entry);
	free(sorted);
}

char *policy_canonical(const struct policy *policy, const struct names *names, size_t *ret_size)
{
	struct writer writer = { .names = names };
	put_zone(&writer, policy->zone_ms);
	put_calendar(&writer, policy->calendar);
	put(&writer, "other_rules: off\nversions:\n");
	for (uint32_t i = 0; i < policy->version_count; i++)
		put_version(&writer, &policy->version[i]);
	put_roster(&writer, policy);
	*ret_size = writer.size;
	return writer.bytes;
}

void policy_stamp(struct policy *policy, const struct names *names)
{
	size_t size;
	char *text = policy_canonical(policy, names, &size);
	snprintf(policy->edition, sizeof policy->edition, "%016llx", (unsigned long long)XXH3_64bits(text, size));
	free(text);
	policy->uses_links = rules_use_links(policy);
}
