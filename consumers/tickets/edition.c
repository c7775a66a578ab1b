// Which policy holds in a shard: the one in its head, so that all who own it in turn agree. A process whose own file says otherwise puts its own in force only
// when it was told to, by SIGHUP or at its start by --policy-takeover, and later than the one in the head was; without that it goes on with the text that is
// kept beside the head, and says so. So neither a forgotten file on one machine nor an instance that was away can turn a change of rules back.
//
// A new edition is a number more in the head, in one step with its text and the order to sweep: every ticket is judged again, before by the edition that it was
// judged by last, after by the new one. Source: design.md, idea 1.
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "civil.h"
#include "keys.h"
#include "memory.h"
#include "shard_inside.h"

static bool is_own(const struct shard *shard)
{
	return strcmp(shard->head.policy, shard->settings->own_policy->policy.edition) == 0;
}

bool shard_differs(const struct shard *shard)
{
	return shard->policy && shard->policy != shard->settings->own_policy;
}

static void keep_edition(struct shard *shard, uint32_t number, const struct known_policy *policy)
{
	size_t had = shard->edition_capacity;
	shard->edition = memory_grow(shard->edition, (size_t)number + 1, sizeof *shard->edition, &shard->edition_capacity);
	for (size_t i = had; i < shard->edition_capacity; i++)
		shard->edition[i] = NULL;
	shard->edition[number] = policy;
}

// "+08:00".
static const char *zone_name(const struct policy *policy, char ret_instant[CIVIL_INSTANT_BYTES])
{
	civil_format_instant(0, policy->zone_ms, ret_instant);
	return ret_instant + strlen("1970-01-01T00:00:00");
}

enum status shard_check_policy(const struct shard *shard, const struct policy *policy, struct error *error)
{
	char in_force[CIVIL_INSTANT_BYTES], wanted[CIVIL_INSTANT_BYTES];
	if (!shard->policy || shard->policy->policy.zone_ms == policy->zone_ms)
		return OK;
	return error_set(error, FATAL, "bad_config", "the policy's zone %s is not the zone %s that %s counts its days in, and days that were counted would move: keep the zone, "
		"or start over with --rebuild", zone_name(policy, wanted), zone_name(&shard->policy->policy, in_force), shard->name);
}

// What was in force becomes the edition that tickets were judged by.
static void put_in_force(struct shard *shard, int64_t since_ms)
{
	struct head *head = &shard->head;
	if (shard->policy)
		keep_edition(shard, head->edition, shard->policy);
	assert(!shard->policy || shard->policy->policy.zone_ms == shard->settings->own_policy->policy.zone_ms);
	shard->policy = shard->settings->own_policy;
	snprintf(head->policy, sizeof head->policy, "%s", shard->policy->policy.edition);
	head->edition++;
	head->policy_since_ms = since_ms;
	head->sweep = shard->kind != SHARD_OF_LINKS;  // links have no opinion
	shard->sweep.size = 0;
	shard->sweep_next = SWEEP_NOT_READ;
	shard->is_new_edition = true;
	shard_seed_units(shard);
	shard_seed_again(shard);
}

// Of one order; `is_owner`: it came while the head was ours, so that it is later than what is there, whatever two machines' clocks say.
static void obey(struct shard *shard, bool is_owner)
{
	int64_t told_at_ms = shard->settings->told_at_ms, since_ms = shard->head.policy_since_ms;
	shard->told_at_ms = told_at_ms;
	if (is_owner && told_at_ms <= since_ms)
		told_at_ms = since_ms + 1;
	if (told_at_ms <= since_ms)
		return;
	if (is_own(shard))
		shard->head.policy_since_ms = told_at_ms;
	else
		put_in_force(shard, told_at_ms);
}

bool shard_has_order(const struct shard *shard)
{
	return shard->told_at_ms != shard->settings->told_at_ms;
}

void shard_obey(struct shard *shard)
{
	if (shard_has_order(shard))
		obey(shard, true);
}

void shard_take_own_policy(struct shard *shard)
{
	shard->policy = shard->settings->own_policy;
	shard->told_at_ms = shard->head.policy_since_ms = shard->settings->told_at_ms;
	snprintf(shard->head.policy, sizeof shard->head.policy, "%s", shard->policy->policy.edition);
	shard_seed_units(shard);
}

static enum status load_edition(struct shard *shard, uint32_t number, const struct known_policy **ret_policy, struct error *error)
{
	const struct redisReply *reply;
	char key[KEY_BYTES_MAX];
	size_t size = key_policy(shard->name, number, key);
	redis_command(shard->redis, 2, (const struct text[]){ TEXT("GET"), { key, (uint32_t)size } });
	enum status status = redis_wait(shard->redis, SHARD_REPLY_TIMEOUT_MS, &reply, error);
	if (status == OK)
		status = redis_check_type(reply, REPLY_IS_VALUE, key, error);
	if (status == OK && reply_type(reply) != REPLY_STRING)
		return error_set(error, FATAL, "broken_state", "%s, a policy that tickets were judged by, is not there", key);
	return status == OK ? policies_load_text(shard->settings->policies, reply_text(reply), key, ret_policy, error) : status;
}

// Tickets may have been judged by any edition since the last sweep that came to its end. A sweep that was under way begins again: its cursor may not survive
// a restart of Redis, and what it has swept is passed over quickly.
static enum status load_editions(struct shard *shard, struct error *error)
{
	for (uint32_t number = 1; number < shard->head.edition; number++) {
		const struct known_policy *policy;
		enum status status = load_edition(shard, number, &policy, error);
		if (status != OK)
			return status;
		keep_edition(shard, number, policy);
	}
	shard->head.sweep = 1;
	return OK;
}

enum status shard_choose_policy(struct shard *shard, struct error *error)
{
	enum status status = OK;
	shard->policy = NULL;
	if (is_own(shard))
		shard->policy = shard->settings->own_policy;
	else
		status = load_edition(shard, shard->head.edition, &shard->policy, error);
	if (status == OK && shard->head.sweep)
		status = load_editions(shard, error);
	if (status != OK)
		return status;
	if (shard->settings->told_at_ms > shard->head.policy_since_ms && (status = shard_check_policy(shard, &shard->settings->own_policy->policy, error)) != OK)
		return status;
	shard_seed_units(shard);
	obey(shard, false);
	return OK;
}
