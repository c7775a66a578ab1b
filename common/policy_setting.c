#include "policy_setting.h"

#include <stdio.h>
#include <string.h>

#include "civil.h"
#include "link.h"

#define AT(field) offsetof(struct policy_version, field)

static const char *const levels[] = { "none", "province", "city", "district", NULL };  // enum level
static const char *const redispatch[] = { "fresh", "continue", NULL };
static const char *const reopen[] = { "restart", "continue", NULL };

static const char *const levels_english[] = { "gets no deadline", "is judged as one of the province", "is judged as one of the city", "is judged as one of the district" };
static const char *const levels_chinese[] = { "不设办理时限", "按省级办理", "按市级办理", "按县区级办理" };
static const char *const terms_english[] = { "starts afresh", "goes on as it was" };
static const char *const terms_chinese[] = { "时限重新计算", "延续原时限" };

static const char *const off_on[] = { "off", "on", NULL };
static const char *const escalation_english[] = { "does not start escalation", "starts escalation, too" };
static const char *const escalation_chinese[] = { "不启动逐级督办", "同样启动逐级督办" };

enum { CASES_MAX = 1000000, RULE_DAYS_MAX = 20, UNITS_MAX = 100, POINTS_MAX = 100, AMOUNT_YUAN_MAX = 1000000000 };

const struct policy_setting policy_settings[] = {
	{ "default_level", SETTING_CHOICE, AT(default_level), 0, 0, levels,
		{ "a ticket that comes without a level %s", "没有层级的诉求件%s" }, { levels_english, levels_chinese } },
	{ "redispatch", SETTING_CHOICE, AT(redispatch_continues), 0, 0, redispatch,
		{ "the term of a dispatch after a return %s", "退件后再转办的，%s" }, { terms_english, terms_chinese } },
	{ "reopen", SETTING_CHOICE, AT(reopen_continues), 0, 0, reopen,
		{ "the term of a ticket that a revisit reopens %s", "回访后重新办理的，%s" }, { terms_english, terms_chinese } },
	{ "return_within", SETTING_DURATION, AT(return_within_ms), MINUTE_MS, 366 * DAY_MS, NULL,
		{ "a unit may return a ticket within %s of its dispatch", "接件后 %s内可申请退件" }, { NULL, NULL } },
	{ "low_stars", SETTING_COUNT, AT(low_stars), 0, STARS_MAX, NULL,
		{ "a rating of %s stars or fewer is low", "%s 星及以下为低星件" }, { NULL, NULL } },
	{ "excellent_stars", SETTING_COUNT, AT(excellent_stars), 0, STARS_MAX, NULL,
		{ "a rating of %s stars or more is excellent", "%s 星及以上为优秀" }, { NULL, NULL } },
	{ "floors/satisfaction/limit", SETTING_PERCENT, AT(satisfaction.limit_e4), 0, 10000, NULL,
		{ "satisfaction of a unit's month not below %s", "单月满意率不低于 %s" }, { NULL, NULL } },
	{ "floors/satisfaction/from_cases", SETTING_COUNT, AT(satisfaction.cases_min), 1, CASES_MAX, NULL,
		{ "satisfaction is watched from %s rated tickets on", "满意率自 %s 件起考核" }, { NULL, NULL } },
	{ "floors/completion/limit", SETTING_PERCENT, AT(completion.limit_e4), 0, 10000, NULL,
		{ "completion of a unit's month not below %s", "单月办结率不低于 %s" }, { NULL, NULL } },
	{ "floors/completion/from_cases", SETTING_COUNT, AT(completion.cases_min), 1, CASES_MAX, NULL,
		{ "completion is watched from %s tickets on, of those that are due while the month runs", "办结率自 %s 件起考核" }, { NULL, NULL } },
	{ "floors/on_time/limit", SETTING_PERCENT, AT(on_time.limit_e4), 0, 10000, NULL,
		{ "on-time rate of a unit's month not below %s", "单月及时办结率不低于 %s" }, { NULL, NULL } },
	{ "floors/on_time/from_cases", SETTING_COUNT, AT(on_time.cases_min), 1, CASES_MAX, NULL,
		{ "the on-time rate is watched from %s tickets on", "及时办结率自 %s 件起考核" }, { NULL, NULL } },
	{ "working_hours/from", SETTING_TIME, AT(office_from_ms), 0, DAY_MS, NULL,
		{ "working hours begin at %s", "上班时间 %s" }, { NULL, NULL } },
	{ "working_hours/to", SETTING_TIME, AT(office_to_ms), 0, DAY_MS, NULL,
		{ "working hours end at %s", "下班时间 %s" }, { NULL, NULL } },
	{ "rules/circulated/units", SETTING_COUNT, AT(circulated_units), 2, UNITS_MAX, NULL,
		{ "a ticket that was with %s units or more has circulated", "流转过 %s 个及以上单位的，报请拍定" }, { NULL, NULL } },
	{ "rules/returned-often/from", SETTING_COUNT, AT(returned_often_from), 2, UNITS_MAX, NULL,
		{ "a ticket's returns are alerts from number %s on", "自第 %s 次退件起预警" }, { NULL, NULL } },
	{ "rules/returned-often/to", SETTING_COUNT, AT(returned_often_to), 2, UNITS_MAX, NULL,
		{ "and up to number %s", "至第 %s 次退件止" }, { NULL, NULL } },
	{ "rules/look-back/days", SETTING_COUNT, AT(look_back_days), 1, RULE_DAYS_MAX, NULL,
		{ "a dissatisfied or low-star ticket must see a revisit within %s working days", "不满意件、低星件须在 %s 个工作日内“回头看”" }, { NULL, NULL } },
	{ "rules/escalation/days", SETTING_COUNT, AT(escalation_days), 1, RULE_DAYS_MAX, NULL,
		{ "working days from one level to the next: %s", "每 %s 个工作日升级督办一次" }, { NULL, NULL } },
	{ "rules/escalation/points", SETTING_COUNT, AT(escalation_points), 0, POINTS_MAX, NULL,
		{ "points that each level takes off the unit: %s", "每升级督办一次扣 %s 分" }, { NULL, NULL } },
	{ "rules/escalation/overdue", SETTING_CHOICE, AT(escalation_on_overdue), 0, 0, off_on,
		{ "a ticket that goes overdue %s", "超期件%s" }, { escalation_english, escalation_chinese } },
	{ "rules/month-end/days", SETTING_COUNT, AT(month_end_days), 1, RULE_DAYS_MAX, NULL,
		{ "a month's open tickets are listed from %s working days before its end on", "月底前 %s 个工作日起列出未办结件" }, { NULL, NULL } },
	{ "rules/praise/within", SETTING_DURATION, AT(praise_within_ms), MINUTE_MS, 366 * DAY_MS, NULL,
		{ "a candidate for the good cases was resolved within %s of its receipt", "受理后 %s内办结的，列为好评典型件候选" }, { NULL, NULL } },
	{ "rules/duty/by", SETTING_TIME, AT(duty_by_ms), 0, DAY_MS, NULL,
		{ "who has duty logs in by %s of every working day", "值守单位每个工作日 %s 前须登录" }, { NULL, NULL } },
	{ "rules/duty-letter/over", SETTING_COUNT, AT(duty_letter_over), 1, 30, NULL,
		{ "a letter goes out when more than %s days of a month are missed", "每月未登录超过 %s 天的，发提示函" }, { NULL, NULL } },
	{ "rules/margin/tickets", SETTING_COUNT, AT(margin_tickets), 1, CASES_MAX, NULL,
		{ "a unit is told when %s more dissatisfied tickets, or fewer, take it below the floor", "再有 %s 件及以下不满意即低于底线的，予以提示" }, { NULL, NULL } },
	{ "rules/tendency/chance", SETTING_PERCENT, AT(tendency_chance_e4), 0, 10000, NULL,
		{ "a week stands out when chance alone gives as many in at most %s of weeks", "一周件数偶然出现的概率不高于 %s 的，视为苗头" }, { NULL, NULL } },
	{ "rules/tendency/from", SETTING_COUNT, AT(tendency_from), 1, CASES_MAX, NULL,
		{ "and when it has %s tickets or more", "且一周不少于 %s 件" }, { NULL, NULL } },
	{ "rules/repeated/within", SETTING_DURATION, AT(repeated_within_ms), MINUTE_MS, LINK_EARLIER_WITHIN_MS, NULL,
		{ "a ticket of the same caller, or about the same place and category, is repeated within %s", "同一诉求人或同一地点同类诉求在 %s内再次投诉的，为重复投诉" }, { NULL, NULL } },
	{ "rules/repeated/from", SETTING_COUNT, AT(repeated_from), 2, LINK_EARLIER_MAX, NULL,
		{ "repeated tickets are alerts from number %s on", "自第 %s 次投诉起预警" }, { NULL, NULL } },
	{ "rules/repeated/to", SETTING_COUNT, AT(repeated_to), 2, LINK_EARLIER_MAX, NULL,
		{ "and up to number %s", "至第 %s 次投诉止" }, { NULL, NULL } },
	{ "rules/crowd/callers", SETTING_COUNT, AT(crowd_callers), 2, LINK_CALLERS_MAX, NULL,
		{ "a crowd is %s callers about one place and category", "同一地点同类诉求的投诉人数达到 %s 人的，提前预警" }, { NULL, NULL } },
	{ "rules/crowd/within", SETTING_DURATION, AT(crowd_within_ms), MINUTE_MS, LINK_CALLERS_WITHIN_MS, NULL,
		{ "who call within %s", "统计时段为 %s" }, { NULL, NULL } },
	{ "rules/crowd/amount", SETTING_COUNT, AT(crowd_amount), 0, AMOUNT_YUAN_MAX, NULL,
		{ "a ticket about %s yuan or more is told in advance (0: never)", "涉及金额达到 %s 元的，提前预警（0 为不预警）" }, { NULL, NULL } },
};
const uint32_t policy_setting_count = sizeof policy_settings / sizeof *policy_settings;

struct text policy_setting_rule(const struct policy_setting *setting)
{
	struct text path = text_of(setting->path), rules = TEXT("rules/");
	if (!text_starts_with(path, rules))
		return TEXT("");
	const char *id = setting->path + rules.size;
	return (struct text){ id, (uint32_t)(strchr(id, '/') - id) };
}

uint32_t policy_setting_choice(const struct policy_setting *setting, const struct policy_version *version)
{
	return *((const uint8_t *)version + setting->offset);
}

void policy_setting_format(const struct policy_setting *setting, const struct policy_version *version, char ret_string[SETTING_VALUE_BYTES])
{
	const void *field = (const char *)version + setting->offset;
	switch (setting->type) {
	case SETTING_COUNT:
		yaml_format_decimal(*(const uint32_t *)field * INT64_C(10000), ret_string);
		break;
	case SETTING_PERCENT:
		yaml_format_percent(*(const uint32_t *)field, ret_string);
		break;
	case SETTING_DURATION:
		yaml_format_duration(*(const int64_t *)field, ret_string);
		break;
	case SETTING_TIME:
		yaml_format_time(*(const int32_t *)field, ret_string);
		break;
	case SETTING_CHOICE:
		snprintf(ret_string, SETTING_VALUE_BYTES, "%s", setting->words[policy_setting_choice(setting, version)]);
		break;
	}
}
