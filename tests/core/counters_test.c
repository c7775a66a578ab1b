// counters_test.c - counters and rates: exact comparison, rounding for print, and the packed form with the partials made of it.
#include "check.h"

#include <stdio.h>
#include <stdlib.h>

#include "chance.h"
#include "counters.h"
#include "memory.h"
#include "partial.h"

static void every_counter_has_its_own_name(void **state)
{
	(void)state;
	enum counter counter;
	for (unsigned i = 0; i < COUNTER_COUNT; i++) {
		assert_true(counter_of(text_of(counter_name((enum counter)i)), &counter));
		assert_int_equal(counter, i);
	}
	assert_false(counter_of(TEXT("Received"), &counter));
	assert_false(counter_of(TEXT(""), &counter));
}

// Numbers are stored: these positions may never change. Source: counters.h.
static void stored_numbers_stay(void **state)
{
	(void)state;
	static const char *const name[] = { "received", "valid", "answered_directly", "dispatched", "completed", "assisted", "returned", "returned_late", "resolved",
		"same_day", "resolved_on_time", "overdue", "rated", "satisfied", "dissatisfied", "stars_0", "stars_1", "stars_2", "stars_3", "stars_4", "stars_5",
		"praised", "revisited", "revisited_effective", "reopened", "shirked", "escalated", "repeated", "calls_offered", "calls_answered", "knowledge_updates",
		"points_added", "points_taken", "duty_missed", "open_overdue" };
	assert_true(COUNT_OF(name) <= COUNTER_COUNT);
	for (size_t i = 0; i < COUNT_OF(name); i++)
		assert_string_equal(counter_name((enum counter)i), name[i]);
	static const char *const rate[] = { "completion", "on_time", "satisfaction", "excellent", "stars", "effective_revisit", "direct", "connect" };
	assert_int_equal(COUNT_OF(rate), RATE_COUNT);
	for (size_t i = 0; i < COUNT_OF(rate); i++)
		assert_string_equal(rate_name((enum rate_id)i), rate[i]);
}

static void points_are_decimals_cut_of_their_zeros(void **state)
{
	(void)state;
	static const struct {
		enum counter counter;
		uint64_t value;
		const char *text;
	} cases[] = {
		{ COUNTER_POINTS_ADDED, 0, "0" }, { COUNTER_POINTS_ADDED, 200, "0.02" }, { COUNTER_POINTS_ADDED, 1, "0.0001" },
		{ COUNTER_POINTS_TAKEN, 10000, "1" }, { COUNTER_POINTS_TAKEN, 100000, "10" }, { COUNTER_POINTS_TAKEN, 12300, "1.23" },
		{ COUNTER_POINTS_TAKEN, UINT64_MAX, "1844674407370955.1615" }, { COUNTER_RECEIVED, 200, "200" }, { COUNTER_RECEIVED, 0, "0" },
		{ COUNTER_CALLS_OFFERED, UINT64_MAX, "18446744073709551615" },
	};
	char text[24];
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		counter_format(cases[i].counter, cases[i].value, text);
		assert_string_equal(text, cases[i].text);
	}
}

static void rates_round_half_up_at_two_decimals(void **state)
{
	(void)state;
	static const struct {
		struct rate rate;
		bool is_percent;
		const char *text;
	} cases[] = {
		{ { 19, 20 }, true, "95.00" }, { { 1, 3 }, true, "33.33" }, { { 2, 3 }, true, "66.67" },
		{ { 1, 8 }, true, "12.50" }, { { 1, 16 }, true, "6.25" }, { { 1, 32 }, true, "3.13" },  // 3.125
		{ { 1, 800 }, true, "0.13" },         // 0.125
		{ { 124999, 100000000 }, true, "0.12" },  // 0.124999
		{ { 3, 800 }, true, "0.38" },         // 0.375
		{ { 99995, 100000 }, true, "100.00" },    // 99.995: up, though a hundred was not reached
		{ { 99994, 100000 }, true, "99.99" },
		{ { 0, 5 }, true, "0.00" }, { { 5, 5 }, true, "100.00" }, { { 7, 5 }, true, "140.00" },
		{ { 0, 0 }, true, "" }, { { 5, 0 }, true, "" },  // absent
		{ { 43, 10 }, false, "4.30" }, { { 13, 3 }, false, "4.33" }, { { 861, 200 }, false, "4.31" },  // 4.305
		{ { UINT64_MAX, UINT64_MAX }, true, "100.00" }, { { UINT64_MAX - 1, UINT64_MAX }, true, "100.00" }, { { 1, UINT64_MAX }, true, "0.00" },
	};
	char text[24];
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		rate_format(cases[i].rate, cases[i].is_percent, text);
		assert_string_equal(text, cases[i].text);
	}
}

static void rates_are_compared_as_whole_numbers(void **state)
{
	(void)state;
	static const struct {
		struct rate rate;
		uint32_t limit_e4;
		bool is_below;
	} cases[] = {
		{ { 19, 20 }, 9500, false }, { { 18, 20 }, 9500, true }, { { 18, 19 }, 9500, true },
		{ { 949999, 1000000 }, 9500, true }, { { 950000, 1000000 }, 9500, false },
		{ { 189999, 200000 }, 9500, true },  // 94.9995 %, which prints as 95.00
		{ { 100, 100 }, 10000, false }, { { 99, 100 }, 10000, true },
		{ { 0, 1 }, 0, false }, { { 0, 1 }, 1, true }, { { 0, 0 }, 10000, false }, { { 1, 0 }, 10000, false },
		{ { UINT64_MAX - 1, UINT64_MAX }, 10000, true }, { { UINT64_MAX, UINT64_MAX }, 10000, false },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		if (rate_is_below(cases[i].rate, cases[i].limit_e4) != cases[i].is_below)
			fail_msg("%llu of %llu below %u: wanted %d", (unsigned long long)cases[i].rate.numerator, (unsigned long long)cases[i].rate.denominator,
				cases[i].limit_e4, cases[i].is_below);
}

static void assert_rate(const struct counters *counters, enum rate_id id, int stars, uint64_t numerator, uint64_t denominator)
{
	struct rate rate = rate_of(counters, id, stars);
	if (rate.numerator != numerator || rate.denominator != denominator)
		fail_msg("%s: wanted %llu of %llu, is %llu of %llu", rate_name(id), (unsigned long long)numerator, (unsigned long long)denominator,
			(unsigned long long)rate.numerator, (unsigned long long)rate.denominator);
}

static void rates_are_made_of_their_counters(void **state)
{
	(void)state;
	struct counters c;
	for (unsigned i = 0; i < COUNTER_COUNT; i++)
		c.n[i] = 100 + i;
#define N(name) c.n[COUNTER_##name]
	for (unsigned i = 0; i <= STARS_MAX; i++)
		c.n[COUNTER_STARS_0 + i] = i + 1;
	assert_rate(&c, RATE_COMPLETION, 0, N(COMPLETED), N(DISPATCHED));
	assert_rate(&c, RATE_ON_TIME, 0, N(RESOLVED_ON_TIME), N(RESOLVED_ON_TIME) + N(OVERDUE));
	assert_rate(&c, RATE_SATISFACTION, 0, N(SATISFIED), N(SATISFIED) + N(DISSATISFIED));
	assert_rate(&c, RATE_EXCELLENT, 5, 6, 21);
	assert_rate(&c, RATE_EXCELLENT, 4, 11, 21);
	assert_rate(&c, RATE_EXCELLENT, 0, 21, 21);
	assert_rate(&c, RATE_STARS, 0, 0 + 2 + 6 + 12 + 20 + 30, 21);
	assert_rate(&c, RATE_EFFECTIVE_REVISIT, 0, N(REVISITED_EFFECTIVE), N(REVISITED));
	assert_rate(&c, RATE_DIRECT, 0, N(ANSWERED_DIRECTLY), N(RECEIVED));
	assert_rate(&c, RATE_CONNECT, 0, N(CALLS_ANSWERED), N(CALLS_OFFERED));
#undef N
}

static struct counters any_counters(struct chance *chance)
{
	struct counters counters = { { 0 } };
	unsigned share = (unsigned)chance_below(chance, 4);
	for (unsigned i = 0; i < COUNTER_COUNT; i++)
		if (chance_below(chance, 4) < share)
			counters.n[i] = chance_next(chance) >> chance_below(chance, 64);
	return counters;
}

static void packed_counters_come_back(void **state)
{
	(void)state;
	struct chance chance = chance_of(1);
	uint8_t bytes[COUNTERS_PACKED_BYTES_MAX];
	struct counters back;
	for (unsigned i = 0; i < 20000; i++) {
		struct counters counters = any_counters(&chance);
		size_t size = counters_pack(&counters, bytes);
		assert_int_equal(size == 0, counters_is_zero(&counters));
		assert_true(size <= sizeof bytes);
		if (!size)
			continue;
		assert_int_equal(counters_unpack(bytes, size, &back), size);
		assert_memory_equal(&back, &counters, sizeof back);
	}
	struct counters most;
	memset(&most, 0xff, sizeof most);
	assert_true(counters_pack(&most, bytes) <= sizeof bytes);
}

static void broken_counters_are_refused_and_change_nothing(void **state)
{
	(void)state;
	struct chance chance = chance_of(2);
	uint8_t bytes[COUNTERS_PACKED_BYTES_MAX];
	for (unsigned i = 0; i < 500; i++) {
		struct counters counters = any_counters(&chance), back = counters;
		size_t size = counters_pack(&counters, bytes);
		for (size_t cut = 0; cut < size; cut++) {
			uint8_t *alone = memory_new(cut);
			memcpy(alone, bytes, cut);
			assert_int_equal(counters_unpack(alone, cut, &back), 0);
			free(alone);
		}
		assert_memory_equal(&back, &counters, sizeof back);
	}
	struct counters back;
	static const uint8_t none[] = { 0 }, late[] = { 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01, 1 };  // a counter that is none
	static const uint8_t runs_on[] = { 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01 };
	assert_int_equal(counters_unpack(none, sizeof none, &back), 0);
	assert_int_equal(counters_unpack(late, sizeof late, &back), 0);
	assert_int_equal(counters_unpack(runs_on, sizeof runs_on, &back), 0);
	uint8_t past[10] = { 0 };
	size_t size = 0;
	for (uint64_t mask = UINT64_C(1) << COUNTER_COUNT; mask; mask >>= 7)
		past[size++] = (uint8_t)((mask & 0x7f) | (mask >> 7 ? 0x80 : 0));
	assert_int_equal(counters_unpack(past, size, &back), 0);
}

static void counters_add_up(void **state)
{
	(void)state;
	struct counters sum = { { 0 } }, more = { { 0 } };
	assert_true(counters_is_zero(&sum));
	more.n[0] = 1;
	more.n[COUNTER_COUNT - 1] = 7;
	counters_add(&sum, &more);
	counters_add(&sum, &more);
	assert_int_equal(sum.n[0], 2);
	assert_int_equal(sum.n[COUNTER_COUNT - 1], 14);
	assert_false(counters_is_zero(&sum));
}

static void a_sub_is_a_channel_and_a_level(void **state)
{
	(void)state;
	for (uint8_t channel = 0; channel < CHANNEL_COUNT; channel++)
		for (uint8_t level = 0; level < LEVEL_COUNT; level++) {
			uint8_t sub = sub_of(channel, level);
			assert_true(sub < SUB_COUNT);
			assert_int_equal(sub_channel(sub), channel);
			assert_int_equal(sub_level(sub), level);
		}
}

static void partials_add_up(void **state)
{
	(void)state;
	struct chance chance = chance_of(3);
	struct counters sum[SUB_COUNT], wanted[SUB_COUNT];
	struct error error;
	uint8_t bytes[PARTIAL_BYTES_MAX];
	memset(sum, 0, sizeof sum);
	memset(wanted, 0, sizeof wanted);
	for (unsigned i = 0; i < 500; i++) {
		size_t size = 0;
		for (uint8_t sub = 0; sub < SUB_COUNT; sub++) {
			struct counters counters = any_counters(&chance);
			size += partial_pack_sub(sub, &counters, bytes + size);
			counters_add(&wanted[sub], &counters);
		}
		assert_true(size <= sizeof bytes);
		assert_ok(partial_add((struct text){ (const char *)bytes, (uint32_t)size }, sum, &error), &error);
		assert_memory_equal(sum, wanted, sizeof sum);
	}
	assert_ok(partial_add(TEXT(""), sum, &error), &error);
	assert_memory_equal(sum, wanted, sizeof sum);
}

static void broken_partials_are_refused(void **state)
{
	(void)state;
	struct counters counters = { { 0 } }, sum[SUB_COUNT];
	struct error error;
	uint8_t bytes[PARTIAL_BYTES_MAX];
	counters.n[COUNTER_RECEIVED] = 300;
	counters.n[COUNTER_DUTY_MISSED] = 1;
	memset(sum, 0, sizeof sum);
	size_t first = partial_pack_sub(2, &counters, bytes), size = first + partial_pack_sub(5, &counters, bytes + first);
	for (size_t cut = 1; cut < size; cut++) {
		char *alone = memory_new(cut);
		memcpy(alone, bytes, cut);
		if (cut != first)
			assert_fails(partial_add((struct text){ alone, (uint32_t)cut }, sum, &error), FATAL, "broken_state", &error);
		free(alone);
	}
	assert_true(counters_is_zero(&sum[5]));
	bytes[0] = SUB_COUNT;
	memset(sum, 0, sizeof sum);
	assert_fails(partial_add((struct text){ (const char *)bytes, (uint32_t)size }, sum, &error), FATAL, "broken_state", &error);
	for (unsigned sub = 0; sub < SUB_COUNT; sub++)
		assert_true(counters_is_zero(&sum[sub]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_counter_has_its_own_name),
		cmocka_unit_test(stored_numbers_stay),
		cmocka_unit_test(points_are_decimals_cut_of_their_zeros),
		cmocka_unit_test(rates_round_half_up_at_two_decimals),
		cmocka_unit_test(rates_are_compared_as_whole_numbers),
		cmocka_unit_test(rates_are_made_of_their_counters),
		cmocka_unit_test(packed_counters_come_back),
		cmocka_unit_test(broken_counters_are_refused_and_change_nothing),
		cmocka_unit_test(counters_add_up),
		cmocka_unit_test(a_sub_is_a_channel_and_a_level),
		cmocka_unit_test(partials_add_up),
		cmocka_unit_test(broken_partials_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
