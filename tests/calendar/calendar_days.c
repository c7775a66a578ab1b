// calendar_days.c - prints every day of the generated calendar with 1 when it is a working day, 0 when it is not.
#include <stdio.h>

#include "calendar.h"
#include "civil.h"

int main(void)
{
	const struct calendar *calendar = calendar_cn();
	for (int32_t day = calendar_first_day(calendar); day <= calendar_last_day(calendar); day++) {
		char string[CIVIL_DAY_BYTES];
		civil_format_day(day, string);
		printf("%s %d\n", string, calendar_is_working(calendar, day));
	}
	return 0;
}
