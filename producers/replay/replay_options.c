#include "replay_options.h"

#include <stdlib.h>
#include <string.h>

#include "civil.h"
#include "options.h"

// As given, before it is understood.
struct given {
	const char *unit_topic, *mapping, *zone, *speed, *shuffle, *clock_to;
	bool dry_run, no_marks, strict;
	int64_t list;
	int format;
};

static const char *const formats[] = { "text", "json", NULL };

#define FIELD(name) offsetof(struct given, name)
static const struct option table[] = {
	{ .name = "unit-topic", .type = OPTION_STRING, .offset = FIELD(unit_topic), .value = "TOPIC", .initial = "hotline.unit-events", .help = "The topic of unit events." },
	{ .name = "mapping", .type = OPTION_STRING, .offset = FIELD(mapping), .value = "MAP",
		.help = "The files are CSV, and this tells what their rows mean: a file, or a shipped one by name (boston311, servicenow)." },
	{ .name = "zone", .type = OPTION_STRING, .offset = FIELD(zone), .value = "OFFSET", .initial = "+08:00", .help = "The city's zone, for times that name none." },
	{ .name = "speed", .type = OPTION_STRING, .offset = FIELD(speed), .value = "max|Nx", .initial = "max",
		.help = "As fast as it goes, or N times as fast as it happened: 1x, 60x." },
	{ .name = "shuffle", .type = OPTION_STRING, .offset = FIELD(shuffle), .value = "SEED",
		.help = "Send in an order drawn by the seed, not in that of the files. Holds all events in memory." },
	{ .name = "dry-run", .type = OPTION_BOOL, .offset = FIELD(dry_run), .help = "Print the events as JSON Lines and send nothing." },
	{ .name = "no-marks", .type = OPTION_BOOL, .offset = FIELD(no_marks), .help = "Send no clock marks at the end." },
	{ .name = "clock-to", .type = OPTION_STRING, .offset = FIELD(clock_to), .value = "INSTANT",
		.help = "Clock marks say at least this: RFC 3339, or a day for its end. Otherwise they say the time of the newest event." },
	{ .name = "strict", .type = OPTION_BOOL, .offset = FIELD(strict), .help = "Exit with 1 when a line was skipped." },
	{ .name = "list", .type = OPTION_INTEGER, .offset = FIELD(list), .value = "N", .initial = "20", .min = 0, .max = 1000,
		.help = "Name the first N skipped lines; all are counted." },
	{ .name = "format", .type = OPTION_CHOICE, .offset = FIELD(format), .value = "FORMAT", .initial = "text", .choices = formats,
		.help = "The summary: text on stderr, or json on stdout as well." },
};

static bool parse_seed(const char *text, uint64_t *ret_seed)
{
	char *end;
	*ret_seed = strtoull(text, &end, 10);
	return *text >= '0' && *text <= '9' && !*end;
}

static bool parse_speed(const char *text, double *ret_speed)
{
	char *end;
	*ret_speed = 0;
	if (strcmp(text, "max") == 0)
		return true;
	*ret_speed = strtod(text, &end);
	return *ret_speed > 0 && *ret_speed <= REPLAY_SPEED_MAX && strcmp(end, "x") == 0;
}

static bool parse_clock(const char *text, int32_t zone_ms, int64_t *ret_at_ms)
{
	int32_t day;
	if (!civil_parse_day(text_of(text), &day))
		return civil_parse_instant(text_of(text), ret_at_ms);
	*ret_at_ms = civil_day_end_ms(day, zone_ms);
	return true;
}

static int refuse(const char *name, const char *value)
{
	fprintf(stderr, "hotline-replay: --%s cannot be \"%s\"; --help tells more\n", name, value);
	return EXIT_USAGE;
}

static int understand(const struct given *given, struct replay_options *ret)
{
	if (!civil_parse_zone(text_of(given->zone), &ret->zone_ms))
		return refuse("zone", given->zone);
	if (!parse_speed(given->speed, &ret->speed))
		return refuse("speed", given->speed);
	ret->is_shuffled = given->shuffle != NULL;
	if (given->shuffle && !parse_seed(given->shuffle, &ret->seed))
		return refuse("shuffle", given->shuffle);
	if (given->clock_to && !parse_clock(given->clock_to, ret->zone_ms, &ret->clock_to_ms))
		return refuse("clock-to", given->clock_to);
	ret->mapping = given->mapping;
	ret->is_dry_run = given->dry_run;
	ret->has_marks = !given->no_marks;
	ret->is_strict = given->strict;
	ret->is_json = given->format == 1;
	ret->list_max = (uint32_t)given->list;
	return -1;
}

static int take_files(char **operands, bool is_check, struct replay_options *ret)
{
	ret->file = (const char *const *)operands;
	while (operands[ret->file_count])
		ret->file_count++;
	if ((ret->file_count || is_check) && ret->file_count <= REPLAY_FILES_MAX)
		return -1;
	fprintf(stderr, "hotline-replay: name 1 to %d files, or - for standard input; --help tells more\n", REPLAY_FILES_MAX);
	return EXIT_USAGE;
}

int replay_options_read(int argc, char **argv, struct replay_options *ret_options)
{
	static struct options_common common;
	static struct given given;
	static const char *const without[] = { "group", "redis", "policy", "admin", "admin-token-file", NULL };
	const struct option_group groups[] = { OPTIONS_COMMON(common), { "Replay", table, sizeof table / sizeof *table, &given } };
	const struct options_program program = {
		.name = "hotline-replay",
		.summary = "Sends recorded events to Kafka: JSON Lines, or CSV by a mapping; plain or gzip; - is standard input.",
		.operands = "FILE…",
		.without = without,
		.group = groups,
		.group_count = 2,
	};
	char **operands;
	*ret_options = (struct replay_options){ 0 };
	int code = options_read(&program, argc, argv, &operands);
	if (code < 0)
		code = take_files(operands, common.check_config, ret_options);
	if (code < 0)
		code = understand(&given, ret_options);
	if (code >= 0)
		return code;
	log_init("hotline-replay", options_log_level(&common));
	ret_options->kafka = (struct kafka_config){ .brokers = common.brokers, .client_id = "hotline-replay", .property_count = common.property.count };
	memcpy(ret_options->kafka.property, common.property.item, sizeof *common.property.item * common.property.count);
	ret_options->topics = (struct event_output_topics){ common.topic, given.unit_topic };
	ret_options->is_quiet = common.quiet;
	ret_options->is_check = common.check_config;
	return -1;
}
