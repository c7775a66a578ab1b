// The log's line: what is quoted, what is escaped, what is cut.
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "log.h"

static char line[LOG_LINE_BYTES_MAX + 1];

static void __attribute__((format(printf, 2, 3))) format(const char *message, const char *pairs, ...)
{
	va_list args;
	va_start(args, pairs);
	size_t size = log_format(line, 1709600000123, LOG_LEVEL_WARN, "hotline-test", message, pairs, args);
	va_end(args);
	assert_in_range(size, 1, LOG_LINE_BYTES_MAX);
	line[size] = '\0';
}

#define PREFIX "ts=2024-03-05T00:53:20.123Z level=warn program=hotline-test "

static void test_plain(void **state)
{
	(void)state;
	format("taken over", "");
	assert_string_equal(line, PREFIX "msg=\"taken over\"\n");
	format("taken", "topic=%s partition=%d offset=%" PRId64 " is_first=yes", "hotline.ticket-events", 3, INT64_C(-2));
	assert_string_equal(line, PREFIX "msg=taken topic=hotline.ticket-events partition=3 offset=-2 is_first=yes\n");
}

static void test_every_conversion(void **state)
{
	(void)state;
	format("m", "a=%u b=%ld c=%zu d=%016" PRIx64 " e=%.2f f=%c g=%.*s h=%i i=%llu j=%hd", 4294967295u, -5L, (size_t)6, UINT64_C(0xabc), 2.005, 'x', 3, "abcdef", -1,
		18446744073709551615ull, (short)-7);
	assert_string_equal(line, PREFIX "msg=m a=4294967295 b=-5 c=6 d=0000000000000abc e=2.00 f=x g=abc h=-1 i=18446744073709551615 j=-7\n");
}

static void test_escaping(void **state)
{
	(void)state;
	static const struct {
		const char *value, *written;
	} cases[] = {
		{ "", "v=\"\"" }, { "a b", "v=\"a b\"" }, { "a=b", "v=\"a=b\"" }, { "say \"hi\"", "v=\"say \\\"hi\\\"\"" }, { "C:\\x", "v=\"C:\\\\x\"" },
		{ "two\nlines\r\t", "v=\"two\\nlines\\r\\t\"" }, { "\x01\x7f", "v=\"\\x01\\x7f\"" }, { "兴隆台区", "v=兴隆台区" }, { "物业 管理", "v=\"物业 管理\"" },
		{ "level=error msg=forged\n", "v=\"level=error msg=forged\\n\"" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char expected[256];
		snprintf(expected, sizeof expected, PREFIX "msg=m %s w=1\n", cases[i].written);
		format("m", "v=%s w=%d", cases[i].value, 1);
		assert_string_equal(line, expected);
	}
}

static void test_null_is_left_out(void **state)
{
	(void)state;
	const char *volatile nothing = NULL;  // the compiler would see through less
	format("m", "a=%s b=%s", nothing, "x");
	assert_string_equal(line, PREFIX "msg=m b=x\n");
}

static void test_long_line_is_cut_at_a_pair(void **state)
{
	(void)state;
	static char value[2 * LOG_LINE_BYTES_MAX];
	memset(value, 'x', sizeof value - 1);
	format("m", "a=1 long=%s b=2", value);
	assert_string_equal(line, PREFIX "msg=m a=1 cut=true\n");
	// The longest value that fits, and one byte more.
	size_t room = LOG_LINE_BYTES_MAX - 16 - strlen(PREFIX "msg=m long=");
	format("m", "long=%.*s", (int)room, value);
	assert_null(strstr(line, "cut=true"));
	format("m", "long=%.*s", (int)room + 1, value);
	assert_string_equal(line, PREFIX "msg=m cut=true\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_every_conversion),
		cmocka_unit_test(test_escaping),
		cmocka_unit_test(test_null_is_left_out),
		cmocka_unit_test(test_long_line_is_cut_at_a_pair),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
