// batch_test.c - change messages into what is to be summed, and months that are judged again when they are over.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "batch.h"
#include "beliefs.h"
#include "civil.h"
#include "memory.h"
#include "months.h"

static struct names *names;
static struct batch batch;
static struct wire_arena arena;

static int set_up(void **state)
{
	(void)state;
	names = names_new();
	batch_init(&batch, 2);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	batch_done(&batch);
	names_free(names);
	return 0;
}

static enum status take(const char *dimension, const int32_t *day, size_t count, bool is_again, struct error *error)
{
	static uint8_t bytes[WIRE_CHANGE_BYTES_MAX];
	size_t size = wire_pack_change(text_of(dimension), day, count, "tickets.0", 1, bytes);
	return batch_take(&batch, (struct text){ (char *)bytes, (uint32_t)size }, is_again, names, &arena, error);
}

static int32_t day_of(const char *string)
{
	int32_t day;
	assert_true(civil_parse_day(text_of(string), &day));
	return day;
}

static void messages_of_one_month_become_one_change(void **state)
{
	(void)state;
	struct error error;
	const int32_t march[] = { day_of("2024-03-01"), day_of("2024-03-31"), day_of("2024-04-01") }, again[] = { day_of("2024-03-02") };
	assert_int_equal(take("unit/U", march, 3, false, &error), OK);
	assert_int_equal(take("unit/U", again, 1, true, &error), OK);
	assert_int_equal(take("city", again, 1, false, &error), OK);
	batch_sort(&batch);
	assert_int_equal(batch.count, 3);
	assert_int_equal(batch.change[0].month, 2024 * 12 + 2);
	assert_int_equal(batch.change[0].days, 1u << 30 | 3);
	assert_true(batch.change[0].is_again);
	assert_int_equal(batch.change[1].month, 2024 * 12 + 3);
	assert_int_equal(batch.change[1].days, 1);
	assert_false(batch.change[1].is_again);
	assert_int_equal(batch.change[2].dimension, names_find(names, NAME_CITY, TEXT("city")));
}

static void many_changes_are_found_again(void **state)
{
	(void)state;
	for (int turn = 0; turn < 2; turn++)
		for (uint32_t i = 0; i < 5000; i++)
			batch_add(&batch, (struct change){ .dimension = 1 + i % 100, .month = (int32_t)(24000 + i / 100), .days = 1u << turn });
	assert_int_equal(batch.count, 5000);
	for (uint32_t i = 0; i < 5000; i++)
		assert_int_equal(batch.change[i].days, 3);
	assert_true(batch_is_full(&batch));
	batch_clear(&batch);
	assert_true(batch_is_empty(&batch));
	assert_false(batch_is_full(&batch));
}

static void garbage_is_rejected(void **state)
{
	(void)state;
	struct error error;
	const int32_t today[] = { 19000 }, before[] = { -1 }, after[] = { 100000 };
	static const char *const bad[] = { "", "unit", "unit/", "town/T", "city/x", "unit/U/channel/phone", "unit/a{b}", "category/A/B/C", "category//B", "unit/\x01" };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(take(bad[i], today, 1, false, &error), REJECT);
	assert_int_equal(take("city", before, 1, false, &error), REJECT);
	assert_int_equal(take("city", after, 1, false, &error), REJECT);
	assert_int_equal(batch_take(&batch, TEXT("garbage"), false, names, &arena, &error), REJECT);
	assert_int_equal(batch.count, 0);
	static const char *const good[] = { "city", "unit/U", "district/兴隆台区", "group/基层", "category/A", "category/A/B" };
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		assert_int_equal(take(good[i], today, 1, false, &error), OK);
	assert_int_equal(batch.count, 6);
}

static void offsets_are_the_last_ones_and_can_be_forgotten(void **state)
{
	(void)state;
	assert_int_equal(batch.next_offset[0], -1);
	batch_reach(&batch, 0, 5);
	batch_reach(&batch, 1, 9);
	batch_reach(&batch, 0, 6);
	assert_int_equal(batch.next_offset[0], 6);
	assert_false(batch_is_empty(&batch));
	batch_forget_partition(&batch, 0);
	assert_int_equal(batch.next_offset[0], -1);
	assert_int_equal(batch.next_offset[1], 9);
}

static void open_months_come_back_when_the_clock_has_passed_them(void **state)
{
	(void)state;
	struct months months = { .first = INT32_MAX };
	months_note(&months, 3, 100, 100);
	months_note(&months, 3, 102, 100);
	months_note(&months, 7, 99, 100);  // was over when it was judged
	months_note(&months, 9, 101, 100);
	assert_false(months_has_over(&months, 100));
	assert_true(months_has_over(&months, 102));
	months_take_over(&months, 102, &batch);
	batch_sort(&batch);
	assert_int_equal(batch.count, 3);
	assert_int_equal(batch.change[0].dimension, 3);
	assert_int_equal(batch.change[0].month, 100);
	assert_int_equal(batch.change[0].days, 0);
	assert_int_equal(batch.change[1].month, 101);
	assert_int_equal(batch.change[2].dimension, 9);
	assert_false(months_has_over(&months, 102));
	assert_true(months_has_over(&months, 103));
	batch_clear(&batch);
	months_take_over(&months, 103, &batch);
	assert_int_equal(batch.count, 1);
	assert_false(months_has_over(&months, 200));
	months_reopen(&months);
	batch_clear(&batch);
	months_take_over(&months, 103, &batch);
	assert_int_equal(batch.count, 2);  // the last of each
	months_done(&months);
}

static void a_full_batch_leaves_open_months_for_the_next(void **state)
{
	(void)state;
	struct months months = { .first = INT32_MAX };
	for (name_id id = 1; id <= BATCH_CHANGES_MAX + 10; id++)
		months_note(&months, id, 100, 100);
	months_take_over(&months, 101, &batch);
	assert_int_equal(batch.count, BATCH_CHANGES_MAX);
	assert_true(months_has_over(&months, 101));
	batch_clear(&batch);
	months_take_over(&months, 101, &batch);
	assert_int_equal(batch.count, 10);
	assert_false(months_has_over(&months, 101));
	months_done(&months);
}

static void open_months_are_looked_at_again_on_a_day_that_matters(void **state)
{
	(void)state;
	struct months months = { .first = INT32_MAX };
	for (name_id id = 1; id <= BATCH_CHANGES_MAX + 10; id++)
		months_note(&months, id, 100, 100);
	assert_false(months_has_over(&months, 100));
	months_look_again(&months);
	assert_true(months_has_over(&months, 100));
	months_take_over(&months, 100, &batch);
	assert_int_equal(batch.count, BATCH_CHANGES_MAX);
	assert_false(batch.change[0].is_over);
	batch_clear(&batch);
	months_take_over(&months, 100, &batch);
	assert_int_equal(batch.count, 10);
	assert_false(months_has_over(&months, 100));
	assert_true(months_has_over(&months, 101));  // they are open still
	months_done(&months);
}

static bool is_ours(const void *self, struct text dimension)
{
	(void)self;
	return !text_equal(dimension, TEXT("unit/theirs"));
}

static void publish(struct beliefs *beliefs, const char *id, const char *dimension, const char *ticket_id, uint8_t state, int64_t revision)
{
	uint8_t bytes[WIRE_ALERT_BYTES_MAX];
	struct error error;
	struct wire_alert alert = { .id = text_of(id), .rule = TEXT("floors"), .dimension = text_of(dimension), .ticket_id = text_of(ticket_id), .state = state,
		.severity = SEVERITY_WARNING, .revision = revision };
	size_t size = wire_pack_alert(&alert, bytes);
	struct kafka_message message = { .value = { (char *)bytes, (uint32_t)size } };
	assert_int_equal(beliefs_take(beliefs, &message, &error), OK);
}

static void the_last_published_state_is_what_is_believed(void **state)
{
	(void)state;
	struct beliefs beliefs = { .names = names };
	publish(&beliefs, "floors/unit/U/2024-03/satisfaction", "unit/U", "", ALERT_FIRING, 7);
	publish(&beliefs, "floors/unit/U/2024-03/satisfaction", "unit/U", "", ALERT_RESOLVED, 9);
	publish(&beliefs, "floors/unit/U/2024-03/satisfaction", "unit/U", "", ALERT_FIRING, 8);
	publish(&beliefs, "floors/unit/U/2024-03/on_time", "unit/U", "", ALERT_FIRING, 1);
	publish(&beliefs, "floors/unit/theirs/2024-03/on_time", "unit/theirs", "", ALERT_FIRING, 1);
	publish(&beliefs, "floors/unit/U", "unit/U", "", ALERT_FIRING, 1);
	publish(&beliefs, "floors/unit/U/2024-03/completion", "unit/U", "ticket", ALERT_FIRING, 1);
	beliefs_settle(&beliefs);
	assert_true(beliefs_has_more(&beliefs));
	beliefs_give(&beliefs, &batch, is_ours, NULL);
	assert_false(beliefs_has_more(&beliefs));
	assert_int_equal(batch.belief_count, 2);
	assert_int_equal(batch.count, 1);
	assert_string_equal(batch.belief[1].judgement.field, "floors/2024-03/satisfaction");
	assert_int_equal(batch.belief[1].judgement.state, ALERT_RESOLVED);
	beliefs_done(&beliefs);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(messages_of_one_month_become_one_change),
		TEST(many_changes_are_found_again),
		TEST(garbage_is_rejected),
		TEST(offsets_are_the_last_ones_and_can_be_forgotten),
		TEST(open_months_come_back_when_the_clock_has_passed_them),
		TEST(a_full_batch_leaves_open_months_for_the_next),
		TEST(open_months_are_looked_at_again_on_a_day_that_matters),
		TEST(the_last_published_state_is_what_is_believed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
