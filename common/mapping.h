// mapping.h - turns rows of a table that somebody else designed into events, by a mapping file. How to write one: deploy/mappings/README.md.
//
//     mapping_load("boston311.yaml", zone_ms, &mapping, error)
//     mapping_header(mapping, file, field, count, error)         the first record names the columns
//     mapping_row(mapping, field, count, error)                  then for each record
//     while (mapping_event(mapping, names, &ticket_id, &event, &is_end, error), !is_end) ...
//
// Events of a row come in the order of the file. `seq` is numbered by the row's place among those of its ticket and by the place in the row, so that it stays the same
// when the table is exported again with more rows.
#ifndef HOTLINE_MAPPING_H
#define HOTLINE_MAPPING_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"
#include "event.h"
#include "text.h"

struct mapping;

// Times without an offset are read in the city's zone where the file names no other. FATAL "bad_config" with FILE:LINE:COLUMN.
MUST_USE enum status mapping_load(const char *path, int32_t city_zone_ms, struct mapping **ret_mapping, struct error *error);
MUST_USE enum status mapping_load_text(struct text text, const char *name, int32_t city_zone_ms, struct mapping **ret_mapping, struct error *error);
void mapping_free(struct mapping *mapping);  // NULL is taken
char mapping_separator(const struct mapping *mapping);

// Finds the columns. FATAL "bad_config" at the place of the mapping file that names a column which `file` does not have, or has twice.
MUST_USE enum status mapping_header(struct mapping *mapping, const char *file, const struct text *field, uint32_t count, struct error *error);

// Takes a row; its fields must live until the next one. REJECT for a row with another number of fields, or without a ticket id.
MUST_USE enum status mapping_row(struct mapping *mapping, const struct text *field, uint32_t count, struct error *error);

// The row's next event. REJECT for an event that cannot be made; go on with the next. Texts live until the next event.
MUST_USE enum status mapping_event(struct mapping *mapping, struct names *names, struct text *ret_ticket_id, struct event *ret_event, bool *ret_is_end, struct error *error);

#endif
