/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/build_table.h"

#include "cli/create_table.h"
#include "engine/image_fetch.h"
#include "util/str.h"

#define V struct build_values

static const char *const formats[] = {"oci", "docker", NULL};
static const char *const progress_words[] = {"auto",  "plain",   "tty", "json",
					     "quiet", "rawjson", NULL};
static const char *const file_alias[] = {"containerfile", NULL};

/* podman's words, and what Docker's boolean means */
static int set_pull(const struct option_match *m, struct error *err)
{
	static const struct {
		const char *word;
		enum pull_policy policy;
	} words[] = {{"missing", PULL_MISSING}, {"ifmissing", PULL_MISSING},
		     {"always", PULL_ALWAYS},   {"true", PULL_ALWAYS},
		     {"never", PULL_NEVER},     {"false", PULL_NEVER},
		     {"newer", PULL_NEWER},     {"ifnewer", PULL_NEWER}};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (!str_eq(words[i].word, m->value))
			continue;
		*(int *)m->target = words[i].policy;
		return 0;
	}
	return error_set(err, ERR_INVALID, 0,
			 "unrecognized pull policy \"%s\" for --pull: there are missing, "
			 "always, never, newer",
			 m->value);
}

static const struct option_spec files_rows[] = {
	OPT_STRV(V, files, "file", 'f', "FILE",
		 "the Dockerfile; a URL, or - for stdin; several: one after the other",
		 .common = true, .aliases = file_alias),
	OPT_STRV(V, tags, "tag", 't', "NAME", "name of the image; several: all of them",
		 .common = true),
	OPT_STRV(
		V, build_args, "build-arg", 0, "NAME=VALUE",
		"value of an ARG; NAME alone: the variable's in your environment; not for secrets",
		.common = true),
	OPT_STRV(V, build_arg_files, "build-arg-file", 0, "FILE",
		 "such values from a file, a line each"),
	OPT_STRING(V, target, "target", 0, "STAGE", "stop at this stage", .common = true),
	OPT_STRV(V, build_contexts, "build-context", 0, "NAME=PLACE",
		 "what FROM NAME and --from=NAME mean: a directory, a URL, "
		 "docker-image://IMAGE"),
	OPT_STRING(V, ignore_file, "ignorefile", 0, "FILE",
		   "what is no part of the context (default: .containerignore, "
		   ".dockerignore)"),
	OPT_STRING(V, from, "from", 0, "IMAGE", "instead of what the first FROM names"),
	OPT_STRV(V, secrets, "secret", 0, "id=NAME,src=FILE",
		 "what RUN --mount=type=secret may see; or id=NAME,env=VARIABLE",
		 .common = true),
	OPT_STRV(V, ssh, "ssh", 0, "NAME[=SOCKET|KEY]",
		 "the agent or keys that RUN --mount=type=ssh may use"),
	OPT_LIST(V, allow, "allow", 0, "WORD",
		 "let RUN have network.host, security.insecure"),
	OPT_BOOL(
		V, check, "check", 0,
		"read the Dockerfile, say whether it can be understood, and build nothing"),
	OPT_END,
};

static const struct option_spec image_rows[] = {
	OPT_GROUP("The image"),
	OPT_STRV(V, labels, "label", 0, "NAME=VALUE", "a label", .common = true),
	OPT_STRV(V, annotations, "annotation", 0, "NAME=VALUE",
		 "an annotation of the manifest"),
	OPT_STRV(V, layer_labels, "layer-label", 0, "NAME=VALUE",
		 "a label of the images between the steps: none are kept here",
		 .hidden = true),
	OPT_STRV(V, unset_labels, "unsetlabel", 0, "NAME",
		 "leave a label of the base image out"),
	OPT_STRV(V, unset_annotations, "unsetannotation", 0, "NAME",
		 "leave an annotation of the base image out"),
	OPT_BOOL(V, inherit_labels, "inherit-labels", 0,
		 "labels of the base image stay (default true)"),
	OPT_BOOL(V, inherit_annotations, "inherit-annotations", 0,
		 "annotations of the base image stay (default true)"),
	OPT_STRV(V, env, "env", 0, "NAME=VALUE", "a variable in the image's environment"),
	OPT_STRV(V, unset_env, "unsetenv", 0, "NAME",
		 "leave out a variable of the image's environment"),
	OPT_LIST(V, platforms, "platform", 0, "OS/ARCH,...",
		 "what to build for; several: --manifest takes them", .common = true),
	OPT_STRING(V, os, "os", 0, "OS", "the same in parts"),
	OPT_STRING(V, arch, "arch", 0, "ARCH", "the same in parts"),
	OPT_STRING(V, variant, "variant", 0, "VARIANT", "the same in parts"),
	OPT_STRING(V, os_version, "os-version", 0, "VERSION",
		   "version of the OS that it needs"),
	OPT_STRV(V, os_features, "os-feature", 0, "NAME[-]",
		 "a feature of the OS that it needs; with - not"),
	OPT_WORD(V, format, "format", 0, formats,
		 "of manifest and config (default oci, or $BUILDAH_FORMAT)",
		 .given = OPT_GIVEN(V, format_given)),
	OPT_BOOL(V, layers, "layers", 0,
		 "a layer a step, from the cache if it is there; false: one for all "
		 "(default true)",
		 .given = OPT_GIVEN(V, layers_given)),
	OPT_BOOL(V, squash, "squash", 0, "all new layers in one"),
	OPT_BOOL(V, squash_all, "squash-all", 0,
		 "all layers in one, the base image's too"),
	OPT_BOOL(V, omit_history, "omit-history", 0, "no history in the config"),
	OPT_END,
};

static const struct option_spec time_rows[] = {
	OPT_GROUP("The same result twice"),
	OPT_I64(V, timestamp, "timestamp", 0, "SECONDS",
		"when the image and every new file were made, since 1970",
		.given = OPT_GIVEN(V, timestamp_given), .max = INT64_C(253402300799)),
	OPT_I64(V, epoch, "source-date-epoch", 0, "SECONDS",
		"when the image was made (default $SOURCE_DATE_EPOCH)",
		.given = OPT_GIVEN(V, epoch_given), .max = INT64_C(253402300799)),
	OPT_BOOL(V, rewrite_timestamp, "rewrite-timestamp", 0,
		 "no new file is younger than that"),
	OPT_BOOL(V, verify, "verify", 0, "build it twice and say what differs"),
	OPT_END,
};

static const struct option_spec cache_rows[] = {
	OPT_GROUP("Cache and work"),
	OPT_BOOL(V, no_cache, "no-cache", 0, "every step anew", .common = true),
	OPT_LIST(V, no_cache_filter, "no-cache-filter", 0, "STAGE,...",
		 "every step of these stages anew"),
	OPT_STRV(V, cache_from, "cache-from", 0, "REPOSITORY",
		 "look for steps there too"),
	OPT_STRV(V, cache_to, "cache-to", 0, "REPOSITORY", "put new steps there"),
	OPT_DURATION(V, cache_ttl_usec, "cache-ttl", 0, "TIME",
		     "steps from longer ago don't count",
		     .given = OPT_GIVEN(V, cache_ttl_given)),
	OPT_INT(V, jobs, "jobs", 0, "N",
		"stages that are built at once (default 0: one a processor)",
		.max = 1000),
	OPT_BOOL(V, skip_unused, "skip-unused-stages", 0,
		 "leave out what the target does not need (default true)"),
	OPT_CUSTOM(V, pull, "pull", 0, "WHEN", set_pull,
		   "fetch base images; missing (default), always, never, newer",
		   .bare_value = "always", .common = true),
	OPT_END,
};

static const struct option_spec output_rows[] = {
	OPT_GROUP("Output"),
	OPT_STRV(
		V, outputs, "output", 'o', "DIR",
		"write its files there too; or type=tar, oci, docker, registry,dest=FILE",
		.common = true),
	OPT_BOOL(V, push, "push", 0, "send the image to where its names say"),
	OPT_BOOL(V, load, "load", 0, "the image is here afterwards anyway: no effect",
		 .hidden = true),
	OPT_STRING(V, manifest, "manifest", 0, "LIST",
		   "add the image to this list of images; make it if it is not there",
		   .common = true),
	OPT_STRING(V, iidfile, "iidfile", 0, "FILE",
		   "write the image's ID here, sha256:..."),
	OPT_STRING(V, iidfile_raw, "iidfile-raw", 0, "FILE", "the digits of it alone"),
	OPT_STRING(V, metadata_file, "metadata-file", 0, "FILE",
		   "write digests and names here, as JSON"),
	OPT_WORD(V, progress, "progress", 0, progress_words, "what is told of the work",
		 .common = true),
	OPT_BOOL(V, quiet, "quiet", 'q', "only the ID", .common = true),
	OPT_STRING(V, logfile, "logfile", 0, "FILE", "write that to a file"),
	OPT_BOOL(V, log_split, "logsplit", 0, "a file for each platform, FILE_OS_ARCH"),
	OPT_END,
};

/* one a line, however many there are */
/* clang-format off */
const struct option_spec build_table[] = {
	OPT_INCLUDE(files_rows),
	OPT_INCLUDE(output_rows),
	OPT_INCLUDE(image_rows),
	OPT_INCLUDE(cache_rows),
	OPT_INCLUDE(time_rows),
	OPT_INCLUDE_AT(V, run, build_table_run),
	OPT_INCLUDE_AT(V, registry, registry_table),
	OPT_INCLUDE(build_table_refused),
	OPT_END,
};
/* clang-format on */

void build_values_defaults(struct build_values *v)
{
	create_options_defaults(&v->run);
	registry_values_defaults(&v->registry);
	v->layers = v->skip_unused = true;
	v->inherit_labels = v->inherit_annotations = true;
	v->cache_ttl_usec = -1;
}
