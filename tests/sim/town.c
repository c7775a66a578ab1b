#include "town.h"

#include <assert.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "civil.h"
#include "clock_mark.h"
#include "instances.h"
#include "keys.h"
#include "head.h"
#include "log.h"
#include "policy_file.h"
#include "policy_text.h"
#include "wire.h"

enum { INSTANCES_MAX = SIM_MEMBERS_MAX, REST_TRANSACTIONS_MAX = 300 };  // in REST_US, in which heartbeats of all shards make some 30
#define STEADY_US (75 * SIM_SECOND_US)  // above every interval in which a program does something by itself
#define REST_US (STEADY_US / 2)  // before it, timers that the last clock mark has set off
#define LOOK_US (SIM_SECOND_US / 4)

static struct town {
	struct town_setup setup;
	struct names *names;
	struct instance *instance[INSTANCES_MAX];
	size_t instance_count;
	unsigned edition;
	int64_t told_at_ms;
	bool has_units;
} town;

void town_close(void)
{
	sim_end();
	redis_sim_reset();
	kafka_sim_reset();
	for (size_t i = 0; i < town.instance_count; i++) {
		if (town.instance[i]->policy_fd >= 0)
			close(town.instance[i]->policy_fd);
		sim_free(town.instance[i]);
	}
	names_free(town.names);
	town = (struct town){ .names = NULL };
}

static short stop_ready(int fd, short events)
{
	return (short)(town.instance[fd - SIM_FD_STOP]->is_asked_to_stop ? events & POLLIN : 0);
}

void town_open(uint64_t seed, const struct town_setup *setup)
{
	town_close();
	instances_prepare();
	sim_start(seed);
	sim_set_ready(SIM_FD_STOP, stop_ready);
	town.setup = *setup;
	town.names = names_new();
	town.edition = setup->edition;
	kafka_sim_add_topic(TOWN_TICKETS, setup->ticket_partitions);
	kafka_sim_add_topic(TOWN_UNIT_EVENTS, setup->unit_partitions);
	kafka_sim_add_topic(TOWN_LINKS, setup->link_partitions ? setup->link_partitions : 1);
	kafka_sim_add_topic(TOWN_CHANGES, setup->change_partitions);
	kafka_sim_add_topic(TOWN_COUNTERS, 2);
	kafka_sim_add_topic(TOWN_ALERTS, 2);
	kafka_sim_add_topic(TOWN_DEAD_LETTERS, 1);
}

const struct town_setup *town_setup(void)
{
	return &town.setup;
}

struct names *town_names(void)
{
	return town.names;
}

// Small enough that a town reaches the floors; edition 1 has other answers, and other units with duty; in the third no rule uses links.
void town_policy(unsigned edition, struct names *names, struct policy *ret_policy)
{
	static const char *const text[TOWN_EDITIONS] = {
		"roster: [{id: fire, duty: true}, {id: water, duty: true, from: 2024-02-20}, {id: parks}]\n"
		"versions:\n  - {rules: {crowd: {callers: 2}}, floors: {satisfaction: {from_cases: 3}, completion: {from_cases: 3}}}\n",
		"roster: [{id: water, duty: true}, {id: roads, duty: true, to: 2024-03-01}]\n"
		"versions:\n  - {return_within: 1h, low_stars: 4, reopen: continue, rules: {duty: {by: '09:00'}, repeated: {within: 5d, to: 2}, crowd: {callers: 3, within: 7d}}, floors: {satisfaction: {limit: 80 %, from_cases: 3}, completion: {from_cases: 3}}}\n",
		[TOWN_WITHOUT_LINKS] = "roster: [{id: fire, duty: true}]\n"
		"versions:\n  - {rules: {repeated: off, crowd: off}, floors: {satisfaction: {from_cases: 3}, completion: {from_cases: 3}}}\n",
	};
	struct error error;
	if (policy_load_text(text_of(text[edition]), "town", names, ret_policy, &error) != OK)
		sim_fail("the town's policy: %s", error.text);
}

static struct instance *new_instance(const char *program)
{
	assert(town.instance_count < INSTANCES_MAX);
	struct instance *instance = sim_new(sizeof *instance);
	instance->program = program;
	instance->number = (int)town.instance_count;
	instance->edition = town.edition;
	instance->told_at_ms = town.told_at_ms;
	instance->policy_fd = -1;
	town.instance[town.instance_count++] = instance;
	return instance;
}

struct instance *town_start_tickets(void)
{
	struct instance *instance = new_instance("tickets");
	instance->member = sim_member_start("hotline-tickets", instances_run_tickets, instance);
	return instance;
}

struct instance *town_start_units(void)
{
	struct instance *instance = new_instance("units");
	town.has_units = true;
	instance->member = sim_member_start("hotline-units", instances_run_units, instance);
	return instance;
}

// As an operator does it: the file is written, then the signal sent. It is one in memory: a seed that breaks leaves nothing behind.
void town_reload(struct instance *instance, const char *text)
{
	ssize_t size = (ssize_t)strlen(text);
	if (instance->policy_fd < 0)
		instance->policy_fd = memfd_create("policy", 0);
	if (instance->policy_fd < 0 || ftruncate(instance->policy_fd, 0) != 0 || pwrite(instance->policy_fd, text, (size_t)size, 0) != size)
		sim_fail("the policy file of an instance cannot be written");
	snprintf(instance->policy_path, sizeof instance->policy_path, "/proc/self/fd/%d", instance->policy_fd);
	instance->is_asked_to_reload = 1;
}

char *town_policy_text(unsigned edition)
{
	struct policy policy;
	struct names *names = names_new();
	size_t size;
	town_policy(edition, names, &policy);
	char *text = policy_canonical(&policy, names, &size);
	policy_done(&policy);
	names_free(names);
	return text;
}

void town_stop(struct instance *instance)
{
	instance->is_asked_to_stop = 1;
}

bool town_is_running(const struct instance *instance)
{
	return sim_member_is_alive(instance->member);
}

void town_set_edition(unsigned edition)
{
	town.edition = edition;
	town.told_at_ms = SIM_WALL_MS + 1000 * DAY_MS + sim_now_us();
}

bool town_has_units(void)
{
	return town.has_units;
}

size_t town_instances(void)
{
	return town.instance_count;
}

struct instance *town_instance(size_t number)
{
	return town.instance[number];
}

void town_send_bytes(const char *name, struct text key, struct text value)
{
	struct log_topic *topic = kafka_sim_topic(name);
	const struct record record = { .key = key, .value = value, .has_key = key.at != NULL };
	kafka_sim_append(topic, key.size ? kafka_partition_of(key, topic->partition_count) : 0, &record);
}

void town_send_ticket_event(const char *ticket_id, const struct event *event, struct names *names)
{
	uint8_t bytes[TOWN_RECORD_BYTES];
	size_t size;
	struct error error;
	if (wire_pack_ticket_event(text_of(ticket_id), event, names, bytes, sizeof bytes, &size, &error) != OK)
		sim_fail("an event of the test: %s", error.text);
	town_send_bytes(TOWN_TICKETS, text_of(ticket_id), (struct text){ (const char *)bytes, (uint32_t)size });
}

void town_send_unit_event(const struct event *event, struct names *names)
{
	uint8_t bytes[TOWN_RECORD_BYTES];
	size_t size;
	struct error error;
	if (wire_pack_unit_event(event, names, bytes, sizeof bytes, &size, &error) != OK)
		sim_fail("an event of the test: %s", error.text);
	town_send_bytes(TOWN_UNIT_EVENTS, names_text(names, event->unit), (struct text){ (const char *)bytes, (uint32_t)size });
}

static void send_mark(const char *name, int64_t clock_ms)
{
	char value[CLOCK_MARK_BYTES];
	struct log_topic *topic = kafka_sim_topic(name);
	struct record record = { .header_count = 1, .header = { { TEXT(CLOCK_MARK_HEADER), clock_mark_format(clock_ms, value) } } };
	for (int32_t i = 0; i < topic->partition_count; i++)
		kafka_sim_append(topic, i, &record);
}

void town_send_clock_marks(int64_t clock_ms)
{
	send_mark(TOWN_TICKETS, clock_ms);
	send_mark(TOWN_UNIT_EVENTS, clock_ms);
}

static bool is_partition_done(const char *name, int32_t partition)
{
	char shard[SHARD_NAME_BYTES], key[KEY_BYTES_MAX];
	struct head head;
	struct error error;
	key_shard(name, partition, shard);
	key_head(shard, key);
	const struct entry *entry = store_sim_find(key);
	size_t end = kafka_sim_topic(name)->partition[partition].count;
	if (!entry)
		return !end;
	if (head_parse(entry->value.item[0], &head, &error) != OK)
		sim_fail("%s: %s", key, error.text);
	key_outbox(shard, key);
	return (!end || head.offset >= (int64_t)end) && !head.sweep && !store_sim_find(key);
}

static bool is_topic_done(const char *name)
{
	const struct log_topic *topic = kafka_sim_topic(name);
	for (int32_t i = 0; i < topic->partition_count; i++)
		if (!is_partition_done(name, i))
			return false;
	return true;
}

// hotline-units has no head: it has committed everything that it was told.
static bool are_changes_done(void)
{
	const struct log_topic *topic = kafka_sim_topic(TOWN_CHANGES);
	for (int32_t i = 0; i < topic->partition_count && town.has_units; i++)
		if (topic->partition[i].count && kafka_sim_committed("units", TOWN_CHANGES, i) < (int64_t)topic->partition[i].count)
			return false;
	return true;
}

bool town_is_quiet(void)
{
	return !kafka_sim_has_under_way() && is_topic_done(TOWN_TICKETS) && is_topic_done(TOWN_UNIT_EVENTS) && is_topic_done(TOWN_LINKS) && are_changes_done();
}

// Whoever ended by itself was wrong to, unless it was asked to.
static void check_instances(void)
{
	for (size_t i = 0; i < town.instance_count; i++) {
		const struct instance *instance = town.instance[i];
		if (instance->has_ended && (!instance->is_asked_to_stop || instance->status != OK))
			sim_fail("%s %zu ended: %s: %s", instance->program, i, instance->error.reason, instance->error.text);
	}
}

// Who has nothing to do writes nothing but heartbeats.
static void check_rest(uint64_t transactions)
{
	if (transactions > REST_TRANSACTIONS_MAX)
		sim_fail("%" PRIu64 " transactions in %" PRId64 " s in which nothing came", transactions, REST_US / SIM_SECOND_US);
}

void town_settle(int64_t limit_us)
{
	int64_t until_us = sim_now_us() + limit_us, since_us = sim_now_us();
	uint64_t done = sim_hit[SIM_exec_done];
	for (;;) {
		sim_run_for(LOOK_US);
		check_instances();
		if (!town_is_quiet())
			since_us = sim_now_us();
		if (sim_now_us() - since_us <= STEADY_US - REST_US)
			done = sim_hit[SIM_exec_done];
		if (sim_now_us() - since_us >= STEADY_US) {
			check_rest(sim_hit[SIM_exec_done] - done);
			return;
		}
		if (sim_now_us() > until_us)
			sim_fail("not quiet after %" PRId64 " s of virtual time", limit_us / SIM_SECOND_US);
	}
}
