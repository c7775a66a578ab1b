#include "outbox.h"

#include "varint.h"

size_t outbox_record_head(enum outbox_kind kind, size_t size, uint8_t ret_bytes[OUTBOX_RECORD_HEAD_MAX])
{
	ret_bytes[0] = (uint8_t)kind;
	return 1 + varint_put(ret_bytes + 1, size);
}

enum status outbox_next(struct text entry, size_t *cursor, struct outbox_record *ret_record, bool *ret_is_end, struct error *error)
{
	size_t left = entry.size - *cursor;
	const uint8_t *at = (const uint8_t *)entry.at + *cursor;
	uint64_t size;
	*ret_is_end = !left;
	if (!left)
		return OK;
	size_t head = varint_get(at + 1, left - 1, &size);
	if (!head || size > left - 1 - head || (at[0] != OUTBOX_SUBJECT && at[0] != OUTBOX_MESSAGE))
		return error_set(error, FATAL, "broken_state", "an entry of the outbox is broken at byte %zu", *cursor);
	*ret_record = (struct outbox_record){ .kind = at[0], .bytes = { entry.at + *cursor + 1 + head, (uint32_t)size } };
	*cursor += 1 + head + size;
	return OK;
}
