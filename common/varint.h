// varint.h - whole numbers in as few bytes as they need: seven bits a byte, the lowest first, as in protobuf; and in a fixed number of bytes, at most eight.
#ifndef HOTLINE_VARINT_H
#define HOTLINE_VARINT_H

#include <stddef.h>
#include <stdint.h>

enum { VARINT_BYTES_MAX = 10 };

// Room for VARINT_BYTES_MAX is needed. Returns the bytes written.
static inline size_t varint_put(uint8_t *bytes, uint64_t number)
{
	size_t size = 0;
	while (number >= 0x80) {
		bytes[size++] = (uint8_t)(number | 0x80);
		number >>= 7;
	}
	bytes[size++] = (uint8_t)number;
	return size;
}

static inline size_t varint_size(uint64_t number)
{
	return number < 0x80 ? 1 : (size_t)(63 - __builtin_clzll(number)) / 7 + 1;
}

// Returns the bytes read; 0 when they end too early or run on.
static inline size_t varint_get(const uint8_t *bytes, size_t left, uint64_t *ret_number)
{
	uint64_t number = 0;
	if (left && bytes[0] < 0x80) {  // most are small
		*ret_number = bytes[0];
		return 1;
	}
	for (size_t size = 0; size < left && size < VARINT_BYTES_MAX; size++) {
		number |= (uint64_t)(bytes[size] & 0x7f) << (7 * size);
		if (bytes[size] < 0x80) {
			*ret_number = number;
			return size + 1;
		}
	}
	return 0;
}

// The lowest byte first. Room for `count` bytes is needed, and that many are read. Returns count.
static inline size_t fixed_put(uint8_t *bytes, uint64_t number, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		bytes[i] = (uint8_t)(number >> 8 * i);
	return count;
}

static inline uint64_t fixed_get(const uint8_t *bytes, unsigned count)
{
	uint64_t number = 0;
	for (unsigned i = 0; i < count; i++)
		number |= (uint64_t)bytes[i] << 8 * i;
	return number;
}

static inline uint64_t zigzag(int64_t number)
{
	return ((uint64_t)number << 1) ^ (uint64_t)(number >> 63);
}

static inline int64_t unzigzag(uint64_t number)
{
	return (int64_t)(number >> 1) ^ -(int64_t)(number & 1);
}

#endif
