// batch.h - what is to be summed next: change messages, coalesced by dimension and month, with the offsets that are done once it is summed and published.
#ifndef HOTLINE_BATCH_H
#define HOTLINE_BATCH_H

#include "judgement.h"
#include "names.h"
#include "outgoing.h"
#include "wire.h"

enum {
	BATCH_CHANGES_MAX = 512,                    // then it is full; one message more than that may still bring WIRE_CHANGE_DAYS_MAX
	BATCH_LETTERS_BYTES_MAX = 8 * 1024 * 1024,  // of dead letters; then it is full as well
};

// A month of a dimension.
struct change {
	name_id dimension;
	int32_t month;
	uint32_t days;   // bit 0 is the first. None: only judge the month again
	bool is_over;    // the clock has just left it: the month after is judged by it, too
	bool is_again;   // was said before Redis or the partition became ours: what readers have may be of a state that is lost
};

// What readers believe of an alert, read back from hotline.alerts.
struct belief {
	name_id dimension;
	struct judgement judgement;
};

struct batch {
	size_t count, capacity;
	struct change *change;
	uint32_t *slot;        // open addressing: place in change + 1, 0 is free
	uint32_t slot_count;   // a power of two
	size_t belief_count, belief_capacity;
	struct belief *belief;
	struct outgoing letters;
	size_t message_count;  // taken in
	int32_t partition_count;
	int64_t *next_offset;  // by partition: behind the last message taken, -1 when none was
};

void batch_init(struct batch *batch, int32_t partition_count);
void batch_done(struct batch *batch);
void batch_clear(struct batch *batch);
bool batch_is_empty(const struct batch *batch);  // nothing to sum, to send or to commit
bool batch_is_full(const struct batch *batch);

void batch_add(struct batch *batch, struct change change);
void batch_believe(struct batch *batch, const struct belief *belief);  // with the month to be judged
// A message's value. REJECT with the reason; the caller makes it a dead letter.
MUST_USE enum status batch_take(struct batch *batch, struct text value, bool is_again, struct names *names, struct wire_arena *arena, struct error *error);
// Everything up to here is in this batch, dead letters included.
void batch_reach(struct batch *batch, int32_t partition, int64_t next_offset);
void batch_forget_partition(struct batch *batch, int32_t partition);  // its offsets are not ours to commit any more

// Sorted by dimension and month; nothing may be added after that.
void batch_sort(struct batch *batch);

#endif
