#include "policies.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "memory.h"
#include "policy_file.h"
#include "policy_text.h"

struct policies {
	struct names *names;
	struct known_policy **known;
	size_t count, capacity;
};

struct policies *policies_new(struct names *names)
{
	struct policies *policies = memory_new(sizeof *policies);
	policies->names = names;
	return policies;
}

void policies_free(struct policies *policies)
{
	if (!policies)
		return;
	for (size_t i = 0; i < policies->count; i++) {
		policy_done(&policies->known[i]->policy);
		free((void *)policies->known[i]->text.at);
		free(policies->known[i]);
	}
	free(policies->known);
	free(policies);
}

static const struct known_policy *find(const struct policies *policies, const char *edition)
{
	for (size_t i = 0; i < policies->count; i++)
		if (!strcmp(policies->known[i]->policy.edition, edition))
			return policies->known[i];
	return NULL;
}

static struct known_policy *add(struct policies *policies, const struct policy *policy, char *text, size_t size)
{
	struct known_policy *known = memory_new(sizeof *known);
	*known = (struct known_policy){ .policy = *policy, .text = { text, (uint32_t)size } };
	policies->known = memory_grow(policies->known, policies->count + 1, sizeof *policies->known, &policies->capacity);
	policies->known[policies->count++] = known;
	return known;
}

static const struct known_policy *settle(struct policies *policies, struct policy *policy)
{
	const struct known_policy *present = find(policies, policy->edition);
	if (present) {
		policy_done(policy);
		return present;
	}
	size_t size;
	char *text = policy_canonical(policy, policies->names, &size);
	return add(policies, policy, text, size);
}

enum status policies_load_file(struct policies *policies, const char *path, const struct known_policy **ret_policy, struct error *error)
{
	struct policy *policy = memory_new(sizeof *policy);  // too large for the stack
	enum status status = OK;
	if (path) {
		status = policy_load_file(path, policies->names, policy, error);
	} else {
		policy_init_default(policy);
		policy_stamp(policy, policies->names);
	}
	if (status == OK)
		*ret_policy = settle(policies, policy);
	free(policy);
	return status;
}

enum status policies_load_text(struct policies *policies, struct text text, const char *name, const struct known_policy **ret_policy, struct error *error)
{
	char edition[POLICY_EDITION_BYTES];
	snprintf(edition, sizeof edition, "%016llx", (unsigned long long)XXH3_64bits(text.at, text.size));
	const struct known_policy *present = find(policies, edition);
	if (present) {
		*ret_policy = present;
		return OK;
	}
	char *copy = memory_new(text.size + 1);
	memcpy(copy, text.at, text.size);
	struct policy *policy = memory_new(sizeof *policy);
	enum status status = policy_load_text((struct text){ copy, text.size }, name, policies->names, policy, error);
	if (status == OK) {
		memcpy(policy->edition, edition, sizeof edition);
		*ret_policy = add(policies, policy, copy, text.size);
	} else {
		free(copy);
	}
	free(policy);
	return status;
}
