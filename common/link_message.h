// link_message.h - records of the topic hotline.links: facts about links, many in one message, in the order in which they were derived.
//
// Internal: only hotline-tickets writes and reads them, some two facts a ticket, so they are as short as stored state: a version, the facts, a checksum (XXH32, 4 bytes).
// A fact: what there is of it and the kind (1 byte), the link's hash (16 bytes), received, revision, ticket id, caller (5 bytes).
//
// Pure. Source: link.h.
#ifndef HOTLINE_LINK_MESSAGE_H
#define HOTLINE_LINK_MESSAGE_H

#include "error.h"
#include "shelf.h"
#include "text.h"

enum {
	LINK_MESSAGE_BYTES_MAX = 64 * 1024,
	LINK_MESSAGE_FACT_BYTES_MAX = 128,
	LINK_MESSAGE_HEAD_BYTES = 1,
	LINK_MESSAGE_SEAL_BYTES = 4,
};

// A message is put together by the caller: the head, any number of facts, the seal of all before it. Each returns its size.
size_t link_message_head(uint8_t ret_bytes[LINK_MESSAGE_HEAD_BYTES]);
size_t link_message_fact(const struct link_change *change, uint8_t ret_bytes[LINK_MESSAGE_FACT_BYTES_MAX]);
size_t link_message_seal(const uint8_t *bytes, size_t size, uint8_t ret_bytes[LINK_MESSAGE_SEAL_BYTES]);

// Adds a message's facts to the caller's array, all or none. REJECT bad_message.
MUST_USE enum status link_message_read(struct text message, struct link_change **ret_change, size_t *count, size_t *capacity, struct error *error);
// Once more the fact that begins there in a message that was read: change->at.
void link_message_read_at(struct text message, uint32_t at, struct link_change *ret_change);

#endif
