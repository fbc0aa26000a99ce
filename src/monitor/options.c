/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor/options.h"

#include <limits.h>
#include <signal.h>
#include <string.h>

#include "monitor/journal.h"
#include "monitor/logfile.h"
#include "monitor/notify.h"
#include "monitor/text.h"

#define SIGNALS 64 /* SIGRTMAX is a call */

struct option {
	const char *name;
	size_t offset;
	int64_t min, max;
};

/* fds 0, 1, 2 are the monitor's own (on /dev/null), so none can be given */
#define FD_OPTION(name, field)                                            \
	{                                                                 \
		name, offsetof(struct monitor_options, field), 3, INT_MAX \
	}
#define OPTION(name, field, min, max)                                   \
	{                                                               \
		name, offsetof(struct monitor_options, field), min, max \
	}

/* the fds come first: monitor_options_fds() counts on it */
static const struct option options[] = {
	FD_OPTION("--dir-fd", dir_fd),
	FD_OPTION("--in-fd", in_fd),
	FD_OPTION("--out-fd", out_fd),
	FD_OPTION("--err-fd", err_fd),
	FD_OPTION("--tty-fd", tty_fd),
	FD_OPTION("--listen-fd", listen_fd),
	FD_OPTION("--owner-fd", owner_fd),
	FD_OPTION("--log-fd", log_fd),
	FD_OPTION("--ready-fd", ready_fd),
	FD_OPTION("--keep-fd", keep_fd),
	FD_OPTION("--keep-network-fd", keep_network_fd),
	FD_OPTION("--notify-fd", notify_fd),
	OPTION("--pid", pid, 1, INT_MAX),
	OPTION("--log-max-size", log_max_size, 0, INT64_MAX),
	OPTION("--log-max-files", log_max_files, 1, 1000),
	OPTION("--log-cri", log_cri, 0, 1),
	OPTION("--keep-stdin", keep_stdin, 0, 1),
	OPTION("--sync", sync, 0, 1),
	OPTION("--timeout", timeout, 0, INT_MAX),
	OPTION("--stop-signal", stop_signal, 1, SIGNALS),
	OPTION("--stop-timeout", stop_timeout, 0, INT_MAX),
};

struct word_option {
	const char *name;
	size_t offset;
	size_t max; /* bytes */
};

#define WORD_OPTION(name, field, max)                               \
	{                                                           \
		name, offsetof(struct monitor_options, field), max, \
	}

static const struct word_option word_options[] = {
	WORD_OPTION("--log-name", log_name, LOGFILE_NAME_LEN),
	WORD_OPTION("--log-journal", log_journal, JOURNAL_PATH_LEN),
	WORD_OPTION("--notify-to", notify_to, NOTIFY_PATH_LEN),
	WORD_OPTION("--log-fields", log_fields, JOURNAL_FIELDS_LEN),
};

static int word_option_set(struct monitor_options *o, const char *name, const char *value)
{
	for (size_t i = 0; i < ARRAY_SIZE(word_options); i++) {
		const struct word_option *spec = &word_options[i];
		size_t len = strlen(value);

		if (strcmp(spec->name, name) != 0)
			continue;
		if (len == 0 || len > spec->max)
			return -EINVAL;
		*(const char **)(void *)((char *)o + spec->offset) = value;
		return 0;
	}
	return -EINVAL;
}

static int option_set(struct monitor_options *o, const char *name, const char *value)
{
	int64_t n;

	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		const struct option *spec = &options[i];

		if (strcmp(spec->name, name) != 0)
			continue;
		if (text_to_i64(value, &n) < 0 || n < spec->min || n > spec->max)
			return -EINVAL;
		*(int64_t *)(void *)((char *)o + spec->offset) = n;
		return 0;
	}
	return word_option_set(o, name, value);
}

/* An empty word ends the clean-up; what follows is the health check. */
static char **split_health(char **words)
{
	for (; *words; words++) {
		if (**words)
			continue;
		*words = NULL;
		return words[1] ? words + 1 : NULL;
	}
	return NULL;
}

int monitor_options_parse(int argc, char **argv, struct monitor_options *ret,
			  const char **ret_wrong)
{
	struct monitor_options o = {
		.dir_fd = -1,
		.in_fd = -1,
		.out_fd = -1,
		.err_fd = -1,
		.tty_fd = -1,
		.listen_fd = -1,
		.owner_fd = -1,
		.log_fd = -1,
		.ready_fd = -1,
		.keep_fd = -1,
		.keep_network_fd = -1,
		.notify_fd = -1,
		.log_max_files = 1,
		.stop_signal = SIGTERM,
		.stop_timeout = -1,
	};
	int i;

	for (i = 1; i < argc && strcmp(argv[i], "--") != 0; i += 2) {
		*ret_wrong = argv[i];
		if (i + 1 >= argc || option_set(&o, argv[i], argv[i + 1]) < 0)
			return -EINVAL;
	}
	/* argv[argc] is NULL: without "--" the clean-up is empty */
	o.cleanup = argv + (i < argc ? i + 1 : argc);
	o.health = split_health(o.cleanup);
	*ret_wrong = "--pid";
	if (o.pid == 0)
		return -EINVAL;
	*ret_wrong = "--dir-fd";
	if (o.dir_fd < 0)
		return -EINVAL;
	*ret_wrong = "--tty-fd";
	if (o.tty_fd >= 0 && (o.in_fd >= 0 || o.out_fd >= 0 || o.err_fd >= 0))
		return -EINVAL;
	*ret = o;
	return 0;
}

int monitor_options_fds(const struct monitor_options *o,
			int fds[static MONITOR_OPTION_FDS])
{
	int n = 0;

	for (size_t i = 0; i < MONITOR_OPTION_FDS; i++) {
		int64_t fd = *(const int64_t *)(const void *)((const char *)o +
							      options[i].offset);

		if (fd >= 0)
			fds[n++] = (int)fd;
	}
	return n;
}
