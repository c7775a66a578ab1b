#include "admin.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "memory.h"
#include "metrics.h"
#include "text.h"

enum { HOST_BYTES = 256, PORT_BYTES = 8, CONNECTION_TIMEOUT_S = 10, CONNECTION_BYTES_MAX = 16 * 1024 };

struct admin {
	struct MHD_Daemon *daemon;
	uint16_t port;
	char token[ADMIN_TOKEN_BYTES_MAX + 1];  // empty when there is none
	pthread_mutex_t lock;                   // of what follows
	bool is_ready;
	char reason[ADMIN_REASON_BYTES];
};

// "HOST:PORT", "[HOST]:PORT"
static bool split_address(const char *address, char ret_host[HOST_BYTES], char ret_port[PORT_BYTES])
{
	const char *colon = strrchr(address, ':');
	if (!colon || colon == address)
		return false;
	struct text host = { address, (uint32_t)(colon - address) };
	if (host.at[0] == '[') {
		if (host.size < 3 || host.at[host.size - 1] != ']')
			return false;
		host = (struct text){ host.at + 1, host.size - 2 };
	}
	size_t digits = strspn(colon + 1, "0123456789");
	return digits && !colon[1 + digits] && text_copy(host, ret_host, HOST_BYTES) && text_copy(text_of(colon + 1), ret_port, PORT_BYTES) && strtol(ret_port, NULL, 10) <= 65535;
}

static bool is_loopback(const struct sockaddr *address)
{
	if (address->sa_family == AF_INET)
		return ntohl(((const struct sockaddr_in *)(const void *)address)->sin_addr.s_addr) >> 24 == 127;
	return address->sa_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)(const void *)address)->sin6_addr);
}

static enum status resolve(const char *address, struct sockaddr_storage *ret_address, struct error *error)
{
	char host[HOST_BYTES], port[PORT_BYTES];
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV }, *found;
	if (!split_address(address, host, port))
		return error_set(error, FATAL, "bad_address", "the admin address \"%s\" is not of the form ADDRESS:PORT", address);
	int code = getaddrinfo(host, port, &hints, &found);
	if (code)
		return error_set(error, FATAL, "bad_address", "the admin address \"%s\" is not known: %s", address, gai_strerror(code));
	memcpy(ret_address, found->ai_addr, found->ai_addrlen);
	freeaddrinfo(found);
	return OK;
}

static enum status load_token(const char *path, char ret_token[ADMIN_TOKEN_BYTES_MAX + 1], struct error *error)
{
	char line[ADMIN_TOKEN_BYTES_MAX + 3];
	FILE *file = fopen(path, "r");
	if (!file)
		return error_set(error, FATAL, "bad_token", "cannot read the token file %s: %s", path, strerror(errno));
	bool is_read = fgets(line, sizeof line, file) != NULL;
	fclose(file);
	size_t size = is_read ? strcspn(line, "\r\n") : 0;
	if (size < ADMIN_TOKEN_BYTES_MIN || size > ADMIN_TOKEN_BYTES_MAX)
		return error_set(error, FATAL, "bad_token", "the first line of the token file %s must have %d to %d characters", path, ADMIN_TOKEN_BYTES_MIN, ADMIN_TOKEN_BYTES_MAX);
	memcpy(ret_token, line, size);
	ret_token[size] = '\0';
	return OK;
}

// Takes as long for a wrong token as for a right one, so that it cannot be guessed byte by byte.
static bool is_token(const char *token, const char *given)
{
	size_t size = strlen(token), given_size = strlen(given);
	volatile unsigned char difference = size != given_size;
	for (size_t i = 0; i < given_size; i++)
		difference |= (unsigned char)(given[i] ^ token[i % size]);
	return !difference;
}

static bool is_allowed(const struct admin *admin, struct MHD_Connection *connection)
{
	static const char scheme[] = "Bearer ";
	if (!admin->token[0])
		return true;
	const char *header = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_AUTHORIZATION);
	return header && !strncasecmp(header, scheme, sizeof scheme - 1) && is_token(admin->token, header + sizeof scheme - 1);
}

static enum MHD_Result answer(struct MHD_Connection *connection, unsigned code, const char *type, void *text, size_t size, enum MHD_ResponseMemoryMode mode)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(size, text, mode);
	if (!response)
		return MHD_NO;
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
	if (code == MHD_HTTP_UNAUTHORIZED)
		MHD_add_response_header(response, MHD_HTTP_HEADER_WWW_AUTHENTICATE, "Bearer");
	if (code == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	enum MHD_Result result = MHD_queue_response(connection, code, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result answer_text(struct MHD_Connection *connection, unsigned code, const char *text)
{
	return answer(connection, code, "text/plain; charset=utf-8", (void *)text, strlen(text), MHD_RESPMEM_MUST_COPY);
}

static enum MHD_Result answer_ready(struct admin *admin, struct MHD_Connection *connection)
{
	char text[ADMIN_REASON_BYTES + 16];
	pthread_mutex_lock(&admin->lock);
	bool is_ready = admin->is_ready;
	bool has_remark = is_ready && *admin->reason && is_allowed(admin, connection);
	snprintf(text, sizeof text, "%s: %s\n", is_ready ? "ready" : "not ready", admin->reason);
	pthread_mutex_unlock(&admin->lock);
	if (is_ready)
		return answer_text(connection, MHD_HTTP_OK, has_remark ? text : "ready\n");
	return answer_text(connection, MHD_HTTP_SERVICE_UNAVAILABLE, is_allowed(admin, connection) ? text : "not ready\n");
}

static enum MHD_Result answer_metrics(struct MHD_Connection *connection)
{
	char *text = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&text, &size);
	if (!file)
		return MHD_NO;
	metrics_print(file);
	if (fclose(file)) {
		free(text);
		return MHD_NO;
	}
	return answer(connection, MHD_HTTP_OK, "text/plain; version=0.0.4; charset=utf-8", text, size, MHD_RESPMEM_MUST_FREE);
}

static enum MHD_Result take_request(void *self, struct MHD_Connection *connection, const char *url, const char *method, const char *version, const char *body,
	size_t *body_size, void **request)
{
	(void)version;
	(void)body;
	(void)request;
	struct admin *admin = self;
	if (*body_size) {  // nothing here takes one
		*body_size = 0;
		return MHD_YES;
	}
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
		return answer_text(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET and HEAD\n");
	if (!strcmp(url, "/healthz"))
		return answer_text(connection, MHD_HTTP_OK, "ok\n");
	if (!strcmp(url, "/readyz"))
		return answer_ready(admin, connection);
	if (strcmp(url, "/metrics") != 0)
		return answer_text(connection, MHD_HTTP_NOT_FOUND, "there is /healthz, /readyz and /metrics\n");
	if (!is_allowed(admin, connection))
		return answer_text(connection, MHD_HTTP_UNAUTHORIZED, "a bearer token is needed\n");
	return answer_metrics(connection);
}

// Signals are for the main thread.
static struct MHD_Daemon *start_thread(struct admin *admin, const struct sockaddr *address)
{
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_AUTO | (address->sa_family == AF_INET6 ? MHD_USE_IPv6 : 0);
	struct MHD_Daemon *daemon = MHD_start_daemon(flags, 0, NULL, NULL, take_request, admin, MHD_OPTION_SOCK_ADDR, address, MHD_OPTION_CONNECTION_LIMIT,
		(unsigned)ADMIN_CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)CONNECTION_TIMEOUT_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		(size_t)CONNECTION_BYTES_MAX, MHD_OPTION_END);
	int code = errno;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	errno = code;
	return daemon;
}

static enum status listen_at(struct admin *admin, const char *string, struct error *error)
{
	struct sockaddr_storage storage = { 0 };
	const struct sockaddr *address = (const struct sockaddr *)&storage;
	enum status status = resolve(string, &storage, error);
	if (status != OK)
		return status;
	if (!admin->token[0] && !is_loopback(address))
		return error_set(error, FATAL, "admin_exposed", "the admin address %s can be reached from other machines; set --admin-token-file, or take a loopback address such as 127.0.0.1:0",
			string);
	admin->daemon = start_thread(admin, address);
	const union MHD_DaemonInfo *bound = admin->daemon ? MHD_get_daemon_info(admin->daemon, MHD_DAEMON_INFO_BIND_PORT) : NULL;
	if (!bound)
		return error_set(error, FATAL, "admin_away", "cannot serve the admin address %s: %s", string, strerror(errno));
	admin->port = bound->port;
	return OK;
}

enum status admin_open(const char *address, const char *token_file, struct admin **ret_admin, struct error *error)
{
	struct admin *admin = memory_new(sizeof *admin);
	pthread_mutex_init(&admin->lock, NULL);
	admin_set_ready(admin, false, "starting");
	enum status status = token_file ? load_token(token_file, admin->token, error) : OK;
	if (status == OK)
		status = listen_at(admin, address, error);
	if (status == OK)
		*ret_admin = admin;
	else
		admin_close(admin);
	return status;
}

void admin_close(struct admin *admin)
{
	if (!admin)
		return;
	if (admin->daemon)
		MHD_stop_daemon(admin->daemon);
	pthread_mutex_destroy(&admin->lock);
	free(admin);
}

uint16_t admin_port(const struct admin *admin)
{
	return admin->port;
}

void admin_set_ready(struct admin *admin, bool is_ready, const char *reason)
{
	pthread_mutex_lock(&admin->lock);
	admin->is_ready = is_ready;
	snprintf(admin->reason, sizeof admin->reason, "%s", reason ? reason : "");
	pthread_mutex_unlock(&admin->lock);
}
