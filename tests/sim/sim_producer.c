// Producers of the Kafka in memory: messages that arrive later, in order, or not, or twice.
#include <assert.h>
#include <poll.h>
#include <string.h>

#include "sim_kafka.h"

enum { PRODUCERS_MAX = 512, RETRY_US = 200 * 1000 };

enum send_fate { SEND_STORED, SEND_FAILED, SEND_DOUBTFUL };

struct sending {
	struct sending *next;
	struct kafka_producer *producer;
	struct log_topic *topic;
	int32_t partition;
	struct record record;
	void *tag;
	enum send_fate fate;
	enum status status;
	bool is_settled, is_told;
};

struct kafka_producer {
	struct member *member;
	int number;
	bool is_closed, is_dead;      // closed by its owner; died with it
	void (*delivered)(void *self, void *tag, enum status status, const char *problem);
	void *self;
	struct sending *first, *last;
	struct sending *untold;       // everything before it was told
	size_t waiting, reports;      // not told; of these settled
	int64_t arrives_us[LOG_TOPICS_MAX][LOG_PARTITIONS_MAX];  // the order of a partition holds
};

static struct producers {
	struct kafka_producer *producer[PRODUCERS_MAX];
	int count;
} all;

static short ready(int fd, short events)
{
	return (short)(all.producer[fd - SIM_FD_PRODUCER]->reports ? events & POLLIN : 0);
}

static void settle(struct sending *sending, enum status status)
{
	sending->is_settled = true;
	sending->status = status;
	sending->producer->reports++;
}

static void free_sending(struct sending *sending)
{
	sim_free((void *)sending->record.key.at);
	sim_free((void *)sending->record.value.at);
	for (size_t i = 0; i < sending->record.header_count; i++) {
		sim_free((void *)sending->record.header[i][0].at);
		sim_free((void *)sending->record.header[i][1].at);
	}
	sim_free(sending);
}

void kafka_sim_reset_producers(void)
{
	for (int i = 0; i < all.count; i++) {
		while (all.producer[i]->first) {
			struct sending *sending = all.producer[i]->first;
			all.producer[i]->first = sending->next;
			free_sending(sending);
		}
		sim_free(all.producer[i]);
	}
	all = (struct producers){ .count = 0 };
	sim_set_ready(SIM_FD_PRODUCER, ready);
}

static void store(struct sending *sending)
{
	kafka_sim_append(sending->topic, sending->partition, &sending->record);
}

static bool is_stalled(const struct kafka_producer *producer)
{
	return !producer->is_dead && producer->member && sim_member_is_alive(producer->member) && sim_member_is_stalled(producer->member);
}

static void act_arrive(void *self, uint64_t number)
{
	struct sending *sending = self;
	struct kafka_producer *producer = sending->producer;
	if (sending->is_settled)  // lost with its process
		return;
	if (is_stalled(producer)) {  // its threads stand still too
		sim_hit[SIM_sends_of_zombies]++;
		sim_at(sim_member_resumes_us(producer->member) + 1, act_arrive, sending, number);
		return;
	}
	if (kafka_sim_is_down()) {
		sim_at(sim_now_us() + RETRY_US, act_arrive, sending, number);
		return;
	}
	if (!producer->is_dead && sim_effect_begins(producer->member)) {
		if (!sending->is_settled)
			settle(sending, RETRY);
		return;
	}
	if (sending->fate != SEND_FAILED)
		store(sending);
	if (!producer->is_dead)
		sim_effect_ends(producer->member);
	if (sending->is_settled)  // died of it
		return;
	settle(sending, sending->fate == SEND_STORED ? OK : RETRY);
}

bool kafka_sim_has_under_way(void)
{
	for (int i = 0; i < all.count; i++)
		for (const struct sending *sending = all.producer[i]->untold; sending; sending = sending->next)
			if (!sending->is_settled)
				return true;
	return false;
}

static enum send_fate draw_fate(void)
{
	if (sim_hits_e4(kafka_sim_faults.fail_e4)) {
		sim_hit[SIM_sends_failed]++;
		return SEND_FAILED;
	}
	if (sim_hits_e4(kafka_sim_faults.double_e4)) {
		sim_hit[SIM_sends_doubled]++;
		return SEND_DOUBTFUL;
	}
	return SEND_STORED;
}

enum status kafka_producer_open(const struct kafka_config *config, void (*delivered)(void *self, void *tag, enum status status, const char *problem),
	void *self, struct kafka_producer **ret_producer, struct error *error)
{
	(void)config;
	(void)error;
	sim_call(SIM_CALL_KAFKA);
	assert(all.count < PRODUCERS_MAX);
	struct kafka_producer *producer = sim_new(sizeof *producer);
	producer->member = sim_member();
	producer->number = all.count;
	producer->delivered = delivered;
	producer->self = self;
	all.producer[all.count++] = producer;
	*ret_producer = producer;
	return OK;
}

int kafka_producer_fd(const struct kafka_producer *producer)
{
	return SIM_FD_PRODUCER + producer->number;
}

static void take_record(struct sending *sending, struct text key, struct text value, const struct kafka_header *header, size_t header_count, int64_t timestamp_ms)
{
	struct record *record = &sending->record;
	record->has_key = key.at != NULL;
	record->is_tombstone = value.at == NULL;
	record->key = sim_copy(key);
	record->value = sim_copy(value);
	record->timestamp_ms = timestamp_ms ? timestamp_ms : sim_wall_us() / 1000;
	record->header_count = header_count;
	for (size_t i = 0; i < header_count; i++) {
		record->header[i][0] = sim_copy(text_of(header[i].name));
		record->header[i][1] = sim_copy(header[i].value);
	}
}

enum status kafka_send(struct kafka_producer *producer, const char *topic, int32_t partition, struct text key, struct text value,
	const struct kafka_header *header, size_t header_count, int64_t timestamp_ms, void *tag, struct error *error)
{
	sim_call(SIM_CALL_KAFKA);
	assert(header_count <= LOG_HEADERS_MAX && !producer->is_closed);
	if (sim_hits_e4(kafka_sim_faults.full_e4)) {
		sim_hit[SIM_queue_full]++;
		return error_set(error, RETRY, "queue_full", "the queue is full");
	}
	struct sending *sending = sim_new(sizeof *sending);
	sending->producer = producer;
	sending->topic = kafka_sim_topic(topic);
	assert(sending->topic);
	int32_t count = sending->topic->partition_count;
	sending->partition = partition >= 0 ? partition : key.size ? kafka_partition_of(key, count) : (int32_t)sim_below((uint64_t)count);
	sending->tag = tag;
	sending->fate = draw_fate();
	take_record(sending, key, value, header, header_count, timestamp_ms);
	if (producer->last)
		producer->last->next = sending;
	else
		producer->first = sending;
	producer->last = sending;
	if (!producer->untold)
		producer->untold = sending;
	producer->waiting++;
	int64_t *arrives_us = &producer->arrives_us[kafka_sim_topic_number(sending->topic)][sending->partition];
	int64_t at_us = sim_now_us() + sim_delay(50, kafka_sim_faults.ack_us_max);
	*arrives_us = at_us > *arrives_us ? at_us : *arrives_us;
	sim_at(*arrives_us, act_arrive, sending, 0);
	return OK;
}

enum status kafka_send_held(struct kafka_producer *producer, const char *topic, struct text key, struct text value, void *tag, struct error *error)
{
	return kafka_send(producer, topic, -1, key, value, NULL, 0, 0, tag, error);
}

static void tell_reports(struct kafka_producer *producer)
{
	for (struct sending *sending = producer->untold; sending && producer->reports; sending = sending->next) {
		if (!sending->is_settled || sending->is_told)
			continue;
		sending->is_told = true;
		producer->waiting--;
		producer->reports--;
		producer->delivered(producer->self, sending->tag, sending->status, sending->status == OK ? NULL : "given up");
	}
	while (producer->untold && producer->untold->is_told)
		producer->untold = producer->untold->next;
}

// What was told is kept until the world ends: an event may still point to it.
void kafka_producer_poll(struct kafka_producer *producer, int timeout_ms)
{
	sim_call(SIM_CALL_KAFKA);
	if (timeout_ms && !producer->reports) {
		struct pollfd fd = { .fd = kafka_producer_fd(producer), .events = POLLIN };
		sim_wait(&fd, 1, (int64_t)timeout_ms * 1000);
	}
	tell_reports(producer);
}

size_t kafka_producer_waiting(const struct kafka_producer *producer)
{
	return producer->waiting;
}

// Librdkafka's last words: what is not out when the time is over is reported as given up.
void kafka_producer_close(struct kafka_producer *producer, int timeout_ms)
{
	sim_call(SIM_CALL_KAFKA);
	if (!producer)
		return;
	for (int64_t until_us = sim_now_us() + (int64_t)timeout_ms * 1000; producer->reports < producer->waiting && sim_now_us() < until_us;)
		sim_sleep(SIM_SECOND_US / 100);
	for (struct sending *sending = producer->untold; sending; sending = sending->next)
		if (!sending->is_settled)
			settle(sending, RETRY);
	tell_reports(producer);
	producer->is_closed = true;
}

// What a dead process had handed over is on the wire, all up to some message, or is gone.
void kafka_sim_producers_gone(struct member *member, bool is_crash)
{
	for (int i = 0; i < all.count; i++) {
		struct kafka_producer *producer = all.producer[i];
		if (producer->member != member || producer->is_closed || producer->is_dead)
			continue;
		if (!is_crash)
			sim_fail("%s ended without closing its producer", sim_member_name(member));
		producer->is_dead = true;
		size_t left = producer->waiting ? sim_below(producer->waiting + 1) : 0;
		for (struct sending *sending = producer->untold; sending; sending = sending->next) {
			if (sending->is_settled || (left && left--))
				continue;
			settle(sending, RETRY);
			sim_hit[SIM_sends_lost_in_crash]++;
		}
	}
}
