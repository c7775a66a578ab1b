// hotline-units as a member.
#include "instances.h"
#include "loop.h"
#include "town.h"

void instances_run_units(void *self)
{
	struct instance *instance = self;
	struct policy policy;
	struct names *names = names_new();
	struct policies *policies = policies_new(names);
	town_policy(instance->edition, names, &policy);
	const struct loop_config config = {
		.kafka = { .brokers = "simulated", .client_id = "hotline-units" },
		.redis = "simulated",
		.group = "units",
		.ticket_topic = TOWN_TICKETS,
		.unit_topic = TOWN_UNIT_EVENTS,
		.changes_topic = TOWN_CHANGES,
		.counters_topic = TOWN_COUNTERS,
		.alerts_topic = TOWN_ALERTS,
		.dead_letters_topic = TOWN_DEAD_LETTERS,
		.settle_ms = town_setup()->settle_ms,
		.policy = &policy,
		.policies = policies,
		.names = names,
		.stop_fd = SIM_FD_STOP + instance->number,
	};
	instance->status = loop_run(&config, &instance->error);
	instance->has_ended = true;
	policies_free(policies);
	policy_done(&policy);
	names_free(names);
}
