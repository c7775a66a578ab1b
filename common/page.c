#include "page.h"

#include <assert.h>
#include <string.h>
#include <xxhash.h>

#include "memory.h"
#include "varint.h"

enum { CHECKSUM_BYTES = 4 };

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

struct page_address page_address_of(struct text id)
{
	if (id.size < 3 || !is_digit(id.at[id.size - 1]) || !is_digit(id.at[id.size - 2]))
		return (struct page_address){ id, PAGE_PLACE_OWN };
	uint8_t place = (uint8_t)((id.at[id.size - 2] - '0') * 10 + (id.at[id.size - 1] - '0'));
	return (struct page_address){ { id.at, id.size - 2 }, place };
}

size_t page_ticket_id(struct text page, uint8_t place, char *ret_id)
{
	memcpy(ret_id, page.at, page.size);
	size_t size = page.size;
	if (place != PAGE_PLACE_OWN) {
		ret_id[size++] = (char)('0' + place / 10);
		ret_id[size++] = (char)('0' + place % 10);
	}
	ret_id[size] = '\0';
	return size;
}

// Little endian whatever the machine, so that a copy of the data can move.
static uint32_t checksum_of(const uint8_t *bytes, size_t size)
{
	return (uint32_t)XXH3_64bits(bytes, size);
}

static uint32_t checksum_get(const uint8_t *b)
{
	return b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

enum status page_check(struct text text, struct error *error)
{
	const uint8_t *bytes = (const uint8_t *)text.at;
	if (!text.size)
		return OK;
	if (bytes[0] != PAGE_VERSION)
		return error_set(error, FATAL, "broken_state", "a page of version %u, this program knows version %d", bytes[0], PAGE_VERSION);
	if (text.size < 1 + CHECKSUM_BYTES || checksum_get(bytes + text.size - CHECKSUM_BYTES) != checksum_of(bytes, text.size - CHECKSUM_BYTES))
		return error_set(error, FATAL, "broken_state", "the checksum of a page of %u bytes is wrong", text.size);
	size_t cursor = 0;
	struct page_entry entry;
	int last = -1;
	while (page_next(text, &cursor, &entry)) {
		if (entry.place <= last || entry.place >= PAGE_PLACE_COUNT)
			return error_set(error, FATAL, "broken_state", "the places of a page are out of order");
		last = entry.place;
	}
	if (cursor != text.size - CHECKSUM_BYTES)
		return error_set(error, FATAL, "broken_state", "a page of %u bytes breaks off", text.size);
	return OK;
}

bool page_next(struct text text, size_t *cursor, struct page_entry *ret_entry)
{
	const uint8_t *bytes = (const uint8_t *)text.at;
	size_t at = *cursor ? *cursor : 1, end = text.size < CHECKSUM_BYTES ? 0 : text.size - CHECKSUM_BYTES;
	uint64_t size;
	*cursor = at;
	if (at + 1 >= end)
		return false;
	uint8_t place = bytes[at++];
	size_t step = varint_get(bytes + at, end - at, &size);
	at += step;
	if (!step || size > end - at)
		return false;
	*ret_entry = (struct page_entry){ place, bytes + at, size, bytes + *cursor };
	*cursor = at + size;
	return true;
}

uint8_t *page_reserve(struct page_writer *writer, size_t size)
{
	writer->bytes = memory_grow(writer->bytes, writer->size + size, 1, &writer->capacity);
	return writer->bytes + writer->size;
}

void page_begin(struct page_writer *writer)
{
	writer->size = 0;
	*page_reserve(writer, 1) = PAGE_VERSION;
	writer->size = 1;
}

void page_append(struct page_writer *writer, uint8_t place, const uint8_t *bytes, size_t size)
{
	assert(place < PAGE_PLACE_COUNT);
	uint8_t *at = page_reserve(writer, 1 + VARINT_BYTES_MAX + size);
	*at = place;
	size_t head = 1 + varint_put(at + 1, size);
	memcpy(at + head, bytes, size);
	writer->size += head + size;
}

void page_append_entries(struct page_writer *writer, const uint8_t *begin, const uint8_t *end)
{
	size_t size = (size_t)(end - begin);
	memcpy(page_reserve(writer, size), begin, size);
	writer->size += size;
}

struct text page_seal(struct page_writer *writer)
{
	if (writer->size == 1)
		return (struct text){ NULL, 0 };
	uint8_t *at = page_reserve(writer, CHECKSUM_BYTES);
	uint32_t checksum = checksum_of(writer->bytes, writer->size);
	for (unsigned i = 0; i < CHECKSUM_BYTES; i++)
		at[i] = (uint8_t)(checksum >> 8 * i);
	writer->size += CHECKSUM_BYTES;
	return (struct text){ (const char *)writer->bytes, (uint32_t)writer->size };
}
