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
#include "shelf_rows.h"
#include "sim_store.h"
#include "town.h"
#include "wire.h"

enum { MAX_RUNS = 100000, LINK_PARTITIONS = 2, CALLERS = 16, ROWS_FIRST = 2 };  // as CMakeLists.txt makes SHARD_LINKS_ROWS
#define S SIM_SECOND_US
#define FROM_MS (SIM_WALL_MS - 20 * DAY_MS)

static void open_town(void)
{
	static const struct town_setup setup = { .ticket_partitions = 2, .unit_partitions = 1, .change_partitions = 1, .link_partitions = LINK_PARTITIONS, .is_event_clock = true,
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

// Tickets of these callers, two at a time, since rows are split by the step after the one that found them full. Nobody has called before in round 0, everybody once in round 1.
static void call(int round, int from, int to)
{
	for (int i = from; i < to; i++) {
		if (i > from && i % 2 == 0)
			sim_run_for(S / 2);
		char id[16], caller[16];
		snprintf(id, sizeof id, "%c%d", "ab"[round], i);
		snprintf(caller, sizeof caller, "c%d", i);
		receive(id, FROM_MS + round * HOUR_MS + i, caller, NULL);
	}
}

// Rows of shelves that there are more than at first, by what is stored.
static uint32_t rows_split(void)
{
	uint32_t sum = 0;
	for (int32_t i = 0; i < LINK_PARTITIONS; i++) {
		char shard[SHARD_NAME_BYTES], key[KEY_BYTES_MAX];
		struct shelf_rows rows = { .first = ROWS_FIRST };
		struct error error;
		key_shard(TOWN_LINKS, i, shard);
		key_rows(shard, key);
		const struct entry *entry = store_sim_find(key);
		if (entry)
			assert_int_equal(shelf_rows_parse(entry->value.item[0], &rows, &error), OK);
		for (size_t j = 0; j < rows.count; j++)
			sum += rows.more[j].rows - rows.first;
		shelf_rows_done(&rows);
	}
	return sum;
}

// Whoever called before is found where the rows have grown since, by the one who split them and by the next owner.
static void links_are_found_in_rows_that_were_split(void **state)
{
	(void)state;
	open_town();
	struct instance *tickets = town_start_tickets();
	call(0, 0, CALLERS);
	sim_run_for(5 * S);
	assert_true(rows_split() > CALLERS / 4);
	call(1, 0, CALLERS / 4);
	sim_run_for(5 * S);
	sim_member_crash(tickets->member);
	town_start_tickets();
	call(1, CALLERS / 4, CALLERS);
	uint64_t had = sim_hit[SIM_links];
	end_town();
	assert_int_equal(sim_hit[SIM_links] - had, CALLERS);
}

// By another process, and by the one that had split them.
static void rows_that_a_rollback_took_back_are_split_again(void **state)
{
	(void)state;
	for (int lives_on = 0; lives_on < 2; lives_on++) {
		open_town();
		struct instance *tickets = town_start_tickets();
		call(0, 0, CALLERS);
		sim_run_for(S);
		uint32_t had = rows_split();
		if (!lives_on)
			sim_member_crash(tickets->member);
		redis_sim_roll_back(2 * S, 2 * S);
		uint32_t left = rows_split();
		assert_true(left && left < had);
		if (!lives_on)
			town_start_tickets();
		sim_run_for(12 * S);
		call(1, 0, CALLERS);
		end_town();
	}
}

// Where a link lies follows from the rows: without them nothing may be read.
static void rows_that_redis_lost_stop_the_program(void **state)
{
	(void)state;
	static const char *const left[] = { NULL, "", "198=2", "rubbish", "1=3 2=3 3=3" };
	for (size_t i = 0; i < sizeof left / sizeof *left; i++) {
		open_town();
		struct instance *tickets = town_start_tickets();
		call(0, 0, CALLERS);
		sim_run_for(3 * S);
		assert_true(rows_split());
		sim_member_crash(tickets->member);
		for (int32_t j = 0; j < LINK_PARTITIONS; j++) {
			char shard[SHARD_NAME_BYTES], key[KEY_BYTES_MAX];
			key_shard(TOWN_LINKS, j, shard);
			key_rows(shard, key);
			struct entry *entry = store_sim_entry(text_of(key));
			store_sim_replace(entry);
			if (left[i]) {
				entry->value.type = VALUE_STRING;
				value_push(&entry->value, text_of(left[i]));
			}
		}
		tickets = town_start_tickets();
		sim_run_for(20 * S);
		assert_true(tickets->has_ended && tickets->status == FATAL);
		assert_string_equal(tickets->error.reason, "broken_state");
		town_close();
	}
}

// It stands still with the rows that it read, while another splits them.
static void a_stalled_owner_splits_nothing(void **state)
{
	(void)state;
	open_town();
	struct instance *former = town_start_tickets();
	call(0, 0, CALLERS / 2);
	sim_member_stall_at(former->member, 400, 20 * S);
	call(0, CALLERS / 2, CALLERS);
	assert_true(sim_member_is_stalled(former->member));
	town_start_tickets();
	sim_run_for(12 * S);
	call(1, 0, CALLERS);
	sim_run_for(15 * S);
	assert_true(rows_split() > CALLERS / 4);
	end_town();
}

// It dies before and after each of its effects on Redis and Kafka while rows are split, and a third of the times Redis loses the last moment besides.
static void hotline_tickets_dies_while_rows_are_split(void **state)
{
	enum { FIRST = CALLERS / 4, LOSES = 3 };
	(void)state;
	bool has_died = true;
	uint64_t effect = 1;
	uint32_t has_split = 0, was_taken_back = 0;
	for (; has_died && effect < MAX_RUNS; effect++) {
		open_town();
		struct instance *doomed = town_start_tickets();
		call(0, 0, FIRST);
		sim_run_for(2 * S);
		uint32_t had = rows_split();
		sim_member_crash_at_effect(doomed->member, (effect + 1) / 2, effect % 2);
		call(0, FIRST, CALLERS);
		sim_run_for(S);
		has_died = !town_is_running(doomed);
		if (!has_died)
			sim_member_crash(doomed->member);
		has_split += rows_split() > had;
		had = rows_split();
		if (effect % LOSES == 0)
			redis_sim_roll_back(S / 2, 3 * S / 2);
		was_taken_back += rows_split() < had;
		restart();
		sim_run_for(S);
		call(1, 0, CALLERS);
		town_settle(200 * S);
		size_t differences = town_check();
		if (differences)
			fail_msg("a crash %s effect %llu: %zu differences", effect % 2 ? "after" : "before", (unsigned long long)(effect + 1) / 2, differences);
		town_close();
	}
	assert_true(has_split && was_taken_back);
	print_message("%llu effects, rows split before %u crashes and lost in %u\n", (unsigned long long)effect / 2, has_split, was_taken_back);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(undisturbed_links_are_told),
		cmocka_unit_test(a_link_is_not_lost_in_a_crash),
		cmocka_unit_test(a_link_that_a_rollback_took_back_is_gone),
		cmocka_unit_test(the_newest_word_holds),
		cmocka_unit_test(hotline_tickets_dies_in_every_call),
		cmocka_unit_test(links_are_found_in_rows_that_were_split),
		cmocka_unit_test(rows_that_a_rollback_took_back_are_split_again),
		cmocka_unit_test(rows_that_redis_lost_stop_the_program),
		cmocka_unit_test(a_stalled_owner_splits_nothing),
		cmocka_unit_test(hotline_tickets_dies_while_rows_are_split),
	};
	log_init("sim", LOG_LEVEL_ERROR);
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
