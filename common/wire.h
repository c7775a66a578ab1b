// wire.h - values of ours to and from hotline.v1. The only file that knows the generated types.
//
// Reading allocates nothing on the heap: protobuf-c gets a bounded arena, since 1 MiB of empty submessages would become 59 MB. What comes or goes by the
// million does without protobuf-c: wire_flat.h reads events, wire_alert.c reads and writes alerts.
#ifndef HOTLINE_WIRE_H
#define HOTLINE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "assess.h"
#include "error.h"
#include "event.h"
#include "names.h"
#include "rule.h"
#include "shelf.h"

enum {
	WIRE_EVENT_BYTES_MAX = PAYLOAD_BYTES_MAX,
	WIRE_ALERT_BYTES_MAX = 4096,
	WIRE_CHANGE_DAYS_MAX = 4096,
	WIRE_CHANGE_BYTES_MAX = 64 * 1024,
	WIRE_COUNTERS_BYTES_MAX = 4096,
	WIRE_LINKED_BYTES_MAX = 512,  // of a ticket event that a link sends
};

// Memory for messages that are being read: what the returned texts point into. The caller sets `used` back to 0 when nobody needs them any more; a message
// that finds no room is refused, so 3 * PAYLOAD_BYTES_MAX should be left for each.
enum { WIRE_ARENA_BYTES = 8 * PAYLOAD_BYTES_MAX };
struct wire_arena {
	size_t used;
	_Alignas(16) uint8_t bytes[WIRE_ARENA_BYTES];
};

// Bare protobuf, or protobuf in the Confluent frame (a zero byte, a schema id of four bytes, message indexes). CloudEvents in binary mode carries bare
// protobuf in the value, so it needs no more than this. REJECT too_large, bad_protobuf, bad_frame, and what event_check gives. The ticket id and texts live in the arena.
MUST_USE enum status wire_unpack_ticket_event(struct text value, struct names *names, struct wire_arena *arena, struct text *ret_ticket_id, struct event *ret_event,
	struct error *error);
MUST_USE enum status wire_unpack_unit_event(struct text value, struct names *names, struct wire_arena *arena, struct event *ret_event, struct error *error);

// REJECT too_large when the message would be larger than the readers take.
MUST_USE enum status wire_pack_ticket_event(struct text ticket_id, const struct event *event, const struct names *names, uint8_t *ret_bytes, size_t capacity,
	size_t *ret_size, struct error *error);
MUST_USE enum status wire_pack_unit_event(const struct event *event, const struct names *names, uint8_t *ret_bytes, size_t capacity, size_t *ret_size,
	struct error *error);

// An alert as it goes out and comes back. Texts belong to the caller when packing; unpacked they lie in the value, or in the arena when protobuf-c had to read it.
struct wire_alert {
	struct text id, rule, ticket_id, unit, dimension, article, next_step, policy;
	int64_t at_ms, revision;
	uint8_t state, severity;  // enum alert_state, enum severity
	uint32_t evidence_count;
	struct {
		struct text name, value;
	} evidence[RULE_EVIDENCE_MAX];
};
// What is to be said with it; its texts go on belonging to the evidence.
void wire_alert_tell(struct wire_alert *alert, const struct evidence *evidence);
size_t wire_pack_alert(const struct wire_alert *alert, uint8_t ret_bytes[WIRE_ALERT_BYTES_MAX]);  // 0 when it does not fit
MUST_USE enum status wire_unpack_alert(struct text value, struct wire_arena *arena, struct wire_alert *ret_alert, struct error *error);

// What wire_unpack_alert tries first: an alert as plain as wire_pack_alert writes it, in one pass. False, and ret_alert of no use, when it is none; protobuf-c alone
// tells what is no message at all. For its tests.
bool wire_scan_alert(struct text value, struct wire_alert *ret_alert);

// Days of a dimension that changed. At most WIRE_CHANGE_DAYS_MAX.
size_t wire_pack_change(struct text dimension, const int32_t *day, size_t day_count, const char *shard, int64_t revision, uint8_t ret_bytes[WIRE_CHANGE_BYTES_MAX]);
MUST_USE enum status wire_unpack_change(struct text value, struct wire_arena *arena, struct text *ret_dimension, int32_t *ret_day, size_t *ret_day_count, struct error *error);

size_t wire_pack_counters(struct text dimension, int32_t day, const struct counters *counters, int64_t revision, uint8_t ret_bytes[WIRE_COUNTERS_BYTES_MAX]);

#endif
