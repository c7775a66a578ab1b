// duty.h - which days of a month a unit had duty and did not log in, for the rules duty and duty-letter.
//
// Readings, where S2 leaves room: a log-in counts for the day of its stamp, from 00:00 on, itself included when stamped at the very instant (as due times are
// inclusive); that instant is when the day is missed. A working day is a day of the calendar, make-up weekends included. Who has duty is said by the roster for
// that very day, so who enters or leaves in the middle of a month is counted for its own days only. A month is judged from its first day on.
#ifndef HOTLINE_DUTY_H
#define HOTLINE_DUTY_H

#include "civil.h"
#include "rule.h"

struct duty_day {
	int32_t day;
	int64_t at_ms;       // when it was missed
	int64_t back_at_ms;  // the first log-in of the month after that; NEVER_MS
};

enum { DUTY_DAYS_MAX = 31 };

// The missed days that the clock has come to, in order, of the versions that have the rule on. Returns how many.
uint32_t duty_missed(const struct rule *rule, const struct unit_facts *facts, struct outcome *outcome, struct duty_day ret_missed[DUTY_DAYS_MAX]);

#endif
