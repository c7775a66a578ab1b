// main.c - hotline-replay: sends recorded events to Kafka, and clock marks behind them.
#include <signal.h>
#include <stdlib.h>

#include "clock.h"
#include "civil.h"
#include "json_memory.h"
#include "loop.h"
#include "options.h"
#include "replay_options.h"
#include "shipped.h"

enum { EXIT_FATAL = 1, BROKER_WAIT_MS = 15000 };

static volatile bool is_asked_to_stop;

static void ask_to_stop(int signal)
{
	(void)signal;
	is_asked_to_stop = true;
}

static enum status open_mapping(struct replay *replay, struct error *error)
{
	char path[SHIPPED_PATH_BYTES];
	if (!replay->options->mapping)
		return OK;
	enum status status = shipped_find("mappings", replay->options->mapping, path, error);
	return status == OK ? mapping_load(path, replay->options->zone_ms, &replay->mapping, error) : status;
}

static enum status open_output(struct replay *replay, struct error *error)
{
	const struct replay_options *options = replay->options;
	if (!options->is_dry_run && !options->is_check)
		return event_output_open_kafka(&options->kafka, &options->topics, BROKER_WAIT_MS, &replay->output, error);
	replay->output = event_output_open_lines(stdout, options->zone_ms);
	return OK;
}

static enum status replay_open(struct replay *replay, struct error *error)
{
	enum status status = open_mapping(replay, error);
	if (status == OK)
		status = open_output(replay, error);
	replay->names = names_new();
	replay->reader = reader_new(replay->options->file, replay->options->file_count, replay->mapping, replay->names);
	replay->shuffle = replay->options->is_shuffled ? shuffle_new() : NULL;
	replay->summary.list_max = replay->options->list_max;
	replay->progress = progress_start(stderr, !replay->options->is_quiet, clock_monotonic_ms());
	replay->is_asked_to_stop = &is_asked_to_stop;
	return status;
}

static void replay_close(struct replay *replay)
{
	event_output_close(replay->output);
	shuffle_free(replay->shuffle);
	reader_free(replay->reader);
	mapping_free(replay->mapping);
	names_free(replay->names);
}

static void report(const struct replay *replay, double seconds)
{
	const struct replay_options *options = replay->options;
	char mark[CIVIL_INSTANT_BYTES];
	if (options->is_json && !options->is_dry_run)
		summary_print_json(&replay->summary, seconds, options->zone_ms, stdout);
	if (options->is_quiet)
		return;
	summary_print(&replay->summary, seconds, options->zone_ms, stderr);
	if (!replay->mark_count)
		return;
	civil_format_instant(replay->mark_ms, options->zone_ms, mark);
	fprintf(stderr, "clock marks: %s to %u partitions\n", mark, replay->mark_count);
}

static int exit_code(enum status status, const struct error *error, const struct replay *replay)
{
	if (status != OK)
		fprintf(stderr, "hotline-replay: %s\n", error->text);
	if (status == RETRY && is_asked_to_stop)
		return EXIT_SUCCESS;
	if (status != OK)
		return options_exit_code(error);
	return replay->options->is_strict && replay->summary.skipped_count ? EXIT_FATAL : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	static struct replay replay;
	static struct replay_options options;
	struct error error = { 0 };
	json_memory_begin();
	int code = replay_options_read(argc, argv, &options);
	if (code >= 0)
		return code;
	signal(SIGINT, ask_to_stop);
	signal(SIGTERM, ask_to_stop);
	replay.options = &options;
	int64_t start_ms = clock_monotonic_ms();
	enum status status = replay_open(&replay, &error);
	if (status == OK && !options.is_check) {
		status = replay_run(&replay, &error);
		report(&replay, (double)(clock_monotonic_ms() - start_ms) / 1000);
	}
	code = exit_code(status, &error, &replay);
	replay_close(&replay);
	return code;
}
