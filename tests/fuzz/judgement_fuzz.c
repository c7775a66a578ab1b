// A stored alert of a dimension: its field, a newline, its value. One that is read comes back the same.
#include "fuzz.h"

#include <string.h>

#include "judgement.h"

static void check_field(struct text field)
{
	static const struct text dimension = { "unit/u1", 7 };
	char id[ALERT_ID_BYTES_MAX], back[JUDGEMENT_FIELD_BYTES], string[JUDGEMENT_FIELD_BYTES];
	int32_t month;
	if (!text_copy(field, string, sizeof string) || strlen(string) != field.size || !judgement_month(field, &month))
		return;
	size_t size = judgement_id(dimension, string, id);
	assert(size);
	assert(judgement_field_of_id((struct text){ id, (uint32_t)size }, dimension, back) && strcmp(back, string) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct text text = fuzz_text(bytes, size), value = text, field = fuzz_take_line(&value);
	struct judgement judgement, again;
	struct error error = { .reason = NULL };
	char string[JUDGEMENT_VALUE_BYTES];
	enum status status = judgement_parse(field, value, &judgement, &error);
	assert(status == OK || (status == FATAL && strcmp(error.reason, "broken_state") == 0));
	if (status == OK) {
		size_t written = judgement_format(&judgement, string);
		assert(judgement_parse(field, (struct text){ string, (uint32_t)written }, &again, &error) == OK);
		assert(judgement.state == again.state && judgement.severity == again.severity);
		assert(judgement.at_ms == again.at_ms && judgement.revision == again.revision);
	}
	check_field(field);
	fuzz_text_free(text);
	return 0;
}
