#include "redis_server.h"

#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static void run(const struct redis_server *server, const char *const *arguments, int out)
{
	char socket_path[96];
	snprintf(socket_path, sizeof socket_path, "%s/socket", server->dir);
	const char *argv[REDIS_SERVER_ARGUMENTS_MAX + 16] = { "redis-server", "--port", "0", "--unixsocket", socket_path, "--dir", server->dir, "--save", "", "--daemonize", "no" };
	size_t count = 11;
	for (size_t i = 0; arguments && arguments[i] && i < REDIS_SERVER_ARGUMENTS_MAX; i++)
		argv[count++] = arguments[i];
	prctl(PR_SET_PDEATHSIG, SIGKILL);  // also when the test is killed
	dup2(out, STDOUT_FILENO);
	dup2(out, STDERR_FILENO);
	execvp(argv[0], (char *const *)argv);
	_exit(127);
}

// Reads what the server says until it is ready; the rest of its output goes into the pipe's buffer, which is large enough for a test.
static bool wait_until_ready(const struct redis_server *server)
{
	char line[512];
	while (server->output && fgets(line, sizeof line, server->output))
		if (strstr(line, "Ready to accept connections") || strstr(line, "The server is now ready to accept connections at"))
			return true;
	return false;
}

bool redis_server_start(struct redis_server *server, const char *const *arguments)
{
	int fds[2];
	snprintf(server->dir, sizeof server->dir, "/tmp/hotline-redis.XXXXXX");
	if (!mkdtemp(server->dir) || pipe(fds))
		return false;
	snprintf(server->address, sizeof server->address, "unix://%s/socket", server->dir);
	server->pid = fork();
	if (server->pid == 0)
		run(server, arguments, fds[1]);
	close(fds[1]);
	server->output = fdopen(fds[0], "r");
	if (server->pid > 0 && wait_until_ready(server))
		return true;
	redis_server_stop(server);
	return false;
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *walk)
{
	(void)status;
	(void)type;
	(void)walk;
	return remove(path);
}

void redis_server_stop(struct redis_server *server)
{
	if (server->pid > 0) {
		kill(server->pid, SIGKILL);
		waitpid(server->pid, NULL, 0);
	}
	server->pid = 0;
	if (server->output)
		fclose(server->output);
	server->output = NULL;
	nftw(server->dir, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

void redis_server_signal(const struct redis_server *server, int number)
{
	kill(server->pid, number);
}
