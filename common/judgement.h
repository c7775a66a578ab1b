// judgement.h - what a dimension's alerts were last said to be, as it is stored, and how judging a month again changes it.
//
// Stored in the state hash of the dimension: the field tells the alert, "floors/2024-03/satisfaction", the value how it stands:
//
//   state=firing severity=warning at=1709600000000 revision=1709600000000123
//
// The alert's id has the dimension in it: "floors/unit/U/2024-03/satisfaction".
#ifndef HOTLINE_JUDGEMENT_H
#define HOTLINE_JUDGEMENT_H

#include "rule.h"

enum {
	JUDGEMENT_FIELD_BYTES = 96,
	JUDGEMENT_VALUE_BYTES = 128,
	JUDGEMENT_CHANGES_MAX = 64,  // of one dimension and month: what all rules together can say about it
};

struct judgement {
	char field[JUDGEMENT_FIELD_BYTES];
	uint8_t state, severity;  // enum alert_state, enum severity
	int64_t at_ms;            // when it became true: the first crossing, also when it is over
	int64_t revision;
};

size_t judgement_format(const struct judgement *judgement, char ret_value[JUDGEMENT_VALUE_BYTES]);
// FATAL broken_state.
MUST_USE enum status judgement_parse(struct text field, struct text value, struct judgement *ret_judgement, struct error *error);

// The month in a field. False when it has none.
bool judgement_month(struct text field, int32_t *ret_month);
// The id of the alert that a field of this dimension tells of. 0 when it does not fit.
size_t judgement_id(struct text dimension, const char *field, char ret_id[ALERT_ID_BYTES_MAX]);
// The field of an id of that dimension; false when the id is of something else.
bool judgement_field_of_id(struct text id, struct text dimension, char ret_field[JUDGEMENT_FIELD_BYTES]);

// All rules about a dimension's month that are switched on. ret_outcome is large and belongs to the caller.
void judgement_judge(const struct month_facts *facts, struct outcome *ret_outcome);

// How an alert stands from now on, to be stored and to be sent. `alert` is the rule's word on it, NULL when the rule has none any more.
struct judgement_change {
	struct judgement now;      // the revision is the caller's to set
	const struct alert *alert;
};

// The difference between what is stored and the outcome. What fires and did not is firing; what fired and does not is resolved, and keeps its instant; what is
// as before is no change. `published` is what readers of hotline.alerts believe, if that was read back: where it is not what is stored, the stored state is said
// again, and `retracted` where nothing is stored. Stored and published judgements of other months and of rules that this program does not know are left alone.
// Returns how many of ret_change were filled.
size_t judgement_diff(const struct judgement *stored, size_t stored_count, const struct judgement *published, size_t published_count,
	const struct month_facts *facts, const struct outcome *outcome, struct judgement_change ret_change[JUDGEMENT_CHANGES_MAX]);

#endif
