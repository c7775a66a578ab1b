#include "life.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "calendar.h"
#include "civil.h"
#include "rhythm.h"

// The life that is being made.
struct maker {
	const struct city *city;
	struct chance chance;
	struct life *life;
	int64_t at_ms;          // of the last event
	int district;
	const struct city_category *category;
	uint32_t unit;          // who holds it
	int64_t due_at_ms;      // of the holder
	int64_t dispatched_at_ms;
	uint32_t people;
};

static const char *const reasons[] = { "请分派至街道", "请分派至住建部门", "不属于我单位职责", "权属不清，建议联合处置", "依据《物业管理条例》应由街道办理", "来件信息不全" };
enum { PEOPLE_MIN = 10000, PEOPLE_MAX = 1 << 24, PEOPLE_A_HOUSE = 100 };

static const char *const places[] = { "水木清华小区", "阳光花园", "滨河家园", "幸福里", "锦绣城", "中央公园", "东方名苑", "和谐家园", "新世界广场", "老街市场", "体育路", "人民路" };
static const char *const surnames[] = { "王", "李", "张", "刘", "陈", "杨", "赵", "孙", "周", "吴" };
#define DRAW(chance, table) (table)[chance_below(chance, sizeof(table) / sizeof *(table))]

static bool happens(struct maker *maker, uint32_t chance_e4)
{
	return chance_of_e4(&maker->chance, chance_e4);
}

static int64_t between(struct maker *maker, int64_t least_ms, int64_t most_ms)
{
	return least_ms + (int64_t)chance_below(&maker->chance, (uint64_t)(most_ms - least_ms) / SECOND_MS + 1) * SECOND_MS;
}

// Appends an event, later than the last one by a second at least: instants tell the order, as in a register.
static struct event *add(struct maker *maker, enum event_type type, int64_t at_ms)
{
	struct life *life = maker->life;
	assert(life->count < LIFE_EVENTS_MAX);
	if (life->count && at_ms < maker->at_ms + SECOND_MS)
		at_ms = maker->at_ms + SECOND_MS;
	maker->at_ms = at_ms;
	life->event[life->count] = event_of(type, at_ms);
	return &life->event[life->count++];
}

static name_id unit_name(const struct maker *maker, uint32_t unit)
{
	return maker->city->unit[unit].unit;
}

static uint8_t draw_kind(struct maker *maker)
{
	uint64_t percent = chance_below(&maker->chance, 100);
	return percent < 46 ? KIND_COMPLAINT : percent < 70 ? KIND_REQUEST : percent < 87 ? KIND_ENQUIRY : percent < 93 ? KIND_SUGGESTION : percent < 95 ? KIND_PRAISE
		: KIND_OTHER;
}

static uint8_t draw_level(struct maker *maker)
{
	uint64_t percent = chance_below(&maker->chance, 100);
	return percent < 7 ? LEVEL_PROVINCE : percent < 66 ? LEVEL_CITY : LEVEL_DISTRICT;
}

uint32_t life_people(uint64_t tickets, uint32_t days)
{
	enum { DAYS_APART = 1000 };
	uint64_t people = (tickets * DAYS_APART + days - 1) / days;
	return people < PEOPLE_MIN ? PEOPLE_MIN : people > PEOPLE_MAX ? PEOPLE_MAX : (uint32_t)people;
}

// A few people call again and again, always about the same place and matter: every 25th call is theirs. All others are anybody, about any house.
static void draw_caller(struct maker *maker, struct event *event)
{
	struct life *life = maker->life;
	struct chance *chance = &maker->chance, again;
	if (happens(maker, 400)) {
		again = chance_of(maker->city->seed + chance_below(chance, 150));
		chance = &again;
		maker->district = city_draw_district(maker->city, chance);
		maker->category = city_draw_category(maker->city, chance, false);
	}
	uint32_t houses = maker->people / PEOPLE_A_HOUSE;
	snprintf(life->caller, sizeof life->caller, "c-%06x", (unsigned)chance_below(chance, maker->people));
	snprintf(life->place, sizeof life->place, "%s%u号", DRAW(chance, places), (unsigned)chance_below(chance, houses / (sizeof places / sizeof *places) + 1) + 1);
	event->caller = text_of(life->caller);
	event->place = text_of(life->place);
}

static struct event *receive(struct maker *maker, const struct life_key *key)
{
	struct event *event = add(maker, EVENT_RECEIVED, key->received_at_ms);
	maker->district = city_draw_district(maker->city, &maker->chance);
	maker->category = city_draw_category(maker->city, &maker->chance, rhythm_is_winter(key->day));
	event->kind = draw_kind(maker);
	event->level = draw_level(maker);
	event->channel = happens(maker, 8200) ? CHANNEL_PHONE : CHANNEL_NETWORK;
	draw_caller(maker, event);
	event->district = maker->city->district[maker->district];
	event->category = maker->category->category;
	if (maker->category->department == CITY_LABOUR && happens(maker, 3000))  // wages
		event->amount = between(maker, 2 * SECOND_MS, 90 * SECOND_MS) / SECOND_MS * 1000;
	return event;
}

int64_t life_due_at_ms(const struct city *city, const struct event *received, int64_t from_ms)
{
	const struct policy *policy = &city->policy;
	const struct term *term = policy_term(&policy->version[0], received->kind, received->level, received->district);
	bool is_covered;
	return calendar_due_at_ms(policy->calendar, &term->count, from_ms, policy->zone_ms, &is_covered);
}

static int64_t due_from(const struct maker *maker, int64_t from_ms)
{
	return life_due_at_ms(maker->city, &maker->life->event[0], from_ms);
}

static struct event *dispatch(struct maker *maker, uint32_t unit, int64_t at_ms)
{
	struct event *event = add(maker, EVENT_DISPATCHED, city_working_time(maker->city, &maker->chance, at_ms));
	event->unit = unit_name(maker, unit);
	maker->unit = unit;
	maker->dispatched_at_ms = event->at_ms;
	maker->due_at_ms = due_from(maker, event->at_ms);
	return event;
}

static void give_back(struct maker *maker)
{
	bool is_late = happens(maker, 900);
	struct event *event = add(maker, EVENT_RETURNED, maker->at_ms + (is_late ? between(maker, 25 * HOUR_MS, 60 * HOUR_MS) : between(maker, 20 * MINUTE_MS, 20 * HOUR_MS)));
	event->unit = unit_name(maker, maker->unit);
	event->reason = text_of(DRAW(&maker->chance, reasons));
	if (memmem(event->reason.at, event->reason.size, "《", strlen("《")) && happens(maker, 6000))
		event->statute = TEXT("第四十二条");
	event->slip = happens(maker, 8500) ? ANSWER_YES : ANSWER_NO;
	if (event->slip != ANSWER_YES)
		return;
	snprintf(maker->life->signed_by, sizeof maker->life->signed_by, "%s主任", DRAW(&maker->chance, surnames));
	event->signed_by = text_of(maker->life->signed_by);
}

// Up to three units before one keeps it; now and then the first one gets it back and has to.
static void find_unit(struct maker *maker)
{
	enum { RETURNS_MAX = 3 };
	bool is_wrong = happens(maker, 900);
	uint32_t first = city_draw_unit(maker->city, &maker->chance, maker->district, maker->category, is_wrong);
	dispatch(maker, first, maker->at_ms + between(maker, 3 * MINUTE_MS, 90 * MINUTE_MS));
	for (int returns = 0; returns < RETURNS_MAX && happens(maker, is_wrong ? 8500 : 300); returns++) {
		give_back(maker);
		bool is_back = returns > 0 && happens(maker, 4000);
		is_wrong = happens(maker, 1800);
		uint32_t next = is_back ? first : city_draw_unit(maker->city, &maker->chance, maker->district, maker->category, is_wrong);
		struct event *event = dispatch(maker, next, maker->at_ms + between(maker, 20 * MINUTE_MS, 3 * HOUR_MS));
		if (returns > 0 || is_back)
			event->confirmed = ANSWER_YES;
	}
}

static void assist(struct maker *maker)
{
	uint32_t helper = city_draw_unit(maker->city, &maker->chance, maker->district, maker->category, true);
	if (helper == maker->unit)
		return;
	struct event *event = add(maker, EVENT_DISPATCHED, maker->at_ms);
	event->unit = unit_name(maker, helper);
	event->role = ROLE_ASSIST;
	if (!happens(maker, 6000))
		return;
	event = add(maker, EVENT_RESOLVED, maker->at_ms + between(maker, HOUR_MS, 8 * HOUR_MS));
	event->unit = unit_name(maker, helper);
}

// A few more days, granted before the term is over.
static void extend(struct maker *maker)
{
	int64_t at_ms = maker->due_at_ms - between(maker, 20 * HOUR_MS, 40 * HOUR_MS);
	if (at_ms <= maker->at_ms)
		return;
	struct event *event = add(maker, EVENT_DISPATCHED, at_ms);
	event->unit = unit_name(maker, maker->unit);
	event->due_at_ms = due_from(maker, maker->due_at_ms);
	maker->due_at_ms = event->due_at_ms;
}

static int64_t draw_resolution(struct maker *maker)
{
	const struct city_unit *unit = &maker->city->unit[maker->unit];
	int64_t left_ms = maker->due_at_ms - maker->at_ms;
	if (!happens(maker, unit->on_time_e4) || left_ms <= 2 * HOUR_MS)
		return maker->due_at_ms + between(maker, HOUR_MS, 6 * DAY_MS);
	if (happens(maker, 1600))
		return maker->at_ms + between(maker, 20 * MINUTE_MS, 6 * HOUR_MS);
	// Rather early than late, seldom at the last minute.
	double part = chance_unit(&maker->chance);
	return maker->at_ms + (int64_t)((double)(left_ms - HOUR_MS) * part * part) / SECOND_MS * SECOND_MS + 30 * MINUTE_MS;
}

static bool resolve(struct maker *maker)
{
	if (happens(maker, 25))
		return false;  // never
	int64_t at_ms = draw_resolution(maker);
	int64_t working_ms = city_working_time(maker->city, &maker->chance, at_ms);
	bool is_pushed_late = at_ms <= maker->due_at_ms && working_ms > maker->due_at_ms;
	struct event *event = add(maker, EVENT_RESOLVED, is_pushed_late ? at_ms : working_ms);
	if (happens(maker, 9700))
		event->unit = unit_name(maker, maker->unit);  // else: whoever holds it
	event->outcome = happens(maker, 8000) ? OUTCOME_DONE : happens(maker, 8500) ? OUTCOME_EXPLAINED : OUTCOME_REJECTED;
	event->claims_satisfied = happens(maker, 7000) ? ANSWER_YES : ANSWER_NONE;
	return true;
}

static int8_t draw_stars(struct maker *maker, bool is_satisfied)
{
	uint64_t percent = chance_below(&maker->chance, 100);
	if (is_satisfied)
		return percent < 78 ? 5 : percent < 94 ? 4 : 3;
	return percent < 45 ? 1 : percent < 75 ? 2 : percent < 92 ? 3 : 0;
}

static bool rate(struct maker *maker, uint32_t satisfied_e4)
{
	struct event *event = add(maker, EVENT_RATED, maker->at_ms + between(maker, 2 * HOUR_MS, 72 * HOUR_MS));
	bool is_satisfied = happens(maker, satisfied_e4);
	event->satisfied = is_satisfied ? ANSWER_YES : ANSWER_NO;
	if (happens(maker, 9000))
		event->stars = draw_stars(maker, is_satisfied);
	if (is_satisfied && happens(maker, 500))
		event->praised = ANSWER_YES;
	return is_satisfied;
}

// Returns whether the ticket goes back to its unit.
static bool revisit(struct maker *maker, bool is_satisfied)
{
	struct event *event = add(maker, EVENT_REVISITED, city_working_time(maker->city, &maker->chance, maker->at_ms + between(maker, 8 * HOUR_MS, 90 * HOUR_MS)));
	event->effective = happens(maker, 9300) ? ANSWER_YES : ANSWER_NO;
	event->satisfied = is_satisfied || happens(maker, 4500) ? ANSWER_YES : ANSWER_NO;
	if (event->satisfied == ANSWER_NO && event->effective == ANSWER_YES && happens(maker, 5000))
		event->reopen = ANSWER_YES;
	return event->reopen == ANSWER_YES;
}

// What the citizen says, at most twice over.
static void judge(struct maker *maker)
{
	enum { REOPENS_MAX = 2 };
	uint32_t satisfied_e4 = maker->city->unit[maker->unit].satisfied_e4;
	for (int reopens = 0; reopens <= REOPENS_MAX; reopens++) {
		bool is_rated = happens(maker, 7400), is_satisfied = true;
		if (is_rated)
			is_satisfied = rate(maker, satisfied_e4);
		if (!happens(maker, is_rated && !is_satisfied ? 8800 : 5000) || !revisit(maker, is_satisfied) || reopens == REOPENS_MAX)
			return;
		maker->due_at_ms = due_from(maker, maker->at_ms);
		if (!resolve(maker))
			return;
	}
}

// A ticket that turns out to be none.
static void invalidate(struct maker *maker)
{
	struct event *event = add(maker, EVENT_RECEIVED, maker->at_ms + between(maker, 10 * MINUTE_MS, 4 * HOUR_MS));
	event->valid = ANSWER_NO;
}

static void answer_directly(struct maker *maker, struct event *received)
{
	received->answered_directly = ANSWER_YES;
	if (happens(maker, 5000))
		rate(maker, 9800);
}

static void write_id(const struct life_key *key, char ret_id[LIFE_ID_BYTES])
{
	struct civil civil = civil_from_day(key->day);
	snprintf(ret_id, LIFE_ID_BYTES, "%04u%02u%02u%07u", (unsigned)civil.year % 10000, (unsigned)civil.month % 100, (unsigned)civil.day % 100, key->number % 10000000);
}

void life_make(const struct city *city, const struct life_shape *shape, const struct life_key *key, struct life *ret_life)
{
	struct maker maker = { .city = city, .life = ret_life, .people = shape->people };
	struct chance day = chance_of(city->seed + (uint64_t)key->day * UINT64_C(0xd1342543de82ef95));
	maker.chance = chance_of(chance_next(&day) ^ key->number * UINT64_C(0xff51afd7ed558ccd));
	ret_life->count = 0;
	write_id(key, ret_life->id);
	struct event *received = receive(&maker, key);
	if (happens(&maker, 150)) {
		invalidate(&maker);
		return;
	}
	if (happens(&maker, shape->direct_e4)) {
		answer_directly(&maker, received);
		return;
	}
	find_unit(&maker);
	if (happens(&maker, 500))
		assist(&maker);
	if (happens(&maker, 150))
		extend(&maker);
	if (resolve(&maker))
		judge(&maker);
}

struct text life_id(const struct life *life)
{
	return text_of(life->id);
}
