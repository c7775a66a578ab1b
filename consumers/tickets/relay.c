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

enum parcel_kind { ALERT, CHANGE, DEAD_LETTER, LINKS, LINKED };

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
	int32_t partition;          // -1: by key
	struct bundle *bundle;      // of an alert
	struct postmark *postmark;  // of a dead letter
	struct text key, value;
};

// The alerts of one step, which are one entry of the outbox.
struct bundle {
	struct bundle *next;
	size_t count, under_way, acknowledged;
	uint8_t *bytes;  // of keys and values: nothing is copied on its way to Kafka
	struct parcel parcel[];
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
	struct bundle *first, *last;  // in the outbox's order, acknowledged ones included until trimmed
	struct bundle *unsent;        // nothing before it is to be sent
	size_t alerts_waiting;        // not acknowledged
	struct queue letters;         // what must be out before the step is committed: dead letters, and what is derived for others
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

static void bundle_free(struct bundle *bundle)
{
	free(bundle->bytes);
	free(bundle);
}

// Frees the parcel, or leaves that to its delivery.
static void let_go(struct parcel *parcel)
{
	if (!parcel->is_sent || parcel->is_acknowledged) {
		parcel_free(parcel);
		return;
	}
	parcel->relay->outlet->orphans++;
	parcel->relay = NULL;
}

static void drain(struct queue *queue)
{
	while (queue->first)
		let_go(take(queue));
}

static void let_go_bundle(struct relay *relay, struct bundle *bundle)
{
	relay->outlet->orphans += bundle->under_way;
	for (size_t i = 0; i < bundle->count; i++)
		bundle->parcel[i].relay = NULL;
	if (!bundle->under_way)
		bundle_free(bundle);
}

static void drop_first(struct relay *relay)
{
	struct bundle *bundle = relay->first;
	relay->first = bundle->next;
	if (!relay->first)
		relay->last = NULL;
	if (relay->unsent == bundle)
		relay->unsent = relay->first;
	relay->alerts_waiting -= bundle->count - bundle->acknowledged;
	let_go_bundle(relay, bundle);
}

void relay_clear(struct relay *relay)
{
	while (relay->first)
		drop_first(relay);
	drain(&relay->letters);
	drain(&relay->round);
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

static struct parcel *new_parcel(struct relay *relay, enum parcel_kind kind, struct text key, struct text value)
{
	assert((key.at || !key.size) && (value.at || !value.size));
	struct parcel *parcel = memory_new(sizeof *parcel + key.size + value.size);
	char *bytes = (char *)(parcel + 1);
	parcel->relay = relay;
	parcel->kind = kind;
	parcel->partition = -1;
	parcel->key = (struct text){ key.at ? bytes : NULL, key.size };
	parcel->value = (struct text){ bytes + key.size, value.size };
	if (key.size)
		memcpy(bytes, key.at, key.size);
	if (value.size)
		memcpy(bytes + key.size, value.at, value.size);
	relay->is_new = true;
	return parcel;
}

void relay_add_alerts(struct relay *relay, uint8_t *bytes, const struct relay_alert *alert, size_t count)
{
	struct bundle *bundle = memory_new(sizeof *bundle + count * sizeof *bundle->parcel);
	bundle->bytes = bytes;
	bundle->count = count;
	for (size_t i = 0; i < count; i++)
		bundle->parcel[i] = (struct parcel){
			.relay = relay,
			.kind = ALERT,
			.partition = -1,
			.bundle = bundle,
			.key = { (const char *)bytes + alert[i].id_at, (uint32_t)alert[i].id_size },
			.value = { (const char *)bytes + alert[i].at, (uint32_t)alert[i].size },
		};
	if (relay->last)
		relay->last->next = bundle;
	else
		relay->first = bundle;
	relay->last = bundle;
	if (!relay->unsent)
		relay->unsent = bundle;
	relay->alerts_waiting += count;
	relay->is_new = true;
}

size_t relay_alerts_waiting(const struct relay *relay)
{
	return relay->alerts_waiting;
}

size_t relay_entries_done(const struct relay *relay)
{
	size_t count = 0;
	for (const struct bundle *bundle = relay->first; bundle && bundle->acknowledged == bundle->count; bundle = bundle->next)
		count++;
	return count;
}

void relay_entries_trimmed(struct relay *relay, size_t count)
{
	while (count--) {
		assert(relay->first && relay->first->acknowledged == relay->first->count);
		drop_first(relay);
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
	struct parcel *parcel = new_parcel(relay, DEAD_LETTER, message->key, value);
	parcel->postmark = memory_new(sizeof *parcel->postmark);
	add_header(parcel, "reason", "%s", error->reason);
	add_header(parcel, "error", "%s%s", error->text, is_cut ? " (cut)" : "");
	add_header(parcel, "topic", "%s", topic);
	add_header(parcel, "partition", "%" PRId32, message->partition);
	add_header(parcel, "offset", "%" PRId64, message->offset);
	put(&relay->letters, parcel);
	relay->outlet->letters++;
}

void relay_add_links(struct relay *relay, int32_t partition, struct text value)
{
	struct parcel *parcel = new_parcel(relay, LINKS, (struct text){ NULL, 0 }, value);
	parcel->partition = partition;
	put(&relay->letters, parcel);
}

void relay_add_linked(struct relay *relay, struct text ticket_id, struct text value)
{
	put(&relay->letters, new_parcel(relay, LINKED, ticket_id, value));
}

bool relay_has_letters(const struct relay *relay)
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
		put(&relay->round, new_parcel(relay, CHANGE, name, (struct text){ (const char *)bytes, (uint32_t)size }));
	}
	relay->round_chunk = relay->gathered_chunk;
	relay->gathered_count = 0;
	relay->gathered_since_ms = 0;
	set64_clear(&relay->seen);
}

static const char *topic_of(const struct parcel *parcel)
{
	const struct outlet *outlet = parcel->relay->outlet;
	const char *const topic[] = { [ALERT] = outlet->alerts, [CHANGE] = outlet->changes, [DEAD_LETTER] = outlet->dead_letters, [LINKS] = outlet->links, [LINKED] = outlet->tickets };
	return topic[parcel->kind];
}

// False when the producer is full.
static bool send(struct parcel *parcel)
{
	struct outlet *outlet = parcel->relay->outlet;
	const struct postmark *postmark = parcel->postmark;
	const char *topic = topic_of(parcel);
	struct error error;
	if (parcel->is_sent)
		return true;
	enum status status = parcel->bundle ? kafka_send_held(outlet->producer, topic, parcel->key, parcel->value, parcel, &error)
		: kafka_send(outlet->producer, topic, parcel->partition, parcel->key, parcel->value, postmark ? postmark->header : NULL, postmark ? postmark->count : 0, 0, parcel, &error);
	if (status != OK && status != RETRY) {
		outlet->status = FATAL;
		outlet->error = error;
	}
	if (status != OK)
		return false;
	parcel->is_sent = true;
	outlet->sent++;
	return true;
}

static bool send_queue(struct queue *queue)
{
	for (; queue->unsent; queue->unsent = queue->unsent->next)
		if (!send(queue->unsent))
			return false;
	return true;
}

static bool send_alerts(struct relay *relay)
{
	for (; relay->unsent; relay->unsent = relay->unsent->next)
		for (struct parcel *parcel = relay->unsent->parcel; parcel < relay->unsent->parcel + relay->unsent->count; parcel++) {
			bool was_sent = parcel->is_sent;
			if (!send(parcel))
				return false;
			relay->unsent->under_way += !was_sent;
		}
	return true;
}

// Something was given up: look through everything once more.
static void send_again(struct relay *relay)
{
	relay->letters.unsent = relay->letters.first;
	relay->unsent = relay->first;
	relay->round.unsent = relay->round.first;
	relay->is_new = true;
}

// Nobody waits any more: the last one out frees what was held for Kafka.
static void forget(struct parcel *parcel)
{
	if (!parcel->bundle)
		parcel_free(parcel);
	else if (!parcel->bundle->under_way)
		bundle_free(parcel->bundle);
}

void relay_delivered(void *self, void *tag, enum status status, const char *problem)
{
	struct outlet *outlet = self;
	struct parcel *parcel = tag;
	if (parcel->bundle)
		parcel->bundle->under_way--;
	if (!parcel->relay) {
		outlet->orphans--;
		forget(parcel);
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
		(void)error_set(&outlet->error, FATAL, "kafka_refuses", "Kafka refuses a message to %s: %s", topic_of(parcel), problem);
		parcel->is_sent = false;
		return;
	}
	parcel->is_acknowledged = true;
	if (parcel->bundle) {
		parcel->bundle->acknowledged++;
		relay->alerts_waiting--;
	}
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
	if (!send_queue(&relay->letters) || !send_alerts(relay) || !send_queue(&relay->round)) {
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
