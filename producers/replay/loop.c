#include "loop.h"

#include "clock.h"

enum { LOOK_EVERY = 256, WAIT_MS = 100 };

// The clock is read once in so many events.
static void look_up(struct replay *replay, int64_t *now_ms)
{
	int64_t monotonic_ms = clock_monotonic_ms();
	*now_ms = clock_wall_ms();
	if (progress_is_due(&replay->progress, monotonic_ms))
		progress_draw(&replay->progress, reader_progress(replay->reader), replay->summary.sent_count, monotonic_ms);
}

// Waits until it is the event's turn. The first event is now; an event older than the one before does not wait.
static void keep_pace(struct replay *replay, int64_t at_ms)
{
	if (replay->options->speed == 0)
		return;
	if (!replay->started_ms) {
		replay->started_ms = clock_monotonic_ms();
		replay->first_at_ms = at_ms;
	}
	int64_t turn_ms = replay->started_ms + (int64_t)((double)(at_ms - replay->first_at_ms) / replay->options->speed);
	int64_t left_ms;
	while ((left_ms = turn_ms - clock_monotonic_ms()) > 0 && !*replay->is_asked_to_stop) {
		event_output_poll(replay->output, (int)(left_ms < WAIT_MS ? left_ms : WAIT_MS));
		int64_t now_ms;
		look_up(replay, &now_ms);
	}
}

static enum status put(struct replay *replay, const struct event_record *record, struct error *error)
{
	keep_pace(replay, record->at_ms);
	return event_output_put(replay->output, record, error);
}

static void skip(struct replay *replay, const struct error *error)
{
	progress_clear(&replay->progress);
	summary_skip(&replay->summary, reader_file(replay->reader), reader_line(replay->reader), error, stderr);
}

// One event from the reader to where it goes. REJECT when it was bad.
static enum status take_event(struct replay *replay, int64_t now_ms, bool *ret_is_end, struct error *error)
{
	struct text ticket_id;
	struct event event;
	struct event_record record;
	enum status status = reader_next(replay->reader, &ticket_id, &event, ret_is_end, error);
	if (status != OK || *ret_is_end)
		return status;
	status = event_output_encode(replay->output, ticket_id, &event, replay->names, &replay->encoding, &record, error);
	if (status == OK && replay->shuffle)
		shuffle_add(replay->shuffle, &record);
	else if (status == OK)
		status = put(replay, &record, error);
	if (status == OK)
		summary_add(&replay->summary, &event, now_ms);
	return status;
}

static enum status stopped(struct error *error)
{
	return error_set(error, RETRY, "stopped", "stopped as asked; no clock marks were sent");
}

static enum status take_all(struct replay *replay, struct error *error)
{
	bool is_end = false;
	int64_t now_ms = 0;
	for (uint64_t i = 0; !is_end; i++) {
		if (*replay->is_asked_to_stop)
			return stopped(error);
		if (i % LOOK_EVERY == 0 || replay->options->speed > 0)
			look_up(replay, &now_ms);
		enum status status = take_event(replay, now_ms, &is_end, error);
		if (status == REJECT)
			skip(replay, error);
		else if (status != OK)
			return status;
	}
	return OK;
}

static enum status put_shuffled(struct replay *replay, struct error *error)
{
	struct event_record record;
	shuffle_mix(replay->shuffle, replay->options->seed);
	while (shuffle_take(replay->shuffle, &record)) {
		if (*replay->is_asked_to_stop)
			return stopped(error);
		enum status status = put(replay, &record, error);
		if (status != OK)
			return status;
	}
	return OK;
}

static enum status put_marks(struct replay *replay, struct error *error)
{
	int64_t clock_ms = replay->summary.newest_at_ms > replay->options->clock_to_ms ? replay->summary.newest_at_ms : replay->options->clock_to_ms;
	if (!replay->options->has_marks || !clock_ms)
		return OK;
	replay->mark_ms = clock_ms;
	return event_output_put_marks(replay->output, clock_ms, &replay->mark_count, error);
}

enum status replay_run(struct replay *replay, struct error *error)
{
	enum status status = take_all(replay, error);
	if (status == OK && replay->shuffle)
		status = put_shuffled(replay, error);
	if (status == OK)
		status = put_marks(replay, error);
	enum status finished = status == FATAL ? OK : event_output_finish(replay->output, replay->is_asked_to_stop, status == OK ? error : NULL);
	progress_clear(&replay->progress);
	return status == OK ? finished : status;
}
