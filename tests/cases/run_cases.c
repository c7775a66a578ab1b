// run_cases.c - runs scenarios: in the order that is told, and in other orders with events that come twice. See scenario.h.
//
//     run_cases FILE...              exit status 1 when an expectation fails
//     run_cases --complete FILE...   that these are all *.case files beside the first, and that each counter and each rule has its scenario
//
// HOTLINE_SEED=N runs the other orders by this seed alone.
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chance.h"
#include "city.h"
#include "civil.h"
#include "counters.h"
#include "expect.h"
#include "memory.h"
#include "rule.h"
#include "scenario.h"

enum { ORDERS = 24 };

static bool is_bad(const struct scenario *scenario, const struct step *step, enum status status, const struct error *error)
{
	return status != OK && !scenario_fail(scenario, step->line, "%s: %s", error->reason, error->text);
}

static bool read_city(const struct scenario *scenario, const struct step *step, struct city *city, struct lines *ret_lines)
{
	struct error error = { .reason = "" };
	*ret_lines = (struct lines){ .count = 0 };
	return !is_bad(scenario, step, city_lines(city, ret_lines, &error), &error);
}

static bool check_here(const struct scenario *scenario, size_t *step, struct city *city)
{
	struct lines lines;
	bool is_good = read_city(scenario, &scenario->step[*step], city, &lines);
	is_good = expect_check(scenario, *step, &lines, step) && is_good;
	lines_done(&lines);
	return is_good;
}

// Takes an event or a clock in.
static bool take(const struct scenario *scenario, const struct step *step, struct city *city)
{
	struct error error = { .reason = "" };
	if (step->kind == STEP_CLOCK && step->clock_ms < city_clock_ms(city))
		return scenario_fail(scenario, step->line, "the clock would go back");
	enum status status = step->kind == STEP_CLOCK ? city_move_clock(city, step->clock_ms, &error) : city_add(city, step->ticket_id, &step->event, &error);
	return !is_bad(scenario, step, status, &error);
}

// As it is told. *ret_lines is what is true in the end.
static bool run_as_told(const struct scenario *scenario, struct lines *ret_lines, int64_t *ret_clock_ms)
{
	struct city *city = city_new(&scenario->policy, scenario->names);
	bool is_good = true;
	for (size_t i = 0; i < scenario->count;) {
		if (scenario->step[i].kind == STEP_EXPECT)
			is_good &= check_here(scenario, &i, city);
		else
			is_good &= take(scenario, &scenario->step[i++], city);
	}
	is_good &= read_city(scenario, &scenario->step[scenario->count - 1], city, ret_lines);
	*ret_clock_ms = city_clock_ms(city);
	city_free(city);
	return is_good;
}

static void shuffle(size_t *number, size_t count, struct chance *chance)
{
	for (size_t i = count; i > 1; i--) {
		size_t k = (size_t)chance_below(chance, i), moved = number[k];
		number[k] = number[i - 1];
		number[i - 1] = moved;
	}
}

// The scenario's events in some order, about every third twice.
static size_t draw_order(const struct scenario *scenario, struct chance *chance, size_t *ret_number)
{
	size_t count = 0;
	for (size_t i = 0; i < scenario->count; i++) {
		if (scenario->step[i].kind != STEP_EVENT)
			continue;
		ret_number[count++] = i;
		if (chance_below(chance, 3) == 0)
			ret_number[count++] = i;
	}
	shuffle(ret_number, count, chance);
	return count;
}

static bool take_in_order(const struct scenario *scenario, struct city *city, struct chance *chance, int64_t clock_ms)
{
	struct error error = { .reason = "" };
	size_t *number = memory_new(2 * scenario->count * sizeof *number), count = draw_order(scenario, chance, number);
	bool is_good = true;
	for (size_t i = 0; i < count; i++)
		is_good &= take(scenario, &scenario->step[number[i]], city);
	free(number);
	return is_good && !is_bad(scenario, &scenario->step[scenario->count - 1], city_move_clock(city, clock_ms, &error), &error);
}

static bool run_otherwise(const struct scenario *scenario, uint64_t seed, const struct lines *wanted, int64_t clock_ms)
{
	struct city *city = city_new(&scenario->policy, scenario->names);
	struct chance chance = chance_of(seed);
	struct lines lines = { .count = 0 };
	const char *is_line, *wanted_line;
	const struct step *last = &scenario->step[scenario->count - 1];
	bool is_good = take_in_order(scenario, city, &chance, clock_ms) && read_city(scenario, last, city, &lines);
	if (is_good && lines_differ(&lines, wanted, &is_line, &wanted_line))
		is_good = scenario_fail(scenario, last->line, "another order (HOTLINE_SEED=%llu) ends otherwise: wanted %s, is %s", (unsigned long long)seed,
			wanted_line ? wanted_line : "no such line", is_line ? is_line : "no such line");
	lines_done(&lines);
	city_free(city);
	return is_good;
}

static bool run(const char *path)
{
	struct scenario scenario;
	struct lines wanted = { .count = 0 };
	int64_t clock_ms = 0;
	const char *alone = getenv("HOTLINE_SEED");
	bool is_good = scenario_read(&scenario, path) && run_as_told(&scenario, &wanted, &clock_ms);
	for (uint64_t seed = 1; is_good && !alone && seed <= ORDERS; seed++)
		is_good = run_otherwise(&scenario, seed, &wanted, clock_ms);
	if (is_good && alone)
		is_good = run_otherwise(&scenario, strtoull(alone, NULL, 10), &wanted, clock_ms);
	lines_done(&wanted);
	scenario_done(&scenario);
	return is_good;
}

static const char *base_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

static bool is_named(const char *name, char **file, int count)
{
	for (int i = 0; i < count; i++)
		if (!strcmp(base_of(file[i]), name))
			return true;
	return false;
}

static bool check_listed(char **file, int count)
{
	char dir[4096];
	bool is_good = true;
	snprintf(dir, sizeof dir, "%.*s", (int)(base_of(file[0]) - file[0]), file[0]);
	DIR *open = opendir(*dir ? dir : ".");
	for (struct dirent *entry; open && (entry = readdir(open));) {
		size_t size = strlen(entry->d_name);
		if (size < 5 || strcmp(entry->d_name + size - 5, ".case") != 0 || is_named(entry->d_name, file, count))
			continue;
		fprintf(stderr, "%s%s: is not run: configure the build again\n", dir, entry->d_name);
		is_good = false;
	}
	if (open)
		closedir(open);
	return open && is_good;
}

// A rule's scenarios are called after it: overdue.case, overdue-extended.case.
static bool check_rules(char **file, int count)
{
	bool is_good = true;
	for (uint32_t i = 0; i < rule_count; i++) {
		size_t size = strlen(rules[i]->id);
		bool is_there = false;
		for (int k = 0; k < count; k++) {
			const char *name = base_of(file[k]);
			is_there |= !strncmp(name, rules[i]->id, size) && (name[size] == '-' || name[size] == '.');
		}
		if (!is_there) {
			fprintf(stderr, "rule %s has no scenario %s-WHAT.case\n", rules[i]->id, rules[i]->id);
			is_good = false;
		}
	}
	return is_good;
}

static void note_counters(const struct scenario *scenario, bool seen[COUNTER_COUNT])
{
	for (size_t i = 0; i < scenario->count; i++) {
		char name[64], value[32];
		enum counter counter;
		if (scenario->step[i].kind == STEP_EXPECT && sscanf(scenario->step[i].text, "counter %*s %*s %63s %31s", name, value) == 2 && strcmp(value, "0") != 0 &&
		    counter_of(text_of(name), &counter))
			seen[counter] = true;
	}
}

static bool check_counters(char **file, int count)
{
	bool seen[COUNTER_COUNT] = { false }, is_good = true;
	for (int i = 0; i < count; i++) {
		struct scenario scenario;
		if (scenario_read(&scenario, file[i]))
			note_counters(&scenario, seen);
		scenario_done(&scenario);
	}
	for (unsigned i = 0; i < COUNTER_COUNT; i++)
		if (!seen[i]) {
			fprintf(stderr, "counter %s: no scenario expects it\n", counter_name((enum counter)i));
			is_good = false;
		}
	return is_good;
}

static bool check_complete(char **file, int count)
{
	bool is_listed = check_listed(file, count), has_rules = check_rules(file, count), has_counters = check_counters(file, count);
	return is_listed && has_rules && has_counters;
}

int main(int argc, char **argv)
{
	bool is_good = true;
	if (argc < 2 || (argc == 2 && argv[1][0] == '-')) {
		fprintf(stderr, "usage: run_cases [--complete] FILE...\n");
		return 2;
	}
	if (!strcmp(argv[1], "--complete"))
		return check_complete(argv + 2, argc - 2) ? 0 : 1;
	for (int i = 1; i < argc; i++)
		is_good &= run(argv[i]);
	return is_good ? 0 : 1;
}
