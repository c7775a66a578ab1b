#include <stdarg.h>
#include <string.h>

#include "civil.h"
#include "event.h"
#include "policy_words.h"

#define SAY(list, english, chinese) ((list)->language == LANGUAGE_ENGLISH ? (english) : (chinese))

enum { CALENDAR_ENDS_SOON_DAYS = 60 };  // the State Council publishes a year's calendar in November

struct doubts {
	enum language language;
	uint32_t count;
	char (*text)[POLICY_DOUBT_BYTES];
};

static void doubt(struct doubts *doubts, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void doubt(struct doubts *doubts, const char *format, ...)
{
	if (doubts->count == POLICY_DOUBTS_MAX)
		return;
	va_list args;
	va_start(args, format);
	vsnprintf(doubts->text[doubts->count++], POLICY_DOUBT_BYTES, format, args);
	va_end(args);
}

static bool covers_mask(uint32_t wide, uint32_t narrow)
{
	return !wide || (narrow && !(narrow & ~wide));
}

static bool covers(const struct term *wide, const struct term *narrow)
{
	return covers_mask(wide->kinds, narrow->kinds) && covers_mask(wide->levels, narrow->levels) && (!wide->district || wide->district == narrow->district);
}

static void doubt_terms(struct doubts *doubts, const struct policy_version *version, const char *from)
{
	for (uint32_t i = 1; i < version->term_count; i++)
		for (uint32_t k = 0; k < i; k++)
			if (covers(&version->term[k], &version->term[i])) {
				doubt(doubts, SAY(doubts, "version %s: term %s can never hold, since %s before it fits the same tickets",
					"%s 版：时限 %s 不会生效，前面的 %s 已涵盖"), from, version->term[i].rule, version->term[k].rule);
				break;
			}
}

// Every pair of kind and level; a term of one district is no answer for the others.
static void doubt_gaps(struct doubts *doubts, const struct policy_version *version, const char *from)
{
	for (uint8_t kind = KIND_COMPLAINT; kind < KIND_COUNT; kind++)
		for (uint8_t level = LEVEL_PROVINCE; level < LEVEL_COUNT; level++)
			if (!policy_term(version, kind, level, 0)) {
				doubt(doubts, SAY(doubts, "version %s: a %s of level %s gets no deadline, and there may be more such", "%s 版：%s（%s）等诉求件没有办理时限"), from,
					event_kind_name((enum kind)kind), event_level_name((enum level)level));
				return;
			}
}

static void doubt_numbers(struct doubts *doubts, const struct policy_version *version, const char *from)
{
	if (version->low_stars >= version->excellent_stars)
		doubt(doubts, SAY(doubts, "version %s: %u stars are low and excellent at once", "%s 版：%u 星既算低星又算优秀"), from, version->excellent_stars);
	for (uint32_t i = 0; i < version->term_count; i++) {
		const struct count *count = &version->term[i].count;
		if (count->unit == COUNT_HOURS && count->number * HOUR_MS <= version->warning_before_ms)
			doubt(doubts, SAY(doubts, "version %s: the last warning of %s would come before the dispatch", "%s 版：%s 的到期预警早于转办"), from, version->term[i].rule);
	}
}

static void doubt_same(struct doubts *doubts, const struct policy_version *before, const struct policy_version *version, const char *from)
{
	struct policy_version copy = *version;
	copy.from_day = before->from_day;
	// Made in zeroed memory and copied whole, so that gaps are alike. NOLINTNEXTLINE(bugprone-suspicious-memory-comparison,cert-exp42-c,cert-flp37-c)
	if (memcmp(&copy, before, sizeof copy) == 0)
		doubt(doubts, SAY(doubts, "version %s changes nothing", "%s 版没有任何变化"), from);
}

static void doubt_calendar(struct doubts *doubts, const struct calendar *calendar, int32_t today)
{
	char last[CIVIL_DAY_BYTES];
	civil_format_day(calendar_last_day(calendar), last);
	if (today > calendar_last_day(calendar))
		doubt(doubts, SAY(doubts, "the calendar has ended on %s: holidays are not known, plain weekdays are counted", "节假日数据已于 %s 截止，此后仅按周一至周五计算"), last);
	else if (today > calendar_last_day(calendar) - CALENDAR_ENDS_SOON_DAYS)
		doubt(doubts, SAY(doubts, "the calendar ends on %s: add the next year's holidays", "节假日数据将于 %s 截止，请补充下一年度安排"), last);
}

// A year between the first version and the calendar's first day is counted by weekdays as well.
static void doubt_early_versions(struct doubts *doubts, const struct policy *policy)
{
	char first[CIVIL_DAY_BYTES], from[CIVIL_DAY_BYTES];
	civil_format_day(calendar_first_day(policy->calendar), first);
	for (uint32_t i = 1; i < policy->version_count; i++) {
		if (calendar_covers(policy->calendar, policy->version[i].from_day))
			continue;
		civil_format_day(policy->version[i].from_day, from);
		doubt(doubts, SAY(doubts, "version %s starts on a day that the calendar does not know (it starts on %s)", "%s 版起始日不在节假日数据范围内（自 %s 起）"), from, first);
	}
}

static void doubt_roster(struct doubts *doubts, const struct policy *policy, const struct names *names, int32_t today)
{
	uint32_t current = 0;
	for (uint32_t i = 0; i < policy->roster_count; i++)
		current += policy->roster[i].from_day <= today && today <= policy->roster[i].to_day;
	if (policy->roster_count && !current)
		doubt(doubts, "%s", SAY(doubts, "no unit of the roster holds today", "名录中没有当前有效的承办单位"));
	for (uint32_t i = 0; i < policy->roster_count; i++) {
		struct text id = names_text(names, policy->roster[i].unit);
		if (!policy->roster[i].district)
			doubt(doubts, SAY(doubts, "unit %.*s has no district: it counts for the city alone", "承办单位 %.*s 未填县区，仅计入全市"), (int)id.size, id.at);
	}
}

uint32_t policy_find_doubts(const struct policy *policy, const struct names *names, int32_t today, enum language language,
	char ret_doubts[POLICY_DOUBTS_MAX][POLICY_DOUBT_BYTES])
{
	struct doubts doubts = { .language = language, .text = ret_doubts };
	for (uint32_t i = 0; i < policy->version_count; i++) {
		char from[CIVIL_DAY_BYTES];
		civil_format_day(policy->version[i].from_day, from);
		doubt_terms(&doubts, &policy->version[i], from);
		doubt_gaps(&doubts, &policy->version[i], from);
		doubt_numbers(&doubts, &policy->version[i], from);
		if (i)
			doubt_same(&doubts, &policy->version[i - 1], &policy->version[i], from);
	}
	doubt_calendar(&doubts, policy->calendar, today);
	doubt_early_versions(&doubts, policy);
	doubt_roster(&doubts, policy, names, today);
	return doubts.count;
}
