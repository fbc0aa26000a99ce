/* SPDX-License-Identifier: Apache-2.0 */
#include "image/platform.h"

#include "spec/media_type.h"
#include "spec/spec.h"
#include "unit.h"
#include "util/mem.h"
#include "util/str.h"

#define DIGEST "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

START_TEST(test_machines)
{
	static const struct {
		const char *machine, *architecture, *variant, *text;
	} cases[] = {
		{"x86_64", "amd64", "v1", "linux/amd64"},
		{"aarch64", "arm64", "v8", "linux/arm64"},
		{"armv7l", "arm", "v7", "linux/arm/v7"},
		{"armv6l", "arm", "v6", "linux/arm/v6"},
		{"armv8l", "arm", "v7", "linux/arm/v7"},
		{"i686", "386", NULL, "linux/386"},
		{"ppc64le", "ppc64le", NULL, "linux/ppc64le"},
		{"s390x", "s390x", NULL, "linux/s390x"},
		{"riscv64", "riscv64", NULL, "linux/riscv64"},
		{"loongarch64", "loong64", NULL, "linux/loong64"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_image_platform struct image_platform p = {0};
		platform_of_machine(cases[i].machine, &p);
		ck_assert_str_eq(p.os, "linux");
		ck_assert_str_eq(p.architecture, cases[i].architecture);
		ck_assert(str_eq(p.variant, cases[i].variant));
		cleanup_free char *text = platform_text(&p);
		ck_assert_str_eq(text, cases[i].text);
	}
	cleanup_image_platform struct image_platform host = {0};
	platform_host(&host);
	ck_assert_str_eq(host.os, "linux");
	ck_assert(!str_empty(host.architecture));
}
END_TEST

START_TEST(test_parse)
{
	cleanup_image_platform struct image_platform host = {0};
	platform_host(&host);
	cleanup_free char *freebsd = xasprintf("freebsd/%s", host.architecture);
	const struct {
		const char *text, *want; /* NULL: refused */
	} cases[] = {
		{"linux/amd64", "linux/amd64"},
		{"linux/x86_64", "linux/amd64"},
		{"Linux/AMD64", "linux/amd64"},
		{"linux/amd64/v3", "linux/amd64/v3"},
		{"linux/amd64/v1", "linux/amd64"},
		{"linux/arm64", "linux/arm64"},
		{"linux/aarch64/v8", "linux/arm64"},
		{"linux/arm64/v9", "linux/arm64/v9"},
		{"linux/arm", "linux/arm/v7"},
		{"linux/arm/6", "linux/arm/v6"},
		{"linux/armel", "linux/arm/v6"},
		{"linux/armhf/v5", "linux/arm/v5"},
		{"windows/amd64", "windows/amd64"},
		{"linux/future", "linux/future"},
		{"arm64", "linux/arm64"},
		{"x86_64", "linux/amd64"},
		{"freebsd", freebsd},
		{"", NULL},
		{"/", NULL},
		{"linux/", NULL},
		{"/amd64", NULL},
		{"linux//v7", NULL},
		{"linux/arm/v7/x", NULL},
		{"linux/a b", NULL},
		{"linux/amd64\n", NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_image_platform struct image_platform p = {0};
		struct error err = ERROR_INIT;
		int r = platform_parse(cases[i].text, &p, &err);
		if (!cases[i].want) {
			ck_assert_msg(r == -EINVAL, "%s", cases[i].text);
			ck_assert_int_eq(err.kind, ERR_INVALID);
			error_release(&err);
			continue;
		}
		ck_assert_ok(r, &err);
		if (str_eq(cases[i].text, "freebsd")) {
			ck_assert_str_eq(p.os, "freebsd");
			ck_assert_str_eq(p.architecture, host.architecture);
			continue;
		}
		cleanup_free char *text = platform_text(&p);
		ck_assert_str_eq(text, cases[i].want);
	}
}
END_TEST

/* "os/arch/variant os/arch/variant ..."; "-" is an entry without a platform. */
static struct image_index *index_of(const char *list)
{
	struct image_index *index = xcalloc(1, sizeof(*index));
	cleanup_strv char **entries = str_split(list, ' ');

	index->schema_version = 2;
	strv_foreach (entry, entries) {
		struct image_descriptor *d =
			SPEC_APPEND(&index->manifests, &index->n_manifests);
		d->media_type = xstrdup(MEDIA_TYPE_OCI_MANIFEST);
		d->digest = xstrdup(DIGEST);
		d->size = (int64_t)index->n_manifests; /* to be told by */
		if (str_eq(*entry, "-"))
			continue;
		cleanup_strv char **words = str_split(*entry, '/');
		d->platform = xcalloc(1, sizeof(*d->platform));
		d->platform->os = xstrdup(words[0]);
		d->platform->architecture = xstrdup(words[1]);
		if (words[2])
			d->platform->variant = xstrdup(words[2]);
	}
	return index;
}

START_TEST(test_choose)
{
	static const struct {
		const char *wanted, *there;
		int64_t number; /* of the entry, from 1; 0: none fits */
	} cases[] = {
		{"linux/amd64", "linux/arm64 linux/amd64", 2},
		{"linux/amd64", "linux/arm64 linux/386 windows/amd64", 0},
		{"linux/amd64", "linux/amd64 linux/amd64", 1},
		{"linux/amd64", "linux/amd64/v3 linux/amd64/v2 linux/amd64/v1", 3},
		{"linux/amd64", "linux/amd64/v3 linux/amd64/v2", 0},
		{"linux/amd64/v3", "linux/amd64 linux/amd64/v2 linux/amd64/v4", 2},
		{"linux/amd64", "linux/x86_64", 1},
		{"linux/arm/v7", "linux/arm/v5 linux/arm/v6 linux/arm/v7 linux/arm64", 3},
		{"linux/arm/v7", "linux/arm/v5 linux/arm/v6", 2},
		{"linux/arm/v6", "linux/arm/v5 linux/arm/v7", 1},
		{"linux/arm/v6", "linux/arm/v7 linux/arm", 0},
		{"linux/arm/v7", "linux/arm/v8 linux/arm", 2},
		{"linux/arm64", "linux/arm/v7 linux/arm64", 2},
		{"linux/arm64", "linux/arm64/v9 linux/arm64/v8", 2},
		{"linux/arm64", "linux/arm64/8", 1},
		{"linux/arm64/v9", "linux/arm64 linux/arm64/v8.2", 2},
		{"linux/arm64/v8.1", "linux/arm64/v8.2", 0},
		{"linux/riscv64", "linux/riscv64/rva20u64", 1},
		{"linux/mips64le/a", "linux/mips64le/b linux/mips64le", 2},
		{"linux/arm/v7", "linux/arm/v linux/arm/vx linux/arm/v99999999999", 0},
		/* without a platform: only if nothing else fits */
		{"linux/amd64", "- linux/amd64", 2},
		{"linux/amd64", "linux/arm64 - -", 2},
		{"linux/amd64", "unknown/unknown linux/arm64", 0},
		{"linux/amd64", "unknown/unknown", 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_image_platform struct image_platform wanted = {0};
		cleanup_image_index struct image_index *index = index_of(cases[i].there);
		const struct image_descriptor *d = NULL;
		struct error err = ERROR_INIT;
		ck_assert_ok(platform_parse(cases[i].wanted, &wanted, &err), &err);
		int r = platform_choose(index, &wanted, &d, &err);
		ck_assert_msg((r == 0) == (cases[i].number != 0), "%s of %s",
			      cases[i].wanted, cases[i].there);
		if (r == 0)
			ck_assert_msg(d->size == cases[i].number, "%s of %s: got %d",
				      cases[i].wanted, cases[i].there, (int)d->size);
		else
			ck_assert_int_eq(err.kind, ERR_NOT_FOUND);
		error_release(&err);
	}
}
END_TEST

START_TEST(test_what_is_no_image)
{
	cleanup_image_platform struct image_platform wanted = {0};
	cleanup_image_index struct image_index *index =
		index_of("linux/amd64 linux/amd64 - linux/amd64");
	cleanup_free const struct image_descriptor **list = NULL;
	struct error err = ERROR_INIT;
	size_t n = 0;

	/* an attestation, something else altogether, an index in the index */
	struct image_descriptor *d = index->manifests;
	struct spec_key_value *pair = SPEC_APPEND(&d[0].annotations, &d[0].n_annotations);
	pair->key = xstrdup("vnd.docker.reference.type");
	pair->value = xstrdup("attestation-manifest");
	free(d[1].media_type);
	d[1].media_type = xstrdup("application/vnd.example");
	free(d[2].media_type);
	d[2].media_type = xstrdup(MEDIA_TYPE_DOCKER_LIST);
	platform_of_machine("x86_64", &wanted);
	ck_assert_ok(platform_candidates(index, &wanted, &list, &n, &err), &err);
	ck_assert_uint_eq(n, 2);
	ck_assert_ptr_eq(list[0], &d[3]);
	ck_assert_ptr_eq(list[1], &d[2]);
}
END_TEST

START_TEST(test_messages)
{
	cleanup_image_platform struct image_platform wanted = {0};
	cleanup_image_index struct image_index *index =
		index_of("linux/amd64 linux/arm/v7 linux/amd64 unknown/unknown "
			 "windows/amd64 linux/x\033[31m");
	cleanup_image_index struct image_index *empty = xcalloc(1, sizeof(*empty));
	const struct image_descriptor *d = NULL;
	struct error err = ERROR_INIT;

	ck_assert_ok(platform_parse("linux/s390x", &wanted, &err), &err);
	ck_assert_int_lt(platform_choose(index, &wanted, &d, &err), 0);
	ck_assert_str_eq(err.hint, "choose one of them with --platform");
	ck_assert_ptr_null(strchr(err.text, '\033'));
	ck_assert(str_starts(err.text,
			     "choose the image for linux/s390x: there is only "
			     "linux/amd64, linux/arm/v7, windows/amd64, linux/x"));
	error_release(&err);
	ck_assert_int_lt(platform_choose(empty, &wanted, &d, &err), 0);
	ck_assert_message(&err,
			  "choose the image for linux/s390x: there are no images in "
			  "the index");
}
END_TEST

UNIT_MAIN("platform", test_machines, test_parse, test_choose, test_what_is_no_image,
	  test_messages)
