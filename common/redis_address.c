#include "redis_address.h"

#include <ctype.h>
#include <stdio.h>
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

static bool parse_login(struct text login, struct redis_login *ret_login)
{
	const char *colon = login.size ? memchr(login.at, ':', login.size) : NULL;
	struct text user = { login.at, colon ? (uint32_t)(colon - login.at) : login.size };
	struct text password = { colon ? colon + 1 : NULL, colon ? login.size - user.size - 1 : 0 };
	return decode_percent(user, ret_login->user) && decode_percent(password, ret_login->password);
}

static bool parse_place(struct text text, int default_port, struct redis_place *ret_place)
{
	bool is_bracketed = text.size && text.at[0] == '[';
	const char *host_end = is_bracketed ? memchr(text.at, ']', text.size) : NULL;
	if (!text.size || (is_bracketed && !host_end))
		return false;
	const char *from = is_bracketed ? host_end : text.at;
	const char *colon = memchr(from, ':', (size_t)(text.at + text.size - from));
	const char *end = is_bracketed ? host_end : colon ? colon : text.at + text.size;
	struct text host = { text.at + is_bracketed, (uint32_t)(end - text.at) - is_bracketed };
	ret_place->port = default_port;
	if (colon && !parse_number((struct text){ colon + 1, (uint32_t)(text.at + text.size - colon - 1) }, 65535, &ret_place->port))
		return false;
	return host.size && ret_place->port && text_copy(host, ret_place->host, sizeof ret_place->host) && !strpbrk(ret_place->host, " ,;/?&=@");
}

// Takes away what stands before the first (or the last) `separator`, or everything; false when there is none.
static bool take_before(struct text *rest, char separator, bool is_last, struct text *ret_part)
{
	const char *found = !rest->size ? NULL : is_last ? memrchr(rest->at, separator, rest->size) : memchr(rest->at, separator, rest->size);
	*ret_part = (struct text){ rest->at, found ? (uint32_t)(found - rest->at) : rest->size };
	*rest = found ? (struct text){ found + 1, rest->size - ret_part->size - 1 } : (struct text){ NULL, 0 };
	return found;
}

static bool parse_database(struct text text, int *ret_database)
{
	return !text.size || parse_number(text, 65535, ret_database);
}

// "[[USER][:PASSWORD]@]": what is left is behind it.
static bool take_login(struct text *rest, struct redis_login *ret_login)
{
	struct text login, all = *rest;
	if (take_before(rest, '@', true, &login))
		return parse_login(login, ret_login);
	*rest = all;
	return true;
}

static bool parse_url(struct text rest, struct redis_address *address)
{
	struct text authority;
	take_before(&rest, '/', false, &authority);
	return parse_database(rest, &address->database) && take_login(&authority, &address->login) && parse_place(authority, REDIS_PORT_DEFAULT, &address->place);
}

static enum status wrong_part(struct error *error, const char *part)
{
	return error_set(error, FATAL, "bad_address", "%s in the Redis address is wrong; it is "
		"redis+sentinel://[USER:PASSWORD@]HOST:PORT,HOST:PORT.../MASTER[/DATABASE][?sentinel_username=USER&sentinel_password=PASSWORD], with %%2F for / and the like", part);
}

static enum status parse_sentinels(struct text rest, struct redis_address *address, struct error *error)
{
	for (bool has_more = true; has_more;) {
		char part[64];
		struct text place;
		has_more = take_before(&rest, ',', false, &place);
		if (address->sentinel_count == REDIS_SENTINELS_MAX)
			return error_set(error, FATAL, "bad_address", "the Redis address names more than %d Sentinels", REDIS_SENTINELS_MAX);
		if (!parse_place(place, REDIS_SENTINEL_PORT_DEFAULT, &address->sentinel[address->sentinel_count++])) {
			snprintf(part, sizeof part, "the HOST:PORT of Sentinel %zu", address->sentinel_count);
			return wrong_part(error, part);
		}
	}
	return OK;
}

// Source: "The valid charset is A-z 0-9 and the three characters .-_" in the sentinel.conf that comes with Redis.
static bool parse_master(struct text text, struct redis_address *address)
{
	for (uint32_t i = 0; i < text.size; i++)
		if (!isalnum((unsigned char)text.at[i]) && !strchr("._-", text.at[i]))
			return false;
	return text.size && text_copy(text, address->master, sizeof address->master);
}

static enum status parse_sentinel_login(struct text rest, struct redis_login *login, struct error *error)
{
	bool is_given = rest.size;
	for (bool has_more = is_given; has_more;) {
		struct text name, value;
		has_more = take_before(&rest, '&', false, &value);
		take_before(&value, '=', false, &name);
		if (text_equal(name, TEXT("sentinel_username")) && decode_percent(value, login->user))
			continue;
		if (!text_equal(name, TEXT("sentinel_password")) || !decode_percent(value, login->password))
			return wrong_part(error, "what stands behind the ?");
	}
	return is_given && !login->password[0] ? wrong_part(error, "a login of Sentinels without a sentinel_password") : OK;
}

static enum status parse_sentinel_url(struct text rest, struct redis_address *address, struct error *error)
{
	struct text authority, path, master;
	take_before(&rest, '/', false, &authority);
	take_before(&rest, '?', false, &path);
	take_before(&path, '/', false, &master);
	if (!take_login(&authority, &address->login))
		return wrong_part(error, "USER:PASSWORD");
	enum status status = parse_sentinels(authority, address, error);
	if (status == OK && !parse_master(master, address))
		status = wrong_part(error, "the name of the MASTER");
	if (status == OK && !parse_database(path, &address->database))
		status = wrong_part(error, "the number of the DATABASE");
	return status == OK ? parse_sentinel_login(rest, &address->sentinel_login, error) : status;
}

static bool take_prefix(struct text *text, struct text prefix)
{
	if (!text_starts_with(*text, prefix))
		return false;
	*text = (struct text){ text->at + prefix.size, text->size - prefix.size };
	return true;
}

enum status redis_address_parse(const char *string, struct redis_address *ret_address, struct error *error)
{
	struct text text = text_of(string);
	bool is_good;
	*ret_address = (struct redis_address){ 0 };
	if (text_starts_with(text, TEXT("rediss://")) || text_starts_with(text, TEXT("rediss+sentinel://")))
		return error_set(error, FATAL, "bad_address", "rediss:// (TLS) needs hiredis 1.x with its SSL part, which this build does not have; "
			"use redis:// through a tunnel such as stunnel");
	if (take_prefix(&text, TEXT("redis+sentinel://")))
		return parse_sentinel_url(text, ret_address, error);
	if (take_prefix(&text, TEXT("unix://"))) {
		ret_address->is_unix = true;
		is_good = text.size && text_copy(text, ret_address->place.host, sizeof ret_address->place.host);
	} else if (take_prefix(&text, TEXT("redis://"))) {
		is_good = parse_url(text, ret_address);
	} else {
		is_good = parse_place(text, REDIS_PORT_DEFAULT, &ret_address->place);
	}
	if (!is_good)  // not quoted: it may hold a password
		return error_set(error, FATAL, "bad_address", "the Redis address is not of the form HOST:PORT, redis://[USER:PASSWORD@]HOST:PORT[/DATABASE], "
			"redis+sentinel://HOST:PORT,HOST:PORT.../MASTER or unix:///PATH");
	return OK;
}
