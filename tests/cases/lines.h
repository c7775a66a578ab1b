// lines.h - a list of lines of text that grows, is sorted, and is compared.
#ifndef HOTLINE_TEST_LINES_H
#define HOTLINE_TEST_LINES_H

#include <stdbool.h>
#include <stddef.h>

struct lines {
	char **line;  // each on the heap
	size_t count, capacity;
};

void lines_add(struct lines *lines, const char *format, ...) __attribute__((format(printf, 2, 3)));
void lines_sort(struct lines *lines);  // by bytes
void lines_done(struct lines *lines);

// The line that begins with `start`; NULL when there is none.
const char *lines_find(const struct lines *lines, const char *start);
// The first line, of sorted lists, that only one of them has; false when both are the same. The other side's is NULL.
bool lines_differ(const struct lines *a, const struct lines *b, const char **ret_a, const char **ret_b);

#endif
