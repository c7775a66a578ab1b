// courier_test.c - what a pass has to say is said until Kafka has acknowledged all of it, and a refusal is for good. Over a producer of the test's own.
#include "core/check.h"

#include <string.h>

#include "courier.h"

enum { SENT_MAX = 16, HELD_MAX = 2 };

static struct sent {
	char topic[16], key[16], value[16];
	size_t headers;
	int64_t timestamp_ms;
	void *tag;
} sent[SENT_MAX];
static size_t sent_count, room;
static enum status answer;  // what the next call gives that does not send
static void (*report)(void *self, void *tag, enum status status, const char *problem);
static struct courier courier;
static struct outgoing load[HELD_MAX];

// In the place of the client's.
enum status kafka_producer_open(const struct kafka_config *config, void (*delivered)(void *self, void *tag, enum status status, const char *problem), void *self,
	struct kafka_producer **ret_producer, struct error *error)
{
	(void)config, (void)self, (void)ret_producer, (void)error;
	report = delivered;
	return OK;
}

void kafka_producer_close(struct kafka_producer *producer, int timeout_ms)
{
	(void)producer, (void)timeout_ms;
}

int kafka_producer_fd(const struct kafka_producer *producer)
{
	(void)producer;
	return 7;
}

size_t kafka_producer_waiting(const struct kafka_producer *producer)
{
	(void)producer;
	return 0;
}

void kafka_producer_poll(struct kafka_producer *producer, int timeout_ms)
{
	(void)producer, (void)timeout_ms;
}

static void copy(struct text text, char ret_text[16])
{
	memcpy(ret_text, text.at, text.size < 15 ? text.size : 15);
}

enum status kafka_send(struct kafka_producer *producer, const char *topic, int32_t partition, struct text key, struct text value, const struct kafka_header *header,
	size_t header_count, int64_t timestamp_ms, void *tag, struct error *error)
{
	(void)producer, (void)header;
	assert_int_equal(partition, -1);
	if (answer != OK) {
		enum status now = answer;
		answer = OK;
		return error_set(error, now, "no", "not this one");
	}
	if (!room)
		return error_set(error, RETRY, "queue_full", "too many messages wait for Kafka");
	room--;
	assert_true(sent_count < SENT_MAX);
	struct sent *one = &sent[sent_count++];
	*one = (struct sent){ .headers = header_count, .timestamp_ms = timestamp_ms, .tag = tag };
	copy(text_of(topic), one->topic);
	copy(key, one->key);
	copy(value, one->value);
	return OK;
}

static int set_up(void **state)
{
	(void)state;
	static const struct courier_topics topics = { .alerts = "alerts", .counters = "counters", .dead_letters = "dead", .changes = "changes" };
	static const struct kafka_config config;
	struct error error;
	sent_count = 0;
	room = SENT_MAX;
	answer = OK;
	assert_int_equal(courier_open(&courier, &config, &topics, &error), OK);
	outgoing_add(&load[0], OUTGOING_ALERT, TEXT("a"), TEXT("alert"));
	outgoing_add(&load[0], OUTGOING_COUNTERS, TEXT("c"), TEXT("counters"));
	outgoing_add_dead_letter(&load[1], TEXT("d"), TEXT("letter"), "bad_protobuf", 3, 17);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	courier_close(&courier, 0);
	for (size_t i = 0; i < HELD_MAX; i++)
		outgoing_done(&load[i]);
	return 0;
}

static void begin(int64_t newest_revision)
{
	const struct outgoing *const both[] = { &load[0], &load[1] };
	courier_begin(&courier, both, 2, newest_revision);
}

static void step(void)
{
	struct error error;
	assert_int_equal(courier_step(&courier, &error), OK);
}

static void deliver(size_t index, enum status status)
{
	report(&courier, sent[index].tag, status, status == OK ? NULL : "the broker is tired");
}

static void each_kind_goes_to_its_topic(void **state)
{
	(void)state;
	const int64_t future_ms = INT64_C(4102444800000);
	assert_true(courier_is_done(&courier));
	assert_int_equal(courier_fd(&courier), 7);
	begin(future_ms * 1000);
	assert_false(courier_is_done(&courier));
	step();
	assert_int_equal(sent_count, 3);
	assert_string_equal(sent[0].topic, "alerts");
	assert_int_equal(sent[0].timestamp_ms, 0);
	assert_string_equal(sent[1].topic, "counters");
	assert_int_equal(sent[1].timestamp_ms, future_ms);  // the newest revision lies ahead of the clock
	assert_string_equal(sent[2].topic, "dead");
	assert_string_equal(sent[2].key, "d");
	assert_int_equal(sent[2].headers, 4);
	for (size_t i = 0; i < 3; i++) {
		assert_false(courier_is_done(&courier));
		deliver(i, OK);
	}
	assert_true(courier_is_done(&courier));
	assert_int_equal(courier.letter_count, 1);
}

static void what_was_given_up_is_sent_again_with_the_rest(void **state)
{
	(void)state;
	begin(0);
	step();
	deliver(0, RETRY);
	step();
	assert_int_equal(sent_count, 3);  // not before all others have answered
	deliver(1, OK);
	deliver(2, OK);
	assert_false(courier_is_done(&courier));
	step();
	assert_int_equal(sent_count, 6);
	for (size_t i = 3; i < 6; i++)
		deliver(i, OK);
	assert_true(courier_is_done(&courier));
}

static void a_full_queue_is_waited_for(void **state)
{
	(void)state;
	begin(0);
	room = 1;
	step();
	step();
	assert_int_equal(sent_count, 1);
	deliver(0, RETRY);
	step();
	assert_int_equal(sent_count, 1);  // what was never sent comes before what is sent again
	assert_false(courier_is_done(&courier));
	room = SENT_MAX;
	step();
	assert_int_equal(sent_count, 3);
	assert_string_equal(sent[1].topic, "counters");
}

static void a_letter_that_is_too_large_goes_without_its_bytes(void **state)
{
	(void)state;
	const struct outgoing *const letters[] = { &load[1] };
	courier_begin(&courier, letters, 1, 0);
	answer = REJECT;
	step();
	assert_int_equal(sent_count, 1);
	assert_string_equal(sent[0].value, "");
	assert_int_equal(sent[0].headers, 4);
	deliver(0, REJECT);  // the broker's own limit: its offset alone tells of it
	step();
	assert_true(courier_is_done(&courier));
}

static void a_refusal_is_for_good(void **state)
{
	(void)state;
	struct error error;
	begin(0);
	step();
	deliver(0, FATAL);
	assert_int_equal(courier_step(&courier, &error), FATAL);
	assert_string_equal(error.reason, "kafka_refused");
	assert_non_null(strstr(error.text, "the broker is tired"));
}

static void a_counter_that_kafka_will_never_take_is_a_refusal(void **state)
{
	(void)state;
	struct error error;
	begin(0);
	step();
	report(&courier, sent[1].tag, REJECT, NULL);
	assert_int_equal(courier_step(&courier, &error), FATAL);
	assert_string_equal(error.reason, "kafka_refused");
	assert_int_equal(set_up(NULL), 0);
	begin(0);
	answer = REJECT;
	assert_int_equal(courier_step(&courier, &error), FATAL);
	assert_string_equal(error.reason, "no");
}

static void reports_of_an_earlier_round_are_about_nothing(void **state)
{
	(void)state;
	begin(0);
	step();
	courier_drop(&courier);
	assert_true(courier_is_done(&courier));
	deliver(0, FATAL);
	begin(0);
	step();
	deliver(1, RETRY);
	for (size_t i = 3; i < 6; i++)
		deliver(i, OK);
	assert_true(courier_is_done(&courier));
	assert_int_equal(sent_count, 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(each_kind_goes_to_its_topic, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_was_given_up_is_sent_again_with_the_rest, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_full_queue_is_waited_for, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_letter_that_is_too_large_goes_without_its_bytes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_refusal_is_for_good, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_counter_that_kafka_will_never_take_is_a_refusal, set_up, tear_down),
		cmocka_unit_test_setup_teardown(reports_of_an_earlier_round_are_about_nothing, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
