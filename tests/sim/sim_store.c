#include "sim_store.h"

#include <string.h>

#include "sim.h"

enum { SLOTS = 4096, KEPT_S = 120 };

// A value before a change.
struct undo {
	struct entry *entry;
	struct value before;
	int64_t at_us;
	uint64_t transaction;
};

static struct store_sim {
	struct entry *slot[SLOTS];
	struct entry **entry;
	size_t count, capacity;
	struct undo *undo;
	size_t undo_at, undo_count, undo_capacity;
	uint64_t transaction;
} store;

static uint64_t hash_of(struct text text)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);
	for (uint32_t i = 0; i < text.size; i++)
		hash = (hash ^ (uint8_t)text.at[i]) * UINT64_C(0x100000001b3);
	return hash;
}

void value_clear(struct value *value)
{
	for (size_t i = 0; i < value->count; i++)
		sim_free((void *)value->item[i].at);
	sim_free(value->item);
	*value = (struct value){ .type = VALUE_NONE };
}

void value_push(struct value *value, struct text item)
{
	value->item = sim_grow(value->item, value->count + 1, sizeof *value->item, &value->capacity);
	value->item[value->count++] = sim_copy(item);
}

static size_t find_field(const struct value *value, struct text field)
{
	for (size_t i = 0; i + 1 < value->count; i += 2)
		if (text_equal(value->item[i], field))
			return i;
	return SIZE_MAX;
}

struct text *value_field(const struct value *value, struct text field)
{
	size_t at = find_field(value, field);
	return at == SIZE_MAX ? NULL : &value->item[at + 1];
}

void value_set_field(struct value *value, struct text field, struct text item)
{
	struct text *old = value_field(value, field);
	if (old) {
		sim_free((void *)old->at);
		*old = sim_copy(item);
		return;
	}
	value_push(value, field);
	value_push(value, item);
}

bool value_delete_field(struct value *value, struct text field)
{
	size_t at = find_field(value, field);
	if (at == SIZE_MAX)
		return false;
	sim_free((void *)value->item[at].at);
	sim_free((void *)value->item[at + 1].at);
	memmove(value->item + at, value->item + at + 2, (value->count - at - 2) * sizeof *value->item);
	value->count -= 2;
	if (!value->count)
		value_clear(value);
	return true;
}

void value_trim_front(struct value *value, size_t count)
{
	if (count >= value->count) {
		value_clear(value);
		return;
	}
	for (size_t i = 0; i < count; i++)
		sim_free((void *)value->item[i].at);
	value->count -= count;
	memmove(value->item, value->item + count, value->count * sizeof *value->item);
}

static struct value copy_value(const struct value *value)
{
	struct value copy = { .type = value->type };
	for (size_t i = 0; i < value->count; i++)
		value_push(&copy, value->item[i]);
	return copy;
}

void store_sim_reset(void)
{
	for (size_t i = store.undo_at; i < store.undo_count; i++)
		value_clear(&store.undo[i].before);
	for (size_t i = 0; i < store.count; i++) {
		value_clear(&store.entry[i]->value);
		sim_free((void *)store.entry[i]->key.at);
		sim_free(store.entry[i]);
	}
	sim_free(store.entry);
	sim_free(store.undo);
	store = (struct store_sim){ .transaction = 1 };
}

struct entry *store_sim_entry(struct text key)
{
	struct entry **slot = &store.slot[hash_of(key) % SLOTS];
	for (struct entry *entry = *slot; entry; entry = entry->next)
		if (text_equal(entry->key, key))
			return entry;
	struct entry *entry = sim_new(sizeof *entry);
	entry->key = sim_copy(key);
	entry->next = *slot;
	*slot = entry;
	store.entry = sim_grow(store.entry, store.count + 1, sizeof *store.entry, &store.capacity);
	entry->number = store.count;
	store.entry[store.count++] = entry;
	return entry;
}

struct entry *store_sim_find(const char *key)
{
	struct entry *entry = store_sim_entry(text_of(key));
	return entry->value.type == VALUE_NONE ? NULL : entry;
}

size_t store_sim_count(void)
{
	return store.count;
}

struct entry *store_sim_at(size_t number)
{
	return store.entry[number];
}

// What is older than any rollback is forgotten.
static void drop_old(void)
{
	while (store.undo_at < store.undo_count && store.undo[store.undo_at].at_us < sim_now_us() - KEPT_S * SIM_SECOND_US)
		value_clear(&store.undo[store.undo_at++].before);
	if (store.undo_at < 1024 || store.undo_at * 2 < store.undo_count)
		return;
	store.undo_count -= store.undo_at;
	memmove(store.undo, store.undo + store.undo_at, store.undo_count * sizeof *store.undo);
	store.undo_at = 0;
}

void store_sim_touch(struct entry *entry)
{
	drop_old();
	entry->version++;
	store.undo = sim_grow(store.undo, store.undo_count + 1, sizeof *store.undo, &store.undo_capacity);
	store.undo[store.undo_count++] = (struct undo){ entry, copy_value(&entry->value), sim_now_us(), store.transaction };
}

void store_sim_next_transaction(void)
{
	store.transaction++;
}

uint64_t store_sim_transaction(void)
{
	return store.transaction;
}

static struct text tag_of(struct text key)
{
	const char *open = memchr(key.at, '{', key.size);
	const char *close = open ? memchr(open, '}', key.size - (size_t)(open - key.at)) : NULL;
	return close ? (struct text){ open, (uint32_t)(close - open) } : key;
}

// The same for all keys of one tag.
static int64_t cut_of(struct text key, uint64_t salt, int64_t least_us, int64_t most_us)
{
	return least_us + (int64_t)((hash_of(tag_of(key)) ^ salt) * UINT64_C(0x9e3779b97f4a7c15) >> 20) % (most_us - least_us + 1);
}

size_t store_sim_roll_back(const char *prefix, int64_t least_us, int64_t most_us)
{
	uint64_t salt = sim_below(UINT64_MAX);
	size_t undone = 0, kept = store.undo_at;
	for (size_t i = store.undo_count; i-- > store.undo_at;) {
		struct undo *undo = &store.undo[i];
		if (!text_starts_with(undo->entry->key, text_of(prefix)) || undo->at_us < sim_now_us() - cut_of(undo->entry->key, salt, least_us, most_us))
			continue;
		value_clear(&undo->entry->value);
		undo->entry->value = undo->before;
		undo->entry->version++;
		undo->entry = NULL;
		undone++;
	}
	for (size_t i = store.undo_at; i < store.undo_count; i++)
		if (store.undo[i].entry)
			store.undo[kept++] = store.undo[i];
	store.undo_count = kept;
	store_sim_next_transaction();
	return undone;
}
