// A shard's beginning and end: who owns it, where it stands, what was not acknowledged yet.
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "civil.h"
#include "clock.h"
#include "keys.h"
#include "memory.h"
#include "shard_inside.h"
#include "varint.h"

enum { TAKEOVER_TIMEOUT_MS = 5000, DELETE_KEYS_MAX = 1000 };

const char *const shard_commands[] = {
	"GET hotline:{check}:a", "MGET hotline:{check}:a", "MSET hotline:{check}:a b", "SET hotline:{check}:a b",
	"HGETALL hotline:{check}:b", "HSET hotline:{check}:b a b", "HDEL hotline:{check}:b a", "APPEND hotline:{check}:a b", "STRLEN hotline:{check}:a",
	"UNLINK hotline:{check}:a", "EXISTS hotline:{check}:a", "RPUSH hotline:{check}:c a", "LTRIM hotline:{check}:c 0 -1", "LRANGE hotline:{check}:c 0 -1",
	"SCAN 0 MATCH hotline:{check}:* COUNT 1", NULL,
};

struct shard *shard_new(const struct shard_settings *settings, uint32_t topic, const char *topic_name, int32_t partition, int32_t partitions)
{
	struct shard *shard = memory_new(sizeof *shard);
	shard->settings = settings;
	shard->topic = topic;
	shard->topic_name = topic_name;
	shard->partition = partition;
	shard->partitions = partitions;
	key_shard(topic_name, partition, shard->name);
	shard->kind = (enum shard_kind)topic;
	shard->city = names_intern(settings->names, NAME_CITY, TEXT("city"));
	shard->pages = pages_new();
	shard->cells = cells_new();
	shard->due = due_new();
	shard->relay = relay_new(settings->outlet, settings->names, shard->name);
	shard->dictionary = dictionary_new();
	shard->phase = PHASE_AWAY;
	shard->next_offset = KAFKA_OFFSET_EARLIEST;
	shard->end_offset = shard->read_back_at = -1;
	shard->late_look_ms = NEVER_MS;
	shard->loaded_hour = DUE_NO_HOUR;
	shard->sweep_next = SWEEP_NOT_READ;
	shard->first_month = INT32_MAX;
	shard->rows.first = SHARD_LINKS_ROWS;
	return shard;
}

static void drop_incoming(struct shard *shard)
{
	for (size_t i = 0; i < shard->incoming_count; i++)
		kafka_message_done(&shard->incoming[i]);
	shard->incoming_count = shard->batch_count = shard->incoming_bytes = 0;
}

static void drop_editions(struct shard *shard)
{
	free(shard->edition);
	shard->edition = NULL;
	shard->edition_capacity = 0;
	shard->policy = NULL;
	shard->is_new_edition = false;
}

void shard_clear(struct shard *shard)
{
	redis_close(shard->redis);
	shard->redis = NULL;
	shard->phase = PHASE_AWAY;
	shard->expected_at = shard->expected_count = 0;
	drop_incoming(shard);
	pages_clear(shard->pages);
	cells_clear(shard->cells);
	shard_weigh_cache(shard);
	due_clear(shard->due);
	relay_clear(shard->relay);
	drop_editions(shard);
	shard_drop_sent(shard);
	dictionary_free(shard->dictionary);
	shard->dictionary = dictionary_new();
	shard_drop_links(shard);
	shard_drop_rows(shard);
	appendices_clear(&shard->due_files);
	shard->note_count = 0;
	set64_clear(&shard->noted);
	shard->changes.size = shard->alerts.size = shard->entry.size = shard->unsaid.size = shard->sweep.size = 0;
	shard->staged_count = shard->changed_count = shard->trimming = shard->said_size = 0;
	shard->unsaid_entries = shard->unsaid_at = shard->unsaid_to = 0;
	set64_clear(&shard->chunk_seen);
	set64_clear(&shard->known_keys);
	shard->sweep_next = SWEEP_NOT_READ;
	shard->is_sweeping = shard->is_seeding = false;
	shard->first_month = INT32_MAX;
	shard->loaded_hour = DUE_NO_HOUR;
	shard->is_live = false;
	shard->end_reached_ms = 0;
	shard->end_offset = shard->read_back_at = -1;
	shard->late_look_ms = NEVER_MS;
	shard->is_telling = false;
	kafka_marks_done(&shard->alert_marks);
}

void shard_free(struct shard *shard)
{
	if (!shard)
		return;
	shard_clear(shard);
	shard->settings->cache->bytes -= shard->cache_bytes;
	pages_free(shard->pages);
	cells_free(shard->cells);
	due_free(shard->due);
	relay_free(shard->relay);
	dictionary_free(shard->dictionary);
	set64_done(&shard->chunk_seen);
	set64_done(&shard->known_keys);
	set64_done(&shard->noted);
	shard_drop_room(shard);
	free(shard->link_message);
	free(shard->duty_unit);
	free(shard->chunk_closed_ms);
	free(shard);
}

void shard_let_go(struct shard *shard)
{
	shard_clear(shard);
}

// Sends what was queued and waits for its reply, which must be no error, and of one of the types.
static enum status ask(struct shard *shard, const char *what, unsigned types, const struct redisReply **ret_reply, struct error *error)
{
	enum status status = redis_wait(shard->redis, TAKEOVER_TIMEOUT_MS, ret_reply, error);
	return status == OK ? redis_check_type(*ret_reply, types, what, error) : status;
}

static void command(struct shard *shard, const char *verb, const char *key)
{
	redis_begin(shard->redis, verb);
	redis_argument_string(shard->redis, key);
}

static enum status load_names(struct shard *shard, struct error *error)
{
	const struct redisReply *reply;
	char key[KEY_BYTES_MAX];
	key_names(shard->name, key);
	command(shard, "LRANGE", key);
	redis_argument_integer(shard->redis, 0);
	redis_argument_integer(shard->redis, -1);
	redis_end(shard->redis);
	enum status status = ask(shard, key, REPLY_IS_ARRAY, &reply, error);
	if (status != OK)
		return status;
	if (reply_count(reply) != shard->head.names)
		return error_set(error, FATAL, "broken_state", "%s holds %zu names, the head says %" PRIu32, key, reply_count(reply), shard->head.names);
	for (size_t i = 0; i < reply_count(reply); i++) {
		name_id name = names_intern_dimension(shard->settings->names, reply_text(reply_at(reply, i)));
		if (!name || dictionary_add(shard->dictionary, name) != i + 1)
			return error_set(error, FATAL, "broken_state", "%s: entry %zu is no dimension, or stands twice", key, i);
	}
	return OK;
}

static enum status check_entry(struct text entry, struct error *error)
{
	struct outbox_record record;
	struct wire_alert alert;
	size_t cursor = 0;
	bool is_end = false;
	enum status status = OK;
	while (status == OK && (status = outbox_next(entry, &cursor, &record, &is_end, error)) == OK && !is_end) {
		bench()->arena.used = 0;
		if (record.kind == OUTBOX_MESSAGE)
			status = wire_unpack_alert(record.bytes, &bench()->arena, &alert, error);
	}
	return status;
}

static enum status load_outbox(struct shard *shard, struct error *error)
{
	const struct redisReply *reply;
	char key[KEY_BYTES_MAX];
	key_outbox(shard->name, key);
	command(shard, "LRANGE", key);
	redis_argument_integer(shard->redis, 0);
	redis_argument_integer(shard->redis, -1);
	redis_end(shard->redis);
	enum status status = ask(shard, key, REPLY_IS_ARRAY, &reply, error);
	for (size_t i = 0; status == OK && i < reply_count(reply); i++) {
		struct text entry = reply_text(reply_at(reply, i));
		if ((status = check_entry(entry, error)) != OK)
			return error_set(error, FATAL, "broken_state", "%s: entry %zu is broken", key, i);
		buffer_add(&shard->unsaid, entry.at, entry.size);
		shard->unsaid_entries++;
	}
	return status;
}

static enum status take_chunk(struct shard *shard, uint64_t chunk, struct text bytes, struct error *error)
{
	const uint8_t *at = (const uint8_t *)bytes.at, *end = at + bytes.size;
	bool is_last = chunk + 1 == shard->head.changes_to;
	while (at < end) {
		uint64_t local, day;
		size_t first = varint_get(at, (size_t)(end - at), &local);
		size_t second = first ? varint_get(at + first, (size_t)(end - at) - first, &day) : 0;
		name_id dimension = second ? dictionary_name(shard->dictionary, (uint32_t)local) : 0;
		if (!dimension)
			return error_set(error, FATAL, "broken_state", "%s: chunk %" PRIu64 " of changes is broken", shard->name, chunk);
		at += first + second;
		relay_add_change(shard->relay, dimension, (int32_t)unzigzag(day), chunk);
		if (is_last)
			set64_add(&shard->chunk_seen, (uint64_t)dimension << 32 | (uint32_t)unzigzag(day));
	}
	return OK;
}

// What changed lately is told again: totals and partials may have lost different seconds.
static enum status load_changes(struct shard *shard, struct error *error)
{
	const struct head *head = &shard->head;
	size_t count = (size_t)(head->changes_to - head->changes_from);
	shard->chunk_closed_ms = memory_grow(shard->chunk_closed_ms, count + 1, sizeof *shard->chunk_closed_ms, &shard->chunk_capacity);
	shard->chunk_since_ms = clock_wall_ms();
	for (uint64_t chunk = head->changes_from; chunk < head->changes_to; chunk++) {
		const struct redisReply *reply;
		char key[KEY_BYTES_MAX];
		key_changes(shard->name, chunk, key);
		command(shard, "GET", key);
		redis_end(shard->redis);
		enum status status = ask(shard, key, REPLY_IS_VALUE, &reply, error);
		if (status == OK && reply_type(reply) == REPLY_NIL)
			status = error_set(error, FATAL, "broken_state", "%s is not there, though the head knows of it: Redis has lost it. Restore it, or start over with --rebuild", key);
		if (status == OK)
			status = take_chunk(shard, chunk, reply_text(reply), error);
		if (status != OK)
			return status;
		shard->chunk_closed_ms[chunk - head->changes_from] = shard->chunk_since_ms;
	}
	return OK;
}

// Where a link lies follows from them, so nothing may be read or written without.
static enum status load_rows(struct shard *shard, struct error *error)
{
	const struct redisReply *reply;
	char key[KEY_BYTES_MAX];
	if (!shard->head.rows)
		return OK;
	key_rows(shard->name, key);
	command(shard, "GET", key);
	redis_end(shard->redis);
	enum status status = ask(shard, key, REPLY_IS_VALUE, &reply, error);
	if (status == OK)
		status = shelf_rows_parse(reply_text(reply), &shard->rows, error);
	if (status == OK && shard->rows.count != shard->head.rows)
		return error_set(error, FATAL, "broken_state", "%s names %zu periods, the head says %" PRIu32 ": Redis has lost some. Restore it, or start over with --rebuild", key,
			shard->rows.count, shard->head.rows);
	return status;
}

static enum status check_head(const struct shard *shard, struct error *error)
{
	const struct head *head = &shard->head;
	if (strcmp(head->topic, shard->topic_name) != 0 || head->partition != shard->partition)
		return error_set(error, FATAL, "wrong_topic", "%s belongs to partition %" PRId32 " of %s, not to partition %" PRId32 " of %s: use another Redis for it",
			shard->name, head->partition, head->topic, shard->partition, shard->topic_name);
	if (head->partitions != shard->partitions)
		return error_set(error, FATAL, "partitions_changed",
			"%s had %" PRId32 " partitions and now has %" PRId32 ": tickets would change their shard. Restore the number, or replay into a new topic with --rebuild",
			shard->topic_name, head->partitions, shard->partitions);
	return OK;
}

static enum status load(struct shard *shard, struct error *error)
{
	enum status status = check_head(shard, error);
	if (status == OK)
		status = load_names(shard, error);
	if (status == OK)
		status = load_rows(shard, error);
	if (status == OK)
		status = load_outbox(shard, error);
	if (status == OK)
		status = load_changes(shard, error);
	if (status != OK)
		return status;
	return shard_choose_policy(shard, error);
}

static void new_head(struct shard *shard)
{
	shard->head = (struct head){
		.partition = shard->partition,
		.partitions = shard->partitions,
		.offset = KAFKA_OFFSET_EARLIEST,
		.edition = 1,
		.due_hour = DUE_NO_HOUR,
	};
	snprintf(shard->head.topic, sizeof shard->head.topic, "%s", shard->topic_name);
	shard_take_own_policy(shard);
}

// Without a head nothing else may be there, and the group may have no history.
static enum status check_nothing(struct shard *shard, int64_t committed, struct error *error)
{
	const struct redisReply *reply;
	char key[KEY_BYTES_MAX];
	if (committed >= 0)
		return error_set(error, FATAL, "head_missing",
			"%s has no head in Redis, but the group has come to offset %" PRId64 " before: Redis has lost its data. Restore it, or start over with --rebuild", shard->name,
			committed);
	key_names(shard->name, key);
	command(shard, "EXISTS", key);
	redis_end(shard->redis);
	enum status status = ask(shard, key, REPLY_IS_NUMBER, &reply, error);
	if (status == OK && reply_integer(reply))
		return error_set(error, FATAL, "head_missing", "%s has no head in Redis, but other keys: restore it, or start over with --rebuild", shard->name);
	return status;
}

static enum status delete_some(struct shard *shard, char cursor[24], struct error *error)
{
	const struct redisReply *reply;
	char pattern[KEY_BYTES_MAX];
	snprintf(pattern, sizeof pattern, "hotline:{%s}:*", shard->name);
	command(shard, "SCAN", cursor);
	redis_argument_string(shard->redis, "MATCH");
	redis_argument_string(shard->redis, pattern);
	redis_argument_string(shard->redis, "COUNT");
	redis_argument_integer(shard->redis, DELETE_KEYS_MAX);
	redis_end(shard->redis);
	enum status status = ask(shard, "SCAN", REPLY_IS_ARRAY, &reply, error);
	if (status != OK)
		return status;
	if (reply_count(reply) != 2 || !text_copy(reply_text(reply_at(reply, 0)), cursor, 24))
		return error_set(error, FATAL, "broken_reply", "SCAN gave no cursor");
	const struct redisReply *keys = reply_at(reply, 1);
	if (!reply_count(keys))
		return OK;
	redis_begin(shard->redis, "UNLINK");
	for (size_t i = 0; i < reply_count(keys); i++)
		redis_argument(shard->redis, reply_text(reply_at(keys, i)));
	redis_end(shard->redis);
	return ask(shard, "UNLINK", REPLY_IS_NUMBER, &reply, error);
}

static enum status delete_all(struct shard *shard, struct error *error)
{
	char cursor[24] = "0";
	do {
		enum status status = delete_some(shard, cursor, error);
		if (status != OK)
			return status;
	} while (strcmp(cursor, "0") != 0);
	return OK;
}

static enum status read_head(struct shard *shard, bool *ret_is_new, struct error *error)
{
	const struct redisReply *reply;
	char key[KEY_BYTES_MAX];
	key_head(shard->name, key);
	command(shard, "WATCH", key);
	redis_end(shard->redis);
	enum status status = ask(shard, key, REPLY_IS_DONE, &reply, error);
	if (status != OK)
		return status;
	command(shard, "GET", key);
	redis_end(shard->redis);
	if ((status = ask(shard, key, REPLY_IS_VALUE, &reply, error)) != OK)
		return status;
	*ret_is_new = reply_type(reply) == REPLY_NIL;
	if (!*ret_is_new)
		return head_parse(reply_text(reply), &shard->head, error);
	new_head(shard);
	return OK;
}

static bool has_moved(struct shard *shard, bool is_new)
{
	const struct redisReply *reply;
	struct head head;
	struct error error;
	char key[KEY_BYTES_MAX];
	key_head(shard->name, key);
	command(shard, "GET", key);
	redis_end(shard->redis);
	if (ask(shard, key, REPLY_IS_VALUE, &reply, &error) != OK)
		return true;
	if (is_new || reply_type(reply) != REPLY_STRING)
		return !is_new || reply_type(reply) != REPLY_NIL;
	return head_parse(reply_text(reply), &head, &error) != OK || head.owner != shard->head.owner || head.commit != shard->head.commit;
}

// Until the shard is claimed, its owner may go on writing, and what was read meanwhile need not fit together: it is broken only if the head stayed as it was.
static enum status read_rest(struct shard *shard, bool is_new, int64_t committed, struct error *error)
{
	enum status status = !is_new ? load(shard, error) : shard->settings->rebuild ? OK : check_nothing(shard, committed, error);
	if (status == FATAL && has_moved(shard, is_new))
		return error_set(error, RETRY, "fenced", "%s was written to by somebody else while it was read", shard->name);
	return status;
}

// Alerts need not be read back where somebody did so to the end in the same life of Redis: nothing that led to them can have been lost since.
static enum status read_told(struct shard *shard, bool *ret_is_told, struct error *error)
{
	const struct redisReply *reply;
	char key[KEY_BYTES_MAX];
	enum status status = redis_life(shard->redis, shard->life, error);
	if (status != OK)
		return status;
	key_told(shard->name, key);
	command(shard, "GET", key);
	redis_end(shard->redis);
	status = ask(shard, key, REPLY_IS_VALUE, &reply, error);
	if (status == OK)
		*ret_is_told = shard->life[0] && text_equal(reply_text(reply), text_of(shard->life));
	return status;
}

// Writes the head with an owner id of our own: whoever owned the shard before finds itself out with its next transaction. A new one has nothing to read back.
static enum status claim(struct shard *shard, bool is_new, struct error *error)
{
	const struct redisReply *reply;
	char key[KEY_BYTES_MAX], head[HEAD_BYTES_MAX];
	shard->head.owner = clock_random_id();
	shard->head.commit++;
	redis_begin(shard->redis, "MULTI");
	redis_end(shard->redis);
	key_policy(shard->name, shard->head.edition, key);
	command(shard, "SET", key);
	redis_argument(shard->redis, shard->policy->text);
	redis_end(shard->redis);
	if (is_new) {
		key_told(shard->name, key);
		command(shard, "SET", key);
		redis_argument(shard->redis, text_of(shard->life));
		redis_end(shard->redis);
	}
	key_head(shard->name, key);
	command(shard, "SET", key);
	redis_argument(shard->redis, (struct text){ head, (uint32_t)head_format(&shard->head, head) });
	redis_end(shard->redis);
	redis_begin(shard->redis, "EXEC");
	redis_end(shard->redis);
	enum status status = OK;
	for (int i = 0, last = 3 + is_new; i <= last && status == OK; i++)
		status = ask(shard, "MULTI", i < last ? REPLY_IS_DONE : REPLY_IS_EXEC, &reply, error);
	if (status == OK && reply_type(reply) == REPLY_NIL)
		return error_set(error, RETRY, "fenced", "%s was taken over by somebody else at the same moment", shard->name);
	return status;
}

static enum status take_over(struct shard *shard, int64_t committed, int64_t high, struct error *error)
{
	bool is_new, is_told;
	enum status status = redis_open(shard->settings->redis, &shard->redis, error);
	if (status == OK && shard->settings->rebuild && !shard->stats.takeovers)
		status = delete_all(shard, error);
	if (status == OK)
		status = read_head(shard, &is_new, error);
	if (status == OK)
		status = read_rest(shard, is_new, committed, error);
	if (status == OK)
		status = read_told(shard, &is_told, error);
	if (status == OK)
		status = claim(shard, is_new, error);
	if (status != OK)
		return status;
	shard->next_offset = shard->head.offset;
	shard->read_hour = shard->head.due_hour;
	shard->noted_day = shard->head.clock_ms ? civil_day_of(shard->head.clock_ms, shard->policy->policy.zone_ms) : 0;
	shard->read_back_at = is_new || is_told || !shard->settings->settle_ms || shard->kind == SHARD_OF_LINKS ? -1 : high;  // a link raises no alerts
	shard->phase = PHASE_IDLE;
	shard->reached_at_ms = clock_monotonic_ms();
	shard->is_new_edition = false;
	shard->stats.takeovers++;
	return OK;
}

enum status shard_take_over(struct shard *shard, int64_t committed, int64_t high, struct error *error)
{
	assert(shard->phase == PHASE_AWAY);
	enum status status = take_over(shard, committed, high, error);
	if (status != OK)
		shard_clear(shard);
	return status;
}

int64_t shard_offset(const struct shard *shard)
{
	return shard->head.offset;
}

void shard_take(struct shard *shard, const struct kafka_message *message, int64_t now_ms)
{
	struct kafka_message copy = *message;
	if (shard->phase == PHASE_AWAY || message->offset < shard->next_offset) {
		kafka_message_done(&copy);
		return;
	}
	shard->incoming = memory_grow(shard->incoming, shard->incoming_count + 1, sizeof *shard->incoming, &shard->incoming_capacity);
	shard->incoming_last_ms = now_ms;
	if (!shard->incoming_count)
		shard->incoming_since_ms = shard->incoming_last_ms;
	shard->incoming[shard->incoming_count++] = copy;
	shard->incoming_bytes += copy.value.size;
	shard->next_offset = message->offset + 1;
}

bool shard_is_full(const struct shard *shard)
{
	return shard->incoming_count >= SHARD_INCOMING_MAX || (shard->kind == SHARD_OF_LINKS && shard->incoming_bytes >= 2 * SHARD_LINKS_BYTES);
}

void shard_found_end(struct shard *shard, int64_t offset)
{
	if (shard->phase == PHASE_AWAY)
		return;
	if (shard->next_offset < 0)  // nothing was ever there
		shard->next_offset = shard->head.offset = offset;
	shard->end_offset = offset;
	shard->end_seen_ms = clock_monotonic_ms();
}

void shard_lost_end(struct shard *shard)
{
	shard->end_offset = -1;
	shard->is_live = false;
	shard->end_reached_ms = 0;
}

int shard_fd(const struct shard *shard)
{
	return shard->redis ? redis_fd(shard->redis) : -1;
}

const char *shard_redis_name(const struct shard *shard)
{
	return redis_name(shard->redis);
}

bool shard_is_away(const struct shard *shard)
{
	return shard->phase == PHASE_AWAY;
}

bool shard_is_live(const struct shard *shard)
{
	return shard->is_live;
}

bool shard_is_quiet(const struct shard *shard)
{
	return shard->phase == PHASE_AWAY || (shard->phase == PHASE_IDLE && !shard->incoming_count && !relay_has_changes(shard->relay) &&
		!shard->unsaid_entries && !relay_alerts_waiting(shard->relay) && !relay_has_letters(shard->relay));
}

bool shard_is_settled(const struct shard *shard)
{
	return shard->phase == PHASE_IDLE && shard_is_quiet(shard) && shard->read_back_at < 0 && !shard->sent_alerts;
}

const char *shard_name(const struct shard *shard)
{
	return shard->name;
}

uint32_t shard_topic(const struct shard *shard)
{
	return shard->topic;
}

int32_t shard_partition(const struct shard *shard)
{
	return shard->partition;
}

const struct head *shard_head(const struct shard *shard)
{
	return &shard->head;
}

const struct shard_stats *shard_stats(const struct shard *shard)
{
	return &shard->stats;
}

int64_t shard_wanted(const struct shard *shard)
{
	return shard->next_offset;
}

size_t shard_waiting(const struct shard *shard)
{
	return shard->incoming_count;
}

size_t shard_waiting_bytes(const struct shard *shard)
{
	return shard->incoming_bytes;
}
