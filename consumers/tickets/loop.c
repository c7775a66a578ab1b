#include "loop.h"

#include <inttypes.h>
#include <malloc.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin.h"
#include "civil.h"
#include "clock.h"
#include "gauges.h"
#include "kafka.h"
#include "log.h"
#include "memory.h"
#include "redis.h"

enum { POLL_BATCH = 4096, POLL_ROUNDS = 8, WAIT_MAX_MS = 500, READ_BACK_WAIT_MS = 5, TOPICS = SHARD_KINDS };

// A shard and when to try again if it is away.
struct place {
	struct shard *shard;
	int64_t retry_at_ms, backoff_ms;
	int64_t committed;  // what Kafka was told
	bool is_paused;
	struct gauges gauges;
};

struct loop {
	const struct tickets_options *options;
	const struct loop_start *start;
	struct shard_settings settings;
	int64_t newest_revision;
	struct outlet outlet;
	struct kafka_consumer *consumer;
	const char *topic[TOPICS + 1];
	int32_t partitions[TOPICS];
	struct place place[LOOP_SHARDS_MAX];
	size_t count;
	bool is_assigned;
	struct cache_budget cache;
	int64_t rest_at_ms;   // monotonic; 0 when not all shards have caught up, or the memory of that was given back
	int64_t trim_at_ms;   // monotonic, when what is free goes back to the system
	bool is_live, has_enough;
	int64_t asked_at_ms;  // monotonic, when Kafka was asked last
	int64_t commit_at_ms;
	int64_t read_back_at_ms;  // monotonic; 0 when no shard wants to
	struct read_back *read_back;  // that goes on
	struct pollfd poll[LOOP_SHARDS_MAX + 2];
	struct kafka_message message[POLL_BATCH];
	struct admin *admin;
	struct metric *policies_refused;
	int64_t tell_at_ms;
};

static struct place *find(struct loop *loop, uint32_t topic, int32_t partition)
{
	for (size_t i = 0; i < loop->count; i++)
		if (shard_topic(loop->place[i].shard) == topic && shard_partition(loop->place[i].shard) == partition)
			return &loop->place[i];
	return NULL;
}

static size_t cache_limit(const struct loop *loop)
{
	return (size_t)loop->options->cache_mib * 1024 * 1024;
}

// Catching up, tickets that were just written are read again soon; when live, a little memory holds what is in use. All else goes back to the system.
static void rest(struct loop *loop)
{
	loop->cache.limit_bytes = cache_limit(loop) / LOOP_CACHE_LIVE_PART;
	for (size_t i = 0; i < loop->count; i++)
		shard_rest(loop->place[i].shard);
	malloc_trim(0);
}

static void note_live(struct loop *loop, bool is_live, int64_t now_ms)
{
	if (is_live != loop->is_live) {
		loop->is_live = is_live;
		loop->rest_at_ms = is_live ? now_ms + LOOP_REST_AFTER_MS : 0;
		if (!is_live)
			loop->cache.limit_bytes = cache_limit(loop);
	}
	if (loop->rest_at_ms && now_ms >= loop->rest_at_ms) {
		rest(loop);
		loop->rest_at_ms = 0;
	}
}

// Who catches up for long, or always takes something in, does not come to rest again. Large steps and backlogs leave holes that the next ones do not fit into.
static void trim_heap(struct loop *loop, int64_t now_ms)
{
	if (now_ms < loop->trim_at_ms)
		return;
	malloc_trim(0);
	loop->trim_at_ms = now_ms + LOOP_TRIM_MS;
}

// A shard that takes nothing in for now gives up its part too.
static void trim_caches(struct loop *loop)
{
	for (size_t i = 0; i < loop->count && loop->cache.bytes > loop->cache.limit_bytes; i++)
		shard_trim(loop->place[i].shard);
}

static void drop(struct place *place)
{
	gauges_close(&place->gauges);
	shard_free(place->shard);
}

static void drop_all(struct loop *loop)
{
	for (size_t i = 0; i < loop->count; i++)
		drop(&loop->place[i]);
	loop->count = 0;
}

static void log_takeover(const struct shard *shard)
{
	const struct head *head = shard_head(shard);
	log_info("shard taken over", "shard=%s redis=%s offset=%" PRId64 " owner=%016" PRIx64 " commit=%" PRIu64, shard_name(shard), shard_redis_name(shard), head->offset, head->owner,
		head->commit);
	if (shard_differs(shard))
		log_warn("this process's policy is not the one in force here, which goes on; SIGHUP puts the file's in force", "shard=%s policy=%s since_ms=%" PRId64, shard_name(shard),
			head->policy, head->policy_since_ms);
}

static enum status take_over(struct loop *loop, struct shard *shard, int64_t committed, struct error *error)
{
	int64_t low, high;
	enum status status = kafka_watermarks(loop->consumer, shard_topic(shard), shard_partition(shard), 5000, &low, &high, error);
	if (status == OK)
		status = shard_take_over(shard, committed, high, error);
	if (status == OK)
		log_takeover(shard);
	return status;
}

static enum status add(struct loop *loop, struct kafka_partition *partition, struct error *error)
{
	if (loop->count == LOOP_SHARDS_MAX)
		return error_set(error, FATAL, "too_many_partitions", "more than %d partitions in one process: start more processes", LOOP_SHARDS_MAX);
	struct place *place = &loop->place[loop->count++];
	*place = (struct place){ .committed = -1 };
	place->shard = shard_new(&loop->settings, partition->topic, loop->topic[partition->topic], partition->partition, loop->partitions[partition->topic]);
	gauges_open(&place->gauges, place->shard);
	enum status status = take_over(loop, place->shard, partition->committed, error);
	partition->offset = shard_offset(place->shard);
	return status;
}

// Called from kafka_poll. RETRY (Redis away) is called again by the next kafka_poll.
static enum status assign(void *self, struct kafka_partition *partition, size_t count, struct error *error)
{
	struct loop *loop = self;
	enum status status = OK;
	drop_all(loop);
	for (size_t i = 0; i < count && status == OK; i++)
		status = add(loop, &partition[i], error);
	if (status != OK)
		drop_all(loop);
	loop->is_assigned = status == OK;
	return status;
}

static void let_go(void *self, const struct kafka_partition *partition, size_t count, bool is_lost)
{
	struct loop *loop = self;
	for (size_t i = 0; i < count; i++) {
		struct place *place = find(loop, partition[i].topic, partition[i].partition);
		if (!place)
			continue;
		log_info("shard let go", "shard=%s lost=%s", shard_name(place->shard), is_lost ? "yes" : "no");
		drop(place);
		*place = loop->place[--loop->count];
	}
}

static void take(struct loop *loop, struct kafka_message *message, int64_t now_ms)
{
	struct place *place = find(loop, message->topic, message->partition);
	if (place)
		shard_take(place->shard, message, now_ms);
	else
		kafka_message_done(message);
}

static void take_batch(struct loop *loop)
{
	size_t count = kafka_poll_batch(loop->consumer, loop->message, POLL_BATCH);
	int64_t now_ms = clock_monotonic_ms();
	for (size_t i = 0; i < count; i++)
		take(loop, &loop->message[i], now_ms);
}

// Kafka is away or was: nobody knows where the end is, and it is only told again after a seek.
static void lose_end(struct loop *loop, const struct error *problem)
{
	static struct log_limit limit;
	struct error error;
	log_limited(&limit, LOG_LEVEL_WARN, "Kafka has a problem", "reason=%s error=%s", problem->reason, problem->text);
	for (size_t i = 0; i < loop->count; i++) {
		struct shard *shard = loop->place[i].shard;
		shard_lost_end(shard);
		if (!shard_is_away(shard) && shard_wanted(shard) >= 0 &&
		    kafka_seek(loop->consumer, shard_topic(shard), shard_partition(shard), shard_wanted(shard), &error) != OK)
			log_failure(LOG_LEVEL_DEBUG, "seek after a problem", &error);
	}
}

static bool has_enough(const struct loop *loop)
{
	size_t waiting = 0, bytes = 0;
	for (size_t i = 0; i < loop->count; i++) {
		const struct shard *shard = loop->place[i].shard;
		waiting += shard_waiting(shard);
		bytes += shard_topic(shard) == SHARD_OF_LINKS ? 0 : shard_waiting_bytes(shard);  // which is paused by its own: shard_is_full
	}
	return (waiting >= LOOP_WAITING_MAX || bytes >= LOOP_WAITING_BYTES) && clock_monotonic_ms() < loop->asked_at_ms + LOOP_ASK_MS;
}

static enum status poll_kafka(struct loop *loop, struct error *error)
{
	loop->has_enough = has_enough(loop);
	if (loop->has_enough)
		return OK;
	loop->asked_at_ms = clock_monotonic_ms();
	for (int round = 0; round < POLL_ROUNDS; round++) {
		struct kafka_message message;
		enum kafka_event event;
		int32_t partition;
		uint32_t topic;
		int64_t offset;
		enum status status = kafka_poll(loop->consumer, 0, &message, &event, &partition, &topic, &offset, error);
		if (status != OK)
			return status;
		struct place *place;
		switch (event) {
		case KAFKA_NOTHING:
			return OK;
		case KAFKA_MESSAGE:
			take(loop, &message, clock_monotonic_ms());
			take_batch(loop);
			break;
		case KAFKA_END:
			if ((place = find(loop, topic, partition)))
				shard_found_end(place->shard, offset);
			break;
		case KAFKA_PROBLEM:
			lose_end(loop, error);
			break;
		}
	}
	return OK;
}

static void back_off(struct place *place)
{
	int64_t least = place->backoff_ms ? 2 * place->backoff_ms : LOOP_BACKOFF_MIN_MS;
	place->backoff_ms = least < LOOP_BACKOFF_MAX_MS ? least : LOOP_BACKOFF_MAX_MS;
	place->retry_at_ms = clock_monotonic_ms() + place->backoff_ms / 2 + (int64_t)(clock_random_id() % (uint64_t)(place->backoff_ms / 2 + 1));
}

// A shard that lost its connection or its ownership. If the partition is still ours it is taken over again, from the head.
static enum status come_back(struct loop *loop, struct place *place, struct error *error)
{
	static struct log_limit limit;
	if (clock_monotonic_ms() < place->retry_at_ms)
		return OK;
	enum status status = take_over(loop, place->shard, shard_offset(place->shard), error);
	if (status == OK)
		status = kafka_seek(loop->consumer, shard_topic(place->shard), shard_partition(place->shard), shard_offset(place->shard), error);
	if (status == RETRY) {
		shard_let_go(place->shard);
		log_limited(&limit, LOG_LEVEL_WARN, "shard is away", "shard=%s reason=%s error=%s", shard_name(place->shard), error->reason, error->text);
		back_off(place);
		return OK;
	}
	if (status == OK)
		place->backoff_ms = 0;
	return status;
}

static enum status run_shard(struct loop *loop, struct place *place, struct error *error)
{
	struct shard *shard = place->shard;
	if (shard_is_away(shard))
		return come_back(loop, place, error);
	enum status status = shard_run(shard, error);
	if (status == RETRY) {
		log_warn("shard lost", "shard=%s reason=%s error=%s", shard_name(shard), error->reason, error->text);
		back_off(place);
		return OK;
	}
	if (status == OK && shard_is_full(shard) != place->is_paused) {
		place->is_paused = !place->is_paused;
		kafka_pause(loop->consumer, shard_topic(shard), shard_partition(shard), place->is_paused);
	}
	return status;
}

static enum status run_shards(struct loop *loop, struct error *error)
{
	for (size_t i = 0; i < loop->count; i++) {
		enum status status = run_shard(loop, &loop->place[i], error);
		if (status != OK)
			return status;
	}
	if (loop->outlet.status == FATAL) {
		*error = loop->outlet.error;
		return FATAL;
	}
	return OK;
}

// Shards that were taken over together soon want the same together.
static enum status begin_read_back(struct loop *loop, struct error *error)
{
	struct shard *wanting[LOOP_SHARDS_MAX];
	size_t count = 0;
	int64_t now_ms = clock_monotonic_ms();
	for (size_t i = 0; i < loop->count; i++)
		if (shard_read_back_ms(loop->place[i].shard) <= now_ms)
			wanting[count++] = loop->place[i].shard;
	if (!count || !loop->read_back_at_ms)
		loop->read_back_at_ms = count ? now_ms + LOOP_READ_BACK_GATHER_MS : 0;
	return count && now_ms >= loop->read_back_at_ms ? read_back_begin(wanting, count, &loop->read_back, error) : OK;
}

static enum status read_back(struct loop *loop, struct error *error)
{
	static struct log_limit limit;
	bool is_done = false;
	enum status status = loop->read_back ? OK : begin_read_back(loop, error);
	if (status == OK && loop->read_back)
		status = read_back_run(loop->read_back, &is_done, error);
	if (is_done || status != OK) {
		read_back_free(loop->read_back);
		loop->read_back = NULL;
		loop->read_back_at_ms = status == OK ? 0 : clock_monotonic_ms() + LOOP_BACKOFF_MAX_MS;
	}
	if (status == RETRY)
		log_limited(&limit, LOG_LEVEL_WARN, "the published alerts cannot be read back yet", "reason=%s error=%s", error->reason, error->text);
	return status == RETRY ? OK : status;
}

static void commit_offsets(struct loop *loop)
{
	int64_t now_ms = clock_monotonic_ms();
	if (now_ms < loop->commit_at_ms)
		return;
	loop->commit_at_ms = now_ms + LOOP_COMMIT_MS;
	for (size_t i = 0; i < loop->count; i++) {
		struct place *place = &loop->place[i];
		int64_t offset = shard_offset(place->shard);
		if (shard_is_away(place->shard) || offset < 0 || offset == place->committed)
			continue;
		place->committed = offset;
		kafka_commit(loop->consumer, shard_topic(place->shard), shard_partition(place->shard), offset);
	}
}

static void tell_admin(struct loop *loop)
{
	int64_t now_ms = clock_monotonic_ms();
	if (now_ms < loop->tell_at_ms)
		return;
	loop->tell_at_ms = now_ms + LOOP_TELL_MS;
	const char *problem = loop->is_assigned ? NULL : "no partitions are assigned yet", *remark = "";
	bool is_live = loop->count > 0;
	for (size_t i = 0; i < loop->count; i++) {
		is_live &= shard_is_live(loop->place[i].shard);
		gauges_update(&loop->place[i].gauges, loop->place[i].shard);
		if (shard_is_away(loop->place[i].shard))
			problem = "Redis is away";
		if (shard_differs(loop->place[i].shard))
			remark = "another policy than this process's file is in force; SIGHUP puts the file's in force";
	}
	if (kafka_consumer_is_away(loop->consumer))
		problem = "Kafka is away";
	note_live(loop, is_live, now_ms);
	trim_heap(loop, now_ms);
	trim_caches(loop);
	admin_set_ready(loop->admin, !problem, problem ? problem : remark);
}

static int wait_ms(const struct loop *loop)
{
	int64_t now_ms = clock_monotonic_ms(), wake_ms = now_ms + (loop->read_back ? READ_BACK_WAIT_MS : WAIT_MAX_MS);
	for (size_t i = 0; i < loop->count; i++) {
		const struct place *place = &loop->place[i];
		int64_t at_ms = shard_is_away(place->shard) ? place->retry_at_ms : shard_wake_ms(place->shard), read_back_ms = shard_read_back_ms(place->shard);
		read_back_ms = read_back_ms < loop->read_back_at_ms ? loop->read_back_at_ms : read_back_ms;
		wake_ms = at_ms < wake_ms ? at_ms : wake_ms;
		wake_ms = read_back_ms < wake_ms ? read_back_ms : wake_ms;
	}
	return wake_ms > now_ms ? (int)(wake_ms - now_ms) : 0;
}

static void wait(struct loop *loop)
{
	nfds_t count = 0;
	loop->poll[count++] = (struct pollfd){ .fd = loop->has_enough ? -1 : kafka_consumer_fd(loop->consumer), .events = POLLIN };
	loop->poll[count++] = (struct pollfd){ .fd = kafka_producer_fd(loop->outlet.producer), .events = POLLIN };
	for (size_t i = 0; i < loop->count; i++) {
		short events = shard_poll_events(loop->place[i].shard);
		if (events)
			loop->poll[count++] = (struct pollfd){ .fd = shard_fd(loop->place[i].shard), .events = events };
	}
	poll(loop->poll, count, wait_ms(loop));
}

static enum status round_once(struct loop *loop, struct error *error)
{
	static struct log_limit limit;
	enum status status = poll_kafka(loop, error);
	if (status == RETRY) {
		log_limited(&limit, LOG_LEVEL_WARN, "waiting", "reason=%s error=%s", error->reason, error->text);
		admin_set_ready(loop->admin, false, error->text);
		poll(NULL, 0, LOOP_BACKOFF_MIN_MS);
		return OK;
	}
	if (status != OK)
		return status;
	kafka_producer_poll(loop->outlet.producer, 0);
	status = run_shards(loop, error);
	if (status == OK)
		status = read_back(loop, error);
	commit_offsets(loop);
	tell_admin(loop);
	return status;
}

static bool is_quiet(const struct loop *loop)
{
	for (size_t i = 0; i < loop->count; i++)
		if (!shard_is_quiet(loop->place[i].shard))
			return false;
	return true;
}

// What is under way is finished, nothing new is taken.
static enum status stop(struct loop *loop, struct error *error)
{
	int64_t until_ms = clock_monotonic_ms() + LOOP_STOP_MS;
	enum status status = OK;
	admin_set_ready(loop->admin, false, "stopping");
	while (status == OK && !is_quiet(loop) && clock_monotonic_ms() < until_ms) {
		kafka_producer_poll(loop->outlet.producer, 10);
		status = run_shards(loop, error);
	}
	loop->commit_at_ms = 0;
	commit_offsets(loop);
	return status;
}

static enum status open_all(struct loop *loop, struct error *error)
{
	const struct tickets_options *options = loop->options;
	static const struct kafka_owner nobody;
	struct kafka_owner owner = nobody;
	owner.assign = assign;
	owner.revoke = let_go;
	owner.self = loop;
	enum status status = kafka_producer_open(&loop->settings.kafka, relay_delivered, &loop->outlet, &loop->outlet.producer, error);
	for (int i = 0; i < TOPICS && status == OK; i++)
		status = kafka_partition_count(&loop->settings.kafka, loop->topic[i], 5000, &loop->partitions[i], error);
	loop->settings.link_partitions = loop->partitions[SHARD_OF_LINKS];
	const char *const others[] = { options->changes_topic, options->alerts_topic, options->dead_letters_topic };
	for (size_t i = 0; i < sizeof others / sizeof *others && status == OK; i++) {
		int32_t count;
		status = kafka_partition_count(&loop->settings.kafka, others[i], 5000, &count, error);
	}
	if (status == OK)
		status = kafka_consumer_open(&loop->settings.kafka, options->common.group, options->instance_id, loop->topic, &owner, &loop->consumer, error);
	return status;
}

static enum status check_redis(const struct loop *loop, struct error *error)
{
	struct redis *redis = NULL;
	enum status status = redis_open(loop->settings.redis, &redis, error);
	if (status == OK)
		status = redis_check_server(redis, shard_commands, error);
	redis_close(redis);
	return status;
}

// At start-up whoever is away is waited for; whatever is wrong ends the program.
static enum status wait_for(struct loop *loop, enum status (*attempt)(struct loop *, struct error *), const volatile sig_atomic_t *is_asked_to_stop,
	struct error *error)
{
	static struct log_limit limit;
	struct place pause = { .backoff_ms = 0 };
	for (;;) {
		enum status status = attempt(loop, error);
		if (status != RETRY || *is_asked_to_stop)
			return status;
		log_limited(&limit, LOG_LEVEL_WARN, "waiting", "reason=%s error=%s", error->reason, error->text);
		admin_set_ready(loop->admin, false, error->text);
		back_off(&pause);
		poll(NULL, 0, (int)pause.backoff_ms);
	}
}

static enum status start_redis(struct loop *loop, struct error *error)
{
	return check_redis(loop, error);
}

static enum status start_kafka(struct loop *loop, struct error *error)
{
	enum status status = open_all(loop, error);
	if (status != OK) {
		kafka_producer_close(loop->outlet.producer, 0);
		loop->outlet.producer = NULL;
	}
	return status;
}

static enum status load_policy(struct loop *loop, const struct known_policy **ret_policy, struct error *error)
{
	enum status status = policies_load_file(loop->settings.policies, loop->options->common.policy, ret_policy, error);
	for (size_t i = 0; i < loop->count && status == OK; i++)
		status = shard_check_policy(loop->place[i].shard, &(*ret_policy)->policy, error);
	return status;
}

// A bad file changes nothing. The order counts from now: it goes before what was put in force earlier by anybody.
static void reload(struct loop *loop)
{
	const struct known_policy *policy;
	struct error error;
	*loop->start->is_asked_to_reload = 0;
	if (load_policy(loop, &policy, &error) != OK) {
		log_failure(LOG_LEVEL_ERROR, "the policy file is refused; what is in force goes on", &error);
		metric_add(loop->policies_refused, 1);
		return;
	}
	int64_t now_ms = clock_wall_ms();
	loop->settings.own_policy = policy;
	loop->settings.told_at_ms = now_ms > loop->settings.told_at_ms ? now_ms : loop->settings.told_at_ms + 1;
	log_info("policy loaded, to be in force", "policy=%s", policy->policy.edition);
}

static void configure(struct loop *loop, const struct tickets_options *options, const struct loop_start *start)
{
	loop->options = options;
	loop->start = start;
	loop->policies_refused = metrics_counter("hotline_policies_refused_total", "Policy files that were to be loaded and are not sound.", NULL);
	loop->topic[SHARD_OF_TICKETS] = options->common.topic;
	loop->topic[SHARD_OF_UNITS] = options->unit_topic;
	loop->topic[SHARD_OF_LINKS] = options->links_topic;
	loop->outlet = (struct outlet){ .tickets = options->common.topic, .links = options->links_topic, .alerts = options->alerts_topic, .changes = options->changes_topic, .dead_letters = options->dead_letters_topic };
	loop->cache.limit_bytes = cache_limit(loop);
	loop->settings = (struct shard_settings){
		.redis = options->common.redis,
		.policies = start->policies,
		.own_policy = start->own_policy,
		.told_at_ms = start->policy_told_at_ms,
		.names = start->names,
		.outlet = &loop->outlet,
		.cache = &loop->cache,
		.newest_revision = &loop->newest_revision,
		.kafka = { .brokers = options->common.brokers, .client_id = "hotline-tickets", .property_count = options->common.property.count },
		.settle_ms = options->settle_ms,
		.is_event_clock = options->clock == CLOCK_EVENT_INDEX,
		.rebuild = options->rebuild,
	};
	memcpy(loop->settings.kafka.property, options->common.property.item, sizeof options->common.property.item);
}

enum status loop_run(const struct tickets_options *options, const struct loop_start *start, struct error *error)
{
	const volatile sig_atomic_t *is_asked_to_stop = start->is_asked_to_stop;
	struct loop *loop = memory_new(sizeof *loop);
	configure(loop, options, start);
	enum status status = admin_open(options->common.admin, options->common.admin_token_file, &loop->admin, error);
	if (status == OK) {
		log_info("admin port", "port=%u", (unsigned)admin_port(loop->admin));
		status = wait_for(loop, start_redis, is_asked_to_stop, error);
	}
	if (status == OK)
		status = wait_for(loop, start_kafka, is_asked_to_stop, error);
	while (status == OK && !*is_asked_to_stop) {
		if (start->is_asked_to_reload && *start->is_asked_to_reload)
			reload(loop);
		status = round_once(loop, error);
		if (status == OK && !*is_asked_to_stop)
			wait(loop);
	}
	if (status == OK)
		status = stop(loop, error);
	else if (status == RETRY && *is_asked_to_stop)
		status = OK;
	kafka_consumer_close(loop->consumer);
	read_back_free(loop->read_back);
	drop_all(loop);
	kafka_producer_close(loop->outlet.producer, 1000);
	admin_close(loop->admin);
	free(loop);
	return status;
}
