// due.h - who is to be looked at, and when: buckets by hour in Redis, the rest of it in memory.
//
//   filed     a look lies in the bucket of its hour, in Redis; a bucket is never removed from
//   queue     tickets of buckets that were read, to be judged; when the last one of a bucket has been, the bucket can go
//   heap      looks of the current hour, to the millisecond, while the shard is not catching up
//
// A ticket that is judged once too often does no harm, so nothing is ever taken out. Source: design.md, idea 3; measured.md, 5.
#ifndef HOTLINE_DUE_H
#define HOTLINE_DUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "text.h"

#define DUE_NO_HOUR INT64_MAX

struct due;
struct due *due_new(void);
void due_free(struct due *due);
void due_clear(struct due *due);

static inline int64_t due_hour_of(int64_t at_ms) { return at_ms / 3600000; }

// One record of a bucket: size byte and id. Room for 256 bytes is needed.
size_t due_record(struct text ticket_id, uint8_t *ret_bytes);

// Puts all tickets of a bucket that was read on the queue. `ends_hour` tells that the bucket can go when they have been judged. FATAL broken_state.
MUST_USE enum status due_queue_bucket(struct due *due, struct text bucket, int64_t hour, bool ends_hour, struct error *error);
// The next ticket on the queue; false when there is none. The id lives until due_clear or the next due_queue_bucket.
bool due_queue_next(struct due *due, struct text *ret_ticket_id);
bool due_queue_is_empty(const struct due *due);
// After the tickets taken so far were judged: the last hour whose bucket can go, DUE_NO_HOUR when none can. Forgets it.
int64_t due_queue_finished_hour(struct due *due);

void due_heap_push(struct due *due, int64_t at_ms, struct text ticket_id);
int64_t due_heap_first_ms(const struct due *due);  // NEVER_MS when empty
bool due_heap_pop(struct due *due, int64_t until_ms, char *ret_ticket_id, uint32_t *ret_size);  // room for 256 bytes
size_t due_heap_count(const struct due *due);

#endif
