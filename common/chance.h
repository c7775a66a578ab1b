// chance.h - numbers drawn from a seed, the same everywhere. Source: S. Vigna, splitmix64 (public domain), https://prng.di.unimi.it/splitmix64.c
#ifndef HOTLINE_CHANCE_H
#define HOTLINE_CHANCE_H

#include <stdbool.h>
#include <stdint.h>

struct chance {
	uint64_t state;
};

static inline struct chance chance_of(uint64_t seed)
{
	return (struct chance){ seed };
}

static inline uint64_t chance_next(struct chance *chance)
{
	uint64_t z = chance->state += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

// 0 to limit - 1, evenly enough: the bias is limit / 2^64.
static inline uint64_t chance_below(struct chance *chance, uint64_t limit)
{
	__extension__ typedef unsigned __int128 wide;
	return (uint64_t)(((wide)chance_next(chance) * limit) >> 64);
}

static inline double chance_unit(struct chance *chance)  // 0 to 1, without 1
{
	return (double)(chance_next(chance) >> 11) * 0x1.0p-53;
}

static inline bool chance_of_e4(struct chance *chance, uint32_t chance_e4)  // true in so many of 10 000 cases
{
	return chance_below(chance, 10000) < chance_e4;
}

#endif
