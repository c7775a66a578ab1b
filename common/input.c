#include "input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "memory.h"

struct input {
	gzFile file;
	const char *name;
	int64_t total_bytes;
	size_t read_bytes;     // so much at once
	uint64_t line_number;
	size_t from, to;       // the window in bytes[]
	size_t line_bytes;     // of the line that was given and is not taken yet
	char bytes[INPUT_WINDOW_BYTES];
};

// zlib waits until it has twice so much, also of what comes by a pipe.
enum { READ_BYTES = 256 << 10, PIPE_READ_BYTES = 2 << 10 };

static enum status unreadable(const char *name, const char *problem, struct error *error)
{
	return error_set(error, FATAL, "unreadable", "%s: %s", name, problem);
}

static enum status skip_mark(struct input *input, struct error *error)
{
	static const char mark[] = { '\xef', '\xbb', '\xbf' };
	bool is_more = true;
	while (input->to < sizeof mark && is_more) {
		enum status status = input_more(input, &is_more, error);
		if (status != OK)
			return status;
	}
	if (input->to >= sizeof mark && memcmp(input->bytes, mark, sizeof mark) == 0)
		input_take(input, sizeof mark);
	return OK;
}

enum status input_open(const char *path, struct input **ret_input, struct error *error)
{
	bool is_stdin = strcmp(path, "-") == 0;
	struct stat stat = { 0 };
	int fd = is_stdin ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return unreadable(path, strerror(errno), error);
	if (fstat(fd, &stat) == 0 && S_ISDIR(stat.st_mode)) {
		close(fd);
		return unreadable(path, "is a directory", error);
	}
	struct input *input = memory_new(sizeof *input);
	input->name = is_stdin ? "standard input" : path;
	input->total_bytes = S_ISREG(stat.st_mode) ? stat.st_size : 0;
	input->read_bytes = S_ISREG(stat.st_mode) ? READ_BYTES : PIPE_READ_BYTES;
	input->file = gzdopen(fd, "rb");
	if (!input->file) {
		close(fd);
		free(input);
		return unreadable(path, "no memory", error);
	}
	gzbuffer(input->file, (unsigned)input->read_bytes);
	enum status status = skip_mark(input, error);
	if (status != OK)
		input_close(input);
	else
		*ret_input = input;
	return status;
}

void input_close(struct input *input)
{
	if (!input)
		return;
	gzclose(input->file);
	free(input);
}

const char *input_name(const struct input *input)
{
	return input->name;
}

struct text input_window(const struct input *input)
{
	return (struct text){ input->bytes + input->from, (uint32_t)(input->to - input->from) };
}

void input_take(struct input *input, size_t size)
{
	input->from += size;
}

enum status input_more(struct input *input, bool *ret_is_more, struct error *error)
{
	if (sizeof input->bytes - input->to < input->read_bytes && input->from) {
		memmove(input->bytes, input->bytes + input->from, input->to - input->from);
		input->to -= input->from;
		input->from = 0;
	}
	size_t room = sizeof input->bytes - input->to;
	int size = room ? gzread(input->file, input->bytes + input->to, (unsigned)(room < input->read_bytes ? room : input->read_bytes)) : 0;
	int code;
	const char *problem = gzerror(input->file, &code);
	if (size < 0 || (code != Z_OK && code != Z_STREAM_END))
		return unreadable(input->name, code == Z_ERRNO ? strerror(errno) : code == Z_BUF_ERROR ? "the gzip file is cut short" : problem, error);
	input->to += (size_t)size;
	*ret_is_more = size > 0;
	return OK;
}

// Passes over the rest of a line that is too long.
static enum status skip_line(struct input *input, size_t max, struct error *error)
{
	bool is_more = true;
	while (is_more) {
		struct text window = input_window(input);
		const char *newline = window.size ? memchr(window.at, '\n', window.size) : NULL;
		input_take(input, newline ? (size_t)(newline - window.at) + 1 : window.size);
		if (newline)
			break;
		enum status status = input_more(input, &is_more, error);
		if (status != OK)
			return status;
	}
	return error_set(error, REJECT, "too_long", "the line is longer than %zu bytes", max);
}

static struct text without_return(struct text line)
{
	if (line.size && line.at[line.size - 1] == '\r')
		line.size--;
	return line;
}

enum status input_line(struct input *input, size_t max, struct text *ret_line, bool *ret_is_end, struct error *error)
{
	input_take(input, input->line_bytes);
	input->line_bytes = 0;
	size_t searched = 0;
	bool is_more = true;
	for (;;) {
		struct text window = input_window(input);
		const char *newline = window.size > searched ? memchr(window.at + searched, '\n', window.size - searched) : NULL;
		searched = newline ? (size_t)(newline - window.at) : window.size;
		*ret_is_end = !newline && !is_more && !window.size;
		if (*ret_is_end)
			return OK;
		if (searched > max + 1 || newline || !is_more) {
			input->line_number++;
			struct text line = without_return((struct text){ window.at, (uint32_t)searched });
			if (line.size > max)
				return skip_line(input, max, error);
			input->line_bytes = searched + (newline != NULL);
			*ret_line = line;
			return OK;
		}
		enum status status = input_more(input, &is_more, error);
		if (status != OK)
			return status;
	}
}

uint64_t input_line_number(const struct input *input)
{
	return input->line_number;
}

void input_progress(const struct input *input, int64_t *ret_done_bytes, int64_t *ret_total_bytes)
{
	*ret_done_bytes = gzoffset(input->file);
	*ret_total_bytes = input->total_bytes;
}
