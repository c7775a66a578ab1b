#include "rule.h"

const struct rule *const rules[] = {
	&rule_overdue,
	&rule_floors,
	&rule_due_warnings,
	&rule_escalation,
	&rule_month_end,
	&rule_return_late,
	&rule_return_slip,
	&rule_circulated,
	&rule_returned_often,
	&rule_shirked,
	&rule_ping_pong,
	&rule_dissatisfied,
	&rule_low_star,
	&rule_look_back,
	&rule_claim_conflict,
	&rule_revisit_invalid,
	&rule_praise,
	&rule_duty,
	&rule_duty_letter,
	&rule_margin,
	&rule_tendency,
	&rule_repeated,
	&rule_crowd,
};
const uint32_t rule_count = sizeof rules / sizeof *rules;
_Static_assert(sizeof rules / sizeof *rules <= POLICY_RULES_MAX, "a policy has one bit a rule");

const struct rule *rule_of(struct text id)
{
	for (uint32_t i = 0; i < rule_count; i++)
		if (text_equal(id, text_of(rules[i]->id)))
			return rules[i];
	return NULL;
}

bool rule_is_on(const struct rule *rule, const struct policy_version *version)
{
	return !(version->rules_off >> rule_number(rule) & 1);
}

bool rules_use_links(const struct policy *policy)
{
	for (uint32_t i = 0; i < rule_count; i++)
		for (uint32_t k = 0; rules[i]->uses_links && k < policy->version_count; k++)
			if (rule_is_on(rules[i], &policy->version[k]))
				return true;
	return false;
}

uint32_t rule_number(const struct rule *rule)
{
	uint32_t i = 0;
	while (rules[i] != rule)
		i++;
	return i;
}
