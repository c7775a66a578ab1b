// event.h - one thing that happened to a ticket, or at a unit, as a plain value.
//
// An event is its whole content: two events that are equal in every field but is_void are one event. The order of a ticket's events is
// (at, seq, type, content), so it never depends on arrival. Texts point into memory of somebody else (the message, the page of tickets) and live as long.
#ifndef HOTLINE_EVENT_H
#define HOTLINE_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"
#include "names.h"
#include "text.h"

// Numbers are stored and sent: they never change. The first seven are hotline.v1.EventType, the others hotline.v1.UnitEventType + 16.
enum event_type {
	EVENT_RECEIVED = 1,
	EVENT_DISPATCHED = 2,
	EVENT_RETURNED = 3,
	EVENT_RESOLVED = 4,
	EVENT_RATED = 5,
	EVENT_REVISITED = 6,
	EVENT_LINKED = 7,  // who came before the ticket (link.h). Derived: sent by hotline-tickets itself, and of no text form
	EVENT_LOGGED_IN = 17,
	EVENT_CALLS = 18,
	EVENT_KNOWLEDGE_UPDATED = 19,
	EVENT_POINTS = 20,
	EVENT_MARKED = 21,
	EVENT_TYPE_LIMIT = 22,
};

enum answer { ANSWER_NONE, ANSWER_YES, ANSWER_NO };
enum kind { KIND_NONE, KIND_COMPLAINT, KIND_REQUEST, KIND_ENQUIRY, KIND_SUGGESTION, KIND_PRAISE, KIND_OTHER, KIND_COUNT };
enum level { LEVEL_NONE, LEVEL_PROVINCE, LEVEL_CITY, LEVEL_DISTRICT, LEVEL_COUNT };
enum channel { CHANNEL_NONE, CHANNEL_PHONE, CHANNEL_NETWORK, CHANNEL_COUNT };
enum role { ROLE_NONE, ROLE_LEAD, ROLE_ASSIST, ROLE_COUNT };  // none means lead
enum resolution_outcome { OUTCOME_NONE, OUTCOME_DONE, OUTCOME_EXPLAINED, OUTCOME_REJECTED, OUTCOME_COUNT };

enum { STARS_NONE = -1, STARS_MAX = 5 };

// Limits, in bytes. Longer is refused, never cut.
enum {
	TICKET_ID_BYTES_MAX = 64,
	PERSON_BYTES_MAX = 128,  // caller, signed_by
	PLACE_BYTES_MAX = 256,
	TEXT_BYTES_MAX = 1024,   // title, reason, statute
	PAYLOAD_BYTES_MAX = 8192,
};
#define AMOUNT_MAX INT64_C(1000000000000)  // yuan
#define COUNT_MAX INT64_C(1000000000)      // of calls or updates in one report
#define POINTS_E4_MAX INT64_C(100000000)   // ten thousand points

struct event {
	int64_t at_ms;
	uint32_t seq;
	uint8_t type;      // enum event_type
	bool is_void;
	// received
	uint8_t kind, level, channel;        // enum kind, level, channel; linked: kind is an enum link_kind
	uint8_t answered_directly, valid;    // enum answer, as everything below without another comment
	// dispatched
	uint8_t role, confirmed;             // enum role
	// returned
	uint8_t slip;
	// resolved
	uint8_t outcome, claims_satisfied;   // enum outcome
	// rated and revisited
	uint8_t satisfied, praised, effective, reopen;
	int8_t stars;                        // 0 to 5, STARS_NONE
	name_id unit;                        // dispatched, returned, resolved, and every unit event
	name_id district, category;          // received
	int64_t due_at_ms, accepted_at_ms;   // dispatched; 0 is absent
	int64_t amount;                      // received: yuan; calls: offered; knowledge_updated: count; points: ten-thousandths; linked: revision
	int64_t answered;                    // calls; linked: link_check of the link
	struct text caller, place, title;    // received
	struct text reason;                  // returned, points, marked; linked: a precedence, packed
	struct text signed_by, statute;      // returned
	struct text ticket_id;               // points: what they were given for
};

// An event of the given type with everything absent.
struct event event_of(enum event_type type, int64_t at_ms);

const char *event_type_name(enum event_type type);  // "received"; NULL for a number that is none
enum event_type event_type_of(struct text name);    // 0 when there is none of that name, or nobody but hotline-tickets may send it
bool event_is_of_unit(const struct event *event);   // LOGGED_IN and after

// The words of the JSON form, by number; NULL past the end and for 0. Used by the readers, the console and the docs.
const char *event_kind_name(enum kind kind);
const char *event_level_name(enum level level);
const char *event_channel_name(enum channel channel);
const char *event_role_name(enum role role);
const char *event_outcome_name(enum resolution_outcome outcome);

// Checks ranges, lengths, UTF-8, control characters and what the type needs; clears what does not belong to the type (a rating's unit).
// REJECT with reason bad_field, bad_utf8 or bad_time. Names are checked before they are interned, by event_check_name.
MUST_USE enum status event_check(struct event *event, struct error *error);
MUST_USE enum status event_check_name(enum name_kind kind, struct text name, struct error *error);
MUST_USE enum status event_check_ticket_id(struct text ticket_id, struct error *error);

// The order of a ticket's events; 0 means the same event, is_void apart. Names are compared by their bytes, so two tables of names agree.
int event_compare(const struct event *a, const struct event *b, const struct names *names);

#endif
