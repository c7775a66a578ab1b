// `hotline check-config`: what a policy says, in words, and what in it is probably not meant. A path, or the name of a shipped policy.
#include <stdlib.h>

#include "civil.h"
#include "clock.h"
#include "console.h"
#include "memory.h"
#include "policy_file.h"
#include "policy_text.h"
#include "policy_words.h"
#include "rule.h"
#include "shipped.h"

static json_t *doubts_json(char (*doubt)[POLICY_DOUBT_BYTES], uint32_t count)
{
	json_t *doubts = json_array();
	for (uint32_t i = 0; i < count; i++)
		json_array_append_new(doubts, json_string(doubt[i]));
	return doubts;
}

static void write_json(const struct console *console, const char *path, const struct policy *policy, char (*doubt)[POLICY_DOUBT_BYTES], uint32_t count)
{
	struct json_out out = json_out_begin(console);
	json_t *object = json_object(), *versions = json_array();
	json_object_set_new(object, "policy", json_string(path));
	json_object_set_new(object, "edition", json_string(policy->edition));
	for (uint32_t i = 0; i < policy->version_count; i++)
		json_array_append_new(versions, json_day(policy->version[i].from_day));
	json_object_set_new(object, "versions", versions);
	json_object_set_new(object, "units", json_integer(policy->roster_count));
	json_object_set_new(object, "warnings", doubts_json(doubt, count));
	json_out_add(&out, object);
	json_out_end(&out);
}

static void write_people(const struct console *console, const char *path, const struct policy *policy, const struct names *names,
	char (*doubt)[POLICY_DOUBT_BYTES], uint32_t count)
{
	fprintf(console->out, say(console, "%s: good, edition %s\n\n", "%s：有效，版本 %s\n\n"), path, policy->edition);
	policy_print_words(console->out, policy, names, console->language);
	for (uint32_t i = 0; i < count; i++)
		fprintf(console->out, say(console, "%swarning: %s\n", "%s注意：%s\n"), i ? "" : "\n", doubt[i]);
}

static void write_csv(const struct console *console, char (*doubt)[POLICY_DOUBT_BYTES], uint32_t count)
{
	fputs("warning\n", console->out);
	for (uint32_t i = 0; i < count; i++) {
		table_write_csv_cell(text_of(doubt[i]), console->out);
		fputc('\n', console->out);
	}
}

static enum status load(const struct console *console, struct names *names, struct policy *policy, char path[SHIPPED_PATH_BYTES], struct error *error)
{
	const char *asked = console->argument_count ? console->argument[0] : console->common.policy;
	if (!asked) {
		snprintf(path, SHIPPED_PATH_BYTES, "%s", say(console, "the built-in policy", "内置规则"));
		policy_init_default(policy);
		policy_stamp(policy, names);
		return OK;
	}
	enum status status = shipped_find("policy", asked, path, error);
	return status == OK ? policy_load_file(path, names, policy, error) : status;
}

static enum status run(struct console *console, struct error *error)
{
	struct policy *policy = memory_new(sizeof *policy);
	struct names *names = names_new();
	char path[SHIPPED_PATH_BYTES], (*doubt)[POLICY_DOUBT_BYTES] = memory_new(POLICY_DOUBTS_MAX * sizeof *doubt);
	enum status status = load(console, names, policy, path, error);
	if (status == OK) {
		int32_t today = civil_day_of(clock_wall_ms(), policy->zone_ms);
		uint32_t count = policy_find_doubts(policy, names, today, console->language, doubt);
		if (console->format == FORMAT_TABLE)
			write_people(console, path, policy, names, doubt, count);
		else if (console->format == FORMAT_CSV)
			write_csv(console, doubt, count);
		else
			write_json(console, path, policy, doubt, count);
		policy_done(policy);
	}
	free(doubt);
	names_free(names);
	free(policy);
	return status;
}

const struct command command_check_config = {
	.name = "check-config",
	.operands = "[NAME]",
	.english = "what a policy says in plain words, and what in it is probably not meant",
	.chinese = "用文字说明考核规则，并指出可疑之处",
	.run = run,
};
