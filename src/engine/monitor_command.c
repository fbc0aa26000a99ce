/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/monitor_command.h"

#include <inttypes.h>
#include <limits.h>
#include <unistd.h>

#include "util/fd.h"
#include "util/mem.h"
#include "util/str.h"

void monitor_command_release(struct monitor_command *m)
{
	fd_cleanup_(&m->dir_fd);
	fd_cleanup_(&m->in_fd);
	fd_cleanup_(&m->out_fd);
	fd_cleanup_(&m->err_fd);
	fd_cleanup_(&m->tty_fd);
	fd_cleanup_(&m->keep_fd);
	fd_cleanup_(&m->keep_network_fd);
	log_target_release(&m->log);
	sdnotify_proxy_release(&m->notify);
}

static void add_number(char ***argv, const char *option, int64_t value)
{
	strv_add(argv, option);
	strv_addf(argv, "%" PRId64, value);
}

static int add_fd(char ***argv, const char *option, int fd)
{
	if (fd < 0)
		return 0;
	add_number(argv, option, fd);
	return fd_set_cloexec(fd, false);
}

static int add_fds(const struct monitor_command *m, char ***argv)
{
	const struct {
		const char *option;
		int fd;
	} fds[] = {
		{"--dir-fd", m->dir_fd},
		{"--in-fd", m->in_fd},
		{"--out-fd", m->out_fd},
		{"--err-fd", m->err_fd},
		{"--tty-fd", m->tty_fd},
		{"--listen-fd", m->listen_fd},
		{"--owner-fd", m->owner_fd},
		{"--log-fd", m->log.fd},
		{"--keep-fd", m->keep_fd},
		{"--notify-fd", m->notify.fd},
		{"--keep-network-fd", m->keep_network_fd},
	};

	for (size_t i = 0; i < ARRAY_SIZE(fds); i++) {
		int r = add_fd(argv, fds[i].option, fds[i].fd);

		if (r < 0)
			return r;
	}
	return 0;
}

static void add_word(char ***argv, const char *option, const char *value)
{
	if (!value)
		return;
	strv_add(argv, option);
	strv_add(argv, value);
}

static void add_log(const struct monitor_command *m, char ***argv)
{
	add_word(argv, "--log-name", m->log.name);
	add_word(argv, "--log-journal", m->log.journal);
	add_word(argv, "--log-fields", m->log.fields);
	if (m->log.journal)
		return;
	if (m->log_settings->driver == LOG_DRIVER_K8S_FILE)
		add_number(argv, "--log-cri", 1);
	if (m->log_settings->max_size > 0)
		add_number(argv, "--log-max-size", m->log_settings->max_size);
	if (m->log_settings->max_files > 1)
		add_number(argv, "--log-max-files", m->log_settings->max_files);
}

int monitor_command_exec(const struct monitor_command *m, struct error *err)
{
	cleanup_strv char **argv = NULL;
	int r;

	strv_add(&argv, m->program);
	add_number(&argv, "--pid", m->pid);
	r = add_fds(m, &argv);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "pass files to the monitor");
	if (m->log.fd >= 0)
		add_log(m, &argv);
	add_word(&argv, "--notify-to", m->notify.to);
	add_number(&argv, "--keep-stdin", m->keep_stdin);
	if (m->timeout_sec > 0)
		add_number(&argv, "--timeout", m->timeout_sec);
	if (m->stop_signal > 0)
		add_number(&argv, "--stop-signal", m->stop_signal);
	if (m->stop_timeout_sec >= 0)
		add_number(&argv, "--stop-timeout",
			   m->stop_timeout_sec < INT_MAX ? m->stop_timeout_sec : INT_MAX);
	strv_add(&argv, "--");
	strv_foreach (word, m->cleanup_argv)
		strv_add(&argv, *word);
	if (m->health_argv)
		strv_add(&argv, "");
	strv_foreach (word, m->health_argv)
		strv_add(&argv, *word);
	execv(m->program, argv);
	return error_set(err, ERR_SYSTEM, errno, "run the monitor %s", m->program);
}
