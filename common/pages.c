#include "pages.h"

#include <stdlib.h>
#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "memory.h"

struct pages {
	struct page_slot **slot;  // open addressing
	size_t slots, count, bytes;
	struct page_slot *first, *last;  // touched
	struct touch *touch;      // of this step, in blocks that never move
	struct block {
		struct block *before;
		struct touch touch[1024];
	} *block;
	size_t touch_count;
	uint64_t step;
};

enum { SLOTS_MIN = 1024 };

struct pages *pages_new(void)
{
	struct pages *pages = memory_new(sizeof *pages);
	pages->slots = SLOTS_MIN;
	pages->slot = memory_new(pages->slots * sizeof *pages->slot);
	return pages;
}

static void slot_free(struct page_slot *slot)
{
	free(slot->bytes);
	free(slot);
}

static size_t weight_of(const struct page_slot *slot)
{
	return sizeof *slot + slot->name_size + slot->size + 32;  // and what the allocator and the table take
}

void pages_clear(struct pages *pages)
{
	pages_end_step(pages);
	for (size_t i = 0; i < pages->slots; i++)
		if (pages->slot[i]) {
			slot_free(pages->slot[i]);
			pages->slot[i] = NULL;
		}
	pages->count = pages->bytes = 0;
}

void pages_free(struct pages *pages)
{
	if (!pages)
		return;
	pages_clear(pages);
	while (pages->block) {
		struct block *block = pages->block;
		pages->block = block->before;
		free(block);
	}
	free(pages->slot);
	free(pages);
}

static void put(struct pages *pages, struct page_slot *slot)
{
	size_t i = slot->hash & (pages->slots - 1);
	while (pages->slot[i])
		i = (i + 1) & (pages->slots - 1);
	pages->slot[i] = slot;
}

static void rehash(struct pages *pages, size_t slots)
{
	struct page_slot **old = pages->slot;
	size_t had = pages->slots;
	pages->slots = slots;
	pages->slot = memory_new(slots * sizeof *pages->slot);
	for (size_t i = 0; i < had; i++)
		if (old[i])
			put(pages, old[i]);
	free(old);
}

struct page_slot *pages_slot(struct pages *pages, struct text page)
{
	uint64_t hash = XXH3_64bits(page.at, page.size);
	for (size_t i = hash & (pages->slots - 1); pages->slot[i]; i = (i + 1) & (pages->slots - 1)) {
		struct page_slot *slot = pages->slot[i];
		if (slot->hash == hash && slot->name_size == page.size && memcmp(slot->name, page.at, page.size) == 0)
			return slot;
	}
	if (2 * ++pages->count > pages->slots)
		rehash(pages, 2 * pages->slots);
	struct page_slot *slot = memory_new(sizeof *slot + page.size);
	memcpy(slot->name, page.at, page.size);
	slot->name_size = page.size;
	slot->hash = hash;
	pages->bytes += weight_of(slot);
	put(pages, slot);
	return slot;
}

static struct touch *new_touch(struct pages *pages)
{
	enum { BLOCK = sizeof pages->block->touch / sizeof *pages->block->touch };
	if (pages->touch_count % BLOCK == 0) {
		struct block *block = memory_new(sizeof *block);
		block->before = pages->block;
		pages->block = block;
	}
	return &pages->block->touch[pages->touch_count++ % BLOCK];
}

static void mark(struct pages *pages, struct page_slot *slot)
{
	if (slot->is_touched)
		return;
	slot->is_touched = true;
	slot->next = NULL;
	slot->first = slot->last = NULL;
	if (pages->last)
		pages->last->next = slot;
	else
		pages->first = slot;
	pages->last = slot;
}

struct page_slot *pages_touch(struct pages *pages, struct page_address address, uint32_t event)
{
	struct page_slot *slot = pages_slot(pages, address.page);
	mark(pages, slot);
	struct touch *touch = new_touch(pages);
	touch->event = event;
	touch->place = address.place;
	touch->next = NULL;
	if (!slot->last) {
		slot->first = slot->last = touch;
	} else if (slot->last->place <= touch->place) {
		slot->last->next = touch;
		slot->last = touch;
	} else {
		struct touch **at = &slot->first;
		while ((*at)->place <= touch->place)
			at = &(*at)->next;
		touch->next = *at;
		*at = touch;
	}
	slot->used_at = pages->step;
	return slot;
}

void pages_sweep(struct pages *pages, struct text page)
{
	struct page_slot *slot = pages_slot(pages, page);
	mark(pages, slot);
	slot->is_swept = true;
	slot->used_at = pages->step;
}

size_t pages_touch_count(const struct pages *pages)
{
	return pages->touch_count;
}

struct page_slot *pages_touched(const struct pages *pages)
{
	return pages->first;
}

void pages_end_step(struct pages *pages)
{
	for (struct page_slot *slot = pages->first; slot; slot = slot->next)
		slot->is_touched = slot->is_changed = slot->is_swept = false;
	pages->first = pages->last = NULL;
	pages->touch_count = 0;
	while (pages->block && pages->block->before) {
		struct block *block = pages->block;
		pages->block = block->before;
		free(block);
	}
	free(pages->block);
	pages->block = NULL;
	pages->step++;
}

static void set(struct pages *pages, struct page_slot *slot, struct text bytes)
{
	pages->bytes -= slot->size;
	pages->bytes += bytes.size;
	if (bytes.size > slot->size || bytes.size < slot->size / 2)
		slot->bytes = memory_resize(slot->bytes, bytes.size, 1);
	if (bytes.size)
		memcpy(slot->bytes, bytes.at, bytes.size);
	slot->size = bytes.size;
	slot->is_loaded = true;
}

void pages_set(struct pages *pages, struct page_slot *slot, struct text bytes)
{
	set(pages, slot, bytes);
	slot->is_sound = false;
}

void pages_write(struct pages *pages, struct page_slot *slot, struct text bytes)
{
	set(pages, slot, bytes);
	slot->is_sound = slot->is_changed = true;
}

enum status pages_check(struct page_slot *slot, struct error *error)
{
	enum status status = slot->is_sound ? OK : page_check((struct text){ (const char *)slot->bytes, slot->size }, error);
	slot->is_sound = status == OK;
	return status;
}

size_t pages_bytes(const struct pages *pages)
{
	return pages->bytes + pages->slots * sizeof *pages->slot;
}

static int compare_steps(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
	return (left > right) - (left < right);
}

// Half of the pages were used last at or before this step.
static uint64_t median_step(const struct pages *pages)
{
	uint64_t *step = memory_new(pages->count * sizeof *step);
	size_t count = 0;
	for (size_t i = 0; i < pages->slots; i++)
		if (pages->slot[i])
			step[count++] = pages->slot[i]->used_at;
	qsort(step, count, sizeof *step, compare_steps);
	uint64_t median = count ? step[count / 2] : 0;
	free(step);
	return median;
}

// Drops what was used last at that step or before, down to half of the limit.
static void drop_unused(struct pages *pages, uint64_t until_step, size_t limit_bytes)
{
	for (size_t i = 0; i < pages->slots; i++) {
		struct page_slot *slot = pages->slot[i];
		if (!slot || slot->used_at > until_step || pages->bytes <= limit_bytes / 2)
			continue;
		pages->bytes -= weight_of(slot);
		pages->count--;
		slot_free(slot);
		pages->slot[i] = NULL;
	}
}

void pages_trim(struct pages *pages, size_t limit_bytes)
{
	if (pages->bytes <= limit_bytes)
		return;
	while (pages->bytes > limit_bytes)
		drop_unused(pages, median_step(pages), limit_bytes);
	size_t slots = SLOTS_MIN;
	while (slots < 2 * pages->count + 2)
		slots *= 2;
	rehash(pages, slots);
}
