// What comes on hotline.counter-changes. One that is read comes back the same from the wire.
#include "fuzz.h"

#include <string.h>

#include "wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static struct wire_arena arena, again_arena;
	static int32_t day[WIRE_CHANGE_DAYS_MAX], again_day[WIRE_CHANGE_DAYS_MAX];
	static uint8_t packed[WIRE_CHANGE_BYTES_MAX];
	struct text value = fuzz_text(bytes, size), dimension, again_dimension;
	size_t day_count, again_count;
	struct error error = { .reason = NULL };
	arena.used = again_arena.used = 0;
	enum status status = wire_unpack_change(value, &arena, &dimension, day, &day_count, &error);
	assert(status == OK || (status == REJECT && error.reason));
	if (status == OK && dimension.size < DIMENSION_BYTES_MAX) {
		size_t packed_size = wire_pack_change(dimension, day, day_count, "tickets.0", 1, packed);
		struct text again = { (const char *)packed, (uint32_t)packed_size };
		assert(wire_unpack_change(again, &again_arena, &again_dimension, again_day, &again_count, &error) == OK);
		assert(text_equal(dimension, again_dimension) && day_count == again_count);
		assert(!day_count || memcmp(day, again_day, day_count * sizeof *day) == 0);
	}
	fuzz_text_free(value);
	return 0;
}
