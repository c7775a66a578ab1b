// A bucket of due tickets. One that is sound gives its ids in order, and these written down again are the bucket.
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "due.h"
#include "memory.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct text bucket = fuzz_text(bytes, size), id;
	struct due *due = due_new();
	struct error error = { .reason = NULL };
	enum status status = due_queue_bucket(due, bucket, 474888, true, &error);
	assert(status == OK || (status == FATAL && strcmp(error.reason, "broken_state") == 0));
	if (status == OK) {
		uint8_t *again = memory_new(size + 256);
		size_t written = 0;
		while (due_queue_next(due, &id))
			written += due_record(id, again + written);
		assert(written == size && (!size || memcmp(again, bytes, size) == 0));
		assert(due_queue_finished_hour(due) == 474888);
		free(again);
	}
	due_free(due);
	fuzz_text_free(bucket);
	return 0;
}
