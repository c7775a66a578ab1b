#include "yaml_format.h"

#include <stdio.h>

#include "civil.h"

const struct yaml_duration_unit yaml_duration_units[YAML_DURATION_UNIT_COUNT] = {
	{ "d", DAY_MS }, { "h", HOUR_MS }, { "m", MINUTE_MS }, { "s", SECOND_MS }, { "ms", 1 },
};

void yaml_format_duration(int64_t ms, char ret_string[YAML_NUMBER_BYTES])
{
	int used = 0;
	for (uint32_t i = 0; i < YAML_DURATION_UNIT_COUNT; i++) {
		int64_t number = ms / yaml_duration_units[i].ms;
		ms %= yaml_duration_units[i].ms;
		if (number)
			used += snprintf(ret_string + used, (size_t)(YAML_NUMBER_BYTES - used), "%lld%s", (long long)number, yaml_duration_units[i].name);
	}
	if (!used)
		snprintf(ret_string, YAML_NUMBER_BYTES, "0s");
}

// Writes the decimal without the zeros at its end; returns its length.
static int format_decimal(int64_t e4, char ret_string[YAML_NUMBER_BYTES])
{
	uint64_t size = e4 < 0 ? -(uint64_t)e4 : (uint64_t)e4;
	int used = snprintf(ret_string, YAML_NUMBER_BYTES, "%s%llu.%04u", e4 < 0 ? "-" : "", (unsigned long long)(size / 10000), (unsigned)(size % 10000));
	while (ret_string[used - 1] == '0')
		used--;
	used -= ret_string[used - 1] == '.';
	ret_string[used] = '\0';
	return used;
}

void yaml_format_decimal(int64_t e4, char ret_string[YAML_NUMBER_BYTES])
{
	format_decimal(e4, ret_string);
}

void yaml_format_percent(uint32_t e4, char ret_string[YAML_NUMBER_BYTES])
{
	int used = format_decimal(e4 * INT64_C(100), ret_string);
	snprintf(ret_string + used, (size_t)(YAML_NUMBER_BYTES - used), " %%");
}

void yaml_format_time(int32_t ms, char ret_string[YAML_NUMBER_BYTES])
{
	int minutes = ms / (int32_t)MINUTE_MS;
	snprintf(ret_string, YAML_NUMBER_BYTES, "%02d:%02d", minutes / 60, minutes % 60);
}
