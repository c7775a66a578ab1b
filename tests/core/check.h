// check.h - cmocka with what it needs before it, and checks that print both values.
#ifndef HOTLINE_TEST_CHECK_H
#define HOTLINE_TEST_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "error.h"
#include "text.h"

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

// The call must end so. What went wrong is printed with the wanted status or reason.
#define assert_ok(call, error) \
	do { \
		enum status assert_status = (call); \
		if (assert_status != OK) \
			fail_msg("wanted ok, is %s: %s: %s", status_name(assert_status), (error)->reason, (error)->text); \
	} while (0)

#define assert_fails(call, wanted_status, wanted_reason, error) \
	do { \
		enum status assert_status = (call); \
		if (assert_status != (wanted_status)) \
			fail_msg("wanted %s, is %s", status_name(wanted_status), status_name(assert_status)); \
		assert_string_equal((error)->reason, wanted_reason); \
		assert_true((error)->text[0]); \
	} while (0)

#define assert_text_equal(is, string) \
	do { \
		struct text assert_text = (is); \
		if (!text_equal(assert_text, text_of(string))) \
			fail_msg("wanted \"%s\", is \"%.*s\"", string, (int)assert_text.size, assert_text.at); \
	} while (0)

#endif
