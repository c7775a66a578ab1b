// store_months.h - the units' months that the shards of unit events hold, judged by the policy in force and the shard's clock.
#ifndef HOTLINE_STORE_MONTHS_H
#define HOTLINE_STORE_MONTHS_H

#include "assess.h"
#include "store.h"

// What is handed out of one. Everything lives until `visit` returns, which must not use the store.
struct store_month_of_unit {
	struct text id;                  // "xlt-zhujian/2024-03"
	const struct unit_facts *facts;
	const struct outcome *outcome;
	const struct policy *policy;
};

// Calls `visit` for every month that may have raised an alert, by the shards' indexes, in no order. What `visit` returns other than OK ends it.
MUST_USE enum status store_visit_alerted_months(struct store *store, enum status (*visit)(void *self, const struct store_month_of_unit *month, struct error *error),
	void *self, struct error *error);

#endif
