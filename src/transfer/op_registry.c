/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The operations "login", "logout" and "search".
 *
 * A login asks the registry in a process of its own, which is confined; this one reads and writes
 * where credentials lie, starts helper programs, and sees nothing from the network but an error's text.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "registry/registry_login.h"
#include "registry/registry_search.h"
#include "transfer/confine.h"
#include "transfer/control.h"
#include "transfer/protocol.h"
#include "transfer/registry_call.h"
#include "transfer/transfer.h"
#include "util/fd.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"

/* What of a search's result fits into a packet beside its frame. */
#define RESULT_MAX      (TRANSFER_PACKET_MAX - 4096)
#define DESCRIPTION_MAX 1000

struct request {
	struct transfer_registry_options transfer; /* owned */
	struct registry_options options;
	const char *server, *user, *password, *term; /* in the JSON; NULL where absent */
	bool stored, list_tags;
	uint64_t limit;
};

static void request_release(struct request *q)
{
	transfer_registry_options_release(&q->transfer);
}
#define cleanup_request cleanup(request_release)

static int take_text(struct json_object *o, const char *key, const char **ret,
		     struct error *err)
{
	return json_get(o, key) ? json_to_str(json_get(o, key), key, ret, err) : 0;
}

static int take_flag(struct json_object *o, const char *key, bool *ret, struct error *err)
{
	return json_get(o, key) ? json_to_bool(json_get(o, key), key, ret, err) : 0;
}

static int parse_request(struct json_object *o, struct request *q, struct error *err)
{
	int r = transfer_registry_options_parse(json_get(o, "registry"), &q->transfer,
						err);

	if (r == 0)
		r = take_text(o, "server", &q->server, err);
	if (r == 0)
		r = take_text(o, "user", &q->user, err);
	if (r == 0)
		r = take_text(o, "password", &q->password, err);
	if (r == 0)
		r = take_text(o, "term", &q->term, err);
	if (r == 0)
		r = take_flag(o, "stored", &q->stored, err);
	if (r == 0)
		r = take_flag(o, "list_tags", &q->list_tags, err);
	if (r == 0 && json_get(o, "limit"))
		r = json_to_u64(json_get(o, "limit"), "limit", &q->limit, err);
	if (r == 0)
		registry_call_options(&q->transfer, &q->options);
	return r;
}

static int confine(struct error *err)
{
	return confine_network(&(struct confine_rules){0}, err);
}

/* In a process of its own: its end of the pipe gets the error, if there is one. */
static int ask_confined(const struct request *q, const struct login *login,
			struct error *err)
{
	struct registry_options options = q->options;
	cleanup_registry_login struct registry_login *l = NULL;

	options.on_retry = NULL; /* only the parent speaks to the engine */
	int r = registry_login_open(&options, login, &l, err);
	if (r == 0)
		r = confine(err);
	return r < 0 ? r : registry_login_check(l, err);
}

static _noreturn_ void child(const struct request *q, const struct login *login,
			     pid_t parent, int fd)
{
	struct error err = ERROR_INIT;
	char packed[ERROR_PACK_MAX];

	int r = control_worker(parent, &err);
	if (r == 0)
		r = ask_confined(q, login, &err);
	if (r < 0 && fd_write_all(fd, packed, error_pack(&err, packed)) < 0)
		error_drop(&err, "without its parent this process has nobody to tell");
	_exit(r < 0 ? EXIT_FAILURE : EXIT_SUCCESS);
}

static int hear_child(pid_t pid, int fd, struct error *err)
{
	cleanup_buf struct buf packed;
	int status = 0;

	buf_init(&packed, ERROR_PACK_MAX);
	int r = fd_read_all(fd, &packed);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (r == 0 && status == 0 && packed.len == 0)
		return 0;
	if (r < 0 || packed.len == 0)
		return error_set(err, ERR_SYSTEM, 0,
				 "the process that asked the registry ended without a "
				 "word (wait status %d)",
				 status);
	r = error_unpack(err, packed.data, packed.len);
	return r < 0 ? r : err->code ? -err->code : -EINVAL;
}

static int ask(const struct request *q, const struct login *login, struct error *err)
{
	pid_t parent = getpid();
	int pipe_fds[2];

	if (pipe2(pipe_fds, O_CLOEXEC) < 0)
		return error_set(err, ERR_SYSTEM, errno, "make a pipe");
	cleanup_fd int from_fd = pipe_fds[0], to_fd = pipe_fds[1];
	pid_t pid = fork();
	if (pid < 0)
		return error_set(err, ERR_SYSTEM, errno, "start a process");
	if (pid == 0)
		child(q, login, parent, to_fd);
	close(TAKE_FD(to_fd));
	return hear_child(pid, from_fd, err);
}

static int say_result(const char *key, const char *value, struct error *err)
{
	cleanup_json struct json_object *o = json_object_new_object();

	json_add_str(o, "event", "result");
	json_add_str(o, key, value);
	return control_say(o, err);
}

int op_login(struct json_object *request, struct error *err)
{
	cleanup_request struct request q = {0};
	cleanup_free char *text = NULL;

	int r = parse_request(request, &q, err);
	if (r < 0)
		return r;
	if (!q.server)
		return error_set(err, ERR_INVALID, 0, "log in: no registry was given");
	if (q.stored) {
		r = registry_login_stored(&q.options, q.server, &text, err);
		return r < 0 ? r : say_result("user", text, err);
	}
	struct login login = {.key = q.server, .user = q.user, .password = q.password};
	if (str_empty(q.user) || !q.password)
		return error_set(err, ERR_INVALID, 0,
				 "log in to %s: user and password are needed", q.server);
	r = ask(&q, &login, err);
	if (r == 0)
		r = registry_login_store(&q.options, &login, &text, err);
	return r < 0 ? r : say_result("where", text, err);
}

int op_logout(struct json_object *request, struct error *err)
{
	cleanup_request struct request q = {0};
	int r = parse_request(request, &q, err);

	return r < 0 ? r : registry_logout(&q.options, q.server, err);
}

static struct json_object *found_to_json(const struct registry_found *f)
{
	struct json_object *o = json_object_new_object();

	json_add_str(o, "index", f->registry);
	json_add_str(o, "name", f->name);
	json_add_str(o, "tag", f->tag);
	if (f->tag)
		return o;
	cleanup_free char *description = xstrndup(
		f->description, DESCRIPTION_MAX); /* may end amidst a character */
	cleanup_free char *visible = str_visible(description, "");
	json_add_str(o, "description", visible);
	json_add_i64(o, "stars", f->stars);
	json_add_bool(o, "official", f->official);
	json_add_bool(o, "automated", f->automated);
	return o;
}

/* As many as fit into one packet; "left_out": how many did not. */
static int say_found(const struct registry_found_list *list, char *const *failed,
		     struct error *err)
{
	cleanup_json struct json_object *o = json_object_new_object();
	struct json_object *items = json_object_new_array();
	size_t room = RESULT_MAX, i;

	json_add_str(o, "event", "result");
	json_add(o, "items", items);
	for (i = 0; i < list->n; i++) {
		struct json_object *item = found_to_json(&list->items[i]);
		cleanup_free char *text = json_text(item, false);
		size_t len = strlen(text) + 1;

		if (len > room) {
			json_object_put(item);
			break;
		}
		room -= len;
		json_object_array_add(items, item);
	}
	json_add_u64(o, "left_out", list->n - i);
	strv_foreach (why, failed) {
		int r = control_note(err, "%s", *why);
		if (r < 0)
			return r;
	}
	return control_say(o, err);
}

int op_search(struct json_object *request, struct error *err)
{
	cleanup_request struct request q = {0};
	cleanup_registry_search struct registry_search *s = NULL;
	cleanup_registry_found_list struct registry_found_list found = {0};
	cleanup_strv char **failed = NULL;

	int r = parse_request(request, &q, err);
	if (r < 0)
		return r;
	struct search search = {
		.term = q.term,
		.list_tags = q.list_tags,
		.limit = q.limit < SEARCH_LIMIT_MAX ? (unsigned int)q.limit
						    : SEARCH_LIMIT_MAX,
	};
	r = registry_search_open(&q.options, &search, &s, err);
	if (r == 0)
		r = confine(err);
	if (r == 0)
		r = registry_search_run(s, &found, &failed, err);
	return r < 0 ? r : say_found(&found, failed, err);
}
