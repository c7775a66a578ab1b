#include "shelf.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"

enum { NUMBER_DIGITS_MAX = 18 };
static_assert(LINK_PERIOD_MS > LINK_EARLIER_WITHIN_MS, "whoever came before lies in the same period or the one before");

uint64_t shelf_link(struct link_hash hash)
{
	return hash.low >> 16;
}

void link_ticket_set(struct link_ticket *ticket, struct text id)
{
	assert(id.size && id.size <= TICKET_ID_BYTES_MAX);
	uint64_t number = 0;
	bool is_number = id.size <= NUMBER_DIGITS_MAX && (id.at[0] != '0' || id.size == 1);
	for (uint32_t i = 0; i < id.size && is_number; i++) {
		is_number = id.at[i] >= '0' && id.at[i] <= '9';
		number = number * 10 + (uint64_t)(id.at[i] - '0');
	}
	ticket->number = is_number ? number : 0;
	ticket->size = is_number ? 0 : (uint8_t)id.size;
	memcpy(ticket->text, id.at, ticket->size);
}

struct text link_ticket_id(const struct link_ticket *ticket, char room[TICKET_ID_BYTES_MAX])
{
	if (ticket->size)
		return (struct text){ ticket->text, ticket->size };
	struct phrase digits = phrase_of(room, TICKET_ID_BYTES_MAX);
	phrase_add_number(&digits, ticket->number);
	return (struct text){ room, (uint32_t)digits.size };
}

bool link_ticket_equal(const struct link_ticket *a, const struct link_ticket *b)
{
	return a->number == b->number && a->size == b->size && memcmp(a->text, b->text, a->size) == 0;
}

void shelves_done(struct shelves *shelves)
{
	for (size_t i = 0; i < shelves->made; i++) {
		free(shelves->shelf[i]->facts.fact);
		free(shelves->shelf[i]);
	}
	free(shelves->shelf);
	free(shelves->before.fact);
	free(shelves->after.fact);
	*shelves = (struct shelves){ .count = 0 };
}

void shelves_clear(struct shelves *shelves)
{
	shelves->count = 0;
}

static void reserve(struct link_facts *facts, size_t count)
{
	facts->fact = memory_grow(facts->fact, count, sizeof *facts->fact, &facts->capacity);
}

static void make(struct shelves *shelves)
{
	shelves->shelf = memory_grow(shelves->shelf, shelves->made + 1, sizeof(struct shelf *), &shelves->capacity);
	shelves->shelf[shelves->made++] = memory_new(sizeof(struct shelf));
}

void shelves_reserve(struct shelves *shelves, size_t count, size_t facts)
{
	reserve(&shelves->before, facts);
	reserve(&shelves->after, facts);
	while (shelves->made < count)
		make(shelves);
	for (size_t i = 0; i < count; i++)
		reserve(&shelves->shelf[i]->facts, facts);
}

static struct shelf *find_shelf(const struct shelves *shelves, int32_t period)
{
	for (size_t i = 0; i < shelves->count; i++)
		if (shelves->shelf[i]->period == period)
			return shelves->shelf[i];
	return NULL;
}

struct shelf *shelves_at(struct shelves *shelves, int32_t period)
{
	struct shelf *shelf = find_shelf(shelves, period);
	if (shelf)
		return shelf;
	if (shelves->count == shelves->made)
		make(shelves);
	shelf = shelves->shelf[shelves->count++];
	shelf->period = period;
	shelf->is_changed = false;
	shelf->owner = NULL;
	shelf->facts.count = 0;
	return shelf;
}

size_t shelf_links(const struct shelf *shelf)
{
	const struct link_fact *fact = shelf->facts.fact;
	size_t count = 0;
	for (size_t i = 0; i < shelf->facts.count; i++)
		count += !i || fact[i - 1].link != fact[i].link;
	return count;
}

// All links of a shelf have the bits above this one in common, and they lie in their order.
void shelf_split(struct shelf *shelf, uint64_t bit, struct shelf *ret_other)
{
	struct link_facts *facts = &shelf->facts;
	size_t stay = 0;
	while (stay < facts->count && !(facts->fact[stay].link & bit))
		stay++;
	*ret_other = (struct shelf){ .period = shelf->period };
	if (stay < facts->count)
		ret_other->facts = (struct link_facts){ .fact = facts->fact + stay, .count = facts->count - stay };
	facts->count = stay;
}

// The order of one link's facts.
static int compare(const struct link_fact *a, const struct link_fact *b)
{
	char room_a[TICKET_ID_BYTES_MAX], room_b[TICKET_ID_BYTES_MAX];
	if (a->at_ms != b->at_ms)
		return a->at_ms < b->at_ms ? -1 : 1;
	return text_compare(link_ticket_id(&a->ticket, room_a), link_ticket_id(&b->ticket, room_b));
}

// Where the facts of links from this one on begin.
static size_t first_of(const struct link_facts *facts, uint64_t link)
{
	size_t low = 0, high = facts->count;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (facts->fact[middle].link < link)
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

// The place of the ticket's fact among these; `count` when it has none.
static size_t find(const struct link_fact *fact, size_t count, const struct link_ticket *ticket)
{
	size_t place = 0;
	while (place < count && !link_ticket_equal(&fact[place].ticket, ticket))
		place++;
	return place;
}

static void take_out(struct link_facts *facts, size_t place)
{
	facts->count--;
	memmove(facts->fact + place, facts->fact + place + 1, (facts->count - place) * sizeof *facts->fact);
}

static void put_in(struct link_facts *facts, size_t place, const struct link_fact *fact)
{
	reserve(facts, facts->count + 1);
	memmove(facts->fact + place + 1, facts->fact + place, (facts->count - place) * sizeof *facts->fact);
	facts->fact[place] = *fact;
	facts->count++;
}

static void add_all(struct link_facts *facts, const struct link_fact *fact, size_t count)
{
	reserve(facts, facts->count + count);
	if (count)
		memcpy(facts->fact + facts->count, fact, count * sizeof *fact);
	facts->count += count;
}

// The link's facts of the period, and those of the one before and of the one after around them, which is their order. Returns where those of the period begin.
static size_t gather(const struct shelves *shelves, const struct link_fact *fact, struct link_facts *ret_facts, size_t *ret_own_count)
{
	int32_t period = link_period(fact->at_ms);
	size_t own = 0;
	ret_facts->count = 0;
	*ret_own_count = 0;
	for (int32_t i = period - 1; i <= period + 1; i++) {
		const struct shelf *shelf = find_shelf(shelves, i);
		size_t first = shelf ? first_of(&shelf->facts, fact->link) : 0, end = first;
		while (shelf && end < shelf->facts.count && shelf->facts.fact[end].link == fact->link)
			end++;
		if (i == period) {
			own = ret_facts->count;
			*ret_own_count = end - first;
		}
		if (end > first)
			add_all(ret_facts, shelf->facts.fact + first, end - first);
	}
	return own;
}

// The fact's own ticket had `before`, at its old place; NULL where it had none.
static void tell_own(const struct link_listener *listener, const struct link_fact *before, size_t old, const struct link_fact *after, size_t now)
{
	struct precedence was, is;
	memset(&was, 0, sizeof was);
	memset(&is, 0, sizeof is);
	if (before && !before[old].is_gone)
		was = precedence_of(before, old);
	if (!after[now].is_gone)
		is = precedence_of(after, now);
	if (!precedence_equal(&was, &is))
		listener->tell(listener->self, &after[now], &is);
}

// The others lie in the same order before and after. Only whoever was received after the fact, and not too long after, can be concerned. `old` is before->count where
// the ticket had no fact.
static void tell_others(const struct link_listener *listener, const struct link_facts *before, size_t old, const struct link_facts *after, size_t now)
{
	int64_t from_ms = after->fact[now].at_ms, to_ms = from_ms;
	if (old < before->count && before->fact[old].at_ms < from_ms)
		from_ms = before->fact[old].at_ms;
	if (old < before->count && before->fact[old].at_ms > to_ms)
		to_ms = before->fact[old].at_ms;
	for (size_t i = 0, j = 0; i < after->count; i++) {
		if (i == now)
			continue;
		j += j == old;
		size_t was_at = j++;
		const struct link_fact *other = &after->fact[i];
		if (other->is_gone || other->at_ms < from_ms || other->at_ms > to_ms + LINK_EARLIER_WITHIN_MS)
			continue;
		struct precedence was = precedence_of(before->fact, was_at), is = precedence_of(after->fact, i);
		if (!precedence_equal(&was, &is))
			listener->tell(listener->self, other, &is);
	}
}

enum status shelves_take(struct shelves *shelves, const struct link_fact *fact, const struct link_listener *listener, bool *ret_is_changed, struct error *error)
{
	struct link_facts *before = &shelves->before, *after = &shelves->after;
	struct shelf *shelf = shelves_at(shelves, link_period(fact->at_ms));
	size_t own_count, own = gather(shelves, fact, before, &own_count), first = first_of(&shelf->facts, fact->link);
	size_t old = own + find(before->fact + own, own_count, &fact->ticket), had = own + own_count;
	*ret_is_changed = false;
	if (old < had && before->fact[old].revision >= fact->revision)
		return OK;
	if (old == had && own_count == SHELF_LINK_TICKETS_MAX)
		return error_set(error, REJECT, "too_many_tickets", "a caller or a place may have %d tickets in %d days", SHELF_LINK_TICKETS_MAX, (int)(LINK_PERIOD_MS / DAY_MS));
	after->count = 0;
	add_all(after, before->fact, before->count);
	if (old < had) {
		take_out(after, old);
		take_out(&shelf->facts, first + old - own);
	}
	size_t now = own, end = had - (old < had);
	while (now < end && compare(&after->fact[now], fact) < 0)
		now++;
	put_in(after, now, fact);
	put_in(&shelf->facts, first + now - own, fact);
	shelf->is_changed = *ret_is_changed = true;
	if (old == had)
		old = before->count;
	tell_own(listener, old < before->count ? before->fact : NULL, old, after->fact, now);
	tell_others(listener, before, old, after, now);
	return OK;
}

static bool has(const struct links *links, enum link_kind kind)
{
	return links->is_there && (kind == LINK_CALLER ? links->caller.size : links->place.size && links->category.size);
}

// The same link, and nothing else to be said about it.
static bool is_same(const struct links *a, const struct links *b, enum link_kind kind, bool *ret_is_same_link)
{
	*ret_is_same_link = link_period(a->at_ms) == link_period(b->at_ms) &&
		(kind == LINK_CALLER ? text_equal(a->caller, b->caller) : text_equal(a->place, b->place) && text_equal(a->category, b->category));
	return *ret_is_same_link && a->at_ms == b->at_ms && text_equal(a->caller, b->caller);
}

static void add_change(const struct links *links, enum link_kind kind, struct text ticket_id, int64_t revision, bool is_gone, struct link_change *ret_change)
{
	char key[LINK_KEY_BYTES_MAX];
	size_t size = link_key(links, kind, key);
	ret_change->hash = link_hash((struct text){ key, (uint32_t)size });
	ret_change->kind = kind;
	struct link_fact *fact = &ret_change->fact;
	fact->link = shelf_link(ret_change->hash);
	fact->caller = kind == LINK_PLACE && !is_gone ? link_caller(links->caller) : 0;
	fact->at_ms = links->at_ms;
	fact->revision = revision;
	fact->is_gone = is_gone;
	link_ticket_set(&fact->ticket, ticket_id);
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

struct event link_event(const struct link_change *change, const struct link_fact *whose, const struct precedence *precedence, int64_t revision,
	uint8_t room[PRECEDENCE_BYTES_MAX])
{
	struct event event = event_of(EVENT_LINKED, whose->at_ms);
	event.kind = (uint8_t)change->kind;
	event.amount = revision;
	event.answered = link_check(change->hash, link_period(whose->at_ms));
	event.reason = (struct text){ (const char *)room, (uint32_t)precedence_pack(precedence, room) };
	return event;
}
