// The admin port over HTTP, on free ports of the loopback interface.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "admin.h"
#include "metrics.h"

static struct error error;
static char reply[64 * 1024];

static int connect_to(uint16_t port)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof address), 0);
	return fd;
}

// One request; the whole answer is in `reply`, its code is returned.
static int ask(struct admin *admin, const char *method, const char *path, const char *headers)
{
	char request[1024];
	int size = snprintf(request, sizeof request, "%s %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n%s\r\n", method, path, headers);
	int fd = connect_to(admin_port(admin)), code = 0;
	assert_int_equal(send(fd, request, (size_t)size, MSG_NOSIGNAL), size);
	size_t got = 0;
	for (ssize_t more; (more = recv(fd, reply + got, sizeof reply - 1 - got, 0)) > 0;)
		got += (size_t)more;
	reply[got] = '\0';
	close(fd);
	assert_int_equal(sscanf(reply, "HTTP/1.1 %d", &code), 1);
	return code;
}

static void assert_reply_has(const char *part)
{
	if (!strstr(reply, part))
		fail_msg("\"%s\" is not in:\n%s", part, reply);
}

static void test_health_and_readiness(void **state)
{
	(void)state;
	struct admin *admin;
	assert_int_equal(admin_open("127.0.0.1:0", NULL, &admin, &error), OK);
	assert_int_equal(ask(admin, "GET", "/healthz", ""), 200);
	assert_reply_has("\r\n\r\nok\n");
	assert_int_equal(ask(admin, "GET", "/readyz", ""), 503);
	assert_reply_has("not ready: starting\n");
	admin_set_ready(admin, false, "Redis is away");
	assert_int_equal(ask(admin, "GET", "/readyz", ""), 503);
	assert_reply_has("not ready: Redis is away\n");
	admin_set_ready(admin, true, NULL);
	assert_int_equal(ask(admin, "GET", "/readyz", ""), 200);
	assert_reply_has("\r\n\r\nready\n");
	admin_close(admin);
}

static void test_metrics(void **state)
{
	(void)state;
	struct admin *admin;
	metric_add(metrics_counter("t_admin_total", "Help.", NULL), 42);
	assert_int_equal(admin_open("127.0.0.1:0", NULL, &admin, &error), OK);
	assert_int_equal(ask(admin, "GET", "/metrics", ""), 200);
	assert_reply_has("text/plain; version=0.0.4");
	assert_reply_has("\nt_admin_total 42\n");
	assert_int_equal(ask(admin, "HEAD", "/metrics", ""), 200);
	assert_null(strstr(reply, "t_admin_total"));
	admin_close(admin);
}

static void test_other_requests(void **state)
{
	(void)state;
	struct admin *admin;
	assert_int_equal(admin_open("127.0.0.1:0", NULL, &admin, &error), OK);
	assert_int_equal(ask(admin, "GET", "/", ""), 404);
	assert_int_equal(ask(admin, "GET", "/metrics/../x", ""), 404);
	assert_int_equal(ask(admin, "DELETE", "/metrics", ""), 405);
	assert_reply_has("Allow: GET, HEAD\r\n");
	assert_int_equal(ask(admin, "POST", "/readyz", "Content-Length: 0\r\n"), 405);
	admin_close(admin);
}

enum { PATH_BYTES = 64 };

static void write_token(char path[PATH_BYTES], const char *token)
{
	snprintf(path, PATH_BYTES, "/tmp/hotline-token.XXXXXX");
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, token, strlen(token)), strlen(token));
	close(fd);
}

static void test_token(void **state)
{
	(void)state;
	struct admin *admin;
	char path[PATH_BYTES];
	write_token(path, "0123456789abcdef\nsecond line\n");
	assert_int_equal(admin_open("0.0.0.0:0", path, &admin, &error), OK);
	assert_int_equal(ask(admin, "GET", "/metrics", ""), 401);
	assert_reply_has("WWW-Authenticate: Bearer\r\n");
	static const char *const wrong[] = {
		"Bearer 0123456789abcdeg", "Bearer 0123456789abcde", "Bearer 0123456789abcdef0", "Bearer 0123456789abcdef0123456789abcdef", "Bearer ", "Basic 0123456789abcdef",
		"0123456789abcdef",
	};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		char header[128];
		snprintf(header, sizeof header, "Authorization: %s\r\n", wrong[i]);
		assert_int_equal(ask(admin, "GET", "/metrics", header), 401);
	}
	assert_int_equal(ask(admin, "GET", "/metrics", "Authorization: Bearer 0123456789abcdef\r\n"), 200);
	assert_int_equal(ask(admin, "GET", "/healthz", ""), 200);
	assert_int_equal(ask(admin, "GET", "/readyz", ""), 503);
	assert_null(strstr(reply, "starting"));
	assert_int_equal(ask(admin, "GET", "/readyz", "Authorization: Bearer 0123456789abcdef\r\n"), 503);
	assert_reply_has("not ready: starting\n");
	admin_close(admin);
	unlink(path);
}

static void test_bad_set_ups(void **state)
{
	(void)state;
	struct admin *admin, *other;
	char path[PATH_BYTES], address[32];
	assert_int_equal(admin_open("0.0.0.0:0", NULL, &admin, &error), FATAL);
	assert_string_equal(error.reason, "admin_exposed");
	assert_non_null(strstr(error.text, "--admin-token-file"));
	static const char *const bad[] = { "", "127.0.0.1", ":1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:65536", "[]:1", "[::1:1", "127.0.0.1:1x", "256.0.0.1:1" };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		if (admin_open(bad[i], NULL, &admin, &error) != FATAL)
			fail_msg("\"%s\" was taken", bad[i]);
		assert_string_equal(error.reason, "bad_address");
	}
	assert_int_equal(admin_open("127.0.0.1:0", "/nowhere/at/all", &admin, &error), FATAL);
	assert_string_equal(error.reason, "bad_token");
	write_token(path, "short\n");
	assert_int_equal(admin_open("127.0.0.1:0", path, &admin, &error), FATAL);
	assert_string_equal(error.reason, "bad_token");
	unlink(path);
	assert_int_equal(admin_open("127.0.0.1:0", NULL, &admin, &error), OK);
	snprintf(address, sizeof address, "127.0.0.1:%u", admin_port(admin));
	assert_int_equal(admin_open(address, NULL, &other, &error), FATAL);
	assert_string_equal(error.reason, "admin_away");
	admin_close(admin);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_health_and_readiness),
		cmocka_unit_test(test_metrics),
		cmocka_unit_test(test_other_requests),
		cmocka_unit_test(test_token),
		cmocka_unit_test(test_bad_set_ups),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
