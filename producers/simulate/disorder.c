#include "disorder.h"

#include <stdlib.h>
#include <string.h>

#include "memory.h"

struct held {
	uint64_t turn;   // when so many records have been put
	struct event_record record;
	char *bytes;     // of key and value
};

struct disorder {
	struct chance chance;
	uint32_t swap_e4, duplicate_e4;
	struct event_output *output;
	uint64_t put_count, sent_count, next_turn;
	uint32_t held_count;
	struct held held[DISORDER_HELD_MAX];
};

struct disorder *disorder_new(uint64_t seed, uint32_t swap_e4, uint32_t duplicate_e4, struct event_output *output)
{
	struct disorder *disorder = memory_new(sizeof *disorder);
	disorder->chance = chance_of(seed ^ UINT64_C(0xd15));
	disorder->swap_e4 = swap_e4;
	disorder->duplicate_e4 = duplicate_e4;
	disorder->output = output;
	disorder->next_turn = UINT64_MAX;
	return disorder;
}

void disorder_free(struct disorder *disorder)
{
	if (!disorder)
		return;
	for (uint32_t i = 0; i < disorder->held_count; i++)
		free(disorder->held[i].bytes);
	free(disorder);
}

static enum status send(struct disorder *disorder, const struct event_record *record, struct error *error)
{
	disorder->sent_count++;
	return event_output_put(disorder->output, record, error);
}

// Holds a copy for 1 to `most` records. False when there is no room.
static bool hold(struct disorder *disorder, const struct event_record *record, uint64_t most)
{
	if (disorder->held_count == DISORDER_HELD_MAX)
		return false;
	struct held *held = &disorder->held[disorder->held_count++];
	held->turn = disorder->put_count + 1 + chance_below(&disorder->chance, most);
	held->bytes = memory_new(record->key.size + record->value.size);
	memcpy(held->bytes, record->key.at, record->key.size);
	memcpy(held->bytes + record->key.size, record->value.at, record->value.size);
	held->record = *record;
	held->record.key.at = held->bytes;
	held->record.value.at = held->bytes + record->key.size;
	if (held->turn < disorder->next_turn)
		disorder->next_turn = held->turn;
	return true;
}

// Sends what has had its turn, in the order in which it was held.
static enum status release(struct disorder *disorder, uint64_t turn, struct error *error)
{
	uint32_t kept = 0;
	enum status status = OK;
	uint64_t next = UINT64_MAX;
	for (uint32_t i = 0; i < disorder->held_count; i++) {
		struct held *held = &disorder->held[i];
		if (held->turn <= turn && status == OK) {
			status = send(disorder, &held->record, error);
			free(held->bytes);
			continue;
		}
		next = held->turn < next ? held->turn : next;
		disorder->held[kept++] = *held;
	}
	disorder->held_count = kept;
	disorder->next_turn = next;
	return status;
}

enum status disorder_put(struct disorder *disorder, const struct event_record *record, struct error *error)
{
	disorder->put_count++;
	if (disorder->duplicate_e4 && chance_of_e4(&disorder->chance, disorder->duplicate_e4))
		(void)hold(disorder, record, DISORDER_DUPLICATE_MAX);
	bool is_late = disorder->swap_e4 && chance_of_e4(&disorder->chance, disorder->swap_e4) && hold(disorder, record, DISORDER_SWAP_MAX);
	enum status status = is_late ? OK : send(disorder, record, error);
	if (status == OK && disorder->put_count >= disorder->next_turn)
		status = release(disorder, disorder->put_count, error);
	return status;
}

enum status disorder_flush(struct disorder *disorder, struct error *error)
{
	return release(disorder, UINT64_MAX, error);
}

uint64_t disorder_count(const struct disorder *disorder)
{
	return disorder->sent_count;
}
