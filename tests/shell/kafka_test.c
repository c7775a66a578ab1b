// Consumers, producers and readers against librdkafka's own broker in memory. The tests wait for what has to happen, up to PATIENCE_MS.
#include <inttypes.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include "clock.h"
#include "kafka.h"

enum { PATIENCE_MS = 240000, PARTITIONS = 2, CLIENT_BYTES = 64 };

static rd_kafka_t *mock_client;
static rd_kafka_mock_cluster_t *mock;
static struct kafka_config config;
static struct error error;
static char topic[64];  // a new one for each test

static int start_broker(void **state)
{
	(void)state;
	char problem[256];
	mock_client = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), problem, sizeof problem);
	mock = mock_client ? rd_kafka_mock_cluster_new(mock_client, 1) : NULL;
	if (!mock)
		return -1;
	config = (struct kafka_config){ .brokers = rd_kafka_mock_cluster_bootstraps(mock), .client_id = "kafka-test" };
	return 0;
}

static int stop_broker(void **state)
{
	(void)state;
	rd_kafka_mock_cluster_destroy(mock);
	rd_kafka_destroy(mock_client);
	return 0;
}

static int make_topic(void **state)
{
	(void)state;
	static int number;
	snprintf(topic, sizeof topic, "topic-%d", ++number);
	config.property_count = 0;
	return rd_kafka_mock_topic_create(mock, topic, PARTITIONS, 1) ? -1 : 0;
}

struct delivery {
	uint32_t count, failed;
	enum status last;
};

static void take_delivery(void *self, void *tag, enum status status, const char *problem)
{
	struct delivery *delivery = self;
	assert_ptr_equal(tag, delivery);
	assert_true((status == OK) == (problem == NULL));
	delivery->count++;
	delivery->failed += status != OK;
	delivery->last = status;
}

// Sends the numbers from `from` to below `to` as values "0", "1" ... of the partition.
static void send_numbers(int32_t partition, int from, int to)
{
	struct kafka_producer *producer;
	struct delivery delivery = { 0 };
	assert_int_equal(kafka_producer_open(&config, take_delivery, &delivery, &producer, &error), OK);
	for (int i = from; i < to; i++) {
		char value[16];
		snprintf(value, sizeof value, "%d", i);
		assert_int_equal(kafka_send(producer, topic, partition, TEXT("key"), text_of(value), NULL, 0, 1000 + i, &delivery, &error), OK);
	}
	while (delivery.count < (uint32_t)(to - from))
		kafka_producer_poll(producer, 100);
	assert_int_equal(delivery.failed, 0);
	assert_int_equal(kafka_producer_waiting(producer), 0);
	kafka_producer_close(producer, 1000);
}

// A reader of `topic` with a group of its own, and what has happened to it.
struct reader {
	struct kafka_consumer *consumer;
	int64_t start;           // offset to start at in every partition
	enum status answer;      // of assign
	size_t held, assigned, revoked, lost;
	int64_t committed[PARTITIONS];
	int64_t next[PARTITIONS];  // the offset after the last record
	int64_t end[PARTITIONS];   // of the last KAFKA_END, -1 before
	uint32_t ends, records;
};

static enum status take_assignment(void *self, struct kafka_partition *partition, size_t count, struct error *ret_error)
{
	struct reader *reader = self;
	reader->assigned++;
	if (reader->answer != OK) {
		enum status answer = reader->answer;
		reader->answer = answer == RETRY ? OK : answer;  // the second time it works
		return error_set(ret_error, answer, "test", "as the test wants it");
	}
	reader->held = count;
	for (size_t i = 0; i < count; i++) {
		reader->committed[partition[i].partition] = partition[i].committed;
		partition[i].offset = reader->start;
	}
	return OK;
}

static void take_revoke(void *self, const struct kafka_partition *partition, size_t count, bool is_lost)
{
	struct reader *reader = self;
	assert_int_equal(count, reader->held);
	assert_non_null(partition);
	reader->held = 0;
	reader->revoked++;
	reader->lost += is_lost;
}

static void open_group(struct reader *reader, const char *group)
{
	const char *const topics[] = { topic, NULL };
	struct kafka_owner owner = { take_assignment, take_revoke, reader };
	for (int i = 0; i < PARTITIONS; i++)
		reader->end[i] = reader->committed[i] = -1;
	if (kafka_consumer_open(&config, group, NULL, topics, &owner, &reader->consumer, &error) != OK)
		fail_msg("open: %s", error.text);
}

static void open_reader(struct reader *reader)
{
	*reader = (struct reader){ .start = KAFKA_OFFSET_EARLIEST };
	open_group(reader, topic);
}

static enum kafka_event read_event(struct reader *reader, int timeout_ms)
{
	struct kafka_message message;
	enum kafka_event event;
	int32_t partition;
	uint32_t index;
	int64_t offset;
	enum status status = kafka_poll(reader->consumer, timeout_ms, &message, &event, &partition, &index, &offset, &error);
	if (status != OK)
		fail_msg("poll: %s", error.text);
	if (event == KAFKA_MESSAGE) {
		assert_int_equal(index, 0);
		assert_int_equal(offset, message.offset);
		reader->next[partition] = offset + 1;
		reader->records++;
		kafka_message_done(&message);
	} else if (event == KAFKA_END) {
		reader->end[partition] = offset;
		reader->ends++;
	}
	return event;
}

#define wait_for(reader, condition) \
	do { \
		int64_t waited_until_ms = clock_monotonic_ms() + PATIENCE_MS; \
		while (!(condition)) { \
			if (clock_monotonic_ms() > waited_until_ms) \
				fail_msg("waited in vain for " #condition ": records %u, ends %u, held %zu", (reader)->records, (reader)->ends, (reader)->held); \
			read_event(reader, 100); \
		} \
	} while (0)

static void test_records_and_ends(void **state)
{
	(void)state;
	struct reader reader;
	send_numbers(0, 0, 10);
	open_reader(&reader);
	wait_for(&reader, reader.end[0] == 10 && reader.end[1] == 0);
	assert_int_equal(reader.records, 10);
	assert_int_equal(reader.next[0], 10);
	assert_int_equal(reader.committed[0], -1);
	send_numbers(1, 0, 5);
	wait_for(&reader, reader.end[1] == 5);
	assert_int_equal(reader.records, 15);
	kafka_consumer_close(reader.consumer);
	assert_int_equal(reader.revoked, 1);
}

static void test_idle_partition_tells_of_its_end_again(void **state)
{
	(void)state;
	struct reader reader;
	send_numbers(0, 0, 3);
	open_reader(&reader);
	wait_for(&reader, reader.end[0] == 3 && reader.end[1] == 0);
	uint32_t ends = reader.ends;
	wait_for(&reader, reader.ends >= ends + 2 * PARTITIONS);
	assert_int_equal(reader.records, 3);
	assert_int_equal(reader.end[0], 3);
	kafka_consumer_close(reader.consumer);
}

static void test_descriptor_wakes(void **state)
{
	(void)state;
	struct reader reader;
	open_reader(&reader);
	wait_for(&reader, reader.ends >= PARTITIONS);
	while (read_event(&reader, 0) != KAFKA_NOTHING)
		;
	send_numbers(0, 0, 1);
	while (!reader.records) {
		struct pollfd fd = { .fd = kafka_consumer_fd(reader.consumer), .events = POLLIN };
		assert_int_equal(poll(&fd, 1, PATIENCE_MS), 1);
		while (read_event(&reader, 0) != KAFKA_NOTHING)
			;
	}
	kafka_consumer_close(reader.consumer);
}

static void test_batch(void **state)
{
	(void)state;
	enum { RECORDS = 3000, CAPACITY = 700 };
	struct reader reader;
	static struct kafka_message batch[CAPACITY];
	send_numbers(0, 0, RECORDS);
	open_reader(&reader);
	int64_t until_ms = clock_monotonic_ms() + PATIENCE_MS;
	while (reader.next[0] < RECORDS && clock_monotonic_ms() < until_ms) {
		read_event(&reader, 100);
		size_t count = kafka_poll_batch(reader.consumer, batch, CAPACITY);
		assert_in_range(count, 0, CAPACITY);
		for (size_t i = 0; i < count; i++) {
			char value[16];
			snprintf(value, sizeof value, "%" PRId64, batch[i].offset);
			assert_int_equal(batch[i].offset, reader.next[0]);
			assert_true(text_equal(batch[i].value, text_of(value)));
			reader.next[0]++;
			kafka_message_done(&batch[i]);
		}
	}
	assert_int_equal(reader.next[0], RECORDS);
	kafka_consumer_close(reader.consumer);
}

static void test_what_a_message_carries(void **state)
{
	(void)state;
	struct kafka_producer *producer;
	struct delivery delivery = { 0 };
	struct reader reader;
	const struct kafka_header headers[] = { { "reason", TEXT("bad_utf8") }, { "empty", TEXT("") } };
	assert_int_equal(kafka_producer_open(&config, take_delivery, &delivery, &producer, &error), OK);
	assert_int_equal(kafka_send(producer, topic, -1, TEXT("8213631"), TEXT("value"), headers, 2, 1709600000123, &delivery, &error), OK);
	assert_int_equal(kafka_send(producer, topic, -1, TEXT("8213631"), (struct text){ NULL, 0 }, NULL, 0, 0, &delivery, &error), OK);
	while (delivery.count < 2) {
		struct pollfd fd = { .fd = kafka_producer_fd(producer), .events = POLLIN };
		assert_int_equal(poll(&fd, 1, PATIENCE_MS), 1);
		kafka_producer_poll(producer, 0);
	}
	kafka_producer_close(producer, 1000);
	open_reader(&reader);
	struct kafka_message message[2];
	enum kafka_event event;
	uint32_t index;
	int32_t partition;
	int64_t offset, until_ms = clock_monotonic_ms() + PATIENCE_MS;
	for (int i = 0; i < 2 && clock_monotonic_ms() < until_ms; i += event == KAFKA_MESSAGE)
		assert_int_equal(kafka_poll(reader.consumer, 100, &message[i], &event, &partition, &index, &offset, &error), OK);
	struct text reason, nothing = TEXT("x");
	assert_int_equal(partition, kafka_partition_of(TEXT("8213631"), PARTITIONS));
	assert_true(text_equal(message[0].key, TEXT("8213631")));
	assert_true(text_equal(message[0].value, TEXT("value")));
	assert_int_equal(message[0].timestamp_ms, 1709600000123);
	assert_false(message[0].is_tombstone);
	assert_true(kafka_message_header(&message[0], "reason", &reason));
	assert_true(text_equal(reason, TEXT("bad_utf8")));
	assert_true(kafka_message_header(&message[0], "empty", &nothing));
	assert_int_equal(nothing.size, 0);
	assert_false(kafka_message_header(&message[0], "absent", &reason));
	assert_true(message[1].is_tombstone);
	assert_false(kafka_message_header(&message[1], "reason", &reason));
	kafka_message_done(&message[1]);
	kafka_message_done(&message[0]);
	kafka_consumer_close(reader.consumer);
}

static void test_seek_and_pause(void **state)
{
	(void)state;
	struct reader reader;
	send_numbers(0, 0, 100);
	open_reader(&reader);
	wait_for(&reader, reader.next[0] == 50);
	assert_int_equal(kafka_seek(reader.consumer, 0, 0, 20, &error), OK);
	read_event(&reader, PATIENCE_MS);
	wait_for(&reader, reader.records > 50);
	assert_int_equal(reader.next[0], 21);
	wait_for(&reader, reader.next[0] == 30);
	kafka_pause(reader.consumer, 0, 0, true);
	send_numbers(1, 0, 1);
	wait_for(&reader, reader.end[1] == 1);
	assert_int_equal(reader.next[0], 30);
	kafka_pause(reader.consumer, 0, 0, false);
	uint32_t records = reader.records;
	wait_for(&reader, reader.end[0] == 100);
	assert_int_equal(reader.records, records + 70);
	assert_int_equal(kafka_seek(reader.consumer, 0, PARTITIONS, 0, &error), RETRY);
	assert_string_equal(error.reason, "not_assigned");
	kafka_consumer_close(reader.consumer);
}

static void test_commit_is_given_back(void **state)
{
	(void)state;
	struct reader reader;
	send_numbers(0, 0, 10);
	open_reader(&reader);
	wait_for(&reader, reader.next[0] == 10);
	kafka_commit(reader.consumer, 0, 0, 7);
	kafka_commit(reader.consumer, 0, 0, 8);
	kafka_consumer_close(reader.consumer);
	open_reader(&reader);
	wait_for(&reader, reader.held == PARTITIONS);
	assert_int_equal(reader.committed[0], 8);
	assert_int_equal(reader.committed[1], -1);
	kafka_consumer_close(reader.consumer);
}

static void test_rebalance(void **state)
{
	(void)state;
	struct reader first, second = { .start = KAFKA_OFFSET_EARLIEST };
	send_numbers(0, 0, 10);
	send_numbers(1, 0, 10);
	open_reader(&first);
	wait_for(&first, first.records == 20);
	open_group(&second, topic);
	int64_t until_ms = clock_monotonic_ms() + PATIENCE_MS;
	while ((first.held != 1 || second.held != 1 || second.records < 10) && clock_monotonic_ms() < until_ms) {
		read_event(&first, 20);
		read_event(&second, 20);
	}
	assert_int_equal(first.held, 1);
	assert_int_equal(second.held, 1);
	assert_true(first.revoked >= 1);  // the group may form in more than one round
	assert_int_equal(first.lost, 0);
	kafka_consumer_close(second.consumer);
	wait_for(&first, first.held == PARTITIONS);
	kafka_consumer_close(first.consumer);
}

static void test_assignment_that_fails(void **state)
{
	(void)state;
	struct reader reader = { .start = KAFKA_OFFSET_EARLIEST, .answer = RETRY };
	struct kafka_message message;
	enum kafka_event event;
	uint32_t index;
	int32_t partition;
	int64_t offset, until_ms = clock_monotonic_ms() + PATIENCE_MS;
	send_numbers(0, 0, 1);
	open_group(&reader, topic);
	enum status status = OK;
	while (status == OK && clock_monotonic_ms() < until_ms)
		status = kafka_poll(reader.consumer, 100, &message, &event, &partition, &index, &offset, &error);
	assert_int_equal(status, RETRY);
	assert_string_equal(error.reason, "test");
	assert_int_equal(reader.held, 0);
	wait_for(&reader, reader.records == 1);
	assert_int_equal(reader.assigned, 2);
	kafka_consumer_close(reader.consumer);
}

static void assert_out_of_range(int64_t start, const char *sentence)
{
	struct reader reader = { .start = start };
	struct kafka_message message;
	enum kafka_event event;
	uint32_t index;
	int32_t partition;
	int64_t offset, until_ms = clock_monotonic_ms() + PATIENCE_MS;
	open_group(&reader, topic);
	enum status status = OK;
	while (status == OK && clock_monotonic_ms() < until_ms)
		status = kafka_poll(reader.consumer, 100, &message, &event, &partition, &index, &offset, &error);
	assert_int_equal(status, FATAL);
	assert_string_equal(error.reason, "offset_out_of_range");
	if (!strstr(error.text, sentence))
		fail_msg("\"%s\" is not in \"%s\"", sentence, error.text);
	kafka_consumer_close(reader.consumer);
}

static void test_start_behind_the_end(void **state)
{
	(void)state;
	send_numbers(0, 0, 10);
	send_numbers(1, 0, 10);
	assert_out_of_range(11, "starts at offset 0 and ends at 10, before offset 11 that is to be read next");
}

// A broker in error, as after a change of leaders: nothing is lost, and the sentence does not say so.
static void test_out_of_range_in_error(void **state)
{
	(void)state;
	enum { FETCH = 1 };
	send_numbers(0, 0, 10);
	send_numbers(1, 0, 10);
	rd_kafka_mock_push_request_errors(mock, FETCH, 1, RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE);
	assert_out_of_range(5, "is out of range, though it begins at offset 0 and ends at 10: start again");
}

static void test_missing_topic(void **state)
{
	(void)state;
	const char *const topics[] = { topic, NULL };
	struct reader reader = { 0 };
	struct kafka_owner owner = { take_assignment, take_revoke, &reader };
	int32_t count;
	assert_int_equal(kafka_partition_count(&config, topic, PATIENCE_MS, &count, &error), OK);
	assert_int_equal(count, PARTITIONS);
	rd_kafka_mock_topic_set_error(mock, topic, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
	assert_int_equal(kafka_partition_count(&config, topic, PATIENCE_MS, &count, &error), FATAL);
	assert_string_equal(error.reason, "topic_missing");
	assert_non_null(strstr(error.text, "kafka-topics.sh"));
	assert_int_equal(kafka_consumer_open(&config, "group", NULL, topics, &owner, &reader.consumer, &error), FATAL);
	assert_string_equal(error.reason, "topic_missing");
}

static void test_no_broker(void **state)
{
	(void)state;
	struct kafka_config nowhere = { .brokers = "127.0.0.1:1" };
	int32_t count;
	assert_int_equal(kafka_partition_count(&nowhere, topic, 200, &count, &error), RETRY);
	assert_string_equal(error.reason, "kafka_away");
}

static void test_properties(void **state)
{
	(void)state;
	static const struct {
		const char *property;
		enum status status;
	} cases[] = {
		{ "linger.ms=1", OK }, { "queued.min.messages=1000", OK }, { "enable.auto.commit=true", FATAL }, { "auto.offset.reset=latest", FATAL }, { "acks=1", FATAL },
		{ "no.such.thing=1", FATAL }, { "linger.ms=soon", FATAL }, { "linger.ms", FATAL }, { "=1", FATAL }, { "", FATAL },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct kafka_config one = { .brokers = config.brokers, .property_count = 1, .property = { cases[i].property } };
		enum status status = kafka_config_check(&one, &error);
		if (status != cases[i].status)
			fail_msg("%s: %s, not %s", cases[i].property, status_name(status), status_name(cases[i].status));
		if (status != OK)
			assert_string_equal(error.reason, "bad_property");
	}
}

static void test_messages_that_are_not_taken(void **state)
{
	(void)state;
	enum { TOO_LARGE = 2 * 1024 * 1024 };
	struct kafka_producer *producer;
	struct delivery delivery = { 0 };
	config.property[config.property_count++] = "queue.buffering.max.messages=10";
	config.property[config.property_count++] = "linger.ms=100";
	assert_int_equal(kafka_producer_open(&config, take_delivery, &delivery, &producer, &error), OK);
	char *large = calloc(1, TOO_LARGE);
	assert_int_equal(kafka_send(producer, topic, 0, TEXT("k"), (struct text){ large, TOO_LARGE }, NULL, 0, 0, &delivery, &error), REJECT);
	assert_string_equal(error.reason, "too_large");
	free(large);
	enum status status = OK;
	uint32_t sent = 0;
	for (; status == OK && sent < 100; sent += status == OK)
		status = kafka_send(producer, topic, 0, TEXT("k"), TEXT("v"), NULL, 0, 0, &delivery, &error);
	assert_int_equal(status, RETRY);
	assert_string_equal(error.reason, "queue_full");
	assert_int_equal(sent, 10);
	while (delivery.count < sent)
		kafka_producer_poll(producer, 100);
	assert_int_equal(kafka_send(producer, topic, 0, TEXT("k"), TEXT("v"), NULL, 0, 0, &delivery, &error), OK);
	kafka_producer_close(producer, PATIENCE_MS);
	assert_int_equal(delivery.count, sent + 1);
	assert_int_equal(delivery.failed, 0);
}

static void test_every_message_is_accounted_for_at_close(void **state)
{
	(void)state;
	struct kafka_config nowhere = { .brokers = "127.0.0.1:1" };
	struct kafka_producer *producer;
	struct delivery delivery = { 0 };
	assert_int_equal(kafka_producer_open(&nowhere, take_delivery, &delivery, &producer, &error), OK);
	assert_int_equal(kafka_send(producer, topic, 0, TEXT("k"), TEXT("v"), NULL, 0, 0, &delivery, &error), OK);
	kafka_producer_close(producer, 10);
	assert_int_equal(delivery.count, 1);
	assert_int_equal(delivery.last, RETRY);
}

struct sum {
	uint32_t count;
	int64_t offsets;
	uint32_t stop_after;
};

static enum status take_record(void *self, const struct kafka_message *message, struct error *ret_error)
{
	struct sum *sum = self;
	sum->count++;
	sum->offsets += message->offset;
	return sum->count == sum->stop_after ? error_set(ret_error, REJECT, "test", "enough") : OK;
}

static void test_reading_a_stretch(void **state)
{
	(void)state;
	struct sum sum = { 0 };
	assert_int_equal(kafka_read_since(&config, topic, 0, NULL, PATIENCE_MS, take_record, &sum, &error), OK);
	assert_int_equal(sum.count, 0);  // all partitions are empty
	send_numbers(0, 0, 1000);        // sent at 1000, 1001 ...
	send_numbers(1, 0, 10);
	assert_int_equal(kafka_read_since(&config, topic, 0, NULL, PATIENCE_MS, take_record, &sum, &error), OK);
	assert_int_equal(sum.count, 1010);
	assert_int_equal(sum.offsets, 999 * 1000 / 2 + 9 * 10 / 2);
	sum = (struct sum){ 0 };
	assert_int_equal(kafka_read_since(&config, topic, 1990, NULL, PATIENCE_MS, take_record, &sum, &error), OK);
	assert_int_equal(sum.count, 10);
	assert_int_equal(sum.offsets, 995 * 10 - 5);
	sum = (struct sum){ 0 };
	assert_int_equal(kafka_read_since(&config, topic, 2000, NULL, PATIENCE_MS, take_record, &sum, &error), OK);
	assert_int_equal(sum.count, 0);
	sum = (struct sum){ .stop_after = 3 };
	assert_int_equal(kafka_read_since(&config, topic, 0, NULL, PATIENCE_MS, take_record, &sum, &error), REJECT);
	assert_int_equal(sum.count, 3);
}

// What comes while it is read is not waited for.
static void test_reading_a_stretch_by_pieces(void **state)
{
	(void)state;
	struct kafka_reading *reading = NULL;
	struct kafka_marks marks = { 0 };
	struct sum sum = { 0 };
	bool is_done = false;
	send_numbers(0, 0, 1000);
	send_numbers(1, 0, 10);
	assert_int_equal(kafka_reading_new(&config, topic, 0, NULL, PATIENCE_MS, &reading, &error), OK);
	send_numbers(1, 10, 20);
	while (!is_done) {
		uint32_t before = sum.count;
		assert_int_equal(kafka_reading_take(reading, 7, take_record, &sum, &is_done, &error), OK);
		assert_in_range(sum.count - before, 0, 7);
		if (sum.count == before)
			poll(NULL, 0, 1);
	}
	assert_int_equal(sum.count, 1010);
	kafka_reading_again(reading);
	for (is_done = false; !is_done;) {
		assert_int_equal(kafka_reading_take(reading, 100, take_record, &sum, &is_done, &error), OK);
		poll(NULL, 0, 1);
	}
	assert_int_equal(sum.count, 2 * 1010);
	kafka_reading_marks(reading, &marks);
	assert_int_equal(marks.offset[0], 1000);
	assert_int_equal(marks.offset[1], 10);
	kafka_marks_done(&marks);
	kafka_reading_free(reading);
}

// An error that is lost, as by librdkafka's own call for both bounds, makes a partition empty, and nothing is read.
static void test_bounds_of_which_one_is_in_error(void **state)
{
	(void)state;
	enum { LIST_OFFSETS = 2, TIMES = 30 };
	send_numbers(0, 0, 10);
	send_numbers(1, 0, 10);
	for (int i = 0; i < TIMES; i++) {
		struct sum sum = { 0 };
		rd_kafka_mock_push_request_errors(mock, LIST_OFFSETS, 1, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
		enum status status = kafka_read_since(&config, topic, 0, NULL, PATIENCE_MS, take_record, &sum, &error);
		assert_int_equal(status, FATAL);
		assert_string_equal(error.reason, "kafka_refused");
		assert_int_equal(sum.count, 0);
	}
}

// Marks are moved by a reading that came to the end, and by no other.
static void test_reading_on_from_where_it_ended(void **state)
{
	(void)state;
	struct kafka_marks marks = { 0 };
	struct sum sum = { 0 };
	send_numbers(0, 0, 20);
	assert_int_equal(kafka_read_since(&config, topic, 1015, &marks, PATIENCE_MS, take_record, &sum, &error), OK);
	assert_int_equal(sum.count, 5);
	assert_int_equal(marks.offset[0], 20);
	assert_int_equal(marks.offset[1], 0);
	send_numbers(0, 20, 23);
	send_numbers(1, 0, 2);
	sum = (struct sum){ .stop_after = 2 };
	assert_int_equal(kafka_read_since(&config, topic, 1015, &marks, PATIENCE_MS, take_record, &sum, &error), REJECT);
	for (uint32_t count = 5; ; count = 0) {
		sum = (struct sum){ 0 };
		assert_int_equal(kafka_read_since(&config, topic, INT64_MAX, &marks, PATIENCE_MS, take_record, &sum, &error), OK);
		assert_int_equal(sum.count, count);
		if (!count)
			break;
	}
	kafka_marks_done(&marks);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_records_and_ends, make_topic),
		cmocka_unit_test_setup(test_idle_partition_tells_of_its_end_again, make_topic),
		cmocka_unit_test_setup(test_descriptor_wakes, make_topic),
		cmocka_unit_test_setup(test_batch, make_topic),
		cmocka_unit_test_setup(test_what_a_message_carries, make_topic),
		cmocka_unit_test_setup(test_seek_and_pause, make_topic),
		cmocka_unit_test_setup(test_commit_is_given_back, make_topic),
		cmocka_unit_test_setup(test_rebalance, make_topic),
		cmocka_unit_test_setup(test_assignment_that_fails, make_topic),
		cmocka_unit_test_setup(test_start_behind_the_end, make_topic),
		cmocka_unit_test_setup(test_out_of_range_in_error, make_topic),
		cmocka_unit_test_setup(test_missing_topic, make_topic),
		cmocka_unit_test_setup(test_no_broker, make_topic),
		cmocka_unit_test_setup(test_properties, make_topic),
		cmocka_unit_test_setup(test_messages_that_are_not_taken, make_topic),
		cmocka_unit_test_setup(test_every_message_is_accounted_for_at_close, make_topic),
		cmocka_unit_test_setup(test_reading_a_stretch, make_topic),
		cmocka_unit_test_setup(test_reading_a_stretch_by_pieces, make_topic),
		cmocka_unit_test_setup(test_bounds_of_which_one_is_in_error, make_topic),
		cmocka_unit_test_setup(test_reading_on_from_where_it_ended, make_topic),
	};
	return cmocka_run_group_tests(tests, start_broker, stop_broker);
}
