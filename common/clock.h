// clock.h - the only file that reads a clock or draws chance; everything else is told.
#ifndef HOTLINE_CLOCK_H
#define HOTLINE_CLOCK_H

#include <stdint.h>

int64_t clock_wall_ms(void);       // Unix milliseconds, UTC
int64_t clock_wall_us(void);       // Unix microseconds, for revisions
int64_t clock_monotonic_ms(void);  // since some fixed instant; never goes back. For timeouts and durations
int64_t clock_monotonic_us(void);
uint64_t clock_random_id(void);    // from the kernel, never 0: owner ids, seeds, jitter

#endif
