// csv_test.c - the CSV reader and the input below it: what files look like in the wild, and what goes wrong with them.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include <zlib.h>

#include "chance.h"
#include "clock_mark.h"
#include "csv.h"

static char path[] = "/tmp/hotline-csv-test.XXXXXX";
static struct csv csv;
static struct error error;
static char seen[1 << 16];

static void write_file(const char *bytes, size_t size, bool is_gzip)
{
	if (is_gzip) {
		gzFile file = gzopen(path, "wb");
		assert_int_equal(gzwrite(file, bytes, (unsigned)size), size);
		gzclose(file);
		return;
	}
	FILE *file = fopen(path, "wb");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, size, file), size);
	fclose(file);
}

__attribute__((format(printf, 1, 2)))
static void note(const char *format, ...)
{
	size_t size = strlen(seen);
	va_list args;
	va_start(args, format);
	vsnprintf(seen + size, sizeof seen - size, format, args);
	va_end(args);
}

// Reads the file to its end and tells what came: "1:a|b" a record of line 1, "2!column 3: ..." a refusal.
static const char *read_file(void)
{
	seen[0] = '\0';
	csv = (struct csv){ .separator = ',' };
	assert_int_equal(input_open(path, &csv.input, &error), OK);
	for (;;) {
		bool is_end;
		enum status status = csv_next(&csv, &is_end, &error);
		if (status == OK && is_end)
			break;
		note("%s%llu%s", seen[0] ? "\n" : "", (unsigned long long)csv.line, status == OK ? ":" : "!");
		if (status != OK)
			note("%s", error.text);
		for (uint32_t i = 0; status == OK && i < csv.field_count; i++)
			note("%s%.*s", i ? "|" : "", (int)csv.field[i].size, csv.field[i].at);
		assert_true(status == OK || status == REJECT);
	}
	input_close(csv.input);
	return seen;
}

static void assert_reads(const char *bytes, const char *wanted)
{
	for (int is_gzip = 0; is_gzip <= 1; is_gzip++) {
		write_file(bytes, strlen(bytes), is_gzip);
		assert_string_equal(read_file(), wanted);
	}
}

static void records_come_as_they_are_meant(void **state)
{
	(void)state;
	assert_reads("", "");
	assert_reads("\n\r\n\n", "");
	assert_reads("a,b\n1,2\n", "1:a|b\n2:1|2");
	assert_reads("a,b\r\n1,2", "1:a|b\n2:1|2");
	assert_reads("a,b\r\n1,2\r", "1:a|b\n2:1|2");
	assert_reads("\xef\xbb\xbf" "a,b\n", "1:a|b");
	assert_reads("\xef\xbb\xbf\"a\",b\n", "1:a|b");
	assert_reads(",\n", "1:|");
	assert_reads("a,\n", "1:a|");
	assert_reads("\"\"\n", "1:");
	assert_reads("a\n\n\nb\n", "1:a\n4:b");
	assert_reads("\"a,\"\"b\"\"\",\"\"\n", "1:a,\"b\"|");
	assert_reads("\"one\ntwo\r\nthree\",x\ny,z\n", "1:one\ntwo\r\nthree|x\n4:y|z");
	assert_reads("\"one\ntwo\"", "1:one\ntwo");
	assert_reads("a\rb,c\n", "1:a\rb|c");
	assert_reads("汉,字\n", "1:汉|字");
}

static void a_bad_record_costs_one_line(void **state)
{
	(void)state;
	assert_reads("a,b\n1,2\"3\n4,5\n", "1:a|b\n2!column 4: a quote inside a field that does not start with one\n3:4|5");
	assert_reads("\"1\"2,3\n4,5\n", "1!column 4: something follows the closing quote\n2:4|5");
	assert_reads("1,\"open\n2,3\n4,5\n", "1!column 3: a quote that is never closed\n2:2|3\n3:4|5");
	assert_reads("1,\"open\n2,\"3\"\n4,5\n", "1!line 2, column 4: something follows the closing quote (the record starts at line 1)\n2:2|3\n3:4|5");
}

static void records_have_their_limits(void **state)
{
	(void)state;
	enum { SIZE = CSV_RECORD_BYTES_MAX + 2 };
	char *bytes = malloc(2 * SIZE);
	assert_non_null(bytes);
	memset(bytes, 'x', SIZE);
	memcpy(bytes + SIZE, "\n1,2\n", 6);
	write_file(bytes, SIZE + 5, false);
	assert_string_equal(read_file(), "1!column 1: the record is longer than 262144 bytes, or a quote is never closed\n2:1|2");
	memset(bytes, ',', CSV_FIELDS_MAX);
	memcpy(bytes + CSV_FIELDS_MAX, "\n1,2\n", 6);
	write_file(bytes, CSV_FIELDS_MAX + 5, false);
	assert_string_equal(read_file(), "1!column 513: the record has more than 512 fields\n2:1|2");
	write_file("a\0b\n1\n", 6, false);
	assert_string_equal(read_file(), "1!column 2: a NUL byte\n2:1");
	free(bytes);
}

// The window moves many times, in the middle of records and of quotes.
static void a_long_file_is_read_in_pieces(void **state)
{
	(void)state;
	enum { ROWS = 60000 };
	gzFile file = gzopen(path, "wb1");
	for (int i = 0; i < ROWS; i++)
		gzprintf(file, "%d,\"line %d\nnext \"\"%0*d\"\"\",x\r\n", i, i, i % 90, i);
	gzclose(file);
	csv = (struct csv){ .separator = ',' };
	assert_int_equal(input_open(path, &csv.input, &error), OK);
	for (int i = 0; i < ROWS; i++) {
		bool is_end;
		char wanted[160];
		assert_int_equal(csv_next(&csv, &is_end, &error), OK);
		assert_int_equal(csv.line, 2 * i + 1);
		snprintf(wanted, sizeof wanted, "line %d\nnext \"%0*d\"", i, i % 90, i);
		assert_true(text_equal(csv.field[1], text_of(wanted)));
	}
	bool is_end;
	assert_int_equal(csv_next(&csv, &is_end, &error), OK);
	assert_true(is_end);
	input_close(csv.input);
}

static const char *read_lines(size_t max)
{
	struct input *input;
	seen[0] = '\0';
	assert_int_equal(input_open(path, &input, &error), OK);
	for (;;) {
		bool is_end;
		struct text line;
		enum status status = input_line(input, max, &line, &is_end, &error);
		if (status == OK && is_end)
			break;
		note("%llu%s%.*s ", (unsigned long long)input_line_number(input), status == OK ? ":" : "!", status == OK ? (int)line.size : 0, line.at);
	}
	input_close(input);
	return seen;
}

static void lines_of_text(void **state)
{
	(void)state;
	write_file("\xef\xbb\xbf" "a\r\n\nbc\ndefg\nhi", 17, true);
	assert_string_equal(read_lines(3), "1:a 2: 3:bc 4! 5:hi ");
	write_file("", 0, false);
	assert_string_equal(read_lines(3), "");
}

// Who writes into a pipe now and then is read meanwhile. The alarm is against hanging: nothing is judged by it.
static void a_pipe_is_followed(void **state)
{
	(void)state;
	enum { LINES = 100, LINE_BYTES = 100, READ_LINES = (LINES * LINE_BYTES - 4096) / LINE_BYTES };
	int fds[2];
	char pipe_path[32], line[LINE_BYTES + 1];
	struct input *input;
	assert_int_equal(pipe(fds), 0);
	for (int i = 0; i < LINES; i++) {
		snprintf(line, sizeof line, "%0*d\n", LINE_BYTES - 1, i);
		assert_int_equal(write(fds[1], line, LINE_BYTES), LINE_BYTES);
	}
	snprintf(pipe_path, sizeof pipe_path, "/proc/self/fd/%d", fds[0]);
	alarm(60);
	assert_int_equal(input_open(pipe_path, &input, &error), OK);
	for (int i = 0; i < READ_LINES; i++) {
		struct text text;
		bool is_end;
		assert_int_equal(input_line(input, LINE_BYTES, &text, &is_end, &error), OK);
		assert_false(is_end);
		snprintf(line, sizeof line, "%0*d", LINE_BYTES - 1, i);
		assert_true(text_equal(text, text_of(line)));
	}
	alarm(0);
	input_close(input);
	close(fds[0]);
	close(fds[1]);
}

static void what_cannot_be_read_says_why(void **state)
{
	(void)state;
	struct input *input = NULL;
	struct text line;
	bool is_end = false;
	assert_int_equal(input_open("/nonexistent/x.csv", &input, &error), FATAL);
	assert_string_equal(error.text, "/nonexistent/x.csv: No such file or directory");
	assert_int_equal(input_open("/tmp", &input, &error), FATAL);
	assert_string_equal(error.text, "/tmp: is a directory");
	char bytes[5000];
	struct chance chance = chance_of(1);  // so that it does not shrink to nothing
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = i % 50 == 49 ? '\n' : "abcdefghijklmnopqrstuvwxyz"[chance_below(&chance, 26)];
	write_file(bytes, sizeof bytes, true);
	assert_int_equal(truncate(path, 1000), 0);
	enum status status = input_open(path, &input, &error);
	while (status == OK && !is_end)
		status = input_line(input, 100, &line, &is_end, &error);
	assert_int_equal(status, FATAL);
	assert_non_null(strstr(error.text, "cut short"));
	input_close(input);
}

static void clock_marks_go_both_ways(void **state)
{
	(void)state;
	char value[CLOCK_MARK_BYTES];
	int64_t clock_ms = 0;
	struct text none = { 0 };
	struct text header = clock_mark_format(1709604000123, value);
	assert_string_equal(value, "1709604000123");
	assert_int_equal(clock_mark_parse(none, none, header, &clock_ms, &error), OK);
	assert_int_equal(clock_ms, 1709604000123);
	static const char *const bad[] = { "", "0", "-1", "1.5", "17096040001234567", "1709604000123 ", "x" };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(clock_mark_parse(none, none, text_of(bad[i]), &clock_ms, &error), REJECT);
	assert_int_equal(clock_mark_parse(TEXT("key"), none, header, &clock_ms, &error), REJECT);
	assert_int_equal(clock_mark_parse(none, TEXT("value"), header, &clock_ms, &error), REJECT);
	assert_int_equal(clock_ms, 1709604000123);
}

static int set_up(void **state)
{
	(void)state;
	int fd = mkstemp(path);
	return fd < 0 || close(fd) != 0;
}

static int tear_down(void **state)
{
	(void)state;
	return unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_come_as_they_are_meant),
		cmocka_unit_test(a_bad_record_costs_one_line),
		cmocka_unit_test(records_have_their_limits),
		cmocka_unit_test(a_long_file_is_read_in_pieces),
		cmocka_unit_test(lines_of_text),
		cmocka_unit_test(a_pipe_is_followed),
		cmocka_unit_test(what_cannot_be_read_says_why),
		cmocka_unit_test(clock_marks_go_both_ways),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
