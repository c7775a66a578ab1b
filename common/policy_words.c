#include "policy_words.h"

#include <string.h>

#include "civil.h"
#include "event.h"
#include "policy_setting.h"
#include "rule.h"

// A sentence in the two languages, by enum language. Translations of one sentence take the same arguments in the same order.
#define SAY(language, english, chinese) ((language) == LANGUAGE_ENGLISH ? (english) : (chinese))

enum { WORDS_BYTES = 128 };
_Static_assert((int)WORDS_BYTES >= (int)SETTING_VALUE_BYTES, "a value fits");

static const char *kind_word(uint32_t kind, enum language language)
{
	static const char *const chinese[KIND_COUNT] = { "", "投诉", "求助", "咨询", "建议", "表扬", "其他" };
	return language == LANGUAGE_ENGLISH ? event_kind_name((enum kind)kind) : chinese[kind];
}

static const char *level_word(uint32_t level, enum language language)
{
	static const char *const chinese[LEVEL_COUNT] = { "", "省级", "市级", "县区级" };
	return language == LANGUAGE_ENGLISH ? event_level_name((enum level)level) : chinese[level];
}

static void print_mask(FILE *file, uint32_t mask, const char *(*word)(uint32_t number, enum language language), const char *all, enum language language)
{
	const char *separator = "";
	if (!mask)
		fputs(all, file);
	for (uint32_t number = 1; mask >> number; number++) {
		const char *name = mask >> number & 1 ? word(number, language) : NULL;
		if (!name)
			continue;
		fprintf(file, "%s%s", separator, name);
		separator = SAY(language, ", ", "、");
	}
}

static void print_count(FILE *file, const struct count *count, enum language language)
{
	static const char *const units[][2] = { { "working days", "个工作日" }, { "calendar days", "个自然日" }, { "hours", "小时" } };
	fprintf(file, SAY(language, "%d %s", "%d %s"), (int)count->number, units[count->unit][language]);
	if (count->unit == COUNT_HOURS)
		return;
	if (count->mode == COUNT_CLOCK) {
		fputs(SAY(language, ", at the same time of day", "，按同一时刻届满"), file);
		return;
	}
	char close[YAML_NUMBER_BYTES];
	yaml_format_time(count->close_ms ? count->close_ms : (int32_t)DAY_MS, close);
	fprintf(file, SAY(language, ", not counting the first day, until %s of the last", "，当日不计，至末日 %s"), close);
	if (count->unit == COUNT_CALENDAR_DAYS && count->roll)
		fputs(SAY(language, ", or of the first working day after it", "，末日非工作日的顺延"), file);
}

static void print_term(FILE *file, const struct term *term, const struct names *names, enum language language)
{
	fputs("  - ", file);
	print_mask(file, term->kinds, kind_word, SAY(language, "any kind", "各类"), language);
	fputs(SAY(language, " of level ", "，"), file);
	print_mask(file, term->levels, level_word, SAY(language, "any", "各层级"), language);
	if (term->district) {
		struct text district = names_text(names, term->district);
		fprintf(file, SAY(language, " of district %.*s", "，%.*s"), (int)district.size, district.at);
	}
	fputs(SAY(language, ": ", "："), file);
	print_count(file, &term->count, language);
	fprintf(file, SAY(language, " (%s)\n", "（%s）\n"), term->rule);
}

// "24 hours", "1 hour 30 minutes"; hours are not made days of, since a term of 24 hours is no day.
static void say_duration(int64_t ms, enum language language, char ret_string[WORDS_BYTES])
{
	static const struct {
		const char *one, *many, *chinese;
		int64_t ms;
	} units[] = {
		{ "hour", "hours", "小时", HOUR_MS }, { "minute", "minutes", "分钟", MINUTE_MS },
		{ "second", "seconds", "秒", SECOND_MS }, { "millisecond", "milliseconds", "毫秒", 1 },
	};
	size_t used = 0;
	ret_string[0] = '\0';
	for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
		int64_t number = ms / units[i].ms;
		const char *word = SAY(language, number == 1 ? units[i].one : units[i].many, units[i].chinese);
		ms %= units[i].ms;
		if (number)
			used += (size_t)snprintf(ret_string + used, WORDS_BYTES - used, "%s%lld %s", used ? " " : "", (long long)number, word);
	}
}

static void print_warnings(FILE *file, const struct policy_version *version, enum language language)
{
	const char *separator = "";
	char value[WORDS_BYTES];
	fputs(SAY(language, "  - warnings before a ticket is due: ", "  - 到期预警："), file);
	if (!version->warning_count && !version->warning_before_ms)
		fputs(SAY(language, "none", "无"), file);
	for (uint32_t i = 0; i < version->warning_count; i++) {
		yaml_format_percent(version->warning_e4[i], value);
		fprintf(file, SAY(language, "%sat %s of the time", "%s用时达 %s"), separator, value);
		separator = SAY(language, ", ", "、");
	}
	if (version->warning_before_ms) {
		say_duration(version->warning_before_ms, language, value);
		fprintf(file, SAY(language, "%s%s before", "%s到期前 %s"), separator, value);
	}
	fputs("\n", file);
}

// The sentence of a setting holds one %s.
static void print_setting(FILE *file, const struct policy_setting *setting, const struct policy_version *version, enum language language)
{
	char value[WORDS_BYTES];
	const char *sentence = setting->sentence[language], *place = strstr(sentence, "%s");
	if (setting->plain[language])
		snprintf(value, sizeof value, "%s", setting->plain[language][policy_setting_choice(setting, version)]);
	else if (setting->type == SETTING_DURATION)
		say_duration(*(const int64_t *)(const void *)((const char *)version + setting->offset), language, value);
	else
		policy_setting_format(setting, version, value);
	fprintf(file, "  - %.*s%s%s\n", (int)(place - sentence), sentence, value, place + 2);
}

static bool is_setting_of(const struct policy_setting *setting, const struct rule *rule)
{
	struct text id = policy_setting_rule(setting);
	return rule ? text_equal(id, text_of(rule->id)) : !id.size;
}

static void print_settings(FILE *file, const struct policy_version *version, const struct rule *rule, enum language language)
{
	for (uint32_t i = 0; i < policy_setting_count; i++)
		if (is_setting_of(&policy_settings[i], rule))
			print_setting(file, &policy_settings[i], version, language);
}

static void print_rules(FILE *file, const struct policy_version *version, enum language language)
{
	for (uint32_t i = 0; i < rule_count; i++) {
		bool is_off = version->rules_off >> i & 1;
		fprintf(file, SAY(language, "  - rule %s is %s: %s (%s)\n", "  - 规则 %s %s：%s（%s）\n"), rules[i]->id,
			is_off ? SAY(language, "off", "已停用") : SAY(language, "on", "启用"), rules[i]->article, rules[i]->seed);
		if (!is_off)
			print_settings(file, version, rules[i], language);
	}
}

static void print_version(FILE *file, const struct policy_version *version, bool is_first, const struct names *names, enum language language)
{
	char day[CIVIL_DAY_BYTES];
	civil_format_day(version->from_day, day);
	if (is_first)
		fputs(SAY(language, "From the beginning:\n", "自始：\n"), file);
	else
		fprintf(file, SAY(language, "For tickets received from %s on:\n", "自 %s 起受理的诉求件：\n"), day);
	for (uint32_t i = 0; i < version->term_count; i++)
		print_term(file, &version->term[i], names, language);
	print_warnings(file, version, language);
	print_settings(file, version, NULL, language);
	print_rules(file, version, language);
}

void policy_print_words(FILE *file, const struct policy *policy, const struct names *names, enum language language)
{
	char first[CIVIL_DAY_BYTES], last[CIVIL_DAY_BYTES], epoch[CIVIL_INSTANT_BYTES];
	civil_format_day(calendar_first_day(policy->calendar), first);
	civil_format_day(calendar_last_day(policy->calendar), last);
	civil_format_instant(0, policy->zone_ms, epoch);
	fprintf(file, SAY(language, "Policy %s, time zone %s.\n", "考核规则 %s，时区 %s。\n"), policy->edition, epoch + strlen("1970-01-01T00:00:00"));
	fprintf(file, SAY(language, "Holidays and make-up workdays are known from %s to %s%s.\n", "节假日与调休数据：%s 至 %s%s。\n"), first, last,
		policy->own_calendar ? SAY(language, " (the policy's own calendar)", "（本规则自带）") : "");
	fprintf(file, SAY(language, "The roster has %u entries.\n", "承办单位名录 %u 条。\n"), policy->roster_count);
	for (uint32_t i = 0; i < policy->version_count; i++)
		print_version(file, &policy->version[i], i == 0, names, language);
}
