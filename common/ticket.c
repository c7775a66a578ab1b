// The encoded ticket: edition, clock (since the first event), then each event as
//
//     lead    1 byte: type (5 bits), voided, has seq, instant in milliseconds rather than seconds
//     seq     varint, if so marked
//     at      varint: since the event before (the first: since 1970), in the lead's unit
//     head    varint: the small fields as digits of one number, then one bit for each large field that is there
//     large   in the type's order: names as numbers of the shard's dictionary, numbers as zigzag varints, texts as size and bytes
//
// A closed ticket of five events takes some forty bytes.
#include "ticket.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "civil.h"
#include "memory.h"
#include "varint.h"

enum { LEAD_TYPE = 0x1f, LEAD_VOID = 0x20, LEAD_SEQ = 0x40, LEAD_MS = 0x80 };

// Where the event belongs, or the place of its equal.
static uint32_t place_of(const struct ticket *ticket, const struct event *event, const struct names *names, bool *ret_is_equal)
{
	*ret_is_equal = false;
	uint32_t place = ticket->count;
	while (place) {
		int order = event_compare(&ticket->event[place - 1], event, names);
		if (order < 0)
			break;
		place--;
		if (order == 0) {
			*ret_is_equal = true;
			break;
		}
	}
	return place;
}

// What a link says of the ticket: the newest is kept, of each link.
static enum merge merge_linked(struct ticket *ticket, const struct event *event)
{
	for (uint32_t i = 0; i < ticket->count; i++) {
		const struct event *known = &ticket->event[i];
		if (known->type != EVENT_LINKED || known->kind != event->kind || known->answered != event->answered)
			continue;
		if (known->amount >= event->amount)
			return MERGE_DUPLICATE;
		memmove(&ticket->event[i], &ticket->event[i + 1], (ticket->count - i - 1) * sizeof *event);
		ticket->count--;
		return MERGE_REPLACED;
	}
	return MERGE_ADDED;
}

enum merge ticket_merge(struct ticket *ticket, const struct event *event, const struct names *names)
{
	bool is_equal;
	enum merge merge = event->type == EVENT_LINKED ? merge_linked(ticket, event) : MERGE_ADDED;
	if (merge == MERGE_DUPLICATE)
		return merge;
	uint32_t place = place_of(ticket, event, names, &is_equal);
	if (is_equal) {
		if (!event->is_void || ticket->event[place].is_void)
			return MERGE_DUPLICATE;
		ticket->event[place].is_void = true;
		return MERGE_VOIDED;
	}
	if (ticket->count == ticket->capacity)
		return MERGE_FULL;
	memmove(&ticket->event[place + 1], &ticket->event[place], (ticket->count - place) * sizeof *event);
	ticket->event[place] = *event;
	ticket->count++;
	return merge;
}

struct dictionary {
	name_id *name;      // by local number; [0] is no name
	size_t count, name_capacity;
	uint32_t *local;    // by name; 0 when the shard does not have it
	size_t local_capacity;
};

struct dictionary *dictionary_new(void)
{
	struct dictionary *dictionary = memory_new(sizeof *dictionary);
	dictionary->name = memory_grow(NULL, 1, sizeof *dictionary->name, &dictionary->name_capacity);
	dictionary->name[0] = 0;
	dictionary->count = 1;
	return dictionary;
}

void dictionary_free(struct dictionary *dictionary)
{
	if (!dictionary)
		return;
	free(dictionary->name);
	free(dictionary->local);
	free(dictionary);
}

uint32_t dictionary_count(const struct dictionary *dictionary)
{
	return (uint32_t)dictionary->count - 1;
}

uint32_t dictionary_add(struct dictionary *dictionary, name_id name)
{
	if (name < dictionary->local_capacity && dictionary->local[name])
		return dictionary->local[name];
	size_t had = dictionary->local_capacity;
	dictionary->local = memory_grow(dictionary->local, name + 1, sizeof *dictionary->local, &dictionary->local_capacity);
	memset(dictionary->local + had, 0, (dictionary->local_capacity - had) * sizeof *dictionary->local);
	dictionary->name = memory_grow(dictionary->name, dictionary->count + 1, sizeof *dictionary->name, &dictionary->name_capacity);
	dictionary->name[dictionary->count] = name;
	return dictionary->local[name] = (uint32_t)dictionary->count++;
}

name_id dictionary_name(const struct dictionary *dictionary, uint32_t local)
{
	return local < dictionary->count ? dictionary->name[local] : 0;
}

void dictionary_cut(struct dictionary *dictionary, uint32_t count)
{
	while (dictionary->count > count + 1u)
		dictionary->local[dictionary->name[--dictionary->count]] = 0;
}

// What is written to, or read from. Past the end nothing more is done and is_broken is set, so each step need not be checked.
struct pen {
	uint8_t *at, *end;
	struct dictionary *dictionary;
	name_id last_unit;
	bool is_broken;
};

struct eye {
	const uint8_t *at, *end;
	const struct dictionary *dictionary;
	name_id last_unit;
	bool is_broken;
};

static void put(struct pen *pen, uint64_t number)
{
	if (pen->end - pen->at < VARINT_BYTES_MAX)
		pen->is_broken = true;
	else
		pen->at += varint_put(pen->at, number);
}

static uint64_t get(struct eye *eye)
{
	uint64_t number = 0;
	size_t size = varint_get(eye->at, (size_t)(eye->end - eye->at), &number);
	if (!size)
		eye->is_broken = true;
	eye->at += size;
	return number;
}

static void put_byte(struct pen *pen, uint8_t byte)
{
	if (pen->at == pen->end)
		pen->is_broken = true;
	else
		*pen->at++ = byte;
}

static void put_text(struct pen *pen, struct text text)
{
	put(pen, text.size);
	if (pen->is_broken || (size_t)(pen->end - pen->at) < text.size) {
		pen->is_broken = true;
		return;
	}
	memcpy(pen->at, text.at, text.size);
	pen->at += text.size;
}

static struct text get_text(struct eye *eye)
{
	uint64_t size = get(eye);
	if (size > (size_t)(eye->end - eye->at)) {
		eye->is_broken = true;
		return (struct text){ NULL, 0 };
	}
	struct text text = { (const char *)eye->at, (uint32_t)size };
	eye->at += size;
	return text;
}

static void put_name(struct pen *pen, name_id name)
{
	put(pen, dictionary_add(pen->dictionary, name));
}

static name_id get_name(struct eye *eye)
{
	name_id name = dictionary_name(eye->dictionary, (uint32_t)get(eye));
	if (!name)
		eye->is_broken = true;
	return name;
}

// A unit is mostly the one of the event before: 0 says so.
static void put_unit(struct pen *pen, name_id unit)
{
	if (unit == pen->last_unit)
		put(pen, 0);
	else
		put_name(pen, unit);
	pen->last_unit = unit;
}

static name_id get_unit(struct eye *eye)
{
	uint64_t local = get(eye);
	if (local)
		eye->last_unit = dictionary_name(eye->dictionary, (uint32_t)local);
	if (!eye->last_unit)
		eye->is_broken = true;
	return eye->last_unit;
}

// An instant near the event's own, in seconds where that is exact.
static void put_near(struct pen *pen, int64_t at_ms, int64_t from_ms)
{
	int64_t apart = at_ms - from_ms;
	bool is_ms = apart % SECOND_MS != 0;
	put(pen, zigzag(is_ms ? apart : apart / SECOND_MS) << 1 | is_ms);
}

static int64_t get_near(struct eye *eye, int64_t from_ms)
{
	uint64_t number = get(eye);
	int64_t apart = unzigzag(number >> 1);
	if (apart > INSTANT_MAX_MS || apart < -INSTANT_MAX_MS) {
		eye->is_broken = true;
		return 0;
	}
	return from_ms + (number & 1 ? apart : apart * SECOND_MS);
}

// How many bits for large fields each type has.
static unsigned large_bits(unsigned type)
{
	static const uint8_t bits[EVENT_TYPE_LIMIT] = {
		[EVENT_RECEIVED] = 6, [EVENT_DISPATCHED] = 3, [EVENT_RETURNED] = 4, [EVENT_RESOLVED] = 1, [EVENT_LINKED] = 1, [EVENT_LOGGED_IN] = 1, [EVENT_CALLS] = 3,
		[EVENT_KNOWLEDGE_UPDATED] = 2, [EVENT_POINTS] = 4, [EVENT_MARKED] = 2,
	};
	return bits[type];
}

// The small fields as digits of one number; the first is most often the only one, so that the number stays small.
static unsigned small_of(const struct event *e)
{
	switch (e->type) {
	case EVENT_RECEIVED:
		return e->kind + KIND_COUNT * (e->level + LEVEL_COUNT * (e->channel + CHANNEL_COUNT * (e->answered_directly + 3u * e->valid)));
	case EVENT_DISPATCHED:
		return e->role + ROLE_COUNT * (unsigned)e->confirmed;
	case EVENT_RETURNED:
		return e->slip;
	case EVENT_RESOLVED:
		return e->outcome + OUTCOME_COUNT * (unsigned)e->claims_satisfied;
	case EVENT_RATED:
		return (unsigned)(e->stars - STARS_NONE) + (STARS_MAX + 2) * (e->satisfied + 3u * e->praised);
	case EVENT_REVISITED:
		return e->effective + 3u * (e->satisfied + 3u * e->reopen);
	case EVENT_LINKED:
		return e->kind;
	}
	return 0;
}

static unsigned digit(unsigned *number, unsigned base)
{
	unsigned value = *number % base;
	*number /= base;
	return value;
}

static void small_set(struct event *e, unsigned number)
{
	switch (e->type) {
	case EVENT_RECEIVED:
		e->kind = (uint8_t)digit(&number, KIND_COUNT);
		e->level = (uint8_t)digit(&number, LEVEL_COUNT);
		e->channel = (uint8_t)digit(&number, CHANNEL_COUNT);
		e->answered_directly = (uint8_t)digit(&number, 3);
		e->valid = (uint8_t)digit(&number, 3);
		break;
	case EVENT_DISPATCHED:
		e->role = (uint8_t)digit(&number, ROLE_COUNT);
		e->confirmed = (uint8_t)digit(&number, 3);
		break;
	case EVENT_RETURNED:
		e->slip = (uint8_t)digit(&number, 3);
		break;
	case EVENT_RESOLVED:
		e->outcome = (uint8_t)digit(&number, OUTCOME_COUNT);
		e->claims_satisfied = (uint8_t)digit(&number, 3);
		break;
	case EVENT_RATED:
		e->stars = (int8_t)((int)digit(&number, STARS_MAX + 2) + STARS_NONE);
		e->satisfied = (uint8_t)digit(&number, 3);
		e->praised = (uint8_t)digit(&number, 3);
		break;
	case EVENT_REVISITED:
		e->effective = (uint8_t)digit(&number, 3);
		e->satisfied = (uint8_t)digit(&number, 3);
		e->reopen = (uint8_t)digit(&number, 3);
		break;
	case EVENT_LINKED:
		e->kind = (uint8_t)number;
		break;
	}
}

static unsigned has(bool is_there, unsigned bit)
{
	return (unsigned)is_there << bit;
}

static unsigned large_of(const struct event *e)
{
	switch (e->type) {
	case EVENT_RECEIVED:
		return has(e->district != 0, 0) | has(e->category != 0, 1) | has(e->caller.size != 0, 2) | has(e->place.size != 0, 3) | has(e->title.size != 0, 4) | has(e->amount != 0, 5);
	case EVENT_DISPATCHED:
		return has(e->unit != 0, 0) | has(e->due_at_ms != 0, 1) | has(e->accepted_at_ms != 0, 2);
	case EVENT_RETURNED:
		return has(e->unit != 0, 0) | has(e->reason.size != 0, 1) | has(e->signed_by.size != 0, 2) | has(e->statute.size != 0, 3);
	case EVENT_RESOLVED:
	case EVENT_LOGGED_IN:
		return has(e->unit != 0, 0);
	case EVENT_CALLS:
		return has(e->unit != 0, 0) | has(e->amount != 0, 1) | has(e->answered != 0, 2);
	case EVENT_KNOWLEDGE_UPDATED:
		return has(e->unit != 0, 0) | has(e->amount != 0, 1);
	case EVENT_POINTS:
		return has(e->unit != 0, 0) | has(e->amount != 0, 1) | has(e->reason.size != 0, 2) | has(e->ticket_id.size != 0, 3);
	case EVENT_MARKED:
		return has(e->unit != 0, 0) | has(e->reason.size != 0, 1);
	case EVENT_LINKED:
		return has(e->reason.size != 0, 0);
	}
	return 0;
}

static void put_large(struct pen *pen, const struct event *e)
{
	switch (e->type) {
	case EVENT_RECEIVED:
		if (e->district)
			put_name(pen, e->district);
		if (e->category)
			put_name(pen, e->category);
		if (e->caller.size)
			put_text(pen, e->caller);
		if (e->place.size)
			put_text(pen, e->place);
		if (e->title.size)
			put_text(pen, e->title);
		if (e->amount)
			put(pen, zigzag(e->amount));
		return;
	case EVENT_DISPATCHED:
		put_unit(pen, e->unit);
		if (e->due_at_ms)
			put_near(pen, e->due_at_ms, e->at_ms);
		if (e->accepted_at_ms)
			put_near(pen, e->accepted_at_ms, e->at_ms);
		return;
	case EVENT_LINKED:
		put(pen, (uint64_t)e->amount);
		put(pen, (uint64_t)e->answered);
		if (e->reason.size)
			put_text(pen, e->reason);
		return;
	}
	if (e->unit)
		put_unit(pen, e->unit);
	if (e->amount)
		put(pen, zigzag(e->amount));
	if (e->answered)
		put(pen, (uint64_t)e->answered);
	if (e->reason.size)
		put_text(pen, e->reason);
	if (e->signed_by.size)
		put_text(pen, e->signed_by);
	if (e->statute.size)
		put_text(pen, e->statute);
	if (e->ticket_id.size)
		put_text(pen, e->ticket_id);
}

static void get_large(struct eye *eye, struct event *e, unsigned large)
{
	switch (e->type) {
	case EVENT_RECEIVED:
		if (large & 1)
			e->district = get_name(eye);
		if (large & 2)
			e->category = get_name(eye);
		if (large & 4)
			e->caller = get_text(eye);
		if (large & 8)
			e->place = get_text(eye);
		if (large & 16)
			e->title = get_text(eye);
		if (large & 32)
			e->amount = unzigzag(get(eye));
		return;
	case EVENT_DISPATCHED:
		if (large & 1)
			e->unit = get_unit(eye);
		if (large & 2)
			e->due_at_ms = get_near(eye, e->at_ms);
		if (large & 4)
			e->accepted_at_ms = get_near(eye, e->at_ms);
		return;
	case EVENT_LINKED:
		e->amount = (int64_t)get(eye);
		e->answered = (int64_t)get(eye);
		if (large & 1)
			e->reason = get_text(eye);
		return;
	}
	if (large & 1)
		e->unit = get_unit(eye);
	switch (e->type) {
	case EVENT_RETURNED:
		if (large & 2)
			e->reason = get_text(eye);
		if (large & 4)
			e->signed_by = get_text(eye);
		if (large & 8)
			e->statute = get_text(eye);
		return;
	case EVENT_MARKED:
		if (large & 2)
			e->reason = get_text(eye);
		return;
	}
	if (large & 2)
		e->amount = unzigzag(get(eye));
	if (e->type == EVENT_CALLS && large & 4)
		e->answered = (int64_t)get(eye);
	if (e->type == EVENT_POINTS && large & 4)
		e->reason = get_text(eye);
	if (e->type == EVENT_POINTS && large & 8)
		e->ticket_id = get_text(eye);
}

static void put_event(struct pen *pen, const struct event *e, int64_t before_ms)
{
	int64_t apart = e->at_ms - before_ms;
	bool is_ms = apart % SECOND_MS != 0;
	put_byte(pen, (uint8_t)(e->type | (e->is_void ? LEAD_VOID : 0) | (e->seq ? LEAD_SEQ : 0) | (is_ms ? LEAD_MS : 0)));
	if (e->seq)
		put(pen, e->seq);
	put(pen, (uint64_t)(is_ms ? apart : apart / SECOND_MS));
	put(pen, (uint64_t)small_of(e) << large_bits(e->type) | large_of(e));
	put_large(pen, e);
}

static void get_event(struct eye *eye, struct event *e, int64_t before_ms)
{
	unsigned lead = *eye->at++;
	unsigned type = lead & LEAD_TYPE;
	if (!event_type_name((enum event_type)type)) {
		eye->is_broken = true;
		return;
	}
	*e = event_of((enum event_type)type, 0);
	e->is_void = lead & LEAD_VOID;
	if (lead & LEAD_SEQ)
		e->seq = (uint32_t)get(eye);
	uint64_t apart = get(eye), unit_ms = lead & LEAD_MS ? 1 : SECOND_MS;
	if (apart > (uint64_t)(INSTANT_MAX_MS - before_ms) / unit_ms)
		eye->is_broken = true;
	else
		e->at_ms = before_ms + (int64_t)(apart * unit_ms);
	uint64_t head = get(eye);
	small_set(e, (unsigned)(head >> large_bits(type)));
	get_large(eye, e, (unsigned)head & ((1u << large_bits(type)) - 1));
}

// The clock is near the first event; 0 is left to "never judged".
static uint64_t clock_code(int64_t clock_ms, int64_t from_ms)
{
	return zigzag(clock_ms - from_ms) + 1;
}

static int64_t first_at_ms(const struct ticket *ticket)
{
	return ticket->count ? ticket->event[0].at_ms : 0;
}

size_t ticket_encode(const struct ticket *ticket, struct dictionary *dictionary, uint8_t *ret_bytes, size_t capacity)
{
	struct pen pen = { .at = ret_bytes, .end = ret_bytes + capacity, .dictionary = dictionary };
	put(&pen, ticket->edition);
	put(&pen, ticket->clock_ms ? clock_code(ticket->clock_ms, first_at_ms(ticket)) : 0);
	int64_t before_ms = 0;
	for (uint32_t i = 0; i < ticket->count && !pen.is_broken; i++) {
		put_event(&pen, &ticket->event[i], before_ms);
		before_ms = ticket->event[i].at_ms;
	}
	return pen.is_broken ? 0 : (size_t)(pen.at - ret_bytes);
}

enum status ticket_decode(const uint8_t *bytes, size_t size, const struct dictionary *dictionary, struct ticket *ticket, struct error *error)
{
	struct eye eye = { .at = bytes, .end = bytes + size, .dictionary = dictionary };
	uint64_t edition = get(&eye);
	uint64_t clock = get(&eye);
	uint32_t count = 0;
	int64_t before_ms = 0;
	while (eye.at < eye.end && !eye.is_broken && count < ticket->capacity) {
		get_event(&eye, &ticket->event[count], before_ms);
		before_ms = ticket->event[count].at_ms;
		count++;
	}
	if (eye.is_broken || eye.at < eye.end || edition > UINT32_MAX || clock > zigzag(INSTANT_MAX_MS) + 1)
		return error_set(error, FATAL, "broken_state", "a stored ticket of %zu bytes is broken at byte %zu", size, (size_t)(eye.at - bytes));
	ticket->edition = (uint32_t)edition;
	ticket->count = count;
	ticket->clock_ms = clock ? first_at_ms(ticket) + unzigzag(clock - 1) : 0;
	return OK;
}
