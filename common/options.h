// options.h - one table of options feeds the parser, the checks, --help, --print-config and the manual.
//
// An option has one name in four dresses: --admin-token-file, HOTLINE_ADMIN_TOKEN_FILE, admin-token-file=… in the file of -F, and a field of a struct. Flags win over
// the environment, the environment over the file, the file over the default. What is wrong is told in one sentence that names the place it came from.
#ifndef HOTLINE_OPTIONS_H
#define HOTLINE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "error.h"
#include "log.h"

enum { EXIT_USAGE = 2, EXIT_CONFIG = 78 };  // Source: design.md, Programs; 78 is EX_CONFIG of sysexits.h

enum { OPTIONS_MAX = 96, OPTION_LIST_MAX = 64, OPTION_FILE_BYTES_MAX = 1024 * 1024 };

enum option_type {
	OPTION_STRING,    // const char *; NULL when not given and without a default
	OPTION_FILE,      // the same, of a file that can be read
	OPTION_INTEGER,   // int64_t from min to max
	OPTION_DURATION,  // int64_t, milliseconds from min to max: "500ms", "10s", "3h", "7d"; a number without a unit is refused
	OPTION_BOOL,      // bool; --NAME, --no-NAME, --NAME=true; true, false, yes, no, on, off, 1, 0 elsewhere
	OPTION_CHOICE,    // int, the index into choices
	OPTION_LIST,      // struct option_list; every source adds to it: the file's first, then the environment's (separated by ;), then the flags', each on its own
};

struct option_list {
	uint32_t count;
	const char *item[OPTION_LIST_MAX];
};

// Each field that a type does not need is 0.
struct option {
	const char *name;            // "admin-token-file"
	char letter;                 // -b; 0 when it has none
	enum option_type type;
	size_t offset;               // of the field in the group's struct
	const char *value;           // what --help calls the value: "HOST:PORT,…"; NULL for a bool
	const char *initial;         // the default, as a user would write it; NULL when it has none
	const char *help;            // one sentence
	int64_t min, max;            // both 0: no limits but 0 and up
	const char *const *choices;  // NULL-terminated
	bool is_required;
	bool is_secret;              // never printed
};

struct option_group {
	const char *title;
	const struct option *option;
	size_t count;
	void *target;                // the struct that its fields lie in
};

struct option_default {
	const char *name, *value;
};

// What a program is. Group 0 is normally options_common.
struct options_program {
	const char *name;                        // "hotline-tickets"
	const char *summary;                     // one sentence
	const char *operands;                    // "FILE…" for --help; NULL when it takes none, and gets none
	const struct option_default *defaults;   // other defaults for options of common groups, ended by { NULL, NULL }; or NULL
	const char *const *without;              // names of common options that it does not have, ended by NULL; or NULL
	const struct option_group *group;
	size_t group_count;
};

// Options that most programs have.
struct options_common {
	const char *brokers, *topic, *group, *redis, *policy, *config;
	const char *admin, *admin_token_file;
	struct option_list property;             // "key=value" for librdkafka
	bool quiet, verbose, print_config, check_config, manual, help, version;
};
enum { OPTIONS_COMMON_COUNT = 16 };
extern const struct option options_common[OPTIONS_COMMON_COUNT];
#define OPTIONS_COMMON(common) { "Common options", options_common, OPTIONS_COMMON_COUNT, &(common) }
enum log_level options_log_level(const struct options_common *common);

// What to end with after an error: EXIT_CONFIG when the configuration is at fault, so that trying again is of no use before it is mended; EXIT_FAILURE otherwise.
int options_exit_code(const struct error *error);

// Everything a main needs: reads all sources into the groups' structs and answers --help, --version, --manual and --print-config on stdout.
// Returns -1 to go on, or the exit code to end with, after a line on stderr. Strings live until the next reading.
// *ret_operands, when given, points to what is left of the command line, NULL-terminated, in argv itself.
int options_read(const struct options_program *program, int argc, char **argv, char ***ret_operands);

// The parts of it, for tests. FATAL "usage". With --help, --version or --manual nothing is checked.
MUST_USE enum status options_parse(const struct options_program *program, int argc, char **argv, char ***ret_operands, struct error *error);
void options_print_help(const struct options_program *program, FILE *file);
void options_print_manual(const struct options_program *program, FILE *file);  // a Markdown table
// What holds after options_parse, in the form of a file for -F, with where each value came from as a comment; secrets are masked.
void options_print_config(const struct options_program *program, FILE *file);

// "10m" to milliseconds; false when it is not a whole number with a unit, or too large.
bool options_parse_duration(const char *string, int64_t *ret_ms);

#endif
