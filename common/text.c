#include "text.h"

#include <string.h>

struct text text_of(const char *string)
{
	return (struct text){ string, string ? (uint32_t)strlen(string) : 0 };
}

bool text_equal(struct text a, struct text b)
{
	return a.size == b.size && (a.size == 0 || memcmp(a.at, b.at, a.size) == 0);
}

int text_compare(struct text a, struct text b)
{
	uint32_t least = a.size < b.size ? a.size : b.size;
	int order = least ? memcmp(a.at, b.at, least) : 0;
	return order ? order : (a.size > b.size) - (a.size < b.size);
}

bool text_starts_with(struct text text, struct text prefix)
{
	return text.size >= prefix.size && (prefix.size == 0 || memcmp(text.at, prefix.at, prefix.size) == 0);
}

// How many bytes the well-formed character at `at` has, 0 when there is none. Source: RFC 3629, section 4.
static size_t utf8_size(const uint8_t *at, size_t left)
{
	static const struct {
		uint8_t first, last, low, high, size;  // the range of the lead byte, of the byte after it, the whole length
	} form[] = {
		{ 0x01, 0x7f, 0x00, 0x00, 1 }, { 0xc2, 0xdf, 0x80, 0xbf, 2 }, { 0xe0, 0xe0, 0xa0, 0xbf, 3 },
		{ 0xe1, 0xec, 0x80, 0xbf, 3 }, { 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 },
		{ 0xf0, 0xf0, 0x90, 0xbf, 4 }, { 0xf1, 0xf3, 0x80, 0xbf, 4 }, { 0xf4, 0xf4, 0x80, 0x8f, 4 },
	};
	for (size_t i = 0; i < sizeof form / sizeof *form; i++) {
		if (at[0] < form[i].first || at[0] > form[i].last)
			continue;
		if (form[i].size > left)
			return 0;
		if (form[i].size > 1 && (at[1] < form[i].low || at[1] > form[i].high))
			return 0;
		for (size_t k = 2; k < form[i].size; k++)
			if ((at[k] & 0xc0) != 0x80)
				return 0;
		return form[i].size;
	}
	return 0;
}

bool text_is_utf8(struct text text)
{
	const uint8_t *at = (const uint8_t *)text.at;
	for (size_t i = 0; i < text.size;) {
		if (at[i] - 1u < 0x7f) {  // ASCII without NUL, nearly always
			i++;
			continue;
		}
		size_t size = utf8_size(at + i, text.size - i);
		if (!size)
			return false;
		i += size;
	}
	return true;
}

bool text_has_control(struct text text)
{
	for (uint32_t i = 0; i < text.size; i++)
		if ((uint8_t)text.at[i] < 0x20 || text.at[i] == 0x7f)
			return true;
	return false;
}

bool text_copy(struct text text, char *ret_string, size_t capacity)
{
	if (text.size >= capacity)
		return false;
	if (text.size)
		memcpy(ret_string, text.at, text.size);
	ret_string[text.size] = '\0';
	return true;
}
