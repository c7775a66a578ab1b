// The step: who is to be judged, what must be read for it, and what the replies mean.
#include <assert.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "civil.h"
#include "clock.h"
#include "clock_mark.h"
#include "keys.h"
#include "memory.h"
#include "shard_inside.h"

void shard_expect(struct shard *shard, struct expectation expectation)
{
	if (expectation.kind == EXPECT_QUEUED && shard->expected_count > shard->expected_at && shard->expected[shard->expected_count - 1].kind == EXPECT_QUEUED) {
		shard->expected[shard->expected_count - 1].count += expectation.count;
		return;
	}
	shard->expected = memory_grow(shard->expected, shard->expected_count + 1, sizeof *shard->expected, &shard->expected_capacity);
	shard->expected[shard->expected_count++] = expectation;
	shard->is_flushed = false;
	shard->deadline_ms = clock_monotonic_ms() + SHARD_REPLY_TIMEOUT_MS;
}

static void refuse(struct shard *shard, const struct kafka_message *message, const struct error *error)
{
	relay_add_dead_letter(shard->relay, shard->topic_name, message, error);
	shard->stats.rejected++;
}

static void take_clock_mark(struct shard *shard, const struct kafka_message *message, struct text header)
{
	struct error error;
	int64_t clock_ms;
	if (clock_mark_parse(message->key, message->value, header, &clock_ms, &error) != OK) {
		refuse(shard, message, &error);
		return;
	}
	shard_seed_event(shard, clock_ms);  // each mark, so that it makes no difference which of them came in one step
	if (clock_ms > shard->clock_ms)
		shard->clock_ms = clock_ms;
}

// Whom the message is about, without reading more of it than needed.
static void touch_message(struct shard *shard, uint32_t number)
{
	const struct kafka_message *message = &shard->incoming[number];
	struct error error;
	struct text header;
	if (!message->key.size && kafka_message_header(message, CLOCK_MARK_HEADER, &header)) {
		take_clock_mark(shard, message, header);
		return;
	}
	if (shard->kind == SHARD_OF_LINKS) {
		if (shard_take_links(shard, number, &error) != OK)
			refuse(shard, message, &error);
		return;
	}
	if (shard->kind == SHARD_OF_TICKETS) {
		// The key is taken as it is: the event must name the same ticket, and that name is looked at when it is read.
		if (message->key.size && message->key.size <= TICKET_ID_BYTES_MAX)
			pages_touch(shard->pages, shard_address(shard, message->key), number);
		else if (event_check_ticket_id(message->key, &error) != OK)
			refuse(shard, message, &error);
		return;
	}
	struct event event;
	char id[256];
	bench()->arena.used = 0;
	if (wire_unpack_unit_event(message->value, shard->settings->names, &bench()->arena, &event, &error) != OK) {
		refuse(shard, message, &error);
		return;
	}
	size_t size = shard_unit_month(shard, &event, id);
	pages_touch(shard->pages, shard_address(shard, (struct text){ id, (uint32_t)size }), number);
}

static void touch_timers(struct shard *shard)
{
	struct text id;
	char popped[256];
	uint32_t size;
	for (size_t i = 0; i < SHARD_TIMERS_MAX && due_queue_next(shard->due, &id); i++)
		pages_touch(shard->pages, shard_address(shard, id), TOUCH_NO_EVENT);
	for (size_t i = 0; i < SHARD_TIMERS_MAX && due_heap_pop(shard->due, shard->head.clock_ms, popped, &size); i++)
		pages_touch(shard->pages, shard_address(shard, (struct text){ popped, size }), TOUCH_NO_EVENT);
}

static void touch_swept(struct shard *shard)
{
	for (size_t at = 0; at < shard->sweep.size;) {
		uint32_t size = shard->sweep.bytes[at] | (uint32_t)shard->sweep.bytes[at + 1] << 8;
		pages_sweep(shard->pages, (struct text){ (const char *)shard->sweep.bytes + at + 2, size });
		at += 2 + size;
	}
}

static void touch_sent(struct shard *shard)
{
	shard->sent_count = 0;
	for (const struct sent_alert *sent = shard->sent_alerts; sent && shard->sent_count < SHARD_TIMERS_MAX; sent = sent->next) {
		struct wire_alert alert;
		bench()->arena.used = 0;
		shard->sent_count++;
		if (wire_unpack_alert((struct text){ (const char *)sent->bytes, sent->size }, &bench()->arena, &alert, NULL) == OK)
			pages_touch(shard->pages, shard_address(shard, shard_subject_of_alert(shard, &alert)), TOUCH_NO_EVENT);
	}
}

// Whom a former owner left in the outbox: they say again what they have to say.
static void touch_unsaid(struct shard *shard)
{
	struct outbox_record record;
	shard->unsaid_to = shard->unsaid_at;
	for (size_t i = 0; i < SHARD_TIMERS_MAX && shard_unsaid(shard, &shard->unsaid_to, &record); i++)
		if (record.kind == OUTBOX_SUBJECT)
			pages_touch(shard->pages, shard_address(shard, record.bytes), TOUCH_SAY);
}

static void read_pages(struct shard *shard)
{
	shard->reading_count = 0;
	for (struct page_slot *slot = pages_touched(shard->pages); slot; slot = slot->next) {
		if (slot->is_loaded)
			continue;
		shard->reading = memory_grow(shard->reading, shard->reading_count + 1, sizeof *shard->reading, &shard->reading_capacity);
		shard->reading[shard->reading_count++] = slot;
	}
	for (size_t first = 0; first < shard->reading_count; first += READ_KEYS_MAX) {
		size_t count = shard->reading_count - first < READ_KEYS_MAX ? shard->reading_count - first : READ_KEYS_MAX;
		char key[KEY_BYTES_MAX];
		redis_begin(shard->redis, "MGET");
		for (size_t i = first; i < first + count; i++) {
			size_t size = key_page(shard->name, (struct text){ shard->reading[i]->name, shard->reading[i]->name_size }, key);
			redis_argument(shard->redis, (struct text){ key, (uint32_t)size });
		}
		redis_end(shard->redis);
		shard_expect(shard, (struct expectation){ .kind = EXPECT_PAGES, .first = (uint32_t)first, .count = (uint32_t)count });
	}
}

// The shard has time for the current hour's bucket.
static bool is_at_rest(const struct shard *shard)
{
	return shard->is_live && shard->incoming_count == shard->batch_count;
}

// Buckets of hours that the clock has passed, and of the current hour when there is time to hold it in memory.
static uint32_t hours_to_read(const struct shard *shard)
{
	int64_t hour = due_hour_of(shard->head.clock_ms);
	if (!due_queue_is_empty(shard->due) || shard->head.due_hour == DUE_NO_HOUR)
		return 0;
	if (shard->read_hour < hour)
		return (uint32_t)(hour - shard->read_hour < HOURS_MAX ? hour - shard->read_hour : HOURS_MAX);
	return shard->read_hour == hour && shard->loaded_hour != hour && is_at_rest(shard) ? 1 : 0;
}

static void read_buckets(struct shard *shard)
{
	uint32_t count = hours_to_read(shard);
	if (!count)
		return;
	char key[KEY_BYTES_MAX];
	shard->first_hour = shard->read_hour;
	redis_begin(shard->redis, "MGET");
	for (uint32_t i = 0; i < count; i++) {
		size_t size = key_due(shard->name, shard->first_hour + i, key);
		redis_argument(shard->redis, (struct text){ key, (uint32_t)size });
	}
	redis_end(shard->redis);
	shard_expect(shard, (struct expectation){ .kind = EXPECT_BUCKETS, .count = count });
}

static void read_sweep(struct shard *shard)
{
	if (!shard->head.sweep || shard->sweep_next != SWEEP_NOT_READ)
		return;
	char pattern[KEY_BYTES_MAX];
	key_page(shard->name, (struct text){ "*", 1 }, pattern);
	redis_begin(shard->redis, "SCAN");
	redis_argument_integer(shard->redis, (int64_t)(shard->head.sweep - 1));
	redis_argument_string(shard->redis, "MATCH");
	redis_argument_string(shard->redis, pattern);
	redis_argument_string(shard->redis, "COUNT");
	redis_argument_integer(shard->redis, READ_KEYS_MAX);
	redis_end(shard->redis);
	shard_expect(shard, (struct expectation){ .kind = EXPECT_SCAN });
}

static int64_t wall_clock(const struct shard *shard)
{
	return shard->settings->is_event_clock || !shard->is_live ? 0 : clock_wall_ms();
}

// The wall clock moves the shard's clock only once the shard has caught up, and it is never passed. Source: design.md, idea 3.
static void advance_clock(struct shard *shard, int64_t events_ms)
{
	int64_t clock_ms = events_ms;
	if (!shard->settings->is_event_clock) {
		int64_t wall_ms = clock_wall_ms();
		clock_ms = shard->is_live || clock_ms > wall_ms ? wall_ms : clock_ms;
	}
	if (clock_ms > shard->head.clock_ms)
		shard->head.clock_ms = clock_ms;
}

static bool has_chunk_to_drop(const struct shard *shard)
{
	const struct head *head = &shard->head;
	return head->changes_from + 1 < head->changes_to && shard->chunk_closed_ms[0] + shard->settings->settle_ms < clock_wall_ms() &&
	       relay_changes_needed_from(shard->relay) > head->changes_from;
}

// What there is to do besides events.
static bool has_reason(const struct shard *shard, int64_t now_ms)
{
	int64_t wall_ms = wall_clock(shard);
	if (shard->head.is_catching_up == shard->is_live)
		return true;
	if (shard_has_order(shard) || shard_wants_seeds(shard))
		return true;
	if (shard->head.sweep || shard->sent_alerts || shard->unsaid_entries || !due_queue_is_empty(shard->due) || hours_to_read(shard))
		return true;
	if (due_heap_first_ms(shard->due) <= (wall_ms > shard->head.clock_ms ? wall_ms : shard->head.clock_ms))
		return true;
	if (due_hour_of(wall_ms) > due_hour_of(shard->head.clock_ms))  // never behind it: a wall clock that was set back moves nothing
		return true;
	if (relay_entries_done(shard->relay) || has_chunk_to_drop(shard))
		return now_ms >= shard->reached_at_ms + RELAY_CHANGES_LIVE_MS;
	return wall_ms && now_ms >= shard->reached_at_ms + SHARD_HEARTBEAT_MS;
}

// When catching up a larger step costs less an event, since more of them meet in a page: a short while is given to what is on its way, as long as something comes.
// Source: measured.md, 3; tests/bench/README.md, "Tried".
static int64_t gathered_at_ms(const struct shard *shard)
{
	int64_t at_ms = shard->incoming_since_ms + SHARD_GATHER_MS, pause_ms = shard->incoming_last_ms + SHARD_GATHER_PAUSE_MS;
	return pause_ms < at_ms ? pause_ms : at_ms;
}

static bool is_gathering(const struct shard *shard)
{
	return !shard->is_live && shard->incoming_count < SHARD_BATCH_GOOD && clock_monotonic_ms() < gathered_at_ms(shard);
}

static size_t batch_size(const struct shard *shard)
{
	if (shard->kind == SHARD_OF_LINKS)
		return shard_links_batch(shard);
	if (relay_alerts_waiting(shard->relay) > RELAY_OUTBOX_MAX || is_gathering(shard))
		return 0;
	return shard->incoming_count < SHARD_BATCH_MAX ? shard->incoming_count : SHARD_BATCH_MAX;
}

static bool wants_step(const struct shard *shard)
{
	return batch_size(shard) || has_reason(shard, clock_monotonic_ms());
}

// Chooses who is judged in the next step and asks for what is not in memory. With a commit under way this goes out in the same write.
static void begin(struct shard *shard)
{
	shard->batch_count = batch_size(shard);
	shard->clock_ms = 0;
	advance_clock(shard, 0);
	shard_obey(shard);
	touch_timers(shard);
	shard->is_sweeping = shard->sweep_next != SWEEP_NOT_READ;
	if (shard->is_sweeping)
		touch_swept(shard);
	touch_sent(shard);
	if (shard->unsaid_entries)
		touch_unsaid(shard);
	shard_touch_seeds(shard);
	for (size_t i = 0; i < shard->batch_count; i++)
		touch_message(shard, (uint32_t)i);
	shard_touch_links(shard);
	char key[KEY_BYTES_MAX];
	key_head(shard->name, key);
	redis_begin(shard->redis, "WATCH");
	redis_argument_string(shard->redis, key);
	redis_end(shard->redis);
	shard_expect(shard, (struct expectation){ .kind = EXPECT_WATCH });
	redis_begin(shard->redis, "GET");
	redis_argument_string(shard->redis, key);
	redis_end(shard->redis);
	shard_expect(shard, (struct expectation){ .kind = EXPECT_HEAD });
	read_pages(shard);
	read_buckets(shard);
	read_sweep(shard);
}

// The head must be the one this process wrote: otherwise somebody else has taken the partition over, or Redis has gone back in time.
static enum status check_head(struct shard *shard, const struct redisReply *reply, struct error *error)
{
	struct head head;
	if (reply_type(reply) != REPLY_STRING)
		return error_set(error, RETRY, "lost", "%s: the head is gone", shard->name);
	enum status status = head_parse(reply_text(reply), &head, error);
	if (status != OK)
		return status;
	if (head.owner != shard->head.owner || head.commit != shard->head.commit) {
		shard->stats.fenced++;
		return error_set(error, RETRY, "fenced", "%s was taken over by owner %016" PRIx64, shard->name, head.owner);
	}
	return OK;
}

static enum status take_pages(struct shard *shard, const struct expectation *expected, const struct redisReply *reply, struct error *error)
{
	if (reply_count(reply) != expected->count)
		return error_set(error, FATAL, "broken_reply", "MGET gave %zu values for %u keys", reply_count(reply), expected->count);
	for (uint32_t i = 0; i < expected->count; i++)
		pages_set(shard->pages, shard->reading[expected->first + i], reply_text(reply_at(reply, i)));
	return OK;
}

static enum status take_buckets(struct shard *shard, const struct expectation *expected, const struct redisReply *reply, struct error *error)
{
	int64_t hour = due_hour_of(shard->head.clock_ms);
	if (reply_count(reply) != expected->count)
		return error_set(error, FATAL, "broken_reply", "MGET gave %zu values for %u keys", reply_count(reply), expected->count);
	for (uint32_t i = 0; i < expected->count; i++) {
		int64_t of = shard->first_hour + i;
		enum status status = due_queue_bucket(shard->due, reply_text(reply_at(reply, i)), of, of < hour, error);
		if (status != OK)
			return status;
		if (of < hour)
			shard->read_hour = of + 1;
		else
			shard->loaded_hour = of;
	}
	return OK;
}

static enum status take_scan(struct shard *shard, const struct redisReply *reply, struct error *error)
{
	char prefix[KEY_BYTES_MAX], cursor[24];
	size_t skip = key_page(shard->name, (struct text){ "", 0 }, prefix);
	if (reply_count(reply) != 2 || !text_copy(reply_text(reply_at(reply, 0)), cursor, sizeof cursor))
		return error_set(error, FATAL, "broken_reply", "SCAN gave no cursor");
	const struct redisReply *keys = reply_at(reply, 1);
	shard->sweep_next = strtoull(cursor, NULL, 10);
	for (size_t i = 0; i < reply_count(keys); i++) {
		struct text key = reply_text(reply_at(keys, i));
		assert(key.size >= skip);
		const uint8_t size[2] = { (uint8_t)(key.size - skip), (uint8_t)((key.size - skip) >> 8) };
		buffer_add(&shard->sweep, size, sizeof size);
		buffer_add(&shard->sweep, key.at + skip, key.size - skip);
	}
	return OK;
}

static enum status take_partial(struct shard *shard, const struct expectation *expected, const struct redisReply *reply, struct error *error)
{
	for (size_t i = 0; i + 1 < reply_count(reply); i += 2) {
		struct text day = reply_text(reply_at(reply, i));
		unsigned number = day.size == 2 ? (unsigned)((day.at[0] - '0') * 10 + (day.at[1] - '0')) : 0;
		enum status status = cells_load_day(shard->cells, expected->month, number, reply_text(reply_at(reply, i + 1)), error);
		if (status != OK)
			return status;
	}
	expected->month->is_loaded = true;
	return OK;
}

static enum status take_exec(struct shard *shard, const struct redisReply *reply, struct error *error)
{
	if (reply_type(reply) == REPLY_NIL) {
		shard->stats.fenced++;
		return error_set(error, RETRY, "fenced", "%s: somebody else moved the head", shard->name);
	}
	// Nothing is rolled back when one command of a transaction fails, so an error here means that what is stored is not what we meant.
	for (size_t i = 0; i < reply_count(reply); i++)
		if (reply_type(reply_at(reply, i)) == REPLY_ERROR) {
			struct text text = reply_text(reply_at(reply, i));
			return error_set(error, FATAL, "broken_state", "%s: command %zu of a transaction failed: %.*s", shard->name, i + 1, (int)text.size, text.at);
		}
	shard_committed(shard);
	return OK;
}

static enum status take_reply(struct shard *shard, struct expectation *expected, const struct redisReply *reply, struct error *error)
{
	static const char *const what[] = { "a queued command", "EXEC", "WATCH", "GET of the head", "MGET of pages", "MGET of due buckets", "SCAN", "HGETALL of counters",
		"STRLEN of an index" };
	static const unsigned types[] = { REPLY_IS_DONE, REPLY_IS_EXEC, REPLY_IS_DONE, REPLY_IS_VALUE, REPLY_IS_ARRAY, REPLY_IS_ARRAY, REPLY_IS_ARRAY, REPLY_IS_ARRAY,
		REPLY_IS_NUMBER };
	enum status status = redis_check_type(reply, types[expected->kind], what[expected->kind], error);
	if (status != OK)
		return status;
	switch (expected->kind) {
	case EXPECT_QUEUED:
	case EXPECT_WATCH:
	case EXPECT_LENGTH:
		return OK;
	case EXPECT_EXEC:
		return take_exec(shard, reply, error);
	case EXPECT_HEAD:
		return check_head(shard, reply, error);
	case EXPECT_PAGES:
		return take_pages(shard, expected, reply, error);
	case EXPECT_BUCKETS:
		return take_buckets(shard, expected, reply, error);
	case EXPECT_SCAN:
		return take_scan(shard, reply, error);
	case EXPECT_PARTIAL:
		return take_partial(shard, expected, reply, error);
	}
	return OK;
}

// Takes in what has come. *ret_done: everything that was expected is there.
static enum status receive(struct shard *shard, bool *ret_done, struct error *error)
{
	bool is_flushed = shard->is_flushed;
	enum status status = is_flushed ? OK : redis_flush(shard->redis, &is_flushed, error);
	shard->is_flushed = is_flushed;
	while (status == OK && shard->expected_at < shard->expected_count) {
		const struct redisReply *reply;
		struct expectation *expected = &shard->expected[shard->expected_at];
		status = redis_receive(shard->redis, &reply, error);
		if (status != OK || !reply)
			break;
		struct expectation copy = *expected;
		if (copy.kind != EXPECT_QUEUED || --expected->count == 0)
			shard->expected_at++;
		status = take_reply(shard, &copy, reply, error);
	}
	*ret_done = shard->expected_at == shard->expected_count;
	if (*ret_done)
		shard->expected_at = shard->expected_count = 0;
	else if (status == OK && clock_monotonic_ms() > shard->deadline_ms)
		return error_set(error, RETRY, "redis_away", "%s: no reply from Redis within %d ms", shard->name, SHARD_REPLY_TIMEOUT_MS);
	return status;
}

static enum status decide(struct shard *shard, struct error *error)
{
	enum status status = shard_judge(shard, error);
	if (status != OK)
		return status;
	bool is_loading;
	status = shard_load_missing(shard, &is_loading, error);
	shard->phase = is_loading ? PHASE_LOADING : PHASE_LETTERS;
	return status;
}

// Everything is known: what the batch adds to the head, then the transaction, and in the same write the next step's reads.
static enum status commit(struct shard *shard, struct error *error)
{
	if (shard->batch_count)
		shard->head.offset = shard->incoming[shard->batch_count - 1].offset + 1;
	advance_clock(shard, shard->clock_ms);
	enum status status = shard_commit(shard, error);
	if (status != OK)
		return status;
	shard->phase = PHASE_COMMITTING;
	if (batch_size(shard)) {
		begin(shard);
		shard->phase = PHASE_READING;
	}
	return OK;
}

// Nothing is under way. A connection that breaks is noticed all the same: with an event clock a shard may have nothing to write for hours.
static enum status look_at_rest(struct shard *shard, struct error *error)
{
	const struct redisReply *reply;
	enum status status = redis_receive(shard->redis, &reply, error);
	if (status == OK && reply)
		return error_set(error, RETRY, "broken_reply", "%s: Redis answers what nobody asked", shard->name);
	return status;
}

static enum status advance(struct shard *shard, bool *ret_goes_on, struct error *error)
{
	bool is_done;
	enum status status;
	*ret_goes_on = false;
	switch (shard->phase) {
	case PHASE_AWAY:
		return OK;
	case PHASE_IDLE:
		if (!wants_step(shard))
			return look_at_rest(shard, error);
		begin(shard);
		shard->phase = PHASE_READING;
		*ret_goes_on = true;
		return OK;
	case PHASE_LETTERS:
		if (relay_has_letters(shard->relay))
			return OK;
		*ret_goes_on = true;
		return commit(shard, error);
	case PHASE_READING:
	case PHASE_LOADING:
	case PHASE_COMMITTING:
		status = receive(shard, &is_done, error);
		if (status != OK || !is_done)
			return status;
		*ret_goes_on = true;
		if (shard->phase == PHASE_READING)
			return decide(shard, error);
		shard->phase = shard->phase == PHASE_LOADING ? PHASE_LETTERS : PHASE_IDLE;
		return OK;
	}
	return OK;
}

// Caught up needs an end that was found, was reached, and is fresh. While events pour in there is always a newer end that is not reached yet: the one before it counts.
static bool is_caught_up(struct shard *shard)
{
	bool is_reached = shard->end_offset >= 0 && shard->head.offset >= shard->end_offset;
	if (is_reached)
		shard->end_reached_ms = shard->end_seen_ms;
	if (is_reached && shard->next_offset <= shard->end_offset)
		return true;
	return shard->end_reached_ms && clock_monotonic_ms() < shard->end_reached_ms + SHARD_END_FRESH_MS;
}

// Asked on a connection of its own, since on the shard's others answers may be under way. Who cannot be asked may be anybody.
static bool has_other_owner(const struct shard *shard)
{
	struct redis *redis = NULL;
	const struct redisReply *reply;
	struct head head;
	struct error error;
	char key[KEY_BYTES_MAX];
	key_head(shard->name, key);
	enum status status = redis_open(shard->settings->redis, &redis, &error);
	if (status == OK) {
		redis_command(redis, 2, (const struct text[]){ TEXT("GET"), text_of(key) });
		status = redis_wait(redis, SHARD_REPLY_TIMEOUT_MS, &reply, &error);
	}
	if (status == OK)
		status = reply_type(reply) == REPLY_STRING ? head_parse(reply_text(reply), &head, &error) : FATAL;
	redis_close(redis);
	return status != OK || head.owner != shard->head.owner;
}

enum status shard_run(struct shard *shard, struct error *error)
{
	bool goes_on = true;
	enum status status = OK;
	shard->is_live = is_caught_up(shard);
	while (goes_on && status == OK)
		status = advance(shard, &goes_on, error);
	// What is read while a new owner already writes need not fit together. The transaction would find out, but it need not come to that.
	if (status == FATAL && shard->phase != PHASE_AWAY && has_other_owner(shard))
		status = error_set(error, RETRY, "fenced", "%s was taken over by somebody else while it was read", shard->name);
	if (status == RETRY)
		shard_let_go(shard);
	if (status == OK && shard->phase != PHASE_AWAY) {
		int64_t gather_ms = shard->is_live ? RELAY_CHANGES_LIVE_MS : RELAY_CHANGES_BUSY_MS;
		relay_run(shard->relay, clock_monotonic_ms(), gather_ms, shard->head.revision);
	}
	return status;
}

short shard_poll_events(const struct shard *shard)
{
	switch (shard->phase) {
	case PHASE_READING:
	case PHASE_LOADING:
	case PHASE_COMMITTING:
		return (short)(POLLIN | (shard->is_flushed ? 0 : POLLOUT));
	case PHASE_IDLE:
		return POLLIN;  // it breaks
	case PHASE_AWAY:
	case PHASE_LETTERS:
		break;
	}
	return 0;
}

static int64_t at_monotonic(int64_t at_wall_ms)
{
	return clock_monotonic_ms() + (at_wall_ms - clock_wall_ms());
}

int64_t shard_wake_ms(const struct shard *shard)
{
	int64_t gather_ms = shard->is_live ? RELAY_CHANGES_LIVE_MS : RELAY_CHANGES_BUSY_MS;
	int64_t wake_ms = relay_wake_ms(shard->relay, gather_ms);
	int64_t mine_ms = NEVER_MS;
	if (shard->phase == PHASE_READING || shard->phase == PHASE_LOADING || shard->phase == PHASE_COMMITTING)
		mine_ms = shard->deadline_ms + 1;
	if (shard->phase == PHASE_IDLE) {
		if (shard->incoming_count && shard->kind == SHARD_OF_LINKS)
			mine_ms = shard_links_wake_ms(shard);
		else if (shard->incoming_count && is_gathering(shard))
			mine_ms = gathered_at_ms(shard);
		if (wants_step(shard))
			return 0;
		if ((relay_entries_done(shard->relay) || has_chunk_to_drop(shard)) && shard->reached_at_ms + RELAY_CHANGES_LIVE_MS < mine_ms)
			mine_ms = shard->reached_at_ms + RELAY_CHANGES_LIVE_MS;
		if (wall_clock(shard)) {
			int64_t look_ms = due_heap_first_ms(shard->due), hour_ms = (due_hour_of(clock_wall_ms()) + 1) * HOUR_MS;
			int64_t timer_ms = at_monotonic(look_ms < hour_ms ? look_ms : hour_ms);
			int64_t beat_ms = shard->reached_at_ms + SHARD_HEARTBEAT_MS;
			timer_ms = timer_ms < beat_ms ? timer_ms : beat_ms;
			mine_ms = timer_ms < mine_ms ? timer_ms : mine_ms;
		}
	}
	return mine_ms < wake_ms ? mine_ms : wake_ms;
}
