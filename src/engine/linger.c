/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/linger.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "engine/sdnotify.h"
#include "runtime/subid.h"
#include "util/fd.h"
#include "util/fs.h"
#include "util/mem.h"
#include "util/str.h"

#define SAID_FILE \
	"linger-said" /* in the run directory, which goes when the user logs out */

static bool lingers(uid_t uid)
{
	cleanup_free char *user = subid_user_name(uid), *path = NULL;

	if (!user)
		return true; /* nobody whom logind could know */
	path = xasprintf("/var/lib/systemd/linger/%s", user);
	return fs_exists(AT_FDCWD, path);
}

bool linger_hint_due(const struct engine *e)
{
	cleanup_free char *manager = xasprintf("/run/user/%u/systemd/private", getuid()),
			  *said = fs_join(e->paths.run, SAID_FILE);
	cleanup_fd int fd = -EBADF;

	if (!e->rootless || str_empty(getenv("XDG_SESSION_ID")) ||
	    sdnotify_is_service() || !fs_exists(AT_FDCWD, manager) || lingers(getuid()))
		return false;
	fd = open(said, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	return fd >= 0;
}
