// head.h - the head of a shard: where it stands. One string in Redis, as logfmt, so that a person can read it:
//
//   v=2 topic=hotline.ticket-events partition=3 partitions=4 offset=1234 owner=9f2c6a1b44d07e15 commit=77 clock=1709600000000 revision=1709600000000123
//   edition=1 policy=3f0c... since=1709600000000 names=412 due=474888 changes=12..14 sweep=0 seeds=24290..24291:0 catching_up=no
//
// That of a shard of links whose rows of shelves grew is of version 3, and has `rows=1` behind `names`: a program that knows nothing of them must not go on with it.
#ifndef HOTLINE_HEAD_H
#define HOTLINE_HEAD_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"
#include "policy.h"
#include "text.h"

enum { HEAD_VERSION = 2, HEAD_VERSION_ROWS = 3, HEAD_BYTES_MAX = 1024, HEAD_TOPIC_BYTES = 250 };

struct head {
	char topic[HEAD_TOPIC_BYTES];
	int32_t partition, partitions;  // the topic's number of partitions when the shard was made: it must never change
	int64_t offset;        // of the next record to take
	uint64_t owner;        // drawn at random at every takeover and reconnect
	uint64_t commit;       // grows by one a step
	int64_t clock_ms;      // the shard's clock
	int64_t revision;      // of the newest message that left
	uint32_t edition;      // number of the policy edition in force, key policy:N
	char policy[POLICY_EDITION_BYTES];  // its hash
	int64_t policy_since_ms;  // when somebody put it in force on purpose, wall clock; 0 when the shard was made with it. A newer one takes its place
	uint32_t names;        // how many entries of the names list are in force
	uint32_t rows;         // of a shard of links: how many periods its key of rows names; 0, and there is no such key, while none has grown
	int64_t due_hour;      // all buckets before this hour have been judged and deleted
	uint64_t changes_from, changes_to;  // the chunks of changes that exist: from <= n < to
	uint64_t sweep;        // cursor of the sweep that judges all tickets by a new edition, + 1; 0 when none is under way
	// Months of units with duty: from the first one known (0 when none is) up to the one being seeded, and the place among these units that comes next in it.
	int32_t seed_from, seed_month;
	uint32_t seed_unit;
	bool is_catching_up;   // for people
};

size_t head_format(const struct head *head, char ret_string[HEAD_BYTES_MAX]);
// FATAL broken_state: a missing or a broken field; the error names it. FATAL other_version: written by another version of the program; it says what to do.
MUST_USE enum status head_parse(struct text text, struct head *ret_head, struct error *error);

#endif
