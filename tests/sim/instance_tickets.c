// hotline-tickets as a member.
#include <stdlib.h>
#include <string.h>

#include "instances.h"
#include "loop.h"
#include "memory.h"
#include "policy_text.h"
#include "shard_inside.h"
#include "town.h"

enum { PAGE_ROOM_BYTES = 1024 * 1024 };  // more than any page here
enum { SHELVES_ROOM = 16, LINKS_ROOM = 1024 };

// What is made at first use and kept by the process would belong to the member that came first.
void instances_prepare(void)
{
	calendar_cn();
	page_begin(&bench()->writer);
	page_reserve(&bench()->writer, PAGE_ROOM_BYTES);
	shelves_reserve(&bench()->shelves, SHELVES_ROOM, LINKS_ROOM);
	bench()->link_words.word = memory_grow(bench()->link_words.word, LINKS_ROOM, sizeof *bench()->link_words.word, &bench()->link_words.capacity);
	buffer_reserve(&bench()->shelf_bytes, PAGE_ROOM_BYTES);
}

static struct tickets_options options_of(const struct town_setup *setup)
{
	return (struct tickets_options){
		.common = { .brokers = "simulated", .topic = TOWN_TICKETS, .group = "tickets", .redis = "simulated" },
		.unit_topic = TOWN_UNIT_EVENTS,
		.links_topic = TOWN_LINKS,
		.changes_topic = TOWN_CHANGES,
		.alerts_topic = TOWN_ALERTS,
		.dead_letters_topic = TOWN_DEAD_LETTERS,
		.clock = setup->is_event_clock ? CLOCK_EVENT_INDEX : CLOCK_WALL_INDEX,
		.settle_ms = setup->settle_ms,
		.cache_mib = setup->cache_mib,
		.rebuild = setup->rebuild,
	};
}

// The town's policy as a text that was kept.
static const struct known_policy *own_policy(const struct instance *instance, struct policies *policies, struct names *names, struct error *error)
{
	struct policy policy;
	const struct known_policy *known = NULL;
	size_t size;
	town_policy(instance->edition, names, &policy);
	char *text = policy_canonical(&policy, names, &size);
	if (policies_load_text(policies, (struct text){ text, (uint32_t)size }, "town", &known, error) != OK)
		known = NULL;
	free(text);
	policy_done(&policy);
	return known;
}

void instances_run_tickets(void *self)
{
	struct instance *instance = self;
	struct tickets_options options = options_of(town_setup());
	struct names *names = names_new();
	struct policies *policies = policies_new(names);
	struct loop_start start = { .names = names, .policies = policies, .policy_told_at_ms = instance->told_at_ms, .is_asked_to_stop = &instance->is_asked_to_stop,
		.is_asked_to_reload = &instance->is_asked_to_reload };
	options.common.policy = instance->policy_path;
	start.own_policy = own_policy(instance, policies, names, &instance->error);
	instance->status = start.own_policy ? loop_run(&options, &start, &instance->error) : FATAL;
	instance->has_ended = true;
	policies_free(policies);
	names_free(names);
}
