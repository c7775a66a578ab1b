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
static void cut(char value[RULE_VALUE_BYTES])
{
	static const char mark[] = "…";
	size_t end = RULE_VALUE_BYTES - sizeof mark;
	while (end && ((unsigned char)value[end] & 0xc0) == 0x80)
		end--;
	memcpy(value + end, mark, sizeof mark);
}

__attribute__((format(printf, 2, 0)))
static void write_value(char ret_value[RULE_VALUE_BYTES], const char *format, va_list args)
{
	int size = vsnprintf(ret_value, RULE_VALUE_BYTES, format, args);
	assert(size >= 0);
	if (size >= RULE_VALUE_BYTES)
		cut(ret_value);
}

static char *new_item(struct evidence *evidence, const char *name)
{
	assert(evidence->count < RULE_EVIDENCE_MAX);
	evidence->item[evidence->count].name = name;
	return evidence->item[evidence->count++].value;
}

void evidence_add(struct evidence *evidence, const char *name, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	write_value(new_item(evidence, name), format, args);
	va_end(args);
}

static void write_text(char ret_value[RULE_VALUE_BYTES], struct text text)
{
	bool is_long = text.size >= RULE_VALUE_BYTES;
	if (is_long)
		text.size = RULE_VALUE_BYTES - 1;
	text_copy(text, ret_value, RULE_VALUE_BYTES);
	if (is_long)
		cut(ret_value);
}

void evidence_add_text(struct evidence *evidence, const char *name, struct text text)
{
	write_text(new_item(evidence, name), text);
}

void evidence_add_number(struct evidence *evidence, const char *name, int64_t number)
{
	struct phrase value = phrase_of(new_item(evidence, name), RULE_VALUE_BYTES);
	if (number < 0)
		phrase_add_byte(&value, '-');
	phrase_add_number(&value, number < 0 ? -(uint64_t)number : (uint64_t)number);
}

void evidence_set_next_text(struct evidence *evidence, struct text text)
{
	write_text(evidence->next_step, text);
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
	_Static_assert((int)CIVIL_INSTANT_BYTES <= (int)RULE_VALUE_BYTES, "an instant is written in place");
	civil_format_instant(at_ms, zone_ms, new_item(evidence, name));
}

void evidence_add_duration(struct evidence *evidence, const char *name, int64_t duration_ms)
{
	static const struct {
		int64_t ms;
		const char *name;
	} unit[] = { { DAY_MS, " d" }, { HOUR_MS, " h" }, { MINUTE_MS, " min" }, { SECOND_MS, " s" }, { 1, " ms" } };
	enum { LAST = sizeof unit / sizeof *unit - 1 };
	struct phrase value = phrase_of(new_item(evidence, name), RULE_VALUE_BYTES);
	unsigned first = 0;
	while (first < LAST && duration_ms < unit[first].ms)
		first++;
	int64_t rest = first < LAST ? duration_ms % unit[first].ms / unit[first + 1].ms : 0;
	if (duration_ms < 0) {
		phrase_add_byte(&value, '-');
		duration_ms = -duration_ms;
	}
	phrase_add_number(&value, (uint64_t)(duration_ms / unit[first].ms));
	phrase_add(&value, text_of(unit[first].name));
	if (!rest)
		return;
	phrase_add_byte(&value, ' ');
	phrase_add_number(&value, (uint64_t)rest);
	phrase_add(&value, text_of(unit[first + 1].name));
}

void evidence_add_unit(struct evidence *evidence, const char *name, const struct names *names, name_id unit)
{
	struct text text = names_text(names, unit);
	if (text.size)
		evidence_add_text(evidence, name, text);
}

void evidence_add_chain(struct evidence *evidence, const struct facts *facts)
{
	static const char *const part[] = { "chain", "chain_2", "chain_3", "chain_4" };
	enum { PARTS = sizeof part / sizeof *part };
	char bytes[RULE_VALUE_BYTES];
	struct phrase value = phrase_of(bytes, sizeof bytes);
	size_t parts = 0;
	bool is_first = true;
	for (const struct leg *leg = facts->leg; leg < facts->leg + facts->leg_count && parts < PARTS; leg++) {
		struct text unit = names_text(facts->names, leg->unit), arrow = TEXT(" > ");
		if (leg->is_assist)
			continue;
		if (value.size + arrow.size + unit.size >= sizeof bytes) {
			evidence_add_text(evidence, part[parts++], (struct text){ bytes, (uint32_t)value.size });
			value = phrase_of(bytes, sizeof bytes);
		}
		if (!is_first)
			phrase_add(&value, arrow);
		is_first = false;
		phrase_add(&value, unit);
	}
	if (value.size && parts < PARTS)
		evidence_add_text(evidence, part[parts], (struct text){ bytes, (uint32_t)value.size });
}
