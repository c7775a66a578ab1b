// fuzz.h - what the fuzzers share. Each is a NAME_fuzz.c with one function that takes any bytes and asserts what must hold of them.
#ifndef HOTLINE_TEST_FUZZ_H
#define HOTLINE_TEST_FUZZ_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "event.h"
#include "names.h"
#include "text.h"

// libFuzzer's name for it; replay.c calls it with the files of a corpus. Returns 0.
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

// The bytes as a text that lies alone on the heap, so that a step past its end is seen. To be freed by fuzz_text_free.
struct text fuzz_text(const uint8_t *bytes, size_t size);
void fuzz_text_free(struct text text);
char *fuzz_string(const uint8_t *bytes, size_t size);  // ends at the first NUL; the caller frees it
// The path of a file in memory with these bytes. There is one: the next call fills it anew.
const char *fuzz_file(const uint8_t *bytes, size_t size);

// Takes the bytes up to the next newline from the text, or all that is left.
struct text fuzz_take_line(struct text *text);

// An event that a reader let pass: event_check has nothing against it, and it comes back the same from JSON, from the wire and from the stored form.
// The ticket id is empty for an event of a unit.
void fuzz_check_event(struct text ticket_id, const struct event *event, struct names *names);

#endif
