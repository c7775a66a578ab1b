// kafka_client.h - what the files kafka*.c share: one client of librdkafka, its settings, its errors. Nobody else includes this, nor rdkafka.h.
#ifndef HOTLINE_KAFKA_CLIENT_H
#define HOTLINE_KAFKA_CLIENT_H

#include <librdkafka/rdkafka.h>

#include "kafka.h"

struct kafka_setting {
	const char *name, *value;
	bool is_optional;  // newer versions of librdkafka know it, ours may not
};

// Ours first, then the user's. The caller adds its callbacks and gives the result to kafka_client_new. FATAL bad_property.
MUST_USE enum status kafka_client_settings(const struct kafka_config *config, const struct kafka_setting *setting, size_t count, rd_kafka_conf_t **ret_conf,
	struct error *error);
MUST_USE enum status kafka_client_set(rd_kafka_conf_t *conf, const char *name, const char *value, struct error *error);
// Takes conf, also when it fails.
MUST_USE enum status kafka_client_new(rd_kafka_type_t type, rd_kafka_conf_t *conf, rd_kafka_t **ret_client, struct error *error);

// Asks the brokers. FATAL topic_missing, with the command that makes it; RETRY kafka_away.
MUST_USE enum status kafka_client_partition_count(rd_kafka_t *client, const char *brokers, const char *topic, int timeout_ms, int32_t *ret_count, struct error *error);

// Where a partition begins and ends. RETRY kafka_away, FATAL kafka_refused.
MUST_USE enum status kafka_client_bounds(rd_kafka_t *client, const char *topic, int32_t partition, int timeout_ms, int64_t *ret_low, int64_t *ret_high,
	struct error *error);

// Whether to go on after this error: RETRY, or FATAL when it does not pass by itself (no permission, fenced).
enum status kafka_client_judge(rd_kafka_resp_err_t code);
const char *kafka_client_reason(rd_kafka_resp_err_t code);  // kafka_away, or kafka_refused for FATAL

void kafka_client_message(const rd_kafka_message_t *message, uint32_t topic, struct kafka_message *ret_message);

// An eventfd that librdkafka makes readable when the queue is no longer empty. -1 with errno when the system has none left.
int kafka_client_watch(rd_kafka_queue_t *queue);
void kafka_client_drain(int fd);

#endif
