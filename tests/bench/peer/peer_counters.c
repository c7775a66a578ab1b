// The counters of WORK.md out of ours, by unit and day. README.md says which is which.
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "civil.h"
#include "counters.h"
#include "memory.h"
#include "page.h"
#include "peer.h"

#define ZONE_MS INT32_C(28800000)  // the peers' days are those of UTC+8

enum { CHUNK = 400, WRITES = 2000, DAYS_MAX = 1024, SCAN_COUNT = 10000 };
enum field { DISPATCHED, RETURNED, RESOLVED, ON_TIME, OVERDUE, RATED, SATISFIED, DISSATISFIED, STARS, REVISITED, FIELD_COUNT };
static const char *const field_names[FIELD_COUNT] = { "dispatched", "returned", "resolved", "on_time", "overdue", "rated", "satisfied", "dissatisfied", "stars",
	"revisited" };

struct key {
	char *text;
	size_t shard;  // of a page
	struct text unit;  // of a hash of days
	int32_t month;
};
struct keys {
	struct key *key;
	size_t count, capacity;
};

struct present {
	struct store *store;
	struct redis *redis;
	struct keys days, pages;
	int32_t first_day;
	uint64_t (*row)[FIELD_COUNT];  // by name and day
};

static uint64_t *row_of(struct present *present, name_id unit, int32_t day)
{
	int32_t place = day - present->first_day;
	return place >= 0 && place < DAYS_MAX ? present->row[(size_t)unit * DAYS_MAX + (size_t)place] : NULL;
}

static void keep(struct keys *keys, struct text text, struct key key)
{
	keys->key = memory_grow(keys->key, keys->count + 1, sizeof *keys->key, &keys->capacity);
	key.text = memory_new(text.size + 1u);
	memcpy(key.text, text.at, text.size);
	if (key.unit.size)
		key.unit.at = key.text + (key.unit.at - text.at);
	keys->key[keys->count++] = key;
}

// hotline:{unit/U}:2025-03:days, not those of a unit's channels and levels.
static bool is_days(struct text key, struct key *ret_key)
{
	const struct text before = TEXT("hotline:{unit/"), after = TEXT(":days");
	enum { MONTH_SIZE = 7 };
	const char *end = key.size > before.size && text_starts_with(key, before) ? memchr(key.at, '}', key.size) : NULL;
	if (!end || (size_t)(key.at + key.size - end) != 2 + MONTH_SIZE + after.size)
		return false;
	struct text month = { end + 2, MONTH_SIZE };
	ret_key->unit = (struct text){ key.at + before.size, (uint32_t)(end - key.at) - before.size };
	return !memchr(ret_key->unit.at, '/', ret_key->unit.size) && civil_parse_month(month, &ret_key->month);
}

static bool is_page(const struct store *store, struct text key, struct key *ret_key)
{
	char prefix[KEY_BYTES_MAX];
	for (size_t i = 0; i < store_shard_count(store); i++) {
		size_t size = key_page(store_shard(store, i)->name, (struct text){ "", 0 }, prefix);
		ret_key->shard = i;
		if (store_shard(store, i)->is_of_tickets && text_starts_with(key, (struct text){ prefix, (uint32_t)size }))
			return true;
	}
	return false;
}

static enum status take_reply(struct present *present, const char *what, const struct redisReply **ret_reply, struct error *error)
{
	enum status status = redis_wait(present->redis, STORE_WAIT_MS, ret_reply, error);
	return status == OK ? redis_check(*ret_reply, what, error) : status;
}

static enum status scan(struct present *present, struct error *error)
{
	char cursor[24] = "0";
	do {
		const struct redisReply *reply;
		redis_begin(present->redis, "SCAN");
		redis_argument_string(present->redis, cursor);
		redis_argument_string(present->redis, "COUNT");
		redis_argument_integer(present->redis, SCAN_COUNT);
		redis_end(present->redis);
		enum status status = take_reply(present, "SCAN", &reply, error);
		if (status != OK)
			return status;
		if (reply_count(reply) != 2 || !text_copy(reply_text(reply_at(reply, 0)), cursor, sizeof cursor))
			return error_set(error, FATAL, "broken_reply", "SCAN gave no cursor");
		for (size_t i = 0; i < reply_count(reply_at(reply, 1)); i++) {
			struct text text = reply_text(reply_at(reply_at(reply, 1), i));
			struct key key = { 0 };
			if (is_days(text, &key))
				keep(&present->days, text, key);
			else if (is_page(present->store, text, &key))
				keep(&present->pages, text, key);
		}
	} while (strcmp(cursor, "0") != 0);
	return OK;
}

static void add_counters(uint64_t row[FIELD_COUNT], const struct counters *counters)
{
	static const enum counter plain[FIELD_COUNT] = { [DISPATCHED] = COUNTER_DISPATCHED, [RETURNED] = COUNTER_RETURNED, [RESOLVED] = COUNTER_RESOLVED,
		[ON_TIME] = COUNTER_RESOLVED_ON_TIME, [OVERDUE] = COUNTER_OVERDUE, [RATED] = COUNTER_RATED, [SATISFIED] = COUNTER_SATISFIED,
		[DISSATISFIED] = COUNTER_DISSATISFIED, [REVISITED] = COUNTER_REVISITED };
	for (int field = 0; field < FIELD_COUNT; field++)
		if (field != STARS)
			row[field] += counters->n[plain[field]];
	for (unsigned stars = 1; stars <= STARS_MAX; stars++)
		row[STARS] += stars * counters->n[COUNTER_STARS_0 + stars];
}

static enum status take_days(struct present *present, const struct key *key, const struct redisReply *reply, struct error *error)
{
	name_id unit = names_find(store_names(present->store), NAME_UNIT, key->unit);
	for (size_t i = 0; i + 1 < reply_count(reply); i += 2) {
		struct text day = reply_text(reply_at(reply, i)), packed = reply_text(reply_at(reply, i + 1));
		struct counters counters;
		if (!packed.size)
			continue;
		uint64_t *row = day.size == 2 ? row_of(present, unit, civil_month_first_day(key->month) + (day.at[0] - '0') * 10 + (day.at[1] - '0') - 1) : NULL;
		if (!unit || !row || !counters_unpack((const uint8_t *)packed.at, packed.size, &counters))
			return error_set(error, FATAL, "broken_state", "%s cannot be read", key->text);
		add_counters(row, &counters);
	}
	return OK;
}

static enum status read_days(struct present *present, struct error *error)
{
	enum status status = OK;
	for (size_t at = 0; at < present->days.count && status == OK; at += CHUNK) {
		size_t end = at + CHUNK < present->days.count ? at + CHUNK : present->days.count;
		for (size_t i = at; i < end; i++)
			redis_command(present->redis, 2, (const struct text[]){ TEXT("HGETALL"), text_of(present->days.key[i].text) });
		for (size_t i = at; i < end && status == OK; i++) {
			const struct redisReply *reply;
			status = take_reply(present, "HGETALL", &reply, error);
			if (status == OK)
				status = take_days(present, &present->days.key[i], reply, error);
		}
	}
	return status;
}

// Our `dispatched` leaves out the legs that were given back; the peers' keeps them, on the day of their dispatch.
static void add_given_back(struct present *present, const struct ticket *ticket)
{
	for (uint32_t i = 0; i < ticket->count; i++) {
		const struct event *back = &ticket->event[i];
		if (back->type != EVENT_RETURNED || back->is_void)
			continue;
		for (uint32_t j = i; j--;) {
			const struct event *leg = &ticket->event[j];
			if (leg->type != EVENT_DISPATCHED || leg->is_void || leg->unit != back->unit)
				continue;
			uint64_t *row = row_of(present, leg->unit, civil_day_of(leg->at_ms, ZONE_MS));
			if (row)
				row[DISPATCHED]++;
			break;
		}
	}
}

static enum status take_page(struct present *present, const struct key *key, struct text page, struct error *error)
{
	static struct event event[TICKET_EVENTS_MAX];
	struct page_entry entry;
	size_t cursor = 0;
	enum status status = page_check(page, error);
	while (status == OK && page.size && page_next(page, &cursor, &entry)) {
		struct ticket ticket = { .capacity = TICKET_EVENTS_MAX, .event = event };
		status = ticket_decode(entry.bytes, entry.size, store_dictionary(present->store, key->shard), &ticket, error);
		if (status == OK)
			add_given_back(present, &ticket);
	}
	return status;
}

static enum status read_pages(struct present *present, struct error *error)
{
	enum status status = OK;
	for (size_t at = 0; at < present->pages.count && status == OK; at += CHUNK) {
		size_t end = at + CHUNK < present->pages.count ? at + CHUNK : present->pages.count;
		const struct redisReply *reply;
		redis_begin(present->redis, "MGET");
		for (size_t i = at; i < end; i++)
			redis_argument_string(present->redis, present->pages.key[i].text);
		redis_end(present->redis);
		status = take_reply(present, "MGET", &reply, error);
		for (size_t i = at; i < end && status == OK; i++)
			status = take_page(present, &present->pages.key[i], reply_text(reply_at(reply, i - at)), error);
	}
	return status;
}

static bool queue_row(struct present *present, name_id unit, int32_t day)
{
	const uint64_t *row = row_of(present, unit, day);
	assert(row);  // the days that are present
	char key[KEY_BYTES_MAX], date[CIVIL_DAY_BYTES];
	bool is_begun = false;
	for (int field = 0; field < FIELD_COUNT; field++) {
		if (!row[field])
			continue;
		if (!is_begun) {
			struct text name = names_text(store_names(present->store), unit);
			civil_format_day(day, date);
			snprintf(key, sizeof key, "unit:%.*s:%s", (int)name.size, name.at, date);
			redis_begin(present->redis, "HSET");
			redis_argument_string(present->redis, key);
		}
		is_begun = true;
		redis_argument_string(present->redis, field_names[field]);
		redis_argument_integer(present->redis, (int64_t)row[field]);
	}
	if (is_begun)
		redis_end(present->redis);
	return is_begun;
}

static enum status write_rows(struct present *present, struct error *error)
{
	const struct redisReply *reply;
	enum status status = OK;
	for (name_id unit = 1; unit <= names_count(store_names(present->store)); unit++)
		for (int32_t day = present->first_day; day < present->first_day + DAYS_MAX; day++)
			if (queue_row(present, unit, day) && redis_pending(present->redis) >= WRITES)
				while (status == OK && redis_pending(present->redis))
					status = take_reply(present, "HSET", &reply, error);
	while (status == OK && redis_pending(present->redis))
		status = take_reply(present, "HSET", &reply, error);
	return status;
}

static void forget(struct keys *keys)
{
	for (size_t i = 0; i < keys->count; i++)
		free(keys->key[i].text);
	free(keys->key);
}

enum status peer_write_counters(struct store *store, struct error *error)
{
	struct present present = { .store = store, .redis = store_redis(store) };
	enum status status = scan(&present, error);
	int32_t first_month = INT32_MAX;
	for (size_t i = 0; i < present.days.count; i++)
		first_month = present.days.key[i].month < first_month ? present.days.key[i].month : first_month;
	present.first_day = present.days.count ? civil_month_first_day(first_month) : 0;
	present.row = memory_new(sizeof *present.row * DAYS_MAX * (names_count(store_names(store)) + 1));
	if (status == OK)
		status = read_days(&present, error);
	if (status == OK)
		status = read_pages(&present, error);
	if (status == OK)
		status = write_rows(&present, error);
	free(present.row);
	forget(&present.days);
	forget(&present.pages);
	return status;
}
