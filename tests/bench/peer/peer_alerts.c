// Our alerts as the peers' harness counts them: one `overdue` a leg, named by its ticket and its due time.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "kafka.h"
#include "memory.h"
#include "peer.h"
#include "wire.h"

enum { TIMEOUT_MS = 30000, POLL_MS = 10, NAME_BYTES = 24, ID_BYTES = 64 };

struct seen {
	uint64_t id;  // hash
	int64_t revision, at_ms;
	uint8_t state;
	char ticket[NAME_BYTES], unit[NAME_BYTES];
};
struct all_seen {
	struct seen *seen;
	size_t count, capacity;
};

// "overdue/TICKET/UNIT/INSTANT": who held the leg.
static bool copy_unit(struct text id, char ret_unit[NAME_BYTES])
{
	struct text rest = id, part = { NULL, 0 };
	for (int i = 0; i < 3; i++) {
		const char *end = memchr(rest.at, '/', rest.size);
		if (!end)
			return false;
		part = (struct text){ rest.at, (uint32_t)(end - rest.at) };
		rest = (struct text){ end + 1, rest.size - part.size - 1 };
	}
	return text_copy(part, ret_unit, NAME_BYTES);
}

static enum status take(void *self, const struct kafka_message *message, struct error *error)
{
	static struct wire_arena arena;
	struct all_seen *all = self;
	struct wire_alert alert;
	arena.used = 0;
	enum status status = wire_unpack_alert(message->value, &arena, &alert, error);
	if (status != OK || !text_equal(alert.rule, TEXT("overdue")))
		return status;
	all->seen = memory_grow(all->seen, all->count + 1, sizeof *all->seen, &all->capacity);
	struct seen *seen = &all->seen[all->count++];
	*seen = (struct seen){ .id = XXH3_64bits(alert.id.at, alert.id.size), .revision = alert.revision, .at_ms = alert.at_ms, .state = alert.state };
	if (!text_copy(alert.ticket_id, seen->ticket, sizeof seen->ticket) || !copy_unit(alert.id, seen->unit))
		return error_set(error, FATAL, "broken_alert", "%.*s is no id of the peers' tickets and units", (int)alert.id.size, alert.id.at);
	return OK;
}

static int compare(const void *left, const void *right)
{
	const struct seen *a = left, *b = right;
	if (a->id != b->id)
		return a->id < b->id ? -1 : 1;
	return (a->revision > b->revision) - (a->revision < b->revision);
}

static void delivered(void *self, void *tag, enum status status, const char *problem)
{
	(void)tag;
	if (status == OK)
		return;
	fprintf(stderr, "bench_peer: an alert was not delivered: %s\n", problem);
	*(enum status *)self = FATAL;
}

// A leg is due a millisecond before it is overdue.
static enum status send_one(struct kafka_producer *producer, const struct seen *seen, struct error *error)
{
	uint8_t bytes[WIRE_ALERT_BYTES_MAX];
	char id[ID_BYTES];
	int64_t due_at_ms = seen->at_ms - 1;
	snprintf(id, sizeof id, "%s/%" PRId64, seen->ticket, due_at_ms);
	struct wire_alert alert = { .id = text_of(id), .rule = TEXT("overdue"), .ticket_id = text_of(seen->ticket), .unit = text_of(seen->unit), .at_ms = due_at_ms };
	struct text value = { (const char *)bytes, (uint32_t)wire_pack_alert(&alert, bytes) };
	enum status status;
	while ((status = kafka_send(producer, "alerts", -1, alert.ticket_id, value, NULL, 0, 0, NULL, error)) == RETRY)
		kafka_producer_poll(producer, POLL_MS);
	return status;
}

static enum status send_all(struct kafka_producer *producer, const struct all_seen *all, struct error *error)
{
	enum status status = OK;
	for (size_t i = 0; i < all->count && status == OK; i++) {
		bool is_last = i + 1 == all->count || all->seen[i + 1].id != all->seen[i].id;
		if (is_last && all->seen[i].state != ALERT_RETRACTED)
			status = send_one(producer, &all->seen[i], error);
	}
	while (status == OK && kafka_producer_waiting(producer))
		kafka_producer_poll(producer, POLL_MS);
	return status;
}

enum status peer_send_alerts(const char *brokers, struct error *error)
{
	const struct kafka_config config = { .brokers = brokers, .client_id = "bench-peer" };
	struct all_seen all = { .count = 0 };
	struct kafka_producer *producer = NULL;
	enum status delivery = OK;
	enum status status = kafka_read_since(&config, "hotline.alerts", 0, NULL, TIMEOUT_MS, take, &all, error);
	if (all.count)
		qsort(all.seen, all.count, sizeof *all.seen, compare);
	if (status == OK)
		status = kafka_producer_open(&config, delivered, &delivery, &producer, error);
	if (status == OK)
		status = send_all(producer, &all, error);
	kafka_producer_close(producer, TIMEOUT_MS);
	free(all.seen);
	return status == OK && delivery != OK ? error_set(error, FATAL, "not_delivered", "an alert was not delivered") : status;
}
