#include "keys.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "civil.h"

// Of a shard, or of a dimension.
static struct phrase key_of(struct text owner, const char *kind, char ret_key[KEY_BYTES_MAX])
{
	struct phrase key = phrase_of(ret_key, KEY_BYTES_MAX);
	phrase_add(&key, TEXT("hotline:{"));
	phrase_add(&key, owner);
	phrase_add(&key, TEXT("}:"));
	phrase_add(&key, text_of(kind));
	return key;
}

// Every part is bounded by its own limit, so a key that does not fit is a bug.
static size_t size_of(const struct phrase *key)
{
	assert(!key->is_cut);
	return key->size;
}

static size_t key_plain(struct text owner, const char *kind, char ret_key[KEY_BYTES_MAX])
{
	struct phrase key = key_of(owner, kind, ret_key);
	return size_of(&key);
}

static size_t key_number(const char *shard, const char *kind, uint64_t number, char ret_key[KEY_BYTES_MAX])
{
	struct phrase key = key_of(text_of(shard), kind, ret_key);
	phrase_add_number(&key, number);
	return size_of(&key);
}

static void add_month(struct phrase *key, int32_t month)
{
	char name[CIVIL_MONTH_BYTES];
	civil_format_month(month, name);
	phrase_add(key, text_of(name));
}

void key_shard(const char *topic, int32_t partition, char ret_shard[SHARD_NAME_BYTES])
{
	const char *name = strrchr(topic, '.');
	name = name ? name + 1 : topic;
	if (strcmp(name, "ticket-events") == 0)
		name = "tickets";
	snprintf(ret_shard, SHARD_NAME_BYTES, "%.20s.%" PRId32, name, partition);
}

size_t key_month(struct text dimension, int32_t month, char ret_key[KEY_BYTES_MAX])
{
	struct phrase key = key_of(dimension, "", ret_key);
	add_month(&key, month);
	return size_of(&key);
}

size_t key_days(struct text dimension, int32_t month, char ret_key[KEY_BYTES_MAX])
{
	struct phrase key = key_of(dimension, "", ret_key);
	add_month(&key, month);
	phrase_add(&key, TEXT(":days"));
	return size_of(&key);
}

size_t key_dimension_state(struct text dimension, char ret_key[KEY_BYTES_MAX])
{
	return key_plain(dimension, "state", ret_key);
}

size_t key_dimension_outbox(struct text dimension, char ret_key[KEY_BYTES_MAX])
{
	return key_plain(dimension, "outbox", ret_key);
}

size_t key_head(const char *shard, char ret_key[KEY_BYTES_MAX])
{
	return key_plain(text_of(shard), "head", ret_key);
}

size_t key_names(const char *shard, char ret_key[KEY_BYTES_MAX])
{
	return key_plain(text_of(shard), "names", ret_key);
}

size_t key_page(const char *shard, struct text page, char ret_key[KEY_BYTES_MAX])
{
	struct phrase key = key_of(text_of(shard), "p:", ret_key);
	phrase_add(&key, page);
	return size_of(&key);
}

size_t key_rows(const char *shard, char ret_key[KEY_BYTES_MAX])
{
	return key_plain(text_of(shard), "rows", ret_key);
}

size_t key_partial(const char *shard, struct text dimension, int32_t month, char ret_key[KEY_BYTES_MAX])
{
	struct phrase key = key_of(text_of(shard), "n:", ret_key);
	phrase_add(&key, dimension);
	phrase_add_byte(&key, ':');
	add_month(&key, month);
	return size_of(&key);
}

size_t key_due(const char *shard, int64_t hour, char ret_key[KEY_BYTES_MAX])
{
	assert(hour >= 0);
	return key_number(shard, "due:", (uint64_t)hour, ret_key);
}

size_t key_outbox(const char *shard, char ret_key[KEY_BYTES_MAX])
{
	return key_plain(text_of(shard), "outbox", ret_key);
}

size_t key_told(const char *shard, char ret_key[KEY_BYTES_MAX])
{
	return key_plain(text_of(shard), "told", ret_key);
}

size_t key_changes(const char *shard, uint64_t chunk, char ret_key[KEY_BYTES_MAX])
{
	return key_number(shard, "changes:", chunk, ret_key);
}

size_t key_index(const char *shard, const char *of, int32_t month, char ret_key[KEY_BYTES_MAX])
{
	struct phrase key = key_of(text_of(shard), "index:", ret_key);
	phrase_add(&key, text_of(of));
	phrase_add_byte(&key, ':');
	add_month(&key, month);
	return size_of(&key);
}

size_t key_policy(const char *shard, uint32_t edition, char ret_key[KEY_BYTES_MAX])
{
	return key_number(shard, "policy:", edition, ret_key);
}
