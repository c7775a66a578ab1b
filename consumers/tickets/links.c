// Links (link.h): what the events of a ticket make of them, and what a link tells its tickets.
//
// All of it is derived record by record, from the state before and after each (or, by the sweep of a first policy that uses links, from the state as it is), and waits
// in the relay with the dead letters: Kafka has acknowledged it before the step is committed. A step that is not, because somebody else owns the shard or Redis is away,
// has sent nothing that taking its records in again would not send.
//
// Rows of shelves (shelf_rows.h) are split in steps like any other: where too many links lie in what was written, the next step splits some further rows, not more of them than
// shelves were written. The halves and the new number of rows are in the step's transaction, so that whatever happens finds the state before the split or the one after it.
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "memory.h"
#include "shard_inside.h"

enum { ROW_SHIFT = 48 };
#define LINK_MASK ((UINT64_C(1) << ROW_SHIFT) - 1)

static void hand_over(struct shard *shard, int32_t partition)
{
	struct buffer *buffer = &shard->link_message[partition];
	uint8_t seal[LINK_MESSAGE_SEAL_BYTES];
	buffer_add(buffer, seal, link_message_seal(buffer->bytes, buffer->size, seal));
	relay_add_links(shard->relay, partition, (struct text){ (const char *)buffer->bytes, (uint32_t)buffer->size });
	buffer->size = 0;
}

void shard_send_links(struct shard *shard, struct text ticket_id, const struct links *before, const struct ticket *ticket, int64_t offset)
{
	struct link_change change[LINK_CHANGES_MAX];
	if (!before->is_there && !shard->policy->policy.uses_links)
		return;
	struct links after = links_of(ticket, shard->settings->names);
	uint32_t count = links_diff(before, &after, ticket_id, offset, change);
	if (!shard->link_message)
		shard->link_message = memory_new((size_t)shard->settings->link_partitions * sizeof *shard->link_message);
	for (uint32_t i = 0; i < count; i++) {
		uint8_t bytes[LINK_MESSAGE_FACT_BYTES_MAX];
		int32_t partition = link_partition(change[i].hash, shard->settings->link_partitions);
		struct buffer *buffer = &shard->link_message[partition];
		if (!buffer->size)
			buffer_add(buffer, bytes, link_message_head(bytes));
		buffer_add(buffer, bytes, link_message_fact(&change[i], bytes));
		if (buffer->size > LINK_MESSAGE_BYTES_MAX - LINK_MESSAGE_FACT_BYTES_MAX - LINK_MESSAGE_SEAL_BYTES)
			hand_over(shard, partition);
	}
}

void shard_begin_links(struct shard *shard, struct text ticket_id, const struct ticket *ticket)
{
	static const struct links none;
	int64_t newest = shard->batch_count ? shard->incoming[shard->batch_count - 1].offset : shard->head.offset - 1;
	shard_send_links(shard, ticket_id, &none, ticket, newest);
}

void shard_hand_over_links(struct shard *shard)
{
	for (int32_t i = 0; shard->link_message && i < shard->settings->link_partitions; i++)
		if (shard->link_message[i].size)
			hand_over(shard, i);
}

void shard_drop_links(struct shard *shard)
{
	for (int32_t i = 0; shard->link_message && i < shard->settings->link_partitions; i++)
		buffer_done(&shard->link_message[i]);
	free(shard->link_change);
	free(shard->link_arrival);
	free(shard->link_sorting);
	free(shard->link_place);
	free(shard->link_split);
	shard->link_change = NULL;
	shard->link_arrival = shard->link_sorting = NULL;
	shard->link_place = NULL;
	shard->link_split = NULL;
	shard->link_split_count = shard->link_split_capacity = 0;
	shard->link_count = shard->link_change_capacity = shard->link_arrival_capacity = shard->link_sorting_capacity = shard->link_place_count = shard->link_place_capacity = 0;
}

void shard_drop_rows(struct shard *shard)
{
	shelf_rows_done(&shard->rows);
	free(shard->link_load);
	shard->link_load = NULL;
	shard->link_load_count = shard->link_load_capacity = 0;
	shard->is_new_rows = false;
}

int64_t shard_links_wake_ms(const struct shard *shard)
{
	int64_t gather_ms = SHARD_LINKS_GATHER_MS;
	if (shard->links_before >= SHARD_LINKS_FLOOD)
		gather_ms = shard->links_before >= SHARD_LINKS_TORRENT ? SHARD_LINKS_TORRENT_MS : SHARD_LINKS_FLOOD_MS;
	int64_t until_ms = shard->incoming_since_ms + gather_ms, pause_ms = shard->incoming_last_ms + SHARD_LINKS_PAUSE_MS;
	return pause_ms < until_ms ? pause_ms : until_ms;
}

size_t shard_links_batch(const struct shard *shard)
{
	size_t count = 0, bytes = 0;
	if (shard->incoming_bytes < SHARD_LINKS_BYTES && clock_monotonic_ms() < shard_links_wake_ms(shard))
		return 0;
	while (count < shard->incoming_count && count < SHARD_BATCH_MAX && bytes < SHARD_LINKS_BYTES)
		bytes += shard->incoming[count++].value.size;
	return count;
}

enum status shard_take_links(struct shard *shard, uint32_t number, struct error *error)
{
	size_t count = 0;
	enum status status = link_message_read(shard->incoming[number].value, &shard->link_change, &count, &shard->link_change_capacity, error);
	shard->link_arrival = memory_grow(shard->link_arrival, shard->link_count + count, sizeof *shard->link_arrival, &shard->link_arrival_capacity);
	for (size_t i = 0; i < count; i++) {
		const struct link_change *change = &shard->link_change[i];
		shard->link_arrival[shard->link_count++] = (struct link_arrival){
			.order = (uint64_t)shelf_first_row(change->hash, SHARD_LINKS_ROWS) << ROW_SHIFT | change->fact.link,
			.period = link_period(change->fact.at_ms),
			.message = number,
			.place = (uint16_t)i,
			.at = (uint16_t)change->at,
		};
	}
	return status;
}

static int compare_arrivals(const void *a, const void *b)
{
	const struct link_arrival *left = a, *right = b;
	if (left->order != right->order)
		return left->order < right->order ? -1 : 1;
	if (left->message != right->message)
		return left->message < right->message ? -1 : 1;
	return (left->place > right->place) - (left->place < right->place);
}

static uint32_t first_row_of(const struct link_arrival *arrival)
{
	return (uint32_t)(arrival->order >> ROW_SHIFT);
}

static struct page_slot *touch_shelf(struct shard *shard, uint32_t row, int32_t period)
{
	char name[SHELF_NAME_BYTES];
	struct text page = { name, (uint32_t)shelf_name(row, period, name) };
	return pages_touch(shard->pages, (struct page_address){ page, PAGE_PLACE_OWN }, TOUCH_NO_EVENT);
}

static struct link_place place_of(const struct shard *shard, const struct link_arrival *arrival)
{
	struct link_place place = { .period = arrival->period };
	for (int i = 0; i < LINK_PERIODS; i++) {
		uint32_t rows = shelf_rows_of(&shard->rows, place.period + i - 1);
		place.row[i] = shelf_row(first_row_of(arrival), arrival->order & LINK_MASK, SHARD_LINKS_ROWS, rows);
	}
	return place;
}

static bool is_same_place(const struct link_place *a, const struct link_place *b)
{
	return a->period == b->period && memcmp(a->row, b->row, sizeof a->row) == 0;
}

static void touch(struct shard *shard, struct link_arrival *arrival)
{
	struct link_place place = place_of(shard, arrival);
	if (!shard->link_place_count || !is_same_place(&shard->link_place[shard->link_place_count - 1], &place)) {
		for (int i = 0; i < LINK_PERIODS; i++)
			if (place.period + i)
				place.slot[i] = touch_shelf(shard, place.row[i], place.period + i - 1);
		shard->link_place = memory_grow(shard->link_place, shard->link_place_count + 1, sizeof place, &shard->link_place_capacity);
		shard->link_place[shard->link_place_count++] = place;
	}
	arrival->where = (uint32_t)shard->link_place_count - 1;
}

// A row that there was not is empty, and is not asked for.
static void touch_split(struct shard *shard, uint32_t row, int32_t period)
{
	shard->link_split = memory_grow(shard->link_split, shard->link_split_count + 1, sizeof *shard->link_split, &shard->link_split_capacity);
	struct link_split *split = &shard->link_split[shard->link_split_count++];
	*split = (struct link_split){
		.period = period,
		.bit = shelf_row_bit(row, SHARD_LINKS_ROWS),
		.from = touch_shelf(shard, shelf_row_source(row, SHARD_LINKS_ROWS), period),
		.to = touch_shelf(shard, row, period),
	};
	pages_set(shard->pages, split->to, (struct text){ NULL, 0 });
}

static void grow_period(struct shard *shard, const struct shelf_load *load)
{
	uint32_t rows = shelf_rows_of(&shard->rows, load->period), wanted = shelf_rows_wanted(load, rows, SHARD_LINKS_GOOD);
	if (wanted == rows)
		return;
	for (uint32_t row = rows; row < wanted; row++)
		touch_split(shard, row, load->period);
	shelf_rows_set(&shard->rows, load->period, wanted);
	shard->is_new_rows = true;
}

// What the steps before found too large is split with this one. One shelf alone says little: it may be large by chance, and rows never become fewer.
static void grow(struct shard *shard)
{
	size_t kept = 0;
	shard->link_split_count = 0;
	for (size_t i = 0; i < shard->link_load_count; i++) {
		struct shelf_load load = shard->link_load[i];
		if (load.shelves < SHARD_LINKS_LOOK)
			shard->link_load[kept++] = load;
		else
			grow_period(shard, &load);
	}
	shard->link_load_count = kept;
}

// The first rows by counting, which leaves a few of each to be compared.
static void sort_arrivals(struct shard *shard)
{
	size_t end[SHARD_LINKS_ROWS + 1] = { 0 }, count = shard->link_count;  // where each row ends, once all are in their places
	shard->link_sorting = memory_grow(shard->link_sorting, count, sizeof *shard->link_sorting, &shard->link_sorting_capacity);
	for (size_t i = 0; i < count; i++)
		end[first_row_of(&shard->link_arrival[i]) + 1]++;
	for (size_t row = 0; row < SHARD_LINKS_ROWS; row++)
		end[row + 1] += end[row];
	for (size_t i = 0; i < count; i++)
		shard->link_sorting[end[first_row_of(&shard->link_arrival[i])]++] = shard->link_arrival[i];
	for (size_t row = 0, first = 0; row < SHARD_LINKS_ROWS; first = end[row++])
		if (end[row] > first + 1)
			qsort(shard->link_sorting + first, end[row] - first, sizeof *shard->link_sorting, compare_arrivals);
	struct link_arrival *sorted = shard->link_sorting;
	size_t capacity = shard->link_sorting_capacity;
	shard->link_sorting = shard->link_arrival;
	shard->link_sorting_capacity = shard->link_arrival_capacity;
	shard->link_arrival = sorted;
	shard->link_arrival_capacity = capacity;
}

// Whoever a fact can concern, and whom it depends on, lies in its period, the one before or the one after.
void shard_touch_links(struct shard *shard)
{
	grow(shard);
	shard->link_place_count = 0;
	if (shard->link_count)
		sort_arrivals(shard);
	for (size_t i = 0; i < shard->link_count; i++)
		touch(shard, &shard->link_arrival[i]);
}

static enum status read_shelf(struct page_slot *slot, struct shelf *shelf, struct error *error)
{
	struct text page = { (const char *)slot->bytes, slot->size };
	struct page_entry entry;
	size_t cursor = 0;
	enum status status = pages_check(slot, error);
	shelf->facts.count = 0;
	if (status != OK || !page_next(page, &cursor, &entry))
		return status;
	return shelf_decode(entry.bytes, entry.size, shelf, error);
}

static void write_shelf(struct shard *shard, struct page_slot *slot, const struct shelf *shelf)
{
	struct bench *b = bench();
	b->shelf_bytes.size = 0;
	buffer_reserve(&b->shelf_bytes, shelf_bytes_max(shelf));
	page_begin(&b->writer);
	page_append(&b->writer, PAGE_PLACE_OWN, b->shelf_bytes.bytes, shelf_encode(shelf, b->shelf_bytes.bytes));
	pages_write(shard->pages, slot, page_seal(&b->writer));
}

static struct shelf_load *load_of(struct shard *shard, int32_t period)
{
	for (size_t i = shard->link_load_count; i--;)
		if (shard->link_load[i].period == period)
			return &shard->link_load[i];
	shard->link_load = memory_grow(shard->link_load, shard->link_load_count + 1, sizeof *shard->link_load, &shard->link_load_capacity);
	shard->link_load[shard->link_load_count] = (struct shelf_load){ .period = period };
	return &shard->link_load[shard->link_load_count++];
}

// Of a first row the links come in their order, so a shelf that is put away does not come again.
static void close_shelf(struct shard *shard, struct shelf *shelf)
{
	if (!shelf->is_changed)
		return;
	struct shelf_load *load = load_of(shard, shelf->period);
	load->shelves++;
	load->links += shelf_links(shelf);
	write_shelf(shard, shelf->owner, shelf);
	shelf->is_changed = false;
}

static enum status open_shelf(struct shard *shard, struct page_slot *slot, int32_t period, struct error *error)
{
	struct shelf *shelf = shelves_at(&bench()->shelves, period);
	if (shelf->owner == slot)
		return OK;
	close_shelf(shard, shelf);
	shelf->owner = slot;
	return read_shelf(slot, shelf, error);
}

static enum status open_place(struct shard *shard, const struct link_place *place, struct error *error)
{
	enum status status = OK;
	for (int i = 0; i < LINK_PERIODS && status == OK; i++)
		if (place->slot[i])
			status = open_shelf(shard, place->slot[i], place->period + i - 1, error);
	return status;
}

// Writes what was changed in the first row, and puts it away.
static void close_row(struct shard *shard)
{
	struct shelves *shelves = &bench()->shelves;
	for (size_t i = 0; i < shelves->count; i++)
		close_shelf(shard, shelves->shelf[i]);
	shelves_clear(shelves);
}

static enum status split_one(struct shard *shard, const struct link_split *split, struct error *error)
{
	struct shelf *shelf = shelves_at(&bench()->shelves, split->period), other;
	enum status status = read_shelf(split->from, shelf, error);
	if (status != OK)
		return status;
	shelf_split(shelf, split->bit, &other);
	if (other.facts.count) {
		write_shelf(shard, split->to, &other);
		write_shelf(shard, split->from, shelf);
	}
	shelves_clear(&bench()->shelves);
	return OK;
}

static enum status split_all(struct shard *shard, struct error *error)
{
	enum status status = OK;
	for (size_t i = 0; i < shard->link_split_count && status == OK; i++)
		status = split_one(shard, &shard->link_split[i], error);
	return status;
}

static bool is_same(const struct link_fact *a, const struct link_fact *b)
{
	return link_ticket_equal(&a->ticket, &b->ticket) && link_period(a->at_ms) == link_period(b->at_ms);
}

// The last word of the step to each ticket is kept. `revision` is that of the fact that is being taken in.
static void tell(void *revision, const struct link_fact *whose, const struct precedence *precedence)
{
	struct link_words *words = &bench()->link_words;
	size_t i = 0;
	while (i < words->count && !is_same(&words->word[i].whose, whose))
		i++;
	if (i == words->count) {
		words->word = memory_grow(words->word, words->count + 1, sizeof *words->word, &words->capacity);
		words->count++;
	}
	words->word[i] = (struct link_word){ *whose, *precedence, *(const int64_t *)revision };
}

// All words of a link, which these changes are about.
static void send_words(struct shard *shard, const struct link_change *change)
{
	struct link_words *words = &bench()->link_words;
	for (const struct link_word *word = words->word; word < words->word + words->count; word++) {
		uint8_t room[PRECEDENCE_BYTES_MAX], bytes[WIRE_LINKED_BYTES_MAX];
		char digits[TICKET_ID_BYTES_MAX];
		struct text id = link_ticket_id(&word->whose.ticket, digits);
		struct event event = link_event(change, &word->whose, &word->precedence, word->revision, room);
		struct error error;
		size_t size = 0;
		enum status status = wire_pack_ticket_event(id, &event, shard->settings->names, bytes, sizeof bytes, &size, &error);
		assert(status == OK);
		relay_add_linked(shard->relay, id, (struct text){ (const char *)bytes, (uint32_t)size });
	}
	words->count = 0;
}

static void refuse(struct shard *shard, const struct link_change *change, struct kafka_message message, const struct error *error)
{
	uint8_t bytes[LINK_MESSAGE_HEAD_BYTES + LINK_MESSAGE_FACT_BYTES_MAX + LINK_MESSAGE_SEAL_BYTES];
	size_t size = link_message_head(bytes);
	size += link_message_fact(change, bytes + size);
	size += link_message_seal(bytes, size, bytes + size);
	message.value = (struct text){ (const char *)bytes, (uint32_t)size };
	relay_add_dead_letter(shard->relay, shard->topic_name, &message, error);
	shard->stats.rejected++;
}

// One that is refused becomes a dead letter by itself, and changes nothing.
static void take(struct shard *shard, const struct link_arrival *arrival, struct link_change *ret_change)
{
	struct link_change *change = ret_change;
	const struct kafka_message *message = &shard->incoming[arrival->message];
	link_message_read_at(message->value, arrival->at, change);
	int64_t revision = message->offset * LINK_MESSAGE_MAX + arrival->place;
	struct link_listener listener = { tell, &revision };
	struct error error;
	bool is_news = false;
	if (shelves_take(&bench()->shelves, &change->fact, &listener, &is_news, &error) != OK)
		refuse(shard, change, *message, &error);
	else if (is_news)
		load_of(shard, arrival->period)->facts++;
	else
		shard->stats.duplicates++;
}

enum status shard_judge_links(struct shard *shard, struct error *error)
{
	shelves_clear(&bench()->shelves);
	bench()->link_words.count = 0;
	enum status status = split_all(shard, error);
	for (size_t i = 0; i < shard->link_count && status == OK; i++) {
		const struct link_arrival *arrival = &shard->link_arrival[i], *next = i + 1 < shard->link_count ? arrival + 1 : NULL;
		if (!i || arrival->where != (arrival - 1)->where)
			status = open_place(shard, &shard->link_place[arrival->where], error);
		if (status != OK)
			return status;
		struct link_change change;
		take(shard, arrival, &change);
		if (!next || next->order != arrival->order)
			send_words(shard, &change);
		if (!next || first_row_of(next) != first_row_of(arrival))
			close_row(shard);
	}
	shard->links_before = shard->link_count;
	shard->link_count = 0;
	return status;
}
