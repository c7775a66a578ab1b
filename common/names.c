#include "names.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "memory.h"

struct name {
	char *dimension;  // "unit/U", NUL-terminated
	uint32_t size;
	uint32_t hash;
	uint8_t kind;
	struct names_category category;
};

struct names {
	struct name *name;  // by id; name[0] is unused
	size_t count, capacity;
	uint32_t *slot;     // open addressing: id, 0 is free
	uint32_t slots;     // a power of two, at most half full
};

#define PREFIX(literal) { literal, sizeof(literal) - 1 }
static const struct text prefix[NAME_KIND_COUNT] = {
	[NAME_CITY] = PREFIX("city"),
	[NAME_DISTRICT] = PREFIX("district/"),
	[NAME_GROUP] = PREFIX("group/"),
	[NAME_UNIT] = PREFIX("unit/"),
	[NAME_CATEGORY] = PREFIX("category/"),
};

struct names *names_new(void)
{
	struct names *names = memory_new(sizeof *names);
	names->slots = 1024;
	names->slot = memory_new(names->slots * sizeof *names->slot);
	names->name = memory_grow(NULL, 1, sizeof *names->name, &names->capacity);
	names->name[0] = (struct name){ .dimension = NULL };
	names->count = 1;
	return names;
}

void names_free(struct names *names)
{
	if (!names)
		return;
	for (size_t i = 1; i < names->count; i++)
		free(names->name[i].dimension);
	free(names->name);
	free(names->slot);
	free(names);
}

static uint32_t hash_of(enum name_kind kind, struct text name)
{
	return (uint32_t)XXH3_64bits_withSeed(name.at ? name.at : "", name.size, kind);
}

// The slot that holds the name, or the free one where it would go.
static uint32_t slot_of(const struct names *names, enum name_kind kind, struct text name, uint32_t hash)
{
	for (uint32_t i = hash & (names->slots - 1);; i = (i + 1) & (names->slots - 1)) {
		const struct name *found = &names->name[names->slot[i]];
		if (!names->slot[i] || (found->hash == hash && found->kind == kind && text_equal(names_text(names, names->slot[i]), name)))
			return i;
	}
}

static void slots_double(struct names *names)
{
	free(names->slot);
	names->slots *= 2;
	names->slot = memory_new(names->slots * sizeof *names->slot);
	for (uint32_t id = 1; id < names->count; id++) {
		uint32_t i = names->name[id].hash & (names->slots - 1);
		while (names->slot[i])
			i = (i + 1) & (names->slots - 1);
		names->slot[i] = id;
	}
}

static name_id add(struct names *names, enum name_kind kind, struct text name, uint32_t hash)
{
	if (names->count > NAME_COUNT_MAX)
		return 0;
	if (names->count * 2 > names->slots)
		slots_double(names);
	names->name = memory_grow(names->name, names->count + 1, sizeof *names->name, &names->capacity);
	uint32_t size = prefix[kind].size + (kind == NAME_CITY ? 0 : name.size);
	char *dimension = memory_new(size + 1);
	memcpy(dimension, prefix[kind].at, prefix[kind].size);
	memcpy(dimension + prefix[kind].size, name.at, size - prefix[kind].size);
	name_id id = (name_id)names->count++;
	names->name[id] = (struct name){ .dimension = dimension, .size = size, .hash = hash, .kind = (uint8_t)kind };
	names->slot[slot_of(names, kind, name, hash)] = id;
	return id;
}

// "A" and "A/B" of "A/B/C".
static void link_category(struct names *names, name_id id)
{
	struct text name = names_text(names, id);
	const char *first = memchr(name.at, '/', name.size);
	if (!first) {
		names->name[id].category = (struct names_category){ id, 0 };
		return;
	}
	const char *rest = first + 1;
	size_t left = name.size - (size_t)(rest - name.at);
	const char *second = memchr(rest, '/', left);
	struct names_category category = { 0, id };
	if (second)
		category.sub = names_intern(names, NAME_CATEGORY, (struct text){ name.at, (uint32_t)(second - name.at) });
	category.top = names_intern(names, NAME_CATEGORY, (struct text){ name.at, (uint32_t)(first - name.at) });
	names->name[id].category = category;
}

name_id names_intern(struct names *names, enum name_kind kind, struct text name)
{
	if (kind == NAME_CITY)
		name = prefix[NAME_CITY];
	if (name.size == 0 || name.size > NAME_BYTES_MAX)
		return 0;
	uint32_t hash = hash_of(kind, name);
	name_id id = names->slot[slot_of(names, kind, name, hash)];
	if (id)
		return id;
	if (kind == NAME_CATEGORY && names->count + 3 > NAME_COUNT_MAX)
		return 0;  // a category comes with its parents or not at all
	id = add(names, kind, name, hash);
	if (id && kind == NAME_CATEGORY)
		link_category(names, id);
	return id;
}

name_id names_find(const struct names *names, enum name_kind kind, struct text name)
{
	if (kind == NAME_CITY)
		name = prefix[NAME_CITY];
	return names->slot[slot_of(names, kind, name, hash_of(kind, name))];
}

name_id names_intern_dimension(struct names *names, struct text dimension)
{
	if (text_equal(dimension, prefix[NAME_CITY]))
		return names_intern(names, NAME_CITY, dimension);
	for (enum name_kind kind = NAME_DISTRICT; kind < NAME_KIND_COUNT; kind++)
		if (text_starts_with(dimension, prefix[kind]))
			return names_intern(names, kind, (struct text){ dimension.at + prefix[kind].size, dimension.size - prefix[kind].size });
	return 0;
}

struct text names_dimension(const struct names *names, name_id id)
{
	assert(id < names->count);
	return (struct text){ names->name[id].dimension, names->name[id].size };
}

struct text names_text(const struct names *names, name_id id)
{
	assert(id < names->count);
	if (!id)
		return (struct text){ NULL, 0 };
	const struct name *name = &names->name[id];
	uint32_t skip = name->kind == NAME_CITY ? 0 : prefix[name->kind].size;
	return (struct text){ name->dimension + skip, name->size - skip };
}

enum name_kind names_kind(const struct names *names, name_id id)
{
	assert(id && id < names->count);
	return names->name[id].kind;
}

uint32_t names_count(const struct names *names)
{
	return (uint32_t)names->count - 1;
}

struct names_category names_category(const struct names *names, name_id category)
{
	assert(category < names->count);
	return names->name[category].category;
}
