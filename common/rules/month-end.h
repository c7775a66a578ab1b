// month-end.h - what is left of a unit in numbers as a month nears its end: the part of the rule month-end about the unit's month.
#ifndef HOTLINE_RULE_MONTH_END_H
#define HOTLINE_RULE_MONTH_END_H

#include "rule.h"

void month_end_judge_month(const struct rule *rule, const struct month_facts *month, struct outcome *outcome);
void month_end_describe_month(const struct alert *alert, const struct month_facts *month, struct evidence *ret_evidence);
const char *month_end_about_name(uint32_t number);

#endif
