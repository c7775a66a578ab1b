// Notes which pages have something that is looked for later: alerts by day, worklists by unit and month.
#include <stdlib.h>
#include <xxhash.h>

#include "memory.h"
#include "page_index.h"
#include "shard_inside.h"

static struct text page_of(const struct index_note *note)
{
	return (struct text){ note->slot->name, note->slot->name_size };
}

// A set that has become large is begun anew: a record that is written again does no harm.
static bool is_noted(struct shard *shard, const struct index_note *note)
{
	const uint64_t what[] = { note->slot->hash, note->index, (uint64_t)note->month << 32 | note->number };
	if (shard->noted.count >= INDEX_NOTED_MAX)
		set64_clear(&shard->noted);
	return !set64_add(&shard->noted, XXH3_64bits(what, sizeof what) | 1);
}

void shard_note(struct shard *shard, uint32_t index, int32_t month, uint32_t number, const struct page_slot *slot)
{
	struct index_note note = { .index = index, .month = month, .number = number, .slot = slot };
	if (is_noted(shard, &note))
		return;
	shard->note = memory_grow(shard->note, shard->note_count + 1, sizeof *shard->note, &shard->note_capacity);
	shard->note[shard->note_count++] = note;
}

// By index, then neighbouring pages together.
static int compare(const void *left, const void *right)
{
	const struct index_note *a = left, *b = right;
	if (a->index != b->index)
		return a->index < b->index ? -1 : 1;
	if (a->month != b->month)
		return a->month < b->month ? -1 : 1;
	int order = text_compare(page_of(a), page_of(b));
	return order ? order : (a->number > b->number) - (a->number < b->number);
}

void shard_sort_notes(struct shard *shard)
{
	if (shard->note_count)
		qsort(shard->note, shard->note_count, sizeof *shard->note, compare);
}

size_t shard_next_index(const struct shard *shard, size_t at)
{
	const struct index_note *first = &shard->note[at];
	while (at < shard->note_count && shard->note[at].index == first->index && shard->note[at].month == first->month)
		at++;
	return at;
}

size_t shard_index_key(const struct shard *shard, const struct index_note *note, char ret_key[KEY_BYTES_MAX])
{
	return key_index(shard->name, note->index == INDEX_ALERTS ? "alerts" : worklist_name((enum worklist)note->index), note->month, ret_key);
}

void shard_write_run(const struct shard *shard, size_t first, size_t end, struct buffer *ret_run)
{
	uint8_t record[PAGE_INDEX_RECORD_MAX];
	struct text before = TEXT("");
	ret_run->size = 0;
	for (size_t i = first; i < end; i++) {
		struct text page = page_of(&shard->note[i]);
		buffer_add(ret_run, record, page_index_put(record, shard->note[i].number, page, before));
		before = page;
	}
}
