// A stored ticket, and judging it: any events in any order. Nothing changes before the next look, which lies ahead of the clock.
#include "fuzz.h"

#include "civil.h"
#include "stored.h"

static struct facts facts;  // too large for the stack
static struct outcome now, later;

static void judge(const struct ticket *ticket, int64_t clock_ms, struct outcome *ret_outcome)
{
	const struct stored_city *city = stored_city();
	assess(TEXT("T"), ticket, &city->policy, clock_ms, city->names, &facts, ret_outcome);
}

static void check_looks(const struct ticket *ticket)
{
	int64_t clock_ms = ticket->clock_ms ? ticket->clock_ms : INT64_C(1709600000000);
	judge(ticket, clock_ms, &now);
	assert(now.next_look_ms > clock_ms);
	if (now.next_look_ms != NEVER_MS) {
		judge(ticket, now.next_look_ms - 1, &later);
		stored_assert_equal(&now, &later);
		assert(later.next_look_ms == now.next_look_ms);
	}
	if (!now.uses_clock) {
		judge(ticket, INSTANT_MAX_MS, &later);
		stored_assert_equal(&now, &later);
	}
}

// Every alert has an id that fits.
static void check_ids(void)
{
	const struct stored_city *city = stored_city();
	char id[ALERT_ID_BYTES_MAX];
	for (uint32_t i = 0; i < now.alert_count; i++)
		assert(alert_id(&now.alert[i], TEXT("T"), &city->policy, city->names, id));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static struct event event[STORED_EVENTS_MAX];
	struct text alone = fuzz_text(bytes, size);
	struct ticket ticket;
	if (stored_events((const uint8_t *)alone.at, alone.size, false, &ticket, event) && ticket.count && ticket.clock_ms >= 0 &&
	    ticket.clock_ms <= INSTANT_MAX_MS) {
		stored_check_order(&ticket);
		check_looks(&ticket);
		check_ids();
	}
	fuzz_text_free(alone);
	return 0;
}
