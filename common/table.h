// table.h - a table for people, aligned in a terminal whatever the script, or as CSV for programs.
#ifndef HOTLINE_TABLE_H
#define HOTLINE_TABLE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "text.h"

enum table_align { TABLE_LEFT, TABLE_RIGHT };

enum { TABLE_COLUMNS_MAX = 64 };

struct table_column {
	const char *key;         // the head in CSV
	const char *title;       // the head for people
	enum table_align align;
	uint32_t width_max;      // columns of the terminal; a longer cell is cut and ends in an ellipsis. 0 is no limit. CSV is never cut
};

struct table;

// The columns are copied, their strings must live as long. At most TABLE_COLUMNS_MAX.
struct table *table_new(const struct table_column *column, size_t count);
void table_free(struct table *table);

// The next cell, row after row; copied.
void table_add(struct table *table, struct text cell);
void table_add_string(struct table *table, const char *cell);
void table_add_format(struct table *table, const char *format, ...) __attribute__((format(printf, 2, 3)));  // at most 255 bytes
size_t table_row_count(const struct table *table);

// Two blanks between columns, none at the end of a line. Control characters become U+FFFD, so that no name can steer a terminal. The last row must be whole.
void table_write(const struct table *table, FILE *out);
// RFC 4180 with plain newlines: a head, then the rows.
void table_write_csv(const struct table *table, FILE *out);

// One cell of CSV, quoted where it must be.
void table_write_csv_cell(struct text cell, FILE *out);

#endif
