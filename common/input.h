// input.h - a file that is read once from front to back: plain or gzip, or standard input.
//
// A window of bytes that the caller looks at and takes from. A byte order mark at the front is passed over. What comes by a pipe is given on in pieces of 4 KiB, so that it can be
// followed; the last, shorter one when the pipe is closed.
#ifndef HOTLINE_INPUT_H
#define HOTLINE_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "text.h"

enum { INPUT_WINDOW_BYTES = 1 << 20 };

struct input;

// "-" is standard input. Whether it is gzip is seen by its first bytes, not by its name. FATAL "unreadable".
MUST_USE enum status input_open(const char *path, struct input **ret_input, struct error *error);
void input_close(struct input *input);  // NULL is taken
const char *input_name(const struct input *input);  // the path, or "standard input"

// What is there and not yet taken. Lives until input_more or input_line.
struct text input_window(const struct input *input);
// Reads more behind the window. *ret_is_more is false at the end of the file, and when the window is full. FATAL "unreadable", also for a gzip file that is cut short.
MUST_USE enum status input_more(struct input *input, bool *ret_is_more, struct error *error);
void input_take(struct input *input, size_t size);

// The next line without its newline (LF or CRLF). REJECT "too_long" for a line longer than max bytes: it is passed over, go on. *ret_is_end instead of a line at the end.
// The line lives until the next call.
MUST_USE enum status input_line(struct input *input, size_t max, struct text *ret_line, bool *ret_is_end, struct error *error);
uint64_t input_line_number(const struct input *input);  // of the line that input_line gave last, from 1

// How far it is, in bytes of the file as it lies on disk. Total is 0 where nobody knows (a pipe).
void input_progress(const struct input *input, int64_t *ret_done_bytes, int64_t *ret_total_bytes);

#endif
