// sim.h - a world of one thread: virtual time, chance from a seed, and members (instances of the consumers) that run as coroutines.
//
// Nothing happens by itself: the driver takes events in the order of their time, and a member runs from one wait to the next. Each call of a member into a fake
// (redis.h, kafka.h, clock.h, poll) passes through sim_call, where the member may crash or stall. A crash abandons the member's stack where it stands and gives
// back all heap memory that it had, so none of its own code runs any more, no destructor and no farewell: that is what kill -9 leaves. What it had handed to the
// network or to Kafka's producer may still arrive or not, by chance.
#ifndef HOTLINE_SIM_H
#define HOTLINE_SIM_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "text.h"

#define SIM_WALL_MS INT64_C(1709600000000)  // the wall clock at the start: 2024-03-05T08:53:20+08:00
#define SIM_SECOND_US INT64_C(1000000)

enum {
	SIM_MEMBERS_MAX = 256,        // in one world, the dead ones included
	SIM_CALLS_MAX = 5 * 1000 * 1000,  // of one member without virtual time going on by a second: it spins
};

// What was really hit; printed by the driver, and never 0 over the CI set.
#define SIM_COUNTS(X) \
	X(crashes) X(crashes_mid_call) X(stalls) X(kicked) X(rebalances) X(lost_revokes) X(restarts) \
	X(stops) X(cuts) X(cuts_before) X(cuts_after) X(replies_lost) X(replies_late) X(segments_late) X(late_effects) X(split_writes) X(loading) X(redis_down) X(redis_full) X(refused_writes) \
	X(rollbacks) X(rolled_back_writes) X(fail_overs) X(commands_of_former) X(slow_times) \
	X(exec_done) X(exec_nil) X(kafka_down) X(kafka_problems) X(sends_failed) X(sends_doubled) X(queue_full) X(sends_of_zombies) X(sends_lost_in_crash) \
	X(partial_batches) X(delivered_again) \
	X(duplicate_events) X(late_events) X(bad_messages) X(void_events) X(wall_jumps) X(wall_jumps_back) X(read_backs) X(policy_changes) X(fenced) X(takeovers) X(alerts_fired) X(alerts_resolved) X(alerts_retracted) \
	X(conflicts) X(stale_revisions) X(links) X(links_begun) X(rows_split)
enum sim_count {
#define X(name) SIM_##name,
	SIM_COUNTS(X)
#undef X
	SIM_COUNT_COUNT,
};
extern uint64_t *sim_hit;  // SIM_COUNT_COUNT of them, since the program started; may be put into shared memory
const char *sim_count_name(enum sim_count count);

// A new world: everything of the old one is gone.
void sim_start(uint64_t seed);
void sim_end(void);
uint64_t sim_seed(void);

int64_t sim_now_us(void);         // virtual, monotonic, from 0
int64_t sim_wall_us(void);
void sim_jump_wall(int64_t by_ms);

// Chance for the world's own choices: how long things take, who comes first.
uint64_t sim_below(uint64_t limit);
int64_t sim_between(int64_t least, int64_t most);
bool sim_hits_e4(uint32_t chance_e4);
int64_t sim_delay(int64_t least_us, int64_t most_us);  // how long something takes on its way: much longer while everything is slow
void sim_slow(int64_t for_us);

// Calls act(self, number) at the given time. Those of one time go in the order in which they were given.
void sim_at(int64_t at_us, void (*act)(void *self, uint64_t number), void *self, uint64_t number);
// Runs until `is_so`, or until virtual time has come to until_us, or nothing is left to happen. Tells whether it is so.
bool sim_run(bool (*is_so)(void *self), void *self, int64_t until_us);
void sim_run_for(int64_t us);

// What kind of call a member makes. Clocks and the building of commands lie inside of what a process does in one go: it may die there, but others cannot run.
enum sim_call { SIM_CALL_CLOCK, SIM_CALL_REDIS, SIM_CALL_REDIS_BUILD, SIM_CALL_KAFKA, SIM_CALL_WAIT };

struct member;
// Runs run(self) as a member from now on. `name` must live on.
struct member *sim_member_start(const char *name, void (*run)(void *self), void *self);
struct member *sim_member(void);             // who runs now; NULL is the driver
void sim_member_crash(struct member *member);
void sim_member_crash_at(struct member *member, uint64_t calls);  // at so many calls from now
// At its so many-th effect from now: a command that comes to Redis, a message that comes to Kafka. Before or after it comes about; nothing behind it does.
void sim_member_crash_at_effect(struct member *member, uint64_t effects, bool is_after);
void sim_member_stall(struct member *member, int64_t for_us);
void sim_member_stall_at(struct member *member, uint64_t calls, int64_t for_us);
bool sim_member_is_alive(const struct member *member);
bool sim_member_is_stalled(const struct member *member);
int64_t sim_member_resumes_us(const struct member *member);
const char *sim_member_name(const struct member *member);
// Told of each crash and each end, to let go of what the member had in the fakes.
void sim_on_gone(void (*gone)(struct member *member, bool is_crash));

// Of the fakes. sim_call comes first in each of their functions; sim_wait lets the others run.
void sim_call(enum sim_call kind);
// At the other side, about what was handed over: whether its owner dies now, before the effect; and after it.
bool sim_effect_begins(struct member *member);
void sim_effect_ends(struct member *member);
int sim_wait(struct pollfd *fd, size_t count, int64_t timeout_us);
void sim_sleep(int64_t us);
// Tells what poll would say of one of the fakes' descriptors.
typedef short (*sim_ready)(int fd, short events);
enum { SIM_FD_REDIS = 100000, SIM_FD_CONSUMER = 200000, SIM_FD_PRODUCER = 300000, SIM_FD_STOP = 400000, SIM_FD_STEP = 100000 };
void sim_set_ready(int fd_from, sim_ready ready);

// Memory of the world, which no crash takes away.
void *sim_new(size_t size);
void *sim_grow(void *memory, size_t count, size_t size, size_t *capacity);
void sim_free(void *memory);
struct text sim_copy(struct text text);  // with a NUL behind; freed by sim_free of its `at`
void sim_memory_drop(struct member *member);           // frees all that it has
size_t sim_memory_count(const struct member *member);  // what it has not freed
size_t sim_memory_trims(void);                         // how often anybody gave back what is free

// Prints the seed and the sentence, and fails whatever is running.
_Noreturn void sim_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
