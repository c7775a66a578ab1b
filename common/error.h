// error.h - what went wrong, and what the caller does next.
#ifndef HOTLINE_ERROR_H
#define HOTLINE_ERROR_H

// Named by what the caller does next.
enum status {
	OK,      // done
	RETRY,   // nothing was changed; back off and call again
	REJECT,  // this input is bad: dead letter with its reason, go on
	FATAL,   // the state is unknown or the set-up is wrong: close in order, exit
};

#define MUST_USE __attribute__((warn_unused_result))

enum { ERROR_TEXT_BYTES = 512 };

// Set once, where the failure is known; logged only by a loop or a main.
struct error {
	const char *reason;           // a word for machines ("in_the_future"), static; never NULL once set
	char text[ERROR_TEXT_BYTES];  // a sentence for people, without a full stop
};

// Formats the sentence and returns `status`, so that a failure is one line: return error_set(error, REJECT, "bad_utf8", "...").
// `error` may be NULL. A sentence that is too long is cut.
enum status error_set(struct error *error, enum status status, const char *reason, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

const char *status_name(enum status status);

#endif
