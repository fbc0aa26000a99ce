/* SPDX-License-Identifier: Apache-2.0 */
#include "quadlet/place.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "quadlet/install.h"
#include "util/buf.h"
#include "util/fs.h"
#include "util/mem.h"
#include "util/str.h"

char *place_text(const struct quadlet_unit *u)
{
	struct buf text;

	buf_init(&text, (size_t)64 * UNIT_FILE_MAX);
	buf_printf(
		&text,
		"# Made by cubby's generator; what it is made of is at SourcePath.\n\n");
	unit_file_write(&u->file, &text);
	return buf_take(&text);
}

/* Where something else has the link's name, it stays. */
static bool is_same_link(int dir_fd, const char *link, const char *target)
{
	char found[PATH_MAX];
	ssize_t n = readlinkat(dir_fd, link, found, sizeof(found));

	return n > 0 && (size_t)n == strlen(target) && memcmp(found, target, n) == 0;
}

static int place_link(const struct quadlet_unit *u, int dir_fd, const char *link,
		      const char *target, struct error *err)
{
	cleanup_free char *parent = xstrndup(link, strcspn(link, "/"));

	if (strchr(link, '/') && mkdirat(dir_fd, parent, 0755) < 0 && errno != EEXIST)
		return error_set(err, ERR_SYSTEM, errno, "%s: make %s", u->path, parent);
	if (symlinkat(target, dir_fd, link) == 0)
		return 0;
	int code = errno;
	if (code == EEXIST && is_same_link(dir_fd, link, target))
		return 0;
	return error_set(err, ERR_SYSTEM, code, "%s: make the link %s", u->path, link);
}

static void place_links(const struct quadlet_set *s, const struct quadlet_unit *u,
			int dir_fd)
{
	cleanup_strv char **links = install_links(s, u);

	for (char **l = links; l && *l; l += 2) {
		cleanup_error struct error err = ERROR_INIT;

		if (place_link(u, dir_fd, l[0], l[1], &err) < 0)
			s->tell(s->tell_data, false, &err);
	}
}

static int place_service(const struct quadlet_unit *u, int dir_fd, struct error *err)
{
	cleanup_free char *name = xasprintf("%s.service", u->service),
			  *text = place_text(u);
	cleanup_fd int fd =
		openat(dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

	if (fd < 0 && errno == EEXIST)
		return error_set(err, ERR_CONFLICT, 0,
				 "%s: another generator has made %s already", u->path,
				 name);
	ssize_t n = fd < 0 ? -1 : write(fd, text, strlen(text));
	if (n >= 0 && (size_t)n == strlen(text))
		return 0;
	error_set(err, ERR_SYSTEM, n < 0 ? errno : ENOSPC, "%s: write %s", u->path, name);
	if (fd >= 0) /* half a service is none */
		unlinkat(dir_fd, name, 0);
	return -EIO;
}

/* All services before the first link: an alias must not have the name of a file that is yet to come. */
void place_services(struct quadlet_set *s, const char *directory)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_fd int dir_fd = fs_open_dir(AT_FDCWD, directory, true, 0755, &err);

	if (dir_fd < 0) {
		s->n_failed++;
		s->tell(s->tell_data, true, &err);
		return;
	}
	for (struct quadlet_unit *u = s->units; u < s->units + s->n_units; u++) {
		if (!u->done || place_service(u, dir_fd, &err) == 0)
			continue;
		u->done = false;
		s->n_failed++;
		s->tell(s->tell_data, true, &err);
		error_release(&err);
	}
	for (struct quadlet_unit *u = s->units; u < s->units + s->n_units; u++)
		if (u->done)
			place_links(s, u, dir_fd);
}
