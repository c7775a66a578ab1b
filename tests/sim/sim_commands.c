// The server of the Redis in memory: exactly the commands that the programs send; any other fails the test.
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim_redis.h"

#define WRONGTYPE "WRONGTYPE Operation against a key holding the wrong kind of value"

struct redisReply *reply_new(enum reply_type type, struct text text)
{
	struct redisReply *reply = sim_new(sizeof *reply);
	reply->type = type;
	reply->text = sim_copy(text);
	return reply;
}

struct redisReply *reply_new_integer(int64_t integer)
{
	struct redisReply *reply = reply_new(REPLY_INTEGER, TEXT(""));
	reply->integer = integer;
	return reply;
}

void reply_push(struct redisReply *reply, struct redisReply *item)
{
	reply->item = sim_grow(reply->item, reply->count + 1, sizeof *reply->item, &reply->capacity);
	reply->item[reply->count++] = item;
}

void reply_free(struct redisReply *reply)
{
	if (!reply)
		return;
	for (size_t i = 0; i < reply->count; i++)
		reply_free(reply->item[i]);
	sim_free(reply->item);
	sim_free((void *)reply->text.at);
	sim_free(reply);
}

void request_free(struct request *request)
{
	for (size_t i = 0; i < request->count; i++)
		sim_free((void *)request->argument[i].at);
	sim_free(request->argument);
	*request = (struct request){ NULL, 0, 0 };
}

static struct redisReply *ok(void)
{
	return reply_new(REPLY_STATUS, TEXT("OK"));
}

static struct redisReply *nil(void)
{
	return reply_new(REPLY_NIL, TEXT(""));
}

static struct redisReply *wrong_type(void)
{
	return reply_new(REPLY_ERROR, TEXT(WRONGTYPE));
}

static struct entry *key_of(const struct request *request, size_t index)
{
	return store_sim_entry(request->argument[index]);
}

static bool is_of(const struct entry *entry, enum value_type type)
{
	return entry->value.type == VALUE_NONE || entry->value.type == type;
}

static int64_t number_of(const struct request *request, size_t index)
{
	char string[32], *end;
	if (!text_copy(request->argument[index], string, sizeof string))
		sim_fail("a number of %u bytes in a command", request->argument[index].size);
	int64_t number = strtoll(string, &end, 10);
	if (*end || !*string)
		sim_fail("\"%s\" is no number", string);
	return number;
}

static struct redisReply *string_of(const struct entry *entry)
{
	return entry->value.type == VALUE_STRING ? reply_new(REPLY_STRING, entry->value.item[0]) : nil();
}

static struct redisReply *do_get(const struct request *request)
{
	const struct entry *entry = key_of(request, 1);
	return is_of(entry, VALUE_STRING) ? string_of(entry) : wrong_type();
}

// A key of another type reads as nil here, as Redis has it.
static struct redisReply *do_mget(const struct request *request)
{
	struct redisReply *reply = reply_new(REPLY_ARRAY, TEXT(""));
	for (size_t i = 1; i < request->count; i++)
		reply_push(reply, string_of(key_of(request, i)));
	return reply;
}

static void set(struct entry *entry, struct text value)
{
	store_sim_replace(entry);
	entry->value.type = VALUE_STRING;
	value_push(&entry->value, value);
}

static struct redisReply *do_set(const struct request *request)
{
	set(key_of(request, 1), request->argument[2]);
	return ok();
}

static struct redisReply *do_mset(const struct request *request)
{
	assert(request->count % 2 == 1);
	for (size_t i = 1; i < request->count; i += 2)
		set(key_of(request, i), request->argument[i + 1]);
	return ok();
}

static struct redisReply *do_append(const struct request *request)
{
	struct entry *entry = key_of(request, 1);
	if (!is_of(entry, VALUE_STRING))
		return wrong_type();
	struct text had = entry->value.type == VALUE_NONE ? TEXT("") : entry->value.item[0], more = request->argument[2];
	char *bytes = sim_new((size_t)had.size + more.size);
	memcpy(bytes, had.at, had.size);
	memcpy(bytes + had.size, more.at, more.size);
	set(entry, (struct text){ bytes, had.size + more.size });
	sim_free(bytes);
	return reply_new_integer(entry->value.item[0].size);
}

static struct redisReply *do_strlen(const struct request *request)
{
	const struct entry *entry = key_of(request, 1);
	if (!is_of(entry, VALUE_STRING))
		return wrong_type();
	return reply_new_integer(entry->value.type == VALUE_NONE ? 0 : entry->value.item[0].size);
}

static struct redisReply *do_exists(const struct request *request)
{
	int64_t count = 0;
	for (size_t i = 1; i < request->count; i++)
		count += key_of(request, i)->value.type != VALUE_NONE;
	return reply_new_integer(count);
}

static struct redisReply *do_unlink(const struct request *request)
{
	int64_t count = 0;
	for (size_t i = 1; i < request->count; i++) {
		struct entry *entry = key_of(request, i);
		if (entry->value.type == VALUE_NONE)
			continue;
		store_sim_replace(entry);
		count++;
	}
	return reply_new_integer(count);
}

static struct redisReply *do_hgetall(const struct request *request)
{
	const struct entry *entry = key_of(request, 1);
	if (!is_of(entry, VALUE_HASH))
		return wrong_type();
	struct redisReply *reply = reply_new(REPLY_ARRAY, TEXT(""));
	for (size_t i = 0; i < entry->value.count; i++)
		reply_push(reply, reply_new(REPLY_STRING, entry->value.item[i]));
	return reply;
}

static struct redisReply *field_of(const struct entry *entry, struct text field)
{
	const struct text *value = value_field(&entry->value, field);
	return value ? reply_new(REPLY_STRING, *value) : nil();
}

static struct redisReply *do_hget(const struct request *request)
{
	const struct entry *entry = key_of(request, 1);
	return is_of(entry, VALUE_HASH) ? field_of(entry, request->argument[2]) : wrong_type();
}

static struct redisReply *do_hkeys(const struct request *request)
{
	const struct entry *entry = key_of(request, 1);
	if (!is_of(entry, VALUE_HASH))
		return wrong_type();
	struct redisReply *reply = reply_new(REPLY_ARRAY, TEXT(""));
	for (size_t i = 0; i < entry->value.count; i += 2)
		reply_push(reply, reply_new(REPLY_STRING, entry->value.item[i]));
	return reply;
}

static struct redisReply *do_hmget(const struct request *request)
{
	const struct entry *entry = key_of(request, 1);
	if (!is_of(entry, VALUE_HASH))
		return wrong_type();
	struct redisReply *reply = reply_new(REPLY_ARRAY, TEXT(""));
	for (size_t i = 2; i < request->count; i++)
		reply_push(reply, field_of(entry, request->argument[i]));
	return reply;
}

static struct redisReply *do_hset(const struct request *request)
{
	struct entry *entry = key_of(request, 1);
	if (!is_of(entry, VALUE_HASH))
		return wrong_type();
	assert(request->count % 2 == 0);
	store_sim_touch(entry);
	size_t before = entry->value.count;
	entry->value.type = VALUE_HASH;
	for (size_t i = 2; i < request->count; i += 2)
		value_set_field(&entry->value, request->argument[i], request->argument[i + 1]);
	return reply_new_integer((int64_t)(entry->value.count - before) / 2);
}

static struct redisReply *do_hdel(const struct request *request)
{
	struct entry *entry = key_of(request, 1);
	int64_t count = 0;
	if (!is_of(entry, VALUE_HASH))
		return wrong_type();
	store_sim_touch(entry);
	for (size_t i = 2; i < request->count; i++)
		count += value_delete_field(&entry->value, request->argument[i]);
	return reply_new_integer(count);
}

static struct redisReply *do_rpush(const struct request *request)
{
	struct entry *entry = key_of(request, 1);
	if (!is_of(entry, VALUE_LIST))
		return wrong_type();
	store_sim_touch_end(entry);
	entry->value.type = VALUE_LIST;
	for (size_t i = 2; i < request->count; i++)
		value_push(&entry->value, request->argument[i]);
	return reply_new_integer((int64_t)entry->value.count);
}

// Only "from N to the end" is ever asked for.
static struct redisReply *do_ltrim(const struct request *request)
{
	struct entry *entry = key_of(request, 1);
	if (!is_of(entry, VALUE_LIST))
		return wrong_type();
	int64_t from = number_of(request, 2);
	if (from < 0 || number_of(request, 3) != -1)
		sim_fail("LTRIM to other than the end");
	store_sim_touch(entry);
	value_trim_front(&entry->value, (size_t)from);
	return ok();
}

static struct redisReply *do_lrange(const struct request *request)
{
	const struct entry *entry = key_of(request, 1);
	if (!is_of(entry, VALUE_LIST))
		return wrong_type();
	int64_t from = number_of(request, 2), to = number_of(request, 3), count = (int64_t)entry->value.count;
	if (from < 0 || to < -1)
		sim_fail("LRANGE from %lld to %lld", (long long)from, (long long)to);
	struct redisReply *reply = reply_new(REPLY_ARRAY, TEXT(""));
	for (int64_t i = from; i < count && (to == -1 || i <= to); i++)
		reply_push(reply, reply_new(REPLY_STRING, entry->value.item[i]));
	return reply;
}

static struct redisReply *do_llen(const struct request *request)
{
	const struct entry *entry = key_of(request, 1);
	return is_of(entry, VALUE_LIST) ? reply_new_integer((int64_t)entry->value.count) : wrong_type();
}

// SCAN cursor MATCH prefix* COUNT n. The cursor is a place in the order in which keys were first seen, so what stays is given for certain.
static struct redisReply *do_scan(const struct request *request)
{
	struct text prefix = request->argument[3];
	if (request->count != 6 || !text_equal(request->argument[2], TEXT("MATCH")) || !prefix.size || prefix.at[prefix.size - 1] != '*' ||
	    memchr(prefix.at, '*', prefix.size - 1) || memchr(prefix.at, '?', prefix.size) || memchr(prefix.at, '[', prefix.size))
		sim_fail("SCAN with other than MATCH prefix* COUNT n");
	prefix.size--;
	size_t at = (size_t)number_of(request, 1), end = at + sim_below((uint64_t)number_of(request, 5)) + 1;
	struct redisReply *reply = reply_new(REPLY_ARRAY, TEXT("")), *keys = reply_new(REPLY_ARRAY, TEXT(""));
	for (; at < end && at < store_sim_count(); at++) {
		const struct entry *entry = store_sim_at(at);
		if (entry->value.type != VALUE_NONE && text_starts_with(entry->key, prefix))
			reply_push(keys, reply_new(REPLY_STRING, entry->key));
	}
	char cursor[24];
	snprintf(cursor, sizeof cursor, "%zu", at < store_sim_count() ? at : 0);
	reply_push(reply, reply_new(REPLY_STRING, text_of(cursor)));
	reply_push(reply, keys);
	return reply;
}

static struct redisReply *do_info(const struct request *request)
{
	(void)request;
	char facts[256];
	snprintf(facts, sizeof facts, "redis_version:7.0.15\r\ncluster_enabled:0\r\nmaxmemory_policy:noeviction\r\nrun_id:%" PRIu64 "\r\nmaster_replid:%" PRIu64 "\r\n", store_sim_life(),
		store_sim_life());
	return reply_new(REPLY_STRING, text_of(facts));
}

static struct redisReply *do_ping(const struct request *request)
{
	(void)request;
	return reply_new(REPLY_STATUS, TEXT("PONG"));
}

static const struct command {
	const char *verb;
	size_t least;  // arguments, the verb included
	bool is_write;
	struct redisReply *(*act)(const struct request *request);
} commands[] = {
	{ "GET", 2, false, do_get }, { "MGET", 2, false, do_mget }, { "SET", 3, true, do_set }, { "MSET", 3, true, do_mset }, { "APPEND", 3, true, do_append },
	{ "STRLEN", 2, false, do_strlen }, { "EXISTS", 2, false, do_exists }, { "UNLINK", 2, true, do_unlink }, { "DEL", 2, true, do_unlink },
	{ "HGETALL", 2, false, do_hgetall }, { "HGET", 3, false, do_hget }, { "HMGET", 3, false, do_hmget }, { "HKEYS", 2, false, do_hkeys }, { "HSET", 4, true, do_hset },
	{ "HDEL", 3, true, do_hdel }, { "RPUSH", 3, true, do_rpush }, { "LTRIM", 4, true, do_ltrim }, { "LRANGE", 4, false, do_lrange },
	{ "LLEN", 2, false, do_llen }, { "SCAN", 6, false, do_scan }, { "INFO", 1, false, do_info }, { "PING", 1, false, do_ping },
};

static const struct command *command_of(const struct request *request)
{
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		if (text_equal(request->argument[0], text_of(commands[i].verb))) {
			if (request->count < commands[i].least)
				sim_fail("%s with %zu arguments", commands[i].verb, request->count - 1);
			return &commands[i];
		}
	sim_fail("the command %.*s is not one that the programs are known to send", (int)request->argument[0].size, request->argument[0].at);
}

bool session_is_write(const struct request *request)
{
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		if (text_equal(request->argument[0], text_of(commands[i].verb)))
			return commands[i].is_write;
	return false;
}

static void unwatch(struct session *session)
{
	session->watch_count = 0;
}

static void drop_queued(struct session *session)
{
	for (size_t i = 0; i < session->queued_count; i++)
		request_free(&session->queued[i]);
	session->queued_count = 0;
	session->is_multi = session->is_refused = false;
}

void session_done(struct session *session)
{
	drop_queued(session);
	sim_free(session->queued);
	sim_free(session->watch);
	*session = (struct session){ 0 };
}

static bool is_as_watched(const struct session *session)
{
	for (size_t i = 0; i < session->watch_count; i++)
		if (session->watch[i].entry->version != session->watch[i].version)
			return false;
	return true;
}

static struct redisReply *watch(struct session *session, const struct request *request)
{
	if (session->is_multi)
		sim_fail("WATCH inside MULTI");
	for (size_t i = 1; i < request->count; i++) {
		struct entry *entry = key_of(request, i);
		session->watch = sim_grow(session->watch, session->watch_count + 1, sizeof *session->watch, &session->watch_capacity);
		session->watch[session->watch_count++] = (struct watch){ entry, entry->version };
	}
	return ok();
}

static struct redisReply *execute(struct session *session)
{
	struct redisReply *reply;
	if (session->is_refused) {
		reply = reply_new(REPLY_ERROR, TEXT("EXECABORT Transaction discarded because of previous errors."));
	} else if (!is_as_watched(session)) {
		sim_hit[SIM_exec_nil]++;
		reply = nil();
	} else {
		reply = reply_new(REPLY_ARRAY, TEXT(""));
		for (size_t i = 0; i < session->queued_count; i++)
			reply_push(reply, command_of(&session->queued[i])->act(&session->queued[i]));
		sim_hit[SIM_exec_done]++;
	}
	drop_queued(session);
	unwatch(session);
	return reply;
}

static struct redisReply *multi(struct session *session)
{
	if (session->is_multi)
		sim_fail("MULTI inside MULTI");
	session->is_multi = true;
	return ok();
}

static struct redisReply *discard(struct session *session)
{
	if (!session->is_multi)
		return reply_new(REPLY_ERROR, TEXT("ERR DISCARD without MULTI"));
	drop_queued(session);
	unwatch(session);
	return ok();
}

static struct redisReply *queue(struct session *session, struct request *request)
{
	command_of(request);
	session->queued = sim_grow(session->queued, session->queued_count + 1, sizeof *session->queued, &session->queued_capacity);
	session->queued[session->queued_count++] = *request;
	*request = (struct request){ NULL, 0, 0 };
	return reply_new(REPLY_STATUS, TEXT("QUEUED"));
}

// A reply of a type that the command never has: most never give a number.
static struct redisReply *strange(const struct request *request)
{
	static const char *const counting[] = { "EXISTS", "STRLEN", "UNLINK" };
	for (size_t i = 0; i < sizeof counting / sizeof *counting; i++)
		if (text_equal(request->argument[0], text_of(counting[i])))
			return reply_new(REPLY_STATUS, TEXT("STRANGE"));
	return reply_new_integer(7);
}

static struct redisReply *refuse(struct session *session, const struct request *request, enum redis_failure failure)
{
	static const char *const text[FAIL_COUNT] = {
		[FAIL_LOADING] = "LOADING Redis is loading the dataset in memory",
		[FAIL_BUSY] = "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.",
		[FAIL_CLUSTERDOWN] = "CLUSTERDOWN The cluster is down",
		[FAIL_READONLY] = "READONLY You can't write against a read only replica.",
		[FAIL_OOM] = "OOM command not allowed when used memory > 'maxmemory'.",
		[FAIL_MISCONF] = "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk.",
		[FAIL_NOAUTH] = "NOAUTH Authentication required.",
		[FAIL_NOPERM] = "NOPERM this user has no permissions to run this command",
		[FAIL_EXECABORT] = "EXECABORT Transaction discarded because of previous errors.",
		[FAIL_WRONGTYPE] = "WRONGTYPE Operation against a key holding the wrong kind of value",
	};
	session->is_refused = session->is_multi;
	return failure == FAIL_STRANGE ? strange(request) : reply_new(REPLY_ERROR, text_of(text[failure]));
}

// EXEC itself that is refused discards the transaction, as Redis does.
static struct redisReply *refuse_one(struct session *session, const struct request *request, enum redis_failure failure)
{
	struct redisReply *reply = refuse(session, request, failure);
	if (text_equal(request->argument[0], TEXT("EXEC"))) {
		drop_queued(session);
		unwatch(session);
	}
	return reply;
}

struct redisReply *session_execute(struct session *session, struct request *request, enum redis_failure failure)
{
	struct text verb = request->argument[0];
	if (failure != FAIL_NOT)
		return refuse_one(session, request, failure);
	if (text_equal(verb, TEXT("WATCH")))
		return watch(session, request);
	if (text_equal(verb, TEXT("UNWATCH"))) {
		unwatch(session);
		return ok();
	}
	if (text_equal(verb, TEXT("MULTI")))
		return multi(session);
	if (text_equal(verb, TEXT("DISCARD")))
		return discard(session);
	if (text_equal(verb, TEXT("EXEC"))) {
		if (!session->is_multi)
			return reply_new(REPLY_ERROR, TEXT("ERR EXEC without MULTI"));
		return execute(session);
	}
	if (session->is_multi)
		return queue(session, request);
	return command_of(request)->act(request);
}
