#include "sample.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "civil.h"
#include "link.h"
#include "event_json.h"
#include "policy_file.h"

void sample_policy(struct names *names, struct policy *ret_policy)
{
	static const char text[] =
		"roster:\n"
		"  - {id: u1, district: east, group: base}\n"
		"  - {id: u2, district: west, group: base, to: 2024-03-05}\n"
		"  - {id: u2, district: east, group: city, from: 2024-03-06}\n"
		"  - {id: u3, from: 2024-03-05}\n"
		"versions:\n"
		"  - from: 1970-01-01\n";
	struct error error = { .reason = "" };
	enum status status = policy_load_text(TEXT(text), "sample", names, ret_policy, &error);
	if (status != OK)
		fprintf(stderr, "%s\n", error.text);
	assert(status == OK);
}

static int64_t at(int days, int hours)
{
	return SAMPLE_AT_MS + days * DAY_MS + hours * HOUR_MS;
}

static name_id unit(struct names *names, const char *name)
{
	return names_intern(names, NAME_UNIT, text_of(name));
}

static struct event of_unit(enum event_type type, int64_t at_ms, name_id unit)
{
	struct event event = event_of(type, at_ms);
	event.unit = unit;
	return event;
}

static struct event with_void(struct event event)
{
	event.is_void = true;
	return event;
}

static struct event with_seq(struct event event, uint32_t seq)
{
	event.seq = seq;
	return event;
}

static struct event with_due(struct event event, int64_t due_at_ms)
{
	event.due_at_ms = due_at_ms;
	return event;
}

static struct event rated(int64_t at_ms, enum answer satisfied, int stars)
{
	struct event event = event_of(EVENT_RATED, at_ms);
	event.satisfied = (uint8_t)satisfied;
	event.stars = (int8_t)stars;
	return event;
}

static struct event received(struct names *names, int64_t at_ms, enum level level, enum channel channel, const char *district)
{
	struct event event = event_of(EVENT_RECEIVED, at_ms);
	event.kind = KIND_COMPLAINT;
	event.level = (uint8_t)level;
	event.channel = (uint8_t)channel;
	event.district = names_intern(names, NAME_DISTRICT, text_of(district));
	event.category = names_intern(names, NAME_CATEGORY, TEXT("heat/cold/room"));
	event.caller = TEXT("c-1");
	return event;
}

static struct event revisited(int64_t at_ms, enum answer effective, enum answer reopen)
{
	struct event event = event_of(EVENT_REVISITED, at_ms);
	event.effective = (uint8_t)effective;
	event.reopen = (uint8_t)reopen;
	return event;
}

void sample_story(struct names *names, struct event ret_event[SAMPLE_STORY])
{
	name_id u1 = unit(names, "u1"), u2 = unit(names, "u2"), u3 = unit(names, "u3"), stranger = unit(names, "stranger");
	struct event invalid = event_of(EVENT_RECEIVED, at(1, 0));
	invalid.valid = ANSWER_NO;
	struct event assist = of_unit(EVENT_DISPATCHED, at(0, 2), u2);
	assist.role = ROLE_ASSIST;
	struct event accepted = of_unit(EVENT_DISPATCHED, at(2, 0), u3);
	accepted.accepted_at_ms = at(2, 5);
	const struct event dispatched = of_unit(EVENT_DISPATCHED, at(0, 1), u1), resolved = of_unit(EVENT_RESOLVED, at(1, 3), u1);
	const struct event story[SAMPLE_STORY] = {
		received(names, at(0, 0), LEVEL_CITY, CHANNEL_PHONE, "east"),
		received(names, at(0, 5), LEVEL_PROVINCE, CHANNEL_NETWORK, "west"),
		invalid,
		with_void(invalid),
		dispatched,
		with_due(of_unit(EVENT_DISPATCHED, at(1, 1), u1), at(2, 1)),  // an extension
		assist,
		of_unit(EVENT_DISPATCHED, at(1, 1), u2),                      // moves the ticket
		of_unit(EVENT_RETURNED, at(1, 1), u1),                        // in 24 hours
		of_unit(EVENT_RETURNED, at(1, 1) + 1, u1),                    // and a millisecond later
		resolved,
		with_seq(of_unit(EVENT_RESOLVED, at(1, 3), 0), 1),
		of_unit(EVENT_RESOLVED, at(16, 0), u2),                       // late
		rated(at(2, 0), ANSWER_YES, 5),
		rated(at(3, 0), ANSWER_NO, 1),
		revisited(at(4, 0), ANSWER_YES, ANSWER_NONE),
		revisited(at(2, 1), ANSWER_NO, ANSWER_YES),
		with_void(resolved),
		with_seq(of_unit(EVENT_DISPATCHED, at(1, 1), u1), 1),
		with_void(dispatched),
		with_seq(of_unit(EVENT_RESOLVED, at(1, 3), u2), 2),
		of_unit(EVENT_DISPATCHED, at(3, 0), stranger),
		rated(at(0, 3), ANSWER_NONE, 3),                              // before any resolution
		accepted,
	};
	memcpy(ret_event, story, sizeof story);
}

static int64_t any_instant(struct chance *chance)
{
	switch (chance_below(chance, 6)) {
	case 0:
		return INSTANT_MIN_MS + 1;
	case 1:
		return INSTANT_MAX_MS;
	case 2:
		return SAMPLE_AT_MS + (int64_t)chance_below(chance, 100) * SECOND_MS;
	default:
		return SAMPLE_AT_MS + (int64_t)chance_below(chance, 90 * (uint64_t)DAY_MS) - 30 * DAY_MS;
	}
}

// Often empty, often as long as it may be. The bytes are always the same, so the longest text holds all others.
static struct text any_text(struct chance *chance, uint32_t max)
{
	static char bytes[TEXT_BYTES_MAX];
	if (!bytes[0])
		for (size_t i = 0; i < sizeof bytes; i++)
			bytes[i] = (char)('a' + i % 26);
	uint64_t pick = chance_below(chance, 4);
	uint32_t size = pick == 0 ? 0 : pick == 1 ? max : (uint32_t)chance_below(chance, max < 40 ? max : 40);
	return (struct text){ bytes, size };
}

static name_id any_name(struct chance *chance, struct names *names, enum name_kind kind, bool is_needed)
{
	static const char *const name[] = { "u1", "u2", "住建局", "a", "a long name of a unit that nobody would give to a unit of a real city at all" };
	uint64_t pick = chance_below(chance, COUNT_MAX) % (sizeof name / sizeof *name + 1);
	if (pick == sizeof name / sizeof *name)
		return is_needed ? unit(names, "u1") : 0;
	return names_intern(names, kind, text_of(name[pick]));
}

static int64_t any_number(struct chance *chance, int64_t min, int64_t max)
{
	switch (chance_below(chance, 4)) {
	case 0:
		return min;
	case 1:
		return max;
	default:
		return min + (int64_t)chance_below(chance, (uint64_t)(max - min) + 1);
	}
}

static void fill_received(struct chance *chance, struct names *names, struct event *event)
{
	event->kind = (uint8_t)chance_below(chance, KIND_COUNT);
	event->level = (uint8_t)chance_below(chance, LEVEL_COUNT);
	event->channel = (uint8_t)chance_below(chance, CHANNEL_COUNT);
	event->answered_directly = (uint8_t)chance_below(chance, 3);
	event->valid = (uint8_t)chance_below(chance, 3);
	event->district = any_name(chance, names, NAME_DISTRICT, false);
	event->category = any_name(chance, names, NAME_CATEGORY, false);
	event->caller = any_text(chance, PERSON_BYTES_MAX);
	event->place = any_text(chance, PLACE_BYTES_MAX);
	event->title = any_text(chance, TEXT_BYTES_MAX);
	event->amount = any_number(chance, 0, AMOUNT_MAX);
}

static void fill_rest(struct chance *chance, struct event *event)
{
	switch (event->type) {
	case EVENT_DISPATCHED:
		event->role = (uint8_t)chance_below(chance, ROLE_COUNT);
		event->confirmed = (uint8_t)chance_below(chance, 3);
		event->due_at_ms = chance_below(chance, 2) ? any_instant(chance) : 0;
		event->accepted_at_ms = chance_below(chance, 2) ? any_instant(chance) : 0;
		break;
	case EVENT_RETURNED:
		event->slip = (uint8_t)chance_below(chance, 3);
		event->reason = any_text(chance, TEXT_BYTES_MAX);
		event->statute = any_text(chance, TEXT_BYTES_MAX);
		event->signed_by = any_text(chance, PERSON_BYTES_MAX);
		break;
	case EVENT_RESOLVED:
		event->outcome = (uint8_t)chance_below(chance, OUTCOME_COUNT);
		event->claims_satisfied = (uint8_t)chance_below(chance, 3);
		break;
	case EVENT_RATED:
		event->stars = (int8_t)any_number(chance, STARS_NONE, STARS_MAX);
		event->satisfied = (uint8_t)chance_below(chance, 3);
		event->praised = (uint8_t)(1 + chance_below(chance, 2));
		break;
	case EVENT_REVISITED:
		event->effective = (uint8_t)chance_below(chance, 3);
		event->satisfied = (uint8_t)chance_below(chance, 3);
		event->reopen = (uint8_t)chance_below(chance, 3);
		break;
	case EVENT_LINKED:
		event->kind = (uint8_t)(1 + chance_below(chance, LINK_KIND_COUNT - 1));
		event->amount = any_number(chance, 0, LINK_REVISION_MAX);
		event->answered = any_number(chance, 0, UINT32_MAX);
		event->reason = chance_below(chance, 2) ? TEXT("") : TEXT("\1\6\4");
		break;
	case EVENT_CALLS:
		event->amount = any_number(chance, 0, COUNT_MAX);
		event->answered = any_number(chance, 0, event->amount);
		break;
	case EVENT_KNOWLEDGE_UPDATED:
		event->amount = any_number(chance, 0, COUNT_MAX);
		break;
	case EVENT_POINTS:
		event->amount = any_number(chance, -POINTS_E4_MAX, POINTS_E4_MAX);
		event->ticket_id = any_text(chance, TICKET_ID_BYTES_MAX);
		event->reason = any_text(chance, TEXT_BYTES_MAX);
		break;
	case EVENT_MARKED:
		event->reason = any_text(chance, TEXT_BYTES_MAX);
		break;
	}
}

struct event sample_any(struct chance *chance, struct names *names, enum event_type type)
{
	struct error error;
	struct event event = event_of(type, any_instant(chance));
	event.seq = chance_below(chance, 2) ? 0 : (uint32_t)any_number(chance, 0, UINT32_MAX);
	event.is_void = chance_below(chance, 4) == 0;
	if (type == EVENT_RECEIVED)
		fill_received(chance, names, &event);
	else if (type != EVENT_RATED && type != EVENT_REVISITED && type != EVENT_LINKED)
		event.unit = any_name(chance, names, NAME_UNIT, type != EVENT_RESOLVED);
	fill_rest(chance, &event);
	enum status status = event_check(&event, &error);
	assert(status == OK);
	return event;
}

enum event_type sample_type(struct chance *chance)
{
	enum event_type type = (enum event_type)(1 + chance_below(chance, 11));
	return type > EVENT_REVISITED ? (enum event_type)(type - EVENT_REVISITED - 1 + EVENT_LOGGED_IN) : type;
}

struct event sample_common(struct chance *chance, struct names *names)
{
	static const char *const unit_name[] = { "u1", "u2", "u3", "stranger" };
	struct event event = event_of((enum event_type)(1 + chance_below(chance, 6)), at((int)chance_below(chance, 6), (int)chance_below(chance, 3)));
	event.seq = chance_below(chance, 3) ? 0 : 1;
	event.is_void = chance_below(chance, 5) == 0;
	if (event.type != EVENT_RECEIVED && event.type != EVENT_RATED && event.type != EVENT_REVISITED)
		event.unit = unit(names, unit_name[chance_below(chance, 4)]);
	switch (event.type) {
	case EVENT_RECEIVED:
		event.kind = KIND_COMPLAINT;
		event.level = (uint8_t)chance_below(chance, LEVEL_COUNT);
		break;
	case EVENT_DISPATCHED:
		event.role = chance_below(chance, 4) ? ROLE_NONE : ROLE_ASSIST;
		event.due_at_ms = chance_below(chance, 3) ? 0 : at((int)chance_below(chance, 9), 0);
		break;
	case EVENT_RATED:
		event.stars = (int8_t)chance_below(chance, 3);
		break;
	case EVENT_REVISITED:
		event.reopen = (uint8_t)chance_below(chance, 3);
		break;
	}
	return event;
}

void sample_print(const struct event *event, const struct names *names)
{
	static char line[EVENT_LINE_WRITE_BYTES_MAX];
	struct text id = event_is_of_unit(event) ? TEXT("") : TEXT("T");
	size_t size = event_json_write(id, event, names, (int32_t)(8 * HOUR_MS), line, sizeof line);
	fprintf(stderr, "%.*s\n", (int)size, line);
}

bool sample_equal(const struct event *a, const struct event *b, const struct names *names)
{
	return event_compare(a, b, names) == 0 && a->is_void == b->is_void;
}
