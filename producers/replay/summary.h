// summary.h - what a replay did: what was sent, what was skipped and why.
#ifndef HOTLINE_SUMMARY_H
#define HOTLINE_SUMMARY_H

#include <stdint.h>
#include <stdio.h>

#include "error.h"
#include "event.h"

enum { SUMMARY_REASONS_MAX = 32, SUMMARY_LISTED_MAX = 1000 };

struct summary {
	uint64_t sent[EVENT_TYPE_LIMIT];  // by type
	uint64_t sent_count, skipped_count;
	uint64_t ahead_count;             // events later than now by more than consumers take
	int64_t newest_at_ms;             // of what was sent; 0 when nothing was
	uint32_t list_max;                // so many skipped lines are named
	uint32_t reason_count;
	struct {
		const char *name;
		uint64_t count;
	} reason[SUMMARY_REASONS_MAX];
};

void summary_add(struct summary *summary, const struct event *event, int64_t now_ms);
// Counts a line that gave no event, and names it on `file` while there are not too many.
void summary_skip(struct summary *summary, const char *path, uint64_t line, const struct error *error, FILE *file);

void summary_print(const struct summary *summary, double seconds, int32_t zone_ms, FILE *file);       // for people
void summary_print_json(const struct summary *summary, double seconds, int32_t zone_ms, FILE *file);  // one object, one line

#endif
