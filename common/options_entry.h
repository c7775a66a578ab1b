// options_entry.h - what the files options*.c share: an option while it is being read. Nobody else includes this.
#ifndef HOTLINE_OPTIONS_ENTRY_H
#define HOTLINE_OPTIONS_ENTRY_H

#include "options.h"

enum { OPTION_PLACE_BYTES = 160 };

// The later wins.
enum option_source { SOURCE_NONE, SOURCE_INITIAL, SOURCE_FILE, SOURCE_ENVIRONMENT, SOURCE_FLAG };

struct option_entry {
	const struct option *option;
	const char *initial, *title;
	char *field;                      // in the program's struct
	enum option_source source;        // of the value that holds
	const char *value;                // as it was written
	char place[OPTION_PLACE_BYTES];   // "--brokers", "HOTLINE_BROKERS", "hotline.conf:3"
	uint8_t item_source[OPTION_LIST_MAX];
};

struct option_entries {
	size_t count;
	struct option_entry entry[OPTIONS_MAX];
};

void options_list_entries(const struct options_program *program, struct option_entries *ret_entries);
const struct option_entries *options_last_entries(void);
void options_environment_name(const char *name, char ret_name[OPTION_PLACE_BYTES]);
bool options_is_command(const struct option *option);  // asks for an answer instead of setting something, so only a flag can: help, version, ...

void options_value_clear(struct option_entry *entry);
// Reads the value by its type and keeps it if no later source has set one. FATAL usage, naming the place.
MUST_USE enum status options_value_set(struct option_entry *entry, const char *value, enum option_source source, const char *place, struct error *error);
MUST_USE enum status options_value_check(const struct option_entry *entry, struct error *error);  // what can only be said of the value that holds

#endif
