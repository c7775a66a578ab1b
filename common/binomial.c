#include "binomial.h"

// A positive number as mantissa * 2^exponent, the mantissa's highest bit set. Each operation cuts below 2^-63 of the value, by integers alone: floating point
// would do, but compilers may fuse its operations differently, and two owners of a shard must agree at the limit, too.
struct number {
	uint64_t mantissa;
	int64_t exponent;
};

__extension__ typedef unsigned __int128 wide;

static struct number number_of(wide value, int64_t exponent)
{
	while (value >> 64) {
		value >>= 1;
		exponent++;
	}
	uint64_t mantissa = (uint64_t)value;
	int shift = __builtin_clzll(mantissa);
	return (struct number){ mantissa << shift, exponent - shift };
}

static struct number times(struct number a, uint64_t factor)
{
	return number_of((wide)a.mantissa * factor, a.exponent);
}

static struct number divided(struct number a, uint64_t divisor)
{
	return number_of(((wide)a.mantissa << 40) / divisor, a.exponent - 40);
}

static struct number product(struct number a, struct number b)
{
	return number_of((wide)a.mantissa * b.mantissa, a.exponent + b.exponent);
}

static struct number power(struct number base, uint64_t exponent)
{
	struct number result = number_of(1, 0);
	for (; exponent; exponent >>= 1, base = product(base, base))
		if (exponent & 1)
			result = product(result, base);
	return result;
}

// a + b; b is not greater than a.
static struct number sum(struct number a, struct number b)
{
	int64_t apart = a.exponent - b.exponent;
	return apart > 63 ? a : number_of((wide)a.mantissa + (b.mantissa >> apart), a.exponent);
}

static bool is_greater(struct number a, struct number b)
{
	return a.exponent != b.exponent ? a.exponent > b.exponent : a.mantissa > b.mantissa;
}

// The chance of exactly `count`.
static struct number chance(uint64_t count, uint64_t total, uint32_t parts)
{
	uint64_t fewer = count < total - count ? count : total - count;
	struct number one = number_of(1, 0), chance = one;
	for (uint64_t i = 1; i <= fewer; i++)
		chance = divided(times(chance, total - fewer + i), i);
	chance = product(chance, power(divided(one, parts), count));
	return product(chance, power(divided(times(one, parts - 1), parts), total - count));
}

bool binomial_is_rare(uint64_t count, uint64_t total, uint32_t parts, uint32_t limit_e4)
{
	for (; total > BINOMIAL_TOTAL_MAX; total /= 2)
		count /= 2;
	if (!count || count * parts <= total)
		return false;  // no more than is expected, the chance of which is near a half
	struct number term = chance(count, total, parts), tail = term;
	for (uint64_t i = count; i < total && term.exponent + 64 > tail.exponent; i++) {
		term = divided(times(term, total - i), (i + 1) * (parts - 1));
		tail = sum(tail, term);
	}
	return limit_e4 && !is_greater(times(tail, 10000), number_of(limit_e4, 0));
}
