#include "keys.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "civil.h"

static size_t format(char ret_key[KEY_BYTES_MAX], const char *pattern, ...) __attribute__((format(printf, 2, 3)));

// Every part is bounded by its own limit, so a key that does not fit is a bug.
static size_t format(char ret_key[KEY_BYTES_MAX], const char *pattern, ...)
{
	va_list args;
	va_start(args, pattern);
	int size = vsnprintf(ret_key, KEY_BYTES_MAX, pattern, args);
	va_end(args);
	assert(size > 0 && size < KEY_BYTES_MAX);
	return (size_t)size;
}

void key_shard(const char *topic, int32_t partition, char ret_shard[SHARD_NAME_BYTES])
{
	const char *name = strrchr(topic, '.');
	name = name ? name + 1 : topic;
	if (strcmp(name, "ticket-events") == 0)
		name = "tickets";
	snprintf(ret_shard, SHARD_NAME_BYTES, "%.20s.%" PRId32, name, partition);
}

size_t key_month(struct text dimension, int32_t month, char ret_key[KEY_BYTES_MAX])
{
	char name[CIVIL_MONTH_BYTES];
	civil_format_month(month, name);
	return format(ret_key, "hotline:{%.*s}:%s", (int)dimension.size, dimension.at, name);
}

size_t key_days(struct text dimension, int32_t month, char ret_key[KEY_BYTES_MAX])
{
	char name[CIVIL_MONTH_BYTES];
	civil_format_month(month, name);
	return format(ret_key, "hotline:{%.*s}:%s:days", (int)dimension.size, dimension.at, name);
}

size_t key_dimension_state(struct text dimension, char ret_key[KEY_BYTES_MAX])
{
	return format(ret_key, "hotline:{%.*s}:state", (int)dimension.size, dimension.at);
}

size_t key_dimension_outbox(struct text dimension, char ret_key[KEY_BYTES_MAX])
{
	return format(ret_key, "hotline:{%.*s}:outbox", (int)dimension.size, dimension.at);
}

size_t key_head(const char *shard, char ret_key[KEY_BYTES_MAX])
{
	return format(ret_key, "hotline:{%s}:head", shard);
}

size_t key_names(const char *shard, char ret_key[KEY_BYTES_MAX])
{
	return format(ret_key, "hotline:{%s}:names", shard);
}

size_t key_page(const char *shard, struct text page, char ret_key[KEY_BYTES_MAX])
{
	return format(ret_key, "hotline:{%s}:p:%.*s", shard, (int)page.size, page.at);
}

size_t key_partial(const char *shard, struct text dimension, int32_t month, char ret_key[KEY_BYTES_MAX])
{
	char name[CIVIL_MONTH_BYTES];
	civil_format_month(month, name);
	return format(ret_key, "hotline:{%s}:n:%.*s:%s", shard, (int)dimension.size, dimension.at, name);
}

size_t key_due(const char *shard, int64_t hour, char ret_key[KEY_BYTES_MAX])
{
	return format(ret_key, "hotline:{%s}:due:%" PRId64, shard, hour);
}

size_t key_outbox(const char *shard, char ret_key[KEY_BYTES_MAX])
{
	return format(ret_key, "hotline:{%s}:outbox", shard);
}

size_t key_changes(const char *shard, uint64_t chunk, char ret_key[KEY_BYTES_MAX])
{
	return format(ret_key, "hotline:{%s}:changes:%" PRIu64, shard, chunk);
}

size_t key_index(const char *shard, const char *of, int32_t month, char ret_key[KEY_BYTES_MAX])
{
	char name[CIVIL_MONTH_BYTES];
	civil_format_month(month, name);
	return format(ret_key, "hotline:{%s}:index:%s:%s", shard, of, name);
}

size_t key_policy(const char *shard, uint32_t edition, char ret_key[KEY_BYTES_MAX])
{
	return format(ret_key, "hotline:{%s}:policy:%" PRIu32, shard, edition);
}
