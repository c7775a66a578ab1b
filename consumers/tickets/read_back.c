// What readers of hotline.alerts believe, read back for all shards of a process at once, while they go on: Redis may have lost what led to it.
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "clock.h"
#include "memory.h"
#include "shard_inside.h"

enum { TIMEOUT_MS = 5000, RECORDS_MAX = 4096, NOT_COMPUTED = -1 };

// For whom, and what has come for each until now.
struct read_back {
	struct kafka_reading *reading;
	size_t count;
	struct {
		struct shard *shard;  // NULL: it has left
		struct sent_alert *sent;
	} part[];
};

int64_t shard_read_back_ms(const struct shard *shard)
{
	if (shard->phase == PHASE_AWAY || shard->read_back || shard->settings->outlet->orphans)
		return NEVER_MS;
	if (shard->read_back_at < 0)
		return shard->late_look_ms;
	return shard->is_live && shard->head.offset >= shard->read_back_at ? 0 : NEVER_MS;
}

static void add_sent(struct shard *shard, struct sent_alert **list, const struct wire_alert *alert, struct text bytes)
{
	struct sent_alert *sent = memory_new(sizeof *sent + bytes.size);
	sent->size = bytes.size;
	memcpy(sent->bytes, bytes.at, bytes.size);
	sent->id_hash = XXH3_64bits(alert->id.at, alert->id.size);
	sent->revision = alert->revision;
	sent->next = *list;
	*list = sent;
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
		struct shard *shard = read_back->part[i].shard;
		if (!shard)
			continue;
		if (partition[shard->kind] == NOT_COMPUTED)
			partition[shard->kind] = partition_of(shard, &alert);
		if (partition[shard->kind] == shard->partition && is_news(shard, message))
			add_sent(shard, &read_back->part[i].sent, &alert, message->value);
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
static void keep_newest(struct sent_alert **list)
{
	size_t count = 0, capacity = 0;
	struct sent_alert **all = NULL;
	for (struct sent_alert *sent = *list; sent; sent = sent->next) {
		all = memory_grow(all, count + 1, sizeof *all, &capacity);
		all[count++] = sent;
	}
	if (count)
		qsort(all, count, sizeof *all, compare_sent);
	*list = NULL;
	for (size_t i = count; i-- > 0;) {
		if (i && all[i - 1]->id_hash == all[i]->id_hash) {
			free(all[i]);
			continue;
		}
		all[i]->next = *list;
		*list = all[i];
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
static struct kafka_marks least_of(const struct read_back *read_back)
{
	struct kafka_marks least = copy_of(&read_back->part[0].shard->alert_marks);
	for (size_t i = 1; i < read_back->count && least.offset; i++) {
		const struct kafka_marks *other = &read_back->part[i].shard->alert_marks;
		least.count = other->count < least.count ? other->count : least.count;
		for (int32_t j = 0; j < least.count; j++)
			least.offset[j] = other->offset[j] < least.offset[j] ? other->offset[j] : least.offset[j];
	}
	return least;
}

// Those that look for the first time read by time, the others from where they ended. These come first, and the others with the next reading.
static struct read_back *gather(struct shard *const *shard, size_t count)
{
	struct read_back *read_back = memory_new(sizeof *read_back + count * sizeof *read_back->part);
	bool is_late = true;
	for (size_t i = 0; i < count; i++)
		is_late &= shard[i]->read_back_at < 0;
	for (size_t i = 0; i < count; i++)
		if ((shard[i]->read_back_at < 0) == is_late) {
			shard[i]->read_back = read_back;
			read_back->part[read_back->count++].shard = shard[i];
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

static void free_all(struct sent_alert **list)
{
	while (*list) {
		struct sent_alert *next = (*list)->next;
		free(*list);
		*list = next;
	}
}

// What was read is what the shard has to compare, behind what it still has of an earlier reading: a step may be at work on that.
static void hand_over(struct read_back *read_back, size_t number)
{
	struct shard *shard = read_back->part[number].shard;
	struct sent_alert **end = &shard->sent_alerts;
	while (*end)
		end = &(*end)->next;
	keep_newest(&read_back->part[number].sent);
	*end = read_back->part[number].sent;
	read_back->part[number].sent = NULL;
	kafka_reading_marks(read_back->reading, &shard->alert_marks);
	shard->is_telling = shard->read_back_at < 0 && shard->life[0];
	shard->late_look_ms = shard->read_back_at >= 0 ? clock_monotonic_ms() + SHARD_LATE_LOOK_MS : NEVER_MS;
	shard->read_back_at = -1;
}

static bool is_wanted(const struct read_back *read_back)
{
	for (size_t i = 0; i < read_back->count; i++)
		if (read_back->part[i].shard)
			return true;
	return false;
}

enum status read_back_run(struct read_back *read_back, bool *ret_is_done, struct error *error)
{
	*ret_is_done = true;
	if (!is_wanted(read_back))
		return OK;
	enum status status = kafka_reading_take(read_back->reading, RECORDS_MAX, take_sent, read_back, ret_is_done, error);
	if (status != OK || !*ret_is_done)
		return status;
	for (size_t i = 0; i < read_back->count; i++)
		if (read_back->part[i].shard)
			hand_over(read_back, i);
	return OK;
}

void read_back_free(struct read_back *read_back)
{
	if (!read_back)
		return;
	for (size_t i = 0; i < read_back->count; i++) {
		free_all(&read_back->part[i].sent);
		if (read_back->part[i].shard)
			read_back->part[i].shard->read_back = NULL;
	}
	kafka_reading_free(read_back->reading);
	free(read_back);
}

void shard_drop_sent(struct shard *shard)
{
	free_all(&shard->sent_alerts);
	shard->sent_count = 0;
	for (size_t i = 0; shard->read_back && i < shard->read_back->count; i++)
		if (shard->read_back->part[i].shard == shard) {
			free_all(&shard->read_back->part[i].sent);
			shard->read_back->part[i].shard = NULL;
		}
	shard->read_back = NULL;
}
