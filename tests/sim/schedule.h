// schedule.h - what goes wrong in a seed, and when. Each schedule has at least SCHEDULE_KINDS_MIN kinds of fault in it.
#ifndef HOTLINE_SIM_SCHEDULE_H
#define HOTLINE_SIM_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "chance.h"

enum { SCHEDULE_FAULTS_MAX = 24, SCHEDULE_KINDS_MIN = 5 };

struct fault {
	unsigned kind;
	int64_t at_us, length_us;
	uint64_t number;              // of an instance, a call; how much
};

struct schedule {
	struct fault fault[SCHEDULE_FAULTS_MAX];
	size_t count;
	int64_t heads_since_us;       // when every shard had a head; 0: not yet
	bool is_over, has_new_policy;
	unsigned edition;
};

void schedule_draw(struct schedule *schedule, struct chance *chance, int64_t until_us);
// Files every fault with the world's clock, but for those that `is_without` tells of. The schedule must live on.
void schedule_file(struct schedule *schedule, const bool *is_without);
// Nothing goes wrong any more; who runs is the last set of instances.
void schedule_end(struct schedule *schedule);
void schedule_print(const struct schedule *schedule, const bool *is_without);

#endif
