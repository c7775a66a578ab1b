// `hotline worklist [LIST]`: the tickets of a unit and month that somebody must look at, each with the article and what it rests on.
//
// An entry has the alert that put it there, which may be over by now; on the list of a month's end there is none, and the rule tells about the leg.
#include <stdlib.h>
#include <string.h>

#include "alert_list.h"
#include "civil.h"
#include "memory.h"
#include "yaml_tree.h"

struct row {
	uint8_t list;
	bool has_alert, is_open;
	int32_t month, day;
	char *unit, *holder, *ticket;  // each with a memory of its own
	uint8_t *bytes;                // the alert, packed
	size_t size;
};

struct search {
	const struct console *console;
	struct store *store;
	struct store_lists lists;
	struct row *row;
	size_t count, capacity;
};

static char *copy(struct text text)
{
	char *string = memory_new(text.size + 1u);
	if (text.size)
		memcpy(string, text.at, text.size);
	return string;
}

static enum status parse_list(const struct console *console, struct search *search, struct error *error)
{
	const char *known[LIST_COUNT + 1] = { NULL };
	enum worklist list;
	if (!console->argument_count)
		return OK;
	if (console->argument_count > 1)
		return error_set(error, REJECT, "bad_option", "one list at a time, or all of them without a name");
	search->lists.list = console->argument[0];
	if (worklist_of(text_of(search->lists.list), &list))
		return OK;
	for (unsigned i = 0; i < LIST_COUNT; i++)
		known[i] = worklist_name((enum worklist)i);
	const char *near = yaml_nearest(text_of(search->lists.list), known);
	return error_set(error, REJECT, "bad_option", "there is no worklist \"%.64s\"%s%s%s", search->lists.list, near ? "; did you mean " : "", near ? near : "",
		near ? "?" : "");
}

static enum status parse_month(const struct console *console, struct search *search, struct error *error)
{
	search->lists.month = STORE_ANY_MONTH;
	if (!console->month || civil_parse_month(text_of(console->month), &search->lists.month))
		return OK;
	return error_set(error, REJECT, "bad_option", "--month takes a month such as 2024-03, not \"%.64s\"", console->month);
}

// The alert of an entry; one in its stead where the list has none.
static struct alert alert_of(const struct store_ticket *ticket, const struct worklist_entry *entry)
{
	if (entry->alert)
		return ticket->outcome->alert[entry->alert - 1];
	const struct rule *rule = rule_of(text_of(worklist_name((enum worklist)entry->list)));
	return (struct alert){ .rule = rule, .about = { .unit = entry->unit }, .state = ALERT_FIRING, .severity = rule->severity,
		.at_ms = civil_day_end_ms(entry->day, ticket->policy->zone_ms) };
}

static void add_row(struct search *search, const struct store_ticket *ticket, const struct worklist_entry *entry)
{
	const struct names *names = store_names(search->store);
	const struct leg *holder = ticket->facts->holder;
	struct alert alert = alert_of(ticket, entry);
	struct alert_memory memory;
	struct wire_alert message = alert_of_ticket(ticket, &alert, names, &memory);
	uint8_t bytes[WIRE_ALERT_BYTES_MAX];
	search->row = memory_grow(search->row, search->count + 1, sizeof *search->row, &search->capacity);
	struct row *row = &search->row[search->count++];
	*row = (struct row){
		.list = entry->list,
		.has_alert = entry->alert != 0,
		.is_open = !ticket->facts->standing,
		.month = entry->month,
		.day = entry->day,
		.unit = copy(names_text(names, entry->unit)),
		.holder = copy(names_text(names, holder ? holder->unit : 0)),
		.ticket = copy(ticket->id),
		.size = wire_pack_alert(&message, bytes),
	};
	row->bytes = (uint8_t *)copy((struct text){ (const char *)bytes, (uint32_t)row->size });
}

static enum status take_ticket(void *self, const struct store_ticket *ticket, struct error *error)
{
	struct search *search = self;
	(void)error;
	for (uint32_t i = 0; i < ticket->outcome->entry_count; i++) {
		const struct worklist_entry *entry = &ticket->outcome->entry[i];
		struct text unit = names_text(store_names(search->store), entry->unit);
		if (store_is_of_lists(&search->lists, text_of(worklist_name((enum worklist)entry->list)), unit, entry->month))
			add_row(search, ticket, entry);
	}
	return OK;
}

static int compare_rows(const void *left, const void *right)
{
	const struct row *a = left, *b = right;
	if (a->list != b->list)
		return a->list - b->list;
	int order = strcmp(a->unit, b->unit);
	if (!order)
		order = (a->day > b->day) - (a->day < b->day);
	return order ? order : strcmp(a->ticket, b->ticket);
}

static enum status find_rows(struct search *search, struct error *error)
{
	enum status status = store_visit_listed(search->store, &search->lists, take_ticket, search, error);
	if (search->count)
		qsort(search->row, search->count, sizeof *search->row, compare_rows);
	return status;
}

static struct table *list_table(const struct console *console)
{
	enum { NAME_WIDTH = 32, EVIDENCE_WIDTH = 96, COLUMNS = 8 };
	bool is_csv = console->format == FORMAT_CSV;
	const struct table_column column[COLUMNS] = {
		{ "list", say(console, "list", "清单"), TABLE_LEFT, 0 }, { "month", say(console, "month", "月份"), TABLE_LEFT, 0 },
		{ "unit", say(console, "unit", "承办单位"), TABLE_LEFT, NAME_WIDTH }, { "ticket_id", say(console, "ticket", "诉求件"), TABLE_LEFT, NAME_WIDTH },
		{ "day", say(console, "day", "日期"), TABLE_LEFT, 0 }, { "holder", say(console, "held by", "在办单位"), TABLE_LEFT, NAME_WIDTH },
		{ "evidence", say(console, "evidence", "依据"), TABLE_LEFT, EVIDENCE_WIDTH }, { "article", say(console, "article", "条文"), TABLE_LEFT, 0 },
	};
	return table_new(column, is_csv ? COLUMNS : COLUMNS - 1);
}

static void add_cells(const struct console *console, struct table *table, const struct row *row, const struct wire_alert *alert)
{
	char month[CIVIL_MONTH_BYTES], day[CIVIL_DAY_BYTES], evidence[EVIDENCE_LINE_BYTES];
	civil_format_month(row->month, month);
	civil_format_day(row->day, day);
	alert_evidence_line(alert, console->language, evidence);
	const char *cell[] = { worklist_name((enum worklist)row->list), month, row->unit, row->ticket, day, row->holder, evidence };
	for (size_t i = 0; i < sizeof cell / sizeof *cell; i++)
		table_add_string(table, cell[i]);
	if (console->format == FORMAT_CSV)
		table_add(table, alert->article);
}

static json_t *string_or_null(const char *string)
{
	return *string ? json_text(text_of(string)) : json_null();
}

static json_t *row_json(const struct row *row, const struct wire_alert *alert, int32_t zone_ms)
{
	char month[CIVIL_MONTH_BYTES];
	json_t *object = json_object(), *of_alert = alert_json(alert, zone_ms);
	civil_format_month(row->month, month);
	json_object_set_new(object, "list", json_string(worklist_name((enum worklist)row->list)));
	json_object_set_new(object, "unit", string_or_null(row->unit));
	json_object_set_new(object, "month", json_string(month));
	json_object_set_new(object, "day", json_day(row->day));
	json_object_set_new(object, "ticket_id", json_text(text_of(row->ticket)));
	json_object_set_new(object, "resolved", json_boolean(!row->is_open));
	json_object_set_new(object, "holder", string_or_null(row->holder));
	json_object_set_new(object, "alert", row->has_alert ? json_incref(json_object_get(of_alert, "id")) : json_null());
	json_object_set(object, "article", json_object_get(of_alert, "article"));
	json_object_set(object, "evidence", json_object_get(of_alert, "evidence"));
	json_object_set(object, "next_step", json_object_get(of_alert, "next_step"));
	json_decref(of_alert);
	return object;
}

static bool open_alert(const struct row *row, struct wire_alert *ret_alert)
{
	static struct wire_arena arena;
	struct error error;
	arena.used = 0;
	return wire_unpack_alert((struct text){ (const char *)row->bytes, (uint32_t)row->size }, &arena, ret_alert, &error) == OK;
}

// For people, a table for each list under its article.
static void write_tables(const struct search *search)
{
	const struct console *console = search->console;
	struct wire_alert alert;
	if (!search->count)
		fprintf(console->out, "%s\n", say(console, "Nothing on these lists.", "清单为空。"));
	for (size_t i = 0; i < search->count;) {
		uint8_t list = search->row[i].list;
		const struct rule *rule = rule_of(text_of(worklist_name((enum worklist)list)));
		struct table *table = list_table(console);
		fprintf(console->out, "%s%s (%s)\n", i ? "\n" : "", rule->article, rule->seed);
		for (; i < search->count && search->row[i].list == list; i++)
			if (open_alert(&search->row[i], &alert))
				add_cells(console, table, &search->row[i], &alert);
		table_write(table, console->out);
		table_free(table);
	}
}

static void write_csv(const struct search *search)
{
	struct wire_alert alert;
	struct table *table = list_table(search->console);
	for (size_t i = 0; i < search->count; i++)
		if (open_alert(&search->row[i], &alert))
			add_cells(search->console, table, &search->row[i], &alert);
	table_write_csv(table, search->console->out);
	table_free(table);
}

static void write_json(const struct search *search, int32_t zone_ms)
{
	struct wire_alert alert;
	struct json_out out = json_out_begin(search->console);
	for (size_t i = 0; i < search->count; i++)
		if (open_alert(&search->row[i], &alert))
			json_out_add(&out, row_json(&search->row[i], &alert, zone_ms));
	json_out_end(&out);
}

static enum status write_rows(const struct search *search, struct error *error)
{
	const struct policy *policy;
	enum status status = store_city_policy(search->store, &policy, error);
	if (status != OK)
		return status;
	if (search->console->format == FORMAT_TABLE)
		write_tables(search);
	else if (search->console->format == FORMAT_CSV)
		write_csv(search);
	else
		write_json(search, policy->zone_ms);
	return OK;
}

static void free_rows(struct search *search)
{
	for (size_t i = 0; i < search->count; i++) {
		free(search->row[i].unit);
		free(search->row[i].holder);
		free(search->row[i].ticket);
		free(search->row[i].bytes);
	}
	free(search->row);
}

static enum status run(struct console *console, struct error *error)
{
	struct search search = { .console = console, .lists = { .unit = console->unit } };
	enum status status = parse_list(console, &search, error);
	if (status == OK)
		status = parse_month(console, &search, error);
	if (status == OK)
		status = console_open_store(console, &search.store, error);
	if (status == OK)
		status = find_rows(&search, error);
	if (status == OK)
		status = write_rows(&search, error);
	free_rows(&search);
	store_close(search.store);
	return status;
}

static const struct option options[] = {
	{ .name = "unit", .type = OPTION_STRING, .offset = CONSOLE_FIELD(unit), .value = "UNIT", .help = "Only the lists of this unit." },
	{ .name = "month", .type = OPTION_STRING, .offset = CONSOLE_FIELD(month), .value = "MONTH", .help = "Only the lists of this month, such as 2024-03." },
};

const struct command command_worklist = {
	.name = "worklist",
	.operands = "[LIST]",
	.english = "tickets of a unit and month to look at: dissatisfied, low-star, overdue, shirked ...",
	.chinese = "单位按月清单：不满意、低星、超期、推诿等",
	.run = run,
	.can_watch = true,
	.option = options,
	.option_count = sizeof options / sizeof *options,
};
