// What readers of hotline.alerts believe, read back by all shards of a process at once: Redis may have lost what led to it.
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "clock.h"
#include "memory.h"
#include "shard_inside.h"

enum { TIMEOUT_MS = 5000, NOT_COMPUTED = -1 };

int64_t shard_read_back_ms(const struct shard *shard)
{
	if (shard->phase == PHASE_AWAY || shard->settings->outlet->orphans)
		return NEVER_MS;
	if (shard->read_back_at < 0)
		return shard->late_look_ms;
	return shard->is_live && shard->head.offset >= shard->read_back_at ? 0 : NEVER_MS;
}

static void add_sent(struct shard *shard, const struct wire_alert *alert, struct text bytes)
{
	struct sent_alert *sent = memory_new(sizeof *sent + bytes.size);
	sent->size = bytes.size;
	memcpy(sent->bytes, bytes.at, bytes.size);
	sent->id_hash = XXH3_64bits(alert->id.at, alert->id.size);
	sent->revision = alert->revision;
	sent->next = shard->sent_alerts;
	shard->sent_alerts = sent;
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

struct reading {
	struct shard *const *shard;
	size_t count;
};

static bool is_news(const struct shard *shard, const struct kafka_message *message)
{
	return message->partition >= shard->alert_marks.count || message->offset >= shard->alert_marks.offset[message->partition];
}

// A record of the topic of alerts.
static enum status take_sent(void *self, const struct kafka_message *message, struct error *error)
{
	const struct reading *reading = self;
	struct wire_alert alert;
	int32_t partition[SHARD_KINDS] = { NOT_COMPUTED, NOT_COMPUTED, NOT_COMPUTED };
	bench()->arena.used = 0;
	if (wire_unpack_alert(message->value, &bench()->arena, &alert, error) != OK)
		return OK;
	for (size_t i = 0; i < reading->count; i++) {
		struct shard *shard = reading->shard[i];
		if (partition[shard->kind] == NOT_COMPUTED)
			partition[shard->kind] = partition_of(shard, &alert);
		if (partition[shard->kind] == shard->partition && is_news(shard, message))
			add_sent(shard, &alert, message->value);
	}
	return OK;
}

static int compare_sent(const void *left, const void *right)
{
	const struct sent_alert *a = *(struct sent_alert *const *)left, *b = *(struct sent_alert *const *)right;
	if (a->id_hash != b->id_hash)
		return a->id_hash < b->id_hash ? -1 : 1;
	return (a->revision < b->revision) - (a->revision > b->revision);
}

// Keeps of each id what readers believe: the greatest revision, which need not be the last record, since a stalled former owner may send late.
static void keep_newest(struct shard *shard)
{
	size_t count = 0, capacity = 0;
	struct sent_alert **all = NULL;
	for (struct sent_alert *sent = shard->sent_alerts; sent; sent = sent->next) {
		all = memory_grow(all, count + 1, sizeof *all, &capacity);
		all[count++] = sent;
	}
	if (count)
		qsort(all, count, sizeof *all, compare_sent);
	shard->sent_alerts = NULL;
	for (size_t i = count; i-- > 0;) {
		if (i && all[i - 1]->id_hash == all[i]->id_hash) {
			free(all[i]);
			continue;
		}
		all[i]->next = shard->sent_alerts;
		shard->sent_alerts = all[i];
	}
	free(all);
}

static struct kafka_marks copy_of(const struct kafka_marks *marks)
{
	struct kafka_marks copy = { marks->count, marks->count ? memory_new((size_t)marks->count * sizeof *copy.offset) : NULL };
	for (int32_t i = 0; i < copy.count; i++)
		copy.offset[i] = marks->offset[i];
	return copy;
}

// From where all of them have read.
static struct kafka_marks least_of(const struct reading *reading)
{
	struct kafka_marks least = copy_of(&reading->shard[0]->alert_marks);
	for (size_t i = 1; i < reading->count && least.offset; i++) {
		const struct kafka_marks *other = &reading->shard[i]->alert_marks;
		least.count = other->count < least.count ? other->count : least.count;
		for (int32_t j = 0; j < least.count; j++)
			least.offset[j] = other->offset[j] < least.offset[j] ? other->offset[j] : least.offset[j];
	}
	return least;
}

// What came while it failed is kept: it comes again, and of each alert one stays.
static enum status read_back(const struct reading *reading, struct error *error)
{
	const struct shard_settings *settings = reading->shard[0]->settings;
	int64_t since_ms = clock_wall_ms() - settings->settle_ms;
	struct kafka_marks marks = least_of(reading);
	enum status status = kafka_read_since(&settings->kafka, settings->outlet->alerts, since_ms, &marks, TIMEOUT_MS, take_sent, (void *)reading, error);
	for (size_t i = 0; i < reading->count; i++) {
		struct shard *shard = reading->shard[i];
		keep_newest(shard);
		if (status != OK)
			continue;
		kafka_marks_done(&shard->alert_marks);
		shard->alert_marks = copy_of(&marks);
		shard->late_look_ms = shard->read_back_at >= 0 ? clock_monotonic_ms() + SHARD_LATE_LOOK_MS : NEVER_MS;
		shard->read_back_at = -1;
	}
	kafka_marks_done(&marks);
	return status;
}

// Those that look for the first time read by time, the others from where they ended. These come first, and the others with the next call.
enum status shards_read_back(struct shard *const *shard, size_t count, struct error *error)
{
	struct shard **some = memory_new(count * sizeof *some);
	struct reading reading = { some, 0 };
	bool is_late = true;
	for (size_t i = 0; i < count; i++)
		is_late &= shard[i]->read_back_at < 0;
	for (size_t i = 0; i < count; i++)
		if ((shard[i]->read_back_at < 0) == is_late)
			some[reading.count++] = shard[i];
	enum status status = read_back(&reading, error);
	free(some);
	return status;
}
