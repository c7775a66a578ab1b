// A line of JSON, as hotline-replay reads it.
#include "fuzz.h"

#include "event_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static struct event_json_arena arena;
	struct names *names = names_new();
	struct text line = fuzz_text(bytes, size), ticket_id;
	struct error error = { .reason = NULL };
	struct event event;
	arena.used = 0;
	enum status status = event_json_read(line, names, &arena, &ticket_id, &event, &error);
	assert(status == OK || (status == REJECT && error.reason && error.text[0]));
	if (status == OK) {
		assert(event_is_of_unit(&event) == !ticket_id.size);
		fuzz_check_event(ticket_id, &event, names);
	}
	fuzz_text_free(line);
	names_free(names);
	return 0;
}
