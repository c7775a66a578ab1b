#include "yaml_node.h"

#include <stdarg.h>
#include <stdio.h>

enum { QUOTE_BYTES_MAX = 60 };

static const struct yaml_node *node_at(const struct yaml_node *near, uint32_t place)
{
	return place == YAML_NOWHERE ? NULL : &near->yaml->node[place];
}

const struct yaml_node *yaml_root(const struct yaml *yaml)
{
	return &yaml->node[0];
}

const char *yaml_name(const struct yaml *yaml)
{
	return yaml->name;
}

bool yaml_is_mapping(const struct yaml_node *node)
{
	return node && node->type == YAML_MAPPING;
}

bool yaml_is_list(const struct yaml_node *node)
{
	return node && node->type == YAML_LIST;
}

bool yaml_is_scalar(const struct yaml_node *node)
{
	return node && node->type == YAML_SCALAR;
}

struct text yaml_scalar(const struct yaml_node *node)
{
	return yaml_is_scalar(node) ? (struct text){ node->text, node->text_size } : (struct text){ NULL, 0 };
}

bool yaml_is_empty(const struct yaml_node *node)
{
	if (!node)
		return true;
	if (node->type != YAML_SCALAR || !node->is_plain)
		return false;
	struct text text = yaml_scalar(node);
	return !text.size || text_equal(text, TEXT("~")) || text_equal(text, TEXT("null"));
}

uint32_t yaml_line(const struct yaml_node *node)
{
	return node->line;
}

uint32_t yaml_column(const struct yaml_node *node)
{
	return node->column;
}

const struct yaml_node *yaml_first(const struct yaml_node *node)
{
	return node ? node_at(node, node->first) : NULL;
}

const struct yaml_node *yaml_next(const struct yaml_node *item)
{
	return node_at(item, item->next);
}

uint32_t yaml_count(const struct yaml_node *node)
{
	return node ? node->count : 0;
}

struct text yaml_key(const struct yaml_node *value)
{
	return (struct text){ value->key, value->key_size };
}

const struct yaml_node *yaml_get(const struct yaml_node *mapping, const char *key)
{
	if (!yaml_is_mapping(mapping))
		return NULL;
	for (const struct yaml_node *value = yaml_first(mapping); value; value = yaml_next(value))
		if (text_equal(yaml_key(value), text_of(key)))
			return value;
	return NULL;
}

static enum status fail(const struct yaml *yaml, uint32_t line, uint32_t column, struct error *error, const char *format, va_list args)
	__attribute__((format(printf, 5, 0)));

static enum status fail(const struct yaml *yaml, uint32_t line, uint32_t column, struct error *error, const char *format, va_list args)
{
	char sentence[ERROR_TEXT_BYTES];
	vsnprintf(sentence, sizeof sentence, format, args);
	return error_set(error, FATAL, "bad_config", "%s:%u:%u: %s", yaml->name, line, column, sentence);
}

enum status yaml_error(const struct yaml_node *node, struct error *error, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	enum status status = fail(node->yaml, node->line, node->column, error, format, args);
	va_end(args);
	return status;
}

enum status yaml_error_key(const struct yaml_node *value, struct error *error, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	bool has_key = value->key != NULL;
	enum status status = fail(value->yaml, has_key ? value->key_line : value->line, has_key ? value->key_column : value->column, error, format, args);
	va_end(args);
	return status;
}

// What stands there, for people: in quotes, cut between two characters.
static void quote(const struct yaml_node *node, char ret_string[QUOTE_BYTES_MAX + 8])
{
	if (node->type != YAML_SCALAR || yaml_is_empty(node)) {
		const char *word = node->type == YAML_LIST ? "a list" : node->type == YAML_MAPPING ? "a mapping" : "empty";
		snprintf(ret_string, QUOTE_BYTES_MAX + 8, "%s", word);
		return;
	}
	uint32_t size = node->text_size;
	if (size > QUOTE_BYTES_MAX)
		for (size = QUOTE_BYTES_MAX; size && (node->text[size] & 0xc0) == 0x80;)
			size--;
	snprintf(ret_string, QUOTE_BYTES_MAX + 8, "\"%.*s%s\"", (int)size, node->text, size < node->text_size ? "..." : "");
	for (char *at = ret_string; *at; at++)
		if ((uint8_t)*at < 0x20 || *at == 0x7f)
			*at = ' ';
}

enum status yaml_wrong(const struct yaml_node *node, struct error *error, const char *expected)
{
	char found[QUOTE_BYTES_MAX + 8];
	quote(node, found);
	return yaml_error(node, error, "%s must be %s, not %s", node->key ? node->key : "this", expected, found);
}

static uint32_t least_of(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

// How many insertions, deletions and replacements turn one word into the other.
static uint32_t distance(struct text a, struct text b)
{
	uint32_t row[YAML_WORD_BYTES_MAX + 1] = { 0 };
	for (uint32_t k = 1; k <= b.size; k++)
		row[k] = k;
	for (uint32_t i = 1; i <= a.size; i++) {
		uint32_t diagonal = row[0];
		row[0] = i;
		for (uint32_t k = 1; k <= b.size; k++) {
			uint32_t replaced = diagonal + (a.at[i - 1] != b.at[k - 1]);
			diagonal = row[k];
			row[k] = least_of(replaced, least_of(row[k], row[k - 1]) + 1);
		}
	}
	return row[b.size];
}

const char *yaml_nearest(struct text word, const char *const *words)
{
	const char *nearest = NULL;
	uint32_t best = 1 + (word.size + 2) / 3;  // farther away it is another word
	for (; word.size <= YAML_WORD_BYTES_MAX && *words; words++) {
		struct text known = text_of(*words);
		uint32_t far = known.size <= YAML_WORD_BYTES_MAX ? distance(word, known) : best;
		if (far < best) {
			best = far;
			nearest = *words;
		}
	}
	return nearest;
}

bool yaml_is_among(struct text word, const char *const *words, uint32_t *ret_index)
{
	for (uint32_t i = 0; words[i]; i++)
		if (text_equal(word, text_of(words[i]))) {
			*ret_index = i;
			return true;
		}
	return false;
}

void yaml_list_words(const char *const *words, char ret_string[YAML_LIST_BYTES_MAX])
{
	size_t used = 0;
	ret_string[0] = '\0';
	for (uint32_t i = 0; words[i] && used < YAML_LIST_BYTES_MAX; i++)
		used += (size_t)snprintf(ret_string + used, YAML_LIST_BYTES_MAX - used, "%s%s", !i ? "" : words[i + 1] ? ", " : " or ", words[i]);
}

enum status yaml_check_mapping(const struct yaml_node *node, struct error *error)
{
	return !node || yaml_is_mapping(node) ? OK : yaml_wrong(node, error, "a mapping");
}

enum status yaml_check_list(const struct yaml_node *node, struct error *error)
{
	return !node || yaml_is_list(node) ? OK : yaml_wrong(node, error, "a list");
}

static enum status unknown_key(const struct yaml_node *value, const char *const *keys, struct error *error)
{
	const char *nearest = yaml_nearest(yaml_key(value), keys);
	if (nearest)
		return yaml_error_key(value, error, "unknown key %.64s; did you mean %s?", value->key, nearest);
	char known[YAML_LIST_BYTES_MAX];
	yaml_list_words(keys, known);
	return yaml_error_key(value, error, "unknown key %.64s; known are %s", value->key, known);
}

enum status yaml_check_keys(const struct yaml_node *mapping, const char *const *keys, struct error *error)
{
	enum status status = yaml_check_mapping(mapping, error);
	uint32_t index;
	if (status != OK)
		return status;
	for (const struct yaml_node *value = yaml_first(mapping); value; value = yaml_next(value))
		if (!yaml_is_among(yaml_key(value), keys, &index))
			return unknown_key(value, keys, error);
	return OK;
}

enum status yaml_require(const struct yaml_node *mapping, const char *key, const struct yaml_node **ret_node, struct error *error)
{
	enum status status = yaml_check_mapping(mapping, error);
	if (status != OK)
		return status;
	const struct yaml_node *node = yaml_get(mapping, key);
	if (!node)
		return yaml_error(mapping, error, "%s is missing", key);
	*ret_node = node;
	return OK;
}
