// clock.h and poll() in virtual time.
#include <poll.h>

#include "clock.h"
#include "sim.h"

// Not 0, where a loop may take 0 for "never".
#define MONOTONIC_FROM_US (1000 * SIM_SECOND_US)

int64_t clock_wall_ms(void)
{
	return clock_wall_us() / 1000;
}

int64_t clock_wall_us(void)
{
	sim_call(SIM_CALL_CLOCK);
	return sim_wall_us();
}

int64_t clock_monotonic_ms(void)
{
	return clock_monotonic_us() / 1000;
}

int64_t clock_monotonic_us(void)
{
	sim_call(SIM_CALL_CLOCK);
	return MONOTONIC_FROM_US + sim_now_us();
}

uint64_t clock_random_id(void)
{
	sim_call(SIM_CALL_CLOCK);
	return 1 + sim_below(UINT64_MAX - 1);
}

int __wrap_poll(struct pollfd *fd, nfds_t count, int timeout_ms);
int __wrap___poll_chk(struct pollfd *fd, nfds_t count, int timeout_ms, size_t size);

int __wrap_poll(struct pollfd *fd, nfds_t count, int timeout_ms)
{
	sim_call(SIM_CALL_WAIT);
	return sim_wait(fd, count, timeout_ms < 0 ? -1 : (int64_t)timeout_ms * 1000);
}

// What poll becomes where the compiler knows the size of the array.
int __wrap___poll_chk(struct pollfd *fd, nfds_t count, int timeout_ms, size_t size)
{
	(void)size;
	return __wrap_poll(fd, count, timeout_ms);
}
