// redis_address.h - where Redis is and as whom to go there: what -r says, taken apart. Pure.
//
// Redis itself:
//   HOST, HOST:PORT, [::1]:PORT
//   redis://[[USER][:PASSWORD]@]HOST[:PORT][/DATABASE]
//   unix:///PATH
// The master that Sentinels watch, wherever it is at the moment:
//   redis+sentinel://[[USER][:PASSWORD]@]HOST[:PORT],HOST[:PORT].../MASTER[/DATABASE][?sentinel_username=USER&sentinel_password=PASSWORD]
// USER and PASSWORD before the @ are those of Redis, master and replicas alike; the Sentinels' own, where they have one, stand behind the ?, for all of them the same.
// In logins %40 and the like stand for characters: / , ? & @ % must be written so. MASTER is the name that the Sentinels know it by, of letters, digits and ._-
// Not supported: TLS (rediss://, rediss+sentinel://), to Redis or to Sentinels; Sentinels that nobody named here.
//
// Source: the last form is that of redis-sentinel-url (Python, Ruby), redisvl, LangChain and Prefect; the names of the Sentinels' login are Prefect's.
#ifndef HOTLINE_REDIS_ADDRESS_H
#define HOTLINE_REDIS_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"

enum { REDIS_ADDRESS_PART_BYTES = 256, REDIS_SENTINELS_MAX = 16, REDIS_PORT_DEFAULT = 6379, REDIS_SENTINEL_PORT_DEFAULT = 26379 };

struct redis_place {
	char host[REDIS_ADDRESS_PART_BYTES];
	int port;
};

struct redis_login {
	char user[REDIS_ADDRESS_PART_BYTES], password[REDIS_ADDRESS_PART_BYTES];  // empty when not given
};

struct redis_address {
	bool is_unix;              // place.host is the path of a socket
	struct redis_place place;  // empty where Sentinels have to be asked for it
	struct redis_login login;
	int database;
	size_t sentinel_count;     // 0: Redis is at `place`
	struct redis_place sentinel[REDIS_SENTINELS_MAX];
	struct redis_login sentinel_login;
	char master[REDIS_ADDRESS_PART_BYTES];
};

// FATAL bad_address when it has none of the forms above; the error names the part that is wrong and never quotes the address, which may hold a password.
MUST_USE enum status redis_address_parse(const char *string, struct redis_address *ret_address, struct error *error);

#endif
