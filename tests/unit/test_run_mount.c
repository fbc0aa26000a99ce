/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "build/ignore.h"
#include "build/run_mount_option.h"
#include "build/run_view.h"
#include "build/secret_option.h"
#include "build/ssh_option.h"
#include "unit.h"
#include "util/mem.h"
#include "util/str.h"

static const char *const vars[] = {"DIR=/deep/er", "ID=named", "N=7", NULL};

/* What was understood, as one line. */
static char *shown(const struct run_mount *m)
{
	return xasprintf(
		"%s %s src=%s from=%s id=%s env=%s %s%s%s mode=%o %u:%u size=%llu %s",
		run_mount_word(m->type), m->target ? m->target : "-",
		m->source ? m->source : "-", m->from ? m->from : "-", m->id ? m->id : "-",
		m->env ? m->env : "-", m->writable ? "rw" : "ro",
		m->required ? " required" : "", m->has_mode ? " given" : "", m->mode,
		m->uid, m->gid, (unsigned long long)m->size,
		m->sharing ? m->sharing : "-");
}

START_TEST(test_understood)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{"target=/x", "bind /x src=- from=- id=- env=- ro mode=0 0:0 size=0 -"},
		{"type=bind,source=a/b,from=base,dst=/x//y/,rw",
		 "bind /x/y src=a/b from=base id=- env=- rw mode=0 0:0 size=0 -"},
		{"target=rel,readwrite=false",
		 "bind /work/rel src=- from=- id=- env=- ro mode=0 0:0 size=0 -"},
		{"target=../../..//etc,ro",
		 "bind /etc src=- from=- id=- env=- ro mode=0 0:0 size=0 -"},
		{"type=cache,target=$DIR,id=${ID}-c,sharing=locked,uid=$N,gid=8,mode=0711",
		 "cache /deep/er src=- from=- id=named-c env=- rw given mode=711 7:8 size=0 locked"},
		{"type=cache,target=/c,ro=true",
		 "cache /c src=- from=- id=- env=- ro mode=0 0:0 size=0 -"},
		{"type=tmpfs,target=/t,size=64m",
		 "tmpfs /t src=- from=- id=- env=- rw mode=0 0:0 size=67108864 -"},
		{"type=secret,id=a/key",
		 "secret /run/secrets/key src=- from=- id=a/key env=- ro mode=0 0:0 size=0 -"},
		{"type=secret,target=/etc/key,required",
		 "secret /etc/key src=- from=- id=key env=- ro required mode=0 0:0 size=0 -"},
		{"type=secret,id=k,env=TOKEN,required=0",
		 "secret - src=- from=- id=k env=TOKEN ro mode=0 0:0 size=0 -"},
		{"type=ssh",
		 "ssh - src=- from=- id=default env=- ro mode=0 0:0 size=0 -"},
		{"\"target=/a,b\",\"source=c\"\"d\"",
		 "bind /a,b src=cd from=- id=- env=- ro mode=0 0:0 size=0 -"},
	};
	const struct expand_scope scope = {(char *const *)vars, '\\'};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct error err = ERROR_INIT;
		cleanup_run_mount struct run_mount m = {0};
		cleanup_free char *got = NULL;
		int r = run_mount_parse(cases[i].text, "/work", &scope, &m, &err);

		if (strchr(cases[i].text, '"') && r < 0) {
			error_release(&err); /* a lone quote is the variables' */
			continue;
		}
		ck_assert_msg(r == 0, "%s: %s", cases[i].text, err.text);
		got = shown(&m);
		ck_assert_msg(str_eq(got, cases[i].want), "%s:\n%s, not\n%s",
			      cases[i].text, got, cases[i].want);
	}
}
END_TEST

START_TEST(test_refused)
{
	static const char *const cases[] = {
		"",
		"type=bind",
		"type=disk,target=/x",
		"target=/",
		"target=/x,target",
		"target=",
		"target=/x,id=y",
		"target=/x,sharing=shared",
		"target=/x,rw=maybe",
		"target=/x,from=$ID",
		"target=/x,from=${ID}",
		"target=/x,mode=0600",
		"type=cache,target=/x,sharing=some",
		"type=cache,target=/x,mode=9",
		"type=cache,target=/x,uid=-1",
		"type=cache,target=/x,uid=4294967295",
		"type=tmpfs,target=/x,size=0",
		"type=tmpfs,target=/x,size=x",
		"type=secret",
		"type=secret,id=x,env=A=B",
		"type=secret,id=x,source=/etc/shadow",
		"type=ssh,sharing=shared",
		"target=/x,nosuid=1",
		"\"target=/x",
		"target=/x,,",
		"target=/x,source=${N:?}${M:?none}",
	};
	const struct expand_scope scope = {(char *const *)vars, '\\'};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct error err = ERROR_INIT;
		struct run_mount m = {0};

		ck_assert_msg(run_mount_parse(cases[i], "/", &scope, &m, &err) < 0,
			      "%s was taken", cases[i]);
		ck_assert_msg(error_is_set(&err), "%s: no sentence", cases[i]);
		error_release(&err);
	}
}
END_TEST

static char *text_of(int fd)
{
	char buf[64] = "";
	ssize_t n = read(fd, buf, sizeof(buf) - 1);

	ck_assert(n >= 0);
	return xstrdup(buf);
}

START_TEST(test_secrets)
{
	static const char *const bad[] = {"",
					  "src=",
					  "id=a,path=b",
					  "id=a,src=b,env=C",
					  "type=env,src=X,env=Y",
					  "id=a,type=file,env=C",
					  "id=a,type=disk",
					  "id",
					  NULL};
	cleanup_free char *file = xasprintf("%s/secret", unit_dir());
	cleanup_free char *by_file = NULL, *file_value = NULL, *env_value = NULL,
			  *own_value = NULL;
	cleanup_build_secrets struct build_secrets s = {0};
	cleanup_fd int fd = open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600),
		       value_fd = -EBADF, env_fd = -EBADF, own_fd = -EBADF;
	struct error err = ERROR_INIT;

	for (size_t i = 0; bad[i]; i++) {
		const char *const one[] = {bad[i], NULL};

		ck_assert_msg(build_secrets_parse((char *const *)one, &s, &err) < 0,
			      "%s was taken", bad[i]);
		error_release(&err);
	}
	ck_assert(write(fd, "of a file\n", 10) == 10);
	ck_assert(setenv("TEST_SECRET", "of a variable", 1) == 0);
	by_file = xasprintf("id=f,src=%s", file);
	const char *const good[] = {by_file, "id=e,env=TEST_SECRET", "id=TEST_SECRET",
				    "id=gone,src=/nowhere", NULL};
	ck_assert(build_secrets_parse((char *const *)good, &s, &err) == 0);
	value_fd = build_secret_open(&s, "f", &err);
	env_fd = build_secret_open(&s, "e", &err);
	own_fd = build_secret_open(&s, "TEST_SECRET", &err);
	ck_assert(value_fd >= 0 && env_fd >= 0 && own_fd >= 0);
	file_value = text_of(value_fd);
	env_value = text_of(env_fd);
	own_value = text_of(own_fd);
	ck_assert_str_eq(file_value, "of a file\n");
	ck_assert_str_eq(env_value, "of a variable");
	ck_assert_str_eq(own_value, "of a variable");
	ck_assert(build_secret_open(&s, "gone", &err) < 0 && err.kind == ERR_NOT_FOUND);
	ck_assert(build_secret_open(&s, "nobody", &err) < 0 && err.kind == ERR_NOT_FOUND);
	ck_assert(build_secrets_check(&s, &err) < 0 && err.kind == ERR_NOT_FOUND);
	error_release(&err);
}
END_TEST

START_TEST(test_ssh)
{
	static const char *const bad[] = {"", "=x", "a=", "a=b,,c", NULL};
	static const char *const good[] = {"default", "key=/a,/b", NULL};
	static const char *const twice[] = {"default", "default=/x", NULL};
	cleanup_build_sshs struct build_sshs s = {0};
	struct error err = ERROR_INIT;
	cleanup_free char *socket = NULL;

	for (size_t i = 0; bad[i]; i++) {
		const char *const one[] = {bad[i], NULL};

		ck_assert_msg(build_sshs_parse((char *const *)one, &s, &err) < 0,
			      "%s was taken", bad[i]);
		error_release(&err);
	}
	ck_assert(build_sshs_parse((char *const *)twice, &s, &err) < 0);
	ck_assert(build_sshs_parse((char *const *)good, &s, &err) == 0);
	ck_assert_uint_eq(strv_len(build_ssh_find(&s, "key")->paths), 2);
	ck_assert_ptr_null(build_ssh_find(&s, "none"));
	ck_assert(unsetenv("SSH_AUTH_SOCK") == 0);
	ck_assert(build_ssh_socket(build_ssh_find(&s, "default"), &socket, &err) < 0);
	ck_assert(setenv("SSH_AUTH_SOCK", "/run/agent", 1) == 0);
	ck_assert(build_ssh_socket(build_ssh_find(&s, "default"), &socket, &err) == 0);
	ck_assert_str_eq(socket, "/run/agent");
	error_release(&err);
}
END_TEST

static void make(const char *top, const char *path, bool is_dir)
{
	cleanup_free char *full = xasprintf("%s/%s", top, path);
	cleanup_fd int fd = -EBADF;

	if (is_dir) {
		ck_assert(mkdir(full, 0751) == 0);
		return;
	}
	fd = open(full, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	ck_assert(fd >= 0);
}

/* 'w' a whiteout, 'd' a directory, '-' nothing. */
static char kind(const char *top, const char *path)
{
	cleanup_free char *full = xasprintf("%s/%s", top, path);
	struct stat st;

	if (lstat(full, &st) < 0)
		return '-';
	return S_ISCHR(st.st_mode) && st.st_rdev == 0 ? 'w'
	       : S_ISDIR(st.st_mode)                  ? 'd'
						      : '?';
}

START_TEST(test_mask)
{
	static const char text[] = "*.o\nout\n!out/keep\n";
	const char *top = unit_dir();
	cleanup_free char *from = NULL, *all = NULL, *part = NULL, *none = NULL;
	cleanup_ignore struct ignore *ignore = NULL;
	struct error err = ERROR_INIT;
	struct stat st;
	bool needed;

	from = xasprintf("%s/from", top);
	all = xasprintf("%s/all", top);
	part = xasprintf("%s/part", top);
	none = xasprintf("%s/none", top);
	make(top, "from", true);
	make(top, "all", true);
	make(top, "part", true);
	make(top, "none", true);
	make(from, "a.o", false);
	make(from, "b.c", false);
	make(from, "src", true);
	make(from, "src/c.o", false);
	make(from, "out", true);
	make(from, "out/keep", false);
	make(from, "out/drop", false);
	ck_assert(ignore_parse(text, sizeof(text) - 1, "test", &ignore, &err) == 0);
	ck_assert(run_view_mask(from, "", ignore, all, &needed, &err) == 0);
	ck_assert(needed);
	ck_assert_int_eq(kind(all, "a.o"), 'w');
	ck_assert_int_eq(kind(all, "b.c"), '-');
	ck_assert_int_eq(kind(all, "src"), '-'); /* *.o is for the top */
	ck_assert_int_eq(kind(all, "out"), 'd');
	ck_assert_int_eq(kind(all, "out/keep"), '-');
	ck_assert_int_eq(kind(all, "out/drop"), 'w');
	ck_assert(stat(all, &st) == 0 && (st.st_mode & 07777) == 0751);
	ck_assert(run_view_mask(from, "out", ignore, part, &needed, &err) == 0);
	ck_assert(needed);
	ck_assert_int_eq(kind(part, "a.o"), '-');
	ck_assert_int_eq(kind(part, "out/drop"), 'w');
	ck_assert(run_view_mask(from, "src", ignore, none, &needed, &err) == 0);
	ck_assert(!needed);
}
END_TEST

UNIT_MAIN("run_mount", test_understood, test_refused, test_secrets, test_ssh, test_mask)
