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

// The lowest byte first. Room for `count` bytes is needed, and that many are read. Returns count. Unrolled, so that the compiler makes one access of a known count.
static inline size_t fixed_put(uint8_t *bytes, uint64_t number, unsigned count)
{
#pragma GCC unroll 8
	for (unsigned i = 0; i < count; i++)
		bytes[i] = (uint8_t)(number >> 8 * i);
	return count;
}

static inline uint64_t fixed_get(const uint8_t *bytes, unsigned count)
{
	uint64_t number = 0;
#pragma GCC unroll 8
	for (unsigned i = 0; i < count; i++)
		number |= (uint64_t)bytes[i] << 8 * i;
	return number;
}

// Seven bits of each of eight bytes, the lowest byte first, moved together in three rounds: pairs, fours, all.
static inline uint64_t varint_join(uint64_t bytes)
{
	bytes = (bytes & UINT64_C(0x007f007f007f007f)) | (bytes & UINT64_C(0x7f007f007f007f00)) >> 1;
	bytes = (bytes & UINT64_C(0x00003fff00003fff)) | (bytes & UINT64_C(0x3fff00003fff0000)) >> 2;
	return (bytes & UINT64_C(0x000000000fffffff)) | (bytes & UINT64_C(0x0fffffff00000000)) >> 4;
}

// Returns the bytes read; 0 when they end too early or run on.
static inline size_t varint_get(const uint8_t *bytes, size_t left, uint64_t *ret_number)
{
	uint64_t number = 0;
	if (left && bytes[0] < 0x80) {  // most are small
		*ret_number = bytes[0];
		return 1;
	}
	if (left >= sizeof number) {
		uint64_t eight = fixed_get(bytes, sizeof eight), ends = ~eight & UINT64_C(0x8080808080808080);
		if (ends) {  // the lowest of them is its last byte
			*ret_number = varint_join(eight & (ends ^ (ends - 1)));
			return (size_t)__builtin_ctzll(ends) / 8 + 1;
		}
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

static inline uint64_t zigzag(int64_t number)
{
	return ((uint64_t)number << 1) ^ (uint64_t)(number >> 63);
}

static inline int64_t unzigzag(uint64_t number)
{
	return (int64_t)(number >> 1) ^ -(int64_t)(number & 1);
}

#endif
