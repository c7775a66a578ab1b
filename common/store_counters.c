#include "store_counters.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "civil.h"

// The part of a month that lies in the range.
struct part {
	int32_t month;
	int first, last;  // days of the month, from 1
	bool is_whole;
};

static struct part part_of(int32_t month, int32_t from_day, int32_t to_day)
{
	int32_t start = civil_month_first_day(month), count = civil_month_day_count(month);
	struct part part = { .month = month, .first = 1, .last = count };
	if (from_day > start)
		part.first = from_day - start + 1;
	if (to_day < start + count - 1)
		part.last = to_day - start + 1;
	part.is_whole = part.first == 1 && part.last == count;
	return part;
}

static void ask(struct redis *redis, struct text dimension, const struct part *part)
{
	char key[KEY_BYTES_MAX];
	if (part->is_whole)
		key_month(dimension, part->month, key);
	else
		key_days(dimension, part->month, key);
	redis_begin(redis, part->is_whole ? "HGETALL" : "HMGET");
	redis_argument_string(redis, key);
	static const char digits[] = "0123456789";
	char name[32][2];
	for (int day = part->first; !part->is_whole && day <= part->last; day++) {
		memcpy(name[day], (const char[2]){ digits[day / 10], digits[day % 10] }, 2);
		redis_argument(redis, (struct text){ name[day], 2 });
	}
	redis_end(redis);
}

// A counter of a newer version that we do not know is passed over.
static enum status add_field(struct text name, struct text value, struct counters *sum, struct error *error)
{
	enum counter counter;
	char number[24], *end;
	if (!counter_of(name, &counter))
		return OK;
	if (!value.size || !text_copy(value, number, sizeof number))
		return error_set(error, FATAL, "broken_state", "a running counter is no number");
	sum->n[counter] += strtoull(number, &end, 10);
	return *end ? error_set(error, FATAL, "broken_state", "a running counter is no number: \"%s\"", number) : OK;
}

static enum status add_month(const struct redisReply *reply, struct counters *sum, struct error *error)
{
	enum status status = OK;
	for (size_t i = 0; i + 1 < reply_count(reply) && status == OK; i += 2)
		status = add_field(reply_text(reply_at(reply, i)), reply_text(reply_at(reply, i + 1)), sum, error);
	return status;
}

static enum status add_day(const struct redisReply *reply, struct counters *sum, struct error *error)
{
	struct text packed = reply_text(reply);
	struct counters day;
	if (!packed.size)
		return OK;
	if (counters_unpack((const uint8_t *)packed.at, packed.size, &day) != packed.size)
		return error_set(error, FATAL, "broken_state", "the packed counters of a day are broken");
	counters_add(sum, &day);
	return OK;
}

static enum status add_days(const struct redisReply *reply, struct counters *sum, struct error *error)
{
	enum status status = OK;
	for (size_t i = 0; i < reply_count(reply) && status == OK; i++)
		status = add_day(reply_at(reply, i), sum, error);
	return status;
}

static enum status receive(struct redis *redis, const struct redisReply **ret_reply, struct error *error)
{
	enum status status = redis_wait(redis, STORE_WAIT_MS, ret_reply, error);
	return status == OK ? redis_check(*ret_reply, "running counters", error) : status;
}

static enum status add_part(struct redis *redis, const struct text *dimension, size_t count, const struct part *part, struct counters *sum, struct error *error)
{
	enum status status = OK;
	for (size_t i = 0; i < count; i++)
		ask(redis, dimension[i], part);
	for (size_t i = 0; i < count && status == OK; i++) {
		const struct redisReply *reply;
		status = receive(redis, &reply, error);
		if (status == OK)
			status = part->is_whole ? add_month(reply, &sum[i], error) : add_days(reply, &sum[i], error);
	}
	return status;
}

enum status store_counters(struct store *store, const struct text *dimension, size_t count, int32_t from_day, int32_t to_day,
	struct counters *ret_counters, struct error *error)
{
	enum status status = OK;
	memset(ret_counters, 0, count * sizeof *ret_counters);
	for (int32_t month = civil_month_of_day(from_day); month <= civil_month_of_day(to_day); month++) {
		struct part part = part_of(month, from_day, to_day);
		for (size_t at = 0; at < count && status == OK; at += STORE_CHUNK) {
			size_t chunk = count - at < STORE_CHUNK ? count - at : STORE_CHUNK;
			status = add_part(store_redis(store), dimension + at, chunk, &part, ret_counters + at, error);
		}
	}
	return status;
}

enum status store_month(struct store *store, struct text dimension, int32_t month, struct counters *ret_total, struct counters ret_day[31], struct error *error)
{
	struct redis *redis = store_redis(store);
	struct part whole = { .month = month, .first = 1, .last = civil_month_day_count(month), .is_whole = true }, days = whole;
	const struct redisReply *reply;
	days.is_whole = false;
	memset(ret_total, 0, sizeof *ret_total);
	memset(ret_day, 0, 31 * sizeof *ret_day);
	ask(redis, dimension, &whole);
	ask(redis, dimension, &days);
	enum status status = receive(redis, &reply, error);
	if (status == OK)
		status = add_month(reply, ret_total, error);
	if (status == OK)
		status = receive(redis, &reply, error);
	for (int i = 0; i < days.last && status == OK; i++)
		status = add_day(reply_at(reply, (size_t)i), &ret_day[i], error);
	return status;
}
