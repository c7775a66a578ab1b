#include "settings.h"

#include "redis_address.h"

#define FIELD(name) offsetof(struct settings, name)

static const struct option own_options[] = {
	{ .name = "unit-topic", .type = OPTION_STRING, .offset = FIELD(unit_topic), .value = "TOPIC", .initial = "hotline.unit-events", .help = "The topic of unit events." },
	{ .name = "changes-topic", .type = OPTION_STRING, .offset = FIELD(changes_topic), .value = "TOPIC", .initial = "hotline.counter-changes",
		.help = "Where the shards say what to sum again." },
	{ .name = "counters-topic", .type = OPTION_STRING, .offset = FIELD(counters_topic), .value = "TOPIC", .initial = "hotline.unit-counters",
		.help = "Where the running counters of each dimension and day go." },
	{ .name = "alerts-topic", .type = OPTION_STRING, .offset = FIELD(alerts_topic), .value = "TOPIC", .initial = "hotline.alerts", .help = "Where alerts go." },
	{ .name = "dead-letters-topic", .type = OPTION_STRING, .offset = FIELD(dead_letters_topic), .value = "TOPIC", .initial = "hotline.dead-letters",
		.help = "Where messages go that cannot be read." },
	{ .name = "settle", .type = OPTION_DURATION, .offset = FIELD(settle_ms), .value = "DURATION", .initial = "10m", .min = 0, .max = 7 * INT64_C(86400000),
		.help = "How far to go back in the changes and the alerts after a start, an assignment or a lost connection to Redis; more than Redis can lose." },
	{ .name = "instance-id", .type = OPTION_STRING, .offset = FIELD(instance_id), .value = "ID",
		.help = "A name of this instance that outlives it, so that a restart moves no partitions (static membership)." },
};

static const struct option_default defaults[] = { { "group", "hotline-units" }, { NULL, NULL } };

int settings_read(struct settings *settings, int argc, char **argv)
{
	const struct option_group groups[] = {
		OPTIONS_COMMON(settings->common),
		{ "Running counters", own_options, sizeof own_options / sizeof *own_options, settings },
	};
	const struct options_program program = {
		.name = "hotline-units",
		.summary = "Sums the running counters of units, districts, groups and categories, and watches their floors.",
		.defaults = defaults,
		.group = groups,
		.group_count = sizeof groups / sizeof *groups,
	};
	return options_read(&program, argc, argv, NULL);
}

enum status settings_apply(const struct settings *settings, struct loop_config *ret_config, struct error *error)
{
	const struct options_common *common = &settings->common;
	*ret_config = (struct loop_config){
		.kafka = { .brokers = common->brokers, .client_id = "hotline-units", .property_count = common->property.count },
		.redis = common->redis,
		.group = common->group,
		.instance_id = settings->instance_id,
		.ticket_topic = common->topic,
		.unit_topic = settings->unit_topic,
		.changes_topic = settings->changes_topic,
		.counters_topic = settings->counters_topic,
		.alerts_topic = settings->alerts_topic,
		.dead_letters_topic = settings->dead_letters_topic,
		.admin = common->admin,
		.admin_token_file = common->admin_token_file,
		.settle_ms = settings->settle_ms,
	};
	for (uint32_t i = 0; i < common->property.count; i++)
		ret_config->kafka.property[i] = common->property.item[i];
	struct redis_address address;
	enum status status = redis_address_parse(common->redis, &address, error);
	return status == OK ? kafka_config_check(&ret_config->kafka, error) : status;
}
