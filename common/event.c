#include "event.h"

#include <string.h>

#include "civil.h"
#include "link.h"

struct event event_of(enum event_type type, int64_t at_ms)
{
	return (struct event){ .type = (uint8_t)type, .at_ms = at_ms, .stars = STARS_NONE };
}

static const char *const type_names[EVENT_TYPE_LIMIT] = {
	[EVENT_RECEIVED] = "received",
	[EVENT_DISPATCHED] = "dispatched",
	[EVENT_RETURNED] = "returned",
	[EVENT_RESOLVED] = "resolved",
	[EVENT_RATED] = "rated",
	[EVENT_REVISITED] = "revisited",
	[EVENT_LINKED] = "linked",
	[EVENT_LOGGED_IN] = "logged_in",
	[EVENT_CALLS] = "calls",
	[EVENT_KNOWLEDGE_UPDATED] = "knowledge_updated",
	[EVENT_POINTS] = "points",
	[EVENT_MARKED] = "marked",
};

const char *event_type_name(enum event_type type)
{
	return (unsigned)type < EVENT_TYPE_LIMIT ? type_names[type] : NULL;
}

enum event_type event_type_of(struct text name)
{
	for (unsigned i = 1; i < EVENT_TYPE_LIMIT; i++)
		if (type_names[i] && i != EVENT_LINKED && text_equal(name, text_of(type_names[i])))
			return (enum event_type)i;
	return (enum event_type)0;
}

bool event_is_of_unit(const struct event *event)
{
	return event->type >= EVENT_LOGGED_IN;
}

#define WORD(function, argument, limit, ...) \
	const char *function(argument value) \
	{ \
		static const char *const words[limit] = { NULL, __VA_ARGS__ }; \
		return (unsigned)value < (unsigned)(limit) ? words[value] : NULL; \
	}
WORD(event_kind_name, enum kind, KIND_COUNT, "complaint", "request", "enquiry", "suggestion", "praise", "other")
WORD(event_level_name, enum level, LEVEL_COUNT, "province", "city", "district")
WORD(event_channel_name, enum channel, CHANNEL_COUNT, "phone", "network")
WORD(event_role_name, enum role, ROLE_COUNT, "lead", "assist")
WORD(event_outcome_name, enum resolution_outcome, OUTCOME_COUNT, "done", "explained", "rejected")
#undef WORD

static enum status check_text(struct text text, uint32_t max, const char *field, struct error *error)
{
	if (text.size > max)
		return error_set(error, REJECT, "bad_field", "%s is too long: %u bytes, at most %u", field, text.size, max);
	if (!text_is_utf8(text))
		return error_set(error, REJECT, "bad_utf8", "%s is not UTF-8", field);
	return OK;
}

static enum status check_line(struct text text, uint32_t max, const char *field, struct error *error)
{
	if (text_has_control(text))
		return error_set(error, REJECT, "bad_field", "%s holds a control character", field);
	return check_text(text, max, field, error);
}

enum status event_check_ticket_id(struct text ticket_id, struct error *error)
{
	if (!ticket_id.size)
		return error_set(error, REJECT, "bad_field", "ticket_id is missing");
	return check_line(ticket_id, TICKET_ID_BYTES_MAX, "ticket_id", error);
}

// Source: design.md, "Names of units, districts and categories may not hold ...".
enum status event_check_name(enum name_kind kind, struct text name, struct error *error)
{
	static const char *const field[NAME_KIND_COUNT] = { "city", "district", "group", "unit", "category" };
	enum status status = check_line(name, NAME_BYTES_MAX, field[kind], error);
	if (status != OK || !name.size)
		return status;
	if (memchr(name.at, '{', name.size) || memchr(name.at, '}', name.size))
		return error_set(error, REJECT, "bad_field", "%s holds a brace", field[kind]);
	if (kind != NAME_CATEGORY && memchr(name.at, '/', name.size))
		return error_set(error, REJECT, "bad_field", "%s holds a slash", field[kind]);
	if (kind == NAME_CATEGORY && (name.at[0] == '/' || name.at[name.size - 1] == '/' || memmem(name.at, name.size, "//", 2)))
		return error_set(error, REJECT, "bad_field", "category has an empty part");
	return OK;
}

static enum status check_instant(int64_t at_ms, const char *field, struct error *error)
{
	if (at_ms <= INSTANT_MIN_MS || at_ms > INSTANT_MAX_MS)
		return error_set(error, REJECT, "bad_time", "%s is out of range: %lld ms", field, (long long)at_ms);
	return OK;
}

static enum status check_optional_instant(int64_t at_ms, const char *field, struct error *error)
{
	return at_ms ? check_instant(at_ms, field, error) : OK;
}

static enum status check_number(int64_t number, int64_t min, int64_t max, const char *field, struct error *error)
{
	if (number < min || number > max)
		return error_set(error, REJECT, "bad_field", "%s is out of range: %lld, allowed are %lld to %lld", field, (long long)number, (long long)min, (long long)max);
	return OK;
}

static enum status need_unit(const struct event *event, struct error *error)
{
	return event->unit ? OK : error_set(error, REJECT, "bad_field", "unit is missing");
}

#define TRY(call) \
	do { \
		enum status try_status = (call); \
		if (try_status != OK) \
			return try_status; \
	} while (0)

// Each check_TYPE copies what belongs to the type into a clean event, and checks it.
static enum status check_received(const struct event *in, struct event *out, struct error *error)
{
	TRY(check_number(in->kind, 0, KIND_COUNT - 1, "kind", error));
	TRY(check_number(in->level, 0, LEVEL_COUNT - 1, "level", error));
	TRY(check_number(in->channel, 0, CHANNEL_COUNT - 1, "channel", error));
	TRY(check_number(in->amount, 0, AMOUNT_MAX, "amount", error));
	TRY(check_line(in->caller, PERSON_BYTES_MAX, "caller", error));
	TRY(check_line(in->place, PLACE_BYTES_MAX, "place", error));
	TRY(check_text(in->title, TEXT_BYTES_MAX, "title", error));
	out->kind = in->kind, out->level = in->level, out->channel = in->channel;
	out->answered_directly = in->answered_directly, out->valid = in->valid;
	out->district = in->district, out->category = in->category, out->amount = in->amount;
	out->caller = in->caller, out->place = in->place, out->title = in->title;
	return OK;
}

static enum status check_dispatched(const struct event *in, struct event *out, struct error *error)
{
	TRY(need_unit(in, error));
	TRY(check_number(in->role, 0, ROLE_COUNT - 1, "role", error));
	TRY(check_optional_instant(in->due_at_ms, "due_at", error));
	TRY(check_optional_instant(in->accepted_at_ms, "accepted_at", error));
	out->unit = in->unit, out->role = in->role == ROLE_LEAD ? ROLE_NONE : in->role, out->confirmed = in->confirmed;
	out->due_at_ms = in->due_at_ms, out->accepted_at_ms = in->accepted_at_ms;
	return OK;
}

static enum status check_returned(const struct event *in, struct event *out, struct error *error)
{
	TRY(need_unit(in, error));
	TRY(check_text(in->reason, TEXT_BYTES_MAX, "reason", error));
	TRY(check_text(in->statute, TEXT_BYTES_MAX, "statute", error));
	TRY(check_line(in->signed_by, PERSON_BYTES_MAX, "signed_by", error));
	out->unit = in->unit, out->slip = in->slip, out->reason = in->reason, out->statute = in->statute, out->signed_by = in->signed_by;
	return OK;
}

static enum status check_resolved(const struct event *in, struct event *out, struct error *error)
{
	TRY(check_number(in->outcome, 0, OUTCOME_COUNT - 1, "outcome", error));
	out->unit = in->unit, out->outcome = in->outcome, out->claims_satisfied = in->claims_satisfied;
	return OK;
}

static enum status check_rated(const struct event *in, struct event *out, struct error *error)
{
	TRY(check_number(in->stars, STARS_NONE, STARS_MAX, "stars", error));
	if (in->satisfied == ANSWER_NONE && in->stars == STARS_NONE && in->praised == ANSWER_NONE)
		return error_set(error, REJECT, "bad_field", "a rating needs one of satisfied, stars and praised");
	out->stars = in->stars, out->satisfied = in->satisfied, out->praised = in->praised;
	return OK;
}

static enum status check_revisited(const struct event *in, struct event *out, struct error *error)
{
	(void)error;
	out->effective = in->effective, out->satisfied = in->satisfied, out->reopen = in->reopen;
	return OK;
}

// Nobody takes it back: a newer one replaces it.
static enum status check_linked(const struct event *in, struct event *out, struct error *error)
{
	struct precedence precedence;
	TRY(check_number(in->kind, LINK_CALLER, LINK_KIND_COUNT - 1, "link", error));
	TRY(check_number(in->amount, 0, INT64_MAX, "link_revision", error));
	TRY(check_number(in->answered, 0, UINT32_MAX, "link_check", error));
	if (in->reason.size > PRECEDENCE_BYTES_MAX || !precedence_unpack(in->reason, &precedence))
		return error_set(error, REJECT, "bad_field", "earlier is broken");
	out->kind = in->kind, out->amount = in->amount, out->answered = in->answered, out->reason = in->reason;
	out->seq = 0;
	out->is_void = false;
	return OK;
}

static enum status check_unit_event(const struct event *in, struct event *out, struct error *error)
{
	TRY(need_unit(in, error));
	out->unit = in->unit;
	switch (in->type) {
	case EVENT_CALLS:
		TRY(check_number(in->amount, 0, COUNT_MAX, "offered", error));
		TRY(check_number(in->answered, 0, in->amount, "answered", error));
		out->amount = in->amount, out->answered = in->answered;
		break;
	case EVENT_KNOWLEDGE_UPDATED:
		TRY(check_number(in->amount, 0, COUNT_MAX, "count", error));
		out->amount = in->amount ? in->amount : 1;
		break;
	case EVENT_POINTS:
		TRY(check_number(in->amount, -POINTS_E4_MAX, POINTS_E4_MAX, "points", error));
		TRY(check_line(in->ticket_id, TICKET_ID_BYTES_MAX, "ticket_id", error));
		out->amount = in->amount, out->ticket_id = in->ticket_id;
		break;
	}
	TRY(check_text(in->reason, TEXT_BYTES_MAX, "reason", error));
	if (in->type == EVENT_POINTS || in->type == EVENT_MARKED)
		out->reason = in->reason;
	return OK;
}

static enum status check_answers(const struct event *event, struct error *error)
{
	const uint8_t answer[] = { event->answered_directly, event->valid, event->confirmed, event->slip, event->claims_satisfied, event->satisfied, event->praised,
		event->effective, event->reopen };
	for (size_t i = 0; i < sizeof answer; i++)
		if (answer[i] > ANSWER_NO)
			return error_set(error, REJECT, "bad_field", "an answer is out of range: %u", answer[i]);
	return OK;
}

enum status event_check(struct event *event, struct error *error)
{
	if (!event_type_name(event->type))
		return error_set(error, REJECT, "bad_field", "unknown type %u", event->type);
	TRY(check_instant(event->at_ms, "at", error));
	TRY(check_answers(event, error));
	static enum status (*const check[EVENT_TYPE_LIMIT])(const struct event *, struct event *, struct error *) = {
		[EVENT_RECEIVED] = check_received,
		[EVENT_DISPATCHED] = check_dispatched,
		[EVENT_RETURNED] = check_returned,
		[EVENT_RESOLVED] = check_resolved,
		[EVENT_RATED] = check_rated,
		[EVENT_REVISITED] = check_revisited,
		[EVENT_LINKED] = check_linked,
		[EVENT_LOGGED_IN] = check_unit_event,
		[EVENT_CALLS] = check_unit_event,
		[EVENT_KNOWLEDGE_UPDATED] = check_unit_event,
		[EVENT_POINTS] = check_unit_event,
		[EVENT_MARKED] = check_unit_event,
	};
	struct event clean = event_of(event->type, event->at_ms);
	clean.seq = event->seq;
	clean.is_void = event->is_void;
	TRY(check[event->type](event, &clean, error));
	*event = clean;
	return OK;
}

static int compare_integers(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static int compare_names(name_id a, name_id b, const struct names *names)
{
	return a == b ? 0 : text_compare(names_text(names, a), names_text(names, b));
}

int event_compare(const struct event *a, const struct event *b, const struct names *names)
{
	int order = compare_integers(a->at_ms, b->at_ms);
	if (order)
		return order;
	const int64_t left[] = { a->seq, a->type, a->kind, a->level, a->channel, a->answered_directly, a->valid, a->role, a->confirmed, a->slip, a->outcome,
		a->claims_satisfied, a->satisfied, a->praised, a->effective, a->reopen, a->stars, a->due_at_ms, a->accepted_at_ms, a->amount, a->answered };
	const int64_t right[] = { b->seq, b->type, b->kind, b->level, b->channel, b->answered_directly, b->valid, b->role, b->confirmed, b->slip, b->outcome,
		b->claims_satisfied, b->satisfied, b->praised, b->effective, b->reopen, b->stars, b->due_at_ms, b->accepted_at_ms, b->amount, b->answered };
	for (size_t i = 0; i < sizeof left / sizeof *left; i++)
		if ((order = compare_integers(left[i], right[i])))
			return order;
	if ((order = compare_names(a->unit, b->unit, names)) || (order = compare_names(a->district, b->district, names)) ||
	    (order = compare_names(a->category, b->category, names)))
		return order;
	const struct text first[] = { a->caller, a->place, a->title, a->reason, a->signed_by, a->statute, a->ticket_id };
	const struct text second[] = { b->caller, b->place, b->title, b->reason, b->signed_by, b->statute, b->ticket_id };
	for (size_t i = 0; i < sizeof first / sizeof *first; i++)
		if ((order = text_compare(first[i], second[i])))
			return order;
	return 0;
}
