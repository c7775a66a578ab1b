#include "memory.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

enum { MAPPED_BYTES = 1 << 20 };  // a block from this size on is mapped by itself

static void *must(void *memory, size_t size)
{
	if (!memory) {
		fprintf(stderr, "out of memory: %zu bytes\n", size);
		abort();
	}
	return memory;
}

void *memory_new(size_t size)
{
	return must(calloc(1, size ? size : 1), size);
}

void *memory_resize(void *memory, size_t count, size_t size)
{
	return must(reallocarray(memory, count ? count : 1, size), count * size);
}

void *memory_grow(void *memory, size_t count, size_t size, size_t *capacity)
{
	if (count <= *capacity)
		return memory;
	size_t more = *capacity ? *capacity * 2 : 16;
	*capacity = more > count ? more : count;
	return memory_resize(memory, *capacity, size);
}

void memory_begin_service(void)
{
	mallopt(M_MMAP_THRESHOLD, MAPPED_BYTES);
	mallopt(M_ARENA_MAX, 1);
}
