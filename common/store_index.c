#include "store_index.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "civil.h"
#include "memory.h"
#include "page_index.h"

enum { TRIES_MAX = 5 };

// A key of an index that is looked for, with a memory of its own: "hotline:{tickets.3}:index:overdue:2024-03".
struct index_key {
	struct text key, name;
	int32_t month;
	size_t shard;
};

struct finder {
	struct store *store;
	const struct store_search *search;
	struct store_found *found;
};

bool store_is_of_lists(const struct store_lists *lists, struct text list, struct text unit, int32_t month)
{
	return (!lists->list || text_equal(list, text_of(lists->list))) && (!lists->unit || text_equal(unit, text_of(lists->unit)))
		&& (lists->month == STORE_ANY_MONTH || lists->month == month);
}

static bool is_wanted(const struct finder *finder, const struct index_key *key, uint64_t number)
{
	const struct store_search *search = finder->search;
	if (!search->lists)
		return civil_month_first_day(key->month) + (int64_t)number - 1 >= search->since_day;
	name_id unit = number > UINT32_MAX ? 0 : dictionary_name(store_dictionary(finder->store, key->shard), (uint32_t)number);
	return store_is_of_lists(search->lists, key->name, names_text(store_names(finder->store), unit), key->month);
}

static void want_page(struct store_found *found, size_t shard, const struct page_index_record *record)
{
	struct text page = { record->page, record->size };
	if (found->count && found->page[found->count - 1].shard == shard && text_equal(found->page[found->count - 1].name, page))
		return;
	char *copy = memory_new(page.size);
	memcpy(copy, page.at, page.size);
	found->page = memory_grow(found->page, found->count + 1, sizeof *found->page, &found->capacity);
	found->page[found->count].shard = shard;
	found->page[found->count++].name = (struct text){ copy, page.size };
}

static enum status take_index(const struct finder *finder, const struct index_key *key, struct text bytes, struct error *error)
{
	struct page_index_record record = { .size = 0 };
	while (bytes.size) {
		enum status status = page_index_take(&bytes, &record, error);
		if (status != OK)
			return status;
		if (is_wanted(finder, key, record.number))
			want_page(finder->found, key->shard, &record);
	}
	return OK;
}

struct index_keys {
	struct index_key *item;
	size_t count, capacity;
};

static bool is_index_wanted(const struct store_search *search, struct text name, int32_t month)
{
	bool is_of_alerts = text_equal(name, TEXT("alerts"));
	if (!search->lists)
		return is_of_alerts && month >= civil_month_of_day(search->since_day);
	return !is_of_alerts && (!search->lists->list || text_equal(name, text_of(search->lists->list)))
		&& (search->lists->month == STORE_ANY_MONTH || search->lists->month == month);
}

// Shards of tickets come first; those of links, which come last, have no indexes.
static size_t first_shard(const struct finder *finder)
{
	return finder->search->is_of_units ? (size_t)store_partitions(finder->store) : 0;
}

static size_t last_shard(const struct finder *finder)
{
	return finder->search->is_of_units ? store_shard_count(finder->store) : (size_t)store_partitions(finder->store);
}

// Takes a key apart; false for one that is none of an index of such a shard.
static bool parse_key(const struct finder *finder, struct text key, struct index_key *ret_key)
{
	enum { MONTH_SIZE = 7 };
	for (size_t number = first_shard(finder); number < last_shard(finder); number++) {
		const struct store_shard *shard = store_shard(finder->store, number);
		char prefix[KEY_BYTES_MAX];
		uint32_t size = (uint32_t)snprintf(prefix, sizeof prefix, "hotline:{%s}:index:", shard->name);
		if (!shard->is_there || !text_starts_with(key, (struct text){ prefix, size }) || key.size <= size + 1 + MONTH_SIZE)
			continue;
		struct text name = { key.at + size, key.size - size - 1 - MONTH_SIZE };
		*ret_key = (struct index_key){ .key = key, .name = name, .shard = number };
		return civil_parse_month((struct text){ key.at + key.size - MONTH_SIZE, MONTH_SIZE }, &ret_key->month);
	}
	return false;
}

static void take_key(const struct finder *finder, struct text text, struct index_keys *keys)
{
	struct index_key key;
	char *copy = memory_new(text.size);
	memcpy(copy, text.at, text.size);
	if (!parse_key(finder, (struct text){ copy, text.size }, &key) || !is_index_wanted(finder->search, key.name, key.month)) {
		free(copy);
		return;
	}
	keys->item = memory_grow(keys->item, keys->count + 1, sizeof *keys->item, &keys->capacity);
	keys->item[keys->count++] = key;
}

static enum status scan_keys(const struct finder *finder, struct index_keys *keys, struct error *error)
{
	struct redis *redis = store_redis(finder->store);
	const char *name = store_shard(finder->store, first_shard(finder))->name;
	char cursor[24] = "0", pattern[KEY_BYTES_MAX];
	snprintf(pattern, KEY_BYTES_MAX, "hotline:{%.*s.*}:index:*", (int)(strrchr(name, '.') - name), name);  // shards are called after their topic
	do {
		const struct redisReply *reply;
		redis_command(redis, 6, (const struct text[]){ TEXT("SCAN"), text_of(cursor), TEXT("MATCH"), text_of(pattern), TEXT("COUNT"), TEXT("10000") });
		enum status status = redis_wait(redis, STORE_WAIT_MS, &reply, error);
		if (status == OK)
			status = redis_check(reply, "SCAN", error);
		if (status != OK)
			return status;
		if (reply_count(reply) != 2 || !text_copy(reply_text(reply_at(reply, 0)), cursor, sizeof cursor))
			return error_set(error, FATAL, "broken_state", "Redis answered SCAN with something else");
		for (size_t i = 0; i < reply_count(reply_at(reply, 1)); i++)
			take_key(finder, reply_text(reply_at(reply_at(reply, 1), i)), keys);
	} while (strcmp(cursor, "0") != 0);
	return OK;
}

// Some keys of one shard, together with its names, so that every unit in them is known.
static enum status read_keys(const struct finder *finder, const struct index_key *key, size_t count, struct error *error)
{
	const struct redisReply *replies;
	enum status status = RETRY;
	for (int tries = 0; tries < TRIES_MAX && status == RETRY; tries++) {
		store_begin(finder->store, key->shard);
		for (size_t i = 0; i < count; i++)
			redis_command(store_redis(finder->store), 2, (const struct text[]){ TEXT("GET"), key[i].key });
		status = store_end(finder->store, key->shard, count, &replies, error);
		if (status == RETRY && strcmp(error->reason, "state_moved") != 0)
			return status;
	}
	for (size_t i = 0; i < count && status == OK; i++)
		status = take_index(finder, &key[i], reply_text(reply_at(replies, STORE_FIRST_REPLY + i)), error);
	return status;
}

static int compare_shards(const void *left, const void *right)
{
	const struct index_key *a = left, *b = right;
	return (a->shard > b->shard) - (a->shard < b->shard);
}

enum status store_find(struct store *store, const struct store_search *search, struct store_found *found, struct error *error)
{
	struct finder finder = { store, search, found };
	struct index_keys keys = { .count = 0 };
	if (first_shard(&finder) == last_shard(&finder))
		return OK;
	enum status status = scan_keys(&finder, &keys, error);
	if (keys.count)
		qsort(keys.item, keys.count, sizeof *keys.item, compare_shards);
	for (size_t at = 0, end; at < keys.count && status == OK; at = end) {
		for (end = at + 1; end < keys.count && end < at + STORE_CHUNK && keys.item[end].shard == keys.item[at].shard; end++)
			;
		status = read_keys(&finder, &keys.item[at], end - at, error);
	}
	for (size_t i = 0; i < keys.count; i++)
		free((char *)(uintptr_t)keys.item[i].key.at);
	free(keys.item);
	return status;
}

void store_found_done(struct store_found *found)
{
	for (size_t i = 0; i < found->count; i++)
		free((char *)(uintptr_t)found->page[i].name.at);
	free(found->page);
	*found = (struct store_found){ .count = 0 };
}
