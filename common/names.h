// names.h - the dimensions by number: every unit, district, group and category that was ever seen, once.
//
// A name is stored with its kind in front, so a name is also the dimension that it counts in: "unit/xlt-zhujian", "district/兴隆台区",
// "group/基层", "category/物业管理/物业服务管理", "city". Numbers are dense, start at 1, and hold as long as the table lives; they are never
// written anywhere: what is stored goes through a dictionary of its own (ticket.h).
#ifndef HOTLINE_NAMES_H
#define HOTLINE_NAMES_H

#include <stdint.h>

#include "text.h"

typedef uint32_t name_id;  // 0 is no name

enum name_kind { NAME_CITY, NAME_DISTRICT, NAME_GROUP, NAME_UNIT, NAME_CATEGORY, NAME_KIND_COUNT };

enum {
	NAME_BYTES_MAX = 128,       // of the name without its kind
	NAME_COUNT_MAX = 1 << 20,   // in one table: more is a fault of the source, and is refused
	DIMENSION_BYTES_MAX = 192,  // kind, name, "/channel/network" and a NUL
};

struct names;

struct names *names_new(void);  // aborts without memory, as everything here does
void names_free(struct names *names);

// The number of a name, given one if it is new. 0 when the table is full or the name is empty or too long. The city's name is ignored.
name_id names_intern(struct names *names, enum name_kind kind, struct text name);
name_id names_intern_dimension(struct names *names, struct text dimension);  // "unit/U"; 0 also for an unknown kind

name_id names_find(const struct names *names, enum name_kind kind, struct text name);  // 0 when it was never seen
struct text names_dimension(const struct names *names, name_id id);  // "unit/U"; lives as long as the table; empty for 0
struct text names_text(const struct names *names, name_id id);       // "U"; "city" for the city; empty for 0
enum name_kind names_kind(const struct names *names, name_id id);    // of an id that is not 0
uint32_t names_count(const struct names *names);                     // ids are 1 to this

// The dimensions that a category counts in: "category/A" and "category/A/B", whatever follows; the second is 0 for "category/A" itself.
struct names_category {
	name_id top, sub;
};
struct names_category names_category(const struct names *names, name_id category);

#endif
