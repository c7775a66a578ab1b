// What the step writes: counters that must be loaded first, then one transaction.
#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "civil.h"
#include "clock.h"
#include "keys.h"
#include "memory.h"
#include "month_end.h"
#include "shard_inside.h"
#include "varint.h"

void appendices_clear(struct appendices *appendices)
{
	appendices->count = 0;
}

void appendices_done(struct appendices *appendices)
{
	for (size_t i = 0; i < appendices->capacity; i++)
		buffer_done(&appendices->item[i].buffer);
	free(appendices->item);
	*appendices = (struct appendices){ NULL, 0, 0 };
}

static struct text text_of_key(const char *key, size_t size)
{
	return (struct text){ key, (uint32_t)size };
}

// A key that is appended to without being read is looked at once, since an APPEND to a list would fail only in the transaction.
static void check_length(struct shard *shard, const char *key, size_t size)
{
	uint64_t hash = XXH3_64bits(key, size) | 1;
	if (!set64_add(&shard->known_keys, hash))
		return;
	redis_begin(shard->redis, "STRLEN");
	redis_argument(shard->redis, text_of_key(key, size));
	redis_end(shard->redis);
	shard_expect(shard, (struct expectation){ .kind = EXPECT_LENGTH });
}

static void load_months(struct shard *shard)
{
	for (struct cell_month *month = cells_dirty(shard->cells); month; month = month->next_dirty) {
		if (month->is_loaded)
			continue;
		char key[KEY_BYTES_MAX];
		size_t size = key_partial(shard->name, names_dimension(shard->settings->names, month->dimension), month->month, key);
		redis_begin(shard->redis, "HGETALL");
		redis_argument(shard->redis, text_of_key(key, size));
		redis_end(shard->redis);
		shard_expect(shard, (struct expectation){ .kind = EXPECT_PARTIAL, .month = month });
	}
}

enum status shard_load_missing(struct shard *shard, bool *ret_is_loading, struct error *error)
{
	(void)error;
	char key[KEY_BYTES_MAX];
	load_months(shard);
	for (size_t i = 0; i < shard->due_files.count; i++)
		check_length(shard, key, key_due(shard->name, shard->due_files.item[i].number, key));
	shard_sort_notes(shard);
	for (size_t i = 0; i < shard->note_count; i = shard_next_index(shard, i))
		check_length(shard, key, shard_index_key(shard, &shard->note[i], key));
	*ret_is_loading = shard->expected_count > shard->expected_at;
	return OK;
}

// A command of the transaction: begin, arguments, end.
static void begin(struct shard *shard, const char *verb)
{
	redis_begin(shard->redis, verb);
}

static void begin_key(struct shard *shard, const char *verb, const char *key, size_t size)
{
	redis_begin(shard->redis, verb);
	redis_argument(shard->redis, text_of_key(key, size));
}

static void end(struct shard *shard)
{
	redis_end(shard->redis);
	shard_expect(shard, (struct expectation){ .kind = EXPECT_QUEUED, .count = 1 });
}

static void write_names(struct shard *shard)
{
	uint32_t count = dictionary_count(shard->dictionary);
	char key[KEY_BYTES_MAX];
	if (count == shard->head.names)
		return;
	begin_key(shard, "RPUSH", key, key_names(shard->name, key));
	for (uint32_t local = shard->head.names + 1; local <= count; local++)
		redis_argument(shard->redis, names_dimension(shard->settings->names, dictionary_name(shard->dictionary, local)));
	end(shard);
	shard->head.names = count;
}

static void write_rows(struct shard *shard)
{
	char key[KEY_BYTES_MAX];
	if (!shard->is_new_rows)
		return;
	char *rows = memory_new(shard->rows.count * SHELF_ROWS_ENTRY_BYTES);
	size_t size = shelf_rows_format(&shard->rows, rows);
	begin_key(shard, "SET", key, key_rows(shard->name, key));
	redis_argument(shard->redis, (struct text){ rows, (uint32_t)size });
	end(shard);
	free(rows);
	shard->head.rows = (uint32_t)shard->rows.count;
	shard->is_new_rows = false;
}

static void write_pages(struct shard *shard)
{
	size_t count = 0;
	for (struct page_slot *slot = pages_touched(shard->pages); slot; slot = slot->next) {
		if (!slot->is_changed)
			continue;
		if (count % READ_KEYS_MAX == 0) {
			if (count)
				end(shard);
			begin(shard, "MSET");
		}
		count++;
		char key[KEY_BYTES_MAX];
		size_t size = key_page(shard->name, (struct text){ slot->name, slot->name_size }, key);
		redis_argument(shard->redis, text_of_key(key, size));
		redis_argument(shard->redis, (struct text){ (const char *)slot->bytes, slot->size });
	}
	if (count)
		end(shard);
}

// A chunk is written to for a while; then the next one is begun. One that nothing is written to is never begun: each is there, or Redis has lost it.
static void turn_chunk(struct shard *shard)
{
	struct head *head = &shard->head;
	int64_t now_ms = clock_wall_ms();
	if (head->changes_to > head->changes_from && now_ms <= shard->chunk_since_ms + SHARD_CHUNK_MS && now_ms >= shard->chunk_since_ms)
		return;
	size_t open = (size_t)(head->changes_to - head->changes_from);
	shard->chunk_closed_ms = memory_grow(shard->chunk_closed_ms, open + 1, sizeof *shard->chunk_closed_ms, &shard->chunk_capacity);
	if (open)
		shard->chunk_closed_ms[open - 1] = now_ms;
	head->changes_to++;
	shard->chunk_since_ms = now_ms;
	set64_clear(&shard->chunk_seen);
}

// A change is noted once in a chunk: in Redis with the step. The relay is told when the step is through, lest the sum be made before.
static void note_change(struct shard *shard, name_id dimension, int32_t day)
{
	if (!shard->changed_count)
		turn_chunk(shard);
	if (set64_add(&shard->chunk_seen, (uint64_t)dimension << 32 | (uint32_t)day)) {
		uint8_t record[2 * VARINT_BYTES_MAX];
		size_t size = varint_put(record, dictionary_add(shard->dictionary, dimension));
		size += varint_put(record + size, zigzag(day));
		buffer_add(&shard->changes, record, size);
	}
	shard->changed = memory_grow(shard->changed, shard->changed_count + 1, sizeof *shard->changed, &shard->changed_capacity);
	shard->changed[shard->changed_count++] = (struct changed_day){ dimension, day };
}

// At a midnight that rules about units' months look at, they are to be judged though nothing happened. Whoever sums waits for the last shard's clock by itself.
static void note_boundary(struct shard *shard)
{
	const struct policy *policy = &shard->policy->policy;
	int32_t day = civil_day_of(shard->head.clock_ms, policy->zone_ms), before = shard->noted_day;
	shard->noted_day = day;
	if (!before || day <= before || !month_end_is_between(policy, before, day))
		return;
	for (uint32_t local = 1; local <= dictionary_count(shard->dictionary); local++) {
		name_id name = dictionary_name(shard->dictionary, local);
		if (names_kind(shard->settings->names, name) == NAME_UNIT)
			note_change(shard, name, day - 1);
	}
}

// "05" for the fifth.
static void write_day_name(struct shard *shard, unsigned index)
{
	const char name[2] = { (char)('0' + (index + 1) / 10), (char)('0' + (index + 1) % 10) };
	redis_argument(shard->redis, (struct text){ name, sizeof name });
}

static void delete_days(struct shard *shard, const char *key, size_t size, uint32_t zero)
{
	begin_key(shard, "HDEL", key, size);
	for (; zero; zero &= zero - 1)
		write_day_name(shard, (unsigned)__builtin_ctz(zero));
	end(shard);
}

// The days of a month that were changed: one HSET, begun with the first that is not zero.
static enum status write_month(struct shard *shard, struct cell_month *month, struct error *error)
{
	char key[KEY_BYTES_MAX];
	uint8_t bytes[PARTIAL_BYTES_MAX];
	size_t key_size = key_partial(shard->name, names_dimension(shard->settings->names, month->dimension), month->month, key), size;
	uint32_t zero = 0;
	bool has_begun = false;
	for (uint32_t rest = month->dirty_days; rest; rest &= rest - 1) {
		unsigned i = (unsigned)__builtin_ctz(rest);
		enum status status = cell_pack(month->day[i], bytes, &size, error);
		if (status != OK)
			return status;
		note_change(shard, month->dimension, civil_month_first_day(month->month) + (int32_t)i);
		if (!size) {
			zero |= UINT32_C(1) << i;
			continue;
		}
		if (!has_begun)
			begin_key(shard, "HSET", key, key_size);
		has_begun = true;
		write_day_name(shard, i);
		redis_argument(shard->redis, (struct text){ (const char *)bytes, (uint32_t)size });
	}
	if (has_begun)
		end(shard);
	if (zero)
		delete_days(shard, key, key_size, zero);
	return OK;
}

static void write_appendix(struct shard *shard, const char *key, size_t size, const struct buffer *buffer)
{
	begin_key(shard, "APPEND", key, size);
	redis_argument(shard->redis, (struct text){ (const char *)buffer->bytes, (uint32_t)buffer->size });
	end(shard);
}

static void write_files(struct shard *shard)
{
	char key[KEY_BYTES_MAX];
	for (size_t i = 0; i < shard->due_files.count; i++) {
		size_t size = key_due(shard->name, shard->due_files.item[i].number, key);
		write_appendix(shard, key, size, &shard->due_files.item[i].buffer);
	}
	for (size_t i = 0, next; i < shard->note_count; i = next) {
		next = shard_next_index(shard, i);
		shard_write_run(shard, i, next, &shard->index_run);
		write_appendix(shard, key, shard_index_key(shard, &shard->note[i], key), &shard->index_run);
	}
	if (shard->changes.size) {
		size_t size = key_changes(shard->name, shard->head.changes_to - 1, key);
		write_appendix(shard, key, size, &shard->changes);
	}
	appendices_clear(&shard->due_files);
	shard->note_count = 0;
	shard->changes.size = 0;
}

// Buckets whose tickets have all been judged.
static void drop_buckets(struct shard *shard)
{
	int64_t hour = due_queue_finished_hour(shard->due);
	char key[KEY_BYTES_MAX];
	if (hour == DUE_NO_HOUR || hour < shard->head.due_hour)
		return;
	begin(shard, "UNLINK");
	for (int64_t of = shard->head.due_hour; of <= hour; of++)
		redis_argument(shard->redis, text_of_key(key, key_due(shard->name, of, key)));
	end(shard);
	shard->head.due_hour = hour + 1;
}

// Entries from the outbox's head that have done their work: a former owner's first, once all of them are said again, in entries of our own.
static size_t entries_to_trim(struct shard *shard)
{
	if (!shard->unsaid_entries)
		return shard->trimming = relay_entries_done(shard->relay);
	shard->unsaid_at = shard->unsaid_to;
	if (shard->unsaid_at < shard->unsaid.size)
		return 0;
	size_t count = shard->unsaid_entries;
	shard->unsaid_entries = shard->unsaid.size = shard->unsaid_at = shard->unsaid_to = 0;
	return count;
}

static void write_outbox(struct shard *shard)
{
	char key[KEY_BYTES_MAX];
	size_t size = key_outbox(shard->name, key), trim = entries_to_trim(shard);
	if (trim) {
		begin_key(shard, "LTRIM", key, size);
		redis_argument_integer(shard->redis, (int64_t)trim);
		redis_argument_integer(shard->redis, -1);
		end(shard);
	}
	if (shard->staged_count) {
		begin_key(shard, "RPUSH", key, size);
		redis_argument(shard->redis, (struct text){ (const char *)shard->entry.bytes, (uint32_t)shard->entry.size });
		end(shard);
	}
	shard->entry.size = shard->said_size = 0;
}

// A closed chunk of changes goes when it is older than `settle` and nothing in it waits.
static void drop_chunks(struct shard *shard)
{
	struct head *head = &shard->head;
	int64_t now_ms = clock_wall_ms();
	char key[KEY_BYTES_MAX];
	uint64_t needed = relay_changes_needed_from(shard->relay);
	while (head->changes_from + 1 < head->changes_to && head->changes_from < needed &&
	       shard->chunk_closed_ms[0] + shard->settings->settle_ms < now_ms) {
		begin_key(shard, "UNLINK", key, key_changes(shard->name, head->changes_from, key));
		end(shard);
		head->changes_from++;
		memmove(shard->chunk_closed_ms, shard->chunk_closed_ms + 1, (size_t)(head->changes_to - head->changes_from) * sizeof *shard->chunk_closed_ms);
	}
}

static void advance_sweep(struct shard *shard)
{
	if (!shard->is_sweeping)
		return;
	shard->head.sweep = shard->sweep_next ? shard->sweep_next + 1 : 0;
	shard->sweep_next = SWEEP_NOT_READ;
	shard->sweep.size = 0;
	shard->is_sweeping = false;
}

static void drop_sent(struct shard *shard)
{
	for (; shard->sent_count; shard->sent_count--, shard->sent_waiting--) {
		struct sent_alert *sent = shard->sent_alerts;
		shard->sent_alerts = sent->next;
		free(sent);
	}
	if (!shard->sent_alerts)
		shard->sent_last = NULL;
}

static void drop_batch(struct shard *shard)
{
	for (size_t i = 0; i < shard->batch_count; i++) {
		shard->incoming_bytes -= shard->incoming[i].value.size;
		kafka_message_done(&shard->incoming[i]);
	}
	shard->stats.events += shard->batch_count;
	shard->incoming_count -= shard->batch_count;
	if (shard->incoming_count)
		memmove(shard->incoming, shard->incoming + shard->batch_count, shard->incoming_count * sizeof *shard->incoming);
	shard->batch_count = 0;
	shard->incoming_since_ms = clock_monotonic_ms();
}

static void write_edition(struct shard *shard)
{
	char key[KEY_BYTES_MAX];
	if (!shard->is_new_edition)
		return;
	begin_key(shard, "SET", key, key_policy(shard->name, shard->head.edition, key));
	redis_argument(shard->redis, shard->policy->text);
	end(shard);
	shard->is_new_edition = false;
}

// With the last of what was read back: until then somebody else has to read it again.
static void write_told(struct shard *shard)
{
	char key[KEY_BYTES_MAX];
	if (!shard->is_telling || shard->sent_alerts)
		return;
	begin_key(shard, "SET", key, key_told(shard->name, key));
	redis_argument(shard->redis, text_of(shard->life));
	end(shard);
	shard->is_telling = false;
}

enum status shard_commit(struct shard *shard, struct error *error)
{
	char key[KEY_BYTES_MAX], head[HEAD_BYTES_MAX];
	enum status status = OK;
	begin(shard, "MULTI");
	end(shard);
	drop_chunks(shard);
	write_pages(shard);
	write_rows(shard);
	for (struct cell_month *month = cells_dirty(shard->cells); month && status == OK; month = month->next_dirty)
		status = write_month(shard, month, error);
	if (status != OK)
		return status;
	note_boundary(shard);
	write_names(shard);
	write_files(shard);
	drop_buckets(shard);
	write_outbox(shard);
	advance_sweep(shard);
	shard_advance_seeds(shard);
	write_edition(shard);
	drop_sent(shard);
	write_told(shard);
	shard->head.commit++;
	shard->head.is_catching_up = !shard->is_live;
	size_t size = head_format(&shard->head, head);
	begin_key(shard, "SET", key, key_head(shard->name, key));
	redis_argument(shard->redis, (struct text){ head, (uint32_t)size });
	end(shard);
	redis_begin(shard->redis, "EXEC");
	redis_end(shard->redis);
	shard_expect(shard, (struct expectation){ .kind = EXPECT_EXEC });
	drop_batch(shard);
	pages_end_step(shard->pages);
	cells_end_step(shard->cells);
	shard_trim_cache(shard);
	return OK;
}

// The transaction is through: what it holds may leave.
void shard_committed(struct shard *shard)
{
	if (shard->staged_count) {
		relay_add_alerts(shard->relay, shard->alerts.bytes, shard->staged, shard->staged_count);
		shard->alerts_before = shard->alerts.size;
		shard->alerts = (struct buffer){ .bytes = NULL };
		shard->staged_count = 0;
	}
	for (size_t i = 0; i < shard->changed_count; i++)
		relay_add_change(shard->relay, shard->changed[i].dimension, shard->changed[i].day, shard->head.changes_to - 1);
	shard->changed_count = 0;
	relay_entries_trimmed(shard->relay, shard->trimming);
	shard->trimming = 0;
	shard->stats.steps++;
	shard->reached_at_ms = clock_monotonic_ms();
}
