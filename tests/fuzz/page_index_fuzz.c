// An index of pages. Each record that is read comes back when it is written behind the one before.
#include "fuzz.h"

#include <string.h>

#include "page_index.h"

static void check_again(const struct page_index_record *is, const struct page_index_record *before)
{
	uint8_t bytes[PAGE_INDEX_RECORD_MAX];
	struct page_index_record again = *before;
	struct error error = { .reason = NULL };
	size_t size = page_index_put(bytes, is->number, (struct text){ is->page, is->size }, (struct text){ before->page, before->size });
	assert(size <= sizeof bytes);
	struct text written = { (const char *)bytes, (uint32_t)size };
	assert(page_index_take(&written, &again, &error) == OK && !written.size);
	assert(again.number == is->number && again.size == is->size && memcmp(again.page, is->page, is->size) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct text index = fuzz_text(bytes, size), rest = index;
	struct page_index_record record = { .size = 0 }, before;
	struct error error = { .reason = NULL };
	enum status status = OK;
	while (rest.size && status == OK) {
		before = record;
		status = page_index_take(&rest, &record, &error);
		assert(status == OK || (status == FATAL && strcmp(error.reason, "broken_state") == 0));
		if (status == OK)
			check_again(&record, &before);
	}
	fuzz_text_free(index);
	return 0;
}
