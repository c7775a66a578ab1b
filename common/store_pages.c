#include "store_pages.h"

#include <assert.h>
#include <string.h>

enum { TRIES_MAX = 5 };

static enum status read_once(struct store *store, size_t shard, const struct text *page, size_t count, const struct redisReply **ret_pages, struct error *error)
{
	struct redis *redis = store_redis(store);
	const struct redisReply *replies;
	char key[KEY_BYTES_MAX];
	store_begin(store, shard);
	redis_begin(redis, "MGET");
	for (size_t i = 0; i < count; i++) {
		key_page(store_shard(store, shard)->name, page[i], key);
		redis_argument_string(redis, key);
	}
	redis_end(redis);
	enum status status = store_end(store, shard, 1, &replies, error);
	if (status == OK)
		*ret_pages = reply_at(replies, STORE_FIRST_REPLY);
	return status;
}

// The policy is fetched before the pages, since another question would end the life of their reply; when the shard has gone over to another edition between the
// two, both are asked for again.
enum status store_read_pages(struct store *store, size_t shard, const struct text *page, size_t count, const struct policy **ret_policy,
	const struct redisReply **ret_pages, struct error *error)
{
	enum status status = RETRY;
	assert(count <= STORE_CHUNK);
	for (int tries = 0; tries < TRIES_MAX && status == RETRY; tries++) {
		const struct head *head = &store_shard(store, shard)->head;
		status = store_policy(store, shard, ret_policy, error);
		if (status != OK)
			return status;
		uint32_t edition = head->edition;
		status = read_once(store, shard, page, count, ret_pages, error);
		if (status == RETRY && strcmp(error->reason, "state_moved") != 0)
			return status;
		if (status == OK && head->edition != edition)
			status = error_set(error, RETRY, "state_moved", "%s goes from one policy to the next", store_shard(store, shard)->name);
	}
	return status;
}
