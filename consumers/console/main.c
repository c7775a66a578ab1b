// main.c - `hotline`, the operator's command: one table of commands, one file each.
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "console.h"
#include "json_memory.h"
#include "memory.h"
#include "yaml_tree.h"

static const struct command *const commands[] = {
	&command_status, &command_units, &command_ticket, &command_alerts, &command_worklist, &command_check_config,
};
enum { COMMAND_COUNT = sizeof commands / sizeof *commands, GROUPS_MAX = COMMAND_COUNT + 2, SUMMARY_BYTES = 4096 };

static const char *const formats[] = { "table", "json", "jsonl", "csv", NULL };

static const struct option console_options[] = {
	{ .name = "format", .type = OPTION_CHOICE, .offset = CONSOLE_FIELD(format), .value = "FORMAT", .initial = "table", .choices = formats,
		.help = "A table for people, or one of these for programs." },
	{ .name = "lang", .type = OPTION_STRING, .offset = CONSOLE_FIELD(lang), .value = "zh|en", .help = "The language of what people read. Without it, by LANG." },
	{ .name = "watch", .type = OPTION_DURATION, .offset = CONSOLE_FIELD(watch_ms), .value = "TIME", .min = 100, .max = 24 * 3600 * 1000,
		.help = "Show it again and again, with so much time between, such as 2s." },
	{ .name = "unit-topic", .type = OPTION_STRING, .offset = CONSOLE_FIELD(unit_topic), .value = "TOPIC", .initial = "hotline.unit-events", .help = "The topic of unit events." },
	{ .name = "links-topic", .type = OPTION_STRING, .offset = CONSOLE_FIELD(link_topic), .value = "TOPIC", .initial = "hotline.links", .help = "The topic of links between tickets." },
	{ .name = "alert-topic", .type = OPTION_STRING, .offset = CONSOLE_FIELD(alert_topic), .value = "TOPIC", .initial = "hotline.alerts", .help = "The topic of alerts." },
};

// A program of its own for each command, so that --help and a mistaken option speak of that command only.
struct front {
	struct options_program program;
	struct option_group group[GROUPS_MAX];
	char name[64], summary[SUMMARY_BYTES];
};

static void add_group(struct front *front, const char *title, const struct option *option, size_t count, void *target)
{
	if (count)
		front->group[front->program.group_count++] = (struct option_group){ title, option, count, target };
}

static void list_commands(char ret_summary[SUMMARY_BYTES])
{
	size_t size = (size_t)snprintf(ret_summary, SUMMARY_BYTES, "The operator's command of the hotline.\n\nCommands (hotline COMMAND --help tells more):\n");
	for (size_t i = 0; i < COMMAND_COUNT && size < SUMMARY_BYTES; i++)
		size += (size_t)snprintf(ret_summary + size, SUMMARY_BYTES - size, "  %-14s %s\n", commands[i]->name, commands[i]->english);
}

// command NULL: every command's options, for a command line that begins with an option.
static void make_front(const struct command *command, struct console *console, struct front *front)
{
	static const char *const without[] = { "admin", "admin-token-file", "check-config", NULL };
	static const struct option_default defaults[] = { { NULL, NULL } };
	front->program = (struct options_program){ .name = front->name, .summary = front->summary, .operands = command ? command->operands : "COMMAND [ARGUMENT…]",
		.defaults = defaults, .without = without, .group = front->group };
	snprintf(front->name, sizeof front->name, "hotline%s%s", command ? " " : "", command ? command->name : "");
	if (command)
		snprintf(front->summary, sizeof front->summary, "Shows %s.", command->english);
	else
		list_commands(front->summary);
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		if (!command || command == commands[i])
			add_group(front, command ? "Options of this command" : commands[i]->name, commands[i]->option, commands[i]->option_count, console);
	add_group(front, "Output and topics", console_options, sizeof console_options / sizeof *console_options, console);
	add_group(front, "Common options", options_common, OPTIONS_COMMON_COUNT, &console->common);
}

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		if (strcmp(name, commands[i]->name) == 0)
			return commands[i];
	return NULL;
}

static int refuse_command(const char *name)
{
	const char *names[COMMAND_COUNT + 1] = { NULL };
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		names[i] = commands[i]->name;
	const char *near = yaml_nearest(text_of(name), names);
	fprintf(stderr, "hotline: there is no command \"%s\"", name);
	if (near)
		fprintf(stderr, "; did you mean %s?\n", near);
	else
		for (size_t i = 0; i < COMMAND_COUNT; i++)
			fprintf(stderr, "%s%s%s", i ? ", " : "; there are ", commands[i]->name, i + 1 == COMMAND_COUNT ? "\n" : "");
	return EXIT_USAGE;
}

static void name_all(const struct options_program *program, const char *ret_names[OPTIONS_MAX + 1])
{
	size_t count = 0;
	for (size_t i = 0; i < program->group_count; i++)
		for (size_t k = 0; k < program->group[i].count && count < OPTIONS_MAX; k++)
			ret_names[count++] = program->group[i].option[k].name;
	ret_names[count] = NULL;
}

// After a command line that was refused: an option that is nearly one of ours is named.
static void hint(const struct options_program *program, int argc, char **argv)
{
	const char *names[OPTIONS_MAX + 1];
	name_all(program, names);
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		struct text name = { argv[i] + 2, (uint32_t)strcspn(argv[i] + (strncmp(argv[i], "--", 2) == 0 ? 2 : 0), "=") };
		bool is_known = strncmp(argv[i], "--", 2) != 0;
		for (size_t k = 0; names[k] && !is_known; k++)
			is_known = text_equal(name, text_of(names[k]));
		const char *near = is_known ? NULL : yaml_nearest(name, names);
		if (near)
			fprintf(stderr, "%s: did you mean --%s?\n", program->name, near);
	}
}

// Which command, and its arguments. Returns -1 to go on, or the exit code.
static int read_command_line(int argc, char **argv, struct console *console, const struct command **ret_command)
{
	static struct front front;
	char **operand = NULL;
	const struct command *command = argc > 1 ? find_command(argv[1]) : NULL;
	if (argc > 1 && !command && argv[1][0] != '-')
		return refuse_command(argv[1]);
	make_front(command, console, &front);
	int code = options_read(&front.program, argc - (command != NULL), argv + (command != NULL), &operand);
	if (code == EXIT_USAGE)
		hint(&front.program, argc - (command != NULL), argv + (command != NULL));
	if (code >= 0)
		return code;
	if (!command) {
		if (!*operand) {
			options_print_help(&front.program, stderr);
			return EXIT_USAGE;
		}
		command = find_command(*operand);
		if (!command)
			return refuse_command(*operand);
		operand++;
	}
	console->argument = operand;
	while (operand[console->argument_count])
		console->argument_count++;
	*ret_command = command;
	return -1;
}

// What holds for every command. Returns -1 to go on, or the exit code.
static int complete(const struct command *command, struct console *console)
{
	console->language = language_of_environment();
	if (console->lang && strcmp(console->lang, "zh") != 0 && strcmp(console->lang, "en") != 0) {
		fprintf(stderr, "hotline: --lang takes zh or en, not \"%s\"\n", console->lang);
		return EXIT_USAGE;
	}
	if (console->lang)
		(void)language_of(console->lang, &console->language);
	if (console->format != FORMAT_TABLE)
		console->language = LANGUAGE_ENGLISH;  // for machines
	if (console->argument_count < command->arguments_least) {
		fprintf(stderr, "hotline %s: something is missing: hotline %s %s\n", command->name, command->name, command->operands);
		return EXIT_USAGE;
	}
	if (console->argument_count && !command->operands) {
		fprintf(stderr, "hotline %s: \"%s\" is not expected here\n", command->name, console->argument[0]);
		return EXIT_USAGE;
	}
	if (console->watch_ms && (!command->can_watch || console->is_follow)) {
		fprintf(stderr, "hotline %s: --watch does not fit here\n", command->name);
		return EXIT_USAGE;
	}
	console->kafka = (struct kafka_config){ .brokers = console->common.brokers, .client_id = "hotline", .property_count = console->common.property.count };
	memcpy(console->kafka.property, console->common.property.item, sizeof console->kafka.property);
	console->ticket_topic = console->common.topic;
	console->out = stdout;
	return -1;
}
_Static_assert((int)OPTION_LIST_MAX == (int)KAFKA_PROPERTIES_MAX, "all of -X fits");

static int exit_code(enum status status, const struct error *error)
{
	if (status == OK)
		return ferror(stdout) ? 1 : 0;
	if (status == REJECT)
		return EXIT_USAGE;
	return options_exit_code(error);
}

static int run_once(const struct command *command, struct console *console)
{
	struct error error = { .reason = "" };
	enum status status = command->run(console, &error);
	fflush(stdout);
	if (status != OK)
		fprintf(stderr, "hotline: %s\n", error.text);
	return exit_code(status, &error);
}

// As much of the picture as the screen holds, from the top; what was there before goes away line by line, without a blank screen between.
static void draw(const char *picture, size_t size)
{
	struct winsize screen = { .ws_row = 24 };
	(void)ioctl(STDOUT_FILENO, TIOCGWINSZ, &screen);
	fputs("\033[H", stdout);
	for (unsigned row = 1; size && row < screen.ws_row; row++) {
		const char *end = memchr(picture, '\n', size);
		size_t line = end ? (size_t)(end - picture) : size;
		fwrite(picture, 1, line, stdout);
		fputs("\033[K\n", stdout);
		line += end != NULL;
		picture += line;
		size -= line;
	}
	fputs("\033[J", stdout);
}

// Drawn into memory first, so that a failure leaves the last picture standing; it is told and does not end the watching.
static int run_again(const struct command *command, struct console *console)
{
	bool is_screen = console->format == FORMAT_TABLE && isatty(STDOUT_FILENO);
	for (;;) {
		char *picture = NULL;
		size_t size = 0;
		struct error error = { .reason = "" };
		console->out = open_memstream(&picture, &size);
		if (!console->out)
			return 1;
		enum status status = command->run(console, &error);
		fclose(console->out);
		if (is_screen && status == OK)
			draw(picture, size);
		else
			fwrite(picture, 1, size, stdout);
		free(picture);
		if (status == REJECT || (fflush(stdout) && ferror(stdout)))
			return exit_code(status, &error);
		if (status != OK)
			fprintf(stderr, "hotline: %s\n", error.text);
		poll(NULL, 0, (int)console->watch_ms);
	}
}

int main(int argc, char **argv)
{
	static struct console console;
	const struct command *command = NULL;
	json_memory_begin();
	signal(SIGPIPE, SIG_DFL);
	int code = read_command_line(argc, argv, &console, &command);
	if (code < 0)
		code = complete(command, &console);
	if (code >= 0)
		return code;
	log_init("hotline", console.common.verbose ? LOG_LEVEL_DEBUG : LOG_LEVEL_ERROR);
	return console.watch_ms ? run_again(command, &console) : run_once(command, &console);
}
