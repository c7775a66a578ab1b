// stored_loop_test.c - what hotline-tickets finds in Redis that it did not expect there: hours that lie ahead of it, a past of its own, names that stand twice.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "civil.h"
#include "head.h"
#include "log.h"
#include "sim_store.h"
#include "town.h"
#include "truth.h"

#define S SIM_SECOND_US
#define FROM_MS (SIM_WALL_MS - 30 * DAY_MS)
enum { ID_BYTES = 16, HOURS = 6 };

static void open_town(void)
{
	static const struct town_setup setup = { .ticket_partitions = 1, .unit_partitions = 1, .change_partitions = 1, .is_event_clock = true, .settle_ms = 600000, .cache_mib = 1 };
	town_open(1, &setup);
}

static void dispatch(int number, int64_t at_ms, int64_t due_at_ms)
{
	char id[ID_BYTES];
	snprintf(id, sizeof id, "%d-x", number);  // each on a page of its own
	struct event event = event_of(EVENT_DISPATCHED, at_ms);
	event.unit = names_intern(town_names(), NAME_UNIT, TEXT("fire"));
	event.due_at_ms = due_at_ms;
	town_send_ticket_event(id, &event, town_names());
}

static void end_town(void)
{
	town_send_clock_marks(SIM_WALL_MS);
	town_settle(200 * S);
	assert_int_equal(town_check(), 0);
	town_close();
}

// Hours that have passed are dropped, and the next one is not, in which something was filed: the next owner begins there.
static void the_next_hour_is_still_there_for_the_next_owner(void **state)
{
	(void)state;
	int64_t hour = FROM_MS / HOUR_MS + 2;
	open_town();
	town_start_units();
	struct instance *tickets = town_start_tickets();
	for (int number = 0; number < HOURS; number++)
		dispatch(number, FROM_MS, (hour + number) * HOUR_MS + HOUR_MS / 2);
	sim_run_for(5 * S);
	for (int number = 0; number < HOURS - 1; number++) {
		struct head head;
		town_send_clock_marks((hour + number + 1) * HOUR_MS + 1000);
		sim_run_for(3 * S);
		dispatch(HOURS + number, FROM_MS, SIM_WALL_MS);  // a step that drops what has passed
		sim_run_for(3 * S);
		assert_true(truth_head(TOWN_TICKETS, 0, &head));
		assert_in_range(head.due_hour, FROM_MS / HOUR_MS, hour + number + 1);
	}
	town_stop(tickets);
	sim_run_for(5 * S);
	town_start_tickets();
	end_town();
}

// Redis goes back behind a connection that holds, as behind a proxy. The head is of the same owner, but of an earlier commit.
static void an_owner_knows_its_own_past(void **state)
{
	(void)state;
	open_town();
	town_start_units();
	town_start_tickets();
	for (int number = 0; number < 6; number++) {
		dispatch(number, FROM_MS, FROM_MS + DAY_MS);
		sim_run_for(2 * S);
	}
	redis_sim_roll_back_unseen("hotline:{tickets.0}", 5 * S);
	uint64_t before = sim_hit[SIM_fenced];
	dispatch(7, FROM_MS, FROM_MS + DAY_MS);
	sim_run_for(5 * S);
	assert_int_equal(sim_hit[SIM_fenced], before + 1);
	end_town();
}

static void a_name_that_stands_twice_stops_the_program(void **state)
{
	(void)state;
	open_town();
	struct instance *tickets = town_start_tickets();
	dispatch(1, FROM_MS, FROM_MS + DAY_MS);
	sim_run_for(5 * S);
	town_stop(tickets);
	sim_run_for(5 * S);
	struct entry *names = store_sim_entry(TEXT("hotline:{tickets.0}:names"));
	assert_int_equal(names->value.type, VALUE_LIST);
	assert_true(names->value.count > 1);
	store_sim_touch(names);
	value_set_item(&names->value, 1, names->value.item[0]);
	tickets = town_start_tickets();
	sim_run_for(10 * S);
	assert_true(tickets->has_ended);
	assert_int_equal(tickets->status, FATAL);
	assert_string_equal(tickets->error.reason, "broken_state");
	assert_non_null(strstr(tickets->error.text, "stands twice"));
	town_close();
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_next_hour_is_still_there_for_the_next_owner),
		cmocka_unit_test(an_owner_knows_its_own_past),
		cmocka_unit_test(a_name_that_stands_twice_stops_the_program),
	};
	log_init("sim", LOG_LEVEL_ERROR);
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
