#include "loop.h"

#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>

#include "clock.h"
#include "log.h"
#include "loop_parts.h"
#include "memory.h"

enum { START_TIMEOUT_MS = 2000, CLOSE_TIMEOUT_MS = 500, TURN_MS_MAX = 500, READING_TURN_MS = 5 };

// Every command that a pass sends, with its least arguments.
static const char *const redis_commands[] = { "HGETALL key", "HKEYS key", "HGET key field", "HSET key field value", "LRANGE key 0 0", "LTRIM key 0 0",
	"RPUSH key value", "GET key", "DEL key", NULL };

static bool must_stop(const struct loop_config *config, int timeout_ms)
{
	struct pollfd fd = { .fd = config->stop_fd, .events = POLLIN };
	return poll(&fd, 1, timeout_ms) > 0;
}

// At the start, everything that may come later is waited for: RETRY ends in OK, FATAL, or a stop. *ret_is_stopped tells of the last.
static enum status patiently(const struct loop_config *config, enum status (*step)(struct loop *, struct error *), struct loop *loop, bool *ret_is_stopped,
	struct error *error)
{
	for (int wait_ms = LOOP_BACKOFF_MS; !(*ret_is_stopped = must_stop(config, 0)); wait_ms = wait_ms * 2 > LOOP_BACKOFF_MAX_MS ? LOOP_BACKOFF_MAX_MS : wait_ms * 2) {
		enum status status = step(loop, error);
		if (status != RETRY)
			return status;
		log_failure(LOG_LEVEL_WARN, "cannot start yet", error);
		admin_set_ready(loop->admin, false, error->text);
		must_stop(config, wait_ms);
	}
	return OK;
}

static enum status check_redis(struct loop *loop, struct error *error)
{
	enum status status = redis_open(loop->config->redis, &loop->redis, error);
	if (status == OK)
		status = redis_check_server(loop->redis, redis_commands, error);
	redis_close(loop->redis);
	loop->redis = NULL;
	return status;
}

static enum status count_shards(struct loop *loop, struct error *error)
{
	const char *const topic[LOOP_INPUTS] = { [LOOP_TICKETS] = loop->config->ticket_topic, [LOOP_UNIT_EVENTS] = loop->config->unit_topic };
	int32_t count[LOOP_INPUTS];
	enum status status = OK;
	size_t total = 0;
	for (size_t i = 0; i < LOOP_INPUTS && status == OK; i++) {
		status = kafka_partition_count(&loop->config->kafka, topic[i], START_TIMEOUT_MS, &count[i], error);
		total += status == OK ? (size_t)count[i] : 0;
	}
	if (status != OK)
		return status;
	struct pass_shard *shard = memory_new(total * sizeof *shard);
	size_t at = 0;
	for (size_t i = 0; i < LOOP_INPUTS; i++)
		for (int32_t partition = 0; partition < count[i]; partition++, at++) {
			key_shard(topic[i], partition, shard[at].name);
			shard[at].partitions = count[i];
		}
	loop->setup = (struct pass_setup){ .names = loop->config->names, .policy = loop->config->policy, .follows_heads = loop->config->policies != NULL, .shard_count = total, .shard = shard };
	return OK;
}

static enum status check_topics(struct loop *loop, struct error *error)
{
	const struct loop_config *config = loop->config;
	const char *const outputs[] = { config->counters_topic, config->alerts_topic, config->dead_letters_topic };
	int32_t count;
	enum status status = kafka_partition_count(&config->kafka, config->changes_topic, START_TIMEOUT_MS, &loop->partition_count, error);
	for (size_t i = 0; i < sizeof outputs / sizeof *outputs && status == OK; i++)
		status = kafka_partition_count(&config->kafka, outputs[i], START_TIMEOUT_MS, &count, error);
	return status == OK ? count_shards(loop, error) : status;
}

static void make_parts(struct loop *loop)
{
	loop->partition = memory_new((size_t)loop->partition_count * sizeof *loop->partition);
	loop->beliefs.names = loop->config->names;
	loop->pass = pass_new(&loop->setup);
	for (size_t i = 0; i < 2; i++)
		batch_init(&loop->batch[i], loop->partition_count);
	loop->collecting = &loop->batch[0];
	loop->running = &loop->batch[1];
	loop->state = LOOP_AWAY;
}

static enum status open_kafka(struct loop *loop, struct error *error)
{
	if (loop->courier.producer)
		courier_close(&loop->courier, 0);
	return loop_open_kafka(loop, error);
}

static enum status start(struct loop *loop, bool *ret_is_stopped, struct error *error)
{
	enum status status = admin_open(loop->config->admin, loop->config->admin_token_file, &loop->admin, error);
	if (status != OK)
		return status;
	log_info("admin port", "port=%u", (unsigned)admin_port(loop->admin));
	status = patiently(loop->config, check_redis, loop, ret_is_stopped, error);
	if (status == OK && !*ret_is_stopped)
		status = patiently(loop->config, check_topics, loop, ret_is_stopped, error);
	if (status != OK || *ret_is_stopped)
		return status;
	make_parts(loop);
	return patiently(loop->config, open_kafka, loop, ret_is_stopped, error);
}

static void close_all(struct loop *loop)
{
	kafka_consumer_close(loop->consumer);
	if (loop->courier.producer)
		courier_close(&loop->courier, CLOSE_TIMEOUT_MS);
	redis_close(loop->redis);
	pass_free(loop->pass);
	for (size_t i = 0; i < 2; i++)
		batch_done(&loop->batch[i]);
	loop_drop_reading(loop);
	beliefs_done(&loop->beliefs);
	kafka_marks_done(&loop->alert_marks);
	months_done(&loop->months);
	free((void *)loop->setup.shard);
	free(loop->partition);
	admin_close(loop->admin);
	free(loop);
}

// Until when there is nothing to do but for what a descriptor tells.
static int wait_ms(const struct loop *loop)
{
	int64_t until_ms = loop->now_ms + (loop->reading ? READING_TURN_MS : TURN_MS_MAX);
	if (loop->state == LOOP_AWAY && loop->retry_at_ms < until_ms)
		until_ms = loop->retry_at_ms;
	if (loop->state == LOOP_IDLE && !batch_is_empty(loop->collecting) && loop->pass_at_ms + LOOP_PASS_LIVE_MS < until_ms)
		until_ms = loop->pass_at_ms + LOOP_PASS_LIVE_MS;
	if (loop->state == LOOP_IDLE && loop_is_due(loop))
		return 0;
	// Not yet due by the longer of the two intervals: once more in a while, since what ends it is no event.
	return until_ms > loop->now_ms ? (int)(until_ms - loop->now_ms) : loop->state == LOOP_IDLE ? LOOP_PASS_LIVE_MS / 2 : 1;
}

static bool is_stopping(const struct loop *loop)
{
	return loop->stop_at_ms != INT64_MAX;
}

// Whether a stop is asked for.
static bool wait_for_something(const struct loop *loop)
{
	struct pollfd fd[] = {
		{ .fd = is_stopping(loop) ? -1 : loop->config->stop_fd, .events = POLLIN },
		{ .fd = kafka_consumer_fd(loop->consumer), .events = POLLIN },
		{ .fd = courier_fd(&loop->courier), .events = POLLIN },
		{ .fd = loop->redis ? redis_fd(loop->redis) : -1, .events = (short)(loop->is_unsent ? POLLIN | POLLOUT : POLLIN) },
	};
	// A full batch leaves Kafka's descriptor readable: it is not a reason to wake up then.
	if (batch_is_full(loop->collecting) && loop->state != LOOP_IDLE)
		fd[1].fd = -1;
	poll(fd, sizeof fd / sizeof *fd, wait_ms(loop));
	return fd[0].revents;
}

static const char *find_problem(const struct loop *loop)
{
	if (is_stopping(loop))
		return "stopping";
	if (loop->state == LOOP_AWAY)
		return "Redis is away";
	if (kafka_consumer_is_away(loop->consumer))
		return "Kafka is away";
	if (!loop->is_assigned)
		return "no partitions are assigned yet";
	return loop->has_passed ? NULL : "starting";
}

static void tell(struct loop *loop)
{
	if (loop->now_ms < loop->tell_at_ms)
		return;
	loop->tell_at_ms = loop->now_ms + LOOP_TELL_MS;
	const char *problem = find_problem(loop);
	admin_set_ready(loop->admin, !problem, problem ? problem : "");
	metric_set(loop->gauges.waiting, (int64_t)loop->collecting->count);
}

// RETRY of Redis is the loop's own to mend.
static enum status survive(struct loop *loop, enum status status, const struct error *error)
{
	if (status == RETRY)
		loop_lose_redis(loop, error);
	return status == RETRY ? OK : status;
}

static enum status turn(struct loop *loop, struct error *error)
{
	loop->now_ms = clock_monotonic_ms();
	enum status status = loop_take_changes(loop, error);
	if (status == OK && loop->redis)
		status = survive(loop, loop_take_replies(loop, error), error);
	if (status == OK)
		status = loop_step(loop, error);
	if (status == OK && loop->redis)
		status = survive(loop, loop_send(loop, error), error);
	kafka_producer_poll(loop->courier.producer, 0);
	tell(loop);
	return status;
}

// A pass that is under way when a stop is asked for may still end.
static enum status run(struct loop *loop, struct error *error)
{
	enum status status = OK;
	while (status == OK && loop->now_ms < loop->stop_at_ms) {
		status = turn(loop, error);
		if (is_stopping(loop) && (loop->state == LOOP_IDLE || loop->state == LOOP_AWAY))
			break;
		if (status == OK && wait_for_something(loop))
			loop->stop_at_ms = loop->now_ms + LOOP_STOP_MS;
	}
	return status;
}

enum status loop_run(const struct loop_config *config, struct error *error)
{
	struct loop *loop = memory_new(sizeof *loop);
	loop->config = config;
	gauges_open(&loop->gauges);
	loop->months.first = INT32_MAX;
	loop->late_look_ms = NEVER_MS;
	loop->stop_at_ms = INT64_MAX;
	bool is_stopped = false;
	enum status status = start(loop, &is_stopped, error);
	if (status == OK && !is_stopped) {
		log_info("started", "group=%s redis_shards=%zu partitions=%" PRId32 " settle_ms=%" PRId64, config->group, loop->setup.shard_count, loop->partition_count,
			config->settle_ms);
		status = run(loop, error);
	}
	close_all(loop);
	return status;
}
