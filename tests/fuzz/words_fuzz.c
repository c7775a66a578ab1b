// Small texts: instants, days, months, zones, points, durations, addresses, clock marks, times in the formats of other systems.
// What is read, written in our form and read again, is the same.
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "civil.h"
#include "clock_mark.h"
#include "event_field.h"
#include "options.h"
#include "redis_address.h"
#include "time_format.h"
#include "width.h"

static void check_dates(struct text text)
{
	char string[CIVIL_INSTANT_BYTES];
	int64_t at_ms, at_again;
	int32_t number, again;
	if (civil_parse_instant(text, &at_ms)) {
		assert(at_ms >= INSTANT_MIN_MS && at_ms <= INSTANT_MAX_MS);
		civil_format_instant(at_ms, (int32_t)(8 * HOUR_MS), string);
		assert(civil_parse_instant(text_of(string), &at_again) && at_again == at_ms);
	}
	if (civil_parse_day(text, &number)) {
		civil_format_day(number, string);
		assert(text_equal(text, text_of(string)) && civil_parse_day(text_of(string), &again) && again == number);
	}
	if (civil_parse_month(text, &number)) {
		civil_format_month(number, string);
		assert(text_equal(text, text_of(string)) && civil_parse_month(text_of(string), &again) && again == number);
	}
	if (civil_parse_zone(text, &number))
		assert(number > -DAY_MS && number < DAY_MS);
}

static void check_points(struct text text)
{
	char string[POINTS_BYTES];
	int64_t points, again;
	if (!points_parse(text, &points))
		return;
	points_format(points, string);
	assert(points_parse(text_of(string), &again) && again == points);
}

static void check_formats(struct text text)
{
	static const char *const format[] = { "unix_s", "unix_ms", "rfc3339", "%d/%m/%Y %H:%M", "%Y-%m-%d %H:%M:%S", "%m/%d/%y %I:%M %p", "%Y-%m-%dT%H:%M:%S%z", "%s", "%j %Y" };
	const struct time_zone zone = { .offset_ms = (int32_t)(8 * HOUR_MS) };
	int64_t at_ms;
	for (size_t i = 0; i < sizeof format / sizeof *format; i++)
		(void)time_format_parse(format[i], text, &zone, &at_ms);
}

static void check_place(const struct redis_place *place, bool is_there, bool has_port)
{
	assert(!place->host[0] == !is_there);
	assert(place->port >= 0 && place->port <= 65535 && !place->port == !(is_there && has_port));
}

static void check_address(const char *string)
{
	struct redis_address address;
	struct error error = { .reason = NULL };
	enum status status = redis_address_parse(string, &address, &error);
	assert(status == OK || (status == FATAL && error.text[0]));
	if (status != OK)
		return;
	assert(address.database >= 0 && address.sentinel_count <= REDIS_SENTINELS_MAX && !address.sentinel_count == !address.master[0]);
	check_place(&address.place, !address.sentinel_count, !address.is_unix);
	for (size_t i = 0; i < address.sentinel_count; i++)
		check_place(&address.sentinel[i], true, true);
}

static void check_marks(struct text text)
{
	static const struct text empty;
	char value[CLOCK_MARK_BYTES];
	struct error error = { .reason = NULL };
	int64_t clock_ms, again;
	enum status status = clock_mark_parse(empty, empty, text, &clock_ms, &error);
	assert(status == OK || (status == REJECT && error.text[0]));
	if (status == OK)
		assert(clock_mark_parse(empty, empty, clock_mark_format(clock_ms, value), &again, &error) == OK && again == clock_ms);
}

static void check_width(struct text text)
{
	for (uint32_t columns = 0; columns < 8; columns++) {
		struct text cut = width_cut(text, columns);
		assert(cut.size <= text.size && width_of(cut) <= columns);
	}
	for (uint32_t at = 0, size; at < text.size; at += size) {
		(void)width_character((struct text){ text.at + at, text.size - at }, &size);
		assert(size && size <= text.size - at);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct text text = fuzz_text(bytes, size);
	char *string = fuzz_string(bytes, size);
	int64_t ms;
	check_dates(text);
	check_points(text);
	check_formats(text);
	check_address(string);
	check_marks(text);
	check_width(text);
	if (options_parse_duration(string, &ms))
		assert(ms >= 0);
	free(string);
	fuzz_text_free(text);
	return 0;
}
