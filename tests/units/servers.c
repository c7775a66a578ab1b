#include "servers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"

enum { WORDS_MAX = 64, LINE_BYTES = 4096, SKIPPED = 77, POLL_MS = 10, DESCRIPTORS = 16 };

char servers_redis_address[SERVERS_PATH_BYTES], servers_brokers[SERVERS_PATH_BYTES];
static char directory[] = "/tmp/hotline-units.XXXXXX";
static pid_t redis_pid, kafka_pid;

static void path_of(const char *name, char ret_path[SERVERS_PATH_BYTES])
{
	snprintf(ret_path, SERVERS_PATH_BYTES, "%s/%s", directory, name);
}

pid_t servers_spawn(const char *const *argv, const char *log_name)
{
	char log[SERVERS_PATH_BYTES];
	path_of(log_name, log);
	pid_t pid = fork();
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);  // nothing outlives the test
	int fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
	dup2(fd, STDOUT_FILENO);
	dup2(fd, STDERR_FILENO);
	execvp(argv[0], (char *const *)(uintptr_t)argv);
	_exit(127);
}

void servers_signal(pid_t pid, int number)
{
	assert_int_equal(kill(pid, number), 0);
}

int servers_wait_exit(pid_t pid, int timeout_ms)
{
	int64_t until_ms = clock_monotonic_ms() + timeout_ms;
	int state;
	while (waitpid(pid, &state, WNOHANG) == 0) {
		if (clock_monotonic_ms() > until_ms)
			fail_msg("process %d has not ended within %d ms", (int)pid, timeout_ms);
		poll(NULL, 0, POLL_MS);
	}
	return WIFEXITED(state) ? WEXITSTATUS(state) : 128 + WTERMSIG(state);
}

void servers_open(void)
{
	static const char *const argv[] = { "redis-server", "--version", NULL };
	if (!mkdtemp(directory))
		abort();
	if (servers_wait_exit(servers_spawn(argv, "redis.log"), SERVERS_WAIT_MS)) {
		printf("SKIP: redis-server is not installed\n");
		exit(getenv("CI") ? EXIT_FAILURE : SKIPPED);
	}
	snprintf(servers_redis_address, sizeof servers_redis_address, "unix://%s/redis.sock", directory);
}

static void end(pid_t *pid)
{
	if (!*pid)
		return;
	kill(*pid, SIGKILL);
	waitpid(*pid, NULL, 0);
	*pid = 0;
}

void servers_kill_redis(void)
{
	end(&redis_pid);
}

void servers_stop_kafka(void)
{
	end(&kafka_pid);
}

static int remove_one(const char *path, const struct stat *stat, int type, struct FTW *place)
{
	(void)stat;
	(void)type;
	(void)place;
	return remove(path);
}

void servers_close(void)
{
	end(&redis_pid);
	end(&kafka_pid);
	if (getenv("KEEP"))
		printf("kept %s\n", directory);
	else
		nftw(directory, remove_one, DESCRIPTORS, FTW_DEPTH | FTW_PHYS);
}

void servers_start_redis(void)
{
	char socket_path[SERVERS_PATH_BYTES];
	path_of("redis.sock", socket_path);
	const char *const argv[] = { "redis-server", "--port", "0", "--unixsocket", socket_path, "--dir", directory, "--save", "", "--appendonly", "yes",
		"--appendfsync", "no", "--maxmemory-policy", "noeviction", NULL };
	redis_pid = servers_spawn(argv, "redis.log");
	redis_close(servers_connect());
}

struct redis *servers_connect(void)
{
	int64_t until_ms = clock_monotonic_ms() + SERVERS_WAIT_MS;
	struct error error;
	struct redis *redis;
	while (redis_open(servers_redis_address, &redis, &error) != OK) {
		if (clock_monotonic_ms() > until_ms)
			fail_msg("Redis does not answer: %s", error.text);
		poll(NULL, 0, POLL_MS);
	}
	return redis;
}

static bool read_brokers(void *self)
{
	FILE *file = fopen(self, "r");
	if (!file)
		return false;
	bool is_there = fgets(servers_brokers, sizeof servers_brokers, file);
	servers_brokers[strcspn(servers_brokers, "\n")] = '\0';
	fclose(file);
	return is_there;
}

void servers_start_kafka(const char *devbroker)
{
	char port_file[SERVERS_PATH_BYTES];
	path_of("kafka.address", port_file);
	unlink(port_file);  // of the one before
	const char *const argv[] = { devbroker, "--port-file", port_file, NULL };
	kafka_pid = servers_spawn(argv, "kafka.log");
	servers_await(read_brokers, port_file, SERVERS_WAIT_MS);
}

// Of the last start that the log tells of.
static unsigned admin_port_of(const char *log_name)
{
	char path[SERVERS_PATH_BYTES], line[LINE_BYTES];
	unsigned port = 0;
	path_of(log_name, path);
	FILE *file = fopen(path, "r");
	while (file && fgets(line, sizeof line, file)) {
		const char *at = strstr(line, "msg=\"admin port\" port=");
		if (at)
			port = (unsigned)strtoul(strrchr(at, '=') + 1, NULL, 10);
	}
	if (file)
		fclose(file);
	return port;
}

int servers_readyz(const char *log_name)
{
	static const char request[] = "GET /readyz HTTP/1.0\r\n\r\n";
	char answer[LINE_BYTES] = "";
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)admin_port_of(log_name)), .sin_addr = { htonl(INADDR_LOOPBACK) } };
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0 && write(fd, request, sizeof request - 1) > 0) {
		ssize_t size = read(fd, answer, sizeof answer - 1);
		answer[size > 0 ? size : 0] = '\0';
	}
	close(fd);
	const char *code = strchr(answer, ' ');
	return code ? (int)strtol(code, NULL, 10) : 0;
}

bool servers_await(bool (*is_so)(void *self), void *self, int timeout_ms)
{
	int64_t until_ms = clock_monotonic_ms() + timeout_ms;
	while (!is_so(self)) {
		if (clock_monotonic_ms() > until_ms)
			return false;
		poll(NULL, 0, POLL_MS);
	}
	return true;
}

const struct redisReply *servers_ask(struct redis *redis, const char *format, ...)
{
	char line[LINE_BYTES];
	struct text word[WORDS_MAX];
	size_t count = 0;
	va_list args;
	va_start(args, format);
	vsnprintf(line, sizeof line, format, args);
	va_end(args);
	for (const char *at = line; *at && count < WORDS_MAX; at += strspn(at, " ")) {
		word[count] = (struct text){ at, (uint32_t)strcspn(at, " ") };
		at += word[count++].size;
	}
	const struct redisReply *reply;
	struct error error;
	redis_command(redis, count, word);
	if (redis_wait(redis, SERVERS_WAIT_MS, &reply, &error) != OK)
		fail_msg("%s", error.text);
	return reply;
}
