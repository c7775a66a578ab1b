// topics.h - every topic of the system: how many partitions it has, how long it is kept.
//
// The one table behind hotline-topics, which makes the topics in a Kafka, and devbroker, which makes them in itself. Source: design.md, Topics.
#ifndef HOTLINE_TOPICS_H
#define HOTLINE_TOPICS_H

#include <stdbool.h>
#include <stdint.h>

enum { TOPIC_COUNT = 7, TOPIC_PARTITIONS_MAX = 1024 };

struct topic {
	const char *name;
	int32_t partitions;   // unless told otherwise
	bool is_sharded;      // --partitions holds for it; the others have what the table says
	bool is_compacted;    // the last value of each key is kept for ever
	int64_t retention_ms; // of the others
};

extern const struct topic topics[TOPIC_COUNT];

// How many partitions a topic gets when --partitions is given (0: it is not).
int32_t topic_partitions(const struct topic *topic, int32_t asked);

#endif
