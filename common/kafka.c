#include "kafka.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "kafka_client.h"
#include "log.h"

// What exactness rests on; a user's -X may not touch it. Other names of the same settings included.
static const char *const fixed_names[] = {
	"acks", "auto.commit.enable", "auto.offset.reset", "bootstrap.servers", "enable.auto.commit", "enable.auto.offset.store", "enable.idempotence",
	"enable.partition.eof", "group.id", "group.instance.id", "isolation.level", "metadata.broker.list", "partition.assignment.strategy", "partitioner",
	"request.required.acks", "transactional.id",
};

static bool is_fixed(const char *name)
{
	for (size_t i = 0; i < sizeof fixed_names / sizeof *fixed_names; i++)
		if (!strcmp(name, fixed_names[i]))
			return true;
	return false;
}

enum status kafka_client_set(rd_kafka_conf_t *conf, const char *name, const char *value, struct error *error)
{
	char problem[256];
	if (rd_kafka_conf_set(conf, name, value, problem, sizeof problem) != RD_KAFKA_CONF_OK)
		return error_set(error, FATAL, "bad_property", "librdkafka refuses the property %s: %s", name, problem);
	return OK;
}

static enum status set_property(rd_kafka_conf_t *conf, const char *property, struct error *error)
{
	const char *equals = strchr(property, '=');
	char name[128];
	if (!equals || !text_copy((struct text){ property, (uint32_t)(equals - property) }, name, sizeof name) || !name[0])
		return error_set(error, FATAL, "bad_property", "the property \"%.*s\" is not of the form key=value", equals ? (int)(equals - property) : 64, property);
	if (is_fixed(name))
		return error_set(error, FATAL, "bad_property", "the property %s may not be set with -X: exact counts rest on it, or it has an option of its own", name);
	return kafka_client_set(conf, name, equals + 1, error);
}

static enum status set_all(rd_kafka_conf_t *conf, const struct kafka_config *config, const struct kafka_setting *setting, size_t count, struct error *error)
{
	enum status status = OK;
	for (size_t i = 0; i < count && status == OK; i++)
		if (!setting[i].is_optional)
			status = kafka_client_set(conf, setting[i].name, setting[i].value, error);
		else
			rd_kafka_conf_set(conf, setting[i].name, setting[i].value, NULL, 0);
	for (uint32_t i = 0; i < config->property_count && status == OK; i++)
		status = set_property(conf, config->property[i], error);
	if (status == OK && config->brokers)
		status = kafka_client_set(conf, "bootstrap.servers", config->brokers, error);
	if (status == OK && config->client_id)
		status = kafka_client_set(conf, "client.id", config->client_id, error);
	return status;
}

// Called by librdkafka's own threads as well. A broker that is away is told of again and again, so everything is limited.
static void log_line(const rd_kafka_t *client, int level, const char *facility, const char *text)
{
	static struct log_limit limit;
	enum log_level ours = level <= 4 ? LOG_LEVEL_WARN : level <= 6 ? LOG_LEVEL_INFO : LOG_LEVEL_DEBUG;  // syslog's numbers
	if (!strcmp(facility, "CONFWARN"))  // "is a producer property": one list of -X serves consumers and producers
		ours = LOG_LEVEL_DEBUG;
	if (ours == LOG_LEVEL_DEBUG)
		log_debug(text, "from=librdkafka client=%s facility=%s", rd_kafka_name(client), facility);
	else
		log_limited(&limit, ours, text, "from=librdkafka client=%s facility=%s", rd_kafka_name(client), facility);
}

enum status kafka_client_settings(const struct kafka_config *config, const struct kafka_setting *setting, size_t count, rd_kafka_conf_t **ret_conf,
	struct error *error)
{
	static const struct kafka_setting common[] = {
		{ "socket.nagle.disable", "true", false },
		{ "reconnect.backoff.max.ms", "2000", false },
		{ "log.connection.close", "false", false },
	};
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	rd_kafka_conf_set_log_cb(conf, log_line);
	struct kafka_config nothing = { 0 };
	enum status status = set_all(conf, &nothing, common, sizeof common / sizeof *common, error);
	if (status == OK)
		status = set_all(conf, config, setting, count, error);
	if (status == OK)
		*ret_conf = conf;
	else
		rd_kafka_conf_destroy(conf);
	return status;
}

enum status kafka_client_new(rd_kafka_type_t type, rd_kafka_conf_t *conf, rd_kafka_t **ret_client, struct error *error)
{
	char problem[256];
	rd_kafka_t *client = rd_kafka_new(type, conf, problem, sizeof problem);
	if (!client) {
		rd_kafka_conf_destroy(conf);
		return error_set(error, FATAL, "bad_property", "librdkafka refuses its settings: %s", problem);
	}
	*ret_client = client;
	return OK;
}

enum status kafka_config_check(const struct kafka_config *config, struct error *error)
{
	rd_kafka_conf_t *conf;
	enum status status = kafka_client_settings(config, NULL, 0, &conf, error);
	if (status == OK)
		rd_kafka_conf_destroy(conf);
	return status;
}

enum status kafka_client_judge(rd_kafka_resp_err_t code)
{
	switch (code) {
	case RD_KAFKA_RESP_ERR__FATAL:
	case RD_KAFKA_RESP_ERR__FENCED:
	case RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID:
	case RD_KAFKA_RESP_ERR_INCONSISTENT_GROUP_PROTOCOL:
	case RD_KAFKA_RESP_ERR_INVALID_SESSION_TIMEOUT:
	case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
	case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
	case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
	case RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED: return FATAL;
	default: return RETRY;
	}
}

const char *kafka_client_reason(rd_kafka_resp_err_t code)
{
	return kafka_client_judge(code) == FATAL ? "kafka_refused" : "kafka_away";
}

static enum status judge_topic(const rd_kafka_metadata_topic_t *found, const char *brokers, int32_t *ret_count, struct error *error)
{
	if (found->err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
		return error_set(error, FATAL, "topic_missing", "the topic %s does not exist; make it: kafka-topics.sh --bootstrap-server %s --create --topic %s --partitions 4",
			found->topic, brokers, found->topic);
	if (found->err)
		return error_set(error, kafka_client_judge(found->err), kafka_client_reason(found->err), "the topic %s is not usable: %s", found->topic, rd_kafka_err2str(found->err));
	if (!found->partition_cnt)
		return error_set(error, RETRY, "kafka_away", "the topic %s has no partitions yet", found->topic);
	*ret_count = found->partition_cnt;
	return OK;
}

enum status kafka_client_partition_count(rd_kafka_t *client, const char *brokers, const char *topic, int timeout_ms, int32_t *ret_count, struct error *error)
{
	const struct rd_kafka_metadata *metadata;
	rd_kafka_topic_t *handle = rd_kafka_topic_new(client, topic, NULL);
	if (!handle)
		return error_set(error, FATAL, "topic_missing", "\"%s\" is no name of a topic", topic);
	rd_kafka_resp_err_t code = rd_kafka_metadata(client, 0, handle, &metadata, timeout_ms);
	rd_kafka_topic_destroy(handle);
	if (code)
		return error_set(error, kafka_client_judge(code), kafka_client_reason(code), "no broker of %s tells about the topic %s: %s", brokers, topic, rd_kafka_err2str(code));
	enum status status = metadata->topic_cnt == 1 ? judge_topic(&metadata->topics[0], brokers, ret_count, error)
	                                              : error_set(error, RETRY, "kafka_away", "no broker tells about the topic %s", topic);
	rd_kafka_metadata_destroy(metadata);
	return status;
}

enum status kafka_partition_count(const struct kafka_config *config, const char *topic, int timeout_ms, int32_t *ret_count, struct error *error)
{
	rd_kafka_conf_t *conf;
	rd_kafka_t *client;
	enum status status = kafka_client_settings(config, NULL, 0, &conf, error);
	if (status == OK)
		status = kafka_client_new(RD_KAFKA_CONSUMER, conf, &client, error);  // a producer's question would create the topic
	if (status != OK)
		return status;
	status = kafka_client_partition_count(client, config->brokers, topic, timeout_ms, ret_count, error);
	rd_kafka_destroy(client);
	return status;
}

static rd_kafka_resp_err_t ask_bound(rd_kafka_t *client, const char *topic, int32_t partition, int64_t which, int timeout_ms, int64_t *ret_offset)
{
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
	rd_kafka_topic_partition_list_add(list, topic, partition)->offset = which;  // the call takes instants; on the wire these two are some
	rd_kafka_resp_err_t code = rd_kafka_offsets_for_times(client, list, timeout_ms);
	code = code ? code : list->elems[0].err;
	*ret_offset = list->elems[0].offset;
	rd_kafka_topic_partition_list_destroy(list);
	return code;
}

// Not by rd_kafka_query_watermark_offsets: it sends a request for each of the two, and when both answers are there at once, an error of the first is overwritten by the
// second, and a partition that has records passes for empty (2.0.2).
enum status kafka_client_bounds(rd_kafka_t *client, const char *topic, int32_t partition, int timeout_ms, int64_t *ret_low, int64_t *ret_high, struct error *error)
{
	int64_t low, high;
	rd_kafka_resp_err_t code = ask_bound(client, topic, partition, RD_KAFKA_OFFSET_BEGINNING, timeout_ms, &low);
	if (!code)
		code = ask_bound(client, topic, partition, RD_KAFKA_OFFSET_END, timeout_ms, &high);
	if (code)
		return error_set(error, kafka_client_judge(code), kafka_client_reason(code), "Kafka does not tell where partition %d of %s begins and ends: %s", partition, topic,
			rd_kafka_err2str(code));
	*ret_low = low;
	*ret_high = high;
	return OK;
}

void kafka_client_message(const rd_kafka_message_t *message, uint32_t topic, struct kafka_message *ret_message)
{
	*ret_message = (struct kafka_message){
		.topic = topic,
		.partition = message->partition,
		.offset = message->offset,
		.timestamp_ms = rd_kafka_message_timestamp(message, NULL),
		.key = { message->key, (uint32_t)message->key_len },
		.value = { message->payload, (uint32_t)message->len },
		.is_tombstone = !message->payload,
		.handle = (void *)message,
	};
}

bool kafka_message_header(const struct kafka_message *message, const char *name, struct text *ret_value)
{
	rd_kafka_headers_t *headers;
	const void *value;
	size_t size;
	if (rd_kafka_message_headers(message->handle, &headers) || rd_kafka_header_get_last(headers, name, &value, &size))
		return false;
	*ret_value = (struct text){ value, (uint32_t)size };
	return true;
}

void kafka_message_done(struct kafka_message *message)
{
	if (message->handle)
		rd_kafka_message_destroy(message->handle);
	message->handle = NULL;
}

int kafka_client_watch(rd_kafka_queue_t *queue)
{
	static const uint64_t one = 1;
	int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (fd >= 0)
		rd_kafka_queue_io_event_enable(queue, fd, &one, sizeof one);
	return fd;
}

void kafka_client_drain(int fd)
{
	uint64_t count;
	ssize_t size = read(fd, &count, sizeof count);
	(void)size;  // nothing in it is as good
}
