// policy_setting.h - every single number and switch of a policy version: where it stands in the file, where in memory, what it may be, what it means.
//
// One table feeds the parser, the canonical text and the description in plain words. To add a setting: a field in struct policy_version, its default in
// policy.c, one line in policy_setting.c, one line with its quote in deploy/policy/default.yaml.
#ifndef HOTLINE_POLICY_SETTING_H
#define HOTLINE_POLICY_SETTING_H

#include <stddef.h>
#include <stdint.h>

#include "policy.h"
#include "yaml_format.h"

enum setting_type {
	SETTING_COUNT,     // uint32_t
	SETTING_DURATION,  // int64_t, milliseconds
	SETTING_TIME,      // int32_t, milliseconds after midnight
	SETTING_PERCENT,   // uint32_t, ten-thousandths
	SETTING_CHOICE,    // uint8_t or bool: the place among words
};

struct policy_setting {
	// "low_stars"; "floors/on_time/limit" is limit in on_time in floors; "rules/look-back/days" is days of a rule, accepted where rules[] has the rule.
	const char *path;
	enum setting_type type;
	size_t offset;             // in struct policy_version
	int64_t least, most;       // both included
	const char *const *words;  // of a choice, NULL-terminated
	// In plain words, by enum language; %s is the value.
	const char *sentence[2];
	const char *const *plain[2];  // of a choice: what stands for each of its words
};

extern const struct policy_setting policy_settings[];
extern const uint32_t policy_setting_count;

// "look-back" of "rules/look-back/days"; empty for a setting that is no rule's own.
struct text policy_setting_rule(const struct policy_setting *setting);

// The value as the file would say it: "95 %", "24h".
enum { SETTING_VALUE_BYTES = YAML_NUMBER_BYTES };
void policy_setting_format(const struct policy_setting *setting, const struct policy_version *version, char ret_string[SETTING_VALUE_BYTES]);
// The place of a choice among its words.
uint32_t policy_setting_choice(const struct policy_setting *setting, const struct policy_version *version);

#endif
