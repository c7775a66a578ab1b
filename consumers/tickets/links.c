// Links (link.h): what the events of a ticket make of them, and what a link tells its tickets.
//
// All of it is derived record by record, from the state before and after each, and waits in the relay with the dead letters: Kafka has acknowledged it before the step
// is committed. A step that is not, because somebody else owns the shard or Redis is away, has sent nothing that taking its records in again would not send.
#include <assert.h>
#include <string.h>

#include "shard_inside.h"
#include "wire.h"

void shard_send_links(struct shard *shard, struct text ticket_id, const struct links *before, const struct ticket *ticket, int64_t offset)
{
	struct link_change change[LINK_CHANGES_MAX];
	struct links after = links_of(ticket, shard->settings->names);
	uint32_t count = links_diff(before, &after, ticket_id, offset, change);
	for (uint32_t i = 0; i < count; i++) {
		uint8_t bytes[WIRE_LINK_BYTES_MAX];
		size_t size = wire_pack_link(&change[i].fact, bytes);
		relay_add_link(shard->relay, (struct text){ change[i].key, (uint32_t)change[i].key_size },
			(struct text){ (const char *)bytes, (uint32_t)size });
	}
}

enum status shard_touch_link(struct shard *shard, uint32_t number, struct error *error)
{
	struct text key = shard->incoming[number].key;
	if (link_kind_of(key) == LINK_NONE)
		return error_set(error, REJECT, "wrong_key", "the key is no link");
	struct shelf_address address = shelf_address_of(key);
	pages_touch(shard->pages, (struct page_address){ { address.name, sizeof address.name }, PAGE_PLACE_OWN }, number);
	return OK;
}

// The record that is being taken in.
struct telling {
	struct shard *shard;
	const struct kafka_message *message;
};

static void tell(void *self, const struct link_fact *whose, const struct precedence *precedence)
{
	const struct telling *telling = self;
	struct shard *shard = telling->shard;
	uint8_t room[PRECEDENCE_BYTES_MAX], bytes[WIRE_LINKED_BYTES_MAX];
	struct text id = { whose->id, whose->id_size };
	struct event event = link_event(telling->message->key, whose, precedence, telling->message->offset, room);
	struct error error;
	size_t size = 0;
	enum status status = wire_pack_ticket_event(id, &event, shard->settings->names, bytes, sizeof bytes, &size, &error);
	assert(status == OK);
	relay_add_linked(shard->relay, id, (struct text){ (const char *)bytes, (uint32_t)size });
}

// A bad record becomes a dead letter and changes nothing.
static void take(struct shard *shard, const struct kafka_message *message, bool *is_changed)
{
	struct link_fact fact;
	struct error error;
	struct telling telling = { shard, message };
	bool is_news = false;
	bench()->arena.used = 0;
	enum status status = wire_unpack_link(message->key, message->value, &bench()->arena, &fact, &error);
	if (status == OK)
		status = shelf_take(&bench()->shelf, &fact, tell, &telling, &is_news, &error);
	if (status == OK) {
		*is_changed |= is_news;
		shard->stats.duplicates += !is_news;
		return;
	}
	relay_add_dead_letter(shard->relay, shard->topic_name, message, &error);
	shard->stats.rejected++;
}

static enum status load(const struct page_slot *slot, struct error *error)
{
	struct text page = { (const char *)slot->bytes, slot->size };
	struct page_entry entry;
	size_t cursor = 0;
	enum status status = page_check(page, error);
	shelf_clear(&bench()->shelf);
	if (status != OK || !page_next(page, &cursor, &entry))
		return status;
	return shelf_decode(entry.bytes, entry.size, &bench()->shelf, error);
}

enum status shard_judge_shelf(struct shard *shard, struct page_slot *slot, struct error *error)
{
	struct bench *b = bench();
	bool is_changed = false;
	enum status status = load(slot, error);
	if (status != OK)
		return status;
	for (const struct touch *touch = slot->first; touch; touch = touch->next)
		if (touch->event < TOUCH_SEED)
			take(shard, &shard->incoming[touch->event], &is_changed);
	if (!is_changed)
		return OK;
	b->shelf_bytes.size = 0;
	buffer_reserve(&b->shelf_bytes, shelf_bytes_max(&b->shelf));
	size_t size = shelf_encode(&b->shelf, b->shelf_bytes.bytes);
	page_begin(&b->writer);
	page_append(&b->writer, PAGE_PLACE_OWN, b->shelf_bytes.bytes, size);
	pages_set(shard->pages, slot, page_seal(&b->writer));
	slot->is_changed = true;
	return OK;
}
