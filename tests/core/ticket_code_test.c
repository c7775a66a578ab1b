// ticket_code_test.c - a ticket written down and read back; and bytes that nobody wrote.
#include "check.h"

#include <stdio.h>
#include <stdlib.h>

#include "civil.h"
#include "memory.h"
#include "page.h"
#include "sample.h"
#include "ticket.h"

enum { EVENTS_MAX = 64, SEEDS = 400, CANARY = 0xa5 };

static struct names *names;
static struct dictionary *dictionary;
static uint8_t bytes[4 * TICKET_BYTES_MAX];

static int set_up(void **state)
{
	(void)state;
	names = names_new();
	dictionary = dictionary_new();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	dictionary_free(dictionary);
	names_free(names);
	return 0;
}

struct room {
	struct ticket ticket;
	struct event event[EVENTS_MAX];
};

static void empty(struct room *room)
{
	room->ticket = (struct ticket){ .event = room->event, .capacity = EVENTS_MAX };
}

static void assert_round_trip(const struct room *room)
{
	struct room back;
	struct error error;
	size_t size = ticket_encode(&room->ticket, dictionary, bytes, sizeof bytes);
	assert_true(size);
	empty(&back);
	assert_ok(ticket_decode(bytes, size, dictionary, &back.ticket, &error), &error);
	assert_int_equal(back.ticket.edition, room->ticket.edition);
	assert_true(back.ticket.clock_ms == room->ticket.clock_ms);
	assert_int_equal(back.ticket.count, room->ticket.count);
	for (uint32_t i = 0; i < room->ticket.count; i++) {
		if (sample_equal(&room->event[i], &back.event[i], names))
			continue;
		sample_print(&room->event[i], names);
		sample_print(&back.event[i], names);
		fail_msg("an event was written down as the first and read back as the second");
	}
}

static void any_ticket(struct room *ret_room, uint64_t seed, unsigned count_max)
{
	struct chance chance = chance_of(seed);
	empty(ret_room);
	unsigned count = 1 + (unsigned)chance_below(&chance, count_max);
	for (unsigned i = 0; i < count; i++) {
		struct event event = sample_any(&chance, names, sample_type(&chance));
		(void)ticket_merge(&ret_room->ticket, &event, names);
	}
	ret_room->ticket.edition = (uint32_t)chance_below(&chance, 3) * 1000000u;
	if (chance_below(&chance, 2))
		ret_room->ticket.clock_ms = ret_room->event[0].at_ms + (int64_t)chance_below(&chance, (uint64_t)DAY_MS) - HOUR_MS;
}

static void every_type_with_any_fields_comes_back(void **state)
{
	(void)state;
	struct room room;
	struct chance chance = chance_of(1);
	for (unsigned i = 0; i < 200; i++)
		for (unsigned type = 1; type < EVENT_TYPE_LIMIT; type++) {
			if (!event_type_name((enum event_type)type))
				continue;
			empty(&room);
			room.event[0] = sample_any(&chance, names, (enum event_type)type);
			room.ticket.count = 1;
			assert_round_trip(&room);
		}
}

static void long_tickets_come_back(void **state)
{
	(void)state;
	struct room room;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		any_ticket(&room, seed, EVENTS_MAX - 1);
		assert_round_trip(&room);
	}
}

static void the_limits_of_a_ticket_come_back(void **state)
{
	(void)state;
	struct room room;
	empty(&room);
	room.ticket.edition = UINT32_MAX;
	room.event[room.ticket.count++] = event_of(EVENT_RECEIVED, INSTANT_MIN_MS + 1);
	room.event[room.ticket.count] = event_of(EVENT_REVISITED, INSTANT_MAX_MS);
	room.event[room.ticket.count++].seq = UINT32_MAX;
	static const int64_t clock_ms[] = { 0, 1, INSTANT_MIN_MS + 2, SAMPLE_AT_MS, INSTANT_MAX_MS };
	for (size_t i = 0; i < COUNT_OF(clock_ms); i++) {
		room.ticket.clock_ms = clock_ms[i];
		assert_round_trip(&room);
	}
	room.ticket.count = 0;
	room.ticket.clock_ms = 0;
	assert_round_trip(&room);
}

static void equal_tickets_are_written_alike_and_in_few_bytes(void **state)
{
	(void)state;
	struct room room;
	struct event story[SAMPLE_STORY];
	uint8_t again[4096];
	sample_story(names, story);
	static const unsigned closed[] = { 4, 7, 12, 13, 15 };  // dispatched, moved, resolved, rated, revisited
	empty(&room);
	for (size_t i = 0; i < COUNT_OF(closed); i++)
		(void)ticket_merge(&room.ticket, &story[closed[i]], names);
	size_t size = ticket_encode(&room.ticket, dictionary, bytes, sizeof bytes);
	assert_int_equal(ticket_encode(&room.ticket, dictionary, again, sizeof again), size);
	assert_memory_equal(bytes, again, size);
	assert_in_range(size, 1, 40);
}

// Where the dictionary is large a name takes two bytes, and the unit of the event before still one.
static void a_unit_that_stays_takes_one_byte(void **state)
{
	(void)state;
	enum { NAMES = 300 };
	struct event event[2] = { event_of(EVENT_DISPATCHED, SAMPLE_AT_MS), event_of(EVENT_RETURNED, SAMPLE_AT_MS + 1000) };
	struct ticket ticket = { .event = event, .count = 2, .capacity = 2 };
	struct dictionary *large = dictionary_new();
	name_id unit[NAMES];
	for (int i = 0; i < NAMES; i++) {
		char name[16];
		struct text text = { name, (uint32_t)snprintf(name, sizeof name, "unit-%d", i) };
		unit[i] = names_intern(names, NAME_UNIT, text);
		dictionary_add(large, unit[i]);
	}
	event[0].unit = event[1].unit = unit[NAMES - 1];
	size_t same = ticket_encode(&ticket, large, bytes, sizeof bytes);
	event[1].unit = unit[NAMES - 2];
	size_t other = ticket_encode(&ticket, large, bytes, sizeof bytes);
	dictionary_free(large);
	assert_true(same);
	assert_int_equal(other, same + 1);
}

static void nothing_is_written_past_the_room_that_is_given(void **state)
{
	(void)state;
	struct room room;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		any_ticket(&room, seed, 4);
		size_t size = ticket_encode(&room.ticket, dictionary, bytes, sizeof bytes);
		for (size_t capacity = 0; capacity < size; capacity++) {
			uint8_t *small = memory_new(capacity + 1);
			small[capacity] = CANARY;
			assert_int_equal(ticket_encode(&room.ticket, dictionary, small, capacity), 0);
			assert_int_equal(small[capacity], CANARY);
			free(small);
		}
	}
}

// Reads bytes that lie alone on the heap, so that a step past their end is seen. Sound or refused, but nothing else.
static enum status read_alone(const uint8_t *broken, size_t size, struct room *ret_room)
{
	struct error error = { .reason = "" };
	uint8_t *alone = memory_new(size);
	memcpy(alone, broken, size);
	empty(ret_room);
	enum status status = ticket_decode(alone, size, dictionary, &ret_room->ticket, &error);
	if (status != OK) {
		assert_int_equal(status, FATAL);
		assert_string_equal(error.reason, "broken_state");
		assert_int_equal(ret_room->ticket.count, 0);
	}
	for (uint32_t i = 0; i < ret_room->ticket.count; i++) {
		assert_non_null(event_type_name(ret_room->event[i].type));
		assert_in_range(ret_room->event[i].at_ms, 0, INSTANT_MAX_MS);
	}
	free(alone);
	return status;
}

static void a_ticket_cut_short_is_refused_or_has_fewer_events(void **state)
{
	(void)state;
	struct room room, back;
	for (uint64_t seed = 1; seed <= 100; seed++) {
		any_ticket(&room, seed, 8);
		size_t size = ticket_encode(&room.ticket, dictionary, bytes, sizeof bytes);
		for (size_t cut = 0; cut < size; cut++)
			if (read_alone(bytes, cut, &back) == OK)
				assert_true(back.ticket.count < room.ticket.count);
	}
}

static void flipped_bits_and_garbage_never_lead_outside(void **state)
{
	(void)state;
	struct room room, back;
	struct chance chance = chance_of(7);
	for (uint64_t seed = 1; seed <= 60; seed++) {
		any_ticket(&room, seed, 6);
		size_t size = ticket_encode(&room.ticket, dictionary, bytes, sizeof bytes);
		for (size_t bit = 0; bit < 8 * size; bit++) {
			bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
			(void)read_alone(bytes, size, &back);
			bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
		}
	}
	for (unsigned i = 0; i < 100000; i++) {
		size_t size = chance_below(&chance, 40);
		for (size_t k = 0; k < size; k++)
			bytes[k] = (uint8_t)(chance_below(&chance, 3) ? chance_below(&chance, 24) : chance_next(&chance));
		(void)read_alone(bytes, size, &back);
	}
}

// Each event as far from the one before as can be written: the sum must not run over.
static void instants_past_the_last_one_are_refused(void **state)
{
	(void)state;
	struct error error;
	static struct event event[UNIT_MONTH_EVENTS_MAX];
	struct ticket ticket = { .event = event, .capacity = UNIT_MONTH_EVENTS_MAX };
	static const uint8_t far[] = { EVENT_REVISITED, 0xff, 0xff, 0xff, 0xff, 0xff, 0x33, 0 };
	size_t size = 2;
	bytes[0] = bytes[1] = 0;
	for (unsigned i = 0; i < UNIT_MONTH_EVENTS_MAX; i++, size += sizeof far)
		memcpy(bytes + size, far, sizeof far);
	assert_fails(ticket_decode(bytes, size, dictionary, &ticket, &error), FATAL, "broken_state", &error);
}

static void more_events_than_there_is_room_for_are_refused(void **state)
{
	(void)state;
	struct room room;
	struct error error;
	any_ticket(&room, 3, 20);
	assert_true(room.ticket.count > 1);
	size_t size = ticket_encode(&room.ticket, dictionary, bytes, sizeof bytes);
	struct event event[EVENTS_MAX];
	struct ticket small = { .event = event, .capacity = room.ticket.count - 1 };
	assert_fails(ticket_decode(bytes, size, dictionary, &small, &error), FATAL, "broken_state", &error);
}

static void a_name_that_the_dictionary_does_not_have_is_refused(void **state)
{
	(void)state;
	struct room room;
	struct error error;
	struct dictionary *other = dictionary_new();
	empty(&room);
	room.event[0] = event_of(EVENT_DISPATCHED, SAMPLE_AT_MS);
	room.event[0].unit = names_intern(names, NAME_UNIT, TEXT("u1"));
	room.ticket.count = 1;
	size_t size = ticket_encode(&room.ticket, dictionary, bytes, sizeof bytes);
	assert_fails(ticket_decode(bytes, size, other, &room.ticket, &error), FATAL, "broken_state", &error);
	dictionary_free(other);
}

static void a_dictionary_numbers_names_in_the_order_they_came(void **state)
{
	(void)state;
	struct dictionary *own = dictionary_new();
	assert_int_equal(dictionary_count(own), 0);
	assert_int_equal(dictionary_add(own, 5000), 1);
	assert_int_equal(dictionary_add(own, 7), 2);
	assert_int_equal(dictionary_add(own, 5000), 1);
	assert_int_equal(dictionary_name(own, 1), 5000);
	assert_int_equal(dictionary_name(own, 2), 7);
	assert_int_equal(dictionary_name(own, 0), 0);
	assert_int_equal(dictionary_name(own, 3), 0);
	dictionary_cut(own, 1);
	assert_int_equal(dictionary_count(own), 1);
	assert_int_equal(dictionary_name(own, 2), 0);
	assert_int_equal(dictionary_add(own, 9), 2);
	assert_int_equal(dictionary_add(own, 7), 3);
	dictionary_cut(own, 3);
	assert_int_equal(dictionary_count(own), 3);
	dictionary_free(own);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_type_with_any_fields_comes_back),
		cmocka_unit_test(long_tickets_come_back),
		cmocka_unit_test(the_limits_of_a_ticket_come_back),
		cmocka_unit_test(equal_tickets_are_written_alike_and_in_few_bytes),
		cmocka_unit_test(a_unit_that_stays_takes_one_byte),
		cmocka_unit_test(nothing_is_written_past_the_room_that_is_given),
		cmocka_unit_test(a_ticket_cut_short_is_refused_or_has_fewer_events),
		cmocka_unit_test(flipped_bits_and_garbage_never_lead_outside),
		cmocka_unit_test(instants_past_the_last_one_are_refused),
		cmocka_unit_test(more_events_than_there_is_room_for_are_refused),
		cmocka_unit_test(a_name_that_the_dictionary_does_not_have_is_refused),
		cmocka_unit_test(a_dictionary_numbers_names_in_the_order_they_came),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
