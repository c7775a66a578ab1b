#include "store_tickets.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "civil.h"
#include "kafka.h"
#include "memory.h"
#include "page.h"

enum { TRIES_MAX = 5 };

// A ticket that is asked for, and where it lies.
struct wanted {
	struct text id;
	size_t shard;
	struct page_address address;
};

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
	enum status status = ticket_decode(entry->bytes, entry->size, store_dictionary(visitor->store, wanted->shard), &ticket, error);
	if (status != OK)
		return status;
	assess(wanted->id, &ticket, policy, shard->head.clock_ms, store_names(visitor->store), &visitor->facts, &visitor->outcome);
	struct store_ticket given = { wanted->id, &ticket, &visitor->facts, &visitor->outcome, policy, shard->name };
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
		if (!count || wanted->address.place != entry.place)
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

enum status store_visit_tickets(struct store *store, const struct text *id, size_t count,
	enum status (*visit)(void *self, const struct store_ticket *ticket, struct error *error), void *self, struct error *error)
{
	if (!store_partitions(store))
		return OK;
	struct wanted *wanted = memory_new(count * sizeof *wanted);
	struct visitor *visitor = memory_new(sizeof *visitor);
	*visitor = (struct visitor){ .store = store, .visit = visit, .self = self };
	size_t there = 0;
	for (size_t i = 0; i < count; i++) {
		size_t shard = (size_t)kafka_partition_of(id[i], store_partitions(store));
		if (store_shard(store, shard)->is_there)
			wanted[there++] = (struct wanted){ id[i], shard, page_address_of(id[i]) };
	}
	if (there)
		qsort(wanted, there, sizeof *wanted, compare_wanted);
	enum status status = OK;
	for (size_t i = 0, size; i < there && status == OK; i += size) {
		size = chunk_size(wanted + i, there - i);
		status = visit_chunk(visitor, wanted + i, size, error);
	}
	free(visitor);
	free(wanted);
	return status;
}

static void take_id(struct store_ids *ids, struct text id)
{
	ids->id = memory_grow(ids->id, ids->count + 1, sizeof *ids->id, &ids->capacity);
	char *copy = memory_new(id.size + 1u);
	memcpy(copy, id.at, id.size);
	ids->id[ids->count++] = (struct text){ copy, id.size };
}

static enum status take_index(struct text records, struct store_ids *ids, struct error *error)
{
	for (uint32_t at = 0; at < records.size;) {
		uint8_t size = (uint8_t)records.at[at++];
		if (!size || size > TICKET_ID_BYTES_MAX || size > records.size - at)
			return error_set(error, FATAL, "broken_state", "an index of tickets of %" PRIu32 " bytes is broken at byte %" PRIu32, records.size, at);
		take_id(ids, (struct text){ records.at + at, size });
		at += size;
	}
	return OK;
}

// Which keys of an index are read.
struct index {
	const char *what;   // "alerts", the part of the key after the shard
	bool (*is_asked_for)(const struct index *index, struct text key);
	int32_t since_day;
	const struct store_lists *lists;
};

// "hotline:{tickets.3}:alerts:2024-03-05" of a day that is asked for.
static bool is_day_asked_for(const struct index *index, struct text key)
{
	enum { DAY_SIZE = 10 };
	int32_t day;
	return key.size > DAY_SIZE && civil_parse_day((struct text){ key.at + key.size - DAY_SIZE, DAY_SIZE }, &day) && day >= index->since_day;
}

bool store_is_of_lists(const struct store_lists *lists, struct text list, struct text unit, int32_t month)
{
	return (!lists->list || text_equal(list, text_of(lists->list))) && (!lists->unit || text_equal(unit, text_of(lists->unit)))
		&& (lists->month == STORE_ANY_MONTH || lists->month == month);
}

// What follows the first `mark`; empty without one.
static struct text after(struct text text, const char *mark)
{
	size_t size = strlen(mark);
	const char *at = memmem(text.at, text.size, mark, size);
	return at ? (struct text){ at + size, (uint32_t)(text.size - (size_t)(at - text.at) - size) } : (struct text){ text.at, 0 };
}

// "hotline:{tickets.3}:list:overdue:unit/xlt-zhujian:2024-03". A unit's name may have a colon in it.
static bool is_list_asked_for(const struct index *index, struct text key)
{
	enum { MONTH_SIZE = 7 };
	struct text list = after(key, ":list:"), unit = after(list, ":unit/"), month = { key.at + key.size - MONTH_SIZE, MONTH_SIZE };
	int32_t number;
	if (unit.size < MONTH_SIZE + 1 || !civil_parse_month(month, &number))
		return false;
	list.size = (uint32_t)strcspn(list.at, ":");
	unit.size -= MONTH_SIZE + 1;
	return store_is_of_lists(index->lists, list, unit, number);
}

// The indexes of all shards of tickets, which are called after their topic.
static void index_pattern(const struct store *store, const char *what, char ret_pattern[KEY_BYTES_MAX])
{
	const char *name = store_shard(store, 0)->name;
	snprintf(ret_pattern, KEY_BYTES_MAX, "hotline:{%.*s.*}:%s:*", (int)(strrchr(name, '.') - name), name, what);
}

static enum status scan_keys(struct store *store, const struct index *index, struct store_ids *keys, struct error *error)
{
	struct redis *redis = store_redis(store);
	char cursor[24] = "0", pattern[KEY_BYTES_MAX];
	index_pattern(store, index->what, pattern);
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
		for (size_t i = 0; i < reply_count(reply_at(reply, 1)); i++) {
			struct text key = reply_text(reply_at(reply_at(reply, 1), i));
			if (index->is_asked_for(index, key))
				take_id(keys, key);
		}
	} while (strcmp(cursor, "0") != 0);
	return OK;
}

static enum status read_index(struct store *store, const struct index *index, struct store_ids *ids, struct error *error)
{
	struct redis *redis = store_redis(store);
	struct store_ids keys = { .count = 0 };
	if (!store_partitions(store))
		return OK;
	enum status status = scan_keys(store, index, &keys, error);
	for (size_t at = 0; at < keys.count && status == OK; at += STORE_CHUNK) {
		size_t end = keys.count - at < STORE_CHUNK ? keys.count : at + STORE_CHUNK;
		for (size_t i = at; i < end; i++)
			redis_command(redis, 2, (const struct text[]){ TEXT("GET"), keys.id[i] });
		for (size_t i = at; i < end && status == OK; i++) {
			const struct redisReply *reply;
			status = redis_wait(redis, STORE_WAIT_MS, &reply, error);
			if (status == OK)
				status = redis_check(reply, keys.id[i].at, error);
			if (status == OK)
				status = take_index(reply_text(reply), ids, error);
		}
	}
	store_ids_done(&keys);
	return status;
}

enum status store_alerted_tickets(struct store *store, int32_t since_day, struct store_ids *ids, struct error *error)
{
	struct index index = { .what = "alerts", .is_asked_for = is_day_asked_for, .since_day = since_day };
	return read_index(store, &index, ids, error);
}

enum status store_listed_tickets(struct store *store, const struct store_lists *lists, struct store_ids *ids, struct error *error)
{
	struct index index = { .what = "list", .is_asked_for = is_list_asked_for, .lists = lists };
	return read_index(store, &index, ids, error);
}

void store_ids_done(struct store_ids *ids)
{
	for (size_t i = 0; i < ids->count; i++)
		free((char *)(uintptr_t)ids->id[i].at);
	free(ids->id);
	*ids = (struct store_ids){ .count = 0 };
}
