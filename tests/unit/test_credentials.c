/* SPDX-License-Identifier: Apache-2.0 */
/* Each test has a home, a runtime directory and a PATH of its own; a helper is a script that
 * keeps what it gets in a file. */
#include "registry/credentials.h"

#include <sys/wait.h>

#include "registry/base64.h"
#include "unit.h"
#include "util/mem.h"
#include "util/str.h"

#define HUB "https://index.docker.io/v1/"

/* Programs as the protocol describes them; "broken" fails, "babble" answers nonsense. */
static const char helper_text[] =
	"#!/bin/sh\n"
	"read -r line\n"
	"key=$(printf %s \"$line\" | sed 's/.*\"ServerURL\":\"\\([^\"]*\\)\".*/\\1/' | tr / _)\n"
	"echo \"$1 $key\" >>KEEP/log\n"
	"case $1 in\n"
	"store) printf '%s\\n' \"$line\" >KEEP/$key ;;\n"
	"get|erase) [ -e KEEP/$key ] || { echo 'credentials not found in native keychain'; exit 1; } ;;\n"
	"esac\n"
	"[ \"$1\" = get ] && cat KEEP/$key\n"
	"[ \"$1\" = erase ] && rm KEEP/$key\n"
	"exit 0\n";

static const char *dir;

static void write_file(const char *name, const char *text, mode_t mode)
{
	cleanup_free char *path = fs_join(dir, name);
	cleanup_free char *parent = xstrndup(path, (size_t)(strrchr(path, '/') - path));
	struct error err = ERROR_INIT;

	ck_assert_ok(fs_mkdirs(AT_FDCWD, parent, 0700, &err), &err);
	ck_assert_ok(fs_write_atomic(AT_FDCWD, path, text, strlen(text), mode, 0, &err),
		     &err);
}

static char *read_file(const char *name)
{
	cleanup_free char *path = fs_join(dir, name);
	struct error err = ERROR_INIT;
	char *text = NULL;
	size_t len = 0;

	ck_assert_ok(fs_read(AT_FDCWD, path, 1 << 16, &text, &len, &err), &err);
	return text;
}

static void set_place(const char *variable, const char *below)
{
	cleanup_free char *path = fs_join(dir, below);
	setenv(variable, path, 1);
}

static void setup(void)
{
	dir = unit_dir();
	set_place("HOME", "home");
	set_place("XDG_RUNTIME_DIR", "run");
	unsetenv("XDG_CONFIG_HOME");
	unsetenv("DOCKER_CONFIG");
	unsetenv("REGISTRY_AUTH_FILE");
	write_file("keep/log", "", 0600);
	cleanup_strv char **parts = NULL;
	const char *rest = helper_text;
	for (const char *at; (at = strstr(rest, "KEEP")); rest = at + 4) {
		strv_add_take(&parts, xstrndup(rest, (size_t)(at - rest)));
		strv_addf(&parts, "%s/keep", dir);
	}
	strv_add(&parts, rest);
	cleanup_free char *script = strv_join(parts, "");
	write_file("bin/docker-credential-good", script, 0700);
	write_file("bin/docker-credential-broken",
		   "#!/bin/sh\necho 'the keyring is locked'\nexit 3\n", 0700);
	write_file("bin/docker-credential-babble", "#!/bin/sh\necho secret-babble\n",
		   0700);
	write_file("bin/docker-credential-deaf",
		   "#!/bin/sh\necho '{\"Username\":\"<token>\",\"Secret\":\"tok\"}'\n",
		   0700);
	cleanup_free char *path = xasprintf("%s/bin:%s", dir, getenv("PATH"));
	setenv("PATH", path, 1);
}

/* {"auths":{KEY:{"auth":USER:PASSWORD}, ...}} from "KEY USER:PASSWORD|KEY ..." */
static char *auths(const char *list)
{
	cleanup_strv char **entries = str_split(list, '|'), **members = NULL;

	strv_foreach (entry, entries) {
		cleanup_strv char **words = str_split(*entry, ' ');
		cleanup_free char *text = base64_encode(words[1], strlen(words[1]));
		strv_addf(&members, "\"%s\":{\"auth\":\"%s\"}", words[0], text);
	}
	cleanup_free char *joined = strv_join(members, ",");
	return xasprintf("{\"auths\":{%s}}", joined);
}

static void write_auths(const char *name, const char *list)
{
	cleanup_free char *text = auths(list);
	write_file(name, text, 0600);
}

/* "user:password", "token:...", or "" for none, of the usual places. */
static char *find_with(const struct credentials_config *config, const char *registry,
		       const char *repository)
{
	cleanup_credentials struct credentials c = {0};
	struct error err = ERROR_INIT;

	int r = credentials_find(config, registry, repository, &c, &err);
	ck_assert_ok(r, &err);
	if (r == 0)
		return xstrdup("");
	ck_assert_ptr_nonnull(c.source);
	if (c.identity_token)
		return xasprintf("token:%s", c.identity_token);
	return xasprintf("%s:%s", c.username, c.password);
}

static void assert_found(const char *registry, const char *repository, const char *want)
{
	struct credentials_config config = {0};
	cleanup_free char *got = find_with(&config, registry, repository);

	ck_assert_msg(str_eq(got, want), "%s/%s: %s, not %s", registry, repository, got,
		      want);
}

START_TEST(test_most_specific)
{
	static const struct {
		const char *registry, *repository, *want;
	} cases[] = {
		{"reg.example", "a/b/c", "abc:1"},
		{"reg.example", "a/b/c/d", "abc:1"},
		{"reg.example", "a/b", "a:2"},
		{"reg.example", "ab", "top:3"},
		{"reg.example", NULL, "top:3"},
		{"reg.example:5000", "a/b/c", "port:x:y"},
		{"other.example", "a/b", "other:o"},
		{"only.example", "a", ""},
		{"only.example", "n/a", "ns:"},
		{"url.example", "a/b", "url:u"},
		{"nothing.example", "a", ""},
		{"docker.io", "library/debian", "hub:h"},
		{"index.docker.io", NULL, "hub:h"},
		{"registry-1.docker.io", "library/debian", "hub:h"},
		{"docker.io", "me/mine", "mine:m"},
	};

	setup();
	write_auths("run/containers/auth.json",
		    "reg.example top:3|reg.example/a a:2|reg.example/a/b/c abc:1|"
		    "reg.example:5000 port:x:y|only.example/n ns:|"
		    "https://url.example/v2/ url:u|" HUB " hub:h|docker.io/me mine:m");
	write_auths("home/.config/containers/auth.json",
		    "reg.example/a/b/c no:no|other.example other:o");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_found(cases[i].registry, cases[i].repository, cases[i].want);
}
END_TEST

START_TEST(test_places)
{
	setup();
	assert_found("a.example", "x", "");
	write_auths("home/.docker/config.json", "a.example docker:d");
	assert_found("a.example", "x", "docker:d");
	write_auths("docker/config.json", "a.example other:d");
	set_place("DOCKER_CONFIG", "docker");
	assert_found("a.example", "x", "other:d");
	write_auths("home/.config/containers/auth.json", "a.example home:h");
	assert_found("a.example", "x", "home:h");
	write_auths("config/containers/auth.json", "a.example config:c");
	set_place("XDG_CONFIG_HOME", "config");
	assert_found("a.example", "x", "config:c");
	write_file("run/containers/auth.json", " \n", 0600);
	assert_found("a.example", "x", "config:c");
	write_auths("run/containers/auth.json", "a.example run:r");
	assert_found("a.example", "x", "run:r");
	/* named files are the only ones */
	write_auths("named.json", "b.example named:n");
	set_place("REGISTRY_AUTH_FILE", "named.json");
	assert_found("b.example", "x", "named:n");
	assert_found("a.example", "x", "");
	write_auths("given.json", "c.example given:g");
	cleanup_free char *given = fs_join(dir, "given.json");
	struct credentials_config config = {.authfile = given};
	cleanup_free char *got = find_with(&config, "c.example", "x");
	ck_assert_str_eq(got, "given:g");
	cleanup_free char *none = find_with(&config, "b.example", "x");
	ck_assert_str_eq(none, "");
}
END_TEST

START_TEST(test_entries)
{
	setup();
	write_file("run/containers/auth.json",
		   "{\"auths\":{\"empty.example\":{},\"null.example\":null,"
		   "\"token.example\":{\"auth\":\"\",\"identitytoken\":\"t\"},"
		   "\"plain.example\":{\"username\":\"u\",\"password\":\"p\"},"
		   "\"padded.example\":{\"auth\":\"YTpiAAA=\"}},\"x\":1}",
		   0600);
	assert_found("empty.example", "x", "");
	assert_found("null.example", "x", "");
	assert_found("token.example", "x", "token:t");
	assert_found("plain.example", "x", "u:p");
	assert_found("padded.example", "x", "a:b");
}
END_TEST

START_TEST(test_wrong_files)
{
	static const struct {
		const char *text, *message; /* after the file's name */
	} cases[] = {
		{"[]", ": expected an object"},
		{"{\"auths\":[]}", ": auths: expected an object"},
		{"{\"credHelpers\":1}", ": credHelpers: expected an object"},
		{"{\"auths\":{\"a.example\":{\"auth\":1}}}",
		 ": auths[\"a.example\"].auth: expected a string"},
		{"{\"auths\":{\"a.example\":{\"auth\":\"c2VjcmV0\"}}}",
		 ": auths[\"a.example\"].auth: expected USER:PASSWORD in base64"},
		{"{\"auths\":{\"a.example\":{\"auth\":\"!secret!\"}}}",
		 ": auths[\"a.example\"].auth: expected USER:PASSWORD in base64"},
		{"{\"auths\":{\"a.example\":{\"auth\":\"YTpiAGM=\"}}}",
		 ": auths[\"a.example\"].auth: expected USER:PASSWORD in base64"},
		{"{\"auths\":{\"a.example\":{\"auth\":\"secret",
		 ": line 1, column 38: the text ends too soon"},
	};

	setup();
	cleanup_free char *path = fs_join(dir, "run/containers/auth.json");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct credentials_config config = {0};
		cleanup_credentials struct credentials c = {0};
		struct error err = ERROR_INIT;
		write_file("run/containers/auth.json", cases[i].text, 0600);
		int r = credentials_find(&config, "a.example", "x", &c, &err);
		ck_assert_msg(r < 0, "%s", cases[i].text);
		ck_assert_ptr_null(c.username);
		cleanup_free char *want = xasprintf("%s%s", path, cases[i].message);
		ck_assert_message(&err, want);
	}
	struct credentials_config missing = {.authfile = "/nonexistent/auth.json"};
	struct credentials c = {0};
	struct error err = ERROR_INIT;
	ck_assert_int_lt(credentials_find(&missing, "a.example", NULL, &c, &err), 0);
	ck_assert_int_eq(err.kind, ERR_NOT_FOUND);
	error_release(&err);
}
END_TEST

START_TEST(test_helpers)
{
	setup();
	write_file("keep/a.example",
		   "{\"ServerURL\":\"a.example\",\"Username\":\"h\","
		   "\"Secret\":\"s\"}",
		   0600);
	write_file("keep/https:__index.docker.io_v1_",
		   "{\"Username\":\"hub\",\"Secret\":\"s\"}", 0600);
	write_file("run/containers/auth.json",
		   "{\"auths\":{\"a.example\":{\"auth\":\"YTpi\"},"
		   "\"c.example\":{\"auth\":\"YzpkZA==\"}},"
		   "\"credHelpers\":{\"a.example\":\"good\",\"c.example\":\"good\","
		   "\"docker.io\":\"good\",\"t.example\":\"deaf\"}}",
		   0600);
	assert_found("a.example", "x/y", "h:s");
	assert_found("c.example", "x", "c:dd"); /* the helper has nothing */
	assert_found("docker.io", "library/x", "hub:s");
	assert_found("t.example", "x", "token:tok");

	/* Docker's: asked only for what it has noted */
	write_file("run/containers/auth.json",
		   "{\"auths\":{\"a.example\":{},\"" HUB
		   "\":{}},\"credsStore\":\"good\"}",
		   0600);
	assert_found("a.example", "x", "h:s");
	assert_found("docker.io", "library/x", "hub:s");
	write_file("keep/log", "", 0600);
	assert_found("z.example", "x", "");
	cleanup_free char *log = read_file("keep/log");
	ck_assert_str_eq(log, "");

	/* registries.conf's */
	char *helpers[] = {(char *)"good", (char *)"containers-auth.json", NULL};
	struct credentials_config config = {.helpers = helpers};
	write_auths("run/containers/auth.json", "a.example no:no|z.example file:f");
	cleanup_free char *one = find_with(&config, "a.example", "x");
	ck_assert_str_eq(one, "h:s");
	cleanup_free char *other = find_with(&config, "z.example", "x");
	ck_assert_str_eq(other, "file:f");
}
END_TEST

START_TEST(test_failing_helpers)
{
	static const struct {
		const char *helper, *message, *hint;
	} cases[] = {
		{"broken",
		 "docker-credential-broken get: the keyring is locked, exit status 3",
		 NULL},
		{"babble", "docker-credential-babble: its answer is not JSON", NULL},
		{"../x", "use the credential helper \"../x\": that is no program's name",
		 NULL},
		{"absent", "run docker-credential-absent: no such file or directory",
		 "install docker-credential-absent, or take it out of credHelpers, "
		 "credsStore or credential-helpers"},
	};

	setup();
	cleanup_free char *path = fs_join(dir, "run/containers/auth.json");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct credentials_config config = {0};
		struct credentials c = {0};
		struct error err = ERROR_INIT;
		cleanup_free char *text = xasprintf("{\"credHelpers\":{\"a.example\":"
						    "\"%s\"}}",
						    cases[i].helper);
		write_file("run/containers/auth.json", text, 0600);
		int r = credentials_find(&config, "a.example", "x", &c, &err);
		ck_assert_int_lt(r, 0);
		ck_assert_msg(str_eq(err.hint, cases[i].hint), "%s", err.hint);
		cleanup_free char *want = xasprintf("%s: %s", path, cases[i].message);
		ck_assert_message(&err, want);
	}
}
END_TEST

static void store(const struct credentials_config *config, const char *key,
		  const char *user, const char *password)
{
	struct credentials c = {.username = (char *)user, .password = (char *)password};
	struct error err = ERROR_INIT;
	cleanup_free char *where = NULL;

	ck_assert_ok(credentials_store(config, key, &c, &where, &err), &err);
	ck_assert_ptr_nonnull(where);
}

START_TEST(test_login)
{
	struct credentials_config config = {0};
	struct error err = ERROR_INIT;
	struct stat st;

	setup();
	umask(0);
	store(&config, "a.example:5000", "u", "p:q\xc3\xa4");
	store(&config, "a.example:5000/ns/", "ns", "n");
	assert_found("a.example:5000", "x", "u:p:q\xc3\xa4");
	assert_found("a.example:5000", "ns/x", "ns:n");
	cleanup_free char *path = fs_join(dir, "run/containers/auth.json");
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);

	/* what else is there stays */
	write_file("run/containers/auth.json",
		   "{\"x\":[1,{}],\"auths\":{\"" HUB "\":{\"auth\":\"YTpi\"},"
		   "\"b.example\":{\"auth\":\"YTpi\"}},\"HttpHeaders\":{\"a\":\"b/c\"}}",
		   0644);
	store(&config, "docker.io", "new", "n");
	assert_found("docker.io", "library/x", "new:n");
	cleanup_free char *text = read_file("run/containers/auth.json");
	ck_assert_ptr_nonnull(strstr(text, "\"x\": ["));
	ck_assert_ptr_nonnull(strstr(text, "\"a\": \"b/c\""));
	ck_assert_ptr_nonnull(strstr(text, "\"" HUB "\""));
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);

	ck_assert_ok(credentials_erase(&config, "docker.io", &err), &err);
	assert_found("docker.io", "library/x", "");
	assert_found("b.example", "x", "a:b");
	ck_assert_int_lt(credentials_erase(&config, "docker.io", &err), 0);
	ck_assert_int_eq(err.kind, ERR_NOT_FOUND);
	ck_assert_message(&err, "not logged in to docker.io");
	ck_assert_ok(credentials_erase_all(&config, &err), &err);
	assert_found("b.example", "x", "");
	cleanup_free char *after = read_file("run/containers/auth.json");
	ck_assert_ptr_nonnull(strstr(after, "\"auths\": {}"));
	ck_assert_ptr_nonnull(strstr(after, "HttpHeaders"));
}
END_TEST

/* A namespace is logged out of by itself. */
START_TEST(test_logout_exact)
{
	struct credentials_config config = {0};
	struct error err = ERROR_INIT;

	setup();
	write_auths("run/containers/auth.json", "a.example a:1|a.example/n n:2");
	ck_assert_ok(credentials_erase(&config, "a.example/n", &err), &err);
	assert_found("a.example", "n/x", "a:1");
	ck_assert_int_lt(credentials_erase(&config, "a.example/n", &err), 0);
	error_release(&err);
	write_auths("home/.docker/config.json", "d.example d:1");
	ck_assert_int_lt(credentials_erase(&config, "d.example", &err), 0);
	cleanup_free char *docker = fs_join(dir, "home/.docker/config.json");
	ck_assert_ptr_nonnull(strstr(err.hint, docker));
	error_release(&err);
	ck_assert_int_lt(credentials_erase(&config, "/x", &err), 0);
	ck_assert_int_eq(err.kind, ERR_INVALID);
	error_release(&err);
	/* a link stays one */
	cleanup_free char *link = fs_join(dir, "link.json");
	cleanup_free char *real = fs_join(dir, "run/containers/auth.json");
	ck_assert_int_eq(symlink(real, link), 0);
	struct credentials_config linked = {.authfile = link};
	store(&linked, "l.example", "l", "l");
	struct stat st;
	ck_assert_int_eq(lstat(link, &st), 0);
	ck_assert(S_ISLNK(st.st_mode));
	assert_found("l.example", "x", "l:l");
}
END_TEST

START_TEST(test_login_with_helper)
{
	struct credentials_config config = {0};
	struct error err = ERROR_INIT;

	setup();
	write_file("run/containers/auth.json",
		   "{\"credHelpers\":{\"a.example\":\"good\"}}", 0600);
	store(&config, "a.example", "u", "p\"q");
	assert_found("a.example", "x", "u:p\"q");
	cleanup_free char *text = read_file("run/containers/auth.json");
	ck_assert_ptr_null(strstr(text, "auths"));
	struct credentials c = {.username = (char *)"u", .password = (char *)"p"};
	ck_assert_int_lt(credentials_store(&config, "a.example/ns", &c, NULL, &err), 0);
	ck_assert_int_eq(err.kind, ERR_UNSUPPORTED);
	error_release(&err);
	ck_assert_ok(credentials_erase(&config, "a.example", &err), &err);
	assert_found("a.example", "x", "");

	/* Docker's way */
	write_file("run/containers/auth.json", "{\"credsStore\":\"good\"}", 0600);
	struct credentials token = {.identity_token = (char *)"tok"};
	ck_assert_ok(credentials_store(&config, "docker.io", &token, NULL, &err), &err);
	assert_found("docker.io", "library/x", "token:tok");
	store(&config, "b.example", "u", "p");
	ck_assert_ok(credentials_erase(&config, "b.example", &err), &err);
	assert_found("b.example", "x", "");
	ck_assert_ok(credentials_erase_all(&config, &err), &err);
	assert_found("docker.io", "library/x", "");

	char *helpers[] = {(char *)"good", NULL};
	struct credentials_config first = {.helpers = helpers};
	store(&first, "f.example", "f", "g");
	cleanup_free char *got = find_with(&first, "f.example", "x");
	ck_assert_str_eq(got, "f:g");
	ck_assert_ok(credentials_erase(&first, "f.example", &err), &err);
	ck_assert_int_lt(credentials_erase(&first, "f.example", &err), 0);
	error_release(&err);

	/* no secret in the message */
	write_file("run/containers/auth.json",
		   "{\"credHelpers\":{\"a.example\":\"broken\"}}", 0600);
	ck_assert_int_lt(credentials_store(&config, "a.example", &c, NULL, &err), 0);
	ck_assert_message(&err, "docker-credential-broken store: exit status 3");
}
END_TEST

START_TEST(test_at_once)
{
	struct credentials_config config = {0};
	enum { N = 8 };
	pid_t children[N];

	setup();
	for (int i = 0; i < N; i++) {
		children[i] = fork();
		if (children[i] == 0) {
			cleanup_free char *key = xasprintf("r%d.example", i);
			store(&config, key, "u", "p");
			_exit(0);
		}
	}
	for (int i = 0; i < N; i++) {
		int status = -1;
		waitpid(children[i], &status, 0);
		ck_assert_int_eq(status, 0);
	}
	for (int i = 0; i < N; i++) {
		cleanup_free char *host = xasprintf("r%d.example", i);
		assert_found(host, "x", "u:p");
	}
}
END_TEST

START_TEST(test_creds_option)
{
	static const struct {
		const char *text, *username, *password;
	} cases[] = {
		{"u", "u", NULL},      {"u:", "u", ""},  {"u:p", "u", "p"},
		{"u:p:q", "u", "p:q"}, {"", NULL, NULL}, {":p", NULL, NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_credentials struct credentials c = {0};
		struct error err = ERROR_INIT;
		int r = credentials_parse(cases[i].text, &c, &err);
		ck_assert_int_eq(r, cases[i].username ? 0 : -EINVAL);
		ck_assert(str_eq(c.username, cases[i].username));
		ck_assert(str_eq(c.password, cases[i].password));
		error_release(&err);
	}
}
END_TEST

UNIT_MAIN("credentials", test_most_specific, test_places, test_entries, test_wrong_files,
	  test_helpers, test_failing_helpers, test_login, test_logout_exact,
	  test_login_with_helper, test_at_once, test_creds_option)
