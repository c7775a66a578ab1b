// Topics of the Kafka in memory, and those who read them without a group.
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "kafka_offsets.h"
#include "memory.h"
#include "sim_kafka.h"

enum { ASK_US_MIN = 200, ASK_US_MAX = 5000, READ_ALL_E4 = 5000, READ_SOME_MAX = 20 };

static struct log {
	struct log_topic topic[LOG_TOPICS_MAX];
	size_t count;
	int64_t down_until_us;
} logs;

struct kafka_faults kafka_sim_faults;

static void free_record(struct record *record)
{
	sim_free((void *)record->key.at);
	sim_free((void *)record->value.at);
	for (size_t i = 0; i < record->header_count; i++) {
		sim_free((void *)record->header[i][0].at);
		sim_free((void *)record->header[i][1].at);
	}
}

static void free_topic(struct log_topic *topic)
{
	for (int32_t i = 0; i < topic->partition_count; i++) {
		for (size_t j = 0; j < topic->partition[i].count; j++)
			free_record(&topic->partition[i].record[j]);
		sim_free(topic->partition[i].record);
	}
}

static void gone(struct member *member, bool is_crash)
{
	kafka_sim_consumers_gone(member, is_crash);
	kafka_sim_producers_gone(member, is_crash);
}

void kafka_sim_reset(void)
{
	kafka_sim_reset_consumers();
	kafka_sim_reset_producers();
	for (size_t i = 0; i < logs.count; i++)
		free_topic(&logs.topic[i]);
	logs = (struct log){ .count = 0 };
	kafka_sim_faults = (struct kafka_faults){ .ack_us_max = 5000 };
	sim_on_gone(gone);
}

void kafka_sim_set_faults(const struct kafka_faults *faults)
{
	kafka_sim_faults = *faults;
}

void kafka_sim_down(int64_t for_us)
{
	sim_hit[SIM_kafka_down]++;
	logs.down_until_us = sim_now_us() + for_us;
}

bool kafka_sim_is_down(void)
{
	return logs.down_until_us > sim_now_us();
}

void kafka_sim_add_topic(const char *name, int32_t partition_count)
{
	assert(logs.count < LOG_TOPICS_MAX && partition_count <= LOG_PARTITIONS_MAX);
	logs.topic[logs.count++] = (struct log_topic){ .name = name, .partition_count = partition_count };
}

struct log_topic *kafka_sim_topic(const char *name)
{
	for (size_t i = 0; i < logs.count; i++)
		if (!strcmp(logs.topic[i].name, name))
			return &logs.topic[i];
	return NULL;
}

int64_t kafka_sim_append(struct log_topic *topic, int32_t number, const struct record *record)
{
	struct log_partition *partition = &topic->partition[number];
	partition->record = sim_grow(partition->record, partition->count + 1, sizeof *partition->record, &partition->capacity);
	struct record *copy = &partition->record[partition->count];
	*copy = *record;
	copy->key = sim_copy(record->key);
	copy->value = sim_copy(record->value);
	for (size_t i = 0; i < record->header_count; i++) {
		copy->header[i][0] = sim_copy(record->header[i][0]);
		copy->header[i][1] = sim_copy(record->header[i][1]);
	}
	if (copy->timestamp_ms <= 0)
		copy->timestamp_ms = sim_wall_us() / 1000;
	return (int64_t)partition->count++;
}

bool record_header(const struct record *record, const char *name, struct text *ret_value)
{
	for (size_t i = 0; i < record->header_count; i++)
		if (text_equal(record->header[i][0], text_of(name))) {
			*ret_value = record->header[i][1];
			return true;
		}
	return false;
}

static enum status away(struct error *error)
{
	return error_set(error, RETRY, "kafka_away", "Kafka is away");
}

// A question to the broker takes a while, in which others run.
static enum status ask(int timeout_ms, struct error *error)
{
	sim_call(SIM_CALL_KAFKA);
	if (kafka_sim_is_down()) {
		sim_sleep((int64_t)timeout_ms * 1000);
		return away(error);
	}
	sim_sleep(sim_delay(ASK_US_MIN, ASK_US_MAX));
	return OK;
}

static enum status find_topic(const char *name, struct log_topic **ret_topic, struct error *error)
{
	*ret_topic = kafka_sim_topic(name);
	return *ret_topic ? OK : error_set(error, FATAL, "topic_missing", "there is no topic %s", name);
}

enum status kafka_partition_count(const struct kafka_config *config, const char *name, int timeout_ms, int32_t *ret_count, struct error *error)
{
	(void)config;
	struct log_topic *topic = NULL;
	enum status status = ask(timeout_ms, error);
	if (status == OK)
		status = find_topic(name, &topic, error);
	if (status == OK && topic)
		*ret_count = topic->partition_count;
	return status;
}

static int64_t offset_at(const struct log_partition *partition, int64_t at_ms)
{
	int64_t offset = partition->low;
	while (offset < (int64_t)partition->count && partition->record[offset].timestamp_ms < at_ms)
		offset++;
	return offset;
}

enum status kafka_offsets_at(const struct kafka_config *config, const char *name, int64_t at_ms, int timeout_ms, int64_t *ret_offset, int32_t count, struct error *error)
{
	(void)config;
	struct log_topic *topic;
	enum status status = ask(timeout_ms, error);
	if (status == OK)
		status = find_topic(name, &topic, error);
	for (int32_t i = 0; i < count && status == OK; i++)
		ret_offset[i] = offset_at(&topic->partition[i], at_ms);
	return status;
}

// Gives a record away as memory of its own, so that use after the call is found by the sanitizer.
static enum status give(const struct record *record, int32_t partition, int64_t offset,
	enum status (*take)(void *self, const struct kafka_message *message, struct error *error), void *self, struct error *error)
{
	struct text key = sim_copy(record->key), value = sim_copy(record->value);
	struct kafka_message message = {
		.partition = partition,
		.offset = offset,
		.timestamp_ms = record->timestamp_ms,
		.key = record->has_key ? key : (struct text){ NULL, 0 },
		.value = value,
		.is_tombstone = record->is_tombstone,
	};
	enum status status = take(self, &message, error);
	sim_free((void *)key.at);
	sim_free((void *)value.at);
	return status;
}

void kafka_marks_done(struct kafka_marks *marks)
{
	free(marks->offset);
	*marks = (struct kafka_marks){ 0, NULL };
}

struct kafka_reading {
	const struct log_topic *topic;
	int64_t since_ms;   // INT64_MIN: by marks
	int timeout_ms;
	int64_t heard_us;
	int64_t *first, *next, *end;  // by partition
};

enum status kafka_reading_new(const struct kafka_config *config, const char *name, int64_t since_ms, const struct kafka_marks *marks, int timeout_ms,
	struct kafka_reading **ret_reading, struct error *error)
{
	(void)config;
	struct log_topic *topic;
	bool is_marked = marks && marks->count;
	enum status status = ask(timeout_ms, error);
	if (status == OK)
		status = find_topic(name, &topic, error);
	if (status != OK)
		return status;
	sim_hit[SIM_read_backs]++;
	struct kafka_reading *reading = memory_new(sizeof *reading);
	size_t size = (size_t)topic->partition_count * sizeof *reading->next;
	*reading = (struct kafka_reading){ topic, is_marked ? INT64_MIN : since_ms, timeout_ms, sim_now_us(), memory_new(size), memory_new(size), memory_new(size) };
	for (int32_t i = 0; i < topic->partition_count; i++) {
		reading->first[i] = reading->next[i] = is_marked ? marks->offset[i] : offset_at(&topic->partition[i], since_ms);
		reading->end[i] = (int64_t)topic->partition[i].count;
	}
	*ret_reading = reading;
	return OK;
}

static bool is_read(const struct kafka_reading *reading)
{
	for (int32_t i = 0; i < reading->topic->partition_count; i++)
		if (reading->next[i] < reading->end[i])
			return false;
	return true;
}

// At times a few come, at times all that are asked for.
enum status kafka_reading_take(struct kafka_reading *reading, size_t count, enum status (*take)(void *self, const struct kafka_message *message, struct error *error), void *self,
	bool *ret_is_done, struct error *error)
{
	enum status status = OK;
	sim_call(SIM_CALL_KAFKA);
	*ret_is_done = false;
	if (kafka_sim_is_down())
		return sim_now_us() - reading->heard_us > (int64_t)reading->timeout_ms * 1000 ? away(error) : OK;
	reading->heard_us = sim_now_us();
	if (sim_hits_e4(kafka_sim_faults.silent_e4))
		return OK;
	size_t left = sim_hits_e4(READ_ALL_E4) ? count : (size_t)sim_between(0, READ_SOME_MAX);
	left = left < count ? left : count;
	for (int32_t i = 0; i < reading->topic->partition_count; i++)
		for (; left && status == OK && reading->next[i] < reading->end[i]; left--, reading->next[i]++) {
			const struct record *record = &reading->topic->partition[i].record[reading->next[i]];
			if (record->timestamp_ms >= reading->since_ms)
				status = give(record, i, reading->next[i], take, self, error);
		}
	*ret_is_done = is_read(reading);
	return status;
}

void kafka_reading_again(struct kafka_reading *reading)
{
	memcpy(reading->next, reading->first, (size_t)reading->topic->partition_count * sizeof *reading->next);
	reading->heard_us = sim_now_us();
}

void kafka_reading_marks(const struct kafka_reading *reading, struct kafka_marks *marks)
{
	int32_t count = reading->topic->partition_count;
	kafka_marks_done(marks);
	*marks = (struct kafka_marks){ count, memory_new((size_t)count * sizeof *marks->offset) };
	for (int32_t i = 0; i < count; i++)
		marks->offset[i] = reading->end[i];
}

void kafka_reading_free(struct kafka_reading *reading)
{
	if (!reading)
		return;
	free(reading->first);
	free(reading->next);
	free(reading->end);
	free(reading);
}

// At once: the broker does not go away meanwhile.
enum status kafka_read_since(const struct kafka_config *config, const char *name, int64_t since_ms, struct kafka_marks *marks, int timeout_ms,
	enum status (*take)(void *self, const struct kafka_message *message, struct error *error), void *self, struct error *error)
{
	struct kafka_reading *reading = NULL;
	enum status status = kafka_reading_new(config, name, since_ms, marks, timeout_ms, &reading, error);
	for (int32_t i = 0; status == OK && i < reading->topic->partition_count; i++)
		for (; status == OK && reading->next[i] < reading->end[i]; reading->next[i]++) {
			const struct record *record = &reading->topic->partition[i].record[reading->next[i]];
			if (record->timestamp_ms >= reading->since_ms)
				status = give(record, i, reading->next[i], take, self, error);
		}
	if (status == OK && marks)
		kafka_reading_marks(reading, marks);
	kafka_reading_free(reading);
	return status;
}

size_t kafka_sim_topic_number(const struct log_topic *topic)
{
	return (size_t)(topic - logs.topic);
}
