// reference.c - the cost of touching the bytes and nothing else: what hotline-tickets is measured beside.
//
//     bench_reference BROKERS TOPIC REDIS_PORT
//
// Reads the topic from its beginning to where it ends now, unpacks every hotline.v1.TicketEvent, and for every 2 000 events reads what is stored of their
// tickets with one MGET and writes 60 bytes a ticket back with one MSET, while the next 2 000 are unpacked. No logic, no transaction, nothing is exact.
// Prints first_ms, last_ms (Unix time of the first event and of the last reply) and events.
#include <hiredis/hiredis.h>
#include <inttypes.h>
#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ticket_event.pb-c.h"

enum { BATCH = 2000, STATE_BYTES = 60, KEY_BYTES = 80, PARTITIONS_MAX = 64, TIMEOUT_MS = 10000, SILENCE_MAX = 600, POLL_MS = 100, PROBLEM_BYTES = 512 };

struct batch {
	size_t count;
	char key[BATCH][KEY_BYTES];
	char state[BATCH][STATE_BYTES];
};

static struct batch batches[2];
static redisContext *redis;
static size_t outstanding;  // replies that are still to come

static void die(const char *what, const char *why)
{
	fprintf(stderr, "bench_reference: %s: %s\n", what, why);
	exit(EXIT_FAILURE);
}

static int64_t now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

static void take_replies(void)
{
	for (; outstanding; outstanding--) {
		redisReply *reply;
		if (redisGetReply(redis, (void **)&reply) != REDIS_OK)
			die("Redis", redis->errstr);
		if (reply->type == REDIS_REPLY_ERROR)
			die("Redis", reply->str);
		freeReplyObject(reply);
	}
}

static void queue(const struct batch *batch, bool is_write)
{
	static const char *argument[1 + 2 * BATCH];
	static size_t size[1 + 2 * BATCH];
	int count = 0;
	argument[count] = is_write ? "MSET" : "MGET";
	size[count++] = 4;
	for (size_t i = 0; i < batch->count; i++) {
		argument[count] = batch->key[i];
		size[count++] = strlen(batch->key[i]);
		if (!is_write)
			continue;
		argument[count] = batch->state[i];
		size[count++] = STATE_BYTES;
	}
	if (count > 1 && redisAppendCommandArgv(redis, count, argument, size) != REDIS_OK)
		die("Redis", redis->errstr);
	outstanding += count > 1;
}

static void send_queued(void)
{
	for (int is_done = 0; !is_done;)
		if (redisBufferWrite(redis, &is_done) != REDIS_OK)
			die("Redis", redis->errstr);
}

// What it writes is made of the event, so that nothing of the unpacking can be left out.
static void take(struct batch *batch, const rd_kafka_message_t *message)
{
	Hotline__V1__TicketEvent *event = hotline__v1__ticket_event__unpack(NULL, message->len, message->payload);
	if (!event)
		die("a record", "cannot be unpacked");
	snprintf(batch->key[batch->count], KEY_BYTES, "t:%s", event->ticket_id);
	memcpy(batch->state[batch->count], &event->at_ms, sizeof event->at_ms);
	memcpy(batch->state[batch->count] + sizeof event->at_ms, &event->due_at_ms, sizeof event->due_at_ms);
	batch->count++;
	hotline__v1__ticket_event__free_unpacked(event, NULL);
}

static rd_kafka_t *open_kafka(const char *brokers)
{
	// librdkafka 2.0.2 pauses for a second when its queue is full, so the queue holds more than a second's worth. Source: measured.md
	const char *const settings[][2] = { { "bootstrap.servers", brokers }, { "group.id", "bench-reference" }, { "enable.auto.commit", "false" },
		{ "auto.offset.reset", "error" }, { "queued.min.messages", "1000000" }, { "queued.max.messages.kbytes", "131072" },
		{ "fetch.message.max.bytes", "4194304" } };
	char problem[PROBLEM_BYTES];
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
		if (rd_kafka_conf_set(conf, settings[i][0], settings[i][1], problem, sizeof problem) != RD_KAFKA_CONF_OK)
			die("Kafka", problem);
	rd_kafka_t *kafka = rd_kafka_new(RD_KAFKA_CONSUMER, conf, problem, sizeof problem);
	if (!kafka)
		die("Kafka", problem);
	rd_kafka_poll_set_consumer(kafka);
	return kafka;
}

static int32_t partition_count(rd_kafka_t *kafka, const char *topic)
{
	const struct rd_kafka_metadata *cluster;
	rd_kafka_topic_t *handle = rd_kafka_topic_new(kafka, topic, NULL);
	rd_kafka_resp_err_t problem = rd_kafka_metadata(kafka, 0, handle, &cluster, TIMEOUT_MS);
	if (problem)
		die(topic, rd_kafka_err2str(problem));
	int32_t count = cluster->topic_cnt == 1 ? cluster->topics[0].partition_cnt : 0;
	rd_kafka_metadata_destroy(cluster);
	rd_kafka_topic_destroy(handle);
	if (count < 1 || count > PARTITIONS_MAX)
		die(topic, "is not there, or has too many partitions");
	return count;
}

// Starts to fetch every partition; returns how many records there are.
static int64_t assign_all(rd_kafka_t *kafka, const char *topic)
{
	int32_t count = partition_count(kafka, topic);
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(count);
	int64_t records = 0;
	for (int32_t i = 0; i < count; i++) {
		int64_t low, high;
		rd_kafka_resp_err_t problem = rd_kafka_query_watermark_offsets(kafka, topic, i, &low, &high, TIMEOUT_MS);
		if (problem)
			die(topic, rd_kafka_err2str(problem));
		records += high - low;
		rd_kafka_topic_partition_list_add(list, topic, i)->offset = low;
	}
	rd_kafka_assign(kafka, list);
	rd_kafka_topic_partition_list_destroy(list);
	return records;
}

static rd_kafka_message_t *messages[BATCH];

// Fills the batch as far as there is anything left to read. Clock marks have no key and are no events.
static void fill(rd_kafka_queue_t *queue_, struct batch *batch, int64_t *left, int64_t *first_ms)
{
	int silence = 0;
	for (batch->count = 0; batch->count < BATCH && *left;) {
		ssize_t count = rd_kafka_consume_batch_queue(queue_, POLL_MS, messages, BATCH - batch->count);
		silence = count > 0 ? 0 : silence + 1;
		if (silence > SILENCE_MAX)
			die("Kafka", "nothing comes any more");
		if (count > 0 && !*first_ms)
			*first_ms = now_ms();
		for (ssize_t i = 0; i < count; i++) {
			if (messages[i]->err)
				die("Kafka", rd_kafka_message_errstr(messages[i]));
			if (messages[i]->key_len)
				take(batch, messages[i]);
			--*left;
			rd_kafka_message_destroy(messages[i]);
		}
	}
}

int main(int argc, char **argv)
{
	if (argc != 4) {
		fputs("Usage: bench_reference BROKERS TOPIC REDIS_PORT\n", stderr);
		return 2;
	}
	redis = redisConnect("127.0.0.1", (int)strtol(argv[3], NULL, 10));
	if (!redis || redis->err)
		die("Redis", redis ? redis->errstr : "no memory");
	redis->reader->maxbuf = 0;
	rd_kafka_t *kafka = open_kafka(argv[1]);
	rd_kafka_queue_t *records = rd_kafka_queue_get_consumer(kafka);
	int64_t left = assign_all(kafka, argv[2]), first_ms = 0, events = 0;
	struct batch *now = &batches[0], *before = &batches[1];
	do {
		fill(records, now, &left, &first_ms);
		events += (int64_t)now->count;
		take_replies();
		queue(before, true);
		queue(now, false);
		send_queued();
		struct batch *swap = before;
		before = now;
		now = swap;
	} while (left);
	queue(before, true);
	take_replies();
	printf("first_ms=%" PRId64 " last_ms=%" PRId64 " events=%" PRId64 "\n", first_ms, now_ms(), events);
	fflush(stdout);
	_Exit(EXIT_SUCCESS);  // closing the consumer is no part of the measurement
}
