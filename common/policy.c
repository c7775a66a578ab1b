#include "policy.h"

#include <stdlib.h>
#include <string.h>

#include "civil.h"
#include "policy_text.h"

const struct policy_version *policy_version_at(const struct policy *policy, int32_t day)
{
	uint32_t place = 0;
	while (place + 1 < policy->version_count && policy->version[place + 1].from_day <= day)
		place++;
	return &policy->version[place];
}

const struct roster_unit *policy_unit(const struct policy *policy, name_id unit, int32_t day)
{
	if (unit >= policy->roster_index_count || !policy->roster_index[unit])
		return NULL;
	for (uint32_t i = policy->roster_index[unit] - 1; i < policy->roster_count; i++) {
		const struct roster_unit *entry = &policy->roster[i];
		if (entry->unit != unit || entry->from_day > day)
			return NULL;
		if (day <= entry->to_day)
			return entry;
	}
	return NULL;
}

static bool fits(uint32_t mask, uint8_t number)
{
	return !mask || (mask >> number & 1);
}

const struct term *policy_term(const struct policy_version *version, uint8_t kind, uint8_t level, name_id district)
{
	if (level == LEVEL_NONE)
		level = version->default_level;
	if (level == LEVEL_NONE)
		return NULL;
	for (uint32_t i = 0; i < version->term_count; i++) {
		const struct term *term = &version->term[i];
		if (fits(term->kinds, kind) && fits(term->levels, level) && (!term->district || term->district == district))
			return term;
	}
	return NULL;
}

static struct count civil_count(int32_t number, enum count_unit unit)
{
	return (struct count){ .number = number, .unit = unit, .mode = COUNT_CIVIL, .roll = true };
}

// The last one takes everything that has no rule of its own, so it is no matter of order in the bulletin but of order here.
static struct policy_version bulletin_version(void)
{
	return (struct policy_version){
		.from_day = 0,
		.term_count = 3,
		.term = {
			{ .rule = "due-province", .kinds = 1 << KIND_COMPLAINT, .levels = 1 << LEVEL_PROVINCE, .count = civil_count(10, COUNT_CALENDAR_DAYS) },
			{ .rule = "due-enquiry", .kinds = 1 << KIND_ENQUIRY | 1 << KIND_SUGGESTION, .count = civil_count(3, COUNT_WORKING_DAYS) },
			{ .rule = "due-city", .count = civil_count(5, COUNT_WORKING_DAYS) },
		},
		.return_within_ms = 24 * HOUR_MS,
		.satisfaction = { .limit_e4 = 9500, .cases_min = 20 },
		.completion = { .limit_e4 = 9500, .cases_min = 20 },
		.on_time = { .limit_e4 = 10000, .cases_min = 1 },
		.low_stars = 3,
		.excellent_stars = 5,
		.warning_count = 3,
		.warning_e4 = { 5000, 7500, 9000 },
		.warning_before_ms = 24 * HOUR_MS,
		.office_from_ms = (int32_t)(8 * HOUR_MS + 30 * MINUTE_MS),
		.office_to_ms = (int32_t)(17 * HOUR_MS + 30 * MINUTE_MS),
		.circulated_units = 2,
		.returned_often_from = 2,
		.returned_often_to = 3,
		.look_back_days = 5,
		.escalation_days = 1,
		.escalation_points = 2,
		.escalation_on_overdue = true,
		.month_end_days = 5,
		.praise_within_ms = 4 * HOUR_MS,
		.duty_by_ms = (int32_t)(16 * HOUR_MS),
		.duty_letter_over = 3,
		.margin_tickets = 2,
		.tendency_chance_e4 = 1,
		.tendency_from = 5,
		.repeated_within_ms = 30 * DAY_MS,
		.repeated_from = 2,
		.repeated_to = 3,
		.crowd_callers = 5,
		.crowd_within_ms = 24 * HOUR_MS,
	};
}

void policy_init_default(struct policy *policy)
{
	memset(policy, 0, sizeof *policy);
	policy->zone_ms = (int32_t)(8 * HOUR_MS);
	policy->calendar = calendar_cn();
	policy->version_count = 1;
	policy->version[0] = bulletin_version();
	policy_stamp(policy, NULL);
}

void policy_done(struct policy *policy)
{
	if (!policy)
		return;
	free(policy->roster);
	free(policy->roster_index);
	calendar_free(policy->own_calendar);
	policy->roster = NULL;
	policy->roster_index = NULL;
	policy->own_calendar = NULL;
	policy->roster_count = policy->roster_index_count = 0;
}
