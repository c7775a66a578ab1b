// Reads a stretch of a topic from end to end, without a group: at once, or a piece at a time.
#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "kafka.h"
#include "kafka_client.h"
#include "memory.h"

enum { BATCH_MESSAGES = 512, POLL_MS = 100 };

struct kafka_reading {
	rd_kafka_t *client;
	rd_kafka_queue_t *queue;
	const char *topic;
	int timeout_ms;
	int32_t partition_count;
	rd_kafka_topic_partition_list_t *from;  // where to start
	int64_t since_ms;
	int64_t *end;                           // by partition: at the call
	int64_t *until;                         // the same; what is read up to it is done, and then it is -1
	int64_t *low;                           // by partition: where the log begins
	enum { READ, PROBE, RESTARTED } *mode;  // by partition
	int32_t left;                           // partitions that are not done
	int64_t heard_at_ms;                    // monotonic
};

static const struct kafka_setting settings[] = {
	{ "group.id", "hotline-reader", false },  // librdkafka wants one; nothing is joined or committed
	{ "enable.auto.commit", "false", false },
	{ "enable.auto.offset.store", "false", false },
	{ "enable.partition.eof", "true", false },
	{ "auto.offset.reset", "earliest", false },  // the start may be deleted meanwhile: what is there is what is asked for
	{ "isolation.level", "read_committed", false },
	{ "fetch.wait.max.ms", "20", false },
	{ "queued.max.messages.kbytes", "16384", false },
	{ "fetch.queue.backoff.ms", "20", true },
};

static enum status open_reader(const struct kafka_config *config, struct kafka_reading *reading, struct error *error)
{
	rd_kafka_conf_t *conf;
	enum status status = kafka_client_settings(config, settings, sizeof settings / sizeof *settings, &conf, error);
	if (status == OK)
		status = kafka_client_new(RD_KAFKA_CONSUMER, conf, &reading->client, error);
	if (status == OK) {
		rd_kafka_poll_set_consumer(reading->client);
		status = kafka_client_partition_count(reading->client, config->brokers, reading->topic, reading->timeout_ms, &reading->partition_count, error);
	}
	return status;
}

// marks: where an earlier reading ended; NULL, or empty: by since_ms.
static enum status find_bounds(struct kafka_reading *reading, const struct kafka_marks *marks, struct error *error)
{
	reading->until = memory_new((size_t)reading->partition_count * sizeof *reading->until);
	reading->end = memory_new((size_t)reading->partition_count * sizeof *reading->end);
	reading->low = memory_new((size_t)reading->partition_count * sizeof *reading->low);
	reading->mode = memory_new((size_t)reading->partition_count * sizeof *reading->mode);
	reading->from = rd_kafka_topic_partition_list_new(reading->partition_count);
	for (int32_t i = 0; i < reading->partition_count; i++) {
		enum status status = kafka_client_bounds(reading->client, reading->topic, i, reading->timeout_ms, &reading->low[i], &reading->until[i], error);
		if (status != OK)
			return status;
		reading->end[i] = reading->until[i];
		bool is_marked = marks && i < marks->count && marks->offset[i] > reading->low[i];
		rd_kafka_topic_partition_list_add(reading->from, reading->topic, i)->offset = is_marked ? marks->offset[i] : reading->low[i];
	}
	return OK;
}

// Asks where to start. A broker that cannot search by time (librdkafka's mock) says the same
// as one that has nothing so new, so then the last record is looked at.
static enum status find_start(struct kafka_reading *reading, struct error *error)
{
	if (reading->since_ms <= 0)
		return OK;
	for (int i = 0; i < reading->from->cnt; i++)
		reading->from->elems[i].offset = reading->since_ms;  // the call takes instants and gives offsets
	rd_kafka_resp_err_t code = rd_kafka_offsets_for_times(reading->client, reading->from, reading->timeout_ms);
	for (int i = 0; i < reading->from->cnt && !code; i++)
		code = reading->from->elems[i].err;
	if (code)
		return error_set(error, kafka_client_judge(code), kafka_client_reason(code), "Kafka does not tell which records of %s are newer than an instant: %s", reading->topic,
			rd_kafka_err2str(code));
	for (int i = 0; i < reading->from->cnt; i++) {
		rd_kafka_topic_partition_t *from = &reading->from->elems[i];
		if (from->offset >= 0)
			continue;
		reading->mode[from->partition] = PROBE;
		from->offset = reading->until[from->partition] - 1;
	}
	return OK;
}

// Leaves out the partitions that have nothing to read.
static void start_reading(struct kafka_reading *reading)
{
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(reading->partition_count);
	for (int i = 0; i < reading->from->cnt; i++) {
		const rd_kafka_topic_partition_t *from = &reading->from->elems[i];
		if (from->offset >= reading->low[from->partition] && from->offset < reading->until[from->partition])
			rd_kafka_topic_partition_list_add(list, reading->topic, from->partition)->offset = from->offset;
		else
			reading->until[from->partition] = -1;
	}
	reading->left = list->cnt;
	if (list->cnt)
		rd_kafka_assign(reading->client, list);
	rd_kafka_topic_partition_list_destroy(list);
}

// The broker did not search: all of the partition is read, and what is older passed over.
static enum status read_from_start(struct kafka_reading *reading, int32_t partition, struct error *error)
{
	reading->mode[partition] = RESTARTED;  // what else this batch has of it is from before
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
	rd_kafka_topic_partition_list_add(list, reading->topic, partition)->offset = reading->low[partition];
	rd_kafka_topic_partition_list_find(reading->from, reading->topic, partition)->offset = reading->low[partition];  // also when it is read again
	rd_kafka_error_t *problem = rd_kafka_seek_partitions(reading->client, list, reading->timeout_ms);
	bool is_bad = problem || list->elems[0].err;
	if (problem)
		rd_kafka_error_destroy(problem);
	rd_kafka_topic_partition_list_destroy(list);
	return is_bad ? error_set(error, RETRY, "kafka_away", "cannot go back in partition %d of %s", partition, reading->topic) : OK;
}

// `next` is the offset that has been reached.
static void reach(struct kafka_reading *reading, int32_t partition, int64_t next)
{
	if (reading->until[partition] < 0 || next < reading->until[partition])
		return;
	reading->until[partition] = -1;
	reading->left--;
}

static enum status read_one(struct kafka_reading *reading, rd_kafka_message_t *message,
	enum status (*take)(void *self, const struct kafka_message *message, struct error *error), void *self, struct error *error)
{
	if (message->rkt && reading->mode[message->partition] == RESTARTED)
		return OK;
	if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
		reach(reading, message->partition, message->offset);
		return OK;
	}
	if (message->err)
		return kafka_client_judge(message->err) == FATAL ? error_set(error, FATAL, "kafka_refused", "Kafka: %s", rd_kafka_message_errstr(message)) : OK;
	if (message->offset >= reading->until[message->partition])  // came after the call, or the partition is done
		return OK;
	struct kafka_message taken;
	kafka_client_message(message, 0, &taken);
	bool is_wanted = reading->since_ms <= 0 || taken.timestamp_ms >= reading->since_ms;
	if (is_wanted && reading->mode[message->partition] == PROBE)
		return read_from_start(reading, message->partition, error);
	enum status status = is_wanted ? take(self, &taken, error) : OK;
	reach(reading, message->partition, message->offset + 1);
	return status;
}

// Takes what has come, at most `count` records; when there is nothing, waits for one, at most wait_ms.
static enum status take_some(struct kafka_reading *reading, size_t count, int wait_ms,
	enum status (*take)(void *self, const struct kafka_message *message, struct error *error), void *self, size_t *ret_taken, struct error *error)
{
	rd_kafka_message_t *message[BATCH_MESSAGES];
	enum status status = OK;
	ssize_t got = rd_kafka_consume_batch_queue(reading->queue, 0, message, count < BATCH_MESSAGES ? count : BATCH_MESSAGES);
	if (got <= 0 && wait_ms)  // one, since a wait for many lasts until there are many
		got = rd_kafka_consume_batch_queue(reading->queue, wait_ms, message, 1);
	*ret_taken = got > 0 ? (size_t)got : 0;
	for (int32_t i = 0; i < reading->partition_count; i++)
		reading->mode[i] = reading->mode[i] == RESTARTED ? READ : reading->mode[i];
	for (size_t i = 0; i < *ret_taken; i++) {
		if (status == OK)
			status = read_one(reading, message[i], take, self, error);
		rd_kafka_message_destroy(message[i]);
	}
	int64_t now_ms = clock_monotonic_ms();
	if (*ret_taken)
		reading->heard_at_ms = now_ms;
	else if (reading->left && now_ms - reading->heard_at_ms > reading->timeout_ms)
		return error_set(error, RETRY, "kafka_away", "nothing more comes of %s", reading->topic);
	return status;
}

enum status kafka_reading_new(const struct kafka_config *config, const char *topic, int64_t since_ms, const struct kafka_marks *marks, int timeout_ms,
	struct kafka_reading **ret_reading, struct error *error)
{
	bool is_marked = marks && marks->count;
	struct kafka_reading *reading = memory_new(sizeof *reading);
	reading->topic = topic;
	reading->timeout_ms = timeout_ms;
	reading->since_ms = is_marked ? 0 : since_ms;
	enum status status = open_reader(config, reading, error);
	if (status == OK)
		status = find_bounds(reading, marks, error);
	if (status == OK)
		status = find_start(reading, error);
	if (status != OK) {
		kafka_reading_free(reading);
		return status;
	}
	reading->queue = rd_kafka_queue_get_consumer(reading->client);
	start_reading(reading);
	reading->heard_at_ms = clock_monotonic_ms();
	*ret_reading = reading;
	return OK;
}

enum status kafka_reading_take(struct kafka_reading *reading, size_t count, enum status (*take)(void *self, const struct kafka_message *message, struct error *error), void *self,
	bool *ret_is_done, struct error *error)
{
	enum status status = OK;
	size_t taken = 1;
	for (size_t left = count; reading->left && left && taken && status == OK; left -= taken)
		status = take_some(reading, left, 0, take, self, &taken, error);
	*ret_is_done = !reading->left;
	return status;
}

void kafka_reading_again(struct kafka_reading *reading)
{
	assert(!reading->left);
	rd_kafka_assign(reading->client, NULL);  // what has come behind the end is not of the second time
	memcpy(reading->until, reading->end, (size_t)reading->partition_count * sizeof *reading->until);
	start_reading(reading);
	reading->heard_at_ms = clock_monotonic_ms();
}

// A partition that had nothing to read keeps its place, too.
void kafka_reading_marks(const struct kafka_reading *reading, struct kafka_marks *marks)
{
	kafka_marks_done(marks);
	*marks = (struct kafka_marks){ reading->partition_count, memory_new((size_t)reading->partition_count * sizeof *marks->offset) };
	memcpy(marks->offset, reading->end, (size_t)reading->partition_count * sizeof *marks->offset);
}

void kafka_reading_free(struct kafka_reading *reading)
{
	if (!reading)
		return;
	if (reading->queue)
		rd_kafka_queue_destroy(reading->queue);
	if (reading->from)
		rd_kafka_topic_partition_list_destroy(reading->from);
	if (reading->client)
		rd_kafka_destroy(reading->client);
	free(reading->end);
	free(reading->until);
	free(reading->low);
	free(reading->mode);
	free(reading);
}

void kafka_marks_done(struct kafka_marks *marks)
{
	free(marks->offset);
	*marks = (struct kafka_marks){ 0, NULL };
}

enum status kafka_read_since(const struct kafka_config *config, const char *topic, int64_t since_ms, struct kafka_marks *marks, int timeout_ms,
	enum status (*take)(void *self, const struct kafka_message *message, struct error *error), void *self, struct error *error)
{
	struct kafka_reading *reading = NULL;
	size_t taken;
	enum status status = kafka_reading_new(config, topic, since_ms, marks, timeout_ms, &reading, error);
	while (status == OK && reading->left)
		status = take_some(reading, BATCH_MESSAGES, POLL_MS, take, self, &taken, error);
	if (status == OK && marks)
		kafka_reading_marks(reading, marks);
	kafka_reading_free(reading);
	return status;
}
