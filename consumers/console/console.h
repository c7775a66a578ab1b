// console.h - what every command of `hotline` is told, and how it speaks.
#ifndef CONSOLE_H
#define CONSOLE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "error.h"
#include "kafka.h"
#include "options.h"
#include "store.h"
#include "table.h"
#include "text.h"
#include "words.h"

enum format { FORMAT_TABLE, FORMAT_JSON, FORMAT_JSONL, FORMAT_CSV };

enum { CONSOLE_KAFKA_MS = 3000 };  // how long a person waits for a Kafka that is away

// What the command line, the environment and the settings file say. Strings belong to whoever read them.
struct console {
	struct options_common common;
	struct kafka_config kafka;
	const char *ticket_topic, *unit_topic, *link_topic, *alert_topic;
	const char *changes_topic, *units_group;                               // status
	int format;                    // enum format
	enum language language;
	const char *lang;              // as it was given
	int64_t watch_ms;              // 0: once
	const char *dimension, *from, *to, *channel, *level, *columns, *sort;  // units
	const char *state, *rule, *unit, *since;                              // alerts; unit of a worklist, too
	const char *month;                                                    // worklist
	bool is_follow;
	size_t argument_count;
	char **argument;               // what the command line has after the command
	FILE *out;                     // of the result; everything else goes to stderr
};

// One command, one file. Returns what store_open and its like return; REJECT is a mistake of the caller (usage).
struct command {
	const char *name;
	const char *operands;          // "[NAME…]"; NULL when it takes none
	const char *english, *chinese; // what it does
	enum status (*run)(struct console *console, struct error *error);
	bool can_watch;
	size_t arguments_least;
	const struct option *option;   // its own, into struct console
	size_t option_count;
};
#define CONSOLE_FIELD(name) offsetof(struct console, name)
extern const struct command command_status, command_units, command_ticket, command_alerts, command_worklist, command_check_config;

// The one of two that the reader understands.
const char *say(const struct console *console, const char *english, const char *chinese) __attribute__((format_arg(2), format_arg(3)));

// Opens the store and reads the heads.
MUST_USE enum status console_open_store(const struct console *console, struct store **ret_store, struct error *error);

// --since and the like: RFC 3339, or a day of the city (its start). REJECT with the option's name.
MUST_USE enum status console_instant(const char *option, const char *value, int32_t zone_ms, int64_t *ret_at_ms, struct error *error);
MUST_USE enum status console_day(const char *option, const char *value, int32_t *ret_day, struct error *error);

// Objects going out as an array or as lines, one a line either way. Takes the object.
struct json_out {
	FILE *file;
	bool is_array, has_any;
};
struct json_out json_out_begin(const struct console *console);
void json_out_add(struct json_out *out, json_t *object);
void json_out_end(struct json_out *out);

json_t *json_text(struct text text);                      // what is no UTF-8 becomes U+FFFD
json_t *json_instant(int64_t at_ms, int32_t zone_ms);     // RFC 3339; null for NEVER_MS
json_t *json_day(int32_t day);

// "2024-03-05 09:12:00", in the city's zone: for tables of people, who know where they are.
enum { CONSOLE_INSTANT_BYTES = 32, CONSOLE_DURATION_BYTES = 48 };
void console_format_instant(int64_t at_ms, int32_t zone_ms, char ret_string[CONSOLE_INSTANT_BYTES]);
// "12 s", "3 h 5 min", "41 d".
void console_format_duration(int64_t duration_ms, char ret_string[CONSOLE_DURATION_BYTES]);

#endif
