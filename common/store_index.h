// store_index.h - finds the pages that the shards' indexes name: where something raised an alert or came on a worklist. What lies on them says what is true.
#ifndef HOTLINE_STORE_INDEX_H
#define HOTLINE_STORE_INDEX_H

#include "store.h"

// Which worklists.
struct store_lists {
	const char *list;   // "overdue"; NULL for all
	const char *unit;   // its id; NULL for all
	int32_t month;      // STORE_ANY_MONTH for all
};
enum { STORE_ANY_MONTH = -1 };
bool store_is_of_lists(const struct store_lists *lists, struct text list, struct text unit, int32_t month);

// What is looked for: alerts dated since_day or later, or worklists.
struct store_search {
	bool is_of_units;                 // units' months, each on a page that is called as it is; else tickets
	int32_t since_day;
	const struct store_lists *lists;  // NULL for alerts
};
struct store_found {
	struct {
		size_t shard;
		struct text name;             // with a memory of its own
	} *page;                          // the same may be there more than once
	size_t count, capacity;
};
MUST_USE enum status store_find(struct store *store, const struct store_search *search, struct store_found *found, struct error *error);
void store_found_done(struct store_found *found);

#endif
