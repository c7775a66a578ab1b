#include "options.h"

#include <stdlib.h>
#include <string.h>

#define FIELD(name) offsetof(struct options_common, name)

const struct option options_common[OPTIONS_COMMON_COUNT] = {
	{ .name = "brokers", .letter = 'b', .type = OPTION_STRING, .offset = FIELD(brokers), .value = "HOST:PORT,…", .initial = "127.0.0.1:9092",
		.help = "Kafka brokers to start from." },
	{ .name = "topic", .letter = 't', .type = OPTION_STRING, .offset = FIELD(topic), .value = "TOPIC", .initial = "hotline.ticket-events",
		.help = "The topic of ticket events." },
	{ .name = "group", .letter = 'G', .type = OPTION_STRING, .offset = FIELD(group), .value = "GROUP", .initial = "hotline",
		.help = "The consumer group; programs of one group share the partitions." },
	{ .name = "property", .letter = 'X', .type = OPTION_LIST, .offset = FIELD(property), .value = "KEY=VALUE",
		.help = "A property of librdkafka, handed through. May be given again." },
	{ .name = "redis", .letter = 'r', .type = OPTION_STRING, .offset = FIELD(redis), .value = "ADDRESS", .initial = "127.0.0.1:6379",
		.help = "Redis: HOST:PORT, redis://USER:PASSWORD@HOST:PORT/DATABASE or unix:///PATH. With Sentinels redis+sentinel://USER:PASSWORD@HOST:PORT,HOST:PORT/MASTER/DATABASE, their "
			"own login behind it as ?sentinel_username=USER&sentinel_password=PASSWORD. Keep a password out of the command line, where everybody sees it." },
	{ .name = "policy", .type = OPTION_FILE, .offset = FIELD(policy), .value = "FILE", .help = "The policy: deadlines, floors, escalation, roster." },
	{ .name = "admin", .type = OPTION_STRING, .offset = FIELD(admin), .value = "ADDRESS:PORT", .initial = "127.0.0.1:0",
		.help = "Where /healthz, /readyz and /metrics are served; port 0 takes a free one and logs it. Other than loopback addresses need --admin-token-file." },
	{ .name = "admin-token-file", .type = OPTION_FILE, .offset = FIELD(admin_token_file), .value = "FILE",
		.help = "A file with the bearer token that the admin port asks for." },
	{ .name = "config", .letter = 'F', .type = OPTION_FILE, .offset = FIELD(config), .value = "FILE", .help = "More options, one key=value a line; # begins a comment line." },
	{ .name = "quiet", .letter = 'q', .type = OPTION_BOOL, .offset = FIELD(quiet), .help = "Log warnings and errors only." },
	{ .name = "verbose", .letter = 'v', .type = OPTION_BOOL, .offset = FIELD(verbose), .help = "Log for debugging as well." },
	{ .name = "print-config", .type = OPTION_BOOL, .offset = FIELD(print_config), .help = "Print what holds and where it comes from, secrets masked, and end." },
	{ .name = "check-config", .type = OPTION_BOOL, .offset = FIELD(check_config), .help = "Check the configuration with all its files, and end: 0 when it is good, 78 when not." },
	{ .name = "manual", .type = OPTION_BOOL, .offset = FIELD(manual), .help = "Print the options as a Markdown table, and end." },
	{ .name = "help", .letter = 'h', .type = OPTION_BOOL, .offset = FIELD(help), .help = "Print this, and end." },
	{ .name = "version", .type = OPTION_BOOL, .offset = FIELD(version), .help = "Print the version, and end." },
};

enum log_level options_log_level(const struct options_common *common)
{
	return common->verbose ? LOG_LEVEL_DEBUG : common->quiet ? LOG_LEVEL_WARN : LOG_LEVEL_INFO;
}

int options_exit_code(const struct error *error)
{
	static const char *const reasons[] = { "bad_config", "bad_property", "bad_address", "admin_exposed", "bad_token" };
	for (size_t i = 0; error->reason && i < sizeof reasons / sizeof *reasons; i++)
		if (strcmp(error->reason, reasons[i]) == 0)
			return EXIT_CONFIG;
	return EXIT_FAILURE;
}
