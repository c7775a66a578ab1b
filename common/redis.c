#include "redis.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <hiredis/hiredis.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "clock.h"
#include "memory.h"
#include "redis_address.h"

enum {
	OUT_KEPT_BYTES = 4 * 1024 * 1024,  // larger buffers are given back once all is sent
	// hiredis moves what is left of its buffer after every reply above 1 KiB, so it must never hold much more than it can use
	IN_CHUNK_BYTES = 32 * 1024,
};

struct redis {
	redisContext *context;
	redisReply *reply;  // the last one handed out
	char *body;         // arguments of the command that is being put together, as they will be sent
	size_t body_size, body_capacity, argument_count;
	char *out;
	size_t out_at, out_size, out_capacity;  // out_at has been sent
	size_t pending;
	bool is_too_large, is_broken;
	const char *what;                             // "Redis", "Sentinel", and where, for error messages: without a password
	char name[REDIS_ADDRESS_PART_BYTES + 16];
};

static enum status broken(struct redis *redis, const char *what, struct error *error)
{
	redis->is_broken = true;
	return error_set(error, RETRY, "redis_away", "the connection to %s at %s broke: %s", redis->what, redis->name, what);
}

static enum status connect_to(struct redis *redis, const struct redis_address *address, int timeout_ms, struct error *error)
{
	struct timeval timeout = { .tv_sec = timeout_ms / 1000, .tv_usec = timeout_ms % 1000 * 1000 };
	redis->context = address->is_unix ? redisConnectUnixWithTimeout(address->place.host, timeout)
	                                  : redisConnectWithTimeout(address->place.host, address->place.port, timeout);
	if (!redis->context)
		return error_set(error, FATAL, "no_memory", "no memory for a connection to Redis");
	if (redis->context->err)
		return error_set(error, RETRY, "redis_away", "%s at %s does not answer: %s", redis->what, redis->name, redis->context->errstr);
	redis->context->reader->maxbuf = 0;  // else hiredis frees and allocates its buffer anew all the time
	int flags = fcntl(redis->context->fd, F_GETFL);
	if (flags < 0 || fcntl(redis->context->fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return error_set(error, RETRY, "redis_away", "%s at %s: %s", redis->what, redis->name, strerror(errno));
	redisEnableKeepAlive(redis->context);  // a host that vanished is noticed in the end; a unix socket refuses, which is fine
	redis->context->err = 0;
	return OK;
}

// A refused login is the operator's to mend, a server that still loads is not.
static enum status take_greeting(struct redis *redis, int timeout_ms, struct error *error)
{
	const redisReply *reply;
	enum status status = redis_wait(redis, timeout_ms, &reply, error);
	if (status == OK)
		status = redis_check_type(reply, REPLY_IS_DONE, "the connection", error);
	if (status != FATAL || reply->type != REDIS_REPLY_ERROR)
		return status;
	return error_set(error, FATAL, "redis_denied", "%s at %s refuses the connection: %.*s", redis->what, redis->name, (int)reply->len, reply->str);
}

static enum status greet(struct redis *redis, const struct redis_address *address, int timeout_ms, struct error *error)
{
	size_t count = 1;
	if (address->login.password[0]) {
		redis_begin(redis, "AUTH");
		if (address->login.user[0])
			redis_argument_string(redis, address->login.user);
		redis_argument_string(redis, address->login.password);
		redis_end(redis);
		count++;
	}
	if (address->database) {
		redis_begin(redis, "SELECT");
		redis_argument_integer(redis, address->database);
		redis_end(redis);
		count++;
	}
	redis_command(redis, 1, &TEXT("PING"));
	enum status status = OK;
	for (size_t i = 0; i < count && status == OK; i++)
		status = take_greeting(redis, timeout_ms, error);
	return status;
}

enum status redis_connect(const struct redis_address *address, const char *what, int timeout_ms, struct redis **ret_redis, struct error *error)
{
	struct redis *redis = memory_new(sizeof *redis);
	redis->what = what;
	if (address->is_unix)
		snprintf(redis->name, sizeof redis->name, "%s", address->place.host);
	else
		snprintf(redis->name, sizeof redis->name, "%s:%d", address->place.host, address->place.port);
	enum status status = connect_to(redis, address, timeout_ms, error);
	if (status == OK)
		status = greet(redis, address, timeout_ms, error);
	if (status == OK)
		*ret_redis = redis;
	else
		redis_close(redis);
	return status;
}

void redis_close(struct redis *redis)
{
	if (!redis)
		return;
	if (redis->reply)
		freeReplyObject(redis->reply);
	if (redis->context)
		redisFree(redis->context);
	free(redis->body);
	free(redis->out);
	free(redis);
}

const char *redis_name(const struct redis *redis)
{
	return redis->name;
}

int redis_fd(const struct redis *redis)
{
	return redis->context->fd;
}

enum { NUMBER_BYTES = 24 };  // a 64-bit number with a sign, a mark before it and CR LF after it

// Decimal by hand: snprintf costs more than all the rest of a command.
static char *write_number(char *at, char mark, uint64_t number)
{
	char digits[20];
	size_t count = 0;
	do
		digits[count++] = (char)('0' + number % 10);
	while (number /= 10);
	*at++ = mark;
	while (count)
		*at++ = digits[--count];
	*at++ = '\r';
	*at++ = '\n';
	return at;
}

void redis_begin(struct redis *redis, const char *verb)
{
	redis->body_size = redis->argument_count = 0;
	redis_argument_string(redis, verb);
}

void redis_argument(struct redis *redis, struct text argument)
{
	if (redis->is_too_large || redis->body_size + argument.size > REDIS_OUT_BYTES_MAX) {
		redis->is_too_large = true;
		return;
	}
	redis->body = memory_grow(redis->body, redis->body_size + argument.size + NUMBER_BYTES + 2, 1, &redis->body_capacity);
	char *at = write_number(redis->body + redis->body_size, '$', argument.size);
	if (argument.size)
		memcpy(at, argument.at, argument.size);
	at += argument.size;
	*at++ = '\r';
	*at++ = '\n';
	redis->body_size = (size_t)(at - redis->body);
	redis->argument_count++;
}

void redis_argument_string(struct redis *redis, const char *string)
{
	redis_argument(redis, text_of(string));
}

void redis_argument_integer(struct redis *redis, int64_t number)
{
	char digits[NUMBER_BYTES];
	int size = snprintf(digits, sizeof digits, "%" PRId64, number);
	redis_argument(redis, (struct text){ digits, (uint32_t)size });
}

void redis_end(struct redis *redis)
{
	if (redis->is_too_large || redis->out_size + redis->body_size > REDIS_OUT_BYTES_MAX) {
		redis->is_too_large = true;
		return;
	}
	redis->out = memory_grow(redis->out, redis->out_size + redis->body_size + NUMBER_BYTES, 1, &redis->out_capacity);
	char *at = write_number(redis->out + redis->out_size, '*', redis->argument_count);
	memcpy(at, redis->body, redis->body_size);
	redis->out_size = (size_t)(at - redis->out) + redis->body_size;
	redis->pending++;
}

void redis_command(struct redis *redis, size_t count, const struct text *argument)
{
	redis->body_size = redis->argument_count = 0;
	for (size_t i = 0; i < count; i++)
		redis_argument(redis, argument[i]);
	redis_end(redis);
}

size_t redis_pending(const struct redis *redis)
{
	return redis->pending;
}

void redis_rest(struct redis *redis)
{
	assert(!redis->out_size);
	free(redis->out);
	free(redis->body);
	redis->out = redis->body = NULL;
	redis->out_capacity = redis->body_capacity = 0;
}

static void reset_out(struct redis *redis)
{
	redis->out_at = redis->out_size = 0;
	if (redis->out_capacity + redis->body_capacity > OUT_KEPT_BYTES)
		redis_rest(redis);
}

enum status redis_flush(struct redis *redis, bool *ret_done, struct error *error)
{
	if (redis->is_too_large)
		return error_set(error, FATAL, "too_large", "one write to Redis would be larger than %d MiB; lower the batch size", REDIS_OUT_BYTES_MAX >> 20);
	if (redis->is_broken)
		return broken(redis, "it was given up before", error);
	while (redis->out_at < redis->out_size) {
		ssize_t sent = send(redis->context->fd, redis->out + redis->out_at, redis->out_size - redis->out_at, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
			*ret_done = false;
			return OK;
		}
		if (sent < 0)
			return broken(redis, strerror(errno), error);
		redis->out_at += (size_t)sent;
	}
	reset_out(redis);
	*ret_done = true;
	return OK;
}

// *ret_is_some tells whether anything came.
static enum status take_in(struct redis *redis, bool *ret_is_some, struct error *error)
{
	char chunk[IN_CHUNK_BYTES];
	ssize_t size;
	do
		size = recv(redis->context->fd, chunk, sizeof chunk, MSG_DONTWAIT);
	while (size < 0 && errno == EINTR);
	*ret_is_some = size > 0;
	if (size > 0 && redisReaderFeed(redis->context->reader, chunk, (size_t)size) != REDIS_OK)
		return broken(redis, redis->context->reader->errstr, error);
	if (size == 0)
		return broken(redis, "the server closed it", error);
	if (size < 0 && errno != EAGAIN && errno != EWOULDBLOCK)
		return broken(redis, strerror(errno), error);
	return OK;
}

enum status redis_receive(struct redis *redis, const struct redisReply **ret_reply, struct error *error)
{
	if (redis->reply)
		freeReplyObject(redis->reply);
	redis->reply = NULL;
	if (redis->is_broken)
		return broken(redis, "it was given up before", error);
	for (bool is_some = true; is_some;) {
		void *reply = NULL;
		if (redisReaderGetReply(redis->context->reader, &reply) != REDIS_OK)
			return broken(redis, redis->context->reader->errstr, error);
		if (reply) {
			redis->reply = reply;
			redis->pending -= redis->pending > 0;
			break;
		}
		enum status status = take_in(redis, &is_some, error);
		if (status != OK)
			return status;
	}
	*ret_reply = redis->reply;
	return OK;
}

enum status redis_wait(struct redis *redis, int timeout_ms, const struct redisReply **ret_reply, struct error *error)
{
	int64_t until_ms = clock_monotonic_ms() + timeout_ms;
	for (;;) {
		bool is_sent;
		const redisReply *reply;
		enum status status = redis_flush(redis, &is_sent, error);
		if (status == OK)
			status = redis_receive(redis, &reply, error);
		if (status != OK)
			return status;
		if (reply) {
			*ret_reply = reply;
			return OK;
		}
		int64_t left_ms = until_ms - clock_monotonic_ms();
		if (left_ms <= 0)
			return broken(redis, "no answer in time", error);
		struct pollfd poll_fd = { .fd = redis->context->fd, .events = (short)(is_sent ? POLLIN : POLLIN | POLLOUT) };
		poll(&poll_fd, 1, (int)left_ms);
	}
}

enum reply_type reply_type(const struct redisReply *reply)
{
	switch (reply->type) {
	case REDIS_REPLY_STATUS: return REPLY_STATUS;
	case REDIS_REPLY_INTEGER: return REPLY_INTEGER;
	case REDIS_REPLY_NIL: return REPLY_NIL;
	case REDIS_REPLY_ARRAY: return REPLY_ARRAY;
	case REDIS_REPLY_ERROR: return REPLY_ERROR;
	default: return REPLY_STRING;
	}
}

struct text reply_text(const struct redisReply *reply)
{
	bool has_text = reply->type == REDIS_REPLY_STRING || reply->type == REDIS_REPLY_STATUS || reply->type == REDIS_REPLY_ERROR;
	return has_text ? (struct text){ reply->str, (uint32_t)reply->len } : (struct text){ NULL, 0 };
}

int64_t reply_integer(const struct redisReply *reply)
{
	return reply->type == REDIS_REPLY_INTEGER ? reply->integer : 0;
}

size_t reply_count(const struct redisReply *reply)
{
	return reply->type == REDIS_REPLY_ARRAY ? reply->elements : 0;
}

const struct redisReply *reply_at(const struct redisReply *reply, size_t index)
{
	return reply->element[index];
}
