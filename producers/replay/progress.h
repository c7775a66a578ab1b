// progress.h - a bar on the terminal, redrawn a few times a second.
#ifndef HOTLINE_PROGRESS_H
#define HOTLINE_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct progress {
	FILE *file;          // NULL draws nothing
	int64_t start_ms, next_ms;
	bool is_drawn;
};

// Draws only where `file` is a terminal.
struct progress progress_start(FILE *file, bool is_wanted, int64_t now_ms);
bool progress_is_due(const struct progress *progress, int64_t now_ms);
// done is 0 to 1, or negative when nobody knows.
void progress_draw(struct progress *progress, double done, uint64_t count, int64_t now_ms);
void progress_clear(struct progress *progress);  // before anything else is printed, and at the end

#endif
