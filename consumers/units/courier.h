// courier.h - sends what a pass has to say, and knows when Kafka has acknowledged all of it.
#ifndef HOTLINE_COURIER_H
#define HOTLINE_COURIER_H

#include "error.h"
#include "kafka.h"
#include "outgoing.h"

enum { COURIER_LOADS_MAX = 2 };

// Where each kind goes.
struct courier_topics {
	const char *alerts, *counters, *dead_letters;
	const char *changes;  // where dead letters came from, for their headers
};

struct courier {
	struct courier_topics topics;
	struct kafka_producer *producer;
	uint32_t load_count;
	const struct outgoing *load[COURIER_LOADS_MAX];
	uint32_t load_at;
	size_t message_at;        // what is to be sent next
	int64_t stamp_ms;
	uintptr_t round;          // reports of an earlier round are about nothing that we wait for
	size_t unacknowledged;
	bool must_repeat;         // Kafka gave up on some: the whole load again
	bool is_refused;
	struct error refusal;
	uint64_t sent_count, letter_count;  // for metrics
};

MUST_USE enum status courier_open(struct courier *courier, const struct kafka_config *config, const struct courier_topics *topics, struct error *error);
void courier_close(struct courier *courier, int timeout_ms);
int courier_fd(const struct courier *courier);

// The loads belong to the caller and must stay as they are until courier_is_done, or courier_drop. Counters are stamped with the later of now and their newest revision, by which a process whose wall clock is
// behind finds them: see now_ours in loop_kafka.c.
void courier_begin(struct courier *courier, const struct outgoing *const *load, uint32_t load_count, int64_t newest_revision);
// Takes reports and sends what fits. FATAL when Kafka refuses us.
MUST_USE enum status courier_step(struct courier *courier, struct error *error);
bool courier_is_done(const struct courier *courier);
void courier_drop(struct courier *courier);  // forgets the loads; what was sent is sent
bool courier_is_empty(const struct courier *courier);  // everything that was ever sent has come to Kafka, or was given up

#endif
