/* SPDX-License-Identifier: Apache-2.0 */
#include "build/copy_owner.h"

#include <string.h>

#include "engine/user_lookup.h"
#include "util/mem.h"
#include "util/str.h"

bool copy_owner_is_numeric(const char *text)
{
	return text[strspn(text, "0123456789:")] == '\0';
}

int copy_owner_parse(const char *text, const struct user_files *files, uint32_t *ret_uid,
		     uint32_t *ret_gid, struct error *err)
{
	cleanup_user_identity struct user_identity u = {0};
	cleanup_strv char **parts = str_split(text, ':');
	bool has_group = strv_len(parts) == 2 && !str_empty(parts[1]);
	cleanup_free char *user = NULL;
	uint32_t number;
	int r;

	if (strv_len(parts) > 2 || (str_empty(parts[0]) && !has_group)) {
		error_set(err, ERR_INVALID, 0, "--chown=%s: expected USER[:GROUP]", text);
		return error_hint(err, "For example --chown=1000:1000");
	}
	user = has_group ? xasprintf("%s:%s", parts[0], parts[1]) : xstrdup(parts[0]);
	r = user_lookup_text(files, user, NULL, &u, err);
	if (r < 0) {
		error_wrap(err, "--chown=%s", text);
		return error_hint(err,
				  "Give numbers, for example --chown=1000:1000, or add "
				  "it to the image's /etc/passwd or /etc/group before");
	}
	*ret_uid = u.uid;
	*ret_gid = u.gid;
	if (!has_group && str_to_u32(parts[0], &number) == 0)
		*ret_gid = number;
	return 0;
}
