#include "clock_mark.h"

#include <inttypes.h>
#include <stdio.h>

#include "civil.h"

struct text clock_mark_format(int64_t clock_ms, char ret_value[CLOCK_MARK_BYTES])
{
	int size = snprintf(ret_value, CLOCK_MARK_BYTES, "%" PRId64, clock_ms);
	return (struct text){ ret_value, (uint32_t)size };
}

enum { DIGITS_MAX = 15 };

enum status clock_mark_parse(struct text key, struct text value, struct text header, int64_t *ret_clock_ms, struct error *error)
{
	if (key.size || value.size)
		return error_set(error, REJECT, "bad_field", "a clock mark has no key and no value");
	int64_t clock_ms = 0;
	bool is_good = header.size > 0 && header.size <= DIGITS_MAX;
	for (uint32_t i = 0; is_good && i < header.size; i++) {
		is_good = header.at[i] >= '0' && header.at[i] <= '9';
		clock_ms = clock_ms * 10 + (header.at[i] - '0');
	}
	if (!is_good || clock_ms <= INSTANT_MIN_MS || clock_ms > INSTANT_MAX_MS)
		return error_set(error, REJECT, "bad_field", "a clock mark's clock is not Unix milliseconds: \"%.*s\"", (int)(header.size > 32 ? 32 : header.size), header.at);
	*ret_clock_ms = clock_ms;
	return OK;
}
