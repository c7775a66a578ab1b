#include "sim.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "chance.h"

enum { STACK_BYTES = 2 * 1024 * 1024, RESUME_US_MAX = 200, SPIN_US = 20, GONE_MAX = 4, READY_KINDS = 4, SLOW_FACTOR = 100 };

enum state { RUNNABLE, WAITING, ENDED };

struct member {
	const char *name;
	void (*run)(void *self);
	void *self;
	ucontext_t context;
	void *stack;
	enum state state;
	bool is_scheduled;            // an event will resume it
	int64_t wake_at_us, stalled_until_us;
	struct pollfd *fd;            // of its own memory; what it waits for
	size_t fd_count;
	uint64_t calls, crash_at, stall_at;  // 0: not
	uint64_t effects, crash_at_effect;
	bool is_crash_after;
	int64_t stall_us;
	int64_t spin_since_us;
	uint64_t spin_calls;
};

struct happening {
	int64_t at_us;
	uint64_t order;
	void (*act)(void *self, uint64_t number);
	void *self;
	uint64_t number;
};

static struct world {
	uint64_t seed, order;
	struct chance chance;
	int64_t now_us, wall_offset_us, slow_until_us;
	struct happening *heap;
	size_t count, capacity;
	struct member member[SIM_MEMBERS_MAX];
	size_t member_count;
	struct member *running;
	ucontext_t driver;
} world;

static uint64_t hit[SIM_COUNT_COUNT];
uint64_t *sim_hit = hit;
static void (*on_gone[GONE_MAX])(struct member *member, bool is_crash);
static size_t on_gone_count;
static sim_ready ready_of[READY_KINDS];

const char *sim_count_name(enum sim_count count)
{
	static const char *const name[] = {
#define X(name) #name,
		SIM_COUNTS(X)
#undef X
	};
	return name[count];
}

void sim_fail(const char *format, ...)
{
	va_list args;
	fflush(stdout);
	fprintf(stderr, "seed %" PRIu64 " at %" PRId64 " us: ", world.seed, world.now_us);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(3);
}

static void free_stack(struct member *member)
{
	if (member->stack)
		munmap(member->stack, STACK_BYTES);
	member->stack = NULL;
}

void sim_end(void)
{
	for (size_t i = 0; i < world.member_count; i++)
		if (world.member[i].state != ENDED)
			sim_member_crash(&world.member[i]);
	sim_free(world.heap);
	world = (struct world){ 0 };
}

void sim_start(uint64_t seed)
{
	sim_end();
	world.seed = seed;
	world.chance = chance_of(seed ^ UINT64_C(0x5eed0f51a1a70123));
}

uint64_t sim_seed(void)
{
	return world.seed;
}

int64_t sim_now_us(void)
{
	return world.now_us;
}

int64_t sim_wall_us(void)
{
	return SIM_WALL_MS * 1000 + world.now_us + world.wall_offset_us;
}

void sim_jump_wall(int64_t by_ms)
{
	world.wall_offset_us += by_ms * 1000;
}

uint64_t sim_below(uint64_t limit)
{
	return chance_below(&world.chance, limit);
}

int64_t sim_between(int64_t least, int64_t most)
{
	return least + (int64_t)sim_below((uint64_t)(most - least + 1));
}

bool sim_hits_e4(uint32_t chance_e4)
{
	return chance_e4 && chance_of_e4(&world.chance, chance_e4);
}

int64_t sim_delay(int64_t least_us, int64_t most_us)
{
	return sim_between(least_us, most_us) * (world.slow_until_us > world.now_us ? SLOW_FACTOR : 1);
}

void sim_slow(int64_t for_us)
{
	sim_hit[SIM_slow_times]++;
	world.slow_until_us = world.now_us + for_us;
}

static bool is_before(const struct happening *a, const struct happening *b)
{
	return a->at_us != b->at_us ? a->at_us < b->at_us : a->order < b->order;
}

static void swap(struct happening *a, struct happening *b)
{
	struct happening c = *a;
	*a = *b;
	*b = c;
}

void sim_at(int64_t at_us, void (*act)(void *self, uint64_t number), void *self, uint64_t number)
{
	world.heap = sim_grow(world.heap, world.count + 1, sizeof *world.heap, &world.capacity);
	size_t i = world.count++;
	world.heap[i] = (struct happening){ at_us > world.now_us ? at_us : world.now_us, world.order++, act, self, number };
	for (; i && is_before(&world.heap[i], &world.heap[(i - 1) / 2]); i = (i - 1) / 2)
		swap(&world.heap[i], &world.heap[(i - 1) / 2]);
}

static struct happening pop(void)
{
	struct happening first = world.heap[0];
	world.heap[0] = world.heap[--world.count];
	for (size_t i = 0;;) {
		size_t least = 2 * i + 1;
		if (least >= world.count)
			return first;
		if (least + 1 < world.count && is_before(&world.heap[least + 1], &world.heap[least]))
			least++;
		if (is_before(&world.heap[i], &world.heap[least]))
			return first;
		swap(&world.heap[i], &world.heap[least]);
		i = least;
	}
}

void sim_on_gone(void (*gone)(struct member *member, bool is_crash))
{
	for (size_t i = 0; i < on_gone_count; i++)
		if (on_gone[i] == gone)
			return;
	assert(on_gone_count < GONE_MAX);
	on_gone[on_gone_count++] = gone;
}

static void tell_gone(struct member *member, bool is_crash)
{
	member->state = ENDED;
	for (size_t i = 0; i < on_gone_count; i++)
		on_gone[i](member, is_crash);
	size_t left = sim_memory_count(member);
	if (!is_crash && left)
		sim_fail("%s ended and left %zu pieces of memory", member->name, left);
	sim_memory_drop(member);
	free_stack(member);
}

void sim_member_crash(struct member *member)
{
	if (member->state == ENDED)
		return;
	sim_hit[SIM_crashes]++;
	if (member == world.running) {
		sim_hit[SIM_crashes_mid_call]++;
		member->state = ENDED;
		swapcontext(&member->context, &world.driver);  // never comes back
		abort();
	}
	tell_gone(member, true);
}

static void begin_member(unsigned high, unsigned low)
{
	struct member *member = (struct member *)((uintptr_t)high << 32 | (uintptr_t)low);
	member->run(member->self);
	member->state = ENDED;
	member->crash_at = UINT64_MAX;  // marks an end of its own will
	swapcontext(&member->context, &world.driver);
	abort();
}

static void resume(struct member *member)
{
	world.running = member;
	swapcontext(&world.driver, &member->context);
	world.running = NULL;
	if (member->state == ENDED)
		tell_gone(member, member->crash_at != UINT64_MAX);
}

static void resume_later(struct member *member, int64_t at_us);

static void act_resume(void *self, uint64_t number)
{
	struct member *member = self;
	(void)number;
	member->is_scheduled = false;
	if (member->state == ENDED)
		return;
	if (member->stalled_until_us > world.now_us) {
		resume_later(member, member->stalled_until_us);
		return;
	}
	member->state = RUNNABLE;
	resume(member);
}

static void resume_later(struct member *member, int64_t at_us)
{
	assert(member);
	member->is_scheduled = true;
	sim_at(at_us, act_resume, member, 0);
}

struct member *sim_member_start(const char *name, void (*run)(void *self), void *self)
{
	assert(world.member_count < SIM_MEMBERS_MAX);
	struct member *member = &world.member[world.member_count++];
	*member = (struct member){ .name = name, .run = run, .self = self };
	member->stack = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	assert(member->stack != MAP_FAILED);
	getcontext(&member->context);
	member->context.uc_stack.ss_sp = member->stack;
	member->context.uc_stack.ss_size = STACK_BYTES;
	member->context.uc_link = NULL;
	uintptr_t address = (uintptr_t)member;
	makecontext(&member->context, (void (*)(void))begin_member, 2, (unsigned)(address >> 32), (unsigned)address);
	resume_later(member, world.now_us);
	return member;
}

struct member *sim_member(void)
{
	return world.running;
}

const char *sim_member_name(const struct member *member)
{
	return member ? member->name : "the driver";
}

bool sim_member_is_alive(const struct member *member)
{
	return member && member->state != ENDED;
}

bool sim_member_is_stalled(const struct member *member)
{
	return member->stalled_until_us > world.now_us;
}

int64_t sim_member_resumes_us(const struct member *member)
{
	return member->stalled_until_us;
}

void sim_member_crash_at(struct member *member, uint64_t calls)
{
	member->crash_at = member->calls + calls;
}

void sim_member_crash_at_effect(struct member *member, uint64_t effects, bool is_after)
{
	member->crash_at_effect = member->effects + effects;
	member->is_crash_after = is_after;
}

static bool dies_of_effect(struct member *member, bool is_after)
{
	if (member->state == ENDED || !member->crash_at_effect || member->effects != member->crash_at_effect || member->is_crash_after != is_after)
		return false;
	sim_member_crash(member);
	return true;
}

bool sim_effect_begins(struct member *member)
{
	if (!sim_member_is_alive(member))
		return false;
	member->effects++;
	return dies_of_effect(member, false);
}

void sim_effect_ends(struct member *member)
{
	if (sim_member_is_alive(member))
		dies_of_effect(member, true);
}

void sim_member_stall_at(struct member *member, uint64_t calls, int64_t for_us)
{
	member->stall_at = member->calls + calls;
	member->stall_us = for_us;
}

// It sleeps where it stands, whatever becomes ready; then it goes on as if nothing had been.
void sim_member_stall(struct member *member, int64_t for_us)
{
	if (member->state == ENDED)
		return;
	sim_hit[SIM_stalls]++;
	member->stalled_until_us = world.now_us + for_us;
	if (member == world.running) {
		member->state = WAITING;
		member->fd_count = 0;
		member->wake_at_us = member->stalled_until_us;
		swapcontext(&member->context, &world.driver);
	}
}

static void watch_for_spinning(struct member *member)
{
	if (world.now_us > member->spin_since_us + SIM_SECOND_US) {
		member->spin_since_us = world.now_us;
		member->spin_calls = 0;
	}
	if (++member->spin_calls > SIM_CALLS_MAX)
		sim_fail("%s spins: more than %d calls in one second of virtual time", member->name, SIM_CALLS_MAX);
}

void sim_call(enum sim_call kind)
{
	struct member *member = world.running;
	if (!member)
		return;
	watch_for_spinning(member);
	member->calls++;
	if (member->crash_at && member->calls >= member->crash_at)
		sim_member_crash(member);
	if (member->stall_at && member->calls >= member->stall_at && kind != SIM_CALL_CLOCK && kind != SIM_CALL_REDIS_BUILD) {
		member->stall_at = 0;
		sim_member_stall(member, member->stall_us);
	}
}

void sim_set_ready(int fd_from, sim_ready ready)
{
	ready_of[fd_from / SIM_FD_STEP - 1] = ready;
}

static int look(struct pollfd *fd, size_t count)
{
	int found = 0;
	for (size_t i = 0; i < count; i++) {
		fd[i].revents = 0;
		if (fd[i].fd >= SIM_FD_STEP)
			fd[i].revents = ready_of[fd[i].fd / SIM_FD_STEP - 1](fd[i].fd, fd[i].events);
		found += fd[i].revents != 0;
	}
	return found;
}

int sim_wait(struct pollfd *fd, size_t count, int64_t timeout_us)
{
	struct member *member = world.running;
	assert(member);
	member->fd = fd;
	member->fd_count = count;
	member->wake_at_us = timeout_us < 0 ? INT64_MAX : world.now_us + (timeout_us > SPIN_US ? timeout_us : SPIN_US);
	member->state = WAITING;
	if (look(fd, count))
		resume_later(member, world.now_us + sim_between(1, RESUME_US_MAX));
	swapcontext(&member->context, &world.driver);
	return look(fd, count);
}

void sim_sleep(int64_t us)
{
	if (world.running)
		sim_wait(NULL, 0, us);
}

// Who waits and has something now will run soon, in an order of chance.
static void wake_members(void)
{
	for (size_t i = 0; i < world.member_count; i++) {
		struct member *member = &world.member[i];
		if (member->state == WAITING && !member->is_scheduled && look(member->fd, member->fd_count))
			resume_later(member, world.now_us + sim_between(1, RESUME_US_MAX));
	}
}

static struct member *first_to_wake(int64_t *ret_at_us)
{
	struct member *first = NULL;
	*ret_at_us = INT64_MAX;
	for (size_t i = 0; i < world.member_count; i++) {
		struct member *member = &world.member[i];
		if (member->state != WAITING || member->is_scheduled || member->wake_at_us >= *ret_at_us)
			continue;
		*ret_at_us = member->wake_at_us;
		first = member;
	}
	return first;
}

static bool step(int64_t until_us)
{
	wake_members();
	int64_t wake_at_us;
	struct member *member = first_to_wake(&wake_at_us);
	int64_t next_us = world.count ? world.heap[0].at_us : INT64_MAX;
	if (wake_at_us < next_us) {
		next_us = wake_at_us;
		if (next_us <= until_us)
			resume_later(member, wake_at_us);
	}
	if (next_us > until_us || next_us == INT64_MAX) {
		if (until_us != INT64_MAX && until_us > world.now_us)
			world.now_us = until_us;
		return false;
	}
	struct happening happening = pop();
	world.now_us = happening.at_us;
	happening.act(happening.self, happening.number);
	return true;
}

bool sim_run(bool (*is_so)(void *self), void *self, int64_t until_us)
{
	assert(!world.running);
	do
		if (is_so && is_so(self))
			return true;
	while (step(until_us));
	return is_so && is_so(self);
}

void sim_run_for(int64_t us)
{
	sim_run(NULL, NULL, world.now_us + us);
}
