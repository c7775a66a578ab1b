#include "mapping.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "civil.h"
#include "mapping_cases.h"
#include "mapping_spec.h"
#include "memory.h"

// Room for the values of one event that are put together: joined, or with something replaced.
enum { COMPOSED_BYTES_MAX = PAYLOAD_BYTES_MAX };

struct mapping {
	struct mapping_spec spec;
	uint32_t header_count;
	struct mapping_cases *cases;
	// The row that is looked at.
	const struct text *field;
	struct text ticket_id;
	uint32_t row;         // of the case, from 0
	uint32_t next_event;
	struct text before[MAPPING_COLUMNS_MAX];  // of watched columns: what was known before this row
	size_t composed_bytes;
	char id[TICKET_ID_BYTES_MAX];             // the ticket id, when it is put together
	char composed[COMPOSED_BYTES_MAX];
};

static enum status take_spec(struct yaml *yaml, int32_t city_zone_ms, struct mapping **ret_mapping, struct error *error)
{
	struct mapping *mapping = memory_new(sizeof *mapping);
	enum status status = mapping_spec_read(yaml, city_zone_ms, &mapping->spec, error);
	if (status != OK) {
		free(mapping);
		yaml_unload(yaml);
		return status;
	}
	uint32_t watched_count = 0;
	for (uint32_t i = 0; i < mapping->spec.column_count; i++)
		watched_count += mapping->spec.column[i].is_watched;
	mapping->cases = mapping_cases_new(watched_count);
	*ret_mapping = mapping;
	return OK;
}

enum status mapping_load(const char *path, int32_t city_zone_ms, struct mapping **ret_mapping, struct error *error)
{
	struct yaml *yaml;
	enum status status = yaml_load_file(path, &yaml, error);
	return status == OK ? take_spec(yaml, city_zone_ms, ret_mapping, error) : status;
}

enum status mapping_load_text(struct text text, const char *name, int32_t city_zone_ms, struct mapping **ret_mapping, struct error *error)
{
	struct yaml *yaml;
	enum status status = yaml_load_text(text, name, &yaml, error);
	return status == OK ? take_spec(yaml, city_zone_ms, ret_mapping, error) : status;
}

void mapping_free(struct mapping *mapping)
{
	if (!mapping)
		return;
	yaml_unload(mapping->spec.yaml);
	mapping_cases_free(mapping->cases);
	free(mapping);
}

char mapping_separator(const struct mapping *mapping)
{
	return mapping->spec.separator;
}

static enum status find_column(struct mapping_column *column, const char *file, const struct text *field, uint32_t count, struct error *error)
{
	uint32_t found = 0;
	for (uint32_t i = 0; i < count; i++) {
		if (!text_equal(field[i], column->name))
			continue;
		column->place = i;
		found++;
	}
	if (found == 1)
		return OK;
	return yaml_error(column->node, error, "%s has %s column %.*s", file, found ? "more than one" : "no", (int)column->name.size, column->name.at);
}

enum status mapping_header(struct mapping *mapping, const char *file, const struct text *field, uint32_t count, struct error *error)
{
	for (uint32_t i = 0; i < mapping->spec.column_count; i++) {
		enum status status = find_column(&mapping->spec.column[i], file, field, count, error);
		if (status != OK)
			return status;
	}
	mapping->header_count = count;
	return OK;
}

static bool is_missing(const struct mapping *mapping, struct text text)
{
	for (uint32_t i = 0; i < mapping->spec.missing_count; i++)
		if (text_equal(text, mapping->spec.missing[i]))
			return true;
	return text.size == 0;
}

// The row's own value, empty when it is missing.
static struct text own(const struct mapping *mapping, uint32_t column)
{
	struct text text = mapping->field[mapping->spec.column[column].place];
	return is_missing(mapping, text) ? (struct text){ 0 } : text;
}

static struct text taken(const struct mapping *mapping, uint32_t column, enum mapping_take take)
{
	struct text text = own(mapping, column);
	if (take == TAKE_BEFORE || (take == TAKE_KNOWN && !text.size))
		return mapping->before[column];
	return text;
}

static bool has_word(const struct mapping_spec *spec, struct mapping_words words, struct text text)
{
	for (uint32_t i = 0; i < words.count; i++)
		if (text_equal(spec->word[words.from + i].to, text))
			return true;
	return false;
}

static bool holds(const struct mapping *mapping, const struct mapping_condition *condition)
{
	const struct mapping_spec *spec = &mapping->spec;
	if (condition->test == TEST_FIRST_ROW)
		return mapping->row == 0;
	struct text now = own(mapping, condition->column), before = mapping->before[condition->column];
	switch (condition->test) {
	case TEST_FIRST_ROW: return false;
	case TEST_IS: return has_word(spec, condition->words, now);
	case TEST_IS_NOT: return !has_word(spec, condition->words, now);
	case TEST_IS_KNOWN: return now.size > 0;
	case TEST_ENTERS: return now.size && has_word(spec, condition->words, now) && !(before.size && has_word(spec, condition->words, before));
	case TEST_LEAVES: return now.size && before.size && has_word(spec, condition->words, before) && !has_word(spec, condition->words, now);
	case TEST_CHANGES: return now.size && !text_equal(now, before);
	case TEST_CHANGES_FROM_KNOWN: return now.size && before.size && !text_equal(now, before);
	}
	return false;
}

static bool happens(const struct mapping *mapping, const struct mapping_event_spec *event)
{
	for (uint32_t i = 0; i < event->condition_count; i++)
		if (!holds(mapping, &event->condition[i]))
			return false;
	return true;
}

static enum status bad_value(const struct mapping *mapping, const struct mapping_value *value, const char *field, struct text text, const char *problem,
	struct error *error)
{
	const struct mapping_column *column = &mapping->spec.column[value->part[0]];
	int size = text.size > 80 ? 80 : (int)text.size;
	if (value->is_constant)
		return error_set(error, REJECT, "bad_field", "%s: \"%.*s\" %s", field, size, text.at, problem);
	return error_set(error, REJECT, "bad_field", "column %u (%.*s): \"%.*s\" %s (%s)", column->place + 1, (int)column->name.size, column->name.at, size,
		text.at ? text.at : "", problem, field);
}

static bool compose(struct mapping *mapping, struct text text)
{
	if (text.size > sizeof mapping->composed - mapping->composed_bytes)
		return false;
	if (text.size)
		memcpy(mapping->composed + mapping->composed_bytes, text.at, text.size);
	mapping->composed_bytes += text.size;
	return true;
}

// Composes one part, each occurrence of what is to be replaced by its replacement.
static bool compose_part(struct mapping *mapping, const struct mapping_value *value, struct text part)
{
	for (uint32_t at = 0; at < part.size;) {
		const struct mapping_word *found = NULL;
		for (uint32_t i = 0; i < value->replace.count && !found; i++) {
			const struct mapping_word *word = &mapping->spec.word[value->replace.from + i];
			if (word->from.size && text_starts_with((struct text){ part.at + at, part.size - at }, word->from))
				found = word;
		}
		if (!compose(mapping, found ? found->to : (struct text){ part.at + at, 1 }))
			return false;
		at += found ? found->from.size : 1;
	}
	return true;
}

// The value before its words are translated: one column as it stands, or what is put together. Empty when every part is missing; missing parts are left out.
static bool raw_value(struct mapping *mapping, const struct mapping_value *value, struct text *ret_text)
{
	if (value->part_count == 1 && !value->replace.count) {
		*ret_text = taken(mapping, value->part[0], value->take);
		return true;
	}
	size_t from = mapping->composed_bytes;
	for (uint32_t i = 0; i < value->part_count; i++) {
		struct text part = taken(mapping, value->part[i], value->take);
		if (part.size && mapping->composed_bytes > from && !compose(mapping, value->join))
			return false;
		if (!compose_part(mapping, value, part))
			return false;
	}
	*ret_text = (struct text){ mapping->composed + from, (uint32_t)(mapping->composed_bytes - from) };
	return true;
}

// The value as it goes into the event; empty when it is missing.
static enum status evaluate(struct mapping *mapping, const struct mapping_value *value, const char *field, struct text *ret_text, struct error *error)
{
	struct text text = value->constant;
	if (!value->is_constant && !raw_value(mapping, value, &text))
		return error_set(error, REJECT, "too_large", "the values of the event are longer than %d bytes", COMPOSED_BYTES_MAX);
	if (value->values.count && text.size) {
		for (uint32_t i = 0; i < value->values.count; i++) {
			const struct mapping_word *word = &mapping->spec.word[value->values.from + i];
			if (text_equal(word->from, text)) {
				*ret_text = word->to;
				return OK;
			}
		}
		if (!value->has_otherwise)
			return bad_value(mapping, value, field, text, "is not among the values of the mapping", error);
		text = value->otherwise;
	} else if (!text.size && value->has_otherwise) {
		text = value->otherwise;
	}
	*ret_text = text;
	return OK;
}

static enum status parse_time(const struct mapping *mapping, const struct mapping_value *value, const char *field, struct text text, int64_t *ret_at_ms,
	struct error *error)
{
	for (uint32_t i = 0; i < mapping->spec.format_count; i++)
		if (time_format_parse(mapping->spec.format[i], text, &mapping->spec.zone, ret_at_ms))
			return OK;
	char problem[TIME_FORMAT_BYTES_MAX + 64];
	snprintf(problem, sizeof problem, "is no time of the form %s", mapping->spec.format[0]);
	return bad_value(mapping, value, field, text, problem, error);
}

static enum status set_field(struct mapping *mapping, const struct mapping_field *mapped, struct names *names, struct event *event, struct error *error)
{
	const struct event_field *field = mapped->field;
	const struct mapping_value *value = &mapped->value;
	struct text text = { 0 };
	int64_t at_ms;
	struct error detail = { 0 };
	enum status status = evaluate(mapping, value, field->name, &text, error);
	if (status != OK)
		return status;
	if (!text.size)
		return field->needed_by & (UINT32_C(1) << event->type) ? bad_value(mapping, value, field->name, text, "is missing", error) : OK;
	if (field->form == FIELD_INSTANT) {
		status = parse_time(mapping, value, field->name, text, &at_ms, error);
		return status == OK ? event_field_set_number(field, at_ms, event, error) : status;
	}
	status = event_field_set_text(field, text, names, event, &detail);
	if (status == REJECT)
		return bad_value(mapping, value, field->name, text, detail.text, error);
	return status == OK ? OK : error_set(error, status, detail.reason, "%s", detail.text);
}

// *ret_is_there is false for an event that has no time and so did not happen.
static enum status set_time(struct mapping *mapping, const struct mapping_event_spec *spec, int64_t *ret_at_ms, bool *ret_is_there, struct error *error)
{
	struct text text = { 0 };
	enum status status = evaluate(mapping, &spec->at, "at", &text, error);
	*ret_is_there = true;
	if (status != OK)
		return status;
	if (text.size)
		return parse_time(mapping, &spec->at, "at", text, ret_at_ms, error);
	// A case that is not resolved yet has no time of its resolution; but an update has a time, and so has the receipt.
	*ret_is_there = !mapping->spec.is_case_rows || spec->type == EVENT_RECEIVED;
	return *ret_is_there ? bad_value(mapping, &spec->at, "at", text, "is missing", error) : OK;
}

static enum status make_event(struct mapping *mapping, const struct mapping_event_spec *spec, struct names *names, struct event *event, bool *ret_is_there,
	struct error *error)
{
	*event = event_of(spec->type, 0);
	mapping->composed_bytes = 0;
	enum status status = set_time(mapping, spec, &event->at_ms, ret_is_there, error);
	for (uint32_t i = 0; status == OK && *ret_is_there && i < spec->field_count; i++)
		status = set_field(mapping, &spec->field[i], names, event, error);
	event->seq = mapping->row * MAPPING_EVENTS_MAX + mapping->next_event;
	return status == OK && *ret_is_there ? event_check(event, error) : status;
}

enum status mapping_event(struct mapping *mapping, struct names *names, struct text *ret_ticket_id, struct event *ret_event, bool *ret_is_end, struct error *error)
{
	*ret_is_end = false;
	while (mapping->next_event < mapping->spec.event_count) {
		const struct mapping_event_spec *spec = &mapping->spec.event[mapping->next_event++];
		bool is_there = false;
		if (!happens(mapping, spec))
			continue;
		enum status status = make_event(mapping, spec, names, ret_event, &is_there, error);
		if (status != OK || is_there) {
			*ret_ticket_id = mapping->ticket_id;
			return status;
		}
	}
	*ret_is_end = true;
	return OK;
}

static enum status find_ticket_id(struct mapping *mapping, struct error *error)
{
	struct text text = { 0 };
	mapping->composed_bytes = 0;
	enum status status = evaluate(mapping, &mapping->spec.ticket_id, "ticket_id", &text, error);
	if (status == OK)
		status = event_check_ticket_id(text, error);
	if (status != OK)
		return status;
	memcpy(mapping->id, text.at, text.size);
	mapping->ticket_id = (struct text){ mapping->id, text.size };
	return OK;
}

// Remembers what was known before this row, and learns the row.
static enum status look_back(struct mapping *mapping, struct error *error)
{
	struct mapping_case *one = mapping_cases_of(mapping->cases, mapping->ticket_id);
	if (!one)
		return error_set(error, FATAL, "too_many_cases", "the table has more than %d cases", MAPPING_CASES_MAX);
	mapping->row = one->row_count++;
	uint32_t watched = 0;
	for (uint32_t i = 0; i < mapping->spec.column_count; i++) {
		if (!mapping->spec.column[i].is_watched)
			continue;
		struct text now = own(mapping, i);
		mapping->before[i] = mapping_cases_known(mapping->cases, one, watched);
		if (now.size && !mapping_cases_learn(mapping->cases, one, watched, now))
			return error_set(error, REJECT, "bad_field", "column %u (%.*s): the value is longer than %d bytes", mapping->spec.column[i].place + 1,
				(int)mapping->spec.column[i].name.size, mapping->spec.column[i].name.at, NAME_BYTES_MAX);
		watched++;
	}
	return OK;
}

enum status mapping_row(struct mapping *mapping, const struct text *field, uint32_t count, struct error *error)
{
	mapping->next_event = mapping->spec.event_count;  // a row that is refused has no events
	if (count != mapping->header_count)
		return error_set(error, REJECT, "bad_csv", "the row has %u fields, the header has %u", count, mapping->header_count);
	mapping->field = field;
	mapping->row = 0;
	enum status status = find_ticket_id(mapping, error);
	if (status == OK && !mapping->spec.is_case_rows)
		status = look_back(mapping, error);
	if (status == OK)
		mapping->next_event = 0;
	return status;
}
