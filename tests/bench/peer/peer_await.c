// How far the consumers have come, asked from outside: the heads in Redis, the group's offsets in Kafka.
#include <librdkafka/rdkafka.h>
#include <poll.h>
#include <stdbool.h>

#include "kafka.h"
#include "peer.h"

enum { LOOK_MS = 20, QUIET_LOOKS = 10, TIMEOUT_MS = 10000, PROBLEM_BYTES = 512 };

// What a step changes. Equal twice with everything taken in: no step came between.
struct progress {
	int64_t records, outbox;
	uint64_t commits;
};

static struct progress progress_of(const struct store *store)
{
	struct progress progress = { 0 };
	for (size_t i = 0; i < store_shard_count(store); i++) {
		const struct store_shard *shard = store_shard(store, i);
		if (!shard->is_there)
			continue;
		progress.commits += shard->head.commit;
		progress.outbox += shard->outbox_count;
		if (shard->is_of_tickets && shard->head.offset > 0)
			progress.records += shard->head.offset;
	}
	return progress;
}

// Timers come after the last event, in steps of their own: it is over when there has been no step for a while.
enum status peer_await_taken(struct store *store, int64_t records, struct error *error)
{
	uint64_t commits = 0;
	for (int quiet = 0; quiet < QUIET_LOOKS;) {
		enum status status = store_load(store, error);
		if (status != OK)
			return status;
		struct progress now = progress_of(store);
		quiet = now.records == records && !now.outbox && now.commits == commits ? quiet + 1 : 0;
		commits = now.commits;
		poll(NULL, 0, LOOK_MS);
	}
	return OK;
}

static rd_kafka_t *open_group(const char *brokers, struct error *error)
{
	char problem[PROBLEM_BYTES];
	const char *const settings[][2] = { { "bootstrap.servers", brokers }, { "group.id", "hotline-units" }, { "enable.auto.commit", "false" } };
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
		rd_kafka_conf_set(conf, settings[i][0], settings[i][1], NULL, 0);
	rd_kafka_t *kafka = rd_kafka_new(RD_KAFKA_CONSUMER, conf, problem, sizeof problem);
	if (!kafka)
		(void)error_set(error, FATAL, "kafka_away", "%s", problem);
	return kafka;
}

static enum status has_summed(rd_kafka_t *kafka, const char *topic, int32_t partitions, bool *ret_has, struct error *error)
{
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(partitions);
	for (int32_t i = 0; i < partitions; i++)
		rd_kafka_topic_partition_list_add(list, topic, i);
	rd_kafka_resp_err_t problem = rd_kafka_committed(kafka, list, TIMEOUT_MS);
	*ret_has = true;
	for (int32_t i = 0; i < partitions && !problem; i++) {
		int64_t low, high;
		problem = rd_kafka_query_watermark_offsets(kafka, topic, i, &low, &high, TIMEOUT_MS);
		*ret_has = *ret_has && (high == 0 || list->elems[i].offset == high);
	}
	rd_kafka_topic_partition_list_destroy(list);
	return problem ? error_set(error, FATAL, "kafka_away", "%s: %s", topic, rd_kafka_err2str(problem)) : OK;
}

enum status peer_await_summed(const char *brokers, struct error *error)
{
	static const char topic[] = "hotline.counter-changes";
	const struct kafka_config config = { .brokers = brokers, .client_id = "bench-peer" };
	int32_t partitions;
	bool has = false;
	enum status status = kafka_partition_count(&config, topic, TIMEOUT_MS, &partitions, error);
	rd_kafka_t *kafka = status == OK ? open_group(brokers, error) : NULL;
	if (!kafka)
		return FATAL;
	while (status == OK && !has) {
		status = has_summed(kafka, topic, partitions, &has, error);
		if (!has)
			poll(NULL, 0, LOOK_MS);
	}
	rd_kafka_destroy(kafka);
	return status;
}
