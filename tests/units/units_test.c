// units_test.c - hotline-units as a program: partials and change messages in; totals, counters and floors out; and whatever may happen in between.
//
// The test plays the shards: it keeps a small city in memory, writes its partials into Redis, and says what changed.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "chance.h"
#include "civil.h"
#include "clock.h"
#include "head.h"
#include "kafka.h"
#include "keys.h"
#include "memory.h"
#include "partial.h"
#include "servers.h"
#include "totals.h"
#include "unit_counters.pb-c.h"
#include "wire.h"

enum {
	TICKET_SHARDS = 4,
	SHARDS = TICKET_SHARDS + 1,
	FIRST_MONTH = 2024 * 12 + 1,  // February
	MONTHS = 2,
	DAYS = MONTHS * MONTH_DAYS_MAX,
	KEPT = 3,                     // counters that the city has
	SETTLE_MS = 40000,            // for everything to come out, with the broker's own rests
};
#define MARCH_10_MS INT64_C(1710000000000)

static const char *const dimensions[] = { "city", "unit/甲", "unit/乙", "unit/丙", "district/兴隆台区", "category/A", "category/A/B" };
enum { DIMENSIONS = sizeof dimensions / sizeof *dimensions };
static const enum counter kept[KEPT] = { COUNTER_SATISFIED, COUNTER_DISSATISFIED, COUNTER_DISPATCHED };

static uint32_t truth[DIMENSIONS][SHARDS][DAYS][SUB_COUNT][KEPT];
static struct redis *redis;
static struct kafka_producer *producer;
static struct chance chance;
static pid_t programs[2];

static struct kafka_config kafka(void)
{
	return (struct kafka_config){ .brokers = servers_brokers, .client_id = "units_test" };
}

static void delivered(void *self, void *tag, enum status status, const char *problem)
{
	(void)self;
	(void)tag;
	if (status != OK && status != RETRY)  // given up when a test that failed is cleared away
		fail_msg("Kafka: %s", problem);
}

static void send_to(const char *topic, struct text key, struct text value)
{
	struct error error;
	assert_int_equal(kafka_send(producer, topic, -1, key, value, NULL, 0, 0, NULL, &error), OK);
}

static bool is_delivered(void *self)
{
	(void)self;
	kafka_producer_poll(producer, 0);
	return !kafka_producer_waiting(producer);
}

static void shard_of(size_t shard, char ret_name[SHARD_NAME_BYTES])
{
	key_shard(shard < TICKET_SHARDS ? "hotline.ticket-events" : "hotline.unit-events", shard < TICKET_SHARDS ? (int32_t)shard : 0, ret_name);
}

static int month_of(size_t day)
{
	return FIRST_MONTH + (int)(day / MONTH_DAYS_MAX);
}

static int32_t civil_day(size_t day)
{
	return civil_month_first_day(month_of(day)) + (int32_t)(day % MONTH_DAYS_MAX);
}

// The day exists: February has fewer.
static bool is_day(size_t day)
{
	return (int32_t)(day % MONTH_DAYS_MAX) < civil_month_day_count(month_of(day));
}

static void put_partial(size_t dimension, size_t shard, size_t day)
{
	uint8_t bytes[PARTIAL_BYTES_MAX];
	char name[SHARD_NAME_BYTES], key[KEY_BYTES_MAX], field[2];
	size_t size = 0;
	for (uint8_t sub = 0; sub < SUB_COUNT; sub++) {
		struct counters counters = { { 0 } };
		for (size_t i = 0; i < KEPT; i++)
			counters.n[kept[i]] = truth[dimension][shard][day][sub][i];
		size += partial_pack_sub(sub, &counters, bytes + size);
	}
	shard_of(shard, name);
	key_partial(name, text_of(dimensions[dimension]), month_of(day), key);
	day_field((uint32_t)(day % MONTH_DAYS_MAX), field);
	const struct text argument[] = { TEXT("HSET"), text_of(key), { field, 2 }, { (char *)bytes, (uint32_t)size } };
	const struct redisReply *reply;
	struct error error;
	redis_command(redis, 4, argument);
	assert_int_equal(redis_wait(redis, SERVERS_WAIT_MS, &reply, &error), OK);
	assert_int_equal(redis_check(reply, "HSET", &error), OK);
}

static void say_changed(size_t dimension, size_t day)
{
	static uint8_t bytes[WIRE_CHANGE_BYTES_MAX];
	int32_t civil = civil_day(day);
	struct text name = text_of(dimensions[dimension]);
	size_t size = wire_pack_change(name, &civil, 1, "tickets.0", 1, bytes);
	send_to("hotline.counter-changes", name, (struct text){ (char *)bytes, (uint32_t)size });
}

static void put_heads(void)
{
	for (size_t shard = 0; shard < SHARDS; shard++) {
		struct head head = { .partition = shard < TICKET_SHARDS ? (int32_t)shard : 0, .partitions = shard < TICKET_SHARDS ? TICKET_SHARDS : 1,
			.clock_ms = MARCH_10_MS, .owner = 1, .topic = "hotline.ticket-events", .policy = "x" };
		char name[SHARD_NAME_BYTES], key[KEY_BYTES_MAX], value[HEAD_BYTES_MAX];
		size_t size = head_format(&head, value);
		shard_of(shard, name);
		key_head(name, key);
		const struct text argument[] = { TEXT("SET"), text_of(key), { value, (uint32_t)size } };
		const struct redisReply *reply;
		struct error error;
		redis_command(redis, 3, argument);
		assert_int_equal(redis_wait(redis, SERVERS_WAIT_MS, &reply, &error), OK);
	}
}

// One change of the city, as a shard would make it.
static void change_at_random(void)
{
	size_t dimension = chance_below(&chance, DIMENSIONS), shard = chance_below(&chance, SHARDS), day = chance_below(&chance, DAYS);
	if (!is_day(day))
		return;
	uint32_t *counter = &truth[dimension][shard][day][chance_below(&chance, SUB_COUNT)][chance_below(&chance, KEPT)];
	*counter = (uint32_t)chance_below(&chance, 10);
	put_partial(dimension, shard, day);
	say_changed(dimension, day);
}

// What a replay after a loss does: everything is written and said again.
static void put_all(void)
{
	put_heads();
	for (size_t dimension = 0; dimension < DIMENSIONS; dimension++)
		for (size_t day = 0; day < DAYS; day++) {
			if (!is_day(day))
				continue;
			for (size_t shard = 0; shard < SHARDS; shard++)
				put_partial(dimension, shard, day);
			say_changed(dimension, day);
		}
}

static bool is_of(size_t derived, size_t sub)
{
	static const char *const of[DERIVED_COUNT] = { "************", "....****....", "........****", ".*...*...*..", "..*...*...*.", "...*...*...*" };
	return of[derived][sub] == '*';
}

static uint64_t sum_of_day(size_t dimension, size_t derived, size_t day, size_t counter)
{
	uint64_t sum = 0;
	for (size_t shard = 0; shard < SHARDS; shard++)
		for (size_t sub = 0; sub < SUB_COUNT; sub++)
			if (is_of(derived, sub))
				sum += truth[dimension][shard][day][sub][counter];
	return sum;
}

static uint64_t sum_of_month(size_t dimension, size_t derived, size_t month, size_t counter)
{
	uint64_t sum = 0;
	for (size_t day = 0; day < MONTH_DAYS_MAX; day++)
		sum += sum_of_day(dimension, derived, month * MONTH_DAYS_MAX + day, counter);
	return sum;
}

static size_t derived_of(size_t dimension)
{
	return strncmp(dimensions[dimension], "category/", 9) ? DERIVED_COUNT : 1;
}

static void name_of(size_t dimension, size_t derived, char ret_name[DIMENSION_BYTES_MAX])
{
	derived_name(text_of(dimensions[dimension]), (uint32_t)derived, ret_name);
}

static uint64_t stored_value(const char *key, const char *field)
{
	char string[32];
	const struct redisReply *reply = servers_ask(redis, "HGET %s %s", key, field);
	if (reply_type(reply) == REPLY_NIL)
		return 0;
	assert_true(text_copy(reply_text(reply), string, sizeof string));
	return strtoull(string, NULL, 10);
}

static char difference[512];  // the last that was found, for the message

static bool month_is_right(size_t dimension, size_t derived, size_t month)
{
	char name[DIMENSION_BYTES_MAX], key[KEY_BYTES_MAX];
	name_of(dimension, derived, name);
	key_month(text_of(name), FIRST_MONTH + (int32_t)month, key);
	for (size_t i = 0; i < KEPT; i++) {
		uint64_t want = sum_of_month(dimension, derived, month, i), got = stored_value(key, counter_name(kept[i]));
		if (want != got) {
			snprintf(difference, sizeof difference, "%s %s: wanted %" PRIu64 ", got %" PRIu64, key, counter_name(kept[i]), want, got);
			return false;
		}
	}
	return true;
}

static bool totals_are_right(void *self)
{
	(void)self;
	for (size_t dimension = 0; dimension < DIMENSIONS; dimension++)
		for (size_t derived = 0; derived < derived_of(dimension); derived++)
			for (size_t month = 0; month < MONTHS; month++)
				if (!month_is_right(dimension, derived, month))
					return false;
	return true;
}

// What readers of a topic have in the end: of each key the greatest revision.
struct reading {
	size_t count, capacity;
	struct {
		char key[400];
		int64_t revision;
		uint64_t value[KEPT];
		uint8_t state;
	} *item;
};

static size_t place_of(struct reading *reading, struct text key)
{
	for (size_t i = 0; i < reading->count; i++)
		if (text_equal(key, text_of(reading->item[i].key)))
			return i;
	reading->item = memory_grow(reading->item, reading->count + 1, sizeof *reading->item, &reading->capacity);
	memset(&reading->item[reading->count], 0, sizeof *reading->item);
	assert_true(text_copy(key, reading->item[reading->count].key, sizeof reading->item->key));
	return reading->count++;
}

static enum status take_counters(void *self, const struct kafka_message *message, struct error *error)
{
	(void)error;
	struct reading *reading = self;
	Hotline__V1__UnitCounters *in = hotline__v1__unit_counters__unpack(NULL, message->value.size, (const uint8_t *)message->value.at);
	assert_non_null(in);
	char key[400];
	snprintf(key, sizeof key, "%s/%s", in->dimension, in->day);
	assert_true(text_equal(message->key, text_of(key)));
	size_t at = place_of(reading, message->key);
	if (in->revision >= reading->item[at].revision) {
		reading->item[at].revision = in->revision;
		memset(reading->item[at].value, 0, sizeof reading->item[at].value);
		for (size_t i = 0; i < in->n_counter; i++)
			for (size_t k = 0; k < KEPT; k++)
				if (!strcmp(in->counter[i]->name, counter_name(kept[k])))
					reading->item[at].value[k] = (uint64_t)in->counter[i]->value;
	}
	hotline__v1__unit_counters__free_unpacked(in, NULL);
	return OK;
}

static enum status take_alert(void *self, const struct kafka_message *message, struct error *error)
{
	struct reading *reading = self;
	static struct wire_arena arena;
	struct wire_alert alert;
	arena.used = 0;
	assert_int_equal(wire_unpack_alert(message->value, &arena, &alert, error), OK);
	assert_true(text_equal(message->key, alert.id));
	assert_true(alert.article.size && alert.evidence_count);
	if (!text_equal(alert.rule, TEXT("floors")))
		return OK;  // judged in the simulator; here the numbers are chance
	assert_true(text_starts_with(alert.dimension, TEXT("unit/")));
	size_t at = place_of(reading, message->key);
	if (alert.revision >= reading->item[at].revision) {
		reading->item[at].revision = alert.revision;
		reading->item[at].state = alert.state;
	}
	return OK;
}

static void read_topic(const char *topic, struct reading *reading, enum status (*take)(void *, const struct kafka_message *, struct error *))
{
	struct kafka_config config = kafka();
	struct error error;
	*reading = (struct reading){ 0 };
	if (kafka_read_since(&config, topic, 0, NULL, SERVERS_WAIT_MS, take, reading, &error) != OK)
		fail_msg("%s", error.text);
}

static bool day_is_right(const struct reading *reading, size_t dimension, size_t derived, size_t day)
{
	char name[DIMENSION_BYTES_MAX], day_name[CIVIL_DAY_BYTES], key[400];
	name_of(dimension, derived, name);
	civil_format_day(civil_day(day), day_name);
	snprintf(key, sizeof key, "%s/%s", name, day_name);
	size_t at = 0;
	while (at < reading->count && strcmp(reading->item[at].key, key) != 0)
		at++;
	for (size_t i = 0; i < KEPT; i++) {
		uint64_t want = sum_of_day(dimension, derived, day, i), got = at < reading->count ? reading->item[at].value[i] : 0;
		if (want != got) {
			snprintf(difference, sizeof difference, "published %s %s: wanted %" PRIu64 ", got %" PRIu64, key, counter_name(kept[i]), want, got);
			return false;
		}
	}
	return true;
}

static bool counters_are_right(void *self)
{
	(void)self;
	struct reading reading;
	bool is_right = true;
	read_topic("hotline.unit-counters", &reading, take_counters);
	for (size_t dimension = 0; dimension < DIMENSIONS && is_right; dimension++)
		for (size_t derived = 0; derived < derived_of(dimension) && is_right; derived++)
			for (size_t day = 0; day < DAYS && is_right; day++)
				is_right = !is_day(day) || day_is_right(&reading, dimension, derived, day);
	free(reading.item);
	return is_right;
}

static bool fires(size_t dimension, size_t month)
{
	uint64_t satisfied = sum_of_month(dimension, 0, month, 0), dissatisfied = sum_of_month(dimension, 0, month, 1);
	return satisfied + dissatisfied >= 20 && satisfied * 100 < (satisfied + dissatisfied) * 95;
}

static uint8_t published_state(const struct reading *reading, const char *dimension, size_t month)
{
	char month_name[CIVIL_MONTH_BYTES], id[400];
	civil_format_month(FIRST_MONTH + (int32_t)month, month_name);
	snprintf(id, sizeof id, "floors/%s/%s/satisfaction", dimension, month_name);
	for (size_t i = 0; i < reading->count; i++)
		if (!strcmp(reading->item[i].key, id))
			return reading->item[i].state;
	return 0;
}

static bool alerts_are_right(void *self)
{
	(void)self;
	struct reading reading;
	bool is_right = true;
	read_topic("hotline.alerts", &reading, take_alert);
	for (size_t dimension = 0; dimension < DIMENSIONS && is_right; dimension++)
		for (size_t month = 0; month < MONTHS && is_right; month++) {
			bool is_unit = !strncmp(dimensions[dimension], "unit/", 5);
			uint8_t state = published_state(&reading, dimensions[dimension], month);
			is_right = (state == ALERT_FIRING) == (is_unit && fires(dimension, month));
			if (!is_right)
				snprintf(difference, sizeof difference, "the floor of %s, month %zu: state %d, wanted firing: %d", dimensions[dimension], month, state, fires(dimension, month));
		}
	free(reading.item);
	return is_right;
}

static void expect_all_right(void)
{
	if (!servers_await(is_delivered, NULL, SERVERS_WAIT_MS) || !servers_await(totals_are_right, NULL, SETTLE_MS)
		|| !servers_await(counters_are_right, NULL, SETTLE_MS) || !servers_await(alerts_are_right, NULL, SETTLE_MS))
		fail_msg("%s", difference);
}

static void start_program(size_t number)
{
	const char *const argv[] = { HOTLINE_UNITS, "-b", servers_brokers, "-r", servers_redis_address, "-X", "session.timeout.ms=4500", "-X",
		"heartbeat.interval.ms=500", "--verbose", NULL };
	programs[number] = servers_spawn(argv, number ? "units-1.log" : "units-0.log");
}

static void kill_program(size_t number)
{
	servers_signal(programs[number], SIGKILL);
	assert_int_equal(servers_wait_exit(programs[number], SERVERS_WAIT_MS), 128 + SIGKILL);
	programs[number] = 0;
}

static void stop_program(size_t number)
{
	int64_t from_ms = clock_monotonic_ms();
	servers_signal(programs[number], SIGTERM);
	assert_int_equal(servers_wait_exit(programs[number], SERVERS_WAIT_MS), 0);
	programs[number] = 0;
	assert_in_range(clock_monotonic_ms() - from_ms, 0, 5000);
}

static int set_up_all(void **state)
{
	(void)state;
	const char *seed = getenv("SEED");
	uint64_t number = seed ? strtoull(seed, NULL, 10) : clock_random_id() % 1000000;
	printf("SEED=%" PRIu64 "\n", number);
	chance = chance_of(number);
	servers_open();
	return 0;
}

static int tear_down_all(void **state)
{
	(void)state;
	servers_close();
	return 0;
}

static int set_up(void **state)
{
	(void)state;
	struct kafka_config config = kafka();
	struct error error;
	memset(truth, 0, sizeof truth);
	servers_start_redis();
	servers_start_kafka(DEVBROKER);
	redis = servers_connect();
	servers_ask(redis, "FLUSHALL");
	put_heads();
	config.brokers = servers_brokers;
	assert_int_equal(kafka_producer_open(&config, delivered, NULL, &producer, &error), OK);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++)
		if (programs[i])
			kill_program(i);
	kafka_producer_close(producer, 0);
	redis_close(redis);
	servers_kill_redis();
	servers_stop_kafka();
	return 0;
}

static void change_many(size_t count)
{
	for (size_t i = 0; i < count; i++)
		change_at_random();
}

static void totals_counters_and_floors_come_out(void **state)
{
	(void)state;
	start_program(0);
	change_many(500);
	expect_all_right();
	// A floor that is crossed, and then kept again.
	uint32_t (*counter)[SUB_COUNT][KEPT] = truth[1][0];
	counter[MONTH_DAYS_MAX + 4][5][1] = 1000;
	put_partial(1, 0, MONTH_DAYS_MAX + 4);
	say_changed(1, MONTH_DAYS_MAX + 4);
	assert_true(fires(1, 1));
	expect_all_right();
	counter[MONTH_DAYS_MAX + 4][5][0] = 100000;
	put_partial(1, 0, MONTH_DAYS_MAX + 4);
	say_changed(1, MONTH_DAYS_MAX + 4);
	assert_false(fires(1, 1));
	expect_all_right();
	struct reading reading;
	read_topic("hotline.alerts", &reading, take_alert);
	assert_int_equal(published_state(&reading, dimensions[1], 1), ALERT_RESOLVED);
	free(reading.item);
	assert_int_equal(reply_integer(servers_ask(redis, "EXISTS hotline:{unit/甲}:outbox")), 0);
	stop_program(0);
}

static void a_kill_anywhere_and_a_second_instance_change_nothing(void **state)
{
	(void)state;
	start_program(0);
	start_program(1);
	for (int round = 0; round < 6; round++) {
		size_t victim = chance_below(&chance, 2);
		change_many(50 + chance_below(&chance, 100));
		poll(NULL, 0, (int)chance_below(&chance, 1500));  // the instant of the kill: anything may be under way
		kill_program(victim);
		change_many(chance_below(&chance, 50));
		start_program(victim);
	}
	change_many(50);
	expect_all_right();
	stop_program(0);
	change_many(20);
	expect_all_right();
	stop_program(1);
}

struct probe {
	const char *log_name;
	int wanted;
};

static bool answers(void *self)
{
	const struct probe *probe = self;
	return servers_readyz(probe->log_name) == probe->wanted;
}

static void await_ready(int wanted)
{
	struct probe probe = { "units-0.log", wanted };
	if (!servers_await(answers, &probe, SERVERS_WAIT_MS))
		fail_msg("/readyz: wanted %d, got %d", wanted, servers_readyz(probe.log_name));
}

static bool is_catching_on(void *self)
{
	return month_is_right(*(size_t *)self, 0, 0);
}

static void redis_may_go_and_come_back(void **state)
{
	(void)state;
	size_t city = 0;
	start_program(0);
	change_many(200);
	expect_all_right();
	for (int round = 0; round < 3; round++) {
		change_many(50);
		assert_true(servers_await(is_delivered, NULL, SERVERS_WAIT_MS));
		poll(NULL, 0, (int)chance_below(&chance, 300));
		redis_close(redis);
		servers_kill_redis();
		await_ready(503);
		servers_start_redis();
		redis = servers_connect();
		truth[0][0][0][0][0]++;
		put_partial(0, 0, 0);
		say_changed(0, 0);
		if (!servers_await(is_catching_on, &city, 3000))
			fail_msg("not back within 3 s: %s", difference);
	}
	expect_all_right();
	await_ready(200);
	stop_program(0);
}

// Redis comes back with nothing, and the shards have replayed another story: what had fired must not stand.
static void redis_may_lose_what_was_published(void **state)
{
	(void)state;
	start_program(0);
	truth[1][0][3][5][1] = 50;
	truth[2][0][3][5][1] = 50;
	put_partial(1, 0, 3);
	put_partial(2, 0, 3);
	say_changed(1, 3);
	say_changed(2, 3);
	expect_all_right();
	redis_close(redis);
	servers_kill_redis();
	servers_start_redis();
	redis = servers_connect();
	servers_ask(redis, "FLUSHALL");
	truth[1][0][3][5][0] = 5000;
	put_all();
	expect_all_right();
	struct reading reading;
	read_topic("hotline.alerts", &reading, take_alert);
	assert_true(published_state(&reading, dimensions[1], 0) >= ALERT_RESOLVED);
	assert_int_equal(published_state(&reading, dimensions[2], 0), ALERT_FIRING);
	free(reading.item);
	stop_program(0);
}

struct letter {
	size_t count;
	char value[64], reason[64], topic[64], offset[64], partition[64];
};

static enum status take_letter(void *self, const struct kafka_message *message, struct error *error)
{
	(void)error;
	struct letter *letter = self;
	struct text reason = { 0 }, topic = { 0 }, offset = { 0 }, partition = { 0 };
	assert_true(kafka_message_header(message, "reason", &reason) && kafka_message_header(message, "topic", &topic));
	assert_true(kafka_message_header(message, "offset", &offset) && kafka_message_header(message, "partition", &partition));
	assert_true(text_copy(message->value, letter->value, sizeof letter->value) && text_copy(reason, letter->reason, sizeof letter->reason));
	assert_true(text_copy(topic, letter->topic, sizeof letter->topic) && text_copy(offset, letter->offset, sizeof letter->offset));
	assert_true(text_copy(partition, letter->partition, sizeof letter->partition));
	letter->count++;
	return OK;
}

static bool has_letter(void *self)
{
	struct letter *letter = self;
	struct kafka_config config = kafka();
	struct error error;
	letter->count = 0;
	assert_int_equal(kafka_read_since(&config, "hotline.dead-letters", 0, NULL, SERVERS_WAIT_MS, take_letter, letter, &error), OK);
	return letter->count;
}

static void garbage_goes_to_the_dead_letters_and_the_rest_goes_on(void **state)
{
	(void)state;
	struct letter letter;
	send_to("hotline.counter-changes", TEXT("k"), TEXT("garbage"));
	start_program(0);
	change_many(20);
	expect_all_right();
	assert_true(servers_await(has_letter, &letter, SETTLE_MS));
	assert_string_equal(letter.value, "garbage");
	assert_string_equal(letter.reason, "bad_protobuf");
	assert_string_equal(letter.topic, "hotline.counter-changes");
	assert_string_equal(letter.offset, "0");
	stop_program(0);
}

static int exit_code_of(const char *const *argv)
{
	return servers_wait_exit(servers_spawn(argv, "codes.log"), SERVERS_WAIT_MS);
}

static void bad_settings_end_with_their_code(void **state)
{
	(void)state;
	const char *const usage[] = { HOTLINE_UNITS, "--no-such-option", NULL };
	const char *const settle[] = { HOTLINE_UNITS, "--settle", "10", NULL };
	const char *const property[] = { HOTLINE_UNITS, "-X", "enable.auto.commit=true", NULL };
	const char *const good[] = { HOTLINE_UNITS, "--check-config", NULL };
	const char *const address[] = { HOTLINE_UNITS, "-b", servers_brokers, "-r", "rediss://127.0.0.1:1", NULL };
	const char *const exposed[] = { HOTLINE_UNITS, "-b", servers_brokers, "-r", servers_redis_address, "--admin", "0.0.0.0:0", NULL };
	assert_int_equal(exit_code_of(usage), 2);
	assert_int_equal(exit_code_of(settle), 2);
	assert_int_equal(exit_code_of(property), 78);
	assert_int_equal(exit_code_of(good), 0);
	assert_int_equal(exit_code_of(address), 78);
	assert_int_equal(exit_code_of(exposed), 78);
}

static void it_waits_for_redis_and_can_be_stopped_meanwhile(void **state)
{
	(void)state;
	redis_close(redis);
	servers_kill_redis();
	start_program(0);
	poll(NULL, 0, 300);
	stop_program(0);
	start_program(0);
	servers_start_redis();
	redis = servers_connect();
	change_many(20);
	expect_all_right();
	stop_program(0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(totals_counters_and_floors_come_out),
		TEST(a_kill_anywhere_and_a_second_instance_change_nothing),
		TEST(redis_may_go_and_come_back),
		TEST(redis_may_lose_what_was_published),
		TEST(garbage_goes_to_the_dead_letters_and_the_rest_goes_on),
		TEST(bad_settings_end_with_their_code),
		TEST(it_waits_for_redis_and_can_be_stopped_meanwhile),
	};
	return cmocka_run_group_tests(tests, set_up_all, tear_down_all);
}
