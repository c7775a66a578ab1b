#include "redis_address.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

static bool parse_number(struct text text, int max, int *ret_number)
{
	char digits[8], *end;
	if (!text.size || !isdigit((unsigned char)text.at[0]) || !text_copy(text, digits, sizeof digits))
		return false;
	long number = strtol(digits, &end, 10);
	if (*end || number > max)
		return false;
	*ret_number = (int)number;
	return true;
}

// Undoes %40 and the like, as in any URL.
static bool decode_percent(struct text text, char ret_string[REDIS_ADDRESS_PART_BYTES])
{
	size_t size = 0;
	for (uint32_t i = 0; i < text.size; i++) {
		char c = text.at[i];
		if (c == '%') {
			if (i + 2 >= text.size || !isxdigit((unsigned char)text.at[i + 1]) || !isxdigit((unsigned char)text.at[i + 2]))
				return false;
			char hex[3] = { text.at[i + 1], text.at[i + 2], '\0' };
			c = (char)strtol(hex, NULL, 16);
			i += 2;
		}
		if (!c || size + 1 >= REDIS_ADDRESS_PART_BYTES)
			return false;
		ret_string[size++] = c;
	}
	ret_string[size] = '\0';
	return true;
}

static bool parse_login(struct text login, struct redis_address *address)
{
	const char *colon = login.size ? memchr(login.at, ':', login.size) : NULL;
	struct text user = { login.at, colon ? (uint32_t)(colon - login.at) : login.size };
	struct text password = { colon ? colon + 1 : NULL, colon ? login.size - user.size - 1 : 0 };
	return decode_percent(user, address->user) && decode_percent(password, address->password);
}

static bool parse_host_port(struct text text, struct redis_address *address)
{
	bool is_bracketed = text.size && text.at[0] == '[';
	const char *host_end = is_bracketed ? memchr(text.at, ']', text.size) : NULL;
	if (is_bracketed && !host_end)
		return false;
	const char *from = is_bracketed ? host_end : text.at;
	const char *colon = memchr(from, ':', (size_t)(text.at + text.size - from));
	const char *end = is_bracketed ? host_end : colon ? colon : text.at + text.size;
	struct text host = { text.at + is_bracketed, (uint32_t)(end - text.at) - is_bracketed };
	address->port = REDIS_PORT_DEFAULT;
	if (colon && !parse_number((struct text){ colon + 1, (uint32_t)(text.at + text.size - colon - 1) }, 65535, &address->port))
		return false;
	return host.size && address->port && text_copy(host, address->host, sizeof address->host);
}

static bool parse_url(struct text rest, struct redis_address *address)
{
	const char *slash = rest.size ? memchr(rest.at, '/', rest.size) : NULL;
	if (slash) {
		struct text database = { slash + 1, (uint32_t)(rest.at + rest.size - slash - 1) };
		if (database.size && !parse_number(database, 65535, &address->database))
			return false;
		rest.size = (uint32_t)(slash - rest.at);
	}
	const char *at_sign = rest.size ? memrchr(rest.at, '@', rest.size) : NULL;
	if (at_sign) {
		struct text login = { rest.at, (uint32_t)(at_sign - rest.at) };
		if (!parse_login(login, address))
			return false;
		rest = (struct text){ at_sign + 1, rest.size - login.size - 1 };
	}
	return rest.size && parse_host_port(rest, address);
}

static struct text after(struct text text, struct text prefix)
{
	return (struct text){ text.at + prefix.size, text.size - prefix.size };
}

enum status redis_address_parse(const char *string, struct redis_address *ret_address, struct error *error)
{
	struct text text = text_of(string);
	bool is_good;
	*ret_address = (struct redis_address){ 0 };
	if (text_starts_with(text, TEXT("rediss://")))
		return error_set(error, FATAL, "bad_address", "rediss:// (TLS) needs hiredis 1.x with its SSL part, which this build does not have; "
			"use redis:// through a tunnel such as stunnel");
	if (text_starts_with(text, TEXT("unix://"))) {
		ret_address->is_unix = true;
		struct text path = after(text, TEXT("unix://"));
		is_good = path.size && text_copy(path, ret_address->host, sizeof ret_address->host);
	} else if (text_starts_with(text, TEXT("redis://"))) {
		is_good = parse_url(after(text, TEXT("redis://")), ret_address);
	} else {
		is_good = text.size && parse_host_port(text, ret_address);
	}
	if (!is_good)  // not quoted: it may hold a password
		return error_set(error, FATAL, "bad_address", "the Redis address is not of the form HOST:PORT, redis://[USER:PASSWORD@]HOST:PORT[/DATABASE] or unix:///PATH");
	return OK;
}
