// main.c - hotline-simulate: makes up a city and sends what happens there.
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "civil.h"
#include "clock.h"
#include "json_memory.h"
#include "run.h"
#include "truth.h"

enum { EXIT_FATAL = 1, BROKER_WAIT_MS = 15000 };

static volatile bool is_asked_to_stop;

static void ask_to_stop(int signal)
{
	(void)signal;
	is_asked_to_stop = true;
}

static enum status close_file(FILE *file, const char *path, struct error *error)
{
	bool is_good = !ferror(file);
	is_good = fclose(file) == 0 && is_good;
	return is_good ? OK : error_set(error, FATAL, "not_written", "%s: cannot be written", path);
}

static enum status open_file(const char *path, FILE **ret_file, struct error *error)
{
	*ret_file = fopen(path, "w");
	return *ret_file ? OK : error_set(error, FATAL, "not_written", "%s: %s", path, strerror(errno));
}

static enum status write_roster(const struct simulation *simulation, struct error *error)
{
	FILE *file;
	const char *path = simulation->options->roster_file;
	enum status status = path ? open_file(path, &file, error) : OK;
	if (!path || status != OK)
		return status;
	city_write_roster(&simulation->city, file);
	return close_file(file, path, error);
}

static enum status write_truth(const struct simulation *simulation, struct error *error)
{
	FILE *file;
	const char *path = simulation->options->truth_file;
	enum status status = path ? open_file(path, &file, error) : OK;
	if (!path || status != OK)
		return status;
	truth_write(&simulation->city, &simulation->plan, simulation->newest_at_ms, file);
	return close_file(file, path, error);
}

static enum status simulation_open(struct simulation *simulation, const struct simulate_options *options, struct error *error)
{
	simulation->options = options;
	simulation->is_asked_to_stop = &is_asked_to_stop;
	city_init(&simulation->city, options->seed, options->unit_count);
	int32_t zone_ms = simulation->city.policy.zone_ms;
	simulation->plan = simulation_plan(options, zone_ms, clock_wall_ms());
	simulation->stream = stream_new(&simulation->city, &simulation->plan);
	enum status status = write_roster(simulation, error);
	if (status == OK && options->is_to_stdout)
		simulation->output = event_output_open_lines(stdout, zone_ms);
	else if (status == OK)
		status = event_output_open_kafka(&options->kafka, &options->topics, BROKER_WAIT_MS, &simulation->output, error);
	simulation->disorder = disorder_new(options->seed, options->swap_e4, options->duplicate_e4, simulation->output);
	return status;
}

static void simulation_close(struct simulation *simulation)
{
	disorder_free(simulation->disorder);
	event_output_close(simulation->output);
	stream_free(simulation->stream);
	city_done(&simulation->city);
}

static void report(const struct simulation *simulation, double seconds)
{
	char newest[CIVIL_INSTANT_BYTES];
	if (simulation->options->is_quiet)
		return;
	civil_format_instant(simulation->newest_at_ms, simulation->city.policy.zone_ms, newest);
	fprintf(stderr, "sent %llu tickets, %llu events in %llu records up to %s in %.1f s; clock marks to %u partitions\n", (unsigned long long)simulation->ticket_count,
		(unsigned long long)simulation->event_count, (unsigned long long)disorder_count(simulation->disorder), newest, seconds, simulation->mark_count);
}

static int exit_code(enum status status, const struct error *error)
{
	if (status != OK)
		fprintf(stderr, "hotline-simulate: %s\n", error->text);
	return status == OK || (status == RETRY && is_asked_to_stop) ? EXIT_SUCCESS : EXIT_FATAL;
}

int main(int argc, char **argv)
{
	static struct simulation simulation;
	static struct simulate_options options;
	struct error error = { 0 };
	json_memory_begin();
	int code = simulate_options_read(argc, argv, &options);
	if (code >= 0 || options.is_check)
		return code >= 0 ? code : EXIT_SUCCESS;
	signal(SIGINT, ask_to_stop);
	signal(SIGTERM, ask_to_stop);
	int64_t start_ms = clock_monotonic_ms();
	enum status status = simulation_open(&simulation, &options, &error);
	if (status == OK) {
		status = simulation_run(&simulation, &error);
		report(&simulation, (double)(clock_monotonic_ms() - start_ms) / 1000);
	}
	if (status == OK)
		status = write_truth(&simulation, &error);
	code = exit_code(status, &error);
	simulation_close(&simulation);
	return code;
}
