#include "console.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "civil.h"

const char *say(const struct console *console, const char *english, const char *chinese)
{
	return console->language == LANGUAGE_CHINESE ? chinese : english;
}

enum status console_open_store(const struct console *console, struct store **ret_store, struct error *error)
{
	struct store *store;
	enum status status = store_open(console->common.redis, console->ticket_topic, console->unit_topic, console->link_topic, &store, error);
	if (status != OK)
		return status;
	status = store_load(store, error);
	if (status == OK)
		*ret_store = store;
	else
		store_close(store);
	return status;
}

enum status console_day(const char *option, const char *value, int32_t *ret_day, struct error *error)
{
	if (civil_parse_day(text_of(value), ret_day))
		return OK;
	return error_set(error, REJECT, "bad_option", "%s takes a day such as 2024-03-05, not \"%.64s\"", option, value);
}

enum status console_instant(const char *option, const char *value, int32_t zone_ms, int64_t *ret_at_ms, struct error *error)
{
	int32_t day;
	if (civil_parse_instant(text_of(value), ret_at_ms))
		return OK;
	if (!civil_parse_day(text_of(value), &day))
		return error_set(error, REJECT, "bad_option", "%s takes a day such as 2024-03-05 or an instant such as 2024-03-05T09:12:00+08:00, not \"%.64s\"", option, value);
	*ret_at_ms = civil_day_start_ms(day, zone_ms);
	return OK;
}

struct json_out json_out_begin(const struct console *console)
{
	struct json_out out = { .file = console->out, .is_array = console->format == FORMAT_JSON };
	if (out.is_array)
		fputc('[', out.file);
	return out;
}

void json_out_add(struct json_out *out, json_t *object)
{
	enum { DIGITS = 15 };  // as many as a double holds exactly: 0.1 stays 0.1
	if (out->is_array)
		fputs(out->has_any ? ",\n " : "\n ", out->file);
	json_dumpf(object, out->file, JSON_REAL_PRECISION(DIGITS));
	if (!out->is_array)
		fputc('\n', out->file);
	out->has_any = true;
	json_decref(object);
}

void json_out_end(struct json_out *out)
{
	if (out->is_array)
		fputs(out->has_any ? "\n]\n" : "]\n", out->file);
}

json_t *json_text(struct text text)
{
	json_t *string = json_stringn(text.at ? text.at : "", text.size);
	return string ? string : json_string("\xef\xbf\xbd");
}

json_t *json_instant(int64_t at_ms, int32_t zone_ms)
{
	char at[CIVIL_INSTANT_BYTES];
	if (at_ms == NEVER_MS)
		return json_null();
	civil_format_instant(at_ms, zone_ms, at);
	return json_string(at);
}

json_t *json_day(int32_t day)
{
	char name[CIVIL_DAY_BYTES];
	civil_format_day(day, name);
	return json_string(name);
}

void console_format_instant(int64_t at_ms, int32_t zone_ms, char ret_string[CONSOLE_INSTANT_BYTES])
{
	enum { TO_DAY = 10, TO_SECONDS = 19 };  // "2024-03-05", "2024-03-05T09:12:00"
	char at[CIVIL_INSTANT_BYTES];
	civil_format_instant(at_ms == NEVER_MS ? 0 : at_ms - at_ms % SECOND_MS, zone_ms, at);
	at[TO_DAY] = ' ';
	snprintf(ret_string, CONSOLE_INSTANT_BYTES, "%.*s", TO_SECONDS, at_ms == NEVER_MS ? "-" : at);
}

void console_format_duration(int64_t duration_ms, char ret_string[CONSOLE_DURATION_BYTES])
{
	const char *sign = duration_ms < 0 ? "-" : "";
	int64_t ms = duration_ms < 0 ? -duration_ms : duration_ms;
	if (ms < MINUTE_MS)
		snprintf(ret_string, CONSOLE_DURATION_BYTES, "%s%" PRId64 " s", sign, ms / SECOND_MS);
	else if (ms < HOUR_MS)
		snprintf(ret_string, CONSOLE_DURATION_BYTES, "%s%" PRId64 " min", sign, ms / MINUTE_MS);
	else if (ms < DAY_MS)
		snprintf(ret_string, CONSOLE_DURATION_BYTES, "%s%" PRId64 " h %" PRId64 " min", sign, ms / HOUR_MS, ms % HOUR_MS / MINUTE_MS);
	else
		snprintf(ret_string, CONSOLE_DURATION_BYTES, "%s%" PRId64 " d", sign, ms / DAY_MS);
}
