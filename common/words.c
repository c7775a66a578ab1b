#include "words.h"

#include <stdlib.h>
#include <string.h>

bool language_of(const char *name, enum language *ret_language)
{
	if (strncmp(name, "zh", 2) == 0)
		*ret_language = LANGUAGE_CHINESE;
	else if (strncmp(name, "en", 2) == 0)
		*ret_language = LANGUAGE_ENGLISH;
	else
		return false;
	return true;
}

enum language language_of_environment(void)
{
	static const char *const names[] = { "LC_ALL", "LC_MESSAGES", "LANG" };
	enum language language = LANGUAGE_ENGLISH;
	for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
		const char *value = getenv(names[i]);
		if (value && *value) {
			(void)language_of(value, &language);
			break;
		}
	}
	return language;
}

static const char *const counters_zh[COUNTER_COUNT] = {
	[COUNTER_RECEIVED] = "受理", [COUNTER_VALID] = "有效", [COUNTER_ANSWERED_DIRECTLY] = "直接答复", [COUNTER_DISPATCHED] = "转办",
	[COUNTER_COMPLETED] = "已办结", [COUNTER_ASSISTED] = "协办", [COUNTER_RETURNED] = "退件", [COUNTER_RETURNED_LATE] = "超时退件",
	[COUNTER_RESOLVED] = "办结", [COUNTER_SAME_DAY] = "当日办结", [COUNTER_RESOLVED_ON_TIME] = "按时办结", [COUNTER_OVERDUE] = "超期",
	[COUNTER_RATED] = "评价", [COUNTER_SATISFIED] = "满意", [COUNTER_DISSATISFIED] = "不满意", [COUNTER_STARS_0] = "0星", [COUNTER_STARS_1] = "1星",
	[COUNTER_STARS_2] = "2星", [COUNTER_STARS_3] = "3星", [COUNTER_STARS_4] = "4星", [COUNTER_STARS_5] = "5星", [COUNTER_PRAISED] = "好评",
	[COUNTER_REVISITED] = "回访", [COUNTER_REVISITED_EFFECTIVE] = "有效回访", [COUNTER_REOPENED] = "重办", [COUNTER_SHIRKED] = "推诿",
	[COUNTER_ESCALATED] = "升级督办", [COUNTER_REPEATED] = "重复投诉", [COUNTER_CALLS_OFFERED] = "呼入", [COUNTER_CALLS_ANSWERED] = "接通",
	[COUNTER_KNOWLEDGE_UPDATES] = "知识更新", [COUNTER_POINTS_ADDED] = "加分", [COUNTER_POINTS_TAKEN] = "扣分", [COUNTER_DUTY_MISSED] = "未值守", [COUNTER_OPEN_OVERDUE] = "超期未办结",
};

const char *words_counter(enum language language, enum counter counter)
{
	const char *name = language == LANGUAGE_CHINESE ? counters_zh[counter] : NULL;
	return name ? name : counter_name(counter);
}

const char *words_rate(enum language language, enum rate_id rate)
{
	static const char *const names[][2] = {
		[RATE_COMPLETION] = { "completion %", "办结率 %" }, [RATE_ON_TIME] = { "on_time %", "按时率 %" }, [RATE_SATISFACTION] = { "satisfaction %", "满意率 %" },
		[RATE_EXCELLENT] = { "excellent %", "优秀率 %" }, [RATE_STARS] = { "stars", "得星" }, [RATE_EFFECTIVE_REVISIT] = { "effective_revisit %", "有效回访率 %" },
		[RATE_DIRECT] = { "direct %", "直接答复率 %" }, [RATE_CONNECT] = { "connect %", "接通率 %" },
	};
	return names[rate][language];
}

const char *words_event(enum language language, enum event_type type)
{
	static const char *const names[EVENT_TYPE_LIMIT] = {
		[EVENT_RECEIVED] = "受理", [EVENT_DISPATCHED] = "转办", [EVENT_RETURNED] = "退件", [EVENT_RESOLVED] = "办结", [EVENT_RATED] = "评价",
		[EVENT_REVISITED] = "回访", [EVENT_LINKED] = "关联", [EVENT_LOGGED_IN] = "登录", [EVENT_CALLS] = "话务", [EVENT_KNOWLEDGE_UPDATED] = "知识更新", [EVENT_POINTS] = "加扣分",
		[EVENT_MARKED] = "标记",
	};
	const char *name = language == LANGUAGE_CHINESE && type < EVENT_TYPE_LIMIT ? names[type] : event_type_name(type);
	return name ? name : "";
}

const char *words_kind(enum language language, enum kind kind)
{
	static const char *const names[KIND_COUNT] = { "", "投诉", "求助", "咨询", "建议", "表扬", "其他" };
	return !kind ? "" : language == LANGUAGE_CHINESE ? names[kind] : event_kind_name(kind);
}

const char *words_level(enum language language, enum level level)
{
	static const char *const names[LEVEL_COUNT][2] = { { "", "" }, { "province level", "省级" }, { "city level", "市级" }, { "district level", "县区级" } };
	return names[level][language];
}

const char *words_channel(enum language language, enum channel channel)
{
	static const char *const names[CHANNEL_COUNT][2] = { { "", "" }, { "phone", "话务端" }, { "network", "网络端" } };
	return names[channel][language];
}

const char *words_leg_end(enum language language, enum leg_end end)
{
	static const char *const names[][2] = {
		[LEG_OPEN] = { "open", "在办" }, [LEG_RETURNED] = { "returned", "退件" }, [LEG_RESOLVED] = { "resolved", "办结" }, [LEG_MOVED] = { "moved", "改派" },
	};
	return names[end][language];
}

const char *words_alert_state(enum language language, enum alert_state state)
{
	static const char *const names[][2] = {
		{ "", "" }, [ALERT_FIRING] = { "firing", "触发" }, [ALERT_RESOLVED] = { "resolved", "解除" }, [ALERT_RETRACTED] = { "retracted", "撤回" },
	};
	return names[state][language];
}

const char *words_severity(enum language language, enum severity severity)
{
	static const char *const names[][2] = {
		{ "", "" }, [SEVERITY_NOTICE] = { "notice", "提示" }, [SEVERITY_WARNING] = { "warning", "预警" }, [SEVERITY_CRITICAL] = { "critical", "严重" },
	};
	return names[severity][language];
}

const char *words_weekday(enum language language, int weekday)
{
	static const char *const names[7][2] = {
		{ "Sun", "日" }, { "Mon", "一" }, { "Tue", "二" }, { "Wed", "三" }, { "Thu", "四" }, { "Fri", "五" }, { "Sat", "六" },
	};
	return names[weekday][language];
}

const char *words_evidence(enum language language, const char *name)
{
	static const struct {
		const char *name, *chinese;
	} known[] = {
		{ "dispatched_at", "转办" }, { "due_at", "应办结" }, { "ended_at", "结束" }, { "returned_at", "退件" }, { "resolved_at", "办结" }, { "rated_at", "评价" },
		{ "received_at", "受理" }, { "month", "月份" }, { "floor", "底线" }, { "cases", "件数" }, { "satisfaction", "满意率" }, { "completion", "办结率" },
		{ "on_time", "按时率" }, { "stars", "得星" }, { "reason", "理由" }, { "unit", "承办单位" }, { "units", "承办单位" }, { "level", "级别" },
		{ "resolved_by", "办结单位" }, { "revisited_at", "回访" }, { "revisit_until", "回访期限" }, { "effective_at", "有效回访" }, { "late_by", "超时" },
		{ "within", "用时" }, { "returned_by", "退件单位" }, { "return_until", "退件期限" }, { "missing", "缺少" }, { "chain", "流转" }, { "chain_2", "流转（续）" },
		{ "chain_3", "流转（续）" }, { "chain_4", "流转（续）" }, { "other_unit", "另一单位" }, { "returns", "退件次数" }, { "warning", "预警点" }, { "used", "已用" },
		{ "left", "剩余" }, { "started_at", "起始" }, { "open_for", "历时" }, { "held_by", "承办" }, { "points_taken", "扣分" },
		{ "day", "日期" }, { "no_login_by", "截至未登录" }, { "logged_in_at", "登录" }, { "calendar", "日历" }, { "missed_days", "未登录日" }, { "missed", "未登录天数" },
		{ "limit", "上限" }, { "letter_to", "发函" }, { "letter", "函稿" }, { "letter_2", "函稿（续）" }, { "margin", "余量" }, { "counted", "计入" }, { "week_from", "该周起" },
		{ "dispatched", "转办" }, { "received", "受理" }, { "dissatisfied", "不满意" }, { "in_three_weeks_before", "此前三周" }, { "expected", "预期" },
		{ "open", "未办结" }, { "of_this_month", "当月" }, { "of_the_month_before", "上月结存" }, { "working_days_left", "剩余工作日" },
	};
	for (unsigned i = 0; language == LANGUAGE_CHINESE && i < sizeof known / sizeof *known; i++)
		if (strcmp(name, known[i].name) == 0)
			return known[i].chinese;
	return name;
}
