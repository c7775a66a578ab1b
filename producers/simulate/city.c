#include "city.h"

#include <stdlib.h>
#include <string.h>

#include "calendar.h"
#include "civil.h"
#include "memory.h"

static const struct {
	const char *id, *name;
} departments[CITY_DEPARTMENT_COUNT] = {
	[CITY_HOUSING] = { "zhujian", "住建局" },       [CITY_ORDER] = { "zhifa", "综合执法局" },     [CITY_TRAFFIC] = { "jiaotong", "交通运输局" },
	[CITY_LABOUR] = { "renshe", "人社局" },         [CITY_MARKET] = { "shichang", "市场监管局" }, [CITY_SCHOOLS] = { "jiaoyu", "教育局" },
	[CITY_HEALTH] = { "weijian", "卫健局" },        [CITY_FARMING] = { "nongye", "农业农村局" },  [CITY_ENVIRONMENT] = { "huanjing", "生态环境局" },
	[CITY_SUPPLY] = { "gongyong", "公用事业中心" },
};

static const struct {
	const char *id, *name, *group;
	uint32_t weight;  // share of the tickets
} districts[] = {
	{ "xinghe", "星河区", "基层", 34 },   { "donghu", "东湖区", "基层", 22 },   { "nanping", "南坪区", "基层", 16 },
	{ "beishan", "北山县", "基层", 12 },  { "lingang", "临港经济区", "经济区", 9 }, { "gaoxin", "高新技术区", "经济区", 7 },
};
enum { DISTRICT_COUNT = sizeof districts / sizeof *districts };

static const char *const streets[] = { "振兴", "建设", "新华", "渤海", "胜利", "创新", "兴海", "红旗", "友谊", "光明", "和平", "曙光" };
enum { STREET_COUNT = sizeof streets / sizeof *streets };

static const struct {
	const char *name;
	enum city_department department;
	uint32_t weight, winter_weight;
} categories[] = {
	{ "物业管理/物业服务管理", CITY_HOUSING, 90, 80 },   { "物业管理/物业收费", CITY_HOUSING, 40, 45 },       { "物业管理/小区停车", CITY_HOUSING, 38, 34 },
	{ "物业管理/公共设施维修", CITY_HOUSING, 55, 48 },   { "供热供暖/温度不达标", CITY_SUPPLY, 4, 150 },      { "供热供暖/供热收费", CITY_SUPPLY, 18, 40 },
	{ "供热供暖/管网维修", CITY_SUPPLY, 10, 36 },        { "住房保障/房产证办理", CITY_HOUSING, 45, 40 },     { "住房保障/房屋质量", CITY_HOUSING, 34, 30 },
	{ "住房保障/拆迁安置", CITY_HOUSING, 18, 16 },       { "城市管理/占道经营", CITY_ORDER, 42, 22 },         { "城市管理/违章建筑", CITY_ORDER, 30, 24 },
	{ "城市管理/市容环境", CITY_ORDER, 52, 40 },         { "城市管理/路灯照明", CITY_ORDER, 22, 30 },         { "交通运输/公交线路", CITY_TRAFFIC, 24, 26 },
	{ "交通运输/道路破损", CITY_TRAFFIC, 34, 22 },       { "交通运输/出租车服务", CITY_TRAFFIC, 20, 22 },     { "劳动社保/拖欠工资", CITY_LABOUR, 48, 76 },
	{ "劳动社保/社保缴纳", CITY_LABOUR, 36, 36 },        { "劳动社保/就业服务", CITY_LABOUR, 14, 12 },        { "市场监管/消费纠纷", CITY_MARKET, 66, 62 },
	{ "市场监管/食品安全", CITY_MARKET, 24, 20 },        { "市场监管/价格投诉", CITY_MARKET, 16, 18 },        { "教育/招生入学", CITY_SCHOOLS, 30, 12 },
	{ "教育/校外培训", CITY_SCHOOLS, 18, 14 },           { "医疗卫生/医保报销", CITY_HEALTH, 26, 30 },        { "医疗卫生/就医服务", CITY_HEALTH, 18, 20 },
	{ "农业农村/土地承包", CITY_FARMING, 18, 14 },       { "农业农村/农村道路", CITY_FARMING, 20, 12 },       { "农业农村/秸秆焚烧", CITY_FARMING, 10, 6 },
	{ "生态环境/噪声扰民", CITY_ENVIRONMENT, 44, 24 },   { "生态环境/油烟异味", CITY_ENVIRONMENT, 26, 16 },   { "生态环境/污水排放", CITY_ENVIRONMENT, 14, 10 },
	{ "水电气/停水", CITY_SUPPLY, 24, 20 },              { "水电气/停电", CITY_SUPPLY, 22, 20 },              { "水电气/燃气安装", CITY_SUPPLY, 16, 16 },
	{ "新能源/充电桩", CITY_HOUSING, 12, 14 },
};
enum { CATEGORY_COUNT = sizeof categories / sizeof *categories };
_Static_assert((int)CATEGORY_COUNT <= (int)CITY_CATEGORIES_MAX && (int)DISTRICT_COUNT <= (int)CITY_DISTRICTS_MAX, "the tables of the city are larger than its limits");

// One unit in six belongs to the whole city; past the departments there are branch offices.
static void name_city_unit(struct city_unit *unit, uint32_t number)
{
	uint32_t department = number % CITY_DEPARTMENT_COUNT, branch = number / CITY_DEPARTMENT_COUNT;
	unit->district = CITY_NO_DISTRICT;
	unit->department = (int)department;
	unit->group = "市直";
	if (branch) {
		snprintf(unit->id, sizeof unit->id, "shi-%s-%u", departments[department].id, branch + 1);
		snprintf(unit->name, sizeof unit->name, "市%s第%u分局", departments[department].name, branch + 1);
	} else {
		snprintf(unit->id, sizeof unit->id, "shi-%s", departments[department].id);
		snprintf(unit->name, sizeof unit->name, "市%s", departments[department].name);
	}
}

// First the departments of each district, then its streets.
static void name_district_unit(struct city_unit *unit, uint32_t number)
{
	uint32_t district = number % DISTRICT_COUNT, place = number / DISTRICT_COUNT;
	unit->district = (int)district;
	unit->group = districts[district].group;
	if (place < CITY_DEPARTMENT_COUNT) {
		unit->department = (int)place;
		snprintf(unit->id, sizeof unit->id, "%s-%s", districts[district].id, departments[place].id);
		snprintf(unit->name, sizeof unit->name, "%s%s", districts[district].name, departments[place].name);
		return;
	}
	uint32_t street = place - CITY_DEPARTMENT_COUNT;
	unit->department = CITY_STREETS;
	snprintf(unit->id, sizeof unit->id, "%s-jiedao-%u", districts[district].id, street + 1);
	if (street < STREET_COUNT)
		snprintf(unit->name, sizeof unit->name, "%s%s街道", districts[district].name, streets[street]);
	else
		snprintf(unit->name, sizeof unit->name, "%s第%u街道", districts[district].name, street + 1);
}

static void init_units(struct city *city)
{
	struct chance chance = chance_of(city->seed ^ UINT64_C(0xc17b));
	uint32_t of_city = 0, of_districts = 0;
	city->unit = memory_new(sizeof *city->unit * city->unit_count);
	for (uint32_t i = 0; i < city->unit_count; i++) {
		struct city_unit *unit = &city->unit[i];
		if (i % 6 == 5)
			name_city_unit(unit, of_city++);
		else
			name_district_unit(unit, of_districts++);
		unit->unit = names_intern(city->names, NAME_UNIT, text_of(unit->id));
		// Most are good, a few are not: the square of chance is small mostly.
		double weakness = chance_unit(&chance) * chance_unit(&chance);
		unit->on_time_e4 = 9990 - (uint32_t)(weakness * 700);
		unit->satisfied_e4 = 9900 - (uint32_t)(weakness * 1500);
		unit->has_duty = chance_below(&chance, 20) != 0;
	}
}

void city_init(struct city *city, uint64_t seed, uint32_t unit_count)
{
	*city = (struct city){ .seed = seed, .names = names_new(), .unit_count = unit_count, .district_count = DISTRICT_COUNT, .category_count = CATEGORY_COUNT };
	policy_init_default(&city->policy);
	init_units(city);
	for (uint32_t i = 0; i < DISTRICT_COUNT; i++) {
		city->district[i] = names_intern(city->names, NAME_DISTRICT, text_of(districts[i].name));
		city->district_weight[i] = districts[i].weight;
	}
	for (uint32_t i = 0; i < CATEGORY_COUNT; i++)
		city->category[i] = (struct city_category){ names_intern(city->names, NAME_CATEGORY, text_of(categories[i].name)), (int)categories[i].department,
			categories[i].weight, categories[i].winter_weight };
	city->hotline = names_intern(city->names, NAME_UNIT, TEXT("hotline"));
}

void city_done(struct city *city)
{
	policy_done(&city->policy);
	names_free(city->names);
	free(city->unit);
}

static bool is_right(const struct city_unit *unit, int district, int department)
{
	if (unit->district == CITY_NO_DISTRICT)
		return unit->department == department;
	return unit->district == district && (unit->department == department || unit->department == CITY_STREETS);
}

uint32_t city_draw_unit(const struct city *city, struct chance *chance, int district, const struct city_category *category, bool is_wrong)
{
	enum { TRIES = 256 };
	uint32_t drawn = 0;
	for (int i = 0; i < TRIES; i++) {
		drawn = (uint32_t)chance_below(chance, city->unit_count);
		const struct city_unit *unit = &city->unit[drawn];
		// The wrong unit is at least one of the same district or of the city.
		if (is_wrong ? unit->district == district || unit->district == CITY_NO_DISTRICT : is_right(unit, district, category->department))
			break;
	}
	return drawn;
}

const struct city_category *city_draw_category(const struct city *city, struct chance *chance, bool is_winter)
{
	uint64_t sum = 0;
	for (uint32_t i = 0; i < city->category_count; i++)
		sum += is_winter ? city->category[i].winter_weight : city->category[i].weight;
	uint64_t left = chance_below(chance, sum);
	const struct city_category *category = city->category;
	for (;; category++) {
		uint32_t weight = is_winter ? category->winter_weight : category->weight;
		if (left < weight)
			return category;
		left -= weight;
	}
}

int city_draw_district(const struct city *city, struct chance *chance)
{
	uint64_t left = chance_below(chance, 100);
	int district = 0;
	while (left >= city->district_weight[district])
		left -= city->district_weight[district++];
	return district;
}

bool city_is_working(const struct city *city, int32_t day)
{
	return calendar_is_working(city->policy.calendar, day);
}

int64_t city_working_time(const struct city *city, struct chance *chance, int64_t at_ms)
{
	const int64_t open_ms = 8 * HOUR_MS + 30 * MINUTE_MS, close_ms = 17 * HOUR_MS + 30 * MINUTE_MS;
	int32_t zone_ms = city->policy.zone_ms;
	int32_t day = civil_day_of(at_ms, zone_ms);
	int64_t time_ms = at_ms - civil_day_start_ms(day, zone_ms);
	if (city_is_working(city, day) && time_ms >= open_ms && time_ms < close_ms)
		return at_ms;
	if (!city_is_working(city, day) || time_ms >= close_ms)
		day = calendar_next_working(city->policy.calendar, day + 1);
	return civil_day_start_ms(day, zone_ms) + open_ms + (int64_t)chance_below(chance, 2 * HOUR_MS / SECOND_MS) * SECOND_MS;
}

void city_write_roster(const struct city *city, FILE *file)
{
	fprintf(file, "# The units of a city that is made up (hotline-simulate, seed %llu).\n", (unsigned long long)city->seed);
	for (uint32_t i = 0; i < city->unit_count; i++) {
		const struct city_unit *unit = &city->unit[i];
		fprintf(file, "- { id: %s, name: %s", unit->id, unit->name);
		if (unit->district != CITY_NO_DISTRICT)
			fprintf(file, ", district: %s", districts[unit->district].name);
		fprintf(file, ", group: %s, duty: %s }\n", unit->group, unit->has_duty ? "true" : "false");
	}
	fprintf(file, "- { id: hotline, name: 热线受理中心, duty: false }\n");
}
