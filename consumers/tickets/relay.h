// relay.h - what leaves a shard: alerts from its outbox, changes of counters, dead letters, what is derived for other shards. Each until Kafka has acknowledged it.
//
// The step decides and stores; the relay sends, in this order: first the transaction, then the message. After a crash the next owner finds in Redis whose
// alerts were not acknowledged, and has them say again what they have to say (outbox.h).
#ifndef HOTLINE_RELAY_H
#define HOTLINE_RELAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "kafka.h"
#include "names.h"
#include "text.h"

enum {
	RELAY_OUTBOX_MAX = 50000,       // alerts that wait, some 0.4 KiB each; above it the shard takes no new events
	RELAY_CHANGES_LIVE_MS = 100,    // how long changes are gathered when live
	RELAY_CHANGES_BUSY_MS = 3000,   // and when catching up
};

// The producer that all shards of a process share, and where things go.
struct outlet {
	struct kafka_producer *producer;
	const char *tickets, *links, *alerts, *changes, *dead_letters;  // topics
	uint64_t sent, failed, letters;               // for metrics
	size_t orphans;                               // under way, and their shard has lost what led to them
	enum status status;                           // FATAL once Kafka refused us
	struct error error;
};
// To be given to kafka_producer_open with the outlet as `self`.
void relay_delivered(void *outlet, void *tag, enum status status, const char *problem);

struct relay;
struct relay *relay_new(struct outlet *outlet, const struct names *names, const char *shard);
// What is still under way finds nobody any more.
void relay_free(struct relay *relay);
// Forgets everything that waits: the shard lost its state and will read it again.
void relay_clear(struct relay *relay);

// An alert of a step: where its id and its message lie in the step's bytes.
struct relay_alert {
	size_t id_at, id_size, at, size;
};
// The alerts of a step that is through, one entry of the outbox. Takes the bytes over and frees them once Kafka has acknowledged everything in them.
void relay_add_alerts(struct relay *relay, uint8_t *bytes, const struct relay_alert *alert, size_t count);
size_t relay_alerts_waiting(const struct relay *relay);  // not acknowledged
size_t relay_entries_done(const struct relay *relay);    // so many entries from the outbox's head can be trimmed
void relay_entries_trimmed(struct relay *relay, size_t count);

// A day of a dimension that changed; noted in Redis in chunk `chunk`, which grows.
void relay_add_change(struct relay *relay, name_id dimension, int32_t day, uint64_t chunk);
bool relay_has_changes(const struct relay *relay);            // waiting or under way
uint64_t relay_changes_needed_from(const struct relay *relay);  // chunks before this one hold nothing that waits; UINT64_MAX when nothing does

// The message as it came, with reason, where it came from, and a sentence in headers. It waits until acknowledged.
void relay_add_dead_letter(struct relay *relay, const char *topic, const struct kafka_message *message, const struct error *error);
// What is a function of the log (link.h), for a partition of the topic of links and for that of tickets; it waits with the dead letters. Both copy.
void relay_add_links(struct relay *relay, int32_t partition, struct text value);
void relay_add_linked(struct relay *relay, struct text ticket_id, struct text value);
bool relay_has_letters(const struct relay *relay);            // of either kind: the step must not be committed yet

// Sends what is due. gather_ms: how long changes are gathered. `revision` is put on changes. Call it in every round of the loop.
void relay_run(struct relay *relay, int64_t now_ms, int64_t gather_ms, int64_t revision);
int64_t relay_wake_ms(const struct relay *relay, int64_t gather_ms);  // monotonic, when relay_run has something to do again; NEVER_MS

#endif
