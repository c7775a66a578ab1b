#include "log.h"

#include <assert.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"

static const char *program_name = "hotline";
static enum log_level threshold = LOG_LEVEL_INFO;

void log_init(const char *program, enum log_level level)
{
	program_name = program;
	threshold = level;
}

bool log_is_on(enum log_level level)
{
	return level <= threshold;
}

// The line under way. Room for the closing "cut=true" and the newline is kept back.
struct line {
	char *at;
	size_t size;
	bool is_full;
};

enum { LINE_KEPT_BYTES = 16 };

static void put(struct line *line, const char *bytes, size_t size)
{
	if (line->is_full || line->size + size > LOG_LINE_BYTES_MAX - LINE_KEPT_BYTES) {
		line->is_full = true;
		return;
	}
	memcpy(line->at + line->size, bytes, size);
	line->size += size;
}

static bool needs_quotes(const char *value, size_t size)
{
	if (!size)
		return true;
	for (size_t i = 0; i < size; i++) {
		unsigned char c = (unsigned char)value[i];
		if (c <= ' ' || c == '"' || c == '=' || c == '\\' || c == 0x7f)
			return true;
	}
	return false;
}

static void put_escaped(struct line *line, unsigned char c)
{
	static const char *const named[] = { ['\n'] = "\\n", ['\r'] = "\\r", ['\t'] = "\\t", ['"'] = "\\\"", ['\\'] = "\\\\" };
	char hex[8];
	if (c < sizeof named / sizeof *named && named[c])
		put(line, named[c], 2);
	else if (c < ' ' || c == 0x7f)
		put(line, hex, (size_t)snprintf(hex, sizeof hex, "\\x%02x", c));
	else
		put(line, (const char *)&c, 1);
}

static void put_value(struct line *line, const char *value, size_t size)
{
	if (!needs_quotes(value, size)) {
		put(line, value, size);
		return;
	}
	put(line, "\"", 1);
	for (size_t i = 0; i < size; i++)
		put_escaped(line, (unsigned char)value[i]);
	put(line, "\"", 1);
}

// A pair goes in whole or not at all.
static void put_pair(struct line *line, const char *key, size_t key_size, const char *value, size_t value_size)
{
	size_t before = line->size;
	if (before)
		put(line, " ", 1);
	put(line, key, key_size);
	put(line, "=", 1);
	put_value(line, value, value_size);
	if (line->is_full)
		line->size = before;
}

// What stands between % and the letter of a conversion.
struct conversion {
	bool is_zero_padded, has_precision, is_precision_given;
	int width, precision;
	enum { SIZE_INT, SIZE_LONG, SIZE_LONG_LONG, SIZE_MAX_T, SIZE_SIZE_T } size;
	char letter;
};

static const char *parse_digits(const char *at, int *ret_number)
{
	*ret_number = 0;
	for (; *at >= '0' && *at <= '9'; at++)
		*ret_number = *ret_number * 10 + (*at - '0');
	return at;
}

static const char *parse_size(const char *at, struct conversion *conversion)
{
	for (;; at++)
		if (*at == 'l')
			conversion->size = conversion->size == SIZE_LONG ? SIZE_LONG_LONG : SIZE_LONG;
		else if (*at == 'j')
			conversion->size = SIZE_MAX_T;
		else if (*at == 'z')
			conversion->size = SIZE_SIZE_T;
		else if (*at != 'h')  // a short arrives as an int
			return at;
}

static const char *parse_conversion(const char *at, struct conversion *ret_conversion)
{
	*ret_conversion = (struct conversion){ 0 };
	ret_conversion->is_zero_padded = *at == '0';
	at = parse_digits(at, &ret_conversion->width);
	if (*at == '.') {
		ret_conversion->has_precision = true;
		ret_conversion->is_precision_given = *++at == '*';
		at = ret_conversion->is_precision_given ? at + 1 : parse_digits(at, &ret_conversion->precision);
	}
	at = parse_size(at, ret_conversion);
	ret_conversion->letter = *at;
	return at + 1;
}

// A struct, since a va_list that is an array cannot be handed down and go on.
struct arguments {
	va_list list;
};

static intmax_t take_signed(const struct conversion *conversion, struct arguments *arguments)
{
	switch (conversion->size) {
	case SIZE_LONG: return va_arg(arguments->list, long);
	case SIZE_LONG_LONG: return va_arg(arguments->list, long long);
	case SIZE_MAX_T: return va_arg(arguments->list, intmax_t);
	case SIZE_SIZE_T: return va_arg(arguments->list, ssize_t);
	default: return va_arg(arguments->list, int);
	}
}

static uintmax_t take_unsigned(const struct conversion *conversion, struct arguments *arguments)
{
	switch (conversion->size) {
	case SIZE_LONG: return va_arg(arguments->list, unsigned long);
	case SIZE_LONG_LONG: return va_arg(arguments->list, unsigned long long);
	case SIZE_MAX_T: return va_arg(arguments->list, uintmax_t);
	case SIZE_SIZE_T: return va_arg(arguments->list, size_t);
	default: return va_arg(arguments->list, unsigned);
	}
}

static void put_string(struct line *line, const char *key, size_t key_size, const struct conversion *conversion, struct arguments *arguments)
{
	int limit = conversion->is_precision_given ? va_arg(arguments->list, int) : conversion->has_precision ? conversion->precision : -1;
	const char *value = va_arg(arguments->list, const char *);
	if (value)
		put_pair(line, key, key_size, value, limit < 0 ? strlen(value) : strnlen(value, (size_t)limit));
}

static void put_number(struct line *line, const char *key, size_t key_size, const struct conversion *conversion, struct arguments *arguments)
{
	char value[400];  // the longest double has 309 digits before the point
	int size = 0;
	int width = conversion->width, zeros = conversion->is_zero_padded ? width : 0;
	switch (conversion->letter) {
	case 'd':
	case 'i': size = snprintf(value, sizeof value, "%0*jd", zeros ? zeros : 1, take_signed(conversion, arguments)); break;
	case 'u': size = snprintf(value, sizeof value, "%0*ju", zeros ? zeros : 1, take_unsigned(conversion, arguments)); break;
	case 'x': size = snprintf(value, sizeof value, "%0*jx", zeros ? zeros : 1, take_unsigned(conversion, arguments)); break;
	case 'c': size = snprintf(value, sizeof value, "%c", va_arg(arguments->list, int)); break;
	case 'f': size = snprintf(value, sizeof value, "%.*f", conversion->has_precision ? conversion->precision : 6, va_arg(arguments->list, double)); break;
	default: assert(false && "log.h does not know this conversion");
	}
	put_pair(line, key, key_size, value, (size_t)size < sizeof value ? (size_t)size : sizeof value - 1);
}

static void put_pairs(struct line *line, const char *pairs, struct arguments *arguments)
{
	while (*pairs) {
		const char *key = pairs;
		size_t key_size = strcspn(pairs, "=");
		assert(pairs[key_size] == '=');
		pairs += key_size + 1;
		if (*pairs == '%') {
			struct conversion conversion;
			pairs = parse_conversion(pairs + 1, &conversion);
			if (conversion.letter == 's')
				put_string(line, key, key_size, &conversion, arguments);
			else
				put_number(line, key, key_size, &conversion, arguments);
		} else {
			size_t size = strcspn(pairs, " ");
			put_pair(line, key, key_size, pairs, size);
			pairs += size;
		}
		assert(*pairs == ' ' || !*pairs);
		pairs += *pairs == ' ';
	}
}

static void put_instant(struct line *line, int64_t at_ms)
{
	time_t seconds = (time_t)(at_ms / 1000);
	struct tm utc;
	char value[40];
	size_t size = gmtime_r(&seconds, &utc) ? strftime(value, sizeof value - 8, "%Y-%m-%dT%H:%M:%S", &utc) : 0;
	size += (size_t)snprintf(value + size, sizeof value - size, ".%03dZ", (int)(at_ms % 1000));
	put_pair(line, "ts", 2, value, size);
}

size_t log_format(char *ret_line, int64_t at_ms, enum log_level level, const char *program, const char *message, const char *pairs, va_list args)
{
	static const char *const level_name[] = { "error", "warn", "info", "debug" };
	struct line line = { .at = ret_line };
	struct arguments arguments;
	va_copy(arguments.list, args);
	put_instant(&line, at_ms);
	put_pair(&line, "level", 5, level_name[level], strlen(level_name[level]));
	put_pair(&line, "program", 7, program, strlen(program));
	put_pair(&line, "msg", 3, message, strlen(message));
	put_pairs(&line, pairs, &arguments);
	va_end(arguments.list);
	if (line.is_full) {
		memcpy(ret_line + line.size, " cut=true", 9);
		line.size += 9;
	}
	ret_line[line.size++] = '\n';
	return line.size;
}

static void write_line(const char *line, size_t size)
{
	while (size) {
		ssize_t written = write(STDERR_FILENO, line, size);
		if (written < 0)
			return;  // nowhere to complain to
		line += written;
		size -= (size_t)written;
	}
}

static void write_record(enum log_level level, const char *message, const char *pairs, va_list args)
{
	char line[LOG_LINE_BYTES_MAX];
	write_line(line, log_format(line, clock_wall_ms(), level, program_name, message, pairs, args));
}

void log_write(enum log_level level, const char *message, const char *pairs, ...)
{
	if (!log_is_on(level))
		return;
	va_list args;
	va_start(args, pairs);
	write_record(level, message, pairs, args);
	va_end(args);
}

void log_failure(enum log_level level, const char *doing, const struct error *error)
{
	log_write(level, doing, "reason=%s error=%s", error->reason, error->text);
}

void log_limited(struct log_limit *limit, enum log_level level, const char *message, const char *pairs, ...)
{
	if (!log_is_on(level))
		return;
	int64_t now_ms = clock_monotonic_ms(), next_at_ms = atomic_load(&limit->next_at_ms);
	if (now_ms < next_at_ms || !atomic_compare_exchange_strong(&limit->next_at_ms, &next_at_ms, now_ms + LOG_REPEAT_EVERY_MS)) {
		atomic_fetch_add(&limit->left_out, 1);
		return;
	}
	uint32_t left_out = atomic_exchange(&limit->left_out, 0);
	va_list args;
	va_start(args, pairs);
	write_record(level, message, pairs, args);
	va_end(args);
	if (left_out)
		log_write(level, "the same was left out", "what=%s repeated=%u", message, left_out);
}
