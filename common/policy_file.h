// policy_file.h - loads a policy from YAML, with its calendar and its roster.
//
//     zone: "+08:00"
//     calendar: cn                      the PRC's; or a mapping, see below
//     roster: units.yaml                relative to the policy file; or the list itself
//     versions:
//       - from: 1970-01-01              of the first one only the order matters: it holds for all days before it as well
//         terms:                        the first that fits a ticket holds
//           - rule: due-province        slug, for people
//             kinds: [complaint]        absent: all. Also levels, and district (the ticket's own)
//             levels: [province]
//             within: 10 calendar days  or N working days, N hours
//         count: civil                  or clock; with roll and close_of_business of every term that does not say otherwise
//         due_warnings: [50 %, 90 %, 24h]  shares of the time, ascending, and how long before its end
//         ...                           every setting of policy_setting.h, floors/on_time/limit as limit in on_time in floors
//         rules:
//           overdue: off                an id of rules[]; on, off, or a mapping of the rule's settings, which means on where it does not say `on: off`
//
// `other_rules: off` switches off the rules that no version names: an edition that was written down names all that there were.
// What a version leaves out is as in the version before it, in the first one as in policy_init_default. A list of terms or warnings replaces the one before.
//
//     calendar:
//       base: cn                        or none
//       years:
//         2027:                         replaces the whole year; all years together must follow on one another
//           holidays: [2027-01-01]      weekdays that are not worked
//           workdays: [2027-01-03]      weekend days that are
//
// A roster is a list, in the policy file or alone in a file of its own:
//
//     - id: xlt-zhujian
//       name: 兴隆台区住建局             all but id may be absent
//       district: 兴隆台区
//       group: 基层
//       duty: true                      must log in on working days
//       from: 2020-01-01                a unit may stand here more than once, for days that do not overlap
//       to: 2023-12-31
//
// Everything else is refused: FATAL "bad_config" with FILE:LINE:COLUMN and a sentence.
#ifndef HOTLINE_POLICY_FILE_H
#define HOTLINE_POLICY_FILE_H

#include "error.h"
#include "names.h"
#include "policy.h"
#include "text.h"

enum { POLICY_ROSTER_MAX = 100000, POLICY_PATH_BYTES = 4096 };

// Names of units, districts and groups are interned. The policy is filled in, its edition included; the caller ends it with policy_done.
MUST_USE enum status policy_load_file(const char *path, struct names *names, struct policy *ret_policy, struct error *error);
// The same from memory, such as an edition that was kept in Redis; `name` stands for the path in errors. It cannot name a roster file.
MUST_USE enum status policy_load_text(struct text text, const char *name, struct names *names, struct policy *ret_policy, struct error *error);

#endif
