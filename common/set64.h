// set64.h - a set of numbers that are not 0.
#ifndef HOTLINE_SET64_H
#define HOTLINE_SET64_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct set64 {
	uint64_t *slot;  // open addressing, 0 is free
	size_t slots, count;
};

bool set64_add(struct set64 *set, uint64_t number);  // false when it was there
void set64_clear(struct set64 *set);                 // forgets the numbers, keeps the memory
void set64_done(struct set64 *set);

#endif
