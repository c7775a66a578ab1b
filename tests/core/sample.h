// sample.h - a small city and events for the tests: each type, each field, and what goes wrong in real feeds.
#ifndef HOTLINE_TEST_SAMPLE_H
#define HOTLINE_TEST_SAMPLE_H

#include "chance.h"
#include "event.h"
#include "policy.h"

// 2024-03-04T09:00:00+08:00, a Monday.
#define SAMPLE_AT_MS INT64_C(1709514000000)

// The policy of the bulletins, with a roster in which units change their district and are missing on some days. Aborts on a fault of its own.
void sample_policy(struct names *names, struct policy *ret_policy);

// One ticket's events, of which every few make a story: all six types, voids, equal instants with and without seq, extensions, moves, returns at the last
// millisecond and after it, resolutions without unit, ratings before a resolution, reopening.
enum { SAMPLE_STORY = 24 };
void sample_story(struct names *names, struct event ret_event[SAMPLE_STORY]);

// Any event that event_check lets pass, with each field of its type at random and often at its limits. Texts live as long as the program.
struct event sample_any(struct chance *chance, struct names *names, enum event_type type);
enum event_type sample_type(struct chance *chance);  // of tickets and of units
// An event out of few, so that equals, voids and equal instants are frequent.
struct event sample_common(struct chance *chance, struct names *names);

// The event as a line for people.
void sample_print(const struct event *event, const struct names *names);
// Equal in every field, is_void too.
bool sample_equal(const struct event *a, const struct event *b, const struct names *names);

#endif
