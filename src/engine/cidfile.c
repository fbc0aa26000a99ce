/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/cidfile.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "engine/container_config.h"
#include "util/fs.h"
#include "util/str.h"

#define TEXT_MAX 4096

void cidfile_remove(const char *path, const char *id)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_free char *text = NULL;

	if (!path)
		return;
	if (fs_read(AT_FDCWD, path, TEXT_MAX, &text, NULL, &err) < 0) {
		error_drop(&err, "the container's ID file has gone before");
		return;
	}
	text[strcspn(text, "\n")] = '\0';
	if (str_eq(text, id))
		(void)!unlink(path);
}

void cidfile_remove_of(const struct container_record *r)
{
	cleanup_container_config struct container_config config = {0};
	cleanup_error struct error err = ERROR_INIT;

	/* most have none, and need not be parsed */
	if (!r->config || !strstr(r->config, "\"cidFile\""))
		return;
	if (container_config_parse(r->config, &config, &err) < 0)
		error_drop(&err, "it does not say where the container's ID file is");
	else
		cidfile_remove(config.cidfile, r->id);
}
