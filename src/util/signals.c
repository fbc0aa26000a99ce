/* SPDX-License-Identifier: Apache-2.0 */
#include "util/signals.h"

#include <signal.h>
#include <string.h>
#include <strings.h>

#include "util/str.h"

/* signal(7). Where two names share a number, the first is the one that is shown. */
static const struct {
	const char *name;
	int number;
} signals[] = {
	{"HUP", SIGHUP},       {"INT", SIGINT},       {"QUIT", SIGQUIT},
	{"ILL", SIGILL},       {"TRAP", SIGTRAP},     {"ABRT", SIGABRT},
	{"IOT", SIGIOT},       {"BUS", SIGBUS},       {"FPE", SIGFPE},
	{"KILL", SIGKILL},     {"USR1", SIGUSR1},     {"SEGV", SIGSEGV},
	{"USR2", SIGUSR2},     {"PIPE", SIGPIPE},     {"ALRM", SIGALRM},
	{"TERM", SIGTERM},     {"STKFLT", SIGSTKFLT}, {"CHLD", SIGCHLD},
	{"CLD", SIGCHLD},      {"CONT", SIGCONT},     {"STOP", SIGSTOP},
	{"TSTP", SIGTSTP},     {"TTIN", SIGTTIN},     {"TTOU", SIGTTOU},
	{"URG", SIGURG},       {"XCPU", SIGXCPU},     {"XFSZ", SIGXFSZ},
	{"VTALRM", SIGVTALRM}, {"PROF", SIGPROF},     {"WINCH", SIGWINCH},
	{"IO", SIGIO},         {"POLL", SIGPOLL},     {"PWR", SIGPWR},
	{"SYS", SIGSYS},
};

/* "RTMIN", "RTMIN+3", "RTMAX-2" */
static int parse_real_time(const char *text, int *ret)
{
	bool from_min = strncasecmp(text, "RTMIN", 5) == 0;
	uint32_t offset = 0;

	if (!from_min && strncasecmp(text, "RTMAX", 5) != 0)
		return -EINVAL;
	if (text[5] != '\0') {
		if (text[5] != (from_min ? '+' : '-') ||
		    str_to_u32(text + 6, &offset) < 0)
			return -EINVAL;
	}
	if (offset > (uint32_t)(SIGRTMAX - SIGRTMIN))
		return -EINVAL;
	*ret = from_min ? SIGRTMIN + (int)offset : SIGRTMAX - (int)offset;
	return 0;
}

int signal_parse(const char *text, int *ret)
{
	uint32_t number = 0;

	if (str_to_u32(text, &number) == 0) {
		if (number < 1 || number >= _NSIG)
			return -EINVAL;
		*ret = (int)number;
		return 0;
	}
	if (strncasecmp(text, "SIG", 3) == 0)
		text += 3;
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		if (strcasecmp(text, signals[i].name) == 0) {
			*ret = signals[i].number;
			return 0;
		}
	}
	return parse_real_time(text, ret);
}

char *signal_name(int sig, char buf[static SIGNAL_NAME_MAX])
{
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		if (signals[i].number == sig) {
			snprintf(buf, SIGNAL_NAME_MAX, "SIG%s", signals[i].name);
			return buf;
		}
	}
	if (sig == SIGRTMIN)
		snprintf(buf, SIGNAL_NAME_MAX, "SIGRTMIN");
	else if (sig > SIGRTMIN && sig <= SIGRTMAX)
		snprintf(buf, SIGNAL_NAME_MAX, "SIGRTMIN+%d", sig - SIGRTMIN);
	else
		snprintf(buf, SIGNAL_NAME_MAX, "%d", sig);
	return buf;
}
