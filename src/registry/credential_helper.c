/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Request and answer lie in files that exist only in memory, not in pipes: the program may end
 * without reading, write before it reads, or leave a child that never closes its output (an agent),
 * and none of that matters.
 */
#include "registry/credential_helper.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/buf.h"
#include "util/fd.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/proc.h"
#include "util/str.h"
#include "util/sys.h"

#define ANSWER_MAX    (64 << 10)
#define SAID_LEN_MAX  200
#define TOKEN_USER    "<token>"
#define NAME_LEN_MAX  100
#define NAME_LETTERS  "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-"
#define NOT_FOUND     "credentials not found in native keychain"
#define PROGRAM(name) xasprintf("docker-credential-%s", (name))

static void wipe_buf(struct buf *b)
{
	if (b->data)
		explicit_bzero(b->data, b->len);
	buf_release(b);
}
#define cleanup_secret_buf cleanup(wipe_buf)

/* The name becomes part of a program's. */
static int check_name(const char *name, struct error *err)
{
	size_t len = strlen(name);

	if (len > 0 && len <= NAME_LEN_MAX && strspn(name, NAME_LETTERS) == len)
		return 0;
	cleanup_free char *shown = xstrndup(name, NAME_LEN_MAX);
	cleanup_free char *quoted = str_quote(shown);
	return error_set(err, ERR_INVALID, 0,
			 "use the credential helper %s: that is no program's name",
			 quoted);
}

static int memory_file(const char *text, int *ret, struct error *err)
{
	cleanup_fd int fd = sys_memfd_create("credentials", MFD_CLOEXEC);

	if (fd < 0)
		return error_set(err, ERR_SYSTEM, errno, "make a file in memory");
	int r = fd_write_all(fd, text, strlen(text));
	if (r == 0 && lseek(fd, 0, SEEK_SET) < 0)
		r = -errno;
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "write a file in memory");
	*ret = TAKE_FD(fd);
	return 0;
}

static int start(const char *program, const char *verb, int in_fd, int out_fd,
		 int *ret_status, struct error *err)
{
	cleanup_free char *file = xstrdup(program), *argument = xstrdup(verb);
	char *argv[] = {file, argument, NULL};
	cleanup_fd int pid_fd = -EBADF;
	pid_t pid = 0;
	struct proc_spawn s = {
		.file = program,
		.argv = argv,
		.stdin_fd = in_fd,
		.stdout_fd = out_fd,
		.stderr_fd = STDERR_FILENO,
		.ret_pid = &pid,
		.ret_pid_fd = &pid_fd,
	};

	int r = proc_spawn(&s, err);
	if (r < 0) {
		if (err->kind == ERR_NOT_FOUND)
			error_hint(err,
				   "install %s, or take it out of credHelpers, "
				   "credsStore or credential-helpers",
				   program);
		return r;
	}
	r = proc_wait(pid, pid_fd, -1, ret_status);
	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "wait for %s", program) : 0;
}

/* One exchange. Return: the program's exit status, or -errno. */
static int talk(const char *name, const char *verb, const char *request,
		struct buf *answer, struct error *err)
{
	cleanup_fd int in_fd = -EBADF, out_fd = -EBADF;
	int status = 0;

	int r = check_name(name, err);
	if (r < 0)
		return r;
	cleanup_free char *program = PROGRAM(name);
	r = memory_file(request, &in_fd, err);
	if (r == 0)
		r = memory_file("", &out_fd, err);
	if (r == 0)
		r = start(program, verb, in_fd, out_fd, &status, err);
	if (r < 0)
		return r;
	if (lseek(out_fd, 0, SEEK_SET) < 0)
		return error_set(err, ERR_SYSTEM, errno, "read the answer of %s",
				 program);
	r = fd_read_all(out_fd, answer);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "read the answer of %s", program);
	return proc_exit_code(status);
}

static bool says_not_found(const struct buf *answer)
{
	return answer->data && str_starts(answer->data, NOT_FOUND);
}

/* What it said is shown only where no secret was sent. */
static int failed(const char *name, const char *verb, int status, const char *said,
		  struct error *err)
{
	cleanup_free char *start = xstrndup(said ? said : "", SAID_LEN_MAX);

	start[strcspn(start, "\r\n")] = '\0';
	cleanup_free char *visible = str_visible(start, "");
	return error_set(err, ERR_SYSTEM, 0,
			 "docker-credential-%s %s: %s%sexit status %d", name, verb,
			 visible, *visible ? ", " : "", status);
}

static int take_string(struct json_object *o, const char *key, const char *what,
		       char **ret, struct error *err)
{
	const char *value = json_get_str(o, key);

	/* not json_to_str(): its message shows the value, here maybe a secret */
	if (!value)
		return error_set(err, ERR_INVALID, 0, "%s: its answer has no %s", what,
				 key);
	*ret = xstrdup(value);
	return 0;
}

static int read_answer(const char *name, const struct buf *answer,
		       struct credentials *ret, struct error *err)
{
	cleanup_free char *program = PROGRAM(name);
	cleanup_json struct json_object *o = NULL;
	cleanup_credentials struct credentials c = {0};
	struct error problem = ERROR_INIT;

	if (json_parse(answer->len ? answer->data : "", answer->len, program, &o,
		       &problem) < 0) {
		error_release(&problem); /* may show a part of the answer */
		return error_set(err, ERR_INVALID, 0, "%s: its answer is not JSON",
				 program);
	}
	int r = take_string(o, "Username", program, &c.username, err);
	if (r == 0)
		r = take_string(o, "Secret", program, &c.password, err);
	if (r < 0)
		return r;
	if (str_eq(c.username, TOKEN_USER)) {
		free(TAKE_PTR(c.username));
		c.identity_token = TAKE_PTR(c.password);
	}
	c.source = TAKE_PTR(program);
	*ret = c;
	c = (struct credentials){0};
	return 1;
}

int helper_get(const char *name, const char *server, struct credentials *ret,
	       struct error *err)
{
	cleanup_secret_buf struct buf answer;

	buf_init(&answer, ANSWER_MAX);
	int r = talk(name, "get", server, &answer, err);
	if (r == 0)
		return read_answer(name, &answer, ret, err);
	if (r > 0 && says_not_found(&answer))
		return 0;
	return r < 0 ? r : failed(name, "get", r, answer.data, err);
}

int helper_store(const char *name, const char *server, const struct credentials *c,
		 struct error *err)
{
	cleanup_secret_buf struct buf answer;
	struct json_object *o = json_object_new_object();

	buf_init(&answer, ANSWER_MAX);
	json_add_str(o, "ServerURL", server);
	json_add_str(o, "Username", c->identity_token ? TOKEN_USER : c->username);
	json_add_str(o, "Secret", c->identity_token ? c->identity_token : c->password);
	char *request = json_text(o, false);
	json_object_put(o);
	int r = talk(name, "store", request, &answer, err);
	explicit_bzero(request, strlen(request));
	free(request);
	return r <= 0 ? r : failed(name, "store", r, NULL, err);
}

int helper_erase(const char *name, const char *server, struct error *err)
{
	cleanup_secret_buf struct buf answer;

	buf_init(&answer, ANSWER_MAX);
	int r = talk(name, "erase", server, &answer, err);
	if (r == 0)
		return 1;
	if (r > 0 && says_not_found(&answer))
		return 0;
	return r < 0 ? r : failed(name, "erase", r, answer.data, err);
}
