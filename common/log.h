// log.h - one logfmt line a record to stderr, in one write, so that lines of several threads never mix:
//
//   ts=2024-03-05T01:12:00.123Z level=info program=hotline-tickets msg="partition taken over" topic=hotline.ticket-events partition=3
//
// Only loops and mains log; everything below returns a struct error. Source: design.md, Programs.
#ifndef HOTLINE_LOG_H
#define HOTLINE_LOG_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

enum {
	LOG_LINE_BYTES_MAX = 4096,   // a longer line is cut at a pair and ends in cut=true
	LOG_REPEAT_EVERY_MS = 10000, // a limited record appears at most once in so long
};

// Before the first record and before other threads start. The name must live on. Without it the program is called "hotline" and the level is info.
void log_init(const char *program, enum log_level level);
bool log_is_on(enum log_level level);

// pairs is "key=%s key=%d ...", separated by one blank each, or "" for none. Values are quoted and escaped where logfmt needs it, so that a value is always one value:
//
//   log_info("partition taken over", "topic=%s partition=%d offset=%" PRId64, topic, partition, offset);
//
// Conversions: %s %.*s %c %d %i %u %x (also with l, ll, j, z, h, a 0 flag and a width) %f %.Nf. A NULL string is left out with its key.
void log_write(enum log_level level, const char *message, const char *pairs, ...) __attribute__((format(printf, 3, 4)));
#define log_error(...) log_write(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warn(...) log_write(LOG_LEVEL_WARN, __VA_ARGS__)
#define log_info(...) log_write(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...) log_write(LOG_LEVEL_DEBUG, __VA_ARGS__)

// A failure: msg=<what we were doing> reason=... error="...".
void log_failure(enum log_level level, const char *doing, const struct error *error);

// For problems that repeat: the first one appears at once, then at most one in LOG_REPEAT_EVERY_MS, with repeated=<how many were left out>.
// One static struct log_limit = {0} for each place that logs.
struct log_limit {
	_Atomic int64_t next_at_ms;  // monotonic
	_Atomic uint32_t left_out;
};
void log_limited(struct log_limit *limit, enum log_level level, const char *message, const char *pairs, ...) __attribute__((format(printf, 4, 5)));

// The line itself with its newline, without a clock, for tests and for log.c. Returns its length; ret_line has room for LOG_LINE_BYTES_MAX.
size_t log_format(char *ret_line, int64_t at_ms, enum log_level level, const char *program, const char *message, const char *pairs, va_list args);

#endif
