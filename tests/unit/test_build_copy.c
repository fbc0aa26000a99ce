/* SPDX-License-Identifier: Apache-2.0 */
/* What COPY and ADD ask for: modes, owners, names, patterns, and the plan of all of it. */
#include "build/context.h"
#include "build/copy_glob.h"
#include "build/copy_mode.h"
#include "build/copy_owner.h"
#include "build/copy_plan.h"
#include "build/copy_url.h"
#include "engine/user_lookup.h"
#include "unit.h"
#include "util/mem.h"
#include "util/str.h"

START_TEST(test_modes)
{
	static const struct {
		const char *text;
		mode_t before;
		bool is_dir;
		mode_t after;
	} cases[] = {
		{"755", 0644, false, 0755},         {"0640", 0777, true, 0640},
		{"4755", 0600, false, 04755},       {"u+x", 0644, false, 0744},
		{"+x", 0640, false, 0751},          {"a-w", 0666, false, 0444},
		{"u=rwX,go=rX", 0600, false, 0644}, {"u=rwX,go=rX", 0700, false, 0755},
		{"u=rwX,go=rX", 0600, true, 0755},  {"go=", 0777, false, 0700},
		{"u+s", 0755, false, 04755},        {"g+s,o-rx", 0755, true, 02750},
		{"+t", 0777, true, 01777},          {"u=rw", 04755, false, 0655},
		{"ug+rw-x", 0111, false, 0661},
	};
	static const char *const bad[] = {"",     "u",   "8",   "77777",
					  "u+x,", "u+y", "rwx", "u+x g+x"};
	struct error err = ERROR_INIT;
	struct copy_mode m;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		ck_assert_msg(copy_mode_parse(cases[i].text, &m, &err) == 0, "%s",
			      cases[i].text);
		mode_t after = copy_mode_apply(&m, cases[i].before, cases[i].is_dir);
		ck_assert_msg(after == cases[i].after, "%s: %o", cases[i].text, after);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		ck_assert_msg(copy_mode_parse(bad[i], &m, &err) < 0, "%s", bad[i]);
		error_release(&err);
	}
	m = (struct copy_mode){0};
	ck_assert_uint_eq(copy_mode_apply(&m, 0123, false), 0123);
}
END_TEST

START_TEST(test_owners)
{
	static const struct user_files files = {
		.passwd = "root:x:0:0::/root:/bin/sh\nfoo:x:1000:100::/:/bin/sh\n",
		.group = "root:x:0:\nusers:x:100:\nwheel:x:10:foo\n",
	};
	static const struct {
		const char *text;
		uint32_t uid, gid; /* UINT32_MAX: refused */
	} cases[] = {
		{"foo", 1000, 100},       {"1000", 1000, 1000},
		{"55", 55, 55},           {"55:wheel", 55, 10},
		{":wheel", 0, 10},        {"foo:", 1000, 100},
		{"foo:0", 1000, 0},       {"root", 0, 0},
		{"bar", UINT32_MAX, 0},   {"foo:bar", UINT32_MAX, 0},
		{"", UINT32_MAX, 0},      {":", UINT32_MAX, 0},
		{"1:2:3", UINT32_MAX, 0}, {"4294967295", UINT32_MAX, 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct error err = ERROR_INIT;
		uint32_t uid = 1, gid = 1;
		int r = copy_owner_parse(cases[i].text, &files, &uid, &gid, &err);

		ck_assert_msg((r < 0) == (cases[i].uid == UINT32_MAX), "%s",
			      cases[i].text);
		if (r == 0)
			ck_assert_msg(uid == cases[i].uid && gid == cases[i].gid,
				      "%s: %u:%u", cases[i].text, uid, gid);
		error_release(&err);
	}
	ck_assert(copy_owner_is_numeric("1:2"));
	ck_assert(!copy_owner_is_numeric("a"));
}
END_TEST

START_TEST(test_url_names)
{
	static const struct {
		const char *url, *name;
	} cases[] = {
		{"http://a/b/c.tar.gz", "c.tar.gz"},
		{"https://a/b/c?x=/y", "c"},
		{"https://a/b/a%20b#f", "a b"},
		{"https://a/", NULL},
		{"https://a", NULL},
		{"https://a/b/", NULL},
		{"https://a/b/..", NULL},
		{"https://a/%2e%2e", NULL},
		{"https://a/x%2fy", NULL},
		{"https://a/100%", "100%"},
	};
	struct error err = ERROR_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *name = copy_url_name(cases[i].url);

		ck_assert_msg(str_eq(name, cases[i].name), "%s: %s", cases[i].url,
			      name ? name : "-");
		free(name);
	}
	ck_assert_int_eq(copy_url_check_commit("0123456789", "01234567", &err), 0);
	ck_assert_int_lt(copy_url_check_commit("0123456789", "0123", &err), 0);
	ck_assert_int_lt(copy_url_check_commit("0123456789", "11234567", &err), 0);
	error_release(&err);
}
END_TEST

static void put(const char *path, const char *text)
{
	char *slash, *dir = xstrdup(path);
	struct error err = ERROR_INIT;
	int fd;

	slash = strrchr(dir, '/');
	if (slash) {
		*slash = '\0';
		ck_assert_int_ge(fs_mkdirs(AT_FDCWD, dir, 0755, &err), 0);
	}
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	free(dir);
}

START_TEST(test_patterns)
{
	static const struct {
		const char *pattern, *found;
	} cases[] = {
		{"*.txt", "a.txt b.txt"},
		{"?.txt", "a.txt b.txt"},
		{"[b-z].txt", "b.txt"},
		{"d*", "dir dir2"},
		{"d*/*", "dir/sub dir/x.c dir2/y.c"},
		{"*/x.c", "dir/x.c link/x.c"},
		{"**/*.c", "dir/sub/z.c dir/x.c dir2/y.c"},
		{"**", ".hid a.txt b.txt dir/sub/z.c dir/x.c dir2/y.c link out [x]"},
		{"\\[x\\]", "[x]"},
		{"[[]x]", "[x]"},
		{"out/*", ""},
		{"nothing*", ""},
		{"a.txt/*", ""},
	};
	ck_assert_int_eq(chdir(unit_dir()), 0);
	put("a.txt", "");
	put("b.txt", "");
	put(".hid", "");
	put("[x]", "");
	put("dir/x.c", "");
	put("dir/sub/z.c", "");
	put("dir2/y.c", "");
	ck_assert_int_eq(symlink("dir", "link"), 0);
	ck_assert_int_eq(symlink("/usr", "out"), 0);
	int fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct error err = ERROR_INIT;
		char **found = NULL, *text;

		ck_assert_int_eq(copy_glob(fd, cases[i].pattern, &found, &err), 0);
		text = found ? strv_join(found, " ") : xstrdup("");
		/* order: a directory's names as they are sorted */
		ck_assert_msg(strlen(text) == strlen(cases[i].found), "%s: %s",
			      cases[i].pattern, text);
		strv_foreach (path, found)
			ck_assert_ptr_nonnull(strstr(cases[i].found, *path));
		free(text);
		strv_free(found);
	}
	close(fd);
}
END_TEST

/* --- plans --- */

static int make(const char *text, const char *workdir, struct copy_plan *ret,
		struct error *err)
{
	static char *vars[] = {(char *)"V=value", (char *)"DIR=/d/", (char *)"E=", NULL};
	struct image_config config = {.config.working_dir = (char *)(uintptr_t)workdir};
	struct build_state state = {.config = &config};
	struct dockerfile *d = NULL;
	struct step s = {.state = &state, .scope = {vars, '\\'}};
	char *whole = xasprintf("FROM scratch\n%s\n", text);
	int r = dockerfile_parse(whole, strlen(whole), "D", &d, err);

	free(whole);
	if (r < 0)
		return r;
	s.dockerfile = d;
	s.instruction = &d->items[1];
	r = copy_plan_make(&s, ret, err);
	dockerfile_free(d);
	return r;
}

START_TEST(test_plans)
{
	static const struct {
		const char *text, *workdir, *dest, *first;
		bool is_dir;
		enum copy_word_kind kind;
	} cases[] = {
		{"COPY a /b", NULL, "/b", "a", false, COPY_WORD_PATH},
		{"COPY a /b/", NULL, "/b", "a", true, COPY_WORD_PATH},
		{"COPY a b", "/w", "/w/b", "a", false, COPY_WORD_PATH},
		{"COPY a .", "/w/x", "/w/x", "a", true, COPY_WORD_PATH},
		{"COPY a ..", "/w/x", "/w", "a", true, COPY_WORD_PATH},
		{"COPY a ../../../b", "/w/x", "/b", "a", false, COPY_WORD_PATH},
		{"COPY ../../a/./b// /", NULL, "/", "a/b", true, COPY_WORD_PATH},
		{"COPY . /x", NULL, "/x", "", false, COPY_WORD_PATH},
		{"COPY a b /x", NULL, "/x", "a", true, COPY_WORD_PATH},
		{"COPY $V ${DIR}x", NULL, "/d/x", "value", false, COPY_WORD_PATH},
		{"COPY [\"a b\", \"/c d/\"]", NULL, "/c d", "a b", true, COPY_WORD_PATH},
		{"ADD https://x/y.tar /t", NULL, "/t", "https://x/y.tar", false,
		 COPY_WORD_URL},
		{"ADD https://x/y.git /t", NULL, "/t", "https://x/y.git", false,
		 COPY_WORD_GIT},
		{"COPY https://x/y /t", NULL, "/t", "https:/x/y", false, COPY_WORD_PATH},
		{"COPY <<A /t\nx $V\nA", NULL, "/t", "A", false, COPY_WORD_HEREDOC},
	};
	struct error err = ERROR_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct copy_plan p = {0};

		ck_assert_msg(make(cases[i].text, cases[i].workdir, &p, &err) == 0,
			      "%s: %s", cases[i].text, err.text);
		ck_assert_str_eq(p.dest, cases[i].dest);
		ck_assert_str_eq(p.words[0].text, cases[i].first);
		ck_assert_msg(p.dest_is_dir == cases[i].is_dir, "%s", cases[i].text);
		ck_assert_int_eq(p.words[0].kind, cases[i].kind);
		copy_plan_release(&p);
	}
}
END_TEST

START_TEST(test_flags)
{
	static const char *const bad[] = {
		"COPY --chmod=rwx a /b",
		"COPY --chown=$E a /b",
		"ADD --checksum=x https://a/b /c",
		"ADD --checksum=sha256:00 a /c",
		"COPY $E /b",
		"COPY a $E",
		"COPY --link=maybe a /b",
	};
	struct copy_plan p = {0};
	struct error err = ERROR_INIT;

	ck_assert_int_eq(make("COPY --from=$V --chown=$V:1 --chmod=$V7 --parents --link "
			      "--exclude=*.md --exclude=b a/./b/c /d",
			      NULL, &p, &err),
			 -EINVAL);
	error_release(&err);
	ck_assert_int_eq(make("COPY --from=$V --chown=$V:1 --chmod=7 --parents --link "
			      "--exclude=*.md --exclude=b a/./b/c /d",
			      NULL, &p, &err),
			 0);
	ck_assert_str_eq(p.from, "value");
	ck_assert_str_eq(p.chown, "value:1");
	ck_assert_uint_eq(p.mode.octal, 7);
	ck_assert(p.parents && p.link && !p.is_add && !p.unpack && p.dest_is_dir);
	ck_assert_str_eq(p.words[0].text, "a/b/c");
	ck_assert_str_eq(p.words[0].pivot, "a");
	ck_assert_uint_eq(strv_len(p.exclude), 2);
	copy_plan_release(&p);
	ck_assert_int_eq(make("ADD a /b", NULL, &p, &err), 0);
	ck_assert(p.unpack && !p.unpack_urls);
	copy_plan_release(&p);
	ck_assert_int_eq(make("ADD --unpack=false a /b", NULL, &p, &err), 0);
	ck_assert(!p.unpack && !p.unpack_urls);
	copy_plan_release(&p);
	ck_assert_int_eq(make("ADD --unpack https://x/y /b", NULL, &p, &err), 0);
	ck_assert(p.unpack_urls);
	copy_plan_release(&p);
	ck_assert_int_eq(make("COPY <<A <<\"B\" /t/\nx $V\nA\ny $V\nB", NULL, &p, &err),
			 0);
	ck_assert_str_eq(p.words[0].content, "x value\n");
	ck_assert_str_eq(p.words[1].content, "y $V\n");
	copy_plan_release(&p);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		ck_assert_msg(make(bad[i], NULL, &p, &err) < 0, "%s", bad[i]);
		ck_assert_msg(str_starts(err.text, "D:2:"), "%s", err.text);
		error_release(&err);
	}
}
END_TEST

/* --- keys of contexts --- */

static void key_of(const char *path, const struct ignore *ignore, char ret[KEY_TEXT_MAX])
{
	struct engine e = ENGINE_INIT;
	struct context c = CONTEXT_INIT;
	struct error err = ERROR_INIT;
	struct key k;

	e.paths.data = (char *)"data";
	key_init(&k);
	ck_assert_int_eq(context_open("c", ignore, &c, &err), 0);
	ck_assert_msg(context_key(&c, &e, path, &k, &err) == 0, "%s", err.text);
	key_end(&k, ret);
	context_release(&c);
}

START_TEST(test_keys)
{
	char first[KEY_TEXT_MAX], next[KEY_TEXT_MAX], dir[KEY_TEXT_MAX];
	struct error err = ERROR_INIT;
	struct context c = CONTEXT_INIT;
	struct ignore *ignore = NULL;
	const struct timespec old[2] = {{.tv_sec = 1}, {.tv_sec = 1}};
	struct stat st;
	char *real = NULL;

	ck_assert_int_eq(chdir(unit_dir()), 0);
	put("data/x", "");
	put("c/a", "a");
	put("c/d/b", "b");
	put("c/d/i", "ignored");
	ck_assert_int_eq(symlink("/d", "c/l"), 0);
	ck_assert_int_eq(symlink("../../../etc/passwd", "c/up"), 0);
	key_of("", NULL, first);
	key_of("d", NULL, dir);
	key_of("l", NULL, next); /* followed, inside */
	ck_assert_str_eq(dir, next);
	/* times are nothing, a mode is something, and so is content */
	ck_assert_int_eq(utimensat(AT_FDCWD, "c/a", old, 0), 0);
	key_of("", NULL, next);
	ck_assert_str_eq(first, next);
	ck_assert_int_eq(chmod("c/a", 0600), 0);
	key_of("", NULL, next);
	ck_assert_str_ne(first, next);
	ck_assert_int_eq(chmod("c/a", 0644), 0);
	put("c/d/b", "B");
	key_of("d", NULL, next);
	ck_assert_str_ne(dir, next);
	put("c/d/b", "b");
	/* what is ignored is not there */
	ck_assert_int_eq(ignore_parse("d/i\n", 4, "i", &ignore, &err), 0);
	key_of("d", ignore, first);
	put("c/d/i", "changed");
	key_of("d", ignore, next);
	ck_assert_str_eq(first, next);
	ignore_free(ignore);
	/* no link leads out */
	ck_assert_int_eq(context_open("c", NULL, &c, &err), 0);
	ck_assert_int_eq(context_find(&c, "up", &st, &real, &err), -ENOENT);
	error_release(&err);
	context_release(&c);
}
END_TEST

UNIT_MAIN("build_copy", test_modes, test_owners, test_url_names, test_patterns,
	  test_plans, test_flags, test_keys)
