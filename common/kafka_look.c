#include "kafka_look.h"

#include <stdio.h>
#include <stdlib.h>

#include "kafka_client.h"
#include "memory.h"

struct kafka_look {
	rd_kafka_t *client;
	int timeout_ms;
	size_t broker_count;
	char broker[KAFKA_LOOK_BROKERS_MAX][KAFKA_LOOK_NAME_BYTES];
};

struct kafka_tail {
	rd_kafka_t *client;
};

static enum status find_brokers(struct kafka_look *look, const char *asked, struct error *error)
{
	const struct rd_kafka_metadata *cluster;
	rd_kafka_resp_err_t code = rd_kafka_metadata(look->client, 0, NULL, &cluster, look->timeout_ms);
	if (code)
		return error_set(error, kafka_client_judge(code), kafka_client_reason(code), "no answer from Kafka at %s: %s", asked ? asked : "(no brokers given)", rd_kafka_err2str(code));
	for (int i = 0; i < cluster->broker_cnt && look->broker_count < KAFKA_LOOK_BROKERS_MAX; i++)
		snprintf(look->broker[look->broker_count++], KAFKA_LOOK_NAME_BYTES, "%.255s:%d", cluster->brokers[i].host, cluster->brokers[i].port);
	rd_kafka_metadata_destroy(cluster);
	return OK;
}

enum status kafka_look_open(const struct kafka_config *config, int timeout_ms, struct kafka_look **ret_look, struct error *error)
{
	rd_kafka_conf_t *conf;
	struct kafka_look *look = memory_new(sizeof *look);
	look->timeout_ms = timeout_ms;
	enum status status = kafka_client_settings(config, NULL, 0, &conf, error);
	if (status == OK)
		status = kafka_client_new(RD_KAFKA_PRODUCER, conf, &look->client, error);
	if (status == OK)
		status = find_brokers(look, config->brokers, error);
	if (status == OK)
		*ret_look = look;
	else
		kafka_look_close(look);
	return status;
}

void kafka_look_close(struct kafka_look *look)
{
	if (!look)
		return;
	if (look->client)
		rd_kafka_destroy(look->client);
	free(look);
}

size_t kafka_look_broker_count(const struct kafka_look *look)
{
	return look->broker_count;
}

const char *kafka_look_broker(const struct kafka_look *look, size_t index)
{
	return look->broker[index];
}

enum status kafka_look_partitions(struct kafka_look *look, const char *topic, int32_t *ret_count, struct error *error)
{
	struct error missing;
	enum status status = kafka_client_partition_count(look->client, look->broker_count ? look->broker[0] : "", topic, look->timeout_ms, ret_count, &missing);
	if (status == OK)
		return OK;
	if (status == FATAL) {
		*ret_count = 0;
		return OK;
	}
	return error_set(error, status, missing.reason, "%s", missing.text);
}

enum status kafka_look_watermarks(struct kafka_look *look, const char *topic, int32_t partition, int64_t *ret_low, int64_t *ret_high, struct error *error)
{
	return kafka_client_bounds(look->client, topic, partition, look->timeout_ms, ret_low, ret_high, error);
}

// A client of the group that joins nothing: it asks the group's coordinator.
static enum status open_member(const struct kafka_config *config, const char *group, rd_kafka_t **ret_client, struct error *error)
{
	rd_kafka_conf_t *conf;
	const struct kafka_setting setting[] = { { "group.id", group, false }, { "enable.auto.commit", "false", false } };
	enum status status = kafka_client_settings(config, setting, sizeof setting / sizeof *setting, &conf, error);
	return status == OK ? kafka_client_new(RD_KAFKA_CONSUMER, conf, ret_client, error) : status;
}

enum status kafka_look_committed(const struct kafka_config *config, const char *group, const char *topic, int32_t count, int timeout_ms, int64_t *ret_offsets,
	struct error *error)
{
	rd_kafka_t *client = NULL;
	enum status status = open_member(config, group, &client, error);
	if (status != OK)
		return status;
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(count);
	for (int32_t i = 0; i < count; i++)
		rd_kafka_topic_partition_list_add(list, topic, i);
	rd_kafka_resp_err_t code = count ? rd_kafka_committed(client, list, timeout_ms) : 0;
	for (int32_t i = 0; i < count && !code; i++)
		ret_offsets[i] = list->elems[i].offset >= 0 ? list->elems[i].offset : -1;
	if (code)
		status = error_set(error, kafka_client_judge(code), kafka_client_reason(code), "Kafka does not tell what the group %s has committed of %s: %s", group, topic, rd_kafka_err2str(code));
	rd_kafka_topic_partition_list_destroy(list);
	rd_kafka_destroy(client);
	return status;
}

static const struct kafka_setting tail_settings[] = {
	{ "group.id", "hotline-tail", false },  // librdkafka wants one; nothing is joined or committed
	{ "enable.auto.commit", "false", false },
	{ "enable.auto.offset.store", "false", false },
	{ "auto.offset.reset", "latest", false },
	{ "fetch.wait.max.ms", "50", false },
};

static enum status start_tail(struct kafka_tail *tail, const struct kafka_config *config, const char *topic, int timeout_ms, struct error *error)
{
	int32_t count;
	rd_kafka_poll_set_consumer(tail->client);
	enum status status = kafka_client_partition_count(tail->client, config->brokers, topic, timeout_ms, &count, error);
	if (status != OK)
		return status;
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(count);
	for (int32_t i = 0; i < count && status == OK; i++) {
		int64_t low, high;
		// The end is asked for now and not left to "latest": what comes between this call and the first fetch is not missed.
		status = kafka_client_bounds(tail->client, topic, i, timeout_ms, &low, &high, error);
		if (status == OK)
			rd_kafka_topic_partition_list_add(list, topic, i)->offset = high;
	}
	if (status == OK)
		rd_kafka_assign(tail->client, list);
	rd_kafka_topic_partition_list_destroy(list);
	return status;
}

enum status kafka_tail_open(const struct kafka_config *config, const char *topic, int timeout_ms, struct kafka_tail **ret_tail, struct error *error)
{
	rd_kafka_conf_t *conf;
	struct kafka_tail *tail = memory_new(sizeof *tail);
	enum status status = kafka_client_settings(config, tail_settings, sizeof tail_settings / sizeof *tail_settings, &conf, error);
	if (status == OK)
		status = kafka_client_new(RD_KAFKA_CONSUMER, conf, &tail->client, error);
	if (status == OK)
		status = start_tail(tail, config, topic, timeout_ms, error);
	if (status == OK)
		*ret_tail = tail;
	else
		kafka_tail_close(tail);
	return status;
}

void kafka_tail_close(struct kafka_tail *tail)
{
	if (!tail)
		return;
	if (tail->client) {
		rd_kafka_consumer_close(tail->client);
		rd_kafka_destroy(tail->client);
	}
	free(tail);
}

enum status kafka_tail_poll(struct kafka_tail *tail, int timeout_ms, struct kafka_message *ret_message, bool *ret_is_there, struct error *error)
{
	*ret_is_there = false;
	rd_kafka_message_t *message = rd_kafka_consumer_poll(tail->client, timeout_ms);
	if (!message)
		return OK;
	if (!message->err) {
		kafka_client_message(message, 0, ret_message);
		*ret_is_there = true;
		return OK;
	}
	enum status status = kafka_client_judge(message->err) == FATAL ? error_set(error, FATAL, "kafka_refused", "Kafka: %s", rd_kafka_message_errstr(message)) : OK;
	rd_kafka_message_destroy(message);
	return status;
}
