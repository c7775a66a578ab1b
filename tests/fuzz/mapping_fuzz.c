// A mapping file, a line "%%", and the table that it maps. Each event that comes out is one that could have come from anywhere.
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "civil.h"
#include "csv.h"
#include "mapping.h"

enum { EVENTS_A_ROW_MAX = 64 };

static void map_row(struct mapping *mapping, const struct csv *csv, struct names *names)
{
	struct error error = { .reason = NULL };
	struct text ticket_id;
	struct event event;
	bool is_end = false;
	enum status status = mapping_row(mapping, csv->field, csv->field_count, &error);
	assert(status == OK || (status == REJECT && error.text[0]));
	for (unsigned count = 0; !is_end; count++) {
		assert(count < EVENTS_A_ROW_MAX);
		status = mapping_event(mapping, names, &ticket_id, &event, &is_end, &error);
		assert(status == OK || (status == REJECT && error.text[0]));
		if (status == OK && !is_end)
			fuzz_check_event(event_is_of_unit(&event) ? (struct text){ NULL, 0 } : ticket_id, &event, names);
	}
}

static void map_table(struct mapping *mapping, const uint8_t *bytes, size_t size)
{
	static struct csv csv;
	struct names *names = names_new();
	struct error error = { .reason = NULL };
	bool is_end = false, has_header = false;
	csv = (struct csv){ .separator = mapping_separator(mapping) };
	enum status status = input_open(fuzz_file(bytes, size), &csv.input, &error);
	while (status != FATAL && !is_end) {
		status = csv_next(&csv, &is_end, &error);
		if (status != OK || is_end)
			continue;
		if (has_header)
			map_row(mapping, &csv, names);
		else
			status = mapping_header(mapping, "t.csv", csv.field, csv.field_count, &error);
		has_header = true;
	}
	input_close(csv.input);
	names_free(names);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static const char mark[] = "\n%%\n";
	const uint8_t *found = memmem(bytes, size, mark, sizeof mark - 1), *end = bytes + size;
	const uint8_t *table = found ? found + sizeof mark - 1 : end;
	struct text text = fuzz_text(bytes, found ? (size_t)(found + 1 - bytes) : size);
	struct mapping *mapping = NULL;
	struct error error = { .reason = NULL };
	enum status status = mapping_load_text(text, "m.yaml", (int32_t)(8 * HOUR_MS), &mapping, &error);
	assert(status == OK || (status == FATAL && strncmp(error.text, "m.yaml:", 7) == 0));
	if (status == OK)
		map_table(mapping, table, (size_t)(end - table));
	mapping_free(mapping);
	fuzz_text_free(text);
	return 0;
}
