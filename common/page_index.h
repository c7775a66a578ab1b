// page_index.h - an index: the pages that hold a ticket to which something happened, such as an alert of that day. It is read as a whole, and the tickets say what is true.
//
// Form: records, one after the other, each a number (varint: what the index is about says which), one byte with how many bytes the page's name shares with that of
// the record before (4 bits) and how many follow (4 bits; 15: one more byte has what is above 15), and those that follow. Neighbours cost some three bytes each.
// A record that shares nothing may follow any other, so a string grows by whole runs of records.
#ifndef HOTLINE_PAGE_INDEX_H
#define HOTLINE_PAGE_INDEX_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "text.h"

enum { PAGE_INDEX_NAME_MAX = 255, PAGE_INDEX_RECORD_MAX = 10 + 2 + PAGE_INDEX_NAME_MAX };

// Writes a record behind one of the page `before`, which is empty for the first of a run. Returns its size.
size_t page_index_put(uint8_t ret_bytes[PAGE_INDEX_RECORD_MAX], uint64_t number, struct text page, struct text before);

// The record that was read last; all zero before the first.
struct page_index_record {
	uint64_t number;
	uint32_t size;
	char page[PAGE_INDEX_NAME_MAX];
};
// Takes the next record off the bytes, which must not be empty. FATAL broken_state.
MUST_USE enum status page_index_take(struct text *bytes, struct page_index_record *record, struct error *error);

#endif
