/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/settings_file.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/fd.h"
#include "util/fs.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/str.h"

#define FILE_MAX   (1 << 20)
#define PASSWD_MAX 4096

/* With `sudo` it may be another's who could then decide what root does. */
static bool is_trusted(int fd, const char *path)
{
	struct stat st;

	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    (st.st_uid == geteuid() || st.st_uid == 0))
		return true;
	log_info("%s belongs to somebody else: it is not read", path);
	return false;
}

int settings_file_read(const char *path, enum settings_owner owner, struct buf *ret,
		       struct error *err)
{
	cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	bool users = owner == SETTINGS_OF_USER;
	int r;

	buf_init(ret, FILE_MAX);
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	if (fd < 0 && users && errno == EACCES) {
		log_info("%s is in a directory of somebody else: it is not read", path);
		return 0;
	}
	if (fd < 0)
		return error_set(err, error_kind_of(errno), errno, "read %s", path);
	if (users && !is_trusted(fd, path))
		return 0;
	r = fd_read_all(fd, ret);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "read %s", path);
	return 1;
}

char *settings_file_of_user(const char *name)
{
	const char *base = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	struct passwd entry, *found = NULL;
	cleanup_free char *usual = NULL;
	char buf[PASSWD_MAX];

	if (base && *base == '/')
		return fs_join(base, name);
	if ((!home || *home != '/') &&
	    getpwuid_r(geteuid(), &entry, buf, sizeof(buf), &found) == 0 && found)
		home = found->pw_dir;
	if (!home || *home != '/')
		return NULL;
	usual = fs_join(home, ".config");
	return fs_join(usual, name);
}
