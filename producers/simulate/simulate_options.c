#include <stdlib.h>
#include <string.h>

#include "city.h"
#include "civil.h"
#include "options.h"
#include "rhythm.h"
#include "simulate.h"

// As given, before it is understood.
struct given {
	const char *unit_topic, *from, *rate, *output, *write_roster, *truth;
	int64_t seed, tickets, days, units, direct, swap, duplicate;
	bool no_marks;
};

#define FIELD(name) offsetof(struct given, name)
static const struct option table[] = {
	{ .name = "unit-topic", .type = OPTION_STRING, .offset = FIELD(unit_topic), .value = "TOPIC", .initial = "hotline.unit-events", .help = "The topic of unit events." },
	{ .name = "output", .type = OPTION_STRING, .offset = FIELD(output), .value = "kafka|-", .initial = "kafka", .help = "Where the events go; - is JSON Lines on stdout." },
	{ .name = "seed", .type = OPTION_INTEGER, .offset = FIELD(seed), .value = "N", .initial = "1", .max = INT64_MAX, .help = "The same seed makes up the same city and the same days." },
	{ .name = "tickets", .type = OPTION_INTEGER, .offset = FIELD(tickets), .value = "N", .initial = "10000", .max = SIMULATE_TICKETS_MAX,
		.help = "How many tickets come over the days." },
	{ .name = "from", .type = OPTION_STRING, .offset = FIELD(from), .value = "DAY",
		.help = "The first day, such as 2024-03-01. Without it the last day is yesterday, and what has not happened yet is left out." },
	{ .name = "days", .type = OPTION_INTEGER, .offset = FIELD(days), .value = "N", .initial = "30", .min = 1, .max = RHYTHM_DAYS_MAX, .help = "On how many days tickets come; their lives go on after that." },
	{ .name = "rate", .type = OPTION_STRING, .offset = FIELD(rate), .value = "R",
		.help = "After the days before today go on live, with R tickets a second by the wall clock, until stopped." },
	{ .name = "units", .type = OPTION_INTEGER, .offset = FIELD(units), .value = "N", .initial = "120", .min = 1, .max = CITY_UNITS_MAX, .help = "How many units answer." },
	{ .name = "direct", .type = OPTION_INTEGER, .offset = FIELD(direct), .value = "PERCENT", .initial = "10", .max = 100, .help = "How many tickets the hotline answers itself." },
	{ .name = "swap", .type = OPTION_INTEGER, .offset = FIELD(swap), .value = "PERCENT", .initial = "0", .max = 100, .help = "How many events arrive late, behind up to 50 others." },
	{ .name = "duplicate", .type = OPTION_INTEGER, .offset = FIELD(duplicate), .value = "PERCENT", .initial = "0", .max = 100, .help = "How many events arrive twice, up to 5000 others apart." },
	{ .name = "write-roster", .type = OPTION_STRING, .offset = FIELD(write_roster), .value = "FILE", .help = "Write the units as a roster for a policy." },
	{ .name = "truth", .type = OPTION_STRING, .offset = FIELD(truth), .value = "FILE",
		.help = "Write what the counters must be, as lines of DIMENSION DAY COUNTER VALUE, by the default policy and the clock of the newest event." },
	{ .name = "no-marks", .type = OPTION_BOOL, .offset = FIELD(no_marks), .help = "Send no clock marks at the end." },
};

static int refuse(const char *name, const char *value)
{
	fprintf(stderr, "hotline-simulate: --%s cannot be \"%s\"; --help tells more\n", name, value);
	return EXIT_USAGE;
}

static bool parse_rate(const char *text, double *ret_rate)
{
	char *end;
	*ret_rate = strtod(text, &end);
	return end != text && !*end && *ret_rate > 0 && *ret_rate <= SIMULATE_RATE_MAX;
}

static int understand(const struct given *given, struct simulate_options *ret)
{
	ret->from_day = -1;
	if (given->from && !civil_parse_day(text_of(given->from), &ret->from_day))
		return refuse("from", given->from);
	if (given->rate && !parse_rate(given->rate, &ret->live_rate))
		return refuse("rate", given->rate);
	if (given->rate && (given->from || given->truth)) {
		fprintf(stderr, "hotline-simulate: --rate goes on from now without an end, so it goes neither with --from nor with --truth\n");
		return EXIT_USAGE;
	}
	ret->is_to_stdout = strcmp(given->output, "-") == 0;
	if (!ret->is_to_stdout && strcmp(given->output, "kafka") != 0)
		return refuse("output", given->output);
	ret->seed = (uint64_t)given->seed;
	ret->ticket_count = (uint64_t)given->tickets;
	ret->unit_count = (uint32_t)given->units;
	ret->day_count = (uint32_t)given->days;
	ret->direct_e4 = (uint32_t)given->direct * 100;
	ret->swap_e4 = (uint32_t)given->swap * 100;
	ret->duplicate_e4 = (uint32_t)given->duplicate * 100;
	ret->has_marks = !given->no_marks;
	ret->roster_file = given->write_roster;
	ret->truth_file = given->truth;
	return -1;
}

int simulate_options_read(int argc, char **argv, struct simulate_options *ret_options)
{
	static struct options_common common;
	static struct given given;
	static const char *const without[] = { "group", "redis", "policy", "admin", "admin-token-file", NULL };
	const struct option_group groups[] = { OPTIONS_COMMON(common), { "Simulation", table, sizeof table / sizeof *table, &given } };
	const struct options_program program = {
		.name = "hotline-simulate",
		.summary = "Makes up a city and sends what happens there to Kafka, in the order of its events.",
		.without = without,
		.group = groups,
		.group_count = 2,
	};
	*ret_options = (struct simulate_options){ 0 };
	int code = options_read(&program, argc, argv, NULL);
	if (code < 0)
		code = understand(&given, ret_options);
	if (code >= 0)
		return code;
	log_init("hotline-simulate", options_log_level(&common));
	ret_options->kafka = (struct kafka_config){ .brokers = common.brokers, .client_id = "hotline-simulate", .property_count = common.property.count };
	memcpy(ret_options->kafka.property, common.property.item, sizeof *common.property.item * common.property.count);
	ret_options->topics = (struct event_output_topics){ common.topic, given.unit_topic };
	ret_options->is_quiet = common.quiet;
	ret_options->is_check = common.check_config;
	return -1;
}
