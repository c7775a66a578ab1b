#include "due.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "civil.h"
#include "memory.h"

struct look {
	int64_t at_ms;
	uint8_t size;
	char ticket_id[];
};

// A bucket on the queue.
struct bucket {
	struct bucket *next;
	int64_t hour;
	bool ends_hour;
	size_t size, at;
	char bytes[];
};

struct due {
	struct bucket *first, *last;
	struct bucket *done;     // all taken; ids may still be in use
	int64_t finished_hour;
	struct look **heap;      // the earliest first
	size_t count, capacity;
};

struct due *due_new(void)
{
	struct due *due = memory_new(sizeof *due);
	due->finished_hour = DUE_NO_HOUR;
	return due;
}

static void free_buckets(struct bucket *bucket)
{
	while (bucket) {
		struct bucket *next = bucket->next;
		free(bucket);
		bucket = next;
	}
}

void due_clear(struct due *due)
{
	free_buckets(due->first);
	free_buckets(due->done);
	due->first = due->last = due->done = NULL;
	due->finished_hour = DUE_NO_HOUR;
	for (size_t i = 0; i < due->count; i++)
		free(due->heap[i]);
	due->count = 0;
}

void due_free(struct due *due)
{
	if (!due)
		return;
	due_clear(due);
	free(due->heap);
	free(due);
}

size_t due_record(struct text ticket_id, uint8_t *ret_bytes)
{
	assert(ticket_id.size && ticket_id.size <= UINT8_MAX);
	ret_bytes[0] = (uint8_t)ticket_id.size;
	memcpy(ret_bytes + 1, ticket_id.at, ticket_id.size);
	return 1 + ticket_id.size;
}

static bool is_sound(struct text bucket)
{
	size_t at = 0;
	while (at < bucket.size) {
		uint8_t size = (uint8_t)bucket.at[at];
		if (!size || size > bucket.size - at - 1)
			return false;
		at += 1u + size;
	}
	return true;
}

enum status due_queue_bucket(struct due *due, struct text bytes, int64_t hour, bool ends_hour, struct error *error)
{
	if (!is_sound(bytes))
		return error_set(error, FATAL, "broken_state", "the bucket of due tickets of hour %lld is broken", (long long)hour);
	struct bucket *bucket = memory_new(sizeof *bucket + bytes.size);
	bucket->hour = hour;
	bucket->ends_hour = ends_hour;
	bucket->size = bytes.size;
	if (bytes.size)
		memcpy(bucket->bytes, bytes.at, bytes.size);
	if (due->last)
		due->last->next = bucket;
	else
		due->first = bucket;
	due->last = bucket;
	return OK;
}

// Moves what has been taken wholly out of the way.
static void skip_taken(struct due *due)
{
	while (due->first && due->first->at == due->first->size) {
		struct bucket *bucket = due->first;
		if (bucket->ends_hour)
			due->finished_hour = bucket->hour;
		due->first = bucket->next;
		if (!due->first)
			due->last = NULL;
		bucket->next = due->done;
		due->done = bucket;
	}
}

bool due_queue_next(struct due *due, struct text *ret_ticket_id)
{
	skip_taken(due);
	struct bucket *bucket = due->first;
	if (!bucket)
		return false;
	uint8_t size = (uint8_t)bucket->bytes[bucket->at];
	*ret_ticket_id = (struct text){ bucket->bytes + bucket->at + 1, size };
	bucket->at += 1u + size;
	return true;
}

bool due_queue_is_empty(const struct due *due)
{
	return !due->first;
}

int64_t due_queue_finished_hour(struct due *due)
{
	skip_taken(due);
	int64_t hour = due->finished_hour;
	due->finished_hour = DUE_NO_HOUR;
	free_buckets(due->done);
	due->done = NULL;
	return hour;
}

static void swap(struct look **a, struct look **b)
{
	struct look *look = *a;
	*a = *b;
	*b = look;
}

void due_heap_push(struct due *due, int64_t at_ms, struct text ticket_id)
{
	struct look *look = memory_new(sizeof *look + ticket_id.size);
	look->at_ms = at_ms;
	look->size = (uint8_t)ticket_id.size;
	memcpy(look->ticket_id, ticket_id.at, ticket_id.size);
	due->heap = memory_grow(due->heap, due->count + 1, sizeof *due->heap, &due->capacity);
	size_t i = due->count++;
	due->heap[i] = look;
	for (; i && due->heap[(i - 1) / 2]->at_ms > at_ms; i = (i - 1) / 2)
		swap(&due->heap[i], &due->heap[(i - 1) / 2]);
}

int64_t due_heap_first_ms(const struct due *due)
{
	return due->count ? due->heap[0]->at_ms : NEVER_MS;
}

static void sink(struct due *due)
{
	for (size_t i = 0;;) {
		size_t least = 2 * i + 1;
		if (least >= due->count)
			return;
		if (least + 1 < due->count && due->heap[least + 1]->at_ms < due->heap[least]->at_ms)
			least++;
		if (due->heap[i]->at_ms <= due->heap[least]->at_ms)
			return;
		swap(&due->heap[i], &due->heap[least]);
		i = least;
	}
}

bool due_heap_pop(struct due *due, int64_t until_ms, char *ret_ticket_id, uint32_t *ret_size)
{
	if (due_heap_first_ms(due) > until_ms || !due->count)
		return false;
	struct look *look = due->heap[0];
	memcpy(ret_ticket_id, look->ticket_id, look->size);
	*ret_size = look->size;
	free(look);
	due->heap[0] = due->heap[--due->count];
	sink(due);
	return true;
}

size_t due_heap_count(const struct due *due)
{
	return due->count;
}
