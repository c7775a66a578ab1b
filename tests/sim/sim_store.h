// sim_store.h - what a Redis holds: keys, their values and versions, and how they came to be, so that it can lose its last seconds.
//
// A transaction is undone whole, as a cut append-only file does it: all that it changed has one time. Keys with different hash tags may lose different seconds, as the nodes of a cluster do.
#ifndef HOTLINE_SIM_STORE_H
#define HOTLINE_SIM_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "text.h"

enum value_type { VALUE_NONE, VALUE_STRING, VALUE_HASH, VALUE_LIST };

// A string has one item, a hash field and value in turn.
struct value {
	enum value_type type;
	size_t count, capacity;
	struct text *item;
};

// Lives as long as the store, also while the key is absent: its version goes on.
struct entry {
	struct entry *next;  // of the same slot of the table
	struct text key;
	struct value value;
	uint64_t version;
	size_t number;       // in the order in which keys were first seen
};

void store_sim_reset(void);
// From now on there are two, equal at first, as after a failover that not everybody has heard of: this one, and the former, which all that was held of entries belongs to.
void store_sim_fork(void);
void store_sim_turn(void);         // everything is about the other one, until the next call
void store_sim_drop_former(void);
struct entry *store_sim_entry(struct text key);              // made when it is new
struct entry *store_sim_find(const char *key);               // NULL when it is absent
size_t store_sim_count(void);
struct entry *store_sim_at(size_t number);

// To be called before every change of a value: notes what was, and moves the version.
void store_sim_touch(struct entry *entry);
void store_sim_replace(struct entry *entry);    // the same, and the value is gone
void store_sim_touch_end(struct entry *entry);  // the same, where nothing but items at the end are to come

void value_clear(struct value *value);
void value_push(struct value *value, struct text item);
void value_set_item(struct value *value, size_t at, struct text item);
struct text *value_field(const struct value *value, struct text field);  // of a hash; NULL
void value_set_field(struct value *value, struct text field, struct text item);
bool value_delete_field(struct value *value, struct text field);
void value_trim_front(struct value *value, size_t count);

// Of Redis: it started anew, or was promoted. To roll back begins one.
void store_sim_begin_life(void);
uint64_t store_sim_life(void);

// Everything of the last while is undone in keys that start so, for each hash tag a time of its own between least and most. Returns how many changes that were.
size_t store_sim_roll_back(const char *prefix, int64_t least_us, int64_t most_us);

#endif
