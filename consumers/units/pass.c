#include "pass.h"

#include <assert.h>
#include <stdlib.h>

#include "memory.h"
#include "pass_parts.h"

struct pass *pass_new(const struct pass_setup *setup)
{
	struct pass *pass = memory_new(sizeof *pass);
	pass->setup = setup;
	return pass;
}

static void clear_dimensions(struct pass *pass)
{
	for (size_t i = 0; i < pass->dimension_count; i++)
		outgoing_done(&pass->dimension[i].new_alerts);
	pass->dimension_count = 0;
}

void pass_free(struct pass *pass)
{
	if (!pass)
		return;
	clear_dimensions(pass);
	free(pass->dimension);
	free(pass->stored);
	free(pass->raised);
	outgoing_done(&pass->outgoing);
	free(pass);
}

enum pass_end pass_end(const struct pass *pass)
{
	return pass->end;
}

const struct outgoing *pass_outgoing(const struct pass *pass)
{
	return &pass->outgoing;
}

int64_t pass_clock_ms(const struct pass *pass)
{
	return pass->clock_ms;
}

int64_t pass_newest_clock_ms(const struct pass *pass)
{
	return pass->newest_clock_ms;
}

bool pass_is_catching_up(const struct pass *pass)
{
	return pass->is_catching_up;
}

const struct pass_in_force *pass_in_force(const struct pass *pass)
{
	return &pass->in_force;
}

int64_t pass_newest_revision(const struct pass *pass)
{
	return pass->newest_revision;
}

size_t pass_alert_count(const struct pass *pass)
{
	return pass->raised_count;
}

struct text pass_name(const struct pass *pass, const struct dimension *dimension)
{
	return names_dimension(pass->setup->names, dimension->id);
}

// A month that is only judged again changes nothing in what derives from it.
uint32_t pass_derived_count(const struct pass *pass, const struct change *change)
{
	return change->days ? derived_count(names_kind(pass->setup->names, change->dimension)) : 1;
}

void pass_end_command(struct pass *pass)
{
	redis_end(pass->redis);
	pass->queued++;
}

void pass_queue(struct pass *pass, const char *verb)
{
	redis_begin(pass->redis, verb);
	pass_end_command(pass);
}

enum status pass_parse_integer(struct text text, int64_t *ret_number, struct error *error)
{
	char string[24], *end;
	if (!text.size || !text_copy(text, string, sizeof string))
		return error_set(error, FATAL, "broken_state", "a stored version or revision is no number");
	*ret_number = strtoll(string, &end, 10);
	return *end ? error_set(error, FATAL, "broken_state", "a stored version or revision is no number: \"%s\"", string) : OK;
}

// What has been queued is this phase.
static void enter(struct pass *pass, enum phase phase)
{
	pass->phase = phase;
	pass->replies_left = pass->queued;
	pass->queued = pass->replies_taken = 0;
}

static void group_dimensions(struct pass *pass)
{
	clear_dimensions(pass);
	for (size_t i = 0; i < pass->batch->count; i++) {
		name_id id = pass->batch->change[i].dimension;
		if (!pass->dimension_count || pass->dimension[pass->dimension_count - 1].id != id) {
			pass->dimension = memory_grow(pass->dimension, pass->dimension_count + 1, sizeof *pass->dimension, &pass->dimension_capacity);
			pass->dimension[pass->dimension_count++] = (struct dimension){ .id = id, .change_at = i };
		}
		pass->dimension[pass->dimension_count - 1].change_count++;
	}
}

static void begin_read(struct pass *pass)
{
	pass->clock_ms = pass->newest_clock_ms = 0;
	pass->is_catching_up = pass->is_other_policy = false;
	pass->in_force = (struct pass_in_force){ .since_ms = -1 };
	pass->change_at = pass->change_step = pass->dimension_at = 0;
	pass_queue_read(pass);
	enter(pass, PHASE_READ);
}

void pass_begin(struct pass *pass, struct redis *redis, struct batch *batch, int64_t now_us)
{
	pass->redis = redis;
	pass->batch = batch;
	// The wall clock may be put back, and Redis may lose the revision that it stored, both at once: what was published would be newer than what comes.
	pass->now_us = now_us > pass->newest_revision ? now_us : pass->newest_revision + 1;
	pass->end = PASS_RUNNING;
	pass->queued = 0;
	pass->stored_count = pass->raised_count = 0;
	outgoing_clear(&pass->outgoing);
	batch_sort(batch);
	group_dimensions(pass);
	if (!pass->dimension_count) {
		begin_read(pass);
		return;
	}
	pass_queue_guard(pass);
	enter(pass, PHASE_GUARD);
}

// MULTI, what was queued, and EXEC. An error in the middle of EXEC was not rolled back by Redis: somebody else wrote another type there.
static enum status take_transaction(struct pass *pass, const struct redisReply *reply, enum pass_end ended, struct error *error)
{
	bool is_exec = !pass->replies_left && pass->replies_taken > 1;  // a reply that is alone is UNWATCH's
	enum status status = redis_check_type(reply, is_exec ? REPLY_IS_EXEC : REPLY_IS_DONE, "a transaction of running counters", error);
	if (status != OK || pass->replies_left)
		return status;
	for (size_t i = 0; i < reply_count(reply) && status == OK; i++)
		status = redis_check(reply_at(reply, i), "a write of running counters", error);
	if (status == OK)
		pass->end = reply_type(reply) == REPLY_NIL ? PASS_CONFLICT : ended;
	return status;
}

static bool has_outbox(const struct dimension *dimension)
{
	return dimension->outbox_count > 0;
}

static void queue_trim_guard(struct pass *pass, const struct dimension *dimension)
{
	char key[KEY_BYTES_MAX];
	key_dimension_state(pass_name(pass, dimension), key);
	redis_begin(pass->redis, "WATCH");
	redis_argument_string(pass->redis, key);
	pass_end_command(pass);
	redis_begin(pass->redis, "HGET");
	redis_argument_string(pass->redis, key);
	redis_argument_string(pass->redis, "version");
	pass_end_command(pass);
}

void pass_trim(struct pass *pass)
{
	assert(pass->end == PASS_WRITTEN);
	pass->end = PASS_RUNNING;
	for (size_t i = 0; i < pass->dimension_count; i++)
		if (has_outbox(&pass->dimension[i]))
			queue_trim_guard(pass, &pass->dimension[i]);
	enter(pass, PHASE_TRIM_GUARD);
	if (!pass->replies_left)
		pass->end = PASS_TRIMMED;
}

static struct dimension *outbox_at(struct pass *pass, size_t index)
{
	struct dimension *dimension = pass->dimension;
	for (;; dimension++)
		if (has_outbox(dimension) && !index--)
			return dimension;
}

static void queue_trim(struct pass *pass, struct dimension *dimension)
{
	char key[KEY_BYTES_MAX];
	key_dimension_outbox(pass_name(pass, dimension), key);
	redis_begin(pass->redis, "LTRIM");
	redis_argument_string(pass->redis, key);
	redis_argument_integer(pass->redis, dimension->outbox_count);
	redis_argument_integer(pass->redis, -1);
	pass_end_command(pass);
	key_dimension_state(pass_name(pass, dimension), key);
	redis_begin(pass->redis, "HSET");
	redis_argument_string(pass->redis, key);
	redis_argument_string(pass->redis, "version");
	redis_argument_integer(pass->redis, dimension->version + 1);
	pass_end_command(pass);
}

// What another instance has in hand it publishes and trims itself.
static void begin_trim(struct pass *pass)
{
	size_t left = 0;
	for (size_t i = 0; i < pass->dimension_count; i++) {
		struct dimension *dimension = &pass->dimension[i];
		if (dimension->has_moved)
			dimension->outbox_count = 0;
		left += has_outbox(dimension);
	}
	pass_queue(pass, left ? "MULTI" : "UNWATCH");
	for (size_t i = 0; i < pass->dimension_count && left; i++)
		if (has_outbox(&pass->dimension[i]))
			queue_trim(pass, &pass->dimension[i]);
	if (left)
		pass_queue(pass, "EXEC");
	enter(pass, PHASE_TRIM);
}

static enum status take_trim_guard(struct pass *pass, const struct redisReply *reply, struct error *error)
{
	size_t at = pass->replies_taken - 1;
	enum status status = redis_check_type(reply, at % 2 ? REPLY_IS_VALUE : REPLY_IS_DONE, "the version of a dimension", error);
	if (status != OK || at % 2 == 0)
		return status;
	int64_t version = -1;
	struct dimension *dimension = outbox_at(pass, at / 2);
	if (reply_type(reply) != REPLY_NIL)
		status = pass_parse_integer(reply_text(reply), &version, error);
	dimension->has_moved = version != dimension->version;
	return status;
}

static enum status take_trim(struct pass *pass, const struct redisReply *reply, struct error *error)
{
	enum status status = take_transaction(pass, reply, PASS_TRIMMED, error);
	if (pass->end == PASS_CONFLICT)  // moved just now
		pass->end = PASS_TRIMMED;
	return status;
}

static enum status take(struct pass *pass, const struct redisReply *reply, struct error *error)
{
	switch (pass->phase) {
	case PHASE_GUARD: return pass_take_guard(pass, reply, error);
	case PHASE_READ: return pass_take_read(pass, reply, error);
	case PHASE_WRITE: return take_transaction(pass, reply, PASS_WRITTEN, error);
	case PHASE_TRIM_GUARD: return take_trim_guard(pass, reply, error);
	case PHASE_TRIM: return take_trim(pass, reply, error);
	case PHASE_IDLE: break;
	}
	assert(false && "a reply that nobody asked for");
	return FATAL;
}

static void go_on(struct pass *pass)
{
	if (pass->phase == PHASE_GUARD) {
		begin_read(pass);
	} else if (pass->phase == PHASE_READ) {
		if (!pass->queued)  // the batch was empty, or is to be judged by another policy
			pass->end = pass->is_other_policy ? PASS_OTHER_POLICY : PASS_WRITTEN;
		enter(pass, PHASE_WRITE);
	} else if (pass->phase == PHASE_TRIM_GUARD) {
		begin_trim(pass);
	}
}

enum status pass_take(struct pass *pass, const struct redisReply *reply, struct error *error)
{
	assert(pass->replies_left);
	pass->replies_left--;
	pass->replies_taken++;
	enum status status = take(pass, reply, error);
	if (status == OK && !pass->replies_left)
		go_on(pass);
	return status;
}

void pass_leave_over(const struct pass *pass, struct batch *batch)
{
	for (size_t i = 0; i < pass->dimension_count; i++)
		if (pass->dimension[i].is_cut)
			batch_add(batch, (struct change){ .dimension = pass->dimension[i].id, .month = pass->batch->change[pass->dimension[i].change_at].month });
}
