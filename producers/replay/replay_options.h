// replay_options.h - reads the command line of hotline-replay.
#ifndef HOTLINE_REPLAY_OPTIONS_H
#define HOTLINE_REPLAY_OPTIONS_H

#include "replay.h"

// Returns -1 to go on, or the code to exit with (after --help, or with the mistake told on stderr). Strings live as long as argv and the environment.
int replay_options_read(int argc, char **argv, struct replay_options *ret_options);

#endif
