// yaml_tree.h - reads small YAML files so strictly that every error names its line and column.
//
// Built on libyaml's events and not on libcyaml, which knows no column and takes "3h" for 3. A document is a tree of scalars, lists and mappings; scalars are
// text until somebody reads them as something. Refused while loading: anchors and aliases, tags, a second document, a key that is there twice, a key that
// is no scalar, NUL, and whatever passes the limits. (Not yaml.h: that is libyaml's own.)
//
//     struct yaml *yaml;
//     yaml_load_file("policy.yaml", &yaml, error)
//     yaml_check_keys(yaml_root(yaml), (const char *const[]){ "zone", "stars", NULL }, error)
//     yaml_integer(yaml_get(yaml_root(yaml), "stars"), 0, 5, &stars, error)      stays as it was where the key is absent
//
// Every function that can fail returns FATAL "bad_config" with a sentence like: policy.yaml:7:14: stars must be a whole number from 0 to 5, not "six"
#ifndef HOTLINE_YAML_TREE_H
#define HOTLINE_YAML_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "text.h"
#include "yaml_format.h"

enum {
	YAML_BYTES_MAX = 16 << 20,  // of a file
	YAML_DEPTH_MAX = 16,
	YAML_NODES_MAX = 1 << 20,   // scalars, lists and mappings, without keys
	YAML_NAME_BYTES_MAX = 255,  // of the name in front of errors
	YAML_WORD_BYTES_MAX = 63,   // of a key or choice that a nearer one is looked for
};

struct yaml;
struct yaml_node;  // lives as long as its document; NULL is a node that is absent

MUST_USE enum status yaml_load_file(const char *path, struct yaml **ret_yaml, struct error *error);
MUST_USE enum status yaml_load_text(struct text text, const char *name, struct yaml **ret_yaml, struct error *error);  // `name` stands for the file's
void yaml_unload(struct yaml *yaml);  // not yaml_free: libyaml has one, and would call ours

const struct yaml_node *yaml_root(const struct yaml *yaml);  // never NULL; an empty file is an empty node
const char *yaml_name(const struct yaml *yaml);              // the path or name it was loaded by

bool yaml_is_mapping(const struct yaml_node *node);          // all three are false for NULL
bool yaml_is_list(const struct yaml_node *node);
bool yaml_is_scalar(const struct yaml_node *node);
bool yaml_is_empty(const struct yaml_node *node);            // nothing, "~" or "null", without quotes; true for NULL
uint32_t yaml_line(const struct yaml_node *node);            // from 1
uint32_t yaml_column(const struct yaml_node *node);          // from 1, in characters

// The values of a mapping or the items of a list, in the order of the file. Empty for NULL and scalars.
//     for (const struct yaml_node *item = yaml_first(list); item; item = yaml_next(item))
const struct yaml_node *yaml_first(const struct yaml_node *node);
const struct yaml_node *yaml_next(const struct yaml_node *item);
uint32_t yaml_count(const struct yaml_node *node);
struct text yaml_key(const struct yaml_node *value);         // of a value in a mapping; empty for an item of a list
struct text yaml_scalar(const struct yaml_node *node);       // the text as it stands; empty when it is no scalar
const struct yaml_node *yaml_get(const struct yaml_node *mapping, const char *key);  // NULL when it is not there

// FATAL when it is no mapping, or has a key that is not among `keys` (NULL-terminated): the sentence names the nearest known key.
MUST_USE enum status yaml_check_keys(const struct yaml_node *mapping, const char *const *keys, struct error *error);
MUST_USE enum status yaml_check_list(const struct yaml_node *node, struct error *error);
MUST_USE enum status yaml_check_mapping(const struct yaml_node *node, struct error *error);
// Like yaml_get, but FATAL at the mapping when it is not there.
MUST_USE enum status yaml_require(const struct yaml_node *mapping, const char *key, const struct yaml_node **ret_node, struct error *error);

// Readers. Each leaves its output as it was when the node is NULL (absent means the default), and fails on an empty node. Both bounds are included.
MUST_USE enum status yaml_text(const struct yaml_node *node, uint32_t bytes_max, struct text *ret_text, struct error *error);  // 1 byte or more, no control characters
MUST_USE enum status yaml_string(const struct yaml_node *node, char *ret_string, size_t capacity, struct error *error);        // the same, copied
MUST_USE enum status yaml_integer(const struct yaml_node *node, int64_t least, int64_t most, int64_t *ret_integer, struct error *error);
MUST_USE enum status yaml_decimal(const struct yaml_node *node, int64_t least_e4, int64_t most_e4, int64_t *ret_e4, struct error *error);  // "0.02": up to four decimals
MUST_USE enum status yaml_percent(const struct yaml_node *node, uint32_t *ret_e4, struct error *error);  // "95 %", "99.5%": 0 to 100, as ten-thousandths of one
MUST_USE enum status yaml_bool(const struct yaml_node *node, bool *ret_bool, struct error *error);       // true, false, yes, no, on, off
MUST_USE enum status yaml_duration(const struct yaml_node *node, int64_t least_ms, int64_t most_ms, int64_t *ret_ms, struct error *error);  // "24h", "90m", "1h30m", "250ms", "7d"
MUST_USE enum status yaml_day(const struct yaml_node *node, int32_t *ret_day, struct error *error);      // "2024-03-05"
MUST_USE enum status yaml_zone(const struct yaml_node *node, int32_t *ret_zone_ms, struct error *error); // "+08:00"
MUST_USE enum status yaml_time(const struct yaml_node *node, int32_t *ret_ms, struct error *error);      // "17:30", "24:00": after midnight
// One of `words` (NULL-terminated); *ret_index is its place.
MUST_USE enum status yaml_choice(const struct yaml_node *node, const char *const *words, uint32_t *ret_index, struct error *error);

// An error of the caller's own at the node, or at its key: "FILE:LINE:COLUMN: " and the sentence. Always FATAL "bad_config".
enum status yaml_error(const struct yaml_node *node, struct error *error, const char *format, ...) __attribute__((format(printf, 3, 4)));
enum status yaml_error_key(const struct yaml_node *value, struct error *error, const char *format, ...) __attribute__((format(printf, 3, 4)));

// The same in the readers' words: yaml_wrong(node, error, "a prime") says: stars must be a prime, not "4"
enum status yaml_wrong(const struct yaml_node *node, struct error *error, const char *expected);

// The word of `words` nearest to `word`, for "did you mean"; NULL when none is near.
const char *yaml_nearest(struct text word, const char *const *words);

#endif
