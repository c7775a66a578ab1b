// town.h - a small city in the simulator: topics, instances of the programs, events that arrive over time, and what must have come of them in the end.
#ifndef HOTLINE_TOWN_H
#define HOTLINE_TOWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event.h"
#include "names.h"
#include "policy.h"
#include "sim.h"
#include "sim_kafka.h"
#include "sim_redis.h"

#define TOWN_TICKETS "hotline.ticket-events"
#define TOWN_UNIT_EVENTS "hotline.unit-events"
#define TOWN_LINKS "hotline.links"
#define TOWN_CHANGES "hotline.counter-changes"
#define TOWN_COUNTERS "hotline.unit-counters"
#define TOWN_ALERTS "hotline.alerts"
#define TOWN_DEAD_LETTERS "hotline.dead-letters"

enum { TOWN_PLANNED_MAX = 4096, TOWN_RECORD_BYTES = 1024 };
enum { TOWN_WITHOUT_LINKS = 2, TOWN_EDITIONS };  // of the policy: 0, 1, and the one in which no rule uses links

struct town_setup {
	int32_t ticket_partitions, unit_partitions, change_partitions;
	int32_t link_partitions;     // 0 is 1
	unsigned edition;            // of the policy, to begin with
	bool is_event_clock;
	bool rebuild;
	int64_t settle_ms;
	int64_t cache_mib;
};

// The world, empty but for the topics. Resets everything.
void town_open(uint64_t seed, const struct town_setup *setup);
void town_close(void);
const struct town_setup *town_setup(void);

// Instances. The result is the program's own; memory is the town's.
struct instance {
	struct member *member;
	const char *program;
	volatile int is_asked_to_stop;  // sig_atomic_t is int here
	volatile int is_asked_to_reload;
	int policy_fd;                  // of a file in memory; -1: none yet
	char policy_path[64];           // of the same: read when it is asked to reload
	int number;
	unsigned edition;               // of the policy
	int64_t told_at_ms;             // when that was last changed, in a time of its own, later than any clock here; 0 when it never was
	enum status status;
	struct error error;
	bool has_ended;                 // by itself
};
struct instance *town_start_tickets(void);
struct instance *town_start_units(void);
void town_reload(struct instance *instance, const char *text);  // of hotline-tickets: with this policy file
char *town_policy_text(unsigned edition);        // canonical; freed by the caller
void town_stop(struct instance *instance);       // asks; it ends by itself
bool town_is_running(const struct instance *instance);
void town_set_edition(unsigned edition);         // of the policy that instances are started with from now on
bool town_has_units(void);                       // hotline-units was ever started
size_t town_instances(void);
struct instance *town_instance(size_t number);
// The policy of an edition, with names of the caller's.
void town_policy(unsigned edition, struct names *names, struct policy *ret_policy);

// Sends one record now. What is sent here is what happened: the truth is read from the log.
void town_send_ticket_event(const char *ticket_id, const struct event *event, struct names *names);
void town_send_unit_event(const struct event *event, struct names *names);
void town_send_bytes(const char *topic, struct text key, struct text value);
void town_send_clock_marks(int64_t clock_ms);
struct names *town_names(void);

// Everything was taken in: every shard stands at the end of its partition, and nothing waits to leave.
bool town_is_quiet(void);
// Runs until it is quiet and stays so; fails after limit_us of virtual time, and when more than heartbeats is written while it is quiet.
void town_settle(int64_t limit_us);

// Compares what is there with what must be. Prints the lines that differ, and returns how many they are.
size_t town_check(void);

#endif
