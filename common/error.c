#include "error.h"

#include <stdarg.h>
#include <stdio.h>

enum status error_set(struct error *error, enum status status, const char *reason, const char *format, ...)
{
	if (error) {
		va_list args;
		va_start(args, format);
		error->reason = reason;
		vsnprintf(error->text, sizeof error->text, format, args);
		va_end(args);
	}
	return status;
}

const char *status_name(enum status status)
{
	static const char *const name[] = { "ok", "retry", "reject", "fatal" };
	return name[status];
}
