#include "store_alerts.h"

#include <stdlib.h>
#include <string.h>

#include "civil.h"
#include "memory.h"
#include "store_counters.h"

enum { FIELDS_MAX = 1 << 16 };

// What is needed to tell a dimension's month its evidence anew; large.
struct judge {
	struct store *store;
	const struct policy *policy;
	int64_t clock_ms;
	enum status (*visit)(void *self, const struct store_alert *alert, struct error *error);
	void *self;
	struct counters total, day[31], total_before, before[31];
	int32_t month;      // that total and day are of
	bool is_month_read;
	struct outcome outcome;
};

// All of a dimension's stored alerts, copied out of the reply, since judging asks again.
static enum status take_fields(const struct redisReply *reply, struct judgement **ret_judgement, size_t *ret_count, struct error *error)
{
	size_t pairs = reply_count(reply) / 2, count = 0;
	enum status status = OK;
	if (pairs > FIELDS_MAX)
		return error_set(error, FATAL, "broken_state", "one dimension has %zu alerts", pairs);
	struct judgement *judgement = memory_new((pairs + 1) * sizeof *judgement);
	for (size_t i = 0; i < pairs && status == OK; i++) {
		struct text field = reply_text(reply_at(reply, 2 * i));
		if (!memchr(field.at, '/', field.size))
			continue;  // the version, and what later programs keep beside it
		status = judgement_parse(field, reply_text(reply_at(reply, 2 * i + 1)), &judgement[count++], error);
	}
	*ret_judgement = judgement;
	*ret_count = count;
	return status;
}

static enum status read_month(struct judge *judge, struct text dimension, int32_t month, struct error *error)
{
	if (judge->is_month_read && judge->month == month)
		return OK;
	enum status status = store_month(judge->store, dimension, month, &judge->total, judge->day, error);
	if (status == OK)
		status = store_month(judge->store, dimension, month - 1, &judge->total_before, judge->before, error);
	judge->month = month;
	judge->is_month_read = status == OK;
	return status;
}

static struct text rule_name(const char *field)
{
	return (struct text){ field, (uint32_t)strcspn(field, "/") };
}

// The rule's word on this field now, if it has one.
static void describe(struct judge *judge, const struct month_facts *facts, struct store_alert *alert)
{
	judgement_judge(facts, &judge->outcome);
	for (uint32_t i = 0; i < judge->outcome.alert_count; i++) {
		const struct alert *said = &judge->outcome.alert[i];
		char month[CIVIL_MONTH_BYTES], field[ALERT_ID_BYTES_MAX];
		civil_format_month(facts->month, month);
		if (said->rule != alert->rule || !alert_id(said, text_of(month), facts->policy, facts->names, field) || strcmp(field, alert->judgement->field) != 0)
			continue;
		if (said->rule->describe)
			said->rule->describe(said, NULL, facts, &alert->evidence);
		return;
	}
}

static enum status visit_alert(struct judge *judge, struct text dimension, const struct judgement *judgement, struct error *error)
{
	struct store_alert alert = { .dimension = dimension, .judgement = judgement, .rule = rule_of(rule_name(judgement->field)) };
	int32_t month;
	if (alert.rule && alert.rule->judge_month && judgement_month(text_of(judgement->field), &month)) {
		enum status status = read_month(judge, dimension, month, error);
		if (status != OK)
			return status;
		struct month_facts facts = {
			.policy = judge->policy,
			.version = policy_version_at(judge->policy, civil_month_first_day(month)),
			.names = store_names(judge->store),
			.dimension = names_intern_dimension(store_names(judge->store), dimension),
			.month = month,
			.clock_ms = judge->clock_ms,
			.total = &judge->total,
			.day = judge->day,
			.before = judge->before,
		};
		describe(judge, &facts, &alert);
	}
	return judge->visit(judge->self, &alert, error);
}

static enum status visit_dimension(struct judge *judge, struct text dimension, const struct judgement *judgement, size_t count, struct error *error)
{
	enum status status = OK;
	judge->is_month_read = false;
	for (size_t i = 0; i < count && status == OK; i++)
		status = visit_alert(judge, dimension, &judgement[i], error);
	return status;
}

struct stored {
	struct judgement *judgement;
	size_t count;
};

static enum status visit_chunk(struct judge *judge, const struct text *dimension, size_t count, struct stored *stored, struct error *error)
{
	struct redis *redis = store_redis(judge->store);
	char key[KEY_BYTES_MAX];
	enum status status = OK;
	for (size_t i = 0; i < count; i++) {
		size_t size = key_dimension_state(dimension[i], key);
		redis_command(redis, 2, (const struct text[]){ TEXT("HGETALL"), { key, (uint32_t)size } });
	}
	for (size_t i = 0; i < count && status == OK; i++) {
		const struct redisReply *reply;
		status = redis_wait(redis, STORE_WAIT_MS, &reply, error);
		if (status == OK)
			status = redis_check(reply, "the state of a dimension", error);
		if (status == OK)
			status = take_fields(reply, &stored[i].judgement, &stored[i].count, error);
	}
	for (size_t i = 0; i < count && status == OK; i++)
		status = visit_dimension(judge, dimension[i], stored[i].judgement, stored[i].count, error);
	for (size_t i = 0; i < count; i++) {
		free(stored[i].judgement);
		stored[i] = (struct stored){ NULL, 0 };
	}
	return status;
}

enum status store_visit_alerts(struct store *store, const struct text *dimension, size_t count, const struct policy *policy, int64_t clock_ms,
	enum status (*visit)(void *self, const struct store_alert *alert, struct error *error), void *self, struct error *error)
{
	struct judge *judge = memory_new(sizeof *judge);
	struct stored *stored = memory_new(STORE_CHUNK * sizeof *stored);
	*judge = (struct judge){ .store = store, .policy = policy, .clock_ms = clock_ms, .visit = visit, .self = self };
	enum status status = OK;
	for (size_t at = 0; at < count && status == OK; at += STORE_CHUNK)
		status = visit_chunk(judge, dimension + at, count - at < STORE_CHUNK ? count - at : STORE_CHUNK, stored, error);
	free(stored);
	free(judge);
	return status;
}
