#include "courier.h"

#include <inttypes.h>
#include <stdio.h>

#include "clock.h"

enum { HEADER_COUNT = 4, NUMBER_BYTES = 24, KIND_BITS = 2, KIND_MASK = (1 << KIND_BITS) - 1 };

static void take_report(void *self, void *tag, enum status status, const char *problem)
{
	struct courier *courier = self;
	enum outgoing_kind kind = (enum outgoing_kind)((uintptr_t)tag & KIND_MASK);
	if ((uintptr_t)tag >> KIND_BITS != courier->round)
		return;
	courier->unacknowledged--;
	if (status == OK || (status == REJECT && kind == OUTGOING_DEAD_LETTER))
		return;  // a letter that is too large for Kafka is told of by its offset alone: it still lies where it came from
	if (status == RETRY) {
		courier->must_repeat = true;
		return;
	}
	courier->is_refused = true;
	(void)error_set(&courier->refusal, FATAL, "kafka_refused", "Kafka does not take what this program publishes: %s", problem ? problem : "refused");
}

enum status courier_open(struct courier *courier, const struct kafka_config *config, const struct courier_topics *topics, struct error *error)
{
	*courier = (struct courier){ .topics = *topics };
	return kafka_producer_open(config, take_report, courier, &courier->producer, error);
}

void courier_close(struct courier *courier, int timeout_ms)
{
	courier_drop(courier);
	kafka_producer_close(courier->producer, timeout_ms);
	courier->producer = NULL;
}

int courier_fd(const struct courier *courier)
{
	return kafka_producer_fd(courier->producer);
}

void courier_drop(struct courier *courier)
{
	courier->round++;
	courier->load_count = courier->load_at = 0;
	courier->message_at = courier->unacknowledged = 0;
	courier->must_repeat = false;
}

void courier_begin(struct courier *courier, const struct outgoing *const *load, uint32_t load_count, int64_t newest_revision)
{
	int64_t now_ms = clock_wall_ms(), newest_ms = newest_revision / 1000;
	courier_drop(courier);
	courier->stamp_ms = now_ms > newest_ms ? now_ms : newest_ms;
	for (uint32_t i = 0; i < load_count; i++)
		courier->load[i] = load[i];
	courier->load_count = load_count;
}

static void *tag_of(const struct courier *courier, uint8_t kind)
{
	return (void *)(courier->round << KIND_BITS | kind);
}

static enum status send_letter(struct courier *courier, const struct outgoing *load, size_t index, struct error *error)
{
	const struct outgoing_message *message = &load->message[index];
	char partition[NUMBER_BYTES], offset[NUMBER_BYTES];
	snprintf(partition, sizeof partition, "%" PRId32, message->partition);
	snprintf(offset, sizeof offset, "%" PRId64, message->offset);
	const struct kafka_header header[HEADER_COUNT] = {
		{ "reason", text_of(message->reason) },
		{ "topic", text_of(courier->topics.changes) },
		{ "partition", text_of(partition) },
		{ "offset", text_of(offset) },
	};
	void *tag = tag_of(courier, message->kind);
	enum status status = kafka_send(courier->producer, courier->topics.dead_letters, -1, outgoing_key(load, index), outgoing_value(load, index), header,
		HEADER_COUNT, 0, tag, error);
	if (status == REJECT)  // with our headers it is larger than Kafka takes: the headers tell where it lies
		status = kafka_send(courier->producer, courier->topics.dead_letters, -1, outgoing_key(load, index), TEXT(""), header, HEADER_COUNT, 0, tag, error);
	courier->letter_count += status == OK;
	return status;
}

static enum status send_one(struct courier *courier, const struct outgoing *load, size_t index, struct error *error)
{
	const struct outgoing_message *message = &load->message[index];
	if (message->kind == OUTGOING_DEAD_LETTER)
		return send_letter(courier, load, index, error);
	bool is_alert = message->kind == OUTGOING_ALERT;
	return kafka_send(courier->producer, is_alert ? courier->topics.alerts : courier->topics.counters, -1, outgoing_key(load, index), outgoing_value(load, index), NULL, 0,
		is_alert ? 0 : courier->stamp_ms, tag_of(courier, message->kind), error);
}

static bool is_all_sent(const struct courier *courier)
{
	return courier->load_at == courier->load_count;
}

static enum status send_rest(struct courier *courier, struct error *error)
{
	while (!is_all_sent(courier)) {
		const struct outgoing *load = courier->load[courier->load_at];
		if (courier->message_at == load->count) {
			courier->load_at++;
			courier->message_at = 0;
			continue;
		}
		enum status status = send_one(courier, load, courier->message_at, error);
		if (status == RETRY)
			return OK;  // the queue is full: after the next reports
		if (status != OK)
			return FATAL;
		courier->message_at++;
		courier->unacknowledged++;
		courier->sent_count++;
	}
	return OK;
}

enum status courier_step(struct courier *courier, struct error *error)
{
	kafka_producer_poll(courier->producer, 0);
	if (courier->is_refused) {
		*error = courier->refusal;
		return FATAL;
	}
	if (courier->must_repeat && is_all_sent(courier) && !courier->unacknowledged) {
		courier->load_at = 0;
		courier->must_repeat = false;
	}
	return send_rest(courier, error);
}

bool courier_is_done(const struct courier *courier)
{
	return is_all_sent(courier) && !courier->unacknowledged && !courier->must_repeat;
}

bool courier_is_empty(const struct courier *courier)
{
	return !kafka_producer_waiting(courier->producer);
}
