#include "columns.h"

#include <string.h>

#include "words.h"
#include "yaml_tree.h"

#define COUNTER_COLUMN(name) { .counter = COUNTER_##name }
#define RATE_COLUMN(name) { .is_rate = true, .rate = RATE_##name }

// What is dispatched to somebody; and what citizens bring.
static const struct columns for_units = {
	8,
	{ COUNTER_COLUMN(DISPATCHED), COUNTER_COLUMN(COMPLETED), RATE_COLUMN(COMPLETION), COUNTER_COLUMN(OVERDUE), RATE_COLUMN(ON_TIME),
		COUNTER_COLUMN(DISSATISFIED), RATE_COLUMN(SATISFACTION), COUNTER_COLUMN(RETURNED) },
};
static const struct columns for_places = {
	9,
	{ COUNTER_COLUMN(RECEIVED), RATE_COLUMN(DIRECT), COUNTER_COLUMN(DISPATCHED), RATE_COLUMN(COMPLETION), COUNTER_COLUMN(OVERDUE), RATE_COLUMN(ON_TIME),
		COUNTER_COLUMN(DISSATISFIED), RATE_COLUMN(SATISFACTION), COUNTER_COLUMN(RETURNED) },
};

static void all_columns(struct columns *columns)
{
	columns->count = 0;
	for (unsigned i = 0; i < COUNTER_COUNT; i++)
		columns->column[columns->count++] = (struct column){ .counter = (enum counter)i };
	for (unsigned i = 0; i < RATE_COUNT; i++)
		columns->column[columns->count++] = (struct column){ .is_rate = true, .rate = (enum rate_id)i };
}

enum status column_of(struct text name, struct column *ret_column, struct error *error)
{
	struct columns all;
	const char *known[COLUMNS_MAX + 1] = { NULL };
	all_columns(&all);
	for (size_t i = 0; i < all.count; i++) {
		known[i] = column_key(&all.column[i]);
		if (text_equal(name, text_of(known[i]))) {
			*ret_column = all.column[i];
			return OK;
		}
	}
	const char *near = yaml_nearest(name, known);
	return error_set(error, REJECT, "bad_option", "no counter or rate is called \"%.*s\"%s%s%s", (int)(name.size < 64 ? name.size : 64), name.at,
		near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
}

enum status columns_parse(const char *names, enum name_kind kind, struct columns *ret_columns, struct error *error)
{
	struct columns columns = { .count = 0 };
	if (!names) {
		*ret_columns = kind == NAME_UNIT || kind == NAME_GROUP ? for_units : for_places;
		return OK;
	}
	if (strcmp(names, "all") == 0) {
		all_columns(ret_columns);
		return OK;
	}
	for (const char *at = names; *at; at += *at == ',') {
		struct text name = { at, (uint32_t)strcspn(at, ",") };
		if (columns.count == COLUMNS_MAX)
			return error_set(error, REJECT, "bad_option", "more than %d columns", COLUMNS_MAX);
		enum status status = column_of(name, &columns.column[columns.count++], error);
		if (status != OK)
			return status;
		at += name.size;
	}
	*ret_columns = columns;
	return OK;
}

const char *column_key(const struct column *column)
{
	return column->is_rate ? rate_name(column->rate) : counter_name(column->counter);
}

const char *column_title(const struct column *column, enum language language)
{
	return column->is_rate ? words_rate(language, column->rate) : words_counter(language, column->counter);
}

void column_format(const struct column *column, const struct counters *counters, int excellent_from_stars, char ret_string[24])
{
	if (column->is_rate)
		rate_format(rate_of(counters, column->rate, excellent_from_stars), rate_is_percent(column->rate), ret_string);
	else
		counter_format(column->counter, counters->n[column->counter], ret_string);
}

__extension__ typedef unsigned __int128 wide;

int column_compare(const struct column *column, const struct counters *a, const struct counters *b, int excellent_from_stars, bool is_descending)
{
	int sign = is_descending ? -1 : 1;
	if (!column->is_rate)
		return sign * ((a->n[column->counter] > b->n[column->counter]) - (a->n[column->counter] < b->n[column->counter]));
	struct rate left = rate_of(a, column->rate, excellent_from_stars), right = rate_of(b, column->rate, excellent_from_stars);
	if (!left.denominator || !right.denominator)
		return !left.denominator - !right.denominator;
	wide x = (wide)left.numerator * right.denominator, y = (wide)right.numerator * left.denominator;
	return sign * ((x > y) - (x < y));
}
