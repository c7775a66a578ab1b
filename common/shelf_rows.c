#include "shelf_rows.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"

enum { LINK_BITS = 48, NAME_DIGITS_MIN = 4 };

uint32_t shelf_first_row(struct link_hash hash, uint32_t first)
{
	return (uint32_t)(hash.high % first);
}

uint32_t shelf_row(uint32_t first_row, uint64_t link, uint32_t first, uint32_t rows)
{
	uint32_t row = first_row;
	uint64_t bit = UINT64_C(1) << (LINK_BITS - 1);
	for (uint32_t size = first; size < rows; size *= 2, bit >>= 1)
		if (link & bit && row + size < rows)
			row += size;
	return row;
}

// How many rows there were, all split equally often, before this one.
static uint32_t size_before(uint32_t row, uint32_t first)
{
	uint32_t size = first;
	assert(row >= first && row < SHELF_ROWS_MAX);
	while (size <= row / 2)
		size *= 2;
	return size;
}

uint32_t shelf_row_source(uint32_t row, uint32_t first)
{
	return row - size_before(row, first);
}

uint64_t shelf_row_bit(uint32_t row, uint32_t first)
{
	return (UINT64_C(1) << (LINK_BITS - 1)) / (size_before(row, first) / first);
}

size_t shelf_name(uint32_t row, int32_t period, char ret_name[SHELF_NAME_BYTES])
{
	static const char hex[] = "0123456789abcdef";
	struct phrase name = phrase_of(ret_name, SHELF_NAME_BYTES);
	unsigned digits = NAME_DIGITS_MIN;
	while (row >> 4 * digits)
		digits++;
	while (digits--)
		phrase_add_byte(&name, hex[row >> 4 * digits & 0xf]);
	phrase_add_byte(&name, '.');
	phrase_add_number(&name, (uint64_t)period);
	return name.size;
}

void shelf_rows_done(struct shelf_rows *rows)
{
	free(rows->more);
	*rows = (struct shelf_rows){ .first = rows->first };
}

// The place of the period, or where it would go.
static size_t place_of(const struct shelf_rows *rows, int32_t period)
{
	size_t place = rows->count;
	while (place && rows->more[place - 1].period >= period)
		place--;
	return place;
}

static bool is_there(const struct shelf_rows *rows, size_t place, int32_t period)
{
	return place < rows->count && rows->more[place].period == period;
}

uint32_t shelf_rows_of(const struct shelf_rows *rows, int32_t period)
{
	size_t place = place_of(rows, period);
	return is_there(rows, place, period) ? rows->more[place].rows : rows->first;
}

void shelf_rows_set(struct shelf_rows *rows, int32_t period, uint32_t count)
{
	size_t place = place_of(rows, period);
	assert(count > shelf_rows_of(rows, period) && count <= SHELF_ROWS_MAX);
	if (!is_there(rows, place, period)) {
		rows->more = memory_grow(rows->more, rows->count + 1, sizeof *rows->more, &rows->capacity);
		memmove(rows->more + place + 1, rows->more + place, (rows->count - place) * sizeof *rows->more);
		rows->count++;
	}
	rows->more[place] = (struct period_rows){ period, count };
}

size_t shelf_rows_format(const struct shelf_rows *rows, char *ret_string)
{
	struct phrase string = phrase_of(ret_string, rows->count * SHELF_ROWS_ENTRY_BYTES);
	for (size_t i = 0; i < rows->count; i++) {
		if (i)
			phrase_add_byte(&string, ' ');
		phrase_add_number(&string, (uint64_t)rows->more[i].period);
		phrase_add_byte(&string, '=');
		phrase_add_number(&string, rows->more[i].rows);
	}
	assert(!string.is_cut);
	return string.size;
}

// A number up to `max`, as it is written by phrase_add_number. False when there is none.
static bool take_number(struct text *rest, uint32_t max, uint32_t *ret_number)
{
	uint64_t number = 0;
	uint32_t size = 0;
	for (; size < rest->size && rest->at[size] >= '0' && rest->at[size] <= '9' && number <= max; size++)
		number = number * 10 + (uint64_t)(rest->at[size] - '0');
	if (!size || number > max || (size > 1 && rest->at[0] == '0'))
		return false;
	*rest = (struct text){ rest->at + size, rest->size - size };
	*ret_number = (uint32_t)number;
	return true;
}

static bool take_byte(struct text *rest, char byte)
{
	if (!rest->size || rest->at[0] != byte)
		return false;
	*rest = (struct text){ rest->at + 1, rest->size - 1 };
	return true;
}

static bool take_entry(struct text *rest, struct shelf_rows *rows)
{
	uint32_t period = 0, count = 0;
	if (rows->count && !take_byte(rest, ' '))
		return false;
	if (!take_number(rest, INT32_MAX, &period) || !take_byte(rest, '=') || !take_number(rest, SHELF_ROWS_MAX, &count))
		return false;
	if (count <= rows->first || (rows->count && rows->more[rows->count - 1].period >= (int32_t)period))
		return false;
	shelf_rows_set(rows, (int32_t)period, count);
	return true;
}

enum status shelf_rows_parse(struct text string, struct shelf_rows *rows, struct error *error)
{
	struct text rest = string;
	assert(!rows->count);
	while (rest.size)
		if (!take_entry(&rest, rows)) {
			shelf_rows_done(rows);
			return error_set(error, FATAL, "broken_state", "the rows of a shard of links are broken at byte %u", string.size - rest.size);
		}
	return OK;
}

uint32_t shelf_rows_wanted(const struct shelf_load *load, uint32_t rows, uint32_t good)
{
	uint64_t shared = (uint64_t)load->shelves * SHELF_FACTS_MEET, alone = load->facts;
	uint64_t room = (alone < shared ? alone : shared) * good, most = (uint64_t)rows + (load->shelves < rows ? load->shelves : rows);
	uint64_t wanted = room ? rows * load->links / room : rows;
	most = most < SHELF_ROWS_MAX ? most : SHELF_ROWS_MAX;
	wanted = wanted < most ? wanted : most;
	return wanted > rows ? (uint32_t)wanted : rows;
}
