// keys_test.c - keys as they are stored: what is there already must be found again.
#include "check.h"

#include "keys.h"

static char key[KEY_BYTES_MAX];

static void assert_key(size_t size, const char *wanted)
{
	assert_string_equal(key, wanted);
	assert_int_equal(size, strlen(wanted));
}

enum { MARCH_2024 = 2024 * 12 + 2 };

static void keys_of_dimensions(void **state)
{
	(void)state;
	assert_key(key_month(TEXT("unit/住建局"), MARCH_2024, key), "hotline:{unit/住建局}:2024-03");
	assert_key(key_days(TEXT("city"), MARCH_2024, key), "hotline:{city}:2024-03:days");
	assert_key(key_dimension_state(TEXT("city"), key), "hotline:{city}:state");
	assert_key(key_dimension_outbox(TEXT("district/A"), key), "hotline:{district/A}:outbox");
}

static void keys_of_shards(void **state)
{
	(void)state;
	assert_key(key_head("tickets.3", key), "hotline:{tickets.3}:head");
	assert_key(key_names("tickets.3", key), "hotline:{tickets.3}:names");
	assert_key(key_page("tickets.3", TEXT("2025030300"), key), "hotline:{tickets.3}:p:2025030300");
	assert_key(key_page("tickets.3", TEXT("*"), key), "hotline:{tickets.3}:p:*");
	assert_key(key_partial("tickets.3", TEXT("category/A/B"), MARCH_2024, key), "hotline:{tickets.3}:n:category/A/B:2024-03");
	assert_key(key_due("tickets.3", 0, key), "hotline:{tickets.3}:due:0");
	assert_key(key_due("tickets.3", 483000, key), "hotline:{tickets.3}:due:483000");
	assert_key(key_outbox("tickets.3", key), "hotline:{tickets.3}:outbox");
	assert_key(key_changes("tickets.3", UINT64_MAX, key), "hotline:{tickets.3}:changes:18446744073709551615");
	assert_key(key_index("tickets.3", "low-star", MARCH_2024, key), "hotline:{tickets.3}:index:low-star:2024-03");
	assert_key(key_policy("unit-events.0", UINT32_MAX, key), "hotline:{unit-events.0}:policy:4294967295");
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(keys_of_dimensions), cmocka_unit_test(keys_of_shards) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
