// policy_words.h - a policy in plain words, and what in it contradicts itself: for `hotline check-config`.
#ifndef HOTLINE_POLICY_WORDS_H
#define HOTLINE_POLICY_WORDS_H

#include <stdint.h>
#include <stdio.h>

#include "language.h"
#include "names.h"
#include "policy.h"

void policy_print_words(FILE *file, const struct policy *policy, const struct names *names, enum language language);

enum { POLICY_DOUBT_BYTES = 320, POLICY_DOUBTS_MAX = 64 };

// What can be loaded and is probably not meant: a term behind one that covers it, tickets without a term, a calendar that ends soon or has ended,
// a version that changes nothing. One sentence each; returns how many. `today` is the civil day of asking.
uint32_t policy_find_doubts(const struct policy *policy, const struct names *names, int32_t today, enum language language,
	char ret_doubts[POLICY_DOUBTS_MAX][POLICY_DOUBT_BYTES]);

#endif
