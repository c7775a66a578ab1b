#include "months.h"

#include <stdlib.h>
#include <string.h>

#include "memory.h"

struct open_months {
	int32_t from, to;  // from > to: none is open, and `to` is the last that was
	bool is_known;
};

void months_done(struct months *months)
{
	free(months->open);
	*months = (struct months){ .first = INT32_MAX };
}

static struct open_months *find(struct months *months, name_id dimension)
{
	size_t before = months->capacity;
	months->open = memory_grow(months->open, (size_t)dimension + 1, sizeof *months->open, &months->capacity);
	if (months->look_at >= before)  // who is new was just judged
		months->look_at = months->capacity;
	if (months->capacity > before)
		memset(months->open + before, 0, (months->capacity - before) * sizeof *months->open);
	return &months->open[dimension];
}

void months_note(struct months *months, name_id dimension, int32_t month, int32_t clock_month)
{
	if (month < clock_month)
		return;
	struct open_months *open = find(months, dimension);
	if (!open->is_known || open->from > open->to)
		*open = (struct open_months){ .from = month, .to = month, .is_known = true };
	if (month < open->from)
		open->from = month;
	if (month > open->to)
		open->to = month;
	if (open->from < months->first)
		months->first = open->from;
}

bool months_has_over(const struct months *months, int32_t clock_month)
{
	return months->first < clock_month || months->look_at < months->capacity;
}

void months_look_again(struct months *months)
{
	months->look_at = 0;
}

static void look_again(struct months *months, struct batch *batch)
{
	for (; months->look_at < months->capacity && !batch_is_full(batch); months->look_at++) {
		const struct open_months *open = &months->open[months->look_at];
		for (int32_t month = open->from; open->is_known && month <= open->to; month++)
			batch_add(batch, (struct change){ .dimension = (name_id)months->look_at, .month = month });
	}
}

void months_take_over(struct months *months, int32_t clock_month, struct batch *batch)
{
	look_again(months, batch);
	if (months->first >= clock_month)
		return;
	int32_t first = INT32_MAX;
	for (size_t i = 0; i < months->capacity; i++) {
		struct open_months *open = &months->open[i];
		for (; open->is_known && open->from <= open->to && open->from < clock_month && !batch_is_full(batch); open->from++)
			batch_add(batch, (struct change){ .dimension = (name_id)i, .month = open->from, .is_over = true });
		if (open->is_known && open->from <= open->to && open->from < first)
			first = open->from;
	}
	months->first = first;
}

void months_reopen(struct months *months)
{
	for (size_t i = 0; i < months->capacity; i++) {
		struct open_months *open = &months->open[i];
		if (!open->is_known)
			continue;
		if (open->from > open->to)
			open->from = open->to;
		if (open->from < months->first)
			months->first = open->from;
	}
}
