// Only in the preset coverage, in each of our programs: one that a signal ends leaves what it had run to be counted, as one does that ends by itself.
#include <signal.h>
#include <stdlib.h>

static void end(int number)
{
	exit(128 + number);  // gcov writes at exit
}

__attribute__((constructor)) static void count_what_is_ended(void)
{
	signal(SIGTERM, end);
}
