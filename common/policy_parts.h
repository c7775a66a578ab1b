// policy_parts.h - the parts of a policy file, each read by a file of its own. Only for policy_file.c and those.
#ifndef HOTLINE_POLICY_PARTS_H
#define HOTLINE_POLICY_PARTS_H

#include "names.h"
#include "policy.h"
#include "yaml_tree.h"

// Ends the function with the status of a call that failed.
#define TRY(call) \
	do { \
		enum status tried = (call); \
		if (tried != OK) \
			return tried; \
	} while (0)

// Counting, as a version states it for its terms.
struct count_style {
	enum count_mode mode;
	bool roll;
	int32_t close_ms;
};

// A version that is being read, and what the next one starts from.
struct version_reader {
	struct names *names;
	struct policy_version version;
	struct count_style style;
	uint8_t term_states[POLICY_TERMS_MAX];  // which parts of its style a term states itself: bits of enum count_part
};
enum count_part { COUNT_PART_MODE = 1, COUNT_PART_ROLL = 2, COUNT_PART_CLOSE = 4 };

// policy_file_version.c: everything of a version but its date.
MUST_USE enum status policy_read_version(struct version_reader *reader, const struct yaml_node *node, struct error *error);
// policy_file_terms.c
MUST_USE enum status policy_read_terms(struct version_reader *reader, const struct yaml_node *version, struct error *error);
// policy_file_calendar.c: sets calendar and own_calendar; a node that is absent leaves them.
MUST_USE enum status policy_read_calendar(struct policy *policy, const struct yaml_node *node, struct error *error);
// policy_file_roster.c: a list of units.
MUST_USE enum status policy_read_roster(struct policy *policy, struct names *names, const struct yaml_node *list, struct error *error);

#endif
