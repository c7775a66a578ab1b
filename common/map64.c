#include "map64.h"

#include <assert.h>
#include <stdlib.h>

#include "memory.h"

static struct map64_entry *place_of(const struct map64 *map, uint64_t key)
{
	size_t i = (size_t)((key * UINT64_C(0x9e3779b97f4a7c15)) >> 24) & (map->slots - 1);  // Fibonacci hashing
	while (map->slot[i].key && map->slot[i].key != key)
		i = (i + 1) & (map->slots - 1);
	return &map->slot[i];
}

static void grow(struct map64 *map)
{
	struct map64 old = *map;
	map->slots = old.slots ? 2 * old.slots : 64;
	map->slot = memory_new(map->slots * sizeof *map->slot);
	for (size_t i = 0; i < old.slots; i++)
		if (old.slot[i].key)
			*place_of(map, old.slot[i].key) = old.slot[i];
	free(old.slot);
}

int64_t *map64_put(struct map64 *map, uint64_t key, bool *ret_is_new)
{
	assert(key);
	if (4 * (map->count + 1) > 3 * map->slots)
		grow(map);
	struct map64_entry *entry = place_of(map, key);
	*ret_is_new = !entry->key;
	map->count += *ret_is_new;
	entry->key = key;
	return &entry->value;
}

int64_t *map64_find(const struct map64 *map, uint64_t key)
{
	assert(key);
	struct map64_entry *entry = map->slots ? place_of(map, key) : NULL;
	return entry && entry->key ? &entry->value : NULL;
}

void map64_done(struct map64 *map)
{
	free(map->slot);
	*map = (struct map64){ NULL, 0, 0 };
}
