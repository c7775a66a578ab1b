// `hotline units`: counters and rates by dimension over a range of days.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "civil.h"
#include "clock.h"
#include "columns.h"
#include "console.h"
#include "memory.h"
#include "store_counters.h"
#include "yaml_tree.h"

enum { MONTHS_BACK_MAX = 36, RANGE_DAYS_MAX = 366 * 30 };

// What is asked for, in the terms of the store.
struct question {
	enum name_kind kind;
	bool is_split;                       // the city by channel or level
	char suffix[DIMENSION_BYTES_MAX];    // "/channel/phone", behind each dimension
	int32_t from_day, to_day;
	int64_t clock_ms;                    // 0 when nothing has started
	const struct policy *policy;
	int excellent_from_stars;
	struct columns columns;
	bool is_sorted_by_column, is_descending;
	struct column sort;
};

struct row {
	char *dimension;
	const char *name;      // the part of the dimension that people know it by
	const char *full_name; // from the roster; NULL
	bool is_asked_for;     // by name: shown even when it is zero
	struct counters counters;
};

struct rows {
	struct row *row;
	size_t count, capacity;
};

static void rows_done(struct rows *rows)
{
	for (size_t i = 0; i < rows->count; i++)
		free(rows->row[i].dimension);
	free(rows->row);
}

static const struct {
	const char *name;
	enum name_kind kind;
	bool is_split;
} dimensions[] = {
	{ "city", NAME_CITY, false }, { "district", NAME_DISTRICT, false }, { "group", NAME_GROUP, false }, { "unit", NAME_UNIT, false },
	{ "category", NAME_CATEGORY, false }, { "channel", NAME_CITY, true }, { "level", NAME_CITY, true },
};

static enum status parse_dimension(const struct console *console, struct question *question, struct error *error)
{
	const char *asked = console->dimension ? console->dimension : "unit";
	const char *names[sizeof dimensions / sizeof *dimensions + 1] = { NULL };
	for (size_t i = 0; i < sizeof dimensions / sizeof *dimensions; i++) {
		names[i] = dimensions[i].name;
		if (strcmp(asked, dimensions[i].name) != 0)
			continue;
		question->kind = dimensions[i].kind;
		question->is_split = dimensions[i].is_split;
		return OK;
	}
	const char *near = yaml_nearest(text_of(asked), names);
	return error_set(error, REJECT, "bad_option", "there is no dimension \"%.64s\"%s%s%s; there are city, district, group, unit, category, channel and level", asked,
		near ? " (did you mean " : "", near ? near : "", near ? "?)" : "");
}

static bool is_among(const char *word, const char *(*name_of)(int number), int count)
{
	for (int i = 1; i < count; i++)
		if (strcmp(word, name_of(i)) == 0)
			return true;
	return false;
}

static const char *channel_name(int number)
{
	return event_channel_name((enum channel)number);
}

static const char *level_name(int number)
{
	return event_level_name((enum level)number);
}

static enum status parse_suffix(const struct console *console, struct question *question, struct error *error)
{
	if (console->channel && console->level)
		return error_set(error, REJECT, "bad_option", "counters are kept by channel and by level, not by both together: give one of --channel and --level");
	if ((console->channel || console->level) && (question->is_split || question->kind == NAME_CATEGORY))
		return error_set(error, REJECT, "bad_option", "categories, channels and levels are not counted apart by channel or level");
	if (console->channel && !is_among(console->channel, channel_name, CHANNEL_COUNT))
		return error_set(error, REJECT, "bad_option", "--channel takes phone or network, not \"%.64s\"", console->channel);
	if (console->level && !is_among(console->level, level_name, LEVEL_COUNT))
		return error_set(error, REJECT, "bad_option", "--level takes province, city or district, not \"%.64s\"", console->level);
	if (console->channel)
		snprintf(question->suffix, sizeof question->suffix, "/channel/%s", console->channel);
	if (console->level)
		snprintf(question->suffix, sizeof question->suffix, "/level/%s", console->level);
	return OK;
}

static enum status parse_sort(const struct console *console, struct question *question, struct error *error)
{
	const char *name = console->sort;
	if (!name || strcmp(name, "name") == 0)
		return OK;
	question->is_sorted_by_column = true;
	question->is_descending = *name != '+';  // the most first, unless told otherwise
	return column_of(text_of(name + (*name == '+' || *name == '-')), &question->sort, error);
}

static void first_and_last_day(int32_t month, struct question *question)
{
	question->from_day = civil_month_first_day(month);
	question->to_day = question->from_day + civil_month_day_count(month) - 1;
}

// The month of the city's clock, or the newest before it in which anything was counted: a clock that has just passed a month's end shows the month that ended.
static enum status find_month(struct store *store, struct question *question, struct error *error)
{
	struct text city = TEXT("city");
	struct counters counters;
	int64_t at_ms = question->clock_ms ? question->clock_ms : clock_wall_ms();
	int32_t newest = civil_month_of_day(civil_day_of(at_ms, question->policy->zone_ms));
	for (int32_t month = newest; month > newest - MONTHS_BACK_MAX; month--) {
		first_and_last_day(month, question);
		enum status status = store_counters(store, &city, 1, question->from_day, question->to_day, &counters, error);
		if (status != OK || !counters_is_zero(&counters))
			return status;
	}
	first_and_last_day(newest, question);
	return OK;
}

static enum status parse_range(const struct console *console, struct store *store, struct question *question, struct error *error)
{
	enum status status = OK;
	if (!console->from && !console->to)
		return find_month(store, question, error);
	int64_t at_ms = question->clock_ms ? question->clock_ms : clock_wall_ms();
	question->to_day = civil_day_of(at_ms, question->policy->zone_ms);
	if (console->to)
		status = console_day("--to", console->to, &question->to_day, error);
	question->from_day = civil_month_first_day(civil_month_of_day(question->to_day));
	if (status == OK && console->from)
		status = console_day("--from", console->from, &question->from_day, error);
	if (status == OK && question->from_day > question->to_day)
		status = error_set(error, REJECT, "bad_option", "--from is after --to");
	if (status == OK && question->to_day - question->from_day > RANGE_DAYS_MAX)
		status = error_set(error, REJECT, "bad_option", "at most 30 years at once");
	return status;
}

// What is wrong whatever Redis holds.
static enum status parse_question(const struct console *console, struct question *question, struct error *error)
{
	int32_t day;
	enum status status = parse_dimension(console, question, error);
	if (status == OK)
		status = parse_suffix(console, question, error);
	if (status == OK)
		status = columns_parse(console->columns, question->kind, &question->columns, error);
	if (status == OK)
		status = parse_sort(console, question, error);
	if (status == OK && console->from)
		status = console_day("--from", console->from, &day, error);
	if (status == OK && console->to)
		status = console_day("--to", console->to, &day, error);
	return status;
}

static enum status complete_question(const struct console *console, struct store *store, struct question *question, struct error *error)
{
	enum status status = store_city_policy(store, &question->policy, error);
	if (status == OK) {
		(void)store_clock(store, &question->clock_ms);
		status = parse_range(console, store, question, error);
	}
	if (status == OK)
		question->excellent_from_stars = (int)policy_version_at(question->policy, question->to_day)->excellent_stars;
	return status;
}

static void add_row(struct rows *rows, const char *dimension, const char *suffix, size_t name_at, const char *full_name, bool is_asked_for)
{
	size_t size = strlen(dimension) + strlen(suffix) + 1;
	char *copy = memory_new(size);
	snprintf(copy, size, "%s%s", dimension, suffix);
	rows->row = memory_grow(rows->row, rows->count + 1, sizeof *rows->row, &rows->capacity);
	rows->row[rows->count++] = (struct row){ .dimension = copy, .name = copy + name_at, .full_name = full_name, .is_asked_for = is_asked_for };
}

static bool is_named(const struct console *console, struct text dimension, struct text name)
{
	for (size_t i = 0; i < console->argument_count; i++) {
		struct text asked = text_of(console->argument[i]);
		if (text_equal(asked, name) || text_equal(asked, dimension))
			return true;
	}
	return console->argument_count == 0;
}

static void add_split(const struct console *console, struct rows *rows)
{
	bool is_channel = strcmp(console->dimension, "channel") == 0;
	const char *prefix = is_channel ? "city/channel/" : "city/level/";
	for (int i = 1; i < (is_channel ? (int)CHANNEL_COUNT : (int)LEVEL_COUNT); i++) {
		const char *name = is_channel ? channel_name(i) : level_name(i);
		char dimension[DIMENSION_BYTES_MAX];
		snprintf(dimension, sizeof dimension, "%s%s", prefix, name);
		if (is_named(console, text_of(dimension), text_of(name)))
			add_row(rows, dimension, "", strlen(prefix), NULL, console->argument_count > 0);
	}
}

static void add_names(const struct console *console, struct store *store, const struct question *question, struct rows *rows)
{
	const struct names *names = store_names(store);
	for (name_id id = 1; id <= names_count(names); id++) {
		if (names_kind(names, id) != question->kind)
			continue;
		struct text dimension = names_dimension(names, id), name = names_text(names, id);
		if (!is_named(console, dimension, name))
			continue;
		const struct roster_unit *entry = policy_unit(question->policy, id, question->to_day);
		add_row(rows, dimension.at, question->suffix, dimension.size - name.size, entry && *entry->name ? entry->name : NULL, console->argument_count > 0);
	}
}

// Every name that was asked for must be there: a wrong name is not a unit without tickets.
static enum status check_names(const struct console *console, const struct question *question, const struct rows *rows, struct error *error)
{
	uint32_t suffix_size = (uint32_t)strlen(question->suffix);
	for (size_t i = 0; i < console->argument_count; i++) {
		struct text asked = text_of(console->argument[i]);
		bool is_found = false;
		for (size_t j = 0; j < rows->count && !is_found; j++) {
			struct text name = text_of(rows->row[j].name), dimension = text_of(rows->row[j].dimension);
			name.size -= suffix_size;
			dimension.size -= suffix_size;
			is_found = text_equal(name, asked) || text_equal(dimension, asked);
		}
		if (!is_found)
			return error_set(error, FATAL, "no_such_name", "nothing was ever counted for a %s \"%.128s\"", console->dimension ? console->dimension : "unit",
				console->argument[i]);
	}
	return OK;
}

static enum status fill_rows(struct store *store, const struct question *question, struct rows *rows, struct error *error)
{
	struct text *dimension = memory_new(rows->count * sizeof *dimension);
	struct counters *counters = memory_new(rows->count * sizeof *counters);
	for (size_t i = 0; i < rows->count; i++)
		dimension[i] = text_of(rows->row[i].dimension);
	enum status status = store_counters(store, dimension, rows->count, question->from_day, question->to_day, counters, error);
	size_t kept = 0;
	for (size_t i = 0; i < rows->count; i++) {
		struct row row = rows->row[i];
		row.counters = counters[i];
		if (row.is_asked_for || !counters_is_zero(&row.counters))
			rows->row[kept++] = row;
		else
			free(row.dimension);
	}
	rows->count = kept;
	free(counters);
	free(dimension);
	return status;
}

static int compare_rows(const void *left, const void *right, void *self)
{
	const struct question *question = self;
	const struct row *a = left, *b = right;
	int order = 0;
	if (question->is_sorted_by_column)
		order = column_compare(&question->sort, &a->counters, &b->counters, question->excellent_from_stars, question->is_descending);
	return order ? order : strcmp(a->dimension, b->dimension);
}

static json_t *row_json(const struct row *row, const struct question *question)
{
	json_t *object = json_object(), *rates = json_object();
	json_object_set_new(object, "dimension", json_string(row->dimension));
	if (row->full_name)
		json_object_set_new(object, "name", json_string(row->full_name));
	json_object_set_new(object, "from", json_day(question->from_day));
	json_object_set_new(object, "to", json_day(question->to_day));
	for (unsigned i = 0; i < COUNTER_COUNT; i++) {
		enum counter counter = (enum counter)i;
		uint64_t value = row->counters.n[i];
		json_object_set_new(object, counter_name(counter), counter_is_points(counter) ? json_real((double)value / 10000) : json_integer((json_int_t)value));
	}
	for (unsigned i = 0; i < RATE_COUNT; i++) {
		enum rate_id id = (enum rate_id)i;
		char rounded[24];
		rate_format(rate_of(&row->counters, id, question->excellent_from_stars), rate_is_percent(id), rounded);
		if (*rounded)
			json_object_set_new(rates, rate_name(id), json_real(strtod(rounded, NULL)));
	}
	json_object_set_new(object, "rates", rates);
	return object;
}

static void write_json(const struct console *console, const struct rows *rows, const struct question *question)
{
	struct json_out out = json_out_begin(console);
	for (size_t i = 0; i < rows->count; i++)
		json_out_add(&out, row_json(&rows->row[i], question));
	json_out_end(&out);
}

static const char *title_of(const struct console *console, const struct question *question)
{
	static const char *const titles[NAME_KIND_COUNT][2] = {
		[NAME_CITY] = { "city", "全市" }, [NAME_DISTRICT] = { "district", "县区" }, [NAME_GROUP] = { "group", "类别" },
		[NAME_UNIT] = { "unit", "承办单位" }, [NAME_CATEGORY] = { "category", "诉求类别" },
	};
	if (question->is_split)
		return strcmp(console->dimension, "channel") == 0 ? say(console, "channel", "渠道") : say(console, "level", "级别");
	return titles[question->kind][console->language];
}

// A channel or a level as people call it; their names are all different.
static const char *word_of(const struct console *console, const char *name)
{
	for (int i = 1; i < (int)CHANNEL_COUNT; i++)
		if (strcmp(name, channel_name(i)) == 0)
			return words_channel(console->language, (enum channel)i);
	for (int i = 1; i < (int)LEVEL_COUNT; i++)
		if (strcmp(name, level_name(i)) == 0)
			return words_level(console->language, (enum level)i);
	return name;
}

// What people call it: the roster's name, or the word for a channel or level. The suffix of --channel and --level is in the heading.
static const char *shown_name(const struct console *console, const struct question *question, const struct row *row)
{
	if (row->full_name)
		return row->full_name;
	if (!question->is_split)
		return question->kind == NAME_CITY ? say(console, "city", "全市") : row->name;
	return word_of(console, row->name);
}

static struct text without(const char *name, const char *suffix)
{
	struct text text = text_of(name), end = text_of(suffix);
	if (text.size > end.size && memcmp(text.at + text.size - end.size, end.at, end.size) == 0)
		text.size -= end.size;
	return text;
}

static struct table *make_table(const struct console *console, const struct rows *rows, const struct question *question)
{
	enum { NAME_WIDTH = 40 };
	struct table_column column[1 + COLUMNS_MAX] = { { .key = "dimension", .title = title_of(console, question), .align = TABLE_LEFT, .width_max = NAME_WIDTH } };
	const struct columns *columns = &question->columns;
	for (size_t i = 0; i < columns->count; i++)
		column[1 + i] = (struct table_column){ column_key(&columns->column[i]), column_title(&columns->column[i], console->language), TABLE_RIGHT, 0 };
	struct table *table = table_new(column, 1 + columns->count);
	for (size_t i = 0; i < rows->count; i++) {
		const struct row *row = &rows->row[i];
		if (console->format == FORMAT_CSV)
			table_add_string(table, row->dimension);
		else
			table_add(table, without(shown_name(console, question, row), question->suffix));
		for (size_t j = 0; j < columns->count; j++) {
			char cell[24];
			column_format(&columns->column[j], &row->counters, question->excellent_from_stars, cell);
			table_add_string(table, *cell || console->format == FORMAT_CSV ? cell : "-");
		}
	}
	return table;
}

static void write_heading(const struct console *console, const struct question *question)
{
	if (!question->clock_ms)
		return;
	char from[CIVIL_DAY_BYTES], to[CIVIL_DAY_BYTES], clock[CONSOLE_INSTANT_BYTES];
	civil_format_day(question->from_day, from);
	civil_format_day(question->to_day, to);
	fprintf(console->out, say(console, "%s to %s", "%s 至 %s"), from, to);
	console_format_instant(question->clock_ms, question->policy->zone_ms, clock);
	fprintf(console->out, say(console, ", counted up to %s", "，计至 %s"), clock);
	if (*question->suffix)
		fprintf(console->out, say(console, ", only %s", "，仅%s"), word_of(console, console->channel ? console->channel : console->level));
	fputs("\n\n", console->out);
}

static void write_table(const struct console *console, const struct rows *rows, const struct question *question)
{
	struct table *table = make_table(console, rows, question);
	if (console->format == FORMAT_CSV) {
		table_write_csv(table, console->out);
	} else {
		write_heading(console, question);
		if (rows->count)
			table_write(table, console->out);
		else
			fprintf(console->out, "%s\n", say(console, question->clock_ms ? "Nothing was counted in these days." : "There are no counters yet.",
				question->clock_ms ? "此期间没有统计数据。" : "尚无统计数据。"));
	}
	table_free(table);
}

static enum status answer(const struct console *console, struct store *store, struct question *question, struct rows *rows, struct error *error)
{
	enum status status = store_load_names(store, error);
	if (status == OK)
		status = complete_question(console, store, question, error);
	if (status != OK)
		return status;
	if (question->is_split)
		add_split(console, rows);
	else if (question->kind == NAME_CITY)
		add_row(rows, "city", question->suffix, 0, NULL, false);
	else
		add_names(console, store, question, rows);
	status = check_names(console, question, rows, error);
	if (status == OK)
		status = fill_rows(store, question, rows, error);
	if (status != OK)
		return status;
	if (rows->count)
		qsort_r(rows->row, rows->count, sizeof *rows->row, compare_rows, question);
	if (console->format == FORMAT_JSON || console->format == FORMAT_JSONL)
		write_json(console, rows, question);
	else
		write_table(console, rows, question);
	return OK;
}

static enum status run(struct console *console, struct error *error)
{
	struct store *store = NULL;
	struct question *question = memory_new(sizeof *question);
	struct rows rows = { .count = 0 };
	enum status status = parse_question(console, question, error);
	if (status == OK)
		status = console_open_store(console, &store, error);
	if (status == OK)
		status = answer(console, store, question, &rows, error);
	rows_done(&rows);
	free(question);
	store_close(store);
	return status;
}

static const struct option options[] = {
	{ .name = "dimension", .type = OPTION_STRING, .offset = CONSOLE_FIELD(dimension), .value = "DIMENSION",
		.help = "What to count by: city, district, group, unit, category, channel or level. Without it: unit." },
	{ .name = "from", .type = OPTION_STRING, .offset = CONSOLE_FIELD(from), .value = "DAY", .help = "The first day, such as 2024-03-01. Without it: the first of the month of --to." },
	{ .name = "to", .type = OPTION_STRING, .offset = CONSOLE_FIELD(to), .value = "DAY",
		.help = "The last day, itself included. Without it: the city's clock; without both, the newest month that has counters." },
	{ .name = "channel", .type = OPTION_STRING, .offset = CONSOLE_FIELD(channel), .value = "CHANNEL", .help = "Only tickets of this channel: phone or network." },
	{ .name = "level", .type = OPTION_STRING, .offset = CONSOLE_FIELD(level), .value = "LEVEL", .help = "Only tickets of this level: province, city or district." },
	{ .name = "columns", .type = OPTION_STRING, .offset = CONSOLE_FIELD(columns), .value = "NAME,…", .help = "Which counters and rates a table has, or all." },
	{ .name = "sort", .type = OPTION_STRING, .offset = CONSOLE_FIELD(sort), .value = "NAME",
		.help = "A counter or rate, the most first; +NAME for the least first. Without it: by name." },
};

const struct command command_units = {
	.name = "units",
	.operands = "[NAME…]",
	.english = "counters and rates of a range of days",
	.chinese = "一段日期内的计数与比率",
	.run = run,
	.can_watch = true,
	.option = options,
	.option_count = sizeof options / sizeof *options,
};
