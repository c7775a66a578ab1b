// loop_test.c - schedules that the design guards against, one by one.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "civil.h"
#include "town.h"

static const struct town_setup usual = { .ticket_partitions = 2, .unit_partitions = 1, .change_partitions = 2, .is_event_clock = true, .settle_ms = 600000, .cache_mib = 1 };
#define FROM_MS (SIM_WALL_MS - 30 * DAY_MS)

static struct event dispatched(int64_t at_ms, const char *unit)
{
	struct event event = event_of(EVENT_DISPATCHED, at_ms);
	event.unit = names_intern(town_names(), NAME_UNIT, text_of(unit));
	return event;
}

static void receive(const char *id, int64_t at_ms)
{
	struct event event = event_of(EVENT_RECEIVED, at_ms);
	event.kind = KIND_COMPLAINT;
	event.level = LEVEL_CITY;
	event.channel = CHANNEL_PHONE;
	event.district = names_intern(town_names(), NAME_DISTRICT, TEXT("north"));
	town_send_ticket_event(id, &event, town_names());
	event = dispatched(at_ms + 1000, "fire");
	town_send_ticket_event(id, &event, town_names());
}

static void undisturbed_tickets_are_counted(void **state)
{
	(void)state;
	town_open(1, &usual);
	town_start_tickets();
	for (int i = 0; i < 10; i++) {
		char id[16] = "10000";
		id[4] = (char)('0' + i);
		receive(id, FROM_MS + i * HOUR_MS);
	}
	town_send_clock_marks(SIM_WALL_MS);
	town_settle(60 * SIM_SECOND_US);
	assert_int_equal(town_check(), 0);
	town_close();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(undisturbed_tickets_are_counted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
