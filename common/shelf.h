// shelf.h - the links of one page: of each link the tickets that have it, and whom a change among them concerns.
//
// The state of a link is the set of its newest facts, one a ticket and period, by revision: any order and any number of the same facts end in the same set. Many links lie
// in a shelf, told apart by a hash, since most have one ticket and are never looked at again. Which shelf a link lies in, and how many there are, is in shelf_rows.h.
//
// Pure. Source: link.h.
#ifndef HOTLINE_SHELF_H
#define HOTLINE_SHELF_H

#include "error.h"
#include "link.h"

enum {
	SHELF_LINK_TICKETS_MAX = 8192,  // tickets of one link in a period; a caller or a place with more is a fault of the source, and what comes further is refused
};

uint64_t shelf_link(struct link_hash hash);  // 48 bits, by which it is told apart there

// A ticket id; one that is a plain number, as most are, is kept as that number.
struct link_ticket {
	uint64_t number;
	uint8_t size;                  // 0: it is the number
	char text[TICKET_ID_BYTES_MAX];
};
bool link_ticket_equal(const struct link_ticket *a, const struct link_ticket *b);
void link_ticket_set(struct link_ticket *ticket, struct text id);
struct text link_ticket_id(const struct link_ticket *ticket, char room[TICKET_ID_BYTES_MAX]);

// That a ticket has a link, or has it no longer.
struct link_fact {
	uint64_t link, caller;         // caller: of a link by place only
	int64_t at_ms;                 // when the ticket was received
	int64_t revision;              // offset in the tickets' topic up to which the fact holds: that of the event, or the last one taken in when a sweep says it
	bool is_gone;
	struct link_ticket ticket;
};

// What an event of a ticket makes of its links: a fact, and the link that it is about.
enum { LINK_CHANGES_MAX = 2 * (LINK_KIND_COUNT - 1) };
struct link_change {
	struct link_hash hash;
	enum link_kind kind;
	uint32_t at;                   // where it begins in its message, once it was read from one
	struct link_fact fact;
};
// Returns how many. `revision` is the event's.
uint32_t links_diff(const struct links *before, const struct links *after, struct text ticket_id, int64_t revision, struct link_change ret_change[LINK_CHANGES_MAX]);

// What a link tells a ticket, as an event; its text lies in `room`. `revision` is that of the change that made the link say so.
struct event link_event(const struct link_change *change, const struct link_fact *whose, const struct precedence *precedence, int64_t revision,
	uint8_t room[PRECEDENCE_BYTES_MAX]);

struct link_facts {
	struct link_fact *fact;
	size_t count, capacity;
};

// The links of one row and period, each with its facts: for each ticket the newest.
struct shelf {
	int32_t period;
	bool is_changed;               // since it was read
	void *owner;                   // the caller's
	struct link_facts facts;       // by link, received, ticket id
};

// At most one shelf of each period: those that a change can concern.
struct shelves {
	struct shelf **shelf;
	size_t count, capacity, made;  // those from count on are not used, and keep their room
	struct link_facts before, after;  // room for shelves_take
};
void shelves_done(struct shelves *shelves);
void shelves_clear(struct shelves *shelves);
void shelves_reserve(struct shelves *shelves, size_t count, size_t facts);  // room for so many, with so many facts each
struct shelf *shelves_at(struct shelves *shelves, int32_t period);  // added, empty and of nobody, when it is not there

size_t shelf_links(const struct shelf *shelf);  // how many
// Keeps the links without this bit (shelf_row_bit). *ret_other has those with it, in the shelf's own memory, and is good as long as the shelf stays as it is.
void shelf_split(struct shelf *shelf, uint64_t bit, struct shelf *ret_other);

// Who is told, and what.
struct link_listener {
	void (*tell)(void *self, const struct link_fact *whose, const struct precedence *precedence);
	void *self;
};

// Adds one fact. The shelves of its period and of the ones before and after count, as far as they are there. The listener hears of every ticket and period whose
// precedence the fact changes, its own included. *ret_is_changed is false for what was known or is older. REJECT too_many_tickets.
MUST_USE enum status shelves_take(struct shelves *shelves, const struct link_fact *fact, const struct link_listener *listener, bool *ret_is_changed, struct error *error);

// Stored: the least ticket number, and for each fact: what there is of the following, its link (6 bytes; none for a further one of the same link), seconds since the period began (3 bytes), the
// rest in milliseconds (2 bytes), revision, ticket id (a number above the least one), caller (5 bytes). A link with one ticket takes some 18 bytes, with a caller 23.
// Returns the size; the buffer must have room for shelf_bytes_max.
size_t shelf_bytes_max(const struct shelf *shelf);
size_t shelf_encode(const struct shelf *shelf, uint8_t *ret_bytes);
// Into an empty shelf, whose period says when its time began. FATAL broken_state.
MUST_USE enum status shelf_decode(const uint8_t *bytes, size_t size, struct shelf *ret_shelf, struct error *error);

#endif
