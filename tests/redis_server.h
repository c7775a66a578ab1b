// redis_server.h - a Redis of a test's own: a process with a socket in a temporary directory, which goes away with the test.
#ifndef HOTLINE_TESTS_REDIS_SERVER_H
#define HOTLINE_TESTS_REDIS_SERVER_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

enum { REDIS_SERVER_ARGUMENTS_MAX = 24 };

struct redis_server {
	pid_t pid;
	FILE *output;      // what it says, open as long as it lives
	char dir[64];
	char address[96];  // "unix:///tmp/hotline-redis.x/socket"
};

// Starts redis-server with more arguments ("--maxmemory-policy", "allkeys-lru", NULL) and returns when it serves. False when it cannot be started.
bool redis_server_start(struct redis_server *server, const char *const *arguments);
void redis_server_stop(struct redis_server *server);            // kills it and removes its directory
void redis_server_signal(const struct redis_server *server, int number);  // SIGSTOP, SIGCONT

#endif
