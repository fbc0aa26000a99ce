/* SPDX-License-Identifier: Apache-2.0 */
/* Step of create_plan_build(): how its output is kept. */
#include "engine/create_plan.h"
#include "engine/create_steps.h"

#include <unistd.h>

#include "engine/log_option.h"
#include "util/str.h"

/* Who has the caller's terminal can type on it: ioctl_tty(2), TIOCSTI. */
static int check_passthrough(const struct create_options *o, enum log_driver driver,
			     struct error *err)
{
	if (!log_driver_is_passthrough(driver))
		return 0;
	if (o->terminal) {
		error_set(
			err, ERR_INVALID, 0,
			"--tty makes a terminal for the container, and --log-driver %s gives it "
			"your own",
			log_driver_words[driver]);
		return error_hint(err, "Leave one of them out");
	}
	if (driver == LOG_DRIVER_PASSTHROUGH_TTY ||
	    (!isatty(STDIN_FILENO) && !isatty(STDOUT_FILENO) && !isatty(STDERR_FILENO)))
		return 0;
	error_set(err, ERR_INVALID, 0,
		  "the '--log-driver passthrough' option cannot be used on a TTY");
	return error_hint(err, "If the container may type on your terminal: --log-driver "
			       "passthrough-tty");
}

/* What every container gets, as far as it suits this driver, before what this one gets. */
static char **options_of(const struct create_options *o)
{
	bool is_file = log_driver_is_file((enum log_driver)o->log_driver);
	char **all = NULL;

	strv_foreach (opt, o->conf.log_opts)
		if (str_starts(*opt, "tag=") ? o->log_driver == LOG_DRIVER_JOURNALD
					     : is_file)
			strv_add(&all, *opt);
	strv_foreach (opt, o->log_opts)
		strv_add(&all, *opt);
	return all;
}

int create_plan_log(const struct engine *e, struct create_plan *p, struct error *err)
{
	const struct create_options *o = p->options;
	cleanup_strv char **opts = options_of(o);
	int r = log_settings_parse(o->log_driver, opts, &p->log, err);

	(void)e;
	if (r >= 0)
		r = check_passthrough(o, p->log.driver, err);
	return r < 0 ? r : log_settings_check(&p->log, err);
}
