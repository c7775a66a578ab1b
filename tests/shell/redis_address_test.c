// The ways to say where Redis is.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "redis_address.h"

static void assert_address(const char *string, bool is_unix, const char *host, int port, int database, const char *user, const char *password)
{
	struct redis_address address;
	struct error error;
	if (redis_address_parse(string, &address, &error) != OK)
		fail_msg("%s: %s", string, error.text);
	assert_int_equal(address.is_unix, is_unix);
	assert_string_equal(address.host, host);
	assert_int_equal(address.port, is_unix ? 0 : port);
	assert_int_equal(address.database, database);
	assert_string_equal(address.user, user);
	assert_string_equal(address.password, password);
}

static void test_good(void **state)
{
	(void)state;
	assert_address("127.0.0.1:6380", false, "127.0.0.1", 6380, 0, "", "");
	assert_address("redis.example", false, "redis.example", 6379, 0, "", "");
	assert_address("[::1]:6380", false, "::1", 6380, 0, "", "");
	assert_address("redis://host", false, "host", 6379, 0, "", "");
	assert_address("redis://host:1/", false, "host", 1, 0, "", "");
	assert_address("redis://user:pass@host:1/3", false, "host", 1, 3, "user", "pass");
	assert_address("redis://:pass@host", false, "host", 6379, 0, "", "pass");
	assert_address("redis://u:p%40%3a%2F@host", false, "host", 6379, 0, "u", "p@:/");
	assert_address("redis://u:a@b@[::1]:7", false, "::1", 7, 0, "u", "a@b");
	assert_address("unix:///run/redis.sock", true, "/run/redis.sock", 0, 0, "", "");
}

static void test_bad(void **state)
{
	(void)state;
	static const char *const cases[] = {
		"", ":6379", "host:", "host:0", "host:65536", "host:x", "host:-1", "host:6379x", "[::1", "redis://", "redis://u:secret@", "redis://u:secret@host:x",
		"redis://u:secret%4@host", "redis://u:secret%zz@host", "redis://u:secret%00@host", "redis://host/x", "unix://", "rediss://u:secret@host",
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct redis_address address;
		struct error error;
		if (redis_address_parse(cases[i], &address, &error) != FATAL)
			fail_msg("\"%s\" was taken", cases[i]);
		assert_string_equal(error.reason, "bad_address");
		assert_null(strstr(error.text, "secret"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_good), cmocka_unit_test(test_bad) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
