// gauges.h - what hotline-units measures of itself.
#ifndef HOTLINE_UNITS_GAUGES_H
#define HOTLINE_UNITS_GAUGES_H

#include "metrics.h"

struct gauges {
	struct metric *changes, *rejected, *passes, *conflicts, *months, *alerts, *published, *reconnects;
	struct metric *clock_ms, *settled_clock_ms, *waiting, *policy_disputed;
	struct metric *pass_time;
};

void gauges_open(struct gauges *gauges);

#endif
