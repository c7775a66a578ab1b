// sim_redis.h - the faults of the Redis in memory, and what a test may ask of it. redis.h is implemented by sim_redis.c (the wire) and sim_commands.c (the server).
#ifndef HOTLINE_SIM_REDIS_H
#define HOTLINE_SIM_REDIS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "redis.h"
#include "sim.h"
#include "sim_store.h"

// How often a write of a connection meets each fault, of 10 000.
struct redis_faults {
	uint32_t cut_before_e4;  // the connection breaks before the write arrives
	uint32_t cut_after_e4;   // it takes effect, then the connection breaks
	uint32_t hang_e4;        // it takes effect, and no reply ever comes
	uint32_t late_e4;        // it takes effect some seconds later, perhaps after its sender has given up or died
	uint32_t late_reply_e4;  // it takes effect, and is answered some seconds later
	uint32_t split_e4;       // it arrives in two pieces
	uint32_t busy_e4;        // LOADING
};
void redis_sim_reset(void);
void redis_sim_set_faults(const struct redis_faults *faults);
void redis_sim_down(int64_t for_us);                              // cuts all, refuses connections
void redis_sim_roll_back(int64_t least_us, int64_t most_us);      // cuts all, loses the last while
// A replica that lags so much is the master now. Who was connected goes on with the former one, which takes and answers everything, for so long.
void redis_sim_fail_over(int64_t lag_us, int64_t former_us);
void redis_sim_full(int64_t for_us, bool is_disk);                // no write is taken: OOM, or MISCONF where it is the disk
// Only keys that start so, and nobody hears of it: a failover behind a proxy, or another node.
void redis_sim_roll_back_unseen(const char *prefix, int64_t us);
void redis_sim_cut(struct member *member);                        // its connections

// What to do to the command of this number, counted from the reset or the last call. One thing, once. From FAIL_LOADING on it is not executed and answered so: up to
// FAIL_MISCONF with what passes (RETRY), up to FAIL_WRONGTYPE with what does not (FATAL), at last with a reply of a type that this command never has (FATAL).
enum redis_failure { FAIL_NOT, FAIL_CUT_BEFORE, FAIL_CUT_AFTER, FAIL_HANG, FAIL_LOADING, FAIL_BUSY, FAIL_CLUSTERDOWN, FAIL_READONLY, FAIL_OOM, FAIL_MISCONF, FAIL_NOAUTH, FAIL_NOPERM,
	FAIL_EXECABORT, FAIL_WRONGTYPE, FAIL_STRANGE, FAIL_COUNT };
const char *redis_failure_name(enum redis_failure failure);
void redis_sim_fail_at(uint64_t command, enum redis_failure failure);
uint64_t redis_sim_commands(void);                                // executed since then
bool redis_sim_last_failed(void);                                // the last one that was set came about
// Called when a command comes to the server, before it is executed; for directed tests.
void redis_sim_watch_commands(void (*seen)(void *self, struct member *member, const char *verb, struct text key), void *self);

// Between sim_redis.c and sim_commands.c.
struct redisReply {
	enum reply_type type;
	int64_t integer;
	struct text text;
	size_t count, capacity;
	struct redisReply **item;
};
struct redisReply *reply_new(enum reply_type type, struct text text);
struct redisReply *reply_new_integer(int64_t integer);
void reply_push(struct redisReply *reply, struct redisReply *item);
void reply_free(struct redisReply *reply);

struct request {
	struct text *argument;
	size_t count, capacity;
};
void request_free(struct request *request);

struct watch {
	struct entry *entry;
	uint64_t version;
};

// The server's side of a connection.
struct session {
	bool is_multi, is_refused;
	struct request *queued;
	size_t queued_count, queued_capacity;
	struct watch *watch;
	size_t watch_count, watch_capacity;
};
void session_done(struct session *session);
bool session_is_write(const struct request *request);
// Executes one command and returns its reply. `failure` is what it shall answer instead; the request's memory may be taken over, so that it is empty then.
struct redisReply *session_execute(struct session *session, struct request *request, enum redis_failure failure);

#endif
