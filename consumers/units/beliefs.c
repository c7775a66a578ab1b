#include "beliefs.h"

#include <stdlib.h>
#include <string.h>

#include "memory.h"

void beliefs_done(struct beliefs *beliefs)
{
	free(beliefs->item);
	*beliefs = (struct beliefs){ .names = beliefs->names };
}

void beliefs_clear(struct beliefs *beliefs)
{
	beliefs->count = beliefs->next = 0;
	beliefs->is_settled = false;
}

enum status beliefs_take(void *self, const struct kafka_message *message, struct error *error)
{
	struct beliefs *beliefs = self;
	struct wire_arena arena;
	struct wire_alert alert;
	struct belief belief = { .dimension = 0 };
	struct error ignored;
	arena.used = 0;
	if (message->is_tombstone || wire_unpack_alert(message->value, &arena, &alert, &ignored) != OK || alert.ticket_id.size)
		return OK;
	const struct rule *rule = rule_of(alert.rule);
	if (!rule || !rule->judge_month || !alert.severity || alert.severity > SEVERITY_CRITICAL)
		return OK;
	if (!judgement_field_of_id(alert.id, alert.dimension, belief.judgement.field))
		return OK;
	belief.dimension = names_intern_dimension(beliefs->names, alert.dimension);
	if (!belief.dimension)
		return OK;
	if (beliefs->count == BELIEFS_MAX)
		return error_set(error, FATAL, "too_large", "more than %d alerts of dimensions to read back; lower --settle", BELIEFS_MAX);
	belief.judgement.state = alert.state;
	belief.judgement.severity = alert.severity;
	belief.judgement.at_ms = alert.at_ms;
	belief.judgement.revision = alert.revision;
	beliefs->item = memory_grow(beliefs->item, beliefs->count + 1, sizeof *beliefs->item, &beliefs->capacity);
	beliefs->item[beliefs->count++] = belief;
	return OK;
}

static bool is_same(const struct belief *a, const struct belief *b)
{
	return a->dimension == b->dimension && !strcmp(a->judgement.field, b->judgement.field);
}

static int compare(const void *left, const void *right)
{
	const struct belief *a = left, *b = right;
	if (a->dimension != b->dimension)
		return a->dimension < b->dimension ? -1 : 1;
	int order = strcmp(a->judgement.field, b->judgement.field);
	return order ? order : (a->judgement.revision > b->judgement.revision) - (a->judgement.revision < b->judgement.revision);
}

void beliefs_settle(struct beliefs *beliefs)
{
	if (beliefs->count)
		qsort(beliefs->item, beliefs->count, sizeof *beliefs->item, compare);
	size_t kept = 0;
	for (size_t i = 0; i < beliefs->count; i++)
		if (i + 1 == beliefs->count || !is_same(&beliefs->item[i], &beliefs->item[i + 1]))
			beliefs->item[kept++] = beliefs->item[i];
	beliefs->count = kept;
	beliefs->next = 0;
	beliefs->is_settled = true;
}

bool beliefs_has_more(const struct beliefs *beliefs)
{
	return beliefs->is_settled && beliefs->next < beliefs->count;
}

void beliefs_give(struct beliefs *beliefs, struct batch *batch, bool (*is_ours)(const void *self, struct text dimension), const void *self)
{
	for (; beliefs_has_more(beliefs) && !batch_is_full(batch); beliefs->next++) {
		const struct belief *belief = &beliefs->item[beliefs->next];
		if (is_ours(self, names_dimension(beliefs->names, belief->dimension)))
			batch_believe(batch, belief);
	}
}
