// units_loop_test.c - what hotline-units does with more changes than one pass takes, while Redis is away; and while Kafka is slow to give published alerts back.
#include "core/check.h"

#include <stdio.h>

#include "civil.h"
#include "log.h"
#include "story.h"
#include "town.h"
#include "wire.h"

#define S SIM_SECOND_US
#define FROM_MS (SIM_WALL_MS - DAY_MS)
enum { CHANGES = 1200 };

static void send_changes(int count)
{
	static uint8_t bytes[WIRE_CHANGE_BYTES_MAX];
	int32_t day = civil_day_of(FROM_MS, 8 * HOUR_MS);
	for (int i = 0; i < count; i++) {
		char unit[32];
		snprintf(unit, sizeof unit, "unit/u-%d", i);
		size_t size = wire_pack_change(text_of(unit), &day, 1, "tickets.0", SIM_WALL_MS * 1000, bytes);
		town_send_bytes(TOWN_CHANGES, text_of(unit), (struct text){ (char *)bytes, (uint32_t)size });
	}
}

// Kafka is paused when the batch has been full for a while, and must go on afterwards where it stood.
static void changes_beyond_a_batch_wait_for_redis(void **state)
{
	(void)state;
	story_open();
	town_start_tickets();
	struct instance *units = town_start_units();
	story_send_tickets("a", 2, FROM_MS);
	sim_run_for(10 * S);
	redis_sim_down(10 * S);
	send_changes(CHANGES);
	sim_run_for(9 * S);
	assert_true(town_is_running(units));
	assert_in_range(kafka_sim_committed("units", TOWN_CHANGES, 0), 0, CHANGES - 1);
	story_send_tickets("b", 2, FROM_MS);
	sim_run_for(30 * S);
	town_send_clock_marks(SIM_WALL_MS);
	town_settle(200 * S);
	assert_int_equal(town_check(), 0);
	assert_int_equal(kafka_sim_committed("units", TOWN_CHANGES, 0), kafka_sim_topic(TOWN_CHANGES)->partition[0].count);
	town_close();
}

static size_t published(void)
{
	return kafka_sim_topic(TOWN_COUNTERS)->partition[0].count;
}

static void months_are_summed_while_alerts_are_read_back(void **state)
{
	const struct kafka_faults silent = { .ack_us_max = 5000, .silent_e4 = 10000 }, none = { .ack_us_max = 5000 };
	(void)state;
	story_open();
	town_start_tickets();
	struct instance *units = town_start_units();
	story_send_tickets("a", 2, FROM_MS);
	sim_run_for(20 * S);
	sim_member_crash(units->member);
	kafka_sim_set_faults(&silent);
	units = town_start_units();
	sim_run_for(20 * S);
	size_t before = published();
	story_send_tickets("b", 2, FROM_MS);
	sim_run_for(5 * S);
	assert_true(published() > before);
	kafka_sim_set_faults(&none);
	town_send_clock_marks(SIM_WALL_MS);
	town_settle(200 * S);
	assert_true(town_is_running(units));
	assert_int_equal(town_check(), 0);
	town_close();
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(changes_beyond_a_batch_wait_for_redis),
		cmocka_unit_test(months_are_summed_while_alerts_are_read_back),
	};
	log_init("sim", LOG_LEVEL_ERROR);
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
