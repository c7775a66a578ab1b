// varint_test.c - numbers of every length, read where more bytes follow and where none do, against a reading byte by byte.
#include "check.h"

#include <string.h>

#include "chance.h"
#include "varint.h"

static size_t read_plainly(const uint8_t *bytes, size_t left, uint64_t *ret_number)
{
	uint64_t number = 0;
	for (size_t i = 0; i < left && i < VARINT_BYTES_MAX; i++) {
		number |= (uint64_t)(bytes[i] & 0x7f) << (7 * i);
		if (bytes[i] < 0x80) {
			*ret_number = number;
			return i + 1;
		}
	}
	return 0;
}

// The bytes end where `left` says: a sanitizer sees who reads on.
static void assert_read(const uint8_t *bytes, size_t left)
{
	uint8_t exact[2 * VARINT_BYTES_MAX];
	uint64_t wanted = 1, got = 1;
	uint8_t *at = exact + sizeof exact - left;
	if (left)
		memcpy(at, bytes, left);
	size_t size = read_plainly(at, left, &wanted);
	assert_int_equal(varint_get(at, left, &got), size);
	assert_true(got == wanted);
}

static void what_was_put_is_got(void **state)
{
	(void)state;
	for (unsigned bits = 0; bits <= 64; bits++)
		for (uint64_t less = 0; less < 2; less++) {
			uint8_t bytes[VARINT_BYTES_MAX];
			uint64_t number = (bits == 64 ? 0 : UINT64_C(1) << bits) - less, got = ~number;
			size_t size = varint_put(bytes, number);
			assert_int_equal(size, varint_size(number));
			assert_int_equal(varint_get(bytes, size, &got), size);
			assert_true(got == number);
			for (size_t left = 0; left < size; left++)
				assert_int_equal(varint_get(bytes, left, &got), 0);
		}
}

static void any_bytes_read_as_one_by_one(void **state)
{
	(void)state;
	struct chance chance = chance_of(1);
	for (unsigned i = 0; i < 100000; i++) {
		uint8_t bytes[2 * VARINT_BYTES_MAX];
		size_t run = chance_below(&chance, VARINT_BYTES_MAX + 3);  // bytes that say that more follow, also where they add nothing
		for (size_t k = 0; k < sizeof bytes; k++)
			bytes[k] = (uint8_t)(chance_below(&chance, 4) ? chance_next(&chance) : 0) | (k < run ? 0x80 : 0);
		assert_read(bytes, chance_below(&chance, sizeof bytes + 1));
	}
}

static void fixed_numbers_have_the_lowest_byte_first(void **state)
{
	(void)state;
	uint8_t bytes[8] = { 0 };
	assert_int_equal(fixed_put(bytes, UINT64_C(0x0807060504030201), 8), 8);
	for (unsigned i = 0; i < 8; i++)
		assert_int_equal(bytes[i], i + 1);
	for (unsigned count = 0; count <= 8; count++)
		assert_true(fixed_get(bytes, count) == (count == 8 ? UINT64_C(0x0807060504030201) : UINT64_C(0x0807060504030201) & ((UINT64_C(1) << 8 * count) - 1)));
	assert_int_equal(fixed_put(bytes, 0, 3), 3);
	assert_int_equal(bytes[3], 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_put_is_got),
		cmocka_unit_test(any_bytes_read_as_one_by_one),
		cmocka_unit_test(fixed_numbers_have_the_lowest_byte_first),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
