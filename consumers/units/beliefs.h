// beliefs.h - what readers of hotline.alerts believe of the dimensions, read back from there.
//
// Redis may have lost its last seconds while what they led to was published already. So after a start, an assignment or a lost connection the alerts of the
// last while are read back, and where the last one published of an id is not what is stored, the stored state is published again.
#ifndef HOTLINE_BELIEFS_H
#define HOTLINE_BELIEFS_H

#include "batch.h"
#include "kafka.h"

enum { BELIEFS_MAX = 1 << 20 };  // records of dimensions within the while; more is a fault, and FATAL

struct beliefs {
	struct names *names;
	size_t count, capacity;
	struct belief *item;
	bool is_settled;  // all is read: there is something to give
	size_t next;      // to be given to a batch
};

void beliefs_done(struct beliefs *beliefs);
// For kafka_reading_take; self is the struct. What is no alert of a dimension, or no alert at all, is passed over.
MUST_USE enum status beliefs_take(void *self, const struct kafka_message *message, struct error *error);
// When all is read: of each alert the one with the greatest revision stays.
void beliefs_settle(struct beliefs *beliefs);
void beliefs_clear(struct beliefs *beliefs);
bool beliefs_has_more(const struct beliefs *beliefs);
// Gives them to the batch until that is full; is_ours tells which dimensions.
void beliefs_give(struct beliefs *beliefs, struct batch *batch, bool (*is_ours)(const void *self, struct text dimension), const void *self);

#endif
