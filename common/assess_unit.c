// What a unit's month counts by itself; the rest is rules/.
#include "assess.h"

#include <string.h>

#include "civil.h"
#include "rule.h"

// Of several reports of calls on one day the latest holds.
static bool is_replaced(const struct ticket *events, const struct event *event, int32_t zone_ms)
{
	int32_t day = civil_day_of(event->at_ms, zone_ms);
	for (const struct event *later = event + 1; later < events->event + events->count; later++)
		if (later->type == EVENT_CALLS && !later->is_void)
			return civil_day_of(later->at_ms, zone_ms) == day;
	return false;
}

static void count_points(struct outcome *outcome, const struct policy *policy, const struct event *event, int32_t day)
{
	enum counter counter = event->amount < 0 ? COUNTER_POINTS_TAKEN : COUNTER_POINTS_ADDED;
	int64_t amount = event->amount < 0 ? -event->amount : event->amount;
	outcome_count_unit(outcome, policy, counter, event->unit, day, day, (uint32_t)amount);
}

static void count_event(struct outcome *outcome, const struct unit_facts *facts, const struct event *event)
{
	const struct policy *policy = facts->policy;
	int32_t day = civil_day_of(event->at_ms, policy->zone_ms);
	if (event->type == EVENT_CALLS && !is_replaced(facts->events, event, policy->zone_ms)) {
		outcome_count_unit(outcome, policy, COUNTER_CALLS_OFFERED, event->unit, day, day, (uint32_t)event->amount);
		outcome_count_unit(outcome, policy, COUNTER_CALLS_ANSWERED, event->unit, day, day, (uint32_t)event->answered);
	}
	if (event->type == EVENT_KNOWLEDGE_UPDATED)
		outcome_count_unit(outcome, policy, COUNTER_KNOWLEDGE_UPDATES, event->unit, day, day, (uint32_t)event->amount);
	if (event->type == EVENT_POINTS)
		count_points(outcome, policy, event, day);
}

// "xlt-zhujian/2024-03"; units have no slash in their names.
static void read_id(struct unit_facts *facts, struct text id)
{
	const char *slash = id.size ? memchr(id.at, '/', id.size) : NULL;
	uint32_t size = slash ? (uint32_t)(slash - id.at) : 0;
	facts->unit = 0;
	facts->month = 0;
	if (!slash || !civil_parse_month((struct text){ slash + 1, id.size - size - 1 }, &facts->month))
		return;
	facts->unit = names_find(facts->names, NAME_UNIT, (struct text){ id.at, size });
}

void assess_unit_month(struct text id, const struct ticket *events, const struct policy *policy, int64_t clock_ms, const struct names *names,
	struct unit_facts *ret_facts, struct outcome *ret_outcome)
{
	*ret_facts = (struct unit_facts){ .policy = policy, .names = names, .clock_ms = clock_ms, .events = events };
	read_id(ret_facts, id);
	outcome_clear(ret_outcome);
	for (const struct event *event = events->event; event < events->event + events->count; event++)
		if (!event->is_void)
			count_event(ret_outcome, ret_facts, event);
	for (uint32_t i = 0; i < rule_count && ret_facts->unit; i++)
		if (rules[i]->judge_unit)
			rules[i]->judge_unit(rules[i], ret_facts, ret_outcome);
}
