// loop.h - the replay itself: from the reader to the output, at the speed that was asked for.
#ifndef HOTLINE_REPLAY_LOOP_H
#define HOTLINE_REPLAY_LOOP_H

#include "progress.h"
#include "reader.h"
#include "replay.h"
#include "shuffle.h"
#include "summary.h"

struct replay {
	const struct replay_options *options;
	struct names *names;
	struct mapping *mapping;
	struct reader *reader;
	struct event_output *output;
	struct shuffle *shuffle;          // NULL for the order of the files
	struct summary summary;
	struct progress progress;
	int64_t first_at_ms, started_ms;  // of the first event, and the monotonic clock then
	uint32_t mark_count;
	int64_t mark_ms;
	const volatile bool *is_asked_to_stop;
	struct event_encoding encoding;
};

// Sends everything and waits for it. RETRY when asked to stop.
MUST_USE enum status replay_run(struct replay *replay, struct error *error);

#endif
