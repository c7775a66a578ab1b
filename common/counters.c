#include "counters.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "varint.h"

static const char *const names[COUNTER_COUNT] = {
#define X(upper, lower) #lower,
	COUNTERS(X)
#undef X
};

const char *counter_name(enum counter counter)
{
	assert((unsigned)counter < COUNTER_COUNT);
	return names[counter];
}

bool counter_of(struct text name, enum counter *ret_counter)
{
	for (unsigned i = 0; i < COUNTER_COUNT; i++)
		if (text_equal(name, text_of(names[i]))) {
			*ret_counter = (enum counter)i;
			return true;
		}
	return false;
}

bool counter_is_points(enum counter counter)
{
	return counter == COUNTER_POINTS_ADDED || counter == COUNTER_POINTS_TAKEN;
}

void counter_format(enum counter counter, uint64_t value, char ret_string[24])
{
	if (!counter_is_points(counter)) {
		snprintf(ret_string, 24, "%" PRIu64, value);
		return;
	}
	int size = snprintf(ret_string, 24, "%" PRIu64 ".%04u", value / 10000, (unsigned)(value % 10000));
	while (ret_string[size - 1] == '0')
		ret_string[--size] = '\0';
	if (ret_string[size - 1] == '.')
		ret_string[size - 1] = '\0';
}

void counters_add(struct counters *restrict sum, const struct counters *restrict more)
{
	for (unsigned i = 0; i < COUNTER_COUNT; i++)
		sum->n[i] += more->n[i];
}

bool counters_is_zero(const struct counters *counters)
{
	for (unsigned i = 0; i < COUNTER_COUNT; i++)
		if (counters->n[i])
			return false;
	return true;
}

static struct rate rate_excellent(const struct counters *c, int from_stars)
{
	struct rate rate = { 0, 0 };
	for (int stars = 0; stars <= STARS_MAX; stars++) {
		rate.denominator += c->n[COUNTER_STARS_0 + stars];
		if (stars >= from_stars)
			rate.numerator += c->n[COUNTER_STARS_0 + stars];
	}
	return rate;
}

static struct rate rate_stars(const struct counters *c)
{
	struct rate rate = { 0, 0 };
	for (unsigned stars = 0; stars <= STARS_MAX; stars++) {
		rate.denominator += c->n[COUNTER_STARS_0 + stars];
		rate.numerator += stars * c->n[COUNTER_STARS_0 + stars];
	}
	return rate;
}

struct rate rate_of(const struct counters *counters, enum rate_id id, int excellent_from_stars)
{
	const uint64_t *n = counters->n;
	switch (id) {
	case RATE_COMPLETION:
		return (struct rate){ n[COUNTER_COMPLETED], n[COUNTER_DISPATCHED] };
	case RATE_ON_TIME:
		return (struct rate){ n[COUNTER_RESOLVED_ON_TIME], n[COUNTER_RESOLVED_ON_TIME] + n[COUNTER_OVERDUE] };
	case RATE_SATISFACTION:
		return (struct rate){ n[COUNTER_SATISFIED], n[COUNTER_SATISFIED] + n[COUNTER_DISSATISFIED] };
	case RATE_EXCELLENT:
		return rate_excellent(counters, excellent_from_stars);
	case RATE_STARS:
		return rate_stars(counters);
	case RATE_EFFECTIVE_REVISIT:
		return (struct rate){ n[COUNTER_REVISITED_EFFECTIVE], n[COUNTER_REVISITED] };
	case RATE_DIRECT:
		return (struct rate){ n[COUNTER_ANSWERED_DIRECTLY], n[COUNTER_RECEIVED] };
	case RATE_CONNECT:
		return (struct rate){ n[COUNTER_CALLS_ANSWERED], n[COUNTER_CALLS_OFFERED] };
	case RATE_COUNT:
		break;
	}
	assert(false && "no such rate");
	return (struct rate){ 0, 0 };
}

const char *rate_name(enum rate_id id)
{
	static const char *const name[RATE_COUNT] = { "completion", "on_time", "satisfaction", "excellent", "stars", "effective_revisit", "direct", "connect" };
	assert((unsigned)id < RATE_COUNT);
	return name[id];
}

bool rate_is_percent(enum rate_id id)
{
	return id != RATE_STARS;
}

// 128 bits: any sum of ours, times twenty thousand, stays exact.
__extension__ typedef unsigned __int128 wide;

void rate_format(struct rate rate, bool is_percent, char ret_string[24])
{
	ret_string[0] = '\0';
	if (!rate.denominator)
		return;
	wide scaled = (wide)rate.numerator * (is_percent ? 10000 : 100);
	uint64_t rounded = (uint64_t)((2 * scaled + rate.denominator) / (2 * (wide)rate.denominator));
	snprintf(ret_string, 24, "%" PRIu64 ".%02u", rounded / 100, (unsigned)(rounded % 100));
}

bool rate_is_below(struct rate rate, uint32_t limit_e4)
{
	return rate.denominator && (wide)rate.numerator * 10000 < (wide)rate.denominator * limit_e4;
}

size_t counters_pack_some(uint64_t mask, const uint64_t *value, uint8_t ret_bytes[COUNTERS_PACKED_BYTES_MAX])
{
	const uint64_t *at = value;
	uint64_t there = mask;
	for (uint64_t rest = mask; rest; rest &= rest - 1)
		if (!*at++)
			there ^= rest & -rest;
	if (!there)
		return 0;
	size_t size = varint_put(ret_bytes, there);
	for (; mask; mask &= mask - 1, value++)
		if (*value)
			size += varint_put(ret_bytes + size, *value);
	return size;
}

size_t counters_pack(const struct counters *counters, uint8_t ret_bytes[COUNTERS_PACKED_BYTES_MAX])
{
	return counters_pack_some((UINT64_C(1) << COUNTER_COUNT) - 1, counters->n, ret_bytes);
}

size_t counters_unpack(const uint8_t *bytes, size_t size, struct counters *ret_counters)
{
	uint64_t mask;
	size_t at = varint_get(bytes, size, &mask);
	if (!at || !mask || mask >> (COUNTER_COUNT - 1) > 1)
		return 0;
	struct counters counters = { { 0 } };
	for (uint64_t rest = mask; rest; rest &= rest - 1) {
		size_t step = varint_get(bytes + at, size - at, &counters.n[__builtin_ctzll(rest)]);
		if (!step)
			return 0;
		at += step;
	}
	*ret_counters = counters;
	return at;
}
