#include "head.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

size_t head_format(const struct head *h, char ret_string[HEAD_BYTES_MAX])
{
	int size = snprintf(ret_string, HEAD_BYTES_MAX,
		"v=%d topic=%s partition=%" PRId32 " partitions=%" PRId32 " offset=%" PRId64 " owner=%016" PRIx64 " commit=%" PRIu64 " clock=%" PRId64
		" revision=%" PRId64 " edition=%" PRIu32 " policy=%s names=%" PRIu32 " due=%" PRId64 " changes=%" PRIu64 "..%" PRIu64 " sweep=%" PRIu64 " catching_up=%s",
		HEAD_VERSION, h->topic, h->partition, h->partitions, h->offset, h->owner, h->commit, h->clock_ms, h->revision, h->edition, h->policy, h->names,
		h->due_hour, h->changes_from, h->changes_to, h->sweep, h->is_catching_up ? "yes" : "no");
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

static uint64_t number(struct reader *reader, const char *name, int base, const char *end_mark)
{
	const char *at = field(reader, name);
	if (!at)
		return 0;
	char *end;
	uint64_t value = *at == '-' ? (uint64_t)strtoll(at, &end, base) : strtoull(at, &end, base);
	size_t mark = strlen(end_mark);
	if (end == at || strncmp(end, end_mark, mark) != 0)
		reader->missing = name;
	else
		reader->at = end + mark;
	return value;
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

enum status head_parse(struct text text, struct head *ret_head, struct error *error)
{
	char line[HEAD_BYTES_MAX];
	if (!text_copy(text, line, sizeof line))
		return error_set(error, FATAL, "broken_state", "a head of %u bytes", text.size);
	struct reader reader = { .at = line };
	struct head h = { .partition = 0 };
	uint64_t version = number(&reader, "v", 10, " ");
	if (!reader.missing && version != HEAD_VERSION)
		return error_set(error, FATAL, "broken_state", "a head of version %" PRIu64 ", this program knows version %d", version, HEAD_VERSION);
	word(&reader, "topic", h.topic, sizeof h.topic);
	h.partition = (int32_t)number(&reader, "partition", 10, " ");
	h.partitions = (int32_t)number(&reader, "partitions", 10, " ");
	h.offset = (int64_t)number(&reader, "offset", 10, " ");
	h.owner = number(&reader, "owner", 16, " ");
	h.commit = number(&reader, "commit", 10, " ");
	h.clock_ms = (int64_t)number(&reader, "clock", 10, " ");
	h.revision = (int64_t)number(&reader, "revision", 10, " ");
	h.edition = (uint32_t)number(&reader, "edition", 10, " ");
	word(&reader, "policy", h.policy, sizeof h.policy);
	h.names = (uint32_t)number(&reader, "names", 10, " ");
	h.due_hour = (int64_t)number(&reader, "due", 10, " ");
	const char *changes = field(&reader, "changes");
	if (changes) {
		h.changes_from = number(&reader, "changes", 10, "..");
		char *end;
		h.changes_to = strtoull(reader.at, &end, 10);
		if (end == reader.at || *end != ' ')
			reader.missing = "changes";
		reader.at = end + (*end == ' ');
	}
	h.sweep = number(&reader, "sweep", 10, " ");
	const char *catching_up = field(&reader, "catching_up");
	if (catching_up && strcmp(catching_up, "yes") != 0 && strcmp(catching_up, "no") != 0)
		reader.missing = "catching_up";
	if (reader.missing)
		return error_set(error, FATAL, "broken_state", "the head \"%.80s\" has no sound %s", line, reader.missing);
	h.is_catching_up = strcmp(catching_up, "yes") == 0;
	*ret_head = h;
	return OK;
}
