// What comes on hotline.alerts and lies in outboxes. One that is read comes back the same from the wire.
// Read in one pass it is what protobuf-c reads.
#include "fuzz.h"

#include "alert_same.h"

static void assert_equal(const struct wire_alert *a, const struct wire_alert *b)
{
	assert(text_equal(a->id, b->id) && text_equal(a->rule, b->rule) && text_equal(a->ticket_id, b->ticket_id) && text_equal(a->unit, b->unit));
	assert(text_equal(a->dimension, b->dimension) && text_equal(a->article, b->article) && text_equal(a->next_step, b->next_step));
	assert(text_equal(a->policy, b->policy) && a->at_ms == b->at_ms && a->revision == b->revision && a->state == b->state && a->severity == b->severity);
	assert(a->evidence_count == b->evidence_count);
	for (uint32_t i = 0; i < a->evidence_count; i++)
		assert(text_equal(a->evidence[i].name, b->evidence[i].name) && text_equal(a->evidence[i].value, b->evidence[i].value));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static struct wire_arena arena, again_arena;
	static uint8_t packed[WIRE_ALERT_BYTES_MAX];
	struct wire_alert alert, again;
	struct error error = { .reason = NULL };
	struct text value = fuzz_text(bytes, size);
	arena.used = again_arena.used = 0;
	enum status status = wire_unpack_alert(value, &arena, &alert, &error);
	assert(status == OK || (status == REJECT && error.reason));
	size_t packed_size = status == OK ? wire_pack_alert(&alert, packed) : 0;
	if (packed_size) {
		assert(wire_unpack_alert((struct text){ (const char *)packed, (uint32_t)packed_size }, &again_arena, &again, &error) == OK);
		assert_equal(&alert, &again);
	}
	alert_same(value);
	fuzz_text_free(value);
	return 0;
}
