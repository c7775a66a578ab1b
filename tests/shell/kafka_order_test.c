// Offsets without a hole: what is taken, what is read again, what is believed.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kafka_order.h"

static struct kafka_order order;

static void assert_verdict(int64_t offset, enum order_verdict expected)
{
	enum order_verdict verdict = kafka_order_judge(&order, offset);
	if (verdict != expected)
		fail_msg("offset %ld when %ld is expected: %d, not %d", (long)offset, (long)order.expected, verdict, expected);
	if (verdict == ORDER_TAKE || verdict == ORDER_TAKE_FOUND)
		order.expected = offset + 1;
}

static void test_without_hole(void **state)
{
	(void)state;
	kafka_order_start(&order, 5);
	for (int64_t offset = 5; offset < 10; offset++)
		assert_verdict(offset, ORDER_TAKE);
	assert_verdict(9, ORDER_DROP);
	assert_verdict(0, ORDER_DROP);
	assert_verdict(10, ORDER_TAKE);
}

static void test_unknown_start_takes_anything(void **state)
{
	(void)state;
	kafka_order_start(&order, -2);
	assert_verdict(1234, ORDER_TAKE);
	assert_verdict(1236, ORDER_AGAIN);
}

static void test_hole_that_was_the_clients(void **state)
{
	(void)state;
	kafka_order_start(&order, 5);
	assert_verdict(7, ORDER_AGAIN);
	assert_verdict(5, ORDER_TAKE_FOUND);
	assert_verdict(6, ORDER_TAKE);
	assert_verdict(7, ORDER_TAKE);
}

static void test_hole_that_is_in_the_log(void **state)
{
	(void)state;
	kafka_order_start(&order, 5);
	assert_verdict(7, ORDER_AGAIN);
	assert_verdict(7, ORDER_TAKE);
	assert_verdict(9, ORDER_AGAIN);  // the next one is judged anew
	assert_verdict(10, ORDER_TAKE);  // and may have grown meanwhile
}

static void test_many_holes_in_a_row_are_believed(void **state)
{
	(void)state;
	kafka_order_start(&order, 0);
	int64_t offset = 1;
	for (int i = 0; i < ORDER_HOLES_TRUSTED; i++, offset += 2) {
		assert_verdict(offset, ORDER_AGAIN);
		assert_verdict(offset, ORDER_TAKE);
	}
	assert_verdict(offset, ORDER_TAKE);
	assert_verdict(offset + 100, ORDER_TAKE);
}

static void test_one_hole_of_the_client_ends_the_belief(void **state)
{
	(void)state;
	kafka_order_start(&order, 0);
	int64_t offset = 1;
	for (int i = 0; i < ORDER_HOLES_TRUSTED - 1; i++, offset += 2) {
		assert_verdict(offset, ORDER_AGAIN);
		assert_verdict(offset, ORDER_TAKE);
	}
	assert_verdict(offset, ORDER_AGAIN);
	assert_verdict(offset - 1, ORDER_TAKE_FOUND);
	assert_verdict(offset + 1, ORDER_AGAIN);
	assert_verdict(offset + 1, ORDER_TAKE);
	assert_verdict(offset + 3, ORDER_AGAIN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_without_hole),
		cmocka_unit_test(test_unknown_start_takes_anything),
		cmocka_unit_test(test_hole_that_was_the_clients),
		cmocka_unit_test(test_hole_that_is_in_the_log),
		cmocka_unit_test(test_many_holes_in_a_row_are_believed),
		cmocka_unit_test(test_one_hole_of_the_client_ends_the_belief),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
