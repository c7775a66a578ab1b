#include "wire.h"

#include <assert.h>
#include <string.h>

#include "alert.pb-c.h"
#include "civil.h"
#include "counter_change.pb-c.h"
#include "ticket_event.pb-c.h"
#include "unit_counters.pb-c.h"
#include "unit_event.pb-c.h"
#include "varint.h"
#include "wire_flat.h"

// protobuf-c asks for memory here; nothing is given back one by one. Without room it gets NULL and refuses the message.
static void *arena_take(void *self, size_t size)
{
	struct wire_arena *arena = self;
	size_t rounded = (size + 15) & ~(size_t)15;
	if (rounded < size || rounded > WIRE_ARENA_BYTES - arena->used)
		return NULL;
	void *memory = arena->bytes + arena->used;
	arena->used += rounded;
	return memory;
}

static void arena_keep(void *self, void *memory)
{
	(void)self;
	(void)memory;
}

static ProtobufCMessage *unpack(const ProtobufCMessageDescriptor *type, struct text value, struct wire_arena *arena, struct error *error)
{
	ProtobufCAllocator allocator = { arena_take, arena_keep, arena };
	ProtobufCMessage *message = protobuf_c_message_unpack(type, &allocator, value.size, (const uint8_t *)value.at);
	if (!message)
		(void)error_set(error, REJECT, "bad_protobuf", "not a %s: %u bytes", type->name, value.size);
	return message;
}

// Takes off the Confluent frame: 0, four bytes of schema id, the count and the list of message indexes (a single 0 for the first message).
// A bare message never begins with 0, as 0 is no tag. Source: Confluent wire format.
static enum status unframe(struct text *value, struct error *error)
{
	if (!value->size || value->at[0] != 0)
		return OK;
	const uint8_t *bytes = (const uint8_t *)value->at;
	size_t at = 5;
	uint64_t count, index;
	size_t step = value->size > at ? varint_get(bytes + at, value->size - at, &count) : 0;
	if (!step || unzigzag(count) < 0 || unzigzag(count) > 16)
		return error_set(error, REJECT, "bad_frame", "the Confluent frame is broken");
	at += step;
	for (int64_t i = unzigzag(count); i > 0; i--) {
		step = varint_get(bytes + at, value->size - at, &index);
		if (!step)
			return error_set(error, REJECT, "bad_frame", "the Confluent frame is broken");
		at += step;
	}
	*value = (struct text){ value->at + at, (uint32_t)(value->size - at) };
	return OK;
}

static enum status check_size(struct text value, struct error *error)
{
	if (value.size > PAYLOAD_BYTES_MAX)
		return error_set(error, REJECT, "too_large", "%u bytes, at most %d", value.size, PAYLOAD_BYTES_MAX);
	if (!value.size)
		return error_set(error, REJECT, "bad_protobuf", "the message is empty");
	return OK;
}

// protobuf-c's strings end at the first NUL, so one inside would cut the text silently: look for it in the bytes, which most messages do not even hold.
// The message was unpacked already, so its framing is sound.
static enum status check_nul(const ProtobufCMessageDescriptor *type, struct text value, struct error *error)
{
	const uint8_t *bytes = (const uint8_t *)value.at;
	if (!memchr(bytes, 0, value.size))
		return OK;
	for (size_t at = 0; at < value.size;) {
		uint64_t tag = 0, number = 0;
		at += varint_get(bytes + at, value.size - at, &tag);
		switch (tag & 7) {
		case 0:
			at += varint_get(bytes + at, value.size - at, &number);
			break;
		case 1:
			at += 8;
			break;
		case 5:
			at += 4;
			break;
		default: {
			at += varint_get(bytes + at, value.size - at, &number);
			const ProtobufCFieldDescriptor *field = protobuf_c_message_descriptor_get_field(type, (unsigned)(tag >> 3));
			if (field && field->type == PROTOBUF_C_TYPE_STRING && number && memchr(bytes + at, 0, number))
				return error_set(error, REJECT, "bad_utf8", "%s holds a NUL", field->name);
			at += number;
		}
		}
	}
	return OK;
}

static enum status name_of(struct names *names, enum name_kind kind, struct text name, name_id *ret_name, struct error *error)
{
	*ret_name = 0;
	if (!name.size)
		return OK;
	*ret_name = names_find(names, kind, name);
	if (*ret_name)
		return OK;
	enum status status = event_check_name(kind, name, error);
	if (status != OK)
		return status;
	*ret_name = names_intern(names, kind, name);
	return *ret_name ? OK : error_set(error, REJECT, "too_many_names", "more than %d names of units, districts and categories", NAME_COUNT_MAX);
}


// An enum or a small number of the wire as ours: what does not fit a byte becomes 255, which event_check refuses.
static uint8_t small(int64_t number)
{
	return number < 0 || number > 254 ? 255 : (uint8_t)number;
}

static enum status unwrap(struct text *value, struct error *error)
{
	enum status status = check_size(*value, error);
	return status == OK ? unframe(value, error) : status;
}

static enum status open_bare(const ProtobufCMessageDescriptor *type, struct text bare, struct wire_arena *arena, ProtobufCMessage **ret_message,
	struct error *error)
{
	*ret_message = unpack(type, bare, arena, error);
	return *ret_message ? check_nul(type, bare, error) : REJECT;
}

static enum status open_message(const ProtobufCMessageDescriptor *type, struct text value, struct wire_arena *arena, ProtobufCMessage **ret_message,
	struct error *error)
{
	enum status status = unwrap(&value, error);
	return status == OK ? open_bare(type, value, arena, ret_message, error) : status;
}

// Reads a plain message out of a copy in the arena, since texts outlive the message.
static bool scan(const ProtobufCMessageDescriptor *type, struct text bare, struct wire_arena *arena, struct flat *ret_flat)
{
	size_t used = arena->used;
	char *copy = arena_take(arena, bare.size);
	if (copy && flat_scan(type, (struct text){ memcpy(copy, bare.at, bare.size), bare.size }, ret_flat))
		return true;
	arena->used = used;
	return false;
}

static enum status open_flat(const ProtobufCMessageDescriptor *type, struct text value, struct wire_arena *arena, struct flat *ret_flat, struct error *error)
{
	ProtobufCMessage *message;
	enum status status = unwrap(&value, error);
	if (status != OK || scan(type, value, arena, ret_flat))
		return status;
	status = open_bare(type, value, arena, &message, error);
	if (status == OK)
		flat_take(message, ret_flat);
	return status;
}

// The numbers of the fields in proto/ticket_event.proto.
enum {
	TICKET_ID = 1, AT_MS, TYPE, UNIT, DISTRICT, CATEGORY, KIND, DUE_AT_MS, SATISFIED, STARS, SEQ, VOID, LEVEL, CHANNEL, CALLER, PLACE, TITLE, ANSWERED_DIRECTLY,
	VALID, AMOUNT, ROLE, ACCEPTED_AT_MS, CONFIRMED, REASON, SLIP, SIGNED_BY, STATUTE, OUTCOME, CLAIMS_SATISFIED, PRAISED, EFFECTIVE, REOPEN, LINK, LINK_CHECK,
	LINK_REVISION, EARLIER,
};

#define NUMBER(id) (flat->field[id].number)
#define TEXT_OF(id) (flat->field[id].text)

static struct event ticket_event_of(const struct flat *flat)
{
	bool has_stars = flat->given >> STARS & 1;
	struct event event = {
		.at_ms = NUMBER(AT_MS),
		.seq = (uint32_t)NUMBER(SEQ),
		.type = (uint8_t)NUMBER(TYPE),
		.is_void = NUMBER(VOID),
		.kind = small(NUMBER(KIND)),
		.level = small(NUMBER(LEVEL)),
		.channel = small(NUMBER(CHANNEL)),
		.answered_directly = small(NUMBER(ANSWERED_DIRECTLY)),
		.valid = small(NUMBER(VALID)),
		.role = small(NUMBER(ROLE)),
		.confirmed = small(NUMBER(CONFIRMED)),
		.slip = TEXT_OF(SIGNED_BY).size && NUMBER(SLIP) == ANSWER_NONE ? ANSWER_YES : small(NUMBER(SLIP)),
		.outcome = small(NUMBER(OUTCOME)),
		.claims_satisfied = small(NUMBER(CLAIMS_SATISFIED)),
		.satisfied = small(NUMBER(SATISFIED)),
		.praised = small(NUMBER(PRAISED)),
		.effective = small(NUMBER(EFFECTIVE)),
		.reopen = small(NUMBER(REOPEN)),
		.stars = !has_stars ? STARS_NONE : NUMBER(STARS) < 0 || NUMBER(STARS) > STARS_MAX ? STARS_MAX + 1 : (int8_t)NUMBER(STARS),
		.due_at_ms = NUMBER(DUE_AT_MS),
		.accepted_at_ms = NUMBER(ACCEPTED_AT_MS),
		.amount = NUMBER(AMOUNT),
		.caller = TEXT_OF(CALLER),
		.place = TEXT_OF(PLACE),
		.title = TEXT_OF(TITLE),
		.reason = TEXT_OF(REASON),
		.signed_by = TEXT_OF(SIGNED_BY),
		.statute = TEXT_OF(STATUTE),
	};
	if (event.type == EVENT_LINKED) {
		event.kind = small(NUMBER(LINK));
		event.answered = NUMBER(LINK_CHECK);
		event.amount = NUMBER(LINK_REVISION);
		event.reason = TEXT_OF(EARLIER);
	}
	return event;
}

static enum status check_type(int64_t type, int64_t last, struct error *error)
{
	return type < 1 || type > last ? error_set(error, REJECT, "bad_field", "unknown type %d", (int)type) : OK;
}

enum status wire_unpack_ticket_event(struct text value, struct names *names, struct wire_arena *arena, struct text *ret_ticket_id, struct event *ret_event,
	struct error *error)
{
	struct flat read, *flat = &read;
	enum status status = open_flat(&hotline__v1__ticket_event__descriptor, value, arena, flat, error);
	if (status == OK)
		status = check_type(NUMBER(TYPE), HOTLINE__V1__EVENT_TYPE__LINKED, error);
	if (status != OK)
		return status;
	struct event event = ticket_event_of(flat);
	if ((status = event_check_ticket_id(TEXT_OF(TICKET_ID), error)) != OK ||
	    (status = name_of(names, NAME_UNIT, TEXT_OF(UNIT), &event.unit, error)) != OK ||
	    (status = name_of(names, NAME_DISTRICT, TEXT_OF(DISTRICT), &event.district, error)) != OK ||
	    (status = name_of(names, NAME_CATEGORY, TEXT_OF(CATEGORY), &event.category, error)) != OK || (status = event_check(&event, error)) != OK)
		return status;
	*ret_ticket_id = TEXT_OF(TICKET_ID);
	*ret_event = event;
	return OK;
}

// The numbers of the fields in proto/unit_event.proto.
enum { OF_UNIT = 1, OF_AT_MS, OF_TYPE, OF_SEQ, OF_VOID, OF_OFFERED, OF_ANSWERED, OF_COUNT, OF_POINTS_E4, OF_REASON, OF_TICKET_ID };

enum status wire_unpack_unit_event(struct text value, struct names *names, struct wire_arena *arena, struct event *ret_event, struct error *error)
{
	struct flat read, *flat = &read;
	enum status status = open_flat(&hotline__v1__unit_event__descriptor, value, arena, flat, error);
	if (status == OK)
		status = check_type(NUMBER(OF_TYPE), HOTLINE__V1__UNIT_EVENT_TYPE__MARKED, error);
	if (status != OK)
		return status;
	struct event event = event_of((enum event_type)(EVENT_LOGGED_IN - 1 + (int)NUMBER(OF_TYPE)), NUMBER(OF_AT_MS));
	event.seq = (uint32_t)NUMBER(OF_SEQ);
	event.is_void = NUMBER(OF_VOID);
	event.amount = NUMBER(event.type == EVENT_CALLS ? OF_OFFERED : event.type == EVENT_POINTS ? OF_POINTS_E4 : OF_COUNT);
	event.answered = NUMBER(OF_ANSWERED);
	event.reason = TEXT_OF(OF_REASON);
	event.ticket_id = TEXT_OF(OF_TICKET_ID);
	if ((status = name_of(names, NAME_UNIT, TEXT_OF(OF_UNIT), &event.unit, error)) != OK || (status = event_check(&event, error)) != OK)
		return status;
	*ret_event = event;
	return OK;
}
#undef NUMBER
#undef TEXT_OF

// Texts that go out as C strings, one after the other.
struct strings {
	size_t used;
	char bytes[WIRE_EVENT_BYTES_MAX];
};

// The empty string when the text does not fit: the packed message is then too large as well, and refused.
static char *string_of(struct strings *strings, struct text text)
{
	static char empty[1];
	if (!text.size || text.size + 1 > sizeof strings->bytes - strings->used)
		return empty;
	char *string = strings->bytes + strings->used;
	memcpy(string, text.at, text.size);
	string[text.size] = '\0';
	strings->used += text.size + 1;
	return string;
}

static enum status pack(const ProtobufCMessage *message, uint8_t *ret_bytes, size_t capacity, size_t *ret_size, struct error *error)
{
	size_t size = protobuf_c_message_get_packed_size(message);
	if (size > capacity || size > PAYLOAD_BYTES_MAX)
		return error_set(error, REJECT, "too_large", "%zu bytes, at most %d", size, PAYLOAD_BYTES_MAX);
	*ret_size = protobuf_c_message_pack(message, ret_bytes);
	return OK;
}

static void put_linked(const struct event *event, Hotline__V1__TicketEvent *out)
{
	out->link = event->kind;
	out->link_check = (uint32_t)event->answered;
	out->link_revision = event->amount;
	out->earlier = (ProtobufCBinaryData){ event->reason.size, (uint8_t *)(uintptr_t)event->reason.at };
}

enum status wire_pack_ticket_event(struct text ticket_id, const struct event *event, const struct names *names, uint8_t *ret_bytes, size_t capacity,
	size_t *ret_size, struct error *error)
{
	Hotline__V1__TicketEvent out = HOTLINE__V1__TICKET_EVENT__INIT;
	struct strings strings;  // not cleared: it is large
	strings.used = 0;
	out.ticket_id = string_of(&strings, ticket_id);
	out.at_ms = event->at_ms;
	out.type = (Hotline__V1__EventType)event->type;
	out.unit = string_of(&strings, names_text(names, event->unit));
	out.district = string_of(&strings, names_text(names, event->district));
	out.category = string_of(&strings, names_text(names, event->category));
	if (event->type != EVENT_LINKED)
		out.kind = event->kind;
	out.due_at_ms = event->due_at_ms;
	out.satisfied = event->satisfied;
	if (event->stars != STARS_NONE) {
		out.given_case = HOTLINE__V1__TICKET_EVENT__GIVEN_STARS;
		out.stars = event->stars;
	}
	out.seq = event->seq;
	out.void_ = event->is_void;
	out.level = (Hotline__V1__Level)event->level;
	out.channel = (Hotline__V1__Channel)event->channel;
	out.caller = string_of(&strings, event->caller);
	out.place = string_of(&strings, event->place);
	out.title = string_of(&strings, event->title);
	out.answered_directly = (Hotline__V1__Answer)event->answered_directly;
	out.valid = (Hotline__V1__Answer)event->valid;
	if (event->type != EVENT_LINKED)
		out.amount = event->amount;
	out.role = (Hotline__V1__Role)event->role;
	out.accepted_at_ms = event->accepted_at_ms;
	out.confirmed = (Hotline__V1__Answer)event->confirmed;
	if (event->type != EVENT_LINKED)
		out.reason = string_of(&strings, event->reason);
	else
		put_linked(event, &out);
	out.slip = (Hotline__V1__Answer)event->slip;
	out.signed_by = string_of(&strings, event->signed_by);
	out.statute = string_of(&strings, event->statute);
	out.outcome = (Hotline__V1__Outcome)event->outcome;
	out.claims_satisfied = (Hotline__V1__Answer)event->claims_satisfied;
	out.praised = (Hotline__V1__Answer)event->praised;
	out.effective = (Hotline__V1__Answer)event->effective;
	out.reopen = (Hotline__V1__Answer)event->reopen;
	return pack(&out.base, ret_bytes, capacity, ret_size, error);
}

enum status wire_pack_unit_event(const struct event *event, const struct names *names, uint8_t *ret_bytes, size_t capacity, size_t *ret_size,
	struct error *error)
{
	Hotline__V1__UnitEvent out = HOTLINE__V1__UNIT_EVENT__INIT;
	struct strings strings;  // not cleared: it is large
	strings.used = 0;
	out.unit = string_of(&strings, names_text(names, event->unit));
	out.at_ms = event->at_ms;
	out.type = (Hotline__V1__UnitEventType)(event->type - EVENT_LOGGED_IN + 1);
	out.seq = event->seq;
	out.void_ = event->is_void;
	if (event->type == EVENT_CALLS) {
		out.offered = event->amount;
		out.answered = event->answered;
	} else if (event->type == EVENT_POINTS) {
		out.points_e4 = event->amount;
	} else {
		out.count = event->amount;
	}
	out.reason = string_of(&strings, event->reason);
	out.ticket_id = string_of(&strings, event->ticket_id);
	return pack(&out.base, ret_bytes, capacity, ret_size, error);
}

enum status wire_unpack_alert(struct text value, struct wire_arena *arena, struct wire_alert *ret_alert, struct error *error)
{
	if (wire_scan_alert(value, ret_alert))
		return OK;
	ProtobufCMessage *message;
	enum status status = open_message(&hotline__v1__alert__descriptor, value, arena, &message, error);
	if (status != OK)
		return status;
	const Hotline__V1__Alert *in = (const Hotline__V1__Alert *)message;
	if (in->n_evidence > RULE_EVIDENCE_MAX || in->state < HOTLINE__V1__ALERT_STATE__FIRING || in->state > HOTLINE__V1__ALERT_STATE__RETRACTED)
		return error_set(error, REJECT, "bad_field", "not an alert of this version");
	struct wire_alert alert = {
		.id = text_of(in->id),
		.rule = text_of(in->rule),
		.ticket_id = text_of(in->ticket_id),
		.unit = text_of(in->unit),
		.dimension = text_of(in->dimension),
		.article = text_of(in->article),
		.next_step = text_of(in->next_step),
		.policy = text_of(in->policy),
		.at_ms = in->at_ms,
		.revision = in->revision,
		.state = (uint8_t)in->state,
		.severity = small(in->severity),
		.evidence_count = (uint32_t)in->n_evidence,
	};
	for (uint32_t i = 0; i < alert.evidence_count; i++) {
		alert.evidence[i].name = text_of(in->evidence[i]->name);
		alert.evidence[i].value = text_of(in->evidence[i]->value);
	}
	*ret_alert = alert;
	return OK;
}

size_t wire_pack_change(struct text dimension, const int32_t *day, size_t day_count, const char *shard, int64_t revision, uint8_t ret_bytes[WIRE_CHANGE_BYTES_MAX])
{
	assert(day_count <= WIRE_CHANGE_DAYS_MAX && dimension.size < DIMENSION_BYTES_MAX);
	Hotline__V1__CounterChange out = HOTLINE__V1__COUNTER_CHANGE__INIT;
	char name[DIMENSION_BYTES_MAX];
	text_copy(dimension, name, sizeof name);
	out.dimension = name;
	out.n_day = day_count;
	out.day = (int32_t *)(uintptr_t)day;
	out.shard = (char *)(uintptr_t)shard;
	out.revision = revision;
	return hotline__v1__counter_change__pack(&out, ret_bytes);
}

enum status wire_unpack_change(struct text value, struct wire_arena *arena, struct text *ret_dimension, int32_t *ret_day, size_t *ret_day_count,
	struct error *error)
{
	ProtobufCMessage *message = unpack(&hotline__v1__counter_change__descriptor, value, arena, error);
	if (!message)
		return REJECT;
	const Hotline__V1__CounterChange *in = (const Hotline__V1__CounterChange *)message;
	if (in->n_day > WIRE_CHANGE_DAYS_MAX)
		return error_set(error, REJECT, "bad_field", "%zu days in one change, at most %d", in->n_day, WIRE_CHANGE_DAYS_MAX);
	if (in->n_day)
		memcpy(ret_day, in->day, in->n_day * sizeof *ret_day);
	*ret_day_count = in->n_day;
	*ret_dimension = text_of(in->dimension);
	return OK;
}

size_t wire_pack_counters(struct text dimension, int32_t day, const struct counters *counters, int64_t revision, uint8_t ret_bytes[WIRE_COUNTERS_BYTES_MAX])
{
	Hotline__V1__UnitCounters out = HOTLINE__V1__UNIT_COUNTERS__INIT;
	Hotline__V1__Counter item[COUNTER_COUNT], *items[COUNTER_COUNT];
	char name[DIMENSION_BYTES_MAX], day_name[CIVIL_DAY_BYTES];
	text_copy(dimension, name, sizeof name);
	civil_format_day(day, day_name);
	out.dimension = name;
	out.day = day_name;
	out.revision = revision;
	out.counter = items;
	for (unsigned i = 0; i < COUNTER_COUNT; i++) {
		if (!counters->n[i])
			continue;
		item[i] = (Hotline__V1__Counter)HOTLINE__V1__COUNTER__INIT;
		item[i].name = (char *)(uintptr_t)counter_name((enum counter)i);
		item[i].value = (int64_t)counters->n[i];
		items[out.n_counter++] = &item[i];
	}
	return hotline__v1__unit_counters__pack(&out, ret_bytes);
}
