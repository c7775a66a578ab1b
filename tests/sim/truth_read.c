// What is: read from the store in memory and from the logs, by the stored forms and nothing of the programs that wrote them.
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "civil.h"
#include "head.h"
#include "keys.h"
#include "page.h"
#include "partial.h"
#include "rule.h"
#include "shelf.h"
#include "totals.h"
#include "town.h"
#include "truth.h"
#include "unit_counters.pb-c.h"
#include "wire.h"

enum { CELLS_MAX = 4096, LAST_MAX = 8192, LAST_SLOTS = 4 * LAST_MAX, LINKS_STORED_MAX = 4096 };

static uint64_t fired[POLICY_RULES_MAX];
uint64_t *truth_fired = fired;

// A base dimension's day, over all shards.
struct day_cell {
	char dimension[DIMENSION_BYTES_MAX];
	int32_t day;
	struct counters sub[SUB_COUNT];
};

// The last that was said of a key, by revision.
struct last {
	char key[ALERT_ID_BYTES_MAX];
	int64_t revision;
	struct text value;
};

static struct reading {
	struct lines *lines;
	struct names *names;
	struct day_cell *cell[CELLS_MAX];
	size_t cell_count;
	struct last *last;
	size_t last_count;
	struct stored_link {
		int32_t period;
		uint64_t link;
	} link[LINKS_STORED_MAX];  // of a shard
	size_t link_count;
	uint16_t slot[LAST_SLOTS];  // by the hash of the key: 1 + its number in `last`
	struct ticket ticket;
	struct event event[UNIT_MONTH_EVENTS_MAX];
	struct wire_arena arena;
} *reading;

static void sound(enum status status, const struct error *error)
{
	if (status != OK)
		sim_fail("reading the end: %s: %s", error->reason, error->text);
}

void truth_add_counters(struct lines *lines, const char *what, struct text dimension, int32_t day, int sub, const struct counters *counters)
{
	char line[2048], name[CIVIL_DAY_BYTES];
	size_t at = 0;
	if (counters_is_zero(counters))
		return;
	civil_format_day(day, name);
	for (unsigned i = 0; i < COUNTER_COUNT; i++)
		if (counters->n[i])
			at += (size_t)snprintf(line + at, sizeof line - at, " %s=%" PRIu64, counter_name((enum counter)i), counters->n[i]);
	lines_add(lines, "%s %.*s %s sub=%d%s", what, (int)dimension.size, dimension.at, name, sub, line);
}

// Names are written out, so that tickets of two dictionaries compare.
void truth_add_ticket(struct lines *lines, const char *id, const struct ticket *ticket, const struct names *names)
{
	uint64_t hash = 0;
	uint32_t count = 0;
	for (uint32_t i = 0; i < ticket->count; i++) {
		uint8_t bytes[TOWN_RECORD_BYTES * 4];
		size_t size;
		struct error error;
		const struct event *event = &ticket->event[i];
		if (event->type == EVENT_LINKED)  // what links say shows in what the ticket amounts to
			continue;
		count++;
		enum status status = event_is_of_unit(event) ? wire_pack_unit_event(event, names, bytes, sizeof bytes, &size, &error) :
			wire_pack_ticket_event(text_of(id), event, names, bytes, sizeof bytes, &size, &error);
		sound(status, &error);
		hash = XXH3_64bits_withSeed(bytes, size, hash);
	}
	lines_add(lines, "ticket %s events=%u content=%016" PRIx64, id, count, hash);
}

static const struct text *string_at(const char *key)
{
	const struct entry *entry = store_sim_find(key);
	return entry ? &entry->value.item[0] : NULL;
}

static bool read_head(const char *shard, struct head *ret_head)
{
	char key[KEY_BYTES_MAX];
	struct error error;
	key_head(shard, key);
	const struct text *value = string_at(key);
	if (value)
		sound(head_parse(*value, ret_head, &error), &error);
	return value;
}

bool truth_head(const char *topic, int32_t partition, struct head *ret_head)
{
	char shard[SHARD_NAME_BYTES];
	key_shard(topic, partition, shard);
	return read_head(shard, ret_head);
}

int64_t truth_clock(const char *topic, int32_t partition)
{
	struct head head;
	return truth_head(topic, partition, &head) ? head.clock_ms : 0;
}

static struct dictionary *read_names(const char *shard)
{
	char key[KEY_BYTES_MAX];
	struct dictionary *dictionary = dictionary_new();
	key_names(shard, key);
	const struct entry *entry = store_sim_find(key);
	for (size_t i = 0; entry && i < entry->value.count; i++)
		dictionary_add(dictionary, names_intern_dimension(reading->names, entry->value.item[i]));
	return dictionary;
}

static void read_page(struct text page, struct text bytes, const struct dictionary *dictionary)
{
	size_t cursor = 0;
	struct page_entry entry;
	struct error error;
	sound(page_check(bytes, &error), &error);
	while (page_next(bytes, &cursor, &entry)) {
		char id[KEY_BYTES_MAX];
		page_ticket_id(page, entry.place, id);
		reading->ticket = (struct ticket){ .event = reading->event, .capacity = UNIT_MONTH_EVENTS_MAX };
		sound(ticket_decode(entry.bytes, entry.size, dictionary, &reading->ticket, &error), &error);
		if (reading->ticket.count)
			truth_add_ticket(reading->lines, id, &reading->ticket, reading->names);
	}
}

static void read_pages(const char *shard)
{
	char prefix[KEY_BYTES_MAX];
	struct text start = { prefix, (uint32_t)key_page(shard, TEXT(""), prefix) };
	struct dictionary *dictionary = read_names(shard);
	for (size_t i = 0; i < store_sim_count(); i++) {
		const struct entry *entry = store_sim_at(i);
		if (entry->value.type == VALUE_STRING && text_starts_with(entry->key, start))
			read_page((struct text){ entry->key.at + start.size, entry->key.size - start.size }, entry->value.item[0], dictionary);
	}
	dictionary_free(dictionary);
}

static struct day_cell *cell_of(struct text dimension, int32_t day)
{
	for (size_t i = 0; i < reading->cell_count; i++)
		if (reading->cell[i]->day == day && text_equal(text_of(reading->cell[i]->dimension), dimension))
			return reading->cell[i];
	assert(reading->cell_count < CELLS_MAX);
	struct day_cell *cell = sim_new(sizeof *cell);
	text_copy(dimension, cell->dimension, sizeof cell->dimension);
	cell->day = day;
	return reading->cell[reading->cell_count++] = cell;
}

static int32_t day_of(int32_t month, struct text field)
{
	return civil_month_first_day(month) + (field.at[0] - '0') * 10 + (field.at[1] - '0') - 1;
}

static void read_partials(const char *shard)
{
	char prefix[KEY_BYTES_MAX];
	struct text start = { prefix, (uint32_t)snprintf(prefix, sizeof prefix, "hotline:{%s}:n:", shard) };
	for (size_t i = 0; i < store_sim_count(); i++) {
		const struct entry *entry = store_sim_at(i);
		if (entry->value.type != VALUE_HASH || !text_starts_with(entry->key, start))
			continue;
		struct text rest = { entry->key.at + start.size, entry->key.size - start.size };
		struct text month_text = { rest.at + rest.size - 7, 7 }, dimension = { rest.at, rest.size - 8 };
		int32_t month;
		struct error error;
		if (!civil_parse_month(month_text, &month))
			sim_fail("the key %.*s has no month", (int)entry->key.size, entry->key.at);
		for (size_t j = 0; j < entry->value.count; j += 2)
			sound(partial_add(entry->value.item[j + 1], cell_of(dimension, day_of(month, entry->value.item[j]))->sub, &error), &error);
	}
}

static void read_shards(const char *name)
{
	for (int32_t i = 0; i < kafka_sim_topic(name)->partition_count; i++) {
		char shard[SHARD_NAME_BYTES];
		key_shard(name, i, shard);
		read_pages(shard);
		read_partials(shard);
	}
}

static void add_link(const char *shard, int32_t period, uint64_t link)
{
	for (size_t i = 0; i < reading->link_count; i++)
		if (reading->link[i].period == period && reading->link[i].link == link)
			lines_add(reading->lines, "%s has link %012" PRIx64 " of period %" PRId32 " in two shelves", shard, link, period);
	assert(reading->link_count < LINKS_STORED_MAX);
	reading->link[reading->link_count++] = (struct stored_link){ period, link };
}

static void read_shelf(const char *shard, struct text name, struct text page)
{
	struct page_entry entry;
	struct error error;
	size_t cursor = 0;
	struct shelf shelf = { .period = (int32_t)strtol((const char *)memchr(name.at, '.', name.size) + 1, NULL, 10) };
	sound(page_check(page, &error), &error);
	if (page_next(page, &cursor, &entry))
		sound(shelf_decode(entry.bytes, entry.size, &shelf, &error), &error);
	for (size_t i = 0; i < shelf.facts.count; i++)
		if (!i || shelf.facts.fact[i].link != shelf.facts.fact[i - 1].link)
			add_link(shard, shelf.period, shelf.facts.fact[i].link);
	free(shelf.facts.fact);
}

// A link lies in one shelf of a period, however often the rows were split.
static void read_shelves(int32_t partition)
{
	char shard[SHARD_NAME_BYTES], key[KEY_BYTES_MAX];
	key_shard(TOWN_LINKS, partition, shard);
	key_rows(shard, key);
	sim_hit[SIM_rows_split] += string_at(key) != NULL;
	struct text start = { key, (uint32_t)key_page(shard, TEXT(""), key) };
	reading->link_count = 0;
	for (size_t i = 0; i < store_sim_count(); i++) {
		const struct entry *entry = store_sim_at(i);
		if (entry->value.type == VALUE_STRING && text_starts_with(entry->key, start))
			read_shelf(shard, (struct text){ entry->key.at + start.size, entry->key.size - start.size }, entry->value.item[0]);
	}
}

static void add_cells(void)
{
	for (size_t i = 0; i < reading->cell_count; i++) {
		for (int sub = 0; sub < SUB_COUNT; sub++)
			truth_add_counters(reading->lines, "partial", text_of(reading->cell[i]->dimension), reading->cell[i]->day, sub, &reading->cell[i]->sub[sub]);
		sim_free(reading->cell[i]);
	}
}

// An older one than what was seen is passed by, as every reader does.
static struct last *newer(struct text key, int64_t revision)
{
	char string[ALERT_ID_BYTES_MAX];
	if (!text_copy(key, string, sizeof string))
		sim_fail("a key of %u bytes", key.size);
	size_t slot = XXH3_64bits(key.at, key.size) % LAST_SLOTS;
	for (; reading->slot[slot]; slot = (slot + 1) % LAST_SLOTS) {
		struct last *last = &reading->last[reading->slot[slot] - 1];
		if (strcmp(last->key, string) != 0)
			continue;
		bool is_older = revision < last->revision;
		sim_hit[SIM_stale_revisions] += is_older;
		return is_older ? NULL : last;
	}
	assert(reading->last_count < LAST_MAX);
	struct last *last = &reading->last[reading->last_count++];
	memcpy(last->key, string, strlen(string) + 1);
	reading->slot[slot] = (uint16_t)reading->last_count;
	return last;
}

static void forget_last(void)
{
	reading->last_count = 0;
	memset(reading->slot, 0, sizeof reading->slot);
}

static void read_topic(const char *name, int64_t (*revision_of)(struct text value))
{
	const struct log_topic *topic = kafka_sim_topic(name);
	forget_last();
	for (int32_t i = 0; i < topic->partition_count; i++)
		for (size_t j = 0; j < topic->partition[i].count; j++) {
			const struct record *record = &topic->partition[i].record[j];
			int64_t revision = revision_of(record->value);
			struct last *last = newer(record->key, revision);
			if (last) {
				last->revision = revision;
				last->value = record->value;
			}
		}
}

static void unpack_alert(struct text value, struct wire_alert *ret_alert)
{
	struct error error;
	reading->arena.used = 0;
	sound(wire_unpack_alert(value, &reading->arena, ret_alert, &error), &error);
}

static int64_t alert_revision(struct text value)
{
	struct wire_alert alert;
	unpack_alert(value, &alert);
	sim_hit[SIM_alerts_fired] += alert.state == ALERT_FIRING;
	sim_hit[SIM_alerts_resolved] += alert.state == ALERT_RESOLVED;
	sim_hit[SIM_alerts_retracted] += alert.state == ALERT_RETRACTED;
	const struct rule *rule = rule_of(alert.rule);
	if (rule)
		truth_fired[rule_number(rule)] += alert.state == ALERT_FIRING;
	return alert.revision;
}

// Retracted is as good as never said; of a dimension resolved too, since which crossings were seen depends on what was summed when.
static void read_alerts(void)
{
	read_topic(TOWN_ALERTS, alert_revision);
	for (size_t i = 0; i < reading->last_count; i++) {
		struct wire_alert alert;
		unpack_alert(reading->last[i].value, &alert);
		if (alert.state == ALERT_RETRACTED || (!alert.ticket_id.size && alert.state == ALERT_RESOLVED))
			continue;
		lines_add(reading->lines, "alert %s %d", reading->last[i].key, alert.state);
	}
}

static int64_t counters_revision(struct text value)
{
	Hotline__V1__UnitCounters *message = hotline__v1__unit_counters__unpack(NULL, value.size, (const uint8_t *)value.at);
	assert(message);
	int64_t revision = message->revision;
	hotline__v1__unit_counters__free_unpacked(message, NULL);
	return revision;
}

static void read_sent_counters(void)
{
	read_topic(TOWN_COUNTERS, counters_revision);
	for (size_t i = 0; i < reading->last_count; i++) {
		struct text value = reading->last[i].value;
		Hotline__V1__UnitCounters *message = hotline__v1__unit_counters__unpack(NULL, value.size, (const uint8_t *)value.at);
		struct counters counters = { { 0 } };
		enum counter counter;
		int32_t day;
		assert(message && civil_parse_day(text_of(message->day), &day));
		for (size_t j = 0; j < message->n_counter; j++)
			if (counter_of(text_of(message->counter[j]->name), &counter))
				counters.n[counter] = (uint64_t)message->counter[j]->value;
		truth_add_counters(reading->lines, "sent", text_of(message->dimension), day, -1, &counters);
		hotline__v1__unit_counters__free_unpacked(message, NULL);
	}
}

static void read_letters(void)
{
	const struct log_topic *topic = kafka_sim_topic(TOWN_DEAD_LETTERS);
	forget_last();
	for (size_t i = 0; i < topic->partition[0].count; i++) {
		struct text name, partition, offset;
		char line[ALERT_ID_BYTES_MAX];
		const struct record *record = &topic->partition[0].record[i];
		if (!record_header(record, "topic", &name) || !record_header(record, "partition", &partition) || !record_header(record, "offset", &offset))
			sim_fail("a dead letter does not say where it comes from");
		int size = snprintf(line, sizeof line, "letter %.*s %.*s %.*s", (int)name.size, name.at, (int)partition.size, partition.at, (int)offset.size, offset.at);
		newer((struct text){ line, (uint32_t)size }, 0);
	}
	for (size_t i = 0; i < reading->last_count; i++)  // one that was sent again is one
		lines_add(reading->lines, "%s", reading->last[i].key);
}

static void read_month_hash(struct text dimension, int32_t month, const struct value *value)
{
	struct counters counters = { { 0 } };
	for (size_t i = 0; i < value->count; i += 2) {
		enum counter counter;
		if (!counter_of(value->item[i], &counter))
			sim_fail("a month has the counter %.*s", (int)value->item[i].size, value->item[i].at);
		counters.n[counter] = strtoull(value->item[i + 1].at, NULL, 10);
	}
	truth_add_counters(reading->lines, "month", dimension, civil_month_first_day(month), -1, &counters);
}

static void read_days_hash(struct text dimension, int32_t month, const struct value *value)
{
	for (size_t i = 0; i < value->count; i += 2) {
		struct counters counters = { { 0 } };
		if (value->item[i + 1].size && !counters_unpack((const uint8_t *)value->item[i + 1].at, value->item[i + 1].size, &counters))
			sim_fail("a day's counters are broken");
		truth_add_counters(reading->lines, "day", dimension, day_of(month, value->item[i]), -1, &counters);
	}
}

// hotline:{DIMENSION}:YYYY-MM and :days behind it.
static void read_totals(void)
{
	for (size_t i = 0; i < store_sim_count(); i++) {
		const struct entry *entry = store_sim_at(i);
		struct text key = entry->key;
		const char *close = memchr(key.at, '}', key.size);
		if (entry->value.type != VALUE_HASH || !close || key.at + key.size < close + 9)
			continue;
		struct text dimension = { key.at + 9, (uint32_t)(close - key.at - 9) }, rest = { close + 2, (uint32_t)(key.at + key.size - close - 2) };
		int32_t month;
		bool is_days = rest.size == 12 && !memcmp(rest.at + 7, ":days", 5);
		if ((rest.size != 7 && !is_days) || !civil_parse_month((struct text){ rest.at, 7 }, &month))
			continue;
		if (is_days)
			read_days_hash(dimension, month, &entry->value);
		else
			read_month_hash(dimension, month, &entry->value);
	}
}

// What should have left long ago.
static void read_outboxes(void)
{
	for (size_t i = 0; i < store_sim_count(); i++) {
		const struct entry *entry = store_sim_at(i);
		struct text key = entry->key;
		if (entry->value.type == VALUE_LIST && key.size > 7 && !memcmp(key.at + key.size - 7, ":outbox", 7))
			lines_add(reading->lines, "outbox %s holds %zu", key.at, entry->value.count);
	}
}

void truth_read(struct lines *lines)
{
	reading = sim_new(sizeof *reading);
	reading->lines = lines;
	reading->names = names_new();
	reading->last = sim_new(LAST_MAX * sizeof *reading->last);
	read_shards(TOWN_TICKETS);
	read_shards(TOWN_UNIT_EVENTS);
	for (int32_t i = 0; i < kafka_sim_topic(TOWN_LINKS)->partition_count; i++)
		read_shelves(i);
	add_cells();
	read_alerts();
	read_letters();
	read_outboxes();
	if (town_has_units()) {
		read_totals();
		read_sent_counters();
	}
	sim_free(reading->last);
	names_free(reading->names);
	sim_free(reading);
}

size_t town_check(void)
{
	struct lines expected = { NULL, 0, 0 }, actual = { NULL, 0, 0 };
	truth_expect(&expected);
	truth_read(&actual);
	size_t count = lines_compare(&expected, &actual, 20);
	lines_done(&expected);
	lines_done(&actual);
	return count;
}
