// yaml_format.h - numbers as they are written in our YAML files, such that the readers of yaml_tree.h give the same number back. Pure.
#ifndef HOTLINE_YAML_FORMAT_H
#define HOTLINE_YAML_FORMAT_H

#include <stdint.h>

enum { YAML_NUMBER_BYTES = 48 };  // of the strings below with their NUL

void yaml_format_duration(int64_t ms, char ret_string[YAML_NUMBER_BYTES]);  // "1h30m", "0s"; of 0 or more
void yaml_format_decimal(int64_t e4, char ret_string[YAML_NUMBER_BYTES]);   // "0.02", "-3"
void yaml_format_percent(uint32_t e4, char ret_string[YAML_NUMBER_BYTES]);  // "95 %", "99.5 %"
void yaml_format_time(int32_t ms, char ret_string[YAML_NUMBER_BYTES]);      // "17:30", "24:00"

// The units of durations, the largest first.
struct yaml_duration_unit {
	const char *name;
	int64_t ms;
};
enum { YAML_DURATION_UNIT_COUNT = 5 };
extern const struct yaml_duration_unit yaml_duration_units[YAML_DURATION_UNIT_COUNT];

#endif
