// sim_kafka.h - the log, the group and the faults of the Kafka in memory. kafka.h is implemented by sim_log.c (topics, readers), sim_consumer.c and sim_producer.c.
#ifndef HOTLINE_SIM_KAFKA_H
#define HOTLINE_SIM_KAFKA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kafka.h"
#include "sim.h"

enum { LOG_TOPICS_MAX = 9, LOG_PARTITIONS_MAX = 16, LOG_HEADERS_MAX = 5 };

struct record {
	struct text key, value;
	bool has_key, is_tombstone;
	size_t header_count;
	struct text header[LOG_HEADERS_MAX][2];  // name, value
	int64_t timestamp_ms;
};

struct log_partition {
	struct record *record;  // by offset
	size_t count, capacity;
	int64_t low;
};

struct log_topic {
	const char *name;
	int32_t partition_count;
	struct log_partition partition[LOG_PARTITIONS_MAX];
};

struct kafka_faults {
	uint32_t fail_e4;     // a message is given up without being stored
	uint32_t double_e4;   // it is stored, and reported as given up
	uint32_t full_e4;     // queue_full
	uint32_t problem_e4;  // of a poll
	int64_t ack_us_max;
	uint32_t silent_e4;   // kafka_reading_take is given nothing
};

void kafka_sim_reset(void);
void kafka_sim_set_faults(const struct kafka_faults *faults);
void kafka_sim_down(int64_t for_us);
bool kafka_sim_is_down(void);
void kafka_sim_rebalance(void);           // of every group, as when a member comes
void kafka_sim_add_topic(const char *name, int32_t partition_count);
struct log_topic *kafka_sim_topic(const char *name);  // NULL when there is none
// Stores a record now. key.at NULL: none. Returns its offset.
int64_t kafka_sim_append(struct log_topic *topic, int32_t partition, const struct record *record);
bool record_header(const struct record *record, const char *name, struct text *ret_value);
bool kafka_sim_has_under_way(void);       // of what was sent; may take long where everything was slow
int64_t kafka_sim_committed(const char *group, const char *topic, int32_t partition);  // -1

// Of the files sim_*.c among themselves.
extern struct kafka_faults kafka_sim_faults;
void kafka_sim_reset_consumers(void);
void kafka_sim_reset_producers(void);
void kafka_sim_consumers_gone(struct member *member, bool is_crash);
void kafka_sim_producers_gone(struct member *member, bool is_crash);
size_t kafka_sim_topic_number(const struct log_topic *topic);

#endif
