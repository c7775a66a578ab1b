// event_field.h - every field of an event by its name: which types have it, what form it has. One table for the readers and writers of text forms.
//
// To add a field: one line in event_field.c, besides event.h, wire.c and the proto file. Common to all types, and not in the table, are ticket_id, at, type, seq and void
// (ticket_id is in it for points, where it is a field like any other).
#ifndef HOTLINE_EVENT_FIELD_H
#define HOTLINE_EVENT_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event.h"

enum field_form {
	FIELD_TEXT,     // free text
	FIELD_NAME,     // of a unit, district or category
	FIELD_WORD,     // one of a few words, such as a level
	FIELD_ANSWER,   // true, false
	FIELD_INSTANT,  // RFC 3339 or Unix milliseconds
	FIELD_INTEGER,
	FIELD_POINTS,   // a decimal number with at most four digits after the point, kept as ten-thousandths
};

struct event_field {
	const char *name;      // "due_at"
	uint32_t types;        // mask of 1 << enum event_type: who has it
	uint32_t needed_by;    // mask: who makes no sense without it. What needs more thought is left to event_check
	enum field_form form;
	uint16_t offset, size; // in struct event
	int8_t absent;         // the number that means "not said"
	enum name_kind kind;   // FIELD_NAME
	const char *(*word)(unsigned number);  // FIELD_WORD: the words from 1 on, NULL past the end
};

extern const struct event_field event_fields[];
extern const size_t event_field_count;

// The field that an event of this type has by this name; NULL when it has none.
const struct event_field *event_field_of(enum event_type type, struct text name);
bool event_field_is_known(struct text name);  // of any type

// Sets a field from its text: a word, "true" or "false", digits, an RFC 3339 instant. Texts are not copied. REJECT bad_field, bad_utf8.
MUST_USE enum status event_field_set_text(const struct event_field *field, struct text text, struct names *names, struct event *event, struct error *error);
// Sets a number, instant, answer or word by its number. REJECT bad_field when the field cannot hold it.
MUST_USE enum status event_field_set_number(const struct event_field *field, int64_t number, struct event *event, struct error *error);

bool event_field_is_there(const struct event_field *field, const struct event *event);
int64_t event_field_number(const struct event_field *field, const struct event *event);  // not of texts and names
struct text event_field_text(const struct event_field *field, const struct event *event, const struct names *names);  // of texts, names and words

// "0.02", "-1.5", "3" as ten-thousandths; false when it is no such number or has more digits than that.
bool points_parse(struct text text, int64_t *ret_points_e4);
enum { POINTS_BYTES = 24 };
void points_format(int64_t points_e4, char ret_string[POINTS_BYTES]);

#endif
