// The ways to say where Redis is.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
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
	assert_string_equal(address.place.host, host);
	assert_int_equal(address.place.port, is_unix ? 0 : port);
	assert_int_equal(address.database, database);
	assert_string_equal(address.login.user, user);
	assert_string_equal(address.login.password, password);
	assert_int_equal(address.sentinel_count, 0);
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

// The Sentinels are put together again as "HOST PORT, ".
static void assert_sentinels(const char *string, const char *sentinels, const char *master, int database, const char *login, const char *sentinel_login)
{
	struct redis_address address;
	struct error error;
	char text[512] = "", logins[REDIS_ADDRESS_PART_BYTES * 2 + 2];
	if (redis_address_parse(string, &address, &error) != OK)
		fail_msg("%s: %s", string, error.text);
	for (size_t i = 0; i < address.sentinel_count; i++)
		snprintf(text + strlen(text), sizeof text - strlen(text), "%s %d, ", address.sentinel[i].host, address.sentinel[i].port);
	assert_string_equal(text, sentinels);
	assert_string_equal(address.master, master);
	assert_int_equal(address.database, database);
	snprintf(logins, sizeof logins, "%s %s", address.login.user, address.login.password);
	assert_string_equal(logins, login);
	snprintf(logins, sizeof logins, "%s %s", address.sentinel_login.user, address.sentinel_login.password);
	assert_string_equal(logins, sentinel_login);
	assert_string_equal(address.place.host, "");
	assert_false(address.is_unix);
}

static void test_sentinels(void **state)
{
	(void)state;
	assert_sentinels("redis+sentinel://a:1,b:2,c:3/main", "a 1, b 2, c 3, ", "main", 0, " ", " ");
	assert_sentinels("redis+sentinel://a/my.master_1-2/", "a 26379, ", "my.master_1-2", 0, " ", " ");
	assert_sentinels("redis+sentinel://[::1],[::1]:5,10.0.0.1/m/3", "::1 26379, ::1 5, 10.0.0.1 26379, ", "m", 3, " ", " ");
	assert_sentinels("redis+sentinel://user:p%40%2c%2F%3f@a,b:7/m/1?sentinel_username=w&sentinel_password=x%26y", "a 26379, b 7, ", "m", 1, "user p@,/?", "w x&y");
	assert_sentinels("redis+sentinel://:p,q@r@a/m?sentinel_password=s@t:u=v/w", "a 26379, ", "m", 0, " p,q@r", " s@t:u=v/w");
	assert_sentinels("redis+sentinel://a/m?", "a 26379, ", "m", 0, " ", " ");
	char many[256] = "redis+sentinel://a", all[512] = "a 26379, ";
	for (int i = 1; i < REDIS_SENTINELS_MAX; i++) {
		memcpy(many + strlen(many), ",b", sizeof ",b");
		memcpy(all + strlen(all), "b 26379, ", sizeof "b 26379, ");
	}
	memcpy(many + strlen(many), "/m", sizeof "/m");
	assert_sentinels(many, all, "m", 0, " ", " ");
}

// Each with the part that is told to be wrong.
static void test_bad_sentinels(void **state)
{
	(void)state;
	static const struct {
		const char *string, *part;
	} cases[] = {
		{ "redis+sentinel://", "HOST:PORT of Sentinel 1" },
		{ "redis+sentinel:///m", "HOST:PORT of Sentinel 1" },
		{ "redis+sentinel://u:secret@/m", "HOST:PORT of Sentinel 1" },
		{ "redis+sentinel://a,,c/m", "HOST:PORT of Sentinel 2" },
		{ "redis+sentinel://a,b:1,/m", "HOST:PORT of Sentinel 3" },
		{ "redis+sentinel://a,b:0/m", "HOST:PORT of Sentinel 2" },
		{ "redis+sentinel://a,b:65536/m", "HOST:PORT of Sentinel 2" },
		{ "redis+sentinel://[::1/m", "HOST:PORT of Sentinel 1" },
		{ "redis+sentinel://a;b/m", "HOST:PORT of Sentinel 1" },
		{ "redis+sentinel://u:se/cret@a/m", "HOST:PORT of Sentinel 1" },
		{ "redis+sentinel://u:secret%4@a/m", "USER:PASSWORD" },
		{ "redis+sentinel://a", "name of the MASTER" },
		{ "redis+sentinel://a/", "name of the MASTER" },
		{ "redis+sentinel://a//0", "name of the MASTER" },
		{ "redis+sentinel://a/my master", "name of the MASTER" },
		{ "redis+sentinel://u:1/secret@a", "name of the MASTER" },
		{ "redis+sentinel://a/m/x", "number of the DATABASE" },
		{ "redis+sentinel://a/m/65536", "number of the DATABASE" },
		{ "redis+sentinel://a/m?password=secret", "behind the ?" },
		{ "redis+sentinel://a/m?sentinel_password", "without a sentinel_password" },
		{ "redis+sentinel://a/m?sentinel_password=secret%", "behind the ?" },
		{ "redis+sentinel://a/m?sentinel_password=secret&", "behind the ?" },
		{ "redis+sentinel://a/m?sentinel_username=u", "without a sentinel_password" },
		{ "redis+sentinel://a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a/m", "more than 16 Sentinels" },
		{ "rediss+sentinel://u:secret@a/m", "TLS" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct redis_address address;
		struct error error;
		if (redis_address_parse(cases[i].string, &address, &error) != FATAL)
			fail_msg("\"%s\" was taken", cases[i].string);
		assert_string_equal(error.reason, "bad_address");
		assert_null(strstr(error.text, "secret"));
		if (!strstr(error.text, cases[i].part))
			fail_msg("\"%s\": \"%s\" does not name %s", cases[i].string, error.text, cases[i].part);
	}
}

static void test_bad(void **state)
{
	(void)state;
	static const char *const cases[] = {
		"", ":6379", "host:", "a,b", "a;b", "u@host", "host/0", "redis://a,b", "host:0", "host:65536", "host:x", "host:-1", "host:6379x", "[::1", "redis://", "redis://u:secret@", "redis://u:secret@host:x",
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
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_good), cmocka_unit_test(test_sentinels), cmocka_unit_test(test_bad), cmocka_unit_test(test_bad_sentinels) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
