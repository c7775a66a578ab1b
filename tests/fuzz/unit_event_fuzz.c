// What comes on hotline.unit-events.
#include "fuzz.h"

#include "flat_same.h"
#include "unit_event.pb-c.h"
#include "wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static struct wire_arena arena;
	struct names *names = names_new();
	struct text value = fuzz_text(bytes, size);
	struct error error = { .reason = NULL };
	struct event event;
	arena.used = 0;
	enum status status = wire_unpack_unit_event(value, names, &arena, &event, &error);
	assert(status == OK || (status == REJECT && error.reason && error.text[0]));
	if (status == OK) {
		assert(event_is_of_unit(&event));
		fuzz_check_event((struct text){ NULL, 0 }, &event, names);
	}
	flat_same(&hotline__v1__unit_event__descriptor, value);
	fuzz_text_free(value);
	names_free(names);
	return 0;
}
