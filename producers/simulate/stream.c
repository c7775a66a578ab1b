#include "stream.h"

#include <stdlib.h>
#include <string.h>

#include "civil.h"
#include "memory.h"
#include "unit_day.h"

// Something whose next event is known: a ticket, or a place of a unit's day.
struct pending {
	int64_t at_ms, received_at_ms;
	int32_t day;
	uint32_t number;   // of the ticket on its day; 0 for a unit
	uint32_t place;    // of the next event in the life, or in the units' day
};

struct stream {
	const struct city *city;
	struct stream_plan plan;
	uint64_t until[RHYTHM_DAYS_MAX];
	int32_t day;             // that is open
	bool is_open, is_live;
	uint32_t receipt_count, next_receipt;
	size_t receipt_capacity;
	int64_t *receipt;        // of the open day
	size_t count, capacity;
	struct pending *heap;    // the earliest first
	struct life life;        // of the event that was given last
};

static bool is_before(const struct pending *a, const struct pending *b)
{
	if (a->at_ms != b->at_ms)
		return a->at_ms < b->at_ms;
	if (a->day != b->day)
		return a->day < b->day;
	return a->number != b->number ? a->number < b->number : a->place < b->place;
}

static void push(struct stream *stream, const struct pending *pending)
{
	if (pending->at_ms > stream->plan.horizon_ms)
		return;
	stream->heap = memory_grow(stream->heap, stream->count + 1, sizeof *stream->heap, &stream->capacity);
	size_t at = stream->count++;
	for (; at && is_before(pending, &stream->heap[(at - 1) / 2]); at = (at - 1) / 2)
		stream->heap[at] = stream->heap[(at - 1) / 2];
	stream->heap[at] = *pending;
}

static struct pending pop(struct stream *stream)
{
	struct pending first = stream->heap[0], last = stream->heap[--stream->count];
	size_t at = 0, child;
	while ((child = 2 * at + 1) < stream->count) {
		if (child + 1 < stream->count && is_before(&stream->heap[child + 1], &stream->heap[child]))
			child++;
		if (!is_before(&stream->heap[child], &last))
			break;
		stream->heap[at] = stream->heap[child];
		at = child;
	}
	if (stream->count)
		stream->heap[at] = last;
	return first;
}

struct stream *stream_new(const struct city *city, const struct stream_plan *plan)
{
	struct stream *stream = memory_new(sizeof *stream);
	stream->city = city;
	stream->plan = *plan;
	stream->day = plan->from_day - 1;
	if (plan->day_count)
		rhythm_spread(city, plan->from_day, plan->day_count, plan->ticket_count, stream->until);
	return stream;
}

void stream_free(struct stream *stream)
{
	if (!stream)
		return;
	free(stream->receipt);
	free(stream->heap);
	free(stream);
}

static bool is_live_day(const struct stream *stream, int32_t day)
{
	return day >= stream->plan.from_day + (int32_t)stream->plan.day_count;
}

uint32_t stream_day_tickets(const struct stream *stream, int32_t day)
{
	uint32_t place = (uint32_t)(day - stream->plan.from_day);
	uint64_t count = is_live_day(stream, day) ? (uint64_t)(stream->plan.live_rate * (DAY_MS / SECOND_MS))
		: stream->until[place] - (place ? stream->until[place - 1] : 0);
	return count < LIFE_TICKETS_A_DAY_MAX ? (uint32_t)count : LIFE_TICKETS_A_DAY_MAX;
}

static void push_unit_day(struct stream *stream)
{
	struct event event;
	for (uint32_t place = 0; place < unit_day_place_count(stream->city); place++)
		if (unit_day_event(stream->city, stream->day, place, stream->receipt_count, &event) && (!stream->is_live || event.at_ms >= stream->plan.live_from_ms))
			push(stream, &(struct pending){ .at_ms = event.at_ms, .day = stream->day, .place = place });
}

static void open_day(struct stream *stream)
{
	stream->day++;
	stream->is_live = is_live_day(stream, stream->day);
	stream->receipt_count = stream_day_tickets(stream, stream->day);
	stream->receipt = memory_grow(stream->receipt, stream->receipt_count + 1, sizeof *stream->receipt, &stream->receipt_capacity);
	rhythm_receipts(stream->city, stream->day, stream->receipt_count, stream->is_live, stream->receipt);
	for (stream->next_receipt = 0; stream->is_live && stream->next_receipt < stream->receipt_count; stream->next_receipt++)
		if (stream->receipt[stream->next_receipt] >= stream->plan.live_from_ms)
			break;
	push_unit_day(stream);
}

static bool has_day(const struct stream *stream)
{
	return stream->plan.live_rate > 0 || !is_live_day(stream, stream->day + 1);
}

// Lets the next ticket in, or the next day, while it is their turn. Returns false when nothing is left at all.
static bool let_in(struct stream *stream)
{
	for (;;) {
		bool is_day_over = stream->next_receipt == stream->receipt_count;
		if (is_day_over && !has_day(stream))
			return stream->count > 0;
		int64_t next_ms = is_day_over ? civil_day_start_ms(stream->day + 1, stream->city->policy.zone_ms) : stream->receipt[stream->next_receipt];
		if (stream->count && stream->heap[0].at_ms < next_ms)
			return true;
		if (is_day_over) {
			open_day(stream);
			continue;
		}
		push(stream, &(struct pending){ .at_ms = next_ms, .received_at_ms = next_ms, .day = stream->day, .number = ++stream->next_receipt });
		if (next_ms > stream->plan.horizon_ms)
			continue;
		return true;
	}
}

static void give_unit_event(struct stream *stream, const struct pending *pending, struct event *ret_event)
{
	(void)unit_day_event(stream->city, pending->day, pending->place, stream_day_tickets(stream, pending->day), ret_event);
}

static void give_ticket_event(struct stream *stream, struct pending *pending, struct event *ret_event)
{
	struct life_key key = { .day = pending->day, .number = pending->number, .received_at_ms = pending->received_at_ms };
	life_make(stream->city, &stream->plan.shape, &key, &stream->life);
	*ret_event = stream->life.event[pending->place];
	if (++pending->place == stream->life.count)
		return;
	pending->at_ms = stream->life.event[pending->place].at_ms;
	push(stream, pending);
}

bool stream_next(struct stream *stream, struct text *ret_ticket_id, struct event *ret_event)
{
	if (!let_in(stream))
		return false;
	struct pending pending = pop(stream);
	*ret_ticket_id = (struct text){ 0 };
	if (pending.number) {
		give_ticket_event(stream, &pending, ret_event);
		*ret_ticket_id = life_id(&stream->life);
	} else {
		give_unit_event(stream, &pending, ret_event);
	}
	return true;
}
