// pass_test.c - passes over a Redis of their own: sums, alerts, guards, outboxes, and everything that may come between.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "civil.h"
#include "partial.h"
#include "pass.h"
#include "servers.h"

enum { MARCH = 2024 * 12 + 2, SHARDS = 3, VALUE_BYTES = 4096 };
#define MARCH_10_MS INT64_C(1710000000000)
#define SATISFACTION "floors/2024-03/satisfaction"
#define SATISFACTION_ID "floors/unit/U/2024-03/satisfaction"

static const struct pass_shard shards[SHARDS] = { { "tickets.0", 2 }, { "tickets.1", 2 }, { "unit-events.0", 1 } };
static struct policy policy;
static struct names *names;
static struct pass_setup setup;
static struct redis *redis;     // the test's own
static struct redis *first, *second;  // of two instances
static struct batch batch, other_batch;
static struct pass *pass, *other;

static int set_up_all(void **state)
{
	(void)state;
	servers_open();
	servers_start_redis();
	redis = servers_connect();
	first = servers_connect();
	second = servers_connect();
	policy_init_default(&policy);
	for (uint32_t i = 0; i < rule_count; i++)  // the floors alone
		if (rules[i] != &rule_floors)
			policy.version[0].rules_off |= UINT64_C(1) << i;
	names = names_new();
	setup = (struct pass_setup){ .names = names, .policy = &policy, .shard_count = SHARDS, .shard = shards };
	batch_init(&batch, 1);
	batch_init(&other_batch, 1);
	return 0;
}

static int tear_down_all(void **state)
{
	(void)state;
	batch_done(&batch);
	batch_done(&other_batch);
	redis_close(redis);
	redis_close(first);
	redis_close(second);
	policy_done(&policy);
	names_free(names);
	servers_close();
	return 0;
}

static void put_head(const char *shard, const char *topic, int32_t partition, int32_t partitions, int64_t clock_ms)
{
	struct head head = { .partition = partition, .partitions = partitions, .clock_ms = clock_ms, .owner = 1 };
	char value[HEAD_BYTES_MAX], key[KEY_BYTES_MAX];
	snprintf(head.topic, sizeof head.topic, "%s", topic);
	snprintf(head.policy, sizeof head.policy, "x");
	size_t size = head_format(&head, value);
	key_head(shard, key);
	const struct text argument[] = { TEXT("SET"), text_of(key), { value, (uint32_t)size } };
	const struct redisReply *reply;
	struct error error;
	redis_command(redis, 3, argument);
	assert_int_equal(redis_wait(redis, SERVERS_WAIT_MS, &reply, &error), OK);
}

static int set_up(void **state)
{
	(void)state;
	servers_ask(redis, "FLUSHALL");
	put_head("tickets.0", "hotline.ticket-events", 0, 2, MARCH_10_MS);
	put_head("tickets.1", "hotline.ticket-events", 1, 2, MARCH_10_MS + 5);
	batch_clear(&batch);
	batch_clear(&other_batch);
	pass = pass_new(&setup);
	other = pass_new(&setup);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	pass_free(pass);
	pass_free(other);
	return 0;
}

struct partial {
	size_t size;
	uint8_t bytes[PARTIAL_BYTES_MAX];
};

static void add_sub(struct partial *partial, uint8_t channel, uint8_t level, enum counter counter, uint64_t value, enum counter other_counter, uint64_t other_value)
{
	struct counters counters = { { 0 } };
	counters.n[counter] += value;
	counters.n[other_counter] += other_value;
	partial->size += partial_pack_sub(sub_of(channel, level), &counters, partial->bytes + partial->size);
}

static void put_partial(const char *shard, const char *dimension, const char *day, const struct partial *partial)
{
	char key[KEY_BYTES_MAX];
	key_partial(shard, text_of(dimension), MARCH, key);
	const struct text argument[] = { TEXT("HSET"), text_of(key), text_of(day), { (const char *)partial->bytes, (uint32_t)partial->size } };
	const struct redisReply *reply;
	struct error error;
	redis_command(redis, 4, argument);
	assert_int_equal(redis_wait(redis, SERVERS_WAIT_MS, &reply, &error), OK);
}

static void put_rated(const char *shard, const char *day, uint64_t satisfied, uint64_t dissatisfied)
{
	struct partial partial = { .size = 0 };
	add_sub(&partial, CHANNEL_PHONE, LEVEL_CITY, COUNTER_SATISFIED, satisfied, COUNTER_DISSATISFIED, dissatisfied);
	put_partial(shard, "unit/U", day, &partial);
}

static void change(struct batch *into, const char *dimension, uint32_t days, bool is_again)
{
	batch_add(into, (struct change){ .dimension = names_intern_dimension(names, text_of(dimension)), .month = MARCH, .days = days, .is_again = is_again });
}

// Gives the pass its replies until it has ended or has taken so many.
static enum status feed(struct pass *fed, struct redis *connection, size_t count, struct error *error)
{
	enum status status = OK;
	for (size_t i = 0; i < count && status == OK && pass_end(fed) == PASS_RUNNING; i++) {
		const struct redisReply *reply;
		status = redis_wait(connection, SERVERS_WAIT_MS, &reply, error);
		if (status == OK)
			status = pass_take(fed, reply, error);
	}
	return status;
}

static void write_all(struct pass *fed, struct redis *connection, struct batch *taken, int64_t now_us)
{
	struct error error;
	do {
		pass_begin(fed, connection, taken, now_us);
		if (feed(fed, connection, SIZE_MAX, &error) != OK)
			fail_msg("%s: %s", error.reason, error.text);
	} while (pass_end(fed) == PASS_CONFLICT);
	assert_int_equal(pass_end(fed), PASS_WRITTEN);
}

static void trim_all(struct pass *fed, struct redis *connection)
{
	struct error error;
	pass_trim(fed);
	assert_int_equal(feed(fed, connection, SIZE_MAX, &error), OK);
	assert_int_equal(pass_end(fed), PASS_TRIMMED);
}

static const char *value_of(const char *key, const char *field)
{
	static char value[4][VALUE_BYTES];
	static unsigned turn;
	const struct redisReply *reply = servers_ask(redis, "HGET %s %s", key, field);
	char *string = value[turn++ % 4];
	if (reply_type(reply) == REPLY_NIL || !text_copy(reply_text(reply), string, VALUE_BYTES))
		return "nothing";
	return string;
}

static size_t length_of(const char *verb, const char *key)
{
	return (size_t)reply_integer(servers_ask(redis, "%s %s", verb, key));
}

static size_t length_of_day(const char *key, const char *day)
{
	return (size_t)reply_integer(servers_ask(redis, "HSTRLEN %s %s", key, day));
}

static size_t count_kind(const struct pass *of, enum outgoing_kind kind)
{
	size_t count = 0;
	for (size_t i = 0; i < pass_outgoing(of)->count; i++)
		count += pass_outgoing(of)->message[i].kind == kind;
	return count;
}

static bool publishes(const struct pass *of, const char *key)
{
	for (size_t i = 0; i < pass_outgoing(of)->count; i++)
		if (text_equal(outgoing_key(pass_outgoing(of), i), text_of(key)))
			return true;
	return false;
}

// The last alert that the pass publishes.
static struct wire_alert last_alert(const struct pass *of)
{
	static struct wire_arena arena;
	struct wire_alert alert = { .state = 0 };
	struct error error;
	for (size_t i = 0; i < pass_outgoing(of)->count; i++)
		if (pass_outgoing(of)->message[i].kind == OUTGOING_ALERT) {
			arena.used = 0;
			assert_int_equal(wire_unpack_alert(outgoing_value(pass_outgoing(of), i), &arena, &alert, &error), OK);
		}
	return alert;
}

static void totals_are_the_sums_of_all_shards(void **state)
{
	(void)state;
	struct partial phone = { .size = 0 }, network = { .size = 0 };
	add_sub(&phone, CHANNEL_PHONE, LEVEL_CITY, COUNTER_DISPATCHED, 7, COUNTER_RESOLVED, 3);
	add_sub(&network, CHANNEL_NETWORK, LEVEL_PROVINCE, COUNTER_DISPATCHED, 5, COUNTER_POINTS_ADDED, 200);
	put_partial("tickets.0", "unit/U", "05", &phone);
	put_partial("tickets.1", "unit/U", "05", &network);
	put_partial("unit-events.0", "unit/U", "31", &network);
	change(&batch, "unit/U", 1u << 4 | 1u << 30, false);
	write_all(pass, first, &batch, 1000);
	assert_string_equal(value_of("hotline:{unit/U}:2024-03", "dispatched"), "17");
	assert_string_equal(value_of("hotline:{unit/U}:2024-03", "resolved"), "3");
	assert_string_equal(value_of("hotline:{unit/U}:2024-03", "points_added"), "400");
	assert_string_equal(value_of("hotline:{unit/U}:2024-03", "overdue"), "nothing");
	assert_string_equal(value_of("hotline:{unit/U/channel/phone}:2024-03", "dispatched"), "7");
	assert_string_equal(value_of("hotline:{unit/U/channel/network}:2024-03", "dispatched"), "10");
	assert_string_equal(value_of("hotline:{unit/U/level/province}:2024-03", "dispatched"), "10");
	assert_string_equal(value_of("hotline:{unit/U/level/city}:2024-03", "dispatched"), "7");
	assert_int_equal(length_of("EXISTS", "hotline:{unit/U/level/district}:2024-03"), 0);
	assert_int_equal(length_of("HLEN", "hotline:{unit/U}:2024-03:days"), 2);
	assert_int_equal(length_of("HLEN", "hotline:{unit/U/channel/phone}:2024-03:days"), 1);
	assert_string_equal(value_of("hotline:{unit/U}:state", "version"), "1");
	assert_string_equal(value_of("hotline:{unit/U}:state", "revision"), "1000");
	assert_int_equal(count_kind(pass, OUTGOING_COUNTERS), 8);  // the unit 2; network and province 2 each, phone and city 1 each
	assert_true(publishes(pass, "unit/U/2024-03-31"));
	assert_true(publishes(pass, "unit/U/channel/phone/2024-03-05"));
	assert_false(publishes(pass, "unit/U/channel/phone/2024-03-31"));
}

static void categories_derive_nothing(void **state)
{
	(void)state;
	struct partial partial = { .size = 0 };
	add_sub(&partial, CHANNEL_PHONE, LEVEL_CITY, COUNTER_DISPATCHED, 7, COUNTER_RESOLVED, 3);
	put_partial("tickets.0", "category/A/B", "05", &partial);
	change(&batch, "category/A/B", 1u << 4, true);
	write_all(pass, first, &batch, 1);
	assert_int_equal(count_kind(pass, OUTGOING_COUNTERS), 1);
	assert_string_equal(value_of("hotline:{category/A/B}:2024-03", "dispatched"), "7");
}

static void a_counter_that_falls_to_zero_has_no_field_and_is_said(void **state)
{
	(void)state;
	put_rated("tickets.0", "05", 3, 2);
	change(&batch, "unit/U", 1u << 4, false);
	write_all(pass, first, &batch, 1);
	assert_string_equal(value_of("hotline:{unit/U}:2024-03", "dissatisfied"), "2");
	put_rated("tickets.0", "05", 3, 0);
	write_all(pass, first, &batch, 2);
	assert_string_equal(value_of("hotline:{unit/U}:2024-03", "dissatisfied"), "nothing");
	assert_string_equal(value_of("hotline:{unit/U}:2024-03", "satisfied"), "3");
	put_rated("tickets.0", "05", 0, 0);
	for (int i = 0; i < 2; i++) {  // the second is what comes after a crash before the first was published
		write_all(pass, first, &batch, 3 + i);
		assert_int_equal(length_of("EXISTS", "hotline:{unit/U}:2024-03"), 0);
		assert_int_equal(length_of("EXISTS", "hotline:{unit/U/channel/phone}:2024-03"), 0);
		assert_true(publishes(pass, "unit/U/2024-03-05"));
		assert_true(publishes(pass, "unit/U/channel/phone/2024-03-05"));
		assert_false(publishes(pass, "unit/U/channel/network/2024-03-05"));
	}
}

static void what_is_said_again_is_said_whole(void **state)
{
	(void)state;
	put_rated("tickets.0", "05", 3, 2);
	change(&batch, "unit/U", 1u << 4, true);
	write_all(pass, first, &batch, 1);
	assert_int_equal(count_kind(pass, OUTGOING_COUNTERS), 6);
	assert_true(publishes(pass, "unit/U/channel/network/2024-03-05"));
	assert_int_equal(length_of("EXISTS", "hotline:{unit/U/channel/network}:2024-03:days"), 0);
}

// The 5th is named, and the 6th, of another channel, is there already.
static void sum_a_day_that_no_change_names(void)
{
	struct partial network = { .size = 0 };
	add_sub(&network, CHANNEL_NETWORK, LEVEL_PROVINCE, COUNTER_DISPATCHED, 2, COUNTER_RESOLVED, 0);
	put_rated("tickets.0", "05", 3, 2);
	put_partial("tickets.1", "unit/U", "06", &network);
	change(&batch, "unit/U", 1u << 4, false);
	write_all(pass, first, &batch, 1);
}

// The month sums all its days, those among them whose change is still on its way. When it comes, and the day is zero again, the month must be written again.
// Until then the day is not published: should Redis lose it, no change that names it need ever come, and nothing would take it back.
static void a_derived_month_keeps_no_day_that_was_taken_back(void **state)
{
	(void)state;
	const struct partial nothing = { .size = 0 };
	sum_a_day_that_no_change_names();
	assert_int_equal(length_of("EXISTS", "hotline:{unit/U/channel/network}:2024-03"), 1);
	assert_false(publishes(pass, "unit/U/channel/network/2024-03-06"));
	put_partial("tickets.1", "unit/U", "06", &nothing);
	batch_clear(&batch);
	change(&batch, "unit/U", 1u << 5, false);
	write_all(pass, first, &batch, 2);
	assert_int_equal(length_of("EXISTS", "hotline:{unit/U/channel/network}:2024-03"), 0);
	assert_true(publishes(pass, "unit/U/channel/network/2024-03-06"));
}

// Redis has lost the change that was never named, and not the month: its day must not stay.
static void what_is_said_again_leaves_no_day_of_a_lost_change(void **state)
{
	(void)state;
	const struct partial nothing = { .size = 0 };
	sum_a_day_that_no_change_names();
	assert_int_not_equal(length_of_day("hotline:{unit/U/channel/network}:2024-03:days", "06"), 0);
	put_partial("tickets.1", "unit/U", "06", &nothing);
	change(&batch, "unit/U", 1u << 4, true);
	write_all(pass, first, &batch, 2);
	assert_int_equal(length_of_day("hotline:{unit/U/channel/network}:2024-03:days", "06"), 0);
}

static void a_floor_fires_and_recovers_once_each(void **state)
{
	(void)state;
	change(&batch, "unit/U", 1u << 4, false);
	put_rated("tickets.0", "05", 19, 1);
	write_all(pass, first, &batch, 1);
	assert_int_equal(count_kind(pass, OUTGOING_ALERT), 0);
	put_rated("tickets.1", "06", 0, 1);
	write_all(pass, first, &batch, 2);
	struct wire_alert alert = last_alert(pass);
	assert_int_equal(alert.state, ALERT_FIRING);
	assert_true(text_equal(alert.id, TEXT(SATISFACTION_ID)));
	assert_true(text_equal(alert.unit, TEXT("U")));
	assert_true(text_equal(alert.dimension, TEXT("unit/U")));
	assert_true(text_equal(alert.policy, text_of(policy.edition)));
	assert_int_equal(alert.at_ms, MARCH_10_MS);
	assert_int_equal(alert.revision, 2);
	assert_true(alert.evidence_count >= 3);
	assert_true(publishes(pass, SATISFACTION_ID));
	assert_int_equal(length_of("LLEN", "hotline:{unit/U}:outbox"), 1);
	trim_all(pass, first);
	assert_int_equal(length_of("EXISTS", "hotline:{unit/U}:outbox"), 0);
	write_all(pass, first, &batch, 3);
	assert_int_equal(count_kind(pass, OUTGOING_ALERT), 0);  // still so: nothing
	put_head("tickets.0", "hotline.ticket-events", 0, 2, MARCH_10_MS + 3);
	put_rated("tickets.1", "06", 20, 1);
	write_all(pass, first, &batch, 4);
	alert = last_alert(pass);
	assert_int_equal(alert.state, ALERT_RESOLVED);
	assert_int_equal(alert.at_ms, MARCH_10_MS);
	trim_all(pass, first);
	char *stored = strdup(value_of("hotline:{unit/U}:state", SATISFACTION));
	assert_non_null(strstr(stored, "state=resolved"));
	free(stored);
}

static void an_outbox_that_was_not_published_goes_out_with_the_next_pass(void **state)
{
	(void)state;
	put_rated("tickets.0", "05", 0, 20);
	change(&batch, "unit/U", 1u << 4, false);
	write_all(pass, first, &batch, 1);  // and then it is killed
	write_all(other, second, &batch, 2);
	assert_int_equal(count_kind(other, OUTGOING_ALERT), 1);
	assert_int_equal(last_alert(other).revision, 1);
	trim_all(other, second);
	assert_int_equal(length_of("EXISTS", "hotline:{unit/U}:outbox"), 0);
	trim_all(pass, first);  // the first one was only stalled: it sees that another has been there
	assert_string_equal(value_of("hotline:{unit/U}:state", "version"), "3");
}

static void a_stalled_trim_takes_nothing_that_is_new(void **state)
{
	(void)state;
	put_rated("tickets.0", "05", 0, 20);
	change(&batch, "unit/U", 1u << 4, false);
	write_all(pass, first, &batch, 1);
	write_all(other, second, &batch, 2);
	trim_all(other, second);
	put_rated("tickets.0", "05", 20, 0);
	write_all(other, second, &batch, 3);  // another alert in the outbox
	trim_all(pass, first);
	assert_int_equal(length_of("LLEN", "hotline:{unit/U}:outbox"), 1);
}

// Whatever one instance has been told when the other comes between, in the end the totals are the sums.
static void another_instance_may_come_between_at_any_reply(void **state)
{
	(void)state;
	size_t conflicts = 0, replies = 0;
	for (size_t position = 0;; position++) {
		servers_ask(redis, "FLUSHALL");
		batch_clear(&batch);
		batch_clear(&other_batch);
		put_rated("tickets.0", "05", 0, 20);
		change(&batch, "unit/U", 1u << 4, false);
		change(&batch, "city", 1u << 4, false);
		change(&other_batch, "unit/U", 1u << 4, false);
		struct error error;
		pass_begin(pass, first, &batch, 1);
		bool is_sent;
		assert_int_equal(redis_flush(first, &is_sent, &error), OK);
		assert_int_equal(feed(pass, first, position, &error), OK);
		if (pass_end(pass) != PASS_RUNNING)
			break;
		replies++;
		put_rated("tickets.1", "06", 100, 0);
		write_all(other, second, &other_batch, 2);
		assert_int_equal(feed(pass, first, SIZE_MAX, &error), OK);
		if (pass_end(pass) == PASS_CONFLICT) {
			conflicts++;
			write_all(pass, first, &batch, 3);
		}
		trim_all(pass, first);
		assert_string_equal(value_of("hotline:{unit/U}:2024-03", "satisfied"), "100");
		assert_string_equal(value_of("hotline:{unit/U}:2024-03", "dissatisfied"), "20");
		char *stored = strdup(value_of("hotline:{unit/U}:state", SATISFACTION));
		assert_non_null(stored);
		assert_non_null(strstr(stored, "state=firing"));
		free(stored);
	}
	assert_true(replies > 20);
	assert_true(conflicts > 5);
}

static void the_clock_is_the_least_of_those_that_have_started(void **state)
{
	(void)state;
	struct error error;
	pass_begin(pass, first, &batch, 1);
	assert_int_equal(feed(pass, first, SIZE_MAX, &error), OK);
	assert_int_equal(pass_end(pass), PASS_WRITTEN);
	assert_int_equal(pass_clock_ms(pass), MARCH_10_MS);
	trim_all(pass, first);
	put_head("unit-events.0", "hotline.unit-events", 0, 1, 0);
	write_all(pass, first, &batch, 1);
	assert_int_equal(pass_clock_ms(pass), MARCH_10_MS);
	put_head("unit-events.0", "hotline.unit-events", 0, 1, 17);
	write_all(pass, first, &batch, 1);
	assert_int_equal(pass_clock_ms(pass), 17);
}

static void completion_is_judged_by_the_clock_of_the_pass(void **state)
{
	(void)state;
	struct partial partial = { .size = 0 };
	add_sub(&partial, CHANNEL_PHONE, LEVEL_CITY, COUNTER_DISPATCHED, 20, COUNTER_COMPLETED, 18);
	put_partial("tickets.0", "unit/U", "05", &partial);
	change(&batch, "unit/U", 1u << 4, false);
	write_all(pass, first, &batch, 1);
	assert_int_equal(count_kind(pass, OUTGOING_ALERT), 0);
	put_head("tickets.0", "hotline.ticket-events", 0, 2, civil_day_end_ms(civil_month_first_day(MARCH + 1) - 1, policy.zone_ms) + 1);
	write_all(pass, first, &batch, 2);
	assert_int_equal(count_kind(pass, OUTGOING_ALERT), 0);  // the other shard is not there yet
	put_head("tickets.1", "hotline.ticket-events", 1, 2, civil_day_end_ms(civil_month_first_day(MARCH + 1) - 1, policy.zone_ms) + 1);
	batch_clear(&batch);
	change(&batch, "unit/U", 0, false);  // only to be judged again
	write_all(pass, first, &batch, 3);
	assert_int_equal(count_kind(pass, OUTGOING_ALERT), 1);
	assert_int_equal(count_kind(pass, OUTGOING_COUNTERS), 0);
	assert_true(text_equal(last_alert(pass).id, TEXT("floors/unit/U/2024-03/completion")));
}

static void what_readers_believe_is_retracted_when_nothing_is_stored(void **state)
{
	(void)state;
	struct belief belief = { .judgement = { .field = SATISFACTION, .state = ALERT_FIRING, .severity = SEVERITY_WARNING, .at_ms = 5, .revision = 900 } };
	belief.dimension = names_intern_dimension(names, TEXT("unit/U"));
	put_rated("tickets.0", "05", 20, 0);
	batch_believe(&batch, &belief);
	write_all(pass, first, &batch, 1);
	struct wire_alert alert = last_alert(pass);
	assert_int_equal(alert.state, ALERT_RETRACTED);
	assert_int_equal(alert.revision, 901);  // greater than what they have, whatever the clock says
	assert_int_equal(alert.at_ms, 5);
	trim_all(pass, first);
	write_all(pass, first, &batch, 2);
	assert_int_equal(count_kind(pass, OUTGOING_ALERT), 1);  // they still believe it: the batch is the same
}

// Clocks of two machines differ: what comes later is newer all the same.
static void a_revision_is_greater_than_the_one_before_whatever_the_clock_says(void **state)
{
	(void)state;
	put_rated("tickets.0", "05", 3, 2);
	change(&batch, "unit/U", 1u << 4, false);
	write_all(pass, first, &batch, 1000);
	write_all(other, second, &batch, 10);
	assert_string_equal(value_of("hotline:{unit/U}:state", "revision"), "1001");
}

static void expect_fatal(const char *reason)
{
	struct error error = { 0 };
	struct redis *mine = servers_connect();
	pass_begin(pass, mine, &batch, 1);
	assert_int_equal(feed(pass, mine, SIZE_MAX, &error), FATAL);
	assert_string_equal(error.reason, reason);
	redis_close(mine);
}

static void what_is_broken_or_of_another_type_is_fatal(void **state)
{
	(void)state;
	change(&batch, "unit/U", 1u << 4, false);
	put_head("tickets.1", "hotline.ticket-events", 1, 5, MARCH_10_MS);
	expect_fatal("partitions_changed");
	servers_ask(redis, "SET hotline:{tickets.1}:head garbage");
	expect_fatal("broken_state");
	servers_ask(redis, "DEL hotline:{tickets.1}:head");
	servers_ask(redis, "SET hotline:{unit/U}:state x");
	expect_fatal("redis_refused");
	servers_ask(redis, "DEL hotline:{unit/U}:state");
	servers_ask(redis, "RPUSH hotline:{unit/U}:outbox garbage");
	expect_fatal("broken_state");
	servers_ask(redis, "DEL hotline:{unit/U}:outbox");
	servers_ask(redis, "SET hotline:{unit/U}:2024-03:days x");
	expect_fatal("redis_refused");
	servers_ask(redis, "DEL hotline:{unit/U}:2024-03:days");
	servers_ask(redis, "HSET hotline:{tickets.0}:n:unit/U:2024-03 05 garbage");
	expect_fatal("broken_state");
	servers_ask(redis, "DEL hotline:{tickets.0}:n:unit/U:2024-03");
	write_all(pass, first, &batch, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(totals_are_the_sums_of_all_shards),
		TEST(categories_derive_nothing),
		TEST(a_counter_that_falls_to_zero_has_no_field_and_is_said),
		TEST(what_is_said_again_is_said_whole),
		TEST(a_derived_month_keeps_no_day_that_was_taken_back),
		TEST(what_is_said_again_leaves_no_day_of_a_lost_change),
		TEST(a_floor_fires_and_recovers_once_each),
		TEST(an_outbox_that_was_not_published_goes_out_with_the_next_pass),
		TEST(a_stalled_trim_takes_nothing_that_is_new),
		TEST(another_instance_may_come_between_at_any_reply),
		TEST(the_clock_is_the_least_of_those_that_have_started),
		TEST(completion_is_judged_by_the_clock_of_the_pass),
		TEST(what_readers_believe_is_retracted_when_nothing_is_stored),
		TEST(a_revision_is_greater_than_the_one_before_whatever_the_clock_says),
		TEST(what_is_broken_or_of_another_type_is_fatal),
	};
	return cmocka_run_group_tests(tests, set_up_all, tear_down_all);
}
