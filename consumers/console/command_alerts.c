// `hotline alerts`: every alert with its last state; with --follow also what comes from now on.
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "alert_list.h"
#include "civil.h"
#include "kafka_look.h"
#include "memory.h"
#include "store_alerts.h"
#include "yaml_tree.h"

enum { FOLLOW_POLL_MS = 500 };

// What is asked for, and what is needed to find it.
struct search {
	const struct console *console;
	struct store *store;
	const struct policy *policy;
	uint8_t state;        // 0: any
	const char *rule, *unit;
	int64_t since_ms;     // 0: without limit of time
	int64_t clock_ms;
	struct alert_list list;
	struct error kafka_error;
	bool is_kafka_away;
};

static enum status parse_state(const struct console *console, struct search *search, struct error *error)
{
	if (!console->state)
		return OK;
	for (uint8_t state = ALERT_FIRING; state <= ALERT_RETRACTED; state++)
		if (strcmp(console->state, alert_state_name(state)) == 0)
			search->state = state;
	return search->state ? OK : error_set(error, REJECT, "bad_option", "--state takes firing, resolved or retracted, not \"%.64s\"", console->state);
}

static enum status parse_rule(const struct console *console, struct search *search, struct error *error)
{
	const char *known[POLICY_RULES_MAX + 1] = { NULL };
	search->rule = console->rule;
	if (!console->rule || rule_of(text_of(console->rule)))
		return OK;
	for (uint32_t i = 0; i < rule_count; i++)
		known[i] = rules[i]->id;
	const char *near = yaml_nearest(text_of(console->rule), known);
	return error_set(error, REJECT, "bad_option", "there is no rule \"%.64s\"%s%s%s", console->rule, near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
}

static bool is_unit_asked(const struct search *search, const struct wire_alert *alert)
{
	struct text unit = search->unit ? text_of(search->unit) : (struct text){ NULL, 0 };
	static const struct text prefix = { "unit/", 5 };
	if (!search->unit || text_equal(alert->unit, unit) || text_equal(alert->dimension, unit))
		return true;
	return text_starts_with(alert->dimension, prefix) && text_equal((struct text){ alert->dimension.at + prefix.size, alert->dimension.size - prefix.size }, unit);
}

// Whether to keep it at all: a rule is part of the id. Everything else may differ between the state and an older message of the same id, so it is asked of
// what holds in the end.
static void keep(struct search *search, enum alert_origin origin, const struct wire_alert *alert)
{
	if (!search->rule || text_equal(alert->rule, text_of(search->rule)))
		alert_list_add(&search->list, origin, alert);
}

static bool is_asked(const struct search *search, const struct wire_alert *alert)
{
	return (!search->rule || text_equal(alert->rule, text_of(search->rule))) && (!search->state || alert->state == search->state)
		&& alert->at_ms >= search->since_ms && is_unit_asked(search, alert);
}

static enum status take_ticket(void *self, const struct store_ticket *ticket, struct error *error)
{
	struct search *search = self;
	(void)error;
	for (uint32_t i = 0; i < ticket->outcome->alert_count; i++) {
		struct alert_memory memory;
		struct wire_alert alert = alert_of_ticket(ticket, &ticket->outcome->alert[i], store_names(search->store), &memory);
		keep(search, ALERT_OF_STATE, &alert);
	}
	return OK;
}

static enum status take_month(void *self, const struct store_month_of_unit *month, struct error *error)
{
	struct search *search = self;
	(void)error;
	for (uint32_t i = 0; i < month->outcome->alert_count; i++) {
		struct alert_memory memory;
		struct wire_alert alert = alert_of_month(month, &month->outcome->alert[i], store_names(search->store), &memory);
		keep(search, ALERT_OF_STATE, &alert);
	}
	return OK;
}

static enum status take_dimension(void *self, const struct store_alert *stored, struct error *error)
{
	struct search *search = self;
	const struct judgement *judgement = stored->judgement;
	static const struct text unit = { "unit/", 5 };
	char id[ALERT_ID_BYTES_MAX];
	(void)error;
	struct wire_alert alert = {
		.id = { id, (uint32_t)judgement_id(stored->dimension, judgement->field, id) },
		.rule = { judgement->field, (uint32_t)strcspn(judgement->field, "/") },
		.unit = text_starts_with(stored->dimension, unit) ? (struct text){ stored->dimension.at + unit.size, stored->dimension.size - unit.size } : (struct text){ NULL, 0 },
		.dimension = stored->dimension,
		.article = text_of(stored->rule ? stored->rule->article : ""),
		.policy = text_of(search->policy->edition),
		.at_ms = judgement->at_ms,
		.revision = judgement->revision,
		.state = judgement->state,
		.severity = judgement->severity,
	};
	wire_alert_tell(&alert, &stored->evidence);
	keep(search, ALERT_OF_STATE, &alert);
	return OK;
}

static enum status take_message(void *self, const struct kafka_message *message, struct error *error)
{
	struct search *search = self;
	static struct wire_arena arena;
	struct wire_alert alert;
	struct error ignored;
	(void)error;
	arena.used = 0;
	if (wire_unpack_alert(message->value, &arena, &alert, &ignored) == OK)
		keep(search, ALERT_OF_TOPIC, &alert);
	return OK;
}

static enum status find_ticket_alerts(struct search *search, struct error *error)
{
	int32_t since_day = search->since_ms ? civil_day_of(search->since_ms, search->policy->zone_ms) : INT32_MIN;
	return store_visit_alerted(search->store, since_day, take_ticket, search, error);
}

static enum status find_dimension_alerts(struct search *search, struct error *error)
{
	const struct names *names = store_names(search->store);
	uint32_t count = names_count(names);
	struct text *dimension = memory_new(count * sizeof *dimension);
	for (uint32_t i = 0; i < count; i++)
		dimension[i] = names_dimension(names, i + 1);
	enum status status = store_visit_alerts(search->store, dimension, count, search->policy, search->clock_ms, take_dimension, search, error);
	free(dimension);
	return status;
}

struct ids {
	struct text *id;  // each with a memory of its own
	size_t count, capacity;
};

// The tickets behind what only the topic knows.
struct lost {
	struct search *search;
	struct ids asked, there;
};

static void ids_done(struct ids *ids)
{
	for (size_t i = 0; i < ids->count; i++)
		free((char *)(uintptr_t)ids->id[i].at);
	free(ids->id);
}

static void add_id(struct ids *ids, struct text id)
{
	ids->id = memory_grow(ids->id, ids->count + 1, sizeof *ids->id, &ids->capacity);
	char *copy = memory_new(id.size + 1u);
	memcpy(copy, id.at, id.size);
	ids->id[ids->count++] = (struct text){ copy, id.size };
}

static enum status take_lost_ticket(void *self, const struct store_ticket *ticket, struct error *error)
{
	struct lost *lost = self;
	add_id(&lost->there, ticket->id);
	return take_ticket(lost->search, ticket, error);
}

static int compare_texts(const void *left, const void *right)
{
	return text_compare(*(const struct text *)left, *(const struct text *)right);
}

static bool is_known_dimension(struct store *store, struct text dimension)
{
	struct names *names = store_names(store);
	uint32_t count = names_count(names);
	name_id id = names_intern_dimension(names, dimension);
	return id && id <= count;
}

static bool is_there(const struct lost *lost, const struct wire_alert *alert)
{
	if (!alert->ticket_id.size)
		return is_known_dimension(lost->search->store, alert->dimension);
	return lost->there.count && bsearch(&alert->ticket_id, lost->there.id, lost->there.count, sizeof *lost->there.id, compare_texts);
}

// What was sent and is not given by the state any more was retracted, though the topic may not say so yet. A ticket that is not there was forgotten: what was said
// last holds. The state is asked once more, since the index of days leaves out what --since does not need.
static enum status retract_lost(struct search *search, struct error *error)
{
	struct alert_list *list = &search->list;
	struct lost lost = { .search = search };
	static struct wire_arena arena;
	struct wire_alert alert;
	for (size_t i = 0; i < list->count; i++)
		if (list->alert[i]->origin == ALERT_OF_TOPIC && listed_alert_open(list->alert[i], &arena, &alert) && alert.ticket_id.size)
			add_id(&lost.asked, alert.ticket_id);
	enum status status = store_visit_tickets(search->store, lost.asked.id, lost.asked.count, take_lost_ticket, &lost, error);
	alert_list_settle(list);
	if (lost.there.count)
		qsort(lost.there.id, lost.there.count, sizeof *lost.there.id, compare_texts);
	for (size_t i = 0; i < list->count && status == OK; i++)
		if (list->alert[i]->origin == ALERT_OF_TOPIC && listed_alert_open(list->alert[i], &arena, &alert) && is_there(&lost, &alert))
			list->alert[i]->state = ALERT_RETRACTED;
	ids_done(&lost.asked);
	ids_done(&lost.there);
	return status;
}

static enum status find_alerts(struct search *search, struct error *error)
{
	enum status status = find_ticket_alerts(search, error);
	if (status == OK)  // all of them, whatever --since says: they are few
		status = store_visit_alerted_months(search->store, take_month, search, error);
	if (status == OK)
		status = find_dimension_alerts(search, error);
	if (status != OK)
		return status;
	alert_list_settle(&search->list);
	// Read from the start, whatever --since says: that is about when an alert became true, and a replay sends the alerts of years ago today.
	search->is_kafka_away = kafka_read_since(&search->console->kafka, search->console->alert_topic, 0, NULL, CONSOLE_KAFKA_MS, take_message, search, &search->kafka_error) != OK;
	alert_list_settle(&search->list);
	status = retract_lost(search, error);
	alert_list_sort_by_time(&search->list);
	return status;
}

static struct table *alert_table(const struct console *console)
{
	enum { ABOUT_WIDTH = 32, EVIDENCE_WIDTH = 72 };
	const struct table_column column[] = {
		{ "at", say(console, "at", "时间"), TABLE_LEFT, 0 }, { "state", say(console, "state", "状态"), TABLE_LEFT, 0 },
		{ "severity", say(console, "severity", "等级"), TABLE_LEFT, 0 }, { "rule", say(console, "rule", "规则"), TABLE_LEFT, 0 },
		{ "about", say(console, "about", "对象"), TABLE_LEFT, ABOUT_WIDTH }, { "unit", say(console, "unit", "承办单位"), TABLE_LEFT, ABOUT_WIDTH },
		{ "evidence", say(console, "evidence", "依据"), TABLE_LEFT, EVIDENCE_WIDTH },
	};
	return table_new(column, sizeof column / sizeof *column);
}

static void add_row(const struct console *console, struct table *table, const struct wire_alert *alert, int32_t zone_ms)
{
	char at[CONSOLE_INSTANT_BYTES], evidence[EVIDENCE_LINE_BYTES];
	console_format_instant(alert->at_ms, zone_ms, at);
	alert_evidence_line(alert, console->language, evidence);
	table_add_string(table, at);
	table_add_string(table, words_alert_state(console->language, (enum alert_state)alert->state));
	table_add_string(table, words_severity(console->language, (enum severity)alert->severity));
	table_add(table, alert->rule);
	table_add(table, alert->ticket_id.size ? alert->ticket_id : alert->dimension);
	table_add(table, alert->unit);
	table_add_string(table, evidence);
}

static void write_csv_head(FILE *out)
{
	fputs("id,rule,state,severity,at,ticket_id,dimension,unit,article,evidence\n", out);
}

static void write_csv_row(const struct console *console, const struct wire_alert *alert, int32_t zone_ms)
{
	FILE *out = console->out;
	char at[CIVIL_INSTANT_BYTES], evidence[EVIDENCE_LINE_BYTES];
	civil_format_instant(alert->at_ms, zone_ms, at);
	alert_evidence_line(alert, console->language, evidence);
	const struct text cell[] = { alert->id, alert->rule, text_of(alert_state_name(alert->state)), text_of(severity_name(alert->severity)), text_of(at),
		alert->ticket_id, alert->dimension, alert->unit, alert->article, text_of(evidence) };
	for (size_t i = 0; i < sizeof cell / sizeof *cell; i++) {
		if (i)
			fputc(',', out);
		table_write_csv_cell(cell[i], out);
	}
	fputc('\n', out);
}

static void write_list(const struct search *search)
{
	const struct console *console = search->console;
	static struct wire_arena arena;
	struct wire_alert alert;
	int32_t zone_ms = search->policy->zone_ms;
	struct json_out out = { .file = NULL };
	struct table *table = NULL;
	if (console->format == FORMAT_TABLE)
		table = alert_table(console);
	else if (console->format == FORMAT_CSV)
		write_csv_head(console->out);
	else
		out = json_out_begin(console);
	for (size_t i = 0; i < search->list.count; i++) {
		if (!listed_alert_open(search->list.alert[i], &arena, &alert) || !is_asked(search, &alert))
			continue;
		if (table)
			add_row(console, table, &alert, zone_ms);
		else if (console->format == FORMAT_CSV)
			write_csv_row(console, &alert, zone_ms);
		else
			json_out_add(&out, alert_json(&alert, zone_ms));
	}
	if (table && table_row_count(table))
		table_write(table, console->out);
	else if (table)
		fprintf(console->out, "%s\n", say(console, "No such alerts.", "没有这样的预警。"));
	else if (out.file)
		json_out_end(&out);
	table_free(table);
}

// The newest revision of each alert that came, so that what is sent twice is shown once.
struct seen {
	char *id;
	int64_t revision;
};

static int compare_seen(const void *left, const void *right)
{
	return strcmp(((const struct seen *)left)->id, ((const struct seen *)right)->id);
}

static bool is_news(void **tree, const struct wire_alert *alert)
{
	struct seen *seen = memory_new(sizeof *seen);
	seen->id = memory_new(alert->id.size + 1u);
	memcpy(seen->id, alert->id.at, alert->id.size);
	struct seen **found = tsearch(seen, tree, compare_seen);
	bool is_new = *found == seen || (*found)->revision < alert->revision;
	if (*found != seen) {
		free(seen->id);
		free(seen);
	}
	if (is_new)
		(*found)->revision = alert->revision;
	return is_new;
}

static void write_news(const struct search *search, const struct wire_alert *alert)
{
	const struct console *console = search->console;
	char at[CONSOLE_INSTANT_BYTES], evidence[EVIDENCE_LINE_BYTES];
	int32_t zone_ms = search->policy->zone_ms;
	if (console->format == FORMAT_CSV) {
		write_csv_row(console, alert, zone_ms);
	} else if (console->format != FORMAT_TABLE) {
		struct json_out out = { .file = console->out };
		json_out_add(&out, alert_json(alert, zone_ms));
	} else {
		struct text about = alert->ticket_id.size ? alert->ticket_id : alert->dimension;
		console_format_instant(alert->at_ms, zone_ms, at);
		alert_evidence_line(alert, console->language, evidence);
		fprintf(console->out, "%s  %s  %s  %.*s  %.*s  %.*s  %s\n", at, words_alert_state(console->language, (enum alert_state)alert->state),
			words_severity(console->language, (enum severity)alert->severity), (int)alert->rule.size, alert->rule.at, (int)about.size, about.at,
			(int)alert->unit.size, alert->unit.at ? alert->unit.at : "", evidence);
	}
	fflush(console->out);
}

// Until the reader goes away or interrupts: then the program ends by the signal.
static enum status follow(const struct search *search, struct kafka_tail *tail, struct error *error)
{
	static struct wire_arena arena;
	void *tree = NULL;
	enum status status = OK;
	fflush(search->console->out);
	while (status == OK && !ferror(search->console->out)) {
		struct kafka_message message;
		struct wire_alert alert;
		struct error ignored;
		bool is_there;
		status = kafka_tail_poll(tail, FOLLOW_POLL_MS, &message, &is_there, error);
		if (status != OK || !is_there)
			continue;
		arena.used = 0;
		if (wire_unpack_alert(message.value, &arena, &alert, &ignored) == OK && is_asked(search, &alert) && is_news(&tree, &alert))
			write_news(search, &alert);
		kafka_message_done(&message);
	}
	return status;
}

static enum status answer(struct search *search, struct error *error)
{
	const struct console *console = search->console;
	struct kafka_tail *tail = NULL;
	enum status status = store_load_names(search->store, error);
	if (status == OK)
		status = store_city_policy(search->store, &search->policy, error);
	if (status == OK && console->since)
		status = console_instant("--since", console->since, search->policy->zone_ms, &search->since_ms, error);
	(void)store_clock(search->store, &search->clock_ms);
	if (status == OK && console->is_follow)  // before the list is made, so that nothing falls between the two
		status = kafka_tail_open(&console->kafka, console->alert_topic, CONSOLE_KAFKA_MS, &tail, error);
	if (status == OK)
		status = find_alerts(search, error);
	if (status == OK)
		write_list(search);
	if (status == OK && search->is_kafka_away)
		fprintf(stderr, say(console, "hotline: alerts that were retracted are not shown: %s\n", "hotline：未显示已撤回的预警：%s\n"), search->kafka_error.text);
	if (status == OK && tail)
		status = follow(search, tail, error);
	kafka_tail_close(tail);
	return status;
}

static enum status run(struct console *console, struct error *error)
{
	struct search search = { .console = console, .unit = console->unit };
	int64_t at_ms;
	enum status status = parse_state(console, &search, error);
	if (status == OK)
		status = parse_rule(console, &search, error);
	if (status == OK && console->since)
		status = console_instant("--since", console->since, 0, &at_ms, error);
	if (status == OK && console->is_follow && console->format == FORMAT_JSON)
		status = error_set(error, REJECT, "bad_option", "--follow never ends, so it cannot print an array: use --format jsonl");
	if (status == OK)
		status = console_open_store(console, &search.store, error);
	if (status == OK)
		status = answer(&search, error);
	alert_list_done(&search.list);
	store_close(search.store);
	return status;
}

static const struct option options[] = {
	{ .name = "state", .type = OPTION_STRING, .offset = CONSOLE_FIELD(state), .value = "STATE", .help = "Only alerts in this state: firing, resolved or retracted." },
	{ .name = "rule", .type = OPTION_STRING, .offset = CONSOLE_FIELD(rule), .value = "RULE", .help = "Only alerts of this rule." },
	{ .name = "unit", .type = OPTION_STRING, .offset = CONSOLE_FIELD(unit), .value = "UNIT", .help = "Only alerts about this unit or what it holds." },
	{ .name = "since", .type = OPTION_STRING, .offset = CONSOLE_FIELD(since), .value = "INSTANT", .help = "Only alerts that became true at this day or instant, or later." },
	{ .name = "follow", .type = OPTION_BOOL, .offset = CONSOLE_FIELD(is_follow), .help = "Go on with what is sent from now on." },
};

const struct command command_alerts = {
	.name = "alerts",
	.english = "every alert with its last state",
	.chinese = "所有预警及其最后状态",
	.run = run,
	.can_watch = true,
	.option = options,
	.option_count = sizeof options / sizeof *options,
};
