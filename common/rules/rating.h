// rating.h - what the rules about a rating share: dissatisfied, low-star, claim-conflict, look-back.
//
// Their alerts are about the rating's instant and the unit that resolved the ticket; one fires until a revisit comes after the rating, whatever the revisit says.
// Who is told next is in the evidence: a revisit within some working days, else look-back.
#ifndef HOTLINE_RATING_H
#define HOTLINE_RATING_H

#include "rule.h"

enum { RATING_AT, RATING_STARS, RATING_RESOLVED_AT, RATING_REVISITED_AT };  // evidence; the instants NEVER_MS where there is none
struct alert rating_alert(const struct rule *rule, const struct facts *facts, const struct event *rating, int64_t at_ms);
// The unit of the alert's list: who resolved what was rated; 0 when nobody knows.
name_id rating_unit(const struct alert *alert);
void rating_describe(const struct alert *alert, const struct facts *facts, const struct month_facts *month, struct evidence *ret_evidence);

// Until when a bad rating of that instant must see a revisit: the end of the last of so many working days after its day.
int64_t rating_look_back_until_ms(const struct facts *facts, int64_t rated_at_ms);

#endif
