// lines.h - a set of lines that tell a state, to be compared with another.
#ifndef HOTLINE_LINES_H
#define HOTLINE_LINES_H

#include <stddef.h>

struct lines {
	char **line;
	size_t count, capacity;
};
void lines_add(struct lines *lines, const char *format, ...) __attribute__((format(printf, 2, 3)));
void lines_done(struct lines *lines);
// Prints what only one of the two has, at most so many lines, with a mark for each side. Returns how many there are.
size_t lines_compare(struct lines *expected, struct lines *actual, size_t print_max);

#endif
