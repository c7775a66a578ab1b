// outbox.h - an entry of a shard's outbox: who has something to say because of one step.
//
// An alert that fires or is resolved stands in the state of its subject (a ticket, a unit's month), which the same transaction writes: the entry names the subject
// and no more, and after a crash the subject says again what its state gives. One that is retracted stands nowhere any more, so its message is in the entry.
// Measured: with the messages themselves in it, the outbox was more than half of what Redis wrote to its file.
//
//     kind (1 byte), size (varint), bytes: a subject's id, or a hotline.v1.Alert
#ifndef HOTLINE_OUTBOX_H
#define HOTLINE_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "text.h"

enum outbox_kind { OUTBOX_SUBJECT = 1, OUTBOX_MESSAGE = 2 };

enum { OUTBOX_RECORD_HEAD_MAX = 11 };  // bytes before a record's own
size_t outbox_record_head(enum outbox_kind kind, size_t size, uint8_t ret_bytes[OUTBOX_RECORD_HEAD_MAX]);

struct outbox_record {
	uint8_t kind;  // enum outbox_kind
	struct text bytes;
};
// The record at the cursor, which moves behind it. *ret_is_end: there is none. FATAL broken_state.
MUST_USE enum status outbox_next(struct text entry, size_t *cursor, struct outbox_record *ret_record, bool *ret_is_end, struct error *error);

#endif
