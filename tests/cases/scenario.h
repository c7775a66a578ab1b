// scenario.h - a story as a plain text file: a policy, events, clocks, and what is expected of them.
//
//     # a comment
//     policy default                  the policy of the bulletins, which also holds where nothing is said; or
//     policy deploy/policy/x.yaml     a file, from the root of the sources; or
//     policy                          lines of YAML, indented
//       versions:
//         - {from: 1970-01-01, reopen: continue}
//     roster                          as in a policy file, indented
//       - {id: xlt-zhujian, district: 兴隆台区, group: 市直}
//     {"ticket_id":"8213631", ...}    an event, as JSON Lines
//     refuse bad_field {...}          an event that is refused, with its reason
//     clock 2024-03-12T00:00:00+08:00 moves the clock on
//     expect counter unit/xlt-xinghai 2024-03-11 overdue 1      a day's, or a month's as 2024-03
//     expect rate unit/xlt-xinghai 2024-03 satisfaction 95.00   of a day or a month, "absent" when its denominator is 0
//     expect alert overdue/8213631/xlt-xinghai/2024-03-05T16:00:00+08:00 firing    or resolved, none
//     expect holder overdue/8213631/xlt-xinghai/2024-03-05T16:00:00+08:00 xlt-xinghai    who is in that alert, or nobody
//     expect worklist overdue xlt-xinghai 2024-03 8213631       or no-worklist, with the same words
//     expect only-counters unit/xlt-xinghai                     those that are expected beside it and no others
//     expect only-alerts
//
// Expectations are about what was told above them. What holds at the end must hold for every order of the events.
#ifndef HOTLINE_TEST_SCENARIO_H
#define HOTLINE_TEST_SCENARIO_H

#include <stdbool.h>

#include "event.h"
#include "policy.h"

enum step_kind { STEP_EVENT, STEP_CLOCK, STEP_EXPECT };

struct step {
	enum step_kind kind;
	unsigned line;          // in the file, from 1
	char *text;             // an expectation without its first word
	int64_t clock_ms;
	struct text ticket_id;
	struct event event;
	void *arena;            // where the event's texts live
};

struct scenario {
	const char *path;
	struct names *names;
	struct policy policy;
	struct step *step;
	size_t count, capacity;
};

// Reads and checks a file; a fault is printed as FILE:LINE: sentence, and false is returned. scenario_done in any case.
bool scenario_read(struct scenario *ret_scenario, const char *path);
void scenario_done(struct scenario *scenario);

// Prints FILE:LINE: and the sentence to stderr; returns false.
bool scenario_fail(const struct scenario *scenario, unsigned line, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
