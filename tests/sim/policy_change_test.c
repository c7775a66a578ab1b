// policy_change_test.c - a new policy while events come in: by signal, by an order at the start, with crashes between the chunks of its sweep, and two owners
// whose files differ. What is there in the end is what the policy in force makes of all events, as if it had held from the first.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "civil.h"
#include "head.h"
#include "rule.h"
#include "sim_kafka.h"
#include "town.h"
#include "truth.h"

static const struct town_setup usual = { .ticket_partitions = 2, .unit_partitions = 2, .change_partitions = 2, .is_event_clock = true, .settle_ms = 600000, .cache_mib = 1 };
#define FROM_MS (SIM_WALL_MS - 30 * DAY_MS)
enum { TICKETS = 60, QUIET_S = 120 };

static name_id unit_of(const char *name)
{
	return names_intern(town_names(), NAME_UNIT, text_of(name));
}

static void send(int number, struct event event)
{
	char id[16];
	snprintf(id, sizeof id, "%d", 10000 + number);
	town_send_ticket_event(id, &event, town_names());
}

// Received, dispatched, returned after two hours (too late by edition 1), dispatched again, resolved and rated with four stars (low by edition 1).
static void send_ticket(int number)
{
	static const char *const units[] = { "fire", "water", "roads", "parks" };
	int64_t at_ms = FROM_MS + number * HOUR_MS;
	struct event event = event_of(EVENT_RECEIVED, at_ms);
	event.kind = KIND_COMPLAINT;
	event.level = LEVEL_CITY;
	send(number, event);
	event = event_of(EVENT_DISPATCHED, at_ms + 1000);
	event.unit = unit_of(units[number % 4]);
	send(number, event);
	event = event_of(EVENT_RETURNED, at_ms + 2 * HOUR_MS);
	event.unit = unit_of(units[number % 4]);
	send(number, event);
	event = event_of(EVENT_DISPATCHED, at_ms + 3 * HOUR_MS);
	event.unit = unit_of(units[(number + 1) % 4]);
	send(number, event);
	if (number % 5 == 0)
		return;
	send(number, event_of(EVENT_RESOLVED, at_ms + DAY_MS));
	event = event_of(EVENT_RATED, at_ms + 2 * DAY_MS);
	event.stars = 4;
	event.satisfied = number % 3 ? ANSWER_YES : ANSWER_NO;
	send(number, event);
}

static void send_tickets(int from, int to)
{
	for (int number = from; number < to; number++)
		send_ticket(number);
	struct event event = event_of(EVENT_LOGGED_IN, FROM_MS + from * HOUR_MS);
	event.unit = unit_of("water");
	town_send_unit_event(&event, town_names());
}

static struct head head_of(int32_t partition)
{
	struct head head;
	assert_true(truth_head(TOWN_TICKETS, partition, &head));
	return head;
}

static void finish(void)
{
	town_send_clock_marks(SIM_WALL_MS);
	town_settle(QUIET_S * SIM_SECOND_US);
	assert_int_equal(town_check(), 0);
	for (int32_t partition = 0; partition < usual.ticket_partitions; partition++)
		assert_int_equal(head_of(partition).sweep, 0);
	town_close();
}

static void reload(struct instance *instance, unsigned edition)
{
	char *text = town_policy_text(edition);
	instance->edition = edition;
	town_reload(instance, text);
	free(text);
}

static void a_signal_puts_the_file_in_force_without_losing_an_event(void **state)
{
	(void)state;
	town_open(1, &usual);
	struct instance *tickets = town_start_tickets(), *units = town_start_units();
	send_tickets(0, TICKETS / 2);
	sim_run_for(3 * SIM_SECOND_US);
	send_tickets(TICKETS / 2, TICKETS);  // under way when the order comes
	reload(tickets, 1);
	units->edition = 1;  // it follows, though nobody told it
	town_settle(QUIET_S * SIM_SECOND_US);
	assert_int_equal(head_of(0).edition, 2);
	assert_int_equal(head_of(1).edition, 2);
	finish();
}

static void a_bad_file_changes_nothing(void **state)
{
	(void)state;
	town_open(2, &usual);
	struct instance *tickets = town_start_tickets();
	send_tickets(0, TICKETS / 2);
	sim_run_for(3 * SIM_SECOND_US);
	town_reload(tickets, "versions:\n  - {low_stars: many}\n");
	send_tickets(TICKETS / 2, TICKETS);
	town_settle(QUIET_S * SIM_SECOND_US);
	assert_int_equal(head_of(0).edition, 1);
	finish();
}

// Days that were counted would move.
static void a_file_of_another_zone_changes_nothing(void **state)
{
	(void)state;
	static const char ours[] = "zone: \"+08:00\"", other[] = "zone: \"+09:00\"";
	town_open(5, &usual);
	struct instance *tickets = town_start_tickets();
	send_tickets(0, TICKETS / 2);
	sim_run_for(3 * SIM_SECOND_US);
	char *text = town_policy_text(1), *zone = strstr(text, ours);
	assert_non_null(zone);
	memcpy(zone, other, sizeof other - 1);
	town_reload(tickets, text);
	free(text);
	send_tickets(TICKETS / 2, TICKETS);
	town_settle(QUIET_S * SIM_SECOND_US);
	assert_true(town_is_running(tickets));
	assert_int_equal(head_of(0).edition, 1);
	finish();
}

// The sweep is crashed at every so many calls after the order, until it gets through without one.
static void a_crash_between_two_chunks_of_the_sweep_is_made_good(void **state)
{
	(void)state;
	unsigned restarts = 0;
	for (uint64_t calls = 40; calls < 1200; calls += 83) {
		town_open(calls, &usual);
		struct instance *tickets = town_start_tickets();
		town_start_units()->edition = 1;
		send_tickets(0, TICKETS);
		town_settle(QUIET_S * SIM_SECOND_US);
		town_set_edition(1);
		town_stop(tickets);
		sim_run_for(5 * SIM_SECOND_US);
		tickets = town_start_tickets();  // told
		sim_member_crash_at(tickets->member, calls);
		for (int i = 0; i < 100 && town_is_running(tickets); i++)
			sim_run_for(SIM_SECOND_US / 10);
		bool is_mid_sweep = !town_is_running(tickets) && head_of(0).sweep + head_of(1).sweep;
		restarts += is_mid_sweep;
		if (!town_is_running(tickets))
			town_start_tickets();
		finish();
	}
	assert_true(restarts >= 2);
}

static void an_owner_with_another_file_goes_on_with_what_is_in_force(void **state)
{
	(void)state;
	town_open(3, &usual);
	struct instance *first = town_start_tickets();
	send_tickets(0, TICKETS / 2);
	town_settle(QUIET_S * SIM_SECOND_US);
	char in_force[POLICY_EDITION_BYTES];
	memcpy(in_force, head_of(0).policy, sizeof in_force);
	town_stop(first);
	sim_run_for(5 * SIM_SECOND_US);
	town_set_edition(1);
	struct instance *second = town_start_tickets();
	second->told_at_ms = 0;  // an ordinary start
	sim_run_for(5 * SIM_SECOND_US);
	second->edition = 0;
	send_tickets(TICKETS / 2, TICKETS);
	town_settle(QUIET_S * SIM_SECOND_US);
	assert_string_equal(head_of(0).policy, in_force);
	assert_int_equal(head_of(0).edition, 1);
	assert_int_equal(town_check(), 0);
	reload(second, 1);  // now on purpose
	town_settle(QUIET_S * SIM_SECOND_US);
	assert_string_not_equal(head_of(0).policy, in_force);
	finish();
}

// Two at a time, shards go to and fro between them: the later order holds.
static void an_earlier_order_does_not_turn_a_later_one_back(void **state)
{
	(void)state;
	town_open(4, &usual);
	struct instance *first = town_start_tickets(), *second = town_start_tickets();
	send_tickets(0, TICKETS / 2);
	town_send_clock_marks(FROM_MS);  // so that no partition is empty
	town_settle(QUIET_S * SIM_SECOND_US);
	reload(first, 1);
	sim_run_for(10 * SIM_SECOND_US);
	reload(second, 0);
	sim_run_for(10 * SIM_SECOND_US);
	town_stop(first);
	sim_run_for(15 * SIM_SECOND_US);  // the second owns all of them now
	send_tickets(TICKETS / 2, TICKETS);
	town_settle(QUIET_S * SIM_SECOND_US);
	assert_string_equal(head_of(0).policy, head_of(1).policy);
	struct instance *third = town_start_tickets();
	third->edition = 1;
	third->told_at_ms = 1;  // told long before
	town_stop(second);
	sim_run_for(15 * SIM_SECOND_US);
	third->edition = 0;
	finish();
}

static size_t facts_said(void)
{
	return kafka_sim_topic(TOWN_LINKS)->partition[0].count;
}

// One of few callers about one of few places.
static struct event received(int number, const char *caller)
{
	static const char *const places[] = { "east gate", "west gate" };
	struct event event = event_of(EVENT_RECEIVED, FROM_MS + number * HOUR_MS);
	event.kind = KIND_COMPLAINT;
	event.level = LEVEL_CITY;
	event.caller = text_of(caller);
	event.place = text_of(places[number % 2]);
	event.category = names_intern(town_names(), NAME_CATEGORY, TEXT("noise"));
	return event;
}

static void send_linked_tickets(int from, int to)
{
	static const char *const callers[] = { "a", "b", "c" };
	for (int number = from; number < to; number++)
		send(number, received(number, callers[number % 3]));
}

// What tickets had of links before is said by the sweep, and nothing before that; what changes is said always, or the link would go on having what it was told once.
static void links_are_gathered_while_a_rule_uses_them(void **state)
{
	(void)state;
	struct town_setup setup = usual;
	setup.edition = TOWN_WITHOUT_LINKS;
	town_open(6, &setup);
	struct instance *tickets = town_start_tickets();
	send_linked_tickets(0, TICKETS / 2);
	town_settle(QUIET_S * SIM_SECOND_US);
	assert_int_equal(facts_said(), 0);
	assert_int_equal(town_check(), 0);
	send_linked_tickets(TICKETS / 2, TICKETS);
	reload(tickets, 0);
	town_settle(QUIET_S * SIM_SECOND_US);
	assert_int_equal(town_check(), 0);
	assert_true(truth_fired[rule_number(&rule_repeated)] > 0 && truth_fired[rule_number(&rule_crowd)] > 0);
	reload(tickets, TOWN_WITHOUT_LINKS);
	town_settle(QUIET_S * SIM_SECOND_US);
	for (int number = 0; number < TICKETS; number += 4) {  // by somebody else, as it turns out
		struct event event = received(number, "d");
		event.at_ms += SECOND_MS;
		send(number, event);
	}
	town_settle(QUIET_S * SIM_SECOND_US);
	assert_int_equal(town_check(), 0);
	reload(tickets, 0);
	town_settle(QUIET_S * SIM_SECOND_US);
	finish();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_signal_puts_the_file_in_force_without_losing_an_event),
		cmocka_unit_test(a_bad_file_changes_nothing),
		cmocka_unit_test(a_file_of_another_zone_changes_nothing),
		cmocka_unit_test(a_crash_between_two_chunks_of_the_sweep_is_made_good),
		cmocka_unit_test(an_owner_with_another_file_goes_on_with_what_is_in_force),
		cmocka_unit_test(an_earlier_order_does_not_turn_a_later_one_back),
		cmocka_unit_test(links_are_gathered_while_a_rule_uses_them),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
