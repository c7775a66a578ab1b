// Heap memory by owner: every allocation of a member's code is noted, so that a crash can give back what the member had without running any of its code.
//
// The linker puts these in the place of malloc and its like (--wrap) in all objects that are linked statically. A table beside the memory, and no header in front
// of it, since memory of the C library is freed here too and must pass.
#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sim.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void __real_free(void *memory);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void *__wrap_reallocarray(void *memory, size_t count, size_t size);
void __wrap_free(void *memory);
int __wrap_malloc_trim(size_t pad);

struct piece {
	void *memory;                // NULL is free
	const struct member *owner;  // NULL: the driver
};

static struct table {
	struct piece *piece;
	size_t slots, count;
} table;

static size_t slot_of(const void *memory)
{
	return (size_t)(((uintptr_t)memory >> 4) * UINT64_C(0x9e3779b97f4a7c15) >> 20) & (table.slots - 1);
}

static void put(void *memory, const struct member *owner)
{
	size_t i = slot_of(memory);
	while (table.piece[i].memory)
		i = (i + 1) & (table.slots - 1);
	table.piece[i] = (struct piece){ memory, owner };
}

static void make_room(void)
{
	struct table old = table;
	if (table.slots && table.count * 2 < table.slots)
		return;
	table.slots = old.slots ? old.slots * 2 : 1 << 16;
	table.piece = __real_calloc(table.slots, sizeof *table.piece);
	assert(table.piece);
	for (size_t i = 0; i < old.slots; i++)
		if (old.piece[i].memory)
			put(old.piece[i].memory, old.piece[i].owner);
	__real_free(old.piece);
}

static void *note(void *memory)
{
	struct member *owner = sim_member();
	if (!memory || !owner)
		return memory;
	make_room();
	put(memory, owner);
	table.count++;
	return memory;
}

// Closes the gap, as open addressing asks for.
static void take_out(size_t hole)
{
	for (size_t i = (hole + 1) & (table.slots - 1); table.piece[i].memory; i = (i + 1) & (table.slots - 1)) {
		size_t home = slot_of(table.piece[i].memory);
		if (((i - home) & (table.slots - 1)) < ((i - hole) & (table.slots - 1)))
			continue;
		table.piece[hole] = table.piece[i];
		hole = i;
	}
	table.piece[hole] = (struct piece){ NULL, NULL };
	table.count--;
}

static void forget(const void *memory)
{
	if (!memory || !table.slots)
		return;
	for (size_t i = slot_of(memory); table.piece[i].memory; i = (i + 1) & (table.slots - 1))
		if (table.piece[i].memory == memory) {
			if (sim_member() && table.piece[i].owner != sim_member())
				sim_fail("%s frees memory of %s", sim_member_name(sim_member()), sim_member_name(table.piece[i].owner));
			take_out(i);
			return;
		}
}

void *__wrap_malloc(size_t size)
{
	return note(__real_malloc(size));
}

void *__wrap_calloc(size_t count, size_t size)
{
	return note(__real_calloc(count, size));
}

void *__wrap_realloc(void *memory, size_t size)
{
	forget(memory);
	return note(__real_realloc(memory, size));
}

void *__wrap_reallocarray(void *memory, size_t count, size_t size)
{
	size_t bytes;
	if (__builtin_mul_overflow(count, size, &bytes)) {
		errno = ENOMEM;
		return NULL;
	}
	return __wrap_realloc(memory, bytes);
}

void __wrap_free(void *memory)
{
	forget(memory);
	__real_free(memory);
}

static size_t trims;

// What the programs give back to the system costs a seed more than all that they do with it.
int __wrap_malloc_trim(size_t pad)
{
	(void)pad;
	trims++;
	return 0;
}

size_t sim_memory_trims(void)
{
	return trims;
}

size_t sim_memory_count(const struct member *member)
{
	size_t count = 0;
	for (size_t i = 0; i < table.slots; i++)
		count += table.piece[i].memory && table.piece[i].owner == member;
	return count;
}

void sim_memory_drop(struct member *member)
{
	for (size_t i = 0; i < table.slots;) {
		if (!table.piece[i].memory || table.piece[i].owner != member) {
			i++;
			continue;
		}
		__real_free(table.piece[i].memory);
		take_out(i);  // what moved into the gap is looked at next
	}
	// What moved across the end of the table was passed already.
	if (sim_memory_count(member))
		sim_memory_drop(member);
}

void *sim_new(size_t size)
{
	void *memory = __real_calloc(1, size ? size : 1);
	assert(memory);
	return memory;
}

void *sim_grow(void *memory, size_t count, size_t size, size_t *capacity)
{
	if (count <= *capacity)
		return memory;
	size_t more = *capacity ? *capacity * 2 : 16;
	*capacity = more > count ? more : count;
	memory = __real_realloc(memory, *capacity * size);
	assert(memory);
	return memory;
}

void sim_free(void *memory)
{
	__real_free(memory);
}

struct text sim_copy(struct text text)
{
	char *copy = __real_malloc((size_t)text.size + 1);
	assert(copy);
	if (text.size)
		memcpy(copy, text.at, text.size);
	copy[text.size] = '\0';
	return (struct text){ copy, text.size };
}
