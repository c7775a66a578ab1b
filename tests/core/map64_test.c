// map64_test.c - what was put is found, and nothing else, however the map grew; numbers that lie close or far apart.
#include "check.h"

#include "map64.h"

enum { MANY = 5000 };

static uint64_t near(uint64_t i) { return i + 1; }
static uint64_t far(uint64_t i) { return (i + 1) << 44; }  // the same low bits
static uint64_t mixed(uint64_t i) { return (i + 1) * UINT64_C(0xd1342543de82ef95); }

static void check_keys(uint64_t (*key)(uint64_t))
{
	struct map64 map = { NULL, 0, 0 };
	bool is_new;
	assert_null(map64_find(&map, key(0)));
	for (uint64_t i = 0; i < MANY; i++) {
		int64_t *value = map64_put(&map, key(i), &is_new);
		assert_true(is_new);
		assert_int_equal(*value, 0);
		*value = -(int64_t)i;
	}
	assert_int_equal(map.count, MANY);
	for (uint64_t i = 0; i < MANY; i++) {
		assert_int_equal(*map64_find(&map, key(i)), -(int64_t)i);
		assert_int_equal(*map64_put(&map, key(i), &is_new), -(int64_t)i);
		assert_false(is_new);
	}
	assert_int_equal(map.count, MANY);
	for (uint64_t i = MANY; i < 2 * MANY; i++)
		assert_null(map64_find(&map, key(i)));
	map64_done(&map);
	assert_null(map64_find(&map, key(0)));
}

static void what_was_put_is_found(void **state)
{
	(void)state;
	check_keys(near);
	check_keys(far);
	check_keys(mixed);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(what_was_put_is_found) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
