// admin.h - the port for those who run a program: is it alive, is it ready, what does it measure.
//
//   GET /healthz   200 "ok" as long as the process serves
//   GET /readyz    200 "ready", with a remark where there is one, or 503 and the reason
//   GET /metrics   metrics.h, as Prometheus reads it
//
// Served by a thread of its own, so that a busy main thread is still seen. With a token, /metrics and the reason of /readyz need "Authorization: Bearer TOKEN";
// the bare answers of /healthz and /readyz do not, since probes rarely can send it and they tell nothing.
#ifndef HOTLINE_ADMIN_H
#define HOTLINE_ADMIN_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"

enum { ADMIN_TOKEN_BYTES_MIN = 16, ADMIN_TOKEN_BYTES_MAX = 512, ADMIN_REASON_BYTES = 256, ADMIN_CONNECTIONS_MAX = 16 };

struct admin;

// address: "127.0.0.1:9101", "[::1]:0"; port 0 takes a free one. token_file: NULL or a file whose first line is the token. Not ready at first ("starting").
// FATAL bad_address; admin_exposed when the address is no loopback address and there is no token; bad_token; admin_away when the port is taken.
MUST_USE enum status admin_open(const char *address, const char *token_file, struct admin **ret_admin, struct error *error);
void admin_close(struct admin *admin);  // NULL is taken
uint16_t admin_port(const struct admin *admin);

// From any thread. reason is copied, cut when too long; when ready it is a remark ("ready: REASON"), or empty.
void admin_set_ready(struct admin *admin, bool is_ready, const char *reason);

#endif
