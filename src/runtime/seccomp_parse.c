/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation. A profile in Docker's format is one in OCI's format with more
 * members. It is first rewritten into the latter in place (archMap becomes architectures;
 * name, names; errno, errnoRet), so that the specification's own reader checks all that
 * is left and counts the same entries in its messages; then the entries whose includes
 * and excludes don't hold here are dropped.
 *
 * Source of the meaning: moby/profiles, seccomp/seccomp_linux.go; containers/common has
 * `errno` words too.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "runtime/process.h"
#include "runtime/seccomp.h"
#include "runtime/seccomp_default.h"
#include "spec/spec.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"

#define PATH_MAX_LEN 128

struct parser {
	uint64_t capabilities;
	const char *native; /* libseccomp's name */
	unsigned long kernel[2];
	bool *dropped; /* for each entry of syscalls */
};

static int bad(struct error *err, const char *path, struct json_object *o,
	       const char *expected)
{
	cleanup_free char *got = json_describe(o);

	return error_set(err, ERR_INVALID, 0, "%s: expected %s, got %s", path, expected,
			 got);
}

/* Docker writes Go's names of architectures, or libseccomp's. */
static bool is_native(const struct parser *p, const char *name)
{
	static const struct {
		const char *go, *name;
	} names[] = {
		{"386", "x86"},
		{"amd64", "x86_64"},
		{"arm64", "aarch64"},
		{"loong64", "loongarch64"},
		{"mips64le", "mipsel64"},
		{"mips64p32", "mips64n32"},
		{"mips64p32le", "mipsel64n32"},
		{"mipsle", "mipsel"},
		{"mips3l64n32", "mipsel64n32"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (str_eq(names[i].go, name))
			return str_eq(names[i].name, p->native);
	}
	return str_eq(name, p->native);
}

static bool is_native_word(const struct parser *p, const char *word)
{
	return str_starts(word, "SCMP_ARCH_") && !strcasecmp(word + 10, p->native);
}

/* errno word to number, by asking for the name of each number: errno(3). */
static int errno_number(const char *word)
{
	for (int number = 1; number < 4096; number++) {
		if (str_eq(strerrorname_np(number), word))
			return number;
	}
	return 0;
}

static int rewrite_errno(struct json_object *o, const char *where, const char *word_key,
			 const char *number_key, struct error *err)
{
	struct json_object *word = json_get(o, word_key);
	char path[PATH_MAX_LEN];
	const char *text;
	uint64_t number;
	int r;

	if (!word)
		return 0;
	snprintf(path, sizeof(path), "%s%s", where, word_key);
	r = json_to_str(word, path, &text, err);
	if (r < 0)
		return r;
	if (!*text)
		return 0;
	if (!errno_number(text))
		return bad(err, path, word, "the name of an errno");
	if (!json_get(o, number_key)) {
		json_add_u64(o, number_key, errno_number(text));
		return 0;
	}
	snprintf(path, sizeof(path), "%s%s", where, number_key);
	r = json_to_u64(json_get(o, number_key), path, &number, err);
	if (r == 0 && number != (uint64_t)errno_number(text))
		r = error_set(err, ERR_INVALID, 0, "%s%s is %s, but %s is %llu", where,
			      word_key, text, number_key, (unsigned long long)number);
	return r;
}

static int rewrite_arch_map(const struct parser *p, struct json_object *root,
			    struct error *err)
{
	struct json_object *map = json_get(root, "archMap"),
			   *listed = json_get(root, "architectures");
	struct json_object *architectures;

	if (!map)
		return 0;
	if (!json_object_is_type(map, json_type_array))
		return bad(err, "seccomp.archMap", map, "an array");
	if (listed && json_object_is_type(listed, json_type_array) &&
	    json_object_array_length(listed)) {
		if (!json_object_array_length(map))
			return 0;
		return error_set(err, ERR_INVALID, 0,
				 "seccomp: both architectures and archMap are there");
	}
	architectures = json_object_new_array();
	json_add(root, "architectures", architectures);
	for (size_t i = 0; i < json_object_array_length(map); i++) {
		struct json_object *entry = json_object_array_get_idx(map, i);
		struct json_object *subs;
		char path[PATH_MAX_LEN];
		const char *word;
		int r;

		snprintf(path, sizeof(path), "seccomp.archMap[%zu].architecture", i);
		r = json_to_str(json_get(entry, "architecture"), path, &word, err);
		if (r < 0)
			return r;
		if (!is_native_word(p, word))
			continue;
		json_object_array_add(architectures, json_object_new_string(word));
		subs = json_get(entry, "subArchitectures");
		snprintf(path, sizeof(path), "seccomp.archMap[%zu].subArchitectures", i);
		if (subs && !json_object_is_type(subs, json_type_array))
			return bad(err, path, subs, "an array");
		for (size_t j = 0; subs && j < json_object_array_length(subs); j++)
			json_object_array_add(
				architectures,
				json_object_get(json_object_array_get_idx(subs, j)));
		return 0;
	}
	return 0;
}

/* The three kinds of conditions; each says in *ret how many of its n words hold here. */
struct condition {
	size_t n_archs, n_archs_held, n_caps, n_caps_held;
	bool has_kernel, kernel_held;
};

static int condition_kernel(const struct parser *p, struct json_object *o,
			    const char *path, struct condition *ret, struct error *err)
{
	unsigned long major, minor;
	const char *text;
	int r, end = 0;

	if (!o)
		return 0;
	r = json_to_str(o, path, &text, err);
	if (r < 0)
		return r;
	if (!*text)
		return 0;
	if (sscanf(text, "%4lu.%4lu%n", &major, &minor, &end) != 2 || text[end])
		return bad(err, path, o, "a kernel version such as \"4.8\"");
	ret->has_kernel = true;
	ret->kernel_held =
		p->kernel[0] > major || (p->kernel[0] == major && p->kernel[1] >= minor);
	return 0;
}

static int condition_capabilities(const struct parser *p, struct json_object *o,
				  const char *path, struct condition *ret,
				  struct error *err)
{
	cleanup_strv char **caps = NULL;
	int r = o ? json_to_strv(o, path, &caps, err) : 0;

	if (r < 0)
		return r;
	strv_foreach (cap, caps) {
		int number;

		/* One that we don't know is one that nobody has. */
		ret->n_caps++;
		if (capability_parse(*cap, &number) == 0 && p->capabilities >> number & 1)
			ret->n_caps_held++;
	}
	return 0;
}

static int condition_parse(const struct parser *p, struct json_object *o,
			   const char *path, struct condition *ret, struct error *err)
{
	cleanup_strv char **archs = NULL;
	char member[PATH_MAX_LEN + 16];
	int r = 0;

	*ret = (struct condition){0};
	if (!o)
		return 0;
	if (!json_object_is_type(o, json_type_object))
		return bad(err, path, o, "an object");
	snprintf(member, sizeof(member), "%s.arches", path);
	if (json_get(o, "arches"))
		r = json_to_strv(json_get(o, "arches"), member, &archs, err);
	if (r < 0)
		return r;
	strv_foreach (arch, archs) {
		ret->n_archs++;
		ret->n_archs_held += is_native(p, *arch);
	}
	snprintf(member, sizeof(member), "%s.caps", path);
	r = condition_capabilities(p, json_get(o, "caps"), member, ret, err);
	if (r < 0)
		return r;
	snprintf(member, sizeof(member), "%s.minKernel", path);
	return condition_kernel(p, json_get(o, "minKernel"), member, ret, err);
}

static int rewrite_syscall(struct parser *p, struct json_object *o, size_t index,
			   struct error *err)
{
	struct json_object *name = json_get(o, "name"), *names = json_get(o, "names");
	struct condition includes, excludes;
	char path[PATH_MAX_LEN];
	const char *text;
	int r;

	snprintf(path, sizeof(path), "seccomp.syscalls[%zu].name", index);
	r = name ? json_to_str(name, path, &text, err) : 0;
	if (r < 0)
		return r;
	if (name && *text) {
		if (names && json_object_is_type(names, json_type_array) &&
		    json_object_array_length(names))
			return error_set(
				err, ERR_INVALID, 0,
				"seccomp.syscalls[%zu]: both name and names are there",
				index);
		names = json_object_new_array();
		json_object_array_add(names, json_object_new_string(text));
		json_add(o, "names", names);
	}
	snprintf(path, sizeof(path), "seccomp.syscalls[%zu].", index);
	r = rewrite_errno(o, path, "errno", "errnoRet", err);
	if (r < 0)
		return r;
	snprintf(path, sizeof(path), "seccomp.syscalls[%zu].includes", index);
	r = condition_parse(p, json_get(o, "includes"), path, &includes, err);
	if (r < 0)
		return r;
	snprintf(path, sizeof(path), "seccomp.syscalls[%zu].excludes", index);
	r = condition_parse(p, json_get(o, "excludes"), path, &excludes, err);
	if (r < 0)
		return r;
	p->dropped[index] = excludes.n_archs_held || excludes.n_caps_held ||
			    (excludes.has_kernel && excludes.kernel_held) ||
			    (includes.n_archs && !includes.n_archs_held) ||
			    includes.n_caps != includes.n_caps_held ||
			    (includes.has_kernel && !includes.kernel_held);
	return 0;
}

static int rewrite(struct parser *p, struct json_object *root, struct error *err)
{
	struct json_object *syscalls = json_get(root, "syscalls");
	size_t n;
	int r;

	if (!json_object_is_type(root, json_type_object))
		return bad(err, "seccomp", root, "an object");
	r = rewrite_errno(root, "seccomp.", "defaultErrno", "defaultErrnoRet", err);
	if (r == 0)
		r = rewrite_arch_map(p, root, err);
	if (r < 0 || !syscalls)
		return r;
	if (!json_object_is_type(syscalls, json_type_array))
		return bad(err, "seccomp.syscalls", syscalls, "an array");
	n = json_object_array_length(syscalls);
	p->dropped = xcalloc(n + 1, sizeof(*p->dropped));
	for (size_t i = 0; i < n && r == 0; i++) {
		struct json_object *o = json_object_array_get_idx(syscalls, i);
		char path[PATH_MAX_LEN];

		snprintf(path, sizeof(path), "seccomp.syscalls[%zu]", i);
		r = json_object_is_type(o, json_type_object)
			    ? rewrite_syscall(p, o, i, err)
			    : bad(err, path, o, "an object");
	}
	return r;
}

static void rule_release(struct spec_syscall_rule *rule)
{
	strv_free(rule->names);
	free(rule->action);
	for (size_t i = 0; i < rule->n_args; i++)
		free(rule->args[i].op);
	free(rule->args);
}

static void drop_rules(struct spec_seccomp *profile, const bool *dropped)
{
	size_t kept = 0;

	for (size_t i = 0; i < profile->n_syscalls; i++) {
		if (dropped[i])
			rule_release(&profile->syscalls[i]);
		else
			profile->syscalls[kept++] = profile->syscalls[i];
	}
	profile->n_syscalls = kept;
}

static int parse(struct parser *p, const char *text, size_t len,
		 struct spec_seccomp **ret, struct error *err)
{
	cleanup(spec_seccomp_freep) struct spec_seccomp *profile = NULL;
	cleanup_json struct json_object *root = NULL;
	cleanup_free char *rewritten = NULL;
	int r;

	r = json_parse(text, len, "seccomp profile", &root, err);
	if (r < 0)
		return r;
	r = rewrite(p, root, err);
	if (r == 0) {
		rewritten = json_text(root, false);
		r = spec_seccomp_parse(rewritten, strlen(rewritten), &profile, err);
	}
	if (r < 0)
		return r;
	if (profile && p->dropped)
		drop_rules(profile, p->dropped);
	*ret = TAKE_PTR(profile);
	return 0;
}

int seccomp_profile_parse(const char *text, size_t len, uint64_t capabilities,
			  struct spec_seccomp **ret, struct error *err)
{
	struct parser p = {.capabilities = capabilities,
			   .native = seccomp_default_arch_name()};
	struct utsname name;
	int r;

	if (uname(&name) < 0 ||
	    sscanf(name.release, "%lu.%lu", &p.kernel[0], &p.kernel[1]) != 2)
		return error_set(err, ERR_SYSTEM, 0,
				 "seccomp profile: unknown kernel version");
	r = parse(&p, text, len, ret, err);
	free(p.dropped);
	return r;
}
