// keys.h - every key in Redis: what it is called, what is in it, who writes it.
//
// Public, to be read with redis-cli and by any program:
//
//   hotline:{DIMENSION}:YYYY-MM          hash    counter name -> number: the month's running counters. A counter that is zero has no field.
//                                                points_added and points_taken are ten-thousandths. DIMENSION is as in design.md: city, unit/U, unit/U/channel/phone ...
//   hotline:{DIMENSION}:YYYY-MM:days     hash    "05" -> packed counters of that day (counters_pack)
//
// Internal. S is a shard, "tickets.3", "unit-events.0" or "links.2": all that one partition of an input topic owns. Only the owner of the partition writes them, each
// time in one transaction that also writes the head.
//
//   hotline:{S}:head                     string  logfmt, see head.h: version, offset, commit, clock, ...
//   hotline:{S}:names                    list    dimensions by the shard's own numbers, from 1 (dictionary); the head says how many are in force
//   hotline:{S}:p:PAGE                   string  a page of tickets (page.h); of a shard of links a shelf of them, "01ff.197" (shelf.h), as one entry
//   hotline:{S}:rows                     string  of a shard of links: how many rows of shelves each period has (shelf_rows.h); none while all have the first ones
//   hotline:{S}:n:DIMENSION:YYYY-MM      hash    partial counters of a base dimension: "05" -> for each sub its number (1 byte) and packed counters
//   hotline:{S}:due:HOUR                 string  tickets to look at in that hour (hours since 1970, UTC): size (1 byte) and id, one after the other; deleted when the clock has passed it
//   hotline:{S}:outbox                   list    an entry a step whose alerts are not acknowledged yet: see outbox.h
//   hotline:{S}:told                     string  the life of Redis (redis_life) in which alerts were read back from Kafka and compared to the end: what the state gives was lost after it, or never
//   hotline:{S}:changes:N                string  which days of which dimensions changed (changes.h), in chunks by time; the head says which chunks there are
//   hotline:{S}:index:alerts:YYYY-MM     string  pages with a ticket (or unit's month) that raised an alert dated so, by day of the month (page_index.h); it says itself what is true
//   hotline:{S}:index:LIST:YYYY-MM       string  pages with a ticket that came on that month's worklist of a unit, by the shard's own number of the unit (page_index.h)
//   hotline:{S}:policy:N                 string  edition N of the policy that tickets of this shard were judged by, as text (policy_file.h)
//
// Written by hotline-units, one transaction a dimension or more, guarded by the dimension's version:
//
//   hotline:{DIMENSION}:state            hash    of a base dimension: version; one field an alert that it ever raised: "RULE/ABOUT" -> state, at, revision
//   hotline:{DIMENSION}:outbox           list    alerts that are not acknowledged yet
#ifndef HOTLINE_KEYS_H
#define HOTLINE_KEYS_H

#include <stddef.h>
#include <stdint.h>

#include "text.h"

enum { KEY_BYTES_MAX = 384, SHARD_NAME_BYTES = 32 };

// "tickets.3": the topic without "hotline." and "ticket-events" shortened to "tickets"; any other topic's own name.
void key_shard(const char *topic, int32_t partition, char ret_shard[SHARD_NAME_BYTES]);

// Each writes the key with a NUL and returns its length.
size_t key_month(struct text dimension, int32_t month, char ret_key[KEY_BYTES_MAX]);
size_t key_days(struct text dimension, int32_t month, char ret_key[KEY_BYTES_MAX]);
size_t key_dimension_state(struct text dimension, char ret_key[KEY_BYTES_MAX]);
size_t key_dimension_outbox(struct text dimension, char ret_key[KEY_BYTES_MAX]);
size_t key_head(const char *shard, char ret_key[KEY_BYTES_MAX]);
size_t key_names(const char *shard, char ret_key[KEY_BYTES_MAX]);
size_t key_page(const char *shard, struct text page, char ret_key[KEY_BYTES_MAX]);
size_t key_rows(const char *shard, char ret_key[KEY_BYTES_MAX]);
size_t key_partial(const char *shard, struct text dimension, int32_t month, char ret_key[KEY_BYTES_MAX]);
size_t key_due(const char *shard, int64_t hour, char ret_key[KEY_BYTES_MAX]);
size_t key_outbox(const char *shard, char ret_key[KEY_BYTES_MAX]);
size_t key_told(const char *shard, char ret_key[KEY_BYTES_MAX]);
size_t key_changes(const char *shard, uint64_t chunk, char ret_key[KEY_BYTES_MAX]);
size_t key_index(const char *shard, const char *of, int32_t month, char ret_key[KEY_BYTES_MAX]);
size_t key_policy(const char *shard, uint32_t edition, char ret_key[KEY_BYTES_MAX]);

#endif
