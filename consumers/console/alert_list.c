#include "alert_list.h"

#include <stdlib.h>
#include <string.h>

#include "memory.h"

enum { SETTLE_COUNT_MIN = 1 << 16 };

void alert_list_add(struct alert_list *list, enum alert_origin origin, const struct wire_alert *alert)
{
	uint8_t bytes[WIRE_ALERT_BYTES_MAX];
	size_t size = wire_pack_alert(alert, bytes);
	if (!size)
		return;  // it came out of a message, or goes into one
	struct listed_alert *listed = memory_new(sizeof *listed + size + alert->id.size);
	*listed = (struct listed_alert){ .origin = origin, .state = alert->state, .at_ms = alert->at_ms, .revision = alert->revision, .size = (uint32_t)size };
	memcpy(listed->bytes, bytes, size);
	memcpy(listed->bytes + size, alert->id.at, alert->id.size);
	listed->id = (struct text){ (const char *)listed->bytes + size, alert->id.size };
	list->alert = memory_grow(list->alert, list->count + 1, sizeof *list->alert, &list->capacity);
	list->alert[list->count++] = listed;
	if (list->count > SETTLE_COUNT_MIN && list->count > 2 * list->sorted_count)
		alert_list_settle(list);
}

// The one that holds comes first among those of one id.
static int compare_ids(const void *left, const void *right)
{
	const struct listed_alert *a = *(struct listed_alert *const *)left, *b = *(struct listed_alert *const *)right;
	int order = text_compare(a->id, b->id);
	if (order)
		return order;
	if (a->origin != b->origin)
		return a->origin < b->origin ? -1 : 1;
	return (a->revision < b->revision) - (a->revision > b->revision);
}

static int compare_times(const void *left, const void *right)
{
	const struct listed_alert *a = *(struct listed_alert *const *)left, *b = *(struct listed_alert *const *)right;
	if (a->at_ms != b->at_ms)
		return a->at_ms < b->at_ms ? -1 : 1;
	return text_compare(a->id, b->id);
}

void alert_list_settle(struct alert_list *list)
{
	size_t kept = 0;
	if (list->count)
		qsort(list->alert, list->count, sizeof *list->alert, compare_ids);
	for (size_t i = 0; i < list->count; i++)
		if (kept && text_equal(list->alert[kept - 1]->id, list->alert[i]->id))
			free(list->alert[i]);
		else
			list->alert[kept++] = list->alert[i];
	list->count = list->sorted_count = kept;
}

void alert_list_sort_by_time(struct alert_list *list)
{
	if (list->count)
		qsort(list->alert, list->count, sizeof *list->alert, compare_times);
}

void alert_list_done(struct alert_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->alert[i]);
	free(list->alert);
	*list = (struct alert_list){ .count = 0 };
}

bool listed_alert_open(const struct listed_alert *alert, struct wire_arena *arena, struct wire_alert *ret_alert)
{
	struct error error;
	arena->used = 0;
	if (wire_unpack_alert((struct text){ (const char *)alert->bytes, alert->size }, arena, ret_alert, &error) != OK)
		return false;
	ret_alert->state = alert->state;
	return true;
}

static struct wire_alert alert_of(const struct alert *alert, struct text about, const struct policy *policy, const struct names *names, struct alert_memory *memory)
{
	struct wire_alert out = {
		.id = { memory->id, (uint32_t)alert_id(alert, about, policy, names, memory->id) },
		.rule = text_of(alert->rule->id),
		.unit = names_text(names, alert->holder ? alert->holder : alert->about.unit),
		.article = text_of(alert->rule->article),
		.policy = text_of(policy->edition),
		.at_ms = alert->at_ms,
		.state = alert->state,
		.severity = alert->severity,
	};
	wire_alert_tell(&out, &memory->evidence);
	return out;
}

struct wire_alert alert_of_ticket(const struct store_ticket *ticket, const struct alert *alert, const struct names *names, struct alert_memory *memory)
{
	memory->evidence = (struct evidence){ .count = 0 };
	if (alert->rule->describe)
		alert->rule->describe(alert, ticket->facts, NULL, &memory->evidence);
	struct wire_alert out = alert_of(alert, ticket->id, ticket->policy, names, memory);
	out.ticket_id = ticket->id;
	out.dimension = names_dimension(names, alert->about.unit);
	return out;
}

struct wire_alert alert_of_month(const struct store_month_of_unit *month, const struct alert *alert, const struct names *names, struct alert_memory *memory)
{
	memory->evidence = (struct evidence){ .count = 0 };
	alert->rule->describe_unit(alert, month->facts, &memory->evidence);
	struct wire_alert out = alert_of(alert, month->id, month->policy, names, memory);
	out.dimension = names_dimension(names, alert->holder);
	return out;
}

const char *alert_state_name(uint8_t state)
{
	return state ? words_alert_state(LANGUAGE_ENGLISH, (enum alert_state)state) : "";
}

const char *severity_name(uint8_t severity)
{
	return severity ? words_severity(LANGUAGE_ENGLISH, (enum severity)severity) : "";
}

static json_t *text_or_null(struct text text)
{
	return text.size ? json_text(text) : json_null();
}

json_t *alert_json(const struct wire_alert *alert, int32_t zone_ms)
{
	json_t *object = json_object(), *evidence = json_object();
	json_object_set_new(object, "id", json_text(alert->id));
	json_object_set_new(object, "rule", json_text(alert->rule));
	json_object_set_new(object, "state", json_string(alert_state_name(alert->state)));
	json_object_set_new(object, "severity", json_string(severity_name(alert->severity)));
	json_object_set_new(object, "at", json_instant(alert->at_ms, zone_ms));
	json_object_set_new(object, "ticket_id", text_or_null(alert->ticket_id));
	json_object_set_new(object, "dimension", text_or_null(alert->dimension));
	json_object_set_new(object, "unit", text_or_null(alert->unit));
	json_object_set_new(object, "article", json_text(alert->article));
	for (uint32_t i = 0; i < alert->evidence_count; i++) {
		char name[64];
		if (text_copy(alert->evidence[i].name, name, sizeof name))
			json_object_set_new(evidence, name, json_text(alert->evidence[i].value));
	}
	json_object_set_new(object, "evidence", evidence);
	json_object_set_new(object, "next_step", text_or_null(alert->next_step));
	return object;
}

void alert_evidence_line(const struct wire_alert *alert, enum language language, char ret_line[EVIDENCE_LINE_BYTES])
{
	size_t size = 0;
	ret_line[0] = '\0';
	for (uint32_t i = 0; i < alert->evidence_count && size < EVIDENCE_LINE_BYTES; i++) {
		char name[64];
		if (text_copy(alert->evidence[i].name, name, sizeof name))
			size += (size_t)snprintf(ret_line + size, EVIDENCE_LINE_BYTES - size, "%s%s %.*s", i ? language == LANGUAGE_CHINESE ? "，" : ", " : "",
				words_evidence(language, name), (int)alert->evidence[i].value.size, alert->evidence[i].value.at);
	}
}
