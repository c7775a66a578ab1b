// outgoing.h - messages that are to be sent, kept until Kafka has acknowledged them all. Bytes in one piece of memory, used again from pass to pass.
#ifndef HOTLINE_OUTGOING_H
#define HOTLINE_OUTGOING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "text.h"

enum outgoing_kind { OUTGOING_ALERT, OUTGOING_COUNTERS, OUTGOING_DEAD_LETTER };

struct outgoing_message {
	uint8_t kind;        // enum outgoing_kind
	bool has_key;
	uint32_t key_size, value_size;
	size_t at;           // of the key in the bytes; the value follows
	// of a dead letter: where it came from, and why it is one
	const char *reason;
	int32_t partition;
	int64_t offset;
};

struct outgoing {
	size_t count, capacity;
	struct outgoing_message *message;
	size_t size, bytes_capacity;
	char *bytes;
};

void outgoing_add(struct outgoing *outgoing, enum outgoing_kind kind, struct text key, struct text value);
void outgoing_add_dead_letter(struct outgoing *outgoing, struct text key, struct text value, const char *reason, int32_t partition, int64_t offset);
struct text outgoing_key(const struct outgoing *outgoing, size_t index);
struct text outgoing_value(const struct outgoing *outgoing, size_t index);
void outgoing_clear(struct outgoing *outgoing);  // keeps the memory
void outgoing_done(struct outgoing *outgoing);

#endif
