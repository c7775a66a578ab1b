#include "shelf.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "memory.h"
#include "varint.h"

enum { LINK_BYTES = 7, CALLER_BYTES = 5, NUMBER_DIGITS_MAX = 18 };

struct shelf_address shelf_address_of(struct text key)
{
	static const char digits[] = "0123456789abcdef";
	XXH128_hash_t hash = XXH3_128bits(key.at, key.size);
	unsigned number = (unsigned)(hash.high64 % SHELF_COUNT);
	struct shelf_address address = { .link = hash.low64 >> 8 };
	for (unsigned i = 0; i < SHELF_NAME_BYTES; i++)
		address.name[i] = digits[number >> 4 * (SHELF_NAME_BYTES - 1 - i) & 0xf];
	return address;
}

void shelf_done(struct shelf *shelf)
{
	free(shelf->fact);
	free(shelf->before);
	*shelf = (struct shelf){ .count = 0 };
}

void shelf_clear(struct shelf *shelf)
{
	shelf->count = 0;
}

static struct text id_of(const struct link_fact *fact)
{
	return (struct text){ fact->id, fact->id_size };
}

// The order of one link's facts.
static int compare(const struct link_fact *a, const struct link_fact *b)
{
	if (a->at_ms != b->at_ms)
		return a->at_ms < b->at_ms ? -1 : 1;
	return text_compare(id_of(a), id_of(b));
}

// Where the facts of links from this one on begin.
static size_t first_of(const struct shelf *shelf, uint64_t link)
{
	size_t low = 0, high = shelf->count;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (shelf->fact[middle].link < link)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool has_caller(const struct precedence *precedence, const uint64_t *callers, uint64_t caller)
{
	for (uint32_t i = 0; i < precedence->caller_count; i++)
		if (callers[i] == caller)
			return true;
	return false;
}

// Of the ticket at `place` among one link's facts.
static struct precedence precedence_of(const struct link_fact *fact, size_t place)
{
	struct precedence found;
	uint64_t callers[LINK_CALLERS_MAX];
	const struct link_fact *own = &fact[place];
	memset(&found, 0, sizeof found);  // two are compared as bytes
	for (size_t i = place; i--;) {
		int64_t ago_ms = own->at_ms - fact[i].at_ms;
		bool is_near = ago_ms <= LINK_CALLERS_WITHIN_MS && found.caller_count < LINK_CALLERS_MAX;
		bool is_counted = ago_ms <= LINK_EARLIER_WITHIN_MS && found.earlier_count < LINK_EARLIER_MAX;
		if (!is_near && !is_counted)
			break;
		if (fact[i].is_gone)
			continue;
		if (is_counted)
			found.earlier_ms[found.earlier_count++] = ago_ms;
		if (!is_near || !fact[i].caller || has_caller(&found, callers, fact[i].caller))
			continue;
		callers[found.caller_count] = fact[i].caller;
		found.is_own[found.caller_count] = fact[i].caller == own->caller;
		found.caller_ms[found.caller_count++] = ago_ms;
	}
	return found;
}

static bool is_same_ticket(const struct link_fact *a, const struct link_fact *b)
{
	return text_equal(id_of(a), id_of(b));
}

// The place of the ticket's fact among these; `count` when it has none.
static size_t find(const struct link_fact *fact, size_t count, const struct link_fact *of)
{
	size_t place = 0;
	while (place < count && !is_same_ticket(&fact[place], of))
		place++;
	return place;
}

// Puts the fact in the place of the old one of its ticket, or in a new one. Facts of the link lie at `first`.
static void put(struct shelf *shelf, size_t first, size_t count, size_t old, const struct link_fact *fact)
{
	struct link_fact *own = shelf->fact + first;
	size_t place = 0;
	if (old < count)
		memmove(own + old, own + old + 1, (shelf->count - first - old - 1) * sizeof *own);
	else
		shelf->count++;
	size_t rest = count - (old < count);
	while (place < rest && compare(&own[place], fact) < 0)
		place++;
	memmove(own + place + 1, own + place, (shelf->count - first - place - 1) * sizeof *own);
	own[place] = *fact;
}

// The facts before a change, and after it.
void shelf_reserve(struct shelf *shelf, size_t count)
{
	shelf->fact = memory_grow(shelf->fact, count, sizeof *shelf->fact, &shelf->capacity);
	shelf->before = memory_grow(shelf->before, count, sizeof *shelf->before, &shelf->before_capacity);
}

struct teller {
	void (*tell)(void *self, const struct link_fact *whose, const struct precedence *precedence);
	void *self;
};

// The fact's own ticket had `before`, at its old place; NULL where it had none.
static void tell_own(const struct teller *teller, const struct link_fact *before, size_t old, const struct link_fact *after, size_t now)
{
	struct precedence was, is;
	memset(&was, 0, sizeof was);
	memset(&is, 0, sizeof is);
	if (before && !before[old].is_gone)
		was = precedence_of(before, old);
	if (!after[now].is_gone)
		is = precedence_of(after, now);
	if (memcmp(&was, &is, sizeof was) != 0)
		teller->tell(teller->self, &after[now], &is);
}

// The others lie in the same order before and after. Only whoever was received after the fact, and not too long after, can be concerned.
static void tell_others(const struct teller *teller, const struct link_fact *before, size_t old, size_t had, const struct link_fact *after, size_t now, size_t count)
{
	int64_t from_ms = after[now].at_ms, to_ms = from_ms;
	if (old < had && before[old].at_ms < from_ms)
		from_ms = before[old].at_ms;
	if (old < had && before[old].at_ms > to_ms)
		to_ms = before[old].at_ms;
	for (size_t i = 0, j = 0; i < count; i++) {
		if (i == now)
			continue;
		j += j == old;
		size_t was_at = j++;
		if (after[i].is_gone || after[i].at_ms < from_ms || after[i].at_ms > to_ms + LINK_EARLIER_WITHIN_MS)
			continue;
		struct precedence was = precedence_of(before, was_at), is = precedence_of(after, i);
		if (memcmp(&was, &is, sizeof was) != 0)
			teller->tell(teller->self, &after[i], &is);
	}
}

enum status shelf_take(struct shelf *shelf, const struct link_fact *fact, void (*tell)(void *self, const struct link_fact *whose, const struct precedence *precedence),
	void *self, bool *ret_is_changed, struct error *error)
{
	const struct teller teller = { tell, self };
	size_t first = first_of(shelf, fact->link), had = first_of(shelf, fact->link + 1) - first;
	shelf_reserve(shelf, shelf->count + 1);
	size_t old = find(shelf->fact + first, had, fact);
	*ret_is_changed = false;
	if (old < had && shelf->fact[first + old].revision >= fact->revision)
		return OK;
	if (old == had && had == SHELF_LINK_TICKETS_MAX)
		return error_set(error, REJECT, "too_many_tickets", "a caller or a place may have %d tickets", SHELF_LINK_TICKETS_MAX);
	memcpy(shelf->before, shelf->fact + first, had * sizeof *shelf->before);
	put(shelf, first, had, old, fact);
	size_t count = had + (old == had), now = find(shelf->fact + first, count, fact);
	tell_own(&teller, old < had ? shelf->before : NULL, old, shelf->fact + first, now);
	tell_others(&teller, shelf->before, old, had, shelf->fact + first, now, count);
	*ret_is_changed = true;
	return OK;
}

static bool has(const struct links *links, enum link_kind kind)
{
	return links->is_there && (kind == LINK_CALLER ? links->caller.size : links->place.size && links->category.size);
}

// The same link, and nothing else to be said about it.
static bool is_same(const struct links *a, const struct links *b, enum link_kind kind, bool *ret_is_same_link)
{
	*ret_is_same_link = kind == LINK_CALLER ? text_equal(a->caller, b->caller) : text_equal(a->place, b->place) && text_equal(a->category, b->category);
	return *ret_is_same_link && a->at_ms == b->at_ms && text_equal(a->caller, b->caller);
}

static void add_change(const struct links *links, enum link_kind kind, struct text ticket_id, int64_t revision, bool is_gone, struct link_change *ret_change)
{
	struct link_change *change = ret_change;
	change->key_size = link_key(links, kind, change->key);
	change->fact = (struct link_fact){
		.link = shelf_address_of((struct text){ change->key, (uint32_t)change->key_size }).link,
		.caller = kind == LINK_PLACE && !is_gone ? link_caller(links->caller) : 0,
		.at_ms = links->at_ms,
		.revision = revision,
		.is_gone = is_gone,
		.id_size = (uint8_t)ticket_id.size,
	};
	memcpy(change->fact.id, ticket_id.at, ticket_id.size);
}

uint32_t links_diff(const struct links *before, const struct links *after, struct text ticket_id, int64_t revision, struct link_change ret_change[LINK_CHANGES_MAX])
{
	uint32_t count = 0;
	for (enum link_kind kind = LINK_CALLER; kind < LINK_KIND_COUNT; kind++) {
		bool had = has(before, kind), is_there = has(after, kind), is_same_link = false;
		if (had && is_there && is_same(before, after, kind, &is_same_link))
			continue;
		if (had && !is_same_link)
			add_change(before, kind, ticket_id, revision, true, &ret_change[count++]);
		if (is_there)
			add_change(after, kind, ticket_id, revision, false, &ret_change[count++]);
	}
	return count;
}

struct event link_event(struct text key, const struct link_fact *whose, const struct precedence *precedence, int64_t revision, uint8_t room[PRECEDENCE_BYTES_MAX])
{
	struct event event = event_of(EVENT_LINKED, whose->at_ms);
	event.kind = (uint8_t)link_kind_of(key);
	event.amount = revision;
	event.answered = link_check(key);
	event.reason = (struct text){ (const char *)room, (uint32_t)precedence_pack(precedence, room) };
	return event;
}

// A ticket id that is a plain number as that number.
static bool is_number(struct text id, uint64_t *ret_number)
{
	*ret_number = 0;
	if (!id.size || id.size > NUMBER_DIGITS_MAX || (id.at[0] == '0' && id.size > 1))
		return false;
	for (uint32_t i = 0; i < id.size; i++) {
		if (id.at[i] < '0' || id.at[i] > '9')
			return false;
		*ret_number = *ret_number * 10 + (uint64_t)(id.at[i] - '0');
	}
	return true;
}

static size_t put_bytes(uint8_t *bytes, uint64_t number, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		bytes[i] = (uint8_t)(number >> 8 * i);
	return count;
}

static uint64_t get_bytes(const uint8_t *bytes, unsigned count)
{
	uint64_t number = 0;
	for (unsigned i = 0; i < count; i++)
		number |= (uint64_t)bytes[i] << 8 * i;
	return number;
}

static size_t put_id(uint8_t *bytes, const struct link_fact *fact)
{
	uint64_t number;
	if (is_number(id_of(fact), &number))
		return varint_put(bytes, number << 1 | 1);
	size_t size = varint_put(bytes, (uint64_t)fact->id_size << 1);
	memcpy(bytes + size, fact->id, fact->id_size);
	return size + fact->id_size;
}

size_t shelf_bytes_max(const struct shelf *shelf)
{
	return shelf->count * (LINK_BYTES + CALLER_BYTES + TICKET_ID_BYTES_MAX + 4 * VARINT_BYTES_MAX);
}

// The first instant of a link is since 1970, as in tickets.
static size_t put_at(uint8_t *bytes, int64_t at_ms, int64_t before_ms)
{
	int64_t apart = at_ms - before_ms;
	bool is_ms = apart % SECOND_MS != 0;
	return varint_put(bytes, (uint64_t)(is_ms ? apart : apart / SECOND_MS) << 1 | is_ms);
}

size_t shelf_encode(const struct shelf *shelf, uint8_t *ret_bytes)
{
	size_t size = 0;
	for (size_t first = 0, end; first < shelf->count; first = end) {
		uint64_t link = shelf->fact[first].link;
		end = first_of(shelf, link + 1);
		size += put_bytes(ret_bytes + size, link, LINK_BYTES);
		size += varint_put(ret_bytes + size, end - first);
		int64_t before_ms = 0;
		for (size_t i = first; i < end; i++) {
			const struct link_fact *fact = &shelf->fact[i];
			size += put_id(ret_bytes + size, fact);
			size += varint_put(ret_bytes + size, (uint64_t)fact->revision << 2 | (uint64_t)(fact->caller != 0) << 1 | fact->is_gone);
			size += put_at(ret_bytes + size, fact->at_ms, before_ms);
			if (fact->caller)
				size += put_bytes(ret_bytes + size, fact->caller, CALLER_BYTES);
			before_ms = fact->at_ms;
		}
	}
	return size;
}

struct eye {
	const uint8_t *at, *end;
	bool is_broken;
};

static uint64_t get(struct eye *eye)
{
	uint64_t number = 0;
	size_t size = varint_get(eye->at, (size_t)(eye->end - eye->at), &number);
	eye->is_broken |= !size;
	eye->at += size;
	return number;
}

static bool has_room(struct eye *eye, size_t size)
{
	eye->is_broken |= (size_t)(eye->end - eye->at) < size;
	return !eye->is_broken;
}

static void get_id(struct eye *eye, struct link_fact *fact)
{
	uint64_t head = get(eye);
	char digits[24];
	if (head & 1) {
		fact->id_size = (uint8_t)snprintf(digits, sizeof digits, "%" PRIu64, head >> 1);
		memcpy(fact->id, digits, fact->id_size);
		return;
	}
	eye->is_broken |= !head || head >> 1 > TICKET_ID_BYTES_MAX;
	if (eye->is_broken || !has_room(eye, head >> 1))
		return;
	fact->id_size = (uint8_t)(head >> 1);
	memcpy(fact->id, eye->at, fact->id_size);
	eye->at += fact->id_size;
}

static void get_fact(struct eye *eye, struct link_fact *fact, uint64_t link, int64_t before_ms)
{
	*fact = (struct link_fact){ .link = link };
	get_id(eye, fact);
	uint64_t revision = get(eye), apart = get(eye), unit_ms = apart & 1 ? 1 : SECOND_MS;
	fact->is_gone = revision & 1;
	fact->revision = (int64_t)(revision >> 2);
	if (apart >> 1 > (uint64_t)(INSTANT_MAX_MS - before_ms) / unit_ms)
		eye->is_broken = true;
	else
		fact->at_ms = before_ms + (int64_t)((apart >> 1) * unit_ms);
	if (revision & 2 && has_room(eye, CALLER_BYTES)) {
		fact->caller = get_bytes(eye->at, CALLER_BYTES);
		eye->at += CALLER_BYTES;
	}
}

static void get_link(struct eye *eye, struct shelf *shelf)
{
	if (!has_room(eye, LINK_BYTES))
		return;
	uint64_t link = get_bytes(eye->at, LINK_BYTES);
	eye->at += LINK_BYTES;
	uint64_t count = get(eye);
	eye->is_broken |= !count || count > SHELF_LINK_TICKETS_MAX || (shelf->count && shelf->fact[shelf->count - 1].link >= link);
	int64_t before_ms = 0;
	for (; count && !eye->is_broken; count--) {
		shelf->fact = memory_grow(shelf->fact, shelf->count + 1, sizeof *shelf->fact, &shelf->capacity);
		get_fact(eye, &shelf->fact[shelf->count], link, before_ms);
		before_ms = shelf->fact[shelf->count++].at_ms;
	}
}

enum status shelf_decode(const uint8_t *bytes, size_t size, struct shelf *ret_shelf, struct error *error)
{
	struct eye eye = { bytes, bytes + size, false };
	ret_shelf->count = 0;
	while (eye.at < eye.end && !eye.is_broken)
		get_link(&eye, ret_shelf);
	return eye.is_broken ? error_set(error, FATAL, "broken_state", "a stored page of links of %zu bytes is broken at byte %zu", size, (size_t)(eye.at - bytes)) : OK;
}
