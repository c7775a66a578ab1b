// Where Redis is at this moment: at its address, or where the Sentinels say. Above redis.h, without hiredis.
// Source: redis.io/docs/latest/develop/reference/sentinel-clients
#include <stdlib.h>

#include "clock.h"
#include "redis.h"
#include "redis_address.h"

enum { OPEN_TIMEOUT_MS = 2000, SENTINEL_TIMEOUT_MS = 500, SENTINELS_TIMEOUT_MS = 2000 };

// Whom to ask first. A process has one such address, and a wrong first costs only time.
static size_t first_sentinel;

static enum status broken_answer(const struct redis *sentinel, const struct redis_address *address, struct error *error)
{
	return error_set(error, FATAL, "broken_reply", "Sentinel at %s does not say where the master %s is, but something else: is it a Sentinel?", redis_name(sentinel), address->master);
}

// Nil, or host and port.
static enum status take_place(const struct redis *sentinel, const struct redisReply *reply, const struct redis_address *address, struct redis_place *ret_place, struct error *error)
{
	char port[8];
	if (reply_type(reply) == REPLY_NIL)
		return error_set(error, RETRY, "master_unknown", "Sentinel at %s answers nil when asked for the master %s: it watches none of that name", redis_name(sentinel), address->master);
	if (reply_type(reply) == REPLY_ERROR) {
		enum status status = redis_check(reply, "SENTINEL get-master-addr-by-name", error);
		struct text text = reply_text(reply);
		return error_set(error, status, "sentinel_refused", "Sentinel at %s refuses to tell where the master %s is: %.*s", redis_name(sentinel), address->master, (int)text.size, text.at);
	}
	if (reply_count(reply) != 2 || !text_copy(reply_text(reply_at(reply, 0)), ret_place->host, sizeof ret_place->host) || !ret_place->host[0] ||
	    !text_copy(reply_text(reply_at(reply, 1)), port, sizeof port))
		return broken_answer(sentinel, address, error);
	ret_place->port = (int)strtol(port, NULL, 10);
	return ret_place->port > 0 && ret_place->port <= 65535 ? OK : broken_answer(sentinel, address, error);
}

// *ret_is_there: it answered, whatever it said.
static enum status ask_sentinel(const struct redis_address *address, size_t index, struct redis_place *ret_place, bool *ret_is_there, struct error *error)
{
	struct redis *sentinel = NULL;
	const struct redisReply *reply;
	struct redis_address at = { .place = address->sentinel[index], .login = address->sentinel_login };
	enum status status = redis_connect(&at, "Sentinel", SENTINEL_TIMEOUT_MS, &sentinel, error);
	*ret_is_there = status == FATAL;
	if (status != OK)
		return status;
	redis_command(sentinel, 3, (const struct text[]){ TEXT("SENTINEL"), TEXT("get-master-addr-by-name"), text_of(address->master) });
	status = redis_wait(sentinel, SENTINEL_TIMEOUT_MS, &reply, error);
	*ret_is_there = status == OK;
	if (status == OK)
		status = take_place(sentinel, reply, address, ret_place, error);
	redis_close(sentinel);
	return status;
}

// What one of them said tells more than that another one does not answer. Only what each of them refuses is wrong for good.
static enum status ask_sentinels(const struct redis_address *address, size_t *ret_index, struct redis_place *ret_place, struct error *error)
{
	int64_t until_ms = clock_monotonic_ms() + SENTINELS_TIMEOUT_MS;
	size_t asked = 0, refused = 0;
	bool has_answer = false;
	struct error last;
	while (asked < address->sentinel_count && (!asked || clock_monotonic_ms() < until_ms)) {
		bool is_there;
		*ret_index = (first_sentinel + asked++) % address->sentinel_count;
		enum status status = ask_sentinel(address, *ret_index, ret_place, &is_there, &last);
		if (status == OK)
			return OK;
		refused += status == FATAL;
		if (is_there && error)
			*error = last;
		has_answer |= is_there;
	}
	first_sentinel += asked;
	if (!has_answer)
		return error_set(error, RETRY, "redis_away", "no Sentinel answers; the last of %zu that were asked: %s", asked, last.text);
	return refused == address->sentinel_count ? FATAL : RETRY;
}

static enum status check_role(struct redis *redis, const struct redis_address *address, struct error *error)
{
	const struct redisReply *reply;
	redis_command(redis, 1, &TEXT("ROLE"));
	enum status status = redis_wait(redis, OPEN_TIMEOUT_MS, &reply, error);
	if (status == OK)
		status = redis_check_type(reply, REPLY_IS_ARRAY, "ROLE (the user needs the permission +role)", error);
	if (status != OK)
		return status;
	struct text role = reply_count(reply) ? reply_text(reply_at(reply, 0)) : TEXT("nothing");
	if (text_equal(role, TEXT("master")))
		return OK;
	return error_set(error, RETRY, "not_master", "Redis at %s is not the master %s that a Sentinel takes it for, but says that it is %.*s: a failover may be under way", redis_name(redis),
		address->master, (int)role.size, role.at);
}

// A Sentinel that is cut off goes on naming the master of old: whose answer leads nowhere is asked last the next time.
static enum status open_master(struct redis_address *address, struct redis **ret_redis, struct error *error)
{
	struct redis *redis = NULL;
	size_t index = 0;
	enum status status = ask_sentinels(address, &index, &address->place, error);
	if (status != OK)
		return status;
	status = redis_connect(address, "Redis", OPEN_TIMEOUT_MS, &redis, error);
	if (status == OK)
		status = check_role(redis, address, error);
	first_sentinel = status == OK ? index : index + 1;
	if (status == OK)
		*ret_redis = redis;
	else
		redis_close(redis);
	return status;
}

enum status redis_open(const char *string, struct redis **ret_redis, struct error *error)
{
	struct redis_address address;
	enum status status = redis_address_parse(string, &address, error);
	if (status != OK)
		return status;
	return address.sentinel_count ? open_master(&address, ret_redis, error) : redis_connect(&address, "Redis", OPEN_TIMEOUT_MS, ret_redis, error);
}
