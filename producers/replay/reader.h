// reader.h - events from files, one after the other: JSON Lines, or rows of CSV by a mapping.
#ifndef HOTLINE_READER_H
#define HOTLINE_READER_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"
#include "event.h"
#include "mapping.h"

struct reader;

// mapping is NULL for JSON Lines; it and the paths stay the caller's. Files are opened one by one, when it is their turn.
struct reader *reader_new(const char *const *path, uint32_t count, struct mapping *mapping, struct names *names);
void reader_free(struct reader *reader);  // NULL is taken

// The next event; texts live until the next call. REJECT for what gives no event: its place is reader_file and reader_line, go on. *ret_is_end instead of an event at
// the end of the last file. FATAL unreadable, bad_config for a table whose header lacks a column.
MUST_USE enum status reader_next(struct reader *reader, struct text *ret_ticket_id, struct event *ret_event, bool *ret_is_end, struct error *error);
const char *reader_file(const struct reader *reader);
uint64_t reader_line(const struct reader *reader);

// How much has been read, 0 to 1; -1 where nobody knows (a pipe).
double reader_progress(const struct reader *reader);

#endif
