// mapping_spec.h - a mapping file, loaded: plain values. mapping_file.c fills them, mapping.c follows them.
#ifndef HOTLINE_MAPPING_SPEC_H
#define HOTLINE_MAPPING_SPEC_H

#include <stdbool.h>
#include <stdint.h>

#include "event_field.h"
#include "time_format.h"
#include "yaml_tree.h"

enum {
	MAPPING_EVENTS_MAX = 16,      // of one row
	MAPPING_FIELDS_MAX = 32,      // of one event
	MAPPING_CONDITIONS_MAX = 8,   // of one event
	MAPPING_PARTS_MAX = 8,        // columns of one value
	MAPPING_WORDS_MAX = 4096,     // of all value maps and lists together
	MAPPING_MISSING_MAX = 16,
	MAPPING_FORMATS_MAX = 8,
	MAPPING_COLUMNS_MAX = 64,     // columns that the mapping looks at
	MAPPING_CASES_MAX = 1 << 24,  // tickets of one file whose last row is remembered
};

// Which value of a column: the row's own, the last known one of the case with this row, or before it.
enum mapping_take { TAKE_ROW, TAKE_KNOWN, TAKE_BEFORE };

// A run of mapping_spec.word.
struct mapping_words {
	uint32_t from, count;
};
struct mapping_word {
	struct text from, to;
};

struct mapping_value {
	const struct yaml_node *node;
	bool is_there, is_constant;
	struct text constant;
	uint32_t part_count;
	uint32_t part[MAPPING_PARTS_MAX];  // places in mapping_spec.column
	struct text join;
	enum mapping_take take;
	struct mapping_words values, replace;
	bool has_otherwise;
	struct text otherwise;             // for what is not among the values
};

enum mapping_test { TEST_FIRST_ROW, TEST_IS, TEST_IS_NOT, TEST_IS_KNOWN, TEST_ENTERS, TEST_LEAVES, TEST_CHANGES, TEST_CHANGES_FROM_KNOWN };

struct mapping_condition {
	enum mapping_test test;
	uint32_t column;
	struct mapping_words words;
};

struct mapping_field {
	const struct event_field *field;
	struct mapping_value value;
};

struct mapping_event_spec {
	enum event_type type;
	struct mapping_value at;
	uint32_t condition_count, field_count;
	struct mapping_condition condition[MAPPING_CONDITIONS_MAX];
	struct mapping_field field[MAPPING_FIELDS_MAX];
};

struct mapping_column {
	struct text name;
	const struct yaml_node *node;  // where the file names it first
	uint32_t place;                // in the row
	bool is_watched;               // compared with the rows before
};

struct mapping_spec {
	struct yaml *yaml;             // texts and nodes point into it
	bool is_case_rows;             // one row is a whole case
	char separator;
	uint32_t missing_count, format_count, column_count, event_count, word_count;
	struct text missing[MAPPING_MISSING_MAX];
	char format[MAPPING_FORMATS_MAX][TIME_FORMAT_BYTES_MAX + 1];
	struct time_zone zone;
	struct mapping_value ticket_id;
	struct mapping_column column[MAPPING_COLUMNS_MAX];
	struct mapping_event_spec event[MAPPING_EVENTS_MAX];
	struct mapping_word word[MAPPING_WORDS_MAX];
};

// Takes the document over when it succeeds.
MUST_USE enum status mapping_spec_read(struct yaml *yaml, int32_t city_zone_ms, struct mapping_spec *ret_spec, struct error *error);

#endif
