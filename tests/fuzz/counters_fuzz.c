// Stored counters: one packed day, and a shard's partial counters by channel and level. What is read comes back the same.
#include "fuzz.h"

#include <string.h>

#include "partial.h"
#include "totals.h"

static void check_packed(struct text value)
{
	struct counters counters, again;
	uint8_t packed[COUNTERS_PACKED_BYTES_MAX];
	size_t read = counters_unpack((const uint8_t *)value.at, value.size, &counters);
	assert(read <= value.size);
	size_t size = read ? counters_pack(&counters, packed) : 0;
	if (size)
		assert(counters_unpack(packed, size, &again) == size && memcmp(&counters, &again, sizeof counters) == 0);
}

static void check_partial(struct text value)
{
	struct counters sum[SUB_COUNT] = { 0 }, again[SUB_COUNT] = { 0 };
	uint8_t packed[PARTIAL_BYTES_MAX];
	struct error error = { .reason = NULL };
	size_t size = 0;
	enum status status = partial_add(value, sum, &error);
	assert(status == OK || (status == FATAL && strcmp(error.reason, "broken_state") == 0));
	for (uint8_t sub = 0; sub < SUB_COUNT; sub++)
		size += partial_pack_sub(sub, &sum[sub], packed + size);
	assert(size <= sizeof packed);
	assert(partial_add((struct text){ (const char *)packed, (uint32_t)size }, again, &error) == OK);
	assert(memcmp(sum, again, sizeof sum) == 0);
}

// A field of a month's hash: two digits, then what is stored.
static void check_totals(struct text value)
{
	static struct totals totals;
	struct error error = { .reason = NULL };
	uint32_t size = value.size < 2 ? value.size : 2;
	totals_clear(&totals, 2024 * 12 + 1);
	enum status status = totals_add(&totals, (struct text){ value.at, size }, (struct text){ value.at + size, value.size - size }, &error);
	assert(status == OK || (status == FATAL && strcmp(error.reason, "broken_state") == 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct text value = fuzz_text(bytes, size);
	check_packed(value);
	check_partial(value);
	check_totals(value);
	fuzz_text_free(value);
	return 0;
}
