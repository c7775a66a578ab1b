// The stored form of a shelf.
#include <assert.h>
#include <string.h>

#include "civil.h"
#include "memory.h"
#include "shelf.h"
#include "varint.h"

enum { LINK_BYTES = 6, SECONDS_BYTES = 3, REST_BYTES = 2, CALLER_BYTES = 5 };
enum { IS_FURTHER = 1, HAS_CALLER = 2, IS_GONE = 4, HAS_REST = 8, IS_NUMBER = 16, KNOWN = 31 };  // the first byte of a fact
static_assert(LINK_PERIOD_MS / SECOND_MS < 1 << 8 * SECONDS_BYTES, "the seconds of a period fit");

enum { FACT_BYTES_MAX = 1 + LINK_BYTES + SECONDS_BYTES + REST_BYTES + CALLER_BYTES + 2 * VARINT_BYTES_MAX + TICKET_ID_BYTES_MAX };

size_t shelf_bytes_max(const struct shelf *shelf)
{
	return VARINT_BYTES_MAX + shelf->facts.count * FACT_BYTES_MAX;
}

// What all numbers of a shelf have in common is written once: they begin with a date.
static uint64_t least_number(const struct link_facts *facts)
{
	uint64_t least = UINT64_MAX;
	for (size_t i = 0; i < facts->count; i++)
		if (!facts->fact[i].ticket.size && facts->fact[i].ticket.number < least)
			least = facts->fact[i].ticket.number;
	return least == UINT64_MAX ? 0 : least;
}

static size_t put_fact(uint8_t *bytes, const struct link_fact *fact, bool is_further, int64_t from_ms, uint64_t least)
{
	uint64_t apart_ms = (uint64_t)(fact->at_ms - from_ms), rest_ms = apart_ms % SECOND_MS;
	size_t size = 0;
	bytes[size++] = (uint8_t)((is_further ? IS_FURTHER : 0) | (fact->caller ? HAS_CALLER : 0) | (fact->is_gone ? IS_GONE : 0) | (rest_ms ? HAS_REST : 0) |
		(fact->ticket.size ? 0 : IS_NUMBER));
	if (!is_further)
		size += fixed_put(bytes + size, fact->link, LINK_BYTES);
	size += fixed_put(bytes + size, apart_ms / SECOND_MS, SECONDS_BYTES);
	if (rest_ms)
		size += fixed_put(bytes + size, rest_ms, REST_BYTES);
	size += varint_put(bytes + size, (uint64_t)fact->revision);
	if (fact->ticket.size) {
		bytes[size++] = fact->ticket.size;
		memcpy(bytes + size, fact->ticket.text, fact->ticket.size);
		size += fact->ticket.size;
	} else {
		size += varint_put(bytes + size, fact->ticket.number - least);
	}
	if (fact->caller)
		size += fixed_put(bytes + size, fact->caller, CALLER_BYTES);
	return size;
}

size_t shelf_encode(const struct shelf *shelf, uint8_t *ret_bytes)
{
	const struct link_fact *fact = shelf->facts.fact;
	uint64_t least = least_number(&shelf->facts);
	size_t size = varint_put(ret_bytes, least);
	for (size_t i = 0; i < shelf->facts.count; i++)
		size += put_fact(ret_bytes + size, &fact[i], i && fact[i - 1].link == fact[i].link, shelf->period * LINK_PERIOD_MS, least);
	return size;
}

struct eye {
	const uint8_t *at, *end;
	bool is_broken;
	uint64_t least;
};

static uint64_t get(struct eye *eye)
{
	uint64_t number = 0;
	size_t size = eye->is_broken ? 0 : varint_get(eye->at, (size_t)(eye->end - eye->at), &number);
	eye->is_broken |= !size;
	eye->at += size;
	return number;
}

static uint64_t get_fixed(struct eye *eye, unsigned count)
{
	if (eye->is_broken || (size_t)(eye->end - eye->at) < count) {
		eye->is_broken = true;
		return 0;
	}
	eye->at += count;
	return fixed_get(eye->at - count, count);
}

static void get_ticket(struct eye *eye, bool is_number, struct link_ticket *ticket)
{
	ticket->number = is_number ? eye->least + get(eye) : 0;
	ticket->size = is_number ? 0 : (uint8_t)get_fixed(eye, 1);
	if (is_number)
		return;
	eye->is_broken |= !ticket->size || ticket->size > TICKET_ID_BYTES_MAX || (size_t)(eye->end - eye->at) < ticket->size;
	if (eye->is_broken)
		return;
	memcpy(ticket->text, eye->at, ticket->size);
	eye->at += ticket->size;
}

// `before` is the fact before it; NULL for the first.
static void get_fact(struct eye *eye, struct link_fact *fact, const struct link_fact *before, int64_t from_ms)
{
	uint8_t head = (uint8_t)get_fixed(eye, 1);
	bool is_further = head & IS_FURTHER;
	eye->is_broken |= head & ~KNOWN || (is_further && !before);
	fact->link = eye->is_broken ? 0 : is_further ? before->link : get_fixed(eye, LINK_BYTES);
	eye->is_broken |= before && !is_further && before->link >= fact->link;
	int64_t seconds = (int64_t)get_fixed(eye, SECONDS_BYTES), rest_ms = head & HAS_REST ? (int64_t)get_fixed(eye, REST_BYTES) : 0;
	fact->at_ms = from_ms + seconds * SECOND_MS + rest_ms;
	fact->revision = (int64_t)get(eye);
	fact->is_gone = head & IS_GONE;
	get_ticket(eye, head & IS_NUMBER, &fact->ticket);
	fact->caller = head & HAS_CALLER ? get_fixed(eye, CALLER_BYTES) : 0;
	eye->is_broken |= rest_ms >= SECOND_MS || fact->at_ms >= from_ms + LINK_PERIOD_MS || fact->revision < 0;
}

enum status shelf_decode(const uint8_t *bytes, size_t size, struct shelf *ret_shelf, struct error *error)
{
	struct eye eye = { bytes, bytes + size, false, 0 };
	struct link_facts *facts = &ret_shelf->facts;
	facts->count = 0;
	eye.least = get(&eye);
	while (eye.at < eye.end && !eye.is_broken) {
		facts->fact = memory_grow(facts->fact, facts->count + 1, sizeof *facts->fact, &facts->capacity);
		struct link_fact *fact = &facts->fact[facts->count];
		get_fact(&eye, fact, facts->count ? fact - 1 : NULL, ret_shelf->period * LINK_PERIOD_MS);
		facts->count++;
	}
	if (eye.is_broken)
		facts->count = 0;
	return eye.is_broken ? error_set(error, FATAL, "broken_state", "a stored shelf of links of %zu bytes is broken before byte %zu", size, (size_t)(eye.at - bytes)) : OK;
}
