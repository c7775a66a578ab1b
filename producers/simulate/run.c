#include "run.h"

#include "civil.h"
#include "clock.h"

enum { WAIT_MS = 100 };

struct stream_plan simulation_plan(const struct simulate_options *options, int32_t zone_ms, int64_t now_ms)
{
	int32_t today = civil_day_of(now_ms, zone_ms);
	bool is_live = options->live_rate > 0;
	return (struct stream_plan){
		.from_day = options->from_day >= 0 ? options->from_day : today - (int32_t)options->day_count,
		.day_count = options->day_count,
		.ticket_count = options->ticket_count,
		.live_rate = options->live_rate,
		.live_from_ms = now_ms,
		.horizon_ms = is_live ? INT64_MAX : now_ms,
		.shape = { .direct_e4 = options->direct_e4, .people = life_people(options->ticket_count, options->day_count) },
	};
}

// Waits until the event has happened.
static void wait_for(const struct simulation *simulation, int64_t at_ms)
{
	int64_t left_ms;
	while ((left_ms = at_ms - clock_wall_ms()) > 0 && !*simulation->is_asked_to_stop)
		event_output_poll(simulation->output, (int)(left_ms < WAIT_MS ? left_ms : WAIT_MS));
}

static enum status give(struct simulation *simulation, struct text ticket_id, const struct event *event, struct error *error)
{
	struct event_record record;
	enum status status = event_output_encode(simulation->output, ticket_id, event, simulation->city.names, &simulation->encoding, &record, error);
	if (status == OK)
		status = disorder_put(simulation->disorder, &record, error);
	simulation->event_count++;
	simulation->ticket_count += event->type == EVENT_RECEIVED && event->valid != ANSWER_NO;
	simulation->newest_at_ms = event->at_ms;
	return status;
}

static enum status stopped(struct error *error)
{
	return error_set(error, RETRY, "stopped", "stopped as asked; no clock marks were sent");
}

static enum status give_all(struct simulation *simulation, struct error *error)
{
	struct text ticket_id;
	struct event event;
	while (stream_next(simulation->stream, &ticket_id, &event)) {
		if (simulation->plan.live_rate > 0)
			wait_for(simulation, event.at_ms);
		if (*simulation->is_asked_to_stop)
			return stopped(error);
		enum status status = give(simulation, ticket_id, &event, error);
		if (status != OK)
			return status;
	}
	return disorder_flush(simulation->disorder, error);
}

enum status simulation_run(struct simulation *simulation, struct error *error)
{
	enum status status = give_all(simulation, error);
	if (status == OK && simulation->options->has_marks && simulation->newest_at_ms)
		status = event_output_put_marks(simulation->output, simulation->newest_at_ms, &simulation->mark_count, error);
	if (status == FATAL)
		return status;
	enum status finished = event_output_finish(simulation->output, simulation->is_asked_to_stop, status == OK ? error : NULL);
	return status == OK ? finished : status;
}
