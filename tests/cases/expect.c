#include "expect.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "civil.h"
#include "counters.h"

enum { WORDS_MAX = 4 };

// An expectation by words: "counter", "unit/U", "2024-03-11", "overdue", "1".
struct expectation {
	const struct scenario *scenario;
	const struct step *step;
	const struct lines *lines;
	char *word[WORDS_MAX + 1];
	unsigned count;
	char *text;
};

static bool fail(const struct expectation *e, const char *wanted, const char *is)
{
	return scenario_fail(e->scenario, e->step->line, "expect %s: wanted %s, is %s", e->step->text, wanted, is);
}

static bool misuse(const struct expectation *e, const char *form)
{
	return scenario_fail(e->scenario, e->step->line, "wanted is \"expect %s\", is \"expect %s\"", form, e->step->text);
}

static void split(struct expectation *e)
{
	e->text = strdup(e->step->text);
	assert(e->text);
	char *at = e->text;
	while (e->count <= WORDS_MAX && *(at += strspn(at, " "))) {
		e->word[e->count++] = at;
		at += strcspn(at, " ");
		if (*at)
			*at++ = '\0';
	}
}

// A counter's value as it is printed, in the smallest unit: "0.02" of points is 200.
static uint64_t value_of(const char *printed, bool is_points)
{
	char *end;
	uint64_t value = strtoull(printed, &end, 10);
	if (!is_points)
		return value;
	value *= 10000;
	for (uint64_t weight = 1000; *end == '.' && end[1] >= '0' && end[1] <= '9'; memmove(end + 1, end + 2, strlen(end + 1)), weight /= 10)
		value += weight * (uint64_t)(end[1] - '0');
	return value;
}

// The sum over the days that begin so: a day, or a month.
static uint64_t sum_of(const struct lines *lines, const char *dimension, const char *days, enum counter counter)
{
	char start[DIMENSION_BYTES_MAX + 64], wanted_name[64];
	uint64_t sum = 0;
	snprintf(start, sizeof start, "counter %s %s", dimension, days);
	snprintf(wanted_name, sizeof wanted_name, " %s ", counter_name(counter));
	for (size_t i = 0; i < lines->count; i++) {
		char line[512];
		snprintf(line, sizeof line, "%s", lines->line[i]);
		char *name = strncmp(line, start, strlen(start)) ? NULL : strstr(line + strlen(start), wanted_name);
		if (name)
			sum += value_of(name + strlen(wanted_name), counter_is_points(counter));
	}
	return sum;
}

static bool are_days(const char *days)
{
	int32_t day;
	return civil_parse_day(text_of(days), &day) || civil_parse_month(text_of(days), &day);
}

static bool check_counter(const struct expectation *e)
{
	enum counter counter;
	char is[24];
	if (e->count != 5 || !are_days(e->word[2]) || !counter_of(text_of(e->word[3]), &counter))
		return misuse(e, "counter DIMENSION DAY|MONTH NAME VALUE");
	counter_format(counter, sum_of(e->lines, e->word[1], e->word[2], counter), is);
	return !strcmp(is, e->word[4]) || fail(e, e->word[4], is);
}

static bool check_rate(const struct expectation *e)
{
	struct counters sum;
	char is[24];
	unsigned id = 0;
	while (e->count == 5 && id < RATE_COUNT && strcmp(rate_name((enum rate_id)id), e->word[3]) != 0)
		id++;
	if (e->count != 5 || id == RATE_COUNT || !are_days(e->word[2]))
		return misuse(e, "rate DIMENSION DAY|MONTH NAME VALUE|absent");
	for (unsigned i = 0; i < COUNTER_COUNT; i++)
		sum.n[i] = sum_of(e->lines, e->word[1], e->word[2], (enum counter)i);
	rate_format(rate_of(&sum, (enum rate_id)id, (int)e->scenario->policy.version[0].excellent_stars), rate_is_percent((enum rate_id)id), is);
	return !strcmp(*is ? is : "absent", e->word[4]) || fail(e, e->word[4], *is ? is : "absent");
}

static bool check_alert(const struct expectation *e)
{
	char start[512];
	if (e->count != 3 || (strcmp(e->word[2], "firing") != 0 && strcmp(e->word[2], "resolved") != 0 && strcmp(e->word[2], "none") != 0))
		return misuse(e, "alert ID firing|resolved|none");
	snprintf(start, sizeof start, "alert %s ", e->word[1]);
	const char *line = lines_find(e->lines, start);
	const char *is = line ? line + strlen(start) : "none";
	return !strncmp(is, e->word[2], strcspn(is, " ")) || fail(e, e->word[2], is);
}

// The word behind the instant of the alert's line.
static bool check_holder(const struct expectation *e)
{
	char start[512];
	int at = 0;
	if (e->count != 3)
		return misuse(e, "holder ID UNIT|nobody");
	snprintf(start, sizeof start, "alert %s ", e->word[1]);
	const char *line = lines_find(e->lines, start);
	if (!line)
		return fail(e, e->word[2], "none");
	sscanf(line + strlen(start), "%*s %*s %*s %n", &at);
	const char *is = line + strlen(start) + at;
	is = at && *is ? is : "nobody";
	return !strcmp(is, e->word[2]) || fail(e, e->word[2], is);
}

static bool check_worklist(const struct expectation *e)
{
	char line[512];
	bool is_wanted = !strcmp(e->word[0], "worklist");
	if (e->count != 5)
		return misuse(e, "worklist|no-worklist NAME UNIT MONTH TICKET");
	snprintf(line, sizeof line, "worklist %s %s %s %s", e->word[1], e->word[2], e->word[3], e->word[4]);
	const char *is = lines_find(e->lines, line);
	is = is && !strcmp(is, line) ? is : NULL;
	return is_wanted == (is != NULL) || fail(e, is_wanted ? "on the list" : "not on the list", is_wanted ? "not" : "on it");
}

// Is this line expected by one of the neighbours?
static bool is_expected(const struct expectation *e, const char *line)
{
	const struct step *from = e->step, *to = e->step, *end = e->scenario->step + e->scenario->count;
	while (from > e->scenario->step && from[-1].kind == STEP_EXPECT)
		from--;
	while (to < end && to->kind == STEP_EXPECT)
		to++;
	for (; from < to; from++) {
		size_t size = strlen(from->text);
		if (!strncmp(from->text, line, size) && (!line[size] || line[size] == ' '))
			return true;
	}
	return false;
}

static bool check_only(const struct expectation *e, const char *start)
{
	bool is_good = true;
	for (size_t i = 0; i < e->lines->count; i++)
		if (!strncmp(e->lines->line[i], start, strlen(start)) && !is_expected(e, e->lines->line[i]))
			is_good = fail(e, "no other", e->lines->line[i]);
	return is_good;
}

static bool check_only_counters(const struct expectation *e)
{
	char start[DIMENSION_BYTES_MAX + 16];
	if (e->count != 2)
		return misuse(e, "only-counters DIMENSION");
	snprintf(start, sizeof start, "counter %s ", e->word[1]);
	return check_only(e, start);
}

static bool check_only_alerts(const struct expectation *e)
{
	return e->count == 1 ? check_only(e, "alert ") : misuse(e, "only-alerts");
}

static bool check(struct expectation *e)
{
	static const struct {
		const char *word;
		bool (*check)(const struct expectation *e);
	} kind[] = {
		{ "counter", check_counter }, { "rate", check_rate }, { "alert", check_alert }, { "holder", check_holder },
		{ "worklist", check_worklist }, { "no-worklist", check_worklist }, { "only-counters", check_only_counters }, { "only-alerts", check_only_alerts },
	};
	for (size_t i = 0; e->count && i < sizeof kind / sizeof *kind; i++)
		if (!strcmp(e->word[0], kind[i].word))
			return kind[i].check(e);
	return misuse(e, "counter|rate|alert|holder|worklist|no-worklist|only-counters|only-alerts ...");
}

bool expect_check(const struct scenario *scenario, size_t first, const struct lines *lines, size_t *ret_next)
{
	bool is_good = true;
	size_t i = first;
	for (; i < scenario->count && scenario->step[i].kind == STEP_EXPECT; i++) {
		struct expectation e = { .scenario = scenario, .step = &scenario->step[i], .lines = lines };
		split(&e);
		is_good &= check(&e);
		free(e.text);
	}
	*ret_next = i;
	return is_good;
}
