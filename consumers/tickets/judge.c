// Judges everybody who was touched: before and after, and what the difference does.
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "civil.h"
#include "clock.h"
#include "memory.h"
#include "rule.h"
#include "shard_inside.h"

// A ticket with fewer events cannot become too large: each message has at most PAYLOAD_BYTES_MAX.
enum { TICKET_EVENTS_KEPT = TICKET_BYTES_MAX / PAYLOAD_BYTES_MAX - 1 };
enum { MONTH_BYTES = 7 };  // "2024-03"

struct bench *bench(void)
{
	static struct bench *shared;
	if (!shared)
		shared = memory_new(sizeof *shared);
	return shared;
}

void buffer_add(struct buffer *buffer, const void *bytes, size_t size)
{
	buffer_reserve(buffer, size);
	memcpy(buffer->bytes + buffer->size, bytes, size);
	buffer->size += size;
}

void buffer_reserve(struct buffer *buffer, size_t size)
{
	buffer->bytes = memory_grow(buffer->bytes, buffer->size + size, 1, &buffer->capacity);
}

void buffer_done(struct buffer *buffer)
{
	free(buffer->bytes);
	*buffer = (struct buffer){ NULL, 0, 0 };
}

// The place of the number, or where it would go: the items ascend.
static size_t place_in(const struct appendices *appendices, int64_t number)
{
	size_t low = 0, high = appendices->count;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (appendices->item[middle].number < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void insert(struct appendices *appendices, size_t place, int64_t number)
{
	size_t had = appendices->capacity;
	appendices->item = memory_grow(appendices->item, appendices->count + 1, sizeof *appendices->item, &appendices->capacity);
	memset(appendices->item + had, 0, (appendices->capacity - had) * sizeof *appendices->item);
	struct appendix spare = appendices->item[appendices->count];  // a buffer of an earlier step, used again
	memmove(&appendices->item[place + 1], &appendices->item[place], (appendices->count - place) * sizeof spare);
	spare.number = number;
	spare.buffer.size = 0;
	appendices->item[place] = spare;
	appendices->count++;
}

void appendices_add(struct appendices *appendices, int64_t number, const void *bytes, size_t size)
{
	size_t place = place_in(appendices, number);
	if (place == appendices->count || appendices->item[place].number != number)
		insert(appendices, place, number);
	buffer_add(&appendices->item[place].buffer, bytes, size);
}

const struct policy *shard_edition(const struct shard *shard, uint32_t number)
{
	if (number == shard->head.edition)
		return &shard->policy->policy;
	return number < shard->edition_capacity && shard->edition[number] ? &shard->edition[number]->policy : NULL;
}

struct page_address shard_address(const struct shard *shard, struct text id)
{
	return shard->kind == SHARD_OF_UNITS ? (struct page_address){ id, PAGE_PLACE_OWN } : page_address_of(id);
}

size_t shard_month_id(const struct shard *shard, name_id unit, int32_t month, char ret_id[256])
{
	struct text text = names_text(shard->settings->names, unit);
	char name[CIVIL_MONTH_BYTES];
	civil_format_month(month, name);
	return (size_t)snprintf(ret_id, 256, "%.*s/%s", (int)text.size, text.at, name);
}

size_t shard_unit_month(const struct shard *shard, const struct event *event, char ret_id[256])
{
	return shard_month_id(shard, event->unit, civil_month_of_day(civil_day_of(event->at_ms, shard->policy->policy.zone_ms)), ret_id);
}

struct text shard_subject_of_alert(const struct shard *shard, const struct wire_alert *alert)
{
	if (shard->kind != SHARD_OF_UNITS)
		return alert->ticket_id;
	const struct rule *rule = rule_of(alert->rule);
	if (alert->ticket_id.size || !rule || !rule->judge_unit || alert->id.size <= alert->rule.size)
		return TEXT("");
	struct text rest = { alert->id.at + alert->rule.size + 1, alert->id.size - alert->rule.size - 1 };
	const char *slash = memchr(rest.at, '/', rest.size);
	uint32_t size = slash ? (uint32_t)(slash - rest.at) + 1 + MONTH_BYTES : 0;
	return size && size <= rest.size ? (struct text){ rest.at, size } : TEXT("");
}

enum status shard_check_event(const struct shard *shard, const struct kafka_message *message, const struct event *event, struct error *error)
{
	(void)shard;
	int64_t sent_at_ms = message->timestamp_ms > 0 ? message->timestamp_ms : clock_wall_ms();
	if (event->at_ms > sent_at_ms + SHARD_FUTURE_MS)
		return error_set(error, REJECT, "in_the_future", "at is %" PRId64 " s ahead of the record's time", (event->at_ms - sent_at_ms) / SECOND_MS);
	return OK;
}

// Whoever is being judged.
struct subject {
	struct text id;
	const struct page_slot *slot;
	struct ticket *ticket;
	struct facts *facts;  // of a ticket, as it was judged last
	bool is_new, is_merged, is_written;
	bool is_to_say;  // its alerts again, all of them
};

static void judge_at(const struct shard *shard, struct subject *subject, const struct policy *policy, int64_t clock_ms, struct facts *facts,
	struct outcome *outcome)
{
	if (shard->kind == SHARD_OF_UNITS)
		assess_unit_month(subject->id, subject->ticket, policy, clock_ms, shard->settings->names, &bench()->unit_facts, outcome);
	else
		assess(subject->id, subject->ticket, policy, clock_ms, shard->settings->names, facts, outcome);
	subject->facts = facts;
}

// Of a subject that was judged before, by the same policy, and has no event more: only the time is another.
static void judge_later(const struct shard *shard, struct subject *subject, const struct policy *policy, int64_t clock_ms, struct outcome *outcome)
{
	if (shard->kind == SHARD_OF_UNITS) {
		judge_at(shard, subject, policy, clock_ms, subject->facts, outcome);
		return;
	}
	subject->facts->clock_ms = clock_ms;
	assess_facts(subject->facts, outcome);
}

// The wall clock may be put back, and Redis may lose the head's revision, both at once: what was sent would be newer than what comes.
static int64_t next_revision(struct shard *shard)
{
	int64_t *newest = shard->settings->newest_revision, revision = clock_wall_us();
	revision = revision > shard->head.revision ? revision : shard->head.revision + 1;
	revision = revision > *newest ? revision : *newest + 1;
	return *newest = shard->head.revision = revision;
}

static struct text holder_of(const struct shard *shard, const struct alert *alert)
{
	return names_text(shard->settings->names, alert->holder ? alert->holder : alert->about.unit);
}

static void put_record(struct shard *shard, enum outbox_kind kind, const void *bytes, size_t size)
{
	uint8_t head[OUTBOX_RECORD_HEAD_MAX];
	buffer_add(&shard->entry, head, outbox_record_head(kind, size, head));
	buffer_add(&shard->entry, bytes, size);
}

// One that was judged last is named already.
static void name_subject(struct shard *shard, struct text id)
{
	if (shard->said_size == id.size && memcmp(shard->entry.bytes + shard->said_at, id.at, id.size) == 0)
		return;
	put_record(shard, OUTBOX_SUBJECT, id.at, id.size);
	shard->said_at = shard->entry.size - id.size;
	shard->said_size = id.size;
}

bool shard_unsaid(const struct shard *shard, size_t *cursor, struct outbox_record *ret_record)
{
	struct error error;
	bool is_end;
	struct text unsaid = { (const char *)shard->unsaid.bytes, (uint32_t)shard->unsaid.size };
	return outbox_next(unsaid, cursor, ret_record, &is_end, &error) == OK && !is_end;
}

// Puts the message among those that leave with this step. What the subject's state gives after it needs only the subject's name in the outbox.
static void stage(struct shard *shard, struct text subject, const struct wire_alert *alert)
{
	struct buffer *alerts = &shard->alerts;
	if (!alerts->bytes)  // somewhat more than last time, lest the last few move all the others
		buffer_reserve(alerts, shard->alerts_before + shard->alerts_before / 4);
	shard->staged = memory_grow(shard->staged, shard->staged_count + 1, sizeof *shard->staged, &shard->staged_capacity);
	struct relay_alert *staged = &shard->staged[shard->staged_count++];
	staged->id_at = alerts->size;
	staged->id_size = alert->id.size;
	buffer_reserve(alerts, alert->id.size + WIRE_ALERT_BYTES_MAX);
	buffer_add(alerts, alert->id.at, alert->id.size);
	staged->at = alerts->size;
	staged->size = wire_pack_alert(alert, alerts->bytes + alerts->size);
	assert(staged->size);
	alerts->size += staged->size;
	if (alert->state == ALERT_RETRACTED)
		put_record(shard, OUTBOX_MESSAGE, alerts->bytes + staged->at, staged->size);
	else
		name_subject(shard, subject);
	shard->stats.alerts++;
}

static void send_alert(struct shard *shard, const struct subject *subject, const struct alert *alert, enum alert_state state)
{
	const struct policy *policy = &shard->policy->policy;
	const struct names *names = shard->settings->names;
	struct evidence evidence;
	evidence_clear(&evidence);
	char id[ALERT_ID_BYTES_MAX];
	size_t size = alert_id(alert, subject->id, policy, names, id);
	assert(size);
	if (shard->kind == SHARD_OF_UNITS)
		alert->rule->describe_unit(alert, &bench()->unit_facts, &evidence);
	else if (alert->rule->describe)
		alert->rule->describe(alert, subject->facts, NULL, &evidence);
	struct wire_alert out = {
		.id = { id, (uint32_t)size },
		.rule = text_of(alert->rule->id),
		.ticket_id = shard->kind == SHARD_OF_UNITS ? TEXT("") : subject->id,
		.unit = holder_of(shard, alert),
		.dimension = names_dimension(names, shard->kind == SHARD_OF_UNITS ? alert->holder : alert->about.unit),
		.article = text_of(alert->rule->article),
		.policy = text_of(policy->edition),
		.at_ms = alert->at_ms,
		.revision = next_revision(shard),
		.state = (uint8_t)state,
		.severity = alert->severity,
	};
	wire_alert_tell(&out, &evidence);
	stage(shard, subject->id, &out);
}

static bool is_about_the_same(const struct alert *a, const struct alert *b)
{
	return a->rule == b->rule && a->about.at_ms == b->about.at_ms && a->about.unit == b->about.unit && a->about.number == b->about.number;
}

static const struct alert *find_alert(const struct outcome *outcome, const struct alert *alert)
{
	for (uint32_t i = 0; i < outcome->alert_count; i++)
		if (is_about_the_same(&outcome->alert[i], alert))
			return &outcome->alert[i];
	return NULL;
}

static void index_alert(struct shard *shard, const struct subject *subject, const struct alert *alert)
{
	int32_t day = civil_day_of(alert->at_ms, shard->policy->policy.zone_ms), month = civil_month_of_day(day);
	shard_note(shard, INDEX_ALERTS, month, (uint32_t)(day - civil_month_first_day(month) + 1), subject->slot);
}

static void compare_alerts(struct shard *shard, const struct subject *subject, const struct outcome *before, const struct outcome *after)
{
	int32_t zone_ms = shard->policy->policy.zone_ms;
	for (uint32_t i = 0; i < after->alert_count; i++) {
		const struct alert *now = &after->alert[i], *was = find_alert(before, now);
		if (!was || civil_day_of(was->at_ms, zone_ms) != civil_day_of(now->at_ms, zone_ms))
			index_alert(shard, subject, now);
		if (subject->is_to_say || !was || was->state != now->state || was->at_ms != now->at_ms || was->holder != now->holder)
			send_alert(shard, subject, now, (enum alert_state)now->state);
	}
	for (uint32_t i = 0; i < before->alert_count; i++)
		if (!find_alert(after, &before->alert[i]))
			send_alert(shard, subject, &before->alert[i], ALERT_RETRACTED);
}

static bool is_listed(const struct outcome *outcome, const struct worklist_entry *entry)
{
	for (uint32_t i = 0; i < outcome->entry_count; i++) {
		const struct worklist_entry *other = &outcome->entry[i];
		if (other->list == entry->list && other->month == entry->month && other->unit == entry->unit)
			return true;
	}
	return false;
}

// An index only grows: whoever reads it asks the ticket.
static void compare_lists(struct shard *shard, const struct subject *subject, const struct outcome *before, const struct outcome *after)
{
	for (uint32_t i = 0; i < after->entry_count; i++) {
		const struct worklist_entry *entry = &after->entry[i];
		if (!is_listed(before, entry))
			shard_note(shard, entry->list, entry->month, dictionary_add(shard->dictionary, entry->unit), subject->slot);
	}
}

// A look lies in the bucket of its hour, once; in the heap too when that hour is the one held in memory.
static void file_look(struct shard *shard, const struct subject *subject, int64_t was_ms, int64_t look_ms)
{
	if (look_ms == NEVER_MS)
		return;
	int64_t hour = due_hour_of(look_ms);
	if (was_ms == NEVER_MS || due_hour_of(was_ms) != hour) {
		uint8_t record[256];
		size_t size = due_record(subject->id, record);
		appendices_add(&shard->due_files, hour, record, size);
		if (hour < shard->head.due_hour)
			shard->head.due_hour = hour;
		if (hour < shard->read_hour)
			shard->read_hour = hour;
	}
	if (hour == shard->loaded_hour)
		due_heap_push(shard->due, look_ms, subject->id);
}

static void note_lag(struct shard *shard, const struct outcome *before)
{
	if (!before->uses_clock || before->next_look_ms > shard->head.clock_ms)
		return;
	shard->stats.timers++;
	if (shard->is_live && !shard->settings->is_event_clock)
		shard->stats.lag_ms = clock_wall_ms() - before->next_look_ms;
}

// What the events of this step, the time, or a new policy make of the subject. `before` was judged with what is stored.
static void judge_change(struct shard *shard, struct subject *subject, const struct policy *old_policy, const struct outcome *before)
{
	const struct policy *policy = &shard->policy->policy;
	struct outcome *after = &bench()->after;
	struct ticket *ticket = subject->ticket;
	bool is_same_edition = ticket->edition == shard->head.edition;
	int64_t clock_now_ms = shard->head.clock_ms ? shard->head.clock_ms : 1;  // a ticket's 0 says that it needs no clock
	if (is_same_edition && !subject->is_merged && !subject->is_new)
		judge_later(shard, subject, policy, clock_now_ms, after);
	else
		judge_at(shard, subject, policy, clock_now_ms, &bench()->facts, after);
	if (is_same_edition) {
		cells_add_difference(shard->cells, before, after, policy, shard->city);
	} else {
		assert(old_policy);
		cells_add_outcome(shard->cells, before, old_policy, shard->city, -1);
		cells_add_outcome(shard->cells, after, policy, shard->city, 1);
		if (shard->kind == SHARD_OF_TICKETS && policy->uses_links && !old_policy->uses_links)
			shard_begin_links(shard, subject->id, ticket);
	}
	compare_alerts(shard, subject, before, after);
	compare_lists(shard, subject, before, after);
	file_look(shard, subject, is_same_edition ? before->next_look_ms : NEVER_MS, after->next_look_ms);
	int64_t clock_ms = after->uses_clock ? clock_now_ms : 0;
	subject->is_written = subject->is_merged || !is_same_edition || clock_ms == 0 || before->next_look_ms != after->next_look_ms;
	if (subject->is_new && !subject->is_merged)  // a unit's month without events exists when there is something in it
		subject->is_written = after->next_look_ms != NEVER_MS || after->alert_count || after->contribution_count;
	ticket->edition = shard->head.edition;
	ticket->clock_ms = clock_ms;
}

static bool is_due(const struct shard *shard, const struct outcome *before)
{
	return before->uses_clock && before->next_look_ms <= shard->head.clock_ms;
}

// Text of what was merged so far moves out of the arena, when a further message might not find room.
static enum status fold(struct shard *shard, struct subject *subject, struct error *error)
{
	struct bench *b = bench();
	if (WIRE_ARENA_BYTES - b->arena.used > 3 * PAYLOAD_BYTES_MAX)
		return OK;
	size_t size = ticket_encode(subject->ticket, shard->dictionary, b->bytes, sizeof b->bytes);
	assert(size);
	memcpy(b->fold, b->bytes, size);
	b->arena.used = 0;
	return ticket_decode(b->fold, size, shard->dictionary, subject->ticket, error);
}

static enum status unpack(struct shard *shard, const struct subject *subject, const struct kafka_message *message, struct event *ret_event, struct error *error)
{
	struct text ticket_id;
	enum status status;
	if (shard->kind == SHARD_OF_UNITS) {
		status = wire_unpack_unit_event(message->value, shard->settings->names, &bench()->arena, ret_event, error);
	} else {
		status = wire_unpack_ticket_event(message->value, shard->settings->names, &bench()->arena, &ticket_id, ret_event, error);
		if (status == OK && !text_equal(ticket_id, subject->id))
			return error_set(error, REJECT, "wrong_key", "the key is not the ticket_id");
	}
	if (status != OK || ret_event->type == EVENT_LINKED)  // which we said ourselves, of an instant that was checked, by a wall clock that may have been put back since
		return status;
	return shard_check_event(shard, message, ret_event, error);
}

static enum status merge(struct shard *shard, struct subject *subject, const struct event *event, struct error *error)
{
	struct bench *b = bench();
	struct ticket *ticket = subject->ticket;
	uint32_t had = ticket->count;
	enum merge merge = ticket_merge(ticket, event, shard->settings->names);
	if (merge == MERGE_DUPLICATE) {
		shard->stats.duplicates++;
		return OK;
	}
	if (merge == MERGE_FULL)
		return error_set(error, REJECT, "too_many_events", "a ticket may have %u events", ticket->capacity);
	// Too large is found out now, while the event can still be refused.
	if (merge != MERGE_VOIDED && ticket->count > TICKET_EVENTS_KEPT && !ticket_encode(ticket, shard->dictionary, b->bytes, sizeof b->bytes)) {
		memcpy(ticket->event, b->kept, had * sizeof *ticket->event);
		ticket->count = had;
		return error_set(error, REJECT, "too_many_events", "a ticket may have %d bytes", TICKET_BYTES_MAX);
	}
	subject->is_merged = true;
	return OK;
}

// One message of the batch into the subject. A bad one becomes a dead letter and changes nothing.
static enum status take(struct shard *shard, struct subject *subject, uint32_t number, struct error *error)
{
	const struct kafka_message *message = &shard->incoming[number];
	struct ticket *ticket = subject->ticket;
	struct event event;
	enum status status = fold(shard, subject, error);
	if (status != OK)
		return status;
	if (ticket->count >= TICKET_EVENTS_KEPT)
		memcpy(bench()->kept, ticket->event, ticket->count * sizeof *ticket->event);
	status = unpack(shard, subject, message, &event, error);
	bool is_about_links = status == OK && event.type == EVENT_RECEIVED;
	struct links links = is_about_links ? links_of(ticket, shard->settings->names) : (struct links){ .is_there = false };
	if (status == OK)
		status = merge(shard, subject, &event, error);
	if (status == OK && is_about_links)
		shard_send_links(shard, subject->id, &links, ticket, message->offset);
	if (status == REJECT) {
		relay_add_dead_letter(shard->relay, shard->topic_name, message, error);
		shard->stats.rejected++;
		return OK;
	}
	if (event.at_ms > shard->clock_ms && event.type != EVENT_LINKED)
		shard->clock_ms = event.at_ms;
	if (status == OK && shard->kind == SHARD_OF_UNITS)
		shard_seed_event(shard, event.at_ms);
	return status;
}

static enum status load(struct shard *shard, struct subject *subject, const struct page_entry *entry, const struct policy **ret_policy, struct error *error)
{
	struct bench *b = bench();
	struct ticket *ticket = subject->ticket;
	*ticket = (struct ticket){ .event = b->event, .capacity = shard->kind == SHARD_OF_UNITS ? UNIT_MONTH_EVENTS_MAX : TICKET_EVENTS_MAX };
	*ret_policy = &shard->policy->policy;
	ticket->edition = shard->head.edition;
	subject->is_new = entry == NULL;
	if (!entry)
		return OK;
	enum status status = ticket_decode(entry->bytes, entry->size, shard->dictionary, ticket, error);
	if (status != OK)
		return status;
	*ret_policy = shard_edition(shard, ticket->edition);
	if (!*ret_policy)
		return error_set(error, FATAL, "broken_state", "ticket %.*s was judged by policy edition %u, which is not stored", (int)subject->id.size, subject->id.at,
			ticket->edition);
	return OK;
}

static bool is_event(const struct touch *touch)
{
	return touch->event < TOUCH_SAY;
}

// Only the clock has reached it, and no clock changes what it is: what it was to be looked at for is done.
static bool is_done(const struct shard *shard, const struct subject *subject, const struct touch *touch, uint8_t place)
{
	if (subject->is_new || subject->ticket->clock_ms || subject->ticket->edition != shard->head.edition)
		return false;
	while (touch && touch->place == place && touch->event == TOUCH_NO_EVENT)
		touch = touch->next;
	return !touch || touch->place != place;
}

// Judges one subject and appends it to the page that is being written.
static enum status judge_subject(struct shard *shard, struct subject *subject, const struct page_entry *entry, const struct touch *touch, uint8_t place,
	struct error *error)
{
	struct bench *b = bench();
	struct outcome *before = &b->before;
	const struct policy *old_policy;
	subject->ticket = &b->ticket;
	subject->is_merged = subject->is_written = subject->is_to_say = false;
	b->arena.used = 0;
	enum status status = load(shard, subject, entry, &old_policy, error);
	if (status != OK)
		return status;
	if (is_done(shard, subject, touch, place)) {
		page_append(&b->writer, place, entry->bytes, entry->size);
		return OK;
	}
	if (subject->is_new)
		outcome_clear(before);  // a unit's month without events is something, but only once it was judged
	else
		judge_at(shard, subject, old_policy, subject->ticket->clock_ms, &b->facts_before, before);
	note_lag(shard, before);
	bool is_seeded = false;
	for (; touch && touch->place == place; touch = touch->next) {
		is_seeded |= subject->is_new && touch->event == TOUCH_SEED;
		subject->is_to_say |= !subject->is_new && touch->event == TOUCH_SAY;
		if (is_event(touch) && (status = take(shard, subject, touch->event, error)) != OK)
			return status;
	}
	if (subject->is_merged || subject->is_to_say || is_seeded || is_due(shard, before) || subject->ticket->edition != shard->head.edition)
		judge_change(shard, subject, old_policy, before);
	else if (before->next_look_ms != NEVER_MS && due_hour_of(before->next_look_ms) == shard->loaded_hour)
		due_heap_push(shard->due, before->next_look_ms, subject->id);
	if (!subject->is_written) {
		if (entry)
			page_append(&b->writer, place, entry->bytes, entry->size);
		return OK;
	}
	size_t size = ticket_encode(subject->ticket, shard->dictionary, b->bytes, sizeof b->bytes);
	assert(size);
	page_append(&b->writer, place, b->bytes, size);
	return OK;
}

static bool is_judged(const struct page_slot *slot, const struct touch *touch, uint8_t place)
{
	return slot->is_swept || (touch && touch->place == place);
}

static void keep(struct page_writer *writer, const uint8_t **kept, const uint8_t *end)
{
	if (*kept)
		page_append_entries(writer, *kept, end);
	*kept = NULL;
}

// Walks the stored tickets of a page and the touches side by side, both by ascending place.
static enum status judge_page(struct shard *shard, struct page_slot *slot, struct error *error)
{
	struct bench *b = bench();
	struct text old = { (const char *)slot->bytes, slot->size };
	enum status status = pages_check(slot, error);
	if (status != OK)
		return status;
	size_t cursor = 0;
	struct page_entry entry;
	bool has_entry = page_next(old, &cursor, &entry), is_changed = false;
	const struct touch *touch = slot->first;
	const uint8_t *kept = NULL, *kept_end = NULL;  // entries that nobody judges, in one piece
	page_begin(&b->writer);
	while (has_entry || touch) {
		uint8_t place = !touch || (has_entry && entry.place <= touch->place) ? entry.place : touch->place;
		bool is_stored = has_entry && entry.place == place;
		if (is_judged(slot, touch, place)) {
			keep(&b->writer, &kept, kept_end);
			char id[TICKET_ID_BYTES_MAX + NAME_BYTES_MAX];
			struct subject subject = { .id = { id, (uint32_t)page_ticket_id((struct text){ slot->name, slot->name_size }, place, id) }, .slot = slot };
			status = judge_subject(shard, &subject, is_stored ? &entry : NULL, touch, place, error);
			if (status != OK)
				return status;
			is_changed |= subject.is_written;
		} else {
			kept = kept ? kept : entry.begin;
			kept_end = entry.bytes + entry.size;
		}
		while (touch && touch->place == place)
			touch = touch->next;
		if (is_stored)
			has_entry = page_next(old, &cursor, &entry);
	}
	if (is_changed) {
		keep(&b->writer, &kept, kept_end);
		pages_write(shard->pages, slot, page_seal(&b->writer));
	}
	return OK;
}

// An alert that was sent and that the state does not give, or gives in another state, is sent again as it is. Source: design.md, idea 2.
static enum status judge_sent(struct shard *shard, struct error *error)
{
	struct bench *b = bench();
	const struct sent_alert *sent = shard->sent_alerts;
	for (size_t i = 0; i < shard->sent_count; i++, sent = sent->next) {
		struct wire_alert alert;
		b->arena.used = 0;
		if (wire_unpack_alert((struct text){ (const char *)sent->bytes, sent->size }, &b->arena, &alert, NULL) != OK)
			continue;
		struct text of = shard_subject_of_alert(shard, &alert);
		struct page_address address = shard_address(shard, of);
		struct page_slot *slot = pages_slot(shard->pages, address.page);
		char id[TICKET_ID_BYTES_MAX + NAME_BYTES_MAX];
		if (!text_copy(of, id, sizeof id))
			continue;
		struct subject subject = { .id = { id, of.size }, .ticket = &b->ticket };
		size_t cursor = 0;
		struct page_entry entry;
		struct text page = { (const char *)slot->bytes, slot->size };
		bool is_found = false;
		while (!is_found && page_next(page, &cursor, &entry))
			is_found = entry.place == address.place;
		const struct policy *policy;
		enum status status = load(shard, &subject, is_found ? &entry : NULL, &policy, error);
		if (status != OK)
			return status;
		if (is_found)
			judge_at(shard, &subject, policy, subject.ticket->clock_ms, &b->facts, &b->after);
		else
			outcome_clear(&b->after);
		const struct alert *now = NULL;
		for (uint32_t j = 0; j < b->after.alert_count && !now; j++) {
			char known[ALERT_ID_BYTES_MAX];
			size_t size = alert_id(&b->after.alert[j], subject.id, policy, shard->settings->names, known);
			if (text_equal((struct text){ known, (uint32_t)size }, alert.id))
				now = &b->after.alert[j];
		}
		if (now && now->state != alert.state)
			send_alert(shard, &subject, now, (enum alert_state)now->state);
		if (!now && alert.state != ALERT_RETRACTED) {
			alert.state = ALERT_RETRACTED;
			alert.revision = next_revision(shard);
			stage(shard, subject.id, &alert);
		}
	}
	return OK;
}

// Retractions that a former owner left: as they are.
static void say_messages(struct shard *shard)
{
	struct outbox_record record;
	for (size_t cursor = shard->unsaid_at; cursor < shard->unsaid_to && shard_unsaid(shard, &cursor, &record);) {
		struct wire_alert alert;
		struct error error;
		bench()->arena.used = 0;
		if (record.kind == OUTBOX_MESSAGE && wire_unpack_alert(record.bytes, &bench()->arena, &alert, &error) == OK)
			stage(shard, TEXT(""), &alert);
	}
}

// Messages are met in no order that a machine could guess: those of the next page are fetched while this one is judged, and where they lie is while the one
// before that is.
static void prefetch(const struct shard *shard, const struct page_slot *slot)
{
	const struct page_slot *next = slot->next;
	if (!next)
		return;
	__builtin_prefetch(next->bytes);
	for (const struct touch *touch = next->first; touch; touch = touch->next)
		if (is_event(touch))
			__builtin_prefetch(shard->incoming[touch->event].value.at);
	for (const struct touch *touch = next->next ? next->next->first : NULL; touch; touch = touch->next)
		if (is_event(touch)) {
			const struct kafka_message *message = &shard->incoming[touch->event];
			__builtin_prefetch(message);
			__builtin_prefetch(&message->value);
		}
}

enum status shard_judge(struct shard *shard, struct error *error)
{
	if (shard->kind == SHARD_OF_LINKS)
		return shard_judge_links(shard, error);
	for (struct page_slot *slot = pages_touched(shard->pages); slot; slot = slot->next) {
		prefetch(shard, slot);
		enum status status = judge_page(shard, slot, error);
		if (status != OK)
			return status;
	}
	shard_hand_over_links(shard);
	say_messages(shard);
	return judge_sent(shard, error);
}
