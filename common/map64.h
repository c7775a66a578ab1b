// map64.h - a number for each of some numbers that are not 0.
#ifndef HOTLINE_MAP64_H
#define HOTLINE_MAP64_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct map64_entry {
	uint64_t key;  // 0: free
	int64_t value;
};

struct map64 {
	struct map64_entry *slot;  // open addressing
	size_t slots, count;
};

int64_t *map64_put(struct map64 *map, uint64_t key, bool *ret_is_new);  // the place of its value, 0 at first; until something else is put
int64_t *map64_find(const struct map64 *map, uint64_t key);             // NULL when it is not there
void map64_done(struct map64 *map);

#endif
