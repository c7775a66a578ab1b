// What a pass reads: the guard with states and outboxes, then heads, days and partials.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "civil.h"
#include "memory.h"
#include "pass_parts.h"

static void queue_watch(struct pass *pass)
{
	char key[KEY_BYTES_MAX];
	size_t size = 0;
	char *keys = memory_new(pass->dimension_count * KEY_BYTES_MAX);  // arguments live until the command ends
	redis_begin(pass->redis, "WATCH");
	for (size_t i = 0; i < pass->dimension_count; i++) {
		size_t key_size = key_dimension_state(pass_name(pass, &pass->dimension[i]), key);
		memcpy(keys + size, key, key_size);
		redis_argument(pass->redis, (struct text){ keys + size, (uint32_t)key_size });
		size += key_size;
	}
	pass_end_command(pass);
	free(keys);
}

static void queue_state(struct pass *pass, const struct dimension *dimension)
{
	char key[KEY_BYTES_MAX];
	key_dimension_state(pass_name(pass, dimension), key);
	redis_begin(pass->redis, "HGETALL");
	redis_argument_string(pass->redis, key);
	pass_end_command(pass);
	key_dimension_outbox(pass_name(pass, dimension), key);
	redis_begin(pass->redis, "LRANGE");
	redis_argument_string(pass->redis, key);
	redis_argument_integer(pass->redis, 0);
	redis_argument_integer(pass->redis, PASS_OUTBOX_MAX - 1);
	pass_end_command(pass);
}

void pass_queue_guard(struct pass *pass)
{
	queue_watch(pass);
	for (size_t i = 0; i < pass->dimension_count; i++)
		queue_state(pass, &pass->dimension[i]);
}

// Fields without a slash that we do not know are of a newer version.
static enum status take_state_field(struct pass *pass, struct dimension *dimension, struct text field, struct text value, struct error *error)
{
	if (text_equal(field, TEXT("version")))
		return pass_parse_integer(value, &dimension->version, error);
	if (text_equal(field, TEXT("revision")))
		return pass_parse_integer(value, &dimension->revision, error);
	if (!memchr(field.at, '/', field.size))
		return OK;
	pass->stored = memory_grow(pass->stored, pass->stored_count + 1, sizeof *pass->stored, &pass->stored_capacity);
	enum status status = judgement_parse(field, value, &pass->stored[pass->stored_count], error);
	if (status == OK) {
		pass->stored_count++;
		dimension->stored_count++;
	}
	return status;
}

static int64_t greater(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static enum status take_state(struct pass *pass, struct dimension *dimension, const struct redisReply *reply, struct error *error)
{
	enum status status = redis_check_type(reply, REPLY_IS_ARRAY, "the state of a dimension", error);
	dimension->stored_at = pass->stored_count;
	for (size_t i = 0; i + 1 < reply_count(reply) && status == OK; i += 2)
		status = take_state_field(pass, dimension, reply_text(reply_at(reply, i)), reply_text(reply_at(reply, i + 1)), error);
	dimension->version++;
	dimension->revision = greater(dimension->revision + 1, pass->now_us);
	for (size_t i = 0; i < pass->batch->belief_count; i++)
		if (pass->batch->belief[i].dimension == dimension->id)
			dimension->revision = greater(dimension->revision, pass->batch->belief[i].judgement.revision + 1);
	pass->newest_revision = greater(pass->newest_revision, dimension->revision);
	return status;
}

// What an earlier pass left there goes out first.
static enum status take_outbox(struct pass *pass, struct dimension *dimension, const struct redisReply *reply, struct error *error)
{
	struct wire_arena arena;
	struct wire_alert alert;
	enum status status = redis_check_type(reply, REPLY_IS_ARRAY, "the outbox of a dimension", error);
	for (size_t i = 0; i < reply_count(reply) && status == OK; i++) {
		struct text value = reply_text(reply_at(reply, i));
		arena.used = 0;
		status = wire_unpack_alert(value, &arena, &alert, error);
		if (status != OK)
			return error_set(error, FATAL, "broken_state", "an alert in the outbox of a dimension is broken");
		outgoing_add(&pass->outgoing, OUTGOING_ALERT, alert.id, value);
		dimension->outbox_count++;
	}
	dimension->is_cut = dimension->outbox_count == PASS_OUTBOX_MAX;
	return status;
}

enum status pass_take_guard(struct pass *pass, const struct redisReply *reply, struct error *error)
{
	size_t at = pass->replies_taken - 1;
	if (!at)
		return redis_check_type(reply, REPLY_IS_DONE, "WATCH", error);
	struct dimension *dimension = &pass->dimension[(at - 1) / 2];
	return at % 2 ? take_state(pass, dimension, reply, error) : take_outbox(pass, dimension, reply, error);
}

// Which days of the month it has, of all of them and not only of those that changed: see write_derived.
static void queue_days(struct pass *pass, struct text dimension, const struct change *change)
{
	char key[KEY_BYTES_MAX];
	key_days(dimension, change->month, key);
	redis_begin(pass->redis, "HKEYS");
	redis_argument_string(pass->redis, key);
	pass_end_command(pass);
}

static void queue_month(struct pass *pass, const struct change *change)
{
	struct text dimension = names_dimension(pass->setup->names, change->dimension);
	char name[DIMENSION_BYTES_MAX], key[KEY_BYTES_MAX];
	for (uint32_t derived = 1; derived < pass_derived_count(pass, change); derived++) {
		size_t size = derived_name(dimension, derived, name);
		queue_days(pass, (struct text){ name, (uint32_t)size }, change);
	}
	key_days(dimension, change->month - 1, key);
	redis_begin(pass->redis, "HGETALL");
	redis_argument_string(pass->redis, key);
	pass_end_command(pass);
	for (size_t i = 0; i < pass->setup->shard_count; i++) {
		key_partial(pass->setup->shard[i].name, dimension, change->month, key);
		redis_begin(pass->redis, "HGETALL");
		redis_argument_string(pass->redis, key);
		pass_end_command(pass);
	}
}

void pass_queue_read(struct pass *pass)
{
	char key[KEY_BYTES_MAX];
	for (size_t i = 0; i < pass->setup->shard_count; i++) {
		key_head(pass->setup->shard[i].name, key);
		redis_begin(pass->redis, "GET");
		redis_argument_string(pass->redis, key);
		pass_end_command(pass);
	}
	for (size_t i = 0; i < pass->batch->count; i++)
		queue_month(pass, &pass->batch->change[i]);
}

// Of two that were put in force in one instant the greater hash is it, so that everybody agrees.
static void note_policy(struct pass *pass, const struct pass_shard *shard, const struct head *head)
{
	struct pass_in_force *in_force = &pass->in_force;
	int order = strcmp(head->policy, in_force->edition);
	in_force->is_disputed |= order && *in_force->edition;
	if (head->policy_since_ms < in_force->since_ms || (head->policy_since_ms == in_force->since_ms && order <= 0))
		return;
	memcpy(in_force->edition, head->policy, sizeof in_force->edition);
	in_force->since_ms = head->policy_since_ms;
	in_force->number = head->edition;
	in_force->shard = (size_t)(shard - pass->setup->shard);
}

// After the last head.
static void compare_policy(struct pass *pass)
{
	const struct pass_setup *setup = pass->setup;
	const char *edition = pass->in_force.edition;
	pass->is_other_policy = setup->follows_heads && *edition && strcmp(edition, setup->policy->edition) != 0 && strcmp(edition, setup->unknown_edition) != 0;
}

static enum status take_head(struct pass *pass, const struct pass_shard *shard, const struct redisReply *reply, struct error *error)
{
	struct head head;
	enum status status = redis_check_type(reply, REPLY_IS_VALUE, "the head of a shard", error);
	if (status != OK || reply_type(reply) == REPLY_NIL)
		return status;
	status = head_parse(reply_text(reply), &head, error);
	if (status != OK)
		return status;
	if (head.partitions != shard->partitions)
		return error_set(error, FATAL, "partitions_changed", "the topic %s has %" PRId32 " partitions, but was counted with %" PRId32
			"; a topic's number of partitions is fixed when it is made: make a new topic and replay into it", head.topic, shard->partitions, head.partitions);
	note_policy(pass, shard, &head);
	pass->is_catching_up |= head.is_catching_up;
	if (head.clock_ms > 0 && (!pass->clock_ms || head.clock_ms < pass->clock_ms))
		pass->clock_ms = head.clock_ms;
	pass->newest_clock_ms = greater(pass->newest_clock_ms, head.clock_ms);
	return OK;
}

static enum status take_existing(struct pass *pass, uint32_t derived, const struct redisReply *reply, struct error *error)
{
	enum status status = redis_check_type(reply, REPLY_IS_ARRAY, "the days of a dimension", error);
	for (size_t i = 0; i < reply_count(reply) && status == OK; i++) {
		struct text field = reply_text(reply_at(reply, i));
		unsigned day = field.size == 2 ? (unsigned)((field.at[0] - '0') * 10 + (field.at[1] - '0')) - 1 : MONTH_DAYS_MAX;
		if (day < MONTH_DAYS_MAX)
			pass->existing[derived] |= UINT32_C(1) << day;
	}
	return status;
}

static enum status take_before(struct pass *pass, const struct change *change, const struct redisReply *reply, struct error *error)
{
	enum status status = redis_check_type(reply, REPLY_IS_ARRAY, "the days of the month before", error);
	int32_t count = civil_month_day_count(change->month - 1);
	for (size_t i = 0; i + 1 < reply_count(reply) && status == OK; i += 2) {
		struct text packed = reply_text(reply_at(reply, i + 1));
		int32_t day = day_of_field(reply_text(reply_at(reply, i)));
		if (day < 0 || day >= count || counters_unpack((const uint8_t *)packed.at, packed.size, &pass->before[day]) != packed.size)
			return error_set(error, FATAL, "broken_state", "the stored days of a dimension's month are broken");
	}
	return status;
}

static enum status take_partial(struct pass *pass, const struct redisReply *reply, struct error *error)
{
	enum status status = redis_check_type(reply, REPLY_IS_ARRAY, "partial counters", error);
	for (size_t i = 0; i + 1 < reply_count(reply) && status == OK; i += 2)
		status = totals_add(&pass->totals, reply_text(reply_at(reply, i)), reply_text(reply_at(reply, i + 1)), error);
	return status;
}

enum status pass_take_read(struct pass *pass, const struct redisReply *reply, struct error *error)
{
	size_t at = pass->replies_taken - 1;
	if (at < pass->setup->shard_count) {
		enum status status = take_head(pass, &pass->setup->shard[at], reply, error);
		if (at + 1 == pass->setup->shard_count)
			compare_policy(pass);
		return status;
	}
	if (pass->is_other_policy)
		return redis_check_type(reply, REPLY_IS_ARRAY, "partial counters", error);
	const struct change *change = &pass->batch->change[pass->change_at];
	uint32_t others = pass_derived_count(pass, change) - 1;
	if (!pass->change_step) {
		totals_clear(&pass->totals, change->month);
		memset(pass->existing, 0, sizeof pass->existing);
		memset(pass->before, 0, sizeof pass->before);
	}
	size_t step = pass->change_step++;
	if (step < others)
		return take_existing(pass, (uint32_t)step + 1, reply, error);
	if (step == others)
		return take_before(pass, change, reply, error);
	enum status status = take_partial(pass, reply, error);
	if (status == OK && pass->change_step == others + 1 + pass->setup->shard_count)
		status = pass_write_month(pass, error);
	return status;
}
