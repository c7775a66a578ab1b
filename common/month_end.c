#include "month_end.h"

#include "civil.h"

int32_t month_end_day(const struct calendar *calendar, int32_t last_day, uint32_t working_days)
{
	int32_t count = (int32_t)working_days, day = last_day - count;
	while (calendar_count_working(calendar, day, last_day) < count)
		day--;
	return day;
}

uint32_t month_end_look(const struct policy *policy, int32_t month, int32_t day, uint32_t *ret_working_days)
{
	const struct policy_version *version = policy_version_at(policy, civil_month_first_day(month));
	const uint32_t before[MONTH_END_LOOKS] = { version->month_end_days, 3, 1, 0 };
	int32_t last_day = civil_month_first_day(month + 1) - 1;
	uint32_t look = 0;
	for (uint32_t i = 0; i < MONTH_END_LOOKS; i++) {
		int32_t begins = before[i] ? month_end_day(policy->calendar, last_day, before[i]) : last_day + 1;
		if (day < begins || (i && before[i] >= before[0]))
			continue;
		look = i + 1;
		*ret_working_days = before[i];
	}
	return look;
}

bool month_end_is_between(const struct policy *policy, int32_t from_day, int32_t to_day)
{
	if (civil_month_of_day(to_day) > civil_month_of_day(from_day))
		return true;  // a month has ended
	uint32_t before = 0, after = 0;
	int32_t month = civil_month_of_day(to_day);
	return month_end_look(policy, month, from_day, &before) != month_end_look(policy, month, to_day, &after);
}
