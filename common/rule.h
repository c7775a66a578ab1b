// rule.h - a rule of the bulletins: one small file in rules/ that ends in one table entry, and one line in rules.c.
//
// Source: rules.md, by id.
#ifndef HOTLINE_RULE_H
#define HOTLINE_RULE_H

#include "assess.h"

enum { RULE_EVIDENCE_MAX = 8, RULE_VALUE_BYTES = 160 };

// What a person needs to see to believe the alert.
struct evidence {
	uint32_t count;
	struct evidence_item {
		const char *name;  // "due_at", static
		uint32_t size;     // of the value
		char value[RULE_VALUE_BYTES];
	} item[RULE_EVIDENCE_MAX];
	uint32_t next_size;
	char next_step[RULE_VALUE_BYTES];  // what follows if nothing is done
};
void evidence_clear(struct evidence *ret_evidence);  // as much as says that there is none: it is large
void evidence_add(struct evidence *evidence, const char *name, const char *format, ...) __attribute__((format(printf, 3, 4)));
void evidence_add_text(struct evidence *evidence, const char *name, struct text text);
void evidence_add_number(struct evidence *evidence, const char *name, int64_t number);
void evidence_add_instant(struct evidence *evidence, const char *name, int64_t at_ms, int32_t zone_ms);
void evidence_add_duration(struct evidence *evidence, const char *name, int64_t duration_ms);  // "1 d 2 h", "5 min 3 s": the two largest units
void evidence_add_unit(struct evidence *evidence, const char *name, const struct names *names, name_id unit);  // nothing for 0
// The ticket's way through its units: "A > B > A", over up to four items; what finds no room there is left out.
void evidence_add_chain(struct evidence *evidence, const struct facts *facts);
void evidence_set_next_text(struct evidence *evidence, struct text text);
void evidence_set_next(struct evidence *evidence, const char *format, ...) __attribute__((format(printf, 2, 3)));

// What a rule about a dimension's month looks at.
struct month_facts {
	const struct policy *policy;
	const struct policy_version *version;
	const struct names *names;
	name_id dimension;
	int32_t month;
	int64_t clock_ms;               // the least of all shards' clocks
	const struct counters *total;   // of the month
	const struct counters *day;     // by day of the month, from 0
	const struct counters *before;  // by day of the month before; NULL when not known
};

struct rule {
	const char *id;       // "overdue"
	const char *article;  // the quote
	const char *seed;     // "S0"
	uint32_t needs;       // HAS_...: a ticket without all of these is not judged
	uint8_t severity;     // enum severity, of its alerts unless one says otherwise
	bool uses_links;      // it looks at who came before the ticket (link.h)
	// Judges a ticket: alerts, counters, the next look. NULL when the rule is not about tickets.
	void (*judge)(const struct rule *rule, const struct facts *facts, struct outcome *outcome);
	// Judges a unit's month, which has the days of more than one version of the policy: a rule asks rule_is_on of each day. NULL when it is not about such.
	void (*judge_unit)(const struct rule *rule, const struct unit_facts *facts, struct outcome *outcome);
	// Judges a dimension's month; about.at_ms is 0, about.number tells apart what one rule watches. NULL when the rule is not about dimensions.
	void (*judge_month)(const struct rule *rule, const struct month_facts *facts, struct outcome *outcome);
	// Tells about.number in words, for ids ("satisfaction"); NULL prints the number.
	const char *(*about_name)(uint32_t number);
	// Fills the evidence of one of its alerts; `facts` or `month` is NULL.
	void (*describe)(const struct alert *alert, const struct facts *facts, const struct month_facts *month, struct evidence *ret_evidence);
	void (*describe_unit)(const struct alert *alert, const struct unit_facts *facts, struct evidence *ret_evidence);  // of judge_unit's alerts
};

// An alert of a rule about a ticket; while it fires, whoever holds the ticket is in it.
struct alert rule_alert(const struct rule *rule, const struct facts *facts, struct about about, int64_t at_ms, bool is_firing);

// All rules, in a fixed order (append only: positions are stored). rule_count is at most POLICY_RULES_MAX.
extern const struct rule *const rules[];
extern const uint32_t rule_count;
const struct rule *rule_of(struct text id);  // NULL when there is none
uint32_t rule_number(const struct rule *rule);
bool rule_is_on(const struct rule *rule, const struct policy_version *version);
bool rules_use_links(const struct policy *policy);  // one of those that do is on, in any version

extern const struct rule rule_overdue, rule_floors;
extern const struct rule rule_due_warnings, rule_escalation, rule_month_end;
extern const struct rule rule_return_late, rule_return_slip, rule_circulated, rule_returned_often, rule_shirked, rule_ping_pong;
extern const struct rule rule_dissatisfied, rule_low_star, rule_look_back, rule_claim_conflict, rule_revisit_invalid, rule_praise;
extern const struct rule rule_duty, rule_duty_letter, rule_margin, rule_tendency;
extern const struct rule rule_repeated, rule_crowd;

#endif
