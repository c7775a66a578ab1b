#include "head.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

size_t head_format(const struct head *h, char ret_string[HEAD_BYTES_MAX])
{
	char rows[sizeof " rows=4294967295"] = "";
	if (h->rows)
		snprintf(rows, sizeof rows, " rows=%" PRIu32, h->rows);
	int size = snprintf(ret_string, HEAD_BYTES_MAX,
		"v=%d topic=%s partition=%" PRId32 " partitions=%" PRId32 " offset=%" PRId64 " owner=%016" PRIx64 " commit=%" PRIu64 " clock=%" PRId64
		" revision=%" PRId64 " edition=%" PRIu32 " policy=%s since=%" PRId64 " names=%" PRIu32 "%s due=%" PRId64 " changes=%" PRIu64 "..%" PRIu64 " sweep=%" PRIu64
		" seeds=%" PRId32 "..%" PRId32 ":%" PRIu32 " catching_up=%s",
		h->rows ? HEAD_VERSION_ROWS : HEAD_VERSION, h->topic, h->partition, h->partitions, h->offset, h->owner, h->commit, h->clock_ms, h->revision, h->edition, h->policy,
		h->policy_since_ms, h->names, rows, h->due_hour, h->changes_from, h->changes_to, h->sweep, h->seed_from, h->seed_month, h->seed_unit, h->is_catching_up ? "yes" : "no");
	assert(size > 0 && size < HEAD_BYTES_MAX);
	return (size_t)size;
}

// What is left to read, and whether everything so far was as expected.
struct reader {
	const char *at;
	const char *missing;  // the first field that was not there
};

static const char *field(struct reader *reader, const char *name)
{
	size_t size = strlen(name);
	if (reader->missing)
		return NULL;
	if (strncmp(reader->at, name, size) != 0 || reader->at[size] != '=') {
		reader->missing = name;
		return NULL;
	}
	return reader->at + size + 1;
}

// The digits that come next, at most `max`; false when there are none or they say more.
static bool take_digits(const char **at, unsigned base, uint64_t max, uint64_t *ret_number)
{
	static const char digits[] = "0123456789abcdef";
	uint64_t number = 0;
	const char *from = *at, *digit;
	for (; **at && (digit = memchr(digits, **at, base)); ++*at) {
		uint64_t value = (uint64_t)(digit - digits);
		if (number > (max - value) / base)
			return false;
		number = number * base + value;
	}
	*ret_number = number;
	return *at > from;
}

static uint64_t take_number(struct reader *reader, const char *name, const char *at, unsigned base, uint64_t max, const char *end_mark)
{
	uint64_t value = 0;
	size_t mark = strlen(end_mark);
	if (!take_digits(&at, base, max, &value) || strncmp(at, end_mark, mark) != 0)
		reader->missing = name;
	reader->at = at + (reader->missing ? 0 : mark);
	return value;
}

static uint64_t number(struct reader *reader, const char *name, uint64_t max)
{
	const char *at = field(reader, name);
	return at ? take_number(reader, name, at, 10, max, " ") : 0;
}

static int64_t signed_number(struct reader *reader, const char *name)
{
	const char *at = field(reader, name);
	if (!at)
		return 0;
	bool is_negative = *at == '-';
	int64_t value = (int64_t)take_number(reader, name, at + is_negative, 10, INT64_MAX, " ");
	return is_negative ? -value : value;
}

static void word(struct reader *reader, const char *name, char *ret_word, size_t capacity)
{
	const char *at = field(reader, name);
	if (!at)
		return;
	size_t size = strcspn(at, " ");
	if (size >= capacity || at[size] != ' ') {
		reader->missing = name;
		return;
	}
	memcpy(ret_word, at, size);
	ret_word[size] = '\0';
	reader->at = at + size + 1;
}

static void take_seeds(struct reader *reader, struct head *head)
{
	const char *seeds = field(reader, "seeds");
	if (seeds)
		head->seed_from = (int32_t)take_number(reader, "seeds", seeds, 10, INT32_MAX, "..");
	if (!reader->missing)
		head->seed_month = (int32_t)take_number(reader, "seeds", reader->at, 10, INT32_MAX, ":");
	if (!reader->missing)
		head->seed_unit = (uint32_t)take_number(reader, "seeds", reader->at, 10, UINT32_MAX, " ");
}

enum status head_parse(struct text text, struct head *ret_head, struct error *error)
{
	char line[HEAD_BYTES_MAX];
	if (!text_copy(text, line, sizeof line))
		return error_set(error, FATAL, "broken_state", "a head of %u bytes", text.size);
	struct reader reader = { .at = line };
	struct head h = { .partition = 0 };
	uint64_t version = number(&reader, "v", UINT64_MAX);
	if (!reader.missing && version != HEAD_VERSION && version != HEAD_VERSION_ROWS)
		return error_set(error, FATAL, "other_version",
			"a head of version %" PRIu64 ", and this program knows versions %d and %d alone: run the program that wrote it, or start over with --rebuild", version,
			HEAD_VERSION, HEAD_VERSION_ROWS);
	word(&reader, "topic", h.topic, sizeof h.topic);
	h.partition = (int32_t)number(&reader, "partition", INT32_MAX);
	h.partitions = (int32_t)number(&reader, "partitions", INT32_MAX);
	h.offset = signed_number(&reader, "offset");
	const char *owner = field(&reader, "owner");
	if (owner)
		h.owner = take_number(&reader, "owner", owner, 16, UINT64_MAX, " ");
	h.commit = number(&reader, "commit", UINT64_MAX);
	h.clock_ms = signed_number(&reader, "clock");
	h.revision = signed_number(&reader, "revision");
	h.edition = (uint32_t)number(&reader, "edition", UINT32_MAX);
	word(&reader, "policy", h.policy, sizeof h.policy);
	h.policy_since_ms = signed_number(&reader, "since");
	h.names = (uint32_t)number(&reader, "names", UINT32_MAX);
	if (version == HEAD_VERSION_ROWS && !(h.rows = (uint32_t)number(&reader, "rows", UINT32_MAX)) && !reader.missing)
		reader.missing = "rows";
	h.due_hour = signed_number(&reader, "due");
	const char *changes = field(&reader, "changes");
	if (changes)
		h.changes_from = take_number(&reader, "changes", changes, 10, UINT64_MAX, "..");
	if (!reader.missing)
		h.changes_to = take_number(&reader, "changes", reader.at, 10, UINT64_MAX, " ");
	h.sweep = number(&reader, "sweep", UINT64_MAX);
	take_seeds(&reader, &h);
	const char *catching_up = field(&reader, "catching_up");
	if (catching_up && strcmp(catching_up, "yes") != 0 && strcmp(catching_up, "no") != 0)
		reader.missing = "catching_up";
	if (reader.missing)
		return error_set(error, FATAL, "broken_state", "the head \"%.80s\" has no sound %s", line, reader.missing);
	h.is_catching_up = strcmp(catching_up, "yes") == 0;
	*ret_head = h;
	return OK;
}
