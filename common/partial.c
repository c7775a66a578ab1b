#include "partial.h"

size_t partial_pack_sub(uint8_t sub, const struct counters *counters, uint8_t *ret_bytes)
{
	size_t size = counters_pack(counters, ret_bytes + 1);
	if (!size)
		return 0;
	*ret_bytes = sub;
	return 1 + size;
}

enum status partial_add(struct text value, struct counters sum[SUB_COUNT], struct error *error)
{
	const uint8_t *bytes = (const uint8_t *)value.at;
	for (size_t at = 0; at < value.size;) {
		struct counters counters;
		uint8_t sub = bytes[at++];
		size_t size = counters_unpack(bytes + at, value.size - at, &counters);
		if (!size || sub >= SUB_COUNT)
			return error_set(error, FATAL, "broken_state", "stored counters of %u bytes are broken at byte %zu", value.size, at);
		counters_add(&sum[sub], &counters);
		at += size;
	}
	return OK;
}
