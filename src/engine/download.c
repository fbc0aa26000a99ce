/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/download.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "engine/spool.h"
#include "engine/transfer_client.h"
#include "transfer/protocol.h"
#include "util/digest.h"
#include "util/fd.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"

void download_release(struct download *d)
{
	fd_cleanup_(&d->fd);
	free(d->digest);
	free(d->url);
	free(d->etag);
	free(d->last_modified);
	free(d->content_type);
	free(d->file_name);
	*d = DOWNLOAD_INIT;
}

bool download_is_url(const char *text)
{
	return strncasecmp(text, "http://", 7) == 0 ||
	       strncasecmp(text, "https://", 8) == 0;
}

struct job {
	const struct download_request *request;
	struct download *download;
	bool has_result;
};

static void take_text(struct json_object *o, const char *key, char **ret)
{
	const char *value = json_get_str(o, key);

	free(*ret);
	*ret = value ? xstrdup(value) : NULL;
}

static int take_result(struct job *j, struct json_object *o, struct error *err)
{
	struct download *d = j->download;
	int r = 0;

	d->unchanged = json_get(o, "unchanged") != NULL;
	take_text(o, "digest", &d->digest);
	take_text(o, "url", &d->url);
	take_text(o, "etag", &d->etag);
	take_text(o, "last_modified", &d->last_modified);
	take_text(o, "content_type", &d->content_type);
	take_text(o, "file_name", &d->file_name);
	if (d->file_name && (strchr(d->file_name, '/') || str_eq(d->file_name, ".") ||
			     str_eq(d->file_name, ".."))) {
		free(d->file_name);
		d->file_name = NULL;
	}
	if (json_get(o, "mtime"))
		r = json_to_i64(json_get(o, "mtime"), "mtime", &d->mtime_sec, err);
	if (r >= 0)
		r = json_to_u64(json_get(o, "size"), "size", &d->size, err);
	if (r >= 0 && !d->unchanged && !digest_valid(d->digest))
		r = error_set(err, ERR_INVALID, 0, "the transfer program's answer");
	j->has_result = r >= 0;
	return r;
}

static int on_event(void *data, struct transfer_event *event, struct error *err)
{
	struct job *j = data;
	int64_t done = 0, total = -1;
	int r = 0;

	if (str_eq(event->name, "result"))
		return take_result(j, event->packet, err);
	if (!str_eq(event->name, "progress") || !j->request->on_progress)
		return 0;
	if (json_get(event->packet, "done"))
		r = json_to_i64(json_get(event->packet, "done"), "done", &done, err);
	if (r >= 0 && json_get(event->packet, "total"))
		r = json_to_i64(json_get(event->packet, "total"), "total", &total, err);
	if (r >= 0)
		j->request->on_progress(j->request->data, done, total);
	return r;
}

static struct json_object *make_request(const struct download_request *q)
{
	const struct transfer_registry_options defaults = {
		.tls_verify = -1, .retry = -1, .retry_delay_usec = -1};
	struct json_object *o = json_object_new_object();

	json_add(
		o, "registry",
		transfer_registry_options_to_json(q->registry ? q->registry : &defaults));
	json_add_str(o, "url", q->url);
	json_add_str(o, "etag", q->etag);
	json_add_str(o, "last_modified", q->last_modified);
	json_add_u64(o, "max_bytes", q->max_bytes ? q->max_bytes : DOWNLOAD_MAX_BYTES);
	return o;
}

int download_get(const struct engine *e, const struct download_request *request,
		 struct download *ret, struct error *err)
{
	cleanup_download struct download d = DOWNLOAD_INIT;
	cleanup_json struct json_object *o = make_request(request);
	struct job job = {.request = request, .download = &d};
	struct transfer_call call = {
		.operation = "download", .request = o, .stdin_fd = -EBADF};
	int r;

	d.fd = spool_new(e, err);
	if (d.fd < 0)
		return d.fd;
	call.stdout_fd = d.fd;
	r = transfer_client_run(e, &call, on_event, &job, err);
	if (r >= 0 && !job.has_result)
		r = error_set(err, ERR_SYSTEM, 0, "the transfer program said nothing");
	if (r < 0)
		return r;
	if (d.unchanged)
		fd_cleanup_(&d.fd);
	else if (lseek(d.fd, 0, SEEK_SET) < 0)
		return error_set(err, ERR_SYSTEM, errno, "read what was downloaded");
	*ret = d;
	d = DOWNLOAD_INIT;
	return 0;
}
