#include "replay_options.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "civil.h"

enum { EXIT_USAGE = 2 };
enum { OPTION_MAPPING = 256, OPTION_ZONE, OPTION_SPEED, OPTION_SHUFFLE, OPTION_DRY_RUN, OPTION_NO_MARKS, OPTION_CLOCK_TO, OPTION_STRICT, OPTION_FORMAT, OPTION_LIST,
	OPTION_UNIT_TOPIC, OPTION_HELP };

static const struct option options[] = {
	{ "brokers", required_argument, NULL, 'b' },
	{ "topic", required_argument, NULL, 't' },
	{ "unit-topic", required_argument, NULL, OPTION_UNIT_TOPIC },
	{ "mapping", required_argument, NULL, OPTION_MAPPING },
	{ "zone", required_argument, NULL, OPTION_ZONE },
	{ "speed", required_argument, NULL, OPTION_SPEED },
	{ "shuffle", required_argument, NULL, OPTION_SHUFFLE },
	{ "dry-run", no_argument, NULL, OPTION_DRY_RUN },
	{ "no-marks", no_argument, NULL, OPTION_NO_MARKS },
	{ "clock-to", required_argument, NULL, OPTION_CLOCK_TO },
	{ "strict", no_argument, NULL, OPTION_STRICT },
	{ "format", required_argument, NULL, OPTION_FORMAT },
	{ "list", required_argument, NULL, OPTION_LIST },
	{ "quiet", no_argument, NULL, 'q' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

static const char help[] =
	"usage: hotline-replay [OPTION]... FILE...\n"
	"Sends recorded events to Kafka: JSON Lines, or CSV by a mapping; plain or gzip; - is standard input.\n"
	"\n"
	"  -b, --brokers LIST      Kafka brokers (HOTLINE_BROKERS, 127.0.0.1:9092)\n"
	"  -t, --topic NAME        topic of ticket events (hotline.ticket-events)\n"
	"      --unit-topic NAME   topic of unit events (hotline.unit-events)\n"
	"  -X KEY=VALUE            a property of librdkafka\n"
	"      --mapping MAP       a mapping file, or a shipped one by name: boston311, servicenow\n"
	"      --zone OFFSET       the city's zone, for times without one (+08:00)\n"
	"      --speed max|Nx      as fast as it goes (default), or N times as fast as it happened\n"
	"      --shuffle SEED      in an order drawn by the seed, not in that of the files\n"
	"      --dry-run           print JSON Lines, send nothing\n"
	"      --no-marks          no clock marks at the end\n"
	"      --clock-to INSTANT  clock marks say at least this: RFC 3339, or a day for its end\n"
	"      --strict            exit with 1 when a line was skipped\n"
	"      --list N            name the first N skipped lines (20)\n"
	"      --format text|json  how to print the summary\n"
	"  -q, --quiet             no progress and no summary\n";

static bool parse_count(const char *text, uint64_t max, uint64_t *ret_count)
{
	char *end;
	*ret_count = strtoull(text, &end, 10);
	return *text >= '0' && *text <= '9' && !*end && *ret_count <= max;
}

static bool parse_speed(const char *text, double *ret_speed)
{
	char *end;
	*ret_speed = 0;
	if (strcmp(text, "max") == 0)
		return true;
	*ret_speed = strtod(text, &end);
	return *ret_speed > 0 && *ret_speed <= REPLAY_SPEED_MAX && (strcmp(end, "x") == 0 || !*end);
}

static bool parse_clock(const char *text, int32_t zone_ms, int64_t *ret_at_ms)
{
	int32_t day;
	if (civil_parse_day(text_of(text), &day)) {
		*ret_at_ms = civil_day_end_ms(day, zone_ms);
		return true;
	}
	return civil_parse_instant(text_of(text), ret_at_ms);
}

static bool take(struct replay_options *ret, int option, const char *value)
{
	uint64_t count = 0;
	bool is_good = true;
	switch (option) {
	case 'b': ret->kafka.brokers = value; break;
	case 't': ret->topics.ticket_events = value; break;
	case 'X':
		is_good = ret->kafka.property_count < KAFKA_PROPERTIES_MAX && strchr(value, '=');
		if (is_good)
			ret->kafka.property[ret->kafka.property_count++] = value;
		break;
	case 'q': ret->is_quiet = true; break;
	case OPTION_UNIT_TOPIC: ret->topics.unit_events = value; break;
	case OPTION_MAPPING: ret->mapping = value; break;
	case OPTION_ZONE: is_good = civil_parse_zone(text_of(value), &ret->zone_ms); break;
	case OPTION_SPEED: is_good = parse_speed(value, &ret->speed); break;
	case OPTION_SHUFFLE: is_good = ret->is_shuffled = parse_count(value, UINT64_MAX, &ret->seed); break;
	case OPTION_DRY_RUN: ret->is_dry_run = true; break;
	case OPTION_NO_MARKS: ret->has_marks = false; break;
	case OPTION_CLOCK_TO: is_good = parse_clock(value, ret->zone_ms, &ret->clock_to_ms); break;
	case OPTION_STRICT: ret->is_strict = true; break;
	case OPTION_FORMAT:
		ret->is_json = strcmp(value, "json") == 0;
		is_good = ret->is_json || strcmp(value, "text") == 0;
		break;
	case OPTION_LIST:
		is_good = parse_count(value, 1000, &count);
		ret->list_max = (uint32_t)count;
		break;
	default: return false;
	}
	if (!is_good)
		fprintf(stderr, "hotline-replay: \"%s\" cannot be understood here\n", value);
	return is_good;
}

static void set_defaults(struct replay_options *ret)
{
	const char *brokers = getenv("HOTLINE_BROKERS");
	*ret = (struct replay_options){
		.kafka = { .brokers = brokers ? brokers : "127.0.0.1:9092", .client_id = "hotline-replay" },
		.topics = { "hotline.ticket-events", "hotline.unit-events" },
		.zone_ms = (int32_t)(8 * HOUR_MS),
		.has_marks = true,
		.list_max = 20,
	};
}

int replay_options_read(int argc, char **argv, struct replay_options *ret_options)
{
	set_defaults(ret_options);
	for (int option; (option = getopt_long(argc, argv, "b:t:X:qh", options, NULL)) != -1;) {
		if (option == 'h') {
			fputs(help, stdout);
			return EXIT_SUCCESS;
		}
		if (!take(ret_options, option, optarg))
			return EXIT_USAGE;
	}
	ret_options->file = (const char *const *)&argv[optind];
	ret_options->file_count = (uint32_t)(argc - optind);
	if (ret_options->file_count && ret_options->file_count <= REPLAY_FILES_MAX)
		return -1;
	fputs("hotline-replay: name 1 to 4096 files, or - for standard input; --help tells more\n", stderr);
	return EXIT_USAGE;
}
