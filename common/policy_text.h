// policy_text.h - a policy as canonical text: everything that judging depends on, spelled out, so that the text alone can judge old tickets again.
//
// It is a policy file (policy_file.h loads it) with nothing left to defaults: each setting of each version, each day of the calendar that is not what its
// weekday says, each unit of the roster, and each rule that this program knows, on or off. A rule that is not in it is off: a program with more rules
// judges by an older edition as the older program did, and its own edition of the same file is another one. The edition is the XXH3 hash of the text.
#ifndef HOTLINE_POLICY_TEXT_H
#define HOTLINE_POLICY_TEXT_H

#include <stddef.h>

#include "names.h"
#include "policy.h"

// Ends in a NUL; the caller frees it. `names` may be NULL when the policy names no district and has no roster.
char *policy_canonical(const struct policy *policy, const struct names *names, size_t *ret_size);

// Fills in policy->edition. Whoever changes a policy calls it.
void policy_stamp(struct policy *policy, const struct names *names);

#endif
