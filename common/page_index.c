#include "page_index.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "varint.h"

enum { NIBBLE_MAX = 15 };

static uint32_t shared_by(struct text a, struct text b)
{
	uint32_t size = 0;
	while (size < a.size && size < b.size && size < NIBBLE_MAX && a.at[size] == b.at[size])
		size++;
	return size;
}

size_t page_index_put(uint8_t ret_bytes[PAGE_INDEX_RECORD_MAX], uint64_t number, struct text page, struct text before)
{
	assert(page.size && page.size <= PAGE_INDEX_NAME_MAX);
	uint32_t shared = shared_by(page, before), left = page.size - shared;
	size_t size = varint_put(ret_bytes, number);
	ret_bytes[size++] = (uint8_t)(shared << 4 | (left < NIBBLE_MAX ? left : NIBBLE_MAX));
	if (left >= NIBBLE_MAX)
		ret_bytes[size++] = (uint8_t)(left - NIBBLE_MAX);
	memcpy(ret_bytes + size, page.at + shared, left);
	return size + left;
}

// Where the name's own bytes begin and how many there are; false when they are not all there.
static bool read_sizes(const uint8_t *bytes, size_t size, uint64_t *ret_number, size_t *ret_at, uint32_t *ret_shared, uint32_t *ret_left)
{
	size_t at = varint_get(bytes, size, ret_number);
	if (!at || at == size)
		return false;
	*ret_shared = bytes[at] >> 4;
	*ret_left = bytes[at++] & NIBBLE_MAX;
	if (*ret_left == NIBBLE_MAX) {
		if (at == size)
			return false;
		*ret_left += bytes[at++];
	}
	*ret_at = at;
	return *ret_left <= size - at;
}

enum status page_index_take(struct text *bytes, struct page_index_record *record, struct error *error)
{
	size_t at;
	uint32_t shared, left;
	uint64_t number;
	if (!read_sizes((const uint8_t *)bytes->at, bytes->size, &number, &at, &shared, &left) || shared > record->size || shared + left > PAGE_INDEX_NAME_MAX || !(shared + left))
		return error_set(error, FATAL, "broken_state", "an index of pages is broken %u bytes before its end", bytes->size);
	record->number = number;
	memcpy(record->page + shared, bytes->at + at, left);
	record->size = shared + left;
	*bytes = (struct text){ bytes->at + at + left, bytes->size - (uint32_t)at - left };
	return OK;
}
