#include "link.h"

#include <string.h>
#include <xxhash.h>

#include "ticket.h"
#include "varint.h"

static const char *const kind_names[LINK_KIND_COUNT] = { NULL, "caller", "place" };

const char *link_kind_name(enum link_kind kind)
{
	return (unsigned)kind < LINK_KIND_COUNT ? kind_names[kind] : NULL;
}

struct links links_of(const struct ticket *ticket, const struct names *names)
{
	struct links links = { .is_there = false };
	bool is_valid = true;
	name_id category = 0;
	for (const struct event *event = ticket->event; event < ticket->event + ticket->count; event++) {
		if (event->type != EVENT_RECEIVED || event->is_void)
			continue;
		if (!links.is_there)
			links.at_ms = event->at_ms;
		links.is_there = true;
		if (event->caller.size)
			links.caller = event->caller;
		if (event->place.size)
			links.place = event->place;
		if (event->category)
			category = event->category;
		if (event->valid)
			is_valid = event->valid == ANSWER_YES;
	}
	links.is_there = links.is_there && is_valid;
	links.category = names_text(names, category);
	return links;
}

// No category has an empty part, so the two slashes tell where it ends.
size_t link_key(const struct links *links, enum link_kind kind, char ret_key[LINK_KEY_BYTES_MAX])
{
	struct phrase key = phrase_of(ret_key, LINK_KEY_BYTES_MAX);
	if (!links->is_there)
		return 0;
	if (kind == LINK_CALLER && links->caller.size) {
		phrase_add(&key, TEXT("caller/"));
		phrase_add(&key, links->caller);
	} else if (kind == LINK_PLACE && links->place.size && links->category.size) {
		phrase_add(&key, TEXT("place/"));
		phrase_add(&key, links->category);
		phrase_add(&key, TEXT("//"));
		phrase_add(&key, links->place);
	}
	return key.size;
}

struct link_hash link_hash(struct text key)
{
	XXH128_hash_t hash = XXH3_128bits(key.at, key.size);
	return (struct link_hash){ hash.high64, hash.low64 };
}

// The parts of the hash: `high` has the first row (lowest bits) and the check (highest), `low` the partition (lowest 16 bits) and the link among those of its first row.
int32_t link_partition(struct link_hash hash, int32_t partition_count)
{
	return (int32_t)((hash.low & 0xffff) % (uint64_t)partition_count);
}

int32_t link_period(int64_t at_ms)
{
	return (int32_t)(at_ms / LINK_PERIOD_MS);
}

uint32_t link_check(struct link_hash hash, int32_t period)
{
	return (uint32_t)(hash.high >> 32) + (uint32_t)period * UINT32_C(0x9e3779b1);
}

uint64_t link_caller(struct text caller)
{
	uint64_t hash = caller.size ? XXH3_64bits(caller.at, caller.size) & LINK_CALLER_HASH_MAX : 0;
	return caller.size && !hash ? 1 : hash;
}

bool precedence_equal(const struct precedence *a, const struct precedence *b)
{
	return a->earlier_count == b->earlier_count && a->caller_count == b->caller_count &&
		memcmp(a->earlier_ms, b->earlier_ms, a->earlier_count * sizeof *a->earlier_ms) == 0 &&
		memcmp(a->caller_ms, b->caller_ms, a->caller_count * sizeof *a->caller_ms) == 0 &&
		memcmp(a->is_own, b->is_own, a->caller_count * sizeof *a->is_own) == 0;
}

// Seconds where that is exact.
static uint64_t ago_code(int64_t ago_ms)
{
	return ago_ms % SECOND_MS ? (uint64_t)ago_ms << 1 | 1 : (uint64_t)(ago_ms / SECOND_MS) << 1;
}

static bool read_ago(uint64_t code, int64_t most_ms, int64_t *ret_ago_ms)
{
	uint64_t unit_ms = code & 1 ? 1 : SECOND_MS;
	if (code >> 1 > (uint64_t)most_ms / unit_ms)
		return false;
	*ret_ago_ms = (int64_t)((code >> 1) * unit_ms);
	return true;
}

// The number of earlier tickets and each; then each caller, until the end.
size_t precedence_pack(const struct precedence *precedence, uint8_t ret_bytes[PRECEDENCE_BYTES_MAX])
{
	if (!precedence->earlier_count)  // nor any caller
		return 0;
	size_t size = varint_put(ret_bytes, precedence->earlier_count);
	for (uint32_t i = 0; i < precedence->earlier_count; i++)
		size += varint_put(ret_bytes + size, ago_code(precedence->earlier_ms[i]));
	for (uint32_t i = 0; i < precedence->caller_count; i++)
		size += varint_put(ret_bytes + size, ago_code(precedence->caller_ms[i]) << 1 | precedence->is_own[i]);
	return size;
}

bool precedence_unpack(struct text text, struct precedence *ret_precedence)
{
	struct precedence found = { .earlier_count = 0 };
	if (!text.size) {
		*ret_precedence = found;
		return true;
	}
	const uint8_t *at = (const uint8_t *)text.at, *end = at + text.size;
	uint64_t number;
	size_t size = varint_get(at, text.size, &number);
	if (!size || !number || number > LINK_EARLIER_MAX)
		return false;
	for (uint64_t left = number; left; left--) {
		at += size;
		size = varint_get(at, (size_t)(end - at), &number);
		if (!size || !read_ago(number, LINK_EARLIER_WITHIN_MS, &found.earlier_ms[found.earlier_count++]))
			return false;
	}
	for (at += size; at < end; at += size) {
		size = varint_get(at, (size_t)(end - at), &number);
		if (!size || found.caller_count == LINK_CALLERS_MAX || !read_ago(number >> 1, LINK_CALLERS_WITHIN_MS, &found.caller_ms[found.caller_count]))
			return false;
		found.is_own[found.caller_count++] = number & 1;
	}
	*ret_precedence = found;
	return true;
}
