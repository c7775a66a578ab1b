// policy.h - the rules in force: terms, floors, numbers; by date, so that a change never rewrites history.
//
// A policy is what one policy file says, with its calendar and its roster. Its edition is a hash of all three. A ticket is bound to the version that
// held on the day it was received. Loaded by policy_file.h; here are only plain values and look-ups. Source: rules.md.
#ifndef HOTLINE_POLICY_H
#define HOTLINE_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "calendar.h"
#include "event.h"
#include "names.h"

enum {
	POLICY_VERSIONS_MAX = 32,
	POLICY_TERMS_MAX = 32,
	POLICY_WARNINGS_MAX = 8,
	POLICY_RULES_MAX = 64,
	POLICY_EDITION_BYTES = 17,  // 16 hex digits and a NUL
};

// Which tickets get which term; the first that fits holds.
struct term {
	uint32_t kinds, levels;  // masks of 1 << enum; 0 fits all
	name_id district;        // the ticket's own; 0 fits all
	struct count count;
	char rule[24];           // "due-province"
};

struct floor {
	uint32_t limit_e4;     // 9500 is 95 %; 0 is off
	uint32_t cases_min;    // from so many cases on
};

struct policy_version {
	int32_t from_day;
	uint32_t term_count;
	struct term term[POLICY_TERMS_MAX];
	uint8_t default_level;         // for tickets without one; LEVEL_NONE gives them no deadline
	bool redispatch_continues;     // a leg after a return keeps the case's first due time
	bool reopen_continues;         // a reopened leg keeps its due time
	int64_t return_within_ms;      // "24 小时内可申请退件"
	struct floor satisfaction, completion, on_time;
	uint32_t low_stars;            // a rating of so many stars or fewer is low
	uint32_t excellent_stars;      // so many or more are excellent
	uint32_t warning_count;
	uint32_t warning_e4[POLICY_WARNINGS_MAX];  // due warnings: shares of the time between dispatch and due, ascending; 5000 is 50 %
	int64_t warning_before_ms;     // and so long before it is due; 0 is off
	int32_t office_from_ms, office_to_ms;  // working hours of a working day, after midnight
	uint32_t circulated_units;     // a ticket that was with so many units
	uint32_t returned_often_from, returned_often_to;  // the returns of a ticket that raise an alert: the second and the third
	uint32_t look_back_days;       // working days in which a bad rating must see a revisit
	uint32_t escalation_days;      // working days from one level to the next
	uint32_t escalation_points;    // taken for each level
	bool escalation_on_overdue;    // also a leg that goes overdue starts the ladder
	uint32_t month_end_days;       // so many working days before its end a month's open tickets are listed
	int64_t praise_within_ms;      // from receipt to resolution, for a candidate
	int32_t duty_by_ms;            // who has duty logs in by then, after midnight
	uint32_t duty_letter_over;     // more missed days in a month cause a letter; the last of these a warning
	uint32_t margin_tickets;       // when so many more dissatisfied ratings, or fewer, take a month below its floor, the unit is told
	uint32_t tendency_chance_e4;   // a week that stands out: chance gives as many in at most so many of weeks, 1 is 0.01 %
	uint32_t tendency_from;        // and it has so many or more
	int64_t repeated_within_ms;    // between the receipts of two tickets of one caller, or about one thing
	uint32_t repeated_from, repeated_to;  // which of them raise an alert: the second and the third
	uint32_t crowd_callers;        // so many about one thing
	int64_t crowd_within_ms;       // within this time
	uint32_t crowd_amount;         // yuan; 0 is off
	uint64_t rules_off;            // bit i: rules[i] is switched off
};

// A unit of the roster, from `from_day` to `to_day`, both included.
struct roster_unit {
	name_id unit, district, group;  // district and group 0 when not given
	bool has_duty;                  // must log in on working days
	int32_t from_day, to_day;
	char name[NAME_BYTES_MAX + 1];  // for people
};

struct policy {
	char edition[POLICY_EDITION_BYTES];
	bool uses_links;                     // a rule that looks at who came before a ticket is on, in any version; set with the edition
	int32_t zone_ms;
	const struct calendar *calendar;
	uint32_t version_count;
	struct policy_version version[POLICY_VERSIONS_MAX];  // from_day ascends; the first one holds for all days before it as well
	uint32_t roster_count;
	struct roster_unit *roster;          // sorted by unit, then from_day
	uint32_t roster_index_count;
	uint32_t *roster_index;              // by name_id: place of the unit's first entry in roster + 1, 0 when it has none
	struct calendar *own_calendar;       // what `calendar` points to when it belongs to the policy; NULL
};

const struct policy_version *policy_version_at(const struct policy *policy, int32_t day);
const struct roster_unit *policy_unit(const struct policy *policy, name_id unit, int32_t day);  // NULL when the roster does not have it on that day

// The term of a ticket; NULL when it has none (no level and no default_level, or no term fits).
const struct term *policy_term(const struct policy_version *version, uint8_t kind, uint8_t level, name_id district);

// The policy of the city of the bulletins, without a roster: the default where no file is given, and what the tests judge by. Source: rules.md.
void policy_init_default(struct policy *policy);
void policy_done(struct policy *policy);  // frees the roster and the calendar of its own; NULL is taken

#endif
