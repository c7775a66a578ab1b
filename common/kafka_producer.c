#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kafka.h"
#include "kafka_client.h"
#include "memory.h"

enum { PRODUCER_TOPICS_MAX = 16, PARTS_MAX = 7 + KAFKA_HEADERS_MAX };

struct kafka_producer {
	rd_kafka_t *client;
	int fd;
	uint32_t topic_count, recent;  // recent: of the last message, as that of the next mostly is
	rd_kafka_topic_t *topic[PRODUCER_TOPICS_MAX];
	void (*delivered)(void *self, void *tag, enum status status, const char *problem);
	void *self;
};

static const struct kafka_setting settings[] = {
	{ "enable.idempotence", "true", false },  // implies acks=all and order
	{ "partitioner", "murmur2_random", false },
	{ "linger.ms", "5", false },
	{ "message.timeout.ms", "900000", false },  // longer than any restart of brokers; what is given up is sent again by the caller, in another order
	{ "queue.buffering.max.messages", "100000", false },
	{ "queue.buffering.max.kbytes", "65536", false },
};

static enum status judge_delivery(rd_kafka_resp_err_t code)
{
	switch (code) {
	case RD_KAFKA_RESP_ERR_NO_ERROR: return OK;
	case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
	case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
	case RD_KAFKA_RESP_ERR_INVALID_RECORD: return REJECT;
	default: return kafka_client_judge(code);
	}
}

static void take_report(rd_kafka_t *client, const rd_kafka_message_t *message, void *opaque)
{
	(void)client;
	struct kafka_producer *producer = opaque;
	enum status status = judge_delivery(message->err);
	producer->delivered(producer->self, message->_private, status, status == OK ? NULL : rd_kafka_err2str(message->err));
}

enum status kafka_producer_open(const struct kafka_config *config, void (*delivered)(void *self, void *tag, enum status status, const char *problem),
	void *self, struct kafka_producer **ret_producer, struct error *error)
{
	struct kafka_producer *producer = memory_new(sizeof *producer);
	producer->delivered = delivered;
	producer->self = self;
	producer->fd = -1;
	rd_kafka_conf_t *conf;
	enum status status = kafka_client_settings(config, settings, sizeof settings / sizeof *settings, &conf, error);
	if (status == OK) {
		rd_kafka_conf_set_dr_msg_cb(conf, take_report);
		rd_kafka_conf_set_opaque(conf, producer);
		status = kafka_client_new(RD_KAFKA_PRODUCER, conf, &producer->client, error);
	}
	if (status == OK) {
		rd_kafka_queue_t *queue = rd_kafka_queue_get_main(producer->client);
		producer->fd = kafka_client_watch(queue);
		rd_kafka_queue_destroy(queue);
		if (producer->fd < 0)
			status = error_set(error, FATAL, "no_descriptor", "no descriptor for a Kafka producer: %s", strerror(errno));
	}
	if (status == OK)
		*ret_producer = producer;
	else
		kafka_producer_close(producer, 0);
	return status;
}

void kafka_producer_close(struct kafka_producer *producer, int timeout_ms)
{
	if (!producer)
		return;
	if (producer->client) {
		rd_kafka_flush(producer->client, timeout_ms);
		rd_kafka_purge(producer->client, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
		rd_kafka_flush(producer->client, 1000);  // the reports of what was purged
		for (uint32_t i = 0; i < producer->topic_count; i++)
			rd_kafka_topic_destroy(producer->topic[i]);
		rd_kafka_destroy(producer->client);
	}
	if (producer->fd >= 0)
		close(producer->fd);
	free(producer);
}

int kafka_producer_fd(const struct kafka_producer *producer)
{
	return producer->fd;
}

// A producer has a handful of topics, and asking librdkafka by name takes a lock each time.
static rd_kafka_topic_t *find_topic(struct kafka_producer *producer, const char *name)
{
	if (producer->topic_count && !strcmp(rd_kafka_topic_name(producer->topic[producer->recent]), name))
		return producer->topic[producer->recent];
	for (uint32_t i = 0; i < producer->topic_count; i++)
		if (!strcmp(rd_kafka_topic_name(producer->topic[i]), name))
			return producer->topic[producer->recent = i];
	if (producer->topic_count == PRODUCER_TOPICS_MAX)
		return NULL;
	rd_kafka_topic_t *topic = rd_kafka_topic_new(producer->client, name, NULL);
	if (topic)
		producer->topic[producer->topic_count++] = topic;
	return topic;
}

static enum status judge_send(rd_kafka_resp_err_t code, const char *topic, const char *problem, struct error *error)
{
	switch (code) {
	case RD_KAFKA_RESP_ERR__QUEUE_FULL: return error_set(error, RETRY, "queue_full", "too many messages wait for Kafka");
	case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE: return error_set(error, REJECT, "too_large", "a message for %s is larger than Kafka takes", topic);
	case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC: return error_set(error, FATAL, "topic_missing", "the topic %s does not exist", topic);
	case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION: return error_set(error, FATAL, "topic_missing", "the topic %s does not have that partition", topic);
	default: return error_set(error, FATAL, "kafka_refused", "a message for %s cannot be sent: %s", topic, problem);
	}
}

static size_t add_headers(rd_kafka_vu_t *part, const struct kafka_header *header, size_t count)
{
	for (size_t i = 0; i < count; i++)
		part[i] = (rd_kafka_vu_t){
			.vtype = RD_KAFKA_VTYPE_HEADER,
			.u.header = { .name = header[i].name, .val = header[i].value.at, .size = (ssize_t)header[i].value.size },
		};
	return count;
}

static enum status produce(struct kafka_producer *producer, const char *topic, int32_t partition, struct text key, struct text value,
	const struct kafka_header *header, size_t header_count, int64_t timestamp_ms, void *tag, struct error *error)
{
	rd_kafka_topic_t *handle = find_topic(producer, topic);
	if (!handle)
		return error_set(error, FATAL, "topic_missing", "no handle for the topic %s", topic);
	rd_kafka_vu_t part[PARTS_MAX] = {
		{ .vtype = RD_KAFKA_VTYPE_RKT, .u.rkt = handle },
		{ .vtype = RD_KAFKA_VTYPE_PARTITION, .u.i32 = partition },
		{ .vtype = RD_KAFKA_VTYPE_KEY, .u.mem = { (void *)key.at, key.size } },
		{ .vtype = RD_KAFKA_VTYPE_VALUE, .u.mem = { (void *)value.at, value.size } },
		{ .vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY },
		{ .vtype = RD_KAFKA_VTYPE_TIMESTAMP, .u.i64 = timestamp_ms },
		{ .vtype = RD_KAFKA_VTYPE_OPAQUE, .u.ptr = tag },
	};
	size_t count = 7 + add_headers(part + 7, header, header_count);
	rd_kafka_error_t *problem = rd_kafka_produceva(producer->client, part, count);
	if (!problem)
		return OK;
	enum status status = judge_send(rd_kafka_error_code(problem), topic, rd_kafka_error_string(problem), error);
	rd_kafka_error_destroy(problem);
	return status;
}

enum status kafka_send(struct kafka_producer *producer, const char *topic, int32_t partition, struct text key, struct text value,
	const struct kafka_header *header, size_t header_count, int64_t timestamp_ms, void *tag, struct error *error)
{
	if (header_count > KAFKA_HEADERS_MAX)
		return error_set(error, REJECT, "too_large", "a message for %s has %zu headers, more than %d", topic, header_count, KAFKA_HEADERS_MAX);
	return produce(producer, topic, partition, key, value, header, header_count, timestamp_ms, tag, error);
}

enum status kafka_send_held(struct kafka_producer *producer, const char *topic, struct text key, struct text value, void *tag, struct error *error)
{
	// By the older call: the one that takes parts of any kind spends more time on them than on the message.
	rd_kafka_topic_t *handle = find_topic(producer, topic);
	if (!handle)
		return error_set(error, FATAL, "topic_missing", "no handle for the topic %s", topic);
	if (rd_kafka_produce(handle, RD_KAFKA_PARTITION_UA, 0, (void *)(uintptr_t)value.at, value.size, key.at, key.size, tag) == 0)
		return OK;
	rd_kafka_resp_err_t code = rd_kafka_last_error();
	return judge_send(code, topic, rd_kafka_err2str(code), error);
}

void kafka_producer_poll(struct kafka_producer *producer, int timeout_ms)
{
	kafka_client_drain(producer->fd);  // before, so that what comes while we poll makes it readable again
	rd_kafka_poll(producer->client, timeout_ms);
}

size_t kafka_producer_waiting(const struct kafka_producer *producer)
{
	return (size_t)rd_kafka_outq_len(producer->client);
}
