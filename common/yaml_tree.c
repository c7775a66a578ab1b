#include "yaml_tree.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "memory.h"
#include "yaml_node.h"

// A mapping or list that is being read: where its next child belongs.
struct parent {
	uint32_t node, last_child;
	bool wants_key;
};

struct reader {
	yaml_parser_t parser;
	struct text text;
	struct yaml *yaml;
	size_t capacity;
	uint32_t depth;
	struct parent parent[YAML_DEPTH_MAX];
	// The key that waits for its value.
	char *key;
	uint32_t key_size, key_line, key_column;
};

static enum status fail_at(const struct yaml *yaml, yaml_mark_t mark, struct error *error, const char *sentence)
{
	return error_set(error, FATAL, "bad_config", "%s:%zu:%zu: %s", yaml->name, mark.line + 1, mark.column + 1, sentence);
}

// The place of a byte, for bytes that are no text: the column counts the characters before it.
static yaml_mark_t mark_of(struct text text, size_t offset)
{
	yaml_mark_t mark = { 0 };
	for (size_t i = 0; i < offset && i < text.size; i++) {
		mark.column = text.at[i] == '\n' ? 0 : mark.column + ((text.at[i] & 0xc0) != 0x80);
		mark.line += text.at[i] == '\n';
	}
	return mark;
}

// libyaml's own complaint: a problem in the bytes has an offset, everything else a place.
static enum status fail_to_parse(const struct reader *reader, struct error *error)
{
	const yaml_parser_t *parser = &reader->parser;
	const char *problem = parser->problem ? parser->problem : "cannot be read";
	bool is_in_bytes = parser->error == YAML_READER_ERROR;
	return fail_at(reader->yaml, is_in_bytes ? mark_of(reader->text, parser->problem_offset) : parser->problem_mark, error, problem);
}

static struct yaml_node *new_node(struct reader *reader, enum yaml_type type, yaml_mark_t mark)
{
	struct yaml *yaml = reader->yaml;
	yaml->node = memory_grow(yaml->node, yaml->count + 1, sizeof *yaml->node, &reader->capacity);
	struct yaml_node *node = &yaml->node[yaml->count++];
	*node = (struct yaml_node){
		.type = type, .line = (uint32_t)mark.line + 1, .column = (uint32_t)mark.column + 1, .first = YAML_NOWHERE, .next = YAML_NOWHERE,
		.key = reader->key, .key_size = reader->key_size, .key_line = reader->key_line, .key_column = reader->key_column,
	};
	reader->key = NULL;
	reader->key_size = 0;
	return node;
}

// Hangs the newest node under the mapping or list that is open.
static void attach(struct reader *reader)
{
	if (!reader->depth)
		return;
	struct parent *parent = &reader->parent[reader->depth - 1];
	uint32_t place = reader->yaml->count - 1;
	struct yaml_node *node = reader->yaml->node;
	if (parent->last_child == YAML_NOWHERE)
		node[parent->node].first = place;
	else
		node[parent->last_child].next = place;
	node[parent->node].count++;
	parent->last_child = place;
	parent->wants_key = node[parent->node].type == YAML_MAPPING;
}

static char *copy_bytes(const void *bytes, size_t size)
{
	char *copy = memory_new(size + 1);
	memcpy(copy, bytes, size);
	return copy;
}

static enum status take_scalar(struct reader *reader, const yaml_event_t *event, struct error *error)
{
	const char *value = (const char *)event->data.scalar.value;
	size_t size = event->data.scalar.length;
	if (event->data.scalar.tag)
		return fail_at(reader->yaml, event->start_mark, error, "tags (!) are not used here");
	if (memchr(value, '\0', size))
		return fail_at(reader->yaml, event->start_mark, error, "a NUL character is not allowed");
	struct parent *parent = reader->depth ? &reader->parent[reader->depth - 1] : NULL;
	if (parent && parent->wants_key) {
		if (!size)
			return fail_at(reader->yaml, event->start_mark, error, "the key is empty");
		if (text_has_control((struct text){ value, (uint32_t)size }))
			return fail_at(reader->yaml, event->start_mark, error, "the key holds a control character");
		reader->key = copy_bytes(value, size);
		reader->key_size = (uint32_t)size;
		reader->key_line = (uint32_t)event->start_mark.line + 1;
		reader->key_column = (uint32_t)event->start_mark.column + 1;
		parent->wants_key = false;
		return OK;
	}
	struct yaml_node *node = new_node(reader, YAML_SCALAR, event->start_mark);
	node->text = copy_bytes(value, size);
	node->text_size = (uint32_t)size;
	node->is_plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	attach(reader);
	return OK;
}

static enum status open_parent(struct reader *reader, const yaml_event_t *event, enum yaml_type type, struct error *error)
{
	const yaml_char_t *tag = type == YAML_MAPPING ? event->data.mapping_start.tag : event->data.sequence_start.tag;
	if (tag)
		return fail_at(reader->yaml, event->start_mark, error, "tags (!) are not used here");
	if (reader->depth && reader->parent[reader->depth - 1].wants_key)
		return fail_at(reader->yaml, event->start_mark, error, "a key must be a word, not a list or a mapping");
	if (reader->depth == YAML_DEPTH_MAX)
		return fail_at(reader->yaml, event->start_mark, error, "lists and mappings are nested too deep");
	new_node(reader, type, event->start_mark);
	attach(reader);
	reader->parent[reader->depth++] = (struct parent){ .node = reader->yaml->count - 1, .last_child = YAML_NOWHERE, .wants_key = type == YAML_MAPPING };
	return OK;
}

static bool has_anchor(const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_ALIAS_EVENT: return true;
	case YAML_SCALAR_EVENT: return event->data.scalar.anchor != NULL;
	case YAML_SEQUENCE_START_EVENT: return event->data.sequence_start.anchor != NULL;
	case YAML_MAPPING_START_EVENT: return event->data.mapping_start.anchor != NULL;
	default: return false;
	}
}

static enum status take_event(struct reader *reader, const yaml_event_t *event, struct error *error)
{
	if (has_anchor(event))
		return fail_at(reader->yaml, event->start_mark, error, "anchors (&) and aliases (*) are not allowed");
	if (reader->yaml->count >= YAML_NODES_MAX)
		return fail_at(reader->yaml, event->start_mark, error, "the file holds too many values");
	switch (event->type) {
	case YAML_SCALAR_EVENT:
		return take_scalar(reader, event, error);
	case YAML_MAPPING_START_EVENT:
		return open_parent(reader, event, YAML_MAPPING, error);
	case YAML_SEQUENCE_START_EVENT:
		return open_parent(reader, event, YAML_LIST, error);
	case YAML_MAPPING_END_EVENT:
	case YAML_SEQUENCE_END_EVENT:
		reader->depth--;
		return OK;
	case YAML_DOCUMENT_START_EVENT:
		if (reader->yaml->count)
			return fail_at(reader->yaml, event->start_mark, error, "a second document (---) is not allowed");
		return OK;
	default:
		return OK;
	}
}

static enum status read_events(struct reader *reader, struct error *error)
{
	for (bool is_end = false; !is_end;) {
		yaml_event_t event;
		if (!yaml_parser_parse(&reader->parser, &event))
			return fail_to_parse(reader, error);
		enum status status = take_event(reader, &event, error);
		is_end = event.type == YAML_STREAM_END_EVENT;
		yaml_event_delete(&event);
		if (status != OK)
			return status;
	}
	if (!reader->yaml->count)
		new_node(reader, YAML_SCALAR, (yaml_mark_t){ 0, 0, 0 })->is_plain = true;
	return OK;
}

static int compare_keys(const void *a, const void *b)
{
	const struct yaml_node *const *one = a, *const *other = b;
	int order = text_compare(yaml_key(*one), yaml_key(*other));
	return order ? order : (*one > *other) - (*one < *other);
}

static enum status check_duplicates_of(const struct yaml_node *mapping, const struct yaml_node **by_key, struct error *error)
{
	uint32_t count = 0;
	for (const struct yaml_node *value = yaml_first(mapping); value; value = yaml_next(value))
		by_key[count++] = value;
	qsort(by_key, count, sizeof *by_key, compare_keys);
	for (uint32_t i = 1; i < count; i++)
		if (text_equal(yaml_key(by_key[i - 1]), yaml_key(by_key[i])))
			return yaml_error_key(by_key[i], error, "%s is here twice: already on line %u", by_key[i]->key, by_key[i - 1]->key_line);
	return OK;
}

static enum status check_duplicates(const struct yaml *yaml, struct error *error)
{
	const struct yaml_node **by_key = memory_resize(NULL, yaml->count, sizeof *by_key);
	enum status status = OK;
	for (uint32_t i = 0; i < yaml->count && status == OK; i++)
		if (yaml->node[i].type == YAML_MAPPING)
			status = check_duplicates_of(&yaml->node[i], by_key, error);
	free(by_key);
	return status;
}

// From here on the nodes stay where they are and can tell errors the name.
static void settle(struct yaml *yaml)
{
	for (uint32_t i = 0; i < yaml->count; i++)
		yaml->node[i].yaml = yaml;
}

static enum status read_text(struct yaml *yaml, struct text text, struct error *error)
{
	struct reader reader = { .yaml = yaml, .text = text };
	if (!yaml_parser_initialize(&reader.parser))
		return error_set(error, FATAL, "no_memory", "%s: no memory for a YAML parser", yaml->name);
	yaml_parser_set_encoding(&reader.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&reader.parser, (const unsigned char *)(text.size ? text.at : ""), text.size);
	enum status status = read_events(&reader, error);
	yaml_parser_delete(&reader.parser);
	free(reader.key);
	settle(yaml);
	return status == OK ? check_duplicates(yaml, error) : status;
}

enum status yaml_load_text(struct text text, const char *name, struct yaml **ret_yaml, struct error *error)
{
	if (text.size > YAML_BYTES_MAX)
		return error_set(error, FATAL, "bad_config", "%s: holds more than %d bytes", name, YAML_BYTES_MAX);
	struct yaml *yaml = memory_new(sizeof *yaml);
	snprintf(yaml->name, sizeof yaml->name, "%s", name);
	enum status status = read_text(yaml, text, error);
	if (status == OK)
		*ret_yaml = yaml;
	else
		yaml_unload(yaml);
	return status;
}

enum status yaml_load_file(const char *path, struct yaml **ret_yaml, struct error *error)
{
	FILE *file = fopen(path, "rbe");
	if (!file)
		return error_set(error, FATAL, "bad_config", "%s: cannot be opened: %s", path, strerror(errno));
	char *bytes = memory_new(YAML_BYTES_MAX + 1);
	size_t size = fread(bytes, 1, YAML_BYTES_MAX + 1, file);
	enum status status;
	if (ferror(file))
		status = error_set(error, FATAL, "bad_config", "%s: cannot be read: %s", path, strerror(errno));
	else
		status = yaml_load_text((struct text){ bytes, (uint32_t)size }, path, ret_yaml, error);
	free(bytes);
	fclose(file);
	return status;
}

void yaml_unload(struct yaml *yaml)
{
	if (!yaml)
		return;
	for (uint32_t i = 0; i < yaml->count; i++) {
		free(yaml->node[i].text);
		free(yaml->node[i].key);
	}
	free(yaml->node);
	free(yaml);
}
