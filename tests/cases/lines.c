#include "lines.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"

void lines_add(struct lines *lines, const char *format, ...)
{
	va_list args;
	char *line;
	va_start(args, format);
	int size = vasprintf(&line, format, args);
	va_end(args);
	assert(size >= 0);
	lines->line = memory_grow(lines->line, lines->count + 1, sizeof *lines->line, &lines->capacity);
	lines->line[lines->count++] = line;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void lines_sort(struct lines *lines)
{
	if (lines->count)
		qsort(lines->line, lines->count, sizeof *lines->line, compare);
}

void lines_done(struct lines *lines)
{
	for (size_t i = 0; i < lines->count; i++)
		free(lines->line[i]);
	free(lines->line);
	*lines = (struct lines){ .count = 0 };
}

const char *lines_find(const struct lines *lines, const char *start)
{
	size_t size = strlen(start);
	for (size_t i = 0; i < lines->count; i++)
		if (!strncmp(lines->line[i], start, size))
			return lines->line[i];
	return NULL;
}

bool lines_differ(const struct lines *a, const struct lines *b, const char **ret_a, const char **ret_b)
{
	size_t i = 0;
	while (i < a->count && i < b->count && !strcmp(a->line[i], b->line[i]))
		i++;
	const char *left = i < a->count ? a->line[i] : NULL, *right = i < b->count ? b->line[i] : NULL;
	int order = left && right ? strcmp(left, right) : 0;
	*ret_a = order > 0 ? NULL : left;
	*ret_b = order < 0 ? NULL : right;
	return left || right;
}
