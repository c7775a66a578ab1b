#include "shuffle.h"

#include <stdlib.h>
#include <string.h>

#include "chance.h"
#include "memory.h"

struct shuffle {
	size_t count, taken, capacity, byte_count, byte_capacity;
	struct kept {
		size_t at;
		uint32_t key_size, value_size;
		int64_t at_ms;
		bool is_of_unit;
	} *record;
	char *bytes;
};

struct shuffle *shuffle_new(void)
{
	return memory_new(sizeof(struct shuffle));
}

void shuffle_free(struct shuffle *shuffle)
{
	if (!shuffle)
		return;
	free(shuffle->record);
	free(shuffle->bytes);
	free(shuffle);
}

static void keep(struct shuffle *shuffle, struct text text)
{
	memcpy(shuffle->bytes + shuffle->byte_count, text.at, text.size);
	shuffle->byte_count += text.size;
}

void shuffle_add(struct shuffle *shuffle, const struct event_record *record)
{
	shuffle->record = memory_grow(shuffle->record, shuffle->count + 1, sizeof *shuffle->record, &shuffle->capacity);
	shuffle->bytes = memory_grow(shuffle->bytes, shuffle->byte_count + record->key.size + record->value.size, 1, &shuffle->byte_capacity);
	shuffle->record[shuffle->count++] = (struct kept){
		.at = shuffle->byte_count,
		.key_size = record->key.size,
		.value_size = record->value.size,
		.at_ms = record->at_ms,
		.is_of_unit = record->is_of_unit,
	};
	keep(shuffle, record->key);
	keep(shuffle, record->value);
}

// Source: Fisher and Yates, in Durstenfeld's form.
void shuffle_mix(struct shuffle *shuffle, uint64_t seed)
{
	struct chance chance = chance_of(seed);
	for (size_t i = shuffle->count; i > 1; i--) {
		size_t other = chance_below(&chance, i);
		struct kept swapped = shuffle->record[i - 1];
		shuffle->record[i - 1] = shuffle->record[other];
		shuffle->record[other] = swapped;
	}
	shuffle->taken = 0;
}

bool shuffle_take(struct shuffle *shuffle, struct event_record *ret_record)
{
	if (shuffle->taken == shuffle->count)
		return false;
	const struct kept *kept = &shuffle->record[shuffle->taken++];
	*ret_record = (struct event_record){
		.is_of_unit = kept->is_of_unit,
		.key = { shuffle->bytes + kept->at, kept->key_size },
		.value = { shuffle->bytes + kept->at + kept->key_size, kept->value_size },
		.at_ms = kept->at_ms,
	};
	return true;
}
