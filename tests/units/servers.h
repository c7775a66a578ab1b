// servers.h - servers of a test's own: Redis on a socket in a temporary directory, a Kafka in memory, programs. All end with the test.
#ifndef HOTLINE_TEST_SERVERS_H
#define HOTLINE_TEST_SERVERS_H

#include <stdbool.h>
#include <sys/types.h>

#include "redis.h"

enum { SERVERS_PATH_BYTES = 256, SERVERS_WAIT_MS = 20000 };

extern char servers_redis_address[SERVERS_PATH_BYTES];  // "unix:///tmp/.../redis.sock"
extern char servers_brokers[SERVERS_PATH_BYTES];

// Makes the directory. Skips the test program where redis-server is missing (in CI a failure).
void servers_open(void);
void servers_close(void);  // ends what is running; keeps the directory when the environment has KEEP

void servers_start_redis(void);
void servers_kill_redis(void);          // -9; what it had written stays in its append-only file
void servers_stop_kafka(void);
void servers_start_kafka(const char *devbroker);
struct redis *servers_connect(void);    // waits until it answers

pid_t servers_spawn(const char *const *argv, const char *log_name);  // stderr goes to a file of the directory
void servers_signal(pid_t pid, int number);
int servers_wait_exit(pid_t pid, int timeout_ms);                    // its exit code, 128 + signal; fails the test after the time

// What /readyz of a program says, found by the port in its log; 0 when nobody answers.
int servers_readyz(const char *log_name);

// Asks again and again until it is so, and fails the test when it never is.
bool servers_await(bool (*is_so)(void *self), void *self, int timeout_ms);

// One command and its reply; fails the test when Redis does not answer.
const struct redisReply *servers_ask(struct redis *redis, const char *format, ...) __attribute__((format(printf, 2, 3)));  // words separated by blanks

#endif
