// shuffle.h - records in an order drawn by a seed: to see that no number depends on the order of arrival.
//
// Holds all records in memory, so it is for recordings and not for a province's years.
#ifndef HOTLINE_SHUFFLE_H
#define HOTLINE_SHUFFLE_H

#include <stdbool.h>
#include <stdint.h>

#include "event_output.h"

struct shuffle;

struct shuffle *shuffle_new(void);
void shuffle_free(struct shuffle *shuffle);  // NULL is taken
void shuffle_add(struct shuffle *shuffle, const struct event_record *record);  // copies
void shuffle_mix(struct shuffle *shuffle, uint64_t seed);
bool shuffle_take(struct shuffle *shuffle, struct event_record *ret_record);   // the next one in the new order; false when none is left

#endif
