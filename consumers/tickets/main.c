// main.c - hotline-tickets: keeps tickets, partial counters and deadlines exact, and raises their alerts.
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "log.h"
#include "loop.h"
#include "memory.h"
#include "redis_address.h"

static volatile sig_atomic_t is_asked_to_stop, is_asked_to_reload;

static void ask_to_stop(int signal)
{
	(void)signal;
	is_asked_to_stop = 1;
}

static void ask_to_reload(int signal)
{
	(void)signal;
	is_asked_to_reload = 1;
}

#define FIELD(name) offsetof(struct tickets_options, name)

static const char *const clocks[] = { "wall", "event", NULL };

static const struct option own_options[] = {
	{ .name = "unit-topic", .type = OPTION_STRING, .offset = FIELD(unit_topic), .value = "TOPIC", .initial = "hotline.unit-events", .help = "The topic of unit events." },
	{ .name = "links-topic", .type = OPTION_STRING, .offset = FIELD(links_topic), .value = "TOPIC", .initial = "hotline.links",
		.help = "The topic of links: this program tells itself there which tickets have one caller, or one place and category." },
	{ .name = "changes-topic", .type = OPTION_STRING, .offset = FIELD(changes_topic), .value = "TOPIC", .initial = "hotline.counter-changes",
		.help = "Where hotline-units is told what to sum again." },
	{ .name = "alerts-topic", .type = OPTION_STRING, .offset = FIELD(alerts_topic), .value = "TOPIC", .initial = "hotline.alerts", .help = "Where alerts go." },
	{ .name = "dead-letters-topic", .type = OPTION_STRING, .offset = FIELD(dead_letters_topic), .value = "TOPIC", .initial = "hotline.dead-letters",
		.help = "Where messages go that cannot be read." },
	{ .name = "instance-id", .type = OPTION_STRING, .offset = FIELD(instance_id), .value = "ID",
		.help = "Static membership: a restart within the session's time keeps its partitions. Unique in the group." },
	{ .name = "clock", .type = OPTION_CHOICE, .offset = FIELD(clock), .value = "wall|event", .initial = "wall", .choices = clocks,
		.help = "What makes deadlines pass: the wall clock once caught up, or only the events' own time, for replays." },
	{ .name = "settle", .type = OPTION_DURATION, .offset = FIELD(settle_ms), .value = "DURATION", .initial = "10m", .min = 0, .max = 86400000,
		.help = "How far back things are told again after a take-over; above the worst loss of Redis." },
	{ .name = "cache", .type = OPTION_INTEGER, .offset = FIELD(cache_mib), .value = "MIB", .initial = "96", .min = 1, .max = 65536,
		.help = "Memory for tickets and counters that were used last, in MiB, when catching up; an eighth of it when live." },
	{ .name = "policy-takeover", .type = OPTION_BOOL, .offset = FIELD(policy_takeover),
		.help = "Put the file's policy in force where another one is, as SIGHUP does at any time. Without it the one in force goes on." },
	{ .name = "rebuild", .type = OPTION_BOOL, .offset = FIELD(rebuild), .help = "Forget what Redis has of this topic's shards and read the topic from its beginning." },
};

// Before anything is opened: what is wrong with a setting is told though the servers are away.
static enum status check_settings(const struct tickets_options *options, struct error *error)
{
	struct redis_address address;
	struct kafka_config kafka = { .brokers = options->common.brokers, .client_id = "hotline-tickets", .property_count = options->common.property.count };
	memcpy(kafka.property, options->common.property.item, sizeof options->common.property.item);
	enum status status = redis_address_parse(options->common.redis, &address, error);
	return status == OK ? kafka_config_check(&kafka, error) : status;
}

static enum status run(const struct tickets_options *options, struct loop_start *start, struct error *error)
{
	enum status status = policies_load_file(start->policies, options->common.policy, &start->own_policy, error);
	if (status == OK)
		status = check_settings(options, error);
	if (status != OK || options->common.check_config)
		return status;
	start->policy_told_at_ms = options->policy_takeover ? clock_wall_ms() : 0;
	return loop_run(options, start, error);
}

int main(int argc, char **argv)
{
	static struct tickets_options options;
	static const struct option_default defaults[] = { { "group", "hotline-tickets" }, { NULL, NULL } };
	const struct option_group groups[] = { OPTIONS_COMMON(options.common),
		{ "Options of hotline-tickets", own_options, sizeof own_options / sizeof *own_options, &options } };
	const struct options_program program = { .name = "hotline-tickets", .summary = "Keeps tickets, partial counters and deadlines exact, and raises their alerts.",
		.defaults = defaults, .group = groups, .group_count = 2 };
	struct error error = { 0 };
	int code = options_read(&program, argc, argv, NULL);
	if (code >= 0)
		return code;
	memory_begin_service();
	log_init(program.name, options_log_level(&options.common));
	signal(SIGPIPE, SIG_IGN);
	signal(SIGINT, ask_to_stop);
	signal(SIGTERM, ask_to_stop);
	signal(SIGHUP, ask_to_reload);
	struct names *names = names_new();
	struct policies *policies = policies_new(names);
	struct loop_start start = { .names = names, .policies = policies, .is_asked_to_stop = &is_asked_to_stop, .is_asked_to_reload = &is_asked_to_reload };
	enum status status = run(&options, &start, &error);
	if (status != OK)
		log_failure(LOG_LEVEL_ERROR, "stopped", &error);
	policies_free(policies);
	names_free(names);
	return status == OK ? EXIT_SUCCESS : options_exit_code(&error);
}
