// settings.h - the options of hotline-units.
#ifndef HOTLINE_UNITS_SETTINGS_H
#define HOTLINE_UNITS_SETTINGS_H

#include "loop.h"
#include "options.h"

struct settings {
	struct options_common common;
	const char *instance_id;
	const char *unit_topic, *changes_topic, *counters_topic, *alerts_topic, *dead_letters_topic;
	int64_t settle_ms;
};

// As options_read: -1 to go on, or the exit code.
int settings_read(struct settings *settings, int argc, char **argv);

// FATAL bad_property, bad_address. What it points to belongs to the settings.
MUST_USE enum status settings_apply(const struct settings *settings, struct loop_config *ret_config, struct error *error);

#endif
