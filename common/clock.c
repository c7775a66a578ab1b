#include "clock.h"

#include <assert.h>
#include <errno.h>
#include <sys/random.h>
#include <time.h>

static int64_t read_us(clockid_t id)
{
	struct timespec now;
	int failed = clock_gettime(id, &now);
	assert(!failed);  // both clocks exist on every Linux
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t clock_wall_ms(void)
{
	return read_us(CLOCK_REALTIME) / 1000;
}

int64_t clock_wall_us(void)
{
	return read_us(CLOCK_REALTIME);
}

int64_t clock_monotonic_ms(void)
{
	return read_us(CLOCK_MONOTONIC) / 1000;
}

int64_t clock_monotonic_us(void)
{
	return read_us(CLOCK_MONOTONIC);
}

uint64_t clock_random_id(void)
{
	uint64_t id = 0;
	while (!id) {
		ssize_t got = getrandom(&id, sizeof id, 0);
		assert(got == sizeof id || (got < 0 && errno == EINTR));  // eight bytes are never cut short
		if (got < 0)
			id = 0;
	}
	return id;
}
