// devbroker.c - devbroker: a Kafka for demos and tests, in memory and in one process.
//
// It is the mock cluster that librdkafka carries for its own tests, in a process of its own so that several programs can share it. A tool, not a part of the
// stream: it speaks to librdkafka itself.
#include <getopt.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include "commands.h"
#include "topics.h"

enum { PATH_BYTES = 4096, NAME_BYTES = 250, ERROR_BYTES = 512 };
enum { EXIT_FATAL = 1, EXIT_USAGE = 2 };

static const char usage[] = "Usage: devbroker [--port-file FILE] [--partitions N] [--topics NAME:PARTITIONS,...] [--commands]\n"
                            "A Kafka for demos and tests: librdkafka's mock cluster, on a free port of 127.0.0.1. Makes the topics of the hotline, prints its\n"
                            "address on one line, and runs until SIGTERM or SIGINT.\n"
                            "\n"
                            "  --port-file FILE   write the address (127.0.0.1:PORT) there too, once everything is ready\n"
                            "  --partitions N     of the topics that are spread over consumers (4)\n"
                            "  --topics LIST      more topics, or other numbers of partitions: orders:1,hotline.ticket-events:2\n"
                            "  --commands         read commands from standard input: \"fail KEY CODE...\" answers the next requests of Kafka's API KEY with\n"
                            "                     these error codes; all of them are in deploy/devbroker/commands.h\n"
                            "  -h, --help         this text\n"
                            "\n"
                            "What it does not do, mostly without saying so (librdkafka 2.0.2):\n"
                            "  - a partition holds 5 MiB or 100 000 batches, whichever is less: then the oldest batches go, read or not\n"
                            "  - everything is in memory: after a restart there is nothing, and the port is another\n"
                            "  - the first join of a consumer group takes 3 seconds, every later one session.timeout.ms less 1 second: 45 seconds is too\n"
                            "    much here, 4 is good, 3 or less never joins\n"
                            "  - static members (group.instance.id) are taken for dynamic ones that forgot to leave\n"
                            "  - offsets cannot be looked up by time: the answer is \"end\" (-1), whatever the time\n"
                            "  - no admin calls (topics are made here, at the start), no retention, no compaction, no TLS, no passwords\n"
                            "For anything else there is deploy/kafka.\n";

struct settings {
	const char *port_file, *topics;
	int32_t partitions;
	bool takes_commands;
};

static bool parse_number(const char *text, const char *end, int32_t *ret_number)
{
	char *stop;
	long number = strtol(text, &stop, 10);
	if (stop == text || stop != end || number < 1 || number > TOPIC_PARTITIONS_MAX)
		return false;
	*ret_number = (int32_t)number;
	return true;
}

static bool parse_options(int argc, char **argv, struct settings *settings)
{
	static const struct option options[] = {
		{ "port-file", required_argument, NULL, 'f' },
		{ "partitions", required_argument, NULL, 'p' },
		{ "topics", required_argument, NULL, 't' },
		{ "commands", no_argument, NULL, 'c' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	for (int option; (option = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
		if (option == 'f') {
			settings->port_file = optarg;
		} else if (option == 't') {
			settings->topics = optarg;
		} else if (option == 'c') {
			settings->takes_commands = true;
		} else if (option == 'h') {
			fputs(usage, stdout);
			exit(EXIT_SUCCESS);
		} else if (option != 'p') {
			return false;
		} else if (!parse_number(optarg, optarg + strlen(optarg), &settings->partitions)) {
			fprintf(stderr, "devbroker: --partitions is a number from 1 to %d\n", TOPIC_PARTITIONS_MAX);
			return false;
		}
	}
	if (optind < argc)
		fprintf(stderr, "devbroker: what is \"%s\"?\n", argv[optind]);
	return optind == argc;
}

static bool make_topic(rd_kafka_mock_cluster_t *cluster, const char *name, int32_t partitions)
{
	rd_kafka_resp_err_t problem = rd_kafka_mock_topic_create(cluster, name, partitions, 1);
	if (problem)
		fprintf(stderr, "devbroker: %s:%d: %s\n", name, partitions, rd_kafka_err2str(problem));
	return !problem;
}

// Those of --topics: "name:partitions,...".
static bool make_asked_topics(rd_kafka_mock_cluster_t *cluster, const char *list)
{
	while (*list) {
		size_t size = strcspn(list, ",");
		const char *colon = memchr(list, ':', size);
		char name[NAME_BYTES];
		int32_t partitions;
		if (!colon || colon == list || (size_t)(colon - list) >= sizeof name || !parse_number(colon + 1, list + size, &partitions)) {
			fprintf(stderr, "devbroker: --topics: \"%.*s\" is not NAME:PARTITIONS\n", (int)size, list);
			return false;
		}
		memcpy(name, list, (size_t)(colon - list));
		name[colon - list] = 0;
		if (!make_topic(cluster, name, partitions))
			return false;
		list += size + (list[size] == ',');
	}
	return true;
}

// The table's, but for those that --topics named: a mock topic is made once.
static bool make_our_topics(rd_kafka_mock_cluster_t *cluster, const struct settings *settings)
{
	for (int i = 0; i < TOPIC_COUNT; i++) {
		size_t size = strlen(topics[i].name);
		bool is_asked = false;
		for (const char *at = settings->topics; at; at = strchr(at, ',')) {
			at += *at == ',';
			is_asked |= strncmp(at, topics[i].name, size) == 0 && at[size] == ':';
		}
		if (!is_asked && !make_topic(cluster, topics[i].name, topic_partitions(&topics[i], settings->partitions)))
			return false;
	}
	return true;
}

// Renamed into place, so that whoever waits for the file never reads half of it.
static bool write_port_file(const char *path, const char *address)
{
	char draft[PATH_BYTES];
	if (snprintf(draft, sizeof draft, "%s.new", path) >= (int)sizeof draft)
		return false;
	FILE *file = fopen(draft, "w");
	if (!file)
		return false;
	bool is_good = fprintf(file, "%s\n", address) > 0;
	is_good &= fclose(file) == 0;
	return is_good && rename(draft, path) == 0;
}

static bool announce(const char *address, const char *port_file)
{
	if (port_file && !write_port_file(port_file, address)) {
		perror(port_file);
		return false;
	}
	printf("%s\n", address);
	fflush(stdout);
	return true;
}

// The mock cluster lives in a client, which does nothing else.
static rd_kafka_t *new_client(void)
{
	char problem[ERROR_BYTES];
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	rd_kafka_conf_set(conf, "log_level", "3", problem, sizeof problem); // it has no brokers of its own, and would say so
	rd_kafka_t *client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, problem, sizeof problem);
	if (!client) {
		fprintf(stderr, "devbroker: %s\n", problem);
		rd_kafka_conf_destroy(conf);
	}
	return client;
}

static bool run_commands(rd_kafka_mock_cluster_t *cluster, const sigset_t *stop)
{
	int stop_fd = signalfd(-1, stop, SFD_CLOEXEC);
	if (stop_fd < 0) {
		perror("devbroker: signalfd");
		return false;
	}
	commands_run(cluster, stop_fd);
	close(stop_fd);
	return true;
}

static bool run(rd_kafka_mock_cluster_t *cluster, const struct settings *settings, const sigset_t *stop)
{
	int signal_number;
	if (settings->topics && !make_asked_topics(cluster, settings->topics))
		return false;
	if (!make_our_topics(cluster, settings) || !announce(rd_kafka_mock_cluster_bootstraps(cluster), settings->port_file))
		return false;
	if (settings->takes_commands)
		return run_commands(cluster, stop);
	sigwait(stop, &signal_number);
	return true;
}

int main(int argc, char **argv)
{
	struct settings settings = { 0 };
	sigset_t stop;
	if (!parse_options(argc, argv, &settings)) {
		fputs("Try: devbroker --help\n", stderr);
		return EXIT_USAGE;
	}
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&stop);
	sigaddset(&stop, SIGTERM);
	sigaddset(&stop, SIGINT);
	sigprocmask(SIG_BLOCK, &stop, NULL); // before librdkafka makes its threads, so that none of them takes the signal
	rd_kafka_t *client = new_client();
	rd_kafka_mock_cluster_t *cluster = client ? rd_kafka_mock_cluster_new(client, 1) : NULL;
	bool is_good = cluster && run(cluster, &settings, &stop);
	if (cluster)
		rd_kafka_mock_cluster_destroy(cluster);
	if (client)
		rd_kafka_destroy(client);
	return is_good ? EXIT_SUCCESS : EXIT_FATAL;
}
