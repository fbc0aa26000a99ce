/* SPDX-License-Identifier: Apache-2.0 */
/* Helpers as root of a user namespace, and overlays that they mount. */
#include "runtime/sandbox.h"

#include <sched.h>
#include <signal.h>
#include <sys/stat.h>

#include "runtime/overlay.h"
#include "unit.h"
#include "util/mem.h"
#include "util/path.h"
#include "util/str.h"

struct maps {
	struct idmap uids, gids;
};

static struct maps own_id(void)
{
	struct maps m = {0};

	idmap_add(&m.uids, 0, geteuid(), 1);
	idmap_add(&m.gids, 0, getegid(), 1);
	return m;
}

static int call(int (*run)(void *, struct error *), void *data, unsigned long flags,
		struct error *err)
{
	struct maps m = own_id();
	const struct sandbox_options o = {.uids = &m.uids,
					  .gids = &m.gids,
					  .new_flags = flags,
					  .run = run,
					  .data = data};
	int r = sandbox_call(&o, err);

	idmap_release(&m.uids);
	idmap_release(&m.gids);
	return r;
}

static int be_root(void *data, struct error *err)
{
	if (geteuid() != 0 || getegid() != 0)
		return error_set(err, ERR_SYSTEM, 0, "uid %u", geteuid());
	if (umask(0) != 0)
		return error_set(err, ERR_SYSTEM, 0, "the umask is set");
	return 0;
}

START_TEST(a_function_runs_as_root_of_the_map)
{
	struct error err = ERROR_INIT;

	ck_assert_ok(call(be_root, NULL, CLONE_NEWNS, &err), &err);
}
END_TEST

static int refuse(void *data, struct error *err)
{
	error_set(err, ERR_CONFLICT, EBUSY, "do %s", (const char *)data);
	return error_hint(err, "do less");
}

START_TEST(its_error_comes_back_whole)
{
	struct error err = ERROR_INIT;

	ck_assert_int_eq(call(refuse, (char *)"things", 0, &err), -EBUSY);
	ck_assert_int_eq(err.kind, ERR_CONFLICT);
	ck_assert_str_eq(err.hint, "do less");
	ck_assert_message(&err, "do things: device or resource busy");
}
END_TEST

static int end_badly(void *data, struct error *err)
{
	raise(SIGKILL);
	return 0;
}

START_TEST(one_that_is_killed_has_failed)
{
	struct error err = ERROR_INIT;

	ck_assert_int_lt(call(end_badly, NULL, 0, &err), 0);
	ck_assert_message(&err, "the helper process was killed by signal 9");
}
END_TEST

static int become(void *data, struct error *err)
{
	const char *const *words = data;

	execl(words[0], words[0], "-c", words[1], NULL);
	return error_set(err, ERR_SYSTEM, errno, "run %s", words[0]);
}

START_TEST(a_program_gives_its_exit_status)
{
	struct maps m = own_id();
	const char *words[] = {"/bin/sh", "exit 7"};
	const struct sandbox_options o = {
		.uids = &m.uids, .gids = &m.gids, .run = become, .data = words};
	struct sandbox s = SANDBOX_INIT;
	struct error err = ERROR_INIT;

	ck_assert_ok(sandbox_start(&o, &s, &err), &err);
	ck_assert_ok(sandbox_wait_exec(&s, &err), &err);
	ck_assert_int_eq(sandbox_wait(&s, &err), 7);
	sandbox_release(&s);
	words[0] = "/no/such/program";
	ck_assert_ok(sandbox_start(&o, &s, &err), &err);
	ck_assert_int_lt(sandbox_wait_exec(&s, &err), 0);
	ck_assert_message(&err, "run /no/such/program: no such file or directory");
	sandbox_release(&s);
	idmap_release(&m.uids);
	idmap_release(&m.gids);
}
END_TEST

static void put(const char *dir, const char *name, const char *text)
{
	char path[8192];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
}

static char *make(const char *base, const char *name)
{
	char *path = NULL;

	ck_assert_int_gt(asprintf(&path, "%s/%s", base, name), 0);
	ck_assert_int_eq(mkdir(path, 0755), 0);
	return path;
}

static int expect(int root_fd, const char *path, const char *want, struct error *err)
{
	char text[64] = "";
	cleanup_fd int fd = path_open_file(root_fd, path, err);

	if (fd < 0)
		return fd;
	if (read(fd, text, sizeof(text) - 1) < 0 || strcmp(text, want) != 0)
		return error_set(err, ERR_INVALID, 0, "%s holds \"%s\"", path, text);
	return 0;
}

static int look_at(void *data, struct error *err)
{
	cleanup_overlay_dirs struct overlay_dirs dirs = OVERLAY_DIRS_INIT;
	cleanup_fd int fd = -EBADF, made_fd = -EBADF;
	int r = overlay_open(data, &dirs, err);

	if (r < 0)
		return r;
	fd = overlay_mount(&dirs, err);
	if (fd < 0)
		return fd;
	r = expect(fd, "/a", "of top", err);
	if (r == 0)
		r = expect(fd, "/b", "of low", err);
	if (r < 0 || dirs.upper_fd < 0)
		return r;
	made_fd = path_make_file(fd, "/new", 0644, err);
	return made_fd < 0 ? made_fd : 0;
}

/* The upper one's path is longer than what fsconfig(2) takes. */
START_TEST(layers_lie_over_each_other)
{
	const char *base = unit_dir();
	char name[200], *low = make(base, "low"), *top = make(base, "top"), *work, *deep,
			*upper, *made = NULL;
	char *lower[] = {top, low, NULL};
	struct overlay_paths paths = {.lower = lower};
	struct error err = ERROR_INIT;

	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	deep = make(base, name);
	upper = make(deep, name);
	work = make(deep, "work");
	put(low, "a", "of low");
	put(low, "b", "of low");
	put(top, "a", "of top");
	ck_assert_ok(call(look_at, &paths, CLONE_NEWNS, &err), &err);
	paths.upper = upper;
	paths.work = work;
	paths.is_volatile = true;
	ck_assert_ok(call(look_at, &paths, CLONE_NEWNS, &err), &err);
	ck_assert_int_gt(asprintf(&made, "%s/new", upper), 0);
	ck_assert_int_eq(access(made, F_OK), 0);
	lower[1] = (char *)"/no/such/layer";
	ck_assert_int_lt(call(look_at, &paths, CLONE_NEWNS, &err), 0);
	ck_assert_int_eq(err.kind, ERR_NOT_FOUND);
	error_release(&err);
	free(low);
	free(top);
	free(work);
	free(deep);
	free(upper);
	free(made);
}
END_TEST

#define MANY 500 /* what overlayfs takes */

struct many {
	char *base, *layers[MANY + 2], *upper, *work;
	struct overlay_paths paths;
};

static void make_many(struct many *m)
{
	m->base = make(unit_dir(), "many");
	m->upper = make(m->base, "upper");
	m->work = make(m->base, "work");
	for (int i = 0; i <= MANY; i++) {
		char name[16];

		snprintf(name, sizeof(name), "%d", i);
		m->layers[i] = make(m->base, name);
		put(m->layers[i], "all", name);
		put(m->layers[i], name, name);
	}
}

static void release_many(struct many *m)
{
	for (char **layer = m->layers; *layer; layer++)
		free(*layer);
	free(m->base);
	free(m->upper);
	free(m->work);
}

static int count_mounts(void)
{
	cleanup_file FILE *f = fopen("/proc/self/mountinfo", "re");
	int c, n = 0;

	while (f && (c = getc(f)) != EOF)
		n += c == '\n';
	return n;
}

/* Mapped ones are clones that are attached already. */
static int open_for_list(const struct overlay_paths *paths, struct overlay_dirs *ret,
			 struct error *err)
{
	cleanup_fd int place_fd = open(unit_dir_path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (!paths->mapped)
		return overlay_open(paths, ret, err);
	int r = overlay_open_clones(paths, ret, err);
	return r < 0 ? r : overlay_attach(ret, place_fd, err);
}

/* As it is done for a kernel without "lowerdir+". The last layer's own name is in its file. */
static int look_at_list(void *data, struct error *err)
{
	const struct overlay_paths *paths = data;
	cleanup_overlay_dirs struct overlay_dirs dirs = OVERLAY_DIRS_INIT;
	cleanup_fd int fd = -EBADF, made_fd = -EBADF;
	size_t n = strv_len(paths->lower);
	char last[16];
	int r = open_for_list(paths, &dirs, err), mounts = count_mounts();

	if (r < 0)
		return r;
	fd = overlay_mount_list(&dirs, err);
	if (fd < 0)
		return fd;
	snprintf(last, sizeof(last), "/%zu", n - 1);
	r = expect(fd, last, last + 1, err);
	if (r == 0)
		r = expect(fd, "/all", "0", err);
	if (r == 0 && count_mounts() != mounts)
		return error_set(err, ERR_CONFLICT, 0, "a mount is left");
	if (r < 0 || dirs.upper_fd < 0)
		return r;
	made_fd = path_make_file(fd, "/new", 0644, err);
	return made_fd < 0 ? made_fd : 0;
}

START_TEST(kernels_before_6_8_take_a_list_of_layers)
{
	static const int numbers[] = {2, 50, 120, MANY};
	struct many m = {0};
	struct error err = ERROR_INIT;

	make_many(&m);
	m.paths.lower = m.layers;
	for (int i = (int)ARRAY_SIZE(numbers) - 1; i >= 0; i--) {
		cleanup_free char *made = NULL;

		for (int k = numbers[i]; m.layers[k]; k++) {
			free(m.layers[k]);
			m.layers[k] = NULL;
		}
		m.paths.upper = m.paths.work = NULL;
		ck_assert_ok(call(look_at_list, &m.paths, CLONE_NEWNS, &err), &err);
		m.paths.upper = m.upper;
		m.paths.work = m.work;
		ck_assert_ok(call(look_at_list, &m.paths, CLONE_NEWNS, &err), &err);
		made = xasprintf("%s/new", m.upper);
		ck_assert_int_eq(unlink(made), 0);
		m.paths.mapped = true;
		ck_assert_ok(call(look_at_list, &m.paths, CLONE_NEWNS, &err), &err);
		m.paths.mapped = false;
		ck_assert_int_eq(unlink(made), 0);
	}
	release_many(&m);
}
END_TEST

UNIT_MAIN("sandbox", a_function_runs_as_root_of_the_map, its_error_comes_back_whole,
	  one_that_is_killed_has_failed, a_program_gives_its_exit_status,
	  layers_lie_over_each_other, kernels_before_6_8_take_a_list_of_layers)
