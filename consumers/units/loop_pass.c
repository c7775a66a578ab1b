// What the loop does with Redis' side: connections that come and go, passes, what follows a pass.
#include <inttypes.h>
#include <string.h>

#include "civil.h"
#include "clock.h"
#include "log.h"
#include "loop_parts.h"
#include "month_end.h"

// Half of it by chance, so that instances do not come back all at once.
static void back_off(struct loop *loop)
{
	loop->backoff_ms = !loop->backoff_ms ? LOOP_BACKOFF_MS : loop->backoff_ms * 2 > LOOP_BACKOFF_MAX_MS ? LOOP_BACKOFF_MAX_MS : loop->backoff_ms * 2;
	loop->retry_at_ms = loop->now_ms + loop->backoff_ms / 2 + (int64_t)(clock_random_id() % (uint64_t)(loop->backoff_ms / 2 + 1));
}

// The outcome of what was under way is unknown, so it is summed again. Its dead letters and beliefs come again from Kafka, with its messages.
static void keep_changes(struct loop *loop)
{
	for (size_t i = 0; i < loop->running->count; i++)
		batch_add(loop->collecting, loop->running->change[i]);
	batch_clear(loop->running);
}

void loop_lose_redis(struct loop *loop, const struct error *why)
{
	log_warn("Redis is away; this goes on when it is back", "reason=%s error=%s", why->reason, why->text);
	redis_close(loop->redis);
	loop->redis = NULL;
	loop->state = LOOP_AWAY;
	loop->has_passed = false;
	courier_drop(&loop->courier);
	keep_changes(loop);
	back_off(loop);
}

// Going back by settle comes with every connection but the first, which an assignment goes back for.
static enum status connect(struct loop *loop, struct error *error)
{
	enum status status = redis_open(loop->config->redis, &loop->redis, error);
	if (status == OK)
		status = loop_go_back(loop, error);
	if (status == OK) {
		log_info("connected to Redis", "redis=%s", redis_name(loop->redis));
		months_reopen(&loop->months);
		metric_add(loop->gauges.reconnects, 1);
		loop->state = LOOP_IDLE;
		loop->pass_at_ms = 0;
		return OK;
	}
	redis_close(loop->redis);
	loop->redis = NULL;
	if (status != RETRY)
		return FATAL;
	static struct log_limit limit;
	log_limited(&limit, LOG_LEVEL_WARN, "cannot go on yet", "reason=%s error=%s", error->reason, error->text);
	back_off(loop);
	return OK;
}

static bool is_ours(const void *self, struct text dimension)
{
	const struct loop *loop = self;
	return loop->partition[kafka_partition_of(dimension, loop->partition_count)].is_ours;
}

// What is to be done besides what the messages say.
static void add_own(struct loop *loop)
{
	beliefs_give(&loop->beliefs, loop->collecting, is_ours, loop);
	months_take_over(&loop->months, loop->clock_month, loop->collecting);
}

static bool has_own(const struct loop *loop)
{
	return beliefs_has_more(&loop->beliefs) || months_has_over(&loop->months, loop->clock_month);
}

bool loop_is_due(const struct loop *loop)
{
	int64_t since_ms = loop->now_ms - loop->pass_at_ms;
	if (batch_is_empty(loop->collecting) && !has_own(loop))
		return since_ms >= LOOP_LOOK_MS;
	bool is_behind = loop->is_catching_up || !loop_is_at_end(loop);
	return batch_is_full(loop->collecting) || since_ms >= (is_behind ? LOOP_PASS_BEHIND_MS : LOOP_PASS_LIVE_MS);
}

static void begin_pass(struct loop *loop)
{
	loop->pass_at_ms = loop->now_ms;
	loop->pass_at_us = clock_monotonic_us();
	loop->answer_by_ms = loop->now_ms + LOOP_REDIS_ANSWER_MS;
	loop->is_trimming = false;
	loop->state = LOOP_PASSING;
	int64_t now_us = clock_wall_us();
	pass_begin(loop->pass, loop->redis, loop->running, now_us > loop->stamped_us ? now_us : loop->stamped_us);
}

static void begin_collected(struct loop *loop)
{
	add_own(loop);
	if (!batch_is_empty(loop->collecting))
		metric_set(loop->gauges.settled_clock_ms, 0);
	struct batch *collected = loop->collecting;
	loop->collecting = loop->running;
	loop->running = collected;
	begin_pass(loop);
}

static void note_written(struct loop *loop)
{
	if (!batch_is_empty(loop->running))
		loop->backoff_ms = 0;
	loop->is_catching_up = pass_is_catching_up(loop->pass);
	int32_t day = civil_day_of(pass_clock_ms(loop->pass), loop->setup.policy->zone_ms);
	if (loop->clock_day && day > loop->clock_day && month_end_is_between(loop->setup.policy, loop->clock_day, day))
		months_look_again(&loop->months);
	loop->clock_day = day;
	loop->is_ahead = month_end_is_between(loop->setup.policy, day, civil_day_of(pass_newest_clock_ms(loop->pass), loop->setup.policy->zone_ms));
	loop->clock_month = civil_month_of_day(day);
	metric_set(loop->gauges.clock_ms, pass_clock_ms(loop->pass));
	metric_set(loop->gauges.policy_disputed, pass_in_force(loop->pass)->is_disputed);
	loop->has_passed = true;
	if (batch_is_empty(loop->running))
		return;
	metric_add(loop->gauges.passes, 1);
	metric_add(loop->gauges.months, loop->running->count);
	metric_add(loop->gauges.alerts, pass_alert_count(loop->pass));
	log_debug("pass written", "months=%zu messages=%zu alerts=%zu publishes=%zu", loop->running->count, loop->running->message_count, pass_alert_count(loop->pass),
		pass_outgoing(loop->pass)->count);
}

static void begin_sending(struct loop *loop)
{
	const struct outgoing *const loads[] = { pass_outgoing(loop->pass), &loop->running->letters };
	note_written(loop);
	courier_begin(&loop->courier, loads, sizeof loads / sizeof *loads, pass_newest_revision(loop->pass));
	loop->state = LOOP_SENDING;
}

static void begin_trim(struct loop *loop)
{
	metric_add(loop->gauges.published, loop->courier.sent_count - loop->published_told);
	loop->published_told = loop->courier.sent_count;
	loop->answer_by_ms = loop->now_ms + LOOP_REDIS_ANSWER_MS;
	loop->is_trimming = true;
	loop->state = LOOP_PASSING;
	pass_trim(loop->pass);
}

// A month is also judged by the one before. After a crash the change is read again within settle, and so is this.
static void judge_months_after(struct loop *loop, const struct batch *batch)
{
	for (size_t i = 0; i < batch->count; i++)
		if ((batch->change[i].days || batch->change[i].is_over) && batch->change[i].month < loop->clock_month)
			batch_add(loop->collecting, (struct change){ .dimension = batch->change[i].dimension, .month = batch->change[i].month + 1 });
}

static void finish_pass(struct loop *loop)
{
	struct batch *batch = loop->running;
	for (size_t i = 0; i < batch->count; i++)
		months_note(&loop->months, batch->change[i].dimension, batch->change[i].month, loop->clock_month);
	loop_commit(loop);
	judge_months_after(loop, batch);
	pass_leave_over(loop->pass, loop->collecting);
	if (batch_is_empty(batch) && batch_is_empty(loop->collecting) && !has_own(loop) && !(loop->must_read_back && loop_owns(loop)))
		metric_set(loop->gauges.settled_clock_ms, pass_clock_ms(loop->pass));
	if (!batch_is_empty(batch))
		metric_observe_us(loop->gauges.pass_time, clock_monotonic_us() - loop->pass_at_us);
	batch_clear(batch);
	loop->state = LOOP_IDLE;
}

// hotline-tickets puts policies in force; what it has put there is what months are judged by. A text that cannot be loaded is of a newer program: what was
// known before goes on until this one is replaced, too.
static enum status follow_policy(struct loop *loop, struct error *error)
{
	const struct pass_in_force *in_force = pass_in_force(loop->pass);
	const struct known_policy *known = NULL;
	const struct redisReply *reply;
	char key[KEY_BYTES_MAX];
	size_t size = key_policy(loop->setup.shard[in_force->shard].name, in_force->number, key);
	redis_command(loop->redis, 2, (const struct text[]){ TEXT("GET"), { key, (uint32_t)size } });
	enum status status = redis_wait(loop->redis, LOOP_REDIS_ANSWER_MS, &reply, error);
	if (status == OK)
		status = redis_check_type(reply, REPLY_IS_VALUE, key, error);
	if (status == RETRY) {
		loop_lose_redis(loop, error);
		return OK;
	}
	if (status != OK)
		return status;
	if (reply_type(reply) != REPLY_STRING)
		status = error_set(error, FATAL, "broken_state", "%s is not there", key);
	else
		status = policies_load_text(loop->config->policies, reply_text(reply), key, &known, error);
	if (status != OK || strcmp(known->policy.edition, in_force->edition) != 0) {
		log_warn("the policy in force cannot be loaded; months are judged by the one before", "policy=%s error=%s", in_force->edition,
			status == OK ? "the text in Redis is another one" : error->text);
		memcpy(loop->setup.unknown_edition, in_force->edition, sizeof loop->setup.unknown_edition);
	} else {
		log_info("months are judged by the policy in force", "policy=%s since_ms=%" PRId64, known->policy.edition, in_force->since_ms);
		loop->setup.policy = &known->policy;
	}
	begin_pass(loop);
	return OK;
}

static enum status follow_pass(struct loop *loop, struct error *error)
{
	switch (pass_end(loop->pass)) {
	case PASS_RUNNING: break;
	case PASS_CONFLICT:
		metric_add(loop->gauges.conflicts, 1);
		begin_pass(loop);
		break;
	case PASS_OTHER_POLICY: return follow_policy(loop, error);
	case PASS_WRITTEN: begin_sending(loop); break;
	case PASS_TRIMMED: finish_pass(loop); break;
	}
	return OK;
}

// Not before all has come to Kafka that this process sent of what was lost.
static bool wants_read_back(const struct loop *loop)
{
	return loop_owns(loop) && courier_is_empty(&loop->courier) &&
		(loop->must_read_back ? loop->now_ms >= loop->read_back_at_ms : loop->now_ms >= loop->late_look_ms && !beliefs_has_more(&loop->beliefs));
}

// Kafka is asked in the middle of the loop, so a broker that is away holds it up for a moment; messages are not lost by that. What comes is taken a piece a turn.
static void read_back(struct loop *loop)
{
	struct error error;
	bool is_late = !loop->must_read_back, is_done;
	enum status status = is_late ? loop_look_late(loop, &is_done, &error) : loop_read_back(loop, &is_done, &error);
	if (status == OK && !is_done)
		return;
	if (status == OK) {
		loop->must_read_back &= is_late;  // a late look may have gone back, and then it is to be read anew
		loop->late_look_ms = is_late ? NEVER_MS : loop->now_ms + LOOP_LATE_LOOK_MS;
		return;
	}
	loop->read_back_at_ms = loop->late_look_ms = loop->now_ms + LOOP_BACKOFF_MAX_MS;
	static struct log_limit limit;
	log_limited(&limit, LOG_LEVEL_WARN, "the published alerts cannot be read back yet", "reason=%s error=%s", error.reason, error.text);
}

static enum status step_once(struct loop *loop, struct error *error)
{
	switch (loop->state) {
	case LOOP_AWAY: return loop->now_ms >= loop->retry_at_ms ? connect(loop, error) : OK;
	case LOOP_IDLE:
		if (loop_is_due(loop))
			begin_collected(loop);
		return OK;
	case LOOP_PASSING: return follow_pass(loop, error);
	case LOOP_SENDING: {
		enum status status = courier_step(&loop->courier, error);
		if (status == OK && courier_is_done(&loop->courier))
			begin_trim(loop);
		return status;
	}
	}
	return OK;
}

enum status loop_step(struct loop *loop, struct error *error)
{
	enum loop_state before;
	enum status status;
	if (loop->reading ? loop->state != LOOP_AWAY : loop->state == LOOP_IDLE && wants_read_back(loop))
		read_back(loop);
	do {
		before = loop->state;
		status = step_once(loop, error);
	} while (status == OK && loop->state != before);
	return status;
}

enum status loop_send(struct loop *loop, struct error *error)
{
	bool is_sent = true;
	enum status status = redis_flush(loop->redis, &is_sent, error);
	loop->is_unsent = !is_sent;
	return status;
}

enum status loop_take_replies(struct loop *loop, struct error *error)
{
	enum status status = loop_send(loop, error);
	while (status == OK) {
		const struct redisReply *reply;
		status = redis_receive(loop->redis, &reply, error);
		if (status != OK || !reply)
			break;
		loop->answer_by_ms = loop->now_ms + LOOP_REDIS_ANSWER_MS;
		status = pass_take(loop->pass, reply, error);
	}
	if (status == OK && loop->state == LOOP_PASSING && pass_end(loop->pass) == PASS_RUNNING && loop->now_ms > loop->answer_by_ms)
		status = error_set(error, RETRY, "redis_away", "Redis at %s has not answered for %d ms", redis_name(loop->redis), LOOP_REDIS_ANSWER_MS);
	return status;
}
