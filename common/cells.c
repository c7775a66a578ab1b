#include "cells.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "civil.h"
#include "memory.h"

// The counters of a day. Most are never used, so only those have room that were. Below zero only while the month is not loaded.
struct cell {
	uint64_t mask[SUB_COUNT];   // by sub: the counters that have room
	uint16_t first[SUB_COUNT];  // by sub: where their sums begin
	uint16_t count, capacity;
	int64_t sum[];              // sub by sub, in the order of the counters
};
enum { SUMS_MIN = 16 };

// The months of one dimension that are in memory. Nearly every look-up is about the month of the last one.
struct shelf {
	struct cell_month *recent;
	struct cell_month **month;
	size_t count, capacity;
};

enum { DAYS_REMEMBERED = 512, CHANGES_MAX = 256 };

// A contribution that comes or goes.
struct change {
	const struct contribution *contribution;
	int sign;
};

struct cells {
	struct shelf *shelf;  // by dimension
	size_t shelves, bytes;
	struct cell_month *dirty, *last;
	struct change change[CHANGES_MAX];
	size_t change_count;
	struct {
		int32_t day;
		struct place {
			int32_t month;
			unsigned day_of_month;  // 0 is not remembered
		} place;
	} memo[DAYS_REMEMBERED];
	uint64_t step;
};

struct cells *cells_new(void)
{
	return memory_new(sizeof(struct cells));
}

static size_t cell_weight(const struct cell *cell)
{
	return cell ? sizeof *cell + cell->capacity * sizeof *cell->sum + 16 : 0;  // 16: what the allocator takes
}

static size_t month_free(struct cell_month *month)
{
	size_t weight = sizeof *month;
	for (unsigned i = 0; i < 31; i++) {
		weight += cell_weight(month->day[i]);
		free(month->day[i]);
	}
	free(month);
	return weight;
}

void cells_clear(struct cells *cells)
{
	for (size_t i = 0; i < cells->shelves; i++) {
		for (size_t k = 0; k < cells->shelf[i].count; k++)
			month_free(cells->shelf[i].month[k]);
		free(cells->shelf[i].month);
		cells->shelf[i] = (struct shelf){ .recent = NULL };
	}
	cells->bytes = cells->change_count = 0;
	cells->dirty = cells->last = NULL;
}

void cells_free(struct cells *cells)
{
	if (!cells)
		return;
	cells_clear(cells);
	free(cells->shelf);
	free(cells);
}

static struct shelf *shelf_of(struct cells *cells, name_id dimension)
{
	if (dimension >= cells->shelves) {
		size_t had = cells->shelves;
		cells->shelf = memory_grow(cells->shelf, dimension + 1, sizeof *cells->shelf, &cells->shelves);
		memset(cells->shelf + had, 0, (cells->shelves - had) * sizeof *cells->shelf);
	}
	return &cells->shelf[dimension];
}

static struct cell_month *month_of(struct cells *cells, name_id dimension, int32_t month)
{
	struct shelf *shelf = shelf_of(cells, dimension);
	if (shelf->recent && shelf->recent->month == month)
		return shelf->recent;
	for (size_t i = 0; i < shelf->count; i++)
		if (shelf->month[i]->month == month)
			return shelf->recent = shelf->month[i];
	struct cell_month *found = memory_new(sizeof *found);
	found->dimension = dimension;
	found->month = month;
	cells->bytes += sizeof *found;
	shelf->month = memory_grow(shelf->month, shelf->count + 1, sizeof *shelf->month, &shelf->capacity);
	return shelf->recent = shelf->month[shelf->count++] = found;
}

// Room for one more sum.
static struct cell *grow(struct cells *cells, struct cell *cell)
{
	size_t had = cell_weight(cell), capacity = cell ? 2u * cell->capacity : SUMS_MIN;
	if (capacity > SUB_COUNT * COUNTER_COUNT)
		capacity = SUB_COUNT * COUNTER_COUNT;
	bool is_new = !cell;
	cell = memory_resize(cell, 1, sizeof *cell + capacity * sizeof *cell->sum);
	if (is_new)
		memset(cell, 0, sizeof *cell);
	cell->capacity = (uint16_t)capacity;
	cells->bytes += cell_weight(cell) - had;
	return cell;
}

// Room for a counter that the day does not have yet.
static void open_sum(struct cells *cells, struct cell **day, uint8_t sub, unsigned place)
{
	struct cell *cell = *day;
	if (!cell || cell->count == cell->capacity)
		cell = *day = grow(cells, cell);
	memmove(&cell->sum[place + 1], &cell->sum[place], (cell->count - place) * sizeof *cell->sum);
	cell->sum[place] = 0;
	cell->count++;
	while (++sub < SUB_COUNT)
		cell->first[sub]++;
}

// Not every machine that we build for has an instruction for it, and without one the compiler calls a function. Source: H. S. Warren, "Hacker's Delight", 5-1.
static unsigned count_bits(uint64_t bits)
{
	bits -= bits >> 1 & UINT64_C(0x5555555555555555);
	bits = (bits & UINT64_C(0x3333333333333333)) + (bits >> 2 & UINT64_C(0x3333333333333333));
	bits = (bits + (bits >> 4)) & UINT64_C(0x0f0f0f0f0f0f0f0f);
	return (unsigned)(bits * UINT64_C(0x0101010101010101) >> 56);
}

static inline void add(struct cells *cells, struct cell **day, uint8_t sub, enum counter counter, int64_t amount)
{
	struct cell *cell = *day;
	uint64_t bit = UINT64_C(1) << counter, mask = cell ? cell->mask[sub] : 0;
	unsigned place = (cell ? cell->first[sub] : 0u) + count_bits(mask & (bit - 1));
	if (!(mask & bit)) {
		open_sum(cells, day, sub, place);
		cell = *day;
		cell->mask[sub] |= bit;
	}
	cell->sum[place] += amount;
}

static void mark(struct cells *cells, struct cell_month *month, unsigned day_of_month)
{
	bool is_marked = month->dirty_days;
	month->used_at = cells->step;
	month->dirty_days |= UINT32_C(1) << (day_of_month - 1);
	if (is_marked)
		return;
	month->next_dirty = NULL;
	if (cells->last)
		cells->last->next_dirty = month;
	else
		cells->dirty = month;
	cells->last = month;
}

// A day's month and place in it, remembered: neighbouring calls are mostly about the same few days.
static struct place place_of(struct cells *cells, int32_t day)
{
	unsigned i = (uint32_t)day % DAYS_REMEMBERED;
	if (cells->memo[i].day != day || !cells->memo[i].place.day_of_month) {
		struct civil civil = civil_from_day(day);
		cells->memo[i].day = day;
		cells->memo[i].place = (struct place){ civil.year * 12 + civil.month - 1, (unsigned)civil.day };
	}
	return cells->memo[i].place;
}

static struct cell **day_to_change(struct cells *cells, name_id dimension, int32_t day)
{
	struct place place = place_of(cells, day);
	struct cell_month *month = month_of(cells, dimension, place.month);
	mark(cells, month, place.day_of_month);
	return &month->day[place.day_of_month - 1];
}

void cells_add(struct cells *cells, name_id dimension, int32_t day, uint8_t sub, enum counter counter, int32_t amount)
{
	add(cells, day_to_change(cells, dimension, day), sub, counter, amount);
}

// Where a contribution counts: at most unit, district, group, city and two categories.
struct target {
	name_id dimension;
	uint8_t sub;
};
enum { TARGETS_MAX = 6 };

static size_t targets_of(const struct outcome *outcome, const struct contribution *c, const struct policy *policy, name_id city, struct target ret_target[TARGETS_MAX])
{
	size_t count = 0;
	const struct roster_unit *entry = c->scope == SCOPE_UNIT && c->roster ? &policy->roster[c->roster - 1] : NULL;
	name_id own = c->scope == SCOPE_TICKET ? outcome->district : c->scope == SCOPE_CITY ? 0 : c->name;
	if (own)
		ret_target[count++] = (struct target){ own, outcome->sub };
	if (entry && entry->district)
		ret_target[count++] = (struct target){ entry->district, outcome->sub };
	if (entry && entry->group)
		ret_target[count++] = (struct target){ entry->group, outcome->sub };
	if (c->scope == SCOPE_UNIT_ALONE || c->scope == SCOPE_DISTRICT || c->scope == SCOPE_GROUP)
		return count;
	ret_target[count++] = (struct target){ city, outcome->sub };
	if (outcome->category.top)
		ret_target[count++] = (struct target){ outcome->category.top, 0 };
	if (outcome->category.sub)
		ret_target[count++] = (struct target){ outcome->category.sub, 0 };
	return count;
}

static bool is_same_place(const struct contribution *a, const struct contribution *b)
{
	return a->scope == b->scope && a->day == b->day && a->name == b->name && a->roster == b->roster;
}

// Moves the changes that go to the same places as the first up behind it; returns where they end.
static struct change *gather(struct change *first, const struct change *end)
{
	struct change *same_end = first + 1;
	for (struct change *change = same_end; change < end; change++)
		if (is_same_place(first->contribution, change->contribution)) {
			struct change moved = *change;
			*change = *same_end;
			*same_end++ = moved;
		}
	return same_end;
}

// Puts changes of the same places where they belong: finding a place costs more than adding.
static void add_together(struct cells *cells, const struct outcome *outcome, const struct change *first, const struct change *end, const struct policy *policy, name_id city)
{
	struct target target[TARGETS_MAX];
	struct cell **day[TARGETS_MAX];
	size_t count = targets_of(outcome, first->contribution, policy, city, target);
	for (size_t i = 0; i < count; i++) {
		day[i] = day_to_change(cells, target[i].dimension, first->contribution->day);
		__builtin_prefetch(*day[i]);  // they lie anywhere: all are fetched before the first is needed
	}
	for (size_t i = 0; i < count; i++)
		for (const struct change *change = first; change < end; change++)
			add(cells, day[i], target[i].sub, (enum counter)change->contribution->counter, change->sign * (int64_t)change->contribution->amount);
}

static void flush(struct cells *cells, const struct outcome *outcome, const struct policy *policy, name_id city)
{
	const struct change *end = cells->change + cells->change_count;
	for (struct change *first = cells->change, *next; first < end; first = next) {
		next = gather(first, end);
		add_together(cells, outcome, first, next, policy, city);
	}
	cells->change_count = 0;
}

static void add_one(struct cells *cells, const struct outcome *outcome, const struct contribution *c, const struct policy *policy, name_id city, int sign)
{
	if (cells->change_count == CHANGES_MAX)
		flush(cells, outcome, policy, city);
	cells->change[cells->change_count++] = (struct change){ .contribution = c, .sign = sign };
}

void cells_add_outcome(struct cells *cells, const struct outcome *outcome, const struct policy *policy, name_id city, int sign)
{
	for (uint32_t i = 0; i < outcome->contribution_count; i++)
		add_one(cells, outcome, &outcome->contribution[i], policy, city, sign);
	flush(cells, outcome, policy, city);
}

static bool is_same(const struct contribution *a, const struct contribution *b)
{
	return memcmp(a, b, sizeof *a) == 0;
}

// Where the same contribution comes next in the list, at `from` or later; `count` when it does not.
static uint32_t find(const struct outcome *outcome, uint32_t from, const struct contribution *c)
{
	while (from < outcome->contribution_count && !is_same(&outcome->contribution[from], c))
		from++;
	return from;
}

// The lists are in one order and mostly equal: walk both, and where they part look for the place where they meet again.
void cells_add_difference(struct cells *cells, const struct outcome *before, const struct outcome *after, const struct policy *policy, name_id city)
{
	if (before->sub != after->sub || before->district != after->district || before->category.top != after->category.top ||
	    before->category.sub != after->category.sub) {
		cells_add_outcome(cells, before, policy, city, -1);
		cells_add_outcome(cells, after, policy, city, 1);
		return;
	}
	uint32_t i = 0, k = 0;
	while (i < before->contribution_count) {
		uint32_t at = find(after, k, &before->contribution[i]);
		if (at == after->contribution_count) {
			add_one(cells, before, &before->contribution[i++], policy, city, -1);
			continue;
		}
		while (k < at)
			add_one(cells, after, &after->contribution[k++], policy, city, 1);
		i++, k++;
	}
	while (k < after->contribution_count)
		add_one(cells, after, &after->contribution[k++], policy, city, 1);
	flush(cells, after, policy, city);
}

struct cell_month *cells_dirty(const struct cells *cells)
{
	return cells->dirty;
}

enum status cells_load_day(struct cells *cells, struct cell_month *month, unsigned day_of_month, struct text value, struct error *error)
{
	if (day_of_month < 1 || day_of_month > 31)
		return error_set(error, FATAL, "broken_state", "stored counters have a day %u", day_of_month);
	while (value.size) {
		struct counters stored;
		uint8_t sub;
		enum status status = partial_take(&value, &sub, &stored, error);
		if (status != OK)
			return status;
		for (unsigned i = 0; i < COUNTER_COUNT; i++)
			if (stored.n[i])
				add(cells, &month->day[day_of_month - 1], sub, (enum counter)i, (int64_t)stored.n[i]);
	}
	return OK;
}

static enum status check_sums(const struct cell *cell, unsigned sub, struct error *error)
{
	const int64_t *sum = cell->sum + cell->first[sub];
	for (uint64_t rest = cell->mask[sub]; rest; rest &= rest - 1, sum++)
		if (*sum < 0)
			return error_set(error, FATAL, "broken_state", "counter %s would be %lld", counter_name((enum counter)__builtin_ctzll(rest)), (long long)*sum);
	return OK;
}

enum status cell_pack(const struct cell *cell, uint8_t ret_bytes[PARTIAL_BYTES_MAX], size_t *ret_size, struct error *error)
{
	size_t size = 0;
	for (unsigned sub = 0; sub < SUB_COUNT; sub++) {
		if (!cell->mask[sub])
			continue;
		enum status status = check_sums(cell, sub, error);
		if (status != OK)
			return status;
		size += partial_pack_some((uint8_t)sub, cell->mask[sub], (const uint64_t *)cell->sum + cell->first[sub], ret_bytes + size);
	}
	*ret_size = size;
	return OK;
}

void cells_end_step(struct cells *cells)
{
	for (struct cell_month *month = cells->dirty; month; month = month->next_dirty)
		month->dirty_days = 0;
	cells->dirty = cells->last = NULL;
	cells->step++;
}

size_t cells_bytes(const struct cells *cells)
{
	return cells->bytes + cells->shelves * sizeof *cells->shelf;
}

static void drop_unused(struct cells *cells, struct shelf *shelf, uint64_t since_step)
{
	size_t kept = 0;
	for (size_t i = 0; i < shelf->count; i++) {
		if (shelf->month[i]->used_at >= since_step)
			shelf->month[kept++] = shelf->month[i];
		else
			cells->bytes -= month_free(shelf->month[i]);
	}
	shelf->count = kept;
	shelf->recent = NULL;
}

void cells_trim(struct cells *cells, size_t limit_bytes)
{
	// What was not used for 64 steps goes first, then for 32 ...
	for (uint64_t age = 64; cells->bytes > limit_bytes; age /= 2) {
		for (size_t i = 0; i < cells->shelves; i++)
			drop_unused(cells, &cells->shelf[i], cells->step > age ? cells->step - age : 0);
		if (!age)
			return;
	}
}
