// `hotline ticket ID`: one ticket, with every number that comes of it and why.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "alert_list.h"
#include "civil.h"
#include "console.h"
#include "event_json.h"
#include "explain.h"
#include "memory.h"
#include "ticket_json.h"

enum { DETAIL_BYTES = 2048, DAYS_SHOWN_MAX = 60 };

struct show {
	const struct console *console;
	struct store *store;
	struct json_out out;
	size_t found;
};

static void write_lines(const struct show *show, const struct store_ticket *ticket)
{
	char *line = memory_new(EVENT_LINE_WRITE_BYTES_MAX);
	for (uint32_t i = 0; i < ticket->ticket->count; i++) {
		if (ticket->ticket->event[i].type == EVENT_LINKED)  // what may be sent again is what was sent
			continue;
		size_t size = event_json_write(ticket->id, &ticket->ticket->event[i], store_names(show->store), ticket->policy->zone_ms, line, EVENT_LINE_WRITE_BYTES_MAX);
		fwrite(line, 1, size, show->console->out);
		fputc('\n', show->console->out);
	}
	free(line);
}

static void write_title(const struct console *console, const struct store_ticket *ticket, const struct names *names)
{
	const struct facts *facts = ticket->facts;
	struct text words[] = {
		text_of(words_kind(console->language, (enum kind)facts->kind)), text_of(words_level(console->language, (enum level)facts->level)),
		text_of(words_channel(console->language, (enum channel)facts->channel)), names_text(names, facts->district), names_text(names, facts->category),
	};
	fprintf(console->out, "%s %.*s", say(console, "Ticket", "诉求件"), (int)ticket->id.size, ticket->id.at);
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (words[i].size)
			fprintf(console->out, " · %.*s", (int)words[i].size, words[i].at);
	if (!facts->is_valid)
		fprintf(console->out, " · %s", say(console, "invalid: in no count but received", "无效件：仅计受理"));
	fputc('\n', console->out);
	if (facts->title.size)
		fprintf(console->out, "%.*s\n", (int)facts->title.size, facts->title.at);
}

// Everything of the event that has no column of its own.
static void event_detail(json_t *object, char ret_detail[DETAIL_BYTES])
{
	static const char *const shown[] = { "ticket_id", "at", "type", "unit" };
	size_t size = 0;
	const char *key;
	json_t *value;
	for (size_t i = 0; i < sizeof shown / sizeof *shown; i++)
		json_object_del(object, shown[i]);
	ret_detail[0] = '\0';
	json_object_foreach(object, key, value) {
		char *text = json_is_string(value) ? NULL : json_dumps(value, JSON_ENCODE_ANY);
		if (size < DETAIL_BYTES)
			size += (size_t)snprintf(ret_detail + size, DETAIL_BYTES - size, "%s%s=%s", size ? " " : "", key, text ? text : json_string_value(value));
		free(text);
	}
}

static void write_events(const struct console *console, const struct store_ticket *ticket, const struct names *names)
{
	enum { DETAIL_WIDTH = 100 };
	const struct table_column column[] = {
		{ "at", say(console, "at", "时间"), TABLE_LEFT, 0 }, { "type", say(console, "event", "事件"), TABLE_LEFT, 0 },
		{ "unit", say(console, "unit", "承办单位"), TABLE_LEFT, 0 }, { "detail", say(console, "detail", "内容"), TABLE_LEFT, DETAIL_WIDTH },
	};
	struct table *table = table_new(column, sizeof column / sizeof *column);
	for (uint32_t i = 0; i < ticket->ticket->count; i++) {
		const struct event *event = &ticket->ticket->event[i];
		char at[CONSOLE_INSTANT_BYTES], detail[DETAIL_BYTES] = "";
		json_t *object = ticket_event_json(ticket, event, names);
		console_format_instant(event->at_ms, ticket->policy->zone_ms, at);
		table_add_string(table, at);
		table_add_string(table, words_event(console->language, (enum event_type)event->type));
		table_add(table, names_text(names, event->unit));
		if (object)
			event_detail(object, detail);
		table_add_string(table, detail);
		json_decref(object);
	}
	fputc('\n', console->out);
	table_write(table, console->out);
	table_free(table);
}

static void write_day(const struct console *console, const struct explain *explain, int32_t day)
{
	int32_t number;
	char name[CIVIL_DAY_BYTES];
	enum explain_mark mark = explain_day(explain, day, &number);
	const char *why[] = {
		[EXPLAIN_FIRST] = say(console, "the day it starts: not counted", "起算当日，不计"),
		[EXPLAIN_COUNTED] = "",
		[EXPLAIN_MAKE_UP] = say(console, "a make-up workday", "调休上班"),
		[EXPLAIN_WEEKEND] = say(console, "weekend", "休息日"),
		[EXPLAIN_HOLIDAY] = say(console, "public holiday", "法定节假日"),
		[EXPLAIN_ROLLED] = say(console, "the first working day after it: due", "期满后首个工作日：到期"),
	};
	civil_format_day(day, name);
	fprintf(console->out, "      %s %s%s  ", name, say(console, "", "周"), words_weekday(console->language, civil_weekday(day)));
	if (number)
		fprintf(console->out, "%3" PRId32 "%s%s", number, *why[mark] ? "  " : "", why[mark]);
	else
		fprintf(console->out, "  -  %s", why[mark]);
	fputc('\n', console->out);
}

static void write_count(const struct console *console, const struct explain *explain)
{
	const char *rule = explain->term ? explain->term->rule : "";
	int number = explain->term ? explain->term->count.number : 0;
	FILE *out = console->out;
	switch (explain->kind) {
	case EXPLAIN_NONE:
		fprintf(out, "      %s\n", say(console, "no due time", "无应办结时间"));
		return;
	case EXPLAIN_GIVEN:
		fprintf(out, "      %s\n", say(console, "given by the dispatch", "由转办单给定"));
		return;
	case EXPLAIN_KEPT:
		fprintf(out, "      %s\n", say(console, "kept from the first leg: passing on buys no time", "沿用首段的时限"));
		return;
	case EXPLAIN_HOURS:
		fprintf(out, say(console, "      %d hours (%s)\n", "      %d 小时（%s）\n"), number, rule);
		return;
	case EXPLAIN_WORKING:
		fprintf(out, say(console, "      %d working days (%s)\n", "      %d 个工作日（%s）\n"), number, rule);
		break;
	case EXPLAIN_CALENDAR:
		fprintf(out, say(console, "      %d calendar days (%s)\n", "      %d 个自然日（%s）\n"), number, rule);
		break;
	}
	if (explain->last_day - explain->from_day > DAYS_SHOWN_MAX)
		return;  // a list that nobody follows with a finger; --format json has it
	for (int32_t day = explain->from_day; day <= explain->last_day; day++)
		write_day(console, explain, day);
}

static void write_leg(const struct console *console, const struct store_ticket *ticket, uint32_t place, const struct names *names)
{
	const struct leg *leg = &ticket->facts->leg[place];
	int32_t zone_ms = ticket->policy->zone_ms;
	char dispatched[CONSOLE_INSTANT_BYTES], due[CONSOLE_INSTANT_BYTES], ended[CONSOLE_INSTANT_BYTES];
	struct text unit = names_text(names, leg->unit);
	struct explain explain;
	console_format_instant(leg->dispatched_at_ms, zone_ms, dispatched);
	console_format_instant(leg->due_at_ms, zone_ms, due);
	console_format_instant(leg->ended_at_ms, zone_ms, ended);
	fprintf(console->out, "  %" PRIu32 "  %.*s%s  %s %s", place + 1, (int)unit.size, unit.at ? unit.at : "", leg->is_assist ? say(console, " (assists)", "（协办）") : "",
		say(console, "dispatched", "转办"), dispatched);
	fprintf(console->out, "  %s", words_leg_end(console->language, leg->end));
	if (leg->end != LEG_OPEN)
		fprintf(console->out, " %s", ended);
	if (leg->due_at_ms != NEVER_MS)
		fprintf(console->out, "  %s %s%s", say(console, "due", "应办结"), due, leg_is_overdue(leg, ticket->facts->clock_ms) ? say(console, "  OVERDUE", "  超期") : "");
	fputc('\n', console->out);
	if (leg->is_assist)
		return;
	explain_leg(ticket->facts, leg, &explain);
	write_count(console, &explain);
	if (!leg->is_due_covered)
		fprintf(console->out, "      %s\n", say(console, "the calendar has no data for all of these days: plain weekdays were counted", "日历未覆盖全部日期：按普通星期推算"));
}

static void write_legs(const struct console *console, const struct store_ticket *ticket, const struct names *names)
{
	fprintf(console->out, "\n%s\n", say(console, "Legs", "承办段"));
	for (uint32_t i = 0; i < ticket->facts->leg_count; i++)
		write_leg(console, ticket, i, names);
	if (!ticket->facts->leg_count)
		fprintf(console->out, "  %s\n", say(console, "none: it was never dispatched", "无：未转办"));
}

struct counter_row {
	struct text dimension;
	int32_t day;
	enum counter counter;
	uint64_t amount;
};

struct counter_rows {
	struct counter_row *row;
	size_t count, capacity;
};

static void take_counter(void *self, struct text dimension, int32_t day, enum counter counter, uint64_t amount)
{
	struct counter_rows *rows = self;
	rows->row = memory_grow(rows->row, rows->count + 1, sizeof *rows->row, &rows->capacity);
	rows->row[rows->count++] = (struct counter_row){ dimension, day, counter, amount };
}

static int compare_counters(const void *left, const void *right)
{
	const struct counter_row *a = left, *b = right;
	if (a->day != b->day)
		return a->day - b->day;
	int order = text_compare(a->dimension, b->dimension);
	return order ? order : (int)a->counter - (int)b->counter;
}

// A line for each day and dimension: "2024-03-05  unit/xlt-zhujian  returned, returned_late".
static void write_counters(const struct console *console, const struct store_ticket *ticket, struct names *names)
{
	const struct table_column column[] = {
		{ "day", say(console, "day", "日期"), TABLE_LEFT, 0 }, { "dimension", say(console, "counts in", "计入"), TABLE_LEFT, 0 },
		{ "counters", say(console, "counters", "计数"), TABLE_LEFT, 0 },
	};
	struct counter_rows rows = { .count = 0 };
	struct table *table = table_new(column, sizeof column / sizeof *column);
	ticket_each_counter(ticket, names, take_counter, &rows);
	if (rows.count)
		qsort(rows.row, rows.count, sizeof *rows.row, compare_counters);
	for (size_t i = 0; i < rows.count;) {
		char day[CIVIL_DAY_BYTES], list[DETAIL_BYTES];
		size_t first = i, size = 0;
		for (; i < rows.count && rows.row[i].day == rows.row[first].day && text_equal(rows.row[i].dimension, rows.row[first].dimension); i++) {
			if (size < sizeof list)
				size += (size_t)snprintf(list + size, sizeof list - size, "%s%s", i > first ? say(console, ", ", "、") : "", words_counter(console->language, rows.row[i].counter));
			if (rows.row[i].amount != 1 && size < sizeof list)
				size += (size_t)snprintf(list + size, sizeof list - size, " %" PRIu64, rows.row[i].amount);
		}
		civil_format_day(rows.row[first].day, day);
		table_add_string(table, day);
		table_add(table, rows.row[first].dimension);
		table_add_string(table, list);
	}
	fputc('\n', console->out);
	if (table_row_count(table))
		table_write(table, console->out);
	free(rows.row);
	table_free(table);
}

static void write_alerts(const struct console *console, const struct store_ticket *ticket, const struct names *names)
{
	fprintf(console->out, "\n%s\n", say(console, "Alerts", "预警"));
	for (uint32_t i = 0; i < ticket->outcome->alert_count; i++) {
		struct alert_memory memory;
		struct wire_alert alert = alert_of_ticket(ticket, &ticket->outcome->alert[i], names, &memory);
		char at[CONSOLE_INSTANT_BYTES], evidence[EVIDENCE_LINE_BYTES];
		console_format_instant(alert.at_ms, ticket->policy->zone_ms, at);
		alert_evidence_line(&alert, console->language, evidence);
		fprintf(console->out, "  %s  %s  %s  %.*s\n", at, words_alert_state(console->language, (enum alert_state)alert.state),
			words_severity(console->language, (enum severity)alert.severity), (int)alert.rule.size, alert.rule.at);
		fprintf(console->out, "      %.*s%s%s%s\n", (int)alert.article.size, alert.article.at, say(console, " (", "（"), ticket->outcome->alert[i].rule->seed, say(console, ")", "）"));
		if (*evidence)
			fprintf(console->out, "      %s\n", evidence);
		if (alert.next_step.size)
			fprintf(console->out, "      %.*s\n", (int)alert.next_step.size, alert.next_step.at);
	}
	if (!ticket->outcome->alert_count)
		fprintf(console->out, "  %s\n", say(console, "none", "无"));
}

static void write_people(const struct console *console, const struct store_ticket *ticket, struct names *names)
{
	char clock[CONSOLE_INSTANT_BYTES], look[CONSOLE_INSTANT_BYTES];
	write_title(console, ticket, names);
	write_events(console, ticket, names);
	write_legs(console, ticket, names);
	write_counters(console, ticket, names);
	write_alerts(console, ticket, names);
	console_format_instant(ticket->facts->clock_ms, ticket->policy->zone_ms, clock);
	console_format_instant(ticket->outcome->next_look_ms, ticket->policy->zone_ms, look);
	fprintf(console->out, say(console, "\nJudged as of %s by policy %.8s; to be looked at again: %s\n", "\n按 %s 时刻、规则版本 %.8s 评定；下次检视：%s\n"), clock,
		ticket->policy->edition, ticket->outcome->next_look_ms == NEVER_MS ? say(console, "no need", "无需") : look);
}

static void write_csv(const struct console *console, const struct store_ticket *ticket, const struct names *names)
{
	const struct table_column column[] = { { "ticket_id", "", TABLE_LEFT, 0 }, { "at", "", TABLE_LEFT, 0 }, { "type", "", TABLE_LEFT, 0 },
		{ "unit", "", TABLE_LEFT, 0 }, { "detail", "", TABLE_LEFT, 0 } };
	struct table *table = table_new(column, sizeof column / sizeof *column);
	for (uint32_t i = 0; i < ticket->ticket->count; i++) {
		const struct event *event = &ticket->ticket->event[i];
		if (event->type == EVENT_LINKED)
			continue;
		char at[CIVIL_INSTANT_BYTES], detail[DETAIL_BYTES] = "";
		json_t *object = ticket_event_json(ticket, event, names);
		civil_format_instant(event->at_ms, ticket->policy->zone_ms, at);
		table_add(table, ticket->id);
		table_add_string(table, at);
		table_add_string(table, event_type_name((enum event_type)event->type));
		table_add(table, names_text(names, event->unit));
		if (object)
			event_detail(object, detail);
		table_add_string(table, detail);
		json_decref(object);
	}
	table_write_csv(table, console->out);
	table_free(table);
}

static enum status take(void *self, const struct store_ticket *ticket, struct error *error)
{
	struct show *show = self;
	(void)error;
	if (!ticket->ticket->count)
		return OK;
	if (show->found++ && show->console->format == FORMAT_TABLE)
		fputc('\n', show->console->out);
	switch ((enum format)show->console->format) {
	case FORMAT_TABLE:
		write_people(show->console, ticket, store_names(show->store));
		break;
	case FORMAT_JSON:
		json_out_add(&show->out, ticket_json(ticket, store_names(show->store)));
		break;
	case FORMAT_JSONL:
		write_lines(show, ticket);
		break;
	case FORMAT_CSV:
		write_csv(show->console, ticket, store_names(show->store));
		break;
	}
	return OK;
}

// One at a time and in the order asked for, so that it is known which one is missing.
static enum status show_all(struct show *show, struct error *error)
{
	const struct console *console = show->console;
	enum status status = OK;
	if (console->format == FORMAT_JSON)
		show->out = json_out_begin(console);
	for (size_t i = 0; i < console->argument_count && status == OK; i++) {
		struct text id = text_of(console->argument[i]);
		size_t found = show->found;
		status = store_visit_tickets(show->store, &id, 1, take, show, error);
		if (status == OK && show->found == found)
			status = error_set(error, FATAL, "no_such_ticket", "there is no ticket %.64s", console->argument[i]);
	}
	if (console->format == FORMAT_JSON)
		json_out_end(&show->out);
	return status;
}

static enum status run(struct console *console, struct error *error)
{
	struct show show = { .console = console };
	enum status status = OK;
	for (size_t i = 0; i < console->argument_count && status == OK; i++)
		if (event_check_ticket_id(text_of(console->argument[i]), error) != OK)
			status = REJECT;
	if (status == OK)
		status = console_open_store(console, &show.store, error);
	if (status == OK)
		status = show_all(&show, error);
	store_close(show.store);
	return status;
}

const struct command command_ticket = {
	.name = "ticket",
	.operands = "ID…",
	.english = "one ticket: events, legs, due times and how they were counted, counters, alerts",
	.chinese = "一件诉求：事件、承办段、时限推算、计数、预警",
	.run = run,
	.arguments_least = 1,
};
