#include "reader.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "csv.h"
#include "event_json.h"
#include "input.h"
#include "memory.h"

struct reader {
	const char *const *path;
	uint32_t path_count, next_path;
	struct mapping *mapping;
	struct names *names;
	struct input *input;   // NULL between files
	bool is_in_row;        // of a table: the row may have more events
	int64_t done_bytes, total_bytes;  // of the files before this one; of all, 0 when nobody knows
	uint64_t line;
	struct event_json_arena arena;
	struct csv csv;
};

static int64_t count_bytes(const char *const *path, uint32_t count)
{
	int64_t bytes = 0;
	for (uint32_t i = 0; i < count; i++) {
		struct stat file;
		if (stat(path[i], &file) != 0 || !S_ISREG(file.st_mode))
			return 0;
		bytes += file.st_size;
	}
	return bytes;
}

struct reader *reader_new(const char *const *path, uint32_t count, struct mapping *mapping, struct names *names)
{
	struct reader *reader = memory_new(sizeof *reader);
	reader->path = path;
	reader->path_count = count;
	reader->mapping = mapping;
	reader->names = names;
	reader->total_bytes = count_bytes(path, count);
	return reader;
}

void reader_free(struct reader *reader)
{
	if (!reader)
		return;
	input_close(reader->input);
	free(reader);
}

static enum status read_header(struct reader *reader, struct error *error)
{
	bool is_end;
	enum status status = csv_next(&reader->csv, &is_end, error);
	if (status == REJECT)
		return error_set(error, FATAL, "bad_config", "%s: the header cannot be read", input_name(reader->input));
	if (status != OK)
		return status;
	if (is_end)
		return error_set(error, FATAL, "bad_config", "%s is empty: a table needs a header", input_name(reader->input));
	return mapping_header(reader->mapping, input_name(reader->input), reader->csv.field, reader->csv.field_count, error);
}

static enum status open_next(struct reader *reader, struct error *error)
{
	enum status status = input_open(reader->path[reader->next_path++], &reader->input, error);
	if (status != OK || !reader->mapping)
		return status;
	reader->csv.input = reader->input;
	reader->csv.separator = mapping_separator(reader->mapping);
	reader->csv.line = reader->csv.next_line = 0;
	reader->csv.pending_bytes = 0;
	reader->is_in_row = false;
	return read_header(reader, error);
}

static void close_file(struct reader *reader)
{
	int64_t total_bytes;
	int64_t done_bytes;
	input_progress(reader->input, &done_bytes, &total_bytes);
	reader->done_bytes += total_bytes;
	input_close(reader->input);
	reader->input = NULL;
}

static bool is_blank(struct text line)
{
	for (uint32_t i = 0; i < line.size; i++)
		if (line.at[i] != ' ' && line.at[i] != '\t')
			return false;
	return true;
}

static enum status next_line(struct reader *reader, struct text *ret_ticket_id, struct event *ret_event, bool *ret_is_end, struct error *error)
{
	struct text line = { 0 };
	enum status status;
	do {
		status = input_line(reader->input, EVENT_LINE_BYTES_MAX, &line, ret_is_end, error);
	} while (status == OK && !*ret_is_end && is_blank(line));
	reader->line = input_line_number(reader->input);
	return status != OK || *ret_is_end ? status : event_json_read(line, reader->names, &reader->arena, ret_ticket_id, ret_event, error);
}

static enum status next_of_table(struct reader *reader, struct text *ret_ticket_id, struct event *ret_event, bool *ret_is_end, struct error *error)
{
	for (;;) {
		if (reader->is_in_row) {
			bool is_row_end;
			enum status status = mapping_event(reader->mapping, reader->names, ret_ticket_id, ret_event, &is_row_end, error);
			if (status != OK || !is_row_end)
				return status;
			reader->is_in_row = false;
		}
		enum status status = csv_next(&reader->csv, ret_is_end, error);
		reader->line = reader->csv.line;
		if (status != OK || *ret_is_end)
			return status;
		status = mapping_row(reader->mapping, reader->csv.field, reader->csv.field_count, error);
		if (status != OK)
			return status;
		reader->is_in_row = true;
	}
}

enum status reader_next(struct reader *reader, struct text *ret_ticket_id, struct event *ret_event, bool *ret_is_end, struct error *error)
{
	for (;;) {
		*ret_is_end = !reader->input && reader->next_path == reader->path_count;
		if (*ret_is_end)
			return OK;
		enum status status = reader->input ? OK : open_next(reader, error);
		if (status != OK)
			return status;
		bool is_end = false;
		status = reader->mapping ? next_of_table(reader, ret_ticket_id, ret_event, &is_end, error) : next_line(reader, ret_ticket_id, ret_event, &is_end, error);
		if (status != OK || !is_end)
			return status;
		close_file(reader);
	}
}

const char *reader_file(const struct reader *reader)
{
	return reader->input ? input_name(reader->input) : "";
}

uint64_t reader_line(const struct reader *reader)
{
	return reader->line;
}

double reader_progress(const struct reader *reader)
{
	int64_t done_bytes = 0, total_bytes;
	if (!reader->total_bytes)
		return -1;
	if (reader->input)
		input_progress(reader->input, &done_bytes, &total_bytes);
	return (double)(reader->done_bytes + done_bytes) / (double)reader->total_bytes;
}
