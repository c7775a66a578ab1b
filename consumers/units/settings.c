#include "settings.h"

#include "policy_file.h"

#define FIELD(name) offsetof(struct settings, name)

static const struct option own_options[] = {
	{ .name = "unit-topic", .type = OPTION_STRING, .offset = FIELD(unit_topic), .value = "TOPIC", .initial = "hotline.unit-events", .help = "The topic of unit events." },
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

enum status settings_load(const struct settings *settings, struct names *names, struct policy *ret_policy, struct error *error)
{
	if (settings->common.policy)
		return policy_load_file(settings->common.policy, names, ret_policy, error);
	policy_init_default(ret_policy);
	return OK;
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
		.settle_ms = settings->settle_ms,
	};
	for (uint32_t i = 0; i < common->property.count; i++)
		ret_config->kafka.property[i] = common->property.item[i];
	return kafka_config_check(&ret_config->kafka, error);
}
