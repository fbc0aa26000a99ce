/* SPDX-License-Identifier: Apache-2.0 */
#include "build/ignore.h"

#include "unit.h"
#include "util/str.h"

enum { NO, YES, ABOVE }; /* ABOVE: a directory that it lies in */

static const struct {
	const char *pattern, *path;
	int want;
} patterns[] = {
	{"abc", "abc", YES},
	{"abc", "abcd", NO},
	{"abc", "abc/d", ABOVE},
	{"abc", "x/abc", NO},
	{"abc/", "abc", YES},
	{"/abc", "abc", YES},
	{"./abc//d/.", "abc/d", YES},
	{"x/../abc", "abc", YES},
	{"../abc", "abc", NO},
	{"/../abc", "abc", YES},
	{"/", "abc", NO},
	{".", "abc", NO},
	{"*", "abc", YES},
	{"*", "abc/d", ABOVE},
	{"*c", "abc", YES},
	{"a*", "a", YES},
	{"a*", "ab/c", ABOVE},
	{"a*/b", "abc/b", YES},
	{"a*/b", "a/c/b", NO},
	{"a*b*c*d*e*/f", "axbxcxdxexxx/f", YES},
	{"a*b*c*d*e*/f", "axbxcxdxe/xxx/f", NO},
	{"a*b*c*d*e*/f", "axbxcxdxexxx/fff", NO},
	{"a*b?c*x", "abxbbxdbxebxczzx", YES},
	{"a*b?c*x", "abxbbxdbxebxczzy", NO},
	{"a?b", "a/b", NO},
	{"a*b", "a/b", NO},
	{"*x", "xxx", YES},
	{".*", ".foo", YES},
	{".*", "foo", NO},
	{"abc.def", "abcZdef", NO},
	{"a(b)c/d+{}|$^", "a(b)c/d+{}|$^", YES},
	/* classes */
	{"ab[c]", "abc", YES},
	{"ab[b-d]", "abc", YES},
	{"ab[e-g]", "abc", NO},
	{"ab[^c]", "abc", NO},
	{"ab[^e-g]", "abc", YES},
	{"a[b-d]e", "ae", NO},
	{"a[xb-d0-9]e", "a7e", YES},
	{"a[^b]c", "a/c", NO},
	{"[\\]a]", "]", YES},
	{"[\\-]", "-", YES},
	{"[x\\-]", "z", NO},
	{"[a-\xce\xb6]*", "\xce\xb1", YES},
	{"*[a-\xce\xb6]", "A", NO},
	{"a]b", "a]b", YES},
	/* characters */
	{"a?b",
	 "a\xe2\x98\xba"
	 "b",
	 YES},
	{"a???b",
	 "a\xe2\x98\xba"
	 "b",
	 NO},
	{"a[^a]b",
	 "a\xe2\x98\xba"
	 "b",
	 YES},
	{"a?b",
	 "a\xff"
	 "b",
	 YES},
	{"a\\*b", "a*b", YES},
	{"a\\*b", "ab", NO},
	{"a\\\\", "a\\", YES},
	{"*.\\go", "x.go", YES},
	/* ** */
	{"**", "file", YES},
	{"**/", "dir/file", YES},
	{"**/**", "dir/file", YES},
	{"dir/**", "dir/a/file", YES},
	{"dir/**", "dir", NO},
	{"dir/**/", "dir/a", YES},
	{"**/dir", "dir", YES},
	{"**/dir", "a/b/dir", YES},
	{"**/dir", "dir/file", ABOVE},
	{"**/dir", "xdir", NO},
	{"**/dir", "a/xdir", NO},
	{"**/dir2/*", "dir/dir2/file", YES},
	{"**/dir2/**", "dir/dir2/dir3/file", YES},
	{"**file", "dir/dir/file", YES},
	{"**file", "dir/xfile", YES},
	{"**f*e", "dir/xfile", NO},
	{"**/file*txt", "dir/dir/file.txt", YES},
	{"**/**/*.txt", "file.txt", YES},
	{"**/**/*.txt2", "dir/dir/file.txt", NO},
	{"**/*.txt", "file.txt", YES},
	{"a**/*.txt", "a/file.txt", YES},
	{"a**/*.txt", "a/dir/dir/file.txt", YES},
	{"a/*.txt", "a/dir/file.txt", NO},
	{"a/*.txt**", "a/file.txt", YES},
	{"a/**/b", "a/b", YES},
	{"a/**/b", "a/x/y/b", YES},
	{"a/**/b", "a/xb", NO},
	{"a/**/b/**/c", "a/x/b/y/z/c", YES},
	{"a/**/b/**/c", "a/x/y/c", NO},
	{"**/a**/b", "a/ab", YES},
	{"**/foo/bar", "dir/dir2/foo/bar", YES},
	{"**/.foo", "bar.foo", NO},
	{"**/node_modules", "a/node_modules/b/c.js", ABOVE},
};

START_TEST(test_patterns)
{
	for (size_t i = 0; i < ARRAY_SIZE(patterns); i++) {
		char *list[] = {(char *)patterns[i].pattern, NULL};
		struct error err = ERROR_INIT;
		struct ignore *ignore = NULL;

		ck_assert_ok(ignore_patterns(list, &ignore, &err), &err);
		ck_assert_msg(ignore_matches(ignore, patterns[i].path) ==
				      (patterns[i].want != NO),
			      "%s %s", patterns[i].pattern, patterns[i].path);
		ck_assert_msg(ignore_glob(patterns[i].pattern, patterns[i].path) ==
				      (patterns[i].want == YES),
			      "glob %s %s", patterns[i].pattern, patterns[i].path);
		ignore_free(ignore);
	}
}
END_TEST

START_TEST(test_files)
{
	static const struct {
		const char *file, *out, *in; /* paths, with blanks between them */
	} cases[] = {
		{"", "", "a a/b"},
		{"# *\n\n   \n", "", "a a/b"},
		{" # *\n", "", "a a/b"},
		{"\xef\xbb\xbf"
		 "a\r\n  b  \r\n",
		 "a a/x b", "c"},
		{"*\n!a", "b b/c", "a a/b"},
		{"*\n! a/", "b", "a a/b"},
		{"!a\n*", "a b", ""},
		{"*.go\n!x.go\nx*", "y.go x.go", "y"},
		{"docs\n!docs/README.md", "docs docs/x", "docs/README.md"},
		{"docs/*\n!docs/README.md", "docs/x", "docs docs/README.md"},
		{"**\n!util/web", "a util util/x", "util/web util/web/foo"},
		{"**\n!util/web\nutil/web/foo", "util/web/foo", "util/web/x"},
		{"*.md\n!README*.md\nREADME-secret.md", "x.md README-secret.md",
		 "README.md README-2.md"},
		{"**/*.pyc\n**/__pycache__\n.git",
		 "a.pyc x/y/z.pyc x/__pycache__/q .git/HEAD", "x/a.py git .gitignore"},
		{"*", "a a/b Dockerfile .dockerignore", ""},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char **out = str_split(cases[i].out, ' '),
		     **in = str_split(cases[i].in, ' ');
		struct error err = ERROR_INIT;
		struct ignore *ignore = NULL;

		ck_assert_ok(ignore_parse(cases[i].file, strlen(cases[i].file), "x",
					  &ignore, &err),
			     &err);
		strv_foreach (path, out)
			ck_assert_msg(!**path || ignore_matches(ignore, *path), "%s: %s",
				      cases[i].file, *path);
		strv_foreach (path, in)
			ck_assert_msg(!ignore_matches(ignore, *path), "%s: %s",
				      cases[i].file, *path);
		ck_assert(!ignore_matches(ignore, "."));
		ck_assert(!ignore_matches(ignore, ""));
		strv_free(out);
		strv_free(in);
		if (ignore)
			ignore_free(ignore);
	}
}
END_TEST

START_TEST(test_may_hold)
{
	static const struct {
		const char *file, *directory;
		bool want;
	} cases[] = {
		{"*", "a", false},
		{"*\n!a", "b", false},
		{"*\n!a/b", "a", true},
		{"*\n!a/b/c", "a/b", true},
		{"*\n!a/b/c", "a/x", false},
		{"*\n!a/b", "a/b", false},
		{"*\n!**/x", "a/b", true},
		{"*\n!*.md", "a", false},
		{"*\n!*/x", "a", true},
		{"*\n!*/x", "a/b", false},
		{"*\n!a?c/x", "abc", true},
		{"*\n!a/**", "a", true},
		{"!a/b\n*", "a", false},
		{"!a/b\n*\n!c", "a", false},
		{"a\n!a/b\na/b", "a", true},
		{"**/n\n!**/n/keep", "x/n", true},
		{"**/n\n!x/n/keep", "y/n", false},
		{"*\n!\xc3\xa9/x", "\xc3\xa9", true},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct error err = ERROR_INIT;
		struct ignore *ignore = NULL;

		ck_assert_ok(ignore_parse(cases[i].file, strlen(cases[i].file), "x",
					  &ignore, &err),
			     &err);
		ck_assert_msg(ignore_may_hold(ignore, cases[i].directory) ==
				      cases[i].want,
			      "%s: %s", cases[i].file, cases[i].directory);
		ignore_free(ignore);
	}
	ck_assert(!ignore_may_hold(NULL, "a"));
	ck_assert(!ignore_matches(NULL, "a"));
}
END_TEST

START_TEST(test_refused)
{
	static const struct {
		const char *file, *want;
	} cases[] = {
		{"!", "x:1: the pattern \"!\": there is nothing behind its !"},
		{"a\n! ", "x:2: the pattern \"!\": there is nothing behind its !"},
		{"[", "x:1: the pattern \"[\": its [ is malformed"},
		{"a\n\n[^", "x:3: the pattern \"[^\": its [ is malformed"},
		{"[^bc", "x:1: the pattern \"[^bc\": its [ is malformed"},
		{"[]a]", "x:1: the pattern \"[]a]\": its [ is malformed"},
		{"[-x]", "x:1: the pattern \"[-x]\": its [ is malformed"},
		{"[x-]", "x:1: the pattern \"[x-]\": its [ is malformed"},
		{"[a-b-c]", "x:1: the pattern \"[a-b-c]\": its [ is malformed"},
		{"a[", "x:1: the pattern \"a[\": its [ is malformed"},
		{"a\\", "x:1: the pattern \"a\\\": there is nothing behind its \\"},
	};
	char long_pattern[2000];
	struct error err = ERROR_INIT;
	struct ignore *ignore = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		ck_assert_int_lt(ignore_parse(cases[i].file, strlen(cases[i].file), "x",
					      &ignore, &err),
				 0);
		ck_assert_ptr_null(ignore);
		ck_assert_message(&err, cases[i].want);
	}
	memset(long_pattern, '*', sizeof(long_pattern));
	ck_assert_int_lt(
		ignore_parse(long_pattern, sizeof(long_pattern), "x", &ignore, &err), 0);
	error_release(&err);
	ck_assert_int_lt(ignore_parse("a\0b", 3, "x", &ignore, &err), 0);
	error_release(&err);
	ck_assert(ignore_glob("a[b", "a[b"));
	ck_assert(!ignore_glob("a[b", "ab"));
}
END_TEST

/* All that a path can be tried with is tried at once: no pattern takes long. */
START_TEST(test_hostile)
{
	char pattern[IGNORE_MAX / 1024], path[4000];

	for (size_t i = 0; i + 4 < sizeof(pattern); i += 4)
		memcpy(pattern + i, "**/a", 5);
	memset(path, 'a', sizeof(path));
	for (size_t i = 1; i < sizeof(path); i += 2)
		path[i] = '/';
	path[sizeof(path) - 1] = '\0';
	ck_assert(ignore_glob("**/*a*/**/*a*/**/*a*/**/*a*/**/*a*/**/*a*", path));
	ck_assert(!ignore_glob("**/*a*/**/*a*/**/*a*/**/*a*/**/*a*/**/*a*b", path));
	ignore_glob(pattern, path);
}
END_TEST

UNIT_MAIN("ignore", test_patterns, test_files, test_may_hold, test_refused, test_hostile)
