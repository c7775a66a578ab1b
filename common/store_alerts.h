// store_alerts.h - the alerts of dimensions, as hotline-units stores them, with the evidence of the month as it is now.
#ifndef HOTLINE_STORE_ALERTS_H
#define HOTLINE_STORE_ALERTS_H

#include "judgement.h"
#include "store.h"

// What is handed out of one. Everything lives until `visit` returns.
struct store_alert {
	struct text dimension;
	const struct judgement *judgement;
	const struct rule *rule;          // NULL for a rule that this program does not know
	struct evidence evidence;         // empty when the rule says nothing about the month any more
};

// Calls `visit` for every alert that these dimensions ever raised. `clock_ms` is the city's.
MUST_USE enum status store_visit_alerts(struct store *store, const struct text *dimension, size_t count, const struct policy *policy, int64_t clock_ms,
	enum status (*visit)(void *self, const struct store_alert *alert, struct error *error), void *self, struct error *error);

#endif
