// A policy file with its roster and its own calendar. What is loaded, written canonically and loaded again, is the same policy.
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "calendar.h"
#include "civil.h"
#include "policy_file.h"
#include "policy_text.h"
#include "policy_words.h"

static struct policy policy, again;  // too large for the stack

static void check_canonical(const struct names *names)
{
	struct names *others = names_new();
	struct error error = { .reason = NULL };
	size_t size, size_again;
	char *text = policy_canonical(&policy, names, &size);
	enum status status = policy_load_text((struct text){ text, (uint32_t)size }, "canonical", others, &again, &error);
	if (status != OK)
		fprintf(stderr, "%s\n%s\n", error.text, text);
	assert(status == OK);
	char *text_again = policy_canonical(&again, others, &size_again);
	assert(size == size_again && memcmp(text, text_again, size) == 0);
	assert(strcmp(policy.edition, again.edition) == 0);
	assert(calendar_hash(policy.calendar) == calendar_hash(again.calendar));
	free(text);
	free(text_again);
	policy_done(&again);
	names_free(others);
}

// Adding working days and counting them are each other's inverse, also where the table ends.
static void check_calendar(const struct calendar *calendar)
{
	const int32_t from[] = { 0, calendar_first_day(calendar) - 3, calendar_first_day(calendar), calendar_last_day(calendar) - 20, calendar_last_day(calendar) + 1 };
	for (size_t i = 0; i < sizeof from / sizeof *from; i++)
		for (int32_t count = 1; count <= 64; count *= 4) {
			int32_t to = calendar_add_working(calendar, from[i], count);
			assert(to > from[i] && calendar_is_working(calendar, to));
			assert(calendar_count_working(calendar, from[i], to) == count);
			assert(calendar_count_working(calendar, to, from[i]) == -count);
		}
}

static void check_terms(const struct policy_version *version)
{
	for (uint32_t i = 0; i < version->term_count; i++) {
		bool is_covered;
		int64_t from_ms = INT64_C(1709600000000);
		assert(calendar_due_at_ms(policy.calendar, &version->term[i].count, from_ms, policy.zone_ms, &is_covered) > from_ms);
	}
}

static void check_words(const struct names *names)
{
	static char doubts[POLICY_DOUBTS_MAX][POLICY_DOUBT_BYTES];
	char *words;
	size_t size;
	FILE *file = open_memstream(&words, &size);
	for (int language = 0; language < 2; language++) {
		policy_print_words(file, &policy, names, (enum language)language);
		assert(policy_find_doubts(&policy, names, 20000, (enum language)language, doubts) <= POLICY_DOUBTS_MAX);
	}
	fclose(file);
	free(words);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct names *names = names_new();
	struct text text = fuzz_text(bytes, size);
	struct error error = { .reason = NULL };
	enum status status = policy_load_text(text, "p.yaml", names, &policy, &error);
	assert(status == OK || (status == FATAL && strncmp(error.text, "p.yaml:", 7) == 0));
	if (status == OK) {
		check_canonical(names);
		check_calendar(policy.calendar);
		for (uint32_t i = 0; i < policy.version_count; i++)
			check_terms(&policy.version[i]);
		check_words(names);
		policy_done(&policy);
	}
	fuzz_text_free(text);
	names_free(names);
	return 0;
}
