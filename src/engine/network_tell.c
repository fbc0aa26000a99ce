/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/network_tell.h"

#include <fcntl.h>

#include "network/client.h"
#include "util/fs.h"
#include "util/json.h"

/* The program's socket; -EBADF: nobody is there. */
static int reach(const struct engine *e)
{
	cleanup_free char *path = fs_join(e->paths.run, NETWORK_DIR);
	cleanup_fd int dirfd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	cleanup_error struct error err = ERROR_INIT;
	int fd = dirfd < 0 ? -EBADF : network_client_connect(dirfd, &err);

	if (dirfd >= 0 && fd < 0)
		error_drop(&err, "there is no network program now");
	return fd < 0 ? -EBADF : fd;
}

int network_tell(const struct engine *e, struct json_object *request, struct error *err)
{
	cleanup_fd int fd = reach(e);
	int r;

	if (fd < 0)
		return 0;
	r = network_client_send(fd, request, -EBADF, err);
	if (r >= 0)
		r = network_client_receive(fd, NULL, NULL, err);
	return r < 0 ? r : 1;
}

int network_tell_removed(const struct engine *e, const struct network *n,
			 struct error *err)
{
	cleanup_json struct json_object *request = json_object_new_object();

	json_add_str(request, "op", "forget");
	json_add_str(request, "network", n->id);
	return network_tell(e, request, err);
}

int network_tell_changed(const struct engine *e, const struct network *n,
			 struct error *err)
{
	cleanup_json struct json_object *request = json_object_new_object();
	struct json_object *list = json_object_new_array();
	struct network_definition d;

	network_settings_definition(n, &d);
	json_object_array_add(list, network_definition_json(&d));
	network_definition_release(&d);
	json_add_str(request, "op", "network");
	json_add(request, "networks", list);
	return network_tell(e, request, err);
}
