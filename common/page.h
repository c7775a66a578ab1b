// page.h - neighbouring tickets in one string: tickets that were received together change together, and share the cost of a key.
//
// A ticket id that ends in two digits lies in the page of its other bytes, under these digits; any other id has a page of its own.
// Form: version, then for each ticket its place (0 to 99, 100 for the page's own id), its size as a varint and its bytes, then a checksum (the low 4 bytes of XXH3).
// Version 1 had XXH32 for a checksum, which takes some five times as long.
#ifndef HOTLINE_PAGE_H
#define HOTLINE_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "text.h"

enum { PAGE_VERSION = 2, PAGE_PLACE_OWN = 100, PAGE_PLACE_COUNT = 101 };

struct page_address {
	struct text page;  // points into the ticket id
	uint8_t place;
};
struct page_address page_address_of(struct text ticket_id);
// Writes the id back; at most TICKET_ID_BYTES_MAX + 1 bytes with the NUL.
size_t page_ticket_id(struct text page, uint8_t place, char *ret_id);

// Reading. FATAL "broken_state" for an unknown version, a wrong checksum or a wrong length; the empty string is an empty page.
MUST_USE enum status page_check(struct text bytes, struct error *error);
struct page_entry {
	uint8_t place;
	const uint8_t *bytes;
	size_t size;
	const uint8_t *begin;  // with its place and size; the next entry begins where this one ends
};
// Steps through a checked page: start with *cursor = 0; false at the end. Places ascend.
bool page_next(struct text bytes, size_t *cursor, struct page_entry *ret_entry);

// Writing: append entries in ascending order of place, then seal. The buffer belongs to the caller and grows as needed.
struct page_writer {
	uint8_t *bytes;
	size_t size, capacity;
};
void page_begin(struct page_writer *writer);
uint8_t *page_reserve(struct page_writer *writer, size_t size);  // room for at least so many bytes behind what is there
void page_append(struct page_writer *writer, uint8_t place, const uint8_t *bytes, size_t size);
void page_append_entries(struct page_writer *writer, const uint8_t *begin, const uint8_t *end);  // of another page, as they are
struct text page_seal(struct page_writer *writer);  // empty when nothing was appended

#endif
