// hotline_topics.c - hotline-topics: makes our topics in a Kafka, once and as they must be.
//
// A tool for the day of installation, not a part of the stream: it speaks to librdkafka's admin client itself.
#include <getopt.h>
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "topics.h"

enum { TIMEOUT_MS = 30000, PROPERTIES_MAX = 64, PROPERTY_BYTES = 1024, ERROR_BYTES = 512, NUMBER_BYTES = 24 };
enum { EXIT_FATAL = 1, EXIT_USAGE = 2 };

static const char usage[] = "Usage: hotline-topics -b BROKERS [--partitions N] [--replication N] [-X KEY=VALUE]...\n"
                            "       hotline-topics --list\n"
                            "Makes the topics of the hotline in a Kafka. What is there already stays as it is; it may be run again.\n"
                            "\n"
                            "  -b BROKERS         bootstrap servers, host:port[,host:port...] (HOTLINE_BROKERS)\n"
                            "  --partitions N     for the topics that are spread over consumers (4). Fixed once a topic is made: a key's partition\n"
                            "                     follows from their number, so another number is refused\n"
                            "  --replication N    copies of each partition (what the brokers are set to)\n"
                            "  -X KEY=VALUE       a property of librdkafka, such as security.protocol=SASL_SSL\n"
                            "  --list             print the table and do nothing\n"
                            "  -h, --help         this text\n"
                            "\n"
                            "Exit status: 0 all topics are there, 1 no (nothing is made when one that is there has another number of partitions), 2 usage.\n";

struct settings {
	const char *brokers;
	int32_t partitions;  // 0: the table's
	int32_t replication; // -1: the brokers' own default
	bool is_list;
	int property_count;
	const char *property[PROPERTIES_MAX];
};

static bool parse_number(const char *text, int32_t most, int32_t *ret_number)
{
	char *end;
	long number = strtol(text, &end, 10);
	if (end == text || *end || number < 1 || number > most)
		return false;
	*ret_number = (int32_t)number;
	return true;
}

// Returns false after an error that it has told.
static bool parse_options(int argc, char **argv, struct settings *settings)
{
	static const struct option options[] = {
		{ "brokers", required_argument, NULL, 'b' },
		{ "partitions", required_argument, NULL, 'p' },
		{ "replication", required_argument, NULL, 'r' },
		{ "list", no_argument, NULL, 'l' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	for (int option; (option = getopt_long(argc, argv, "b:X:h", options, NULL)) != -1;) {
		bool is_good = true;
		switch (option) {
		case 'b':
			settings->brokers = optarg;
			break;
		case 'p':
			is_good = parse_number(optarg, TOPIC_PARTITIONS_MAX, &settings->partitions);
			break;
		case 'r':
			is_good = parse_number(optarg, INT16_MAX, &settings->replication);
			break;
		case 'l':
			settings->is_list = true;
			break;
		case 'X':
			is_good = settings->property_count < PROPERTIES_MAX && strchr(optarg, '=');
			if (is_good)
				settings->property[settings->property_count++] = optarg;
			break;
		case 'h':
			fputs(usage, stdout);
			exit(EXIT_SUCCESS);
		default:
			return false;
		}
		if (!is_good) {
			fprintf(stderr, "hotline-topics: \"%s\" will not do\n", optarg);
			return false;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "hotline-topics: what is \"%s\"?\n", argv[optind]);
		return false;
	}
	if (!settings->brokers && !settings->is_list) {
		fputs("hotline-topics: where? Give -b BROKERS or set HOTLINE_BROKERS\n", stderr);
		return false;
	}
	return true;
}

static void list(int32_t asked)
{
	printf("%-25s %10s  %s\n", "TOPIC", "PARTITIONS", "KEPT");
	for (int i = 0; i < TOPIC_COUNT; i++) {
		printf("%-25s %10d  ", topics[i].name, topic_partitions(&topics[i], asked));
		if (topics[i].is_compacted)
			puts("the last value of each key");
		else
			printf("%d days\n", (int)(topics[i].retention_ms / 86400000));
	}
}

// "key=value"; the caller has seen that there is a "=".
static bool set_property(rd_kafka_conf_t *conf, const char *property)
{
	char key[PROPERTY_BYTES], problem[ERROR_BYTES];
	size_t size = (size_t)(strchr(property, '=') - property);
	if (size >= sizeof key) {
		fprintf(stderr, "hotline-topics: \"%s\" is too long\n", property);
		return false;
	}
	memcpy(key, property, size);
	key[size] = 0;
	if (rd_kafka_conf_set(conf, key, property + size + 1, problem, sizeof problem) == RD_KAFKA_CONF_OK)
		return true;
	fprintf(stderr, "hotline-topics: %s\n", problem);
	return false;
}

static rd_kafka_t *connect_to(const struct settings *settings)
{
	char problem[ERROR_BYTES];
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	bool is_good = rd_kafka_conf_set(conf, "bootstrap.servers", settings->brokers, problem, sizeof problem) == RD_KAFKA_CONF_OK;
	if (!is_good)
		fprintf(stderr, "hotline-topics: %s\n", problem);
	for (int i = 0; is_good && i < settings->property_count; i++)
		is_good = set_property(conf, settings->property[i]);
	rd_kafka_t *kafka = is_good ? rd_kafka_new(RD_KAFKA_PRODUCER, conf, problem, sizeof problem) : NULL;
	if (kafka)
		return kafka;
	if (is_good)
		fprintf(stderr, "hotline-topics: %s\n", problem);
	rd_kafka_conf_destroy(conf);
	return NULL;
}

// 0 when the topic is not there.
static int32_t partitions_now(const struct rd_kafka_metadata *cluster, const char *name)
{
	for (int i = 0; i < cluster->topic_cnt; i++) {
		if (strcmp(cluster->topics[i].topic, name) == 0 && !cluster->topics[i].err)
			return cluster->topics[i].partition_cnt;
	}
	return 0;
}

// Tells what is there. Fills in which topics are missing; returns false when one has another number of partitions than it must have.
static bool compare(const struct rd_kafka_metadata *cluster, int32_t asked, bool ret_missing[TOPIC_COUNT])
{
	bool is_good = true;
	for (int i = 0; i < TOPIC_COUNT; i++) {
		int32_t now = partitions_now(cluster, topics[i].name), want = topic_partitions(&topics[i], asked);
		ret_missing[i] = now == 0;
		if (now == want)
			printf("%s: there, %d partition%s\n", topics[i].name, now, now == 1 ? "" : "s");
		if (now == 0 || now == want)
			continue;
		is_good = false;
		fprintf(stderr, "hotline-topics: %s has %d partition%s, not %d\n", topics[i].name, now, now == 1 ? "" : "s", want);
	}
	if (!is_good)
		fputs("hotline-topics: nothing was made. A key's partition follows from their number, so it is never changed on a topic in use.\n"
		      "  To keep what is there, give its number to --partitions.\n"
		      "  To change it, take another cluster or delete the topics, start with an empty Redis, and send the events again.\n",
		        stderr);
	return is_good;
}

static rd_kafka_NewTopic_t *new_topic(const struct topic *topic, int32_t partitions, int32_t replication)
{
	char number[NUMBER_BYTES];
	rd_kafka_NewTopic_t *new = rd_kafka_NewTopic_new(topic->name, partitions, replication, NULL, 0);
	if (!new)
		return NULL;
	snprintf(number, sizeof number, "%lld", (long long)topic->retention_ms);
	// These fail only on an argument that is no config resource.
	if (topic->is_compacted)
		rd_kafka_NewTopic_set_config(new, "cleanup.policy", "compact");
	else
		rd_kafka_NewTopic_set_config(new, "retention.ms", number);
	return new;
}

// Tells of each topic how it went.
static bool report(const rd_kafka_CreateTopics_result_t *result)
{
	size_t count;
	bool is_good = true;
	const rd_kafka_topic_result_t **made = rd_kafka_CreateTopics_result_topics(result, &count);
	for (size_t i = 0; i < count; i++) {
		const char *name = rd_kafka_topic_result_name(made[i]);
		rd_kafka_resp_err_t problem = rd_kafka_topic_result_error(made[i]);
		const char *why = rd_kafka_topic_result_error_string(made[i]);
		if (!problem) {
			printf("%s: made\n", name);
			continue;
		}
		is_good = false;
		fprintf(stderr, "hotline-topics: %s: %s\n", name, why ? why : rd_kafka_err2str(problem));
	}
	return is_good;
}

static bool create(rd_kafka_t *kafka, const struct settings *settings, const bool missing[TOPIC_COUNT])
{
	rd_kafka_NewTopic_t *new[TOPIC_COUNT];
	size_t count = 0;
	for (int i = 0; i < TOPIC_COUNT; i++) {
		if (missing[i])
			new[count] = new_topic(&topics[i], topic_partitions(&topics[i], settings->partitions), settings->replication);
		count += missing[i] && new[count];
	}
	if (!count)
		return true;
	char problem[ERROR_BYTES];
	rd_kafka_AdminOptions_t *options = rd_kafka_AdminOptions_new(kafka, RD_KAFKA_ADMIN_OP_CREATETOPICS);
	rd_kafka_AdminOptions_set_operation_timeout(options, TIMEOUT_MS, problem, sizeof problem);
	rd_kafka_queue_t *queue = rd_kafka_queue_new(kafka);
	rd_kafka_CreateTopics(kafka, new, count, options, queue);
	rd_kafka_event_t *event = rd_kafka_queue_poll(queue, 2 * TIMEOUT_MS);
	bool is_good = event && !rd_kafka_event_error(event);
	if (is_good)
		is_good = report(rd_kafka_event_CreateTopics_result(event));
	else
		fprintf(stderr, "hotline-topics: could not make the topics: %s\n", event ? rd_kafka_event_error_string(event) : "no answer");
	if (event)
		rd_kafka_event_destroy(event);
	rd_kafka_queue_destroy(queue);
	rd_kafka_AdminOptions_destroy(options);
	rd_kafka_NewTopic_destroy_array(new, count);
	return is_good;
}

static bool run(rd_kafka_t *kafka, const struct settings *settings)
{
	const struct rd_kafka_metadata *cluster;
	rd_kafka_resp_err_t problem = rd_kafka_metadata(kafka, 1, NULL, &cluster, TIMEOUT_MS);
	if (problem) {
		fprintf(stderr, "hotline-topics: no answer from %s: %s\n", settings->brokers, rd_kafka_err2str(problem));
		return false;
	}
	bool missing[TOPIC_COUNT];
	bool is_good = compare(cluster, settings->partitions, missing);
	rd_kafka_metadata_destroy(cluster);
	return is_good && create(kafka, settings, missing);
}

int main(int argc, char **argv)
{
	struct settings settings = { .brokers = getenv("HOTLINE_BROKERS"), .replication = -1 };
	if (!parse_options(argc, argv, &settings)) {
		fputs("Try: hotline-topics --help\n", stderr);
		return EXIT_USAGE;
	}
	if (settings.is_list) {
		list(settings.partitions);
		return EXIT_SUCCESS;
	}
	rd_kafka_t *kafka = connect_to(&settings);
	if (!kafka)
		return EXIT_USAGE;
	bool is_good = run(kafka, &settings);
	rd_kafka_destroy(kafka);
	return is_good ? EXIT_SUCCESS : EXIT_FATAL;
}
