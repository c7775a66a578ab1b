#include "table.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "width.h"

enum { FORMAT_BYTES = 256, GAP = 2 };

struct table {
	struct table_column column[TABLE_COLUMNS_MAX];
	size_t column_count;
	struct text *cell;
	size_t cell_count, cell_capacity;
};

struct table *table_new(const struct table_column *column, size_t count)
{
	assert(count > 0 && count <= TABLE_COLUMNS_MAX);
	struct table *table = memory_new(sizeof *table);
	memcpy(table->column, column, count * sizeof *column);
	table->column_count = count;
	return table;
}

void table_free(struct table *table)
{
	if (!table)
		return;
	for (size_t i = 0; i < table->cell_count; i++)
		free((char *)(uintptr_t)table->cell[i].at);
	free(table->cell);
	free(table);
}

void table_add(struct table *table, struct text cell)
{
	table->cell = memory_grow(table->cell, table->cell_count + 1, sizeof *table->cell, &table->cell_capacity);
	char *copy = memory_new(cell.size + 1u);
	if (cell.size)
		memcpy(copy, cell.at, cell.size);
	table->cell[table->cell_count++] = (struct text){ copy, cell.size };
}

void table_add_string(struct table *table, const char *cell)
{
	table_add(table, text_of(cell));
}

void table_add_format(struct table *table, const char *format, ...)
{
	char cell[FORMAT_BYTES];
	va_list args;
	va_start(args, format);
	vsnprintf(cell, sizeof cell, format, args);
	va_end(args);
	table_add_string(table, cell);
}

size_t table_row_count(const struct table *table)
{
	return table->cell_count / table->column_count;
}

static void write_blanks(uint32_t count, FILE *out)
{
	while (count--)
		fputc(' ', out);
}

static void write_clean(struct text text, FILE *out)
{
	for (uint32_t at = 0, size; at < text.size; at += size) {
		uint32_t character = width_character((struct text){ text.at + at, text.size - at }, &size);
		if (character < 0x20 || (character >= 0x7f && character < 0xa0) || (character == 0xfffd && size == 1))
			fputs("\xef\xbf\xbd", out);
		else
			fwrite(text.at + at, 1, size, out);
	}
}

// A control character is shown as one column.
static uint32_t width_shown(struct text text)
{
	uint32_t columns = width_of(text);
	for (uint32_t i = 0; i < text.size; i++)
		columns += (unsigned char)text.at[i] < 0x20 || text.at[i] == 0x7f;
	return columns;
}

static uint32_t width_limited(const struct table_column *column, struct text cell)
{
	uint32_t width = width_shown(cell);
	return column->width_max && width > column->width_max ? column->width_max : width;
}

static void write_cell(const struct table_column *column, struct text cell, uint32_t width, bool is_last, FILE *out)
{
	bool is_cut = column->width_max && width_shown(cell) > column->width_max;
	struct text shown = is_cut ? width_cut(cell, column->width_max - 1) : cell;
	uint32_t fill = width - width_shown(shown) - is_cut;
	if (column->align == TABLE_RIGHT)
		write_blanks(fill, out);
	write_clean(shown, out);
	if (is_cut)
		fputs("\xe2\x80\xa6", out);
	if (column->align == TABLE_LEFT && !is_last)
		write_blanks(fill, out);
	if (!is_last)
		write_blanks(GAP, out);
}

void table_write(const struct table *table, FILE *out)
{
	uint32_t width[TABLE_COLUMNS_MAX];
	size_t columns = table->column_count;
	assert(table->cell_count % columns == 0);
	for (size_t i = 0; i < columns; i++)
		width[i] = width_shown(text_of(table->column[i].title));
	for (size_t i = 0; i < table->cell_count; i++) {
		uint32_t wanted = width_limited(&table->column[i % columns], table->cell[i]);
		if (wanted > width[i % columns])
			width[i % columns] = wanted;
	}
	for (size_t i = 0; i < columns; i++) {
		struct table_column head = table->column[i];
		head.width_max = 0;
		write_cell(&head, text_of(head.title), width[i], i + 1 == columns, out);
	}
	fputc('\n', out);
	for (size_t i = 0; i < table->cell_count; i++) {
		bool is_last = (i + 1) % columns == 0;
		write_cell(&table->column[i % columns], table->cell[i], width[i % columns], is_last, out);
		if (is_last)
			fputc('\n', out);
	}
}

void table_write_csv_cell(struct text cell, FILE *out)
{
	bool is_quoted = false;
	for (uint32_t i = 0; i < cell.size; i++)
		is_quoted = is_quoted || memchr("\",\r\n", cell.at[i], 4);
	if (!is_quoted) {
		fwrite(cell.at, 1, cell.size, out);
		return;
	}
	fputc('"', out);
	for (uint32_t i = 0; i < cell.size; i++) {
		if (cell.at[i] == '"')
			fputc('"', out);
		fputc(cell.at[i], out);
	}
	fputc('"', out);
}

void table_write_csv(const struct table *table, FILE *out)
{
	size_t columns = table->column_count;
	assert(table->cell_count % columns == 0);
	for (size_t i = 0; i < columns; i++) {
		table_write_csv_cell(text_of(table->column[i].key), out);
		fputc(i + 1 == columns ? '\n' : ',', out);
	}
	for (size_t i = 0; i < table->cell_count; i++) {
		table_write_csv_cell(table->cell[i], out);
		fputc((i + 1) % columns == 0 ? '\n' : ',', out);
	}
}
