#include "kafka_offsets.h"

#include <stdlib.h>

#include "kafka_client.h"
#include "memory.h"

static enum status away(rd_kafka_resp_err_t code, const char *topic, struct error *error)
{
	return error_set(error, kafka_client_judge(code), kafka_client_reason(code), "Kafka does not tell how %s stood at an instant: %s", topic, rd_kafka_err2str(code));
}

static enum status look_up(rd_kafka_t *client, const char *topic, int64_t at_ms, int timeout_ms, int64_t *ret_offset, int32_t count, struct error *error)
{
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(count);
	for (int32_t i = 0; i < count; i++)
		rd_kafka_topic_partition_list_add(list, topic, i)->offset = at_ms;  // the call takes instants and gives offsets
	rd_kafka_resp_err_t code = rd_kafka_offsets_for_times(client, list, timeout_ms);
	for (int i = 0; i < list->cnt && !code; i++)
		code = list->elems[i].err;
	for (int i = 0; i < list->cnt && !code; i++)
		ret_offset[list->elems[i].partition] = list->elems[i].offset;
	rd_kafka_topic_partition_list_destroy(list);
	return code ? away(code, topic, error) : OK;
}

// An instant that nothing is newer than gives no offset. Nor does a broker that cannot look up: it finds nothing since 1970 in a partition that has records.
static enum status fill_gap(rd_kafka_t *client, const char *topic, int32_t partition, int64_t first, int timeout_ms, int64_t *offset, struct error *error)
{
	int64_t low, high;
	enum status status = kafka_client_bounds(client, topic, partition, timeout_ms, &low, &high, error);
	if (status != OK)
		return status;
	*offset = first >= 0 || low == high ? high : KAFKA_OFFSET_EARLIEST;
	return OK;
}

static enum status find(rd_kafka_t *client, const char *topic, int64_t at_ms, int timeout_ms, int64_t *offset, int64_t *first, int32_t count, struct error *error)
{
	enum status status = look_up(client, topic, at_ms, timeout_ms, offset, count, error);
	if (status == OK)
		status = look_up(client, topic, 1, timeout_ms, first, count, error);
	for (int32_t i = 0; i < count && status == OK; i++)
		if (offset[i] < 0)
			status = fill_gap(client, topic, i, first[i], timeout_ms, &offset[i], error);
	return status;
}

enum status kafka_offsets_at(const struct kafka_config *config, const char *topic, int64_t at_ms, int timeout_ms, int64_t *ret_offset, int32_t count,
	struct error *error)
{
	rd_kafka_conf_t *conf;
	rd_kafka_t *client;
	int32_t there;
	enum status status = kafka_client_settings(config, NULL, 0, &conf, error);
	if (status == OK)
		status = kafka_client_new(RD_KAFKA_CONSUMER, conf, &client, error);
	if (status != OK)
		return status;
	int64_t *first = memory_new((size_t)count * sizeof *first);
	status = kafka_client_partition_count(client, config->brokers, topic, timeout_ms, &there, error);
	if (status == OK && there < count)
		status = error_set(error, FATAL, "topic_missing", "the topic %s has %d partitions and not %d", topic, there, count);
	if (status == OK)
		status = find(client, topic, at_ms < 1 ? 1 : at_ms, timeout_ms, ret_offset, first, count, error);
	free(first);
	rd_kafka_destroy(client);
	return status;
}
