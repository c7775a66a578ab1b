#include "schedule.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "keys.h"
#include "town.h"

#define S SIM_SECOND_US
#define FORMER_US_MAX (3 * S)  // below a session: who was taken for dead by the group meanwhile has lost the former master, too

// One of those that live, by number; NULL when none does.
static struct instance *living(uint64_t number)
{
	size_t count = town_instances();
	for (size_t i = 0; i < count; i++) {
		struct instance *instance = town_instance((number + i) % count);
		if (town_is_running(instance) && !instance->is_asked_to_stop)
			return instance;
	}
	return NULL;
}

static void crash(struct schedule *schedule, const struct fault *fault)
{
	struct instance *instance = living(fault->number);
	(void)schedule;
	if (instance)
		sim_member_crash(instance->member);
}

static void crash_in_a_call(struct schedule *schedule, const struct fault *fault)
{
	struct instance *instance = living(fault->number);
	(void)schedule;
	if (instance)
		sim_member_crash_at(instance->member, 1 + fault->number);
}

static void stall(struct schedule *schedule, const struct fault *fault)
{
	struct instance *instance = living(fault->number);
	(void)schedule;
	if (instance)
		sim_member_stall(instance->member, fault->length_us);
}

static void stall_in_a_call(struct schedule *schedule, const struct fault *fault)
{
	struct instance *instance = living(fault->number);
	(void)schedule;
	if (instance)
		sim_member_stall_at(instance->member, 1 + fault->number, fault->length_us);
}

static void stop(struct schedule *schedule, const struct fault *fault)
{
	struct instance *instance = living(fault->number);
	(void)schedule;
	if (!instance)
		return;
	sim_hit[SIM_stops]++;
	town_stop(instance);
}

static void rebalance(struct schedule *schedule, const struct fault *fault)
{
	(void)schedule;
	(void)fault;
	kafka_sim_rebalance();
}

static void cut(struct schedule *schedule, const struct fault *fault)
{
	struct instance *instance = living(fault->number);
	(void)schedule;
	if (!instance)
		return;
	sim_hit[SIM_cuts]++;
	redis_sim_cut(instance->member);
}

static void redis_down(struct schedule *schedule, const struct fault *fault)
{
	(void)schedule;
	redis_sim_down(fault->length_us);
}

static void redis_full(struct schedule *schedule, const struct fault *fault)
{
	(void)schedule;
	redis_sim_full(fault->length_us, fault->number & 1);
}

// A head that did not live long enough to be kept by a rollback stops the program for good, rightly: only an operator may start over.
static bool are_heads_older(const struct schedule *schedule, int64_t us)
{
	return schedule->heads_since_us && schedule->heads_since_us + us < sim_now_us();
}

static void roll_back(struct schedule *schedule, const struct fault *fault)
{
	int64_t most_us = fault->length_us % (5 * S) + S / 10;
	if (are_heads_older(schedule, most_us))
		redis_sim_roll_back(fault->number % 2 ? most_us : S / 20, most_us);
}

static void fail_over(struct schedule *schedule, const struct fault *fault)
{
	int64_t lag_us = fault->length_us % (3 * S) + S / 20;
	if (are_heads_older(schedule, lag_us))
		redis_sim_fail_over(lag_us, fault->number % 3 ? (int64_t)(fault->number * 7919 % (uint64_t)FORMER_US_MAX) : 0);
}

static void kafka_down(struct schedule *schedule, const struct fault *fault)
{
	(void)schedule;
	kafka_sim_down(fault->length_us);
}

static void slow(struct schedule *schedule, const struct fault *fault)
{
	(void)schedule;
	sim_slow(fault->length_us);
}

static void jump(int64_t by_ms)
{
	sim_hit[by_ms < 0 ? SIM_wall_jumps_back : SIM_wall_jumps]++;
	sim_jump_wall(by_ms);
}

static void wall_jumps(struct schedule *schedule, const struct fault *fault)
{
	(void)schedule;
	jump((int64_t)fault->number * 75);
}

// Up to half a minute, and one in four up to an hour.
static void wall_jumps_back(struct schedule *schedule, const struct fault *fault)
{
	(void)schedule;
	jump(-(int64_t)fault->number * (fault->number % 4 ? 75 : 9000));
}

// hotline-units follows by itself.
static void reload_all(const struct schedule *schedule)
{
	char *text = town_policy_text(schedule->edition);
	for (size_t i = 0; i < town_instances(); i++) {
		struct instance *instance = town_instance(i);
		if (!town_is_running(instance))
			continue;
		instance->edition = schedule->edition;
		if (!strcmp(instance->program, "tickets"))
			town_reload(instance, text);
	}
	free(text);
}

static void stop_all(void)
{
	for (size_t i = 0; i < town_instances(); i++)
		if (town_is_running(town_instance(i)))
			town_stop(town_instance(i));
}

static void new_policy(struct schedule *schedule, const struct fault *fault)
{
	unsigned was = schedule->edition;
	sim_hit[SIM_policy_changes]++;
	schedule->edition = (was + 1 + (unsigned)(fault->number >> 1 & 1)) % TOWN_EDITIONS;
	sim_hit[SIM_links_begun] += was == TOWN_WITHOUT_LINKS;
	schedule->has_new_policy = true;
	town_set_edition(schedule->edition);
	if (fault->number & 1)
		reload_all(schedule);
	else
		stop_all();
}

static const struct fault_kind {
	const char *name;
	void (*act)(struct schedule *schedule, const struct fault *fault);
} kinds[] = {
	{ "crash", crash }, { "crash in a call", crash_in_a_call }, { "stall", stall }, { "stall in a call", stall_in_a_call }, { "stop", stop }, { "rebalance", rebalance },
	{ "cut", cut }, { "Redis down", redis_down }, { "Redis full", redis_full }, { "roll back", roll_back }, { "fail over", fail_over }, { "Kafka down", kafka_down },
	{ "slow", slow }, { "wall clock jumps", wall_jumps }, { "wall clock jumps back", wall_jumps_back }, { "new policy", new_policy },
};
enum { KINDS = sizeof kinds / sizeof *kinds };

static unsigned draw_new_kind(const struct schedule *schedule, struct chance *chance)
{
	unsigned kind;
	bool is_new;
	do {
		kind = (unsigned)chance_below(chance, KINDS);
		is_new = true;
		for (size_t i = 0; i < schedule->count; i++)
			is_new &= schedule->fault[i].kind != kind;
	} while (!is_new);
	return kind;
}

void schedule_draw(struct schedule *schedule, struct chance *chance, int64_t until_us)
{
	size_t count = SCHEDULE_KINDS_MIN + (size_t)chance_below(chance, SCHEDULE_FAULTS_MAX - SCHEDULE_KINDS_MIN + 1);
	*schedule = (struct schedule){ .count = 0 };
	while (schedule->count < count) {
		struct fault fault = { .kind = schedule->count < SCHEDULE_KINDS_MIN ? draw_new_kind(schedule, chance) : (unsigned)chance_below(chance, KINDS) };
		fault.at_us = S / 2 + (int64_t)chance_below(chance, (uint64_t)until_us);
		fault.length_us = (int64_t)chance_below(chance, (uint64_t)(chance_below(chance, 2) ? 15 * S : S)) + S / 100;
		fault.number = chance_below(chance, 400);
		schedule->fault[schedule->count++] = fault;
	}
}

static void act_fault(void *self, uint64_t number)
{
	struct schedule *schedule = self;
	const struct fault *fault = &schedule->fault[number];
	if (!schedule->is_over)
		kinds[fault->kind].act(schedule, fault);
}

static bool has_all_heads(void)
{
	static const char *const topics[] = { TOWN_TICKETS, TOWN_UNIT_EVENTS, TOWN_LINKS };
	for (size_t i = 0; i < sizeof topics / sizeof *topics; i++)
		for (int32_t partition = 0; partition < kafka_sim_topic(topics[i])->partition_count; partition++) {
			char shard[SHARD_NAME_BYTES], key[KEY_BYTES_MAX];
			key_shard(topics[i], partition, shard);
			key_head(shard, key);
			if (!store_sim_find(key))
				return false;
		}
	return true;
}

static void act_look_for_heads(void *self, uint64_t number)
{
	struct schedule *schedule = self;
	if (has_all_heads())
		schedule->heads_since_us = sim_now_us();
	else
		sim_at(sim_now_us() + S / 10, act_look_for_heads, self, number);
}

void schedule_file(struct schedule *schedule, const bool *is_without)
{
	for (size_t i = 0; i < schedule->count; i++)
		if (!is_without[i])
			sim_at(schedule->fault[i].at_us, act_fault, schedule, i);
	sim_at(0, act_look_for_heads, schedule, 0);
}

void schedule_end(struct schedule *schedule)
{
	schedule->is_over = true;
	if (!schedule->has_new_policy)
		return;
	town_set_edition(schedule->edition);  // clocks that jump may have put orders out of order: the last word is said by a new set of instances
	stop_all();
}

void schedule_print(const struct schedule *schedule, const bool *is_without)
{
	for (size_t i = 0; i < schedule->count; i++) {
		const struct fault *fault = &schedule->fault[i];
		if (!is_without[i])
			fprintf(stderr, "  %.3f s: %s, %.3f s, %" PRIu64 "\n", (double)fault->at_us / 1e6, kinds[fault->kind].name, (double)fault->length_us / 1e6, fault->number);
	}
}
