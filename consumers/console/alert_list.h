// alert_list.h - every alert with its last state, put together from what the state gives and what the topic has seen.
//
// The state is right. The topic adds what the state cannot know: that an alert was once sent which a later event took back, and the evidence of those days.
#ifndef ALERT_LIST_H
#define ALERT_LIST_H

#include "console.h"
#include "store_months.h"
#include "store_tickets.h"
#include "wire.h"

enum alert_origin { ALERT_OF_STATE, ALERT_OF_TOPIC };

struct listed_alert {
	enum alert_origin origin;
	uint8_t state;             // overrides the message's
	int64_t at_ms, revision;
	struct text id;            // points behind the message
	uint32_t size;
	uint8_t bytes[];           // the packed message, then the id
};

struct alert_list {
	struct listed_alert **alert;
	size_t count, capacity;
	size_t sorted_count;       // from the last sorting: when as many again have come, the superseded ones are dropped
};

void alert_list_add(struct alert_list *list, enum alert_origin origin, const struct wire_alert *alert);
// Leaves one of each id: the state's if it is there, else the newest of the topic. In order of id.
void alert_list_settle(struct alert_list *list);
void alert_list_sort_by_time(struct alert_list *list);
void alert_list_done(struct alert_list *list);

// The message of a listed alert; its texts live in the arena.
bool listed_alert_open(const struct listed_alert *alert, struct wire_arena *arena, struct wire_alert *ret_alert);

// An alert of a ticket or of a unit's month as the message that goes out of it; texts point into what the arguments hold, and into *memory.
struct alert_memory {
	struct evidence evidence;
	char id[ALERT_ID_BYTES_MAX];
};
struct wire_alert alert_of_ticket(const struct store_ticket *ticket, const struct alert *alert, const struct names *names, struct alert_memory *memory);
struct wire_alert alert_of_month(const struct store_month_of_unit *month, const struct alert *alert, const struct names *names, struct alert_memory *memory);

const char *alert_state_name(uint8_t state);   // "firing", for machines; "" for none
const char *severity_name(uint8_t severity);
json_t *alert_json(const struct wire_alert *alert, int32_t zone_ms);

// "due_at 2024-03-12T23:59:59.999+08:00, dispatched_at ...".
enum { EVIDENCE_LINE_BYTES = 2048 };
void alert_evidence_line(const struct wire_alert *alert, enum language language, char ret_line[EVIDENCE_LINE_BYTES]);

#endif
