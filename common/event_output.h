// event_output.h - where the events of a producer go: to Kafka, or as JSON Lines to a file.
#ifndef HOTLINE_EVENT_OUTPUT_H
#define HOTLINE_EVENT_OUTPUT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "error.h"
#include "event.h"
#include "event_json.h"
#include "kafka.h"

// An event as it goes out: protobuf, or a line of JSON. Texts point into the encoding's bytes and the ticket id or table of names that it was made of.
struct event_record {
	bool is_of_unit;
	struct text key, value;
	int64_t at_ms;
};
struct event_encoding {
	uint8_t bytes[EVENT_LINE_WRITE_BYTES_MAX];
};

struct event_output;

struct event_output_topics {
	const char *ticket_events, *unit_events;
};

// FATAL topic_missing, RETRY kafka_away when no broker answers within timeout_ms.
MUST_USE enum status event_output_open_kafka(const struct kafka_config *config, const struct event_output_topics *topics, int timeout_ms,
	struct event_output **ret_output, struct error *error);
// The file stays the caller's. Instants are written in the given zone.
struct event_output *event_output_open_lines(FILE *file, int32_t zone_ms);
void event_output_close(struct event_output *output);  // drops what is not acknowledged; NULL is taken

MUST_USE enum status event_output_encode(const struct event_output *output, struct text ticket_id, const struct event *event, const struct names *names,
	struct event_encoding *encoding, struct event_record *ret_record, struct error *error);

// Takes a record; waits while too many are on their way. REJECT too_large; FATAL when Kafka gave up one that was put before, or the file cannot be written.
MUST_USE enum status event_output_put(struct event_output *output, const struct event_record *record, struct error *error);

// A clock mark (clock_mark.h) to every partition of both topics; *ret_count tells how many. Nothing for lines.
MUST_USE enum status event_output_put_marks(struct event_output *output, int64_t clock_ms, uint32_t *ret_count, struct error *error);

// Serves acknowledgements, waiting up to timeout_ms: to be called while the producer has nothing to do.
void event_output_poll(struct event_output *output, int timeout_ms);
// Waits until everything is acknowledged, or written; once *is_asked_to_stop is true, for 5 s at most. RETRY "stopped" after that.
MUST_USE enum status event_output_finish(struct event_output *output, const volatile bool *is_asked_to_stop, struct error *error);

#endif
