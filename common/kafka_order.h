// kafka_order.h - whether a record of a partition may be handed out next: offsets must come without a hole. Pure.
//
// librdkafka 2.0 can lose records between a fetch and the reader when assignments change, so a hole is read again once. What is still missing then is missing in
// the log: markers of transactions, or compaction.
#ifndef HOTLINE_KAFKA_ORDER_H
#define HOTLINE_KAFKA_ORDER_H

#include <stdbool.h>
#include <stdint.h>

// So many holes in a row that were in the log itself: the topic is compacted or transactional, and reading again would cost more than it finds.
enum { ORDER_HOLES_TRUSTED = 8 };

struct kafka_order {
	int64_t expected;   // the offset to hand out next; negative when any will do
	int64_t hole_from;  // the hole that was read again; -1 when none
	uint32_t holes;     // in a row that were still there
};

enum order_verdict {
	ORDER_TAKE,
	ORDER_TAKE_FOUND,  // the same, and it fills a hole: the client had lost it
	ORDER_DROP,        // handed out before
	ORDER_AGAIN,       // seek to `expected`; until that is done nothing else of the partition may be judged
};

void kafka_order_start(struct kafka_order *order, int64_t offset);

// Judges a record or an end at this offset. The caller moves `expected` on when it is taken.
enum order_verdict kafka_order_judge(struct kafka_order *order, int64_t offset);

#endif
