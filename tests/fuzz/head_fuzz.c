// The head of a shard. One that is read comes back the same.
#include "fuzz.h"

#include <string.h>

#include "head.h"

static void assert_equal(const struct head *a, const struct head *b)
{
	assert(strcmp(a->topic, b->topic) == 0 && strcmp(a->policy, b->policy) == 0 && a->partition == b->partition && a->partitions == b->partitions);
	assert(a->offset == b->offset && a->owner == b->owner && a->commit == b->commit && a->clock_ms == b->clock_ms && a->revision == b->revision);
	assert(a->edition == b->edition && a->policy_since_ms == b->policy_since_ms && a->names == b->names && a->due_hour == b->due_hour);
	assert(a->changes_from == b->changes_from && a->changes_to == b->changes_to && a->sweep == b->sweep && a->seed_from == b->seed_from);
	assert(a->seed_month == b->seed_month && a->seed_unit == b->seed_unit && a->is_catching_up == b->is_catching_up);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct text text = fuzz_text(bytes, size);
	struct head head, again;
	struct error error = { .reason = NULL };
	char string[HEAD_BYTES_MAX];
	enum status status = head_parse(text, &head, &error);
	assert(status == OK || (status == FATAL && (strcmp(error.reason, "broken_state") == 0 || strcmp(error.reason, "other_version") == 0)));
	if (status == OK) {
		size_t written = head_format(&head, string);
		assert(head_parse((struct text){ string, (uint32_t)written }, &again, &error) == OK);
		assert_equal(&head, &again);
	}
	fuzz_text_free(text);
	return 0;
}
