#include "event_output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "clock_mark.h"
#include "memory.h"
#include "wire.h"

enum { POLL_MS = 50, PUTS_A_POLL = 64, STOP_GRACE_MS = 5000 };

struct event_output {
	FILE *file;  // NULL for Kafka
	int32_t zone_ms;
	struct kafka_producer *producer;
	char topic[2][KAFKA_TOPIC_BYTES];  // ticket events, unit events
	int32_t partition_count[2];
	uint64_t put_count, failed_count;
	char problem[128];                 // why Kafka gave up the first
};

static void take_delivery(void *self, void *tag, enum status status, const char *problem)
{
	struct event_output *output = self;
	(void)tag;
	if (status == OK)
		return;
	if (!output->failed_count++)
		snprintf(output->problem, sizeof output->problem, "%s", problem ? problem : "no reason given");
}

static enum status count_partitions(struct event_output *output, const struct kafka_config *config, const struct event_output_topics *topics, int timeout_ms,
	struct error *error)
{
	const char *const name[2] = { topics->ticket_events, topics->unit_events };
	for (int i = 0; i < 2; i++) {
		if (!text_copy(text_of(name[i]), output->topic[i], sizeof output->topic[i]))
			return error_set(error, FATAL, "bad_config", "the name of a topic is longer than %d bytes", KAFKA_TOPIC_BYTES - 1);
		enum status status = kafka_partition_count(config, name[i], timeout_ms, &output->partition_count[i], error);
		if (status != OK)
			return status;
	}
	return OK;
}

enum status event_output_open_kafka(const struct kafka_config *config, const struct event_output_topics *topics, int timeout_ms,
	struct event_output **ret_output, struct error *error)
{
	struct event_output *output = memory_new(sizeof *output);
	enum status status = count_partitions(output, config, topics, timeout_ms, error);
	if (status == OK)
		status = kafka_producer_open(config, take_delivery, output, &output->producer, error);
	if (status == OK)
		*ret_output = output;
	else
		event_output_close(output);
	return status;
}

struct event_output *event_output_open_lines(FILE *file, int32_t zone_ms)
{
	struct event_output *output = memory_new(sizeof *output);
	output->file = file;
	output->zone_ms = zone_ms;
	return output;
}

void event_output_close(struct event_output *output)
{
	if (!output)
		return;
	kafka_producer_close(output->producer, 0);
	free(output);
}

static enum status encode_line(const struct event_output *output, struct text ticket_id, const struct event *event, const struct names *names,
	struct event_encoding *encoding, size_t *ret_size, struct error *error)
{
	char *line = (char *)encoding->bytes;
	*ret_size = event_json_write(ticket_id, event, names, output->zone_ms, line, sizeof encoding->bytes - 1);
	if (!*ret_size)
		return error_set(error, REJECT, "too_large", "the line is longer than %zu bytes", sizeof encoding->bytes);
	line[(*ret_size)++] = '\n';
	return OK;
}

enum status event_output_encode(const struct event_output *output, struct text ticket_id, const struct event *event, const struct names *names,
	struct event_encoding *encoding, struct event_record *ret_record, struct error *error)
{
	size_t size = 0;
	bool is_of_unit = event_is_of_unit(event);
	enum status status;
	if (output->file)
		status = encode_line(output, ticket_id, event, names, encoding, &size, error);
	else if (is_of_unit)
		status = wire_pack_unit_event(event, names, encoding->bytes, WIRE_EVENT_BYTES_MAX, &size, error);
	else
		status = wire_pack_ticket_event(ticket_id, event, names, encoding->bytes, WIRE_EVENT_BYTES_MAX, &size, error);
	if (status == OK)
		*ret_record = (struct event_record){
			.is_of_unit = is_of_unit,
			.key = is_of_unit ? names_text(names, event->unit) : ticket_id,
			.value = { (const char *)encoding->bytes, (uint32_t)size },
			.at_ms = event->at_ms,
		};
	return status;
}

static enum status check_failures(const struct event_output *output, struct error *error)
{
	if (!output->failed_count)
		return OK;
	return error_set(error, FATAL, "not_delivered", "Kafka did not take %llu of %llu records: %s", (unsigned long long)output->failed_count,
		(unsigned long long)output->put_count, output->problem);
}

static enum status send(struct event_output *output, int topic, int32_t partition, struct text key, struct text value, const struct kafka_header *header,
	struct error *error)
{
	for (;;) {
		enum status status = kafka_send(output->producer, output->topic[topic], partition, key, value, header, header != NULL, 0, NULL, error);
		bool is_full = status == RETRY;
		output->put_count += status == OK;
		if (is_full || output->put_count % PUTS_A_POLL == 0)
			kafka_producer_poll(output->producer, is_full ? POLL_MS : 0);
		enum status failures = check_failures(output, error);
		if (failures != OK)
			return failures;
		if (!is_full)
			return status;
	}
}

static enum status file_failed(struct error *error)
{
	return error_set(error, FATAL, "not_written", "cannot write: %s", strerror(errno));
}

enum status event_output_put(struct event_output *output, const struct event_record *record, struct error *error)
{
	if (!output->file)
		return send(output, record->is_of_unit, -1, record->key, record->value, NULL, error);
	output->put_count++;
	return fwrite(record->value.at, 1, record->value.size, output->file) == record->value.size ? OK : file_failed(error);
}

enum status event_output_put_marks(struct event_output *output, int64_t clock_ms, uint32_t *ret_count, struct error *error)
{
	char value[CLOCK_MARK_BYTES];
	struct kafka_header header = { CLOCK_MARK_HEADER, clock_mark_format(clock_ms, value) };
	uint32_t count = 0;
	for (int topic = 0; !output->file && topic < 2; topic++) {
		for (int32_t partition = 0; partition < output->partition_count[topic]; partition++, count++) {
			enum status status = send(output, topic, partition, (struct text){ 0 }, TEXT(""), &header, error);
			if (status != OK)
				return status;
		}
	}
	*ret_count = count;
	return OK;
}

void event_output_poll(struct event_output *output, int timeout_ms)
{
	if (output->producer)
		kafka_producer_poll(output->producer, timeout_ms);
}

enum status event_output_finish(struct event_output *output, const volatile bool *is_asked_to_stop, struct error *error)
{
	if (output->file)
		return fflush(output->file) == 0 ? OK : file_failed(error);
	int64_t stop_at_ms = 0;
	while (kafka_producer_waiting(output->producer)) {
		if (*is_asked_to_stop && !stop_at_ms)
			stop_at_ms = clock_monotonic_ms() + STOP_GRACE_MS;
		if (stop_at_ms && clock_monotonic_ms() >= stop_at_ms)
			return error_set(error, RETRY, "stopped", "stopped before Kafka had acknowledged %zu records", kafka_producer_waiting(output->producer));
		kafka_producer_poll(output->producer, POLL_MS);
	}
	return check_failures(output, error);
}
