#include "progress.h"

#include <inttypes.h>
#include <unistd.h>

enum { REDRAW_MS = 200, BAR_WIDTH = 40 };

struct progress progress_start(FILE *file, bool is_wanted, int64_t now_ms)
{
	bool is_seen = is_wanted && isatty(fileno(file));
	return (struct progress){ .file = is_seen ? file : NULL, .start_ms = now_ms, .next_ms = now_ms + REDRAW_MS };
}

bool progress_is_due(const struct progress *progress, int64_t now_ms)
{
	return progress->file && now_ms >= progress->next_ms;
}

void progress_draw(struct progress *progress, double done, uint64_t count, int64_t now_ms)
{
	double seconds = (double)(now_ms - progress->start_ms) / 1000;
	progress->next_ms = now_ms + REDRAW_MS;
	progress->is_drawn = true;
	fprintf(progress->file, "\r");
	if (done >= 0) {
		int filled = (int)(done * BAR_WIDTH);
		fprintf(progress->file, "[");
		for (int i = 0; i < BAR_WIDTH; i++)
			fputc(i < filled ? '#' : '.', progress->file);
		fprintf(progress->file, "] %3.0f %%  ", done * 100);
	}
	fprintf(progress->file, "%" PRIu64 " events, %.0f/s\033[K", count, seconds > 0 ? (double)count / seconds : 0.0);
	fflush(progress->file);
}

void progress_clear(struct progress *progress)
{
	if (!progress->is_drawn)
		return;
	fprintf(progress->file, "\r\033[K");
	fflush(progress->file);
	progress->is_drawn = false;
}
