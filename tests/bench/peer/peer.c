// peer.c - bench_peer: what stands between our consumers and the peers' harness. Called by `run`, one word for each thing it waits for or does.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "peer.h"

static const char usage[] = "Usage: bench_peer taken BROKERS REDIS_PORT EVENTS   wait until all events are taken in\n"
                            "       bench_peer summed BROKERS REDIS_PORT         wait until all changes are summed and published\n"
                            "       bench_peer present BROKERS REDIS_PORT        write the results as the harness reads them\n"
                            "Each prints the instant of its end, Unix milliseconds.\n";

static enum status present(struct store *store, const char *brokers, struct error *error)
{
	enum status status = store_load(store, error);
	if (status == OK)
		status = store_load_names(store, error);
	if (status == OK)
		status = peer_write_counters(store, error);
	return status == OK ? peer_send_alerts(brokers, error) : status;
}

static enum status run(int argc, char **argv, struct error *error)
{
	char address[64];
	struct store *store;
	snprintf(address, sizeof address, "127.0.0.1:%s", argv[3]);
	enum status status = store_open(address, "events", "hotline.unit-events", "hotline.links", &store, error);
	if (status != OK)
		return status;
	if (strcmp(argv[1], "taken") == 0)
		status = peer_await_taken(store, argc > 4 ? strtoll(argv[4], NULL, 10) : 0, error);
	else if (strcmp(argv[1], "summed") == 0)
		status = peer_await_summed(argv[2], error);
	else
		status = present(store, argv[2], error);
	store_close(store);
	return status;
}

int main(int argc, char **argv)
{
	struct error error = { 0 };
	if (argc < 4) {
		fputs(usage, stderr);
		return 2;
	}
	if (run(argc, argv, &error) != OK) {
		fprintf(stderr, "bench_peer: %s: %s\n", error.reason, error.text);
		return EXIT_FAILURE;
	}
	printf("%" PRId64 "\n", clock_wall_ms());
	return EXIT_SUCCESS;
}
