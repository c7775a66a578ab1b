#include <string.h>

#include "mapping_spec.h"

#define TRY(call) \
	do { \
		enum status try_status = (call); \
		if (try_status != OK) \
			return try_status; \
	} while (0)

enum { WORD_BYTES_MAX = 256 };

// A scalar that may be empty, which yaml_text refuses.
static enum status read_word(const struct yaml_node *node, struct text *ret_text, struct error *error)
{
	if (!yaml_is_scalar(node))
		return yaml_error(node, error, "a single value is wanted here");
	if (yaml_scalar(node).size > WORD_BYTES_MAX)
		return yaml_error(node, error, "the value is longer than %d bytes", WORD_BYTES_MAX);
	*ret_text = yaml_scalar(node);
	return OK;
}

static enum status add_word(struct mapping_spec *spec, const struct yaml_node *node, struct text from, struct error *error)
{
	if (spec->word_count == MAPPING_WORDS_MAX)
		return yaml_error(node, error, "the mapping has more than %d words", MAPPING_WORDS_MAX);
	struct mapping_word *word = &spec->word[spec->word_count];
	TRY(read_word(node, &word->to, error));
	word->from = from;
	spec->word_count++;
	return OK;
}

// { "Constituent Call": phone, ... }
static enum status read_pairs(struct mapping_spec *spec, const struct yaml_node *node, struct mapping_words *ret_words, struct error *error)
{
	if (!node)
		return OK;
	TRY(yaml_check_mapping(node, error));
	*ret_words = (struct mapping_words){ spec->word_count, yaml_count(node) };
	for (const struct yaml_node *item = yaml_first(node); item; item = yaml_next(item))
		TRY(add_word(spec, item, yaml_key(item), error));
	return OK;
}

// One word, or a list of them.
static enum status read_words(struct mapping_spec *spec, const struct yaml_node *node, struct mapping_words *ret_words, struct error *error)
{
	*ret_words = (struct mapping_words){ spec->word_count, 1 };
	if (!yaml_is_list(node))
		return add_word(spec, node, (struct text){ 0 }, error);
	ret_words->count = yaml_count(node);
	for (const struct yaml_node *item = yaml_first(node); item; item = yaml_next(item))
		TRY(add_word(spec, item, (struct text){ 0 }, error));
	return OK;
}

static enum status add_column(struct mapping_spec *spec, const struct yaml_node *node, uint32_t *ret_column, struct error *error)
{
	struct text name;
	TRY(yaml_text(node, WORD_BYTES_MAX, &name, error));
	for (*ret_column = 0; *ret_column < spec->column_count; ++*ret_column)
		if (text_equal(spec->column[*ret_column].name, name))
			return OK;
	if (spec->column_count == MAPPING_COLUMNS_MAX)
		return yaml_error(node, error, "the mapping looks at more than %d columns", MAPPING_COLUMNS_MAX);
	spec->column[spec->column_count++] = (struct mapping_column){ .name = name, .node = node };
	return OK;
}

static enum status read_parts(struct mapping_spec *spec, const struct yaml_node *node, struct mapping_value *value, struct error *error)
{
	TRY(yaml_check_list(node, error));
	if (yaml_count(node) == 0 || yaml_count(node) > MAPPING_PARTS_MAX)
		return yaml_error(node, error, "columns must name 1 to %d columns", MAPPING_PARTS_MAX);
	for (const struct yaml_node *item = yaml_first(node); item; item = yaml_next(item))
		TRY(add_column(spec, item, &value->part[value->part_count++], error));
	return OK;
}

static enum status watch(struct mapping_spec *spec, const struct yaml_node *node, uint32_t column, struct error *error)
{
	if (spec->is_case_rows)
		return yaml_error(node, error, "only a mapping with rows: update can look at the rows before");
	spec->column[column].is_watched = true;
	return OK;
}

static enum status read_take(struct mapping_spec *spec, const struct yaml_node *node, struct mapping_value *value, struct error *error)
{
	static const char *const words[] = { "row", "known", "before", NULL };
	uint32_t take = TAKE_ROW;
	TRY(yaml_choice(node, words, &take, error));
	value->take = (enum mapping_take)take;
	for (uint32_t i = 0; take != TAKE_ROW && i < value->part_count; i++)
		TRY(watch(spec, node, value->part[i], error));
	return OK;
}

// A column's name, or a mapping that says more.
static enum status read_value(struct mapping_spec *spec, const struct yaml_node *node, struct mapping_value *ret_value, struct error *error)
{
	static const char *const keys[] = { "column", "columns", "join", "value", "take", "values", "otherwise", "replace", NULL };
	*ret_value = (struct mapping_value){ .node = node, .is_there = true, .join = TEXT("/") };
	if (yaml_is_scalar(node)) {
		ret_value->part_count = 1;
		return add_column(spec, node, &ret_value->part[0], error);
	}
	TRY(yaml_check_keys(node, keys, error));
	const struct yaml_node *column = yaml_get(node, "column"), *columns = yaml_get(node, "columns"), *constant = yaml_get(node, "value");
	if ((column != NULL) + (columns != NULL) + (constant != NULL) != 1)
		return yaml_error(node, error, "exactly one of column, columns and value is wanted here");
	if (constant) {
		ret_value->is_constant = true;
		return read_word(constant, &ret_value->constant, error);
	}
	if (column) {
		ret_value->part_count = 1;
		TRY(add_column(spec, column, &ret_value->part[0], error));
	} else {
		TRY(read_parts(spec, columns, ret_value, error));
	}
	if (yaml_get(node, "join"))
		TRY(read_word(yaml_get(node, "join"), &ret_value->join, error));
	TRY(read_take(spec, yaml_get(node, "take"), ret_value, error));
	TRY(read_pairs(spec, yaml_get(node, "values"), &ret_value->values, error));
	TRY(read_pairs(spec, yaml_get(node, "replace"), &ret_value->replace, error));
	const struct yaml_node *otherwise = yaml_get(node, "otherwise");
	ret_value->has_otherwise = otherwise != NULL;
	return otherwise ? read_word(otherwise, &ret_value->otherwise, error) : OK;
}

static enum status read_changes(const struct yaml_node *node, struct mapping_condition *condition, struct error *error)
{
	static const char *const words[] = { "known", "between_known", NULL };
	uint32_t choice = 0;
	TRY(yaml_choice(node, words, &choice, error));
	condition->test = choice ? TEST_CHANGES_FROM_KNOWN : TEST_CHANGES;
	return OK;
}

// Of a condition with a column: what is asked of it.
static enum status read_test(struct mapping_spec *spec, const struct yaml_node *node, struct mapping_condition *condition, struct error *error)
{
	static const struct {
		const char *key;
		enum mapping_test test;
	} tests[] = { { "is", TEST_IS }, { "is_not", TEST_IS_NOT }, { "enters", TEST_ENTERS }, { "leaves", TEST_LEAVES } };
	if (yaml_get(node, "changes"))
		return read_changes(yaml_get(node, "changes"), condition, error);
	const struct yaml_node *known = yaml_get(node, "is_known");
	if (known) {
		bool is_known = true;
		condition->test = TEST_IS_KNOWN;
		TRY(yaml_bool(known, &is_known, error));
		return is_known ? OK : yaml_error(known, error, "only is_known: true can be asked");
	}
	for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
		const struct yaml_node *words = yaml_get(node, tests[i].key);
		condition->test = tests[i].test;
		if (words)
			return read_words(spec, words, &condition->words, error);
	}
	return yaml_error(node, error, "one of is, is_not, is_known, enters, leaves and changes is wanted here");
}

static enum status read_condition(struct mapping_spec *spec, const struct yaml_node *node, struct mapping_condition *condition, struct error *error)
{
	static const char *const keys[] = { "row", "column", "is", "is_not", "is_known", "enters", "leaves", "changes", NULL };
	static const char *const rows[] = { "first", NULL };
	uint32_t choice;
	TRY(yaml_check_keys(node, keys, error));
	if (yaml_count(node) != (yaml_get(node, "row") ? 1 : 2))
		return yaml_error(node, error, "a condition is row: first, or a column and one thing asked of it");
	if (yaml_get(node, "row")) {
		condition->test = TEST_FIRST_ROW;
		return yaml_choice(yaml_get(node, "row"), rows, &choice, error);
	}
	const struct yaml_node *column;
	TRY(yaml_require(node, "column", &column, error));
	TRY(add_column(spec, column, &condition->column, error));
	TRY(read_test(spec, node, condition, error));
	return condition->test >= TEST_ENTERS ? watch(spec, column, condition->column, error) : OK;
}

// One condition, or a list of them that must all hold.
static enum status read_when(struct mapping_spec *spec, const struct yaml_node *node, struct mapping_event_spec *event, struct error *error)
{
	if (!yaml_is_list(node)) {
		event->condition_count = node != NULL;
		return node ? read_condition(spec, node, &event->condition[0], error) : OK;
	}
	for (const struct yaml_node *item = yaml_first(node); item; item = yaml_next(item)) {
		if (event->condition_count == MAPPING_CONDITIONS_MAX)
			return yaml_error(item, error, "an event has at most %d conditions", MAPPING_CONDITIONS_MAX);
		TRY(read_condition(spec, item, &event->condition[event->condition_count++], error));
	}
	return OK;
}

static enum status check_needed(const struct yaml_node *node, const struct mapping_event_spec *event, struct error *error)
{
	for (size_t i = 0; i < event_field_count; i++)
		if ((event_fields[i].needed_by & (UINT32_C(1) << event->type)) && !yaml_get(node, event_fields[i].name))
			return yaml_error(node, error, "an event of type %s needs %s", event_type_name(event->type), event_fields[i].name);
	return OK;
}

static enum status read_fields(struct mapping_spec *spec, const struct yaml_node *node, struct mapping_event_spec *event, struct error *error)
{
	for (const struct yaml_node *item = yaml_first(node); item; item = yaml_next(item)) {
		struct text key = yaml_key(item);
		if (text_equal(key, TEXT("type")) || text_equal(key, TEXT("when")) || text_equal(key, TEXT("at")))
			continue;
		const struct event_field *field = event_field_of(event->type, key);
		if (!field)
			return yaml_error_key(item, error, "an event of type %s has no field %.*s", event_type_name(event->type), (int)key.size, key.at);
		struct mapping_field *mapped = &event->field[event->field_count++];
		mapped->field = field;
		TRY(read_value(spec, item, &mapped->value, error));
	}
	return check_needed(node, event, error);
}

static enum status read_event(struct mapping_spec *spec, const struct yaml_node *node, struct mapping_event_spec *event, struct error *error)
{
	const struct yaml_node *type, *at;
	struct text name = { 0 };
	TRY(yaml_check_mapping(node, error));
	TRY(yaml_require(node, "type", &type, error));
	TRY(yaml_text(type, WORD_BYTES_MAX, &name, error));
	event->type = event_type_of(name);
	if (!event->type || event->type >= EVENT_LOGGED_IN)
		return yaml_error(type, error, "%.*s is no type of a ticket's events", (int)name.size, name.at);
	TRY(yaml_require(node, "at", &at, error));
	TRY(read_value(spec, at, &event->at, error));
	TRY(read_when(spec, yaml_get(node, "when"), event, error));
	return read_fields(spec, node, event, error);
}

static enum status read_events(struct mapping_spec *spec, const struct yaml_node *root, struct error *error)
{
	const struct yaml_node *list;
	TRY(yaml_require(root, "events", &list, error));
	TRY(yaml_check_list(list, error));
	if (yaml_count(list) == 0 || yaml_count(list) > MAPPING_EVENTS_MAX)
		return yaml_error(list, error, "a row gives 1 to %d events", MAPPING_EVENTS_MAX);
	for (const struct yaml_node *item = yaml_first(list); item; item = yaml_next(item))
		TRY(read_event(spec, item, &spec->event[spec->event_count++], error));
	return OK;
}

static enum status read_missing(struct mapping_spec *spec, const struct yaml_node *node, struct error *error)
{
	for (const struct yaml_node *item = yaml_first(node); item; item = yaml_next(item)) {
		if (spec->missing_count == MAPPING_MISSING_MAX)
			return yaml_error(item, error, "at most %d words can mean that a value is missing", MAPPING_MISSING_MAX);
		TRY(read_word(item, &spec->missing[spec->missing_count++], error));
	}
	return node ? yaml_check_list(node, error) : OK;
}

static enum status add_format(struct mapping_spec *spec, const struct yaml_node *node, struct error *error)
{
	if (spec->format_count == MAPPING_FORMATS_MAX)
		return yaml_error(node, error, "at most %d formats", MAPPING_FORMATS_MAX);
	return yaml_string(node, spec->format[spec->format_count++], sizeof *spec->format, error);
}

static enum status read_zone(struct mapping_spec *spec, const struct yaml_node *node, struct error *error)
{
	char name[TIME_ZONE_BYTES_MAX + 1] = "";
	if (!node)
		return OK;
	TRY(yaml_string(node, name, sizeof name, error));
	if (strchr("+-Z", name[0]))
		return yaml_zone(node, &spec->zone.offset_ms, error);
	if (!time_zone_of_place(name, &spec->zone))
		return yaml_error(node, error, "%s is neither an offset such as +08:00 nor a zone that this system knows", name);
	return OK;
}

static enum status read_time(struct mapping_spec *spec, const struct yaml_node *root, struct error *error)
{
	const struct yaml_node *time, *format;
	TRY(yaml_require(root, "time", &time, error));
	TRY(yaml_check_keys(time, (const char *const[]){ "format", "zone", NULL }, error));
	TRY(yaml_require(time, "format", &format, error));
	if (!yaml_is_list(format))
		TRY(add_format(spec, format, error));
	for (const struct yaml_node *item = yaml_first(format); item; item = yaml_next(item))
		TRY(add_format(spec, item, error));
	return read_zone(spec, yaml_get(time, "zone"), error);
}

static enum status read_shape(struct mapping_spec *spec, const struct yaml_node *root, struct error *error)
{
	static const char *const shapes[] = { "case", "update", NULL };
	const struct yaml_node *rows, *separator = yaml_get(root, "separator");
	uint32_t shape = 0;
	struct text text = TEXT(",");
	TRY(yaml_require(root, "rows", &rows, error));
	TRY(yaml_choice(rows, shapes, &shape, error));
	if (separator)
		TRY(read_word(separator, &text, error));
	if (text.size != 1 || strchr("\"\r\n", text.at[0]))
		return yaml_error(separator, error, "the separator must be one byte, such as \",\", \";\" or \"\\t\"");
	spec->is_case_rows = shape == 0;
	spec->separator = text.at[0];
	return OK;
}

static enum status read_root(struct mapping_spec *spec, const struct yaml_node *root, struct error *error)
{
	const struct yaml_node *ticket_id;
	TRY(yaml_check_keys(root, (const char *const[]){ "about", "rows", "separator", "missing", "time", "ticket_id", "events", NULL }, error));
	TRY(read_shape(spec, root, error));
	TRY(read_missing(spec, yaml_get(root, "missing"), error));
	TRY(read_time(spec, root, error));
	TRY(yaml_require(root, "ticket_id", &ticket_id, error));
	TRY(read_value(spec, ticket_id, &spec->ticket_id, error));
	if (spec->ticket_id.take != TAKE_ROW || spec->ticket_id.is_constant)
		return yaml_error(ticket_id, error, "the ticket id must be the row's own");
	return read_events(spec, root, error);
}

enum status mapping_spec_read(struct yaml *yaml, int32_t city_zone_ms, struct mapping_spec *ret_spec, struct error *error)
{
	memset(ret_spec, 0, sizeof *ret_spec);
	ret_spec->zone = (struct time_zone){ .offset_ms = city_zone_ms };
	TRY(read_root(ret_spec, yaml_root(yaml), error));
	ret_spec->yaml = yaml;
	return OK;
}
