// full_loop_test.c - a ticket has a limit: what comes on top becomes a dead letter with its reason, and changes nothing.
#include "core/check.h"

#include <stdio.h>

#include "log.h"
#include "story.h"
#include "ticket.h"
#include "town.h"
#include "truth.h"

#define S SIM_SECOND_US
#define FROM_MS (SIM_WALL_MS - INT64_C(86400000))
enum { LONG_BYTES = 900 };

static void open_town(void)
{
	story_open();
	town_start_tickets();
}

// The ticket's next event, each at a second of its own. A long one has a reason that no other has.
static void send(uint32_t number, bool is_long)
{
	char reason[LONG_BYTES + 1];
	struct event event = event_of(EVENT_DISPATCHED, FROM_MS + number * INT64_C(1000));
	event.unit = names_intern(town_names(), NAME_UNIT, number % 2 ? TEXT("fire") : TEXT("water"));
	if (is_long) {
		event.type = EVENT_RETURNED;
		event.reason = (struct text){ reason, (uint32_t)snprintf(reason, sizeof reason, "%0*u", LONG_BYTES, number) };
	}
	town_send_ticket_event("a", &event, town_names());
}

static uint32_t stored_events(void)
{
	struct lines lines = { .count = 0 };
	unsigned count = 0;
	truth_read(&lines);
	for (size_t i = 0; i < lines.count; i++)
		if (sscanf(lines.line[i], "ticket a events=%u ", &count) == 1)
			break;
	lines_done(&lines);
	return count;
}

static void check_dead_letters(uint32_t from, uint32_t to, const char *error)
{
	const struct log_partition *letters = &kafka_sim_topic(TOWN_DEAD_LETTERS)->partition[0];
	assert_int_equal(letters->count, to - from);
	for (uint32_t number = from; number < to; number++) {
		const struct record *letter = &letters->record[number - from];
		char offset[16];
		struct text value;
		snprintf(offset, sizeof offset, "%u", number);
		assert_text_equal(letter->key, "a");
		assert_true(record_header(letter, "reason", &value));
		assert_text_equal(value, "too_many_events");
		assert_true(record_header(letter, "error", &value));
		assert_text_equal(value, error);
		assert_true(record_header(letter, "offset", &value));
		assert_text_equal(value, offset);
	}
}

static void a_ticket_of_too_many_events_takes_no_more(void **state)
{
	(void)state;
	open_town();
	for (uint32_t i = 0; i < TICKET_EVENTS_MAX + 2; i++)
		send(i, false);
	sim_run_for(200 * S);
	assert_true(town_is_quiet());
	assert_int_equal(stored_events(), TICKET_EVENTS_MAX);
	check_dead_letters(TICKET_EVENTS_MAX, TICKET_EVENTS_MAX + 2, "a ticket may have 256 events");
	town_close();
}

// What is refused for its size is taken out again: a shorter one of the same step still finds room.
static void a_ticket_of_too_many_bytes_takes_what_is_short(void **state)
{
	(void)state;
	enum { FIT = TICKET_BYTES_MAX / (LONG_BYTES + 8) };  // eight more are the most that such an event takes beside its reason
	open_town();
	for (uint32_t i = 0; i < FIT; i++)
		send(i, true);
	sim_run_for(100 * S);
	assert_int_equal(stored_events(), FIT);
	send(FIT, true);
	send(FIT + 1, true);
	send(FIT + 2, false);
	sim_run_for(50 * S);
	assert_true(town_is_quiet());
	uint32_t long_ones = stored_events() - 1;
	assert_in_range(long_ones, FIT, FIT + 1);
	check_dead_letters(long_ones, FIT + 2, "a ticket may have 65536 bytes");
	town_close();
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_ticket_of_too_many_events_takes_no_more),
		cmocka_unit_test(a_ticket_of_too_many_bytes_takes_what_is_short),
	};
	log_init("sim", LOG_LEVEL_ERROR);
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
