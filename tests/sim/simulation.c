// simulation.c - seeds over the consumers in the simulator: a city's events, a schedule of faults, then healing, and the truth.
//
//   simulation FROM COUNT          runs the seeds; the first that fails is shrunk, printed, and ends it
//   simulation --seed SEED [-v]    one seed, with its log
//
// Each seed runs in a process of its own, so that a failed assertion is a failed seed, and what it has hit is added up in shared memory.
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "chance.h"
#include "city.h"
#include "civil.h"
#include "keys.h"
#include "log.h"
#include "town.h"

enum { FAULTS_MAX = 24, INSTANCES_PER_PROGRAM = 3, SEED_TIMEOUT_S = 60, EXIT_DIFFERS = 4, TICKETS_MAX = 25 };
#define S SIM_SECOND_US

enum fault_kind { FAULT_CRASH, FAULT_CRASH_IN_CALL, FAULT_STALL, FAULT_STALL_IN_CALL, FAULT_REBALANCE, FAULT_CUT, FAULT_REDIS_DOWN, FAULT_ROLL_BACK,
	FAULT_KAFKA_DOWN, FAULT_WALL_JUMP, FAULT_STOP, FAULT_NEW_POLICY, FAULT_KINDS };
static const char *const fault_name[FAULT_KINDS] = { "crash", "crash in a call", "stall", "stall in a call", "rebalance", "cut", "Redis down", "roll back", "Kafka down",
	"wall clock jumps", "stop", "new policy" };

struct fault {
	enum fault_kind kind;
	int64_t at_us, length_us;
	uint64_t number;       // of an instance, a call
};

// What a seed stands for, less what shrinking has left out.
struct scenario {
	uint64_t seed;
	bool is_calm;          // without any fault
	bool is_without[FAULTS_MAX];
	bool is_without_wire_faults, is_without_log_faults;
	bool is_left_out[CITY_EVENTS_MAX];
};

static struct run {
	struct chance chance;
	struct town_setup setup;
	struct city *city;
	struct fault fault[FAULTS_MAX];
	size_t fault_count;
	uint32_t tickets, units;
	int64_t feed_us, heal_us;
	int64_t heads_since_us;      // when every shard had a head; 0: not yet
	bool is_healed, has_new_policy;
	unsigned edition;
	struct redis_faults wire;
	struct kafka_faults log;
} run;

static uint64_t below(uint64_t limit)
{
	return chance_below(&run.chance, limit);
}

static uint32_t draw_e4(uint32_t most_e4)
{
	return below(2) ? (uint32_t)below(most_e4 + 1) : 0;
}

static void draw_fault(struct fault *fault, int64_t until_us)
{
	fault->kind = (enum fault_kind)below(FAULT_KINDS);
	fault->at_us = S / 2 + (int64_t)below((uint64_t)until_us);
	fault->length_us = (int64_t)below((uint64_t)(below(2) ? 15 * S : S)) + S / 100;
	fault->number = below(400);
}

static void draw(const struct scenario *scenario)
{
	run = (struct run){ .chance = chance_of(scenario->seed) };
	run.setup = (struct town_setup){
		.ticket_partitions = 1 + (int32_t)below(3),
		.unit_partitions = 1 + (int32_t)below(2),
		.change_partitions = 1 + (int32_t)below(3),
		.link_partitions = 1 + (int32_t)(scenario->seed % 3),
		.is_event_clock = below(2),
		.settle_ms = 600 * 1000,
		.cache_mib = 1,
	};
	run.tickets = 1 + (uint32_t)below(INSTANCES_PER_PROGRAM);
	run.units = (uint32_t)below(INSTANCES_PER_PROGRAM);
	run.feed_us = 5 * S + (int64_t)below(25 * S);
	run.heal_us = run.feed_us + 10 * S;
	run.fault_count = below(FAULTS_MAX + 1);
	for (size_t i = 0; i < run.fault_count; i++)
		draw_fault(&run.fault[i], run.heal_us - S);
	run.wire = (struct redis_faults){ draw_e4(100), draw_e4(100), draw_e4(60), draw_e4(60), draw_e4(5000), draw_e4(20) };
	run.log = (struct kafka_faults){ draw_e4(1000), draw_e4(500), draw_e4(1000), draw_e4(100), 1000 + (int64_t)below(300000) };
	const struct town_setup setup = run.setup;
	town_open(scenario->seed, &setup);
	const struct city_setup city = { scenario->seed, setup.is_event_clock, run.feed_us, TICKETS_MAX };
	run.city = city_new(&city);
}

static void close_all(void)
{
	city_free(run.city);
	town_close();
}

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

static size_t count_living(const char *program)
{
	size_t count = 0;
	for (size_t i = 0; i < town_instances(); i++)
		count += town_is_running(town_instance(i)) && !town_instance(i)->is_asked_to_stop && !strcmp(town_instance(i)->program, program);
	return count;
}

// Whoever keeps the programs running: looks now and then, and starts what is missing.
static void act_supervise(void *self, uint64_t number)
{
	(void)self;
	if (count_living("tickets") < run.tickets) {
		town_start_tickets();
		sim_hit[SIM_restarts]++;
	}
	if (count_living("units") < run.units) {
		town_start_units();
		sim_hit[SIM_restarts]++;
	}
	sim_at(sim_now_us() + sim_between(S / 10, 5 * S), act_supervise, NULL, number);
}

// hotline-units follows by itself.
static void reload_all(void)
{
	char *text = town_policy_text(run.edition);
	for (size_t i = 0; i < town_instances(); i++) {
		struct instance *instance = town_instance(i);
		if (!town_is_running(instance))
			continue;
		instance->edition = run.edition;
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

// A head that did not live long enough to be kept by a rollback stops the program for good, rightly: only an operator may start over.
static void roll_back(const struct fault *fault)
{
	int64_t most_us = fault->length_us % (5 * S) + S / 10;
	if (run.heads_since_us && run.heads_since_us + most_us < sim_now_us())
		redis_sim_roll_back(fault->number % 2 ? most_us : S / 20, most_us);
}

// Revisions are wall time, and what is stored keeps them growing when that steps back. Should Redis lose just that at the same time, nobody knows which revisions
// readers have seen: this is not promised, so a seed has the one or the other.
static int64_t jump_ms(const struct fault *fault)
{
	int64_t by_ms = (int64_t)(fault->number * 150) - 30000;
	for (size_t i = 0; i < run.fault_count; i++)
		if (run.fault[i].kind == FAULT_ROLL_BACK && by_ms < 0)
			return -by_ms;
	return by_ms;
}

static void act_fault(void *self, uint64_t number)
{
	const struct fault *fault = self;
	struct instance *instance = living(fault->number);
	(void)number;
	if (run.is_healed)
		return;
	switch (fault->kind) {
	case FAULT_CRASH:
		if (instance)
			sim_member_crash(instance->member);
		break;
	case FAULT_CRASH_IN_CALL:
		if (instance)
			sim_member_crash_at(instance->member, 1 + fault->number);
		break;
	case FAULT_STALL:
		if (instance)
			sim_member_stall(instance->member, fault->length_us);
		break;
	case FAULT_STALL_IN_CALL:
		if (instance)
			sim_member_stall_at(instance->member, 1 + fault->number, fault->length_us);
		break;
	case FAULT_REBALANCE: kafka_sim_rebalance(); break;
	case FAULT_CUT:
		if (instance)
			redis_sim_cut(instance->member);
		break;
	case FAULT_REDIS_DOWN: redis_sim_down(fault->length_us); break;
	case FAULT_ROLL_BACK: roll_back(fault); break;
	case FAULT_KAFKA_DOWN: kafka_sim_down(fault->length_us); break;
	case FAULT_WALL_JUMP:
		sim_hit[SIM_wall_jumps]++;
		sim_jump_wall(jump_ms(fault));
		break;
	case FAULT_STOP:
		if (instance)
			town_stop(instance);
		break;
	case FAULT_NEW_POLICY:
		sim_hit[SIM_policy_changes]++;
		run.edition ^= 1;
		run.has_new_policy = true;
		town_set_edition(run.edition);
		if (fault->number & 1)
			reload_all();
		else
			stop_all();
		break;
	case FAULT_KINDS: break;
	}
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
	(void)self;
	if (has_all_heads())
		run.heads_since_us = sim_now_us();
	else
		sim_at(sim_now_us() + S / 10, act_look_for_heads, NULL, number);
}

static void act_heal(void *self, uint64_t number)
{
	static const struct redis_faults no_wire;
	const struct kafka_faults no_log = { .ack_us_max = 5000 };
	(void)self;
	(void)number;
	run.is_healed = true;
	redis_sim_set_faults(&no_wire);
	kafka_sim_set_faults(&no_log);
	if (run.has_new_policy) {  // clocks that jump may have put orders out of order: the last word is said by a new set of instances
		town_set_edition(run.edition);
		stop_all();
	}
	if (run.setup.is_event_clock)
		town_send_clock_marks(SIM_WALL_MS + 3 * DAY_MS);
}

static void file_faults(const struct scenario *scenario)
{
	const struct redis_faults no_wire = { .split_e4 = run.wire.split_e4 };
	const struct kafka_faults no_log = { .ack_us_max = run.log.ack_us_max };
	redis_sim_set_faults(scenario->is_calm || scenario->is_without_wire_faults ? &no_wire : &run.wire);
	kafka_sim_set_faults(scenario->is_calm || scenario->is_without_log_faults ? &no_log : &run.log);
	for (size_t i = 0; i < run.fault_count && !scenario->is_calm; i++)
		if (!scenario->is_without[i])
			sim_at(run.fault[i].at_us, act_fault, &run.fault[i], i);
}

// What still has to come by the wall clock: the last due time lies some 70 s after the last event.
static int64_t rest_us(void)
{
	return run.setup.is_event_clock ? S : 150 * S;
}

static size_t play(const struct scenario *scenario)
{
	draw(scenario);
	city_send(run.city, scenario->is_left_out);
	file_faults(scenario);
	sim_at(0, act_supervise, NULL, 0);
	sim_at(0, act_look_for_heads, NULL, 0);
	sim_at(run.heal_us, act_heal, NULL, 0);
	sim_run_for(run.heal_us + rest_us());
	town_settle(600 * S);
	size_t differences = town_check();
	close_all();
	return differences;
}

static void print_scenario(const struct scenario *scenario)
{
	draw(scenario);
	uint32_t left = 0;
	for (uint32_t i = 0; i < city_count(run.city); i++)
		left += !scenario->is_left_out[i];
	fprintf(stderr, "seed %" PRIu64 ": %u hotline-tickets, %u hotline-units, %d and %d partitions, %s clock, %u events, wire faults %s, log faults %s\n", scenario->seed,
		run.tickets, run.units, run.setup.ticket_partitions, run.setup.unit_partitions, run.setup.is_event_clock ? "event" : "wall", left,
		scenario->is_calm || scenario->is_without_wire_faults ? "off" : "on", scenario->is_calm || scenario->is_without_log_faults ? "off" : "on");
	for (size_t i = 0; i < run.fault_count && !scenario->is_calm; i++)
		if (!scenario->is_without[i])
			fprintf(stderr, "  %.3f s: %s, %.3f s, %" PRIu64 "\n", (double)run.fault[i].at_us / 1e6, fault_name[run.fault[i].kind], (double)run.fault[i].length_us / 1e6,
				run.fault[i].number);
	close_all();
}

// In a process of its own. Tells whether it went well.
static bool try(const struct scenario *scenario, bool is_loud)
{
	fflush(stdout);
	pid_t pid = fork();
	if (!pid) {
		alarm(SEED_TIMEOUT_S);
		if (!is_loud && !freopen("/dev/null", "w", stderr))
			_exit(EXIT_FAILURE);
		_exit(play(scenario) ? EXIT_DIFFERS : EXIT_SUCCESS);
	}
	int status;
	return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) && !WEXITSTATUS(status);
}

static void try_without(struct scenario *scenario, bool *part)
{
	if (*part)
		return;
	*part = true;
	if (try(scenario, false))
		*part = false;
}

static void leave_out(struct scenario *scenario, uint32_t from, uint32_t count, bool is_left_out)
{
	for (uint32_t i = from; i < from + count && i < CITY_EVENTS_MAX; i++)
		scenario->is_left_out[i] = is_left_out;
}

static void shrink_events(struct scenario *scenario)
{
	draw(scenario);
	uint32_t count = city_count(run.city);
	close_all();
	for (uint32_t size = count / 2; size; size /= 2)
		for (uint32_t from = 0; from < count; from += size) {
			struct scenario smaller = *scenario;
			leave_out(&smaller, from, size, true);
			if (!try(&smaller, false))
				*scenario = smaller;
		}
}

static void shrink(struct scenario *scenario)
{
	try_without(scenario, &scenario->is_without_wire_faults);
	try_without(scenario, &scenario->is_without_log_faults);
	for (size_t i = 0; i < FAULTS_MAX; i++)
		try_without(scenario, &scenario->is_without[i]);
	shrink_events(scenario);
	for (size_t i = 0; i < FAULTS_MAX; i++)
		try_without(scenario, &scenario->is_without[i]);
}

static bool run_seed(uint64_t seed, bool is_calm)
{
	struct scenario scenario = { .seed = seed, .is_calm = is_calm };
	if (try(&scenario, false))
		return true;
	printf("seed %" PRIu64 "%s fails; shrinking\n", seed, is_calm ? " without faults" : "");
	if (!is_calm)
		shrink(&scenario);
	else
		shrink_events(&scenario);
	print_scenario(&scenario);
	try(&scenario, true);
	return false;
}

static int print_counts(bool must_all)
{
	int missing = 0;
	for (unsigned i = 0; i < SIM_COUNT_COUNT; i++) {
		printf("%-24s %" PRIu64 "\n", sim_count_name((enum sim_count)i), sim_hit[i]);
		missing += !sim_hit[i];
	}
	if (missing && must_all)
		printf("%d of them were never hit\n", missing);
	return missing && must_all ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int run_seeds(uint64_t from, uint64_t count)
{
	enum { CALM_EVERY = 8, SEEDS_THAT_HIT_ALL = 200 };
	for (uint64_t seed = from; seed < from + count; seed++)
		if (!run_seed(seed, false) || (seed % CALM_EVERY == 0 && !run_seed(seed, true)))
			return EXIT_FAILURE;
	return print_counts(count >= SEEDS_THAT_HIT_ALL);
}

int main(int argc, char **argv)
{
	sim_hit = mmap(NULL, SIM_COUNT_COUNT * sizeof *sim_hit, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (argc >= 3 && !strcmp(argv[1], "--seed")) {
		struct scenario scenario = { .seed = strtoull(argv[2], NULL, 10) };
		log_init("sim", argc > 3 ? LOG_LEVEL_DEBUG : LOG_LEVEL_WARN);
		print_scenario(&scenario);
		bool is_good = try(&scenario, true);
		printf("%s\n", is_good ? "good" : "fails");
		return is_good ? EXIT_SUCCESS : EXIT_FAILURE;
	}
	log_init("sim", LOG_LEVEL_INFO);
	if (argc != 3) {
		fprintf(stderr, "usage: simulation FROM COUNT | simulation --seed SEED [-v]\n");
		return EXIT_FAILURE;
	}
	return run_seeds(strtoull(argv[1], NULL, 10), strtoull(argv[2], NULL, 10));
}
