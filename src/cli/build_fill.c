/* SPDX-License-Identifier: Apache-2.0 */
/* From options as typed to what a build is asked for. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/build_table.h"
#include "engine/environment.h"
#include "engine/image.h"
#include "image/platform.h"
#include "util/mem.h"
#include "util/str.h"

void build_filled_release(struct build_filled *f)
{
	strv_free(f->names);
	strv_free(f->build_args);
	strv_free(f->platforms);
	strv_free(f->env);
	transfer_platform_clear(&f->options.fetch.platform);
	*f = (struct build_filled){0};
}

/* Variables that buildah's users set once and for all. */
static int fill_from_environment(struct build_values *v, struct error *err)
{
	const char *format = getenv("BUILDAH_FORMAT"), *layers = getenv("BUILDAH_LAYERS"),
		   *epoch = getenv("SOURCE_DATE_EPOCH");

	if (format && !v->format_given)
		v->format = str_eq(format, "docker");
	if (layers && !v->layers_given)
		v->layers = str_eq(layers, "true") || str_eq(layers, "1");
	if (!epoch || v->epoch_given || v->timestamp_given)
		return 0;
	if (str_to_i64(epoch, &v->epoch) < 0 || v->epoch < 0)
		return error_set(err, ERR_INVALID, 0,
				 "SOURCE_DATE_EPOCH=%s: expected seconds since 1970",
				 epoch);
	v->epoch_given = true;
	return 0;
}

static int fill_names(const struct build_values *v, struct build_filled *f,
		      struct error *err)
{
	strv_foreach (tag, v->tags) {
		char *name = NULL;
		int r = image_canonical_name(*tag, &name, err);

		if (r < 0)
			return error_wrap(err, "tag %s", *tag);
		if (strv_has(f->names, name))
			free(name);
		else
			strv_add_take(&f->names, name);
	}
	f->options.names = f->names;
	return 0;
}

/* Those of files first: what is typed goes before. */
static int fill_args(const struct build_values *v, struct build_filled *f,
		     struct error *err)
{
	strv_foreach (file, v->build_arg_files) {
		cleanup_strv char **lines = NULL;
		int r = environment_lines("--build-arg-file", *file, &lines, err);

		for (char **line = lines; r >= 0 && line && *line; line++)
			r = environment_add(&f->build_args, *line, environ, err);
		if (r < 0)
			return r;
	}
	strv_foreach (arg, v->build_args) {
		int r;

		if ((*arg)[0] == '=' || !(*arg)[0])
			return error_set(err, ERR_INVALID, 0,
					 "--build-arg %s: expected NAME=VALUE, or NAME",
					 *arg);
		r = environment_add(&f->build_args, *arg, environ, err);
		if (r < 0)
			return r;
	}
	f->options.build_args = f->build_args;
	strv_foreach (env, v->env) {
		int r = environment_add(&f->env, *env, environ, err);

		if (r < 0)
			return r;
	}
	f->options.env = f->env;
	return 0;
}

static int add_platform(const char *text, struct build_filled *f, struct error *err)
{
	struct image_platform p = {0};
	cleanup_free char *full = NULL;
	int r = platform_parse(text, &p, err);

	if (r < 0)
		return error_wrap(err, "--platform %s", text);
	full = platform_text(&p);
	image_platform_release(&p);
	if (!strv_has(f->platforms, full))
		strv_add(&f->platforms, full);
	return 0;
}

/* --platform goes before its parts, as with podman. */
static int fill_platforms(const struct build_values *v, struct build_filled *f,
			  struct error *err)
{
	struct image_platform host = {0};
	cleanup_free char *text = NULL;

	if (!v->platforms && !v->os && !v->arch && !v->variant)
		return 0;
	if (!v->platforms) {
		platform_host(&host);
		text = xasprintf("%s/%s%s%s", v->os ? v->os : host.os,
				 v->arch ? v->arch : host.architecture,
				 v->variant ? "/" : "", v->variant ? v->variant : "");
		image_platform_release(&host);
		return add_platform(text, f, err);
	}
	strv_foreach (platform, v->platforms) {
		int r = add_platform(*platform, f, err);

		if (r < 0)
			return r;
	}
	return 0;
}

static int check_pairs(char *const *list, const char *option, struct error *err)
{
	strv_foreach (item, list)
		if ((*item)[0] == '=' || !(*item)[0])
			return error_set(err, ERR_INVALID, 0,
					 "%s %s: expected NAME=VALUE", option, *item);
	return 0;
}

static int check_several(const struct build_values *v, const struct build_filled *f,
			 struct error *err)
{
	cleanup_free char *list = strv_join(f->platforms, ",");

	if (strv_len(f->platforms) < 2)
		return 0;
	if (v->tags)
		error_set(err, ERR_INVALID, 0,
			  "--tag names one image, and --platform %s makes %zu", list,
			  strv_len(f->platforms));
	else if (v->iidfile || v->iidfile_raw)
		error_set(
			err, ERR_INVALID, 0,
			"--iidfile takes the ID of one image, and --platform %s makes %zu",
			list, strv_len(f->platforms));
	else if (v->outputs)
		error_set(err, ERR_INVALID, 0,
			  "--output gives out one image, and --platform %s makes %zu",
			  list, strv_len(f->platforms));
	else if (v->metadata_file)
		return error_set(
			err, ERR_INVALID, 0,
			"--metadata-file tells of one image, and --platform %s makes %zu",
			list, strv_len(f->platforms));
	else
		return 0;
	return error_hint(err, "A list of them: --platform %s --manifest NAME", list);
}

static int check(const struct build_values *v, const struct build_filled *f,
		 struct error *err)
{
	int r = check_pairs(v->labels, "--label", err);

	if (r >= 0)
		r = check_pairs(v->annotations, "--annotation", err);
	if (r < 0)
		return r;
	if (v->timestamp_given && v->epoch_given)
		return error_set(err, ERR_INVALID, 0,
				 "--timestamp and --source-date-epoch both say when");
	if (v->rewrite_timestamp && !v->timestamp_given && !v->epoch_given) {
		error_set(err, ERR_INVALID, 0, "--rewrite-timestamp: no time was given");
		return error_hint(err, "--source-date-epoch $(git log -1 --pretty=%%ct)");
	}
	if (v->run.no_hosts && v->run.add_hosts)
		return error_set(err, ERR_INVALID, 0,
				 "--no-hosts and --add-host cannot be set together");
	if (v->push && !v->tags && !v->manifest) {
		error_set(err, ERR_INVALID, 0, "--push: the image has no name");
		return error_hint(err, "cubby build --push -t REGISTRY/NAME:TAG ...");
	}
	if (v->log_split && !v->logfile)
		return error_set(err, ERR_INVALID, 0, "--logsplit needs --logfile");
	return check_several(v, f, err);
}

/* What is only passed on. */
static void fill_plain(struct build_values *v, struct build_options *o)
{
	o->target = v->target;
	o->from = v->from;
	o->secrets = v->secrets;
	o->ssh = v->ssh;
	o->allow = v->allow;
	o->labels = v->labels;
	o->annotations = v->annotations;
	o->unset_env = v->unset_env;
	o->unset_labels = v->unset_labels;
	o->unset_annotations = v->unset_annotations;
	o->drop_labels = !v->inherit_labels;
	o->drop_annotations = !v->inherit_annotations;
	o->os_version = v->os_version;
	o->os_features = v->os_features;
	o->docker_format = v->format == 1;
	o->layers = v->layers;
	o->squash = v->squash;
	o->squash_all = v->squash_all;
	o->no_cache = v->no_cache || (v->cache_ttl_given && v->cache_ttl_usec == 0);
	o->no_cache_filter = v->no_cache_filter;
	o->cache_from = v->cache_from;
	o->cache_to = v->cache_to;
	o->cache_ttl_usec = v->cache_ttl_usec;
	o->has_epoch = v->timestamp_given || v->epoch_given;
	o->epoch_sec = v->timestamp_given ? v->timestamp : v->epoch;
	o->rewrite_timestamp = v->rewrite_timestamp || v->timestamp_given;
	o->all_at_epoch = v->timestamp_given;
	o->omit_history = v->omit_history;
	/* two that read the same stdin would each get some of it */
	o->jobs = v->run.interactive ? 1 : (unsigned int)v->jobs;
	o->pull_policy = v->pull;
	o->run = &v->run;
	o->verify = v->verify;
	o->all_stages = !v->skip_unused;
}

int build_values_fill(struct build_values *v, struct build_filled *ret, struct error *err)
{
	int r = fill_from_environment(v, err);

	if (r >= 0)
		r = fill_names(v, ret, err);
	if (r >= 0)
		r = fill_args(v, ret, err);
	if (r >= 0)
		r = fill_platforms(v, ret, err);
	if (r >= 0)
		r = check(v, ret, err);
	if (r < 0)
		return r;
	fill_plain(v, &ret->options);
	registry_values_fill(&v->registry, &ret->options.fetch.registry);
	return 0;
}

int build_filled_platform(struct build_filled *f, const char *platform, struct error *err)
{
	const struct platform_values v = {.platform = platform};

	transfer_platform_clear(&f->options.fetch.platform);
	f->options.platform = platform;
	return platform ? platform_values_fill(&v, &f->options.fetch.platform, err) : 0;
}
