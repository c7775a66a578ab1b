// main.c - hotline-units: the running counters of every dimension, as the sum of the shards' partial ones.
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>

#include "log.h"
#include "settings.h"

// Before any thread starts, so that all of them leave these signals to the descriptor.
static int take_stop_signals(void)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static enum status run(const struct settings *settings, struct policy *policy, struct names *names, struct error *error)
{
	struct loop_config config;
	enum status status = settings_load(settings, names, policy, error);
	if (status == OK)
		status = settings_apply(settings, &config, error);
	if (status != OK || settings->common.check_config)
		return status;
	config.policy = policy;
	config.names = names;
	config.stop_fd = take_stop_signals();
	return loop_run(&config, error);
}

int main(int argc, char **argv)
{
	static struct settings settings;
	static struct policy policy;
	struct error error;
	int code = settings_read(&settings, argc, argv);
	if (code >= 0)
		return code;
	log_init("hotline-units", options_log_level(&settings.common));
	struct names *names = names_new();
	enum status status = run(&settings, &policy, names, &error);
	if (status != OK)
		log_failure(LOG_LEVEL_ERROR, "stopped", &error);
	policy_done(&policy);
	names_free(names);
	return status == OK ? EXIT_SUCCESS : settings_is_at_fault(&error) ? EXIT_CONFIG : EXIT_FAILURE;
}
