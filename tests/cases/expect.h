// expect.h - what a scenario expects, held against what is true.
#ifndef HOTLINE_TEST_EXPECT_H
#define HOTLINE_TEST_EXPECT_H

#include "lines.h"
#include "scenario.h"

// Holds neighbouring expectations, from step `first` on, against the lines of city_lines. Prints each that fails with both values. *ret_next is the
// step after the last of them.
bool expect_check(const struct scenario *scenario, size_t first, const struct lines *lines, size_t *ret_next);

#endif
