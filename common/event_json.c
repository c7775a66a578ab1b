#include "event_json.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "civil.h"
#include "event_field.h"

// What is being read: shared by the small functions below.
struct reading {
	struct text line;
	struct names *names;
	struct event_json_arena *arena;
	struct event *event;
	struct text ticket_id;
	struct error *error;
};

// Where a key stands in the line, in characters from 1; 0 when it is not found (written with escapes).
static unsigned key_column(struct text line, const char *key)
{
	size_t size = strlen(key);
	unsigned column = 1;
	for (uint32_t i = 0; i + size + 2 < line.size; i++) {
		if (line.at[i] == '"' && memcmp(line.at + i + 1, key, size) == 0 && line.at[i + 1 + size] == '"') {
			uint32_t k = i + 2 + (uint32_t)size;
			while (k < line.size && (line.at[k] == ' ' || line.at[k] == '\t'))
				k++;
			if (k < line.size && line.at[k] == ':')
				return column;
		}
		column += ((uint8_t)line.at[i] & 0xc0) != 0x80;
	}
	return 0;
}

__attribute__((format(printf, 4, 5)))
static enum status bad(struct reading *reading, const char *reason, const char *key, const char *format, ...)
{
	char text[ERROR_TEXT_BYTES];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	unsigned column = key_column(reading->line, key);
	if (!column)
		return error_set(reading->error, REJECT, reason, "%.400s", text);
	return error_set(reading->error, REJECT, reason, "column %u: %.400s", column, text);
}

static enum status wrong_type(struct reading *reading, const char *key, const char *wanted)
{
	return bad(reading, "bad_field", key, "%s must be %s", key, wanted);
}

// Copies a JSON string, which dies with its document, into the arena.
static enum status keep_text(struct reading *reading, const char *key, const json_t *value, struct text *ret_text)
{
	size_t size = json_string_length(value);
	struct event_json_arena *arena = reading->arena;
	if (size > sizeof arena->bytes - arena->used)
		return bad(reading, "too_large", key, "the texts are longer than %d bytes", PAYLOAD_BYTES_MAX);
	if (size)
		memcpy(arena->bytes + arena->used, json_string_value(value), size);
	*ret_text = (struct text){ arena->bytes + arena->used, (uint32_t)size };
	arena->used += size;
	return OK;
}

// A number with at most four digits after the point is the nearest double of ten-thousandths, so dividing gives it back exactly.
static bool points_of_real(double real, int64_t *ret_points_e4)
{
	const double max = (double)POINTS_E4_MAX;
	if (!(real >= -max && real <= max))
		return false;
	*ret_points_e4 = (int64_t)(real * 10000.0 + (real < 0 ? -0.5 : 0.5));
	return (double)*ret_points_e4 / 10000.0 == real;
}

static enum status read_points(struct reading *reading, const struct event_field *field, const json_t *value)
{
	int64_t points;
	struct text text = { json_string_value(value), (uint32_t)json_string_length(value) };
	bool is_good = json_is_string(value) ? points_parse(text, &points) : json_is_number(value) && points_of_real(json_number_value(value), &points);
	if (!is_good)
		return wrong_type(reading, field->name, "a decimal number with at most four digits after the point");
	return event_field_set_number(field, points, reading->event, reading->error);
}

static enum status read_instant(struct reading *reading, const char *key, const json_t *value, int64_t *ret_at_ms)
{
	if (json_is_integer(value)) {
		*ret_at_ms = json_integer_value(value);
		return OK;
	}
	struct text text = { json_string_value(value), (uint32_t)json_string_length(value) };
	if (json_is_string(value) && civil_parse_instant(text, ret_at_ms))
		return OK;
	return wrong_type(reading, key, "an instant with its offset, such as \"2024-03-05T09:12:00+08:00\", or Unix milliseconds");
}

static enum status read_string(struct reading *reading, const struct event_field *field, const json_t *value)
{
	struct text text;
	if (!json_is_string(value))
		return wrong_type(reading, field->name, "a string");
	enum status status = keep_text(reading, field->name, value, &text);
	if (status != OK)
		return status;
	struct error error = { 0 };
	status = event_field_set_text(field, text, reading->names, reading->event, &error);
	if (status == REJECT)
		return bad(reading, error.reason, field->name, "%s", error.text);
	return status == OK ? OK : error_set(reading->error, status, error.reason, "%s", error.text);
}

static enum status read_field(struct reading *reading, const struct event_field *field, const json_t *value)
{
	int64_t number;
	enum status status;
	switch (field->form) {
	case FIELD_ANSWER:
		if (!json_is_boolean(value))
			return wrong_type(reading, field->name, "true or false");
		return event_field_set_number(field, json_is_true(value) ? ANSWER_YES : ANSWER_NO, reading->event, reading->error);
	case FIELD_INSTANT:
		status = read_instant(reading, field->name, value, &number);
		return status == OK ? event_field_set_number(field, number, reading->event, reading->error) : status;
	case FIELD_INTEGER:
		if (!json_is_integer(value))
			return wrong_type(reading, field->name, "a whole number");
		if (event_field_set_number(field, json_integer_value(value), reading->event, NULL) != OK)
			return wrong_type(reading, field->name, "a number in its range");
		return OK;
	case FIELD_POINTS:
		return read_points(reading, field, value);
	default:
		return read_string(reading, field, value);
	}
}

static bool is_common(const struct reading *reading, const char *key)
{
	static const char *const keys[] = { "at", "type", "seq", "void" };
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		if (strcmp(key, keys[i]) == 0)
			return true;
	return strcmp(key, "ticket_id") == 0 && !event_is_of_unit(reading->event);
}

static enum status read_common(struct reading *reading, const char *key, const json_t *value)
{
	if (strcmp(key, "at") == 0)
		return read_instant(reading, key, value, &reading->event->at_ms);
	if (strcmp(key, "seq") == 0) {
		if (!json_is_integer(value) || json_integer_value(value) < 0 || json_integer_value(value) > UINT32_MAX)
			return wrong_type(reading, key, "a whole number from 0 to 4294967295");
		reading->event->seq = (uint32_t)json_integer_value(value);
		return OK;
	}
	if (strcmp(key, "void") == 0) {
		if (!json_is_boolean(value))
			return wrong_type(reading, key, "true or false");
		reading->event->is_void = json_is_true(value);
		return OK;
	}
	if (strcmp(key, "ticket_id") == 0) {
		if (!json_is_string(value))
			return wrong_type(reading, key, "a string");
		return keep_text(reading, key, value, &reading->ticket_id);
	}
	return OK;  // the type was read first
}

static enum status read_key(struct reading *reading, const char *key, const json_t *value)
{
	if (is_common(reading, key))
		return json_is_null(value) ? OK : read_common(reading, key, value);
	const struct event_field *field = event_field_of(reading->event->type, text_of(key));
	if (field)
		return json_is_null(value) ? OK : read_field(reading, field, value);
	if (strcmp(key, "unit") == 0 && json_is_string(value))
		return OK;  // exports tell the unit everywhere; where a type has none it says nothing new
	if (event_field_is_known(text_of(key)) || strcmp(key, "ticket_id") == 0)
		return bad(reading, "unknown_key", key, "%s does not belong to an event of type %s", key, event_type_name(reading->event->type));
	return bad(reading, "unknown_key", key, "unknown key %.64s", key);
}

static enum status need_fields(struct reading *reading, const json_t *object)
{
	const struct event *event = reading->event;
	const json_t *at = json_object_get(object, "at");
	if (!at || json_is_null(at))
		return error_set(reading->error, REJECT, "bad_field", "at is missing");
	for (size_t i = 0; i < event_field_count; i++) {
		const struct event_field *field = &event_fields[i];
		const json_t *value = json_object_get(object, field->name);
		if ((field->needed_by & (UINT32_C(1) << event->type)) && (!value || json_is_null(value)))
			return error_set(reading->error, REJECT, "bad_field", "%s is missing", field->name);
	}
	return event_is_of_unit(event) ? OK : event_check_ticket_id(reading->ticket_id, reading->error);
}

static enum status read_type(struct reading *reading, const json_t *object)
{
	const json_t *value = json_object_get(object, "type");
	if (!value)
		return error_set(reading->error, REJECT, "bad_field", "type is missing");
	struct text text = { json_string_value(value), (uint32_t)json_string_length(value) };
	enum event_type type = json_is_string(value) ? event_type_of(text) : 0;
	if (!type)
		return bad(reading, "bad_field", "type", "unknown type \"%.*s\"", text.size > 32 ? 32 : (int)text.size, text.at ? text.at : "");
	*reading->event = event_of(type, 0);
	return OK;
}

static enum status read_object(struct reading *reading, json_t *object)
{
	if (!json_is_object(object))
		return error_set(reading->error, REJECT, "bad_json", "a line must be one object");
	enum status status = read_type(reading, object);
	const char *key;
	json_t *value;
	json_object_foreach(object, key, value) {
		if (status == OK)
			status = read_key(reading, key, value);
	}
	if (status == OK)
		status = need_fields(reading, object);
	return status == OK ? event_check(reading->event, reading->error) : status;
}

enum status event_json_read(struct text line, struct names *names, struct event_json_arena *arena, struct text *ret_ticket_id, struct event *ret_event,
	struct error *error)
{
	json_error_t json_error;
	json_t *object = json_loadb(line.at ? line.at : "", line.size, JSON_REJECT_DUPLICATES, &json_error);
	if (!object)
		return error_set(error, REJECT, "bad_json", "column %d: %s", json_error.column, json_error.text);
	struct event event;
	struct reading reading = { .line = line, .names = names, .arena = arena, .event = &event, .error = error };
	arena->used = 0;
	enum status status = read_object(&reading, object);
	json_decref(object);
	if (status == OK) {
		*ret_event = event;
		*ret_ticket_id = reading.ticket_id;
	}
	return status;
}

// A line that is being written. What does not fit is left out and remembered.
struct writing {
	char *line;
	size_t size, capacity;
	bool is_full;
};

static void put(struct writing *writing, const char *bytes, size_t size)
{
	if (writing->is_full || size >= writing->capacity - writing->size) {
		writing->is_full = true;
		return;
	}
	memcpy(writing->line + writing->size, bytes, size);
	writing->size += size;
}

static void put_string(struct writing *writing, struct text text)
{
	put(writing, "\"", 1);
	for (uint32_t i = 0, from = 0; i <= text.size; i++) {
		uint8_t byte = i < text.size ? (uint8_t)text.at[i] : 0;
		if (byte >= 0x20 && byte != '"' && byte != '\\')
			continue;
		put(writing, text.at + from, i - from);
		from = i + 1;
		if (i == text.size)
			break;
		char escape[8];
		int size = byte < 0x20 ? snprintf(escape, sizeof escape, "\\u%04x", byte) : snprintf(escape, sizeof escape, "\\%c", byte);
		put(writing, escape, (size_t)size);
	}
	put(writing, "\"", 1);
}

static void put_key(struct writing *writing, const char *key)
{
	put(writing, writing->size > 1 ? "," : "", writing->size > 1);
	put_string(writing, text_of(key));
	put(writing, ":", 1);
}

static void put_number(struct writing *writing, int64_t number)
{
	char text[24];
	int size = snprintf(text, sizeof text, "%" PRId64, number);
	put(writing, text, (size_t)size);
}

static void put_instant(struct writing *writing, int64_t at_ms, int32_t zone_ms)
{
	char text[CIVIL_INSTANT_BYTES];
	civil_format_instant(at_ms, zone_ms, text);
	put_string(writing, text_of(text));
}

static void put_field(struct writing *writing, const struct event_field *field, const struct event *event, const struct names *names, int32_t zone_ms)
{
	char points[POINTS_BYTES];
	put_key(writing, field->name);
	switch (field->form) {
	case FIELD_TEXT:
	case FIELD_NAME:
	case FIELD_WORD:
		put_string(writing, event_field_text(field, event, names));
		break;
	case FIELD_ANSWER: {
		bool is_yes = event_field_number(field, event) == ANSWER_YES;
		put(writing, is_yes ? "true" : "false", is_yes ? 4 : 5);
		break;
	}
	case FIELD_INSTANT:
		put_instant(writing, event_field_number(field, event), zone_ms);
		break;
	case FIELD_INTEGER:
		put_number(writing, event_field_number(field, event));
		break;
	case FIELD_POINTS:
		points_format(event_field_number(field, event), points);
		put_string(writing, text_of(points));
		break;
	}
}

size_t event_json_write(struct text ticket_id, const struct event *event, const struct names *names, int32_t zone_ms, char *ret_line, size_t capacity)
{
	if (!capacity)
		return 0;
	struct writing writing = { .line = ret_line, .capacity = capacity };
	put(&writing, "{", 1);
	if (!event_is_of_unit(event)) {
		put_key(&writing, "ticket_id");
		put_string(&writing, ticket_id);
	}
	put_key(&writing, "at");
	put_instant(&writing, event->at_ms, zone_ms);
	put_key(&writing, "type");
	put_string(&writing, text_of(event_type_name(event->type)));
	if (event->seq) {
		put_key(&writing, "seq");
		put_number(&writing, event->seq);
	}
	for (size_t i = 0; i < event_field_count; i++)
		if (event_field_is_there(&event_fields[i], event))
			put_field(&writing, &event_fields[i], event, names, zone_ms);
	if (event->is_void) {
		put_key(&writing, "void");
		put(&writing, "true", 4);
	}
	put(&writing, "}", 1);
	if (writing.is_full)
		return 0;
	ret_line[writing.size] = '\0';
	return writing.size;
}
