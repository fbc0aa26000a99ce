/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/container_secrets.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/environment.h"
#include "engine/secret.h"
#include "util/fd.h"
#include "util/fs.h"
#include "util/mem.h"
#include "util/str.h"

#define LINKS_DIR "secrets"

char *container_secret_path(const char *data_dir, const char *secret_id)
{
	return xasprintf("%s/" LINKS_DIR "/%s", data_dir, secret_id);
}

int container_secrets_link(const struct engine *e, const char *data_dir,
			   const struct secret_uses *uses, struct error *err)
{
	cleanup_free char *dir = fs_join(data_dir, LINKS_DIR);

	if (uses->n && mkdir(dir, 0700) < 0 && errno != EEXIST)
		return error_set(err, ERR_SYSTEM, errno, "make %s", dir);
	for (size_t i = 0; i < uses->n; i++) {
		const struct secret_use *u = &uses->items[i];
		cleanup_free char *from = secret_path(e, u->id),
				  *to = container_secret_path(data_dir, u->id);

		if (link(from, to) == 0 || errno == EEXIST)
			continue;
		if (errno == ENOENT)
			return error_set(
				err, ERR_NOT_FOUND, 0,
				"secret %s was removed meanwhile: no such secret",
				u->name);
		return error_set(err, ERR_SYSTEM, errno, "keep the secret %s", u->name);
	}
	return 0;
}

static int read_link(const char *data_dir, const struct secret_use *u, struct buf *ret,
		     struct error *err)
{
	cleanup_free char *path = container_secret_path(data_dir, u->id);
	cleanup_fd int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	int r = fd < 0 ? -errno : fd_read_all(fd, ret);

	return r < 0 ? error_set(err, ERR_SYSTEM, -r, "read the secret %s", u->name) : 0;
}

static int add_variable(const char *data_dir, const struct secret_use *u, char ***env,
			struct error *err)
{
	cleanup_free char *assignment = NULL;
	cleanup_buf struct buf data = {0};
	int r;

	buf_init(&data, SECRET_DATA_MAX);
	r = read_link(data_dir, u, &data, err);
	if (r < 0)
		return r;
	if (!data.data || memchr(data.data, '\0', data.len))
		return error_set(
			err, ERR_INVALID, 0,
			"secret %s: it holds a NUL byte, which no environment variable can have",
			u->name);
	assignment = xasprintf("%s=%s", u->target, data.data);
	environment_set(env, assignment);
	return 0;
}

int container_secrets_env(const char *data_dir, char *const *lines, char ***env,
			  struct error *err)
{
	cleanup_secret_uses struct secret_uses uses = {0};
	int r = 0;

	strv_foreach (line, lines)
		(void)secret_use_read(&uses, *line);
	for (size_t i = 0; r >= 0 && i < uses.n; i++)
		if (uses.items[i].is_env)
			r = add_variable(data_dir, &uses.items[i], env, err);
	return r;
}
