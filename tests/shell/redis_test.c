// The connection to Redis, against a server of its own.
#include <arpa/inet.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "redis.h"
#include "redis_server.h"

enum { PATIENCE_MS = 10000 };

static struct redis_server server;
static struct redis *redis;
static struct error error;
static const struct redisReply *reply;

static int start_server(void **state)
{
	(void)state;
	if (!redis_server_start(&server, NULL)) {
		fprintf(stderr, "redis-server cannot be started\n");
		return -1;
	}
	return 0;
}

static int stop_server(void **state)
{
	(void)state;
	redis_server_stop(&server);
	return 0;
}

static int open_connection(void **state)
{
	(void)state;
	return redis_open(server.address, &redis, &error) == OK ? 0 : -1;
}

static int close_connection(void **state)
{
	(void)state;
	redis_close(redis);
	return 0;
}

static void wait_reply(void)
{
	if (redis_wait(redis, PATIENCE_MS, &reply, &error) != OK)
		fail_msg("wait: %s", error.text);
}

// Queues a command of words separated by blanks.
static void queue(const char *words)
{
	struct text word[8];
	size_t count = 0;
	for (const char *at = words; *at && count < 8; at += strspn(at, " ")) {
		word[count] = (struct text){ at, (uint32_t)strcspn(at, " ") };
		at += word[count++].size;
	}
	redis_command(redis, count, word);
}

static void assert_text(const struct redisReply *found, const char *expected)
{
	struct text text = reply_text(found);
	if (!text_equal(text, text_of(expected)))
		fail_msg("\"%.*s\", not \"%s\"", (int)text.size, text.at, expected);
}

static void test_replies_of_every_type(void **state)
{
	(void)state;
	redis_begin(redis, "SET");
	redis_argument(redis, TEXT("binary\0\r\nkey"));
	redis_argument_integer(redis, INT64_MIN);
	redis_end(redis);
	queue("GET nothing");
	queue("RPUSH list a b");
	queue("LRANGE list 0 -1");
	queue("INCR list");
	redis_command(redis, 2, (struct text[]){ TEXT("GET"), TEXT("binary\0\r\nkey") });
	assert_int_equal(redis_pending(redis), 6);
	wait_reply();
	assert_int_equal(reply_type(reply), REPLY_STATUS);
	assert_text(reply, "OK");
	wait_reply();
	assert_int_equal(reply_type(reply), REPLY_NIL);
	assert_int_equal(reply_text(reply).size, 0);
	wait_reply();
	assert_int_equal(reply_type(reply), REPLY_INTEGER);
	assert_int_equal(reply_integer(reply), 2);
	wait_reply();
	assert_int_equal(reply_type(reply), REPLY_ARRAY);
	assert_int_equal(reply_count(reply), 2);
	assert_text(reply_at(reply, 1), "b");
	wait_reply();
	assert_int_equal(reply_type(reply), REPLY_ERROR);
	assert_int_equal(redis_check(reply, "INCR list", &error), FATAL);
	assert_string_equal(error.reason, "redis_refused");
	assert_string_equal(error.text, "Redis refuses INCR list: WRONGTYPE Operation against a key holding the wrong kind of value");
	wait_reply();
	assert_text(reply, "-9223372036854775808");
	assert_int_equal(redis_pending(redis), 0);
	assert_int_equal(redis_receive(redis, &reply, &error), OK);
	assert_null(reply);
}

static void test_transaction_in_one_write(void **state)
{
	(void)state;
	queue("WATCH head");
	queue("MULTI");
	queue("SET head 1");
	queue("INCR head");
	queue("EXEC");
	for (int i = 0; i < 5; i++)
		wait_reply();
	assert_int_equal(reply_count(reply), 2);
	assert_int_equal(reply_integer(reply_at(reply, 1)), 2);
	struct redis *other;
	queue("WATCH head");
	wait_reply();
	assert_int_equal(redis_open(server.address, &other, &error), OK);
	redis_command(other, 3, (struct text[]){ TEXT("SET"), TEXT("head"), TEXT("theirs") });
	assert_int_equal(redis_wait(other, PATIENCE_MS, &reply, &error), OK);
	redis_close(other);
	queue("MULTI");
	queue("SET head ours");
	queue("EXEC");
	for (int i = 0; i < 3; i++)
		wait_reply();
	assert_int_equal(reply_type(reply), REPLY_NIL);
}

// More than both sockets hold, both ways: a program that only wrote would wait for ever.
static void test_large_writes_and_replies(void **state)
{
	(void)state;
	enum { VALUE_BYTES = 1024 * 1024, COMMANDS = 32 };
	char *value = malloc(VALUE_BYTES);
	assert_non_null(value);
	memset(value, 'x', VALUE_BYTES);
	for (int i = 0; i < COMMANDS; i++)
		redis_command(redis, 2, (struct text[]){ TEXT("ECHO"), { value, VALUE_BYTES } });
	bool is_sent = false;
	for (size_t got = 0; got < COMMANDS;) {
		struct pollfd fd = { .fd = redis_fd(redis), .events = (short)(is_sent ? POLLIN : POLLIN | POLLOUT) };
		assert_int_equal(poll(&fd, 1, PATIENCE_MS), 1);
		assert_int_equal(redis_flush(redis, &is_sent, &error), OK);
		for (;;) {
			assert_int_equal(redis_receive(redis, &reply, &error), OK);
			if (!reply)
				break;
			assert_int_equal(reply_text(reply).size, VALUE_BYTES);
			got++;
		}
	}
	assert_true(is_sent);
	assert_int_equal(redis_pending(redis), 0);
	free(value);
	redis_rest(redis);  // and on it goes with new buffers
	queue("ECHO small");
	wait_reply();
	assert_text(reply, "small");
}

static void test_many_small_replies(void **state)
{
	(void)state;
	enum { COMMANDS = 50000 };
	for (int i = 0; i < COMMANDS; i++) {
		redis_begin(redis, "ECHO");
		redis_argument_integer(redis, i);
		redis_end(redis);
	}
	for (int i = 0; i < COMMANDS; i++) {
		char expected[16];
		snprintf(expected, sizeof expected, "%d", i);
		wait_reply();
		assert_text(reply, expected);
	}
}

static void test_silent_server(void **state)
{
	(void)state;
	redis_server_signal(&server, SIGSTOP);
	queue("PING");
	enum status status = redis_wait(redis, 50, &reply, &error);
	redis_server_signal(&server, SIGCONT);
	assert_int_equal(status, RETRY);
	assert_string_equal(error.reason, "redis_away");
	bool is_sent;
	assert_int_equal(redis_flush(redis, &is_sent, &error), RETRY);  // a late answer must not be taken for the next one's
	assert_int_equal(redis_receive(redis, &reply, &error), RETRY);
}

static void test_connection_that_is_cut(void **state)
{
	(void)state;
	queue("CLIENT KILL TYPE normal SKIPME no");
	queue("PING");
	enum status status = OK;
	for (int i = 0; i < 3 && status == OK; i++)
		status = redis_wait(redis, PATIENCE_MS, &reply, &error);
	assert_int_equal(status, RETRY);
	assert_string_equal(error.reason, "redis_away");
	queue("PING");
	assert_int_equal(redis_wait(redis, PATIENCE_MS, &reply, &error), RETRY);
}

static void test_errors_by_what_to_do(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		enum status status;
	} cases[] = {
		{ "LOADING Redis is loading", RETRY }, { "BUSY script", RETRY }, { "TRYAGAIN x", RETRY }, { "CLUSTERDOWN x", RETRY }, { "MASTERDOWN x", RETRY }, { "READONLY x", RETRY },
		{ "NOREPLICAS x", RETRY }, { "OOM command not allowed", RETRY }, { "MISCONF x", RETRY }, { "NOPERM x", FATAL }, { "MOVED 1 a:1", FATAL }, { "BUSYKEY x", FATAL }, { "ERR x", FATAL }, { "x", FATAL },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char script[256];
		snprintf(script, sizeof script, "return redis.error_reply('%s')", cases[i].text);
		redis_command(redis, 3, (struct text[]){ TEXT("EVAL"), text_of(script), TEXT("0") });
		wait_reply();
		enum status status = redis_check(reply, "EVAL", &error);
		if (status != cases[i].status)
			fail_msg("%s: %s, not %s", cases[i].text, status_name(status), status_name(cases[i].status));
	}
}

static int free_port(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof address;
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)&address, size), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
	close(fd);
	return ntohs(address.sin_port);
}

static void assert_sentence(const char *part)
{
	if (!strstr(error.text, part))
		fail_msg("\"%s\" is not in \"%s\"", part, error.text);
}

static void test_nobody_there(void **state)
{
	(void)state;
	assert_int_equal(redis_open("unix:///nowhere/at/all", &redis, &error), RETRY);
	assert_string_equal(error.reason, "redis_away");
	assert_int_equal(redis_open("rediss://127.0.0.1:1", &redis, &error), FATAL);
	assert_string_equal(error.reason, "bad_address");
	assert_sentence("TLS");
}

static void test_server_check(void **state)
{
	(void)state;
	static const char *const good[] = { "SET key value", "MGET key", "HSET key field value", "RPUSH key value", NULL };
	static const char *const bad[] = { "SET key value", "FROBNICATE key", "GET key", NULL };
	if (redis_check_server(redis, good, &error) != OK)
		fail_msg("%s", error.text);
	assert_int_equal(redis_check_server(redis, bad, &error), FATAL);
	assert_sentence("FROBNICATE");
	queue("GET key");  // the connection is usable, and nothing was done
	wait_reply();
	assert_int_equal(reply_type(reply), REPLY_NIL);
}

static void test_server_that_evicts(void **state)
{
	(void)state;
	static const char *const none[] = { NULL };
	queue("CONFIG SET maxmemory-policy allkeys-lru");
	wait_reply();
	assert_int_equal(redis_check_server(redis, none, &error), FATAL);
	assert_string_equal(error.reason, "redis_unfit");
	assert_sentence("allkeys-lru");
	queue("CONFIG SET maxmemory-policy noeviction");
	wait_reply();
	assert_int_equal(redis_check_server(redis, none, &error), OK);
}

// A login needs a URL, which a socket's address is not: over TCP on a port that is free now.
static void test_users(void **state)
{
	(void)state;
	static const char *const commands[] = { "GET key", "SET key value", NULL };
	char port[8], address[64];
	const char *const arguments[] = { "--port", port, "--user", "default", "off", "--user", "reader", "on", ">p@ss", "~*", "+info", "+ping", "+watch", "+unwatch", "+multi",
		"+discard", "+get", NULL };
	struct redis_server guarded;
	snprintf(port, sizeof port, "%d", free_port());
	assert_true(redis_server_start(&guarded, arguments));
	assert_int_equal(redis_open(guarded.address, &redis, &error), FATAL);
	assert_string_equal(error.reason, "redis_denied");
	assert_sentence("NOAUTH");
	snprintf(address, sizeof address, "redis://reader:wrong@127.0.0.1:%s", port);
	assert_int_equal(redis_open(address, &redis, &error), FATAL);
	assert_string_equal(error.reason, "redis_denied");
	assert_sentence("WRONGPASS");
	assert_null(strstr(error.text, "wrong@"));
	snprintf(address, sizeof address, "redis://reader:p%%40ss@127.0.0.1:%s/0", port);
	if (redis_open(address, &redis, &error) != OK)
		fail_msg("%s", error.text);
	assert_int_equal(redis_check_server(redis, commands, &error), FATAL);
	assert_string_equal(error.reason, "redis_refused");
	assert_sentence("SET key value");
	redis_close(redis);
	redis_server_stop(&guarded);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_replies_of_every_type, open_connection, close_connection),
		cmocka_unit_test_setup_teardown(test_transaction_in_one_write, open_connection, close_connection),
		cmocka_unit_test_setup_teardown(test_large_writes_and_replies, open_connection, close_connection),
		cmocka_unit_test_setup_teardown(test_many_small_replies, open_connection, close_connection),
		cmocka_unit_test_setup_teardown(test_silent_server, open_connection, close_connection),
		cmocka_unit_test_setup_teardown(test_connection_that_is_cut, open_connection, close_connection),
		cmocka_unit_test_setup_teardown(test_errors_by_what_to_do, open_connection, close_connection),
		cmocka_unit_test_setup_teardown(test_server_check, open_connection, close_connection),
		cmocka_unit_test_setup_teardown(test_server_that_evicts, open_connection, close_connection),
		cmocka_unit_test(test_nobody_there),
		cmocka_unit_test(test_users),
	};
	return cmocka_run_group_tests(tests, start_server, stop_server);
}
