#include <stdlib.h>

#include "civil.h"
#include "event.h"
#include "memory.h"
#include "policy_file.h"
#include "policy_parts.h"

// An entry with its place in the file.
struct placed_unit {
	struct roster_unit entry;
	const struct yaml_node *node;
};

static enum status read_name(const struct yaml_node *node, enum name_kind kind, struct names *names, name_id *ret_name, struct error *error)
{
	struct text name;
	struct error reason;
	if (!node)
		return OK;
	TRY(yaml_text(node, NAME_BYTES_MAX, &name, error));
	if (event_check_name(kind, name, &reason) != OK)
		return yaml_error(node, error, "%s", reason.text);
	*ret_name = names_intern(names, kind, name);
	return *ret_name ? OK : yaml_error(node, error, "there are too many names");
}

static enum status read_unit(const struct yaml_node *node, struct names *names, struct roster_unit *unit, struct error *error)
{
	static const char *const keys[] = { "id", "name", "district", "group", "duty", "from", "to", NULL };
	const struct yaml_node *id = NULL, *from = yaml_get(node, "from"), *to = yaml_get(node, "to");
	unit->from_day = civil_day_of(INSTANT_MIN_MS, 0);
	unit->to_day = civil_day_of(INSTANT_MAX_MS, 0);
	TRY(yaml_check_keys(node, keys, error));
	TRY(yaml_require(node, "id", &id, error));
	TRY(read_name(id, NAME_UNIT, names, &unit->unit, error));
	TRY(read_name(yaml_get(node, "district"), NAME_DISTRICT, names, &unit->district, error));
	TRY(read_name(yaml_get(node, "group"), NAME_GROUP, names, &unit->group, error));
	TRY(yaml_string(yaml_get(node, "name") ? yaml_get(node, "name") : id, unit->name, sizeof unit->name, error));
	TRY(yaml_bool(yaml_get(node, "duty"), &unit->has_duty, error));
	TRY(yaml_day(from, &unit->from_day, error));
	TRY(yaml_day(to, &unit->to_day, error));
	return unit->to_day < unit->from_day ? yaml_error(to, error, "to must not be before from") : OK;
}

static enum status read_units(const struct yaml_node *list, struct names *names, struct placed_unit *units, struct error *error)
{
	for (const struct yaml_node *node = yaml_first(list); node; node = yaml_next(node), units++) {
		*units = (struct placed_unit){ .node = node };
		TRY(read_unit(node, names, &units->entry, error));
	}
	return OK;
}

static int compare_units(const void *a, const void *b)
{
	const struct placed_unit *one = a, *other = b;
	if (one->entry.unit != other->entry.unit)
		return one->entry.unit < other->entry.unit ? -1 : 1;
	if (one->entry.from_day != other->entry.from_day)
		return one->entry.from_day < other->entry.from_day ? -1 : 1;
	return one->node < other->node ? -1 : 1;
}

static enum status check_overlaps(const struct placed_unit *units, uint32_t count, struct error *error)
{
	for (uint32_t i = 1; i < count; i++) {
		const struct placed_unit *before = &units[i - 1], *unit = &units[i];
		if (unit->entry.unit != before->entry.unit || unit->entry.from_day > before->entry.to_day)
			continue;
		const struct placed_unit *later = unit->node > before->node ? unit : before, *earlier = later == unit ? before : unit;
		char day[CIVIL_DAY_BYTES];
		civil_format_day(unit->entry.from_day, day);
		return yaml_error(later->node, error, "unit %.*s is here twice on %s: also on line %u", (int)yaml_scalar(yaml_get(unit->node, "id")).size,
			yaml_scalar(yaml_get(unit->node, "id")).at, day, yaml_line(earlier->node));
	}
	return OK;
}

static void settle(struct policy *policy, const struct placed_unit *units, uint32_t count, uint32_t name_count)
{
	policy->roster = memory_resize(NULL, count, sizeof *policy->roster);
	policy->roster_count = count;
	policy->roster_index_count = name_count + 1;
	policy->roster_index = memory_new(policy->roster_index_count * sizeof *policy->roster_index);
	for (uint32_t i = count; i-- > 0;) {  // the first entry of a unit is written last
		policy->roster[i] = units[i].entry;
		policy->roster_index[units[i].entry.unit] = i + 1;
	}
}

enum status policy_read_roster(struct policy *policy, struct names *names, const struct yaml_node *list, struct error *error)
{
	uint32_t count = yaml_count(list);
	TRY(yaml_check_list(list, error));
	if (count > POLICY_ROSTER_MAX)
		return yaml_error(list, error, "the roster holds %u units, at most %d", count, POLICY_ROSTER_MAX);
	if (!count)
		return OK;
	struct placed_unit *units = memory_resize(NULL, count, sizeof *units);
	enum status status = read_units(list, names, units, error);
	if (status == OK) {
		qsort(units, count, sizeof *units, compare_units);
		status = check_overlaps(units, count, error);
	}
	if (status == OK)
		settle(policy, units, count, names_count(names));
	free(units);
	return status;
}
