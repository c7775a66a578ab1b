// redis_address.h - where Redis is and as whom to go there: what -r says, taken apart. Pure.
#ifndef HOTLINE_REDIS_ADDRESS_H
#define HOTLINE_REDIS_ADDRESS_H

#include <stdbool.h>

#include "error.h"

enum { REDIS_ADDRESS_PART_BYTES = 256, REDIS_PORT_DEFAULT = 6379 };

struct redis_address {
	bool is_unix;
	char host[REDIS_ADDRESS_PART_BYTES];  // or the path of the socket
	int port, database;
	char user[REDIS_ADDRESS_PART_BYTES], password[REDIS_ADDRESS_PART_BYTES];  // empty when not given
};

// "HOST", "HOST:PORT", "[::1]:PORT", "redis://[[USER][:PASSWORD]@]HOST[:PORT][/DATABASE]" with %40 and the like in user and password, "unix:///PATH".
// FATAL bad_address otherwise; the error never quotes the address, which may hold a password.
MUST_USE enum status redis_address_parse(const char *string, struct redis_address *ret_address, struct error *error);

#endif
