#include "text.h"

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

// Eight bytes at once, in whatever order the machine has: only single bytes are looked at.
static uint64_t eight(const uint8_t *at)
{
	uint64_t bytes;
	memcpy(&bytes, at, sizeof bytes);
	return bytes;
}

#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

// Marks the bytes below `limit`, which is at most 0x80. Source: S. E. Anderson, "Bit Twiddling Hacks", hasless.
static uint64_t below(uint64_t bytes, uint8_t limit)
{
	return (bytes - EACH(limit)) & ~bytes & EACH(0x80);
}

// Most characters of three bytes, that is most Chinese, need no look into the table.
static bool is_plain_three(const uint8_t *at, size_t left)
{
	return left >= 3 && at[0] > 0xe0 && at[0] < 0xf0 && at[0] != 0xed && (at[1] & 0xc0) == 0x80 && (at[2] & 0xc0) == 0x80;
}

static bool is_ascii(uint64_t bytes)
{
	return !(bytes & EACH(0x80)) && !below(bytes, 1);
}

// The last bytes of a text are looked at once more, eight together.
bool text_is_utf8(struct text text)
{
	const uint8_t *at = (const uint8_t *)text.at;
	for (size_t i = 0; i < text.size;) {
		size_t left = text.size - i;
		if (left >= 8 && is_ascii(eight(at + i))) {
			i += 8;
			continue;
		}
		if (left < 8 && text.size >= 8 && is_ascii(eight(at + text.size - 8)))
			return true;
		size_t size = at[i] - 1u < 0x7f ? 1 : is_plain_three(at + i, left) ? 3 : utf8_size(at + i, left);
		if (!size)
			return false;
		i += size;
	}
	return true;
}

static bool have_control(uint64_t bytes)
{
	return below(bytes, 0x20) || below(bytes ^ EACH(0x7f), 1);
}

bool text_has_control(struct text text)
{
	const uint8_t *at = (const uint8_t *)text.at;
	size_t i = 0;
	for (; i + 8 <= text.size; i += 8)
		if (have_control(eight(at + i)))
			return true;
	if (i && i < text.size)
		return have_control(eight(at + text.size - 8));
	for (; i < text.size; i++)
		if (at[i] < 0x20 || at[i] == 0x7f)
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

struct phrase phrase_of(char *string, size_t capacity)
{
	string[0] = '\0';
	return (struct phrase){ .string = string, .capacity = capacity };
}

void phrase_add(struct phrase *phrase, struct text text)
{
	if (phrase->is_cut || text.size >= phrase->capacity - phrase->size) {
		phrase->is_cut = true;
		return;
	}
	if (text.size)
		memcpy(phrase->string + phrase->size, text.at, text.size);
	phrase->size += text.size;
	phrase->string[phrase->size] = '\0';
}

void phrase_add_byte(struct phrase *phrase, char byte)
{
	if (phrase->is_cut || phrase->capacity - phrase->size <= 1) {
		phrase->is_cut = true;
		return;
	}
	phrase->string[phrase->size++] = byte;
	phrase->string[phrase->size] = '\0';
}

void phrase_add_number(struct phrase *phrase, uint64_t number)
{
	enum { DIGITS_MAX = 20 };
	char digit[DIGITS_MAX];
	uint32_t first = DIGITS_MAX;
	do
		digit[--first] = (char)('0' + number % 10);
	while (number /= 10);
	phrase_add(phrase, (struct text){ digit + first, DIGITS_MAX - first });
}
