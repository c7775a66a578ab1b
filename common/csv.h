// csv.h - reads CSV one record at a time. Source: RFC 4180, and files as they come: LF or CRLF, a byte order mark, a last line without its newline.
//
// A record that does not parse is reported, and reading goes on with the line after the record's first, so that an opening quote that was never closed costs one line
// and not the rest of the file. Blank lines are passed over.
#ifndef HOTLINE_CSV_H
#define HOTLINE_CSV_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"
#include "input.h"
#include "text.h"

enum {
	CSV_FIELDS_MAX = 512,               // in one record
	CSV_RECORD_BYTES_MAX = 256 << 10,   // of one record, quotes and newlines included
};
_Static_assert(2 * CSV_RECORD_BYTES_MAX <= INPUT_WINDOW_BYTES, "a record must fit into the window");

// Belongs to the caller. Start with { .input = ..., .separator = ',' }.
struct csv {
	struct input *input;
	char separator;
	uint64_t line;         // where the record starts, from 1
	uint32_t field_count;
	struct text field[CSV_FIELDS_MAX];  // unquoted; live until the next call
	uint64_t next_line;    // as all below, not for the caller
	size_t pending_bytes;
	char unquoted[CSV_RECORD_BYTES_MAX];
};

// The next record. REJECT bad_csv, too_long or too_many_fields, with a sentence that starts with "column N", the bytes of the line from 1, and names the line where
// it is another than the record's first: go on. *ret_is_end instead of a record at the end. FATAL unreadable.
MUST_USE enum status csv_next(struct csv *csv, bool *ret_is_end, struct error *error);

#endif
