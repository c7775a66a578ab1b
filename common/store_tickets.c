#include "store_tickets.h"

#include <stdlib.h>

#include "kafka.h"
#include "memory.h"
#include "page.h"
#include "page_index.h"
#include "store_pages.h"

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

// Tickets of one shard on at most STORE_CHUNK pages.
static enum status visit_chunk(struct visitor *visitor, const struct wanted *wanted, size_t count, struct error *error)
{
	const struct redisReply *pages = NULL;
	const struct policy *policy;
	struct text page[STORE_CHUNK] = { { NULL, 0 } };
	size_t page_count = 0;
	for (size_t i = 0; i < count; i += page_size(wanted + i, count - i))
		page[page_count++] = wanted[i].address.page;
	enum status status = store_read_pages(visitor->store, wanted->shard, page, page_count, &policy, &pages, error);
	for (size_t i = 0, number = 0, size; i < count && status == OK; i += size, number++) {
		size = page_size(wanted + i, count - i);
		status = visit_page(visitor, wanted + i, size, reply_text(reply_at(pages, number)), policy, error);
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

// Every ticket of the pages that were found.
static enum status visit_found(struct store *store, const struct store_search *search, enum status (*visit)(void *self, const struct store_ticket *ticket, struct error *error),
	void *self, struct error *error)
{
	struct store_found found = { .count = 0 };
	enum status status = store_find(store, search, &found, error);
	struct wanted *wanted = memory_new(found.count * sizeof *wanted);
	for (size_t i = 0; i < found.count; i++)
		wanted[i] = (struct wanted){ found.page[i].shard, { found.page[i].name, PLACE_ALL } };
	if (status == OK)
		status = visit_wanted(store, wanted, found.count, visit, self, error);
	free(wanted);
	store_found_done(&found);
	return status;
}

enum status store_visit_alerted(struct store *store, int32_t since_day, enum status (*visit)(void *self, const struct store_ticket *ticket, struct error *error),
	void *self, struct error *error)
{
	return visit_found(store, &(struct store_search){ .since_day = since_day }, visit, self, error);
}

enum status store_visit_listed(struct store *store, const struct store_lists *lists, enum status (*visit)(void *self, const struct store_ticket *ticket, struct error *error),
	void *self, struct error *error)
{
	return visit_found(store, &(struct store_search){ .lists = lists }, visit, self, error);
}
