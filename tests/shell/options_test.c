// Options: every source, every type on both sides of its limits, and what is said when something is wrong.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "options.h"

struct settings {
	int64_t batch, settle;
	int clock;
	bool is_strict;
	const char *token, *map;
};

static struct options_common common;
static struct settings settings;

static const char *const clocks[] = { "wall", "event", NULL };
#define FIELD(name) offsetof(struct settings, name)
static const struct option own[] = {
	{ .name = "batch", .type = OPTION_INTEGER, .offset = FIELD(batch), .value = "EVENTS", .initial = "500", .help = "Events a step.", .min = 1, .max = 50000 },
	{ .name = "settle", .type = OPTION_DURATION, .offset = FIELD(settle), .value = "TIME", .initial = "10m", .help = "How far to look back.", .min = 1000, .max = 86400000 },
	{ .name = "clock", .type = OPTION_CHOICE, .offset = FIELD(clock), .value = "CLOCK", .initial = "wall", .help = "What moves the clock.", .choices = clocks },
	{ .name = "strict", .letter = 's', .type = OPTION_BOOL, .offset = FIELD(is_strict), .help = "Take nothing on trust." },
	{ .name = "token", .type = OPTION_STRING, .offset = FIELD(token), .value = "TOKEN", .help = "Secret | token.", .is_secret = true },
	{ .name = "map", .type = OPTION_FILE, .offset = FIELD(map), .value = "FILE", .help = "A mapping." },
};
static const struct option_group groups[] = {
	OPTIONS_COMMON(common),
	{ "Own options", own, sizeof own / sizeof *own, &settings },
};
static const struct option_default defaults[] = { { "group", "hotline-tickets" }, { NULL, NULL } };
static const char *const without[] = { "policy", NULL };
static const struct options_program program = {
	.name = "hotline-test", .summary = "Tests.", .operands = "FILE…", .defaults = defaults, .without = without, .group = groups, .group_count = 2,
};

static char **operands;
static struct error error;

enum { WORDS_MAX = 16, TEXT_BYTES = 16 * 1024 };

// Reads a command line of words separated by blanks.
static enum status read_words(const char *words)
{
	static char text[TEXT_BYTES];
	static char *argv[WORDS_MAX + 2];
	int argc = 1;
	argv[0] = (char[]){ "hotline-test" };
	snprintf(text, sizeof text, "%s", words);
	for (char *rest = text, *word; argc < WORDS_MAX && (word = strsep(&rest, " "));)
		if (*word)
			argv[argc++] = word;
	argv[argc] = NULL;
	return options_parse(&program, argc, argv, &operands, &error);
}

#define assert_good(words) \
	do { \
		if (read_words(words) != OK) \
			fail_msg("\"%s\": %s", words, error.text); \
	} while (0)
#define assert_bad(words, sentence) \
	do { \
		assert_int_equal(read_words(words), FATAL); \
		assert_string_equal(error.reason, "usage"); \
		assert_string_equal(error.text, sentence); \
	} while (0)

static char file_path[64];

static void write_file(const char *text)
{
	FILE *file = fopen(file_path, "w");
	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static int set_up(void **state)
{
	(void)state;
	snprintf(file_path, sizeof file_path, "/tmp/hotline-options.XXXXXX");
	int fd = mkstemp(file_path);
	if (fd >= 0)
		close(fd);
	static const char *const names[] = { "BROKERS", "REDIS", "BATCH", "CONFIG", "STRICT", "PROPERTY", "TOKEN" };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		char name[64];
		snprintf(name, sizeof name, "HOTLINE_%s", names[i]);
		unsetenv(name);
	}
	return fd < 0;
}

static int tear_down(void **state)
{
	(void)state;
	return unlink(file_path);
}

static void test_defaults(void **state)
{
	(void)state;
	assert_good("");
	assert_string_equal(common.brokers, "127.0.0.1:9092");
	assert_string_equal(common.group, "hotline-tickets");
	assert_string_equal(common.admin, "127.0.0.1:0");
	assert_null(common.policy);
	assert_int_equal(settings.batch, 500);
	assert_int_equal(settings.settle, 600000);
	assert_int_equal(settings.clock, 0);
	assert_false(settings.is_strict);
	assert_int_equal(common.property.count, 0);
	assert_null(operands[0]);
	assert_int_equal(options_log_level(&common), LOG_LEVEL_INFO);
}

static void test_ways_to_write_a_flag(void **state)
{
	(void)state;
	assert_good("--brokers a:1 --batch=7 -Gmine -t topic a.csv -vs -- -b");
	assert_string_equal(common.brokers, "a:1");
	assert_int_equal(settings.batch, 7);
	assert_string_equal(common.group, "mine");
	assert_string_equal(common.topic, "topic");
	assert_true(settings.is_strict);
	assert_int_equal(options_log_level(&common), LOG_LEVEL_DEBUG);
	assert_string_equal(operands[0], "a.csv");
	assert_string_equal(operands[1], "-b");
	assert_null(operands[2]);
	assert_good("--strict --no-strict -");
	assert_false(settings.is_strict);
	assert_string_equal(operands[0], "-");
	assert_good("--batch 1 --batch 2");
	assert_int_equal(settings.batch, 2);
	assert_good("--clock event -q");
	assert_int_equal(settings.clock, 1);
	assert_int_equal(options_log_level(&common), LOG_LEVEL_WARN);
}

static void test_limits(void **state)
{
	(void)state;
	assert_good("--batch 1");
	assert_good("--batch 50000");
	assert_bad("--batch 0", "--batch: 0 is not from 1 to 50000");
	assert_bad("--batch 50001", "--batch: 50001 is not from 1 to 50000");
	assert_bad("--batch 5x", "--batch: \"5x\" is not a whole number");
	assert_bad("--batch=", "--batch: \"\" is not a whole number");
	assert_bad("--batch 99999999999999999999", "--batch: \"99999999999999999999\" is not a whole number");
	assert_good("--settle 1s");
	assert_good("--settle 1d");
	assert_bad("--settle 999ms", "--settle: 999ms is not from 1s to 1d");
	assert_bad("--settle 25h", "--settle: 25h is not from 1s to 1d");
	assert_bad("--settle 10", "--settle: \"10\" is not a whole number with a unit (ms, s, m, h or d), such as 10m");
	assert_bad("--clock sun", "--clock: \"sun\" is none of wall, event");
	assert_bad("--strict=maybe", "--strict: \"maybe\" is not true or false");
}

static void test_durations(void **state)
{
	(void)state;
	static const struct {
		const char *string;
		int64_t ms;  // -1: refused
	} cases[] = {
		{ "0s", 0 }, { "500ms", 500 }, { "10s", 10000 }, { "10m", 600000 }, { "3h", 10800000 }, { "7d", 604800000 }, { "106751991167d", 9223372036828800000 },
		{ "106751991168d", -1 }, { "9223372036854775808ms", -1 }, { "", -1 }, { "3", -1 }, { "h", -1 }, { "3 h", -1 }, { "-3h", -1 }, { "1.5h", -1 }, { "3H", -1 }, { "3hh", -1 },
		{ "1h30m", -1 }, { "00000000000000000001s", -1 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		int64_t ms = -1;
		bool is_good = options_parse_duration(cases[i].string, &ms);
		if (is_good != (cases[i].ms >= 0) || ms != cases[i].ms)
			fail_msg("%s: %ld, not %ld", cases[i].string, (long)ms, (long)cases[i].ms);
	}
}

static void test_mistakes(void **state)
{
	(void)state;
	assert_bad("--brokrs x", "there is no option --brokrs; see --help");
	assert_bad("--no-batch", "there is no option --no-batch; see --help");
	assert_bad("-Z", "there is no option -Z; see --help");
	assert_bad("--brokers", "--brokers needs a value: HOST:PORT,…");
	assert_bad("--policy x", "there is no option --policy; see --help");
	assert_bad("--map /nowhere/at/all", "--map: cannot read /nowhere/at/all: No such file or directory");
	assert_bad("-F /nowhere/at/all", "cannot read the configuration file /nowhere/at/all: No such file or directory");
}

static void test_sources(void **state)
{
	(void)state;
	char words[128];
	snprintf(words, sizeof words, "-F %s", file_path);
	write_file("# a comment\n\n brokers = file:1 \nbatch=3\nredis=file:6379\nproperty=a=1\n");
	assert_good(words);
	assert_string_equal(common.brokers, "file:1");
	assert_int_equal(settings.batch, 3);
	setenv("HOTLINE_BROKERS", "environment:1", 1);
	setenv("HOTLINE_PROPERTY", "b=2;c=3", 1);
	setenv("HOTLINE_BATCH", "", 1);  // empty is as good as not there
	snprintf(words, sizeof words, "-F %s --redis flag:1 -X d=4", file_path);
	assert_good(words);
	assert_string_equal(common.brokers, "environment:1");
	assert_string_equal(common.redis, "flag:1");
	assert_int_equal(settings.batch, 3);
	assert_int_equal(common.property.count, 4);
	assert_string_equal(common.property.item[0], "a=1");
	assert_string_equal(common.property.item[1], "b=2");
	assert_string_equal(common.property.item[2], "c=3");
	assert_string_equal(common.property.item[3], "d=4");
}

static void test_file_named_by_environment(void **state)
{
	(void)state;
	write_file("batch=9");
	setenv("HOTLINE_CONFIG", file_path, 1);
	assert_good("");
	assert_int_equal(settings.batch, 9);
}

static void test_mistakes_elsewhere(void **state)
{
	(void)state;
	char sentence[256];
	setenv("HOTLINE_BATCH", "many", 1);
	assert_bad("", "HOTLINE_BATCH: \"many\" is not a whole number");
	assert_bad("--batch 3", "HOTLINE_BATCH: \"many\" is not a whole number");  // wrong, even though the flag wins
	unsetenv("HOTLINE_BATCH");
	setenv("HOTLINE_CONFIG", file_path, 1);
	write_file("batch=3\nbatsh=4\n");
	snprintf(sentence, sizeof sentence, "%s:2: there is no option batsh", file_path);
	assert_bad("", sentence);
	write_file("\n\nbatch\n");
	snprintf(sentence, sizeof sentence, "%s:3: \"batch\" is not of the form key=value", file_path);
	assert_bad("", sentence);
	write_file("settle=1w");
	snprintf(sentence, sizeof sentence, "%s:1: \"1w\" is not a whole number with a unit (ms, s, m, h or d), such as 10m", file_path);
	assert_bad("", sentence);
}

static void test_help_needs_nothing_else(void **state)
{
	(void)state;
	setenv("HOTLINE_BATCH", "many", 1);
	assert_good("--help");
	assert_true(common.help);
	assert_good("--version");
	assert_true(common.version);
}

static const char *printed(void (*print)(const struct options_program *program, FILE *file))
{
	static char text[TEXT_BYTES];
	FILE *file = fmemopen(text, sizeof text, "w");
	assert_non_null(file);
	print(&program, file);
	fclose(file);
	return text;
}

static void assert_has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("\"%s\" is not in:\n%s", part, text);
}

static void test_config_is_printed_without_secrets(void **state)
{
	(void)state;
	setenv("HOTLINE_REDIS", "redis://user:hunter2@host:6379/0", 1);
	assert_good("--token hunter3 -X sasl.password=hunter4 -X linger.ms=5");
	const char *text = printed(options_print_config);
	assert_has(text, "# from HOTLINE_REDIS\nredis=redis://user:******@host:6379/0\n");
	assert_has(text, "# from --token\ntoken=******\n");
	assert_has(text, "# from a flag\nproperty=sasl.password=******\n");
	assert_has(text, "property=linger.ms=5\n");
	assert_has(text, "# from the default\nbatch=500\n");
	assert_null(strstr(text, "hunter"));
	setenv("HOTLINE_REDIS", "redis+sentinel://user:hunter2@a,b/m/0?sentinel_username=w&sentinel_password=hunter@5", 1);
	assert_good("");
	text = printed(options_print_config);
	assert_has(text, "redis=redis+sentinel://user:******@a,b/m/0?sentinel_username=w&sentinel_password=******\n");
	assert_null(strstr(text, "hunter"));
}

static void test_printed_config_can_be_read(void **state)
{
	(void)state;
	assert_good("--batch 77 -X linger.ms=5 --strict");
	write_file(printed(options_print_config));
	setenv("HOTLINE_CONFIG", file_path, 1);
	assert_good("");
	assert_int_equal(settings.batch, 77);
	assert_true(settings.is_strict);
	assert_string_equal(common.property.item[0], "linger.ms=5");
}

static void test_help_and_manual(void **state)
{
	(void)state;
	const char *text = printed(options_print_help);
	assert_has(text, "Usage: hotline-test [OPTION…] FILE…\nTests.\n");
	assert_has(text, "  -G, --group GROUP               The consumer group");
	assert_has(text, "[hotline-tickets]\n");
	assert_has(text, "Own options:\n");
	assert_has(text, "One of wall, event. [wall]");
	assert_null(strstr(text, "--policy"));
	text = printed(options_print_manual);
	assert_has(text, "| `--batch EVENTS` | `HOTLINE_BATCH` | `500` | Events a step. |\n");
	assert_has(text, "Secret \\| token.");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_defaults, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_ways_to_write_a_flag, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_limits, set_up, tear_down),
		cmocka_unit_test(test_durations),
		cmocka_unit_test_setup_teardown(test_mistakes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_sources, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_file_named_by_environment, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_mistakes_elsewhere, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_help_needs_nothing_else, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_config_is_printed_without_secrets, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_printed_config_can_be_read, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_help_and_manual, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
