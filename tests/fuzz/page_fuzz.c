// A page of tickets: a first byte that is odd asks for the right checksum to be put behind the rest. A page that is sound comes back the same.
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "memory.h"
#include "page.h"

static struct text with_checksum(const uint8_t *bytes, size_t size)
{
	uint8_t *page = memory_new(size + 4);
	memcpy(page, bytes, size);
	uint32_t checksum = (uint32_t)XXH3_64bits(page, size);
	for (unsigned i = 0; i < 4; i++)
		page[size + i] = (uint8_t)(checksum >> 8 * i);
	return (struct text){ (const char *)page, (uint32_t)size + 4 };
}

static void check_copy(struct text page)
{
	struct page_writer writer = { 0 };
	struct page_entry entry, back;
	struct error error;
	size_t cursor = 0, back_cursor = 0;
	page_begin(&writer);
	while (page_next(page, &cursor, &entry))
		page_append(&writer, entry.place, entry.bytes, entry.size);
	struct text copy = page_seal(&writer);
	assert(page_check(copy, &error) == OK);
	cursor = 0;
	while (page_next(page, &cursor, &entry)) {
		assert(page_next(copy, &back_cursor, &back));
		assert(entry.place == back.place && entry.size == back.size && memcmp(entry.bytes, back.bytes, entry.size) == 0);
	}
	assert(!page_next(copy, &back_cursor, &back));
	free(writer.bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	if (!size)
		return 0;
	struct text page = bytes[0] & 1 ? with_checksum(bytes + 1, size - 1) : fuzz_text(bytes + 1, size - 1);
	struct error error = { .reason = NULL };
	enum status status = page_check(page, &error);
	assert(status == OK || (status == FATAL && strcmp(error.reason, "broken_state") == 0));
	if (status == OK)
		check_copy(page);
	fuzz_text_free(page);
	return 0;
}
