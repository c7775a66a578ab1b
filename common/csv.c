#include "csv.h"

#include <string.h>

// One pass over the record's bytes: finds the fields and unquotes them.
struct scan {
	struct text window;
	bool is_last;         // nothing comes behind the window
	uint32_t at;          // next byte
	uint32_t line_start;  // of the line that is looked at
	uint32_t lines;       // newlines passed
	uint32_t first_line_bytes;  // of the record's first line with its newline; 0 until it has been seen
	uint32_t unquoted;    // used of csv->unquoted
};

// What a step over the window comes to.
enum scanned { SCANNED, SCAN_NEEDS_MORE, SCAN_FAILED };

static bool is_newline(const struct scan *scan, uint32_t at)
{
	const char *bytes = scan->window.at;
	return bytes[at] == '\n' || (bytes[at] == '\r' && at + 1 < scan->window.size && bytes[at + 1] == '\n');
}

static void pass_newline(struct scan *scan)
{
	scan->at += scan->window.at[scan->at] == '\r' ? 2 : 1;
	scan->line_start = scan->at;
	scan->lines++;
	if (!scan->first_line_bytes)
		scan->first_line_bytes = scan->at;
}

static enum scanned fail(const struct csv *csv, const struct scan *scan, const char *problem, struct error *error)
{
	unsigned column = scan->at - scan->line_start + 1;
	if (scan->lines)
		error_set(error, REJECT, "bad_csv", "line %llu, column %u: %s (the record starts at line %llu)", (unsigned long long)(csv->line + scan->lines), column, problem,
			(unsigned long long)csv->line);
	else
		error_set(error, REJECT, "bad_csv", "column %u: %s", column, problem);
	return SCAN_FAILED;
}

static enum scanned scan_plain(const struct csv *csv, struct scan *scan, struct text *ret_field, struct error *error)
{
	uint32_t from = scan->at;
	for (; scan->at < scan->window.size; scan->at++) {
		char byte = scan->window.at[scan->at];
		if (byte == csv->separator || is_newline(scan, scan->at))
			break;
		if (byte == '"')
			return fail(csv, scan, "a quote inside a field that does not start with one", error);
		if (byte == '\0')
			return fail(csv, scan, "a NUL byte", error);
	}
	if (scan->at == scan->window.size && !scan->is_last)
		return SCAN_NEEDS_MORE;
	uint32_t to = scan->at;
	if (to == scan->window.size && to > from && scan->window.at[to - 1] == '\r')
		to--;  // the last line may end in a return alone
	*ret_field = (struct text){ scan->window.at + from, to - from };
	return SCANNED;
}

static enum scanned scan_quoted(struct csv *csv, struct scan *scan, struct text *ret_field, struct error *error)
{
	struct scan opening = *scan;
	uint32_t from = scan->unquoted;
	scan->at++;
	while (scan->at < scan->window.size) {
		char byte = scan->window.at[scan->at];
		bool is_quote = byte == '"';
		if (is_quote && scan->at + 1 == scan->window.size && !scan->is_last)
			return SCAN_NEEDS_MORE;
		if (is_quote && (scan->at + 1 == scan->window.size || scan->window.at[scan->at + 1] != '"')) {
			scan->at++;
			*ret_field = (struct text){ csv->unquoted + from, scan->unquoted - from };
			return SCANNED;
		}
		if (byte == '\0')
			return fail(csv, scan, "a NUL byte", error);
		csv->unquoted[scan->unquoted++] = byte;
		scan->at += is_quote;  // the second of two
		if (byte == '\n')
			pass_newline(scan);
		else
			scan->at++;
	}
	return scan->is_last ? fail(csv, &opening, "a quote that is never closed", error) : SCAN_NEEDS_MORE;
}

// Passes what ends a field. *ret_is_record_end tells whether it ends the record too.
static enum scanned scan_end(const struct csv *csv, struct scan *scan, bool *ret_is_record_end, struct error *error)
{
	bool is_end = scan->at == scan->window.size;
	if (is_end && !scan->is_last)
		return SCAN_NEEDS_MORE;
	if (!is_end && scan->window.at[scan->at] == '\r' && scan->at + 1 == scan->window.size) {
		if (!scan->is_last)
			return SCAN_NEEDS_MORE;
		scan->at++;
		is_end = true;
	}
	*ret_is_record_end = is_end || is_newline(scan, scan->at);
	if (is_end)
		return SCANNED;
	if (*ret_is_record_end)
		pass_newline(scan);
	else if (scan->window.at[scan->at] == csv->separator)
		scan->at++;
	else
		return fail(csv, scan, "something follows the closing quote", error);
	return SCANNED;
}

static enum scanned scan_record(struct csv *csv, struct scan *scan, struct error *error)
{
	csv->field_count = 0;
	for (bool is_end = false; !is_end; csv->field_count++) {
		if (csv->field_count == CSV_FIELDS_MAX)
			return fail(csv, scan, "the record has more than 512 fields", error);
		struct text *field = &csv->field[csv->field_count];
		bool is_quoted = scan->at < scan->window.size && scan->window.at[scan->at] == '"';
		enum scanned scanned = is_quoted ? scan_quoted(csv, scan, field, error) : scan_plain(csv, scan, field, error);
		if (scanned == SCANNED)
			scanned = scan_end(csv, scan, &is_end, error);
		if (scanned != SCANNED)
			return scanned;
	}
	return SCANNED;
}

// Passes over blank lines. At the end of the input the window is empty.
static enum status skip_blank(struct csv *csv, bool *ret_is_last, struct error *error)
{
	bool is_more = true;
	for (;;) {
		struct text window = input_window(csv->input);
		size_t size = window.size && window.at[0] == '\n' ? 1 : window.size > 1 && window.at[0] == '\r' && window.at[1] == '\n' ? 2 : 0;
		if (size) {
			input_take(csv->input, size);
			csv->next_line++;
			continue;
		}
		if (window.size > 1 || !is_more) {
			*ret_is_last = !is_more;
			return OK;
		}
		enum status status = input_more(csv->input, &is_more, error);
		if (status != OK)
			return status;
	}
}

// The record is bad: the next one starts behind its first line.
static enum status pass_first_line(struct csv *csv, struct error *error)
{
	bool is_more = true;
	while (is_more) {
		struct text window = input_window(csv->input);
		const char *newline = window.size ? memchr(window.at, '\n', window.size) : NULL;
		input_take(csv->input, newline ? (size_t)(newline - window.at) + 1 : window.size);
		if (newline)
			break;
		enum status status = input_more(csv->input, &is_more, error);
		if (status != OK)
			return status;
	}
	csv->next_line = csv->line + 1;
	return REJECT;
}

enum status csv_next(struct csv *csv, bool *ret_is_end, struct error *error)
{
	input_take(csv->input, csv->pending_bytes);
	csv->pending_bytes = 0;
	csv->next_line += csv->next_line == 0;
	bool is_last = false;
	enum status status = skip_blank(csv, &is_last, error);
	if (status != OK)
		return status;
	csv->line = csv->next_line;
	for (;;) {
		struct scan scan = { .window = input_window(csv->input), .is_last = is_last };
		*ret_is_end = scan.window.size == 0;
		if (*ret_is_end)
			return OK;
		if (scan.window.size > CSV_RECORD_BYTES_MAX) {
			scan.window.size = CSV_RECORD_BYTES_MAX;
			scan.is_last = false;
		}
		enum scanned scanned = scan_record(csv, &scan, error);
		if (scanned == SCAN_FAILED)
			return pass_first_line(csv, error);
		if (scanned == SCANNED) {
			csv->pending_bytes = scan.at;
			csv->next_line = csv->line + scan.lines + (scan.lines == 0 || scan.window.at[scan.at - 1] != '\n');
			return OK;
		}
		if (scan.window.size == CSV_RECORD_BYTES_MAX) {
			error_set(error, REJECT, "too_long", "column 1: the record is longer than %d bytes, or a quote is never closed", CSV_RECORD_BYTES_MAX);
			return pass_first_line(csv, error);
		}
		bool is_more;
		status = input_more(csv->input, &is_more, error);
		if (status != OK)
			return status;
		is_last = !is_more;
	}
}
