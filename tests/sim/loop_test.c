// loop_test.c - the schedules that design.md's ideas 2 to 5 guard against, one by one. guards.py takes each guard out and sees its schedule fail.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "civil.h"
#include "clock_mark.h"
#include "due.h"
#include "head.h"
#include "keys.h"
#include "log.h"
#include "story.h"
#include "town.h"
#include "wire.h"

enum { PREFIX_BYTES = 24 };
#define S SIM_SECOND_US
#define FROM_MS (SIM_WALL_MS - 30 * DAY_MS)
#define END_MS (SIM_WALL_MS + DAY_MS)

static void end_as_it_is(void)
{
	town_settle(200 * S);
	assert_int_equal(town_check(), 0);
	town_close();
}

// Lets all deadlines pass first, which also changes what was wrong: not for what must be right without a further change.
static void end_town(void)
{
	town_send_clock_marks(END_MS);
	end_as_it_is();
}

// Does something to a program when it comes to a command: at the verb, or at the EXEC behind it.
enum blow { BLOW_CRASH, BLOW_STALL, BLOW_HANG, BLOW_CUT };
static struct trap {
	const char *verb, *key_end;   // what arms it
	bool is_for_exec;
	enum blow blow;
	int64_t for_us;
	struct instance *instance;
	const struct kafka_faults *faults;  // of Kafka from that moment on; NULL
	bool is_armed, is_sprung;
} trap;

static void act_blow(void *self, uint64_t number)
{
	(void)self;
	(void)number;
	if (trap.blow == BLOW_CRASH)
		sim_member_crash(trap.instance->member);
	else
		sim_member_stall(trap.instance->member, trap.for_us);
}

static bool ends_with(struct text text, const char *end)
{
	size_t size = strlen(end);
	return text.size >= size && !memcmp(text.at + text.size - size, end, size);
}

static void see(void *self, struct member *member, const char *verb, struct text key)
{
	(void)self;
	if (trap.is_sprung || member != trap.instance->member)
		return;
	bool is_it = !strcmp(verb, trap.verb) && ends_with(key, trap.key_end);
	trap.is_armed |= is_it;
	if (!trap.is_armed || (trap.is_for_exec && strcmp(verb, "EXEC") != 0) || (!trap.is_for_exec && !is_it))
		return;
	trap.is_sprung = true;
	if (trap.faults)
		kafka_sim_set_faults(trap.faults);
	if (trap.blow == BLOW_CRASH)
		sim_at(sim_now_us() + trap.for_us, act_blow, NULL, 0);  // when the server has done what came with it
	else if (trap.blow == BLOW_STALL)
		sim_at(sim_now_us(), act_blow, NULL, 0);
	else
		redis_sim_fail_at(1, trap.blow == BLOW_HANG ? FAIL_HANG : FAIL_CUT_BEFORE);
}

static void set_trap(struct instance *instance, const char *verb, const char *key_end, bool is_for_exec, enum blow blow, int64_t for_us)
{
	trap = (struct trap){ verb, key_end, is_for_exec, blow, for_us, instance, NULL, false, false };
	redis_sim_watch_commands(see, NULL);
}

static void spring(int64_t within_us)
{
	sim_run_for(within_us);
	assert_true(trap.is_sprung);
}

static struct head head_of(const char *shard)
{
	char key[KEY_BYTES_MAX];
	struct head head;
	struct error error;
	key_head(shard, key);
	const struct entry *entry = store_sim_find(key);
	assert_non_null(entry);
	assert_int_equal(head_parse(entry->value.item[0], &head, &error), OK);
	return head;
}

static void undisturbed_tickets_are_counted(void **state)
{
	(void)state;
	story_open();
	town_start_tickets();
	town_start_units();
	story_send_tickets("a", 10, FROM_MS);
	story_rate_tickets("a", 5, FROM_MS + DAY_MS);
	end_town();
}

// Idea 2: the owner is stalled between its reading and its commit, another takes the partition over and goes on, and then it wakes.
static void a_stalled_former_owner_changes_nothing(void **state)
{
	(void)state;
	story_open();
	struct instance *former = town_start_tickets();
	story_send_tickets("a", 2, FROM_MS);
	sim_run_for(3 * S);
	set_trap(former, "MGET", ":p:b0-x", false, BLOW_STALL, 20 * S);
	story_send_tickets("b", 2, FROM_MS);
	spring(S);
	town_start_tickets();
	sim_run_for(12 * S);
	story_send_tickets("c", 3, FROM_MS);
	sim_run_for(3 * S);
	assert_int_equal(head_of("tickets.0").offset, 14);
	end_town();
}

// Idea 2: what the former owner has read before it stalled and what it reads after do not fit together: that is no broken state.
static void a_stalled_former_owner_takes_nothing_for_broken(void **state)
{
	(void)state;
	story_open();
	struct instance *first = town_start_tickets();
	story_send_ticket("a", EVENT_RECEIVED, FROM_MS, NULL);
	story_send_ticket("a", EVENT_DISPATCHED, FROM_MS, "fire");
	story_send_ticket("a", EVENT_RESOLVED, FROM_MS + HOUR_MS, "fire");
	sim_run_for(3 * S);
	sim_member_crash(first->member);
	struct instance *former = town_start_tickets();  // which has no counters in memory
	sim_run_for(12 * S);
	set_trap(former, "MGET", ":p:a", false, BLOW_STALL, 20 * S);
	struct event event = event_of(EVENT_REVISITED, FROM_MS + 2 * HOUR_MS);
	event.reopen = ANSWER_YES;
	town_send_ticket_event("a", &event, town_names());
	spring(S);
	town_start_tickets();
	sim_run_for(25 * S);
	assert_true(town_is_running(former));
	end_town();
}

static void an_outcome_is_unknown(enum blow blow)
{
	story_open();
	struct instance *instance = town_start_tickets();
	story_send_tickets("a", 2, FROM_MS);
	sim_run_for(3 * S);
	set_trap(instance, "MSET", "", true, blow, 0);
	story_send_tickets("b", 2, FROM_MS);
	story_send_ticket("a0-x", EVENT_RESOLVED, FROM_MS + DAY_MS, "fire");
	spring(S);
	sim_run_for(10 * S);
	story_send_ticket("b0-x", EVENT_RESOLVED, FROM_MS + DAY_MS, "fire");
	story_send_ticket("a0-x", EVENT_RATED, FROM_MS + 2 * DAY_MS, NULL);
	end_town();
}

// Idea 2: a timeout leaves the outcome unknown.
static void a_commit_went_through_and_its_reply_is_lost(void **state)
{
	(void)state;
	an_outcome_is_unknown(BLOW_HANG);
}

static void a_commit_did_not_go_through_and_nobody_says_so(void **state)
{
	(void)state;
	an_outcome_is_unknown(BLOW_CUT);
}

// Idea 2: the alert went out, Redis forgot why, and on replay the late resolution comes first.
static void an_alert_that_a_rollback_took_back_is_retracted(void **state)
{
	(void)state;
	story_open();
	town_start_tickets();
	story_send_ticket("early", EVENT_RECEIVED, FROM_MS, NULL);
	sim_run_for(5 * S);
	story_send_ticket("late", EVENT_RECEIVED, FROM_MS, NULL);
	story_send_ticket("late", EVENT_DISPATCHED, FROM_MS, "fire");
	town_send_clock_marks(FROM_MS + 20 * DAY_MS);
	sim_run_for(3 * S);
	size_t alerts = kafka_sim_topic(TOWN_ALERTS)->partition[0].count + kafka_sim_topic(TOWN_ALERTS)->partition[1].count;
	assert_int_not_equal(alerts, 0);
	story_send_ticket("late", EVENT_RESOLVED, FROM_MS + HOUR_MS, "fire");
	redis_sim_roll_back(3 * S + S / 2, 3 * S + S / 2);
	end_town();
}

static void append_alert(const char *ticket_id, enum alert_state state, int64_t revision)
{
	uint8_t bytes[WIRE_ALERT_BYTES_MAX];
	char id[64];
	snprintf(id, sizeof id, "overdue/%s", ticket_id);
	const struct wire_alert alert = { .id = text_of(id), .rule = TEXT("overdue"), .ticket_id = text_of(ticket_id), .state = (uint8_t)state,
		.severity = SEVERITY_WARNING, .at_ms = FROM_MS, .revision = revision };
	size_t size = wire_pack_alert(&alert, bytes);
	town_send_bytes(TOWN_ALERTS, alert.id, (struct text){ (const char *)bytes, (uint32_t)size });
}

// Idea 5: what readers believe is the greatest revision, and not the last record.
static void an_alert_is_retracted_though_an_older_record_came_later(void **state)
{
	(void)state;
	story_open();
	struct instance *tickets = town_start_tickets();
	story_send_ticket("a", EVENT_RECEIVED, FROM_MS, NULL);
	sim_run_for(3 * S);
	append_alert("a", ALERT_FIRING, sim_wall_us());
	append_alert("a", ALERT_RETRACTED, sim_wall_us() - S);
	sim_member_crash(tickets->member);
	redis_sim_down(0);
	town_start_tickets();
	end_town();
}

static size_t alert_records(void)
{
	return kafka_sim_topic(TOWN_ALERTS)->partition[0].count + kafka_sim_topic(TOWN_ALERTS)->partition[1].count;
}

// An alert that nothing gives any more is in the topic, and who takes over does not come to the end of reading it back.
static struct instance *open_while_alerts_are_read_back(void)
{
	const struct kafka_faults silent = { .ack_us_max = 5000, .silent_e4 = 10000 };
	story_open();
	struct instance *former = town_start_tickets();
	story_send_ticket("a", EVENT_RECEIVED, FROM_MS, NULL);
	sim_run_for(3 * S);
	append_alert("a", ALERT_FIRING, sim_wall_us());
	sim_member_crash(former->member);
	redis_sim_down(0);
	kafka_sim_set_faults(&silent);
	struct instance *tickets = town_start_tickets();
	sim_run_for(15 * S);
	assert_int_equal(alert_records(), 1);
	return tickets;
}

static void end_of_silence(void)
{
	const struct kafka_faults none = { .ack_us_max = 5000 };
	kafka_sim_set_faults(&none);
	sim_run_for(5 * S);
	assert_int_equal(alert_records(), 2);
	end_town();
}

static void events_are_taken_in_while_alerts_are_read_back(void **state)
{
	(void)state;
	open_while_alerts_are_read_back();
	int64_t before = head_of("tickets.0").offset;
	story_send_ticket("b", EVENT_RECEIVED, FROM_MS, NULL);
	sim_run_for(S);
	assert_int_equal(head_of("tickets.0").offset, before + 1);
	end_of_silence();
}

// Its shards leave the reading, and read anew.
static void redis_is_lost_while_alerts_are_read_back(void **state)
{
	(void)state;
	open_while_alerts_are_read_back();
	redis_sim_roll_back(S, S);
	sim_run_for(10 * S);
	end_of_silence();
}

static void a_process_stops_while_alerts_are_read_back(void **state)
{
	(void)state;
	struct instance *tickets = open_while_alerts_are_read_back();
	tickets->is_asked_to_stop = 1;
	sim_run_for(5 * S);
	assert_false(town_is_running(tickets));
	town_start_tickets();
	sim_run_for(15 * S);
	end_of_silence();
}

// What a former owner had under way when it stood still comes after the new one has read back.
static void an_alert_of_a_lost_state_is_retracted_though_it_comes_late(void **state)
{
	(void)state;
	story_open();
	struct instance *former = town_start_tickets();
	story_send_ticket("a", EVENT_RECEIVED, FROM_MS, NULL);
	sim_run_for(5 * S);
	sim_member_crash(former->member);
	redis_sim_down(0);
	town_start_tickets();
	sim_run_for(20 * S);
	append_alert("a", ALERT_FIRING, sim_wall_us());
	end_town();
}

static void where_redis_lived_on_nothing_is_read_back(void **state)
{
	(void)state;
	story_open();
	struct instance *former = town_start_tickets();
	story_send_tickets("a", 3, FROM_MS);
	sim_run_for(5 * S);
	sim_member_crash(former->member);
	uint64_t before = sim_hit[SIM_read_backs];
	town_start_tickets();
	sim_run_for(100 * S);
	assert_int_equal(sim_hit[SIM_read_backs], before);
	redis_sim_down(0);
	sim_run_for(100 * S);
	assert_int_not_equal(sim_hit[SIM_read_backs], before);
	end_town();
}

// Who falls before the last look leaves it to who comes next.
static void the_last_look_is_taken_by_somebody(void **state)
{
	(void)state;
	story_open();
	struct instance *tickets = town_start_tickets();
	story_send_ticket("a", EVENT_RECEIVED, FROM_MS, NULL);
	sim_run_for(5 * S);
	redis_sim_down(0);
	sim_run_for(20 * S);
	story_send_ticket("b", EVENT_RECEIVED, FROM_MS, NULL);
	sim_run_for(5 * S);
	append_alert("a", ALERT_FIRING, sim_wall_us());
	sim_member_crash(tickets->member);
	town_start_tickets();
	end_town();
}

// More than a step compares.
static void all_is_compared_before_it_is_told(void **state)
{
	enum { LOST = 7 };
	(void)state;
	char id[LOST][8];
	story_open();
	struct instance *tickets = town_start_tickets();
	for (int i = 0; i < LOST; i++) {
		snprintf(id[i], sizeof id[i], "%d", 1000 * i);
		story_send_ticket(id[i], EVENT_RECEIVED, FROM_MS, NULL);
	}
	sim_run_for(5 * S);
	redis_sim_down(0);
	sim_run_for(20 * S);
	for (int i = 0; i < LOST; i++)
		append_alert(id[i], ALERT_FIRING, sim_wall_us());
	set_trap(tickets, "SET", ":told", true, BLOW_CRASH, 0);
	spring(100 * S);
	town_start_tickets();
	end_town();
}

// The same of a unit, which hotline-units answers for.
static void an_alert_of_a_lost_month_is_retracted_though_it_comes_late(void **state)
{
	(void)state;
	uint8_t bytes[WIRE_ALERT_BYTES_MAX];
	story_open();
	town_start_tickets();
	town_start_units();
	story_send_tickets("a", 3, FROM_MS);
	sim_run_for(20 * S);
	const struct wire_alert alert = { .id = TEXT("floors/unit/fire/2024-02/satisfaction"), .rule = TEXT("floors"), .dimension = TEXT("unit/fire"), .state = ALERT_FIRING,
		.severity = SEVERITY_WARNING, .at_ms = FROM_MS, .revision = sim_wall_us() };
	size_t size = wire_pack_alert(&alert, bytes);
	town_send_bytes(TOWN_ALERTS, alert.id, (struct text){ (const char *)bytes, (uint32_t)size });
	end_town();
}

// A process reads back what it sent itself of a lost time, however long that takes to Kafka.
static void an_alert_that_a_rollback_took_back_is_retracted_though_it_is_long_under_way(void **state)
{
	(void)state;
	const struct kafka_faults slow = { .ack_us_max = 300 * S }, none = { .ack_us_max = 5000 };
	story_open();
	town_start_tickets();
	story_send_ticket("early", EVENT_RECEIVED, FROM_MS, NULL);
	sim_run_for(5 * S);
	kafka_sim_set_faults(&slow);
	story_send_ticket("late", EVENT_RECEIVED, FROM_MS, NULL);
	story_send_ticket("late", EVENT_DISPATCHED, FROM_MS, "fire");
	town_send_clock_marks(FROM_MS + 20 * DAY_MS);
	sim_run_for(3 * S);
	assert_true(kafka_sim_has_under_way());
	kafka_sim_set_faults(&none);
	story_send_ticket("late", EVENT_RESOLVED, FROM_MS + HOUR_MS, "fire");
	redis_sim_roll_back(3 * S + S / 2, 3 * S + S / 2);
	sim_run_for(slow.ack_us_max);
	end_town();
}

// Idea 2: months of units with duty are made from the first month that any clock was in, whichever marks are taken in one step.
static void duty_does_not_depend_on_which_marks_came_in_one_step(void **state)
{
	(void)state;
	story_open();
	town_start_tickets();
	sim_run_for(3 * S);
	town_send_clock_marks(FROM_MS);
	sim_run_for(3 * S);
	size_t alerts = kafka_sim_topic(TOWN_ALERTS)->partition[0].count + kafka_sim_topic(TOWN_ALERTS)->partition[1].count;
	assert_int_not_equal(alerts, 0);
	redis_sim_roll_back(3 * S + S / 2, 3 * S + S / 2);
	town_send_clock_marks(END_MS);
	town_settle(200 * S);
	assert_int_equal(head_of("unit-events.0").seed_from, civil_month_of_day(civil_day_of(FROM_MS, 8 * HOUR_MS)));
	end_as_it_is();
}

// Idea 4: the node with the totals loses seconds, the one with the partials does not.
static void totals_that_lost_other_seconds_are_summed_again(void **state)
{
	(void)state;
	story_open();
	town_start_tickets();
	struct instance *units = town_start_units();
	story_send_tickets("a", 3, FROM_MS);
	sim_run_for(10 * S);
	story_send_tickets("b", 3, FROM_MS);
	sim_run_for(4 * S);
	redis_sim_roll_back_unseen("hotline:{unit/", 5 * S);
	redis_sim_roll_back_unseen("hotline:{city", 5 * S);
	redis_sim_cut(units->member);
	end_as_it_is();
}

// Idea 4: what changed is said again after a crash between the step and the saying.
static void a_change_survives_a_crash_between_commit_and_sending(void **state)
{
	(void)state;
	story_open();
	struct instance *tickets = town_start_tickets();
	town_start_units();
	story_send_tickets("a", 2, FROM_MS);
	sim_run_for(5 * S);
	set_trap(tickets, "APPEND", "", true, BLOW_CRASH, 0);
	story_send_tickets("b", 2, FROM_MS);
	spring(S);
	town_start_tickets();
	end_town();
}

// Idea 3: many tickets fall due in one hour, and the owner dies between two chunks of them.
static void a_crash_between_two_chunks_of_timers_loses_and_doubles_nothing(void **state)
{
	(void)state;
	story_open();
	struct instance *tickets = town_start_tickets();
	story_send_tickets("a", 20, FROM_MS);
	sim_run_for(5 * S);
	town_send_clock_marks(END_MS);
	set_trap(tickets, "RPUSH", ":outbox", true, BLOW_STALL, 1);
	for (int i = 0; i < 2000 && !trap.is_sprung; i++)  // until the first chunk goes out
		sim_run_for(S / 1000);
	set_trap(tickets, "RPUSH", ":outbox", true, BLOW_CRASH, 0);
	spring(2 * S);
	assert_true(head_of("tickets.0").clock_ms == END_MS);
	town_start_tickets();
	end_town();
}

// Idea 2: numbers alone repeat after a rollback: the owner's cache would seem to hold for a head that another wrote.
static void commit_numbers_that_repeat_after_a_rollback_mislead_nobody(void **state)
{
	(void)state;
	story_open();
	struct instance *former = town_start_tickets();
	for (int i = 0; i < 6; i++) {
		char prefix[PREFIX_BYTES];
		snprintf(prefix, sizeof prefix, "a%d", i);
		story_send_tickets(prefix, 1, FROM_MS);
		sim_run_for(2 * S);
	}
	uint64_t commit = head_of("tickets.0").commit;
	sim_member_stall(former->member, 60 * S);
	redis_sim_roll_back_unseen("hotline:{tickets.0}", 9 * S);
	assert_true(head_of("tickets.0").commit + 3 < commit);
	town_start_tickets();
	sim_run_for(15 * S);
	for (int i = 0; head_of("tickets.0").commit < commit; i++) {
		char prefix[PREFIX_BYTES];
		snprintf(prefix, sizeof prefix, "b%d", i);
		story_send_tickets(prefix, 1, FROM_MS);
		sim_run_for(S);
	}
	assert_true(head_of("tickets.0").commit == commit);
	sim_member_stall(town_instance(1)->member, 50 * S);  // the new owner; the former one wakes first
	story_send_tickets("c", 1, FROM_MS);
	end_town();
}

// Idea 2: a bad message is passed by only after its dead letter is acknowledged.
static void a_dead_letter_is_not_lost_in_a_crash(void **state)
{
	(void)state;
	const struct kafka_faults none = { .ack_us_max = 5000 }, all = { .fail_e4 = 10000, .ack_us_max = 5000 };
	story_open();
	struct instance *tickets = town_start_tickets();
	story_send_tickets("a", 1, FROM_MS);
	sim_run_for(3 * S);
	kafka_sim_set_faults(&all);
	town_send_bytes(TOWN_TICKETS, TEXT("bad"), TEXT("\xff\xff"));
	sim_run_for(3 * S);
	sim_member_crash(tickets->member);
	kafka_sim_set_faults(&none);
	town_start_tickets();
	end_town();
}

static void ends_with_reason(struct instance *instance, const char *reason)
{
	sim_run_for(10 * S);
	assert_true(instance->has_ended);
	assert_int_equal(instance->status, FATAL);
	assert_string_equal(instance->error.reason, reason);
	town_close();
}

// Idea 2: only --rebuild starts over.
static void a_missing_head_with_history_stops_the_program(void **state)
{
	(void)state;
	story_open();
	struct instance *tickets = town_start_tickets();
	story_send_tickets("a", 2, FROM_MS);
	sim_run_for(5 * S);
	town_stop(tickets);
	sim_run_for(5 * S);
	for (size_t i = 0; i < store_sim_count(); i++) {
		store_sim_touch(store_sim_at(i));
		value_clear(&store_sim_at(i)->value);
	}
	ends_with_reason(town_start_tickets(), "head_missing");
}

// The same, when the group has never told Kafka of an offset.
static void a_missing_head_with_other_keys_stops_the_program(void **state)
{
	(void)state;
	story_open();
	struct entry *names = store_sim_entry(TEXT("hotline:{tickets.0}:names"));
	names->value.type = VALUE_LIST;
	value_push(&names->value, TEXT("city"));
	ends_with_reason(town_start_tickets(), "head_missing");
}

// What changed is summed again after a crash: it may not be taken for nothing when it is lost.
static void a_missing_chunk_of_changes_stops_the_program(void **state)
{
	(void)state;
	char key[KEY_BYTES_MAX];
	story_open();
	struct instance *tickets = town_start_tickets();
	story_send_tickets("a", 2, FROM_MS);
	sim_run_for(5 * S);
	town_stop(tickets);
	sim_run_for(5 * S);
	key_changes("tickets.0", head_of("tickets.0").changes_from, key);
	assert_non_null(store_sim_find(key));
	store_sim_replace(store_sim_find(key));
	ends_with_reason(town_start_tickets(), "broken_state");
}

// Nothing is read of a chunk that is not there, so none may be begun before something is written to it: the time of several passes without a change.
static void a_rest_begins_no_chunk_of_changes(void **state)
{
	(void)state;
	struct town_setup setup = story_setup;
	setup.is_event_clock = false;
	story_due_after_ms = 0;
	town_open(1, &setup);
	struct instance *tickets = town_start_tickets();
	story_send_tickets("a", 2, FROM_MS);
	sim_run_for(40 * S);
	town_stop(tickets);
	sim_run_for(5 * S);
	town_start_tickets();
	end_as_it_is();
}

static void a_changed_number_of_partitions_stops_the_program(void **state)
{
	(void)state;
	story_open();
	struct instance *tickets = town_start_tickets();
	story_send_tickets("a", 2, FROM_MS);
	sim_run_for(5 * S);
	town_stop(tickets);
	sim_run_for(5 * S);
	kafka_sim_topic(TOWN_TICKETS)->partition_count = 2;
	ends_with_reason(town_start_tickets(), "partitions_changed");
}

// Idea 5: the alert is in the outbox, and its owner dies before it sends it.
static void an_alert_survives_a_crash_between_commit_and_sending(void **state)
{
	(void)state;
	story_open();
	struct instance *tickets = town_start_tickets();
	story_send_tickets("a", 2, FROM_MS);
	sim_run_for(5 * S);
	set_trap(tickets, "RPUSH", ":outbox", true, BLOW_CRASH, 0);
	town_send_clock_marks(END_MS);
	spring(2 * S);
	town_start_tickets();
	end_town();
}

// Idea 5: a retraction stands in no state any more; it is in the outbox, and its owner dies before it sends it.
static void a_retraction_survives_a_crash_between_commit_and_sending(void **state)
{
	(void)state;
	struct town_setup setup = story_setup;
	setup.settle_ms = 0;  // reading back would mend it
	town_open(1, &setup);
	struct instance *tickets = town_start_tickets();
	story_send_ticket("late", EVENT_RECEIVED, FROM_MS, NULL);
	story_send_ticket("late", EVENT_DISPATCHED, FROM_MS, "fire");
	town_send_clock_marks(FROM_MS + 20 * DAY_MS);
	sim_run_for(5 * S);
	set_trap(tickets, "RPUSH", ":outbox", true, BLOW_CRASH, 0);
	story_send_ticket("late", EVENT_RESOLVED, FROM_MS + HOUR_MS, "fire");
	spring(2 * S);
	town_start_tickets();
	end_town();
}

// Idea 5: the former owner sends what it has in hand when it wakes, long after the new one has said better.
static void a_late_alert_of_a_former_owner_does_no_harm(void **state)
{
	(void)state;
	struct town_setup setup = story_setup;
	setup.settle_ms = 0;  // reading back would mend it
	town_open(1, &setup);
	struct instance *former = town_start_tickets();
	story_send_ticket("late", EVENT_RECEIVED, FROM_MS, NULL);
	story_send_ticket("late", EVENT_DISPATCHED, FROM_MS, "fire");
	sim_run_for(5 * S);
	set_trap(former, "RPUSH", "{tickets.0}:outbox", true, BLOW_STALL, 30 * S);
	town_send_clock_marks(FROM_MS + 20 * DAY_MS);
	spring(2 * S);
	town_start_tickets();
	sim_run_for(12 * S);
	story_send_ticket("late", EVENT_RESOLVED, FROM_MS + HOUR_MS, "fire");
	sim_run_for(30 * S);
	end_town();
}

// Idea 4: hotline-units dies when the sums and the alert are stored and nothing is published: the third rating was the one that crossed the floor.
static void a_pass_survives_a_crash_between_commit_and_sending(void **state)
{
	(void)state;
	const struct kafka_faults none = { .ack_us_max = 5000 }, all = { .fail_e4 = 10000, .ack_us_max = 5000 };
	struct town_setup setup = story_setup;
	setup.settle_ms = 0;  // nothing is read again out of caution
	town_open(1, &setup);
	town_start_tickets();
	struct instance *units = town_start_units();
	story_send_tickets("a", 3, FROM_MS);
	story_rate_tickets("a", 2, FROM_MS + HOUR_MS);
	story_send_ticket("a2-x", EVENT_RESOLVED, FROM_MS + HOUR_MS, "fire");
	sim_run_for(8 * S);
	set_trap(units, "RPUSH", "{unit/fire}:outbox", true, BLOW_CRASH, S);
	trap.faults = &all;
	story_send_ticket("a2-x", EVENT_RATED, FROM_MS + 2 * HOUR_MS, NULL);
	spring(5 * S);
	assert_false(town_is_running(units));
	kafka_sim_set_faults(&none);
	town_start_units();
	end_as_it_is();
}

// Idea 4: an instance that was stalled in the middle of a pass writes no sums of before.
static void a_stalled_pass_writes_nothing_old(void **state)
{
	(void)state;
	struct town_setup setup = story_setup;
	setup.settle_ms = 0;
	town_open(1, &setup);
	town_start_tickets();
	struct instance *former = town_start_units();
	story_send_tickets("a", 2, FROM_MS);
	sim_run_for(5 * S);
	set_trap(former, "HGETALL", ":n:unit/fire:2024-02", false, BLOW_STALL, 20 * S);
	story_send_tickets("b", 2, FROM_MS);
	spring(5 * S);
	town_start_units();
	sim_run_for(8 * S);
	story_send_tickets("c", 2, FROM_MS);
	set_trap(former, "EXEC", "", false, BLOW_CRASH, 0);  // before it takes the newer changes as well
	spring(20 * S);
	end_as_it_is();
}

// Idea 5: revisions do not go back, though the wall clock is put back and Redis loses what it stored of them, both at once.
static void sums_after_a_rollback_are_news_though_the_wall_clock_went_back(void **state)
{
	(void)state;
	story_open();
	town_start_tickets();
	struct instance *units = town_start_units();
	story_send_tickets("a", 3, FROM_MS);
	sim_run_for(10 * S);
	story_send_tickets("b", 3, FROM_MS);
	sim_run_for(4 * S);
	sim_jump_wall(-HOUR_MS);
	redis_sim_roll_back_unseen("hotline:{unit/", 5 * S);
	redis_sim_roll_back_unseen("hotline:{city", 5 * S);
	redis_sim_cut(units->member);
	story_send_tickets("c", 1, FROM_MS);
	end_as_it_is();
}

// The same, and the process is a new one, which has not seen what the former published.
static void sums_of_a_new_process_are_news_though_the_wall_clock_went_back(void **state)
{
	(void)state;
	story_open();
	town_start_tickets();
	struct instance *units = town_start_units();
	story_send_tickets("a", 3, FROM_MS);
	sim_run_for(10 * S);
	story_send_tickets("b", 3, FROM_MS);
	sim_run_for(4 * S);
	sim_member_crash(units->member);
	sim_jump_wall(-HOUR_MS);
	redis_sim_roll_back_unseen("hotline:{unit/", 5 * S);
	redis_sim_roll_back_unseen("hotline:{city", 5 * S);
	town_start_units();
	story_send_tickets("c", 1, FROM_MS);
	end_as_it_is();
}

// A day that Redis lost is said whole, zeros too, whatever the clock was by which its change was sent.
static void a_lost_zero_is_said_again_though_the_wall_clock_went_back(void **state)
{
	(void)state;
	story_open();
	town_start_tickets();
	struct instance *units = town_start_units();
	story_send_tickets("a", 1, FROM_MS);
	sim_run_for(10 * S);
	story_send_ticket("late", EVENT_RECEIVED, FROM_MS - 5 * DAY_MS, NULL);
	story_send_ticket("late", EVENT_DISPATCHED, FROM_MS - 5 * DAY_MS, "water");
	sim_run_for(2 * S);
	struct event event = event_of(EVENT_RECEIVED, FROM_MS - 4 * DAY_MS);
	event.valid = ANSWER_NO;
	town_send_ticket_event("late", &event, town_names());
	sim_jump_wall(-HOUR_MS);
	redis_sim_roll_back_unseen("hotline:{unit/", 4 * S);
	redis_sim_cut(units->member);
	end_as_it_is();
}

static void send_mark(int32_t partition)
{
	char value[CLOCK_MARK_BYTES];
	const struct record record = { .header_count = 1, .header = { { TEXT(CLOCK_MARK_HEADER), clock_mark_format(END_MS, value) } } };
	kafka_sim_append(kafka_sim_topic(TOWN_TICKETS), partition, &record);
}

// Idea 4: a month is judged at its end by the least of all clocks. The last shard to pass the end does not know the dimension, and hotline-units was started anew
// meanwhile: who told it before must tell it again.
static void a_month_ends_for_all_when_the_last_shard_passes(void **state)
{
	(void)state;
	struct town_setup setup = story_setup;
	setup.ticket_partitions = 2;
	setup.settle_ms = 0;
	story_due_after_ms = 0;
	town_open(1, &setup);
	town_start_tickets();
	struct instance *units = town_start_units();
	int32_t partition = kafka_partition_of(TEXT("early-x"), 2);
	story_send_ticket("early-x", EVENT_RECEIVED, FROM_MS, NULL);
	for (int i = 0, sent = 0; sent < 4; i++) {
		char id[STORY_ID_BYTES];
		int size = snprintf(id, sizeof id, "open%d-x", i);
		if (kafka_partition_of((struct text){ id, (uint32_t)size }, 2) == partition)
			continue;
		sent++;
		story_send_ticket(id, EVENT_RECEIVED, FROM_MS + i, NULL);
		story_send_ticket(id, EVENT_DISPATCHED, FROM_MS + i, "parks");
	}
	sim_run_for(5 * S);
	send_mark(!partition);
	sim_run_for(5 * S);
	sim_member_crash(units->member);
	town_start_units();
	sim_run_for(15 * S);
	send_mark(partition);
	end_as_it_is();
}

static void alerts_after_a_rollback_are_news_though_the_wall_clock_went_back(void **state)
{
	(void)state;
	struct town_setup setup = story_setup;
	setup.settle_ms = 0;  // reading back would mend it
	story_due_after_ms = 0;
	town_open(1, &setup);
	town_start_tickets();
	story_send_ticket("early", EVENT_RECEIVED, FROM_MS, NULL);
	sim_run_for(5 * S);
	story_send_ticket("late", EVENT_RECEIVED, FROM_MS, NULL);
	story_send_ticket("late", EVENT_DISPATCHED, FROM_MS, "fire");
	town_send_clock_marks(FROM_MS + 20 * DAY_MS);
	sim_run_for(3 * S);
	sim_jump_wall(-HOUR_MS);
	redis_sim_roll_back(3 * S + S / 2, 3 * S + S / 2);
	sim_run_for(5 * S);
	story_send_ticket("late", EVENT_RESOLVED, FROM_MS + 20 * DAY_MS, "fire");
	end_as_it_is();
}

// What links say is of the instant at which a ticket was received, and is sent later: by a clock that was put back, hours earlier.
static void links_are_told_though_the_wall_clock_went_back(void **state)
{
	(void)state;
	story_open();
	for (int i = 0; i < 2; i++) {
		struct event event = event_of(EVENT_RECEIVED, SIM_WALL_MS - SECOND_MS + i);
		event.caller = TEXT("anna");
		town_send_ticket_event(i ? "second" : "first", &event, town_names());
	}
	sim_jump_wall(-HOUR_MS);
	town_start_tickets();
	end_as_it_is();
}

// A process that is always at work never rests, and what backlogs leave free in its heap would stay with it.
static void memory_goes_back_under_a_steady_load(void **state)
{
	(void)state;
	enum { MINUTES = 3 };
	story_open();
	town_start_tickets();
	sim_run_for(10 * S);
	size_t before = sim_memory_trims();
	for (int i = 0; i < MINUTES * 60; i++) {
		story_send_ticket("steady", EVENT_RECEIVED, FROM_MS + i * MINUTE_MS, NULL);
		sim_run_for(S);
	}
	assert_in_range(sim_memory_trims() - before, 2 * MINUTES - 1, 2 * MINUTES + 1);
	end_as_it_is();
}

// When the alert came to Kafka, by the wall; 0 when it is not there.
static int64_t came_ms(const char *id_begin)
{
	const struct log_topic *topic = kafka_sim_topic(TOWN_ALERTS);
	for (int32_t i = 0; i < topic->partition_count; i++)
		for (size_t k = 0; k < topic->partition[i].count; k++)
			if (topic->partition[i].record[k].key.size > strlen(id_begin) && !memcmp(topic->partition[i].record[k].key.at, id_begin, strlen(id_begin)))
				return topic->partition[i].record[k].timestamp_ms;
	return 0;
}

// While events pour in, whoever keeps up has never judged the last of them yet, and would pass for one that is catching up, whose clock the wall does not move.
static void a_deadline_does_not_wait_for_events(void **state)
{
	(void)state;
	enum { DUE_MS = 2000, DEADLINES = 20, APART_MS = 37, TICKETS = 50, LATE_MS = 100 };  // of the world's own time
	struct town_setup setup = story_setup;
	setup.is_event_clock = false;
	story_due_after_ms = 0;
	town_open(1, &setup);
	town_start_tickets();
	sim_run_for(10 * S);
	int64_t began_ms = sim_wall_us() / 1000, latest_ms = 0;
	story_due_after_ms = DUE_MS;
	for (int i = 0; i < DEADLINES; i++) {
		char id[STORY_ID_BYTES];
		snprintf(id, sizeof id, "due%d-x", i);
		story_send_ticket(id, EVENT_RECEIVED, began_ms, NULL);
		story_send_ticket(id, EVENT_DISPATCHED, began_ms + i * APART_MS, "fire");
	}
	story_due_after_ms = 0;
	for (int i = 0; i < 2 * DUE_MS; i++) {
		char id[STORY_ID_BYTES];
		snprintf(id, sizeof id, "steady%d-x", i % TICKETS);
		story_send_ticket(id, EVENT_RECEIVED, began_ms, NULL);  // known after the first time, and its own time moves no clock
		sim_run_for(S / 1000);
	}
	for (int i = 0; i < DEADLINES; i++) {
		char id[STORY_ID_BYTES];
		snprintf(id, sizeof id, "overdue/due%d-x/", i);
		int64_t late_ms = came_ms(id) - (began_ms + i * APART_MS + DUE_MS);
		assert_true(came_ms(id));
		latest_ms = late_ms > latest_ms ? late_ms : latest_ms;
	}
	assert_in_range(latest_ms, 0, LATE_MS);
	end_as_it_is();
}

// Idea 3: the shard's clock does not go back with the wall clock, and that the two stand in different hours is nothing to write down.
static void nothing_is_written_over_and_over_though_the_wall_clock_went_back(void **state)
{
	(void)state;
	enum { REST_S = 60, STEPS_MAX = REST_S / 5 };  // twice the heartbeats
	struct town_setup setup = story_setup;
	setup.is_event_clock = false;
	story_due_after_ms = 0;
	town_open(1, &setup);
	town_start_tickets();
	story_send_tickets("a", 3, FROM_MS);
	sim_run_for(10 * S);
	sim_jump_wall(-HOUR_MS);
	sim_run_for(S);
	const struct head before = head_of("tickets.0");
	sim_run_for(REST_S * S);
	const struct head after = head_of("tickets.0");
	assert_true(due_hour_of(sim_wall_us() / 1000) < due_hour_of(after.clock_ms));
	assert_int_equal(after.owner, before.owner);
	assert_in_range(after.commit - before.commit, 1, STEPS_MAX);
	end_as_it_is();
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(undisturbed_tickets_are_counted),
		cmocka_unit_test(a_stalled_former_owner_changes_nothing),
		cmocka_unit_test(a_stalled_former_owner_takes_nothing_for_broken),
		cmocka_unit_test(a_commit_went_through_and_its_reply_is_lost),
		cmocka_unit_test(a_commit_did_not_go_through_and_nobody_says_so),
		cmocka_unit_test(an_alert_that_a_rollback_took_back_is_retracted),
		cmocka_unit_test(an_alert_is_retracted_though_an_older_record_came_later),
		cmocka_unit_test(events_are_taken_in_while_alerts_are_read_back),
		cmocka_unit_test(redis_is_lost_while_alerts_are_read_back),
		cmocka_unit_test(a_process_stops_while_alerts_are_read_back),
		cmocka_unit_test(an_alert_of_a_lost_state_is_retracted_though_it_comes_late),
		cmocka_unit_test(where_redis_lived_on_nothing_is_read_back),
		cmocka_unit_test(the_last_look_is_taken_by_somebody),
		cmocka_unit_test(all_is_compared_before_it_is_told),
		cmocka_unit_test(an_alert_of_a_lost_month_is_retracted_though_it_comes_late),
		cmocka_unit_test(an_alert_that_a_rollback_took_back_is_retracted_though_it_is_long_under_way),
		cmocka_unit_test(duty_does_not_depend_on_which_marks_came_in_one_step),
		cmocka_unit_test(totals_that_lost_other_seconds_are_summed_again),
		cmocka_unit_test(a_change_survives_a_crash_between_commit_and_sending),
		cmocka_unit_test(a_crash_between_two_chunks_of_timers_loses_and_doubles_nothing),
		cmocka_unit_test(commit_numbers_that_repeat_after_a_rollback_mislead_nobody),
		cmocka_unit_test(a_dead_letter_is_not_lost_in_a_crash),
		cmocka_unit_test(a_missing_head_with_history_stops_the_program),
		cmocka_unit_test(a_missing_head_with_other_keys_stops_the_program),
		cmocka_unit_test(a_missing_chunk_of_changes_stops_the_program),
		cmocka_unit_test(a_rest_begins_no_chunk_of_changes),
		cmocka_unit_test(a_changed_number_of_partitions_stops_the_program),
		cmocka_unit_test(an_alert_survives_a_crash_between_commit_and_sending),
		cmocka_unit_test(a_retraction_survives_a_crash_between_commit_and_sending),
		cmocka_unit_test(a_late_alert_of_a_former_owner_does_no_harm),
		cmocka_unit_test(a_pass_survives_a_crash_between_commit_and_sending),
		cmocka_unit_test(a_stalled_pass_writes_nothing_old),
		cmocka_unit_test(sums_after_a_rollback_are_news_though_the_wall_clock_went_back),
		cmocka_unit_test(sums_of_a_new_process_are_news_though_the_wall_clock_went_back),
		cmocka_unit_test(a_lost_zero_is_said_again_though_the_wall_clock_went_back),
		cmocka_unit_test(a_month_ends_for_all_when_the_last_shard_passes),
		cmocka_unit_test(alerts_after_a_rollback_are_news_though_the_wall_clock_went_back),
		cmocka_unit_test(links_are_told_though_the_wall_clock_went_back),
		cmocka_unit_test(memory_goes_back_under_a_steady_load),
		cmocka_unit_test(a_deadline_does_not_wait_for_events),
		cmocka_unit_test(nothing_is_written_over_and_over_though_the_wall_clock_went_back),
	};
	log_init("sim", LOG_LEVEL_ERROR);
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
