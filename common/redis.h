// redis.h - one connection to Redis: commands go out together, replies come back in order, nothing blocks.
//
// redis.c is the only file that knows hiredis. SIGPIPE never comes of it: sends carry MSG_NOSIGNAL. Any error ends the connection: the caller drops it, draws a new owner id, opens another, and reads the head again.
#ifndef HOTLINE_REDIS_H
#define HOTLINE_REDIS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "text.h"

enum { REDIS_OUT_BYTES_MAX = 512 * 1024 * 1024 };  // what may be queued and not sent yet; more is FATAL too_large at the flush

struct redis;
struct redis_address;
struct redisReply;  // hiredis' own, seen only through the functions below

// Where and as whom: redis_address.h. Connects within 2 s, authenticates. RETRY "redis_away" when nobody answers; FATAL for an address or a password that is wrong.
//
// With Sentinels they are asked in turn first, 500 ms each and no more of them after 2 s; he whose answer led to the master is asked first the next time, by this process. Whom they name
// must say himself that he is a master (ROLE), or it is RETRY "not_master": a Sentinel may be behind. RETRY "master_unknown" when Sentinels answer and none watches a
// master of that name: it may be told to them yet. FATAL when each of them refuses. A failover is noticed by the connection that breaks, or by READONLY, which is RETRY below; nothing
// listens to what Sentinels announce.
MUST_USE enum status redis_open(const char *address, struct redis **ret_redis, struct error *error);
// To one server, for redis_open: `what` it is ("Redis", "Sentinel"), in messages, lives as long. Connecting and every answer may take timeout_ms.
MUST_USE enum status redis_connect(const struct redis_address *address, const char *what, int timeout_ms, struct redis **ret_redis, struct error *error);
void redis_close(struct redis *redis);
int redis_fd(const struct redis *redis);  // for poll()
const char *redis_name(const struct redis *redis);  // "127.0.0.1:6379", for error messages; never with a password

// Queues a command; its arguments are copied. Nothing is sent before redis_flush.
void redis_command(struct redis *redis, size_t count, const struct text *argument);
// The same, put together step by step: begin, arguments, end. Arguments are copied at once.
void redis_begin(struct redis *redis, const char *verb);
void redis_argument(struct redis *redis, struct text argument);
void redis_argument_string(struct redis *redis, const char *string);
void redis_argument_integer(struct redis *redis, int64_t number);  // in decimal
void redis_end(struct redis *redis);
size_t redis_pending(const struct redis *redis);  // replies that are still to come for what was queued

// Sends what the socket takes. *ret_done tells whether all is out; if not, poll for POLLOUT and call again. RETRY "redis_away" when the connection broke.
// While a large write goes out, take replies in as well, or both sides wait for each other for ever.
MUST_USE enum status redis_flush(struct redis *redis, bool *ret_done, struct error *error);

// Gives back the room that large writes took. Only when all that was queued is sent.
void redis_rest(struct redis *redis);

// Takes in what has arrived and gives the next reply, NULL when it is not complete yet. The reply lives until the next call or the close.
// RETRY "redis_away" when the connection broke. Error replies (-ERR ...) are replies, not errors of this call.
MUST_USE enum status redis_receive(struct redis *redis, const struct redisReply **ret_reply, struct error *error);

// For start-up, tools and tests: flushes, waits up to timeout_ms for the next reply. RETRY "redis_away", also after the time, which ends the connection too.
MUST_USE enum status redis_wait(struct redis *redis, int timeout_ms, const struct redisReply **ret_reply, struct error *error);

enum reply_type { REPLY_STRING, REPLY_STATUS, REPLY_INTEGER, REPLY_NIL, REPLY_ARRAY, REPLY_ERROR };
enum reply_type reply_type(const struct redisReply *reply);
struct text reply_text(const struct redisReply *reply);      // of a string, status or error; otherwise empty
int64_t reply_integer(const struct redisReply *reply);
size_t reply_count(const struct redisReply *reply);          // of an array; otherwise 0
const struct redisReply *reply_at(const struct redisReply *reply, size_t index);

// What an error reply means: LOADING, BUSY, TRYAGAIN, CLUSTERDOWN, MASTERDOWN, READONLY, NOREPLICAS, MISCONF (a full disk), OOM (a full memory) -> RETRY; everything else (WRONGTYPE, NOPERM, ...) -> FATAL
// with a sentence that names the key or command `what`. OK when the reply is no error.
MUST_USE enum status redis_check(const struct redisReply *reply, const char *what, struct error *error);
// The same, and the reply must be of one of the types, a mask of 1 << enum reply_type: FATAL broken_reply when it is of another, which no Redis gives.
MUST_USE enum status redis_check_type(const struct redisReply *reply, unsigned types, const char *what, struct error *error);
enum { REPLY_IS_VALUE = 1 << REPLY_STRING | 1 << REPLY_NIL, REPLY_IS_DONE = 1 << REPLY_STATUS, REPLY_IS_NUMBER = 1 << REPLY_INTEGER, REPLY_IS_ARRAY = 1 << REPLY_ARRAY,
	REPLY_IS_EXEC = 1 << REPLY_ARRAY | 1 << REPLY_NIL };

// Which life of which master the server is in: another one after each start and each promotion, so after whatever lets Redis lose writes that it has acknowledged.
// Empty when it does not say.
enum { REDIS_LIFE_BYTES = 96 };
MUST_USE enum status redis_life(struct redis *redis, char ret_life[REDIS_LIFE_BYTES], struct error *error);

// Start-up: Redis 6.2 or newer; maxmemory-policy noeviction; no cluster; every command of `commands` (NULL-terminated, each with its least arguments
// separated by blanks, "SET key value") allowed, tried in a MULTI that is discarded; WATCH, UNWATCH, MULTI and EXEC do not belong in it and are tried anyway.
// FATAL redis_unfit or redis_refused, with one sentence that says what to change.
MUST_USE enum status redis_check_server(struct redis *redis, const char *const *commands, struct error *error);

#endif
