#include "store_tickets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "civil.h"
#include "kafka.h"
#include "memory.h"
#include "page.h"
#include "page_index.h"

enum { TRIES_MAX = 5 };

// A ticket that is asked for, or all of a page, and where it lies.
struct wanted {
	size_t shard;
	struct page_address address;
};
enum { PLACE_ALL = UINT8_MAX };

// Everything that one visit needs, large enough to belong on the heap.
struct visitor {
	struct store *store;
	enum status (*visit)(void *self, const struct store_ticket *ticket, struct error *error);
	void *self;
	struct event event[TICKET_EVENTS_MAX];
	struct facts facts;
	struct outcome outcome;
};

static int compare_wanted(const void *left, const void *right)
{
	const struct wanted *a = left, *b = right;
	if (a->shard != b->shard)
		return a->shard < b->shard ? -1 : 1;
	int order = text_compare(a->address.page, b->address.page);
	return order ? order : a->address.place - b->address.place;
}

static bool is_same_page(const struct wanted *a, const struct wanted *b)
{
	return a->shard == b->shard && text_equal(a->address.page, b->address.page);
}

static enum status visit_ticket(struct visitor *visitor, const struct wanted *wanted, const struct page_entry *entry, const struct policy *policy,
	struct error *error)
{
	const struct store_shard *shard = store_shard(visitor->store, wanted->shard);
	struct ticket ticket = { .capacity = TICKET_EVENTS_MAX, .event = visitor->event };
	char name[PAGE_INDEX_NAME_MAX + 3];
	struct text id = { name, (uint32_t)page_ticket_id(wanted->address.page, entry->place, name) };
	enum status status = ticket_decode(entry->bytes, entry->size, store_dictionary(visitor->store, wanted->shard), &ticket, error);
	if (status != OK)
		return status;
	assess(id, &ticket, policy, shard->head.clock_ms, store_names(visitor->store), &visitor->facts, &visitor->outcome);
	struct store_ticket given = { id, &ticket, &visitor->facts, &visitor->outcome, policy, shard->name };
	return visitor->visit(visitor->self, &given, error);
}

// The tickets of one page; those asked for and those there both ascend by place.
static enum status visit_page(struct visitor *visitor, const struct wanted *wanted, size_t count, struct text page, const struct policy *policy, struct error *error)
{
	enum status status = page_check(page, error);
	struct page_entry entry;
	size_t cursor = 0;
	while (status == OK && count && page.size && page_next(page, &cursor, &entry)) {
		while (count && wanted->address.place < entry.place)
			wanted++, count--;
		if (!count || (wanted->address.place != entry.place && wanted->address.place != PLACE_ALL))
			continue;
		status = visit_ticket(visitor, wanted, &entry, policy, error);
		while (count && wanted->address.place == entry.place)
			wanted++, count--;
	}
	return status;
}

static size_t page_size(const struct wanted *wanted, size_t count)
{
	size_t size = 1;
	while (size < count && is_same_page(wanted, wanted + size))
		size++;
	return size;
}

static enum status read_pages(struct visitor *visitor, const struct wanted *wanted, size_t count, const struct redisReply **ret_pages, struct error *error)
{
	struct redis *redis = store_redis(visitor->store);
	const char *shard = store_shard(visitor->store, wanted->shard)->name;
	char key[KEY_BYTES_MAX];
	store_begin(visitor->store, wanted->shard);
	redis_begin(redis, "MGET");
	char (*keys)[KEY_BYTES_MAX] = memory_new(STORE_CHUNK * sizeof *keys);
	size_t pages = 0;
	for (size_t i = 0; i < count; i += page_size(wanted + i, count - i), pages++) {
		size_t size = key_page(shard, wanted[i].address.page, key);
		memcpy(keys[pages], key, size + 1);
		redis_argument_string(redis, keys[pages]);
	}
	redis_end(redis);
	free(keys);
	const struct redisReply *replies;
	enum status status = store_end(visitor->store, wanted->shard, 1, &replies, error);
	if (status == OK)
		*ret_pages = reply_at(replies, STORE_FIRST_REPLY);
	return status;
}

// Tickets of one shard on at most STORE_CHUNK pages. The policy is fetched before the pages, since another question would end the life of their reply; when the
// shard has gone over to another edition between the two, both are asked for again.
static enum status visit_chunk(struct visitor *visitor, const struct wanted *wanted, size_t count, struct error *error)
{
	const struct redisReply *pages = NULL;
	const struct policy *policy;
	enum status status = RETRY;
	for (int tries = 0; tries < TRIES_MAX && status == RETRY; tries++) {
		const struct store_shard *shard = store_shard(visitor->store, wanted->shard);
		status = store_policy(visitor->store, wanted->shard, &policy, error);
		if (status != OK)
			return status;
		uint32_t edition = shard->head.edition;
		status = read_pages(visitor, wanted, count, &pages, error);
		if (status == RETRY && strcmp(error->reason, "state_moved") != 0)
			return status;
		if (status == OK && shard->head.edition != edition)
			status = error_set(error, RETRY, "state_moved", "%s goes from one policy to the next", shard->name);
	}
	for (size_t i = 0, page = 0, size; i < count && status == OK; i += size, page++) {
		size = page_size(wanted + i, count - i);
		status = visit_page(visitor, wanted + i, size, reply_text(reply_at(pages, page)), policy, error);
	}
	return status;
}

// How many of the wanted tickets lie in one shard and on so many pages as one question takes.
static size_t chunk_size(const struct wanted *wanted, size_t count)
{
	size_t size = 0;
	for (size_t pages = 0; size < count && wanted[size].shard == wanted->shard && pages < STORE_CHUNK; pages++)
		size += page_size(wanted + size, count - size);
	return size;
}

static enum status visit_wanted(struct store *store, struct wanted *wanted, size_t count,
	enum status (*visit)(void *self, const struct store_ticket *ticket, struct error *error), void *self, struct error *error)
{
	struct visitor *visitor = memory_new(sizeof *visitor);
	*visitor = (struct visitor){ .store = store, .visit = visit, .self = self };
	if (count)
		qsort(wanted, count, sizeof *wanted, compare_wanted);
	enum status status = OK;
	for (size_t i = 0, size; i < count && status == OK; i += size) {
		size = chunk_size(wanted + i, count - i);
		status = visit_chunk(visitor, wanted + i, size, error);
	}
	free(visitor);
	return status;
}

enum status store_visit_tickets(struct store *store, const struct text *id, size_t count,
	enum status (*visit)(void *self, const struct store_ticket *ticket, struct error *error), void *self, struct error *error)
{
	if (!store_partitions(store))
		return OK;
	struct wanted *wanted = memory_new(count * sizeof *wanted);
	size_t there = 0;
	for (size_t i = 0; i < count; i++) {
		size_t shard = (size_t)kafka_partition_of(id[i], store_partitions(store));
		if (store_shard(store, shard)->is_there)
			wanted[there++] = (struct wanted){ shard, page_address_of(id[i]) };
	}
	enum status status = visit_wanted(store, wanted, there, visit, self, error);
	free(wanted);
	return status;
}

// A key of an index that is looked for, with a memory of its own: "hotline:{tickets.3}:index:overdue:2024-03".
struct index_key {
	struct text key, name;
	int32_t month;
	size_t shard;
};

// What is looked for in the shards' indexes, and the pages found.
struct search {
	struct store *store;
	int32_t since_day;                // of alerts
	const struct store_lists *lists;  // NULL for alerts
	struct wanted *wanted;            // the names of the pages have a memory of their own
	size_t count, capacity;
};

bool store_is_of_lists(const struct store_lists *lists, struct text list, struct text unit, int32_t month)
{
	return (!lists->list || text_equal(list, text_of(lists->list))) && (!lists->unit || text_equal(unit, text_of(lists->unit)))
		&& (lists->month == STORE_ANY_MONTH || lists->month == month);
}

static bool is_wanted(const struct search *search, const struct index_key *key, uint64_t number)
{
	if (!search->lists)
		return civil_month_first_day(key->month) + (int64_t)number - 1 >= search->since_day;
	name_id unit = number > UINT32_MAX ? 0 : dictionary_name(store_dictionary(search->store, key->shard), (uint32_t)number);
	return store_is_of_lists(search->lists, key->name, names_text(store_names(search->store), unit), key->month);
}

static void want_page(struct search *search, size_t shard, const struct page_index_record *record)
{
	const struct wanted *before = search->count ? &search->wanted[search->count - 1] : NULL;
	struct text page = { record->page, record->size };
	if (before && before->shard == shard && text_equal(before->address.page, page))
		return;
	char *copy = memory_new(page.size);
	memcpy(copy, page.at, page.size);
	search->wanted = memory_grow(search->wanted, search->count + 1, sizeof *search->wanted, &search->capacity);
	search->wanted[search->count++] = (struct wanted){ shard, { { copy, page.size }, PLACE_ALL } };
}

static enum status take_index(struct search *search, const struct index_key *key, struct text bytes, struct error *error)
{
	struct page_index_record record = { .size = 0 };
	while (bytes.size) {
		enum status status = page_index_take(&bytes, &record, error);
		if (status != OK)
			return status;
		if (is_wanted(search, key, record.number))
			want_page(search, key->shard, &record);
	}
	return OK;
}

struct index_keys {
	struct index_key *item;
	size_t count, capacity;
};

static bool is_index_wanted(const struct search *search, struct text name, int32_t month)
{
	bool is_of_alerts = text_equal(name, TEXT("alerts"));
	if (!search->lists)
		return is_of_alerts && month >= civil_month_of_day(search->since_day);
	return !is_of_alerts && (!search->lists->list || text_equal(name, text_of(search->lists->list)))
		&& (search->lists->month == STORE_ANY_MONTH || search->lists->month == month);
}

// Takes a key apart; false for one that is none of an index of a shard of tickets.
static bool parse_key(const struct store *store, struct text key, struct index_key *ret_key)
{
	enum { MONTH_SIZE = 7 };
	for (size_t shard = 0; shard < store_shard_count(store); shard++) {
		char prefix[KEY_BYTES_MAX];
		uint32_t size = (uint32_t)snprintf(prefix, sizeof prefix, "hotline:{%s}:index:", store_shard(store, shard)->name);
		if (!store_shard(store, shard)->is_of_tickets || !text_starts_with(key, (struct text){ prefix, size }) || key.size <= size + 1 + MONTH_SIZE)
			continue;
		struct text name = { key.at + size, key.size - size - 1 - MONTH_SIZE };
		*ret_key = (struct index_key){ .key = key, .name = name, .shard = shard };
		return civil_parse_month((struct text){ key.at + key.size - MONTH_SIZE, MONTH_SIZE }, &ret_key->month);
	}
	return false;
}

static void take_key(const struct search *search, struct text text, struct index_keys *keys)
{
	struct index_key key;
	char *copy = memory_new(text.size);
	memcpy(copy, text.at, text.size);
	if (!parse_key(search->store, (struct text){ copy, text.size }, &key) || !is_index_wanted(search, key.name, key.month)) {
		free(copy);
		return;
	}
	keys->item = memory_grow(keys->item, keys->count + 1, sizeof *keys->item, &keys->capacity);
	keys->item[keys->count++] = key;
}

static enum status scan_keys(const struct search *search, struct index_keys *keys, struct error *error)
{
	struct redis *redis = store_redis(search->store);
	const char *name = store_shard(search->store, 0)->name;
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
			take_key(search, reply_text(reply_at(reply_at(reply, 1), i)), keys);
	} while (strcmp(cursor, "0") != 0);
	return OK;
}

// Some keys of one shard, together with its names, so that every unit in them is known.
static enum status read_keys(struct search *search, const struct index_key *key, size_t count, struct error *error)
{
	const struct redisReply *replies;
	enum status status = RETRY;
	for (int tries = 0; tries < TRIES_MAX && status == RETRY; tries++) {
		store_begin(search->store, key->shard);
		for (size_t i = 0; i < count; i++)
			redis_command(store_redis(search->store), 2, (const struct text[]){ TEXT("GET"), key[i].key });
		status = store_end(search->store, key->shard, count, &replies, error);
		if (status == RETRY && strcmp(error->reason, "state_moved") != 0)
			return status;
	}
	for (size_t i = 0; i < count && status == OK; i++)
		status = take_index(search, &key[i], reply_text(reply_at(replies, STORE_FIRST_REPLY + i)), error);
	return status;
}

static int compare_shards(const void *left, const void *right)
{
	const struct index_key *a = left, *b = right;
	return (a->shard > b->shard) - (a->shard < b->shard);
}

static enum status read_indexes(struct search *search, struct error *error)
{
	struct index_keys keys = { .count = 0 };
	enum status status = scan_keys(search, &keys, error);
	if (keys.count)
		qsort(keys.item, keys.count, sizeof *keys.item, compare_shards);
	for (size_t at = 0, end; at < keys.count && status == OK; at = end) {
		for (end = at + 1; end < keys.count && end < at + STORE_CHUNK && keys.item[end].shard == keys.item[at].shard; end++)
			;
		status = read_keys(search, &keys.item[at], end - at, error);
	}
	for (size_t i = 0; i < keys.count; i++)
		free((char *)(uintptr_t)keys.item[i].key.at);
	free(keys.item);
	return status;
}

static enum status visit_found(struct search *search, enum status (*visit)(void *self, const struct store_ticket *ticket, struct error *error), void *self,
	struct error *error)
{
	if (!store_partitions(search->store))
		return OK;
	enum status status = read_indexes(search, error);
	if (status == OK)
		status = visit_wanted(search->store, search->wanted, search->count, visit, self, error);
	for (size_t i = 0; i < search->count; i++)
		free((char *)(uintptr_t)search->wanted[i].address.page.at);
	free(search->wanted);
	return status;
}

enum status store_visit_alerted(struct store *store, int32_t since_day, enum status (*visit)(void *self, const struct store_ticket *ticket, struct error *error),
	void *self, struct error *error)
{
	struct search search = { .store = store, .since_day = since_day };
	return visit_found(&search, visit, self, error);
}

enum status store_visit_listed(struct store *store, const struct store_lists *lists, enum status (*visit)(void *self, const struct store_ticket *ticket, struct error *error),
	void *self, struct error *error)
{
	struct search search = { .store = store, .lists = lists };
	return visit_found(&search, visit, self, error);
}
