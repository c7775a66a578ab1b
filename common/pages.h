// pages.h - the pages of a shard that are held in memory, and who is to be judged in this step.
//
// A page is valid as long as the shard's head carries the commit that this process wrote: whoever loses the head clears everything. Bounded by
// pages_trim between steps. Source: measured.md, 2 and 4.
#ifndef HOTLINE_PAGES_H
#define HOTLINE_PAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "page.h"
#include "text.h"

// Somebody to judge in this step: because of an event, or because it is time.
struct touch {
	struct touch *next;   // of the same page, places ascend, arrivals of one place in their order
	uint32_t event;       // the message's number in the batch, or one of:
	uint8_t place;
};
#define TOUCH_NO_EVENT UINT32_MAX
#define TOUCH_SEED (UINT32_MAX - 1)  // the same, and a unit's month that is not there is made
#define TOUCH_SAY (UINT32_MAX - 2)   // the same, and every alert is said again

struct page_slot {
	struct page_slot *next;      // touched in this step, in order of first touch
	struct touch *first, *last;
	uint8_t *bytes;              // NULL when empty
	uint32_t name_size, size;
	uint64_t hash;
	uint64_t used_at;            // step that used it last
	bool is_loaded;              // bytes are what Redis has
	bool is_touched;
	bool is_changed;             // bytes are newer than what Redis has
	bool is_sound;               // bytes were checked, or are our own
	bool is_swept;               // everybody in the page is touched
	char name[];                 // the page, not NUL-terminated
};

struct pages;
struct pages *pages_new(void);
void pages_free(struct pages *pages);
void pages_clear(struct pages *pages);  // forgets everything, touches too

// The slot of a page, made if it is new.
struct page_slot *pages_slot(struct pages *pages, struct text page);

// Adds a touch of whoever lies there. Returns the slot of the page, which stays where it is until pages_trim or pages_clear.
struct page_slot *pages_touch(struct pages *pages, struct page_address address, uint32_t event);
// Touches everybody in the page.
void pages_sweep(struct pages *pages, struct text page);
size_t pages_touch_count(const struct pages *pages);
struct page_slot *pages_touched(const struct pages *pages);  // the first touched slot; follow next
void pages_end_step(struct pages *pages);                    // forgets the touches, keeps the pages

// Both copy.
void pages_set(struct pages *pages, struct page_slot *slot, struct text bytes);    // as read
void pages_write(struct pages *pages, struct page_slot *slot, struct text bytes);  // as it is to be written
MUST_USE enum status pages_check(struct page_slot *slot, struct error *error);     // page_check, once for what was read
size_t pages_bytes(const struct pages *pages);               // memory in use
// Drops the least recently used pages until at most so many bytes are in use. Only between steps.
void pages_trim(struct pages *pages, size_t limit_bytes);

#endif
