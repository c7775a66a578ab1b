#include <stdio.h>
#include <string.h>

#include "civil.h"
#include "policy_parts.h"
#include "policy_setting.h"
#include "rule.h"

enum { KEYS_MAX = 64, PATH_BYTES = 96 };

// The keys that are known at one place of the file.
struct keys {
	uint32_t count;
	char key[KEYS_MAX][PATH_BYTES];
	const char *list[KEYS_MAX + 1];  // NULL-terminated
};

static void add_key(struct keys *keys, const char *key, size_t size)
{
	for (uint32_t i = 0; i < keys->count; i++)
		if (strlen(keys->list[i]) == size && memcmp(keys->list[i], key, size) == 0)
			return;
	snprintf(keys->key[keys->count], PATH_BYTES, "%.*s", (int)size, key);
	keys->list[keys->count] = keys->key[keys->count];
	keys->count++;
	keys->list[keys->count] = NULL;
}

// Of all settings that lie below `prefix`, the next part of their path.
static void add_settings(struct keys *keys, const char *prefix)
{
	size_t size = strlen(prefix);
	for (uint32_t i = 0; i < policy_setting_count; i++) {
		const char *path = policy_settings[i].path;
		if (strncmp(path, prefix, size) == 0)
			add_key(keys, path + size, strcspn(path + size, "/"));
	}
}

static enum status read_count(const struct policy_setting *setting, const struct yaml_node *node, void *field, struct error *error)
{
	int64_t number;
	TRY(yaml_integer(node, setting->least, setting->most, &number, error));
	*(uint32_t *)field = (uint32_t)number;
	return OK;
}

static enum status read_choice(const struct policy_setting *setting, const struct yaml_node *node, void *field, struct error *error)
{
	uint32_t index;
	TRY(yaml_choice(node, setting->words, &index, error));
	*(uint8_t *)field = (uint8_t)index;
	return OK;
}

static enum status read_setting(const struct policy_setting *setting, const struct yaml_node *node, struct policy_version *version, struct error *error)
{
	void *field = (char *)version + setting->offset;
	switch (setting->type) {
	case SETTING_COUNT: return read_count(setting, node, field, error);
	case SETTING_DURATION: return yaml_duration(node, setting->least, setting->most, field, error);
	case SETTING_TIME: return yaml_time(node, field, error);
	case SETTING_PERCENT: return yaml_percent(node, field, error);
	case SETTING_CHOICE: return read_choice(setting, node, field, error);
	}
	return FATAL;
}

static const struct policy_setting *setting_at(const char *path)
{
	for (uint32_t i = 0; i < policy_setting_count; i++)
		if (strcmp(policy_settings[i].path, path) == 0)
			return &policy_settings[i];
	return NULL;
}

// Reads the values of a mapping that are settings, and those of the mappings in it. Other keys, which `keys` knows, are somebody else's.
static enum status read_settings(const struct yaml_node *mapping, const char *prefix, struct keys *keys, struct policy_version *version, struct error *error)
{
	add_settings(keys, prefix);
	TRY(yaml_check_keys(mapping, keys->list, error));
	for (const struct yaml_node *node = yaml_first(mapping); node; node = yaml_next(node)) {
		char path[PATH_BYTES], below[PATH_BYTES + 1];
		snprintf(path, sizeof path, "%s%.*s", prefix, (int)yaml_key(node).size, yaml_key(node).at);
		snprintf(below, sizeof below, "%s/", path);
		const struct policy_setting *setting = setting_at(path);
		struct keys inner = { 0 };
		add_settings(&inner, below);
		if (setting)
			TRY(read_setting(setting, node, version, error));
		else if (inner.count && strcmp(path, "rules") != 0)
			TRY(read_settings(node, below, &inner, version, error));
	}
	return OK;
}

static enum status unknown_rule(const struct yaml_node *node, struct error *error)
{
	const char *ids[POLICY_RULES_MAX + 1] = { NULL };
	for (uint32_t i = 0; i < rule_count; i++)
		ids[i] = rules[i]->id;
	const char *nearest = yaml_nearest(yaml_key(node), ids);
	return yaml_error_key(node, error, "there is no rule %.*s%s%s%s", (int)yaml_key(node).size, yaml_key(node).at,
		nearest ? "; did you mean " : "", nearest ? nearest : "", nearest ? "?" : "");
}

static enum status read_rule(const struct rule *rule, const struct yaml_node *node, struct policy_version *version, struct error *error)
{
	bool is_on = true;
	char prefix[PATH_BYTES];
	struct keys keys = { 0 };
	snprintf(prefix, sizeof prefix, "rules/%s/", rule->id);
	add_key(&keys, "on", 2);
	if (yaml_is_mapping(node)) {
		TRY(read_settings(node, prefix, &keys, version, error));
		TRY(yaml_bool(yaml_get(node, "on"), &is_on, error));
	} else {
		TRY(yaml_bool(node, &is_on, error));
	}
	uint64_t bit = UINT64_C(1) << rule_number(rule);
	version->rules_off = is_on ? version->rules_off & ~bit : version->rules_off | bit;
	return OK;
}

static enum status read_rules(const struct yaml_node *mapping, struct policy_version *version, struct error *error)
{
	TRY(yaml_check_mapping(mapping, error));
	for (const struct yaml_node *node = yaml_first(mapping); node; node = yaml_next(node)) {
		const struct rule *rule = rule_of(yaml_key(node));
		if (!rule)
			return unknown_rule(node, error);
		TRY(read_rule(rule, node, version, error));
	}
	return OK;
}

// "90 %" is a share of the time, "24h" the time before the end.
static enum status read_warning(const struct yaml_node *node, struct policy_version *version, struct error *error)
{
	struct text text = yaml_scalar(node);
	if (text.size && text.at[text.size - 1] != '%') {
		if (version->warning_before_ms)
			return yaml_error(node, error, "due_warnings may hold one duration, not two");
		return yaml_duration(node, MINUTE_MS, 30 * DAY_MS, &version->warning_before_ms, error);
	}
	uint32_t share_e4 = 0, before_e4 = version->warning_count ? version->warning_e4[version->warning_count - 1] : 0;
	TRY(yaml_percent(node, &share_e4, error));
	if (share_e4 <= before_e4 || share_e4 >= 10000)
		return yaml_error(node, error, "the shares of due_warnings must ascend and lie between 0 %% and 100 %%");
	if (version->warning_count == POLICY_WARNINGS_MAX)
		return yaml_error(node, error, "due_warnings holds more than %d shares", POLICY_WARNINGS_MAX);
	version->warning_e4[version->warning_count++] = share_e4;
	return OK;
}

static enum status read_warnings(const struct yaml_node *list, struct policy_version *version, struct error *error)
{
	TRY(yaml_check_list(list, error));
	if (!list)
		return OK;
	version->warning_count = 0;
	version->warning_before_ms = 0;
	memset(version->warning_e4, 0, sizeof version->warning_e4);
	for (const struct yaml_node *node = yaml_first(list); node; node = yaml_next(node))
		TRY(read_warning(node, version, error));
	return OK;
}

enum status policy_read_version(struct version_reader *reader, const struct yaml_node *node, struct error *error)
{
	static const char *const others[] = { "from", "terms", "count", "roll", "close_of_business", "due_warnings", "rules" };
	struct policy_version *version = &reader->version;
	struct keys keys = { 0 };
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		add_key(&keys, others[i], strlen(others[i]));
	TRY(read_settings(node, "", &keys, version, error));
	TRY(policy_read_terms(reader, node, error));
	TRY(read_warnings(yaml_get(node, "due_warnings"), version, error));
	TRY(read_rules(yaml_get(node, "rules"), version, error));
	if (version->office_from_ms >= version->office_to_ms)
		return yaml_error(yaml_get(node, "working_hours"), error, "working_hours must end after they begin");
	return OK;
}
