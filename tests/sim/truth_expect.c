// The truth: every acceptable event of the logs merged, every ticket assessed once, everything added up.
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "cells.h"
#include "civil.h"
#include "clock_mark.h"
#include "judgement.h"
#include "keys.h"
#include "link_message.h"
#include "shard.h"
#include "totals.h"
#include "town.h"
#include "truth.h"
#include "wire.h"

enum { SUBJECTS_MAX = 1024 };

// A ticket, or a unit's month.
struct subject {
	char id[192];
	bool is_of_unit;
	int32_t partition;
	struct ticket ticket;
	struct event *event;
	size_t event_capacity;
};

static struct truth {
	struct lines *lines;
	struct names *names;
	struct policy policy;
	name_id city;
	struct subject *subject[SUBJECTS_MAX];
	size_t subject_count;
	struct cells *cells;
	struct wire_arena arena;
	struct facts facts;
	struct outcome outcome;
	struct link_change *change;
	size_t change_count, change_capacity;
	struct totals totals;
	struct sums sums;
	struct counters before[MONTH_DAYS_MAX];
} *truth;

// Texts that the event points to must outlive the arena.
static void keep_texts(struct event *event)
{
	struct text *const text[] = { &event->caller, &event->place, &event->title, &event->reason, &event->signed_by, &event->statute, &event->ticket_id };
	for (size_t i = 0; i < sizeof text / sizeof *text; i++)
		if (text[i]->size)
			*text[i] = sim_copy(*text[i]);
}

static void free_texts(struct event *event)
{
	struct text *const text[] = { &event->caller, &event->place, &event->title, &event->reason, &event->signed_by, &event->statute, &event->ticket_id };
	for (size_t i = 0; i < sizeof text / sizeof *text; i++)
		if (text[i]->size)
			sim_free((void *)text[i]->at);
}

static struct subject *subject_of(const char *id, bool is_of_unit, int32_t partition)
{
	for (size_t i = 0; i < truth->subject_count; i++)
		if (!strcmp(truth->subject[i]->id, id) && truth->subject[i]->is_of_unit == is_of_unit)
			return truth->subject[i];
	assert(truth->subject_count < SUBJECTS_MAX);
	struct subject *subject = sim_new(sizeof *subject);
	snprintf(subject->id, sizeof subject->id, "%s", id);
	subject->is_of_unit = is_of_unit;
	subject->partition = partition;
	truth->subject[truth->subject_count++] = subject;
	return subject;
}

static void merge(struct subject *subject, struct event *event)
{
	subject->event = sim_grow(subject->event, subject->ticket.count + 1, sizeof *subject->event, &subject->event_capacity);
	subject->ticket.event = subject->event;
	subject->ticket.capacity = (uint32_t)subject->event_capacity;
	keep_texts(event);
	if (ticket_merge(&subject->ticket, event, truth->names) != MERGE_ADDED)
		free_texts(event);
}

static bool is_in_time(const struct event *event, const struct record *record)
{
	return event->at_ms <= record->timestamp_ms + SHARD_FUTURE_MS;
}

static bool take_ticket_event(const struct record *record, int32_t partition)
{
	struct text id;
	struct event event;
	struct error error;
	char string[TICKET_ID_BYTES_MAX + 1];
	if (event_check_ticket_id(record->key, &error) != OK || !text_copy(record->key, string, sizeof string))
		return false;
	if (wire_unpack_ticket_event(record->value, truth->names, &truth->arena, &id, &event, &error) != OK || !text_equal(id, record->key))
		return false;
	if (event.type == EVENT_LINKED)  // what the programs tell themselves is no news: see link()
		return true;
	if (!is_in_time(&event, record))
		return false;
	merge(subject_of(string, false, partition), &event);
	return true;
}

// A record of links is a dead letter only where somebody else wrote it.
static bool take_link(const struct record *record, int32_t partition)
{
	struct error error;
	(void)partition;
	truth->change_count = 0;
	return link_message_read(record->value, &truth->change, &truth->change_count, &truth->change_capacity, &error) == OK;
}

static bool take_unit_event(const struct record *record, int32_t partition)
{
	struct event event;
	struct error error;
	if (wire_unpack_unit_event(record->value, truth->names, &truth->arena, &event, &error) != OK || !is_in_time(&event, record))
		return false;
	char month[CIVIL_MONTH_BYTES], id[192];
	civil_format_month(civil_month_of_day(civil_day_of(event.at_ms, truth->policy.zone_ms)), month);
	struct text unit = names_text(truth->names, event.unit);
	snprintf(id, sizeof id, "%.*s/%s", (int)unit.size, unit.at, month);
	merge(subject_of(id, true, partition), &event);
	return true;
}

static void read_log(const char *name, bool (*take)(const struct record *record, int32_t partition))
{
	const struct log_topic *topic = kafka_sim_topic(name);
	struct text header;
	for (int32_t i = 0; i < topic->partition_count; i++)
		for (size_t offset = 0; offset < topic->partition[i].count; offset++) {
			const struct record *record = &topic->partition[i].record[offset];
			truth->arena.used = 0;
			bool is_mark = !record->key.size && record_header(record, CLOCK_MARK_HEADER, &header);
			if (!is_mark && !take(record, i))
				lines_add(truth->lines, "letter %s %d %zu", name, i, offset);
		}
}

static bool has_link(const struct subject *subject, enum link_kind kind, const char *key, size_t size, struct links *ret_links)
{
	char own[LINK_KEY_BYTES_MAX];
	if (subject->is_of_unit)
		return false;
	*ret_links = links_of(&subject->ticket, truth->names);
	return link_key(ret_links, kind, own) == size && memcmp(own, key, size) == 0;
}

static bool is_before(const struct subject *a, int64_t a_at_ms, const struct subject *b, int64_t b_at_ms)
{
	return a_at_ms != b_at_ms ? a_at_ms < b_at_ms : text_compare(text_of(a->id), text_of(b->id)) < 0;
}

// The latest ticket of the link that came before `from`, which has `links`; then `links` are its own. NULL when nobody did.
static const struct subject *next_earlier(const struct subject *from, enum link_kind kind, const char *key, size_t size, struct links *links)
{
	const struct subject *found = NULL;
	struct links other, own = *links;
	for (size_t i = 0; i < truth->subject_count; i++) {
		const struct subject *subject = truth->subject[i];
		if (!has_link(subject, kind, key, size, &other) || !is_before(subject, other.at_ms, from, own.at_ms))
			continue;
		if (!found || is_before(found, links->at_ms, subject, other.at_ms)) {
			found = subject;
			*links = other;
		}
	}
	return found;
}

static bool is_new_caller(const struct text *callers, uint32_t count, struct text caller)
{
	for (uint32_t i = 0; i < count; i++)
		if (text_equal(callers[i], caller))
			return false;
	return caller.size;
}

// Who came before the ticket by a link, by looking at everybody.
static void link(struct subject *subject, enum link_kind kind)
{
	struct links own = links_of(&subject->ticket, truth->names), links = own;
	struct text callers[LINK_CALLERS_MAX];
	struct precedence precedence = { .earlier_count = 0 };
	char key[LINK_KEY_BYTES_MAX];
	uint8_t room[PRECEDENCE_BYTES_MAX];
	size_t size = link_key(&own, kind, key);
	const struct subject *earlier = subject;
	while (size && (earlier = next_earlier(earlier, kind, key, size, &links))) {
		int64_t ago_ms = own.at_ms - links.at_ms;
		if (ago_ms <= LINK_EARLIER_WITHIN_MS && precedence.earlier_count < LINK_EARLIER_MAX)
			precedence.earlier_ms[precedence.earlier_count++] = ago_ms;
		if (kind != LINK_PLACE || ago_ms > LINK_CALLERS_WITHIN_MS || precedence.caller_count == LINK_CALLERS_MAX || !is_new_caller(callers, precedence.caller_count, links.caller))
			continue;
		callers[precedence.caller_count] = links.caller;
		precedence.is_own[precedence.caller_count] = text_equal(links.caller, own.caller);
		precedence.caller_ms[precedence.caller_count++] = ago_ms;
	}
	if (!size)
		return;
	struct event event = event_of(EVENT_LINKED, own.at_ms);
	event.kind = (uint8_t)kind;
	event.answered = link_check(link_hash((struct text){ key, (uint32_t)size }), link_period(own.at_ms));
	event.reason = (struct text){ (const char *)room, (uint32_t)precedence_pack(&precedence, room) };
	if (event.reason.size) {
		merge(subject, &event);
		sim_hit[SIM_links]++;
	}
}

static void link_all(void)
{
	for (size_t i = 0; i < truth->subject_count; i++) {
		link(truth->subject[i], LINK_CALLER);
		link(truth->subject[i], LINK_PLACE);
	}
}

static void add_alerts(const struct subject *subject)
{
	for (uint32_t i = 0; i < truth->outcome.alert_count; i++) {
		char id[ALERT_ID_BYTES_MAX];
		const struct alert *alert = &truth->outcome.alert[i];
		if (subject->is_of_unit && alert->state == ALERT_RESOLVED)
			continue;  // as of a dimension
		alert_id(alert, text_of(subject->id), &truth->policy, truth->names, id);
		lines_add(truth->lines, "alert %s %d", id, alert->state);
	}
}

static void judge(struct subject *subject)
{
	int64_t clock_ms = truth_clock(subject->is_of_unit ? TOWN_UNIT_EVENTS : TOWN_TICKETS, subject->partition);
	struct unit_facts unit_facts;
	if (subject->is_of_unit)
		assess_unit_month(text_of(subject->id), &subject->ticket, &truth->policy, clock_ms, truth->names, &unit_facts, &truth->outcome);
	else
		assess(text_of(subject->id), &subject->ticket, &truth->policy, clock_ms, truth->names, &truth->facts, &truth->outcome);
	if (!subject->is_of_unit || subject->ticket.count)  // a unit's month without events is there for as long as some policy saw a reason
		truth_add_ticket(truth->lines, subject->id, &subject->ticket, truth->names);
	cells_add_outcome(truth->cells, &truth->outcome, &truth->policy, truth->city, 1);
	add_alerts(subject);
}

static int64_t city_clock(void)
{
	static const char *const names[] = { TOWN_TICKETS, TOWN_UNIT_EVENTS };
	int64_t least_ms = 0;
	for (size_t i = 0; i < 2; i++)
		for (int32_t partition = 0; partition < kafka_sim_topic(names[i])->partition_count; partition++) {
			int64_t clock_ms = truth_clock(names[i], partition);
			if (clock_ms > 0 && (!least_ms || clock_ms < least_ms))
				least_ms = clock_ms;
		}
	return least_ms;
}

static const struct cell_month *find_month(name_id dimension, int32_t number)
{
	const struct cell_month *month = cells_dirty(truth->cells);
	while (month && (month->dimension != dimension || month->month != number))
		month = month->next_dirty;
	return month;
}

// Into the totals; a month that was never counted in is zero.
static void read_month(name_id dimension, int32_t number)
{
	const struct cell_month *month = find_month(dimension, number);
	totals_clear(&truth->totals, number);
	for (uint32_t day = 0; month && day < MONTH_DAYS_MAX; day++) {
		uint8_t bytes[PARTIAL_BYTES_MAX];
		char field[2];
		size_t size = 0;
		struct error error;
		day_field(day, field);
		if (month->day[day] && cell_pack(month->day[day], bytes, &size, &error) != OK)
			sim_fail("the truth: %s", error.text);
		if (size && totals_add(&truth->totals, (struct text){ field, 2 }, (struct text){ (const char *)bytes, (uint32_t)size }, &error) != OK)
			sim_fail("the truth: %s", error.text);
	}
}

static void judge_month(name_id dimension_id, int32_t number)
{
	read_month(dimension_id, number - 1);
	totals_derive(&truth->totals, 0, &truth->sums);
	memcpy(truth->before, truth->sums.day, sizeof truth->before);
	read_month(dimension_id, number);
	totals_derive(&truth->totals, 0, &truth->sums);
	const struct month_facts facts = {
		.policy = &truth->policy,
		.version = policy_version_at(&truth->policy, civil_month_first_day(number)),
		.names = truth->names,
		.dimension = dimension_id,
		.month = number,
		.clock_ms = city_clock(),
		.total = &truth->sums.month,
		.before = truth->before,
		.day = truth->sums.day,
	};
	struct text dimension = names_dimension(truth->names, dimension_id);
	char name[CIVIL_MONTH_BYTES], field[ALERT_ID_BYTES_MAX], id[ALERT_ID_BYTES_MAX];
	civil_format_month(number, name);
	judgement_judge(&facts, &truth->outcome);
	for (uint32_t i = 0; i < truth->outcome.alert_count; i++) {
		alert_id(&truth->outcome.alert[i], text_of(name), &truth->policy, truth->names, field);
		judgement_id(dimension, field, id);
		if (truth->outcome.alert[i].state == ALERT_FIRING)
			lines_add(truth->lines, "alert %s %d", id, ALERT_FIRING);
	}
}

static void add_sums(const struct cell_month *month)
{
	struct text dimension = names_dimension(truth->names, month->dimension);
	for (uint32_t derived = 0; derived < derived_count(names_kind(truth->names, month->dimension)); derived++) {
		char name[DIMENSION_BYTES_MAX];
		struct text text = { name, (uint32_t)derived_name(dimension, derived, name) };
		totals_derive(&truth->totals, derived, &truth->sums);
		truth_add_counters(truth->lines, "month", text, civil_month_first_day(month->month), -1, &truth->sums.month);
		for (int32_t day = 0; day < MONTH_DAYS_MAX; day++) {
			truth_add_counters(truth->lines, "day", text, civil_month_first_day(month->month) + day, -1, &truth->sums.day[day]);
			truth_add_counters(truth->lines, "sent", text, civil_month_first_day(month->month) + day, -1, &truth->sums.day[day]);
		}
	}
	judge_month(month->dimension, month->month);
	int32_t clock_month = civil_month_of_day(civil_day_of(city_clock(), truth->policy.zone_ms));
	if (month->month < clock_month && !find_month(month->dimension, month->month + 1))  // which is judged by this one, too
		judge_month(month->dimension, month->month + 1);
}

static void add_month(const struct cell_month *month)
{
	struct text dimension = names_dimension(truth->names, month->dimension);
	totals_clear(&truth->totals, month->month);
	for (uint32_t day = 0; day < MONTH_DAYS_MAX; day++) {
		struct counters sub[SUB_COUNT] = { { { 0 } } };
		uint8_t bytes[PARTIAL_BYTES_MAX];
		char field[2];
		size_t size = 0;
		struct error error;
		if (month->day[day] && cell_pack(month->day[day], bytes, &size, &error) != OK)
			sim_fail("the truth: %s", error.text);
		struct text packed = { (const char *)bytes, (uint32_t)size };
		if (partial_add(packed, sub, &error) != OK)
			sim_fail("the truth: %s", error.text);
		for (int i = 0; i < SUB_COUNT; i++)
			truth_add_counters(truth->lines, "partial", dimension, civil_month_first_day(month->month) + (int32_t)day, i, &sub[i]);
		day_field(day, field);
		if (size && totals_add(&truth->totals, (struct text){ field, 2 }, packed, &error) != OK)
			sim_fail("the truth: %s", error.text);
	}
	if (town_has_units())
		add_sums(month);
}

static void seed_months(int32_t partition, name_id unit)
{
	struct head head;
	if (!truth_head(TOWN_UNIT_EVENTS, partition, &head) || !head.seed_from)
		return;
	int32_t last = civil_month_of_day(civil_day_of(head.clock_ms, truth->policy.zone_ms));
	for (int32_t month = head.seed_from; month <= last; month++) {
		char name[CIVIL_MONTH_BYTES], id[192];
		struct text text = names_text(truth->names, unit);
		civil_format_month(month, name);
		snprintf(id, sizeof id, "%.*s/%s", (int)text.size, text.at, name);
		subject_of(id, true, partition);
	}
}

// Months of units with duty, from the earliest that an event of the partition or its clock was in.
static void seed(void)
{
	const struct log_topic *topic = kafka_sim_topic(TOWN_UNIT_EVENTS);
	struct head head;
	for (size_t i = 0; i < truth->subject_count; i++) {
		const struct subject *subject = truth->subject[i];
		if (!subject->is_of_unit || !subject->ticket.count || !truth_head(TOWN_UNIT_EVENTS, subject->partition, &head))
			continue;
		int32_t month = civil_month_of_day(civil_day_of(subject->event[0].at_ms, truth->policy.zone_ms));
		if (!head.seed_from || head.seed_from > month)
			lines_add(truth->lines, "seed_from of partition %d is %d, wanted %d or earlier", subject->partition, head.seed_from, month);
	}
	for (uint32_t i = 0; i < truth->policy.roster_count; i++) {
		name_id unit = truth->policy.roster[i].unit;
		if (truth->policy.roster[i].has_duty)
			seed_months(kafka_partition_of(names_text(truth->names, unit), topic->partition_count), unit);
	}
}

static unsigned last_edition(void)
{
	return town_instances() ? town_instance(town_instances() - 1)->edition : 0;
}

void truth_expect(struct lines *lines)
{
	truth = sim_new(sizeof *truth);
	truth->lines = lines;
	truth->names = names_new();
	truth->cells = cells_new();
	truth->city = names_intern(truth->names, NAME_CITY, TEXT("city"));
	town_policy(last_edition(), truth->names, &truth->policy);
	read_log(TOWN_TICKETS, take_ticket_event);
	read_log(TOWN_UNIT_EVENTS, take_unit_event);
	read_log(TOWN_LINKS, take_link);
	link_all();
	seed();
	for (size_t i = 0; i < truth->subject_count; i++)
		judge(truth->subject[i]);
	for (const struct cell_month *month = cells_dirty(truth->cells); month; month = month->next_dirty)
		add_month(month);
	for (size_t i = 0; i < truth->subject_count; i++) {
		for (uint32_t j = 0; j < truth->subject[i]->ticket.count; j++)
			free_texts(&truth->subject[i]->event[j]);
		sim_free(truth->subject[i]->event);
		sim_free(truth->subject[i]);
	}
	free(truth->change);
	cells_free(truth->cells);
	policy_done(&truth->policy);
	names_free(truth->names);
	sim_free(truth);
}
