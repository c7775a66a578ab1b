// binomial_test.c - the exact tail against whole numbers, and its edges.
#include "check.h"

#include "binomial.h"

// The tail in units of parts^-total, by whole numbers, for what fits into 64 bits.
static uint64_t tail_of(uint64_t count, uint64_t total, uint64_t parts)
{
	uint64_t tail = 0;
	for (uint64_t k = count; k <= total; k++) {
		uint64_t ways = 1;
		for (uint64_t i = 1; i <= k; i++)
			ways = ways * (total - k + i) / i;
		for (uint64_t i = 0; i < total - k; i++)
			ways *= parts - 1;
		tail += ways;
	}
	return tail;
}

static uint64_t power_of(uint64_t base, uint64_t exponent)
{
	return exponent ? base * power_of(base, exponent - 1) : 1;
}

static void small_numbers_agree_with_whole_numbers(void **state)
{
	(void)state;
	static const uint32_t limits[] = { 1, 10, 100, 500, 2000, 5000 };
	for (uint64_t total = 1; total <= 22; total++)
		for (uint64_t count = 0; count <= total; count++)
			for (size_t i = 0; i < COUNT_OF(limits); i++) {
				__extension__ typedef unsigned __int128 wide;
				bool wanted = (wide)tail_of(count, total, 4) * 10000 <= (wide)limits[i] * power_of(4, total);
				if (count * 4 <= total)
					wanted = false;  // no more than expected is nothing to tell, whatever the limit
				if (binomial_is_rare(count, total, 4, limits[i]) != wanted)
					fail_msg("%d of %d, limit %u: wanted %d", (int)count, (int)total, limits[i], wanted);
			}
}

// The limits on both sides, from a table that was made with rational arithmetic (Python's fractions).
static void the_limit_is_found_on_both_sides(void **state)
{
	(void)state;
	static const struct {
		uint64_t past, least;  // the least count that is rare at 0.01 %
	} cases[] = { { 0, 7 }, { 1, 9 }, { 2, 10 }, { 3, 11 }, { 5, 12 }, { 10, 16 }, { 21, 23 }, { 50, 39 }, { 100, 63 }, { 300, 148 }, { 1000, 417 } };
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		uint64_t past = cases[i].past, least = cases[i].least;
		assert_true(binomial_is_rare(least, past + least, 4, 1));
		assert_false(binomial_is_rare(least - 1, past + least - 1, 4, 1));
	}
}

static void edges_are_no_trouble(void **state)
{
	(void)state;
	assert_false(binomial_is_rare(0, 0, 4, 10000));
	assert_false(binomial_is_rare(0, 10, 4, 10000));
	assert_false(binomial_is_rare(100, 100, 4, 0));
	assert_true(binomial_is_rare(1 << 20, 1 << 20, 4, 1));
	assert_true(binomial_is_rare(UINT64_C(1) << 40, UINT64_C(1) << 40, 2, 1));
	assert_false(binomial_is_rare(UINT64_C(1) << 38, UINT64_C(1) << 40, 4, 1));
	assert_true(binomial_is_rare(UINT64_C(3) << 37, UINT64_C(1) << 40, 4, 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(small_numbers_agree_with_whole_numbers),
		cmocka_unit_test(the_limit_is_found_on_both_sides),
		cmocka_unit_test(edges_are_no_trouble),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
