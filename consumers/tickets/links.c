// Links (link.h): what the events of a ticket make of them, and what a link tells its tickets.
//
// All of it is derived record by record, from the state before and after each (or, by the sweep of a first policy that uses links, from the state as it is), and waits
// in the relay with the dead letters: Kafka has acknowledged it before the step is committed. A step that is not, because somebody else owns the shard or Redis is away,
// has sent nothing that taking its records in again would not send.
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "memory.h"
#include "shard_inside.h"

enum { ROW_SHIFT = 48 };

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
	shard->link_change = NULL;
	shard->link_arrival = shard->link_sorting = NULL;
	shard->link_place = NULL;
	shard->link_count = shard->link_change_capacity = shard->link_arrival_capacity = shard->link_sorting_capacity = shard->link_place_count = shard->link_place_capacity = 0;
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
			.order = (uint64_t)shelf_row(change->hash) << ROW_SHIFT | change->fact.link,
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

static uint32_t row_of(const struct link_arrival *arrival)
{
	return (uint32_t)(arrival->order >> ROW_SHIFT);
}

static bool is_at(const struct link_place *place, const struct link_arrival *arrival)
{
	return place->row == row_of(arrival) && place->period == arrival->period;
}

static void touch(struct shard *shard, uint32_t row, int32_t period)
{
	shard->link_place = memory_grow(shard->link_place, shard->link_place_count + 1, sizeof *shard->link_place, &shard->link_place_capacity);
	struct link_place *place = &shard->link_place[shard->link_place_count++];
	*place = (struct link_place){ .row = row, .period = period };
	for (int i = 0; i < LINK_PERIODS; i++) {
		char name[SHELF_NAME_BYTES];
		if (period + i == 0)
			continue;
		struct text page = { name, (uint32_t)shelf_name(row, period + i - 1, name) };
		place->slot[i] = pages_touch(shard->pages, (struct page_address){ page, PAGE_PLACE_OWN }, TOUCH_NO_EVENT);
	}
}

// The rows by counting, which leaves a few of each to be compared.
static void sort_arrivals(struct shard *shard)
{
	size_t end[SHELF_ROWS + 1] = { 0 }, count = shard->link_count;  // where each row ends, once all are in their places
	shard->link_sorting = memory_grow(shard->link_sorting, count, sizeof *shard->link_sorting, &shard->link_sorting_capacity);
	for (size_t i = 0; i < count; i++)
		end[row_of(&shard->link_arrival[i]) + 1]++;
	for (size_t row = 0; row < SHELF_ROWS; row++)
		end[row + 1] += end[row];
	for (size_t i = 0; i < count; i++)
		shard->link_sorting[end[row_of(&shard->link_arrival[i])]++] = shard->link_arrival[i];
	for (size_t row = 0, first = 0; row < SHELF_ROWS; first = end[row++])
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
	shard->link_place_count = 0;
	if (shard->link_count)
		sort_arrivals(shard);
	for (const struct link_arrival *arrival = shard->link_arrival; arrival < shard->link_arrival + shard->link_count; arrival++) {
		if (!shard->link_place_count || !is_at(&shard->link_place[shard->link_place_count - 1], arrival))
			touch(shard, row_of(arrival), arrival->period);
	}
}

static enum status open_shelf(struct page_slot *slot, int32_t period, struct error *error)
{
	struct shelf *shelf = shelves_at(&bench()->shelves, period);
	if (shelf->owner)
		return OK;
	shelf->owner = slot;
	struct text page = { (const char *)slot->bytes, slot->size };
	struct page_entry entry;
	size_t cursor = 0;
	enum status status = pages_check(slot, error);
	if (status != OK || !page_next(page, &cursor, &entry))
		return status;
	return shelf_decode(entry.bytes, entry.size, shelf, error);
}

static enum status open_place(const struct link_place *place, struct error *error)
{
	enum status status = OK;
	for (int i = 0; i < LINK_PERIODS && status == OK; i++)
		if (place->slot[i])
			status = open_shelf(place->slot[i], place->period + i - 1, error);
	return status;
}

// Writes what was changed in the row, and puts it away.
static void close_row(struct shard *shard)
{
	struct bench *b = bench();
	for (size_t i = 0; i < b->shelves.count; i++) {
		const struct shelf *shelf = b->shelves.shelf[i];
		struct page_slot *slot = shelf->owner;
		if (!shelf->is_changed)
			continue;
		b->shelf_bytes.size = 0;
		buffer_reserve(&b->shelf_bytes, shelf_bytes_max(shelf));
		page_begin(&b->writer);
		page_append(&b->writer, PAGE_PLACE_OWN, b->shelf_bytes.bytes, shelf_encode(shelf, b->shelf_bytes.bytes));
		pages_write(shard->pages, slot, page_seal(&b->writer));
	}
	shelves_clear(&b->shelves);
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
	if (shelves_take(&bench()->shelves, &change->fact, &listener, &is_news, &error) == OK)
		shard->stats.duplicates += !is_news;
	else
		refuse(shard, change, *message, &error);
}

enum status shard_judge_links(struct shard *shard, struct error *error)
{
	const struct link_place *place = NULL;
	shelves_clear(&bench()->shelves);
	bench()->link_words.count = 0;
	for (size_t i = 0; i < shard->link_count; i++) {
		const struct link_arrival *arrival = &shard->link_arrival[i], *next = i + 1 < shard->link_count ? arrival + 1 : NULL;
		if (!place || !is_at(place, arrival)) {
			place = place ? place + 1 : shard->link_place;
			enum status status = open_place(place, error);
			if (status != OK)
				return status;
		}
		struct link_change change;
		take(shard, arrival, &change);
		if (!next || next->order != arrival->order)
			send_words(shard, &change);
		if (!next || row_of(next) != row_of(arrival))
			close_row(shard);
	}
	shard->links_before = shard->link_count;
	shard->link_count = 0;
	return OK;
}
