// What comes on hotline.ticket-events: bare, or in the Confluent frame.
#include "fuzz.h"

#include <string.h>

#include "flat_same.h"
#include "memory.h"
#include "ticket_event.pb-c.h"
#include "wire.h"

static const char frame[] = { 0, 0, 0, 0, 7, 0 };

static enum status unpack(struct text value, struct names *names, struct text *ret_ticket_id, struct event *ret_event)
{
	static struct wire_arena arena;
	struct error error = { .reason = NULL };
	arena.used = 0;
	enum status status = wire_unpack_ticket_event(value, names, &arena, ret_ticket_id, ret_event, &error);
	assert(status == OK || (status == REJECT && error.reason && error.text[0]));
	return status;
}

// A bare message that is accepted is accepted in the frame too, as long as both fit.
static void check_framed(struct text bare, struct names *names)
{
	struct text ticket_id;
	struct event event;
	if (!bare.size || bare.at[0] == 0 || bare.size + sizeof frame > PAYLOAD_BYTES_MAX)
		return;
	char *bytes = memory_new(bare.size + sizeof frame);
	memcpy(bytes, frame, sizeof frame);
	memcpy(bytes + sizeof frame, bare.at, bare.size);
	struct text framed = { bytes, bare.size + (uint32_t)sizeof frame };
	assert(unpack(framed, names, &ticket_id, &event) == OK);
	fuzz_text_free(framed);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct names *names = names_new();
	struct text value = fuzz_text(bytes, size), ticket_id;
	struct event event;
	if (unpack(value, names, &ticket_id, &event) == OK) {
		assert(!event_is_of_unit(&event));
		fuzz_check_event(ticket_id, &event, names);
		check_framed(value, names);
	}
	flat_same(&hotline__v1__ticket_event__descriptor, value);
	fuzz_text_free(value);
	names_free(names);
	return 0;
}
