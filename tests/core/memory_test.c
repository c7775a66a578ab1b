// memory_test.c - without memory a program ends at once: one line that says how much was asked for, and SIGABRT (134 in a shell). Its state is in Redis.
#include "check.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "memory.h"

enum { SAID_BYTES = 256 };

// Under the sanitizer, too, what cannot be had is NULL.
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}

static void ask_for_too_much(void)
{
	free(memory_new(SIZE_MAX / 4));
}

static void ask_for_more_than_a_number_holds(void)
{
	free(memory_resize(NULL, SIZE_MAX / 2, 8));
}

static void grow_too_far(void)
{
	size_t capacity = 16;
	free(memory_grow(NULL, SIZE_MAX / 16, 8, &capacity));
}

static void assert_ends(void (*act)(void))
{
	int ends[2], status = 0;
	char said[SAID_BYTES] = "";
	assert_int_equal(pipe(ends), 0);
	pid_t child = fork();
	if (child == 0) {
		dup2(ends[1], STDERR_FILENO);
		signal(SIGABRT, SIG_DFL);  // cmocka has taken it
		act();
		_exit(0);
	}
	close(ends[1]);
	size_t size = 0;
	for (ssize_t got; size < sizeof said - 1 && (got = read(ends[0], said + size, sizeof said - 1 - size)) > 0;)
		size += (size_t)got;
	close(ends[0]);
	assert_true(child > 0 && waitpid(child, &status, 0) == child);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGABRT);
	if (!strstr(said, "out of memory: ") || !strstr(said, " bytes\n"))
		fail_msg("it said \"%s\"", said);
}

static void without_memory_the_program_ends(void **state)
{
	(void)state;
	assert_ends(ask_for_too_much);
	assert_ends(ask_for_more_than_a_number_holds);
	assert_ends(grow_too_far);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_memory_the_program_ends),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
