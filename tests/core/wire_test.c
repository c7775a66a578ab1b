// wire_test.c - messages of our own come back, in every frame; what others send is taken or refused with its reason, and never more than that.
#include "check.h"

#include <stdio.h>
#include <stdlib.h>

#include "alert.pb-c.h"
#include "alert_same.h"
#include "chance.h"
#include "civil.h"
#include "counter_change.pb-c.h"
#include "memory.h"
#include "sample.h"
#include "ticket_event.pb-c.h"
#include "unit_counters.pb-c.h"
#include "unit_event.pb-c.h"
#include "varint.h"
#include "wire.h"

enum { MIB = 1 << 20 };

static struct names *names;
static struct wire_arena arena;
static uint8_t bytes[2 * PAYLOAD_BYTES_MAX];

static int set_up(void **state)
{
	(void)state;
	names = names_new();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	names_free(names);
	return 0;
}

// Reads what lies alone on the heap, so that a step past its end is seen.
static enum status read_ticket(const uint8_t *message, size_t size, struct text *ret_ticket_id, struct event *ret_event, struct error *error)
{
	char *alone = memory_new(size);
	memcpy(alone, message, size);
	arena.used = 0;
	enum status status = wire_unpack_ticket_event((struct text){ alone, (uint32_t)size }, names, &arena, ret_ticket_id, ret_event, error);
	free(alone);
	return status;
}

static enum status read_unit(const uint8_t *message, size_t size, struct event *ret_event, struct error *error)
{
	char *alone = memory_new(size);
	memcpy(alone, message, size);
	arena.used = 0;
	enum status status = wire_unpack_unit_event((struct text){ alone, (uint32_t)size }, names, &arena, ret_event, error);
	free(alone);
	return status;
}

static void assert_event(const struct event *is, const struct event *wanted)
{
	if (sample_equal(is, wanted, names))
		return;
	sample_print(wanted, names);
	sample_print(is, names);
	fail_msg("the first was sent, the second came");
}

// A signed slip is a slip, on the wire and after it.
static struct event as_received(struct event event)
{
	if (event.signed_by.size && !event.slip)
		event.slip = ANSWER_YES;
	return event;
}

static void events_of_tickets_come_back(void **state)
{
	(void)state;
	struct chance chance = chance_of(1);
	struct error error;
	for (unsigned i = 0; i < 5000; i++) {
		struct event event = sample_any(&chance, names, (enum event_type)(1 + i % 7)), back, wanted = as_received(event);
		struct text ticket_id;
		size_t size;
		assert_ok(wire_pack_ticket_event(TEXT("工单-7"), &event, names, bytes, sizeof bytes, &size, &error), &error);
		assert_ok(read_ticket(bytes, size, &ticket_id, &back, &error), &error);
		assert_text_equal(ticket_id, "工单-7");
		assert_event(&back, &wanted);
	}
}

static void events_of_units_come_back(void **state)
{
	(void)state;
	struct chance chance = chance_of(2);
	struct error error;
	for (unsigned i = 0; i < 5000; i++) {
		struct event event = sample_any(&chance, names, (enum event_type)(EVENT_LOGGED_IN + i % 5)), back;
		size_t size;
		assert_ok(wire_pack_unit_event(&event, names, bytes, sizeof bytes, &size, &error), &error);
		assert_ok(read_unit(bytes, size, &back, &error), &error);
		assert_event(&back, &event);
	}
}

// Two tables of names, as two programs have.
static void names_are_sent_as_names(void **state)
{
	(void)state;
	struct names *other = names_new();
	struct event event = event_of(EVENT_DISPATCHED, SAMPLE_AT_MS), back;
	struct text ticket_id;
	struct error error;
	size_t size;
	(void)names_intern(other, NAME_UNIT, TEXT("somebody else"));
	event.unit = names_intern(names, NAME_UNIT, TEXT("住建局"));
	assert_ok(wire_pack_ticket_event(TEXT("1"), &event, names, bytes, sizeof bytes, &size, &error), &error);
	arena.used = 0;
	assert_ok(wire_unpack_ticket_event((struct text){ (char *)bytes, (uint32_t)size }, other, &arena, &ticket_id, &back, &error), &error);
	assert_text_equal(names_text(other, back.unit), "住建局");
	names_free(other);
}

// A message of others, made with the generated code.
static size_t pack(const Hotline__V1__TicketEvent *message)
{
	return hotline__v1__ticket_event__pack(message, bytes);
}

static Hotline__V1__TicketEvent message_of(Hotline__V1__EventType type)
{
	Hotline__V1__TicketEvent message = HOTLINE__V1__TICKET_EVENT__INIT;
	static char id[] = "8213631", unit[] = "u1";
	message.ticket_id = id;
	message.unit = unit;
	message.at_ms = SAMPLE_AT_MS;
	message.type = type;
	return message;
}

static void assert_taken(size_t size)
{
	struct text ticket_id;
	struct event event;
	struct error error;
	assert_ok(read_ticket(bytes, size, &ticket_id, &event, &error), &error);
}

static void assert_refused(size_t size, const char *reason)
{
	struct text ticket_id = TEXT("untouched");
	struct event event = event_of(EVENT_RATED, 7), before = event;
	struct error error = { .reason = "" };
	enum status status = read_ticket(bytes, size, &ticket_id, &event, &error);
	if (status != REJECT || strcmp(error.reason, reason) != 0)
		fail_msg("wanted reject %s, is %s %s: %s", reason, status_name(status), error.reason, error.text);
	assert_text_equal(ticket_id, "untouched");
	assert_memory_equal(&event, &before, sizeof event);
}

static void the_wire_of_other_engines_is_read(void **state)
{
	(void)state;
	// ticket_id "7", at_ms 1709514000000, type DISPATCHED, unit "u", due_at_ms 1709600400000: fields 1 to 10 by hand, as other engines write them.
	static const uint8_t message[] = { 0x0a, 1, '7', 0x10, 0x80, 0x8d, 0xe6, 0xb7, 0xe0, 0x31, 0x18, 2, 0x22, 1, 'u', 0x40, 0x80, 0xc5, 0xff, 0xe0, 0xe0, 0x31 };
	struct text ticket_id;
	struct event event;
	struct error error;
	assert_ok(read_ticket(message, sizeof message, &ticket_id, &event, &error), &error);
	assert_text_equal(ticket_id, "7");
	assert_int_equal(event.type, EVENT_DISPATCHED);
	assert_text_equal(names_text(names, event.unit), "u");
	assert_true(event.at_ms == SAMPLE_AT_MS);
	assert_true(event.due_at_ms == SAMPLE_AT_MS + DAY_MS);
	assert_int_equal(event.stars, STARS_NONE);
	static const uint8_t rated[] = { 0x0a, 1, '7', 0x10, 0x80, 0x8d, 0xe6, 0xb7, 0xe0, 0x31, 0x18, 5, 0x50, 0 };
	assert_ok(read_ticket(rated, sizeof rated, &ticket_id, &event, &error), &error);
	assert_int_equal(event.stars, 0);  // said, though 0
}

// Puts bytes before the message that lies in `bytes`.
static size_t frame(const uint8_t *head, size_t head_size, size_t size)
{
	memmove(bytes + head_size, bytes, size);
	memcpy(bytes, head, head_size);
	return head_size + size;
}

static void the_confluent_frame_is_taken_off(void **state)
{
	(void)state;
	Hotline__V1__TicketEvent message = message_of(HOTLINE__V1__EVENT_TYPE__DISPATCHED);
	static const struct {
		uint8_t head[12];
		size_t size;
	} good[] = {
		{ { 0, 0, 0, 0, 7, 0 }, 6 },              // one 0 for the first message
		{ { 0, 0xff, 0xff, 0xff, 0xff, 0 }, 6 },
		{ { 0, 0, 0, 0, 7, 2, 0 }, 7 },           // a list of one index
		{ { 0, 0, 0, 0, 7, 4, 2, 0x80, 1 }, 9 },  // of two, one of them of two bytes
	};
	for (size_t i = 0; i < COUNT_OF(good); i++)
		assert_taken(frame(good[i].head, good[i].size, pack(&message)));
}

static void a_broken_frame_is_refused(void **state)
{
	(void)state;
	Hotline__V1__TicketEvent message = message_of(HOTLINE__V1__EVENT_TYPE__DISPATCHED);
	static const uint8_t whole[] = { 0, 0, 0, 0, 7, 6, 2, 4, 6 };
	for (size_t size = 1; size < sizeof whole; size++) {
		memcpy(bytes, whole, size);
		assert_refused(size, "bad_frame");
	}
	memcpy(bytes, whole, sizeof whole);
	assert_refused(sizeof whole, "bad_field");  // an empty message in a sound frame has no type
	static const uint8_t too_many[] = { 0, 0, 0, 0, 7, 34 }, below_zero[] = { 0, 0, 0, 0, 7, 1 };
	static const uint8_t runs_on[] = { 0, 0, 0, 0, 7, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	assert_refused(frame(too_many, sizeof too_many, pack(&message)), "bad_frame");
	assert_refused(frame(below_zero, sizeof below_zero, pack(&message)), "bad_frame");
	assert_refused(frame(runs_on, sizeof runs_on, pack(&message)), "bad_frame");
}

static void every_cut_message_is_refused_or_sound(void **state)
{
	(void)state;
	struct chance chance = chance_of(3);
	struct error error;
	for (unsigned i = 0; i < 120; i++) {
		struct event event = sample_any(&chance, names, (enum event_type)(1 + i % 7)), back;
		struct text ticket_id;
		size_t size;
		assert_ok(wire_pack_ticket_event(TEXT("T-1"), &event, names, bytes, sizeof bytes, &size, &error), &error);
		for (size_t cut = 0; cut < size; cut++) {
			enum status status = read_ticket(bytes, cut, &ticket_id, &back, &error);
			assert_true(status == OK || status == REJECT);
			if (status == OK)
				assert_ok(event_check(&back, &error), &error);
		}
	}
	bytes[0] = 0;
	assert_refused(0, "bad_protobuf");
}

static void garbage_is_refused_or_sound(void **state)
{
	(void)state;
	struct chance chance = chance_of(4);
	struct event event;
	struct text ticket_id;
	struct error error;
	Hotline__V1__TicketEvent message = message_of(HOTLINE__V1__EVENT_TYPE__RECEIVED);
	for (unsigned i = 0; i < 100000; i++) {
		size_t size = 1 + chance_below(&chance, 60);
		if (i % 2) {
			for (size_t k = 0; k < size; k++)
				bytes[k] = (uint8_t)chance_next(&chance);
		} else {  // a sound message with some bytes changed
			size = pack(&message);
			for (unsigned k = 0; k < 3; k++)
				bytes[chance_below(&chance, size)] = (uint8_t)chance_next(&chance);
		}
		enum status status = read_ticket(bytes, size, &ticket_id, &event, &error);
		assert_true(status == OK || status == REJECT);
		if (status == OK)
			assert_ok(event_check(&event, &error), &error);
		status = read_unit(bytes, size, &event, &error);
		assert_true(status == OK || status == REJECT);
	}
}

static void texts_must_be_utf8_without_nul(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		uint32_t size;
		const char *reason;
	} cases[] = {
		{ "\xff", 1, "bad_utf8" }, { "\xc0\x80", 2, "bad_utf8" }, { "\xe4\xb8", 2, "bad_utf8" }, { "\xed\xa0\x80", 3, "bad_utf8" }, { "\xf4\x90\x80\x80", 4, "bad_utf8" },
		{ "a\0b", 3, "bad_utf8" }, { "\0", 1, "bad_utf8" }, { "u\0", 2, "bad_utf8" },
	};
	static const uint8_t field[] = { 1, 4, 5, 6, 15, 16, 17, 24, 26, 27 };
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		for (size_t k = 0; k < COUNT_OF(field); k++) {
			bool is_of_return = field[k] == 4 || field[k] >= 24;
			Hotline__V1__TicketEvent message = message_of(is_of_return ? HOTLINE__V1__EVENT_TYPE__RETURNED : HOTLINE__V1__EVENT_TYPE__RECEIVED);
			size_t size = pack(&message);
			size += varint_put(bytes + size, (unsigned)field[k] << 3 | 2);
			bytes[size++] = (uint8_t)cases[i].size;
			memcpy(bytes + size, cases[i].text, cases[i].size);
			assert_refused(size + cases[i].size, cases[i].reason);
		}
}

// A NUL in a number, in an unknown field or in the frame is none of a text.
static void a_nul_elsewhere_is_no_harm(void **state)
{
	(void)state;
	Hotline__V1__TicketEvent message = message_of(HOTLINE__V1__EVENT_TYPE__RATED);
	message.given_case = HOTLINE__V1__TICKET_EVENT__GIVEN_STARS;
	message.stars = 0;
	size_t size = pack(&message);
	static const uint8_t unknown[] = { 0xfa, 0x3e, 3, 0, 1, 0, 0xf1, 0x3e, 0, 0, 0, 0, 0, 0, 0, 0, 0xf5, 0x3e, 0, 0, 0, 0, 0xf0, 0x3e, 0 };  // 1007: each form
	memcpy(bytes + size, unknown, sizeof unknown);
	assert_taken(size + sizeof unknown);
}

static void unknown_fields_are_passed_over(void **state)
{
	(void)state;
	Hotline__V1__TicketEvent message = message_of(HOTLINE__V1__EVENT_TYPE__DISPATCHED);
	size_t size = pack(&message);
	for (unsigned i = 0; i < 50; i++) {
		size += varint_put(bytes + size, (500 + i) << 3);
		size += varint_put(bytes + size, UINT64_MAX);
	}
	assert_taken(size);
}

static void numbers_out_of_range_are_refused(void **state)
{
	(void)state;
	static const struct {
		unsigned field;
		Hotline__V1__EventType type;
		int64_t number;
		const char *reason;  // NULL is taken
	} cases[] = {
		{ 3, HOTLINE__V1__EVENT_TYPE__RATED, 0, "bad_field" }, { 3, HOTLINE__V1__EVENT_TYPE__RATED, 7, "bad_field" }, { 3, HOTLINE__V1__EVENT_TYPE__RATED, 17, "bad_field" },
		{ 3, HOTLINE__V1__EVENT_TYPE__RATED, -1, "bad_field" }, { 3, HOTLINE__V1__EVENT_TYPE__RATED, 257, "bad_field" },
		{ 7, HOTLINE__V1__EVENT_TYPE__RECEIVED, 6, NULL }, { 7, HOTLINE__V1__EVENT_TYPE__RECEIVED, 7, "bad_field" }, { 7, HOTLINE__V1__EVENT_TYPE__RECEIVED, 257, "bad_field" },
		{ 7, HOTLINE__V1__EVENT_TYPE__RECEIVED, -1, "bad_field" }, { 13, HOTLINE__V1__EVENT_TYPE__RECEIVED, 3, NULL },
		{ 13, HOTLINE__V1__EVENT_TYPE__RECEIVED, 4, "bad_field" }, { 14, HOTLINE__V1__EVENT_TYPE__RECEIVED, 3, "bad_field" },
		{ 18, HOTLINE__V1__EVENT_TYPE__RECEIVED, 3, "bad_field" }, { 19, HOTLINE__V1__EVENT_TYPE__RECEIVED, 256, "bad_field" },
		{ 20, HOTLINE__V1__EVENT_TYPE__RECEIVED, AMOUNT_MAX, NULL }, { 20, HOTLINE__V1__EVENT_TYPE__RECEIVED, AMOUNT_MAX + 1, "bad_field" },
		{ 20, HOTLINE__V1__EVENT_TYPE__RECEIVED, -1, "bad_field" }, { 21, HOTLINE__V1__EVENT_TYPE__DISPATCHED, 3, "bad_field" },
		{ 28, HOTLINE__V1__EVENT_TYPE__RESOLVED, 4, "bad_field" }, { 10, HOTLINE__V1__EVENT_TYPE__RATED, 5, NULL }, { 10, HOTLINE__V1__EVENT_TYPE__RATED, 0, NULL },
		{ 10, HOTLINE__V1__EVENT_TYPE__RATED, 6, "bad_field" }, { 10, HOTLINE__V1__EVENT_TYPE__RATED, -1, "bad_field" }, { 10, HOTLINE__V1__EVENT_TYPE__RATED, 260, "bad_field" },
		{ 9, HOTLINE__V1__EVENT_TYPE__RATED, 3, "bad_field" }, { 9, HOTLINE__V1__EVENT_TYPE__REVISITED, 258, "bad_field" },
		{ 2, HOTLINE__V1__EVENT_TYPE__RECEIVED, 0, "bad_time" }, { 2, HOTLINE__V1__EVENT_TYPE__RECEIVED, -1, "bad_time" },
		{ 2, HOTLINE__V1__EVENT_TYPE__RECEIVED, INSTANT_MAX_MS, NULL }, { 2, HOTLINE__V1__EVENT_TYPE__RECEIVED, INSTANT_MAX_MS + 1, "bad_time" },
		{ 8, HOTLINE__V1__EVENT_TYPE__DISPATCHED, INT64_MIN, "bad_time" }, { 22, HOTLINE__V1__EVENT_TYPE__DISPATCHED, -5, "bad_time" },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		Hotline__V1__TicketEvent message = message_of(cases[i].type);
		if (cases[i].type == HOTLINE__V1__EVENT_TYPE__RATED)
			message.praised = HOTLINE__V1__ANSWER__YES;
		size_t size = pack(&message);
		size += varint_put(bytes + size, cases[i].field << 3);
		size += varint_put(bytes + size, (uint64_t)cases[i].number);  // of a field said twice the last holds
		if (cases[i].reason)
			assert_refused(size, cases[i].reason);
		else
			assert_taken(size);
	}
}

static void ids_and_names_that_are_too_long_are_refused(void **state)
{
	(void)state;
	static char text[NAME_BYTES_MAX + 2];
	memset(text, 'x', sizeof text - 1);
	Hotline__V1__TicketEvent message = message_of(HOTLINE__V1__EVENT_TYPE__DISPATCHED);
	message.unit = text;
	assert_refused(pack(&message), "bad_field");
	text[NAME_BYTES_MAX] = '\0';
	assert_taken(pack(&message));
	message = message_of(HOTLINE__V1__EVENT_TYPE__DISPATCHED);
	message.ticket_id = text;
	text[TICKET_ID_BYTES_MAX] = '\0';
	assert_taken(pack(&message));
	text[TICKET_ID_BYTES_MAX] = 'x';
	text[TICKET_ID_BYTES_MAX + 1] = '\0';
	assert_refused(pack(&message), "bad_field");
	text[0] = '\0';
	assert_refused(pack(&message), "bad_field");
	static char brace[] = "a{b";
	message = message_of(HOTLINE__V1__EVENT_TYPE__DISPATCHED);
	message.unit = brace;
	assert_refused(pack(&message), "bad_field");
}

static void a_refused_name_takes_no_place(void **state)
{
	(void)state;
	static char slash[] = "a/b";
	Hotline__V1__TicketEvent message = message_of(HOTLINE__V1__EVENT_TYPE__DISPATCHED);
	message.unit = slash;
	uint32_t count = names_count(names);
	assert_refused(pack(&message), "bad_field");
	assert_int_equal(names_count(names), count);
}

static void payloads_have_a_limit(void **state)
{
	(void)state;
	static char long_text[TEXT_BYTES_MAX + 1];
	memset(long_text, 'x', TEXT_BYTES_MAX);
	Hotline__V1__TicketEvent message = message_of(HOTLINE__V1__EVENT_TYPE__RECEIVED);
	message.title = long_text;
	size_t size = pack(&message);
	size_t rest = PAYLOAD_BYTES_MAX - size - 4;  // one unknown field fills it up
	size += varint_put(bytes + size, 1000u << 3 | 2);
	size += varint_put(bytes + size, rest);
	memset(bytes + size, 'y', rest + 1);
	assert_int_equal(size + rest, PAYLOAD_BYTES_MAX);
	assert_taken(size + rest);
	assert_refused(size + rest + 1, "too_large");
}

static void a_mebibyte_is_refused_without_being_read(void **state)
{
	(void)state;
	struct text ticket_id;
	struct event event;
	struct error error;
	struct wire_alert alert;
	uint8_t *huge = memory_new(MIB);
	memset(huge, 'x', MIB);
	assert_fails(read_ticket(huge, MIB, &ticket_id, &event, &error), REJECT, "too_large", &error);
	assert_fails(read_unit(huge, MIB, &event, &error), REJECT, "too_large", &error);
	assert_int_equal(arena.used, 0);
	for (size_t i = 0; i < MIB; i += 2) {  // evidence that is empty, over and over
		huge[i] = 10 << 3 | 2;
		huge[i + 1] = 0;
	}
	assert_fails(wire_unpack_alert((struct text){ (char *)huge, MIB }, &arena, &alert, &error), REJECT, "too_large", &error);
	assert_int_equal(arena.used, 0);
	free(huge);
}

static void many_empty_submessages_find_no_room(void **state)
{
	(void)state;
	struct wire_alert alert;
	struct error error;
	char *dimension_and_days = memory_new(MIB);
	const ProtobufCFieldDescriptor *evidence = protobuf_c_message_descriptor_get_field_by_name(&hotline__v1__alert__descriptor, "evidence");
	for (size_t i = 0; i < PAYLOAD_BYTES_MAX; i += 2) {
		bytes[i] = (uint8_t)(evidence->id << 3 | 2);
		bytes[i + 1] = 0;
	}
	arena.used = 0;
	enum status status = wire_unpack_alert((struct text){ (char *)bytes, PAYLOAD_BYTES_MAX }, &arena, &alert, &error);
	assert_int_equal(status, REJECT);
	assert_in_range(arena.used, 0, WIRE_ARENA_BYTES);
	// A change has no limit of its own: the arena is the limit.
	struct text dimension;
	static int32_t day[WIRE_CHANGE_DAYS_MAX];
	size_t day_count;
	memset(dimension_and_days, 0, MIB);
	for (size_t i = 0; i < MIB; i += 2)
		dimension_and_days[i] = 15 << 3 | 2;  // unknown and empty
	arena.used = 0;
	assert_fails(wire_unpack_change((struct text){ dimension_and_days, MIB }, &arena, &dimension, day, &day_count, &error), REJECT, "bad_protobuf", &error);
	assert_in_range(arena.used, 0, WIRE_ARENA_BYTES);
	free(dimension_and_days);
}

// What is promised of the room that a message needs. Source: wire.h, WIRE_ARENA_BYTES.
static void the_largest_event_finds_room_in_three_payloads(void **state)
{
	(void)state;
	static char text[5][TEXT_BYTES_MAX + 1];
	for (size_t i = 0; i < COUNT_OF(text); i++)
		memset(text[i], 'x', TEXT_BYTES_MAX);
	text[3][PERSON_BYTES_MAX] = '\0';
	Hotline__V1__TicketEvent message = message_of(HOTLINE__V1__EVENT_TYPE__RETURNED);
	message.reason = text[0];
	message.statute = text[1];
	message.title = text[2];
	message.signed_by = text[3];
	message.place = text[4];
	size_t size = pack(&message);
	struct text ticket_id;
	struct event event;
	struct error error;
	arena.used = WIRE_ARENA_BYTES - 3 * PAYLOAD_BYTES_MAX;
	assert_ok(wire_unpack_ticket_event((struct text){ (char *)bytes, (uint32_t)size }, names, &arena, &ticket_id, &event, &error), &error);
	arena.used = WIRE_ARENA_BYTES - 64;
	assert_fails(wire_unpack_ticket_event((struct text){ (char *)bytes, (uint32_t)size }, names, &arena, &ticket_id, &event, &error), REJECT, "bad_protobuf", &error);
}

static void what_would_be_too_large_is_not_sent(void **state)
{
	(void)state;
	struct event event = event_of(EVENT_RECEIVED, SAMPLE_AT_MS);
	struct error error;
	size_t size = 7;
	event.title = TEXT("title");
	assert_fails(wire_pack_ticket_event(TEXT("T"), &event, names, bytes, 10, &size, &error), REJECT, "too_large", &error);
	event = event_of(EVENT_MARKED, SAMPLE_AT_MS);
	event.unit = names_intern(names, NAME_UNIT, TEXT("u1"));
	assert_fails(wire_pack_unit_event(&event, names, bytes, 3, &size, &error), REJECT, "too_large", &error);
	assert_int_equal(size, 7);
}

static void unit_events_are_checked_too(void **state)
{
	(void)state;
	static char unit[] = "u1", nul[] = "";
	struct event event;
	struct error error;
	Hotline__V1__UnitEvent message = HOTLINE__V1__UNIT_EVENT__INIT;
	message.unit = unit;
	message.at_ms = SAMPLE_AT_MS;
	for (int type = -1; type < 10; type++) {
		message.type = (Hotline__V1__UnitEventType)type;
		size_t size = hotline__v1__unit_event__pack(&message, bytes);
		if (type >= 1 && type <= 5)
			assert_ok(read_unit(bytes, size, &event, &error), &error);
		else
			assert_fails(read_unit(bytes, size, &event, &error), REJECT, "bad_field", &error);
	}
	message.type = HOTLINE__V1__UNIT_EVENT_TYPE__CALLS;
	message.offered = 3;
	message.answered = 4;
	assert_fails(read_unit(bytes, hotline__v1__unit_event__pack(&message, bytes), &event, &error), REJECT, "bad_field", &error);
	message.answered = 3;
	message.unit = nul;
	assert_fails(read_unit(bytes, hotline__v1__unit_event__pack(&message, bytes), &event, &error), REJECT, "bad_field", &error);
}

static struct wire_alert full_alert(void)
{
	struct wire_alert alert = {
		.id = TEXT("overdue/8213631/xlt-xinghai/2024-03-05T16:00:00+08:00"),
		.rule = TEXT("overdue"),
		.ticket_id = TEXT("8213631"),
		.unit = TEXT("xlt-xinghai"),
		.dimension = TEXT("unit/xlt-xinghai"),
		.article = TEXT("每月对不满意件、低星件、超期件、推诿件进行全区范围内通报"),
		.next_step = TEXT("level 1"),
		.policy = TEXT("3f0c000000000001"),
		.at_ms = SAMPLE_AT_MS,
		.revision = INT64_MAX,
		.state = ALERT_RETRACTED,
		.severity = SEVERITY_CRITICAL,
		.evidence_count = RULE_EVIDENCE_MAX,
	};
	for (unsigned i = 0; i < RULE_EVIDENCE_MAX; i++) {
		alert.evidence[i].name = TEXT("due_at");
		alert.evidence[i].value = TEXT("2024-03-12T23:59:59.999+08:00");
	}
	return alert;
}

static void alerts_come_back(void **state)
{
	(void)state;
	struct wire_alert alert = full_alert(), back;
	struct error error;
	static uint8_t message[WIRE_ALERT_BYTES_MAX];
	size_t size = wire_pack_alert(&alert, message);
	assert_true(size);
	arena.used = 0;
	assert_ok(wire_unpack_alert((struct text){ (char *)message, (uint32_t)size }, &arena, &back, &error), &error);
	const struct text *is = &back.id, *wanted = &alert.id;
	for (unsigned i = 0; i < 8; i++)  // the eight texts at the front
		assert_true(text_equal(is[i], wanted[i]));
	assert_true(back.at_ms == alert.at_ms && back.revision == alert.revision);
	assert_int_equal(back.state, alert.state);
	assert_int_equal(back.severity, alert.severity);
	assert_int_equal(back.evidence_count, alert.evidence_count);
	for (unsigned i = 0; i < RULE_EVIDENCE_MAX; i++) {
		assert_true(text_equal(back.evidence[i].name, alert.evidence[i].name));
		assert_true(text_equal(back.evidence[i].value, alert.evidence[i].value));
	}
	for (size_t cut = 0; cut < size; cut++) {
		char *alone = memory_new(cut);
		memcpy(alone, message, cut);
		arena.used = 0;
		assert_true(wire_unpack_alert((struct text){ alone, (uint32_t)cut }, &arena, &back, &error) != FATAL);
		free(alone);
	}
	static char long_text[WIRE_ALERT_BYTES_MAX];
	memset(long_text, 'x', sizeof long_text);
	alert.article = (struct text){ long_text, sizeof long_text };
	assert_int_equal(wire_pack_alert(&alert, message), 0);
}

static char *string_of(struct text text)
{
	char *string = memory_new(text.size + 1);
	text_copy(text, string, text.size + 1);
	return string;
}

// As protobuf-c packs it, for as long as the program runs. Returns its size, whether or not it is more than ours may have.
static size_t pack_by_protobuf(const struct wire_alert *alert, uint8_t *ret_bytes)
{
	Hotline__V1__Alert out = HOTLINE__V1__ALERT__INIT;
	Hotline__V1__Evidence item[RULE_EVIDENCE_MAX], *items[RULE_EVIDENCE_MAX];
	char **const string[] = { &out.id, &out.rule, &out.ticket_id, &out.unit, &out.dimension, &out.article, &out.next_step, &out.policy };
	for (size_t i = 0; i < COUNT_OF(string); i++)
		*string[i] = string_of((&alert->id)[i]);
	out.at_ms = alert->at_ms;
	out.state = (Hotline__V1__AlertState)alert->state;
	out.severity = (Hotline__V1__Severity)alert->severity;
	out.revision = alert->revision;
	out.evidence = items;
	for (out.n_evidence = 0; out.n_evidence < alert->evidence_count; out.n_evidence++) {
		items[out.n_evidence] = &item[out.n_evidence];
		item[out.n_evidence] = (Hotline__V1__Evidence)HOTLINE__V1__EVIDENCE__INIT;
		item[out.n_evidence].name = string_of(alert->evidence[out.n_evidence].name);
		item[out.n_evidence].value = string_of(alert->evidence[out.n_evidence].value);
	}
	size_t size = hotline__v1__alert__pack(&out, ret_bytes);
	for (size_t i = 0; i < COUNT_OF(string); i++)
		free(*string[i]);
	for (size_t i = 0; i < out.n_evidence; i++) {
		free(item[i].name);
		free(item[i].value);
	}
	return size;
}

static struct text any_text(struct chance *chance)
{
	static char some[1000];
	static const uint32_t limit[] = { 1, 20, 130, sizeof some };
	memset(some, 'x', sizeof some);
	return (struct text){ some, (uint32_t)chance_below(chance, limit[chance_below(chance, COUNT_OF(limit))]) };
}

// Byte for byte, and nothing where that is more than there is room for.
static void alerts_are_written_as_protobuf_writes_them(void **state)
{
	(void)state;
	static uint8_t ours[WIRE_ALERT_BYTES_MAX], wanted[16 * WIRE_ALERT_BYTES_MAX];
	struct chance chance = chance_of(11);
	unsigned too_large = 0, count = 5000;
	for (unsigned i = 0; i < count; i++) {
		struct wire_alert alert = { .at_ms = (int64_t)(chance_next(&chance) >> chance_below(&chance, 64)) };
		for (size_t k = 0; k < 8; k++)
			(&alert.id)[k] = any_text(&chance);
		alert.revision = (int64_t)(chance_next(&chance) >> chance_below(&chance, 64));
		alert.state = (uint8_t)chance_below(&chance, 4);
		alert.severity = (uint8_t)chance_below(&chance, 4);
		alert.evidence_count = (uint32_t)chance_below(&chance, RULE_EVIDENCE_MAX + 1);
		for (uint32_t k = 0; k < alert.evidence_count; k++) {
			alert.evidence[k].name = any_text(&chance);
			alert.evidence[k].value = any_text(&chance);
		}
		size_t size = wire_pack_alert(&alert, ours), wanted_size = pack_by_protobuf(&alert, wanted);
		too_large += wanted_size > WIRE_ALERT_BYTES_MAX;
		assert_int_equal(size, wanted_size > WIRE_ALERT_BYTES_MAX ? 0 : wanted_size);
		assert_memory_equal(ours, wanted, size);
	}
	assert_in_range(too_large, 10, count - 10);
}

// Within its own bytes, so that a step past their end is seen.
static bool is_read_alike(const uint8_t *message, size_t size)
{
	char *alone = memory_new(size);
	memcpy(alone, message, size);
	bool is_plain = alert_same((struct text){ alone, (uint32_t)size });
	free(alone);
	return is_plain;
}

// As they are written; and with bytes changed and cut off, as far as they are taken at all.
static void alerts_are_read_as_protobuf_reads_them(void **state)
{
	(void)state;
	static uint8_t message[WIRE_ALERT_BYTES_MAX];
	struct chance chance = chance_of(12);
	struct wire_alert alert = full_alert();
	unsigned spoiled_plain = 0, count = 20000;
	for (unsigned i = 0; i < count; i++) {
		alert.at_ms = (int64_t)(chance_next(&chance) >> (1 + chance_below(&chance, 63)));
		alert.revision = (int64_t)(chance_next(&chance) >> (1 + chance_below(&chance, 63)));
		alert.state = (uint8_t)(ALERT_FIRING + chance_below(&chance, 3));
		alert.evidence_count = (uint32_t)chance_below(&chance, RULE_EVIDENCE_MAX + 1);
		size_t size = wire_pack_alert(&alert, message);
		assert_true(is_read_alike(message, size));
		for (uint64_t k = 1 + chance_below(&chance, 3); k--;)
			message[chance_below(&chance, size)] = (uint8_t)chance_next(&chance);
		spoiled_plain += is_read_alike(message, chance_of_e4(&chance, 3000) ? 1 + chance_below(&chance, size) : size);
	}
	assert_in_range(spoiled_plain, count / 10, count);
}

// One byte more than there is room for.
static void the_largest_alert_fits(void **state)
{
	(void)state;
	static uint8_t message[WIRE_ALERT_BYTES_MAX];
	static char long_text[WIRE_ALERT_BYTES_MAX];
	struct wire_alert alert = full_alert();
	memset(long_text, 'x', sizeof long_text);
	alert.policy = TEXT("");
	size_t rest = WIRE_ALERT_BYTES_MAX - wire_pack_alert(&alert, message) - 3;  // its tag, and its length in two bytes
	alert.policy = (struct text){ long_text, (uint32_t)rest };
	assert_int_equal(wire_pack_alert(&alert, message), WIRE_ALERT_BYTES_MAX);
	alert.policy.size++;
	assert_int_equal(wire_pack_alert(&alert, message), 0);
}

static void alerts_of_another_version_are_refused(void **state)
{
	(void)state;
	struct wire_alert alert = full_alert(), back;
	struct error error;
	static uint8_t message[WIRE_ALERT_BYTES_MAX];
	for (uint8_t alert_state = 0; alert_state < 6; alert_state++) {
		alert.state = alert_state;
		size_t size = wire_pack_alert(&alert, message);
		arena.used = 0;
		enum status status = wire_unpack_alert((struct text){ (char *)message, (uint32_t)size }, &arena, &back, &error);
		assert_int_equal(status, alert_state >= ALERT_FIRING && alert_state <= ALERT_RETRACTED ? OK : REJECT);
	}
}

static void changes_come_back(void **state)
{
	(void)state;
	static int32_t day[WIRE_CHANGE_DAYS_MAX], back[WIRE_CHANGE_DAYS_MAX];
	static uint8_t message[WIRE_CHANGE_BYTES_MAX];
	static const size_t counts[] = { 0, 1, 31, WIRE_CHANGE_DAYS_MAX };
	struct text dimension;
	struct error error;
	size_t count;
	for (int32_t i = 0; i < WIRE_CHANGE_DAYS_MAX; i++)
		day[i] = 19787 + i;
	for (size_t i = 0; i < COUNT_OF(counts); i++) {
		size_t size = wire_pack_change(TEXT("unit/住建局"), day, counts[i], "tickets.3", INT64_MAX, message);
		arena.used = 0;
		assert_ok(wire_unpack_change((struct text){ (char *)message, (uint32_t)size }, &arena, &dimension, back, &count, &error), &error);
		assert_text_equal(dimension, "unit/住建局");
		assert_int_equal(count, counts[i]);
		if (count)
			assert_memory_equal(back, day, count * sizeof *day);
	}
}

static void a_change_of_too_many_days_is_refused(void **state)
{
	(void)state;
	static int32_t day[WIRE_CHANGE_DAYS_MAX + 1], back[WIRE_CHANGE_DAYS_MAX];
	static uint8_t message[WIRE_CHANGE_BYTES_MAX];
	static char unit[] = "unit/u";
	Hotline__V1__CounterChange change = HOTLINE__V1__COUNTER_CHANGE__INIT;
	struct text dimension;
	struct error error;
	size_t count;
	change.dimension = unit;
	change.n_day = COUNT_OF(day);
	change.day = day;
	size_t size = hotline__v1__counter_change__pack(&change, message);
	arena.used = 0;
	assert_fails(wire_unpack_change((struct text){ (char *)message, (uint32_t)size }, &arena, &dimension, back, &count, &error), REJECT, "bad_field", &error);
}

static void counters_are_sent_by_name_without_zeros(void **state)
{
	(void)state;
	static uint8_t message[WIRE_COUNTERS_BYTES_MAX];
	struct counters counters = { { 0 } };
	counters.n[COUNTER_RESOLVED] = 7;
	counters.n[COUNTER_POINTS_ADDED] = 200;
	size_t size = wire_pack_counters(TEXT("unit/u1/channel/phone"), 19787, &counters, 5, message);
	Hotline__V1__UnitCounters *back = hotline__v1__unit_counters__unpack(NULL, size, message);
	assert_non_null(back);
	assert_string_equal(back->dimension, "unit/u1/channel/phone");
	assert_string_equal(back->day, "2024-03-05");
	assert_int_equal(back->revision, 5);
	assert_int_equal(back->n_counter, 2);
	assert_string_equal(back->counter[0]->name, "resolved");
	assert_int_equal(back->counter[0]->value, 7);
	assert_string_equal(back->counter[1]->name, "points_added");
	assert_int_equal(back->counter[1]->value, 200);
	hotline__v1__unit_counters__free_unpacked(back, NULL);
	for (unsigned i = 0; i < COUNTER_COUNT; i++)
		counters.n[i] = INT64_MAX;
	static char longest[DIMENSION_BYTES_MAX];
	memset(longest, 'x', sizeof longest);
	assert_in_range(wire_pack_counters((struct text){ longest, sizeof longest - 1 }, 80000, &counters, INT64_MAX, message), 1, sizeof message);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(events_of_tickets_come_back),
		cmocka_unit_test(events_of_units_come_back),
		cmocka_unit_test(names_are_sent_as_names),
		cmocka_unit_test(the_wire_of_other_engines_is_read),
		cmocka_unit_test(the_confluent_frame_is_taken_off),
		cmocka_unit_test(a_broken_frame_is_refused),
		cmocka_unit_test(every_cut_message_is_refused_or_sound),
		cmocka_unit_test(garbage_is_refused_or_sound),
		cmocka_unit_test(texts_must_be_utf8_without_nul),
		cmocka_unit_test(a_nul_elsewhere_is_no_harm),
		cmocka_unit_test(unknown_fields_are_passed_over),
		cmocka_unit_test(numbers_out_of_range_are_refused),
		cmocka_unit_test(ids_and_names_that_are_too_long_are_refused),
		cmocka_unit_test(a_refused_name_takes_no_place),
		cmocka_unit_test(payloads_have_a_limit),
		cmocka_unit_test(a_mebibyte_is_refused_without_being_read),
		cmocka_unit_test(many_empty_submessages_find_no_room),
		cmocka_unit_test(the_largest_event_finds_room_in_three_payloads),
		cmocka_unit_test(what_would_be_too_large_is_not_sent),
		cmocka_unit_test(unit_events_are_checked_too),
		cmocka_unit_test(alerts_come_back),
		cmocka_unit_test(alerts_are_written_as_protobuf_writes_them),
		cmocka_unit_test(alerts_are_read_as_protobuf_reads_them),
		cmocka_unit_test(the_largest_alert_fits),
		cmocka_unit_test(alerts_of_another_version_are_refused),
		cmocka_unit_test(changes_come_back),
		cmocka_unit_test(a_change_of_too_many_days_is_refused),
		cmocka_unit_test(counters_are_sent_by_name_without_zeros),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
