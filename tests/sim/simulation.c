// simulation.c - seeds over the consumers in the simulator: a city's events, a schedule of faults, then healing, and the truth.
//
//   simulation FROM COUNT          runs the seeds; the first that fails is shown, shrunk, shown again with its log, and ends it
//   simulation --names FROM COUNT  runs them all and names those that fail
//   simulation --seed SEED [-v]    one seed, with its log
//
// Each seed runs in a process of its own, so that a failed assertion is a failed seed, and what it has hit is added up in shared memory.
#include <inttypes.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "chance.h"
#include "city.h"
#include "civil.h"
#include "log.h"
#include "rule.h"
#include "schedule.h"
#include "town.h"
#include "truth.h"

enum { INSTANCES_PER_PROGRAM = 3, SEED_CPU_S = 60, EXIT_DIFFERS = 4, EVENTS_MIN = 500, HEAP_BYTES = 1 << 28 };
#define S SIM_SECOND_US

// What a seed stands for, less what shrinking has left out.
struct scenario {
	uint64_t seed;
	bool is_calm;          // without any fault
	bool is_without[SCHEDULE_FAULTS_MAX];
	bool is_without_wire_faults, is_without_log_faults;
	bool is_left_out[CITY_EVENTS_MAX];
};

static struct run {
	struct chance chance;
	struct town_setup setup;
	struct city *city;
	struct schedule schedule;
	uint32_t tickets, units;
	int64_t feed_us, heal_us;
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

static void draw(const struct scenario *scenario)
{
	run = (struct run){ .chance = chance_of(scenario->seed) };
	run.setup = (struct town_setup){
		.ticket_partitions = 1 + (int32_t)below(3),
		.unit_partitions = 1 + (int32_t)below(2),
		.change_partitions = 1 + (int32_t)below(3),
		.link_partitions = 1 + (int32_t)(scenario->seed % 3),
		.edition = (unsigned)(scenario->seed / 3 % TOWN_EDITIONS),
		.is_event_clock = below(2),
		.settle_ms = 600 * 1000,
		.cache_mib = 1,
	};
	run.tickets = 1 + (uint32_t)below(INSTANCES_PER_PROGRAM);
	run.units = (uint32_t)below(INSTANCES_PER_PROGRAM);
	run.feed_us = 5 * S + (int64_t)below(25 * S);
	run.heal_us = run.feed_us + 10 * S;
	schedule_draw(&run.schedule, &run.chance, run.heal_us - S);
	run.schedule.edition = run.setup.edition;
	run.wire = (struct redis_faults){ draw_e4(100), draw_e4(100), draw_e4(60), draw_e4(60), draw_e4(60), draw_e4(5000), draw_e4(20) };
	run.log = (struct kafka_faults){ draw_e4(300), draw_e4(300), draw_e4(1000), draw_e4(100), 1000 + (int64_t)below(300000), draw_e4(5000) };
	const struct town_setup setup = run.setup;
	town_open(scenario->seed, &setup);
	const struct city_setup city = { scenario->seed, setup.is_event_clock, run.feed_us, EVENTS_MIN };
	run.city = city_new(&city);
}

static void close_all(void)
{
	city_free(run.city);
	town_close();
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

static void act_heal(void *self, uint64_t number)
{
	static const struct redis_faults no_wire;
	const struct kafka_faults no_log = { .ack_us_max = 5000 };
	(void)self;
	(void)number;
	redis_sim_set_faults(&no_wire);
	kafka_sim_set_faults(&no_log);
	schedule_end(&run.schedule);
	if (run.setup.is_event_clock)
		town_send_clock_marks(SIM_WALL_MS + 3 * DAY_MS);
}

static void file_faults(const struct scenario *scenario)
{
	const struct redis_faults no_wire = { .split_e4 = run.wire.split_e4 };
	const struct kafka_faults no_log = { .ack_us_max = run.log.ack_us_max };
	redis_sim_set_faults(scenario->is_calm || scenario->is_without_wire_faults ? &no_wire : &run.wire);
	kafka_sim_set_faults(scenario->is_calm || scenario->is_without_log_faults ? &no_log : &run.log);
	if (!scenario->is_calm)
		schedule_file(&run.schedule, scenario->is_without);
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
	sim_at(run.heal_us, act_heal, NULL, 0);
	sim_run_for(run.heal_us + rest_us());
	town_settle(600 * S);
	return town_check();  // the process ends with it
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
	if (!scenario->is_calm)
		schedule_print(&run.schedule, scenario->is_without);
	close_all();
}

enum voice { SILENT, DIFFERENCES, LOUD };

enum fate { GOOD, DIFFERS, BROKE, RAN_ON };
static const char *const fate_names[] = { "is good", "differs", "broke", "ran on" };

// In a process of its own, which ends when it takes SEED_CPU_S of a processor: the clock on the wall says nothing about a seed.
static enum fate try(const struct scenario *scenario, enum voice voice)
{
	fflush(stdout);
	pid_t pid = fork();
	if (!pid) {
		const struct rlimit limit = { SEED_CPU_S, SEED_CPU_S + 1 };
		setrlimit(RLIMIT_CPU, &limit);
		mallopt(M_MMAP_THRESHOLD, HEAP_BYTES);  // memory goes back to the system when the process ends
		mallopt(M_TRIM_THRESHOLD, HEAP_BYTES);
		mallopt(M_TOP_PAD, HEAP_BYTES / 16);
		if (voice == SILENT && !freopen("/dev/null", "w", stderr))
			_exit(EXIT_FAILURE);
		if (voice == DIFFERENCES)
			log_init("sim", LOG_LEVEL_ERROR);
		_exit(play(scenario) ? EXIT_DIFFERS : EXIT_SUCCESS);
	}
	int status;
	if (pid < 0 || waitpid(pid, &status, 0) != pid) {
		perror("simulation");
		exit(EXIT_FAILURE);
	}
	if (WIFEXITED(status) && (!WEXITSTATUS(status) || WEXITSTATUS(status) == EXIT_DIFFERS))
		return WEXITSTATUS(status) ? DIFFERS : GOOD;
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU ? RAN_ON : BROKE;
}

static void try_without(struct scenario *scenario, bool *part)
{
	if (*part)
		return;
	*part = true;
	if (try(scenario, SILENT) == GOOD)
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
			if (try(&smaller, SILENT) != GOOD)
				*scenario = smaller;
		}
}

static void shrink(struct scenario *scenario)
{
	try_without(scenario, &scenario->is_without_wire_faults);
	try_without(scenario, &scenario->is_without_log_faults);
	for (size_t i = 0; i < SCHEDULE_FAULTS_MAX; i++)
		try_without(scenario, &scenario->is_without[i]);
	shrink_events(scenario);
	for (size_t i = 0; i < SCHEDULE_FAULTS_MAX; i++)
		try_without(scenario, &scenario->is_without[i]);
}

static bool run_seed(uint64_t seed, bool is_calm, bool is_only_named)
{
	struct scenario scenario = { .seed = seed, .is_calm = is_calm };
	enum fate fate = try(&scenario, SILENT);
	if (fate == GOOD)
		return true;
	printf("seed %" PRIu64 "%s fails: it %s\n", seed, is_calm ? " without faults" : "", fate_names[fate]);
	if (is_only_named)
		return false;
	print_scenario(&scenario);
	try(&scenario, DIFFERENCES);
	printf("shrinking\n");
	if (!is_calm)
		shrink(&scenario);
	else
		shrink_events(&scenario);
	print_scenario(&scenario);
	try(&scenario, LOUD);
	return false;
}

static int print_counts(bool must_all)
{
	int missing = 0;
	for (unsigned i = 0; i < SIM_COUNT_COUNT; i++) {
		printf("%-24s %" PRIu64 "\n", sim_count_name((enum sim_count)i), sim_hit[i]);
		missing += !sim_hit[i];
	}
	for (uint32_t i = 0; i < rule_count; i++) {
		printf("alerts of %-14s %" PRIu64 "\n", rules[i]->id, truth_fired[i]);
		missing += !truth_fired[i];
	}
	if (missing && must_all)
		printf("%d of them were never hit\n", missing);
	return missing && must_all ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int run_seeds(uint64_t from, uint64_t count, bool is_only_named)
{
	enum { CALM_EVERY = 16, SEEDS_THAT_HIT_ALL = 200 };
	uint64_t failed = 0;
	for (uint64_t seed = from; seed < from + count && (!failed || is_only_named); seed++)
		failed += !run_seed(seed, false, is_only_named) || (seed % CALM_EVERY == 0 && !run_seed(seed, true, is_only_named));
	if (is_only_named)
		printf("%" PRIu64 " seeds, %" PRIu64 " fail\n", count, failed);
	if (failed)
		return EXIT_FAILURE;
	return print_counts(count >= SEEDS_THAT_HIT_ALL);
}

int main(int argc, char **argv)
{
	sim_hit = mmap(NULL, SIM_COUNT_COUNT * sizeof *sim_hit, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	truth_fired = mmap(NULL, POLICY_RULES_MAX * sizeof *truth_fired, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (argc >= 3 && !strcmp(argv[1], "--seed")) {
		struct scenario scenario = { .seed = strtoull(argv[2], NULL, 10) };
		log_init("sim", argc > 3 ? LOG_LEVEL_DEBUG : LOG_LEVEL_WARN);
		print_scenario(&scenario);
		enum fate fate = try(&scenario, LOUD);
		printf("it %s\n", fate_names[fate]);
		return fate == GOOD ? EXIT_SUCCESS : EXIT_FAILURE;
	}
	log_init("sim", LOG_LEVEL_INFO);
	bool is_only_named = argc == 4 && !strcmp(argv[1], "--names");
	if (argc != 3 + is_only_named) {
		fprintf(stderr, "usage: simulation [--names] FROM COUNT | simulation --seed SEED [-v]\n");
		return EXIT_FAILURE;
	}
	return run_seeds(strtoull(argv[argc - 2], NULL, 10), strtoull(argv[argc - 1], NULL, 10), is_only_named);
}
