// The wire of the Redis in memory: redis.h over connections that delay, split, lose and break.
#include <assert.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "sim_redis.h"

enum {
	LINKS_MAX = 4096,      // of one world
	WIRE_US_MIN = 20,
	WIRE_US_MAX = 2000,
	LATE_US_MIN = 500 * 1000,
	LATE_US_MAX = 9 * 1000 * 1000,  // beyond every time after which a sender gives up
	CONNECT_US = 300,
	REFUSED_US = 1000,
};

// A connection. The client's side goes with its owner; what is under way lives on.
struct redis {
	struct member *member;
	int number;
	bool is_closed;               // the client has let go of it, or died
	bool is_cut;                  // neither side can send any more
	bool is_hanging;              // replies do not come through
	bool is_of_former;            // its other side is a master that was replaced
	struct request building;
	struct request *unsent;
	size_t unsent_count, unsent_capacity;
	struct request *sent;         // under way or executed; a queue
	size_t sent_at, sent_count, sent_capacity;
	int64_t arrives_us, replies_us;  // of the last that is under way, since the order holds
	struct redisReply **inbox;
	size_t inbox_at, inbox_count, inbox_capacity;
	struct redisReply **returning;   // executed, on their way back
	size_t returning_at, returning_count, returning_capacity;
	struct redisReply *handed_out;
	size_t pending;
	struct session session;
};

static struct wire {
	struct redis *link[LINKS_MAX];
	int count;
	struct redis_faults faults;
	int64_t down_until_us, full_until_us;
	enum redis_failure full;
	uint64_t fail_overs;
	uint64_t commands, fail_at;
	enum redis_failure failure;
	void (*seen)(void *self, struct member *member, const char *verb, struct text key);
	void *seen_self;
} wire;

static bool has_failed;  // outlives the world

const char *redis_failure_name(enum redis_failure failure)
{
	static const char *const name[] = { "none", "cut before", "cut after", "no reply", "LOADING", "BUSY", "CLUSTERDOWN", "READONLY", "OOM", "MISCONF", "NOAUTH", "NOPERM",
		"EXECABORT", "WRONGTYPE", "another type" };
	return name[failure];
}

static bool is_down(void)
{
	return wire.down_until_us > sim_now_us();
}

static void drop_replies(struct redisReply **reply, size_t *at, size_t *count)
{
	while (*at < *count)
		reply_free(reply[(*at)++]);
	*at = *count = 0;
}

static void cut(struct redis *link)
{
	if (link->is_cut)
		return;
	link->is_cut = true;
	session_done(&link->session);
	drop_replies(link->returning, &link->returning_at, &link->returning_count);
}

static void free_requests(struct request *request, size_t from, size_t count)
{
	for (size_t i = from; i < count; i++)
		request_free(&request[i]);
}

static void free_link(struct redis *link)
{
	cut(link);
	free_requests(link->unsent, 0, link->unsent_count);
	free_requests(link->sent, link->sent_at, link->sent_count);
	request_free(&link->building);
	drop_replies(link->inbox, &link->inbox_at, &link->inbox_count);
	reply_free(link->handed_out);
	sim_free(link->unsent);
	sim_free(link->sent);
	sim_free(link->inbox);
	sim_free(link->returning);
	sim_free(link);
}

static short ready(int fd, short events)
{
	const struct redis *link = wire.link[fd - SIM_FD_REDIS];
	if (link->is_cut)
		return POLLIN | POLLHUP;
	return (short)((link->inbox_at < link->inbox_count ? POLLIN & events : 0) | (POLLOUT & events));
}

// What was on its way may come through, or not.
static void let_go(struct redis *link, bool is_crash)
{
	link->is_closed = true;
	if (is_crash ? sim_hits_e4(5000) : false)
		cut(link);
}

static void gone(struct member *member, bool is_crash)
{
	for (int i = 0; i < wire.count; i++) {
		struct redis *link = wire.link[i];
		if (link->member != member || link->is_closed)
			continue;
		if (!is_crash)
			sim_fail("%s ended with an open connection to Redis", sim_member_name(member));
		let_go(link, is_crash);
	}
}

void redis_sim_reset(void)
{
	for (int i = 0; i < wire.count; i++)
		free_link(wire.link[i]);
	wire = (struct wire){ .fail_at = UINT64_MAX };
	store_sim_reset();
	sim_set_ready(SIM_FD_REDIS, ready);
	sim_on_gone(gone);
}

void redis_sim_set_faults(const struct redis_faults *faults)
{
	wire.faults = *faults;
}

static void cut_former(void)
{
	for (int i = 0; i < wire.count; i++)
		if (wire.link[i]->is_of_former)
			cut(wire.link[i]);
	store_sim_drop_former();
}

static void cut_all(void)
{
	for (int i = 0; i < wire.count; i++)
		cut(wire.link[i]);
	store_sim_drop_former();
}

static void act_cut_former(void *self, uint64_t number)
{
	(void)self;
	if (number == wire.fail_overs)
		cut_former();
}

void redis_sim_fail_over(int64_t lag_us, int64_t former_us)
{
	sim_hit[SIM_fail_overs]++;
	cut_former();
	store_sim_fork();
	for (int i = 0; i < wire.count; i++)
		wire.link[i]->is_of_former = true;
	sim_hit[SIM_rolled_back_writes] += store_sim_roll_back("", lag_us, lag_us);
	sim_at(sim_now_us() + former_us, act_cut_former, NULL, ++wire.fail_overs);
}

void redis_sim_full(int64_t for_us, bool is_disk)
{
	sim_hit[SIM_redis_full]++;
	wire.full_until_us = sim_now_us() + for_us;
	wire.full = is_disk ? FAIL_MISCONF : FAIL_OOM;
}

void redis_sim_down(int64_t for_us)
{
	sim_hit[SIM_redis_down]++;
	wire.down_until_us = sim_now_us() + for_us;
	cut_all();
	store_sim_begin_life();
}

void redis_sim_roll_back(int64_t least_us, int64_t most_us)
{
	sim_hit[SIM_rollbacks]++;
	cut_all();
	sim_hit[SIM_rolled_back_writes] += store_sim_roll_back("", least_us, most_us);
}

void redis_sim_roll_back_unseen(const char *prefix, int64_t us)
{
	store_sim_roll_back(prefix, us, us);
}

void redis_sim_cut(struct member *member)
{
	for (int i = 0; i < wire.count; i++)
		if (wire.link[i]->member == member)
			cut(wire.link[i]);
}

void redis_sim_fail_at(uint64_t command, enum redis_failure failure)
{
	wire.commands = 0;
	wire.fail_at = command;
	has_failed = false;
	wire.failure = failure;
}

uint64_t redis_sim_commands(void)
{
	return wire.commands;
}

bool redis_sim_last_failed(void)
{
	return has_failed;
}

void redis_sim_watch_commands(void (*seen)(void *self, struct member *member, const char *verb, struct text key), void *self)
{
	wire.seen = seen;
	wire.seen_self = self;
}

static void act_return(void *self, uint64_t count)
{
	struct redis *link = self;
	for (; count && !link->is_cut && link->returning_at < link->returning_count; count--) {
		struct redisReply *reply = link->returning[link->returning_at++];
		if (link->is_closed || link->is_hanging) {
			reply_free(reply);
			continue;
		}
		link->inbox = sim_grow(link->inbox, link->inbox_count + 1, sizeof *link->inbox, &link->inbox_capacity);
		link->inbox[link->inbox_count++] = reply;
	}
}

// Redis answers what makes a transaction also while it loads: were MULTI refused by chance, what follows it would be executed one by one.
static bool is_served_while_loading(const struct request *request)
{
	static const char *const verbs[] = { "WATCH", "UNWATCH", "MULTI", "EXEC", "DISCARD" };
	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
		if (text_equal(request->argument[0], text_of(verbs[i])))
			return true;
	return false;
}

static enum redis_failure failure_now(const struct request *request)
{
	if (++wire.commands != wire.fail_at) {
		if (wire.full_until_us > sim_now_us() && session_is_write(request)) {
			sim_hit[SIM_refused_writes]++;
			return wire.full;
		}
		bool is_busy = sim_hits_e4(wire.faults.busy_e4) && !is_served_while_loading(request);
		sim_hit[SIM_loading] += is_busy;
		return is_busy ? FAIL_LOADING : FAIL_NOT;
	}
	wire.fail_at = UINT64_MAX;
	has_failed = true;
	return wire.failure;
}

static void tell_seen(const struct redis *link, const struct request *request)
{
	char verb[32];
	if (!wire.seen || !text_copy(request->argument[0], verb, sizeof verb))
		return;
	wire.seen(wire.seen_self, link->member, verb, request->count > 1 ? request->argument[1] : TEXT(""));
}

// Executes one command. False when the connection broke over it.
static bool arrive_one(struct redis *link, struct request *request)
{
	tell_seen(link, request);
	if (!link->is_cut && sim_effect_begins(link->member))
		cut(link);
	if (link->is_cut)
		return false;
	enum redis_failure failure = failure_now(request);
	if (failure == FAIL_CUT_BEFORE) {
		cut(link);
		return false;
	}
	bool is_answered = failure >= FAIL_LOADING;
	if (link->is_of_former) {
		sim_hit[SIM_commands_of_former] += session_is_write(request);
		store_sim_turn();
	}
	struct redisReply *reply = session_execute(&link->session, request, is_answered ? failure : FAIL_NOT);
	if (link->is_of_former)
		store_sim_turn();
	if (failure == FAIL_CUT_AFTER) {
		reply_free(reply);
		cut(link);
		return false;
	}
	if (failure == FAIL_HANG)
		link->is_hanging = true;
	link->returning = sim_grow(link->returning, link->returning_count + 1, sizeof *link->returning, &link->returning_capacity);
	link->returning[link->returning_count++] = reply;
	sim_effect_ends(link->member);
	return true;
}

enum fate { FATE_GOOD, FATE_CUT_BEFORE, FATE_CUT_AFTER, FATE_HANG };

struct segment {
	uint32_t count;
	uint8_t fate;
};

static uint64_t number_of(struct segment segment)
{
	return (uint64_t)segment.fate << 32 | segment.count;
}

static void act_arrive(void *self, uint64_t number)
{
	struct redis *link = self;
	enum fate fate = (enum fate)(number >> 32);
	uint32_t count = (uint32_t)number, done = 0;
	if (link->is_closed && !link->is_cut)
		sim_hit[SIM_late_effects]++;
	if (fate == FATE_CUT_BEFORE)
		cut(link);
	if (fate == FATE_HANG)
		link->is_hanging = true;
	for (uint32_t i = 0; i < count; i++) {
		struct request *request = &link->sent[link->sent_at++];
		done += !link->is_cut && arrive_one(link, request);
		request_free(request);
	}
	if (fate == FATE_CUT_AFTER)
		cut(link);
	if (!done || link->is_cut)
		return;
	int64_t at_us = sim_now_us() + sim_delay(WIRE_US_MIN, WIRE_US_MAX);
	if (sim_hits_e4(wire.faults.late_reply_e4)) {
		sim_hit[SIM_replies_late]++;
		at_us += sim_between(LATE_US_MIN, LATE_US_MAX);
	}
	link->replies_us = at_us > link->replies_us ? at_us : link->replies_us;
	sim_at(link->replies_us, act_return, link, done);
}

static enum fate draw_fate(void)
{
	const struct redis_faults *faults = &wire.faults;
	if (sim_hits_e4(faults->cut_before_e4)) {
		sim_hit[SIM_cuts_before]++;
		return FATE_CUT_BEFORE;
	}
	if (sim_hits_e4(faults->cut_after_e4)) {
		sim_hit[SIM_cuts_after]++;
		return FATE_CUT_AFTER;
	}
	if (sim_hits_e4(faults->hang_e4)) {
		sim_hit[SIM_replies_lost]++;
		return FATE_HANG;
	}
	return FATE_GOOD;
}

static void send_segment(struct redis *link, uint32_t count)
{
	if (!count)
		return;
	int64_t at_us = sim_now_us() + sim_delay(WIRE_US_MIN, WIRE_US_MAX);
	if (sim_hits_e4(wire.faults.late_e4)) {
		sim_hit[SIM_segments_late]++;
		at_us += sim_between(LATE_US_MIN, LATE_US_MAX);
	}
	link->arrives_us = at_us > link->arrives_us ? at_us : link->arrives_us;
	sim_at(link->arrives_us, act_arrive, link, number_of((struct segment){ count, (uint8_t)draw_fate() }));
}

static enum status broken(const struct redis *redis, struct error *error)
{
	return error_set(error, RETRY, "redis_away", "the connection %d to Redis broke", redis->number);
}

static enum status greet(struct redis *redis, struct error *error)
{
	const struct redisReply *reply;
	redis_command(redis, 1, &TEXT("PING"));
	enum status status = redis_wait(redis, 2000, &reply, error);
	return status == OK ? redis_check_type(reply, REPLY_IS_DONE, "the connection", error) : status;
}

enum status redis_open(const char *address, struct redis **ret_redis, struct error *error)
{
	(void)address;
	sim_call(SIM_CALL_REDIS);
	sim_sleep(is_down() ? REFUSED_US : CONNECT_US);
	if (is_down())
		return error_set(error, RETRY, "redis_away", "Redis refuses connections");
	assert(wire.count < LINKS_MAX);
	struct redis *redis = sim_new(sizeof *redis);
	redis->member = sim_member();
	redis->number = wire.count;
	wire.link[wire.count++] = redis;
	enum status status = greet(redis, error);
	if (status == OK)
		*ret_redis = redis;
	else
		redis_close(redis);
	return status;
}

void redis_close(struct redis *redis)
{
	sim_call(SIM_CALL_REDIS_BUILD);
	if (!redis)
		return;
	if (redis->is_closed)
		sim_fail("a connection to Redis is closed twice");
	let_go(redis, false);
}

int redis_fd(const struct redis *redis)
{
	return SIM_FD_REDIS + redis->number;
}

const char *redis_name(const struct redis *redis)
{
	(void)redis;
	return "simulated";
}

static void check_use(const struct redis *redis)
{
	if (redis->is_closed || redis->member != sim_member())
		sim_fail("%s uses a connection to Redis that is closed or not its own", sim_member_name(sim_member()));
}

void redis_begin(struct redis *redis, const char *verb)
{
	sim_call(SIM_CALL_REDIS_BUILD);
	check_use(redis);
	request_free(&redis->building);
	redis_argument_string(redis, verb);
}

void redis_argument(struct redis *redis, struct text argument)
{
	struct request *request = &redis->building;
	request->argument = sim_grow(request->argument, request->count + 1, sizeof *request->argument, &request->capacity);
	request->argument[request->count++] = sim_copy(argument);
}

void redis_argument_string(struct redis *redis, const char *string)
{
	redis_argument(redis, text_of(string));
}

void redis_argument_integer(struct redis *redis, int64_t number)
{
	char digits[24];
	snprintf(digits, sizeof digits, "%lld", (long long)number);
	redis_argument(redis, text_of(digits));
}

void redis_end(struct redis *redis)
{
	sim_call(SIM_CALL_REDIS_BUILD);
	redis->unsent = sim_grow(redis->unsent, redis->unsent_count + 1, sizeof *redis->unsent, &redis->unsent_capacity);
	redis->unsent[redis->unsent_count++] = redis->building;
	redis->building = (struct request){ NULL, 0, 0 };
	redis->pending++;
}

void redis_command(struct redis *redis, size_t count, const struct text *argument)
{
	check_use(redis);
	request_free(&redis->building);
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
	assert(!redis->unsent_count);
}

// Moves so many commands to the wire.
static void put_on_wire(struct redis *redis, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		redis->sent = sim_grow(redis->sent, redis->sent_count + 1, sizeof *redis->sent, &redis->sent_capacity);
		redis->sent[redis->sent_count++] = redis->unsent[i];
	}
	redis->unsent_count -= count;
	memmove(redis->unsent, redis->unsent + count, redis->unsent_count * sizeof *redis->unsent);
}

enum status redis_flush(struct redis *redis, bool *ret_done, struct error *error)
{
	sim_call(SIM_CALL_REDIS);
	check_use(redis);
	if (redis->is_cut)
		return broken(redis, error);
	size_t count = redis->unsent_count, first = count;
	if (count > 1 && sim_hits_e4(wire.faults.split_e4)) {
		sim_hit[SIM_split_writes]++;
		first = 1 + sim_below(count - 1);
	}
	bool is_half = first < count && sim_hits_e4(5000);  // the socket takes no more; else two packets
	put_on_wire(redis, is_half ? first : count);
	send_segment(redis, (uint32_t)first);
	if (!is_half)
		send_segment(redis, (uint32_t)(count - first));
	*ret_done = !is_half;
	return OK;
}

enum status redis_receive(struct redis *redis, const struct redisReply **ret_reply, struct error *error)
{
	sim_call(SIM_CALL_REDIS);
	check_use(redis);
	reply_free(redis->handed_out);
	redis->handed_out = NULL;
	if (redis->inbox_at < redis->inbox_count) {
		redis->handed_out = redis->inbox[redis->inbox_at++];
		redis->pending--;
	} else if (redis->is_cut) {
		return broken(redis, error);
	}
	*ret_reply = redis->handed_out;
	return OK;
}

enum status redis_wait(struct redis *redis, int timeout_ms, const struct redisReply **ret_reply, struct error *error)
{
	int64_t until_us = sim_now_us() + (int64_t)timeout_ms * 1000;
	*ret_reply = NULL;
	for (;;) {
		bool is_sent;
		enum status status = redis_flush(redis, &is_sent, error);
		if (status == OK)
			status = redis_receive(redis, ret_reply, error);
		if (status != OK || *ret_reply)
			return status;
		if (sim_now_us() >= until_us) {
			cut(redis);
			return broken(redis, error);
		}
		struct pollfd fd = { .fd = redis_fd(redis), .events = (short)(is_sent ? POLLIN : POLLIN | POLLOUT) };
		sim_wait(&fd, 1, until_us - sim_now_us());
	}
}

enum reply_type reply_type(const struct redisReply *reply)
{
	return reply->type;
}

struct text reply_text(const struct redisReply *reply)
{
	bool has_text = reply->type == REPLY_STRING || reply->type == REPLY_STATUS || reply->type == REPLY_ERROR;
	return has_text ? reply->text : (struct text){ NULL, 0 };
}

int64_t reply_integer(const struct redisReply *reply)
{
	return reply->type == REPLY_INTEGER ? reply->integer : 0;
}

size_t reply_count(const struct redisReply *reply)
{
	return reply->type == REPLY_ARRAY ? reply->count : 0;
}

const struct redisReply *reply_at(const struct redisReply *reply, size_t index)
{
	assert(index < reply->count);
	return reply->item[index];
}
