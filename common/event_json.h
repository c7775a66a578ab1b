// event_json.h - events as JSON Lines, both ways. Source: design.md, "Events as JSON Lines".
#ifndef HOTLINE_EVENT_JSON_H
#define HOTLINE_EVENT_JSON_H

#include <stddef.h>
#include <stdint.h>

#include "event.h"

enum {
	EVENT_LINE_BYTES_MAX = 8 * PAYLOAD_BYTES_MAX,  // room for a payload that is all escapes of six bytes
	EVENT_LINE_WRITE_BYTES_MAX = EVENT_LINE_BYTES_MAX,
};

// Memory for the texts of one event. Reuse it from line to line.
struct event_json_arena {
	size_t used;
	char bytes[PAYLOAD_BYTES_MAX];
};

// Reads one line. The ticket id is empty for an event of a unit; texts live in the arena. Strict: a key that is unknown or that this type does not have,
// a value of another JSON type, or a missing field is a REJECT (bad_json, unknown_key, bad_field, bad_utf8, bad_time) whose sentence starts with
// the column, in characters from 1, wherever it is known. A null counts as absent, as in proto3's JSON. FATAL too_many_names.
MUST_USE enum status event_json_read(struct text line, struct names *names, struct event_json_arena *arena, struct text *ret_ticket_id, struct event *ret_event,
	struct error *error);

// Writes one line without its newline; instants are RFC 3339 in the given zone. Returns its length, 0 when it does not fit. Reading it gives the same event.
size_t event_json_write(struct text ticket_id, const struct event *event, const struct names *names, int32_t zone_ms, char *ret_line, size_t capacity);

#endif
