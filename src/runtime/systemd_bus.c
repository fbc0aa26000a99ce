/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A manager sends its signals to whoever is connected to its own socket; on a message bus they have to be subscribed to. The call
 * that makes a job answers with the job's name, and JobRemoved says how it ended: what came in between is kept in
 * the connection's queue, so neither can be missed.
 */
#include "runtime/systemd_bus.h"

#include <dlfcn.h>
#include <inttypes.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-bus.h>

#include "runtime/idmap.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/time.h"

#define LIBRARY       "libsystemd.so.0"
#define SERVICE       "org.freedesktop.systemd1"
#define OBJECT        "/org/freedesktop/systemd1"
#define MANAGER       SERVICE ".Manager"
#define CALL_USEC     (30 * 1000000LL)
#define JOB_USEC      (90 * 1000000LL)
#define ERROR_PREFIX  SERVICE "."
#define SYSTEM_SOCKET "/run/systemd/private"

/* The functions of the library, by the names that they have there. */
#define FUNCTIONS(F)                      \
	F(sd_bus_new)                     \
	F(sd_bus_set_fd)                  \
	F(sd_bus_set_bus_client)          \
	F(sd_bus_start)                   \
	F(sd_bus_close_unref)             \
	F(sd_bus_call)                    \
	F(sd_bus_call_method)             \
	F(sd_bus_process)                 \
	F(sd_bus_wait)                    \
	F(sd_bus_get_property)            \
	F(sd_bus_message_new_method_call) \
	F(sd_bus_message_unref)           \
	F(sd_bus_message_is_signal)       \
	F(sd_bus_message_append)          \
	F(sd_bus_message_append_array)    \
	F(sd_bus_message_open_container)  \
	F(sd_bus_message_close_container) \
	F(sd_bus_message_read)            \
	F(sd_bus_error_free)

struct systemd_bus {
	void *library;
	sd_bus *bus;
#define MEMBER(name) __typeof__(&name) name;
	FUNCTIONS(MEMBER)
#undef MEMBER
};

static const struct {
	const char *name;
	size_t offset;
} functions[] = {
#define ENTRY(name) {#name, offsetof(struct systemd_bus, name)},
	FUNCTIONS(ENTRY)
#undef ENTRY
};

/* One call and what comes back. */
struct exchange {
	struct systemd_bus *bus;
	sd_bus_message *m, *reply;
	sd_bus_error error;
};
#define EXCHANGE(b) ((struct exchange){.bus = (b)})

static void exchange_release(struct exchange *x)
{
	x->bus->sd_bus_message_unref(x->m);
	x->bus->sd_bus_message_unref(x->reply);
	x->bus->sd_bus_error_free(&x->error);
}
#define cleanup_exchange cleanup(exchange_release)

void systemd_properties_release(struct systemd_properties *p)
{
	for (size_t i = 0; i < p->n; i++) {
		free(p->list[i].text);
		free(p->list[i].bytes);
	}
	free(p->list);
	*p = (struct systemd_properties){0};
}

struct systemd_property *systemd_add(struct systemd_properties *p, const char *name,
				     enum systemd_type type, uint64_t number)
{
	p->list = xreallocarray(p->list, p->n + 1, sizeof(*p->list));
	p->list[p->n] =
		(struct systemd_property){.name = name, .type = type, .number = number};
	return &p->list[p->n++];
}

void systemd_add_text(struct systemd_properties *p, const char *name, const char *text)
{
	systemd_add(p, name, SYSTEMD_TEXT, 0)->text = xstrdup(text);
}

uid_t systemd_bus_user(void)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_idmap struct idmap map = {0};
	uid_t own = geteuid();
	uint32_t outside;

	if (own != 0)
		return own;
	if (idmap_read("/proc/self/uid_map", &map, &err) < 0) {
		error_drop(&err, "then it is root of the host");
		return own;
	}
	outside = idmap_to_outside(&map, own);
	return outside == IDMAP_NONE ? own : outside;
}

struct place {
	char *path;
	bool is_private; /* the manager itself, no message bus */
};

#define PLACES_MAX 4

static size_t find_places(bool user_manager, struct place places[static PLACES_MAX])
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	cleanup_free char *own = NULL;
	size_t n = 0;

	if (!user_manager) {
		/* not the message bus, which is anybody's: root of a user namespace may do nothing there */
		places[n++] = (struct place){xstrdup(SYSTEM_SOCKET), true};
		return n;
	}
	own = xasprintf("/run/user/%u", systemd_bus_user());
	places[n++] = (struct place){xasprintf("%s/systemd/private", own), true};
	places[n++] = (struct place){xasprintf("%s/bus", own), false};
	if (runtime && !str_eq(runtime, own)) {
		places[n++] =
			(struct place){xasprintf("%s/systemd/private", runtime), true};
		places[n++] = (struct place){xasprintf("%s/bus", runtime), false};
	}
	return n;
}

static void free_places(struct place *places, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(places[i].path);
}

bool systemd_bus_reachable(bool user_manager)
{
	struct place places[PLACES_MAX];
	size_t n = find_places(user_manager, places);
	bool found = false;

	for (size_t i = 0; i < n && !found; i++)
		found = access(places[i].path, W_OK) == 0;
	free_places(places, n);
	return found;
}

static int connect_to(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	cleanup_fd int fd =
		socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, path, strlen(path) + 1);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	return TAKE_FD(fd);
}

static int no_manager(bool user_manager, int code, struct error *err)
{
	if (!user_manager) {
		error_set(err, ERR_UNSUPPORTED, 0, "this host is not run by systemd");
		return error_hint(err, "cubby --cgroup-manager=cgroupfs");
	}
	if (code != ENOENT && code != ENOTDIR) {
		error_set(err, ERR_UNAVAILABLE, code, "reach systemd of user %u",
			  systemd_bus_user());
		return error_hint(err, "systemctl --user status");
	}
	error_set(err, ERR_UNSUPPORTED, 0, "no systemd of user %u runs",
		  systemd_bus_user());
	return error_hint(err,
			  "as root: loginctl enable-linger %u (or log in by ssh or at a "
			  "terminal, not by su)",
			  systemd_bus_user());
}

int systemd_bus_unreachable(bool user_manager, struct error *err)
{
	return no_manager(user_manager, ENOENT, err);
}

static int connect_manager(bool user_manager, bool *ret_private, struct error *err)
{
	struct place places[PLACES_MAX];
	size_t n = find_places(user_manager, places);
	int fd = -ENOENT;

	for (size_t i = 0; i < n && fd < 0; i++) {
		int r = connect_to(places[i].path);

		if (r >= 0 || fd == -ENOENT)
			fd = r;
		*ret_private = places[i].is_private;
	}
	free_places(places, n);
	return fd < 0 ? no_manager(user_manager, -fd, err) : fd;
}

static int load(struct systemd_bus *b, struct error *err)
{
	b->library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	for (size_t i = 0; b->library && i < ARRAY_SIZE(functions); i++) {
		void *function = dlsym(b->library, functions[i].name);

		if (!function)
			return error_set(err, ERR_UNSUPPORTED, 0,
					 "%s is too old: it has no %s", LIBRARY,
					 functions[i].name);
		memcpy((char *)b + functions[i].offset, &function, sizeof(function));
	}
	if (b->library)
		return 0;
	error_set(err, ERR_UNSUPPORTED, 0,
		  "ask systemd for a cgroup: this host has no %s", LIBRARY);
	return error_hint(err, "as root: apt-get install libsystemd0");
}

static int attach(struct systemd_bus *b, int fd, bool is_private)
{
	int r = b->sd_bus_new(&b->bus);

	if (r < 0) {
		close(fd);
		return r;
	}
	r = b->sd_bus_set_fd(b->bus, fd, fd);
	if (r < 0) {
		close(fd);
		return r;
	}
	if (!is_private)
		r = b->sd_bus_set_bus_client(b->bus, true);
	return r < 0 ? r : b->sd_bus_start(b->bus);
}

/* On a message bus, signals come to those who want them. */
static int subscribe(struct systemd_bus *b)
{
	int r = b->sd_bus_call_method(b->bus, "org.freedesktop.DBus",
				      "/org/freedesktop/DBus", "org.freedesktop.DBus",
				      "AddMatch", NULL, NULL, "s",
				      "type='signal',sender='" SERVICE
				      "',interface='" MANAGER "',member='JobRemoved'");

	return r < 0 ? r
		     : b->sd_bus_call_method(b->bus, SERVICE, OBJECT, MANAGER,
					     "Subscribe", NULL, NULL, "");
}

int systemd_bus_open(bool user_manager, struct systemd_bus **ret, struct error *err)
{
	cleanup_systemd_bus struct systemd_bus *b = xcalloc(1, sizeof(*b));
	bool is_private = false;
	int r = load(b, err), fd;

	*ret = NULL;
	if (r < 0)
		return r;
	fd = connect_manager(user_manager, &is_private, err);
	if (fd < 0)
		return fd;
	r = attach(b, fd, is_private);
	if (r >= 0 && !is_private)
		r = subscribe(b);
	if (r < 0) {
		error_set(err, ERR_UNAVAILABLE, -r, "speak with systemd");
		return error_hint(err, "systemctl %sstatus",
				  user_manager ? "--user " : "");
	}
	*ret = TAKE_PTR(b);
	return 0;
}

void systemd_bus_free(struct systemd_bus *b)
{
	if (!b)
		return;
	if (b->bus)
		b->sd_bus_close_unref(b->bus);
	if (b->library)
		dlclose(b->library);
	free(b);
}

static enum error_kind kind_of(const struct exchange *x, int code)
{
	static const struct {
		const char *name;
		enum error_kind kind;
	} kinds[] = {
		{ERROR_PREFIX "NoSuchUnit", ERR_NOT_FOUND},
		{ERROR_PREFIX "UnitExists", ERR_CONFLICT},
		{"org.freedesktop.DBus.Error.AccessDenied", ERR_DENIED},
		{"org.freedesktop.DBus.Error.InteractiveAuthorizationRequired",
		 ERR_DENIED},
		{"org.freedesktop.DBus.Error.InvalidArgs", ERR_INVALID},
	};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (str_eq(x->error.name, kinds[i].name))
			return kinds[i].kind;
	return code == ETIMEDOUT ? ERR_UNAVAILABLE : ERR_SYSTEM;
}

/* systemd's own sentence is the best there is. */
static int refused(const struct exchange *x, int r, const char *what, const char *unit,
		   struct error *err)
{
	cleanup_free char *said = NULL;
	enum error_kind kind = kind_of(x, -r);

	if (kind == ERR_CONFLICT)
		r = -EEXIST;
	if (!x->error.message)
		return error_set(err, kind, -r, "%s %s: systemd", what, unit);
	said = str_visible(x->error.message, "");
	error_set(err, kind, kind == ERR_CONFLICT ? EEXIST : 0, "%s %s: systemd says: %s",
		  what, unit, said);
	return r;
}

static int append_property(struct exchange *x, const struct systemd_property *p)
{
	struct systemd_bus *b = x->bus;
	int r;

	switch (p->type) {
	case SYSTEMD_BOOL:
		return b->sd_bus_message_append(x->m, "(sv)", p->name, "b",
						(int)p->number);
	case SYSTEMD_INT:
		return b->sd_bus_message_append(x->m, "(sv)", p->name, "i",
						(int)p->number);
	case SYSTEMD_U64:
		return b->sd_bus_message_append(x->m, "(sv)", p->name, "t", p->number);
	case SYSTEMD_TEXT:
		return b->sd_bus_message_append(x->m, "(sv)", p->name, "s", p->text);
	case SYSTEMD_PID:
		return b->sd_bus_message_append(x->m, "(sv)", p->name, "au", 1,
						(uint32_t)p->number);
	case SYSTEMD_DEVICE:
		return b->sd_bus_message_append(x->m, "(sv)", p->name, "a(st)", 1,
						p->text, p->number);
	case SYSTEMD_BITS:
		break;
	}
	r = b->sd_bus_message_open_container(x->m, SD_BUS_TYPE_STRUCT, "sv");
	if (r >= 0)
		r = b->sd_bus_message_append(x->m, "s", p->name);
	if (r >= 0)
		r = b->sd_bus_message_open_container(x->m, SD_BUS_TYPE_VARIANT, "ay");
	if (r >= 0)
		r = b->sd_bus_message_append_array(x->m, 'y', p->bytes, p->n_bytes);
	if (r >= 0)
		r = b->sd_bus_message_close_container(x->m);
	return r < 0 ? r : b->sd_bus_message_close_container(x->m);
}

static int append_properties(struct exchange *x, const struct systemd_properties *p)
{
	int r = x->bus->sd_bus_message_open_container(x->m, SD_BUS_TYPE_ARRAY, "(sv)");

	for (size_t i = 0; i < p->n && r >= 0; i++)
		r = append_property(x, &p->list[i]);
	return r < 0 ? r : x->bus->sd_bus_message_close_container(x->m);
}

static int begin(struct exchange *x, const char *method)
{
	return x->bus->sd_bus_message_new_method_call(x->bus->bus, &x->m, SERVICE, OBJECT,
						      MANAGER, method);
}

static int send_it(struct exchange *x)
{
	return x->bus->sd_bus_call(x->bus->bus, x->m, CALL_USEC, &x->error, &x->reply);
}

/* Return: 1 if the signal is the end of this job, with its result. */
static int is_end(struct systemd_bus *b, sd_bus_message *m, const char *job,
		  const char **ret_result)
{
	const char *path = NULL;
	uint32_t id = 0;

	if (b->sd_bus_message_is_signal(m, MANAGER, "JobRemoved") <= 0)
		return 0;
	if (b->sd_bus_message_read(m, "uoss", &id, &path, NULL, ret_result) < 0)
		return 0;
	return str_eq(path, job);
}

/* Return: 0 done, -EIO failed with the result's word in *ret_result (caller frees), -ETIMEDOUT, or the connection's failure. */
static int wait_for_job(struct systemd_bus *b, const char *job, int64_t timeout_usec,
			char **ret_result)
{
	int64_t end = time_monotonic_usec() + timeout_usec;

	for (;;) {
		sd_bus_message *m = NULL;
		const char *result = NULL;
		int64_t left = end - time_monotonic_usec();
		int r = b->sd_bus_process(b->bus, &m);
		bool over = r > 0 && m && is_end(b, m, job, &result);

		if (over) {
			*ret_result = xstrdup(result);
			r = str_eq(result, "done") ? 0 : -EIO;
		}
		b->sd_bus_message_unref(m);
		if (over || r < 0)
			return r;
		if (left <= 0)
			return -ETIMEDOUT;
		if (r == 0)
			r = b->sd_bus_wait(b->bus, (uint64_t)left);
		if (r < 0 && r != -EINTR)
			return r;
	}
}

/* The answer of a call that made a job is the job's name. */
static int finish_job(struct exchange *x, int64_t timeout_usec, const char *what,
		      const char *unit, struct error *err)
{
	cleanup_free char *result = NULL, *copy = NULL;
	const char *job = NULL;
	int r = x->bus->sd_bus_message_read(x->reply, "o", &job);

	if (r >= 0) {
		copy = xstrdup(job);
		r = wait_for_job(x->bus, copy, timeout_usec, &result);
	}
	if (r >= 0)
		return 0;
	if (r != -EIO || !result)
		return error_set(err, r == -ETIMEDOUT ? ERR_UNAVAILABLE : ERR_SYSTEM, -r,
				 "%s %s: wait for systemd", what, unit);
	error_set(err, ERR_SYSTEM, 0, "%s %s: systemd's job ended with \"%s\"", what,
		  unit, result);
	return -EIO;
}

int systemd_unit_make(struct systemd_bus *b, const char *unit,
		      const struct systemd_properties *p, struct error *err)
{
	cleanup_exchange struct exchange x = EXCHANGE(b);
	int r = begin(&x, "StartTransientUnit");

	if (r >= 0)
		r = b->sd_bus_message_append(x.m, "ss", unit, "fail");
	if (r >= 0)
		r = append_properties(&x, p);
	if (r >= 0)
		r = b->sd_bus_message_append(x.m, "a(sa(sv))", 0);
	if (r >= 0)
		r = send_it(&x);
	return r < 0 ? refused(&x, r, "start", unit, err)
		     : finish_job(&x, JOB_USEC, "start", unit, err);
}

int systemd_unit_change(struct systemd_bus *b, const char *unit,
			const struct systemd_properties *p, struct error *err)
{
	cleanup_exchange struct exchange x = EXCHANGE(b);
	int r = begin(&x, "SetUnitProperties");

	if (r >= 0)
		r = b->sd_bus_message_append(x.m, "sb", unit, 1);
	if (r >= 0)
		r = append_properties(&x, p);
	if (r >= 0)
		r = send_it(&x);
	return r < 0 ? refused(&x, r, "change", unit, err) : 0;
}

int systemd_unit_attach(struct systemd_bus *b, const char *unit, const char *sub,
			pid_t pid, struct error *err)
{
	cleanup_exchange struct exchange x = EXCHANGE(b);
	int r = begin(&x, "AttachProcessesToUnit");

	if (r >= 0)
		r = b->sd_bus_message_append(x.m, "ssau", unit, sub, 1, (uint32_t)pid);
	if (r >= 0)
		r = send_it(&x);
	return r < 0 ? refused(&x, r, "enter", unit, err) : 0;
}

int systemd_unit_do(struct systemd_bus *b, const char *method, const char *unit,
		    int64_t timeout_usec, struct error *err)
{
	cleanup_exchange struct exchange x = EXCHANGE(b);
	int r = begin(&x, method);

	if (r >= 0)
		r = b->sd_bus_message_append(x.m, "ss", unit, "replace");
	if (r >= 0)
		r = send_it(&x);
	return r < 0 ? refused(&x, r, method, unit, err)
		     : finish_job(&x, timeout_usec ? timeout_usec : JOB_USEC, method,
				  unit, err);
}

int systemd_unit_state(struct systemd_bus *b, const char *unit, char **ret,
		       struct error *err)
{
	cleanup_exchange struct exchange x = EXCHANGE(b), get = EXCHANGE(b);
	const char *path = NULL, *state = NULL;
	int r = begin(&x, "GetUnit");

	if (r >= 0)
		r = b->sd_bus_message_append(x.m, "s", unit);
	if (r >= 0)
		r = send_it(&x);
	if (r < 0 && kind_of(&x, 0) == ERR_NOT_FOUND) {
		*ret = xstrdup("inactive");
		return 0;
	}
	if (r >= 0)
		r = b->sd_bus_message_read(x.reply, "o", &path);
	if (r >= 0)
		r = b->sd_bus_get_property(b->bus, SERVICE, path, SERVICE ".Unit",
					   "ActiveState", &get.error, &get.reply, "s");
	if (r >= 0)
		r = b->sd_bus_message_read(get.reply, "s", &state);
	if (r < 0)
		return refused(&x, r, "look at", unit, err);
	*ret = xstrdup(state);
	return 0;
}

int systemd_manager_cgroup(struct systemd_bus *b, char **ret, struct error *err)
{
	cleanup_exchange struct exchange x = EXCHANGE(b);
	const char *path = NULL;
	int r = b->sd_bus_get_property(b->bus, SERVICE, OBJECT, MANAGER, "ControlGroup",
				       &x.error, &x.reply, "s");

	if (r >= 0)
		r = b->sd_bus_message_read(x.reply, "s", &path);
	if (r < 0)
		return refused(&x, r, "look at", "the cgroup of systemd", err);
	*ret = xstrdup(*path ? path : "/");
	return 0;
}

void systemd_unit_forget(struct systemd_bus *b, const char *unit)
{
	cleanup_exchange struct exchange x = EXCHANGE(b);
	int r = begin(&x, "ResetFailedUnit");

	if (r >= 0)
		r = b->sd_bus_message_append(x.m, "s", unit);
	if (r >= 0)
		r = send_it(&x);
	if (r < 0)
		log_debug("%s is not to be forgotten: %s", unit, error_errno_text(-r));
}
