// Months of units that have duty: who never logs in sends no event, and is judged all the same.
//
// When the shard's clock has come to a month, the subject of every duty unit whose key belongs to this partition is touched, so that it exists, is judged, and
// has its next look filed. How far that has come is in the head, so it is exactly as crash-safe as anything else; a unit that is touched again is judged to no
// difference. The months are those from the first that the shard knows of (of its first clock, or of an earlier event, whenever that comes) to the clock's: so
// the order of arrival makes no difference. A new edition of the policy may have other units and seeds all of them again.
#include <stdio.h>
#include <stdlib.h>

#include "civil.h"
#include "memory.h"
#include "shard_inside.h"

// A single event with a wrong date must not raise years of alerts. More than the topic keeps (25 months).
enum { SEED_MONTHS_MAX = 36 };

static int32_t month_at(const struct shard *shard, int64_t at_ms)
{
	return civil_month_of_day(civil_day_of(at_ms, shard->policy->policy.zone_ms));
}

struct named_unit {
	struct text name;
	name_id unit;
};

static int compare_names(const void *a, const void *b)
{
	return text_compare(((const struct named_unit *)a)->name, ((const struct named_unit *)b)->name);
}

static size_t find_units(const struct shard *shard, struct named_unit *ret_units)
{
	const struct policy *policy = &shard->policy->policy;
	size_t count = 0;
	for (uint32_t i = 0; i < policy->roster_count; i++) {
		const struct roster_unit *entry = &policy->roster[i];
		struct text name = names_text(shard->settings->names, entry->unit);
		bool is_listed = count && ret_units[count - 1].unit == entry->unit;
		if (entry->has_duty && !is_listed && kafka_partition_of(name, shard->partitions) == shard->partition)
			ret_units[count++] = (struct named_unit){ name, entry->unit };
	}
	return count;
}

// By name: the head holds a place in this order, and numbers of names are this process's own.
void shard_seed_units(struct shard *shard)
{
	uint32_t roster_count = shard->kind == SHARD_OF_UNITS ? shard->policy->policy.roster_count : 0;
	struct named_unit *units = memory_new(roster_count * sizeof *units);
	size_t count = roster_count ? find_units(shard, units) : 0;
	if (count)
		qsort(units, count, sizeof *units, compare_names);
	shard->duty_unit = memory_grow(shard->duty_unit, count, sizeof *shard->duty_unit, &shard->duty_capacity);
	for (size_t i = 0; i < count; i++)
		shard->duty_unit[i] = units[i].unit;
	shard->duty_count = (uint32_t)count;
	free(units);
}

void shard_seed_event(struct shard *shard, int64_t at_ms)
{
	int32_t month = month_at(shard, at_ms);
	if (month < shard->first_month)
		shard->first_month = month;
}

void shard_seed_again(struct shard *shard)
{
	shard->head.seed_month = shard->head.seed_from;
	shard->head.seed_unit = 0;
}

bool shard_wants_seeds(const struct shard *shard)
{
	return shard->duty_count && shard->head.seed_from && shard->head.seed_month <= month_at(shard, shard->head.clock_ms);
}

void shard_touch_seeds(struct shard *shard)
{
	shard->is_seeding = shard_wants_seeds(shard);
	if (!shard->is_seeding)
		return;
	int32_t last = month_at(shard, shard->head.clock_ms), month = shard->head.seed_month;
	uint32_t unit = shard->head.seed_unit;
	if (month < last - SEED_MONTHS_MAX) {
		month = last - SEED_MONTHS_MAX;
		unit = 0;
	}
	for (uint32_t i = 0; i < SHARD_TIMERS_MAX && month <= last; i++) {
		char id[256];
		size_t size = shard_month_id(shard, shard->duty_unit[unit], month, id);
		pages_touch(shard->pages, shard_address(shard, (struct text){ id, (uint32_t)size }), TOUCH_SEED);
		if (++unit == shard->duty_count) {
			unit = 0;
			month++;
		}
	}
	shard->seeding_month = month;
	shard->seeding_unit = unit;
}

// What this step touched is done; and what it took in may make an earlier month the first.
void shard_advance_seeds(struct shard *shard)
{
	struct head *head = &shard->head;
	if (shard->is_seeding) {
		head->seed_month = shard->seeding_month;
		head->seed_unit = shard->seeding_unit;
		shard->is_seeding = false;
	}
	if (shard->kind != SHARD_OF_UNITS || !head->clock_ms)
		return;
	int32_t clock_month = month_at(shard, head->clock_ms);
	int32_t first = shard->first_month < clock_month ? shard->first_month : clock_month;
	if (first < clock_month - SEED_MONTHS_MAX)
		first = clock_month - SEED_MONTHS_MAX;
	shard->first_month = INT32_MAX;
	if (head->seed_from && head->seed_from <= first)
		return;
	head->seed_from = first;
	shard_seed_again(shard);
}
