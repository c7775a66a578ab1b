// shelf.h - the links of one page: of each link the tickets that have it, and whom a change among them concerns.
//
// The state of a link is the set of its newest facts, one a ticket, by revision: any order and any number of the same facts end in the same set. Many links lie in a
// page, told apart by a hash, since most have one ticket and are never looked at again.
//
// Pure. Source: link.h.
#ifndef HOTLINE_SHELF_H
#define HOTLINE_SHELF_H

#include "error.h"
#include "link.h"

enum {
	SHELF_COUNT = 8192,            // pages of a shard's links, by hash: a step of many records touches each once
	SHELF_LINK_TICKETS_MAX = 8192, // tickets of one link; a caller or a place with more is a fault of the source, and what comes further is refused
	SHELF_NAME_BYTES = 4,
};

// Where a link lies, and by what it is told apart there: 69 bits of a hash of its key in all.
struct shelf_address {
	char name[SHELF_NAME_BYTES];   // "01ff", not NUL-terminated
	uint64_t link;                 // 56 bits
};
struct shelf_address shelf_address_of(struct text key);

// That a ticket has a link, or has it no longer.
struct link_fact {
	uint64_t link, caller;         // caller: of a link by place only
	int64_t at_ms;                 // when the ticket was received
	int64_t revision;              // offset of the ticket's event in its topic
	bool is_gone;
	uint8_t id_size;
	char id[TICKET_ID_BYTES_MAX];
};

// What an event of a ticket makes of its links: a fact, and the key of the link that it is about.
enum { LINK_CHANGES_MAX = 2 * (LINK_KIND_COUNT - 1) };
struct link_change {
	size_t key_size;
	char key[LINK_KEY_BYTES_MAX];
	struct link_fact fact;
};
// Returns how many. `revision` is the event's.
uint32_t links_diff(const struct links *before, const struct links *after, struct text ticket_id, int64_t revision, struct link_change ret_change[LINK_CHANGES_MAX]);

// What a link tells a ticket, as an event; its text lies in `room`. `revision` is that of the fact's record in the link's topic.
struct event link_event(struct text key, const struct link_fact *whose, const struct precedence *precedence, int64_t revision, uint8_t room[PRECEDENCE_BYTES_MAX]);

// The links of one page, each with its facts: for each ticket the newest.
struct shelf {
	struct link_fact *fact;        // by link, received, ticket id
	size_t count, capacity;
	struct link_fact *before;      // room for shelf_take
	size_t before_capacity;
};
void shelf_done(struct shelf *shelf);
void shelf_clear(struct shelf *shelf);
void shelf_reserve(struct shelf *shelf, size_t count);  // room for so many facts in all

// Adds one fact. `tell` is called for every ticket whose precedence it changes, itself included. *ret_is_changed is false for what was known or is older.
// REJECT too_many_tickets.
MUST_USE enum status shelf_take(struct shelf *shelf, const struct link_fact *fact,
	void (*tell)(void *self, const struct link_fact *whose, const struct precedence *precedence), void *self, bool *ret_is_changed, struct error *error);

// Stored: for each link its hash (7 bytes), the number of its facts, and each as id, revision and whether it is gone, instant (since the one before), caller.
// A link with one ticket takes some twenty bytes. Returns the size; the buffer must have room for shelf_bytes_max.
size_t shelf_bytes_max(const struct shelf *shelf);
size_t shelf_encode(const struct shelf *shelf, uint8_t *ret_bytes);
// FATAL broken_state.
MUST_USE enum status shelf_decode(const uint8_t *bytes, size_t size, struct shelf *ret_shelf, struct error *error);

#endif
