// memory.h - heap memory that is there, or the program ends: what is bounded by a named limit must fit.
#ifndef HOTLINE_MEMORY_H
#define HOTLINE_MEMORY_H

#include <stddef.h>

// Both abort without memory, with a line on stderr. The caller frees with free().
void *memory_new(size_t size);                              // zeroed; size 0 gives a pointer all the same
void *memory_resize(void *memory, size_t count, size_t size);  // as reallocarray; not zeroed

// Grows an array to hold at least `count` items, by doubling.
void *memory_grow(void *memory, size_t count, size_t size, size_t *capacity);

// For a service, once, before it has threads: what is freed goes back to the system, and is not kept in holes. glibc would otherwise map only blocks above the largest one that
// was ever freed, up to 32 MiB, and give each thread a heap of its own: after an hour of large steps and a fault a minute 161 of a heap's 167 MiB were free, with as much in
// others. Source: tests/bench/README.md, "Tried"; mallopt(3).
void memory_begin_service(void);

#endif
