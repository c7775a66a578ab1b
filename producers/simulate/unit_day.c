#include "unit_day.h"

#include "civil.h"

enum { REPORTS = 3, PLACES_A_UNIT = 3 };  // reports of calls a day; log-in, knowledge and points of a unit

uint32_t unit_day_place_count(const struct city *city)
{
	return REPORTS + PLACES_A_UNIT * city->unit_count;
}

// Calls of the day so far, at noon, six and midnight: each report replaces the one before.
static struct event report_calls(const struct city *city, int64_t start_ms, uint32_t place, uint32_t calls, struct chance *chance)
{
	static const int64_t at_ms[REPORTS] = { 12 * HOUR_MS, 18 * HOUR_MS, DAY_MS - SECOND_MS };
	static const int64_t percent[REPORTS] = { 46, 78, 100 };
	struct event event = event_of(EVENT_CALLS, start_ms + at_ms[place]);
	event.unit = city->hotline;
	event.amount = (int64_t)calls * percent[place] / 100;
	event.answered = event.amount - (int64_t)chance_below(chance, (uint64_t)event.amount / 25 + 1);
	return event;
}

static struct event log_in(const struct city_unit *unit, int64_t start_ms, struct chance *chance)
{
	bool is_late = chance_of_e4(chance, 40);
	struct event event = event_of(EVENT_LOGGED_IN, start_ms + (is_late ? 16 * HOUR_MS : 8 * HOUR_MS) + (int64_t)chance_below(chance, 50 * 60) * SECOND_MS);
	event.unit = unit->unit;
	return event;
}

static struct event update_knowledge(const struct city_unit *unit, int64_t start_ms, struct chance *chance)
{
	struct event event = event_of(EVENT_KNOWLEDGE_UPDATED, start_ms + 10 * HOUR_MS + (int64_t)chance_below(chance, 6 * 3600) * SECOND_MS);
	event.unit = unit->unit;
	event.amount = 1 + (int64_t)chance_below(chance, 6);
	return event;
}

static struct event give_points(const struct city_unit *unit, int64_t start_ms, struct chance *chance)
{
	static const struct {
		int64_t points_e4;
		const char *reason;
	} points[] = { { 200, "好评" }, { 200, "群众来信表扬" }, { -1000, "不满意件" }, { 500, "主动协同处置" }, { -20000, "督办升级" } };
	uint64_t drawn = chance_below(chance, sizeof points / sizeof *points);
	struct event event = event_of(EVENT_POINTS, start_ms + 9 * HOUR_MS + (int64_t)chance_below(chance, 8 * 3600) * SECOND_MS);
	event.unit = unit->unit;
	event.amount = points[drawn].points_e4;
	event.reason = text_of(points[drawn].reason);
	return event;
}

bool unit_day_event(const struct city *city, int32_t day, uint32_t place, uint32_t calls, struct event *ret_event)
{
	int64_t start_ms = civil_day_start_ms(day, city->policy.zone_ms);
	struct chance chance = chance_of(city->seed ^ ((uint64_t)(uint32_t)day << 32 | place) * UINT64_C(0xaef17502108ef2d9));
	chance_next(&chance);
	if (place < REPORTS) {
		*ret_event = report_calls(city, start_ms, place, calls + calls / 9, &chance);
		return true;
	}
	const struct city_unit *unit = &city->unit[(place - REPORTS) / PLACES_A_UNIT];
	if (!city_is_working(city, day))
		return false;
	switch ((place - REPORTS) % PLACES_A_UNIT) {
	case 0:
		*ret_event = log_in(unit, start_ms, &chance);
		return unit->has_duty && !chance_of_e4(&chance, 120);
	case 1:
		*ret_event = update_knowledge(unit, start_ms, &chance);
		return chance_of_e4(&chance, 600);
	default:
		*ret_event = give_points(unit, start_ms, &chance);
		return chance_of_e4(&chance, 250);
	}
}
