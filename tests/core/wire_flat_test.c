// wire_flat_test.c - flat_scan and protobuf-c read the same: events as they are sent, and what becomes of them when bytes are changed, cut, joined and mixed.
#include "check.h"

#include <stdlib.h>

#include "memory.h"
#include "flat_same.h"
#include "sample.h"
#include "ticket_event.pb-c.h"
#include "unit_event.pb-c.h"
#include "varint.h"
#include "wire.h"

static const ProtobufCMessageDescriptor *const types[] = { &hotline__v1__ticket_event__descriptor, &hotline__v1__unit_event__descriptor };

static bool is_same(const ProtobufCMessageDescriptor *type, const uint8_t *bytes, size_t size)
{
	char *alone = memory_new(size);  // so that a step past its end is seen
	memcpy(alone, bytes, size);
	bool is_plain = flat_same(type, (struct text){ alone, (uint32_t)size });
	free(alone);
	return is_plain;
}

static size_t draw(struct chance *chance, struct names *names, uint8_t bytes[WIRE_EVENT_BYTES_MAX])
{
	struct error error;
	size_t size;
	struct event event = sample_any(chance, names, sample_type(chance));
	if (event_is_of_unit(&event))
		assert_ok(wire_pack_unit_event(&event, names, bytes, WIRE_EVENT_BYTES_MAX, &size, &error), &error);
	else
		assert_ok(wire_pack_ticket_event(TEXT("202503030000001"), &event, names, bytes, WIRE_EVENT_BYTES_MAX, &size, &error), &error);
	return size;
}

static void events_are_plain(void **state)
{
	(void)state;
	static uint8_t bytes[WIRE_EVENT_BYTES_MAX];
	struct chance chance = chance_of(1);
	struct names *names = names_new();
	unsigned plain = 0, count = 4000;
	for (unsigned i = 0; i < count; i++) {
		size_t size = draw(&chance, names, bytes);
		plain += is_same(types[0], bytes, size) || is_same(types[1], bytes, size);
	}
	assert_in_range(plain, count * 3 / 4, count);  // not those with a negative number or a zero byte in a hash
	names_free(names);
}

// A few bytes become others, a piece goes, a piece of another message comes in.
static size_t spoil(struct chance *chance, uint8_t *bytes, size_t size, const uint8_t *other, size_t other_size)
{
	for (uint64_t i = chance_below(chance, 4); i--;)
		bytes[chance_below(chance, size)] = (uint8_t)chance_next(chance);
	if (chance_of_e4(chance, 3000))
		size = 1 + chance_below(chance, size);
	if (chance_of_e4(chance, 3000)) {
		size_t at = chance_below(chance, other_size), piece = chance_below(chance, other_size - at);
		memcpy(bytes + size, other + at, piece);
		size += piece;
	}
	return size;
}

static void spoiled_events_are_read_alike(void **state)
{
	(void)state;
	static uint8_t bytes[2 * WIRE_EVENT_BYTES_MAX], other[WIRE_EVENT_BYTES_MAX];
	struct chance chance = chance_of(2);
	struct names *names = names_new();
	size_t other_size = draw(&chance, names, other);
	unsigned plain = 0;
	for (unsigned i = 0; i < 40000; i++) {
		size_t size = spoil(&chance, bytes, draw(&chance, names, bytes), other, other_size);
		plain += is_same(types[i % 2], bytes, size);
		if (i % 64 == 0)
			other_size = draw(&chance, names, other);
	}
	assert_in_range(plain, 1000, 39000);
	names_free(names);
}

// Any fields with any values in any order, as often as they come.
static void mixed_fields_are_read_alike(void **state)
{
	(void)state;
	uint8_t bytes[4096];
	struct chance chance = chance_of(3);
	unsigned plain = 0;
	for (unsigned i = 0; i < 40000; i++) {
		const ProtobufCMessageDescriptor *type = types[i % 2];
		size_t size = 0;
		for (uint64_t count = 1 + chance_below(&chance, chance_of_e4(&chance, 500) ? 60 : 8); count--;) {
			const ProtobufCFieldDescriptor *field = &type->fields[chance_below(&chance, type->n_fields)];
			bool is_text = field->type == PROTOBUF_C_TYPE_STRING || field->type == PROTOBUF_C_TYPE_BYTES, is_four = field->type == PROTOBUF_C_TYPE_FIXED32;
			unsigned wire_type = chance_of_e4(&chance, 100) ? (unsigned)chance_below(&chance, 8) : is_text ? 2 : is_four ? 5 : 0;
			uint64_t number = chance_next(&chance) >> chance_below(&chance, 64);
			if (is_text)
				number = chance_below(&chance, 12);
			size += varint_put(bytes + size, field->id << 3 | wire_type);
			if (!is_four)
				size += varint_put(bytes + size, number);
			for (uint64_t k = is_four ? 4 : is_text ? number : 0; k--;)
				bytes[size++] = (uint8_t)(1 + chance_below(&chance, 255));
		}
		plain += is_same(type, bytes, size);
	}
	assert_in_range(plain, 1000, 39000);
}

static void assert_plain(bool wanted, const char *bytes, size_t size)
{
	assert_int_equal(is_same(types[0], (const uint8_t *)bytes, size), wanted);
}
#define ASSERT_PLAIN(wanted, literal) assert_plain(wanted, literal, sizeof(literal) - 1)

static void what_is_not_plain_is_left_alone(void **state)
{
	(void)state;
	ASSERT_PLAIN(true, "\x0a\x03""abc\x18\x01");
	ASSERT_PLAIN(true, "\x18\x02\x18\x01");                                          // the last one holds
	ASSERT_PLAIN(true, "\x18\x81\x80\x80\x80\x10");                                  // more bits than an enum has
	ASSERT_PLAIN(true, "\x90\x01\x01");                                              // a field of two bytes
	ASSERT_PLAIN(true, "\x95\x02""abcd");                                            // four bytes
	ASSERT_PLAIN(false, "");
	ASSERT_PLAIN(false, "\x0a\x03""a\0c\x18\x01");                                   // a NUL
	ASSERT_PLAIN(false, "\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01");             // a negative number
	ASSERT_PLAIN(false, "\x60\x80\x80\x80\x80\x80\x80\x80\x80\x80\x02");             // a bool of a bit that 64 do not hold
	ASSERT_PLAIN(false, "\x0a\x04""abc");                                            // cut
	ASSERT_PLAIN(false, "\x0a");
	ASSERT_PLAIN(false, "\x10\x81");
	ASSERT_PLAIN(false, "\x95\x02""abc");
	ASSERT_PLAIN(false, "\x08\x01");                                                 // a number where a text belongs
	ASSERT_PLAIN(false, "\x12\x01""a");
	ASSERT_PLAIN(false, "\x90\x02\x01");
	ASSERT_PLAIN(false, "\xaa\x02\x01""a");                                          // a field that nobody knows
	ASSERT_PLAIN(false, "\x02\x01""a");                                              // nor is there one of number 0
	ASSERT_PLAIN(false, "\x8a\x80\x80\x80\x80\x80\x80\x80\x80\x01""abcdefgh");       // a tag that is none
}

static void many_fields_are_left_alone(void **state)
{
	(void)state;
	uint8_t bytes[2 * PAYLOAD_BYTES_MAX];
	for (size_t count = 1; count <= PAYLOAD_BYTES_MAX / 2; count *= 2) {
		for (size_t i = 0; i < count; i++) {
			bytes[2 * i] = 3 << 3;
			bytes[2 * i + 1] = 1;
		}
		assert_int_equal(is_same(types[0], bytes, 2 * count), count < 40);
	}
}

// What flat_scan and flat_take ask of a type.
static void types_are_flat(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(types); i++) {
		assert_in_range(types[i]->n_fields, 1, FLAT_FIELDS_MAX - 1);
		for (unsigned k = 0; k < types[i]->n_fields; k++) {
			assert_int_equal(types[i]->fields[k].id, k + 1);
			assert_int_not_equal(types[i]->fields[k].label, PROTOBUF_C_LABEL_REPEATED);
			assert_int_not_equal(types[i]->fields[k].type, PROTOBUF_C_TYPE_MESSAGE);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(events_are_plain),
		cmocka_unit_test(spoiled_events_are_read_alike),
		cmocka_unit_test(mixed_fields_are_read_alike),
		cmocka_unit_test(what_is_not_plain_is_left_alone),
		cmocka_unit_test(many_fields_are_left_alone),
		cmocka_unit_test(types_are_flat),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
