// binomial.h - is so many of so many more than chance gives? The exact upper tail of a binomial distribution, the same bit for bit on every machine.
#ifndef HOTLINE_BINOMIAL_H
#define HOTLINE_BINOMIAL_H

#include <stdbool.h>
#include <stdint.h>

// Each of `total` falls into the window with a chance of one in `parts` (2 to 1000). Is the chance of `count` or more of them there at most limit_e4 / 10000?
// False when count is no more than its share. total is at most BINOMIAL_TOTAL_MAX; more is judged as if both were so many times fewer.
enum { BINOMIAL_TOTAL_MAX = 1 << 20 };
bool binomial_is_rare(uint64_t count, uint64_t total, uint32_t parts, uint32_t limit_e4);

#endif
