// loop_parts.h - what the files loop*.c share. Nobody else includes this.
#ifndef HOTLINE_UNITS_LOOP_PARTS_H
#define HOTLINE_UNITS_LOOP_PARTS_H

#include "admin.h"
#include "batch.h"
#include "beliefs.h"
#include "courier.h"
#include "gauges.h"
#include "loop.h"
#include "months.h"
#include "pass.h"
#include "redis.h"

enum { LOOP_TICKETS, LOOP_UNIT_EVENTS, LOOP_INPUTS };

enum loop_state {
	LOOP_AWAY,     // no connection to Redis
	LOOP_IDLE,
	LOOP_PASSING,  // Redis has the word
	LOOP_SENDING,  // Kafka has the word
};

struct loop_partition {
	bool is_ours, is_at_end;
	int64_t reached;       // everything before is summed and published
	int64_t committed;     // -1 when nothing is
	int64_t again_before;  // what lies before this offset may be about a state that Redis or another instance has lost
};

struct loop {
	const struct loop_config *config;
	struct admin *admin;
	struct gauges gauges;
	int64_t tell_at_ms;
	uint64_t published_told;
	enum loop_state state;
	int64_t now_ms;                   // monotonic, read once a turn
	int64_t stop_at_ms;               // asked to stop: at the latest then; else INT64_MAX

	struct kafka_consumer *consumer;
	struct courier courier;
	int32_t partition_count;          // of the changes
	struct loop_partition *partition;
	bool is_assigned;                 // also when that gave us none
	struct wire_arena arena;
	int64_t stamped_us;               // no counters were published with a later revision than this or the wall clock, when that was looked up
	bool is_paused;
	int64_t full_since_ms;            // 0 when the batch that is collected has room

	struct redis *redis;
	int64_t retry_at_ms, backoff_ms;
	int64_t answer_by_ms;             // else the connection is given up
	bool is_unsent;                   // Redis' socket did not take everything

	struct pass_setup setup;
	struct pass *pass;
	struct batch batch[2];
	struct batch *collecting, *running;
	bool is_trimming;
	int64_t pass_at_ms;               // when the last one began
	int64_t pass_at_us;
	bool has_passed;                  // since the last connection
	bool is_catching_up;

	bool must_read_back;
	int64_t read_back_at_ms;
	int64_t late_look_ms;             // then once more what has come since; NEVER_MS
	struct kafka_marks alert_marks;   // up to where alerts were read back
	struct kafka_reading *reading;    // of them, a piece a turn; NULL
	struct beliefs beliefs;
	struct months months;
	int32_t clock_day, clock_month;
	bool is_ahead;                    // some shard's clock has come to a day that a rule looks at, and the least of all has not
};

// loop_kafka.c
MUST_USE enum status loop_open_kafka(struct loop *loop, struct error *error);
MUST_USE enum status loop_take_changes(struct loop *loop, struct error *error);
MUST_USE enum status loop_go_back(struct loop *loop, struct error *error);      // by settle, in what is ours
MUST_USE enum status loop_read_back(struct loop *loop, bool *ret_is_done, struct error *error);  // what readers believe, a piece of it
MUST_USE enum status loop_look_late(struct loop *loop, bool *ret_is_done, struct error *error);  // what has come since of what was sent before that
void loop_drop_reading(struct loop *loop);
bool loop_is_at_end(const struct loop *loop);
bool loop_owns(const struct loop *loop);
void loop_commit(struct loop *loop);

// loop_pass.c
MUST_USE enum status loop_step(struct loop *loop, struct error *error);         // whatever can be done now
MUST_USE enum status loop_send(struct loop *loop, struct error *error);         // what is queued for Redis
MUST_USE enum status loop_take_replies(struct loop *loop, struct error *error);
void loop_lose_redis(struct loop *loop, const struct error *why);
bool loop_is_due(const struct loop *loop);

#endif
