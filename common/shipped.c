#include "shipped.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

// How far above the program the source tree may lie: build/PRESET/producers/replay/hotline-replay is four.
enum { LEVELS_UP_MAX = 6 };

static bool is_there(const char *directory, const char *middle, const char *folder, const char *name, char ret_path[SHIPPED_PATH_BYTES])
{
	static const char *const endings[] = { ".yaml", "" };
	for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
		char path[SHIPPED_PATH_BYTES];
		int size = snprintf(path, sizeof path, "%s/%s/%s/%s%s", directory, middle, folder, name, endings[i]);
		if (size < SHIPPED_PATH_BYTES && access(path, R_OK) == 0) {
			memcpy(ret_path, path, (size_t)size + 1);
			return true;
		}
	}
	return false;
}

// The directory of this program, without a slash at its end.
static bool own_directory(char ret_directory[SHIPPED_PATH_BYTES])
{
	ssize_t size = readlink("/proc/self/exe", ret_directory, SHIPPED_PATH_BYTES - 1);
	if (size <= 0)
		return false;
	ret_directory[size] = '\0';
	*strrchr(ret_directory, '/') = '\0';
	return true;
}

enum status shipped_find(const char *folder, const char *name, char ret_path[SHIPPED_PATH_BYTES], struct error *error)
{
	char directory[SHIPPED_PATH_BYTES];
	if (access(name, R_OK) == 0 && strlen(name) < SHIPPED_PATH_BYTES) {
		memcpy(ret_path, name, strlen(name) + 1);
		return OK;
	}
	if (!strchr(name, '/') && own_directory(directory)) {
		if (is_there(directory, "../share/hotline", folder, name, ret_path))
			return OK;
		for (int i = 0; i < LEVELS_UP_MAX && directory[0]; i++) {
			if (is_there(directory, "deploy", folder, name, ret_path))
				return OK;
			*strrchr(directory, '/') = '\0';
		}
	}
	return error_set(error, FATAL, "bad_config", "no file %s, and none of that name among the shipped %s", name, folder);
}
