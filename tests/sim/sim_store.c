#include "sim_store.h"

#include <string.h>

#include "sim.h"

enum { SLOTS = 4096, KEPT_S = 120 };

// What a change replaced: the whole value, or, of a list that only grew, how long it was.
struct undo {
	struct entry *entry;
	struct value before;
	bool is_growth;
	int64_t at_us;
};

static struct store_sim {
	struct entry *slot[SLOTS];
	struct entry **entry;
	size_t count, capacity;
	struct undo *undo;
	size_t undo_at, undo_count, undo_capacity;
	uint64_t life;
} store, *former;  // of a master that others do not write to any more; NULL

static void swap_stores(void)
{
	struct store_sim other = *former;
	*former = store;
	store = other;
}

static uint64_t hash_of(struct text text)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);
	for (uint32_t i = 0; i < text.size; i++)
		hash = (hash ^ (uint8_t)text.at[i]) * UINT64_C(0x100000001b3);
	return hash;
}

// Items are shared by a value and what is noted of it before a change: a count of who has them lies before their bytes.
static size_t *users_of(struct text item)
{
	return (size_t *)(uintptr_t)item.at - 1;
}

static struct text make_item(struct text bytes)
{
	size_t *users = sim_new(sizeof *users + bytes.size + 1);
	*users = 1;
	if (bytes.size)
		memcpy(users + 1, bytes.at, bytes.size);
	return (struct text){ (const char *)(users + 1), bytes.size };
}

static void drop_item(struct text item)
{
	if (!--*users_of(item))
		sim_free(users_of(item));
}

static void drop_items(struct value *value, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		drop_item(value->item[i]);
}

void value_clear(struct value *value)
{
	drop_items(value, 0, value->count);
	sim_free(value->item);
	*value = (struct value){ .type = VALUE_NONE };
}

void value_push(struct value *value, struct text item)
{
	value->item = sim_grow(value->item, value->count + 1, sizeof *value->item, &value->capacity);
	value->item[value->count++] = make_item(item);
}

void value_set_item(struct value *value, size_t at, struct text item)
{
	struct text old = value->item[at];
	value->item[at] = make_item(item);
	drop_item(old);
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
		value_set_item(value, (size_t)(old - value->item), item);
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
	drop_items(value, at, at + 2);
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
	drop_items(value, 0, count);
	value->count -= count;
	memmove(value->item, value->item + count, value->count * sizeof *value->item);
}

static struct value copy_value(const struct value *value)
{
	struct value copy = { .type = value->type, .count = value->count };
	copy.item = sim_grow(NULL, value->count, sizeof *copy.item, &copy.capacity);
	for (size_t i = 0; i < value->count; i++) {
		copy.item[i] = value->item[i];
		++*users_of(copy.item[i]);
	}
	return copy;
}

static void drop_undo(struct undo *undo)
{
	if (!undo->is_growth)
		value_clear(&undo->before);
}

static void free_store(void)
{
	for (size_t i = store.undo_at; i < store.undo_count; i++)
		drop_undo(&store.undo[i]);
	for (size_t i = 0; i < store.count; i++) {
		value_clear(&store.entry[i]->value);
		sim_free((void *)store.entry[i]->key.at);
		sim_free(store.entry[i]);
	}
	sim_free(store.entry);
	sim_free(store.undo);
	store = (struct store_sim){ .count = 0 };
}

static uint64_t lives;

void store_sim_begin_life(void)
{
	store.life = ++lives;
}

uint64_t store_sim_life(void)
{
	return store.life;
}

void store_sim_drop_former(void)
{
	if (!former)
		return;
	swap_stores();
	free_store();
	swap_stores();
	sim_free(former);
	former = NULL;
}

void store_sim_reset(void)
{
	store_sim_drop_former();
	free_store();
	lives = 0;
	store_sim_begin_life();
}

void store_sim_turn(void)
{
	swap_stores();
}

static struct undo copy_undo(const struct undo *undo)
{
	struct undo copy = *undo;
	copy.entry = store.entry[undo->entry->number];
	if (!undo->is_growth)
		copy.before = copy_value(&undo->before);
	return copy;
}

void store_sim_fork(void)
{
	store_sim_drop_former();
	former = sim_new(sizeof *former);
	*former = store;
	store = (struct store_sim){ .count = 0 };
	for (size_t i = 0; i < former->count; i++) {
		struct entry *entry = store_sim_entry(former->entry[i]->key);
		entry->value = copy_value(&former->entry[i]->value);
		entry->version = former->entry[i]->version;
	}
	for (size_t i = former->undo_at; i < former->undo_count; i++) {
		store.undo = sim_grow(store.undo, store.undo_count + 1, sizeof *store.undo, &store.undo_capacity);
		store.undo[store.undo_count++] = copy_undo(&former->undo[i]);
	}
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
		drop_undo(&store.undo[store.undo_at++]);
	if (store.undo_at < 1024 || store.undo_at * 2 < store.undo_count)
		return;
	store.undo_count -= store.undo_at;
	memmove(store.undo, store.undo + store.undo_at, store.undo_count * sizeof *store.undo);
	store.undo_at = 0;
}

static void note(struct entry *entry, struct value before, bool is_growth)
{
	drop_old();
	entry->version++;
	store.undo = sim_grow(store.undo, store.undo_count + 1, sizeof *store.undo, &store.undo_capacity);
	store.undo[store.undo_count++] = (struct undo){ entry, before, is_growth, sim_now_us() };
}

void store_sim_touch(struct entry *entry)
{
	note(entry, copy_value(&entry->value), false);
}

void store_sim_replace(struct entry *entry)
{
	note(entry, entry->value, false);
	entry->value = (struct value){ .type = VALUE_NONE };
}

void store_sim_touch_end(struct entry *entry)
{
	if (entry->value.type == VALUE_LIST)
		note(entry, (struct value){ .type = VALUE_LIST, .count = entry->value.count }, true);
	else
		store_sim_touch(entry);
}

static void undo_change(struct undo *undo)
{
	struct value *value = &undo->entry->value;
	undo->entry->version++;
	if (undo->is_growth) {
		drop_items(value, undo->before.count, value->count);
		value->count = undo->before.count;
		return;
	}
	value_clear(value);
	*value = undo->before;
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
	store_sim_begin_life();
	size_t undone = 0, kept = store.undo_at;
	for (size_t i = store.undo_count; i-- > store.undo_at;) {
		struct undo *undo = &store.undo[i];
		if (!text_starts_with(undo->entry->key, text_of(prefix)) || undo->at_us < sim_now_us() - cut_of(undo->entry->key, salt, least_us, most_us))
			continue;
		undo_change(undo);
		undo->entry = NULL;
		undone++;
	}
	for (size_t i = store.undo_at; i < store.undo_count; i++)
		if (store.undo[i].entry)
			store.undo[kept++] = store.undo[i];
	store.undo_count = kept;
	return undone;
}
