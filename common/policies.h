// policies.h - the policies that a process has come to know, each once, by edition. None goes before the end, so whoever judges by one may point to it.
#ifndef HOTLINE_POLICIES_H
#define HOTLINE_POLICIES_H

#include "error.h"
#include "names.h"
#include "policy.h"
#include "text.h"

struct known_policy {
	struct policy policy;
	struct text text;  // its edition is the hash of these bytes
};

struct policies;
struct policies *policies_new(struct names *names);  // the names outlive it
void policies_free(struct policies *policies);       // NULL is taken

// Reads a policy file; without a path it is the default policy. FATAL bad_config with FILE:LINE:COLUMN.
MUST_USE enum status policies_load_file(struct policies *policies, const char *path, const struct known_policy **ret_policy, struct error *error);

// The same of a text that was kept. It stays the edition that it was even if this program would write it in other words: one with more rules than the program
// that wrote it judges by it as that one did.
MUST_USE enum status policies_load_text(struct policies *policies, struct text text, const char *name, const struct known_policy **ret_policy, struct error *error);

#endif
