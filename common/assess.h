// assess.h - what a ticket amounts to: its legs, the counters it adds to, the alerts it has raised, and when to look again.
//
//     facts     what the events say: fields, legs, ratings                     facts.c
//     outcome   what follows from it: contributions, alerts, worklists         assess.c, rules/*.c
//
// Pure: the same events, policy and clock give the same outcome, bit for bit. An event's effect is the difference of two outcomes.
#ifndef HOTLINE_ASSESS_H
#define HOTLINE_ASSESS_H

#include <stdbool.h>
#include <stdint.h>

#include "counters.h"
#include "link.h"
#include "policy.h"
#include "ticket.h"

enum leg_end { LEG_OPEN, LEG_RETURNED, LEG_RESOLVED, LEG_MOVED };

// One unit's custody of the ticket.
struct leg {
	name_id unit;
	bool is_assist;
	uint8_t confirmed;             // enum answer, the latest that was given
	enum leg_end end;
	int64_t dispatched_at_ms;
	int64_t accepted_at_ms;        // 0 when not said
	int64_t term_from_ms;          // from where the term runs: the dispatch, or the reopening
	int64_t due_at_ms;             // NEVER_MS when it has none
	int64_t ended_at_ms;           // NEVER_MS while open
	int64_t held_until_ms;         // the same, but the resolution where the unit gave back what it had resolved
	bool is_due_given;             // due_at_ms comes from the source and not from the policy
	bool is_due_covered;           // no day without calendar data was looked at
	int64_t late_from_ms;          // when the first due time passed that was then moved; 0 when none did
	const struct term *term;       // what due_at_ms was counted by; NULL when given or none
	const struct roster_unit *roster;  // the unit's entry on the day of the dispatch; NULL when it has none
	int32_t dispatched_day;
	const struct event *dispatched, *ended;  // the events; ended is NULL while open
};

// A resolution of the ticket, standing or taken back.
struct resolution {
	const struct event *event;
	name_id unit;      // who resolved it; 0 when nobody knows
	struct leg *leg;   // the lead leg that it ended; NULL when it met none
	bool stands;
	int64_t until_ms;  // when the ticket was unresolved again; NEVER_MS. It may stand for its own leg nevertheless
};

// A unit gave the ticket back.
struct giving_back {
	const struct event *event;
	struct leg *leg;   // what it ended; NULL when it met none
};

// A due time passed and was then moved.
struct lateness {
	const struct leg *leg;
	int64_t from_ms;   // the first instant past it
};

enum { FACTS_LEGS_MAX = TICKET_EVENTS_MAX };

// What a ticket has at all, so that a rule about something else is passed by without being asked.
enum { HAS_LEAD = 1, HAS_RETURN = 2, HAS_RESOLUTION = 4, HAS_RATING = 8, HAS_REVISIT = 16, HAS_CONFIRMED = 32, HAS_LINKED = 64 };

struct facts {
	struct text ticket_id;
	const struct policy *policy;
	const struct policy_version *version;  // the one that binds this ticket
	const struct names *names;
	int64_t clock_ms;
	const struct ticket *ticket;

	bool is_received, is_valid, is_answered_directly;
	uint8_t kind, level, channel;  // of several `received`, the last present value
	name_id district, category;
	struct text caller, place, title;
	int64_t amount;
	int64_t received_at_ms;        // of the first `received`; of the first event when there is none
	int32_t received_day;

	uint32_t leg_count, resolution_count, giving_back_count, late_count;
	struct leg leg[FACTS_LEGS_MAX];
	struct resolution resolution[FACTS_LEGS_MAX];
	struct giving_back giving_back[FACTS_LEGS_MAX];
	struct lateness late[FACTS_LEGS_MAX];
	struct leg *holder;            // the lead leg that is open; NULL when there is none
	struct resolution *standing;   // what makes the ticket resolved; NULL while it is not. An earlier leg's resolution may stand besides
	uint32_t has;                  // HAS_...
	// The latest rating; and of each of the three the rating that gave its latest value. NULL when there is none.
	const struct event *rated, *satisfied, *stars, *praised;
};

// Where a contribution counts.
enum scope {
	SCOPE_UNIT,       // the unit, its district and group, the city, the ticket's categories
	SCOPE_UNIT_ALONE,
	SCOPE_CITY,       // the city and the ticket's categories
	SCOPE_DISTRICT,   // one district alone, by name
	SCOPE_GROUP,      // one group alone, by name
	SCOPE_TICKET,     // the ticket's own district, the city, the ticket's categories
};

struct contribution {
	uint8_t counter;  // enum counter
	uint8_t scope;    // enum scope
	uint16_t unused;  // 0
	int32_t day;
	name_id name;     // the unit, district or group; 0 where the scope needs none or nobody knows
	uint32_t roster;  // the unit's place in policy->roster + 1, which tells its district and group; 0 when it is not there
	uint32_t amount;
};

enum alert_state { ALERT_FIRING = 1, ALERT_RESOLVED = 2, ALERT_RETRACTED = 3 };
enum severity { SEVERITY_NOTICE = 1, SEVERITY_WARNING = 2, SEVERITY_CRITICAL = 3 };

// What an alert is about: with the rule and the ticket this is its id. Fields that a rule does not need are 0.
struct about {
	int64_t at_ms;
	name_id unit;
	uint32_t number;
};

struct alert {
	const struct rule *rule;
	struct about about;
	uint8_t state;      // FIRING or RESOLVED; an alert that is gone from the outcome is retracted
	uint8_t severity;
	name_id holder;     // who holds it now; 0 when nobody does
	int64_t at_ms;      // when it became true
	int64_t evidence[4];  // numbers for rule->describe
};

// The worklists: tickets of a unit and month that somebody must look at. Each is named as the rule that fills it.
#define LISTS(X) \
	X(DISSATISFIED, "dissatisfied") X(LOW_STAR, "low-star") X(OVERDUE, "overdue") X(SHIRKED, "shirked") X(RETURNED_OFTEN, "returned-often") \
	X(LOOK_BACK, "look-back") X(REVISIT_INVALID, "revisit-invalid") X(MONTH_END, "month-end")
enum worklist {
#define X(upper, name) LIST_##upper,
	LISTS(X)
#undef X
	LIST_COUNT,
};
const char *worklist_name(enum worklist list);
bool worklist_of(struct text name, enum worklist *ret_worklist);

// The ticket is on the list of a unit and month, once.
struct worklist_entry {
	uint8_t list;    // enum worklist
	name_id unit;
	int32_t month;
	int32_t day;     // of what put it there
	uint32_t alert;  // the place in outcome->alert of the one that says why, from 1; 0 when no alert does
};

enum {
	OUTCOME_CONTRIBUTIONS_MAX = 16 * TICKET_EVENTS_MAX,
	OUTCOME_ALERTS_MAX = 16 * TICKET_EVENTS_MAX,  // a leg's warnings are the most that one event causes
	// At the end of each month of 1970 to 2199 one lead leg at most is open; beside that an event puts its ticket on few lists.
	OUTCOME_ENTRIES_MAX = 230 * 12 + 8 * TICKET_EVENTS_MAX,
};

struct outcome {
	// Where the contributions of wide scope count.
	uint8_t sub;
	name_id district;
	struct names_category category;
	uint32_t contribution_count, alert_count, entry_count;
	int64_t next_look_ms;  // judge again when the clock has reached this; NEVER_MS
	bool uses_clock;       // another clock could give another outcome; a ticket that does not need one stores none
	struct contribution contribution[OUTCOME_CONTRIBUTIONS_MAX];
	struct alert alert[OUTCOME_ALERTS_MAX];
	struct worklist_entry entry[OUTCOME_ENTRIES_MAX];
};

// For rules. Contributions of 0 are dropped; two alerts about the same thing become one, firing before resolved.
// A unit's district and group are those of its entry in the roster, or of its entry on `roster_day`.
void outcome_count(struct outcome *outcome, enum counter counter, enum scope scope, name_id name, int32_t day, uint32_t amount);
void outcome_count_entry(struct outcome *outcome, const struct policy *policy, enum counter counter, name_id unit, const struct roster_unit *entry, int32_t day,
	uint32_t amount);
void outcome_count_unit(struct outcome *outcome, const struct policy *policy, enum counter counter, name_id unit, int32_t roster_day, int32_t day, uint32_t amount);
// Returns the place of the alert from 1.
uint32_t outcome_alert(struct outcome *outcome, const struct alert *alert);
// Puts the ticket on a list of the day's month; `alert` is what outcome_alert returned, or 0. Without a unit there is no list.
void outcome_list(struct outcome *outcome, enum worklist list, name_id unit, int32_t day, uint32_t alert);
// Has the clock reached at_ms? The only way for a rule to look at the clock: when it has not, the ticket is looked at again then. NEVER_MS is never reached.
bool outcome_reached(struct outcome *outcome, const struct facts *facts, int64_t at_ms);
bool outcome_reached_by(struct outcome *outcome, int64_t clock_ms, int64_t at_ms);  // the same for a clock that is not a ticket's
void outcome_clear(struct outcome *outcome);  // of one that does not exist

void facts_derive(struct facts *ret_facts, struct text ticket_id, const struct ticket *ticket, const struct policy *policy,
	int64_t clock_ms, const struct names *names);

// Both structs are large and belong to the caller, who reuses them; only what the counts cover is written.
// An empty ticket gives an empty outcome. Besides the ticket's own memory, `ret_facts` and `ret_outcome` point to nothing that changes.
void assess(struct text ticket_id, const struct ticket *ticket, const struct policy *policy, int64_t clock_ms, const struct names *names,
	struct facts *ret_facts, struct outcome *ret_outcome);

// The second half of assess: facts that were derived, judged at their clock_ms. They do not depend on it, so whoever looks at the same ticket at another instant changes that.
void assess_facts(const struct facts *facts, struct outcome *ret_outcome);

// The resolution that a rating or a revisit is about: the latest before it, even if taken back; else the first after it; NULL when there is none.
const struct resolution *facts_resolution_for(const struct facts *facts, const struct event *event);
// The first revisit that comes after this event; NULL when there is none.
const struct event *facts_revisit_after(const struct facts *facts, const struct event *event);
// Who came before the ticket by a link that it has now; false when nobody did, as far as is known. Source: link.h.
bool facts_precedence(const struct facts *facts, enum link_kind kind, struct precedence *ret_precedence);
// Is there something left to do: it is neither resolved nor was it answered directly.
bool facts_is_open(const struct facts *facts);
// Was the ticket resolved at that instant?
bool facts_is_resolved_at(const struct facts *facts, int64_t at_ms);
// Until when the leg may be given back in time, itself included.
int64_t facts_return_until_ms(const struct facts *facts, const struct leg *leg);
// The first earlier leg of the same unit that it gave back; NULL when there is none. A unit that resolves such a leg has shirked. Source: S2, table 3.
const struct leg *facts_shirked(const struct facts *facts, const struct leg *leg);

// A unit's month, and what it is judged by.
struct unit_facts {
	const struct policy *policy;
	const struct names *names;
	int64_t clock_ms;
	const struct ticket *events;  // the set of the unit's events
	name_id unit;                 // 0 when its name was never seen
	int32_t month;
};

// The same for a unit's month, by its id "xlt-zhujian/2024-03". One without events is judged too: who never logs in sends none.
void assess_unit_month(struct text id, const struct ticket *events, const struct policy *policy, int64_t clock_ms, const struct names *names,
	struct unit_facts *ret_facts, struct outcome *ret_outcome);

// The id of an alert: "overdue/8213631/xlt-xinghai/2024-03-05T16:00:00+08:00". Returns its length, 0 when it does not fit.
enum { ALERT_ID_BYTES_MAX = 320 };
size_t alert_id(const struct alert *alert, struct text ticket_id, const struct policy *policy, const struct names *names, char ret_id[ALERT_ID_BYTES_MAX]);

#endif
