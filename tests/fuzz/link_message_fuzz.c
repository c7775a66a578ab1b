// A message of facts about links. The checksum is put right, as nothing would be found behind a wrong one. Facts that are read are written and read again as they were.
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "link_message.h"
#include "memory.h"

static bool is_same(const struct link_change *a, const struct link_change *b)
{
	return a->hash.high == b->hash.high && a->hash.low == b->hash.low && a->kind == b->kind && a->fact.link == b->fact.link && a->fact.caller == b->fact.caller &&
	       a->fact.at_ms == b->fact.at_ms && a->fact.revision == b->fact.revision && a->fact.is_gone == b->fact.is_gone &&
	       link_ticket_equal(&a->fact.ticket, &b->fact.ticket);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct link_change *change = NULL, *again = NULL;
	size_t count = 0, capacity = 0, count_again = 0, capacity_again = 0;
	struct error error = { .reason = NULL };
	uint8_t *sealed = memory_new(size + LINK_MESSAGE_SEAL_BYTES);
	if (size)
		memcpy(sealed, bytes, size);
	size_t whole = size + link_message_seal(sealed, size, sealed + size);
	struct text message = fuzz_text(sealed, whole);
	enum status status = link_message_read(message, &change, &count, &capacity, &error);
	assert(status == OK || (status == REJECT && strcmp(error.reason, "bad_message") == 0 && !count));
	uint8_t *written = memory_new(LINK_MESSAGE_HEAD_BYTES + count * LINK_MESSAGE_FACT_BYTES_MAX + LINK_MESSAGE_SEAL_BYTES);
	size_t used = link_message_head(written);
	for (size_t i = 0; i < count; i++)
		used += link_message_fact(&change[i], written + used);
	used += link_message_seal(written, used, written + used);
	if (used <= LINK_MESSAGE_BYTES_MAX) {
		status = link_message_read((struct text){ (const char *)written, (uint32_t)used }, &again, &count_again, &capacity_again, &error);
		assert(status == OK && count_again == count);
		for (size_t i = 0; i < count; i++)
			assert(is_same(&change[i], &again[i]));
	}
	free(change);
	free(again);
	free(written);
	free(sealed);
	fuzz_text_free(message);
	return 0;
}
