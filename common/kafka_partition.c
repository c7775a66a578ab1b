// Who owns a key: the murmur2 of Java's client. Source: org.apache.kafka.common.utils.Utils.murmur2, and toPositive of its default partitioner.
#include "kafka.h"

static uint32_t mix(uint32_t number)
{
	const uint32_t factor = 0x5bd1e995;
	number *= factor;
	number ^= number >> 24;
	return number * factor;
}

static uint32_t murmur2(struct text key)
{
	const uint32_t factor = 0x5bd1e995;
	const uint8_t *at = (const uint8_t *)key.at;
	uint32_t left = key.size, hash = 0x9747b28c ^ key.size;
	for (; left >= 4; at += 4, left -= 4)
		hash = hash * factor ^ mix(at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24);
	for (uint32_t i = left; i > 0; i--)
		hash ^= (uint32_t)at[i - 1] << 8 * (i - 1);
	if (left)
		hash *= factor;
	hash ^= hash >> 13;
	hash *= factor;
	return hash ^ hash >> 15;
}

int32_t kafka_partition_of(struct text key, int32_t partition_count)
{
	return (int32_t)(murmur2(key) & 0x7fffffff) % partition_count;
}
