// store.h - a read-only view of what the consumers keep in Redis: the shards with their heads, names and policies. For tools and tests.
//
// Nothing is locked or written. Every read of a shard is one MULTI with its head and new names in it, so what it gives is one state of that shard, never half a step.
#ifndef HOTLINE_STORE_H
#define HOTLINE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "head.h"
#include "keys.h"
#include "names.h"
#include "policy.h"
#include "redis.h"
#include "ticket.h"

enum { STORE_WAIT_MS = 20000, STORE_SHARDS_MAX = 4096, STORE_TOPICS = 3, STORE_CHUNK = 400 };  // commands in one write: the knee, see measured.md

struct store_shard {
	char name[SHARD_NAME_BYTES];  // "tickets.3"
	bool is_of_tickets;           // else of unit events or links
	bool is_there;                // it has a head
	struct head head;
	int64_t outbox_count;
};

struct store;

// Opens the connection and nothing else. Topics are named as -t names them. What redis_open returns.
MUST_USE enum status store_open(const char *address, const char *ticket_topic, const char *unit_topic, const char *link_topic, struct store **ret_store, struct error *error);
void store_close(struct store *store);  // NULL is taken

// Reads all heads; again to see them move. No shards at all is OK: nothing has been counted yet.
MUST_USE enum status store_load(struct store *store, struct error *error);
size_t store_shard_count(const struct store *store);
const struct store_shard *store_shard(const struct store *store, size_t index);  // those of tickets first, then of unit events, then of links, by partition
int32_t store_partitions(const struct store *store);  // of the ticket topic; 0 when there is no shard yet
bool store_clock(const struct store *store, int64_t *ret_clock_ms);  // the city's: the least of the ticket shards' clocks that have started. False when none has

// Every name that any shard has stored.
MUST_USE enum status store_load_names(struct store *store, struct error *error);
struct names *store_names(struct store *store);

// The policy that a shard of tickets judges by now. Lives as long as the store.
MUST_USE enum status store_policy(struct store *store, size_t shard, const struct policy **ret_policy, struct error *error);
// The same of the shard that judges the city's first partition; the default policy where there is no shard.
MUST_USE enum status store_city_policy(struct store *store, const struct policy **ret_policy, struct error *error);

// For the parts of the store in other files.
struct redis *store_redis(struct store *store);
const struct dictionary *store_dictionary(const struct store *store, size_t shard);
// Queues what begins and ends a read of the shard: MULTI, its head, its new names, and between the two what the caller queues with redis_command.
void store_begin(struct store *store, size_t shard);
// Ends it, waits, and takes head and names in. *ret_replies is the EXEC's array; the caller's own start at STORE_FIRST_REPLY. RETRY state_moved: begin again.
enum { STORE_FIRST_REPLY = 2 };
MUST_USE enum status store_end(struct store *store, size_t shard, size_t queued, const struct redisReply **ret_replies, struct error *error);

#endif
