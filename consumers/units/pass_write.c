// What a pass writes: months, days, states and outboxes, and what is published of them.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "civil.h"
#include "memory.h"
#include "pass_parts.h"

static void write_sums(struct pass *pass, struct text dimension, int32_t month, const struct sums *sums)
{
	char key[KEY_BYTES_MAX];
	key_month(dimension, month, key);
	// Written anew, since a counter that fell to zero must have no field. Inside a transaction nobody sees it gone.
	redis_begin(pass->redis, "DEL");
	redis_argument_string(pass->redis, key);
	pass_end_command(pass);
	if (counters_is_zero(&sums->month))
		return;
	redis_begin(pass->redis, "HSET");
	redis_argument_string(pass->redis, key);
	for (unsigned i = 0; i < COUNTER_COUNT; i++)
		if (sums->month.n[i]) {
			redis_argument_string(pass->redis, counter_name((enum counter)i));
			redis_argument_integer(pass->redis, (int64_t)sums->month.n[i]);
		}
	pass_end_command(pass);
}

static void write_days(struct pass *pass, struct text dimension, int32_t month, const struct sums *sums, uint32_t days)
{
	char key[KEY_BYTES_MAX], field[MONTH_DAYS_MAX][2];
	uint8_t packed[MONTH_DAYS_MAX][COUNTERS_PACKED_BYTES_MAX];
	key_days(dimension, month, key);
	redis_begin(pass->redis, "HSET");
	redis_argument_string(pass->redis, key);
	for (uint32_t day = 0; day < MONTH_DAYS_MAX; day++)
		if (days >> day & 1) {
			day_field(day, field[day]);
			redis_argument(pass->redis, (struct text){ field[day], 2 });
			size_t size = counters_pack(&sums->day[day], packed[day]);
			redis_argument(pass->redis, (struct text){ (char *)packed[day], (uint32_t)size });
		}
	pass_end_command(pass);
}

static void publish_days(struct pass *pass, struct text dimension, int32_t month, const struct sums *sums, uint32_t days, int64_t revision)
{
	uint8_t bytes[WIRE_COUNTERS_BYTES_MAX];
	for (uint32_t day = 0; day < MONTH_DAYS_MAX; day++) {
		if (!(days >> day & 1))
			continue;
		int32_t civil_day = civil_month_first_day(month) + (int32_t)day;
		char name[CIVIL_DAY_BYTES], key[DIMENSION_BYTES_MAX + CIVIL_DAY_BYTES];
		civil_format_day(civil_day, name);
		int key_size = snprintf(key, sizeof key, "%.*s/%s", (int)dimension.size, dimension.at, name);
		size_t size = wire_pack_counters(dimension, civil_day, &sums->day[day], revision, bytes);
		outgoing_add(&pass->outgoing, OUTGOING_COUNTERS, (struct text){ key, (uint32_t)key_size }, (struct text){ (char *)bytes, (uint32_t)size });
	}
}

static uint32_t days_not_zero(const struct sums *sums)
{
	uint32_t days = 0;
	for (uint32_t day = 0; day < MONTH_DAYS_MAX; day++)
		days |= (uint32_t)!counters_is_zero(&sums->day[day]) << day;
	return days;
}

// A derived dimension that never had a counter on a day is left out there: most small units see one channel and one level a day. Once it had one it has a
// field for ever, empty when all is zero again, so that a crash between writing and publishing cannot hide the zero. What may have been lost is said whole.
// The month is the sum of all its days, those among them whose change has not been taken yet: they get their field now, or the month would keep them
// when they are zero again by then. They are published with their change, for only what a change has named is said again after a loss of Redis, and written
// anew with any change of the month that is.
static void write_derived(struct pass *pass, const struct dimension *dimension, const struct change *change, uint32_t derived)
{
	char name[DIMENSION_BYTES_MAX];
	size_t size = derived_name(pass_name(pass, dimension), derived, name);
	struct text text = { name, (uint32_t)size };
	uint32_t days = change->days, stored_days = days;
	struct sums *sums = derived ? &pass->derived : &pass->base;
	totals_derive(&pass->totals, derived, sums);
	if (derived) {
		uint32_t existing = pass->existing[derived], not_zero = days_not_zero(sums);
		stored_days = change->is_again ? existing | not_zero : (change->days & existing) | (not_zero & (change->days | ~existing));
		days = change->is_again ? change->days : stored_days & change->days;
	}
	if (!derived || days || stored_days)
		write_sums(pass, text, change->month, sums);
	if (stored_days)
		write_days(pass, text, change->month, sums, stored_days);
	publish_days(pass, text, change->month, sums, days, dimension->revision);
}

static size_t find_believed(struct pass *pass, const struct dimension *dimension, int32_t month)
{
	size_t count = 0;
	for (size_t i = 0; i < pass->batch->belief_count && count < JUDGEMENT_CHANGES_MAX; i++) {
		const struct belief *belief = &pass->batch->belief[i];
		int32_t its_month;
		if (belief->dimension == dimension->id && judgement_month(text_of(belief->judgement.field), &its_month) && its_month == month)
			pass->believed[count++] = belief->judgement;
	}
	return count;
}

static size_t pack_alert(const struct pass *pass, const struct dimension *dimension, const struct judgement_change *change, const struct month_facts *facts,
	struct text id, uint8_t ret_bytes[WIRE_ALERT_BYTES_MAX])
{
	struct evidence evidence;
	const char *slash = strchr(change->now.field, '/');
	struct text rule_id = { change->now.field, (uint32_t)(slash - change->now.field) };
	const struct rule *rule = rule_of(rule_id);
	char month[CIVIL_MONTH_BYTES];
	evidence_clear(&evidence);
	if (change->alert) {
		rule->describe(change->alert, NULL, facts, &evidence);
	} else {  // the rule says nothing of what does not fire
		civil_format_month(facts->month, month);
		evidence_add_text(&evidence, "month", text_of(month));
	}
	const struct names *names = pass->setup->names;
	name_id holder = change->alert ? change->alert->holder : dimension->id;
	struct wire_alert alert = {
		.id = id,
		.rule = rule_id,
		.unit = holder && names_kind(names, holder) == NAME_UNIT ? names_text(names, holder) : (struct text){ NULL, 0 },
		.dimension = pass_name(pass, dimension),
		.article = text_of(rule->article),
		.policy = text_of(pass->setup->policy->edition),
		.at_ms = change->now.at_ms,
		.revision = change->now.revision,
		.state = change->now.state,
		.severity = change->now.severity,
	};
	wire_alert_tell(&alert, &evidence);
	return wire_pack_alert(&alert, ret_bytes);
}

static enum status raise_alert(struct pass *pass, struct dimension *dimension, const struct judgement_change *change, const struct month_facts *facts, struct error *error)
{
	char id[ALERT_ID_BYTES_MAX];
	uint8_t bytes[WIRE_ALERT_BYTES_MAX];
	size_t id_size = judgement_id(pass_name(pass, dimension), change->now.field, id);
	struct text id_text = { id, (uint32_t)id_size };
	size_t size = id_size ? pack_alert(pass, dimension, change, facts, id_text, bytes) : 0;
	if (!size)
		return error_set(error, FATAL, "too_large", "the alert %s of %.*s does not fit into a message", change->now.field, (int)pass_name(pass, dimension).size,
			pass_name(pass, dimension).at);
	outgoing_add(&dimension->new_alerts, OUTGOING_ALERT, id_text, (struct text){ (char *)bytes, (uint32_t)size });
	pass->raised = memory_grow(pass->raised, pass->raised_count + 1, sizeof *pass->raised, &pass->raised_capacity);
	pass->raised[pass->raised_count++] = change->now;
	dimension->raised_count++;
	return OK;
}

static enum status judge(struct pass *pass, struct dimension *dimension, const struct change *change, struct error *error)
{
	const struct policy *policy = pass->setup->policy;
	struct month_facts facts = {
		.policy = policy,
		.version = policy_version_at(policy, civil_month_first_day(change->month)),
		.names = pass->setup->names,
		.dimension = dimension->id,
		.month = change->month,
		.clock_ms = pass->clock_ms,
		.total = &pass->base.month,
		.day = pass->base.day,
		.before = pass->before,
	};
	judgement_judge(&facts, &pass->outcome);
	size_t believed_count = find_believed(pass, dimension, change->month);
	size_t count = judgement_diff(pass->stored + dimension->stored_at, dimension->stored_count, pass->believed, believed_count, &facts, &pass->outcome, pass->changes);
	enum status status = OK;
	for (size_t i = 0; i < count && status == OK; i++) {
		pass->changes[i].now.revision = dimension->revision;
		status = raise_alert(pass, dimension, &pass->changes[i], &facts, error);
	}
	return status;
}

static void write_state(struct pass *pass, const struct dimension *dimension)
{
	char key[KEY_BYTES_MAX];
	char (*value)[JUDGEMENT_VALUE_BYTES] = memory_new(dimension->raised_count * sizeof *value);
	key_dimension_state(pass_name(pass, dimension), key);
	redis_begin(pass->redis, "HSET");
	redis_argument_string(pass->redis, key);
	redis_argument_string(pass->redis, "version");
	redis_argument_integer(pass->redis, dimension->version);
	redis_argument_string(pass->redis, "revision");
	redis_argument_integer(pass->redis, dimension->revision);
	for (size_t i = 0; i < dimension->raised_count; i++) {
		const struct judgement *judgement = &pass->raised[dimension->raised_at + i];
		judgement_format(judgement, value[i]);
		redis_argument_string(pass->redis, judgement->field);
		redis_argument_string(pass->redis, value[i]);
	}
	pass_end_command(pass);
	free(value);
}

static void write_outbox(struct pass *pass, struct dimension *dimension)
{
	char key[KEY_BYTES_MAX];
	const struct outgoing *alerts = &dimension->new_alerts;
	if (!alerts->count)
		return;
	key_dimension_outbox(pass_name(pass, dimension), key);
	redis_begin(pass->redis, "RPUSH");
	redis_argument_string(pass->redis, key);
	for (size_t i = 0; i < alerts->count; i++)
		redis_argument(pass->redis, outgoing_value(alerts, i));
	pass_end_command(pass);
	if (dimension->is_cut)
		return;  // the new ones go out behind the ones before them, in a later pass
	for (size_t i = 0; i < alerts->count; i++)
		outgoing_add(&pass->outgoing, OUTGOING_ALERT, outgoing_key(alerts, i), outgoing_value(alerts, i));
	dimension->outbox_count += (int64_t)alerts->count;
}

// The writes are queued behind the reads that are still under way: Redis takes them in that order.
enum status pass_write_month(struct pass *pass, struct error *error)
{
	const struct change *change = &pass->batch->change[pass->change_at];
	struct dimension *dimension = &pass->dimension[pass->dimension_at];
	if (!pass->change_at)
		pass_queue(pass, "MULTI");
	if (pass->change_at == dimension->change_at)
		dimension->raised_at = pass->raised_count;
	for (uint32_t derived = 0; derived < pass_derived_count(pass, change); derived++)
		write_derived(pass, dimension, change, derived);
	enum status status = judge(pass, dimension, change, error);
	pass->change_at++;
	pass->change_step = 0;
	if (pass->change_at == dimension->change_at + dimension->change_count) {
		write_state(pass, dimension);
		write_outbox(pass, dimension);
		pass->dimension_at++;
	}
	if (pass->change_at == pass->batch->count)
		pass_queue(pass, "EXEC");
	return status;
}
