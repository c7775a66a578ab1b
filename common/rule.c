#include "rule.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "civil.h"

struct alert rule_alert(const struct rule *rule, const struct facts *facts, struct about about, int64_t at_ms, bool is_firing)
{
	return (struct alert){
		.rule = rule,
		.about = about,
		.state = is_firing ? ALERT_FIRING : ALERT_RESOLVED,
		.severity = rule->severity,
		// What is over names no holder, lest every later dispatch be news about it.
		.holder = is_firing && facts->holder ? facts->holder->unit : 0,
		.at_ms = at_ms,
	};
}

// A value that is too long ends between two characters, with a mark.
__attribute__((format(printf, 2, 0)))
static void write_value(char ret_value[RULE_VALUE_BYTES], const char *format, va_list args)
{
	static const char mark[] = "…";
	int size = vsnprintf(ret_value, RULE_VALUE_BYTES, format, args);
	assert(size >= 0);
	if (size < RULE_VALUE_BYTES)
		return;
	size_t end = RULE_VALUE_BYTES - sizeof mark;
	while (end && ((unsigned char)ret_value[end] & 0xc0) == 0x80)
		end--;
	memcpy(ret_value + end, mark, sizeof mark);
}

void evidence_add(struct evidence *evidence, const char *name, const char *format, ...)
{
	assert(evidence->count < RULE_EVIDENCE_MAX);
	va_list args;
	va_start(args, format);
	evidence->item[evidence->count].name = name;
	write_value(evidence->item[evidence->count].value, format, args);
	va_end(args);
	evidence->count++;
}

void evidence_set_next(struct evidence *evidence, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	write_value(evidence->next_step, format, args);
	va_end(args);
}

void evidence_add_instant(struct evidence *evidence, const char *name, int64_t at_ms, int32_t zone_ms)
{
	char at[CIVIL_INSTANT_BYTES];
	civil_format_instant(at_ms, zone_ms, at);
	evidence_add(evidence, name, "%s", at);
}

void evidence_add_duration(struct evidence *evidence, const char *name, int64_t duration_ms)
{
	static const struct {
		int64_t ms;
		const char *name;
	} unit[] = { { DAY_MS, "d" }, { HOUR_MS, "h" }, { MINUTE_MS, "min" }, { SECOND_MS, "s" }, { 1, "ms" } };
	enum { LAST = sizeof unit / sizeof *unit - 1 };
	unsigned first = 0;
	while (first < LAST && duration_ms < unit[first].ms)
		first++;
	int64_t rest = first < LAST ? duration_ms % unit[first].ms / unit[first + 1].ms : 0;
	if (rest)
		evidence_add(evidence, name, "%" PRId64 " %s %" PRId64 " %s", duration_ms / unit[first].ms, unit[first].name, rest, unit[first + 1].name);
	else
		evidence_add(evidence, name, "%" PRId64 " %s", duration_ms / unit[first].ms, unit[first].name);
}

void evidence_add_unit(struct evidence *evidence, const char *name, const struct names *names, name_id unit)
{
	struct text text = names_text(names, unit);
	if (text.size)
		evidence_add(evidence, name, "%.*s", (int)text.size, text.at);
}

void evidence_add_chain(struct evidence *evidence, const struct facts *facts)
{
	static const char *const part[] = { "chain", "chain_2", "chain_3", "chain_4" };
	enum { PARTS = sizeof part / sizeof *part };
	static const char arrow[] = " > ";
	char value[RULE_VALUE_BYTES];
	const char *before = "";
	size_t size = 0, parts = 0;
	for (const struct leg *leg = facts->leg; leg < facts->leg + facts->leg_count && parts < PARTS; leg++) {
		struct text unit = names_text(facts->names, leg->unit);
		if (leg->is_assist)
			continue;
		if (size + sizeof arrow + unit.size > sizeof value) {
			evidence_add(evidence, part[parts++], "%s", value);
			size = 0;
		}
		size += (size_t)snprintf(value + size, sizeof value - size, "%s%.*s", before, (int)unit.size, unit.at);
		before = arrow;
	}
	if (size && parts < PARTS)
		evidence_add(evidence, part[parts], "%s", value);
}
