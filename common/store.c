#include "store.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "policy_file.h"

struct shard {
	struct store_shard public;
	struct dictionary *dictionary;
	const struct policy *policy;
	uint32_t policy_edition;  // the shard's number of it; 0 when none is loaded
};

// Shards mostly judge by one policy: it is kept once.
struct loaded {
	struct policy policy;
	char edition[POLICY_EDITION_BYTES];
	struct loaded *next;
};

struct store {
	struct redis *redis;
	const char *topic[STORE_TOPICS];  // of tickets, of unit events, of links
	struct names *names;
	struct shard *shard;
	size_t shard_count;
	int32_t partitions;
	struct loaded *loaded;
	struct policy fallback;
};

enum status store_open(const char *address, const char *ticket_topic, const char *unit_topic, const char *link_topic, struct store **ret_store, struct error *error)
{
	struct redis *redis;
	enum status status = redis_open(address, &redis, error);
	if (status != OK)
		return status;
	struct store *store = memory_new(sizeof *store);
	store->redis = redis;
	store->topic[0] = ticket_topic;
	store->topic[1] = unit_topic;
	store->topic[2] = link_topic;
	store->names = names_new();
	policy_init_default(&store->fallback);
	*ret_store = store;
	return OK;
}

static void forget_shards(struct store *store)
{
	for (size_t i = 0; i < store->shard_count; i++)
		dictionary_free(store->shard[i].dictionary);
	free(store->shard);
	store->shard = NULL;
	store->shard_count = 0;
}

void store_close(struct store *store)
{
	if (!store)
		return;
	forget_shards(store);
	for (struct loaded *loaded = store->loaded, *next; loaded; loaded = next) {
		next = loaded->next;
		policy_done(&loaded->policy);
		free(loaded);
	}
	policy_done(&store->fallback);
	names_free(store->names);
	redis_close(store->redis);
	free(store);
}

static void ask(struct store *store, const char *verb, const char *key)
{
	redis_begin(store->redis, verb);
	redis_argument_string(store->redis, key);
	redis_end(store->redis);
}

static enum status receive(struct store *store, const char *what, const struct redisReply **ret_reply, struct error *error)
{
	enum status status = redis_wait(store->redis, STORE_WAIT_MS, ret_reply, error);
	return status == OK ? redis_check(*ret_reply, what, error) : status;
}

// One head and the length of its outbox.
static enum status take_head(struct store *store, struct store_shard *shard, struct error *error)
{
	const struct redisReply *reply;
	enum status status = receive(store, shard->name, &reply, error);
	if (status == OK && reply_type(reply) == REPLY_STRING) {
		status = head_parse(reply_text(reply), &shard->head, error);
		shard->is_there = status == OK;
	}
	if (status == OK)
		status = receive(store, shard->name, &reply, error);
	if (status == OK)
		shard->outbox_count = reply_integer(reply);
	return status;
}

static void ask_head(struct store *store, const char *shard)
{
	char key[KEY_BYTES_MAX];
	key_head(shard, key);
	ask(store, "GET", key);
	key_outbox(shard, key);
	ask(store, "LLEN", key);
}

// How many shards a topic has: any head of it says so, and the first partitions start first. Asked of the first few, since one may not have begun.
static enum status count_partitions(struct store *store, const char *topic, int32_t *ret_count, struct error *error)
{
	enum { FIRST_FEW = 64 };
	struct store_shard shard = { .is_there = false };
	int32_t count = 0;
	enum status status = OK;
	for (int32_t i = 0; i < FIRST_FEW; i++) {
		key_shard(topic, i, shard.name);
		ask_head(store, shard.name);
	}
	for (int32_t i = 0; i < FIRST_FEW && status == OK; i++) {
		shard.is_there = false;
		key_shard(topic, i, shard.name);
		status = take_head(store, &shard, error);
		if (status == OK && shard.is_there && shard.head.partitions > count)
			count = shard.head.partitions;
	}
	if (status == OK && count > STORE_SHARDS_MAX / STORE_TOPICS)
		status = error_set(error, FATAL, "broken_state", "the head of %s speaks of %" PRId32 " partitions", topic, count);
	*ret_count = status == OK ? count : 0;
	return status;
}

static void make_shards(struct store *store, const int32_t count[STORE_TOPICS])
{
	size_t total = 0;
	for (int topic = 0; topic < STORE_TOPICS; topic++)
		total += (size_t)count[topic];
	if (store->shard_count == total && store->partitions == count[0])
		return;
	forget_shards(store);
	store->partitions = count[0];
	store->shard = memory_new(total * sizeof *store->shard);
	for (int topic = 0; topic < STORE_TOPICS; topic++)
		for (int32_t i = 0; i < count[topic]; i++) {
			struct shard *shard = &store->shard[store->shard_count++];
			key_shard(store->topic[topic], i, shard->public.name);
			shard->public.is_of_tickets = topic == 0;
			shard->dictionary = dictionary_new();
		}
}

enum status store_load(struct store *store, struct error *error)
{
	int32_t count[STORE_TOPICS];
	enum status status = OK;
	for (int topic = 0; topic < STORE_TOPICS && status == OK; topic++)
		status = count_partitions(store, store->topic[topic], &count[topic], error);
	if (status != OK)
		return status;
	make_shards(store, count);
	for (size_t i = 0; i < store->shard_count; i++)
		ask_head(store, store->shard[i].public.name);
	for (size_t i = 0; i < store->shard_count && status == OK; i++) {
		store->shard[i].public.is_there = false;
		status = take_head(store, &store->shard[i].public, error);
	}
	return status;
}

size_t store_shard_count(const struct store *store)
{
	return store->shard_count;
}

const struct store_shard *store_shard(const struct store *store, size_t index)
{
	return &store->shard[index].public;
}

int32_t store_partitions(const struct store *store)
{
	return store->partitions;
}

bool store_clock(const struct store *store, int64_t *ret_clock_ms)
{
	int64_t least = 0;
	for (size_t i = 0; i < store->shard_count; i++) {
		const struct store_shard *shard = &store->shard[i].public;
		if (shard->is_of_tickets && shard->is_there && shard->head.clock_ms && (!least || shard->head.clock_ms < least))
			least = shard->head.clock_ms;
	}
	if (!least)
		return false;
	*ret_clock_ms = least;
	return true;
}

void store_begin(struct store *store, size_t index)
{
	struct shard *shard = &store->shard[index];
	char key[KEY_BYTES_MAX];
	redis_begin(store->redis, "MULTI");
	redis_end(store->redis);
	key_head(shard->public.name, key);
	ask(store, "GET", key);
	key_names(shard->public.name, key);
	redis_begin(store->redis, "LRANGE");
	redis_argument_string(store->redis, key);
	redis_argument_integer(store->redis, dictionary_count(shard->dictionary));
	redis_argument_integer(store->redis, -1);
	redis_end(store->redis);
}

// The dictionary is read in pieces and only ever grows; when the head has fewer, Redis went back in time and we start over.
static enum status take_names(struct store *store, struct shard *shard, const struct redisReply *list, struct error *error)
{
	uint32_t had = dictionary_count(shard->dictionary), in_force = shard->public.head.names;
	if (in_force < had) {
		dictionary_free(shard->dictionary);
		shard->dictionary = dictionary_new();
		return error_set(error, RETRY, "state_moved", "%s went back to an earlier state while it was read", shard->public.name);
	}
	if (reply_count(list) < in_force - had)
		return error_set(error, FATAL, "broken_state", "%s has fewer names than its head says", shard->public.name);
	for (uint32_t i = 0; i < in_force - had; i++) {
		name_id name = names_intern_dimension(store->names, reply_text(reply_at(list, i)));
		if (!name || dictionary_add(shard->dictionary, name) != had + i + 1)
			return error_set(error, FATAL, "broken_state", "name %" PRIu32 " of %s is no dimension, or is there twice", had + i + 1, shard->public.name);
	}
	return OK;
}

enum status store_end(struct store *store, size_t index, size_t queued, const struct redisReply **ret_replies, struct error *error)
{
	struct shard *shard = &store->shard[index];
	const struct redisReply *reply;
	enum status status = OK;
	redis_begin(store->redis, "EXEC");
	redis_end(store->redis);
	for (size_t i = 0; i < 1 + STORE_FIRST_REPLY + queued + 1 && status == OK; i++)
		status = receive(store, shard->public.name, &reply, error);
	if (status != OK)
		return status;
	if (reply_type(reply) != REPLY_ARRAY || reply_count(reply) != STORE_FIRST_REPLY + queued)
		return error_set(error, FATAL, "broken_state", "Redis gave no answer to a read of %s", shard->public.name);
	for (size_t i = 0; i < reply_count(reply) && status == OK; i++)
		status = redis_check(reply_at(reply, i), shard->public.name, error);
	if (status == OK && reply_type(reply_at(reply, 0)) != REPLY_STRING)
		return error_set(error, FATAL, "head_missing", "the head of %s is gone", shard->public.name);
	if (status == OK)
		status = head_parse(reply_text(reply_at(reply, 0)), &shard->public.head, error);
	if (status == OK)
		status = take_names(store, shard, reply_at(reply, 1), error);
	if (status == OK)
		*ret_replies = reply;
	return status;
}

enum status store_load_names(struct store *store, struct error *error)
{
	enum status status = OK;
	for (size_t i = 0; i < store->shard_count && status == OK; i++) {
		const struct redisReply *unused;
		if (!store->shard[i].public.is_there)
			continue;
		store_begin(store, i);
		status = store_end(store, i, 0, &unused, error);
		if (status == RETRY && strcmp(error->reason, "state_moved") == 0) {
			store_begin(store, i);
			status = store_end(store, i, 0, &unused, error);
		}
	}
	return status;
}

struct names *store_names(struct store *store)
{
	return store->names;
}

struct redis *store_redis(struct store *store)
{
	return store->redis;
}

const struct dictionary *store_dictionary(const struct store *store, size_t shard)
{
	return store->shard[shard].dictionary;
}

static const struct policy *find_loaded(const struct store *store, const char *edition)
{
	for (const struct loaded *loaded = store->loaded; loaded; loaded = loaded->next)
		if (strcmp(loaded->edition, edition) == 0)
			return &loaded->policy;
	return NULL;
}

static enum status load_policy(struct store *store, const struct store_shard *shard, const struct policy **ret_policy, struct error *error)
{
	char key[KEY_BYTES_MAX];
	const struct redisReply *reply;
	key_policy(shard->name, shard->head.edition, key);
	ask(store, "GET", key);
	enum status status = receive(store, key, &reply, error);
	if (status != OK)
		return status;
	if (reply_type(reply) != REPLY_STRING)
		return error_set(error, FATAL, "broken_state", "the policy that %s judges by, edition %" PRIu32 ", is gone", shard->name, shard->head.edition);
	struct loaded *loaded = memory_new(sizeof *loaded);
	status = policy_load_text(reply_text(reply), key, store->names, &loaded->policy, error);
	if (status != OK) {
		free(loaded);
		return status;
	}
	memcpy(loaded->edition, shard->head.policy, sizeof loaded->edition);
	loaded->next = store->loaded;
	store->loaded = loaded;
	*ret_policy = &loaded->policy;
	return OK;
}

enum status store_policy(struct store *store, size_t index, const struct policy **ret_policy, struct error *error)
{
	struct shard *shard = &store->shard[index];
	const struct head *head = &shard->public.head;
	if (!shard->policy || shard->policy_edition != head->edition) {
		const struct policy *policy = find_loaded(store, head->policy);
		enum status status = policy ? OK : load_policy(store, &shard->public, &policy, error);
		if (status != OK)
			return status;
		shard->policy = policy;
		shard->policy_edition = head->edition;
	}
	*ret_policy = shard->policy;
	return OK;
}

enum status store_city_policy(struct store *store, const struct policy **ret_policy, struct error *error)
{
	for (size_t i = 0; i < store->shard_count; i++)
		if (store->shard[i].public.is_of_tickets && store->shard[i].public.is_there)
			return store_policy(store, i, ret_policy, error);
	*ret_policy = &store->fallback;
	return OK;
}
