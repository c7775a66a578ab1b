// A CSV file, plain or gzip. What is read, written in quotes and read again, is the same records.
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "csv.h"

static void write_field(FILE *file, struct text field)
{
	putc('"', file);
	for (uint32_t i = 0; i < field.size; i++) {
		if (field.at[i] == '"')
			putc('"', file);
		putc(field.at[i], file);
	}
	putc('"', file);
}

// Reads the file and writes it again as it should be written; returns how many records were good.
static size_t rewrite(const char *path, char separator, char **ret_text, size_t *ret_size)
{
	static struct csv csv;
	struct error error = { .reason = NULL };
	FILE *out = open_memstream(ret_text, ret_size);
	assert(out);
	size_t count = 0;
	bool is_end = false;
	csv.separator = separator;
	csv.input = NULL;
	csv.line = csv.next_line = csv.pending_bytes = 0;  // and not the whole of it, which is large
	enum status status = input_open(path, &csv.input, &error);
	while (status != FATAL) {
		status = csv_next(&csv, &is_end, &error);
		assert(status == OK || error.text[0]);
		if (is_end || status == FATAL)
			break;
		if (status == REJECT)
			continue;
		assert(csv.field_count && csv.field_count <= CSV_FIELDS_MAX);
		for (uint32_t i = 0; i < csv.field_count; i++) {
			if (i)
				putc(separator, out);
			write_field(out, csv.field[i]);
		}
		putc('\n', out);
		count++;
	}
	input_close(csv.input);
	fclose(out);
	return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	char *once, *twice;
	size_t once_size, twice_size;
	char separator = size && bytes[0] == ';' ? ';' : ',';
	size_t count = rewrite(fuzz_file(bytes, size), separator, &once, &once_size);
	size_t count_again = rewrite(fuzz_file((const uint8_t *)once, once_size), separator, &twice, &twice_size);
	// What inflates from a small gzip file can be longer in quotes than a record may be.
	if (once_size < CSV_RECORD_BYTES_MAX)
		assert(count == count_again && once_size == twice_size && memcmp(once, twice, once_size) == 0);
	free(once);
	free(twice);
	return 0;
}
