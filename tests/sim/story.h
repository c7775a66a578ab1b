// story.h - events of a few tickets, for schedules that are written out.
#ifndef HOTLINE_SIM_STORY_H
#define HOTLINE_SIM_STORY_H

#include "town.h"

enum { STORY_ID_BYTES = 64 };

extern const struct town_setup story_setup;  // one partition of each topic, an event clock
extern int64_t story_due_after_ms;           // of every dispatch; 0: as the policy says

void story_open(void);
void story_send_ticket(const char *id, enum event_type type, int64_t at_ms, const char *unit);
// So many tickets, each on a page of its own, all in one unit: received and dispatched; resolved and rated.
void story_send_tickets(const char *prefix, int count, int64_t at_ms);
void story_rate_tickets(const char *prefix, int count, int64_t at_ms);

#endif
