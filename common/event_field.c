#include "event_field.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "civil.h"

static const char *kind_word(unsigned number) { return event_kind_name((enum kind)number); }
static const char *level_word(unsigned number) { return event_level_name((enum level)number); }
static const char *channel_word(unsigned number) { return event_channel_name((enum channel)number); }
static const char *role_word(unsigned number) { return event_role_name((enum role)number); }
static const char *outcome_word(unsigned number) { return event_outcome_name((enum resolution_outcome)number); }

#define OF(type) (UINT32_C(1) << EVENT_##type)
#define UNIT_EVENTS (OF(LOGGED_IN) | OF(CALLS) | OF(KNOWLEDGE_UPDATED) | OF(POINTS) | OF(MARKED))
#define AT(member) .offset = offsetof(struct event, member), .size = sizeof(((struct event *)0)->member)
#define WORDS(member, words) { .name = #member, .form = FIELD_WORD, AT(member), .word = words
#define ANSWER(member) { .name = #member, .form = FIELD_ANSWER, AT(member)
#define LINE(member) { .name = #member, .form = FIELD_TEXT, AT(member)

// In the order in which they are written.
const struct event_field event_fields[] = {
	{ .name = "unit", .form = FIELD_NAME, AT(unit), .kind = NAME_UNIT, .types = OF(DISPATCHED) | OF(RETURNED) | OF(RESOLVED) | UNIT_EVENTS,
	  .needed_by = OF(DISPATCHED) | OF(RETURNED) | UNIT_EVENTS },
	WORDS(kind, kind_word), .types = OF(RECEIVED) },
	WORDS(level, level_word), .types = OF(RECEIVED) },
	WORDS(channel, channel_word), .types = OF(RECEIVED) },
	{ .name = "district", .form = FIELD_NAME, AT(district), .kind = NAME_DISTRICT, .types = OF(RECEIVED) },
	{ .name = "category", .form = FIELD_NAME, AT(category), .kind = NAME_CATEGORY, .types = OF(RECEIVED) },
	LINE(caller), .types = OF(RECEIVED) },
	LINE(place), .types = OF(RECEIVED) },
	LINE(title), .types = OF(RECEIVED) },
	{ .name = "amount", .form = FIELD_INTEGER, AT(amount), .types = OF(RECEIVED) },
	ANSWER(answered_directly), .types = OF(RECEIVED) },
	ANSWER(valid), .types = OF(RECEIVED) },
	WORDS(role, role_word), .types = OF(DISPATCHED) },
	{ .name = "due_at", .form = FIELD_INSTANT, AT(due_at_ms), .types = OF(DISPATCHED) },
	{ .name = "accepted_at", .form = FIELD_INSTANT, AT(accepted_at_ms), .types = OF(DISPATCHED) },
	ANSWER(confirmed), .types = OF(DISPATCHED) },
	ANSWER(slip), .types = OF(RETURNED) },
	LINE(signed_by), .types = OF(RETURNED) },
	LINE(statute), .types = OF(RETURNED) },
	WORDS(outcome, outcome_word), .types = OF(RESOLVED) },
	ANSWER(claims_satisfied), .types = OF(RESOLVED) },
	ANSWER(satisfied), .types = OF(RATED) | OF(REVISITED) },
	{ .name = "stars", .form = FIELD_INTEGER, AT(stars), .absent = STARS_NONE, .types = OF(RATED) },
	ANSWER(praised), .types = OF(RATED) },
	ANSWER(effective), .types = OF(REVISITED) },
	ANSWER(reopen), .types = OF(REVISITED) },
	{ .name = "offered", .form = FIELD_INTEGER, AT(amount), .absent = -1, .types = OF(CALLS), .needed_by = OF(CALLS) },
	{ .name = "answered", .form = FIELD_INTEGER, AT(answered), .absent = -1, .types = OF(CALLS), .needed_by = OF(CALLS) },
	{ .name = "count", .form = FIELD_INTEGER, AT(amount), .types = OF(KNOWLEDGE_UPDATED) },
	{ .name = "points", .form = FIELD_POINTS, AT(amount), .absent = -1, .types = OF(POINTS), .needed_by = OF(POINTS) },
	LINE(ticket_id), .types = OF(POINTS) },
	LINE(reason), .types = OF(RETURNED) | OF(POINTS) | OF(MARKED) },
};
const size_t event_field_count = sizeof event_fields / sizeof *event_fields;

const struct event_field *event_field_of(enum event_type type, struct text name)
{
	for (size_t i = 0; i < event_field_count; i++)
		if ((event_fields[i].types & (UINT32_C(1) << type)) && text_equal(name, text_of(event_fields[i].name)))
			return &event_fields[i];
	return NULL;
}

bool event_field_is_known(struct text name)
{
	for (size_t i = 0; i < event_field_count; i++)
		if (text_equal(name, text_of(event_fields[i].name)))
			return true;
	return false;
}

static enum status bad_value(const struct event_field *field, struct text text, const char *wanted, struct error *error)
{
	int size = text.size > 80 ? 80 : (int)text.size;
	return error_set(error, REJECT, "bad_field", "%s is \"%.*s\", wanted is %s", field->name, size, text.at, wanted);
}

static void *member(const struct event_field *field, struct event *event) { return (char *)event + field->offset; }
static const void *member_of(const struct event_field *field, const struct event *event) { return (const char *)event + field->offset; }

enum status event_field_set_number(const struct event_field *field, int64_t number, struct event *event, struct error *error)
{
	bool fits = true;
	if (field->size == sizeof(int64_t))
		memcpy(member(field, event), &number, sizeof number);
	else if ((fits = number >= 0 && number <= INT8_MAX))  // numbers of one byte are words, answers and stars
		*(uint8_t *)member(field, event) = (uint8_t)number;
	if (!fits)
		return error_set(error, REJECT, "bad_field", "%s is out of range: %" PRId64, field->name, number);
	return OK;
}

static enum status set_name(const struct event_field *field, struct text text, struct names *names, struct event *event, struct error *error)
{
	enum status status = event_check_name(field->kind, text, error);
	if (status != OK)
		return status;
	name_id id = text.size ? names_intern(names, field->kind, text) : 0;
	if (text.size && !id)
		return error_set(error, FATAL, "too_many_names", "there are more than %d names", NAME_COUNT_MAX);
	memcpy(member(field, event), &id, sizeof id);
	return OK;
}

static enum status set_word(const struct event_field *field, struct text text, struct event *event, struct error *error)
{
	char words[128] = "";
	size_t size = 0;
	for (unsigned i = 1; field->word(i); i++) {
		if (text_equal(text, text_of(field->word(i))))
			return event_field_set_number(field, i, event, error);
		size += (size_t)snprintf(words + size, sizeof words - size, "%s%s", i > 1 ? ", " : "one of ", field->word(i));
	}
	return bad_value(field, text, words, error);
}

static bool parse_integer(struct text text, int64_t *ret_number)
{
	uint32_t i = text.size && text.at[0] == '-';
	if (i == text.size || text.size - i > 18)
		return false;
	int64_t number = 0;
	for (uint32_t k = i; k < text.size; k++) {
		if (text.at[k] < '0' || text.at[k] > '9')
			return false;
		number = number * 10 + (text.at[k] - '0');
	}
	*ret_number = i ? -number : number;
	return true;
}

enum status event_field_set_text(const struct event_field *field, struct text text, struct names *names, struct event *event, struct error *error)
{
	int64_t number;
	switch (field->form) {
	case FIELD_TEXT:
		memcpy(member(field, event), &text, sizeof text);
		return OK;
	case FIELD_NAME:
		return set_name(field, text, names, event, error);
	case FIELD_WORD:
		return set_word(field, text, event, error);
	case FIELD_ANSWER:
		if (!text_equal(text, TEXT("true")) && !text_equal(text, TEXT("false")))
			return bad_value(field, text, "true or false", error);
		return event_field_set_number(field, text.size == 4 ? ANSWER_YES : ANSWER_NO, event, error);
	case FIELD_INSTANT:
		if (!civil_parse_instant(text, &number))
			return bad_value(field, text, "an instant with its offset, such as 2024-03-05T09:12:00+08:00", error);
		return event_field_set_number(field, number, event, error);
	case FIELD_INTEGER:
		if (!parse_integer(text, &number))
			return bad_value(field, text, "a whole number", error);
		return event_field_set_number(field, number, event, error);
	case FIELD_POINTS:
		if (!points_parse(text, &number))
			return bad_value(field, text, "a decimal number with at most four digits after the point", error);
		return event_field_set_number(field, number, event, error);
	}
	return FATAL;
}

int64_t event_field_number(const struct event_field *field, const struct event *event)
{
	int64_t number = 0;
	if (field->size == sizeof number)
		memcpy(&number, member_of(field, event), sizeof number);
	else
		number = *(const int8_t *)member_of(field, event);
	return number;
}

struct text event_field_text(const struct event_field *field, const struct event *event, const struct names *names)
{
	if (field->form == FIELD_WORD)
		return text_of(field->word((unsigned)event_field_number(field, event)));
	if (field->form == FIELD_NAME) {
		name_id id;
		memcpy(&id, member_of(field, event), sizeof id);
		return names_text(names, id);
	}
	struct text text;
	memcpy(&text, member_of(field, event), sizeof text);
	return text;
}

bool event_field_is_there(const struct event_field *field, const struct event *event)
{
	if (!(field->types & (UINT32_C(1) << event->type)))
		return false;
	if (field->form == FIELD_NAME) {
		name_id id;
		memcpy(&id, member_of(field, event), sizeof id);
		return id != 0;
	}
	if (field->form == FIELD_TEXT)
		return event_field_text(field, event, NULL).size > 0;
	return (field->needed_by & (UINT32_C(1) << event->type)) || event_field_number(field, event) != field->absent;
}

enum { POINTS_DIGITS = 4, POINTS_WHOLE_DIGITS_MAX = 12 };

bool points_parse(struct text text, int64_t *ret_points_e4)
{
	uint32_t i = text.size && (text.at[0] == '-' || text.at[0] == '+');
	uint32_t whole = 0, fraction = 0;
	bool has_point = false;
	int64_t number = 0;
	for (uint32_t k = i; k < text.size; k++) {
		if (text.at[k] == '.' && !has_point && whole) {
			has_point = true;
			continue;
		}
		if (text.at[k] < '0' || text.at[k] > '9' || whole == POINTS_WHOLE_DIGITS_MAX || fraction == POINTS_DIGITS)
			return false;
		number = number * 10 + (text.at[k] - '0');
		*(has_point ? &fraction : &whole) += 1;
	}
	if (!whole || (has_point && !fraction))
		return false;
	for (; fraction < POINTS_DIGITS; fraction++)
		number *= 10;
	*ret_points_e4 = text.at[0] == '-' ? -number : number;
	return true;
}

void points_format(int64_t points_e4, char ret_string[POINTS_BYTES])
{
	uint64_t size = points_e4 < 0 ? -(uint64_t)points_e4 : (uint64_t)points_e4;
	int length = snprintf(ret_string, POINTS_BYTES, "%s%" PRIu64 ".%04u", points_e4 < 0 ? "-" : "", size / 10000, (unsigned)(size % 10000));
	while (ret_string[length - 1] == '0')
		length--;
	if (ret_string[length - 1] == '.')
		length--;
	ret_string[length] = '\0';
}
