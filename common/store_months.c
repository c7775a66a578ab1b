#include "store_months.h"

#include <stdlib.h>

#include "memory.h"
#include "page.h"
#include "store_index.h"
#include "store_pages.h"

struct wanted {
	struct text id;
	size_t shard;
};

// Everything that one visit needs, large enough to belong on the heap.
struct visitor {
	struct store *store;
	enum status (*visit)(void *self, const struct store_month_of_unit *month, struct error *error);
	void *self;
	struct event event[UNIT_MONTH_EVENTS_MAX];
	struct unit_facts facts;
	struct outcome outcome;
};

static int compare_wanted(const void *left, const void *right)
{
	const struct wanted *a = left, *b = right;
	if (a->shard != b->shard)
		return a->shard < b->shard ? -1 : 1;
	return text_compare(a->id, b->id);
}

// A month has a page of its own, which is called as it is.
static enum status visit_month(struct visitor *visitor, const struct wanted *wanted, struct text page, const struct policy *policy, struct error *error)
{
	struct ticket events = { .capacity = UNIT_MONTH_EVENTS_MAX, .event = visitor->event };
	struct page_entry entry;
	size_t cursor = 0;
	enum status status = page_check(page, error);
	if (status != OK || !page.size || !page_next(page, &cursor, &entry))
		return status;
	status = ticket_decode(entry.bytes, entry.size, store_dictionary(visitor->store, wanted->shard), &events, error);
	if (status != OK)
		return status;
	assess_unit_month(wanted->id, &events, policy, store_shard(visitor->store, wanted->shard)->head.clock_ms, store_names(visitor->store), &visitor->facts,
		&visitor->outcome);
	struct store_month_of_unit given = { wanted->id, &visitor->facts, &visitor->outcome, policy };
	return visitor->visit(visitor->self, &given, error);
}

// Months of one shard, at most STORE_CHUNK.
static enum status visit_chunk(struct visitor *visitor, const struct wanted *wanted, size_t count, struct error *error)
{
	const struct redisReply *pages = NULL;
	const struct policy *policy;
	struct text page[STORE_CHUNK] = { { NULL, 0 } };
	for (size_t i = 0; i < count; i++)
		page[i] = wanted[i].id;
	enum status status = store_read_pages(visitor->store, wanted->shard, page, count, &policy, &pages, error);
	for (size_t i = 0; i < count && status == OK; i++)
		status = visit_month(visitor, &wanted[i], reply_text(reply_at(pages, i)), policy, error);
	return status;
}

static size_t chunk_size(const struct wanted *wanted, size_t count)
{
	size_t size = 1;
	while (size < count && size < STORE_CHUNK && wanted[size].shard == wanted->shard)
		size++;
	return size;
}

// Each page once, shard by shard.
static size_t sort_wanted(const struct store_found *found, struct wanted *ret_wanted)
{
	size_t kept = 0;
	for (size_t i = 0; i < found->count; i++)
		ret_wanted[i] = (struct wanted){ found->page[i].name, found->page[i].shard };
	if (found->count)
		qsort(ret_wanted, found->count, sizeof *ret_wanted, compare_wanted);
	for (size_t i = 0; i < found->count; i++)
		if (!kept || compare_wanted(&ret_wanted[kept - 1], &ret_wanted[i]) != 0)
			ret_wanted[kept++] = ret_wanted[i];
	return kept;
}

enum status store_visit_alerted_months(struct store *store, enum status (*visit)(void *self, const struct store_month_of_unit *month, struct error *error),
	void *self, struct error *error)
{
	struct store_found found = { .count = 0 };
	enum status status = store_find(store, &(struct store_search){ .is_of_units = true, .since_day = INT32_MIN }, &found, error);
	struct wanted *wanted = memory_new(found.count * sizeof *wanted);
	struct visitor *visitor = memory_new(sizeof *visitor);
	visitor->store = store;
	visitor->visit = visit;
	visitor->self = self;
	size_t count = sort_wanted(&found, wanted);
	for (size_t i = 0, size; i < count && status == OK; i += size) {
		size = chunk_size(wanted + i, count - i);
		status = visit_chunk(visitor, wanted + i, size, error);
	}
	free(visitor);
	free(wanted);
	store_found_done(&found);
	return status;
}
