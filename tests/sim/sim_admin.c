// admin.h and metrics.h without a port: nobody asks, and a metric's memory would die with its member. Some metrics tell what a seed has hit.
#include <string.h>

#include "admin.h"
#include "metrics.h"
#include "sim.h"

struct metric {
	const char *name;
	enum sim_count count;
};

static struct metric known[] = { { "hotline_fenced_total", SIM_fenced }, { "hotline_takeovers_total", SIM_takeovers }, { "hotline_conflicts_total", SIM_conflicts } };
static struct metric other = { NULL, SIM_COUNT_COUNT };

static struct metric *find(const char *name)
{
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (!strcmp(known[i].name, name))
			return &known[i];
	return &other;
}

struct metric *metrics_counter(const char *name, const char *help, ...)
{
	(void)help;
	return find(name);
}

struct metric *metrics_gauge(const char *name, const char *help, ...)
{
	(void)help;
	return find(name);
}

struct metric *metrics_latency(const char *name, const char *help, ...)
{
	(void)help;
	return find(name);
}

void metric_add(struct metric *metric, uint64_t amount)
{
	if (metric != &other)
		sim_hit[metric->count] += amount;
}

void metric_set(struct metric *metric, int64_t value)
{
	(void)metric;
	(void)value;
}

void metric_observe_us(struct metric *metric, int64_t time_us)
{
	(void)metric;
	(void)time_us;
}

void metric_hide(struct metric *metric)
{
	(void)metric;
}

enum status admin_open(const char *address, const char *token_file, struct admin **ret_admin, struct error *error)
{
	(void)address;
	(void)token_file;
	(void)error;
	*ret_admin = NULL;
	return OK;
}

void admin_close(struct admin *admin)
{
	(void)admin;
}

uint16_t admin_port(const struct admin *admin)
{
	(void)admin;
	return 0;
}

void admin_set_ready(struct admin *admin, bool is_ready, const char *reason)
{
	(void)admin;
	(void)is_ready;
	(void)reason;
}
