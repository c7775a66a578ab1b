// everywhere_test.c - a small town's life, and one thing that goes wrong in it, at each place in turn: each command to Redis fails in each way, each program dies before
// and after each of its effects, and in each of its calls. Each time the end is the same.
//
//   everywhere_test [PATTERN]
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "civil.h"
#include "log.h"
#include "story.h"
#include "town.h"

enum { MAX_RUNS = 100000, MIN_RUNS = 50 };
#define S SIM_SECOND_US

// Half a day, so that a run takes few steps.
#define HALF_DAY_MS (SIM_WALL_MS - DAY_MS / 2)

static const char *ended_reason;  // of the last program that ended by itself; NULL when none did since the town was opened

static void play_small_town(struct instance **ret_tickets)
{
	story_open();
	ended_reason = NULL;
	*ret_tickets = town_start_tickets();
	town_start_units();
	story_due_after_ms = 2 * HOUR_MS;
	story_send_tickets("a", 3, HALF_DAY_MS);
	town_send_bytes(TOWN_TICKETS, TEXT("bad"), TEXT("\xff\xff"));
}

// What ended is started again, as systemd does.
static void restart_ended(void)
{
	for (size_t i = 0, count = town_instances(); i < count; i++) {
		struct instance *instance = town_instance(i);
		if (town_is_running(instance) || instance->is_asked_to_stop)
			continue;
		if (instance->has_ended)
			ended_reason = instance->error.reason;
		instance->is_asked_to_stop = 1;
		instance->status = OK;
		if (!strcmp(instance->program, "units"))
			town_start_units();
		else
			town_start_tickets();
	}
}

// Tells whether the failure that was set came about, or `doomed` died.
static bool finish_small_town(const char *what, uint64_t number, struct instance *doomed)
{
	story_rate_tickets("a", 2, HALF_DAY_MS + HOUR_MS);
	for (int i = 0; i < 5; i++) {
		sim_run_for(2 * S);
		restart_ended();
	}
	bool has_failed = doomed ? !town_is_running(doomed) : redis_sim_last_failed();
	redis_sim_fail_at(0, FAIL_NOT);
	if (doomed)
		sim_member_crash(doomed->member);
	restart_ended();
	town_send_clock_marks(SIM_WALL_MS);
	town_settle(200 * S);
	size_t differences = town_check();
	if (differences)
		fail_msg("%s at %llu: %zu differences", what, (unsigned long long)number, differences);
	town_close();
	return has_failed;
}

// What passes ends no program; what does not ends one, with the reason. A strange reply may look like another trouble; that nothing is lost over it is all that is asked.
static void check_ended(enum redis_failure failure, uint64_t command)
{
	const char *wanted = failure <= FAIL_MISCONF ? NULL : "redis_refused";
	if (failure == FAIL_STRANGE)
		return;
	if (wanted ? !ended_reason || strcmp(ended_reason, wanted) != 0 : ended_reason != NULL)
		fail_msg("%s at command %llu: a program should have ended with %s, and ended with %s", redis_failure_name(failure), (unsigned long long)command,
			wanted ? wanted : "nothing", ended_reason ? ended_reason : "nothing");
}

// Each `step`th command to Redis fails in turn; the rest in the next way.
static void commands_fail(enum redis_failure failure, uint64_t step)
{
	struct instance *tickets;
	bool has_failed = true;
	uint64_t command = 1 + (uint64_t)failure % step, count = 0;
	for (; has_failed && command < MAX_RUNS; command += step, count++) {
		play_small_town(&tickets);
		redis_sim_fail_at(command, failure);
		has_failed = finish_small_town(redis_failure_name(failure), command, NULL);
		if (has_failed)
			check_ended(failure, command);
	}
	print_message("%s: %llu commands\n", redis_failure_name(failure), (unsigned long long)count - 1);
}

// Every command, in the ways that differ in what has happened by then.
static void every_command_fails_in_every_way(void **state)
{
	(void)state;
	static const enum redis_failure way[] = { FAIL_CUT_BEFORE, FAIL_CUT_AFTER, FAIL_HANG, FAIL_LOADING, FAIL_WRONGTYPE, FAIL_STRANGE };
	for (size_t i = 0; i < sizeof way / sizeof *way; i++)
		commands_fail(way[i], 1);
}

// The other words that Redis has for it, each at a share of the commands.
static void every_error_of_redis_is_understood(void **state)
{
	(void)state;
	enum { STEP = 5 };
	for (enum redis_failure failure = FAIL_BUSY; failure < FAIL_WRONGTYPE; failure++)
		commands_fail(failure, STEP);
}

// Each program dies in turn at each of its effects, before it comes about and after: what it had handed over behind it is lost. And in each of its calls, where what it
// had handed over may come about or not.
enum death { DEATH_BEFORE, DEATH_AFTER, DEATH_IN_CALL };

static void dies_everywhere(bool is_units, enum death death)
{
	static const char *const what[] = { "a crash before the effect", "a crash after the effect", "a crash in the call" };
	bool has_died = true;
	uint64_t number = 1;
	for (; has_died && number < MAX_RUNS; number++) {
		struct instance *tickets, *doomed;
		play_small_town(&tickets);
		doomed = is_units ? town_instance(1) : tickets;
		if (death == DEATH_IN_CALL)
			sim_member_crash_at(doomed->member, number);
		else
			sim_member_crash_at_effect(doomed->member, number, death == DEATH_AFTER);
		has_died = finish_small_town(what[death], number, doomed);
	}
	assert_true(number > MIN_RUNS);
	print_message("%llu\n", (unsigned long long)number - 2);
}

static void hotline_tickets_dies_before_every_effect(void **state)
{
	(void)state;
	dies_everywhere(false, DEATH_BEFORE);
}

static void hotline_tickets_dies_after_every_effect(void **state)
{
	(void)state;
	dies_everywhere(false, DEATH_AFTER);
}

static void hotline_tickets_dies_in_every_call(void **state)
{
	(void)state;
	dies_everywhere(false, DEATH_IN_CALL);
}

static void hotline_units_dies_before_every_effect(void **state)
{
	(void)state;
	dies_everywhere(true, DEATH_BEFORE);
}

static void hotline_units_dies_after_every_effect(void **state)
{
	(void)state;
	dies_everywhere(true, DEATH_AFTER);
}

static void hotline_units_dies_in_every_call(void **state)
{
	(void)state;
	dies_everywhere(true, DEATH_IN_CALL);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_command_fails_in_every_way),
		cmocka_unit_test(every_error_of_redis_is_understood),
		cmocka_unit_test(hotline_tickets_dies_before_every_effect),
		cmocka_unit_test(hotline_tickets_dies_after_every_effect),
		cmocka_unit_test(hotline_tickets_dies_in_every_call),
		cmocka_unit_test(hotline_units_dies_before_every_effect),
		cmocka_unit_test(hotline_units_dies_after_every_effect),
		cmocka_unit_test(hotline_units_dies_in_every_call),
	};
	log_init("sim", LOG_LEVEL_ERROR);
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
