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

void evidence_clear(struct evidence *ret_evidence)
{
	ret_evidence->count = ret_evidence->next_size = 0;
	ret_evidence->next_step[0] = '\0';
}

// A value that is too long ends between two characters, with a mark. Returns its size.
static uint32_t cut(char value[RULE_VALUE_BYTES])
{
	static const char mark[] = "…";
	size_t end = RULE_VALUE_BYTES - sizeof mark;
	while (end && ((unsigned char)value[end] & 0xc0) == 0x80)
		end--;
	memcpy(value + end, mark, sizeof mark);
	return (uint32_t)(end + sizeof mark - 1);
}

__attribute__((format(printf, 2, 0)))
static uint32_t write_value(char ret_value[RULE_VALUE_BYTES], const char *format, va_list args)
{
	int size = vsnprintf(ret_value, RULE_VALUE_BYTES, format, args);
	assert(size >= 0);
	return size >= RULE_VALUE_BYTES ? cut(ret_value) : (uint32_t)size;
}

static struct evidence_item *new_item(struct evidence *evidence, const char *name)
{
	assert(evidence->count < RULE_EVIDENCE_MAX);
	struct evidence_item *item = &evidence->item[evidence->count++];
	item->name = name;
	return item;
}

void evidence_add(struct evidence *evidence, const char *name, const char *format, ...)
{
	va_list args;
	struct evidence_item *item = new_item(evidence, name);
	va_start(args, format);
	item->size = write_value(item->value, format, args);
	va_end(args);
}

static uint32_t write_text(char ret_value[RULE_VALUE_BYTES], struct text text)
{
	bool is_long = text.size >= RULE_VALUE_BYTES;
	if (is_long)
		text.size = RULE_VALUE_BYTES - 1;
	text_copy(text, ret_value, RULE_VALUE_BYTES);
	return is_long ? cut(ret_value) : text.size;
}

void evidence_add_text(struct evidence *evidence, const char *name, struct text text)
{
	struct evidence_item *item = new_item(evidence, name);
	item->size = write_text(item->value, text);
}

void evidence_add_number(struct evidence *evidence, const char *name, int64_t number)
{
	struct evidence_item *item = new_item(evidence, name);
	struct phrase value = phrase_of(item->value, sizeof item->value);
	if (number < 0)
		phrase_add_byte(&value, '-');
	phrase_add_number(&value, number < 0 ? -(uint64_t)number : (uint64_t)number);
	item->size = (uint32_t)value.size;
}

void evidence_set_next_text(struct evidence *evidence, struct text text)
{
	evidence->next_size = write_text(evidence->next_step, text);
}

void evidence_set_next(struct evidence *evidence, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	evidence->next_size = write_value(evidence->next_step, format, args);
	va_end(args);
}

void evidence_add_instant(struct evidence *evidence, const char *name, int64_t at_ms, int32_t zone_ms)
{
	_Static_assert((int)CIVIL_INSTANT_BYTES <= (int)RULE_VALUE_BYTES, "an instant is written in place");
	struct evidence_item *item = new_item(evidence, name);
	civil_format_instant(at_ms, zone_ms, item->value);
	item->size = (uint32_t)strlen(item->value);
}

void evidence_add_duration(struct evidence *evidence, const char *name, int64_t duration_ms)
{
	static const struct {
		int64_t ms;
		struct text name;
	} unit[] = { { DAY_MS, { " d", 2 } }, { HOUR_MS, { " h", 2 } }, { MINUTE_MS, { " min", 4 } }, { SECOND_MS, { " s", 2 } }, { 1, { " ms", 3 } } };
	enum { LAST = sizeof unit / sizeof *unit - 1 };
	struct evidence_item *item = new_item(evidence, name);
	struct phrase value = phrase_of(item->value, sizeof item->value);
	unsigned first = 0;
	while (first < LAST && duration_ms < unit[first].ms)
		first++;
	int64_t rest = first < LAST ? duration_ms % unit[first].ms / unit[first + 1].ms : 0;
	if (duration_ms < 0) {
		phrase_add_byte(&value, '-');
		duration_ms = -duration_ms;
	}
	phrase_add_number(&value, (uint64_t)(duration_ms / unit[first].ms));
	phrase_add(&value, unit[first].name);
	if (rest) {
		phrase_add_byte(&value, ' ');
		phrase_add_number(&value, (uint64_t)rest);
		phrase_add(&value, unit[first + 1].name);
	}
	item->size = (uint32_t)value.size;
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
