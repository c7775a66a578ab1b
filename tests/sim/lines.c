#include "lines.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim.h"

enum { LINE_BYTES_MAX = 4096 };

void lines_add(struct lines *lines, const char *format, ...)
{
	char line[LINE_BYTES_MAX];
	va_list args;
	va_start(args, format);
	vsnprintf(line, sizeof line, format, args);
	va_end(args);
	lines->line = sim_grow(lines->line, lines->count + 1, sizeof *lines->line, &lines->capacity);
	lines->line[lines->count++] = (char *)sim_copy(text_of(line)).at;
}

void lines_done(struct lines *lines)
{
	for (size_t i = 0; i < lines->count; i++)
		sim_free(lines->line[i]);
	sim_free(lines->line);
	*lines = (struct lines){ NULL, 0, 0 };
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

size_t lines_compare(struct lines *expected, struct lines *actual, size_t print_max)
{
	size_t i = 0, j = 0, count = 0;
	if (expected->count)
		qsort(expected->line, expected->count, sizeof *expected->line, compare);
	if (actual->count)
		qsort(actual->line, actual->count, sizeof *actual->line, compare);
	while (i < expected->count || j < actual->count) {
		int order = i == expected->count ? 1 : j == actual->count ? -1 : strcmp(expected->line[i], actual->line[j]);
		if (order && count++ < print_max)
			fprintf(stderr, "%s %s\n", order < 0 ? "expected" : "actual  ", order < 0 ? expected->line[i] : actual->line[j]);
		i += order <= 0;
		j += order >= 0;
	}
	return count;
}
