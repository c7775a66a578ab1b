#include "rule.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

#include "civil.h"

const struct rule *const rules[] = {
	&rule_overdue,
	&rule_floors,
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

uint32_t rule_number(const struct rule *rule)
{
	uint32_t i = 0;
	while (rules[i] != rule)
		i++;
	return i;
}

void evidence_add(struct evidence *evidence, const char *name, const char *format, ...)
{
	assert(evidence->count < RULE_EVIDENCE_MAX);
	va_list args;
	va_start(args, format);
	evidence->item[evidence->count].name = name;
	vsnprintf(evidence->item[evidence->count].value, RULE_VALUE_BYTES, format, args);
	va_end(args);
	evidence->count++;
}

void evidence_add_instant(struct evidence *evidence, const char *name, int64_t at_ms, int32_t zone_ms)
{
	char at[CIVIL_INSTANT_BYTES];
	civil_format_instant(at_ms, zone_ms, at);
	evidence_add(evidence, name, "%s", at);
}
