/* SPDX-License-Identifier: Apache-2.0 */
#include "image/layer_ids.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#include "util/fs.h"
#include "util/mem.h"
#include "util/str.h"

#define MAP_TEXT_MAX (64 * 1024) /* the kernel takes 340 lines; user_namespaces(7) */

void layer_ids_release(struct layer_ids *ids)
{
	free(ids->uids);
	free(ids->gids);
	*ids = (struct layer_ids){0};
}

int layer_ids_parse(const char *text, struct layer_id_range **ret, size_t *ret_n,
		    struct error *err)
{
	cleanup_strv char **lines = str_split(text, '\n');
	cleanup_free struct layer_id_range *ranges =
		xcalloc(strv_len(lines) + 1, sizeof(*ranges));
	size_t n = 0;

	strv_foreach (line, lines) {
		uint32_t outside;

		if (**line == '\0')
			continue;
		if (sscanf(*line, "%" SCNu32 " %" SCNu32 " %" SCNu32, &ranges[n].first,
			   &outside, &ranges[n].count) != 3)
			return error_set(err, ERR_SYSTEM, EBADMSG, "read an id map: %s",
					 *line);
		n++;
	}
	*ret = TAKE_PTR(ranges);
	*ret_n = n;
	return 0;
}

static int read_map(const char *path, struct layer_id_range **ret, size_t *ret_n,
		    struct error *err)
{
	cleanup_free char *text = NULL;
	int r = fs_read(AT_FDCWD, path, MAP_TEXT_MAX, &text, NULL, err);

	return r < 0 ? r : layer_ids_parse(text, ret, ret_n, err);
}

int layer_ids_read(struct layer_ids *ret, struct error *err)
{
	cleanup_layer_ids struct layer_ids ids = {0};
	int r = read_map("/proc/self/uid_map", &ids.uids, &ids.n_uids, err);

	if (r == 0)
		r = read_map("/proc/self/gid_map", &ids.gids, &ids.n_gids, err);
	if (r < 0)
		return r;
	*ret = ids;
	ids = (struct layer_ids){0};
	return 0;
}

static bool has(const struct layer_id_range *ranges, size_t n, uint32_t id)
{
	for (size_t i = 0; i < n; i++)
		if (id >= ranges[i].first && id - ranges[i].first < ranges[i].count)
			return true;
	return false;
}

/* The first id from 0 up that is not there. */
static uint32_t first_missing(const struct layer_id_range *ranges, size_t n)
{
	uint32_t id = 0;

	for (size_t pass = 0; pass < n; pass++)
		for (size_t i = 0; i < n; i++)
			if (id >= ranges[i].first &&
			    id - ranges[i].first < ranges[i].count)
				id = ranges[i].first + ranges[i].count;
	return id;
}

int layer_ids_check(const struct layer_ids *ids, const char *path, uint32_t uid,
		    uint32_t gid, struct error *err)
{
	bool no_uid = !has(ids->uids, ids->n_uids, uid);
	uint32_t wanted = no_uid ? uid : gid, end;

	if (!no_uid && has(ids->gids, ids->n_gids, gid))
		return 0;
	end = no_uid ? first_missing(ids->uids, ids->n_uids)
		     : first_missing(ids->gids, ids->n_gids);
	error_set(err, ERR_INVALID, EOVERFLOW,
		  "the layer holds %s owned by %" PRIu32 ":%" PRIu32
		  ", your map has the %s ids 0..%" PRIu32 " only",
		  path, uid, gid, no_uid ? "user" : "group", end > 0 ? end - 1 : 0);
	/* one id of the map is the user's own */
	error_hint(err,
		   "sudo usermod --add-subuids FIRST-LAST --add-subgids FIRST-LAST USER, "
		   "where from FIRST to LAST there are %" PRIu32
		   " ids that /etc/subuid and /etc/subgid give to nobody yet",
		   wanted - end + 1);
	return -EOVERFLOW;
}
