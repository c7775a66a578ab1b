#include "outgoing.h"

#include <stdlib.h>
#include <string.h>

#include "memory.h"

static void put(struct outgoing *outgoing, struct text text)
{
	if (!text.size)
		return;
	outgoing->bytes = memory_grow(outgoing->bytes, outgoing->size + text.size, 1, &outgoing->bytes_capacity);
	memcpy(outgoing->bytes + outgoing->size, text.at, text.size);
	outgoing->size += text.size;
}

static struct outgoing_message *add(struct outgoing *outgoing, enum outgoing_kind kind, struct text key, struct text value)
{
	outgoing->message = memory_grow(outgoing->message, outgoing->count + 1, sizeof *outgoing->message, &outgoing->capacity);
	struct outgoing_message *message = &outgoing->message[outgoing->count++];
	*message = (struct outgoing_message){
		.kind = (uint8_t)kind,
		.has_key = key.at,
		.key_size = key.size,
		.value_size = value.size,
		.at = outgoing->size,
	};
	put(outgoing, key);
	put(outgoing, value);
	return message;
}

void outgoing_add(struct outgoing *outgoing, enum outgoing_kind kind, struct text key, struct text value)
{
	add(outgoing, kind, key, value);
}

void outgoing_add_dead_letter(struct outgoing *outgoing, struct text key, struct text value, const char *reason, int32_t partition, int64_t offset)
{
	struct outgoing_message *message = add(outgoing, OUTGOING_DEAD_LETTER, key, value);
	message->reason = reason;
	message->partition = partition;
	message->offset = offset;
}

struct text outgoing_key(const struct outgoing *outgoing, size_t index)
{
	const struct outgoing_message *message = &outgoing->message[index];
	return message->has_key ? (struct text){ message->key_size ? outgoing->bytes + message->at : "", message->key_size } : (struct text){ NULL, 0 };
}

struct text outgoing_value(const struct outgoing *outgoing, size_t index)
{
	const struct outgoing_message *message = &outgoing->message[index];
	return (struct text){ message->value_size ? outgoing->bytes + message->at + message->key_size : "", message->value_size };
}

void outgoing_clear(struct outgoing *outgoing)
{
	outgoing->count = outgoing->size = 0;
}

void outgoing_done(struct outgoing *outgoing)
{
	free(outgoing->message);
	free(outgoing->bytes);
	*outgoing = (struct outgoing){ 0 };
}
