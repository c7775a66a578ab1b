// Reads a stretch of a topic from end to end, without a group.
#include <inttypes.h>
#include <stdlib.h>

#include "clock.h"
#include "kafka.h"
#include "kafka_client.h"
#include "memory.h"

enum { BATCH_MESSAGES = 512, POLL_MS = 100 };

struct reader {
	rd_kafka_t *client;
	const char *topic;
	int timeout_ms;
	int32_t partition_count;
	rd_kafka_topic_partition_list_t *from;  // where to start
	int64_t since_ms;
	const struct kafka_marks *marks;        // where an earlier reading ended; NULL, or empty: by since_ms
	int64_t *end;                           // by partition: at the call
	int64_t *until;                         // the same; what is read up to it is done, and then it is -1
	int64_t *low;                           // by partition: where the log begins
	enum { READ, PROBE, RESTARTED } *mode;  // by partition
	int32_t left;                           // partitions that are not done
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

static enum status open_reader(const struct kafka_config *config, struct reader *reader, struct error *error)
{
	rd_kafka_conf_t *conf;
	enum status status = kafka_client_settings(config, settings, sizeof settings / sizeof *settings, &conf, error);
	if (status == OK)
		status = kafka_client_new(RD_KAFKA_CONSUMER, conf, &reader->client, error);
	if (status == OK) {
		rd_kafka_poll_set_consumer(reader->client);
		status = kafka_client_partition_count(reader->client, config->brokers, reader->topic, reader->timeout_ms, &reader->partition_count, error);
	}
	return status;
}

static enum status find_bounds(struct reader *reader, struct error *error)
{
	reader->until = memory_new((size_t)reader->partition_count * sizeof *reader->until);
	reader->end = memory_new((size_t)reader->partition_count * sizeof *reader->end);
	reader->low = memory_new((size_t)reader->partition_count * sizeof *reader->low);
	reader->mode = memory_new((size_t)reader->partition_count * sizeof *reader->mode);
	reader->from = rd_kafka_topic_partition_list_new(reader->partition_count);
	for (int32_t i = 0; i < reader->partition_count; i++) {
		enum status status = kafka_client_bounds(reader->client, reader->topic, i, reader->timeout_ms, &reader->low[i], &reader->until[i], error);
		if (status != OK)
			return status;
		reader->end[i] = reader->until[i];
		bool is_marked = reader->marks && i < reader->marks->count && reader->marks->offset[i] > reader->low[i];
		rd_kafka_topic_partition_list_add(reader->from, reader->topic, i)->offset = is_marked ? reader->marks->offset[i] : reader->low[i];
	}
	return OK;
}

// Asks where to start. A broker that cannot search by time (librdkafka's mock) says the same
// as one that has nothing so new, so then the last record is looked at.
static enum status find_start(struct reader *reader, struct error *error)
{
	if (reader->since_ms <= 0)
		return OK;
	for (int i = 0; i < reader->from->cnt; i++)
		reader->from->elems[i].offset = reader->since_ms;  // the call takes instants and gives offsets
	rd_kafka_resp_err_t code = rd_kafka_offsets_for_times(reader->client, reader->from, reader->timeout_ms);
	for (int i = 0; i < reader->from->cnt && !code; i++)
		code = reader->from->elems[i].err;
	if (code)
		return error_set(error, kafka_client_judge(code), kafka_client_reason(code), "Kafka does not tell which records of %s are newer than an instant: %s", reader->topic,
			rd_kafka_err2str(code));
	for (int i = 0; i < reader->from->cnt; i++) {
		rd_kafka_topic_partition_t *from = &reader->from->elems[i];
		if (from->offset >= 0)
			continue;
		reader->mode[from->partition] = PROBE;
		from->offset = reader->until[from->partition] - 1;
	}
	return OK;
}

// Leaves out the partitions that have nothing to read.
static void start_reading(struct reader *reader)
{
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(reader->partition_count);
	for (int i = 0; i < reader->from->cnt; i++) {
		const rd_kafka_topic_partition_t *from = &reader->from->elems[i];
		if (from->offset >= reader->low[from->partition] && from->offset < reader->until[from->partition])
			rd_kafka_topic_partition_list_add(list, reader->topic, from->partition)->offset = from->offset;
		else
			reader->until[from->partition] = -1;
	}
	reader->left = list->cnt;
	if (list->cnt)
		rd_kafka_assign(reader->client, list);
	rd_kafka_topic_partition_list_destroy(list);
}

// The broker did not search: all of the partition is read, and what is older passed over.
static enum status read_from_start(struct reader *reader, int32_t partition, struct error *error)
{
	reader->mode[partition] = RESTARTED;  // what else this batch has of it is from before
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
	rd_kafka_topic_partition_list_add(list, reader->topic, partition)->offset = reader->low[partition];
	rd_kafka_error_t *problem = rd_kafka_seek_partitions(reader->client, list, reader->timeout_ms);
	bool is_bad = problem || list->elems[0].err;
	if (problem)
		rd_kafka_error_destroy(problem);
	rd_kafka_topic_partition_list_destroy(list);
	return is_bad ? error_set(error, RETRY, "kafka_away", "cannot go back in partition %d of %s", partition, reader->topic) : OK;
}

// `next` is the offset that has been reached.
static void reach(struct reader *reader, int32_t partition, int64_t next)
{
	if (reader->until[partition] < 0 || next < reader->until[partition])
		return;
	reader->until[partition] = -1;
	reader->left--;
}

static enum status read_one(struct reader *reader, rd_kafka_message_t *message,
	enum status (*take)(void *self, const struct kafka_message *message, struct error *error), void *self, struct error *error)
{
	if (message->rkt && reader->mode[message->partition] == RESTARTED)
		return OK;
	if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
		reach(reader, message->partition, message->offset);
		return OK;
	}
	if (message->err)
		return kafka_client_judge(message->err) == FATAL ? error_set(error, FATAL, "kafka_refused", "Kafka: %s", rd_kafka_message_errstr(message)) : OK;
	if (message->offset >= reader->until[message->partition])  // came after the call, or the partition is done
		return OK;
	struct kafka_message taken;
	kafka_client_message(message, 0, &taken);
	bool is_wanted = reader->since_ms <= 0 || taken.timestamp_ms >= reader->since_ms;
	if (is_wanted && reader->mode[message->partition] == PROBE)
		return read_from_start(reader, message->partition, error);
	enum status status = is_wanted ? take(self, &taken, error) : OK;
	reach(reader, message->partition, message->offset + 1);
	return status;
}

static enum status read_batch(struct reader *reader, rd_kafka_message_t **message, size_t count,
	enum status (*take)(void *self, const struct kafka_message *message, struct error *error), void *self, struct error *error)
{
	enum status status = OK;
	for (int32_t i = 0; i < reader->partition_count; i++)
		reader->mode[i] = reader->mode[i] == RESTARTED ? READ : reader->mode[i];
	for (size_t i = 0; i < count; i++) {
		if (status == OK)
			status = read_one(reader, message[i], take, self, error);
		rd_kafka_message_destroy(message[i]);
	}
	return status;
}

static enum status read_all(struct reader *reader, enum status (*take)(void *self, const struct kafka_message *message, struct error *error), void *self,
	struct error *error)
{
	rd_kafka_queue_t *queue = rd_kafka_queue_get_consumer(reader->client);
	int64_t heard_at_ms = clock_monotonic_ms();
	enum status status = OK;
	while (reader->left && status == OK) {
		rd_kafka_message_t *message[BATCH_MESSAGES];
		ssize_t count = rd_kafka_consume_batch_queue(queue, 0, message, BATCH_MESSAGES);
		if (count <= 0)  // one at a time, since a wait for many lasts until there are many
			count = rd_kafka_consume_batch_queue(queue, POLL_MS, message, 1);
		status = read_batch(reader, message, count > 0 ? (size_t)count : 0, take, self, error);
		if (count > 0)
			heard_at_ms = clock_monotonic_ms();
		else if (clock_monotonic_ms() - heard_at_ms > reader->timeout_ms)
			status = error_set(error, RETRY, "kafka_away", "nothing more comes of %s", reader->topic);
	}
	rd_kafka_queue_destroy(queue);
	return status;
}

void kafka_marks_done(struct kafka_marks *marks)
{
	free(marks->offset);
	*marks = (struct kafka_marks){ 0, NULL };
}

// A partition that had nothing to read keeps its place, too.
static void move_marks(struct kafka_marks *marks, struct reader *reader)
{
	kafka_marks_done(marks);
	*marks = (struct kafka_marks){ reader->partition_count, reader->end };
	reader->end = NULL;
}

enum status kafka_read_since(const struct kafka_config *config, const char *topic, int64_t since_ms, struct kafka_marks *marks, int timeout_ms,
	enum status (*take)(void *self, const struct kafka_message *message, struct error *error), void *self, struct error *error)
{
	bool is_marked = marks && marks->count;
	struct reader reader = { .topic = topic, .timeout_ms = timeout_ms, .since_ms = is_marked ? 0 : since_ms, .marks = marks };
	enum status status = open_reader(config, &reader, error);
	if (status == OK)
		status = find_bounds(&reader, error);
	if (status == OK)
		status = find_start(&reader, error);
	if (status == OK) {
		start_reading(&reader);
		status = read_all(&reader, take, self, error);
	}
	if (status == OK && marks)
		move_marks(marks, &reader);
	if (reader.from)
		rd_kafka_topic_partition_list_destroy(reader.from);
	free(reader.end);
	free(reader.until);
	free(reader.low);
	free(reader.mode);
	if (reader.client)
		rd_kafka_destroy(reader.client);
	return status;
}
