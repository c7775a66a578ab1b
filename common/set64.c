#include "set64.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"

static size_t place_of(const struct set64 *set, uint64_t number)
{
	size_t i = (size_t)((number * UINT64_C(0x9e3779b97f4a7c15)) >> 24) & (set->slots - 1);  // Fibonacci hashing
	while (set->slot[i] && set->slot[i] != number)
		i = (i + 1) & (set->slots - 1);
	return i;
}

static void grow(struct set64 *set)
{
	struct set64 old = *set;
	set->slots = old.slots ? 2 * old.slots : 64;
	set->slot = memory_new(set->slots * sizeof *set->slot);
	for (size_t i = 0; i < old.slots; i++)
		if (old.slot[i])
			set->slot[place_of(set, old.slot[i])] = old.slot[i];
	free(old.slot);
}

bool set64_add(struct set64 *set, uint64_t number)
{
	assert(number);
	if (2 * (set->count + 1) > set->slots)
		grow(set);
	size_t i = place_of(set, number);
	if (set->slot[i])
		return false;
	set->slot[i] = number;
	set->count++;
	return true;
}

void set64_clear(struct set64 *set)
{
	if (set->slots)
		memset(set->slot, 0, set->slots * sizeof *set->slot);
	set->count = 0;
}

void set64_done(struct set64 *set)
{
	free(set->slot);
	*set = (struct set64){ NULL, 0, 0 };
}
