/* SPDX-License-Identifier: Apache-2.0 */
/* A step of create_plan_build(): the secrets that a container is given. */
#include "engine/container_dir.h"
#include "engine/container_secrets.h"
#include "engine/create_plan.h"
#include "engine/create_steps.h"
#include "engine/secret.h"
#include "spec/spec.h"
#include "util/mem.h"
#include "util/str.h"

static int check_place(const struct create_plan *p, const struct secret_use *u,
		       struct error *err)
{
	if (u->is_env || (!volumes_find(&p->volumes, u->target) &&
			  !volumes_find(&p->tmpfs, u->target)))
		return 0;
	return error_set(err, ERR_INVALID, 0,
			 "secret %s: %s: duplicate mount destination", u->name,
			 u->target);
}

int create_plan_secrets(const struct engine *e, struct create_plan *p, struct error *err)
{
	int r = 0;

	strv_foreach (text, p->options->mount.secrets)
		if (r >= 0)
			r = secret_use_parse(&p->secrets, *text, err);
	for (size_t i = 0; r >= 0 && i < p->secrets.n; i++) {
		cleanup_secret_record struct secret_record rec = {0};
		struct secret_use *u = &p->secrets.items[i];

		r = secret_find(e, u->name, &rec, err);
		if (r >= 0)
			r = check_place(p, u, err);
		if (r < 0)
			break;
		u->id = TAKE_PTR(rec.id);
	}
	if (r >= 0 && p->secrets.n && !p->data_dir)
		p->data_dir = container_data_path(e, p->id, NULL);
	return r;
}

void create_secrets_spec(const struct create_plan *p, struct spec *spec)
{
	static const char *const words[] = {"bind",  "rprivate", "ro",       "nosuid",
					    "nodev", "noexec",   "copy-file"};

	for (size_t i = 0; i < p->secrets.n; i++) {
		const struct secret_use *u = &p->secrets.items[i];
		struct spec_mount *m;

		if (u->is_env)
			continue;
		m = SPEC_APPEND(&spec->mounts, &spec->n_mounts);
		m->destination = xstrdup(u->target);
		m->type = xstrdup("bind");
		m->source = container_secret_path(p->data_dir, u->id);
		for (size_t k = 0; k < ARRAY_SIZE(words); k++)
			strv_add(&m->options, words[k]);
		strv_addf(&m->options, "uid=%u", u->uid);
		strv_addf(&m->options, "gid=%u", u->gid);
		strv_addf(&m->options, "mode=%o", u->mode);
	}
}

char **create_secrets_lines(const struct create_plan *p)
{
	char **lines = NULL;

	for (size_t i = 0; i < p->secrets.n; i++)
		strv_add_take(&lines, secret_use_text(&p->secrets.items[i]));
	return lines;
}
