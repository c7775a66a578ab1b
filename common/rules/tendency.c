// A unit's or a category's intake, or its dissatisfied ratings, are far above its own past: a prompt letter. About the month, the counter and the week.
//
// The test: the week from Monday to Sunday against the three whole weeks before it, which share weekdays and season. If nothing had changed, each of the
// tickets of the four weeks would lie in this one with a chance of one in four, whatever their number; so given that number, the count of this week has a
// binomial distribution (the conditional test of the ratio of two Poisson rates). It is exact for small counts, where tests that lean on the normal
// distribution cry wolf, and needs no estimate of a variance. It fires when the chance of so many or more is at most 0.01 % (policy): a city judges some
// thousands of weeks a month. Besides, at least 5 (policy) must have come, and more than a quarter of the four weeks' whatever the chance. Source:
// Przyborowski and Wilenski, Biometrika 31 (1940), 313-323.
//
// Readings: the intake of a unit is what was dispatched to it and not returned, that of a category what was received. A week that is not over counts as far as it
// has come, so it can only fire too late. A week across the end of a month is judged in each of the two with the days up to that month's end. Whoever saw
// nothing at all in the first of the three weeks has no past to be compared with: else every unit would be far above it when the system starts. Days are read from
// this month and the one before, which is enough for four weeks. Because counts alone decide, an alert stays until they change.
#include "binomial.h"
#include "civil.h"
#include "rule.h"

enum { WEEK_DAYS = 7, PAST_WEEKS = 3 };
enum { INTAKE = 0, DISSATISFIED = 32 };       // about.number: plus the day of the month of the week's last day, stored, never changes
enum { COUNT, PAST, FIRST_DAY, COUNTER };     // evidence

#define NAMES(name) \
	name "-01", name "-02", name "-03", name "-04", name "-05", name "-06", name "-07", name "-08", name "-09", name "-10", name "-11", name "-12", name "-13", \
	name "-14", name "-15", name "-16", name "-17", name "-18", name "-19", name "-20", name "-21", name "-22", name "-23", name "-24", name "-25", name "-26", \
	name "-27", name "-28", name "-29", name "-30", name "-31"

static const char *about_name(uint32_t number)
{
	static const char *const name[] = { "", NAMES("intake"), "", NAMES("dissatisfied") };
	return number < sizeof name / sizeof *name ? name[number] : NULL;
}

// Of a day of this month or of the one before; NULL of any other.
// The first days of the month, of the one before and of the one after: each is asked for some hundred days.
struct span {
	int32_t before, first, next;
};

static const struct counters *day_at(const struct month_facts *month, const struct span *span, int32_t day)
{
	if (day >= span->first)
		return month->day && day < span->next ? &month->day[day - span->first] : NULL;
	return month->before && day >= span->before ? &month->before[day - span->before] : NULL;
}

static uint64_t count_days(const struct month_facts *month, const struct span *span, int32_t from_day, int32_t days, enum counter counter)
{
	uint64_t count = 0;
	for (int32_t day = from_day; day < from_day + days; day++) {
		const struct counters *counters = day_at(month, span, day);
		count += counters ? counters->n[counter] : 0;
	}
	return count;
}

static bool has_past(const struct month_facts *month, const struct span *span, int32_t monday)
{
	int32_t first = monday - PAST_WEEKS * WEEK_DAYS;
	for (int32_t day = first; day < first + WEEK_DAYS; day++) {
		const struct counters *counters = day_at(month, span, day);
		if (counters && !counters_is_zero(counters))
			return true;
	}
	return false;
}

static bool is_rising(const struct month_facts *month, const struct span *span, int32_t monday, enum counter counter, uint64_t count, uint64_t *ret_past)
{
	const struct policy_version *version = month->version;
	if (count < version->tendency_from)
		return false;
	*ret_past = count_days(month, span, monday - PAST_WEEKS * WEEK_DAYS, PAST_WEEKS * WEEK_DAYS, counter);
	return binomial_is_rare(count, count + *ret_past, PAST_WEEKS + 1, version->tendency_chance_e4) && has_past(month, span, monday);
}

static void judge_week(const struct rule *rule, const struct month_facts *month, const struct span *span, struct outcome *outcome, int32_t monday,
	enum counter counter, uint32_t number)
{
	uint64_t count = count_days(month, span, monday, WEEK_DAYS, counter), past = 0;
	if (!is_rising(month, span, monday, counter, count, &past))
		return;
	int32_t last = span->next - 1;
	struct alert alert = {
		.rule = rule,
		.about = { .number = number + (uint32_t)civil_from_day(monday + WEEK_DAYS - 1 < last ? monday + WEEK_DAYS - 1 : last).day },
		.state = ALERT_FIRING,
		.severity = rule->severity,
		.holder = month->dimension,
		.at_ms = month->clock_ms,
		.evidence = { [COUNT] = (int64_t)count, [PAST] = (int64_t)past, [FIRST_DAY] = monday, [COUNTER] = counter },
	};
	outcome_alert(outcome, &alert);
}

static void judge_month(const struct rule *rule, const struct month_facts *month, struct outcome *outcome)
{
	enum name_kind kind = names_kind(month->names, month->dimension);
	if (kind != NAME_UNIT && kind != NAME_CATEGORY)
		return;
	struct span span = { civil_month_first_day(month->month - 1), civil_month_first_day(month->month), civil_month_first_day(month->month + 1) };
	for (int32_t monday = span.first - (civil_weekday(span.first) + 6) % WEEK_DAYS; monday < span.next; monday += WEEK_DAYS) {
		judge_week(rule, month, &span, outcome, monday, kind == NAME_UNIT ? COUNTER_DISPATCHED : COUNTER_RECEIVED, INTAKE);
		judge_week(rule, month, &span, outcome, monday, COUNTER_DISSATISFIED, DISSATISFIED);
	}
}

static void describe(const struct alert *alert, const struct facts *facts, const struct month_facts *month, struct evidence *ret_evidence)
{
	(void)facts;
	char from[CIVIL_DAY_BYTES];
	const char *what = alert->evidence[COUNTER] == COUNTER_DISSATISFIED ? "不满意件" : "诉求件";
	struct text name = names_text(month->names, month->dimension);
	civil_format_day((int32_t)alert->evidence[FIRST_DAY], from);
	evidence_add_text(ret_evidence, "week_from", text_of(from));
	evidence_add_number(ret_evidence, counter_name((enum counter)alert->evidence[COUNTER]), alert->evidence[COUNT]);
	evidence_add_number(ret_evidence, "in_three_weeks_before", alert->evidence[PAST]);
	evidence_add(ret_evidence, "expected", "%lld.%lld", (long long)alert->evidence[PAST] / PAST_WEEKS, (long long)alert->evidence[PAST] % PAST_WEEKS * 10 / PAST_WEEKS);
	evidence_add(ret_evidence, "letter_to", "《提示函》%.*s", (int)name.size, name.at);
	evidence_add(ret_evidence, "letter", "%s起一周%s %lld 件，此前三周共 %lld 件，上升明显，属苗头性、倾向性问题。", from, what, (long long)alert->evidence[COUNT],
		(long long)alert->evidence[PAST]);
	evidence_add(ret_evidence, "letter_2", "请分析原因，采取措施，并反馈工作情况。");
	evidence_set_next_text(ret_evidence, TEXT("send the letter with the week's tickets"));
}

const struct rule rule_tendency = {
	.id = "tendency",
	.article = "苗头性、倾向性问题，以及通过进一步工作可以解决的问题，以《“8890”民心网工作提示函》的形式发给相关部门",
	.seed = "S2",
	.severity = SEVERITY_WARNING,
	.judge_month = judge_month,
	.about_name = about_name,
	.describe = describe,
};
