// memory.h - heap memory that is there, or the program ends: what is bounded by a named limit must fit.
#ifndef HOTLINE_MEMORY_H
#define HOTLINE_MEMORY_H

#include <stddef.h>

// Both abort without memory, with a line on stderr. The caller frees with free().
void *memory_new(size_t size);                              // zeroed; size 0 gives a pointer all the same
void *memory_resize(void *memory, size_t count, size_t size);  // as reallocarray; not zeroed

// Grows an array to hold at least `count` items, by doubling.
void *memory_grow(void *memory, size_t count, size_t size, size_t *capacity);

#endif
