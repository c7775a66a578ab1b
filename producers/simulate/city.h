// city.h - a city that is made up: its districts, units, groups and categories, and how good each unit is.
//
// Everything follows from the seed and the number of units. Names are real words; the city is not.
#ifndef HOTLINE_CITY_H
#define HOTLINE_CITY_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "chance.h"
#include "event.h"
#include "names.h"
#include "policy.h"

enum {
	CITY_UNITS_MAX = 5000,
	CITY_DISTRICTS_MAX = 16,
	CITY_CATEGORIES_MAX = 128,
	CITY_NAME_BYTES = 64,
	CITY_NO_DISTRICT = -1,  // a unit of the whole city
	CITY_STREETS = -1,      // a unit that takes anything from its district
};

// What a department sees to: of a unit, and of a category.
enum city_department {
	CITY_HOUSING, CITY_ORDER, CITY_TRAFFIC, CITY_LABOUR, CITY_MARKET, CITY_SCHOOLS, CITY_HEALTH, CITY_FARMING, CITY_ENVIRONMENT, CITY_SUPPLY,
	CITY_DEPARTMENT_COUNT,
};

struct city_unit {
	char id[CITY_NAME_BYTES], name[CITY_NAME_BYTES];
	name_id unit;
	int district, department;
	const char *group;
	bool has_duty;
	uint32_t on_time_e4, satisfied_e4;  // how often it is on time and how often it pleases
};

struct city_category {
	name_id category;   // "物业管理/物业服务管理"
	int department;     // whose business it is
	uint32_t weight, winter_weight;
};

struct city {
	uint64_t seed;
	struct names *names;
	struct policy policy;
	uint32_t unit_count, district_count, category_count;
	struct city_unit *unit;
	name_id district[CITY_DISTRICTS_MAX];
	uint32_t district_weight[CITY_DISTRICTS_MAX];
	struct city_category category[CITY_CATEGORIES_MAX];
	name_id hotline;    // the unit that reports the calls
};

// Judges by the bulletin's policy. unit_count is 1 to CITY_UNITS_MAX.
void city_init(struct city *city, uint64_t seed, uint32_t unit_count);
void city_done(struct city *city);

// A unit for a category in a district; with is_wrong most likely not the right one. An index into unit[].
uint32_t city_draw_unit(const struct city *city, struct chance *chance, int district, const struct city_category *category, bool is_wrong);
const struct city_category *city_draw_category(const struct city *city, struct chance *chance, bool is_winter);
int city_draw_district(const struct city *city, struct chance *chance);

bool city_is_working(const struct city *city, int32_t day);
// The instant itself in working hours, else one in the next working morning.
int64_t city_working_time(const struct city *city, struct chance *chance, int64_t at_ms);

// The roster in the form of deploy/policy.
void city_write_roster(const struct city *city, FILE *file);

#endif
