// store_write.c - store_write: reads events as JSON Lines and writes what the consumers would keep of them into a Redis, for the tests of what reads it.
//
// A second way to the same state, made of the core alone: hotline-tickets and hotline-units are not needed, and are not trusted.
//
//     store_write REDIS PARTITIONS CLOCK < events.jsonl
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assess.h"
#include "cells.h"
#include "civil.h"
#include "event_json.h"
#include "head.h"
#include "judgement.h"
#include "kafka.h"
#include "keys.h"
#include "memory.h"
#include "page.h"
#include "page_index.h"
#include "policy_text.h"
#include "redis.h"
#include "totals.h"

enum { TICKETS_MAX = 256, WAIT_MS = 5000 };

struct kept {
	char id[TICKET_ID_BYTES_MAX + 1];
	struct ticket ticket;
	struct event event[TICKET_EVENTS_MAX];
};

// The texts of one event, which live as long as the tickets.
struct texts {
	struct texts *next;
	struct event_json_arena arena;
};

static struct texts *all_texts;
static struct kept *kept[TICKETS_MAX];
static size_t kept_count;
static struct names *names;
static struct redis *redis;
static struct policy policy;
static struct facts facts;
static struct outcome outcome;
static int64_t clock_ms;
static int32_t partitions;

static void must(enum status status, const struct error *error)
{
	if (status == OK)
		return;
	fprintf(stderr, "store_write: %s\n", error->text);
	exit(1);
}

static void run(size_t count, const struct text *argument)
{
	const struct redisReply *reply;
	struct error error;
	redis_command(redis, count, argument);
	must(redis_wait(redis, WAIT_MS, &reply, &error), &error);
	must(redis_check(reply, argument[1].at, &error), &error);
}

static struct kept *kept_of(struct text id)
{
	for (size_t i = 0; i < kept_count; i++)
		if (text_equal(text_of(kept[i]->id), id))
			return kept[i];
	if (kept_count == TICKETS_MAX)
		abort();
	struct kept *new = kept[kept_count++] = memory_new(sizeof *new);
	new->ticket = (struct ticket){ .capacity = TICKET_EVENTS_MAX, .event = new->event, .clock_ms = clock_ms, .edition = 1 };
	if (!text_copy(id, new->id, sizeof new->id))
		abort();
	return new;
}

static void read_events(void)
{
	static char line[EVENT_LINE_BYTES_MAX];
	while (fgets(line, sizeof line, stdin)) {
		struct texts *texts = memory_new(sizeof *texts);
		struct text id;
		struct event event;
		struct error error;
		must(event_json_read((struct text){ line, (uint32_t)strcspn(line, "\n") }, names, &texts->arena, &id, &event, &error), &error);
		texts->next = all_texts;
		all_texts = texts;
		if (ticket_merge(&kept_of(id)->ticket, &event, names) == MERGE_FULL)
			abort();
	}
}

static int compare_ids(const void *left, const void *right)
{
	struct text a = text_of((*(struct kept *const *)left)->id), b = text_of((*(struct kept *const *)right)->id);
	struct page_address x = page_address_of(a), y = page_address_of(b);
	int order = text_compare(x.page, y.page);
	return order ? order : x.place - y.place;
}

static void write_page(const char *shard, struct text page, struct page_writer *writer)
{
	char key[KEY_BYTES_MAX];
	size_t size = key_page(shard, page, key);
	run(3, (const struct text[]){ TEXT("SET"), { key, (uint32_t)size }, page_seal(writer) });
}

static void index_page(const char *shard, struct text id, const char *of, int32_t month, uint32_t number)
{
	char key[KEY_BYTES_MAX];
	uint8_t record[PAGE_INDEX_RECORD_MAX];
	size_t size = key_index(shard, of, month, key), record_size = page_index_put(record, number, page_address_of(id).page, TEXT(""));
	run(3, (const struct text[]){ TEXT("APPEND"), { key, (uint32_t)size }, { (const char *)record, (uint32_t)record_size } });
}

static void index_alerts(const char *shard, struct text id)
{
	for (uint32_t i = 0; i < outcome.alert_count; i++) {
		int32_t day = civil_day_of(outcome.alert[i].at_ms, policy.zone_ms), month = civil_month_of_day(day);
		index_page(shard, id, "alerts", month, (uint32_t)(day - civil_month_first_day(month) + 1));
	}
}

static void index_lists(const char *shard, struct text id, struct dictionary *dictionary)
{
	for (uint32_t i = 0; i < outcome.entry_count; i++) {
		const struct worklist_entry *entry = &outcome.entry[i];
		index_page(shard, id, worklist_name((enum worklist)entry->list), entry->month, dictionary_add(dictionary, entry->unit));
	}
}

static void write_tickets(const char *shard, int32_t partition, struct dictionary *dictionary, struct cells *cells, struct cells *all)
{
	static uint8_t bytes[TICKET_BYTES_MAX];
	struct page_writer writer = { .bytes = NULL };
	struct text open = { NULL, 0 };
	for (size_t i = 0; i < kept_count; i++) {
		struct text id = text_of(kept[i]->id);
		struct page_address address = page_address_of(id);
		if (kafka_partition_of(id, partitions) != partition)
			continue;
		if (!open.at || !text_equal(open, address.page)) {
			if (open.at)
				write_page(shard, open, &writer);
			page_begin(&writer);
			open = address.page;
		}
		size_t size = ticket_encode(&kept[i]->ticket, dictionary, bytes, sizeof bytes);
		page_append(&writer, address.place, bytes, size);
		assess(id, &kept[i]->ticket, &policy, clock_ms, names, &facts, &outcome);
		cells_add_outcome(cells, &outcome, &policy, names_intern(names, NAME_CITY, TEXT("city")), 1);
		cells_add_outcome(all, &outcome, &policy, names_intern(names, NAME_CITY, TEXT("city")), 1);
		index_alerts(shard, id);
		index_lists(shard, id, dictionary);
	}
	if (open.at)
		write_page(shard, open, &writer);
	free(writer.bytes);
}

static void write_names(const char *shard, struct dictionary *dictionary, const struct cells *cells)
{
	char key[KEY_BYTES_MAX];
	size_t size = key_names(shard, key);
	for (const struct cell_month *month = cells_dirty(cells); month; month = month->next_dirty)
		dictionary_add(dictionary, month->dimension);
	for (uint32_t i = 1; i <= dictionary_count(dictionary); i++)
		run(3, (const struct text[]){ TEXT("RPUSH"), { key, (uint32_t)size }, names_dimension(names, dictionary_name(dictionary, i)) });
}

static void write_head(const char *shard, int32_t partition, const struct dictionary *dictionary)
{
	char key[KEY_BYTES_MAX], head[HEAD_BYTES_MAX];
	struct head value = { .topic = "hotline.ticket-events", .partition = partition, .partitions = partitions, .offset = 100 + partition, .owner = 0x9f2c6a1b44d07e15,
		.commit = 77, .clock_ms = clock_ms, .edition = 1, .names = dictionary_count(dictionary) };
	memcpy(value.policy, policy.edition, sizeof value.policy);
	size_t size = key_head(shard, key), head_size = head_format(&value, head);
	run(3, (const struct text[]){ TEXT("SET"), { key, (uint32_t)size }, { head, (uint32_t)head_size } });
	size_t text_size;
	char *text = policy_canonical(&policy, names, &text_size);
	size = key_policy(shard, 1, key);
	run(3, (const struct text[]){ TEXT("SET"), { key, (uint32_t)size }, { text, (uint32_t)text_size } });
	free(text);
}

static void write_shard(int32_t partition, struct cells *all)
{
	char shard[SHARD_NAME_BYTES];
	struct dictionary *dictionary = dictionary_new();
	struct cells *cells = cells_new();
	key_shard("hotline.ticket-events", partition, shard);
	write_tickets(shard, partition, dictionary, cells, all);
	write_names(shard, dictionary, cells);
	write_head(shard, partition, dictionary);
	cells_free(cells);
	dictionary_free(dictionary);
}

static void write_counter(struct text key, enum counter counter, uint64_t value)
{
	char number[24];
	int size = snprintf(number, sizeof number, "%llu", (unsigned long long)value);
	if (value)
		run(4, (const struct text[]){ TEXT("HSET"), key, text_of(counter_name(counter)), { number, (uint32_t)size } });
}

static void write_sums(struct text dimension, int32_t month, const struct sums *sums)
{
	char key[KEY_BYTES_MAX];
	size_t size = key_month(dimension, month, key);
	for (unsigned i = 0; i < COUNTER_COUNT; i++)
		write_counter((struct text){ key, (uint32_t)size }, (enum counter)i, sums->month.n[i]);
	size = key_days(dimension, month, key);
	for (uint32_t day = 0; day < MONTH_DAYS_MAX; day++) {
		uint8_t bytes[COUNTERS_PACKED_BYTES_MAX];
		char field[2];
		size_t packed = counters_pack(&sums->day[day], bytes);
		day_field(day, field);
		if (packed)
			run(4, (const struct text[]){ TEXT("HSET"), { key, (uint32_t)size }, { field, 2 }, { (const char *)bytes, (uint32_t)packed } });
	}
}

static void write_judgements(name_id dimension, int32_t month, const struct sums *sums)
{
	struct judgement_change change[JUDGEMENT_CHANGES_MAX];
	struct month_facts facts_of_month = { .policy = &policy, .version = policy_version_at(&policy, civil_month_first_day(month)), .names = names,
		.dimension = dimension, .month = month, .clock_ms = clock_ms, .total = &sums->month, .day = sums->day };
	char key[KEY_BYTES_MAX];
	size_t size = key_dimension_state(names_dimension(names, dimension), key);
	judgement_judge(&facts_of_month, &outcome);
	size_t count = judgement_diff(NULL, 0, NULL, 0, &facts_of_month, &outcome, change);
	for (size_t i = 0; i < count; i++) {
		char value[JUDGEMENT_VALUE_BYTES];
		size_t value_size = judgement_format(&change[i].now, value);
		run(4, (const struct text[]){ TEXT("HSET"), { key, (uint32_t)size }, text_of(change[i].now.field), { value, (uint32_t)value_size } });
	}
}

static void write_month(const struct cell_month *month)
{
	static struct totals totals;
	static struct sums sums;
	static uint8_t bytes[PARTIAL_BYTES_MAX];
	struct error error;
	totals_clear(&totals, month->month);
	for (uint32_t day = 0; day < MONTH_DAYS_MAX; day++) {
		char field[2];
		size_t size;
		if (!month->day[day])
			continue;
		day_field(day, field);
		must(cell_pack(month->day[day], bytes, &size, &error), &error);
		must(totals_add(&totals, (struct text){ field, 2 }, (struct text){ (const char *)bytes, (uint32_t)size }, &error), &error);
	}
	for (uint32_t i = 0; i < derived_count(names_kind(names, month->dimension)); i++) {
		char name[DIMENSION_BYTES_MAX];
		size_t size = derived_name(names_dimension(names, month->dimension), i, name);
		totals_derive(&totals, i, &sums);
		write_sums((struct text){ name, (uint32_t)size }, month->month, &sums);
		if (i == 0)
			write_judgements(month->dimension, month->month, &sums);
	}
}

static void forget_tickets(void)
{
	for (struct texts *texts = all_texts, *next; texts; texts = next) {
		next = texts->next;
		free(texts);
	}
	for (size_t i = 0; i < kept_count; i++)
		free(kept[i]);
}

int main(int argc, char **argv)
{
	struct error error;
	struct cells *all = cells_new();
	if (argc != 4 || !civil_parse_instant(text_of(argv[3]), &clock_ms)) {
		fputs("usage: store_write REDIS PARTITIONS CLOCK < events.jsonl\n", stderr);
		return 2;
	}
	partitions = (int32_t)strtol(argv[2], NULL, 10);
	names = names_new();
	policy_init_default(&policy);
	policy_stamp(&policy, names);
	must(redis_open(argv[1], &redis, &error), &error);
	read_events();
	qsort(kept, kept_count, sizeof *kept, compare_ids);
	for (int32_t i = 0; i < partitions; i++)
		write_shard(i, all);
	for (const struct cell_month *month = cells_dirty(all); month; month = month->next_dirty)
		write_month(month);
	forget_tickets();
	cells_free(all);
	redis_close(redis);
	policy_done(&policy);
	names_free(names);
	return 0;
}
