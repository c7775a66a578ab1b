// `hotline status`: brokers, topics, how far each shard is, and how far hotline-units.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "civil.h"
#include "clock.h"
#include "console.h"
#include "kafka_look.h"
#include "memory.h"

enum { TOPICS = 8, UNKNOWN = -1 };

struct topic {
	const char *name;
	int32_t partitions;  // 0: it is not there
	int64_t records;     // kept, of all partitions
};

struct shard_status {
	const struct store_shard *shard;
	int64_t low, high;   // the first offset that Kafka has, and the next that it will give; UNKNOWN
};

// hotline-units, whose offsets lie in Kafka. One that has committed nothing of a partition begins at its start.
struct group_status {
	const char *name;
	int64_t lag;         // of the changes, all partitions together; UNKNOWN
	int64_t committed;   // how many partitions it has committed something of
};

struct memory_status {
	int64_t used_bytes, max_bytes;  // UNKNOWN where Redis does not say; 0 of max is no limit
};

struct view {
	struct store *store;
	struct kafka_look *look;    // NULL when Kafka is away
	struct error kafka_error;   // why
	struct topic topic[TOPICS];
	size_t topic_count, shard_count;
	struct shard_status *shard;
	struct group_status units;
	struct memory_status memory;
	int64_t now_ms;
	int32_t zone_ms;
};

static int64_t field_number(struct text text, const char *name)
{
	size_t size = strlen(name);
	for (uint32_t at = 0; at + size < text.size; at++)
		if ((at == 0 || text.at[at - 1] == '\n') && memcmp(text.at + at, name, size) == 0)
			return strtoll(text.at + at + size, NULL, 10);
	return UNKNOWN;
}

// INFO is lines of "name:value". A Redis that does not let us ask is not an error here.
static enum status read_memory(struct view *view, struct error *error)
{
	struct redis *redis = store_redis(view->store);
	const struct redisReply *reply;
	redis_command(redis, 2, (const struct text[]){ TEXT("INFO"), TEXT("memory") });
	enum status status = redis_wait(redis, STORE_WAIT_MS, &reply, error);
	if (status != OK)
		return status;
	view->memory.used_bytes = reply_type(reply) == REPLY_STRING ? field_number(reply_text(reply), "used_memory:") : UNKNOWN;
	view->memory.max_bytes = reply_type(reply) == REPLY_STRING ? field_number(reply_text(reply), "maxmemory:") : UNKNOWN;
	return OK;
}

static enum status read_topic(struct view *view, struct topic *topic, struct error *error)
{
	enum status status = kafka_look_partitions(view->look, topic->name, &topic->partitions, error);
	for (int32_t i = 0; i < topic->partitions && status == OK; i++) {
		int64_t low, high;
		status = kafka_look_watermarks(view->look, topic->name, i, &low, &high, error);
		if (status != OK)
			break;
		topic->records += high - low;
		for (size_t j = 0; j < view->shard_count; j++)
			if (view->shard[j].shard->head.partition == i && strcmp(view->shard[j].shard->head.topic, topic->name) == 0)
				view->shard[j].low = low, view->shard[j].high = high;
	}
	return status;
}

static enum status read_units(const struct console *console, struct view *view, struct error *error)
{
	int32_t count;
	enum status status = kafka_look_partitions(view->look, console->changes_topic, &count, error);
	if (status != OK || !count)
		return status;
	int64_t *committed = memory_new((size_t)count * sizeof *committed), low, high, lag = 0;
	status = kafka_look_committed(&console->kafka, view->units.name, console->changes_topic, count, CONSOLE_KAFKA_MS, committed, error);
	for (int32_t i = 0; i < count && status == OK; i++) {
		status = kafka_look_watermarks(view->look, console->changes_topic, i, &low, &high, error);
		if (status != OK)
			break;
		lag += high - (committed[i] < low ? low : committed[i]);
		view->units.committed += committed[i] >= 0;
	}
	if (status == OK)
		view->units.lag = lag;
	free(committed);
	return status;
}

// Kafka being away is told and not fatal: what Redis holds is still worth seeing.
static void read_kafka(const struct console *console, struct view *view)
{
	const char *const names[TOPICS] = { console->ticket_topic, console->unit_topic, console->link_topic, console->changes_topic, "hotline.unit-counters", console->alert_topic,
		"hotline.dead-letters" };
	enum status status = kafka_look_open(&console->kafka, CONSOLE_KAFKA_MS, &view->look, &view->kafka_error);
	for (size_t i = 0; i < TOPICS && names[i] && status == OK; i++) {
		view->topic[view->topic_count].name = names[i];
		status = read_topic(view, &view->topic[view->topic_count++], &view->kafka_error);
	}
	if (status == OK)
		status = read_units(console, view, &view->kafka_error);
	if (status != OK && view->look) {
		kafka_look_close(view->look);
		view->look = NULL;
	}
}

static int64_t lag_of(const struct shard_status *shard)
{
	int64_t offset = shard->shard->head.offset;
	if (shard->high == UNKNOWN || !shard->shard->is_there)
		return UNKNOWN;
	return shard->high - (offset < 0 ? shard->low : offset);  // negative: from the earliest on
}

static json_t *json_known(int64_t number)
{
	return number == UNKNOWN ? json_null() : json_integer(number);
}

static json_t *shard_json(const struct view *view, const struct shard_status *status)
{
	const struct head *head = &status->shard->head;
	char owner[24];
	json_t *object = json_object();
	snprintf(owner, sizeof owner, "%016" PRIx64, head->owner);
	json_object_set_new(object, "kind", json_string("shard"));
	json_object_set_new(object, "shard", json_string(status->shard->name));
	if (!status->shard->is_there) {
		json_object_set_new(object, "started", json_false());
		return object;
	}
	json_object_set_new(object, "started", json_true());
	json_object_set_new(object, "topic", json_string(head->topic));
	json_object_set_new(object, "partition", json_integer(head->partition));
	json_object_set_new(object, "owner", json_string(owner));
	json_object_set_new(object, "offset", head->offset < 0 ? json_null() : json_integer(head->offset));
	json_object_set_new(object, "high_watermark", json_known(status->high));
	json_object_set_new(object, "lag", json_known(lag_of(status)));
	json_object_set_new(object, "commit", json_integer((json_int_t)head->commit));
	json_object_set_new(object, "clock", head->clock_ms ? json_instant(head->clock_ms, view->zone_ms) : json_null());
	json_object_set_new(object, "behind_ms", head->clock_ms ? json_integer(view->now_ms - head->clock_ms) : json_null());
	json_object_set_new(object, "policy", json_string(head->policy));
	json_object_set_new(object, "edition", json_integer(head->edition));
	json_object_set_new(object, "sweeping", json_boolean(head->sweep != 0));
	json_object_set_new(object, "catching_up", json_boolean(head->is_catching_up));
	json_object_set_new(object, "outbox", json_integer(status->shard->outbox_count));
	return object;
}

static json_t *units_json(const struct view *view)
{
	json_t *object = json_object();
	json_object_set_new(object, "kind", json_string("group"));
	json_object_set_new(object, "group", json_string(view->units.name));
	json_object_set_new(object, "partitions_committed", json_integer(view->units.committed));
	json_object_set_new(object, "lag", json_known(view->units.lag));
	return object;
}

static json_t *kafka_json(const struct view *view)
{
	json_t *object = json_object(), *brokers = json_array();
	json_object_set_new(object, "kind", json_string("kafka"));
	json_object_set_new(object, "available", json_boolean(view->look != NULL));
	for (size_t i = 0; view->look && i < kafka_look_broker_count(view->look); i++)
		json_array_append_new(brokers, json_string(kafka_look_broker(view->look, i)));
	json_object_set_new(object, "brokers", brokers);
	if (!view->look)
		json_object_set_new(object, "problem", json_string(view->kafka_error.text));
	return object;
}

static json_t *redis_json(const struct view *view)
{
	json_t *object = json_object();
	json_object_set_new(object, "kind", json_string("redis"));
	json_object_set_new(object, "address", json_string(redis_name(store_redis(view->store))));
	json_object_set_new(object, "used_bytes", json_known(view->memory.used_bytes));
	json_object_set_new(object, "max_bytes", json_known(view->memory.max_bytes));
	return object;
}

static void write_json(const struct console *console, const struct view *view)
{
	struct json_out out = json_out_begin(console);
	json_out_add(&out, kafka_json(view));
	json_out_add(&out, redis_json(view));
	for (size_t i = 0; view->look && i < view->topic_count; i++) {
		json_t *object = json_object();
		json_object_set_new(object, "kind", json_string("topic"));
		json_object_set_new(object, "topic", json_string(view->topic[i].name));
		json_object_set_new(object, "partitions", json_integer(view->topic[i].partitions));
		json_object_set_new(object, "records", json_integer(view->topic[i].records));
		json_out_add(&out, object);
	}
	for (size_t i = 0; i < view->shard_count; i++)
		json_out_add(&out, shard_json(view, &view->shard[i]));
	json_out_add(&out, units_json(view));
	json_out_end(&out);
}

static void add_number(struct table *table, int64_t number)
{
	if (number == UNKNOWN)
		table_add_string(table, "-");
	else
		table_add_format(table, "%" PRId64, number);
}

static void add_shard(const struct console *console, const struct view *view, struct table *table, const struct shard_status *status)
{
	const struct head *head = &status->shard->head;
	char clock[CONSOLE_INSTANT_BYTES] = "-", behind[CONSOLE_DURATION_BYTES] = "-";
	table_add_string(table, status->shard->name);
	if (!status->shard->is_there) {
		table_add_string(table, say(console, "not started", "未启动"));
		for (int i = 0; i < 9; i++)
			table_add_string(table, i == 2 ? "" : "-");
		return;
	}
	if (head->clock_ms) {
		console_format_instant(head->clock_ms, view->zone_ms, clock);
		console_format_duration(view->now_ms - head->clock_ms, behind);
	}
	table_add_format(table, "%016" PRIx64, head->owner);
	add_number(table, head->offset < 0 ? UNKNOWN : head->offset);
	add_number(table, lag_of(status));
	table_add_format(table, "%" PRIu64, head->commit);
	table_add_string(table, clock);
	table_add_string(table, behind);
	table_add_format(table, "%.8s", head->policy);
	table_add_string(table, head->sweep ? say(console, "judging anew", "重新评定") : head->is_catching_up ? say(console, "catching up", "追赶中") : say(console, "live", "实时"));
	add_number(table, status->shard->outbox_count);
	add_number(table, head->names);
}

static struct table *shard_table(const struct console *console, const struct view *view)
{
	const struct table_column column[] = {
		{ "shard", say(console, "shard", "分片"), TABLE_LEFT, 0 }, { "owner", say(console, "owner", "归属"), TABLE_LEFT, 0 },
		{ "offset", say(console, "offset", "位移"), TABLE_RIGHT, 0 }, { "lag", say(console, "lag", "积压"), TABLE_RIGHT, 0 },
		{ "commit", say(console, "commit", "提交号"), TABLE_RIGHT, 0 }, { "clock", say(console, "clock", "时钟"), TABLE_LEFT, 0 },
		{ "behind", say(console, "behind", "落后"), TABLE_RIGHT, 0 }, { "policy", say(console, "policy", "规则版本"), TABLE_LEFT, 0 },
		{ "state", say(console, "state", "状态"), TABLE_LEFT, 0 }, { "outbox", say(console, "outbox", "待发"), TABLE_RIGHT, 0 },
		{ "names", say(console, "names", "名称数"), TABLE_RIGHT, 0 },
	};
	struct table *table = table_new(column, sizeof column / sizeof *column);
	for (size_t i = 0; i < view->shard_count; i++)
		add_shard(console, view, table, &view->shard[i]);
	return table;
}

static struct table *topic_table(const struct console *console, const struct view *view)
{
	const struct table_column column[] = {
		{ "topic", say(console, "topic", "主题"), TABLE_LEFT, 0 }, { "partitions", say(console, "partitions", "分区"), TABLE_RIGHT, 0 },
		{ "records", say(console, "records", "记录"), TABLE_RIGHT, 0 },
	};
	struct table *table = table_new(column, sizeof column / sizeof *column);
	for (size_t i = 0; i < view->topic_count; i++) {
		table_add_string(table, view->topic[i].name);
		if (view->topic[i].partitions)
			table_add_format(table, "%" PRId32, view->topic[i].partitions);
		else
			table_add_string(table, say(console, "missing", "缺失"));
		table_add_format(table, "%" PRId64, view->topic[i].records);
	}
	return table;
}

static void write_redis(const struct console *console, const struct view *view)
{
	enum { MEBIBYTE = 1 << 20 };
	fprintf(console->out, "Redis  %s", redis_name(store_redis(view->store)));
	if (view->memory.used_bytes != UNKNOWN)
		fprintf(console->out, say(console, ", %.1f MiB in use", "，已用 %.1f MiB"), (double)view->memory.used_bytes / MEBIBYTE);
	if (view->memory.max_bytes > 0)
		fprintf(console->out, say(console, " of %.1f MiB", "，上限 %.1f MiB"), (double)view->memory.max_bytes / MEBIBYTE);
	fputc('\n', console->out);
}

static void write_kafka(const struct console *console, const struct view *view)
{
	fputs("Kafka  ", console->out);
	if (!view->look)
		fprintf(console->out, say(console, "away: %s", "无法连接：%s"), view->kafka_error.text);
	for (size_t i = 0; view->look && i < kafka_look_broker_count(view->look); i++)
		fprintf(console->out, "%s%s", i ? ", " : "", kafka_look_broker(view->look, i));
	fputc('\n', console->out);
}

static void write_units(const struct console *console, const struct view *view)
{
	if (view->units.lag == UNKNOWN)
		return;
	fprintf(console->out, "\n%s  ", view->units.name);
	if (!view->units.committed)
		fprintf(console->out, "%s, ", say(console, "nothing committed yet", "尚未提交位移"));
	fprintf(console->out, say(console, "%" PRId64 " changes to be summed\n", "待汇总变更 %" PRId64 " 条\n"), view->units.lag);
}

static void write_people(const struct console *console, const struct view *view)
{
	write_kafka(console, view);
	write_redis(console, view);
	if (view->look) {
		struct table *topics = topic_table(console, view);
		fputc('\n', console->out);
		table_write(topics, console->out);
		table_free(topics);
	}
	fputc('\n', console->out);
	if (!view->shard_count) {
		fprintf(console->out, "%s\n", say(console, "No shard has started yet: hotline-tickets has not run on this Redis.", "尚无分片：hotline-tickets 还没有在这个 Redis 上运行过。"));
		return;
	}
	struct table *shards = shard_table(console, view);
	table_write(shards, console->out);
	table_free(shards);
	write_units(console, view);
}

static void write_csv(const struct console *console, const struct view *view)
{
	struct table *shards = shard_table(console, view);
	table_write_csv(shards, console->out);
	table_free(shards);
}

static enum status look_around(const struct console *console, struct view *view, struct error *error)
{
	const struct policy *policy;
	enum status status = store_city_policy(view->store, &policy, error);
	if (status == OK)
		status = read_memory(view, error);
	if (status != OK)
		return status;
	view->zone_ms = policy->zone_ms;
	view->now_ms = clock_wall_ms();
	view->units = (struct group_status){ .name = console->units_group, .lag = UNKNOWN };
	view->shard_count = store_shard_count(view->store);
	view->shard = memory_new(view->shard_count * sizeof *view->shard);
	for (size_t i = 0; i < view->shard_count; i++)
		view->shard[i] = (struct shard_status){ store_shard(view->store, i), UNKNOWN, UNKNOWN };
	read_kafka(console, view);
	if (console->format == FORMAT_CSV)
		write_csv(console, view);
	else if (console->format == FORMAT_TABLE)
		write_people(console, view);
	else
		write_json(console, view);
	return OK;
}

static enum status run(struct console *console, struct error *error)
{
	struct view *view = memory_new(sizeof *view);
	enum status status = console_open_store(console, &view->store, error);
	if (status == OK)
		status = look_around(console, view, error);
	kafka_look_close(view->look);
	store_close(view->store);
	free(view->shard);
	free(view);
	return status;
}

static const struct option options[] = {
	{ .name = "changes-topic", .type = OPTION_STRING, .offset = CONSOLE_FIELD(changes_topic), .value = "TOPIC", .initial = "hotline.counter-changes",
		.help = "Where the shards say what to sum again." },
	{ .name = "units-group", .type = OPTION_STRING, .offset = CONSOLE_FIELD(units_group), .value = "GROUP", .initial = "hotline-units",
		.help = "The consumer group of hotline-units." },
};

const struct command command_status = {
	.name = "status",
	.english = "brokers, topics, how far each shard is, and how far hotline-units",
	.chinese = "消息集群、主题、各分片和汇总的进度",
	.run = run,
	.option = options,
	.option_count = sizeof options / sizeof *options,
	.can_watch = true,
};
