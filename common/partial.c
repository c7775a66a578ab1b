#include "partial.h"

static size_t number_sub(uint8_t sub, size_t size, uint8_t *ret_bytes)
{
	*ret_bytes = sub;
	return size ? 1 + size : 0;
}

size_t partial_pack_sub(uint8_t sub, const struct counters *counters, uint8_t *ret_bytes)
{
	return number_sub(sub, counters_pack(counters, ret_bytes + 1), ret_bytes);
}

size_t partial_pack_some(uint8_t sub, uint64_t mask, const uint64_t *value, uint8_t *ret_bytes)
{
	return number_sub(sub, counters_pack_some(mask, value, ret_bytes + 1), ret_bytes);
}

enum status partial_take(struct text *value, uint8_t *ret_sub, struct counters *ret_counters, struct error *error)
{
	const uint8_t *bytes = (const uint8_t *)value->at;
	size_t size = counters_unpack(bytes + 1, value->size - 1, ret_counters);
	if (!size || bytes[0] >= SUB_COUNT)
		return error_set(error, FATAL, "broken_state", "stored counters are broken %u bytes before their end", value->size);
	*ret_sub = bytes[0];
	*value = (struct text){ value->at + 1 + size, value->size - 1 - (uint32_t)size };
	return OK;
}

enum status partial_add(struct text value, struct counters sum[SUB_COUNT], struct error *error)
{
	while (value.size) {
		struct counters counters;
		uint8_t sub = 0;  // for the compiler, which cannot see that it is set when the status is OK
		enum status status = partial_take(&value, &sub, &counters, error);
		if (status != OK)
			return status;
		counters_add(&sum[sub], &counters);
	}
	return OK;
}
