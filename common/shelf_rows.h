// shelf_rows.h - how many rows of shelves a shard of links has for each period, and in which of them a link lies.
//
// A period begins with `first` rows, and has more where its shelves would otherwise grow with the city: linear hashing. A link's hash gives its row among the first ones,
// for good. Rows that come beyond are split off one by one, in their order, each from a row before it (shelf_row_source), which keeps the links whose next bit is 0, the
// highest first. So a new row moves links of one shelf alone; a shelf has of its first row a range of links, in their order; and what tells two links apart, the first row
// and their 48 bits (shelf_link), is the same whatever number of rows there is. Rows never become fewer.
//
// Stored beside the head of the shard, for people to read, by period and only where it has more than the first rows: "197=4096 198=2050".
//
// Pure. Source: W. Litwin, Linear Hashing: A New Tool for File and Table Addressing, 1980; shelf.h.
#ifndef HOTLINE_SHELF_ROWS_H
#define HOTLINE_SHELF_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "link.h"
#include "text.h"

enum {
	SHELF_ROWS_MAX = 1 << 20,      // of a shard and period: at 64 links a shelf, 67 million
	SHELF_NAME_BYTES = 24,
	SHELF_ROWS_ENTRY_BYTES = 24,   // of the stored form, a period
};

uint32_t shelf_first_row(struct link_hash hash, uint32_t first);
// Where a link of that first row lies, of `rows`. `first` is a power of two.
uint32_t shelf_row(uint32_t first_row, uint64_t link, uint32_t first, uint32_t rows);
uint32_t shelf_row_source(uint32_t row, uint32_t first);   // from which a row beyond the first ones is split
uint64_t shelf_row_bit(uint32_t row, uint32_t first);      // of a link: set in those that go there, and not in those that stay
size_t shelf_name(uint32_t row, int32_t period, char ret_name[SHELF_NAME_BYTES]);  // "01ff.197", with more digits where it needs them; returns the length

// The rows of all periods of a shard. Zeroed but for `first`, it is that of one that never grew.
struct period_rows {
	int32_t period;
	uint32_t rows;
};
struct shelf_rows {
	uint32_t first;
	struct period_rows *more;      // by period: those with more than the first ones
	size_t count, capacity;
};
void shelf_rows_done(struct shelf_rows *rows);  // back to none
uint32_t shelf_rows_of(const struct shelf_rows *rows, int32_t period);
void shelf_rows_set(struct shelf_rows *rows, int32_t period, uint32_t count);  // more than it had

// The buffer must have room for count * SHELF_ROWS_ENTRY_BYTES.
size_t shelf_rows_format(const struct shelf_rows *rows, char *ret_string);
// Into rows without any more. FATAL broken_state.
MUST_USE enum status shelf_rows_parse(struct text string, struct shelf_rows *rows, struct error *error);

// What a step wrote of a period, or some steps together.
struct shelf_load {
	int32_t period;
	uint32_t facts, shelves;       // that were news, and where they went
	uint64_t links;                // that lie in these shelves
};
// How many rows a period of so many should have, by that load: at most twice as many, and one more for each shelf that was written, so that adding them touches little more
// than that did. Links are counted and not facts, so that a crowded one, which cannot be split, asks for nothing.
//
// A shelf is read and written whole, so a fact costs by the links that lie beside it: they should be at most `good` where it comes alone. Where facts of a step meet in a
// shelf they share that, and what a shelf costs by itself, here and in Redis, is saved: so many times more are good, up to SHELF_FACTS_MEET.
enum { SHELF_FACTS_MEET = 4 };
uint32_t shelf_rows_wanted(const struct shelf_load *load, uint32_t rows, uint32_t good);

#endif
