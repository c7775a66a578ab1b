#include "batch.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "civil.h"
#include "memory.h"

enum { SLOTS_FIRST = 2048 };

void batch_init(struct batch *batch, int32_t partition_count)
{
	*batch = (struct batch){ .partition_count = partition_count, .slot_count = SLOTS_FIRST };
	batch->slot = memory_new(batch->slot_count * sizeof *batch->slot);
	batch->next_offset = memory_new((size_t)partition_count * sizeof *batch->next_offset);
	batch_clear(batch);
}

void batch_done(struct batch *batch)
{
	free(batch->change);
	free(batch->slot);
	free(batch->belief);
	free(batch->next_offset);
	outgoing_done(&batch->letters);
	*batch = (struct batch){ 0 };
}

void batch_clear(struct batch *batch)
{
	batch->count = batch->belief_count = batch->message_count = 0;
	memset(batch->slot, 0, batch->slot_count * sizeof *batch->slot);
	outgoing_clear(&batch->letters);
	for (int32_t i = 0; i < batch->partition_count; i++)
		batch->next_offset[i] = -1;
}

bool batch_is_empty(const struct batch *batch)
{
	return !batch->count && !batch->message_count;
}

bool batch_is_full(const struct batch *batch)
{
	return batch->count >= BATCH_CHANGES_MAX || batch->letters.size >= BATCH_LETTERS_BYTES_MAX;
}

// The slot of a change, or the free one where it goes.
static uint32_t *find_slot(const struct batch *batch, name_id dimension, int32_t month)
{
	uint64_t hash = ((uint64_t)dimension << 20 ^ (uint32_t)month) * UINT64_C(0x9e3779b97f4a7c15);
	for (uint32_t i = (uint32_t)(hash >> 32) & (batch->slot_count - 1);; i = (i + 1) & (batch->slot_count - 1)) {
		uint32_t *slot = &batch->slot[i];
		if (!*slot || (batch->change[*slot - 1].dimension == dimension && batch->change[*slot - 1].month == month))
			return slot;
	}
}

static void double_slots(struct batch *batch)
{
	free(batch->slot);
	batch->slot_count *= 2;
	batch->slot = memory_new(batch->slot_count * sizeof *batch->slot);
	for (uint32_t i = 0; i < batch->count; i++)
		*find_slot(batch, batch->change[i].dimension, batch->change[i].month) = i + 1;
}

void batch_add(struct batch *batch, struct change change)
{
	uint32_t *slot = find_slot(batch, change.dimension, change.month);
	if (*slot) {
		batch->change[*slot - 1].days |= change.days;
		batch->change[*slot - 1].is_again |= change.is_again;
		batch->change[*slot - 1].is_over |= change.is_over;
		return;
	}
	batch->change = memory_grow(batch->change, batch->count + 1, sizeof *batch->change, &batch->capacity);
	batch->change[batch->count++] = change;
	*slot = (uint32_t)batch->count;
	if (batch->count * 2 > batch->slot_count)
		double_slots(batch);
}

void batch_believe(struct batch *batch, const struct belief *belief)
{
	int32_t month;
	if (!judgement_month(text_of(belief->judgement.field), &month))
		return;
	batch->belief = memory_grow(batch->belief, batch->belief_count + 1, sizeof *batch->belief, &batch->belief_capacity);
	batch->belief[batch->belief_count++] = *belief;
	batch_add(batch, (struct change){ .dimension = belief->dimension, .month = month });
}

// Names come from outside here as well: what would break a key, or is no dimension that has partials, is refused before it gets a number.
static enum status check_dimension(struct text dimension, struct names *names, name_id *ret_dimension, struct error *error)
{
	static const struct {
		enum name_kind kind;
		struct text prefix;
	} kinds[] = {
		{ NAME_DISTRICT, { "district/", 9 } },
		{ NAME_GROUP, { "group/", 6 } },
		{ NAME_UNIT, { "unit/", 5 } },
		{ NAME_CATEGORY, { "category/", 9 } },
	};
	bool is_sound = text_equal(dimension, TEXT("city"));
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds && !is_sound; i++) {
		if (!text_starts_with(dimension, kinds[i].prefix))
			continue;
		struct text name = { dimension.at + kinds[i].prefix.size, dimension.size - kinds[i].prefix.size };
		enum status status = event_check_name(kinds[i].kind, name, error);
		if (status != OK)
			return status;
		const char *slash = name.size ? memchr(name.at, '/', name.size) : NULL;
		is_sound = name.size && (!slash || !memchr(slash + 1, '/', (size_t)(name.at + name.size - slash - 1)));
	}
	*ret_dimension = is_sound ? names_intern_dimension(names, dimension) : 0;
	if (!*ret_dimension)
		return error_set(error, REJECT, "bad_dimension", "\"%.*s\" is no dimension that has counters of its own", (int)(dimension.size < 200 ? dimension.size : 200),
			dimension.at);
	return OK;
}

static bool is_day(int32_t day)
{
	return day >= 0 && day <= civil_day_of(INSTANT_MAX_MS, 0);
}

enum status batch_take(struct batch *batch, struct text value, bool is_again, struct names *names, struct wire_arena *arena, struct error *error)
{
	struct text dimension;
	int32_t day[WIRE_CHANGE_DAYS_MAX];
	size_t count;
	name_id id;
	if (value.size > WIRE_CHANGE_BYTES_MAX)
		return error_set(error, REJECT, "too_large", "%u bytes, at most %d", value.size, WIRE_CHANGE_BYTES_MAX);
	arena->used = 0;
	enum status status = wire_unpack_change(value, arena, &dimension, day, &count, error);
	if (status == OK)
		status = check_dimension(dimension, names, &id, error);
	if (status != OK)
		return status;
	for (size_t i = 0; i < count; i++)
		if (!is_day(day[i]))
			return error_set(error, REJECT, "bad_field", "day %" PRId32 " is out of range", day[i]);
	for (size_t i = 0; i < count; i++) {
		int32_t month = civil_month_of_day(day[i]);
		batch_add(batch, (struct change){ .dimension = id, .month = month, .days = UINT32_C(1) << (day[i] - civil_month_first_day(month)), .is_again = is_again });
	}
	return OK;
}

void batch_reach(struct batch *batch, int32_t partition, int64_t next_offset)
{
	assert(partition >= 0 && partition < batch->partition_count);
	batch->next_offset[partition] = next_offset;
	batch->message_count++;
}

void batch_forget_partition(struct batch *batch, int32_t partition)
{
	if (partition >= 0 && partition < batch->partition_count)
		batch->next_offset[partition] = -1;
}

static int compare(const void *left, const void *right)
{
	const struct change *a = left, *b = right;
	if (a->dimension != b->dimension)
		return a->dimension < b->dimension ? -1 : 1;
	return (a->month > b->month) - (a->month < b->month);
}

void batch_sort(struct batch *batch)
{
	if (batch->count)
		qsort(batch->change, batch->count, sizeof *batch->change, compare);
}
