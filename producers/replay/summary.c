#include "summary.h"

#include <inttypes.h>
#include <string.h>

#include "civil.h"

// Source: design.md, "An event more than 5 minutes ahead of its record's timestamp".
#define AHEAD_MAX_MS (5 * MINUTE_MS)

void summary_add(struct summary *summary, const struct event *event, int64_t now_ms)
{
	summary->sent[event->type]++;
	summary->sent_count++;
	summary->ahead_count += event->at_ms > now_ms + AHEAD_MAX_MS;
	if (event->at_ms > summary->newest_at_ms)
		summary->newest_at_ms = event->at_ms;
}

static void count_reason(struct summary *summary, const char *name)
{
	uint32_t i = 0;
	while (i < summary->reason_count && strcmp(summary->reason[i].name, name) != 0)
		i++;
	if (i == SUMMARY_REASONS_MAX)
		return;  // reasons are a handful of words of our own
	summary->reason_count += i == summary->reason_count;
	summary->reason[i].name = name;
	summary->reason[i].count++;
}

void summary_skip(struct summary *summary, const char *path, uint64_t line, const struct error *error, FILE *file)
{
	count_reason(summary, error->reason);
	if (summary->skipped_count++ < summary->list_max)
		fprintf(file, "%s:%" PRIu64 ": %s\n", path, line, error->text);
	else if (summary->skipped_count == summary->list_max + 1)
		fprintf(file, "more skipped lines are counted, not listed\n");
}

static void print_types(const struct summary *summary, FILE *file)
{
	const char *before = " (";
	for (unsigned type = 1; type < EVENT_TYPE_LIMIT; type++) {
		if (!summary->sent[type])
			continue;
		fprintf(file, "%s%s %" PRIu64, before, event_type_name((enum event_type)type), summary->sent[type]);
		before = ", ";
	}
	if (summary->sent_count)
		fputc(')', file);
}

void summary_print(const struct summary *summary, double seconds, int32_t zone_ms, FILE *file)
{
	char newest[CIVIL_INSTANT_BYTES];
	fprintf(file, "sent %" PRIu64 " events", summary->sent_count);
	print_types(summary, file);
	if (summary->newest_at_ms) {
		civil_format_instant(summary->newest_at_ms, zone_ms, newest);
		fprintf(file, " up to %s in %.1f s", newest, seconds);
	}
	fprintf(file, "\nskipped %" PRIu64, summary->skipped_count);
	for (uint32_t i = 0; i < summary->reason_count; i++)
		fprintf(file, "%s%s %" PRIu64, i ? ", " : ": ", summary->reason[i].name, summary->reason[i].count);
	fputc('\n', file);
	if (summary->ahead_count)
		fprintf(file, "warning: %" PRIu64 " events lie more than 5 minutes in the future; consumers refuse them (in_the_future)\n", summary->ahead_count);
}

void summary_print_json(const struct summary *summary, double seconds, int32_t zone_ms, FILE *file)
{
	char newest[CIVIL_INSTANT_BYTES];
	fprintf(file, "{\"sent\":%" PRIu64 ",\"skipped\":%" PRIu64 ",\"in_the_future\":%" PRIu64 ",\"seconds\":%.3f", summary->sent_count, summary->skipped_count,
		summary->ahead_count, seconds);
	if (summary->newest_at_ms) {
		civil_format_instant(summary->newest_at_ms, zone_ms, newest);
		fprintf(file, ",\"newest_at\":\"%s\"", newest);
	}
	fprintf(file, ",\"types\":{");
	const char *before = "";
	for (unsigned type = 1; type < EVENT_TYPE_LIMIT; type++) {
		if (!summary->sent[type])
			continue;
		fprintf(file, "%s\"%s\":%" PRIu64, before, event_type_name((enum event_type)type), summary->sent[type]);
		before = ",";
	}
	fprintf(file, "},\"reasons\":{");
	for (uint32_t i = 0; i < summary->reason_count; i++)
		fprintf(file, "%s\"%s\":%" PRIu64, i ? "," : "", summary->reason[i].name, summary->reason[i].count);
	fprintf(file, "}}\n");
}
