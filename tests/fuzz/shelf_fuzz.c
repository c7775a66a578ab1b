// A stored shelf of links. One that is sound is written and read again as it was, and its two parts are, wherever it is split.
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "shelf.h"

static void check_split(struct shelf *shelf, uint64_t bit)
{
	struct shelf other, copy = { .period = shelf->period };
	struct error error;
	size_t had = shelf->facts.count, links = shelf_links(shelf);
	uint8_t *written = memory_new(shelf_bytes_max(shelf));
	shelf_split(shelf, bit, &other);
	assert(shelf->facts.count + other.facts.count == had && shelf_links(shelf) + shelf_links(&other) == links);
	for (int i = 0; i < 2; i++) {
		const struct shelf *part = i ? &other : shelf;
		enum status status = shelf_decode(written, shelf_encode(part, written), &copy, &error);
		assert(status == OK && copy.facts.count == part->facts.count);
	}
	shelf->facts.count = had;
	free(copy.facts.fact);
	free(written);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct shelf shelf = { .period = 198 }, copy = { .period = 198 };
	struct text stored = fuzz_text(bytes, size);
	struct error error = { .reason = NULL };
	enum status status = shelf_decode((const uint8_t *)stored.at, stored.size, &shelf, &error);
	assert(status == OK || (status == FATAL && strcmp(error.reason, "broken_state") == 0 && !shelf.facts.count));
	uint8_t *written = memory_new(shelf_bytes_max(&shelf)), *again = memory_new(shelf_bytes_max(&shelf));
	size_t used = shelf_encode(&shelf, written);
	status = shelf_decode(written, used, &copy, &error);
	assert(status == OK && copy.facts.count == shelf.facts.count);
	assert(shelf_encode(&copy, again) == used && memcmp(written, again, used) == 0);
	for (size_t i = 0; i < copy.facts.count; i++)
		assert(copy.facts.fact[i].at_ms == shelf.facts.fact[i].at_ms && link_ticket_equal(&copy.facts.fact[i].ticket, &shelf.facts.fact[i].ticket));
	check_split(&shelf, UINT64_C(1) << 47);
	check_split(&shelf, UINT64_C(1) << size % 48);
	free(shelf.facts.fact);
	free(copy.facts.fact);
	free(written);
	free(again);
	fuzz_text_free(stored);
	return 0;
}
