#include "commands.h"

#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BROKER = 1, API_KEY_MAX = 100 };

// A number and what follows it; false when there is none.
static bool take_number(char **at, long least, long most, long *ret_number)
{
	char *end;
	long number = strtol(*at, &end, 10);
	if (end == *at || (*end && *end != ' ') || number < least || number > most)
		return false;
	*at = end;
	*ret_number = number;
	return true;
}

static const char *fail(rd_kafka_mock_cluster_t *cluster, int16_t key, char *codes)
{
	long code;
	if (!codes[strspn(codes, " ")])
		return "no error code";
	for (char *at = codes; *(at += strspn(at, " "));)
		if (!take_number(&at, INT16_MIN, INT16_MAX, &code))
			return "an error code is a number";
	for (char *at = codes; *(at += strspn(at, " "));)
		if (!take_number(&at, INT16_MIN, INT16_MAX, &code) || rd_kafka_mock_broker_push_request_error_rtts(cluster, BROKER, key, 1, (rd_kafka_resp_err_t)code, 0))
			return "the broker does not take it";
	return NULL;
}

static const char *spoil_topic(rd_kafka_mock_cluster_t *cluster, char *name)
{
	long code;
	name += strspn(name, " ");
	char *at = name + strcspn(name, " ");
	if (at == name || !*at)
		return "a topic and an error code";
	*at++ = 0;
	if (!take_number(&at, INT16_MIN, INT16_MAX, &code) || *at)
		return "an error code is a number";
	rd_kafka_mock_topic_set_error(cluster, name, (rd_kafka_resp_err_t)code);
	return NULL;
}

// "left KEY" has its number as the answer, the others nothing but whether it was done.
static const char *obey(rd_kafka_mock_cluster_t *cluster, char *line, bool *ret_has_number, size_t *ret_number)
{
	long key;
	char *at = line + strcspn(line, " ");
	bool is_fail = strncmp(line, "fail ", 5) == 0, is_left = strncmp(line, "left ", 5) == 0;
	if (strncmp(line, "topic ", 6) == 0)
		return spoil_topic(cluster, at);
	if (!is_fail && !is_left)
		return "there are the commands fail KEY CODE..., left KEY and topic NAME CODE";
	if (!take_number(&at, 0, API_KEY_MAX, &key))
		return "the key of an API is a number from 0";
	if (is_fail)
		return fail(cluster, (int16_t)key, at);
	*ret_has_number = true;
	return rd_kafka_mock_broker_error_stack_cnt(cluster, BROKER, (int16_t)key, ret_number) ? "the broker does not tell" : NULL;
}

static void answer(rd_kafka_mock_cluster_t *cluster, char *line)
{
	bool has_number = false;
	size_t number = 0;
	const char *problem = obey(cluster, line, &has_number, &number);
	if (problem)
		printf("error: %s\n", problem);
	else if (has_number)
		printf("%zu\n", number);
	else
		puts("ok");
	fflush(stdout);
}

// Answers the whole lines that are there, and keeps the rest for when more comes.
static size_t answer_lines(rd_kafka_mock_cluster_t *cluster, char *text, size_t size)
{
	char *line = text, *end;
	while ((end = memchr(line, '\n', size - (size_t)(line - text)))) {
		*end = 0;
		answer(cluster, line);
		line = end + 1;
	}
	size_t left = size - (size_t)(line - text);
	memmove(text, line, left);
	return left;
}

void commands_run(rd_kafka_mock_cluster_t *cluster, int stop_fd)
{
	static char text[COMMANDS_LINE_BYTES];
	size_t size = 0;
	struct pollfd fd[] = { { .fd = stop_fd, .events = POLLIN }, { .fd = STDIN_FILENO, .events = POLLIN } };
	while (poll(fd, sizeof fd / sizeof *fd, -1) > 0 && !fd[0].revents) {
		ssize_t count = read(STDIN_FILENO, text + size, sizeof text - size);
		if (count <= 0) {
			fd[1].fd = -1;
			continue;
		}
		size = answer_lines(cluster, text, size + (size_t)count);
		if (size == sizeof text) {
			puts("error: the line is too long");
			fflush(stdout);
			size = 0;
		}
	}
}
