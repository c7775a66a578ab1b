// Who came before a ticket, as a link tells it. What is read is written and read again as it was.
#include "fuzz.h"

#include <string.h>

#include "link.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct text text = fuzz_text(bytes, size);
	struct precedence read, again;
	uint8_t written[PRECEDENCE_BYTES_MAX];
	memset(&read, 0, sizeof read);
	memset(&again, 0, sizeof again);
	if (precedence_unpack(text, &read)) {
		size_t used = precedence_pack(&read, written);
		assert(used <= sizeof written && precedence_unpack((struct text){ (const char *)written, (uint32_t)used }, &again));
		assert(read.earlier_count == again.earlier_count && read.caller_count == again.caller_count);
		assert(memcmp(read.earlier_ms, again.earlier_ms, sizeof read.earlier_ms) == 0 && memcmp(read.caller_ms, again.caller_ms, sizeof read.caller_ms) == 0);
	}
	fuzz_text_free(text);
	return 0;
}
