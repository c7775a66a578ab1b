// takeover_loop_test.c - what hotline-tickets does when it takes a shard over whose state is broken, belongs to another, or is written to meanwhile.
#include "core/check.h"

#include <stdio.h>

#include "head.h"
#include "keys.h"
#include "log.h"
#include "sim_store.h"
#include "story.h"
#include "town.h"

#define S SIM_SECOND_US
#define FROM_MS (SIM_WALL_MS - INT64_C(86400000))
enum { STRAY_KEYS = 9 };

static void open_town(bool rebuild)
{
	const struct town_setup setup = { .ticket_partitions = 1, .unit_partitions = 1, .change_partitions = 1, .is_event_clock = true, .settle_ms = 600000, .cache_mib = 1,
		.rebuild = rebuild };
	town_open(1, &setup);
}

// A shard with names, changes and a head, and nobody who owns it.
static void open_left(void)
{
	open_town(false);
	town_start_units();
	struct instance *tickets = town_start_tickets();
	story_send_tickets("a", 3, FROM_MS);
	sim_run_for(5 * S);
	town_stop(tickets);
	sim_run_for(5 * S);
	assert_false(town_is_running(tickets));
}

static struct entry *entry_of(const char *name)
{
	char key[KEY_BYTES_MAX];
	assert_in_range(snprintf(key, sizeof key, "hotline:{tickets.0}:%s", name), 1, sizeof key - 1);
	return store_sim_entry(text_of(key));
}

static void end_town(void)
{
	town_send_clock_marks(SIM_WALL_MS);
	town_settle(200 * S);
	assert_int_equal(town_check(), 0);
	town_close();
}

static void spoil_name(void)
{
	struct entry *names = entry_of("names");
	store_sim_touch(names);
	value_set_item(&names->value, 1, TEXT("nonsense/"));
}

static void add_name(void)
{
	struct entry *names = entry_of("names");
	store_sim_touch(names);
	value_push(&names->value, TEXT("unit/nobody"));
}

static void spoil_outbox(void)
{
	struct entry *outbox = entry_of("outbox");
	store_sim_replace(outbox);
	outbox->value.type = VALUE_LIST;
	value_push(&outbox->value, TEXT("\xff\xff\xff"));
}

static void spoil_changes(void)
{
	for (size_t i = 0; i < store_sim_count(); i++) {
		struct entry *entry = store_sim_at(i);
		if (entry->value.type != VALUE_STRING || !text_starts_with(entry->key, TEXT("hotline:{tickets.0}:changes:")))
			continue;
		store_sim_touch(entry);
		value_set_item(&entry->value, 0, TEXT("\xff"));
	}
}

// Puts other words in the place of some in the head.
static void change_head(const char *there, const char *instead)
{
	char text[HEAD_BYTES_MAX];
	struct entry *head = entry_of("head");
	struct text was = head->value.item[0];
	char *found = memmem(was.at, was.size, there, strlen(there));
	assert_non_null(found);
	size_t before = (size_t)(found - was.at);
	int size = snprintf(text, sizeof text, "%.*s%s%.*s", (int)before, was.at, instead, (int)(was.size - before - strlen(there)), found + strlen(there));
	assert_in_range(size, 1, sizeof text - 1);
	store_sim_touch(head);
	value_set_item(&head->value, 0, text_of(text));
}

static void change_topic(void)
{
	change_head("topic=hotline.ticket-events", "topic=another.topic");
}

static void change_partition(void)
{
	change_head("partition=0", "partition=1");
}

static void change_partitions(void)
{
	change_head("partitions=1", "partitions=2");
}

static void what_is_broken_stops_the_program(void **state)
{
	static const struct {
		void (*spoil)(void);
		const char *reason, *text;
	} broken[] = {
		{ spoil_name, "broken_state", "entry 1 is no dimension" },
		{ add_name, "broken_state", "names, the head says" },
		{ spoil_outbox, "broken_state", "outbox: entry 0 is broken" },
		{ spoil_changes, "broken_state", "of changes is broken" },
		{ change_topic, "wrong_topic", "another.topic" },
		{ change_partition, "wrong_topic", "not to partition 0 of" },
		{ change_partitions, "partitions_changed", "had 2 partitions and now has 1" },
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(broken); i++) {
		open_left();
		broken[i].spoil();
		struct instance *tickets = town_start_tickets();
		sim_run_for(10 * S);
		assert_true(tickets->has_ended);
		assert_int_equal(tickets->status, FATAL);
		assert_string_equal(tickets->error.reason, broken[i].reason);
		if (!strstr(tickets->error.text, broken[i].text))
			fail_msg("wanted \"%s\" in \"%s\"", broken[i].text, tickets->error.text);
		town_close();
	}
}

// What lies there goes first, whatever it is.
static void a_rebuild_starts_over_where_keys_are(void **state)
{
	(void)state;
	open_town(true);
	for (int i = 0; i < STRAY_KEYS; i++) {
		char name[KEY_BYTES_MAX];
		snprintf(name, sizeof name, "stray-%d", i);
		struct entry *stray = entry_of(name);
		stray->value.type = VALUE_STRING;
		value_push(&stray->value, TEXT("left over"));
	}
	struct entry *head = entry_of("head");
	head->value.type = VALUE_STRING;
	value_push(&head->value, TEXT("v=1 of something else"));
	town_start_tickets();
	story_send_tickets("a", 3, FROM_MS);
	sim_run_for(5 * S);
	town_start_units();  // it reads heads as well
	assert_null(store_sim_find("hotline:{tickets.0}:stray-0"));
	assert_null(store_sim_find("hotline:{tickets.0}:stray-8"));
	end_town();
}

// Somebody who is in the way once, while a shard is taken over.
static struct {
	const char *verb, *key;
	void (*act)(void);
	int seen;
} disturber;

static void disturb(void *self, struct member *member, const char *verb, struct text key)
{
	(void)self, (void)member;
	if (strcmp(verb, disturber.verb) == 0 && text_equal(key, text_of(disturber.key)))
		if (!disturber.seen++)
			disturber.act();
}

static void take_over_disturbed(const char *verb, const char *key, void (*act)(void))
{
	open_left();
	disturber.verb = verb;
	disturber.key = key;
	disturber.act = act;
	disturber.seen = 0;
	redis_sim_watch_commands(disturb, NULL);
	struct instance *tickets = town_start_tickets();
	sim_run_for(10 * S);
	assert_false(tickets->has_ended);
	assert_in_range(disturber.seen, 2, 100);  // it was tried again
	redis_sim_watch_commands(NULL, NULL);
	story_send_tickets("b", 3, FROM_MS);
	end_town();
}

// As when the owner is still there and commits a step: the names fit the new head, and not the one that was read before.
static void write_a_step(void)
{
	char text[HEAD_BYTES_MAX];
	struct head head;
	struct error error;
	struct entry *names = entry_of("names"), *entry = entry_of("head");
	assert_ok(head_parse(entry->value.item[0], &head, &error), &error);
	head.commit++;
	head.names++;
	store_sim_touch(entry);
	value_set_item(&entry->value, 0, (struct text){ text, (uint32_t)head_format(&head, text) });
	store_sim_touch_end(names);
	value_push(&names->value, TEXT("unit/of-a-step"));
}

static void a_step_that_is_written_while_it_reads_is_read_again(void **state)
{
	(void)state;
	take_over_disturbed("LRANGE", "hotline:{tickets.0}:names", write_a_step);
}

static void move_the_head(void)
{
	store_sim_touch(entry_of("head"));
}

static void a_shard_that_is_claimed_at_the_same_moment_is_tried_again(void **state)
{
	(void)state;
	take_over_disturbed("SET", "hotline:{tickets.0}:policy:1", move_the_head);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_broken_stops_the_program),
		cmocka_unit_test(a_rebuild_starts_over_where_keys_are),
		cmocka_unit_test(a_step_that_is_written_while_it_reads_is_read_again),
		cmocka_unit_test(a_shard_that_is_claimed_at_the_same_moment_is_tried_again),
	};
	log_init("sim", LOG_LEVEL_ERROR);
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
