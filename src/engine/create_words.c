/* SPDX-License-Identifier: Apache-2.0 */
/* Steps of create_plan_build(): limits, labels, and how it ends. */
#include "engine/create_plan.h"
#include "engine/create_steps.h"
#include "engine/engine.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/create_image.h"
#include "engine/detach_keys.h"
#include "engine/environment.h"
#include "engine/label_option.h"
#include "engine/ulimit_option.h"
#include "spec/image.h"
#include "spec/spec.h"
#include "util/fs.h"
#include "util/mem.h"
#include "util/signals.h"
#include "util/str.h"
#include "util/tty.h"

#define UNIT_VARIABLE "PODMAN_SYSTEMD_UNIT"

int create_plan_limits(const struct engine *e, struct create_plan *p, struct error *err)
{
	int r;

	/* podman's word: as they are where cubby runs, which is what happens anyway */
	if (strv_has(p->options->ulimits, "host"))
		return strv_len(p->options->ulimits) == 1
			       ? 0
			       : error_set(
					 err, ERR_INVALID, 0,
					 "--ulimit host cannot be used with other limits");
	strv_foreach (text, p->options->ulimits) {
		r = ulimit_parse(&p->rlimits, &p->n_rlimits, *text, err);
		if (r < 0)
			return r;
	}
	return 0;
}

int create_plan_labels(const struct engine *e, struct create_plan *p, struct error *err)
{
	const struct create_options *o = p->options;
	cleanup_strv char **words = NULL, **annotations = NULL;
	const char *unit = getenv(UNIT_VARIABLE);
	int r;

	for (size_t i = 0; p->image && i < p->image->config->config.n_labels; i++)
		strv_addf(&words, "%s=%s", p->image->config->config.labels[i].key,
			  p->image->config->config.labels[i].value);
	strv_foreach (path, o->label_files) {
		r = environment_lines("--label-file", *path, &words, err);
		if (r < 0)
			return r;
	}
	strv_foreach (text, o->labels)
		strv_add(&words, *text);
	/* units made by `generate systemd` and Quadlet set it; auto-update restarts that unit */
	if (!str_empty(unit))
		strv_addf(&words, UNIT_VARIABLE "=%s", unit);
	r = label_option_collect("--label", words, true, &p->labels, err);
	if (r < 0)
		return r;
	annotations = strv_copy(o->annotations);
	if (p->keep_groups)
		strv_add(&annotations, "run.oci.keep_original_groups=1");
	r = label_option_collect("--annotation", annotations, false, &p->annotations,
				 err);
	if (r < 0)
		return r;
	return label_option_collect("--sysctl", o->sysctls, false, &p->sysctls, err);
}

static int plan_stop_signal(struct create_plan *p, struct error *err)
{
	const char *text = p->options->stop_signal, *what = "--stop-signal";

	if (!text && p->image && !str_empty(p->image->config->config.stop_signal)) {
		text = p->image->config->config.stop_signal;
		what = "the image's stop signal";
	}
	if (!text && p->is_systemd) {
		p->stop_signal = SIGRTMIN + 3;
		return 0;
	}
	if (signal_parse(text ? text : "SIGTERM", &p->stop_signal) < 0)
		return error_set(err, ERR_INVALID, 0, "%s %s: invalid signal", what,
				 text);
	return 0;
}

int create_plan_life(const struct engine *e, struct create_plan *p, struct error *err)
{
	const struct create_options *o = p->options;
	struct detach_keys keys;
	int r;

	r = detach_keys_parse(&keys, o->detach_keys, err);
	if (r < 0)
		return error_wrap(err, "--detach-keys");
	r = plan_stop_signal(p, err);
	if (r < 0)
		return r;
	if (o->terminal && !tty_size(STDIN_FILENO, &p->columns, &p->rows))
		p->columns = p->rows = 0;
	return 0;
}
