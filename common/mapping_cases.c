#include "mapping_cases.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "memory.h"

// Values are few (states, groups) and are kept once, by number; a case keeps one number a watched column.
struct mapping_cases {
	uint32_t watched_count, count;
	uint32_t slot_count;     // a power of two, at most half full
	uint32_t *slot;          // place of the case + 1, 0 is free
	size_t case_capacity, known_capacity, id_capacity, id_bytes;
	struct entry {
		struct mapping_case value;
		size_t id_at;
		uint32_t id_size, hash;
	} *entry;
	name_id *known;
	char *id;                // all ticket ids, one after the other
	struct names *values;
};

enum { SLOTS_AT_FIRST = 1 << 12 };

struct mapping_cases *mapping_cases_new(uint32_t watched_count)
{
	struct mapping_cases *cases = memory_new(sizeof *cases);
	cases->watched_count = watched_count;
	cases->slot_count = SLOTS_AT_FIRST;
	cases->slot = memory_new(sizeof *cases->slot * SLOTS_AT_FIRST);
	cases->values = names_new();
	return cases;
}

void mapping_cases_free(struct mapping_cases *cases)
{
	if (!cases)
		return;
	names_free(cases->values);
	free(cases->slot);
	free(cases->entry);
	free(cases->known);
	free(cases->id);
	free(cases);
}

static void double_slots(struct mapping_cases *cases)
{
	free(cases->slot);
	cases->slot_count *= 2;
	cases->slot = memory_new(sizeof *cases->slot * cases->slot_count);
	for (uint32_t i = 0; i < cases->count; i++) {
		uint32_t at = cases->entry[i].hash & (cases->slot_count - 1);
		while (cases->slot[at])
			at = (at + 1) & (cases->slot_count - 1);
		cases->slot[at] = i + 1;
	}
}

static struct mapping_case *add(struct mapping_cases *cases, uint32_t slot, struct text ticket_id, uint32_t hash)
{
	uint32_t count = cases->count;
	size_t known = (size_t)count * cases->watched_count;
	cases->entry = memory_grow(cases->entry, count + 1, sizeof *cases->entry, &cases->case_capacity);
	cases->known = memory_grow(cases->known, known + cases->watched_count + 1, sizeof *cases->known, &cases->known_capacity);
	cases->id = memory_grow(cases->id, cases->id_bytes + ticket_id.size, 1, &cases->id_capacity);
	memcpy(cases->id + cases->id_bytes, ticket_id.at, ticket_id.size);
	memset(cases->known + known, 0, sizeof *cases->known * cases->watched_count);
	cases->entry[count] = (struct entry){ .value = { .known = (uint32_t)known }, .id_at = cases->id_bytes, .id_size = ticket_id.size, .hash = hash };
	cases->id_bytes += ticket_id.size;
	cases->slot[slot] = ++cases->count;
	if (cases->count * 2 > cases->slot_count)
		double_slots(cases);
	return &cases->entry[count].value;
}

struct mapping_case *mapping_cases_of(struct mapping_cases *cases, struct text ticket_id)
{
	uint32_t hash = (uint32_t)XXH3_64bits(ticket_id.at, ticket_id.size);
	uint32_t at = hash & (cases->slot_count - 1);
	for (; cases->slot[at]; at = (at + 1) & (cases->slot_count - 1)) {
		struct entry *entry = &cases->entry[cases->slot[at] - 1];
		if (entry->hash == hash && text_equal((struct text){ cases->id + entry->id_at, entry->id_size }, ticket_id))
			return &entry->value;
	}
	return cases->count == MAPPING_CASES_MAX ? NULL : add(cases, at, ticket_id, hash);
}

struct text mapping_cases_known(const struct mapping_cases *cases, const struct mapping_case *one, uint32_t watched)
{
	return names_text(cases->values, cases->known[one->known + watched]);
}

bool mapping_cases_learn(struct mapping_cases *cases, const struct mapping_case *one, uint32_t watched, struct text value)
{
	// Any kind of name serves: here it is only a table of texts.
	name_id id = names_intern(cases->values, NAME_CATEGORY, value);
	if (id)
		cases->known[one->known + watched] = id;
	return id != 0;
}
