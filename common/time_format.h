// time_format.h - reads instants as other systems write them.
#ifndef HOTLINE_TIME_FORMAT_H
#define HOTLINE_TIME_FORMAT_H

#include <stdbool.h>
#include <stdint.h>

#include "text.h"

enum { TIME_FORMAT_BYTES_MAX = 64, TIME_TEXT_BYTES_MAX = 96, TIME_ZONE_BYTES_MAX = 64 };

// Where times without an offset are read: a fixed offset, or the rules of a place ("Asia/Shanghai").
struct time_zone {
	bool is_place;
	int32_t offset_ms;
};
// A process reads one place at most, since the C library keeps its rules in one global. False for a name that the system has no rules for.
bool time_zone_of_place(const char *name, struct time_zone *ret_zone);

// Reads the whole text by a format of strptime(3) ("%d/%m/%Y %H:%M"; a fraction of a second may follow), or by "unix_s", "unix_ms", "rfc3339".
// A format with %z needs no zone. False when it does not fit, or is no day of the calendar.
bool time_format_parse(const char *format, struct text text, const struct time_zone *zone, int64_t *ret_at_ms);

#endif
