#include "link_message.h"

#include <assert.h>
#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "civil.h"
#include "memory.h"
#include "varint.h"

enum { VERSION = 1, HASH_BYTES = 8, CALLER_BYTES = 5 };
enum { IS_PLACE = 1, HAS_CALLER = 2, IS_GONE = 4, IS_NUMBER = 8, KNOWN = 15 };  // the first byte of a fact
static_assert(1 + 2 * HASH_BYTES + 3 * VARINT_BYTES_MAX + TICKET_ID_BYTES_MAX + CALLER_BYTES <= LINK_MESSAGE_FACT_BYTES_MAX, "a fact has room");
static_assert(LINK_MESSAGE_BYTES_MAX / (1 + 2 * HASH_BYTES) < LINK_MESSAGE_MAX, "a message has no more facts than revisions have room for");

size_t link_message_head(uint8_t ret_bytes[LINK_MESSAGE_HEAD_BYTES])
{
	ret_bytes[0] = VERSION;
	return LINK_MESSAGE_HEAD_BYTES;
}

size_t link_message_fact(const struct link_change *change, uint8_t ret_bytes[LINK_MESSAGE_FACT_BYTES_MAX])
{
	const struct link_fact *fact = &change->fact;
	const struct link_ticket *ticket = &fact->ticket;
	size_t size = 0;
	ret_bytes[size++] = (uint8_t)((change->kind == LINK_PLACE ? IS_PLACE : 0) | (fact->caller ? HAS_CALLER : 0) | (fact->is_gone ? IS_GONE : 0) | (ticket->size ? 0 : IS_NUMBER));
	size += fixed_put(ret_bytes + size, change->hash.high, HASH_BYTES);
	size += fixed_put(ret_bytes + size, change->hash.low, HASH_BYTES);
	size += varint_put(ret_bytes + size, (uint64_t)fact->at_ms);
	size += varint_put(ret_bytes + size, (uint64_t)fact->revision);
	size += varint_put(ret_bytes + size, ticket->size ? ticket->size : ticket->number);
	memcpy(ret_bytes + size, ticket->text, ticket->size);
	size += ticket->size;
	if (fact->caller)
		size += fixed_put(ret_bytes + size, fact->caller, CALLER_BYTES);
	return size;
}

size_t link_message_seal(const uint8_t *bytes, size_t size, uint8_t ret_bytes[LINK_MESSAGE_SEAL_BYTES])
{
	return fixed_put(ret_bytes, XXH32(bytes, size, 0), LINK_MESSAGE_SEAL_BYTES);
}

struct eye {
	const uint8_t *at, *end;
	bool is_broken;
};

static uint64_t get(struct eye *eye)
{
	uint64_t number = 0;
	size_t size = varint_get(eye->at, (size_t)(eye->end - eye->at), &number);
	eye->is_broken |= !size;
	eye->at += size;
	return number;
}

static const uint8_t *get_room(struct eye *eye, size_t size)
{
	static const uint8_t nothing[TICKET_ID_BYTES_MAX];
	if ((size_t)(eye->end - eye->at) < size || size > sizeof nothing) {
		eye->is_broken = true;
		return nothing;
	}
	eye->at += size;
	return eye->at - size;
}

static void get_ticket(struct eye *eye, bool is_number, struct link_ticket *ret_ticket)
{
	struct error error;
	uint64_t number = get(eye);
	ret_ticket->number = is_number ? number : 0;
	ret_ticket->size = 0;
	if (is_number)
		return;
	struct text id = { (const char *)get_room(eye, number), eye->is_broken ? 0 : (uint32_t)number };
	if (eye->is_broken || event_check_ticket_id(id, &error) != OK)
		eye->is_broken = true;
	else
		link_ticket_set(ret_ticket, id);
}

static void get_change(struct eye *eye, struct link_change *ret_change)
{
	struct link_fact *fact = &ret_change->fact;
	uint8_t head = *get_room(eye, 1);
	ret_change->kind = head & IS_PLACE ? LINK_PLACE : LINK_CALLER;
	ret_change->hash.high = fixed_get(get_room(eye, HASH_BYTES), HASH_BYTES);
	ret_change->hash.low = fixed_get(get_room(eye, HASH_BYTES), HASH_BYTES);
	uint64_t at_ms = get(eye), revision = get(eye);
	eye->is_broken |= head & ~KNOWN || at_ms > INSTANT_MAX_MS || revision > LINK_REVISION_MAX;
	fact->link = shelf_link(ret_change->hash);
	fact->at_ms = (int64_t)at_ms;
	fact->revision = (int64_t)revision;
	fact->is_gone = head & IS_GONE;
	get_ticket(eye, head & IS_NUMBER, &fact->ticket);
	fact->caller = head & HAS_CALLER ? fixed_get(get_room(eye, CALLER_BYTES), CALLER_BYTES) : 0;
}

enum status link_message_read(struct text message, struct link_change **ret_change, size_t *count, size_t *capacity, struct error *error)
{
	const uint8_t *bytes = (const uint8_t *)message.at;
	if (message.size < LINK_MESSAGE_HEAD_BYTES + LINK_MESSAGE_SEAL_BYTES || message.size > LINK_MESSAGE_BYTES_MAX || bytes[0] != VERSION)
		return error_set(error, REJECT, "bad_message", "%u bytes are no facts about links", message.size);
	size_t size = message.size - LINK_MESSAGE_SEAL_BYTES, had = *count;
	if (XXH32(bytes, size, 0) != fixed_get(bytes + size, LINK_MESSAGE_SEAL_BYTES))
		return error_set(error, REJECT, "bad_message", "the checksum of %u bytes of facts about links is wrong", message.size);
	struct eye eye = { bytes + LINK_MESSAGE_HEAD_BYTES, bytes + size, false };
	for (; eye.at < eye.end && !eye.is_broken; ++*count) {
		*ret_change = memory_grow(*ret_change, *count + 1, sizeof **ret_change, capacity);
		(*ret_change)[*count].at = (uint32_t)(eye.at - bytes);
		get_change(&eye, *ret_change + *count);
	}
	if (!eye.is_broken)
		return OK;
	size_t place = *count - had;
	*count = had;
	return error_set(error, REJECT, "bad_message", "fact %zu about a link is broken", place);
}

void link_message_read_at(struct text message, uint32_t at, struct link_change *ret_change)
{
	const uint8_t *bytes = (const uint8_t *)message.at;
	struct eye eye = { bytes + at, bytes + message.size - LINK_MESSAGE_SEAL_BYTES, false };
	ret_change->at = at;
	get_change(&eye, ret_change);
	assert(!eye.is_broken);
}
