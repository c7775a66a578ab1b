#include "judgement.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "civil.h"

static const char *const state_name[] = { NULL, "firing", "resolved", "retracted" };
static const char *const severity_name[] = { NULL, "notice", "warning", "critical" };
enum { STATE_COUNT = sizeof state_name / sizeof *state_name, SEVERITY_COUNT = sizeof severity_name / sizeof *severity_name };

size_t judgement_format(const struct judgement *j, char ret_value[JUDGEMENT_VALUE_BYTES])
{
	assert(j->state && j->state < STATE_COUNT && j->severity && j->severity < SEVERITY_COUNT);
	int size = snprintf(ret_value, JUDGEMENT_VALUE_BYTES, "state=%s severity=%s at=%" PRId64 " revision=%" PRId64, state_name[j->state],
		severity_name[j->severity], j->at_ms, j->revision);
	assert(size > 0 && size < JUDGEMENT_VALUE_BYTES);
	return (size_t)size;
}

static uint8_t number_of(const char *word, const char *const *names, uint8_t count)
{
	for (uint8_t i = 1; i < count; i++)
		if (!strcmp(word, names[i]))
			return i;
	return 0;
}

enum status judgement_parse(struct text field, struct text value, struct judgement *ret_judgement, struct error *error)
{
	char line[JUDGEMENT_VALUE_BYTES], state[16], severity[16];
	struct judgement j = { .state = 0 };
	bool is_sound = text_copy(field, j.field, sizeof j.field) && text_copy(value, line, sizeof line)
		&& sscanf(line, "state=%15s severity=%15s at=%" SCNd64 " revision=%" SCNd64, state, severity, &j.at_ms, &j.revision) == 4;
	if (is_sound) {
		j.state = number_of(state, state_name, STATE_COUNT);
		j.severity = number_of(severity, severity_name, SEVERITY_COUNT);
	}
	if (!j.state || !j.severity)
		return error_set(error, FATAL, "broken_state", "the stored alert \"%.*s\" is broken", (int)(field.size < 96 ? field.size : 96), field.at);
	*ret_judgement = j;
	return OK;
}

// What follows the first slash; empty without one.
static struct text rest_of(struct text text)
{
	const char *slash = text.size ? memchr(text.at, '/', text.size) : NULL;
	return slash ? (struct text){ slash + 1, text.size - (uint32_t)(slash + 1 - text.at) } : (struct text){ NULL, 0 };
}

static struct text rule_of_field(struct text field)
{
	struct text rest = rest_of(field);
	return (struct text){ field.at, rest.at ? field.size - rest.size - 1 : field.size };
}

bool judgement_month(struct text field, int32_t *ret_month)
{
	struct text month = rest_of(field);
	if (month.size > 7)
		month.size = month.at[7] == '/' ? 7 : 0;
	return civil_parse_month(month, ret_month);
}

size_t judgement_id(struct text dimension, const char *field, char ret_id[ALERT_ID_BYTES_MAX])
{
	struct text rest = rest_of(text_of(field)), rule = rule_of_field(text_of(field));
	int size = snprintf(ret_id, ALERT_ID_BYTES_MAX, "%.*s/%.*s/%.*s", (int)rule.size, rule.at, (int)dimension.size, dimension.at, (int)rest.size, rest.at);
	return size > 0 && size < ALERT_ID_BYTES_MAX ? (size_t)size : 0;
}

bool judgement_field_of_id(struct text id, struct text dimension, char ret_field[JUDGEMENT_FIELD_BYTES])
{
	struct text rule = rule_of_field(id), rest = rest_of(id);
	int32_t month;
	if (!dimension.size || !text_starts_with(rest, dimension) || rest.size == dimension.size || rest.at[dimension.size] != '/')
		return false;
	rest = (struct text){ rest.at + dimension.size, rest.size - dimension.size };  // with its slash
	int size = snprintf(ret_field, JUDGEMENT_FIELD_BYTES, "%.*s%.*s", (int)rule.size, rule.at, (int)rest.size, rest.at);
	return size > 0 && size < JUDGEMENT_FIELD_BYTES && judgement_month(text_of(ret_field), &month);
}

void judgement_judge(const struct month_facts *facts, struct outcome *ret_outcome)
{
	ret_outcome->contribution_count = ret_outcome->alert_count = 0;
	ret_outcome->next_look_ms = NEVER_MS;
	for (uint32_t i = 0; i < rule_count; i++)
		if (rules[i]->judge_month && !(facts->version->rules_off >> i & 1))
			rules[i]->judge_month(rules[i], facts, ret_outcome);
}

static void field_of(const struct alert *alert, const struct month_facts *facts, char ret_field[JUDGEMENT_FIELD_BYTES])
{
	char month[CIVIL_MONTH_BYTES], id[ALERT_ID_BYTES_MAX];
	civil_format_month(facts->month, month);
	size_t size = alert_id(alert, text_of(month), facts->policy, facts->names, id);
	assert(size && size < JUDGEMENT_FIELD_BYTES);
	memcpy(ret_field, id, size + 1);
}

static const struct judgement *find(const struct judgement *judgement, size_t count, const char *field)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(judgement[i].field, field))
			return &judgement[i];
	return NULL;
}

static const struct alert *find_alert(const struct outcome *outcome, const struct month_facts *facts, const char *field)
{
	for (uint32_t i = 0; i < outcome->alert_count; i++) {
		char other[JUDGEMENT_FIELD_BYTES];
		field_of(&outcome->alert[i], facts, other);
		if (!strcmp(field, other))
			return &outcome->alert[i];
	}
	return NULL;
}

// Whether it is ours to judge here.
static bool is_of(const struct judgement *judgement, int32_t month)
{
	struct text field = text_of(judgement->field);
	const struct rule *rule = rule_of(rule_of_field(field));
	int32_t its_month;
	return rule && rule->judge_month && judgement_month(field, &its_month) && its_month == month;
}

struct changes {
	struct judgement_change *change;
	size_t count;
};

static void add(struct changes *changes, struct judgement now, const struct alert *alert)
{
	for (size_t i = 0; i < changes->count; i++)
		if (!strcmp(changes->change[i].now.field, now.field))
			return;
	assert(changes->count < JUDGEMENT_CHANGES_MAX);
	changes->change[changes->count++] = (struct judgement_change){ now, alert };
}

// What readers believe to fire since an instant goes on since then, also when the store has forgotten it.
static void add_raised(struct changes *changes, const struct judgement *stored, size_t stored_count, const struct judgement *published, size_t published_count,
	const struct month_facts *facts, const struct outcome *outcome)
{
	for (uint32_t i = 0; i < outcome->alert_count; i++) {
		const struct alert *alert = &outcome->alert[i];
		struct judgement now = { .state = ALERT_FIRING, .severity = alert->severity, .at_ms = alert->at_ms };
		field_of(alert, facts, now.field);
		const struct judgement *before = find(stored, stored_count, now.field), *believed = find(published, published_count, now.field);
		if (!before && believed && believed->state == ALERT_FIRING)
			now.at_ms = believed->at_ms;
		if (alert->state == ALERT_FIRING && (!before || before->state != ALERT_FIRING))
			add(changes, now, alert);
	}
}

static void add_over(struct changes *changes, const struct judgement *stored, size_t stored_count, const struct month_facts *facts, const struct outcome *outcome)
{
	for (size_t i = 0; i < stored_count; i++) {
		if (stored[i].state != ALERT_FIRING || !is_of(&stored[i], facts->month))
			continue;
		const struct alert *alert = find_alert(outcome, facts, stored[i].field);
		if (alert && alert->state == ALERT_FIRING)
			continue;
		struct judgement now = stored[i];
		now.state = ALERT_RESOLVED;
		add(changes, now, alert);
	}
}

static void add_believed(struct changes *changes, const struct judgement *stored, size_t stored_count, const struct judgement *published, size_t published_count,
	const struct month_facts *facts, const struct outcome *outcome)
{
	for (size_t i = 0; i < published_count; i++) {
		if (!is_of(&published[i], facts->month))
			continue;
		const struct judgement *present = find(stored, stored_count, published[i].field);
		struct judgement now = present ? *present : published[i];
		if (!present)
			now.state = ALERT_RETRACTED;
		if (now.state != published[i].state)
			add(changes, now, find_alert(outcome, facts, now.field));
	}
}

size_t judgement_diff(const struct judgement *stored, size_t stored_count, const struct judgement *published, size_t published_count,
	const struct month_facts *facts, const struct outcome *outcome, struct judgement_change ret_change[JUDGEMENT_CHANGES_MAX])
{
	struct changes changes = { .change = ret_change };
	add_raised(&changes, stored, stored_count, published, published_count, facts, outcome);
	add_over(&changes, stored, stored_count, facts, outcome);
	add_believed(&changes, stored, stored_count, published, published_count, facts, outcome);
	return changes.count;
}
