// width.h - how many columns of a terminal a text takes: Chinese characters take two, combining marks none.
//
// A table of our own and not wcwidth(3): that one needs a UTF-8 locale to be installed and set, and servers often have none.
#ifndef HOTLINE_WIDTH_H
#define HOTLINE_WIDTH_H

#include <stdint.h>

#include "text.h"

// A byte that is no UTF-8 counts as one column, a control character as none.
uint32_t width_of(struct text text);

// The longest front of the text that takes at most so many columns.
struct text width_cut(struct text text, uint32_t columns);

// The first character of a text that is not empty; *ret_size is how many bytes it has. U+FFFD for a byte that is no UTF-8.
uint32_t width_character(struct text text, uint32_t *ret_size);

#endif
