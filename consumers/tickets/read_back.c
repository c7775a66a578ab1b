// What readers of hotline.alerts believe, read back for all shards of a process at once, while they go on: Redis may have lost what led to it.
//
// Twice, since an alert that has changed is there several times, and only what readers believe is compared: first the greatest revision of each is noted, which takes
// 16 bytes and not the alert, and then those that have it go to their shards, as fast as these compare them.
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "clock.h"
#include "map64.h"
#include "memory.h"
#include "shard_inside.h"

enum { TIMEOUT_MS = 5000, RECORDS_MAX = 4096, WAITING_MAX = SHARD_TIMERS_MAX, NOT_COMPUTED = -1 };

struct read_back {
	struct kafka_reading *reading;
	bool is_again;
	struct map64 newest;    // by the hash of its id: the greatest revision of an alert; COMPARED when its shard has it
	size_t count;
	struct shard *shard[];  // for whom; NULL: it has left
};
#define COMPARED INT64_MIN

int64_t shard_read_back_ms(const struct shard *shard)
{
	if (shard->phase == PHASE_AWAY || shard->read_back || shard->settings->outlet->orphans)
		return NEVER_MS;
	if (shard->read_back_at < 0)
		return shard->late_look_ms;
	return shard->is_live && shard->head.offset >= shard->read_back_at ? 0 : NEVER_MS;
}

static void add_sent(struct shard *shard, struct text bytes)
{
	assert(shard->sent_waiting < WAITING_MAX + RECORDS_MAX);
	struct sent_alert *sent = memory_new(sizeof *sent + bytes.size);
	sent->size = bytes.size;
	memcpy(sent->bytes, bytes.at, bytes.size);
	if (shard->sent_last)
		shard->sent_last->next = sent;
	else
		shard->sent_alerts = sent;
	shard->sent_last = sent;
	shard->sent_waiting++;
}

// The greatest revision need not be the last record: a stalled former owner may send late.
static void take_alert(struct read_back *read_back, struct shard *shard, const struct wire_alert *alert, struct text bytes)
{
	uint64_t id = XXH3_64bits(alert->id.at, alert->id.size) | 1;
	if (read_back->is_again) {
		int64_t *newest = map64_find(&read_back->newest, id);
		if (!newest || *newest != alert->revision)
			return;
		*newest = COMPARED;
		add_sent(shard, bytes);
		return;
	}
	bool is_new;
	int64_t *newest = map64_put(&read_back->newest, id, &is_new);
	if (is_new || alert->revision > *newest)
		*newest = alert->revision;
	if (alert->revision > shard->head.revision)
		shard->head.revision = alert->revision;
}

// Which partition of its topic answers for it; none when it is about nothing of that kind.
static int32_t partition_of(const struct shard *shard, const struct wire_alert *alert)
{
	struct text key = shard_subject_of_alert(shard, alert);
	if (!key.size)
		return shard->partitions;
	if (shard->kind == SHARD_OF_UNITS)  // the key of its events is the unit
		key.size = (uint32_t)((const char *)memchr(key.at, '/', key.size) - key.at);
	return kafka_partition_of(key, shard->partitions);
}

static bool is_news(const struct shard *shard, const struct kafka_message *message)
{
	return message->partition >= shard->alert_marks.count || message->offset >= shard->alert_marks.offset[message->partition];
}

// A record of the topic of alerts.
static enum status take_sent(void *self, const struct kafka_message *message, struct error *error)
{
	struct read_back *read_back = self;
	struct wire_alert alert;
	int32_t partition[SHARD_KINDS] = { NOT_COMPUTED, NOT_COMPUTED, NOT_COMPUTED };
	bench()->arena.used = 0;
	if (wire_unpack_alert(message->value, &bench()->arena, &alert, error) != OK)
		return OK;
	for (size_t i = 0; i < read_back->count; i++) {
		struct shard *shard = read_back->shard[i];
		if (!shard)
			continue;
		if (partition[shard->kind] == NOT_COMPUTED)
			partition[shard->kind] = partition_of(shard, &alert);
		if (partition[shard->kind] == shard->partition && is_news(shard, message))
			take_alert(read_back, shard, &alert, message->value);
	}
	return OK;
}

static struct kafka_marks copy_of(const struct kafka_marks *marks)
{
	struct kafka_marks copy = { marks->count, marks->count ? memory_new((size_t)marks->count * sizeof *copy.offset) : NULL };
	for (int32_t i = 0; i < copy.count; i++)
		copy.offset[i] = marks->offset[i];
	return copy;
}

// From where all of them have read.
static struct kafka_marks least_of(const struct read_back *read_back)
{
	struct kafka_marks least = copy_of(&read_back->shard[0]->alert_marks);
	for (size_t i = 1; i < read_back->count && least.offset; i++) {
		const struct kafka_marks *other = &read_back->shard[i]->alert_marks;
		least.count = other->count < least.count ? other->count : least.count;
		for (int32_t j = 0; j < least.count; j++)
			least.offset[j] = other->offset[j] < least.offset[j] ? other->offset[j] : least.offset[j];
	}
	return least;
}

// Those that look for the first time read by time, the others from where they ended. These come first, and the others with the next reading.
static struct read_back *gather(struct shard *const *shard, size_t count)
{
	struct read_back *read_back = memory_new(sizeof *read_back + count * sizeof *read_back->shard);
	bool is_late = true;
	for (size_t i = 0; i < count; i++)
		is_late &= shard[i]->read_back_at < 0;
	for (size_t i = 0; i < count; i++)
		if ((shard[i]->read_back_at < 0) == is_late) {
			shard[i]->read_back = read_back;
			read_back->shard[read_back->count++] = shard[i];
		}
	return read_back;
}

enum status read_back_begin(struct shard *const *shard, size_t count, struct read_back **ret_reading, struct error *error)
{
	assert(count);
	const struct shard_settings *settings = shard[0]->settings;
	struct read_back *read_back = gather(shard, count);
	struct kafka_marks marks = least_of(read_back);
	enum status status = kafka_reading_new(&settings->kafka, settings->outlet->alerts, clock_wall_ms() - settings->settle_ms, &marks, TIMEOUT_MS, &read_back->reading, error);
	kafka_marks_done(&marks);
	if (status == OK)
		*ret_reading = read_back;
	else
		read_back_free(read_back);
	return status;
}

static void finish(const struct read_back *read_back, struct shard *shard)
{
	kafka_reading_marks(read_back->reading, &shard->alert_marks);
	shard->is_telling = shard->read_back_at < 0 && shard->life[0];
	shard->late_look_ms = shard->read_back_at >= 0 ? clock_monotonic_ms() + SHARD_LATE_LOOK_MS : NEVER_MS;
	shard->read_back_at = -1;
}

static bool is_wanted(const struct read_back *read_back)
{
	for (size_t i = 0; i < read_back->count; i++)
		if (read_back->shard[i])
			return true;
	return false;
}

static bool is_compared(const struct read_back *read_back)
{
	for (size_t i = 0; i < read_back->count; i++)
		if (read_back->shard[i] && read_back->shard[i]->sent_waiting >= WAITING_MAX)
			return false;
	return true;
}

enum status read_back_run(struct read_back *read_back, bool *ret_is_done, struct error *error)
{
	*ret_is_done = !is_wanted(read_back);
	if (*ret_is_done || !is_compared(read_back))
		return OK;
	bool is_read;
	enum status status = kafka_reading_take(read_back->reading, RECORDS_MAX, take_sent, read_back, &is_read, error);
	if (status != OK || !is_read)
		return status;
	*ret_is_done = read_back->is_again;
	if (!read_back->is_again)
		kafka_reading_again(read_back->reading);
	read_back->is_again = true;
	for (size_t i = 0; i < read_back->count && *ret_is_done; i++)
		if (read_back->shard[i])
			finish(read_back, read_back->shard[i]);
	return OK;
}

void read_back_free(struct read_back *read_back)
{
	if (!read_back)
		return;
	for (size_t i = 0; i < read_back->count; i++)
		if (read_back->shard[i])
			read_back->shard[i]->read_back = NULL;
	kafka_reading_free(read_back->reading);
	map64_done(&read_back->newest);
	free(read_back);
}

void shard_drop_sent(struct shard *shard)
{
	while (shard->sent_alerts) {
		struct sent_alert *next = shard->sent_alerts->next;
		free(shard->sent_alerts);
		shard->sent_alerts = next;
	}
	shard->sent_last = NULL;
	shard->sent_waiting = shard->sent_count = 0;
	for (size_t i = 0; shard->read_back && i < shard->read_back->count; i++)
		if (shard->read_back->shard[i] == shard)
			shard->read_back->shard[i] = NULL;
	shard->read_back = NULL;
}
