// pass_parts.h - what the files pass*.c share: the pass itself. Nobody else includes this.
#ifndef HOTLINE_PASS_PARTS_H
#define HOTLINE_PASS_PARTS_H

#include "pass.h"
#include "totals.h"

enum phase { PHASE_IDLE, PHASE_GUARD, PHASE_READ, PHASE_WRITE, PHASE_TRIM_GUARD, PHASE_TRIM };

// A dimension of the batch.
struct dimension {
	name_id id;
	size_t change_at, change_count;  // in the batch
	size_t stored_at, stored_count;  // in the pass
	size_t raised_at, raised_count;  // in the pass: judgements to be stored
	int64_t version, revision;       // what this pass writes
	int64_t outbox_count;            // alerts of the outbox that are published; 0 when nothing is to be trimmed
	bool is_cut;                     // there are more in it
	bool has_moved;                  // another instance wrote after us
	struct outgoing new_alerts;      // of this pass
};

struct pass {
	const struct pass_setup *setup;
	struct redis *redis;
	struct batch *batch;
	int64_t now_us;                      // what revisions are taken from: the wall clock, and never behind the newest one
	int64_t newest_revision;             // that this pass has given, whatever became of it
	enum phase phase;
	enum pass_end end;
	size_t queued;                       // commands that belong to the next phase
	size_t replies_left, replies_taken;  // of this phase

	size_t dimension_count, dimension_capacity;
	struct dimension *dimension;
	size_t stored_count, stored_capacity;
	struct judgement *stored;
	size_t raised_count, raised_capacity;
	struct judgement *raised;
	struct outgoing outgoing;

	int64_t clock_ms, newest_clock_ms;
	bool is_catching_up;
	struct pass_in_force in_force;       // by the heads
	bool is_other_policy;                // what is read after them is not looked at
	size_t change_at, dimension_at;      // what is being read
	size_t change_step;                  // replies taken of it
	struct totals totals;
	struct sums base, derived;
	struct counters before[MONTH_DAYS_MAX];  // the days of the month before, of the dimension itself
	uint32_t existing[DERIVED_COUNT];    // days that a derived dimension has in the store
	struct outcome outcome;
	struct judgement_change changes[JUDGEMENT_CHANGES_MAX];
	struct judgement believed[JUDGEMENT_CHANGES_MAX];
};

struct text pass_name(const struct pass *pass, const struct dimension *dimension);
uint32_t pass_derived_count(const struct pass *pass, const struct change *change);
void pass_end_command(struct pass *pass);
void pass_queue(struct pass *pass, const char *verb);  // a command without arguments
MUST_USE enum status pass_parse_integer(struct text text, int64_t *ret_number, struct error *error);

void pass_queue_guard(struct pass *pass);
MUST_USE enum status pass_take_guard(struct pass *pass, const struct redisReply *reply, struct error *error);
void pass_queue_read(struct pass *pass);
MUST_USE enum status pass_take_read(struct pass *pass, const struct redisReply *reply, struct error *error);
// All of the month at change_at has been read: queues its writes, judges it.
MUST_USE enum status pass_write_month(struct pass *pass, struct error *error);

#endif
