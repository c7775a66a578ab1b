// text.h - a run of bytes that belongs to somebody else.
#ifndef HOTLINE_TEXT_H
#define HOTLINE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

// Not NUL-terminated. `at` may be NULL only when size is 0.
struct text {
	const char *at;
	uint32_t size;
};

#define TEXT(literal) ((struct text){ literal, sizeof(literal) - 1 })

// NULL gives the empty text.
static inline struct text text_of(const char *string)
{
	return (struct text){ string, string ? (uint32_t)strlen(string) : 0 };
}

bool text_equal(struct text a, struct text b);
int text_compare(struct text a, struct text b);  // as bytes, the shorter first: <0, 0, >0
bool text_starts_with(struct text text, struct text prefix);
bool text_is_utf8(struct text text);        // well-formed, without NUL
bool text_has_control(struct text text);    // a byte below 0x20, or 0x7f

// A string that is put together in a place of fixed size, NUL-terminated after every call. What finds no room sets is_cut and is left out, with all after it.
struct phrase {
	char *string;
	size_t size, capacity;
	bool is_cut;
};
struct phrase phrase_of(char *string, size_t capacity);  // empty
void phrase_add(struct phrase *phrase, struct text text);
void phrase_add_byte(struct phrase *phrase, char byte);
void phrase_add_number(struct phrase *phrase, uint64_t number);

// Copies and NUL-terminates. Returns false, and writes nothing, when it does not fit.
bool text_copy(struct text text, char *ret_string, size_t capacity);

#endif
