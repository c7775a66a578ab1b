// event_test.c - which events are taken, on both sides of each limit, and the order of a ticket's events.
#include "check.h"

#include <stdio.h>

#include "civil.h"
#include "sample.h"

static struct names *names;
static name_id u1, u2;

static int set_up(void **state)
{
	(void)state;
	names = names_new();
	u1 = names_intern(names, NAME_UNIT, TEXT("u1"));
	u2 = names_intern(names, NAME_UNIT, TEXT("u2"));
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	names_free(names);
	return 0;
}

static struct event event_with_unit(enum event_type type)
{
	struct event event = event_of(type, SAMPLE_AT_MS);
	event.unit = u1;
	if (type == EVENT_RATED)
		event.stars = 3;
	return event;
}

static void assert_taken(struct event event)
{
	struct error error;
	assert_ok(event_check(&event, &error), &error);
}

static void assert_refused(struct event event, const char *reason, const char *field)
{
	struct error error;
	struct event before = event;
	assert_fails(event_check(&event, &error), REJECT, reason, &error);
	if (strncmp(error.text, field, strlen(field)) != 0)
		fail_msg("wanted a sentence about \"%s\", is \"%s\"", field, error.text);
	assert_memory_equal(&event, &before, sizeof event);  // untouched
}

static void only_known_types_are_taken(void **state)
{
	(void)state;
	for (unsigned type = 0; type < 256; type++) {
		struct event event = event_with_unit((enum event_type)type);
		event.stars = 3;
		event.kind = 1;
		if (event_type_name((enum event_type)type))
			assert_taken(event);
		else
			assert_refused(event, "bad_field", "unknown type");
	}
}

static void types_have_names(void **state)
{
	(void)state;
	unsigned count = 0;
	for (unsigned type = 0; type < 40; type++) {
		const char *name = event_type_name((enum event_type)type);
		count += name != NULL;
		if (name)
			assert_int_equal(event_type_of(text_of(name)), type == EVENT_LINKED ? 0 : type);  // that one is not for others to send
	}
	assert_int_equal(count, 12);
	assert_int_equal(event_type_of(TEXT("")), 0);
	assert_int_equal(event_type_of(TEXT("Received")), 0);
	assert_string_equal(event_kind_name(KIND_OTHER), "other");
	assert_null(event_kind_name(KIND_NONE));
	assert_null(event_kind_name(KIND_COUNT));
	assert_string_equal(event_level_name(LEVEL_DISTRICT), "district");
	assert_string_equal(event_channel_name(CHANNEL_NETWORK), "network");
	assert_string_equal(event_role_name(ROLE_ASSIST), "assist");
	assert_string_equal(event_outcome_name(OUTCOME_REJECTED), "rejected");
	assert_null(event_outcome_name(OUTCOME_COUNT));
}

static void instants_have_limits(void **state)
{
	(void)state;
	static const int64_t good[] = { INSTANT_MIN_MS + 1, INSTANT_MAX_MS }, bad[] = { INT64_MIN, -1, INSTANT_MIN_MS, INSTANT_MAX_MS + 1, INT64_MAX };
	for (size_t i = 0; i < COUNT_OF(good); i++) {
		struct event event = event_with_unit(EVENT_DISPATCHED);
		event.at_ms = event.due_at_ms = event.accepted_at_ms = good[i];
		assert_taken(event);
	}
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		struct event event = event_with_unit(EVENT_DISPATCHED);
		event.at_ms = bad[i];
		assert_refused(event, "bad_time", "at ");
		if (!bad[i])
			continue;  // 0 is absent for the others
		event = event_with_unit(EVENT_DISPATCHED);
		event.due_at_ms = bad[i];
		assert_refused(event, "bad_time", "due_at");
		event = event_with_unit(EVENT_DISPATCHED);
		event.accepted_at_ms = bad[i];
		assert_refused(event, "bad_time", "accepted_at");
	}
}

// Each number field with its type and the numbers that are just allowed.
static void numbers_have_limits(void **state)
{
	(void)state;
#define NUMBER(type, member, size, min, max, name) { type, offsetof(struct event, member), size, min, max, name }
	static const struct {
		enum event_type type;
		size_t offset, size;
		int64_t min, max;
		const char *name;
	} cases[] = {
		NUMBER(EVENT_RECEIVED, kind, 1, 0, KIND_COUNT - 1, "kind"),
		NUMBER(EVENT_RECEIVED, level, 1, 0, LEVEL_COUNT - 1, "level"),
		NUMBER(EVENT_RECEIVED, channel, 1, 0, CHANNEL_COUNT - 1, "channel"),
		NUMBER(EVENT_RECEIVED, answered_directly, 1, 0, 2, "an answer"),
		NUMBER(EVENT_RECEIVED, valid, 1, 0, 2, "an answer"),
		NUMBER(EVENT_RECEIVED, amount, 8, 0, AMOUNT_MAX, "amount"),
		NUMBER(EVENT_DISPATCHED, role, 1, 0, ROLE_COUNT - 1, "role"),
		NUMBER(EVENT_DISPATCHED, confirmed, 1, 0, 2, "an answer"),
		NUMBER(EVENT_RETURNED, slip, 1, 0, 2, "an answer"),
		NUMBER(EVENT_RESOLVED, outcome, 1, 0, OUTCOME_COUNT - 1, "outcome"),
		NUMBER(EVENT_RESOLVED, claims_satisfied, 1, 0, 2, "an answer"),
		NUMBER(EVENT_RATED, stars, 1, 0, STARS_MAX, "stars"),
		NUMBER(EVENT_RATED, satisfied, 1, 0, 2, "an answer"),
		NUMBER(EVENT_RATED, praised, 1, 0, 2, "an answer"),
		NUMBER(EVENT_REVISITED, effective, 1, 0, 2, "an answer"),
		NUMBER(EVENT_REVISITED, satisfied, 1, 0, 2, "an answer"),
		NUMBER(EVENT_REVISITED, reopen, 1, 0, 2, "an answer"),
		NUMBER(EVENT_CALLS, amount, 8, 0, COUNT_MAX, "offered"),
		NUMBER(EVENT_CALLS, answered, 8, 0, 0, "answered"),  // no more than were offered
		NUMBER(EVENT_KNOWLEDGE_UPDATED, amount, 8, 0, COUNT_MAX, "count"),
		NUMBER(EVENT_POINTS, amount, 8, -POINTS_E4_MAX, POINTS_E4_MAX, "points"),
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const int64_t number[] = { cases[i].min, cases[i].max, cases[i].min - 1, cases[i].max + 1 };
		for (size_t k = 0; k < COUNT_OF(number); k++) {
			struct event event = event_with_unit(cases[i].type);
			if (k == 2 && cases[i].size == 1 && cases[i].type == EVENT_RATED)
				continue;  // -1 stars are none
			memcpy((char *)&event + cases[i].offset, &number[k], cases[i].size);  // little endian
			if (k < 2)
				assert_taken(event);
			else
				assert_refused(event, "bad_field", cases[i].name);
		}
	}
}

static void texts_have_limits(void **state)
{
	(void)state;
	static char long_text[TEXT_BYTES_MAX + 1];
	memset(long_text, 'x', sizeof long_text);
#define TEXT_FIELD(type, member, max, is_line) { type, offsetof(struct event, member), max, #member, is_line }
	static const struct {
		enum event_type type;
		size_t offset;
		uint32_t max;
		const char *name;
		bool is_line;
	} cases[] = {
		TEXT_FIELD(EVENT_RECEIVED, caller, PERSON_BYTES_MAX, true),
		TEXT_FIELD(EVENT_RECEIVED, place, PLACE_BYTES_MAX, true),
		TEXT_FIELD(EVENT_RECEIVED, title, TEXT_BYTES_MAX, false),
		TEXT_FIELD(EVENT_RETURNED, reason, TEXT_BYTES_MAX, false),
		TEXT_FIELD(EVENT_RETURNED, statute, TEXT_BYTES_MAX, false),
		TEXT_FIELD(EVENT_RETURNED, signed_by, PERSON_BYTES_MAX, true),
		TEXT_FIELD(EVENT_POINTS, reason, TEXT_BYTES_MAX, false),
		TEXT_FIELD(EVENT_POINTS, ticket_id, TICKET_ID_BYTES_MAX, true),
		TEXT_FIELD(EVENT_MARKED, reason, TEXT_BYTES_MAX, false),
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct event event = event_with_unit(cases[i].type);
		struct text *text = (struct text *)((char *)&event + cases[i].offset);
		*text = (struct text){ long_text, cases[i].max };
		assert_taken(event);
		text->size++;
		assert_refused(event, "bad_field", cases[i].name);
		*text = TEXT("\xff");
		assert_refused(event, "bad_utf8", cases[i].name);
		*text = TEXT("两\t行\n");
		if (cases[i].is_line)
			assert_refused(event, "bad_field", cases[i].name);
		else
			assert_taken(event);
		*text = TEXT("a\0b");
		assert_refused(event, cases[i].is_line ? "bad_field" : "bad_utf8", cases[i].name);
	}
}

static void some_types_make_no_sense_without_a_unit(void **state)
{
	(void)state;
	for (unsigned type = 1; type < EVENT_TYPE_LIMIT; type++) {
		if (!event_type_name((enum event_type)type))
			continue;
		struct event event = event_with_unit((enum event_type)type);
		event.unit = 0;
		if (type == EVENT_LINKED)
			assert_refused(event, "bad_field", "link");
		else if (type == EVENT_DISPATCHED || type == EVENT_RETURNED || type >= EVENT_LOGGED_IN)
			assert_refused(event, "bad_field", "unit is missing");
		else
			assert_taken(event);
	}
}

static void a_rating_says_something(void **state)
{
	(void)state;
	struct event event = event_of(EVENT_RATED, SAMPLE_AT_MS);
	assert_refused(event, "bad_field", "a rating");
	event.stars = 0;
	assert_taken(event);
	event.stars = STARS_NONE;
	event.praised = ANSWER_NO;
	assert_taken(event);
	event.praised = ANSWER_NONE;
	event.satisfied = ANSWER_NO;
	assert_taken(event);
}

static void what_does_not_belong_to_the_type_is_cleared(void **state)
{
	(void)state;
	struct error error;
	struct event event = event_with_unit(EVENT_RATED), wanted = event_of(EVENT_RATED, SAMPLE_AT_MS);
	wanted.stars = 3;
	event.title = TEXT("x");
	event.due_at_ms = 5;
	event.reopen = ANSWER_YES;
	assert_ok(event_check(&event, &error), &error);
	assert_true(sample_equal(&event, &wanted, names));
	event = event_with_unit(EVENT_DISPATCHED);
	event.role = ROLE_LEAD;  // saying the default does not make another event
	event.stars = 4;
	assert_ok(event_check(&event, &error), &error);
	wanted = event_with_unit(EVENT_DISPATCHED);
	assert_true(sample_equal(&event, &wanted, names));
	event = event_with_unit(EVENT_KNOWLEDGE_UPDATED);
	assert_ok(event_check(&event, &error), &error);
	assert_int_equal(event.amount, 1);  // one, where no number is given
	event = event_with_unit(EVENT_LOGGED_IN);
	event.reason = TEXT("x");
	event.is_void = true;
	event.seq = UINT32_MAX;
	assert_ok(event_check(&event, &error), &error);
	assert_int_equal(event.reason.size, 0);
	assert_true(event.is_void);
	assert_int_equal(event.seq, UINT32_MAX);
}

static void checking_twice_changes_nothing(void **state)
{
	(void)state;
	struct chance chance = chance_of(5);
	struct error error;
	for (unsigned i = 0; i < 5000; i++) {
		struct event event = sample_any(&chance, names, sample_type(&chance)), again = event;
		assert_ok(event_check(&again, &error), &error);
		assert_true(sample_equal(&event, &again, names));
	}
}

static void names_have_limits(void **state)
{
	(void)state;
	static char long_name[NAME_BYTES_MAX + 1];
	memset(long_name, 'x', sizeof long_name);
	static const struct {
		enum name_kind kind;
		const char *name, *reason;  // NULL when it is taken
	} cases[] = {
		{ NAME_UNIT, "兴隆台区住建局", NULL },
		{ NAME_UNIT, "", NULL },  // absent
		{ NAME_UNIT, "a/b", "bad_field" },
		{ NAME_DISTRICT, "a/b", "bad_field" },
		{ NAME_CATEGORY, "a/b", NULL },
		{ NAME_CATEGORY, "/a", "bad_field" },
		{ NAME_CATEGORY, "a/", "bad_field" },
		{ NAME_CATEGORY, "a//b", "bad_field" },
		{ NAME_CATEGORY, "/", "bad_field" },
		{ NAME_UNIT, "a{b", "bad_field" },
		{ NAME_DISTRICT, "a}b", "bad_field" },
		{ NAME_CATEGORY, "a/{b}", "bad_field" },
		{ NAME_UNIT, "a\nb", "bad_field" },
		{ NAME_UNIT, "a\x7f", "bad_field" },
		{ NAME_CATEGORY, "\xc0\xaf", "bad_utf8" },
		{ NAME_UNIT, "\xed\xa0\x80", "bad_utf8" },  // half of a surrogate pair
	};
	struct error error;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct text name = text_of(cases[i].name);
		if (cases[i].reason)
			assert_fails(event_check_name(cases[i].kind, name, &error), REJECT, cases[i].reason, &error);
		else
			assert_ok(event_check_name(cases[i].kind, name, &error), &error);
	}
	assert_ok(event_check_name(NAME_UNIT, (struct text){ long_name, NAME_BYTES_MAX }, &error), &error);
	assert_fails(event_check_name(NAME_UNIT, (struct text){ long_name, NAME_BYTES_MAX + 1 }, &error), REJECT, "bad_field", &error);
}

static void ticket_ids_have_limits(void **state)
{
	(void)state;
	static char long_id[TICKET_ID_BYTES_MAX + 1];
	memset(long_id, '7', sizeof long_id);
	struct error error;
	assert_ok(event_check_ticket_id((struct text){ long_id, TICKET_ID_BYTES_MAX }, &error), &error);
	assert_ok(event_check_ticket_id(TEXT("{工单}/1"), &error), &error);
	assert_fails(event_check_ticket_id((struct text){ long_id, TICKET_ID_BYTES_MAX + 1 }, &error), REJECT, "bad_field", &error);
	assert_fails(event_check_ticket_id(TEXT(""), &error), REJECT, "bad_field", &error);
	assert_fails(event_check_ticket_id(TEXT("1\n2"), &error), REJECT, "bad_field", &error);
	assert_fails(event_check_ticket_id(TEXT("\xff"), &error), REJECT, "bad_utf8", &error);
}

static void the_order_is_instant_seq_type_content(void **state)
{
	(void)state;
	struct event event[] = {
		event_with_unit(EVENT_RESOLVED),
		event_with_unit(EVENT_RECEIVED),
		event_with_unit(EVENT_DISPATCHED),
		event_with_unit(EVENT_DISPATCHED),
		event_with_unit(EVENT_DISPATCHED),
		event_with_unit(EVENT_DISPATCHED),
		event_with_unit(EVENT_RECEIVED),
		event_with_unit(EVENT_RECEIVED),
	};
	event[0].at_ms--;                    // the earliest, though of a late type
	event[3].unit = u2;                  // content: units by their bytes
	event[4].due_at_ms = SAMPLE_AT_MS;   // numbers before names
	event[5].due_at_ms = SAMPLE_AT_MS + 1;
	event[6].seq = 1;                    // after all without seq
	event[7].at_ms++;
	for (size_t i = 0; i < COUNT_OF(event); i++)
		for (size_t k = 0; k < COUNT_OF(event); k++) {
			int order = event_compare(&event[i], &event[k], names);
			assert_int_equal((order > 0) - (order < 0), (i > k) - (i < k));
		}
}

static void a_void_is_the_event_that_it_takes_out(void **state)
{
	(void)state;
	struct chance chance = chance_of(11);
	for (unsigned i = 0; i < 2000; i++) {
		struct event event = sample_any(&chance, names, sample_type(&chance)), other = event;
		other.is_void = !event.is_void;
		assert_int_equal(event_compare(&event, &other, names), 0);
	}
}

static int sign(int number)
{
	return (number > 0) - (number < 0);
}

static void the_order_is_one(void **state)
{
	(void)state;
	enum { MANY = 120 };
	static struct event event[MANY];
	struct chance chance = chance_of(13);
	for (unsigned i = 0; i < MANY; i++)
		event[i] = i % 2 ? sample_common(&chance, names) : sample_any(&chance, names, sample_type(&chance));
	for (unsigned i = 0; i < MANY; i++)
		for (unsigned k = 0; k < MANY; k++) {
			int order = event_compare(&event[i], &event[k], names);
			assert_int_equal(sign(order), -sign(event_compare(&event[k], &event[i], names)));
			for (unsigned m = 0; m < MANY && order < 0; m++)
				if (event_compare(&event[k], &event[m], names) < 0)
					assert_true(event_compare(&event[i], &event[m], names) < 0);
		}
}

// Each single field tells two events apart: change one byte of the event after another.
static void every_field_is_compared(void **state)
{
	(void)state;
#define FIELD(member) { offsetof(struct event, member), #member }
	static const struct {
		size_t offset;
		const char *name;
	} number[] = {
		FIELD(at_ms), FIELD(seq), FIELD(type), FIELD(kind), FIELD(level), FIELD(channel), FIELD(answered_directly), FIELD(valid), FIELD(role), FIELD(confirmed),
		FIELD(slip), FIELD(outcome), FIELD(claims_satisfied), FIELD(satisfied), FIELD(praised), FIELD(effective), FIELD(reopen), FIELD(stars), FIELD(due_at_ms),
		FIELD(accepted_at_ms), FIELD(amount), FIELD(answered), FIELD(unit), FIELD(district), FIELD(category),
	}, text[] = {
		FIELD(caller), FIELD(place), FIELD(title), FIELD(reason), FIELD(signed_by), FIELD(statute), FIELD(ticket_id),
	};
	struct event event = event_of(EVENT_RECEIVED, SAMPLE_AT_MS);
	for (size_t i = 0; i < COUNT_OF(number); i++) {
		struct event other = event;
		((uint8_t *)&other)[number[i].offset] ^= 1;
		if (!event_compare(&event, &other, names))
			fail_msg("%s is not compared", number[i].name);
	}
	for (size_t i = 0; i < COUNT_OF(text); i++) {
		struct event other = event;
		*(struct text *)((char *)&other + text[i].offset) = TEXT("x");
		if (event_compare(&event, &other, names) >= 0)
			fail_msg("%s is not compared", text[i].name);
	}
}

// Numbers of names are dealt out in the order of arrival, so they may not order anything.
static void two_tables_of_names_agree(void **state)
{
	(void)state;
	struct names *other = names_new();
	name_id other_u2 = names_intern(other, NAME_UNIT, TEXT("u2")), other_u1 = names_intern(other, NAME_UNIT, TEXT("u1"));
	struct event a = event_with_unit(EVENT_DISPATCHED), b = a, other_a = a, other_b = a;
	b.unit = u2;
	other_a.unit = other_u1;
	other_b.unit = other_u2;
	assert_true(event_compare(&a, &b, names) < 0);
	assert_true(event_compare(&other_a, &other_b, other) < 0);
	names_free(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_known_types_are_taken),
		cmocka_unit_test(types_have_names),
		cmocka_unit_test(instants_have_limits),
		cmocka_unit_test(numbers_have_limits),
		cmocka_unit_test(texts_have_limits),
		cmocka_unit_test(some_types_make_no_sense_without_a_unit),
		cmocka_unit_test(a_rating_says_something),
		cmocka_unit_test(what_does_not_belong_to_the_type_is_cleared),
		cmocka_unit_test(checking_twice_changes_nothing),
		cmocka_unit_test(names_have_limits),
		cmocka_unit_test(ticket_ids_have_limits),
		cmocka_unit_test(the_order_is_instant_seq_type_content),
		cmocka_unit_test(a_void_is_the_event_that_it_takes_out),
		cmocka_unit_test(the_order_is_one),
		cmocka_unit_test(every_field_is_compared),
		cmocka_unit_test(two_tables_of_names_agree),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
