// A YAML file: each node read as everything that a node can be read as. What is written by yaml_format.h reads as the same number.
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "civil.h"
#include "yaml_tree.h"

static const char *const words[] = { "zone", "calendar", "on", NULL };

static void assert_told(enum status status, const struct error *error)
{
	assert(status == OK || (status == FATAL && strcmp(error->reason, "bad_config") == 0 && strncmp(error->text, "y.yaml:", 7) == 0));
}

// The document of one scalar.
static struct yaml *document_of(const char *scalar)
{
	struct yaml *yaml = NULL;
	struct error error;
	enum status status = yaml_load_text(text_of(scalar), "y.yaml", &yaml, &error);
	assert(status == OK);
	return yaml;
}

static void check_numbers(const struct yaml_node *node)
{
	struct error error = { .reason = NULL };
	char string[YAML_NUMBER_BYTES];
	int64_t number, back = -1;
	int32_t time, time_back = -1;
	uint32_t percent, percent_back = 1;
	enum status status = yaml_duration(node, 0, INSTANT_MAX_MS, &number, &error);
	assert_told(status, &error);
	if (status == OK) {
		yaml_format_duration(number, string);
		struct yaml *yaml = document_of(string);
		assert(yaml_duration(yaml_root(yaml), 0, INSTANT_MAX_MS, &back, &error) == OK && back == number);
		yaml_unload(yaml);
	}
	status = yaml_decimal(node, INT64_MIN, INT64_MAX, &number, &error);
	assert_told(status, &error);
	if (status == OK) {
		yaml_format_decimal(number, string);
		struct yaml *yaml = document_of(string);
		assert(yaml_decimal(yaml_root(yaml), INT64_MIN, INT64_MAX, &back, &error) == OK && back == number);
		yaml_unload(yaml);
	}
	status = yaml_percent(node, &percent, &error);
	assert_told(status, &error);
	if (status == OK) {
		yaml_format_percent(percent, string);
		struct yaml *yaml = document_of(string);
		assert(yaml_percent(yaml_root(yaml), &percent_back, &error) == OK && percent_back == percent);
		yaml_unload(yaml);
	}
	status = yaml_time(node, &time, &error);
	assert_told(status, &error);
	if (status == OK) {
		assert(time >= 0 && time <= DAY_MS);
		yaml_format_time(time, string);
		struct yaml *yaml = document_of(string);
		assert(yaml_time(yaml_root(yaml), &time_back, &error) == OK && time_back == time);
		yaml_unload(yaml);
	}
}

static void check_others(const struct yaml_node *node)
{
	struct error error = { .reason = NULL };
	char string[32];
	int64_t number = 0;
	int32_t day, zone_ms;
	uint32_t index;
	bool flag;
	struct text text;
	enum status status = yaml_integer(node, -5, 5, &number, &error);
	assert_told(status, &error);
	assert(number >= -5 && number <= 5);
	assert_told(yaml_text(node, 64, &text, &error), &error);
	status = yaml_string(node, string, sizeof string, &error);
	assert_told(status, &error);
	assert_told(yaml_bool(node, &flag, &error), &error);
	assert_told(yaml_day(node, &day, &error), &error);
	assert_told(yaml_zone(node, &zone_ms, &error), &error);
	assert_told(yaml_choice(node, words, &index, &error), &error);
	assert_told(yaml_check_keys(node, words, &error), &error);
	assert_told(yaml_check_list(node, &error), &error);
	assert_told(yaml_check_mapping(node, &error), &error);
}

static void walk(const struct yaml_node *node)
{
	assert(yaml_is_mapping(node) + yaml_is_list(node) + yaml_is_scalar(node) == 1);
	assert(yaml_line(node) && yaml_column(node));
	check_numbers(node);
	check_others(node);
	uint32_t count = 0;
	for (const struct yaml_node *item = yaml_first(node); item; item = yaml_next(item), count++) {
		char *key = fuzz_string((const uint8_t *)yaml_key(item).at, yaml_key(item).size);
		assert(!yaml_is_mapping(node) || yaml_get(node, key) == item);
		(void)yaml_nearest(yaml_key(item), words);
		free(key);
		walk(item);
	}
	assert(count == yaml_count(node));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct text text = fuzz_text(bytes, size);
	struct yaml *yaml = NULL;
	struct error error = { .reason = NULL };
	enum status status = yaml_load_text(text, "y.yaml", &yaml, &error);
	assert_told(status, &error);
	if (status == OK)
		walk(yaml_root(yaml));
	yaml_unload(yaml);
	fuzz_text_free(text);
	return 0;
}
