#include "relay.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "civil.h"
#include "memory.h"
#include "set64.h"
#include "wire.h"

enum { RETRY_AFTER_MS = 100, DEAD_LETTER_BYTES_MAX = 900 * 1024 };  // Kafka's default limit of a message is 1 MB; a longer one is cut, and says so

enum parcel_kind { ALERT, CHANGE, DEAD_LETTER };

// Where a dead letter came from, and why.
struct postmark {
	uint32_t count;
	struct kafka_header header[5];
	char text[5][ERROR_TEXT_BYTES];
};

// A message that waits to be sent, or is under way.
struct parcel {
	struct parcel *next;
	struct relay *relay;  // NULL when nobody waits any more
	enum parcel_kind kind;
	bool is_acknowledged, is_sent;
	const char *topic;
	struct postmark *postmark;  // of a dead letter
	uint32_t key_size, size;
	bool has_key;
	char bytes[];  // key, then value
};

struct queue {
	struct parcel *first, *last;
	struct parcel *unsent;  // nothing before it is to be sent
	size_t count;
};

struct change {
	name_id dimension;
	int32_t day;
};

struct relay {
	struct outlet *outlet;
	const struct names *names;
	char shard[64];
	struct queue alerts;        // in the outbox's order, acknowledged ones included until trimmed
	size_t alerts_acknowledged; // all of them, not only at the head
	struct queue letters;
	// Changes: gathered, then sent as one round; the next round begins when the last one is acknowledged.
	struct set64 seen;
	struct change *gathered;
	size_t gathered_count, gathered_capacity;
	uint64_t gathered_chunk, round_chunk;
	int64_t gathered_since_ms;  // monotonic; 0 when nothing is gathered
	bool is_new;                // something was added since the last run
	struct queue round;
	int64_t retry_at_ms;        // not before; 0 is at once
};

struct relay *relay_new(struct outlet *outlet, const struct names *names, const char *shard)
{
	struct relay *relay = memory_new(sizeof *relay);
	relay->outlet = outlet;
	relay->names = names;
	snprintf(relay->shard, sizeof relay->shard, "%s", shard);
	return relay;
}

static void put(struct queue *queue, struct parcel *parcel)
{
	parcel->next = NULL;
	if (queue->last)
		queue->last->next = parcel;
	else
		queue->first = parcel;
	queue->last = parcel;
	if (!queue->unsent)
		queue->unsent = parcel;
	queue->count++;
}

static struct parcel *take(struct queue *queue)
{
	struct parcel *parcel = queue->first;
	queue->first = parcel->next;
	if (!queue->first)
		queue->last = NULL;
	if (queue->unsent == parcel)
		queue->unsent = parcel->next;
	queue->count--;
	return parcel;
}

static void parcel_free(struct parcel *parcel)
{
	free(parcel->postmark);
	free(parcel);
}

// Frees the parcel, or leaves that to its delivery.
static void let_go(struct parcel *parcel)
{
	if (parcel->is_sent && !parcel->is_acknowledged)
		parcel->relay = NULL;
	else
		parcel_free(parcel);
}

static void drain(struct queue *queue)
{
	while (queue->first)
		let_go(take(queue));
}

void relay_clear(struct relay *relay)
{
	drain(&relay->alerts);
	drain(&relay->letters);
	drain(&relay->round);
	relay->alerts_acknowledged = 0;
	relay->gathered_count = 0;
	relay->gathered_since_ms = 0;
	set64_clear(&relay->seen);
}

void relay_free(struct relay *relay)
{
	if (!relay)
		return;
	relay_clear(relay);
	set64_done(&relay->seen);
	free(relay->gathered);
	free(relay);
}

static struct parcel *new_parcel(struct relay *relay, enum parcel_kind kind, const char *topic, struct text key, struct text value)
{
	struct parcel *parcel = memory_new(sizeof *parcel + key.size + value.size);
	parcel->relay = relay;
	parcel->kind = kind;
	parcel->topic = topic;
	parcel->has_key = key.at != NULL;
	parcel->key_size = key.size;
	parcel->size = value.size;
	if (key.size)
		memcpy(parcel->bytes, key.at, key.size);
	if (value.size)
		memcpy(parcel->bytes + key.size, value.at, value.size);
	relay->is_new = true;
	return parcel;
}

void relay_add_alert(struct relay *relay, struct text id, struct text bytes)
{
	put(&relay->alerts, new_parcel(relay, ALERT, relay->outlet->alerts, id, bytes));
}

size_t relay_alerts_waiting(const struct relay *relay)
{
	return relay->alerts.count - relay->alerts_acknowledged;
}

size_t relay_alerts_acknowledged(const struct relay *relay)
{
	size_t count = 0;
	if (!relay->alerts_acknowledged)
		return 0;
	for (const struct parcel *parcel = relay->alerts.first; parcel && parcel->is_acknowledged; parcel = parcel->next)
		count++;
	return count;
}

void relay_alerts_trimmed(struct relay *relay, size_t count)
{
	while (count--) {
		assert(relay->alerts.first && relay->alerts.first->is_acknowledged);
		relay->alerts_acknowledged--;
		parcel_free(take(&relay->alerts));
	}
}

void relay_add_change(struct relay *relay, name_id dimension, int32_t day, uint64_t chunk)
{
	if (!set64_add(&relay->seen, (uint64_t)dimension << 32 | (uint32_t)day))
		return;
	relay->gathered = memory_grow(relay->gathered, relay->gathered_count + 1, sizeof *relay->gathered, &relay->gathered_capacity);
	if (!relay->gathered_count)
		relay->gathered_chunk = chunk;
	relay->gathered[relay->gathered_count++] = (struct change){ dimension, day };
	relay->is_new = true;
}

bool relay_has_changes(const struct relay *relay)
{
	return relay->gathered_count || relay->round.count;
}

uint64_t relay_changes_needed_from(const struct relay *relay)
{
	if (relay->round.count)
		return relay->round_chunk;
	return relay->gathered_count ? relay->gathered_chunk : UINT64_MAX;
}

static void add_header(struct parcel *parcel, const char *name, const char *format, ...) __attribute__((format(printf, 3, 4)));

static void add_header(struct parcel *parcel, const char *name, const char *format, ...)
{
	struct postmark *postmark = parcel->postmark;
	uint32_t i = postmark->count++;
	va_list args;
	va_start(args, format);
	vsnprintf(postmark->text[i], sizeof postmark->text[i], format, args);
	va_end(args);
	postmark->header[i] = (struct kafka_header){ name, text_of(postmark->text[i]) };
}

void relay_add_dead_letter(struct relay *relay, const char *topic, const struct kafka_message *message, const struct error *error)
{
	struct text value = message->value;
	bool is_cut = value.size > DEAD_LETTER_BYTES_MAX;
	if (is_cut)
		value.size = DEAD_LETTER_BYTES_MAX;
	struct parcel *parcel = new_parcel(relay, DEAD_LETTER, relay->outlet->dead_letters, message->key, value);
	parcel->postmark = memory_new(sizeof *parcel->postmark);
	add_header(parcel, "reason", "%s", error->reason);
	add_header(parcel, "error", "%s%s", error->text, is_cut ? " (cut)" : "");
	add_header(parcel, "topic", "%s", topic);
	add_header(parcel, "partition", "%" PRId32, message->partition);
	add_header(parcel, "offset", "%" PRId64, message->offset);
	put(&relay->letters, parcel);
	relay->outlet->letters++;
}

bool relay_has_dead_letters(const struct relay *relay)
{
	return relay->letters.count;
}

static int compare_changes(const void *a, const void *b)
{
	const struct change *left = a, *right = b;
	if (left->dimension != right->dimension)
		return left->dimension < right->dimension ? -1 : 1;
	return (left->day > right->day) - (left->day < right->day);
}

// What was gathered becomes messages, one a dimension.
static void begin_round(struct relay *relay, int64_t revision)
{
	uint8_t bytes[WIRE_CHANGE_BYTES_MAX];
	int32_t day[WIRE_CHANGE_DAYS_MAX];
	qsort(relay->gathered, relay->gathered_count, sizeof *relay->gathered, compare_changes);
	for (size_t i = 0; i < relay->gathered_count;) {
		name_id dimension = relay->gathered[i].dimension;
		size_t count = 0;
		for (; i < relay->gathered_count && relay->gathered[i].dimension == dimension && count < WIRE_CHANGE_DAYS_MAX; i++)
			day[count++] = relay->gathered[i].day;
		struct text name = names_dimension(relay->names, dimension);
		size_t size = wire_pack_change(name, day, count, relay->shard, revision, bytes);
		put(&relay->round, new_parcel(relay, CHANGE, relay->outlet->changes, name, (struct text){ (const char *)bytes, (uint32_t)size }));
	}
	relay->round_chunk = relay->gathered_chunk;
	relay->gathered_count = 0;
	relay->gathered_since_ms = 0;
	set64_clear(&relay->seen);
}

// Sends what is not sent yet. False when the producer is full.
static bool send_all(struct relay *relay, struct queue *queue)
{
	for (; queue->unsent; queue->unsent = queue->unsent->next) {
		struct parcel *parcel = queue->unsent;
		if (parcel->is_sent)
			continue;
		const struct postmark *postmark = parcel->postmark;
		struct error error;
		struct text key = { parcel->has_key ? parcel->bytes : NULL, parcel->key_size };
		struct text value = { parcel->bytes + parcel->key_size, parcel->size };
		enum status status = kafka_send(relay->outlet->producer, parcel->topic, -1, key, value, postmark ? postmark->header : NULL, postmark ? postmark->count : 0, 0,
			parcel, &error);
		if (status == RETRY)
			return false;
		if (status != OK) {
			relay->outlet->status = FATAL;
			relay->outlet->error = error;
			return false;
		}
		parcel->is_sent = true;
		relay->outlet->sent++;
	}
	return true;
}

// Something was given up: look through everything once more.
static void send_again(struct relay *relay)
{
	relay->letters.unsent = relay->letters.first;
	relay->alerts.unsent = relay->alerts.first;
	relay->round.unsent = relay->round.first;
	relay->is_new = true;
}

void relay_delivered(void *self, void *tag, enum status status, const char *problem)
{
	struct outlet *outlet = self;
	struct parcel *parcel = tag;
	if (!parcel->relay) {
		parcel_free(parcel);
		return;
	}
	struct relay *relay = parcel->relay;
	if (status == RETRY) {
		outlet->failed++;
		parcel->is_sent = false;
		send_again(relay);
		return;
	}
	if (status != OK) {
		outlet->status = FATAL;
		(void)error_set(&outlet->error, FATAL, "kafka_refuses", "Kafka refuses a message to %s: %s", parcel->topic, problem);
		parcel->is_sent = false;
		return;
	}
	parcel->is_acknowledged = true;
	if (parcel->kind == ALERT)
		relay->alerts_acknowledged++;
	while (relay->letters.first && relay->letters.first->is_acknowledged)
		parcel_free(take(&relay->letters));
	while (relay->round.first && relay->round.first->is_acknowledged)
		parcel_free(take(&relay->round));
}

void relay_run(struct relay *relay, int64_t now_ms, int64_t gather_ms, int64_t revision)
{
	if (relay->gathered_count && !relay->gathered_since_ms)
		relay->gathered_since_ms = now_ms;
	if (relay->gathered_count && !relay->round.count && now_ms >= relay->gathered_since_ms + gather_ms)
		begin_round(relay, revision);
	if (!relay->is_new || now_ms < relay->retry_at_ms)
		return;
	relay->is_new = false;
	if (!send_all(relay, &relay->letters) || !send_all(relay, &relay->alerts) || !send_all(relay, &relay->round)) {
		relay->is_new = true;
		relay->retry_at_ms = now_ms + RETRY_AFTER_MS;
	}
}

int64_t relay_wake_ms(const struct relay *relay, int64_t gather_ms)
{
	int64_t wake_ms = NEVER_MS;
	if (relay->is_new)
		wake_ms = relay->retry_at_ms;
	if (relay->gathered_count && !relay->round.count) {
		int64_t at_ms = relay->gathered_since_ms ? relay->gathered_since_ms + gather_ms : 0;
		wake_ms = at_ms < wake_ms ? at_ms : wake_ms;
	}
	return wake_ms;
}
