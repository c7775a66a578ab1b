// fail_allocation.c - loaded before a program (LD_PRELOAD): its n-th call for memory, counted over all threads and libraries, gets none.
//
//   FAIL_ALLOCATION=N        which one fails, from 1; 0 none
//   FAIL_ALLOCATIONS=N       how many in a row from there; without it one
//   COUNT_ALLOCATIONS=FILE   the program's number of calls is written there when it ends
//
// The calls that reach the heap go on to glibc's own, so nothing is looked up, which would itself allocate.
#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

void *__libc_malloc(size_t size);                // NOLINT: glibc's names
void *__libc_calloc(size_t count, size_t size);  // NOLINT
void *__libc_realloc(void *memory, size_t size); // NOLINT
void *__libc_memalign(size_t alignment, size_t size);  // NOLINT

static atomic_ulong calls;
static unsigned long first, last;

static unsigned long number_of(const char *name, unsigned long otherwise)
{
	const char *value = getenv(name);
	return value ? strtoul(value, NULL, 10) : otherwise;
}

__attribute__((constructor)) static void begin(void)
{
	unsigned long count = number_of("FAIL_ALLOCATIONS", 1);
	first = number_of("FAIL_ALLOCATION", 0);
	last = first ? first + count - 1 : 0;
	atomic_store(&calls, 0);
}

__attribute__((destructor)) static void end(void)
{
	const char *path = getenv("COUNT_ALLOCATIONS");
	unsigned long count = atomic_load(&calls);
	FILE *file = path ? fopen(path, "w") : NULL;
	if (!file)
		return;
	fprintf(file, "%lu\n", count);
	fclose(file);
}

static bool fails(void)
{
	unsigned long number = atomic_fetch_add(&calls, 1) + 1;
	if (number < first || number > last)
		return false;
	errno = ENOMEM;
	return true;
}

void *malloc(size_t size)
{
	return fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	return fails() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size)
{
	return fails() ? NULL : __libc_realloc(memory, size);
}

void *reallocarray(void *memory, size_t count, size_t size)
{
	size_t bytes;
	if (__builtin_mul_overflow(count, size, &bytes)) {
		errno = ENOMEM;
		return NULL;
	}
	return fails() ? NULL : __libc_realloc(memory, bytes);
}

int posix_memalign(void **ret_memory, size_t alignment, size_t size)
{
	void *memory = fails() ? NULL : __libc_memalign(alignment, size);
	if (!memory)
		return ENOMEM;
	*ret_memory = memory;
	return 0;
}

void *aligned_alloc(size_t alignment, size_t size)
{
	return fails() ? NULL : __libc_memalign(alignment, size);
}
