// What the loop does with Kafka's side: partitions that come and go, change messages, going back.
#include <inttypes.h>
#include <stdlib.h>

#include "clock.h"
#include "kafka_offsets.h"
#include "log.h"
#include "loop_parts.h"
#include "memory.h"

enum {
	ASK_TIMEOUT_MS = 1500,
	TAKE_MESSAGES = 256,
	TURN_MESSAGES_MAX = 20000,  // then Redis gets its turn
	TURN_ALERTS_MAX = 4096,
	PAUSE_AFTER_MS = 500,       // a batch that is full for longer pauses Kafka, which must be polled all the time
};

static enum status find_starts(struct loop *loop, int64_t *ret_offset, struct error *error)
{
	int64_t since_ms = clock_wall_ms() - loop->config->settle_ms;
	return kafka_offsets_at(&loop->config->kafka, loop->config->changes_topic, since_ms, ASK_TIMEOUT_MS, ret_offset, loop->partition_count, error);
}

// Not behind what is committed, which may be older than settle after a long rest.
static int64_t start_at(int64_t by_time, int64_t committed)
{
	return committed < 0 ? KAFKA_OFFSET_EARLIEST : by_time < committed ? by_time : committed;
}

static enum status take_stamp(void *self, const struct kafka_message *message, struct error *error)
{
	struct loop *loop = self;
	int64_t stamped_us = (message->timestamp_ms + 1) * 1000;
	(void)error;
	if (stamped_us > loop->stamped_us)
		loop->stamped_us = stamped_us;
	return OK;
}

// Counters that were published by a wall clock ahead of ours, before it was put back or by another machine, whose revisions Redis may have lost: readers would
// take what we publish for older. Their records are stamped by their revisions, so they are those that are newer than now, and mostly there are none.
static enum status look_at_stamps(struct loop *loop, struct error *error)
{
	return kafka_read_since(&loop->config->kafka, loop->config->counters_topic, clock_wall_ms(), NULL, ASK_TIMEOUT_MS, take_stamp, loop, error);
}

void loop_drop_reading(struct loop *loop)
{
	if (!loop->reading)
		return;
	kafka_reading_free(loop->reading);
	loop->reading = NULL;
	beliefs_clear(&loop->beliefs);
}

static enum status now_ours(struct loop *loop, struct error *error)
{
	loop->must_read_back = true;
	loop->read_back_at_ms = 0;
	loop->late_look_ms = NEVER_MS;
	kafka_marks_done(&loop->alert_marks);
	loop_drop_reading(loop);
	return look_at_stamps(loop, error);
}

static enum status find_bounds(struct loop *loop, int32_t partition, int64_t *ret_low, struct error *error)
{
	return kafka_watermarks(loop->consumer, 0, partition, ASK_TIMEOUT_MS, ret_low, &loop->partition[partition].again_before, error);
}

static enum status assign(void *self, struct kafka_partition *partition, size_t count, struct error *error)
{
	struct loop *loop = self;
	int64_t *start = memory_new((size_t)loop->partition_count * sizeof *start);
	enum status status = count ? find_starts(loop, start, error) : OK;
	for (size_t i = 0; i < count && status == OK; i++) {
		struct kafka_partition *p = &partition[i];
		if (p->partition >= loop->partition_count) {
			status = error_set(error, FATAL, "partitions_changed", "the topic %s has more partitions than at the start; start again", loop->config->changes_topic);
			break;
		}
		p->offset = start_at(start[p->partition], p->committed);
		loop->partition[p->partition] = (struct loop_partition){ .is_ours = true, .committed = p->committed };
		int64_t low;
		if ((status = find_bounds(loop, p->partition, &low, error)) != OK)
			break;
		log_info("partition taken over", "topic=%s partition=%" PRId32 " from=%" PRId64 " committed=%" PRId64, loop->config->changes_topic, p->partition, p->offset, p->committed);
	}
	free(start);
	if (status == OK && count)
		status = now_ours(loop, error);
	for (int32_t i = 0; i < loop->partition_count && status != OK; i++)
		loop->partition[i].is_ours = false;
	loop->is_assigned = status == OK;
	return status;
}

// Passes that are under way go on: what they write is a sum, whoever writes it. Only the offsets are somebody else's now.
static void revoke(void *self, const struct kafka_partition *partition, size_t count, bool is_lost)
{
	struct loop *loop = self;
	loop->is_assigned = false;
	for (size_t i = 0; i < count; i++) {
		int32_t number = partition[i].partition;
		loop->partition[number] = (struct loop_partition){ .is_ours = false };
		batch_forget_partition(loop->collecting, number);
		batch_forget_partition(loop->running, number);
		log_info("partition given up", "topic=%s partition=%" PRId32 " lost=%s", loop->config->changes_topic, number, is_lost ? "yes" : "no");
	}
}

enum status loop_open_kafka(struct loop *loop, struct error *error)
{
	const struct loop_config *config = loop->config;
	const char *const topics[] = { config->changes_topic, NULL };
	const struct courier_topics outputs = { .alerts = config->alerts_topic, .counters = config->counters_topic, .dead_letters = config->dead_letters_topic,
		.changes = config->changes_topic };
	const struct kafka_owner owner = { assign, revoke, loop };
	enum status status = courier_open(&loop->courier, &config->kafka, &outputs, error);
	if (status != OK)
		return status;
	return kafka_consumer_open(&config->kafka, config->group, config->instance_id, topics, &owner, &loop->consumer, error);
}

static void take_message(struct loop *loop, struct kafka_message *message, struct wire_arena *arena)
{
	struct error error;
	struct batch *batch = loop->collecting;
	bool is_again = message->offset < loop->partition[message->partition].again_before;
	loop->partition[message->partition].is_at_end = false;
	if (batch_take(batch, message->value, is_again, loop->config->names, arena, &error) == REJECT) {
		static struct log_limit limit;
		log_limited(&limit, LOG_LEVEL_WARN, "a bad message goes to the dead letters", "topic=%s partition=%" PRId32 " offset=%" PRId64 " reason=%s error=%s",
			loop->config->changes_topic, message->partition, message->offset, error.reason, error.text);
		outgoing_add_dead_letter(&batch->letters, message->key, message->value, error.reason, message->partition, message->offset);
		metric_add(loop->gauges.rejected, 1);
	}
	batch_reach(batch, message->partition, message->offset + 1);
	metric_add(loop->gauges.changes, 1);
	kafka_message_done(message);
}

static void take_more(struct loop *loop, struct wire_arena *arena)
{
	struct kafka_message message[TAKE_MESSAGES];
	size_t count, taken = 0;
	while (!batch_is_full(loop->collecting) && taken < TURN_MESSAGES_MAX && (count = kafka_poll_batch(loop->consumer, message, TAKE_MESSAGES))) {
		for (size_t i = 0; i < count; i++)
			take_message(loop, &message[i], arena);
		taken += count;
	}
}

static void pause_all(struct loop *loop, bool is_paused)
{
	for (int32_t i = 0; i < loop->partition_count; i++)
		if (loop->partition[i].is_ours)
			kafka_pause(loop->consumer, 0, i, is_paused);
	loop->is_paused = is_paused;
}

// Whether messages may be taken in this turn. Kafka has to be polled even while they may not, so that it sees us live.
static bool make_room(struct loop *loop)
{
	if (!batch_is_full(loop->collecting)) {
		loop->full_since_ms = 0;
		if (loop->is_paused)
			pause_all(loop, false);
		return true;
	}
	if (!loop->full_since_ms)
		loop->full_since_ms = loop->now_ms;
	if (!loop->is_paused && loop->now_ms - loop->full_since_ms < PAUSE_AFTER_MS)
		return false;
	pause_all(loop, true);  // also what was assigned since
	return true;
}

enum status loop_take_changes(struct loop *loop, struct error *error)
{
	static struct log_limit limit;
	struct wire_arena *arena = &loop->arena;
	for (int turns = 0; make_room(loop) && turns < TURN_MESSAGES_MAX; turns++) {
		struct kafka_message message;
		enum kafka_event event;
		int32_t partition;
		uint32_t topic;
		int64_t offset;
		struct error problem = { 0 };
		enum status status = kafka_poll(loop->consumer, 0, &message, &event, &partition, &topic, &offset, &problem);
		if (status == FATAL) {
			*error = problem;
			return FATAL;
		}
		if (event == KAFKA_MESSAGE) {
			take_message(loop, &message, arena);
			take_more(loop, arena);
		} else if (event == KAFKA_END) {
			loop->partition[partition].is_at_end = true;
		} else if (status != OK || event == KAFKA_PROBLEM) {
			log_limited(&limit, LOG_LEVEL_WARN, "Kafka has a problem", "reason=%s error=%s", problem.reason, problem.text);
			return OK;
		} else {
			return OK;
		}
	}
	return OK;
}

bool loop_owns(const struct loop *loop)
{
	for (int32_t i = 0; i < loop->partition_count; i++)
		if (loop->partition[i].is_ours)
			return true;
	return false;
}

bool loop_is_at_end(const struct loop *loop)
{
	for (int32_t i = 0; i < loop->partition_count; i++)
		if (loop->partition[i].is_ours && !loop->partition[i].is_at_end)
			return false;
	return true;
}

static enum status seek(struct loop *loop, int32_t partition, int64_t by_time, struct error *error)
{
	int64_t low, offset = start_at(by_time, loop->partition[partition].committed);
	enum status status = find_bounds(loop, partition, &low, error);
	if (status == OK)
		status = kafka_seek(loop->consumer, 0, partition, offset < low ? low : offset, error);
	loop->partition[partition].is_at_end = false;
	batch_forget_partition(loop->collecting, partition);
	return status;
}

// Totals and partials may have lost different seconds, so what was summed of late is summed again.
enum status loop_go_back(struct loop *loop, struct error *error)
{
	int64_t *start = memory_new((size_t)loop->partition_count * sizeof *start);
	enum status status = loop_owns(loop) ? find_starts(loop, start, error) : OK;
	for (int32_t i = 0; i < loop->partition_count && status == OK; i++)
		if (loop->partition[i].is_ours)
			status = seek(loop, i, start[i], error);
	free(start);
	return status == OK && loop_owns(loop) ? now_ours(loop, error) : status;
}

static enum status begin_reading(struct loop *loop, struct error *error)
{
	int64_t since_ms = clock_wall_ms() - loop->config->settle_ms;
	beliefs_clear(&loop->beliefs);
	return kafka_reading_new(&loop->config->kafka, loop->config->alerts_topic, since_ms, &loop->alert_marks, ASK_TIMEOUT_MS, &loop->reading, error);
}

enum status loop_read_back(struct loop *loop, bool *ret_is_done, struct error *error)
{
	*ret_is_done = false;
	enum status status = loop->reading ? OK : begin_reading(loop, error);
	if (status == OK)
		status = kafka_reading_take(loop->reading, TURN_ALERTS_MAX, beliefs_take, &loop->beliefs, ret_is_done, error);
	if (status != OK) {
		loop_drop_reading(loop);
	} else if (*ret_is_done) {
		kafka_reading_marks(loop->reading, &loop->alert_marks);
		kafka_reading_free(loop->reading);
		loop->reading = NULL;
		beliefs_settle(&loop->beliefs);
	}
	return status;
}

// What another instance had under way when it stood still, of a time that Redis has lost, may come to Kafka after the first look. Counters that are newer than
// all of ours by then have to be said again.
enum status loop_look_late(struct loop *loop, bool *ret_is_done, struct error *error)
{
	enum status status = loop_read_back(loop, ret_is_done, error);
	if (status != OK || !*ret_is_done)
		return status;
	int64_t known_us = loop->stamped_us, newest_ms = pass_newest_revision(loop->pass) / 1000;
	status = look_at_stamps(loop, error);
	bool is_ahead = loop->stamped_us > known_us && loop->stamped_us > (newest_ms + 1) * 1000;
	return status == OK && is_ahead ? loop_go_back(loop, error) : status;
}

// Everything up to there is summed and published. Never backwards: what is read again lies before it. While a shard lags behind a day that rules look at, what
// others have said of that day is judged by the lagging clock, and only memory knows that it must be judged once more: until then a new process has to be told again.
void loop_commit(struct loop *loop)
{
	bool is_waiting = loop->is_ahead || months_has_over(&loop->months, loop->clock_month);
	for (int32_t i = 0; i < loop->partition_count; i++) {
		struct loop_partition *partition = &loop->partition[i];
		int64_t next_offset = loop->running->next_offset[i];
		if (next_offset > partition->reached)
			partition->reached = next_offset;
		if (!partition->is_ours || is_waiting || partition->reached <= partition->committed)
			continue;
		kafka_commit(loop->consumer, 0, i, partition->reached);
		partition->committed = partition->reached;
	}
}
