// shard_inside.h - what the parts of a shard share: takeover.c, step.c, judge.c, commit.c, cache.c, index.c.
#ifndef HOTLINE_SHARD_INSIDE_H
#define HOTLINE_SHARD_INSIDE_H

#include <assert.h>

#include "assess.h"
#include "cells.h"
#include "due.h"
#include "keys.h"
#include "link_message.h"
#include "outbox.h"
#include "pages.h"
#include "policies.h"
#include "redis.h"
#include "set64.h"
#include "shard.h"
#include "shelf.h"
#include "shelf_rows.h"
#include "ticket.h"
#include "wire.h"

enum { READ_KEYS_MAX = 256, HOURS_MAX = 256 };  // keys a command; hours a step. Source: measured.md, "100 to 500 keys a command is the knee"

#define SWEEP_NOT_READ UINT64_MAX

enum phase { PHASE_AWAY, PHASE_IDLE, PHASE_READING, PHASE_LOADING, PHASE_LETTERS, PHASE_COMMITTING };

// What the next reply from Redis is.
enum expected { EXPECT_QUEUED, EXPECT_EXEC, EXPECT_WATCH, EXPECT_HEAD, EXPECT_PAGES, EXPECT_BUCKETS, EXPECT_SCAN, EXPECT_PARTIAL, EXPECT_LENGTH };
struct expectation {
	enum expected kind;
	uint32_t first, count;           // pages: of `reading`; buckets: hours; queued: how many replies
	struct cell_month *month;        // partial
};

// Bytes that are put together during a step.
struct buffer {
	uint8_t *bytes;
	size_t size, capacity;
};

// Something to append to a key of its own number, an hour.
struct appendix {
	int64_t number;
	struct buffer buffer;
};
struct appendices {
	struct appendix *item;
	size_t count, capacity;
};

// A record for an index (page_index.h): a worklist's or INDEX_ALERTS, of a month.
struct index_note {
	uint32_t index;
	int32_t month;
	uint32_t number;
	const struct page_slot *slot;
};
enum { INDEX_ALERTS = LIST_COUNT, INDEX_NOTED_MAX = 1 << 16 };

// A fact that a shard of links takes in with this step: they are taken in by first row, link and where they come from. What it says is read once more then: of large
// steps there are tens of thousands.
struct link_arrival {
	uint64_t order;                  // first row and link: shelf_rows.h
	int32_t period;
	uint32_t message;                // of the batch
	uint32_t where;                  // of the places
	uint16_t place, at;              // in the message: the how manieth, and its first byte
};
static_assert(LINK_MESSAGE_MAX - 1 <= UINT16_MAX && LINK_MESSAGE_BYTES_MAX - 1 <= UINT16_MAX, "a place in a message fits");

// Where arrivals of a period lie: the rows in the period before, in its own and in the one after, and their pages; one that cannot be is NULL.
enum { LINK_PERIODS = 3 };
struct link_place {
	int32_t period;
	uint32_t row[LINK_PERIODS];
	struct page_slot *slot[LINK_PERIODS];
};

// A row that this step splits off another.
struct link_split {
	int32_t period;
	uint64_t bit;                    // of the links that go: shelf_row_bit
	struct page_slot *from, *to;
};

struct changed_day {
	name_id dimension;
	int32_t day;
};

// An alert that was sent within `settle`, to be compared with the state once it has come back to where it was.
struct sent_alert {
	struct sent_alert *next;
	uint32_t size;
	uint8_t bytes[];
};

struct shard {
	const struct shard_settings *settings;
	uint32_t topic;
	const char *topic_name;
	int32_t partition, partitions;
	char name[SHARD_NAME_BYTES];
	enum shard_kind kind;
	name_id city;

	struct redis *redis;
	enum phase phase;
	bool is_flushed;                 // all that was queued for Redis has been sent
	int64_t deadline_ms;             // monotonic, for the replies under way
	struct expectation *expected;    // a queue
	size_t expected_at, expected_count, expected_capacity;

	struct head head;                // as it will be once the commit under way is through
	struct dictionary *dictionary;
	const struct known_policy *policy;  // in force here: edition head.edition
	const struct known_policy **edition;  // by number: earlier ones that tickets were judged by; NULL where not known
	size_t edition_capacity;
	int64_t told_at_ms;              // the order to take the process's own policy that was obeyed or refused last
	bool is_new_edition;             // its text is to be written with this step

	struct kafka_message *incoming;
	size_t incoming_count, incoming_capacity, batch_count;
	size_t incoming_bytes;           // of their values
	int64_t incoming_since_ms, incoming_last_ms;  // monotonic, when the first and the last of them came
	int64_t next_offset;             // of the next message that is wanted

	struct pages *pages;
	struct cells *cells;
	size_t cache_bytes;              // of both, as they stand in the budget
	struct due *due;
	struct relay *relay;
	struct page_slot **reading;      // pages being read
	size_t reading_count, reading_capacity;
	int64_t read_hour;               // buckets before this hour were read
	int64_t loaded_hour;             // the hour whose looks lie in the heap; DUE_NO_HOUR
	int64_t first_hour;              // of the buckets being read
	struct buffer sweep;             // keys of pages to sweep: size (2 bytes) and page, as read
	uint64_t sweep_next;             // cursor after them; SWEEP_NOT_READ
	bool is_sweeping;                // this step judges them
	struct set64 known_keys;         // append-only keys whose type was checked

	name_id *duty_unit;              // of units with duty those of this partition, by name
	uint32_t duty_count;
	size_t duty_capacity;
	struct buffer *link_message;     // of a shard of tickets, by partition of the topic of links: this step's facts, as far as the relay does not have them yet
	struct link_change *link_change; // of a shard of links: the facts of one message
	struct link_arrival *link_arrival;  // those of this step
	struct link_place *link_place;
	struct link_arrival *link_sorting;  // room for the same
	size_t link_count, link_change_capacity, link_arrival_capacity, link_sorting_capacity, link_place_count, link_place_capacity;
	struct link_split *link_split;   // of this step, in their order
	size_t link_split_count, link_split_capacity;
	struct shelf_rows rows;          // as this step leaves them
	bool is_new_rows;                // they are to be written with it
	struct shelf_load *link_load;    // of periods, since it was last looked at
	size_t link_load_count, link_load_capacity;
	size_t links_before;             // facts of the last step: after many the next gathers for longer

	int32_t first_month;             // of the events of this step; INT32_MAX
	bool is_seeding;                 // this step touches months of units with duty; up to:
	int32_t seeding_month;
	uint32_t seeding_unit;

	int64_t clock_ms;                // of the events of this step
	bool is_live;
	int64_t end_offset;              // where the end was found last; -1 when not known
	int64_t end_seen_ms;             // monotonic
	int64_t end_reached_ms;          // monotonic, when the last end was found that the head has come to; 0
	int64_t reached_at_ms;           // monotonic, of the last commit
	struct appendices due_files;
	struct index_note *note;         // of this step
	size_t note_count, note_capacity;
	struct set64 noted;              // what was noted lately, in this step too
	struct buffer changes, index_run;
	struct buffer alerts;            // ids and messages of this step's
	size_t alerts_before;            // how many bytes the last step that had any put there
	struct relay_alert *staged;      // where they lie
	size_t staged_count, staged_capacity;
	int32_t noted_day;               // the clock's at the last commit
	struct buffer entry;             // this step's, of the outbox
	size_t said_at, said_size;       // in it: the subject that was named last
	struct changed_day *changed;     // of this step
	size_t changed_count, changed_capacity;
	size_t trimming;                 // entries of the outbox that the commit under way trims, of those that the relay knows
	struct buffer unsaid;            // what a former owner left in the outbox, entries joined
	size_t unsaid_entries;
	size_t unsaid_at, unsaid_to;     // this step is about those from there up to there
	struct set64 chunk_seen;         // what the chunk of changes being written to holds
	int64_t chunk_since_ms;          // wall
	int64_t *chunk_closed_ms;        // wall, by chunk from head.changes_from
	size_t chunk_capacity;

	int64_t read_back_at;            // offset at which alerts are read back; -1 when that is done
	int64_t late_look_ms;            // monotonic; then once more what has come since; NEVER_MS
	struct kafka_marks alert_marks;  // up to where alerts were read back
	struct read_back *read_back;     // that it takes part in
	char life[REDIS_LIFE_BYTES];     // of Redis, at the takeover
	bool is_telling;                 // alerts were read back in it: to be stored when all are compared
	struct sent_alert *sent_alerts, *sent_last;  // not compared yet; what is read later comes behind
	size_t sent_waiting;             // how many these are
	size_t sent_count;               // how many of them this step compares, from the first
	struct shard_stats stats;
};

// What a link has to tell a ticket, once its facts of this step are all taken in.
struct link_word {
	struct link_fact whose;
	struct precedence precedence;
	int64_t revision;
};
struct link_words {
	struct link_word *word;
	size_t count, capacity;
};

// Room for judging, one for the whole process: it is large, and used by one shard at a time.
struct bench {
	struct facts facts_before, facts;
	struct unit_facts unit_facts;
	struct outcome before, after;
	struct ticket ticket;
	struct event event[UNIT_MONTH_EVENTS_MAX];
	struct event kept[UNIT_MONTH_EVENTS_MAX];
	struct wire_arena arena;
	struct page_writer writer;
	struct shelves shelves;
	struct link_words link_words;
	struct buffer shelf_bytes;
	uint8_t bytes[TICKET_BYTES_MAX], fold[TICKET_BYTES_MAX];
};
struct bench *bench(void);

void buffer_add(struct buffer *buffer, const void *bytes, size_t size);
void buffer_reserve(struct buffer *buffer, size_t size);  // room for so many bytes more
void buffer_done(struct buffer *buffer);
void appendices_add(struct appendices *appendices, int64_t number, const void *bytes, size_t size);
void appendices_clear(struct appendices *appendices);
void appendices_done(struct appendices *appendices);

// judge.c: judges everybody who was touched, into pages, cells and the step's buffers. FATAL broken_state.
MUST_USE enum status shard_judge(struct shard *shard, struct error *error);
const struct policy *shard_edition(const struct shard *shard, uint32_t number);  // NULL when it is not there
struct page_address shard_address(const struct shard *shard, struct text id);  // a unit's month has a page of its own
// The subject of a unit event: "xlt-zhujian/2024-03".
size_t shard_unit_month(const struct shard *shard, const struct event *event, char ret_id[256]);
size_t shard_month_id(const struct shard *shard, name_id unit, int32_t month, char ret_id[256]);
// Whom an alert that was sent is about: the ticket, or the unit's month in its id; empty when it is of no subject of such a shard.
// The next record of what a former owner left. What is broken was found when it was read.
bool shard_unsaid(const struct shard *shard, size_t *cursor, struct outbox_record *ret_record);
struct text shard_subject_of_alert(const struct shard *shard, const struct wire_alert *alert);
// The instant that a record may be ahead of.
MUST_USE enum status shard_check_event(const struct shard *shard, const struct kafka_message *message, const struct event *event, struct error *error);

// links.c: the log decides what is said of links, and the policy only whether (link.h).
// What a record of a ticket changed of its links, which were `before`; all of a step go to the relay with shard_hand_over_links. While no rule uses links, those
// that a ticket first has stay unsaid, and the sweep by a policy with such a rule says them (shard_begin_links).
void shard_send_links(struct shard *shard, struct text ticket_id, const struct links *before, const struct ticket *ticket, int64_t offset);
void shard_begin_links(struct shard *shard, struct text ticket_id, const struct ticket *ticket);
void shard_hand_over_links(struct shard *shard);
size_t shard_links_batch(const struct shard *shard);   // messages of the next step; 0 while more are gathered
int64_t shard_links_wake_ms(const struct shard *shard);  // monotonic, when that is over
MUST_USE enum status shard_take_links(struct shard *shard, uint32_t number, struct error *error);  // a message of the batch. REJECT as link_message_read
void shard_touch_links(struct shard *shard);           // all that were taken
MUST_USE enum status shard_judge_links(struct shard *shard, struct error *error);
void shard_drop_links(struct shard *shard);            // frees what is only used during a step
void shard_drop_rows(struct shard *shard);             // forgets how many there are

// commit.c
MUST_USE enum status shard_load_missing(struct shard *shard, bool *ret_is_loading, struct error *error);
MUST_USE enum status shard_commit(struct shard *shard, struct error *error);
void shard_committed(struct shard *shard);
void shard_expect(struct shard *shard, struct expectation expectation);

// edition.c: which policy holds here.
MUST_USE enum status shard_choose_policy(struct shard *shard, struct error *error);  // of a head that was read
void shard_take_own_policy(struct shard *shard);   // of a head that is new
void shard_obey(struct shard *shard);              // between steps: an order to take the process's own policy that came since
bool shard_has_order(const struct shard *shard);

// seed.c: months of units that have duty.
void shard_seed_units(struct shard *shard);        // after the policy was set
void shard_seed_event(struct shard *shard, int64_t at_ms);
void shard_seed_again(struct shard *shard);
bool shard_wants_seeds(const struct shard *shard);
void shard_touch_seeds(struct shard *shard);       // as this step begins
void shard_advance_seeds(struct shard *shard);     // as it commits, after the clock was advanced

// index.c: which pages have something that is looked for by day, or by unit and month. A record that was noted lately is not noted again.
void shard_note(struct shard *shard, uint32_t index, int32_t month, uint32_t number, const struct page_slot *slot);
void shard_sort_notes(struct shard *shard);        // when all are there
// The first note of the next index and month, from `at`; note_count without one.
size_t shard_next_index(const struct shard *shard, size_t at);
size_t shard_index_key(const struct shard *shard, const struct index_note *note, char ret_key[KEY_BYTES_MAX]);
void shard_write_run(const struct shard *shard, size_t first, size_t end, struct buffer *ret_run);

// cache.c: what is kept in memory between steps.
void shard_weigh_cache(struct shard *shard);       // after every change of it
void shard_drop_sent(struct shard *shard);         // what was read back, and what is being read
void shard_trim_cache(struct shard *shard);        // between two steps
void shard_drop_room(struct shard *shard);         // frees what is only used during a step; between two steps

// takeover.c
void shard_clear(struct shard *shard);

#endif
