#include "policy_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "civil.h"
#include "memory.h"
#include "policy_parts.h"
#include "policy_text.h"

static enum status check_date(const struct yaml_node *versions, const struct yaml_node *node, int32_t from_day, int32_t before_day, struct error *error)
{
	const struct yaml_node *from = yaml_get(node, "from");
	const struct yaml_node *before = yaml_first(versions);
	if (node == before || from_day > before_day)
		return OK;
	while (yaml_next(before) != node)
		before = yaml_next(before);
	char day[CIVIL_DAY_BYTES];
	civil_format_day(before_day, day);
	return yaml_error(from, error, "from must be later than that of the version before, %s on line %u", day, yaml_line(before));
}

static enum status read_versions(struct policy *policy, struct version_reader *reader, const struct yaml_node *versions, struct error *error)
{
	TRY(yaml_check_list(versions, error));
	if (versions && !yaml_count(versions))
		return yaml_error(versions, error, "versions must not be empty");
	if (yaml_count(versions) > POLICY_VERSIONS_MAX)
		return yaml_error(versions, error, "versions holds %u items, at most %d", yaml_count(versions), POLICY_VERSIONS_MAX);
	uint32_t count = 0;
	for (const struct yaml_node *node = yaml_first(versions); node; node = yaml_next(node)) {
		int32_t before_day = reader->version.from_day;
		const struct yaml_node *from = NULL;
		TRY(yaml_check_mapping(node, error));
		if (count)
			TRY(yaml_require(node, "from", &from, error));
		TRY(yaml_day(yaml_get(node, "from"), &reader->version.from_day, error));
		TRY(check_date(versions, node, reader->version.from_day, before_day, error));
		TRY(policy_read_version(reader, node, error));
		policy->version[count++] = reader->version;
	}
	if (count)
		policy->version_count = count;
	else
		policy->version[0] = reader->version;
	return OK;
}

// Beside the policy file, unless the path starts at the root.
static enum status roster_path(const struct yaml *yaml, const struct yaml_node *node, char ret_path[POLICY_PATH_BYTES], struct error *error)
{
	struct text file;
	TRY(yaml_text(node, POLICY_PATH_BYTES - 1, &file, error));
	const char *slash = strrchr(yaml_name(yaml), '/');
	int folder_size = slash && file.at[0] != '/' ? (int)(slash + 1 - yaml_name(yaml)) : 0;
	int size = snprintf(ret_path, POLICY_PATH_BYTES, "%.*s%.*s", folder_size, yaml_name(yaml), (int)file.size, file.at);
	return size < POLICY_PATH_BYTES ? OK : yaml_error(node, error, "roster is too long a path");
}

static enum status read_roster_file(struct policy *policy, struct names *names, const struct yaml *yaml, const struct yaml_node *node, struct error *error)
{
	char path[POLICY_PATH_BYTES];
	struct yaml *roster = NULL;
	TRY(roster_path(yaml, node, path, error));
	if (access(path, R_OK) != 0)
		return yaml_error(node, error, "roster %s cannot be read: %s", path, strerror(errno));
	enum status status = yaml_load_file(path, &roster, error);
	if (status == OK)
		status = policy_read_roster(policy, names, yaml_root(roster), error);
	yaml_unload(roster);
	return status;
}

static enum status read_policy(struct policy *policy, struct names *names, const struct yaml *yaml, bool is_file, struct error *error)
{
	static const char *const keys[] = { "zone", "calendar", "roster", "other_rules", "versions", NULL };
	const struct yaml_node *root = yaml_root(yaml), *roster = yaml_get(root, "roster");
	struct version_reader reader = { .names = names, .version = policy->version[0], .style = { COUNT_CIVIL, true, 0 } };
	bool has_other_rules = true;
	TRY(yaml_check_keys(root, keys, error));
	TRY(yaml_zone(yaml_get(root, "zone"), &policy->zone_ms, error));
	TRY(policy_read_calendar(policy, yaml_get(root, "calendar"), error));
	TRY(yaml_bool(yaml_get(root, "other_rules"), &has_other_rules, error));
	reader.version.rules_off = has_other_rules ? 0 : ~UINT64_C(0);
	TRY(read_versions(policy, &reader, yaml_get(root, "versions"), error));
	if (!yaml_is_scalar(roster))
		return policy_read_roster(policy, names, roster, error);
	if (!is_file)
		return yaml_error(roster, error, "roster must be a list here: a text in memory cannot name a file");
	return read_roster_file(policy, names, yaml, roster, error);
}

static enum status finish(struct yaml *yaml, bool is_file, struct names *names, struct policy *ret_policy, struct error *error)
{
	struct policy *policy = memory_new(sizeof *policy);  // too large for the stack
	policy_init_default(policy);
	enum status status = read_policy(policy, names, yaml, is_file, error);
	if (status == OK) {
		policy_stamp(policy, names);
		*ret_policy = *policy;
	} else {
		policy_done(policy);
	}
	free(policy);
	yaml_unload(yaml);
	return status;
}

enum status policy_load_file(const char *path, struct names *names, struct policy *ret_policy, struct error *error)
{
	struct yaml *yaml = NULL;
	TRY(yaml_load_file(path, &yaml, error));
	return finish(yaml, true, names, ret_policy, error);
}

enum status policy_load_text(struct text text, const char *name, struct names *names, struct policy *ret_policy, struct error *error)
{
	struct yaml *yaml = NULL;
	TRY(yaml_load_text(text, name, &yaml, error));
	return finish(yaml, false, names, ret_policy, error);
}
