// relay_test.c - what leaves a shard leaves until it is acknowledged: given up, it is sent again, that and nothing else. Over a producer of the test's own.
#include "core/check.h"

#include <stdlib.h>
#include <string.h>

#include "civil.h"
#include "relay.h"

enum { SENT_MAX = 16 };

static struct outlet outlet = { .tickets = "tickets", .links = "links", .alerts = "alerts", .changes = "changes", .dead_letters = "dead" };
static struct names *names;
static struct relay *relay;
static int64_t now_ms;
static struct sent {
	int32_t partition;
	void *tag;
	char topic[16], value[16];
} sent[SENT_MAX];
static size_t sent_count;

static void note(const char *topic, struct text value, void *tag)
{
	assert_true(sent_count < SENT_MAX);
	struct sent *one = &sent[sent_count++];
	*one = (struct sent){ .tag = tag };
	memcpy(one->topic, topic, strlen(topic) + 1);
	memcpy(one->value, value.at, value.size < sizeof one->value ? value.size : sizeof one->value - 1);
}

// In the place of the client's.
enum status kafka_send(struct kafka_producer *producer, const char *topic, int32_t partition, struct text key, struct text value, const struct kafka_header *header,
	size_t header_count, int64_t timestamp_ms, void *tag, struct error *error)
{
	(void)producer, (void)key, (void)header, (void)header_count, (void)timestamp_ms, (void)error;
	note(topic, value, tag);
	sent[sent_count - 1].partition = partition;
	return OK;
}

enum status kafka_send_held(struct kafka_producer *producer, const char *topic, struct text key, struct text value, void *tag, struct error *error)
{
	(void)producer, (void)key, (void)error;
	note(topic, value, tag);
	return OK;
}

static int set_up(void **state)
{
	(void)state;
	names = names_new();
	relay = relay_new(&outlet, names, "tickets.0");
	outlet.status = OK;
	now_ms = 1000;
	sent_count = 0;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	relay_free(relay);
	names_free(names);
	return 0;
}

// Runs it, and tells how much it has sent. What was sent earlier is forgotten.
static size_t run(void)
{
	sent_count = 0;
	relay_run(relay, now_ms += 1000, 0, 7);
	return sent_count;
}

static void deliver(size_t index, enum status status)
{
	relay_delivered(&outlet, sent[index].tag, status, "the broker is tired");
}

static void a_letter_that_was_given_up_is_sent_again(void **state)
{
	(void)state;
	relay_add_links(relay, 2, TEXT("first"));
	relay_add_linked(relay, TEXT("8213631"), TEXT("second"));
	assert_int_equal(run(), 2);
	assert_string_equal(sent[0].topic, "links");
	assert_int_equal(sent[0].partition, 2);
	assert_string_equal(sent[1].topic, "tickets");
	assert_int_equal(sent[1].partition, -1);
	struct sent first = sent[0];
	deliver(1, OK);
	assert_true(relay_has_letters(relay));  // in their order
	relay_delivered(&outlet, first.tag, RETRY, "");
	assert_int_equal(run(), 1);
	assert_string_equal(sent[0].value, "first");
	deliver(0, OK);
	assert_false(relay_has_letters(relay));
	assert_int_equal(run(), 0);
}

static void add_alerts(size_t count)
{
	static const struct relay_alert alert[] = { { 0, 2, 2, 5 }, { 0, 2, 7, 6 } };  // ids, then "first", "second"
	uint8_t *bytes = malloc(13);
	assert_non_null(bytes);
	memcpy(bytes, "idfirstsecond", 13);
	relay_add_alerts(relay, bytes, alert, count);
}

static void an_alert_that_was_given_up_is_sent_again(void **state)
{
	(void)state;
	add_alerts(2);
	add_alerts(1);
	assert_int_equal(run(), 3);
	assert_int_equal(relay_alerts_waiting(relay), 3);
	void *other = sent[2].tag;
	deliver(0, OK);
	deliver(1, RETRY);
	relay_delivered(&outlet, other, OK, NULL);
	assert_int_equal(relay_alerts_waiting(relay), 1);
	assert_int_equal(relay_entries_done(relay), 0);  // the first entry is not all out
	assert_int_equal(run(), 1);
	assert_string_equal(sent[0].value, "second");
	deliver(0, OK);
	assert_int_equal(relay_entries_done(relay), 2);
	relay_entries_trimmed(relay, 2);
	assert_int_equal(relay_entries_done(relay), 0);
	assert_int_equal(run(), 0);
}

static void a_chunk_of_changes_is_needed_until_they_are_acknowledged(void **state)
{
	(void)state;
	name_id fire = names_intern_dimension(names, TEXT("unit/fire")), city = names_intern_dimension(names, TEXT("city"));
	assert_true(relay_changes_needed_from(relay) == UINT64_MAX);
	relay_add_change(relay, fire, 19700, 3);
	relay_add_change(relay, city, 19700, 3);
	relay_add_change(relay, city, 19700, 4);  // is there already
	assert_int_equal(relay_changes_needed_from(relay), 3);
	assert_int_equal(run(), 2);
	struct sent round[2] = { sent[0], sent[1] };
	relay_add_change(relay, fire, 19700, 5);
	relay_delivered(&outlet, round[1].tag, OK, NULL);
	assert_int_equal(relay_changes_needed_from(relay), 3);
	assert_int_equal(run(), 0);  // the round before is not over
	relay_delivered(&outlet, round[0].tag, OK, NULL);
	assert_int_equal(relay_changes_needed_from(relay), 5);
	assert_true(relay_has_changes(relay));
}

static void a_change_that_was_given_up_is_sent_again_before_the_next_round(void **state)
{
	(void)state;
	name_id fire = names_intern_dimension(names, TEXT("unit/fire"));
	relay_add_change(relay, fire, 19700, 3);
	assert_int_equal(run(), 1);
	deliver(0, RETRY);
	relay_add_change(relay, fire, 19701, 5);
	assert_int_equal(run(), 1);
	assert_int_equal(relay_changes_needed_from(relay), 3);
	deliver(0, OK);
	assert_int_equal(relay_changes_needed_from(relay), 5);
	assert_int_equal(run(), 1);
	deliver(0, OK);
	assert_true(relay_changes_needed_from(relay) == UINT64_MAX);
	assert_false(relay_has_changes(relay));
}

static void what_kafka_refuses_is_fatal(void **state)
{
	(void)state;
	relay_add_links(relay, 2, TEXT("first"));
	assert_int_equal(run(), 1);
	deliver(0, FATAL);
	assert_int_equal(outlet.status, FATAL);
	assert_string_equal(outlet.error.reason, "kafka_refuses");
}

static void who_went_away_is_not_waited_for(void **state)
{
	(void)state;
	relay_add_links(relay, 2, TEXT("first"));
	add_alerts(2);
	assert_int_equal(run(), 3);
	relay_clear(relay);
	assert_false(relay_has_letters(relay));
	assert_int_equal(relay_alerts_waiting(relay), 0);
	for (size_t i = 0; i < 3; i++)
		deliver(i, i % 2 ? RETRY : OK);
	assert_int_equal(run(), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_letter_that_was_given_up_is_sent_again),
		TEST(an_alert_that_was_given_up_is_sent_again),
		TEST(a_chunk_of_changes_is_needed_until_they_are_acknowledged),
		TEST(a_change_that_was_given_up_is_sent_again_before_the_next_round),
		TEST(what_kafka_refuses_is_fatal),
		TEST(who_went_away_is_not_waited_for),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
