#include "cells.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "civil.h"
#include "memory.h"

// One channel and level of a cell. Below zero only while its month is not loaded.
struct sub {
	int32_t n[COUNTER_COUNT];
};

struct cell {
	bool is_dirty;
	uint8_t count, capacity;
	uint8_t place[SUB_COUNT];  // by sub: its place in `sub` + 1
	struct sub *sub;
};

enum { DAYS_REMEMBERED = 512 };

struct cells {
	struct cell_month **slot;  // open addressing
	size_t slots, count, bytes;
	struct cell_month *dirty, *last;
	struct cell_month *recent;  // the one of the last look-up
	struct {
		int32_t day;
		struct place {
			int32_t month;
			unsigned day_of_month;  // 0 is not remembered
		} place;
	} memo[DAYS_REMEMBERED];
	uint64_t step;
};

enum { SLOTS_MIN = 1024 };

struct cells *cells_new(void)
{
	struct cells *cells = memory_new(sizeof *cells);
	cells->slots = SLOTS_MIN;
	cells->slot = memory_new(cells->slots * sizeof *cells->slot);
	return cells;
}

static size_t cell_weight(const struct cell *cell)
{
	return cell ? sizeof *cell + cell->capacity * sizeof *cell->sub + 32 : 0;
}

static size_t month_free(struct cell_month *month)
{
	size_t weight = sizeof *month;
	for (unsigned i = 0; i < 31; i++)
		if (month->day[i]) {
			weight += cell_weight(month->day[i]);
			free(month->day[i]->sub);
			free(month->day[i]);
		}
	free(month);
	return weight;
}

void cells_clear(struct cells *cells)
{
	for (size_t i = 0; i < cells->slots; i++)
		if (cells->slot[i]) {
			month_free(cells->slot[i]);
			cells->slot[i] = NULL;
		}
	cells->count = cells->bytes = 0;
	cells->dirty = cells->last = cells->recent = NULL;
}

void cells_free(struct cells *cells)
{
	if (!cells)
		return;
	cells_clear(cells);
	free(cells->slot);
	free(cells);
}

static size_t hash_of(name_id dimension, int32_t month)
{
	uint64_t key = (uint64_t)dimension << 32 | (uint32_t)month;
	key *= UINT64_C(0x9e3779b97f4a7c15);  // Fibonacci hashing
	return (size_t)(key >> 20);
}

static void put(struct cells *cells, struct cell_month *month)
{
	size_t i = hash_of(month->dimension, month->month) & (cells->slots - 1);
	while (cells->slot[i])
		i = (i + 1) & (cells->slots - 1);
	cells->slot[i] = month;
}

static void rehash(struct cells *cells, size_t slots)
{
	struct cell_month **old = cells->slot;
	size_t had = cells->slots;
	cells->slots = slots;
	cells->slot = memory_new(slots * sizeof *cells->slot);
	for (size_t i = 0; i < had; i++)
		if (old[i])
			put(cells, old[i]);
	free(old);
}

static struct cell_month *month_of(struct cells *cells, name_id dimension, int32_t month)
{
	for (size_t i = hash_of(dimension, month) & (cells->slots - 1); cells->slot[i]; i = (i + 1) & (cells->slots - 1))
		if (cells->slot[i]->dimension == dimension && cells->slot[i]->month == month)
			return cells->slot[i];
	if (2 * ++cells->count > cells->slots)
		rehash(cells, 2 * cells->slots);
	struct cell_month *found = memory_new(sizeof *found);
	found->dimension = dimension;
	found->month = month;
	cells->bytes += sizeof *found;
	put(cells, found);
	return found;
}

static struct sub *sub_at(struct cells *cells, struct cell_month *month, unsigned day_of_month, uint8_t sub)
{
	struct cell *cell = month->day[day_of_month - 1];
	if (!cell) {
		cell = month->day[day_of_month - 1] = memory_new(sizeof *cell);
		cells->bytes += cell_weight(cell);
	}
	if (!cell->place[sub]) {
		if (cell->count == cell->capacity) {
			cells->bytes -= cell_weight(cell);
			cell->capacity = (uint8_t)(cell->capacity ? 2 * cell->capacity : 1);
			cell->sub = memory_resize(cell->sub, cell->capacity, sizeof *cell->sub);
			cells->bytes += cell_weight(cell);
		}
		memset(&cell->sub[cell->count], 0, sizeof *cell->sub);
		cell->place[sub] = ++cell->count;
	}
	return &cell->sub[cell->place[sub] - 1];
}

static void mark(struct cells *cells, struct cell_month *month)
{
	month->used_at = cells->step;
	if (month->is_dirty)
		return;
	month->is_dirty = true;
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

void cells_add(struct cells *cells, name_id dimension, int32_t day, uint8_t sub, enum counter counter, int32_t amount)
{
	struct place place = place_of(cells, day);
	struct cell_month *month = cells->recent;
	if (!month || month->dimension != dimension || month->month != place.month)
		month = cells->recent = month_of(cells, dimension, place.month);
	sub_at(cells, month, place.day_of_month, sub)->n[counter] += amount;
	month->day[place.day_of_month - 1]->is_dirty = true;
	mark(cells, month);
}

static void add_contribution(struct cells *cells, const struct outcome *outcome, const struct contribution *c, const struct policy *policy, name_id city,
	int32_t amount)
{
	enum counter counter = (enum counter)c->counter;
	switch ((enum scope)c->scope) {
	case SCOPE_UNIT_ALONE:
	case SCOPE_DISTRICT:
	case SCOPE_GROUP:
		cells_add(cells, c->name, c->day, outcome->sub, counter, amount);
		return;
	case SCOPE_UNIT:
		if (c->name)
			cells_add(cells, c->name, c->day, outcome->sub, counter, amount);
		if (c->roster && policy->roster[c->roster - 1].district)
			cells_add(cells, policy->roster[c->roster - 1].district, c->day, outcome->sub, counter, amount);
		if (c->roster && policy->roster[c->roster - 1].group)
			cells_add(cells, policy->roster[c->roster - 1].group, c->day, outcome->sub, counter, amount);
		break;
	case SCOPE_TICKET:
		if (outcome->district)
			cells_add(cells, outcome->district, c->day, outcome->sub, counter, amount);
		break;
	case SCOPE_CITY:
		break;
	}
	cells_add(cells, city, c->day, outcome->sub, counter, amount);
	if (outcome->category.top)
		cells_add(cells, outcome->category.top, c->day, 0, counter, amount);
	if (outcome->category.sub)
		cells_add(cells, outcome->category.sub, c->day, 0, counter, amount);
}

static void add_one(struct cells *cells, const struct outcome *outcome, const struct contribution *c, const struct policy *policy, name_id city, int sign)
{
	add_contribution(cells, outcome, c, policy, city, sign * (int32_t)c->amount);
}

void cells_add_outcome(struct cells *cells, const struct outcome *outcome, const struct policy *policy, name_id city, int sign)
{
	for (uint32_t i = 0; i < outcome->contribution_count; i++)
		add_one(cells, outcome, &outcome->contribution[i], policy, city, sign);
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
}

struct cell_month *cells_dirty(const struct cells *cells)
{
	return cells->dirty;
}

bool cell_is_dirty(const struct cell *cell)
{
	return cell && cell->is_dirty;
}

enum status cells_load_day(struct cells *cells, struct cell_month *month, unsigned day_of_month, struct text value, struct error *error)
{
	struct counters stored[SUB_COUNT];
	memset(stored, 0, sizeof stored);
	if (day_of_month < 1 || day_of_month > 31)
		return error_set(error, FATAL, "broken_state", "stored counters have a day %u", day_of_month);
	enum status status = partial_add(value, stored, error);
	if (status != OK)
		return status;
	for (unsigned sub = 0; sub < SUB_COUNT; sub++) {
		if (counters_is_zero(&stored[sub]))
			continue;
		struct sub *sum = sub_at(cells, month, day_of_month, (uint8_t)sub);
		for (unsigned i = 0; i < COUNTER_COUNT; i++)
			sum->n[i] += (int32_t)stored[sub].n[i];
	}
	return OK;
}

enum status cell_pack(const struct cell *cell, uint8_t ret_bytes[PARTIAL_BYTES_MAX], size_t *ret_size, struct error *error)
{
	size_t size = 0;
	for (unsigned sub = 0; sub < SUB_COUNT; sub++) {
		struct counters counters;
		if (!cell->place[sub])
			continue;
		const struct sub *sum = &cell->sub[cell->place[sub] - 1];
		for (unsigned i = 0; i < COUNTER_COUNT; i++) {
			if (sum->n[i] < 0)
				return error_set(error, FATAL, "broken_state", "counter %s would be %d", counter_name((enum counter)i), sum->n[i]);
			counters.n[i] = (uint64_t)sum->n[i];
		}
		size += partial_pack_sub((uint8_t)sub, &counters, ret_bytes + size);
	}
	*ret_size = size;
	return OK;
}

void cells_end_step(struct cells *cells)
{
	for (struct cell_month *month = cells->dirty; month; month = month->next_dirty) {
		month->is_dirty = false;
		for (unsigned i = 0; i < 31; i++)
			if (month->day[i])
				month->day[i]->is_dirty = false;
	}
	cells->dirty = cells->last = NULL;
	cells->step++;
}

size_t cells_bytes(const struct cells *cells)
{
	return cells->bytes + cells->slots * sizeof *cells->slot;
}

void cells_trim(struct cells *cells, size_t limit_bytes)
{
	uint64_t age = 64;  // steps; halved until enough is gone
	while (cells->bytes > limit_bytes) {
		for (size_t i = 0; i < cells->slots; i++) {
			struct cell_month *month = cells->slot[i];
			if (!month || month->used_at + age > cells->step)
				continue;
			cells->bytes -= month_free(month);
			cells->count--;
			cells->slot[i] = NULL;
		}
		rehash(cells, cells->slots);
		cells->recent = NULL;
		if (!age)
			return;
		age /= 2;
	}
}
