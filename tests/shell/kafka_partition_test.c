// Who owns a key, against figures of Java's client.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kafka.h"

// Source: UtilsTest.testMurmur2 of Apache Kafka.
static void test_figures_of_java(void **state)
{
	(void)state;
	static const struct {
		const char *key;
		int32_t hash;
	} cases[] = {
		{ "21", -973932308 }, { "foobar", -790332482 }, { "a-little-bit-long-string", -985981536 }, { "a-little-bit-longer-string", -1486304829 },
		{ "lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971 }, { "abc", 479470107 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		for (int32_t count = 1; count < 100; count++)
			assert_int_equal(kafka_partition_of(text_of(cases[i].key), count), (int32_t)((uint32_t)cases[i].hash & 0x7fffffff) % count);
}

static void test_empty_and_binary(void **state)
{
	(void)state;
	assert_int_equal(kafka_partition_of(TEXT(""), 1), 0);
	assert_in_range(kafka_partition_of(TEXT("\xff\xfe\xfd"), 7), 0, 6);
	assert_in_range(kafka_partition_of(TEXT("\0\0\0\0\0"), 7), 0, 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_figures_of_java), cmocka_unit_test(test_empty_and_binary) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
