#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "civil.h"
#include "event_json.h"
#include "memory.h"
#include "sample.h"
#include "ticket.h"
#include "wire.h"

char *fuzz_string(const uint8_t *bytes, size_t size)
{
	char *string = memory_new(size + 1);
	if (size)
		memcpy(string, bytes, size);
	return string;
}

struct text fuzz_text(const uint8_t *bytes, size_t size)
{
	char *alone = memory_new(size);
	if (size)
		memcpy(alone, bytes, size);
	return (struct text){ alone, (uint32_t)size };
}

void fuzz_text_free(struct text text)
{
	free((void *)(uintptr_t)text.at);
}

const char *fuzz_file(const uint8_t *bytes, size_t size)
{
	static char path[32];
	static int fd = -1;
	if (fd < 0)
		fd = memfd_create("fuzz", MFD_CLOEXEC);
	assert(fd >= 0);
	int failed = ftruncate(fd, 0);
	assert(!failed);
	ssize_t written = pwrite(fd, bytes, size, 0);
	assert((size_t)written == size);
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	return path;
}

struct text fuzz_take_line(struct text *text)
{
	const char *end = text->size ? memchr(text->at, '\n', text->size) : NULL;
	struct text line = { text->at, end ? (uint32_t)(end - text->at) : text->size };
	uint32_t taken = line.size + (end != NULL);
	*text = (struct text){ text->at + taken, text->size - taken };
	return line;
}

static void assert_same(const struct event *event, const struct event *back, const struct names *names, const char *form)
{
	if (sample_equal(event, back, names))
		return;
	fprintf(stderr, "an event, and what came back from %s:\n", form);
	sample_print(event, names);
	sample_print(back, names);
	abort();
}

static void assert_fine(enum status status, const struct error *error, const struct event *event, const struct names *names, const char *form)
{
	if (status == OK)
		return;
	fprintf(stderr, "%s of an event that was accepted: %s\n", form, error->text);
	sample_print(event, names);
	abort();
}

static void check_check(const struct event *event, const struct names *names)
{
	struct event again = *event;
	struct error error;
	assert_fine(event_check(&again, &error), &error, event, names, "the check");
	assert_same(event, &again, names, "the check");
}

static void check_json(struct text ticket_id, const struct event *event, struct names *names)
{
	static char line[EVENT_LINE_WRITE_BYTES_MAX];
	static struct event_json_arena arena;
	struct event back;
	struct text id;
	struct error error;
	size_t size = event_json_write(ticket_id, event, names, (int32_t)(8 * HOUR_MS), line, sizeof line);
	assert(size);
	arena.used = 0;
	assert_fine(event_json_read((struct text){ line, (uint32_t)size }, names, &arena, &id, &back, &error), &error, event, names, "the JSON");
	assert(text_equal(id, ticket_id));
	assert_same(event, &back, names, "JSON");
}

static void check_wire(struct text ticket_id, const struct event *event, struct names *names)
{
	static uint8_t bytes[WIRE_EVENT_BYTES_MAX];
	static struct wire_arena arena;
	struct event back;
	struct text id = { NULL, 0 };
	struct error error;
	size_t size;
	enum status status = event_is_of_unit(event) ? wire_pack_unit_event(event, names, bytes, sizeof bytes, &size, &error)
	                                             : wire_pack_ticket_event(ticket_id, event, names, bytes, sizeof bytes, &size, &error);
	if (status == REJECT)
		return;  // too large: only where texts of all fields are as long as they may be
	assert_fine(status, &error, event, names, "packing");
	arena.used = 0;
	struct text value = { (const char *)bytes, (uint32_t)size };
	status = event_is_of_unit(event) ? wire_unpack_unit_event(value, names, &arena, &back, &error)
	                                 : wire_unpack_ticket_event(value, names, &arena, &id, &back, &error);
	assert_fine(status, &error, event, names, "the wire");
	assert(text_equal(id, ticket_id));
	assert_same(event, &back, names, "the wire");
}

static void check_stored(const struct event *event, const struct names *names)
{
	static uint8_t bytes[TICKET_BYTES_MAX];
	struct event given = *event, back;
	struct ticket ticket = { .count = 1, .capacity = 1, .event = &given }, stored = { .capacity = 1, .event = &back };
	struct dictionary *dictionary = dictionary_new();
	struct error error;
	size_t size = ticket_encode(&ticket, dictionary, bytes, sizeof bytes);
	assert(size);
	assert_fine(ticket_decode(bytes, size, dictionary, &stored, &error), &error, event, names, "the stored form");
	assert(stored.count == 1);
	assert_same(event, &back, names, "the stored form");
	dictionary_free(dictionary);
}

void fuzz_check_event(struct text ticket_id, const struct event *event, struct names *names)
{
	check_check(event, names);
	check_json(ticket_id, event, names);
	check_wire(ticket_id, event, names);
	check_stored(event, names);
}
