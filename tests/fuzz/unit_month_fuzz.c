// A stored month of a unit, and judging it. Nothing changes before the next look, which lies ahead of the clock.
#include "fuzz.h"

#include "civil.h"
#include "stored.h"

static struct unit_facts facts;
static struct outcome now, later;  // too large for the stack

static void judge(const struct ticket *events, int64_t clock_ms, struct outcome *ret_outcome)
{
	const struct stored_city *city = stored_city();
	assess_unit_month(TEXT("u1/2024-03"), events, &city->policy, clock_ms, city->names, &facts, ret_outcome);
}

static void check_looks(const struct ticket *events)
{
	int64_t clock_ms = events->clock_ms ? events->clock_ms : INT64_C(1709600000000);
	judge(events, clock_ms, &now);
	assert(now.next_look_ms > clock_ms);
	if (now.next_look_ms != NEVER_MS) {
		judge(events, now.next_look_ms - 1, &later);
		stored_assert_equal(&now, &later);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static struct event event[STORED_EVENTS_MAX];
	struct text alone = fuzz_text(bytes, size);
	struct ticket events;
	if (stored_events((const uint8_t *)alone.at, alone.size, true, &events, event) && events.clock_ms >= 0 && events.clock_ms <= INSTANT_MAX_MS) {
		stored_check_order(&events);
		check_looks(&events);
	}
	fuzz_text_free(alone);
	return 0;
}
