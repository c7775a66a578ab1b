// yaml_node.h - what a YAML document is in memory. Only for yaml_tree.c, which builds it, yaml_node.c, which walks it, and yaml_value.c, which
// reads its scalars.
#ifndef HOTLINE_YAML_NODE_H
#define HOTLINE_YAML_NODE_H

#include "yaml_tree.h"

enum yaml_type { YAML_SCALAR, YAML_LIST, YAML_MAPPING };
enum { YAML_LIST_BYTES_MAX = 256 };
#define YAML_NOWHERE UINT32_MAX

struct yaml_node {
	const struct yaml *yaml;
	enum yaml_type type;
	bool is_plain;         // a scalar without quotes
	uint32_t line, column;
	uint32_t first, next;  // places of the first child and of the next sibling, YAML_NOWHERE
	uint32_t count;        // children
	uint32_t key_size, key_line, key_column;
	uint32_t text_size;
	char *key;             // in a mapping; NULL. Both end in a NUL
	char *text;            // of a scalar; NULL when it is empty
};

struct yaml {
	char name[YAML_NAME_BYTES_MAX + 1];
	uint32_t count;
	struct yaml_node *node;  // the root is the first
};

bool yaml_is_among(struct text word, const char *const *words, uint32_t *ret_index);
void yaml_list_words(const char *const *words, char ret_string[YAML_LIST_BYTES_MAX]);  // "a, b or c", as far as it fits

#endif
