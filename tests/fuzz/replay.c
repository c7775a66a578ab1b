// Hands the files of a corpus to a fuzzer that was built without libFuzzer: replay DIR...
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "fuzz.h"

enum { INPUT_BYTES_MAX = 1 << 20 };

static void replay(const char *dir, const char *name)
{
	static uint8_t bytes[INPUT_BYTES_MAX];
	char path[4096];
	snprintf(path, sizeof path, "%s/%s", dir, name);
	FILE *file = fopen(path, "rb");
	if (!file) {
		perror(path);
		exit(EXIT_FAILURE);
	}
	size_t size = fread(bytes, 1, sizeof bytes, file);
	fclose(file);
	printf("%s\n", name);
	fflush(stdout);
	(void)LLVMFuzzerTestOneInput(bytes, size);
}

static unsigned replay_all(const char *path)
{
	unsigned count = 0;
	DIR *dir = opendir(path);
	for (const struct dirent *entry; dir && (entry = readdir(dir));)
		if (entry->d_name[0] != '.') {
			replay(path, entry->d_name);
			count++;
		}
	if (dir)
		closedir(dir);
	return count;
}

int main(int argc, char **argv)
{
	unsigned count = 0;
	for (int i = 1; i < argc; i++)
		count += replay_all(argv[i]);
	printf("%u inputs\n", count);
	return count ? EXIT_SUCCESS : EXIT_FAILURE;
}
