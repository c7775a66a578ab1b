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

static bool is_shown(uint32_t character, uint32_t size)
{
	enum { REPLACEMENT = 0xfffd };
	return character >= 0x20 && (character < 0x7f || character >= 0xa0) && (character != REPLACEMENT || size > 1);
}

// A copy in which every control character and every byte that is no UTF-8 has become U+FFFD, which takes three bytes and one column.
static struct text cleaned(struct text text)
{
	static const char replacement[] = "\xef\xbf\xbd";
	char *copy = memory_new(3 * (size_t)text.size + 1), *end = copy;
	for (uint32_t at = 0, size; at < text.size; at += size) {
		uint32_t character = width_character((struct text){ text.at + at, text.size - at }, &size);
		bool is_good = is_shown(character, size);
		uint32_t wanted = is_good ? size : sizeof replacement - 1;
		memcpy(end, is_good ? text.at + at : replacement, wanted);
		end += wanted;
	}
	return (struct text){ copy, (uint32_t)(end - copy) };
}

static uint32_t width_limited(const struct table_column *column, struct text cell)
{
	uint32_t width = width_of(cell);
	return column->width_max && width > column->width_max ? column->width_max : width;
}

static void write_cell(const struct table_column *column, struct text cell, uint32_t width, bool is_last, FILE *out)
{
	bool is_cut = column->width_max && width_of(cell) > column->width_max;
	struct text shown = is_cut ? width_cut(cell, column->width_max - 1) : cell;
	uint32_t fill = width - width_of(shown) - is_cut;
	if (column->align == TABLE_RIGHT)
		write_blanks(fill, out);
	fwrite(shown.at, 1, shown.size, out);
	if (is_cut)
		fputs("\xe2\x80\xa6", out);
	if (column->align == TABLE_LEFT && !is_last)
		write_blanks(fill, out);
	if (!is_last)
		write_blanks(GAP, out);
}

static void write_row(const struct table_column *column, const struct text *cell, const uint32_t *width, size_t columns, FILE *out)
{
	while (columns > 1 && !cell[columns - 1].size)
		columns--;  // no blanks for what is empty to the end of the line
	for (size_t i = 0; i < columns; i++)
		write_cell(&column[i], cell[i], width[i], i + 1 == columns, out);
	fputc('\n', out);
}

static void write_head(const struct table *table, uint32_t *width, FILE *out)
{
	struct table_column column[TABLE_COLUMNS_MAX];
	struct text title[TABLE_COLUMNS_MAX];
	for (size_t i = 0; i < table->column_count; i++) {
		column[i] = table->column[i];
		column[i].width_max = 0;  // a title is never cut
		title[i] = text_of(column[i].title);
		if (width_of(title[i]) > width[i])
			width[i] = width_of(title[i]);
	}
	write_row(column, title, width, table->column_count, out);
}

void table_write(const struct table *table, FILE *out)
{
	uint32_t width[TABLE_COLUMNS_MAX] = { 0 };
	size_t columns = table->column_count;
	struct text *shown = memory_new(table->cell_count * sizeof *shown);
	assert(table->cell_count % columns == 0);
	for (size_t i = 0; i < table->cell_count; i++) {
		shown[i] = cleaned(table->cell[i]);
		uint32_t wanted = width_limited(&table->column[i % columns], shown[i]);
		if (wanted > width[i % columns])
			width[i % columns] = wanted;
	}
	write_head(table, width, out);
	for (size_t i = 0; i < table->cell_count; i += columns)
		write_row(table->column, shown + i, width, columns, out);
	for (size_t i = 0; i < table->cell_count; i++)
		free((char *)(uintptr_t)shown[i].at);
	free(shown);
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
