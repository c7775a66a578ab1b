// main.c - hotline-units: the running counters of every dimension, as the sum of the shards' partial ones.
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>

#include "log.h"
#include "memory.h"
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

// hotline-tickets puts policies in force, and this program judges by what it reads in the heads; SIGHUP, which tells the other one, may be sent to both.
static enum status run(const struct settings *settings, struct policies *policies, struct names *names, struct error *error)
{
	struct loop_config config;
	const struct known_policy *own_policy;
	enum status status = policies_load_file(policies, settings->common.policy, &own_policy, error);
	if (status == OK)
		status = settings_apply(settings, &config, error);
	if (status != OK || settings->common.check_config)
		return status;
	config.policy = &own_policy->policy;
	config.policies = policies;
	config.names = names;
	signal(SIGHUP, SIG_IGN);
	config.stop_fd = take_stop_signals();
	return loop_run(&config, error);
}

int main(int argc, char **argv)
{
	static struct settings settings;
	struct error error;
	int code = settings_read(&settings, argc, argv);
	if (code >= 0)
		return code;
	memory_begin_service();
	log_init("hotline-units", options_log_level(&settings.common));
	struct names *names = names_new();
	struct policies *policies = policies_new(names);
	enum status status = run(&settings, policies, names, &error);
	if (status != OK)
		log_failure(LOG_LEVEL_ERROR, "stopped", &error);
	policies_free(policies);
	names_free(names);
	return status == OK ? EXIT_SUCCESS : options_exit_code(&error);
}
