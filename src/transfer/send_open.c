/* SPDX-License-Identifier: Apache-2.0 */
#include "image/archive_out.h"
#include "image/archive_target.h"
#include "registry/registry_target.h"
#include "transfer/confine.h"
#include "transfer/registry_call.h"
#include "transfer/send.h"
#include "util/str.h"

/* Nothing is read but blobs, nothing written but blobs (compressed anew) and where the archive goes. */
static int confine(struct send *s, int out_fd, struct error *err)
{
	const int write_fds[] = {s->blobs_fd, out_fd};
	struct confine_rules rules = {
		.write_fds = write_fds,
		.n_write_fds = out_fd >= 0 ? 2 : 1,
	};

	return confine_network(&rules, err);
}

static int open_registry(struct send *s, struct error *err)
{
	struct registry_options options;

	registry_call_options(&s->request.registry, &options);
	s->remote = true;
	int r = registry_target_open(&options, s->transport.reference,
				     s->request.mount_from, &s->target, err);
	return r < 0 ? r : confine(s, -EBADF, err);
}

static int open_out(const struct send *s, struct archive_out **ret, struct error *err)
{
	const struct transport *t = &s->transport;

	if (t->kind == TRANSPORT_OCI || t->kind == TRANSPORT_DIR) {
		if (s->request.output_is_stdout)
			return error_set(err, ERR_INVALID, 0,
					 "write a directory to standard output");
		return archive_out_dir(t->path, ret, err);
	}
	return archive_out_tar(t->path, s->request.output_is_stdout,
			       t->kind == TRANSPORT_DOCKER_ARCHIVE, ret, err);
}

static int open_archive(struct send *s, struct error *err)
{
	struct archive_out *out = NULL;
	const char *name =
		s->request.output_is_stdout ? "standard output" : s->request.target;

	int r = open_out(s, &out, err);
	if (r < 0)
		return r;
	r = confine(s, archive_out_dirfd(out), err);
	if (r < 0) {
		archive_out_free(out);
		return r;
	}
	switch (s->transport.kind) {
	case TRANSPORT_DOCKER_ARCHIVE:
		return archive_docker_target(out, name, &s->target, err);
	case TRANSPORT_DIR:
		return archive_dir_target(out, name, &s->target, err);
	case TRANSPORT_OCI:
	case TRANSPORT_OCI_ARCHIVE:
	case TRANSPORT_ARCHIVE:
	case TRANSPORT_REGISTRY:
	case TRANSPORT_TARBALL:
		break;
	}
	return archive_oci_target(out, name, s->transport.reference, &s->target, err);
}

int send_open(struct send *s, struct error *err)
{
	enum transport_kind kind = s->transport.kind;

	if (kind == TRANSPORT_REGISTRY)
		return open_registry(s, err);
	if (kind == TRANSPORT_ARCHIVE || kind == TRANSPORT_TARBALL)
		return error_set(err, ERR_INVALID, 0,
				 "send to %s: only a source can be this",
				 s->request.target);
	if (s->transport.index >= 0)
		return error_set(err, ERR_INVALID, 0,
				 "send to %s: an image is written under a "
				 "name, not a number",
				 s->request.target);
	return open_archive(s, err);
}
