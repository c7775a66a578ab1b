// store_tickets.h - the tickets that the shards hold, judged by the policy in force and the shard's clock.
#ifndef HOTLINE_STORE_TICKETS_H
#define HOTLINE_STORE_TICKETS_H

#include "assess.h"
#include "store_index.h"

// What is handed out of one ticket. Everything lives until `visit` returns, which must not use the store.
struct store_ticket {
	struct text id;
	const struct ticket *ticket;
	const struct facts *facts;
	const struct outcome *outcome;
	const struct policy *policy;
	const char *shard;
};

// Calls `visit` for each of these tickets that is there, in no order, once though it be named twice. What `visit` returns other than OK ends it.
MUST_USE enum status store_visit_tickets(struct store *store, const struct text *id, size_t count,
	enum status (*visit)(void *self, const struct store_ticket *ticket, struct error *error), void *self, struct error *error);

// The same for every ticket that may have raised an alert dated since_day or later, and for every one that may be on a worklist, by the shards' indexes: these say
// only on which pages to look, the tickets say what is true.
MUST_USE enum status store_visit_alerted(struct store *store, int32_t since_day, enum status (*visit)(void *self, const struct store_ticket *ticket, struct error *error),
	void *self, struct error *error);
MUST_USE enum status store_visit_listed(struct store *store, const struct store_lists *lists,
	enum status (*visit)(void *self, const struct store_ticket *ticket, struct error *error), void *self, struct error *error);

#endif
