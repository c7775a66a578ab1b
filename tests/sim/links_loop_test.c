// links_loop_test.c - the schedules that link.h guards against. guards.py takes each guard out and sees its schedule fail.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "civil.h"
#include "head.h"
#include "keys.h"
#include "log.h"
#include "town.h"
#include "wire.h"

enum { MAX_RUNS = 100000 };
#define S SIM_SECOND_US
#define FROM_MS (SIM_WALL_MS - 20 * DAY_MS)

static void open_town(void)
{
	static const struct town_setup setup = { .ticket_partitions = 2, .unit_partitions = 1, .change_partitions = 1, .link_partitions = 2, .is_event_clock = true,
		.settle_ms = 600000, .cache_mib = 1 };
	town_open(1, &setup);
}

static void receive(const char *id, int64_t at_ms, const char *caller, const char *place)
{
	struct event event = event_of(EVENT_RECEIVED, at_ms);
	event.category = names_intern(town_names(), NAME_CATEGORY, TEXT("noise"));
	event.caller = text_of(caller);
	event.place = text_of(place);
	town_send_ticket_event(id, &event, town_names());
}

static void end_town(void)
{
	town_settle(200 * S);
	assert_int_equal(town_check(), 0);
	town_close();
}

static void undisturbed_links_are_told(void **state)
{
	(void)state;
	open_town();
	town_start_tickets();
	receive("a", FROM_MS, "anna", "hill");
	receive("b", FROM_MS + 1, "anna", NULL);
	receive("c", FROM_MS + 2, "bert", "hill");
	receive("d", FROM_MS + 3, NULL, NULL);
	uint64_t had = sim_hit[SIM_links];
	end_town();
	assert_true(sim_hit[SIM_links] > had);
}

// What is derived from a record is out before the record is passed by.
static void a_link_is_not_lost_in_a_crash(void **state)
{
	(void)state;
	const struct kafka_faults none = { .ack_us_max = 5000 }, all = { .fail_e4 = 10000, .ack_us_max = 5000 };
	open_town();
	struct instance *tickets = town_start_tickets();
	receive("a", FROM_MS, "anna", "hill");
	sim_run_for(3 * S);
	kafka_sim_set_faults(&all);
	receive("b", FROM_MS + 1, "anna", "hill");
	sim_run_for(3 * S);
	sim_member_crash(tickets->member);
	kafka_sim_set_faults(&none);
	town_start_tickets();
	end_town();
}

// What was sent before a rollback is sent again record by record, so what came between it and the end is taken back: here the caller's first ticket was another's.
static void a_link_that_a_rollback_took_back_is_gone(void **state)
{
	(void)state;
	open_town();
	struct instance *tickets = town_start_tickets();
	receive("x", FROM_MS - DAY_MS, NULL, NULL);
	sim_run_for(8 * S);
	receive("b", FROM_MS, "anna", NULL);
	sim_run_for(4 * S);
	assert_true(kafka_sim_topic(TOWN_LINKS)->partition[0].count + kafka_sim_topic(TOWN_LINKS)->partition[1].count == 1);
	sim_member_crash(tickets->member);
	redis_sim_roll_back(5 * S, 5 * S);
	receive("b", FROM_MS + 1, "bert", NULL);
	receive("e", FROM_MS + 2, "anna", NULL);
	town_start_tickets();
	end_town();
}

// Whatever came of a record's messages the first time: a ticket believes the link's newest word, by the log's order.
static void the_newest_word_holds(void **state)
{
	(void)state;
	open_town();
	town_start_tickets();
	receive("a", FROM_MS, "anna", NULL);
	receive("b", FROM_MS + 1, "anna", NULL);
	sim_run_for(5 * S);
	receive("a", FROM_MS + 2, "bert", NULL);
	sim_run_for(5 * S);
	receive("a", FROM_MS + 3, "anna", NULL);
	sim_run_for(5 * S);
	receive("a", FROM_MS + 4, "carl", NULL);
	end_town();
}

// Of two records of one step each is derived from what the one before it left.
static void play(void)
{
	receive("a", FROM_MS, "anna", "hill");
	receive("b", FROM_MS + 1, "anna", "hill");
	receive("a", FROM_MS + 2, "bert", NULL);
	receive("c", FROM_MS - 1, "bert", "hill");
}

static void restart(void)
{
	for (size_t i = 0, count = town_instances(); i < count; i++) {
		struct instance *instance = town_instance(i);
		if (town_is_running(instance) || instance->is_asked_to_stop)
			continue;
		instance->is_asked_to_stop = 1;
		instance->status = OK;
		town_start_tickets();
	}
}

// It dies in each of its calls in turn; every other time Redis loses what was written in the last moment besides.
static void hotline_tickets_dies_in_every_call(void **state)
{
	enum { STEP = 3 };
	(void)state;
	bool has_died = true;
	uint64_t call = 1;
	for (; has_died && call < MAX_RUNS; call += STEP) {
		open_town();
		struct instance *doomed = town_start_tickets();
		receive("x", FROM_MS - DAY_MS, NULL, NULL);
		sim_run_for(3 * S);
		play();
		sim_member_crash_at(doomed->member, call);
		sim_run_for(S);
		has_died = !town_is_running(doomed);
		if (!has_died)
			sim_member_crash(doomed->member);
		if (call % 2)
			redis_sim_roll_back(S / 2, 3 * S / 2);
		receive("b", FROM_MS + 5, NULL, "harbour");
		restart();
		town_settle(200 * S);
		size_t differences = town_check();
		if (differences)
			fail_msg("a crash at %llu: %zu differences", (unsigned long long)call, differences);
		town_close();
	}
	print_message("%llu calls\n", (unsigned long long)call);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(undisturbed_links_are_told),
		cmocka_unit_test(a_link_is_not_lost_in_a_crash),
		cmocka_unit_test(a_link_that_a_rollback_took_back_is_gone),
		cmocka_unit_test(the_newest_word_holds),
		cmocka_unit_test(hotline_tickets_dies_in_every_call),
	};
	log_init("sim", LOG_LEVEL_ERROR);
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
