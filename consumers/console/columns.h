// columns.h - the columns of a table of counters: any counter or rate, chosen by name.
#ifndef COLUMNS_H
#define COLUMNS_H

#include "counters.h"
#include "error.h"
#include "language.h"
#include "names.h"
#include "table.h"

struct column {
	bool is_rate;
	enum counter counter;
	enum rate_id rate;
};

enum { COLUMNS_MAX = COUNTER_COUNT + RATE_COUNT };

struct columns {
	size_t count;
	struct column column[COLUMNS_MAX];
};

// "dispatched,completion", or "all"; NULL gives a sensible few for that kind of dimension. REJECT names the one that does not exist, and the nearest that does.
MUST_USE enum status columns_parse(const char *names, enum name_kind kind, struct columns *ret_columns, struct error *error);
MUST_USE enum status column_of(struct text name, struct column *ret_column, struct error *error);

const char *column_key(const struct column *column);                        // "on_time"
const char *column_title(const struct column *column, enum language language);
// "" for a rate that is absent.
void column_format(const struct column *column, const struct counters *counters, int excellent_from_stars, char ret_string[24]);
// For sorting, exactly: <0, 0, >0. Absent rates come last either way.
int column_compare(const struct column *column, const struct counters *a, const struct counters *b, int excellent_from_stars, bool is_descending);

#endif
