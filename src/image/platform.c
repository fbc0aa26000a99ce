/* SPDX-License-Identifier: Apache-2.0 */
#include "image/platform.h"

#include <string.h>
#include <sys/utsname.h>

#include "spec/media_type.h"
#include "util/mem.h"
#include "util/str.h"

#define THIS_OS       "linux"
#define RANK_UNKNOWN  100000 /* an OS or architecture that is not given */
#define SHOWN_MAX     20     /* platforms in a message */
#define WORD_LEN_MAX  64
#define PLATFORM_FORM "OS/ARCHITECTURE[/VARIANT], such as linux/arm64"

#define ATTESTATION_KEY "vnd.docker.reference.type"

/* What machines and people call architectures, and what Go calls them. */
static const struct {
	const char *name, *architecture, *variant;
} names[] = {
	{"x86_64", "amd64", NULL},
	{"x86-64", "amd64", NULL},
	{"aarch64", "arm64", NULL},
	{"armv8l", "arm", "v7"}, /* a 64-bit machine in 32-bit mode */
	{"armv7l", "arm", "v7"},
	{"armv6l", "arm", "v6"},
	{"armv5tel", "arm", "v5"},
	{"armv5tejl", "arm", "v5"},
	{"armhf", "arm", "v7"},
	{"armel", "arm", "v6"},
	{"i386", "386", NULL},
	{"i486", "386", NULL},
	{"i586", "386", NULL},
	{"i686", "386", NULL},
	{"loongarch64", "loong64", NULL},
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	{"mips64", "mips64le", NULL}, /* uname(2) does not say which order */
	{"mips", "mipsle", NULL},
#endif
};

/* Those whose name does not change, to tell them from operating systems. */
static const char *const architectures[] = {
	"386",      "amd64", "arm",     "arm64",   "loong64", "mips", "mipsle", "mips64",
	"mips64le", "ppc64", "ppc64le", "riscv64", "s390x",   "wasm", "sparc64"};

/* What an architecture is when no variant is given. */
static const struct {
	const char *architecture, *variant;
	bool shown;
} default_variants[] = {
	{"amd64", "v1", false},
	{"arm64", "v8", false},
	{"arm", "v7", true},
};

static void set_architecture(struct image_platform *p, const char *name)
{
	const char *architecture = name, *variant = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (str_eq(names[i].name, name)) {
			architecture = names[i].architecture;
			variant = names[i].variant;
		}
	p->architecture = xstrdup(architecture);
	p->variant = variant ? xstrdup(variant) : NULL;
}

/* The variant as given, or else the usual one; "8" is "v8". NULL: the architecture has none. */
static char *variant_of(const struct image_platform *p)
{
	const char *v = p->variant;

	if (!str_empty(v))
		return *v >= '0' && *v <= '9' ? xasprintf("v%s", v) : xstrdup(v);
	for (size_t i = 0; i < ARRAY_SIZE(default_variants); i++)
		if (str_eq(p->architecture, default_variants[i].architecture))
			return xstrdup(default_variants[i].variant);
	return NULL;
}

static void complete_variant(struct image_platform *p)
{
	char *variant = variant_of(p);

	free(p->variant);
	p->variant = variant;
}

void platform_of_machine(const char *machine, struct image_platform *ret)
{
	*ret = (struct image_platform){.os = xstrdup(THIS_OS)};
	set_architecture(ret, machine);
	complete_variant(ret);
}

void platform_host(struct image_platform *ret)
{
	struct utsname host = {0};

	(void)!uname(&host); /* fails only for a wrong pointer */
	platform_of_machine(host.machine, ret);
}

static bool is_word(const char *s)
{
	size_t len = strlen(s);

	return len > 0 && len <= WORD_LEN_MAX &&
	       strspn(s, "abcdefghijklmnopqrstuvwxyz"
			 "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") == len;
}

static char *lower_case(const char *s)
{
	char *copy = xstrdup(s);

	for (char *c = copy; *c; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	return copy;
}

static bool is_architecture(const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(architectures); i++)
		if (str_eq(architectures[i], word))
			return true;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (str_eq(names[i].name, word))
			return true;
	return false;
}

/* One word: an architecture of this OS, or an OS on this architecture. */
static void parse_word(const char *word, struct image_platform *ret)
{
	if (is_architecture(word)) {
		ret->os = xstrdup(THIS_OS);
		set_architecture(ret, word);
		return;
	}
	platform_host(ret);
	free(ret->os);
	ret->os = xstrdup(word);
}

int platform_parse(const char *text, struct image_platform *ret, struct error *err)
{
	cleanup_free char *lower = lower_case(text);
	cleanup_strv char **words = str_split(lower, '/');
	size_t n = strv_len(words);
	bool good = n <= 3;

	strv_foreach (word, words)
		good = good && is_word(*word);
	if (!good) {
		cleanup_free char *shown = xstrndup(text, 3 * WORD_LEN_MAX);
		cleanup_free char *quoted = str_quote(shown);
		return error_set(err, ERR_INVALID, 0,
				 "platform %s: expected " PLATFORM_FORM, quoted);
	}
	*ret = (struct image_platform){0};
	if (n == 1) {
		parse_word(words[0], ret);
	} else {
		ret->os = xstrdup(words[0]);
		set_architecture(ret, words[1]);
	}
	if (n == 3) {
		free(ret->variant);
		ret->variant = xstrdup(words[2]);
	}
	complete_variant(ret);
	return 0;
}

static const char *or_unknown(const char *s)
{
	return str_empty(s) ? "unknown" : s;
}

char *platform_text(const struct image_platform *p)
{
	cleanup_free char *variant = variant_of(p);
	bool shown = variant != NULL;

	for (size_t i = 0; i < ARRAY_SIZE(default_variants); i++)
		if (str_eq(p->architecture, default_variants[i].architecture) &&
		    str_eq(variant, default_variants[i].variant))
			shown = default_variants[i].shown;
	return xasprintf("%s/%s%s%s", or_unknown(p->os), or_unknown(p->architecture),
			 shown ? "/" : "", shown ? variant : "");
}

/* "v8.2" is 802, "v7" 700; -1: no such form. */
static int variant_number(const char *variant)
{
	uint32_t major = 0, minor = 0;
	const char *dot = strchr(variant, '.');
	cleanup_free char *whole = xstrndup(variant, strcspn(variant, "."));

	if (*whole != 'v' || str_to_u32(whole + 1, &major) < 0 || major > 99 ||
	    (dot && (str_to_u32(dot + 1, &minor) < 0 || minor > 99)))
		return -1;
	return (int)(100 * major + minor);
}

static bool has_ordered_variants(const char *architecture)
{
	return str_eq(architecture, "arm") || str_eq(architecture, "arm64") ||
	       str_eq(architecture, "amd64");
}

/* A newer machine runs what was made for an older one; other variants only fit themselves. */
static int rank_variant(const struct image_platform *wanted,
			const struct image_platform *offered)
{
	cleanup_free char *want = variant_of(wanted), *have = variant_of(offered);

	if (str_eq(want, have))
		return 0;
	if (!want || !have)
		return 1;
	if (!has_ordered_variants(wanted->architecture))
		return -1;
	int newest = variant_number(want), made_for = variant_number(have);
	if (newest < 0 || made_for < 0 || made_for > newest)
		return -1;
	return newest - made_for;
}

/* Old images of 64-bit ARM call it aarch64; nobody means another by it. */
static bool same_architecture(const char *wanted, const char *offered)
{
	struct image_platform p = {0};

	set_architecture(&p, offered);
	bool same = str_eq(wanted, p.architecture);
	image_platform_release(&p);
	return same;
}

int platform_rank(const struct image_platform *wanted,
		  const struct image_platform *offered)
{
	bool os = !str_empty(offered->os), arch = !str_empty(offered->architecture);

	if ((os && !str_eq(wanted->os, offered->os)) ||
	    (arch && !same_architecture(wanted->architecture, offered->architecture)))
		return -1;
	if (!os || !arch)
		return RANK_UNKNOWN;
	return rank_variant(wanted, offered);
}

/* Signatures, provenance and the like, which lie in indexes beside the images. */
static bool is_image(const struct image_descriptor *d)
{
	if (!media_type_is_manifest(d->media_type) && !media_type_is_index(d->media_type))
		return false;
	if (image_annotation(d->annotations, d->n_annotations, ATTESTATION_KEY))
		return false;
	return !d->platform || !str_eq(d->platform->os, "unknown") ||
	       !str_eq(d->platform->architecture, "unknown");
}

static bool has_platform(const struct image_descriptor *d)
{
	return d->platform &&
	       (!str_empty(d->platform->os) || !str_empty(d->platform->architecture));
}

struct candidate {
	const struct image_descriptor *descriptor;
	int rank;
	size_t position; /* of two that are as good the first counts */
};

static int compare_candidates(const void *a, const void *b)
{
	const struct candidate *one = a, *other = b;

	if (one->rank != other->rank)
		return one->rank < other->rank ? -1 : 1;
	return one->position < other->position ? -1 : one->position > other->position;
}

static int none_fits(const struct image_index *index, const struct image_platform *wanted,
		     struct error *err)
{
	cleanup_strv char **there = NULL;
	cleanup_free char *want = platform_text(wanted);
	bool more = false;

	for (size_t i = 0; i < index->n_manifests; i++) {
		const struct image_descriptor *d = &index->manifests[i];
		if (!is_image(d) || !has_platform(d))
			continue;
		cleanup_free char *text = platform_text(d->platform);
		cleanup_free char *shown = xstrndup(text, WORD_LEN_MAX);
		if (strv_has(there, shown))
			continue;
		more = strv_len(there) == SHOWN_MAX;
		if (more)
			break;
		strv_add(&there, shown);
	}
	if (!there)
		return error_set(
			err, ERR_NOT_FOUND, 0,
			"choose the image for %s: there are no images in the index",
			want);
	cleanup_free char *list = strv_join(there, ", ");
	cleanup_free char *visible = str_visible(list, "");
	error_set(err, ERR_NOT_FOUND, 0, "choose the image for %s: there is only %s%s",
		  want, visible, more ? ", ..." : "");
	return error_hint(err, "choose one of them with --platform");
}

int platform_candidates(const struct image_index *index,
			const struct image_platform *wanted,
			const struct image_descriptor ***ret, size_t *ret_n,
			struct error *err)
{
	size_t n = 0;
	cleanup_free struct candidate *found =
		xcalloc(index->n_manifests + 1, sizeof(*found));

	for (size_t i = 0; i < index->n_manifests; i++) {
		const struct image_descriptor *d = &index->manifests[i];
		if (!is_image(d))
			continue;
		int rank = has_platform(d) ? platform_rank(wanted, d->platform)
					   : RANK_UNKNOWN;
		if (rank >= 0)
			found[n++] = (struct candidate){d, rank, i};
	}
	if (n == 0)
		return none_fits(index, wanted, err);
	qsort(found, n, sizeof(*found), compare_candidates);
	const struct image_descriptor **list = xcalloc(n, sizeof(*list));
	for (size_t i = 0; i < n; i++)
		list[i] = found[i].descriptor;
	*ret = list;
	*ret_n = n;
	return 0;
}

int platform_choose(const struct image_index *index, const struct image_platform *wanted,
		    const struct image_descriptor **ret, struct error *err)
{
	cleanup_free const struct image_descriptor **list = NULL;
	size_t n = 0;

	int r = platform_candidates(index, wanted, &list, &n, err);
	if (n > 0)
		*ret = list[0];
	return r;
}
