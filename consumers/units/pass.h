// pass.h - one pass: sums what a batch names, writes it in one transaction, and says what has to be published.
//
//     guard   WATCH the state of every dimension of the batch, then read it, and what is left in the outboxes
//     read    the heads, for the clock; of each month the partials of every shard
//     write   MULTI months, days, states, outboxes EXEC; nil when another instance came between: the same batch again
//     trim    when all of it is published: the same guard, then LTRIM of the outboxes
//
// Reading begins only when the guard has been answered, so that nothing is summed that was read before it stood. A pass knows no socket: it queues commands,
// and is given the replies one by one. An empty batch makes a pass that only looks at the heads.
#ifndef HOTLINE_PASS_H
#define HOTLINE_PASS_H

#include "batch.h"
#include "error.h"
#include "head.h"
#include "keys.h"
#include "names.h"
#include "outgoing.h"
#include "policy.h"
#include "redis.h"

enum { PASS_OUTBOX_MAX = 10000 };  // alerts of one dimension that are published at once; the rest follows

// What all passes share. Belongs to the caller.
struct pass_shard {
	char name[SHARD_NAME_BYTES];
	int32_t partitions;  // of its topic, from Kafka; a head that says another number is FATAL
};
struct pass_setup {
	struct names *names;
	const struct policy *policy;
	bool follows_heads;                      // another policy in the heads ends a pass, but for:
	char unknown_edition[POLICY_EDITION_BYTES];  // one that could not be loaded
	size_t shard_count;
	const struct pass_shard *shard;
};

enum pass_end {
	PASS_RUNNING,
	PASS_WRITTEN,    // publish pass_outgoing, then pass_trim. Also after an empty batch
	PASS_CONFLICT,   // nothing was written: pass_begin again
	PASS_OTHER_POLICY,  // nothing was written: the policy in force is pass_in_force; pass_begin again with that
	PASS_TRIMMED,    // the offsets may be committed
};

struct pass;
struct pass *pass_new(const struct pass_setup *setup);
void pass_free(struct pass *pass);

// Queues the first commands. The batch is sorted here, and must stay as it is until the pass is done with. now_us: wall clock, for revisions.
void pass_begin(struct pass *pass, struct redis *redis, struct batch *batch, int64_t now_us);
// Call when everything is published. Ends at once when there is nothing to trim.
void pass_trim(struct pass *pass);
// Takes the next reply. RETRY when Redis cannot serve now: drop the connection. FATAL broken_state, redis_refused, partitions_changed.
MUST_USE enum status pass_take(struct pass *pass, const struct redisReply *reply, struct error *error);
enum pass_end pass_end(const struct pass *pass);

// What the heads say is in force: the edition that was put there last. While a change goes from shard to shard there are two.
struct pass_in_force {
	char edition[POLICY_EDITION_BYTES];  // empty when there is no head
	int64_t since_ms;
	uint32_t number;   // of the shard's own
	size_t shard;      // that has it
	bool is_disputed;  // not all heads have it
};
const struct pass_in_force *pass_in_force(const struct pass *pass);

// Valid from PASS_WRITTEN to the next pass_begin.
const struct outgoing *pass_outgoing(const struct pass *pass);
// The least of all shards' clocks. A shard that has no head or a clock of 0 has seen nothing, and does not hold the others back: a topic without
// events, such as unit-events where nobody sends any, would stop the city's clock for ever. 0 when no shard has started.
int64_t pass_clock_ms(const struct pass *pass);
int64_t pass_newest_clock_ms(const struct pass *pass);  // the greatest
bool pass_is_catching_up(const struct pass *pass);  // some shard is
int64_t pass_newest_revision(const struct pass *pass);  // that any pass has given
size_t pass_alert_count(const struct pass *pass);   // put into outboxes
// Outboxes that were longer than PASS_OUTBOX_MAX: into the batch that is collected next. While the pass's own batch is still there.
void pass_leave_over(const struct pass *pass, struct batch *batch);

#endif
