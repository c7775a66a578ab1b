// shipped.h - finds files that come with the programs: mappings, policies, profiles.
#ifndef HOTLINE_SHIPPED_H
#define HOTLINE_SHIPPED_H

#include <stddef.h>

#include "error.h"

enum { SHIPPED_PATH_BYTES = 4096 };

// `name` is a path, or the name of a shipped file without its ending: "boston311" is DIR/mappings/boston311.yaml for folder "mappings", where DIR is
// share/hotline beside the installed programs, or deploy/ of the source tree that the program was built in. What exists at the path itself wins.
// FATAL "bad_config" with the places that were looked at.
MUST_USE enum status shipped_find(const char *folder, const char *name, char ret_path[SHIPPED_PATH_BYTES], struct error *error);

#endif
