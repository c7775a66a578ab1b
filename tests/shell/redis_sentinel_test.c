// The way to the master over Sentinels, with Sentinels and Redises that say whatever a test wants them to.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "redis.h"

enum { FAKES_MAX = 4, ADDRESS_BYTES = 512, WORD_BYTES = 256 };

// A server of one client at a time. It answers PING and SELECT with OK, and the rest with what stands here.
struct fake {
	bool is_silent;
	const char *login;       // "user password", "password"; others are refused. NULL: none is wanted
	char sentinel[128];      // to SENTINEL, as it goes over the wire; empty: an unknown command
	const char *role;        // to ROLE
	int fd, port;
	pid_t pid;
	int *asked;              // connections so far, shared with its process
};

static struct fake fakes[FAKES_MAX];
static struct redis *redis;
static struct error error;

static const char master_role[] = "*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n", replica_role[] = "*5\r\n$5\r\nslave\r\n$1\r\nh\r\n:1\r\n$9\r\nconnected\r\n:0\r\n";

static bool read_word(FILE *in, char word[WORD_BYTES])
{
	size_t size;
	char end[2];
	if (fscanf(in, "$%zu%*1[\r]%*1[\n]", &size) != 1 || size >= WORD_BYTES || fread(word, 1, size, in) != size || fread(end, 1, sizeof end, in) != sizeof end)
		return false;
	word[size] = '\0';
	return end[0] == '\r' && end[1] == '\n';
}

static bool is_login(const struct fake *fake, const char *user, const char *password)
{
	char login[2 * WORD_BYTES];
	snprintf(login, sizeof login, "%s%s%s", user, *user ? " " : "", password);
	return fake->login && !strcmp(login, fake->login);
}

// Takes one command and answers; false when the client has gone.
static bool serve_one(const struct fake *fake, FILE *in, int fd, bool *is_in)
{
	char word[4][WORD_BYTES] = { "" };
	size_t count;
	if (fscanf(in, "*%zu%*1[\r]%*1[\n]", &count) != 1 || count > 4)
		return false;
	for (size_t i = 0; i < count; i++)
		if (!read_word(in, word[i]))
			return false;
	const char *answer = "-ERR unknown command\r\n";
	if (!strcmp(word[0], "AUTH"))
		*is_in = is_login(fake, count == 3 ? word[1] : "", word[count - 1]);
	if (!strcmp(word[0], "AUTH") && !*is_in)
		answer = "-WRONGPASS invalid username-password pair\r\n";
	else if (!*is_in)
		answer = "-NOAUTH Authentication required.\r\n";
	else if (!strcmp(word[0], "AUTH") || !strcmp(word[0], "PING") || !strcmp(word[0], "SELECT"))
		answer = "+OK\r\n";
	else if (!strcmp(word[0], "ROLE") && fake->role)
		answer = fake->role;
	else if (!strcmp(word[0], "SENTINEL") && !strcmp(word[1], "get-master-addr-by-name") && fake->sentinel[0])
		answer = strcmp(word[2], "main") ? "*-1\r\n" : fake->sentinel;
	return send(fd, answer, strlen(answer), MSG_NOSIGNAL) > 0;
}

static void serve(const struct fake *fake)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		int fd = accept(fake->fd, NULL, NULL);
		FILE *in = fd < 0 ? NULL : fdopen(fd, "r");
		if (!in)
			_exit(1);
		++*fake->asked;
		for (bool is_in = !fake->login; fake->is_silent ? fgetc(in) != EOF : serve_one(fake, in, fd, &is_in);)
			continue;
		fclose(in);
	}
}

// Takes a port, on which nobody answers yet.
static void take_port(struct fake *fake)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof address;
	*fake = (struct fake){ .fd = socket(AF_INET, SOCK_STREAM, 0) };
	assert_int_equal(bind(fake->fd, (const struct sockaddr *)&address, size), 0);
	assert_int_equal(getsockname(fake->fd, (struct sockaddr *)&address, &size), 0);
	fake->port = ntohs(address.sin_port);
	fake->asked = mmap(NULL, sizeof *fake->asked, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(fake->asked, MAP_FAILED);
}

static void begin(struct fake *fake)
{
	assert_int_equal(listen(fake->fd, 16), 0);
	fake->pid = fork();
	assert_true(fake->pid >= 0);
	if (!fake->pid)
		serve(fake);
}

static void begin_sentinel(struct fake *fake, const struct fake *named)
{
	char port[8];
	int size = snprintf(port, sizeof port, "%d", named->port);
	snprintf(fake->sentinel, sizeof fake->sentinel, "*2\r\n$9\r\n127.0.0.1\r\n$%d\r\n%s\r\n", size, port);
	begin(fake);
}

static void begin_redis(struct fake *fake, const char *role)
{
	fake->role = role;
	begin(fake);
}

static int take_ports(void **state)
{
	(void)state;
	redis = NULL;
	for (size_t i = 0; i < FAKES_MAX; i++)
		take_port(&fakes[i]);
	return 0;
}

static int end(void **state)
{
	(void)state;
	redis_close(redis);
	for (size_t i = 0; i < FAKES_MAX; i++) {
		if (fakes[i].pid > 0) {
			kill(fakes[i].pid, SIGKILL);
			waitpid(fakes[i].pid, NULL, 0);
		}
		close(fakes[i].fd);
		munmap(fakes[i].asked, sizeof *fakes[i].asked);
	}
	return 0;
}

// By the first `count` fakes, whoever was asked first before.
static enum status open_by(size_t count, const char *login, const char *tail)
{
	char address[ADDRESS_BYTES] = "redis+sentinel://";
	size_t size = strlen(address);
	size += (size_t)snprintf(address + size, sizeof address - size, "%s", login);
	for (size_t i = 0; i < count; i++)
		size += (size_t)snprintf(address + size, sizeof address - size, "%s127.0.0.1:%d", i ? "," : "", fakes[i].port);
	snprintf(address + size, sizeof address - size, "/%s", tail);
	redis_close(redis);
	redis = NULL;
	return redis_open(address, &redis, &error);
}

// A way that leads to the master makes the one Sentinel in it the first, which is 0 of the next address too. Who is started later must not inherit the connection.
static void begin_with_first(void)
{
	assert_int_equal(open_by(1, "", "main"), OK);
	redis_close(redis);
	redis = NULL;
}

static void assert_at(const struct fake *fake)
{
	char name[64];
	snprintf(name, sizeof name, "127.0.0.1:%d", fake->port);
	assert_string_equal(redis_name(redis), name);
}

static void assert_error(const char *reason, const char *part)
{
	assert_string_equal(error.reason, reason);
	if (!strstr(error.text, part))
		fail_msg("\"%s\" is not in \"%s\"", part, error.text);
}

// Nobody there, one that is silent, one that names the master: he is found, and asked first from then on.
static void test_who_answered_is_asked_first(void **state)
{
	(void)state;
	fakes[1].is_silent = true;
	begin(&fakes[1]);
	begin_redis(&fakes[3], master_role);
	begin_sentinel(&fakes[2], &fakes[3]);
	if (open_by(3, "", "main/2") != OK)
		fail_msg("%s", error.text);
	assert_at(&fakes[3]);
	int silent = *fakes[1].asked;
	assert_int_equal(open_by(3, "", "main"), OK);
	assert_at(&fakes[3]);
	assert_int_equal(*fakes[1].asked, silent);
	assert_int_equal(*fakes[2].asked, 2);
}

static void test_all_silent(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		fakes[i].is_silent = true;
		begin(&fakes[i]);
	}
	assert_int_equal(open_by(3, "", "main"), RETRY);
	assert_error("redis_away", "no Sentinel answers; the last of 3 that were asked: ");
	assert_int_equal(*fakes[0].asked, 1);
	assert_int_equal(*fakes[1].asked, 1);
}

// What one says goes before what two that are away do not say.
static void test_unknown_name(void **state)
{
	(void)state;
	begin_sentinel(&fakes[1], &fakes[3]);
	assert_int_equal(open_by(3, "", "other"), RETRY);
	assert_error("master_unknown", "answers nil when asked for the master other");
}

// Another one may still know it.
static void test_unknown_to_one(void **state)
{
	(void)state;
	begin_redis(&fakes[3], master_role);
	begin_sentinel(&fakes[0], &fakes[3]);
	begin_with_first();
	snprintf(fakes[1].sentinel, sizeof fakes[1].sentinel, "*-1\r\n");
	begin(&fakes[1]);
	begin_sentinel(&fakes[2], &fakes[3]);
	kill(fakes[0].pid, SIGSTOP);
	enum status status = open_by(3, "", "main");
	kill(fakes[0].pid, SIGCONT);
	assert_int_equal(status, OK);
	assert_at(&fakes[3]);
	assert_int_equal(*fakes[1].asked, 1);
	assert_int_equal(*fakes[2].asked, 1);
}

// A Sentinel that is behind names a replica, or somebody who is gone, for ever: the next one is asked the next time.
static void test_replica_is_not_taken(void **state)
{
	(void)state;
	begin_redis(&fakes[3], master_role);
	begin_redis(&fakes[2], replica_role);
	begin_sentinel(&fakes[1], &fakes[3]);
	begin_sentinel(&fakes[0], &fakes[2]);
	assert_int_equal(open_by(1, "", "main"), RETRY);
	assert_error("not_master", "says that it is slave");
	*fakes[0].asked = 0;
	enum status status = open_by(2, "", "main");
	if (status == RETRY) {
		assert_error("not_master", "is not the master main that a Sentinel takes it for");
		status = open_by(2, "", "main");
	}
	assert_int_equal(status, OK);
	assert_at(&fakes[3]);
	assert_int_equal(open_by(2, "", "main"), OK);
	assert_int_equal(*fakes[1].asked, 2);
}

static void test_master_that_is_gone(void **state)
{
	(void)state;
	begin_redis(&fakes[3], master_role);
	begin_sentinel(&fakes[1], &fakes[3]);
	begin_sentinel(&fakes[0], &fakes[2]);
	assert_int_equal(open_by(1, "", "main"), RETRY);
	assert_error("redis_away", "Redis at 127.0.0.1:");
	enum status status = open_by(2, "", "main");
	assert_int_equal(status == RETRY ? open_by(2, "", "main") : status, OK);
	assert_at(&fakes[3]);
}

static void test_logins(void **state)
{
	(void)state;
	fakes[3].login = "tickets p@ss";
	begin_redis(&fakes[3], master_role);
	fakes[0].login = "watch w/w";
	begin_sentinel(&fakes[0], &fakes[3]);
	fakes[1].login = "only";
	begin_sentinel(&fakes[1], &fakes[3]);
	if (open_by(1, "tickets:p%40ss@", "main/1?sentinel_username=watch&sentinel_password=w%2Fw") != OK)
		fail_msg("%s", error.text);
	if (open_by(2, "tickets:p@ss@", "main?sentinel_password=only") != OK)  // the other one refuses, which passes while one does not
		fail_msg("%s", error.text);
	assert_int_equal(open_by(2, "tickets:p%40ss@", "main?sentinel_password=secret"), FATAL);
	assert_error("redis_denied", "Sentinel at 127.0.0.1:");
	assert_error("redis_denied", "WRONGPASS");
	assert_null(strstr(error.text, "secret"));
	assert_int_equal(open_by(1, "", "main"), FATAL);
	assert_error("redis_denied", "NOAUTH");
	assert_int_equal(open_by(3, "", "main"), RETRY);  // the third is away, and may be of another opinion
	assert_error("redis_denied", "NOAUTH");
	assert_int_equal(open_by(1, "tickets:secret@", "main?sentinel_username=watch&sentinel_password=w%2Fw"), FATAL);
	assert_error("redis_denied", "Redis at 127.0.0.1:");
}

static void test_not_a_sentinel(void **state)
{
	(void)state;
	static const char *const broken[] = { "+OK\r\n", "*1\r\n$1\r\nh\r\n", "*2\r\n$0\r\n\r\n$1\r\n1\r\n", "*2\r\n$1\r\nh\r\n$1\r\n0\r\n", "*2\r\n$1\r\nh\r\n$5\r\n65536\r\n",
		"*2\r\n$1\r\nh\r\n$10\r\n0123456789\r\n", "*2\r\n:1\r\n:2\r\n" };
	begin_redis(&fakes[1], master_role);
	for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
		take_port(&fakes[0]);
		snprintf(fakes[0].sentinel, sizeof fakes[0].sentinel, "%s", broken[i]);
		begin(&fakes[0]);
		if (open_by(1, "", "main") != FATAL)
			fail_msg("%s was taken", broken[i]);
		assert_error("broken_reply", "is it a Sentinel?");
		if (i + 1 < sizeof broken / sizeof *broken)
			kill(fakes[0].pid, SIGKILL);
	}
	fakes[0].port = fakes[1].port;
	assert_int_equal(open_by(1, "", "main"), FATAL);
	assert_error("sentinel_refused", "ERR unknown command");
}

// The user may lack the permission, which is not to be taken for a replica.
static void test_role_that_is_refused(void **state)
{
	(void)state;
	begin_redis(&fakes[1], "-NOPERM this user has no permissions to run the 'role' command\r\n");
	begin_sentinel(&fakes[0], &fakes[1]);
	assert_int_equal(open_by(1, "", "main"), FATAL);
	assert_error("redis_refused", "+role");
}

#define test(function) cmocka_unit_test_setup_teardown(function, take_ports, end)

int main(void)
{
	const struct CMUnitTest tests[] = { test(test_who_answered_is_asked_first), test(test_all_silent), test(test_unknown_name), test(test_unknown_to_one), test(test_replica_is_not_taken),
		test(test_master_that_is_gone), test(test_logins), test(test_not_a_sentinel), test(test_role_that_is_refused) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
