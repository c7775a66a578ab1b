// The rows of a shard of links. What is read comes back the same, and a row is found for everything.
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "shelf_rows.h"

enum { FIRST = 2048 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct text stored = fuzz_text(bytes, size);
	struct shelf_rows rows = { .first = FIRST };
	struct error error = { .reason = NULL };
	enum status status = shelf_rows_parse(stored, &rows, &error);
	assert(status == OK || (status == FATAL && strcmp(error.reason, "broken_state") == 0 && !rows.count));
	char *again = memory_new(rows.count * SHELF_ROWS_ENTRY_BYTES);
	assert(!rows.count || (shelf_rows_format(&rows, again) == stored.size && memcmp(again, stored.at, stored.size) == 0));
	for (size_t i = 0; i < rows.count; i++) {
		uint32_t count = shelf_rows_of(&rows, rows.more[i].period), last = count - 1;
		uint64_t link = (uint64_t)size * UINT64_C(0x9e3779b97f4a) >> 8;
		assert(count > FIRST && count <= SHELF_ROWS_MAX);
		assert(shelf_row(last % FIRST, link, FIRST, count) < count && shelf_row_source(last, FIRST) % FIRST == last % FIRST);
	}
	free(again);
	shelf_rows_done(&rows);
	fuzz_text_free(stored);
	return 0;
}
