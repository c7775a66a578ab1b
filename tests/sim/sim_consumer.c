// Consumers of the Kafka in memory: groups, rebalances, members that are taken for dead and go on all the same.
//
// A partition's new owner may begin while the old one, who was stalled for longer than the session, still believes that it is its own: it learns otherwise in
// its next kafka_poll, and what it does until then it does as a zombie.
#include <assert.h>
#include <poll.h>
#include <string.h>

#include "sim_kafka.h"

enum { GROUPS_MAX = 4, CONSUMERS_MAX = 512, TOPICS_MAX = 3, PLACES_MAX = TOPICS_MAX * LOG_PARTITIONS_MAX };
#define SESSION_US (6 * SIM_SECOND_US)
#define HEARS_US_MAX SIM_SECOND_US
#define CHECK_US (SIM_SECOND_US / 2)

struct group {
	char name[64];
	bool is_rebalancing;
	int64_t deadline_us;
	bool is_checked;              // an event looks for the dead
	int64_t committed[TOPICS_MAX][LOG_PARTITIONS_MAX];
	int64_t handed_out[TOPICS_MAX][LOG_PARTITIONS_MAX];  // up to there
};

struct place {
	uint32_t topic;
	int32_t partition;
	int64_t offset;
	bool is_paused, is_at_end;
	int64_t end_told_us;
};

// What a message that was handed out holds: memory of its own, so that the sanitizer finds its use after it was done.
struct handle {
	struct handle *next, *previous;  // of the consumer's
	struct kafka_consumer *consumer;
	uint32_t topic;
	int32_t partition;
	int64_t offset;
	struct text key, value;
};

struct kafka_consumer {
	struct member *member;
	int number;
	struct group *group;
	struct kafka_owner owner;
	struct log_topic *topic[TOPICS_MAX];
	size_t topic_count;
	bool is_member, has_joined, is_gone;  // of the group; gone for good
	bool is_to_assign;            // new partitions wait for the next poll
	bool saw_down;
	int64_t polled_us;
	int64_t hears_us;             // when one that was taken for dead hears of it; 0: not yet known
	struct kafka_partition next[PLACES_MAX];
	size_t next_count;
	struct place place[PLACES_MAX];
	size_t place_count;
	struct handle out;             // the ring of what is handed out and not done
};

static struct consumers {
	struct group group[GROUPS_MAX];
	size_t group_count;
	struct kafka_consumer *consumer[CONSUMERS_MAX];
	int count;
} all;

static bool has_records(const struct kafka_consumer *consumer, const struct place *place)
{
	return !place->is_paused && place->offset < (int64_t)consumer->topic[place->topic]->partition[place->partition].count;
}

static bool has_new_end(const struct kafka_consumer *consumer, const struct place *place)
{
	return !place->is_at_end && !place->is_paused && place->offset >= (int64_t)consumer->topic[place->topic]->partition[place->partition].count;
}

static short ready(int fd, short events)
{
	const struct kafka_consumer *consumer = all.consumer[fd - SIM_FD_CONSUMER];
	if (!(events & POLLIN))
		return 0;
	if ((!consumer->is_member && consumer->hears_us <= sim_now_us()) || consumer->is_to_assign || (consumer->is_member && consumer->group->is_rebalancing && !consumer->has_joined))
		return POLLIN;
	if (kafka_sim_is_down())
		return consumer->saw_down ? 0 : POLLIN;
	for (size_t i = 0; i < consumer->place_count; i++)
		if (has_records(consumer, &consumer->place[i]) || has_new_end(consumer, &consumer->place[i]))
			return POLLIN;
	return 0;
}

static void free_handle(struct handle *handle)
{
	handle->next->previous = handle->previous;
	handle->previous->next = handle->next;
	sim_free((void *)handle->key.at);
	sim_free((void *)handle->value.at);
	sim_free(handle);
}

void kafka_sim_reset_consumers(void)
{
	for (int i = 0; i < all.count; i++) {
		while (all.consumer[i]->out.next != &all.consumer[i]->out)
			free_handle(all.consumer[i]->out.next);
		sim_free(all.consumer[i]);
	}
	all = (struct consumers){ .count = 0 };
	sim_set_ready(SIM_FD_CONSUMER, ready);
}

static struct group *group_of(const char *name)
{
	for (size_t i = 0; i < all.group_count; i++)
		if (!strcmp(all.group[i].name, name))
			return &all.group[i];
	assert(all.group_count < GROUPS_MAX && strlen(name) < sizeof all.group->name);
	struct group *group = &all.group[all.group_count++];
	memcpy(group->name, name, strlen(name) + 1);
	memset(group->committed, 0xff, sizeof group->committed);  // -1
	return group;
}

int64_t kafka_sim_committed(const char *name, const char *topic, int32_t partition)
{
	for (int i = 0; i < all.count; i++)
		for (size_t j = 0; j < all.consumer[i]->topic_count; j++)
			if (!strcmp(all.consumer[i]->group->name, name) && !strcmp(all.consumer[i]->topic[j]->name, topic))
				return all.consumer[i]->group->committed[j][partition];
	return -1;
}

static bool is_in(const struct kafka_consumer *consumer, const struct group *group)
{
	return consumer->group == group && consumer->is_member && !consumer->is_gone;
}

static size_t count_members(const struct group *group)
{
	size_t count = 0;
	for (int i = 0; i < all.count; i++)
		count += is_in(all.consumer[i], group);
	return count;
}

static void rebalance(struct group *group)
{
	group->is_rebalancing = true;
	group->deadline_us = sim_now_us() + SESSION_US;
	for (int i = 0; i < all.count; i++)
		if (is_in(all.consumer[i], group))
			all.consumer[i]->has_joined = false;
}

void kafka_sim_rebalance(void)
{
	for (size_t i = 0; i < all.group_count; i++)
		if (!all.group[i].is_rebalancing)
			rebalance(&all.group[i]);
}

static void give(struct kafka_consumer *consumer, uint32_t topic, int32_t partition)
{
	consumer->next[consumer->next_count++] = (struct kafka_partition){
		.topic = topic,
		.partition = partition,
		.offset = KAFKA_OFFSET_EARLIEST,
		.committed = consumer->group->committed[topic][partition],
	};
}

// Every partition to one member, by chance.
static void finish_rebalance(struct group *group)
{
	struct kafka_consumer *member[CONSUMERS_MAX];
	size_t count = 0;
	for (int i = 0; i < all.count; i++)
		if (is_in(all.consumer[i], group)) {
			member[count++] = all.consumer[i];
			all.consumer[i]->next_count = 0;
			all.consumer[i]->is_to_assign = true;
		}
	group->is_rebalancing = false;
	sim_hit[SIM_rebalances]++;
	for (uint32_t topic = 0; count && topic < member[0]->topic_count; topic++)
		for (int32_t partition = 0; partition < member[0]->topic[topic]->partition_count; partition++)
			give(member[sim_below(count)], topic, partition);
}

static void finish_if_all_joined(struct group *group)
{
	for (int i = 0; i < all.count; i++)
		if (is_in(all.consumer[i], group) && !all.consumer[i]->has_joined)
			return;
	finish_rebalance(group);
}

static void kick(struct kafka_consumer *consumer)
{
	consumer->is_member = false;
	consumer->is_to_assign = false;
	consumer->hears_us = 0;
	sim_hit[SIM_kicked]++;
}

static void act_check(void *self, uint64_t number)
{
	struct group *group = self;
	(void)number;
	bool is_kicked = false;
	for (int i = 0; i < all.count; i++) {
		struct kafka_consumer *consumer = all.consumer[i];
		if (is_in(consumer, group) && (consumer->polled_us + SESSION_US < sim_now_us() ||
			(group->is_rebalancing && !consumer->has_joined && group->deadline_us < sim_now_us()))) {
			kick(consumer);
			is_kicked = true;
		}
	}
	if (group->is_rebalancing)
		finish_if_all_joined(group);
	else if (is_kicked)
		rebalance(group);
	group->is_checked = count_members(group);
	if (group->is_checked)
		sim_at(sim_now_us() + CHECK_US, act_check, group, 0);
}

static void join(struct kafka_consumer *consumer)
{
	consumer->is_member = true;
	consumer->polled_us = sim_now_us();
	rebalance(consumer->group);
	if (!consumer->group->is_checked)
		sim_at(sim_now_us() + CHECK_US, act_check, consumer->group, 0);
	consumer->group->is_checked = true;
}

// A dead process is noticed when its session ends; one that closes leaves at once.
void kafka_sim_consumers_gone(struct member *member, bool is_crash)
{
	for (int i = 0; i < all.count; i++) {
		struct kafka_consumer *consumer = all.consumer[i];
		if (consumer->member != member || consumer->is_gone)
			continue;
		if (!is_crash)
			sim_fail("%s ended without closing its consumer", sim_member_name(member));
		consumer->place_count = 0;
		consumer->member = NULL;
	}
}

enum status kafka_consumer_open(const struct kafka_config *config, const char *group, const char *instance_id, const char *const *topics,
	const struct kafka_owner *owner, struct kafka_consumer **ret_consumer, struct error *error)
{
	(void)config;
	(void)instance_id;
	sim_call(SIM_CALL_KAFKA);
	sim_sleep(sim_between(1000, 20000));
	if (kafka_sim_is_down())
		return error_set(error, RETRY, "kafka_away", "no broker answers");
	assert(all.count < CONSUMERS_MAX);
	struct kafka_consumer *consumer = sim_new(sizeof *consumer);
	consumer->member = sim_member();
	consumer->number = all.count;
	consumer->group = group_of(group);
	consumer->owner = *owner;
	consumer->out.next = consumer->out.previous = &consumer->out;
	for (; topics[consumer->topic_count]; consumer->topic_count++) {
		consumer->topic[consumer->topic_count] = kafka_sim_topic(topics[consumer->topic_count]);
		assert(consumer->topic[consumer->topic_count]);
	}
	all.consumer[all.count++] = consumer;
	join(consumer);
	*ret_consumer = consumer;
	return OK;
}

static void revoke(struct kafka_consumer *consumer, bool is_lost)
{
	struct kafka_partition partition[PLACES_MAX];
	size_t count = consumer->place_count;
	for (size_t i = 0; i < count; i++)
		partition[i] = (struct kafka_partition){ .topic = consumer->place[i].topic, .partition = consumer->place[i].partition };
	consumer->place_count = 0;
	sim_hit[SIM_lost_revokes] += is_lost && count;
	if (count)
		consumer->owner.revoke(consumer->owner.self, partition, count, is_lost);
}

void kafka_consumer_close(struct kafka_consumer *consumer)
{
	sim_call(SIM_CALL_KAFKA);
	if (!consumer)
		return;
	revoke(consumer, !consumer->is_member);
	if (consumer->out.next != &consumer->out)
		sim_fail("%s closes its consumer with messages that are not done", sim_member_name(sim_member()));
	consumer->is_gone = true;
	if (consumer->is_member)
		rebalance(consumer->group);
}

bool kafka_consumer_is_away(const struct kafka_consumer *consumer)
{
	(void)consumer;
	return false;
}

int kafka_consumer_fd(const struct kafka_consumer *consumer)
{
	return SIM_FD_CONSUMER + consumer->number;
}

static enum status assign(struct kafka_consumer *consumer, struct error *error)
{
	struct kafka_partition partition[PLACES_MAX];
	size_t count = consumer->next_count;
	for (size_t i = 0; i < count; i++) {
		partition[i] = consumer->next[i];
		partition[i].committed = consumer->group->committed[partition[i].topic][partition[i].partition];
	}
	enum status status = consumer->owner.assign(consumer->owner.self, partition, count, error);
	if (status != OK)
		return status;
	consumer->is_to_assign = false;
	consumer->place_count = 0;
	for (size_t i = 0; i < count; i++) {
		const struct log_partition *log = &consumer->topic[partition[i].topic]->partition[partition[i].partition];
		int64_t offset = partition[i].offset == KAFKA_OFFSET_EARLIEST ? log->low : partition[i].offset;
		if (offset < log->low || offset > (int64_t)log->count)
			return error_set(error, FATAL, "offset_out_of_range", "offset %lld of %s is not in Kafka: it has %lld to %zu", (long long)offset,
				consumer->topic[partition[i].topic]->name, (long long)log->low, log->count);
		consumer->place[consumer->place_count++] = (struct place){ .topic = partition[i].topic, .partition = partition[i].partition, .offset = offset };
	}
	return OK;
}

// Whatever the group asks of the member. That it was given up it hears with the answer to its next heartbeat: until then it fetches as before.
static enum status serve_group(struct kafka_consumer *consumer, struct error *error)
{
	consumer->polled_us = sim_now_us();
	if (!consumer->is_member && !consumer->hears_us)
		consumer->hears_us = sim_now_us() + sim_between(0, HEARS_US_MAX);
	if (!consumer->is_member && consumer->hears_us > sim_now_us())
		return OK;
	if (!consumer->is_member) {
		revoke(consumer, true);
		join(consumer);
	}
	if (consumer->group->is_rebalancing && !consumer->has_joined) {
		consumer->is_to_assign = false;
		revoke(consumer, false);
		consumer->has_joined = true;
		finish_if_all_joined(consumer->group);
	}
	return consumer->is_to_assign ? assign(consumer, error) : OK;
}

static void hand_out(struct kafka_consumer *consumer, struct place *place, struct kafka_message *ret_message)
{
	const struct record *record = &consumer->topic[place->topic]->partition[place->partition].record[place->offset];
	struct handle *handle = sim_new(sizeof *handle);
	*handle = (struct handle){ consumer->out.next, &consumer->out, consumer, place->topic, place->partition, place->offset, sim_copy(record->key),
		sim_copy(record->value) };
	handle->next->previous = handle->previous->next = handle;
	*ret_message = (struct kafka_message){
		.topic = place->topic,
		.partition = place->partition,
		.offset = place->offset,
		.timestamp_ms = record->timestamp_ms,
		.key = record->has_key ? handle->key : (struct text){ NULL, 0 },
		.value = handle->value,
		.is_tombstone = record->is_tombstone,
		.handle = handle,
	};
	place->offset++;
	place->is_at_end = false;
	int64_t *handed_out = &consumer->group->handed_out[place->topic][place->partition];
	sim_hit[SIM_delivered_again] += place->offset <= *handed_out;
	if (place->offset > *handed_out)
		*handed_out = place->offset;
}

bool kafka_message_header(const struct kafka_message *message, const char *name, struct text *ret_value)
{
	const struct handle *handle = message->handle;
	const struct log_partition *partition = &handle->consumer->topic[handle->topic]->partition[handle->partition];
	return record_header(&partition->record[handle->offset], name, ret_value);
}

void kafka_message_done(struct kafka_message *message)
{
	struct handle *handle = message->handle;
	if (!handle)
		sim_fail("a message is done twice, or was never given");
	free_handle(handle);
	message->handle = NULL;
}

// One that has something to give, by chance; NULL.
static struct place *choose(struct kafka_consumer *consumer, bool (*has)(const struct kafka_consumer *, const struct place *))
{
	size_t first = consumer->place_count ? sim_below(consumer->place_count) : 0;
	for (size_t i = 0; i < consumer->place_count; i++) {
		struct place *place = &consumer->place[(first + i) % consumer->place_count];
		if (has(consumer, place))
			return place;
	}
	return NULL;
}

static bool has_old_end(const struct kafka_consumer *consumer, const struct place *place)
{
	(void)consumer;
	return place->is_at_end && !place->is_paused && place->end_told_us + KAFKA_END_AGAIN_MS * 1000 <= sim_now_us();
}

static enum status problem(enum kafka_event *ret_event, struct error *error)
{
	sim_hit[SIM_kafka_problems]++;
	*ret_event = KAFKA_PROBLEM;
	(void)error_set(error, RETRY, "kafka_problem", "a broker is away");
	return OK;
}

enum status kafka_poll(struct kafka_consumer *consumer, int timeout_ms, struct kafka_message *ret_message, enum kafka_event *ret_event,
	int32_t *ret_partition, uint32_t *ret_topic, int64_t *ret_offset, struct error *error)
{
	sim_call(SIM_CALL_KAFKA);
	assert(!timeout_ms);
	*ret_event = KAFKA_NOTHING;
	if (kafka_sim_is_down()) {
		bool is_new = !consumer->saw_down;
		consumer->saw_down = true;
		return is_new ? problem(ret_event, error) : OK;
	}
	consumer->saw_down = false;
	enum status status = serve_group(consumer, error);
	if (status != OK)
		return status;
	if (sim_hits_e4(kafka_sim_faults.problem_e4))
		return problem(ret_event, error);
	struct place *place = choose(consumer, has_records);
	*ret_event = place ? KAFKA_MESSAGE : KAFKA_NOTHING;
	if (place)
		hand_out(consumer, place, ret_message);
	if (!place && ((place = choose(consumer, has_new_end)) || (place = choose(consumer, has_old_end)))) {
		*ret_event = KAFKA_END;
		place->is_at_end = true;
		place->end_told_us = sim_now_us();
	}
	if (place) {
		*ret_topic = place->topic;
		*ret_partition = place->partition;
		*ret_offset = *ret_event == KAFKA_MESSAGE ? place->offset - 1 : place->offset;
	}
	return OK;
}

size_t kafka_poll_batch(struct kafka_consumer *consumer, struct kafka_message *ret_messages, size_t capacity)
{
	sim_call(SIM_CALL_KAFKA);
	size_t count = 0, limit = sim_below(20);
	struct place *place;
	while (count < capacity && count < limit && !kafka_sim_is_down() && (place = choose(consumer, has_records)))
		hand_out(consumer, place, &ret_messages[count++]);
	sim_hit[SIM_partial_batches] += count && count == limit && choose(consumer, has_records);
	return count;
}

static struct place *find(struct kafka_consumer *consumer, uint32_t topic, int32_t partition)
{
	for (size_t i = 0; i < consumer->place_count; i++)
		if (consumer->place[i].topic == topic && consumer->place[i].partition == partition)
			return &consumer->place[i];
	return NULL;
}

enum status kafka_seek(struct kafka_consumer *consumer, uint32_t topic, int32_t partition, int64_t offset, struct error *error)
{
	sim_call(SIM_CALL_KAFKA);
	struct place *place = find(consumer, topic, partition);
	if (!place)
		return error_set(error, RETRY, "not_assigned", "partition %d is not ours", partition);
	const struct log_partition *log = &consumer->topic[topic]->partition[partition];
	place->offset = offset == KAFKA_OFFSET_EARLIEST ? log->low : offset;
	place->is_at_end = false;
	if (place->offset < log->low || place->offset > (int64_t)log->count)
		sim_fail("a seek to offset %lld of %zu", (long long)offset, log->count);
	return OK;
}

void kafka_pause(struct kafka_consumer *consumer, uint32_t topic, int32_t partition, bool is_paused)
{
	sim_call(SIM_CALL_KAFKA);
	struct place *place = find(consumer, topic, partition);
	if (place)
		place->is_paused = is_paused;
}

// A member that the group has given up is refused.
void kafka_commit(struct kafka_consumer *consumer, uint32_t topic, int32_t partition, int64_t offset)
{
	sim_call(SIM_CALL_KAFKA);
	if (consumer->is_member && find(consumer, topic, partition) && !kafka_sim_is_down())
		consumer->group->committed[topic][partition] = offset;
}

enum status kafka_watermarks(struct kafka_consumer *consumer, uint32_t topic, int32_t partition, int timeout_ms, int64_t *ret_low, int64_t *ret_high,
	struct error *error)
{
	sim_call(SIM_CALL_KAFKA);
	if (kafka_sim_is_down()) {
		sim_sleep((int64_t)timeout_ms * 1000);
		return error_set(error, RETRY, "kafka_away", "Kafka is away");
	}
	const struct log_partition *log = &consumer->topic[topic]->partition[partition];
	*ret_low = log->low;
	*ret_high = (int64_t)log->count;
	return OK;
}
