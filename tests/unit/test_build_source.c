/* SPDX-License-Identifier: Apache-2.0 */
/* What is a tar, what is a git repository, and what --output says. */
#include "build/context_source.h"
#include "build/git_source.h"
#include "cli/build_output.h"
#include "unit.h"
#include "util/str.h"

START_TEST(test_archive)
{
	unsigned char block[512] = "name";

	ck_assert(context_is_archive("\x1f\x8b\x08", 3));
	ck_assert(context_is_archive("BZh9", 4));
	ck_assert(context_is_archive("\xfd\x37zXZ\0", 6));
	ck_assert(context_is_archive("\x28\xb5\x2f\xfd", 4));
	ck_assert(!context_is_archive("\x28\xb5\x2f", 3));
	ck_assert(!context_is_archive("FROM scratch\n", 13));
	ck_assert(!context_is_archive("", 0));
	/* 417: "name", and eight blanks as its own sum; v7 has no magic */
	memcpy(block + 148, "001241\0 ", 8);
	ck_assert(context_is_archive(block, 512));
	ck_assert(!context_is_archive(block, 511));
	block[0] = 'm';
	ck_assert(!context_is_archive(block, 512));
	memset(block, ' ', sizeof(block));
	ck_assert(!context_is_archive(block, 512));
}
END_TEST

static const struct {
	const char *text, *url, *ref,
		*sub; /* url NULL: an error; text is named in any case */
} repositories[] = {
	{"https://a.example/x.git", "https://a.example/x.git", NULL, NULL},
	{"https://a.example/x.git#v1", "https://a.example/x.git", "v1", NULL},
	{"https://a.example/x.git#v1:docker/app", "https://a.example/x.git", "v1",
	 "docker/app"},
	{"https://a.example/x.git#:docker", "https://a.example/x.git", NULL, "docker"},
	{"git://a.example/x", "git://a.example/x", NULL, NULL},
	{"ssh://git@a.example:22/x", "ssh://git@a.example:22/x", NULL, NULL},
	{"git@a.example:team/x.git#main", "git@a.example:team/x.git", "main", NULL},
	{"github.com/team/x", "https://github.com/team/x", NULL, NULL},
	{"https://a.example/x.git#--upload-pack=evil", NULL, NULL, NULL},
	{"https://a.example/x.git#v1:a/../../b", NULL, NULL, NULL},
	{"https://a.example/x.git#v1:/etc", "https://a.example/x.git", "v1", "etc"},
};

START_TEST(test_git)
{
	ck_assert(!git_source_named("https://a.example/x.tar.gz"));
	ck_assert(!git_source_named("./x.git"));
	ck_assert(!git_source_named("git@"));
	ck_assert(!git_source_named("-"));
	for (size_t i = 0; i < ARRAY_SIZE(repositories); i++) {
		cleanup_git_source struct git_source g = {0};
		cleanup_error struct error err = ERROR_INIT;
		int r = git_source_parse(repositories[i].text, &g, &err);

		ck_assert_msg(git_source_named(repositories[i].text), "%s",
			      repositories[i].text);
		ck_assert_msg((r >= 0) == (repositories[i].url != NULL), "%s: %s",
			      repositories[i].text, err.text);
		if (r < 0)
			continue;
		ck_assert_str_eq(g.url, repositories[i].url);
		ck_assert(str_eq(g.ref, repositories[i].ref));
		ck_assert(str_eq(g.subdirectory, repositories[i].sub));
	}
}
END_TEST

START_TEST(test_shown)
{
	static const char *const texts[][2] = {
		{"https://me:word@a.example/x.git#v1",
		 "https://me:***@a.example/x.git#v1"},
		{"https://me:w@rd@a.example/x.git", "https://me:***@a.example/x.git"},
		{"https://me@a.example:8080/x.git", "https://me@a.example:8080/x.git"},
		{"https://a.example/x.git#a:b@c", "https://a.example/x.git#a:b@c"},
		{"git@a.example:x.git", "git@a.example:x.git"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		cleanup_free char *shown = git_source_shown(texts[i][0]);

		ck_assert_str_eq(shown, texts[i][1]);
	}
}
END_TEST

static const struct {
	const char *text;
	int kind; /* -1: an error */
	const char *dest;
	bool to_stdout;
} outputs[] = {
	{"out", BUILD_OUTPUT_LOCAL, "out", false},
	{"-", BUILD_OUTPUT_TAR, "-", true},
	{"dest=out", BUILD_OUTPUT_LOCAL, "out", false},
	{"type=local,dest=out", BUILD_OUTPUT_LOCAL, "out", false},
	{"type=tar,dest=a.tar", BUILD_OUTPUT_TAR, "a.tar", false},
	{"type=tar", BUILD_OUTPUT_TAR, "-", true},
	{"type=oci,dest=-", BUILD_OUTPUT_OCI, "-", true},
	{"type=oci,dest=d,tar=false", BUILD_OUTPUT_OCI, "d", false},
	{"type=docker", BUILD_OUTPUT_DOCKER, NULL, false},
	{"type=image,name=x,push=true", BUILD_OUTPUT_IMAGE, NULL, false},
	{"type=registry", BUILD_OUTPUT_REGISTRY, NULL, false},
	{"type=local", -1, NULL, false},
	{"type=local,dest=-", -1, NULL, false},
	{"type=nosuch,dest=x", -1, NULL, false},
	{"type=tar,nosuch=x", -1, NULL, false},
	{"type=tar,dest", -1, NULL, false},
	{"type=tar,dest=x,tar=false", -1, NULL, false},
	{"type=image,push=yes", -1, NULL, false},
};

START_TEST(test_outputs)
{
	static char *const twice[] = {(char *)"-", (char *)"type=oci", NULL};
	cleanup_build_outputs struct build_outputs both = {0};
	cleanup_error struct error why = ERROR_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(outputs); i++) {
		cleanup_build_outputs struct build_outputs o = {0};
		cleanup_error struct error err = ERROR_INIT;
		char *const texts[] = {(char *)outputs[i].text, NULL};
		int r = build_outputs_parse(texts, &o, &err);

		ck_assert_msg((r < 0) == (outputs[i].kind < 0), "%s: %s", outputs[i].text,
			      err.text);
		if (r < 0)
			continue;
		ck_assert_uint_eq(o.n, 1);
		ck_assert_int_eq((int)o.items[0].kind, outputs[i].kind);
		ck_assert_msg(str_eq(o.items[0].dest, outputs[i].dest), "%s",
			      outputs[i].text);
		ck_assert(o.to_stdout == outputs[i].to_stdout);
	}
	ck_assert_int_lt(build_outputs_parse(twice, &both, &why), 0);
}
END_TEST

UNIT_MAIN("build_source", test_archive, test_git, test_shown, test_outputs)
