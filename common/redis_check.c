// What an error reply means, and what a server must be and let us do, asked once at start-up. Above redis.h, without hiredis.
#include <stdio.h>
#include <string.h>

#include "redis.h"

enum { ASK_TIMEOUT_MS = 2000, COMMAND_WORDS_MAX = 16, WHAT_BYTES = 128 };

enum status redis_check(const struct redisReply *reply, const char *what, struct error *error)
{
	static const char *const passing[] = { "LOADING ", "BUSY ", "TRYAGAIN ", "CLUSTERDOWN ", "MASTERDOWN ", "READONLY ", "NOREPLICAS ",
		"MISCONF ", "OOM " };  // the last two: a full disk, a full memory; they pass when somebody makes room
	struct text text = reply_text(reply);
	if (reply_type(reply) != REPLY_ERROR)
		return OK;
	for (size_t i = 0; i < sizeof passing / sizeof *passing; i++)
		if (text_starts_with(text, text_of(passing[i])))
			return error_set(error, RETRY, "redis_busy", "Redis cannot take %s now: %.*s", what, (int)text.size, text.at);
	return error_set(error, FATAL, "redis_refused", "Redis refuses %s: %.*s", what, (int)text.size, text.at);
}

enum status redis_check_type(const struct redisReply *reply, unsigned types, const char *what, struct error *error)
{
	static const char *const name[] = { "a string", "a status", "an integer", "nil", "an array", "an error" };
	enum status status = redis_check(reply, what, error);
	if (status != OK || types >> reply_type(reply) & 1)
		return status;
	return error_set(error, FATAL, "broken_reply", "Redis answers %s with %s: is there something else between us and it?", what, name[reply_type(reply)]);
}

static enum status ask(struct redis *redis, unsigned types, const char *what, const struct redisReply **ret_reply, struct error *error)
{
	enum status status = redis_wait(redis, ASK_TIMEOUT_MS, ret_reply, error);
	return status == OK ? redis_check_type(*ret_reply, types, what, error) : status;
}

// The value of "name:value\r\n" in what INFO tells; empty when it is not there.
static struct text find_fact(struct text facts, const char *name)
{
	size_t size = strlen(name);
	for (const char *at = facts.at, *end = facts.at + facts.size; at < end;) {
		const char *line_end = memchr(at, '\r', (size_t)(end - at));
		line_end = line_end ? line_end : end;
		if ((size_t)(line_end - at) > size && !memcmp(at, name, size) && at[size] == ':')
			return (struct text){ at + size + 1, (uint32_t)(line_end - at - (ptrdiff_t)size - 1) };
		at = line_end + 2;
	}
	return (struct text){ NULL, 0 };
}

static bool is_new_enough(struct text version)
{
	char string[32];
	int major = 0, minor = 0;
	return text_copy(version, string, sizeof string) && sscanf(string, "%d.%d", &major, &minor) == 2 && (major > 6 || (major == 6 && minor >= 2));
}

static enum status ask_facts(struct redis *redis, struct text *ret_facts, struct error *error)
{
	const struct redisReply *reply;
	redis_command(redis, 1, &TEXT("INFO"));
	enum status status = ask(redis, REPLY_IS_VALUE, "INFO (the user needs the permission +info)", &reply, error);
	if (status == OK)
		*ret_facts = reply_text(reply);
	return status;
}

// A start draws a new run_id, a promotion a new replication id: a former master that was made a replica, given another one's data and promoted again has not started anew.
enum status redis_life(struct redis *redis, char ret_life[REDIS_LIFE_BYTES], struct error *error)
{
	struct text facts = { NULL, 0 };
	enum status status = ask_facts(redis, &facts, error);
	struct text run = find_fact(facts, "run_id"), replication = find_fact(facts, "master_replid");
	ret_life[0] = '\0';
	if (status == OK && run.size && replication.size && run.size + replication.size + 2 <= REDIS_LIFE_BYTES)
		snprintf(ret_life, REDIS_LIFE_BYTES, "%.*s/%.*s", (int)run.size, run.at, (int)replication.size, replication.at);
	return status;
}

static enum status check_facts(struct redis *redis, struct error *error)
{
	struct text facts;
	enum status status = ask_facts(redis, &facts, error);
	if (status != OK)
		return status;
	struct text version = find_fact(facts, "redis_version"), eviction = find_fact(facts, "maxmemory_policy");
	if (!is_new_enough(version))
		return error_set(error, FATAL, "redis_unfit", "Redis at %s is version %.*s; it must be 6.2 or newer", redis_name(redis), (int)version.size, version.at);
	if (text_equal(find_fact(facts, "redis_mode"), TEXT("sentinel")))
		return error_set(error, FATAL, "redis_unfit", "at %s is a Sentinel and no Redis; with Sentinels the address is redis+sentinel://HOST:PORT,HOST:PORT.../MASTER", redis_name(redis));
	if (text_equal(find_fact(facts, "cluster_enabled"), TEXT("1")))
		return error_set(error, FATAL, "redis_unfit", "Redis at %s is a node of a cluster, which is not supported yet; use a server with cluster-enabled no", redis_name(redis));
	if (!text_equal(eviction, TEXT("noeviction")))
		return error_set(error, FATAL, "redis_unfit", "Redis at %s may throw tickets away when memory is short (maxmemory-policy %.*s); set maxmemory-policy noeviction",
			redis_name(redis), (int)eviction.size, eviction.at);
	return OK;
}

static void queue_words(struct redis *redis, const char *command)
{
	struct text word[COMMAND_WORDS_MAX];
	size_t count = 0;
	for (const char *at = command; *at && count < COMMAND_WORDS_MAX;) {
		size_t size = strcspn(at, " ");
		word[count++] = (struct text){ at, (uint32_t)size };
		at += size + strspn(at + size, " ");
	}
	redis_command(redis, count, word);
}

// Redis looks at permissions and at the number of arguments when it queues.
static enum status try_commands(struct redis *redis, const char *const *commands, struct error *error)
{
	const struct redisReply *reply;
	redis_command(redis, 1, &TEXT("MULTI"));
	enum status status = ask(redis, REPLY_IS_DONE, "MULTI", &reply, error);
	for (; *commands && status == OK; commands++) {
		char what[WHAT_BYTES];
		snprintf(what, sizeof what, "\"%s\" (does the user have the permission?)", *commands);
		queue_words(redis, *commands);
		status = ask(redis, REPLY_IS_DONE, what, &reply, error);
	}
	if (status == RETRY)
		return status;
	// After a refusal the transaction still has to end, and the refusal is what counts.
	redis_command(redis, 1, &TEXT("DISCARD"));
	enum status discard_status = ask(redis, REPLY_IS_DONE, "DISCARD", &reply, status == OK ? error : NULL);
	return status == OK ? discard_status : status;
}

enum status redis_check_server(struct redis *redis, const char *const *commands, struct error *error)
{
	const struct redisReply *reply;
	enum status status = check_facts(redis, error);
	if (status != OK)
		return status;
	queue_words(redis, "WATCH hotline:{check}");
	status = ask(redis, REPLY_IS_DONE, "WATCH", &reply, error);
	if (status != OK)
		return status;
	queue_words(redis, "UNWATCH");
	status = ask(redis, REPLY_IS_DONE, "UNWATCH", &reply, error);
	return status == OK ? try_commands(redis, commands, error) : status;
}
