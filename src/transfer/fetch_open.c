/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "image/archive_files.h"
#include "image/archive_source.h"
#include "registry/registry_source.h"
#include "transfer/confine.h"
#include "transfer/fetch.h"
#include "transfer/fetch_policy.h"
#include "transfer/fetch_tarball.h"
#include "transfer/registry_call.h"
#include "util/mem.h"
#include "util/str.h"

/* Nothing but blobs/ is written, nothing but dir_fd (-EBADF: nothing) opened for reading. */
static int confine(struct fetch *f, int dir_fd, struct error *err)
{
	struct confine_rules rules = {
		.read_fds = &dir_fd,
		.n_read_fds = dir_fd >= 0 ? 1 : 0,
		.write_fds = &f->blobs_fd,
		.n_write_fds = 1,
	};

	return confine_network(&rules, err);
}

/* The file or directory that the user named: opened as it was typed, links and all. */
static int open_input(const struct fetch *f, bool *ret_is_dir, struct error *err)
{
	const char *path = f->transport.path;
	struct stat st;

	cleanup_fd int fd = f->request.input_is_stdin
				    ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
				    : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0 || fstat(fd, &st) < 0)
		return error_set(err, error_kind_of(errno), errno, "open %s", path);
	*ret_is_dir = S_ISDIR(st.st_mode);
	if (f->request.input_is_stdin && isatty(fd)) {
		error_set(err, ERR_INVALID, 0,
			  "read an archive from standard input: it is a terminal");
		return error_hint(err,
				  "name a file with --input, or redirect one: < FILE");
	}
	return TAKE_FD(fd);
}

static int check_kind(const struct fetch *f, bool is_dir, struct error *err)
{
	enum transport_kind kind = f->transport.kind;
	bool wants_dir = kind == TRANSPORT_OCI || kind == TRANSPORT_DIR;
	bool wants_file = kind == TRANSPORT_OCI_ARCHIVE ||
			  kind == TRANSPORT_DOCKER_ARCHIVE || kind == TRANSPORT_TARBALL;

	if (wants_dir && !is_dir)
		return error_set(err, ERR_INVALID, ENOTDIR, "open %s", f->transport.path);
	if (wants_file && is_dir)
		return error_set(err, ERR_INVALID, EISDIR, "open %s", f->transport.path);
	return 0;
}

static int open_kind(struct fetch *f, struct archive_files *files, struct error *err)
{
	struct archive_wanted wanted = {
		.reference = f->transport.reference,
		.index = f->transport.index,
	};

	switch (f->transport.kind) {
	case TRANSPORT_OCI:
	case TRANSPORT_OCI_ARCHIVE:
		return archive_oci_open(files, &wanted, &f->source, err);
	case TRANSPORT_DOCKER_ARCHIVE:
		return archive_docker_open(files, &wanted, &f->source, err);
	case TRANSPORT_DIR:
		return archive_dir_open(files, &f->source, err);
	case TRANSPORT_ARCHIVE:
		wanted.all = true;
		return archive_open(files, &wanted, &f->source, err);
	case TRANSPORT_REGISTRY:
	case TRANSPORT_TARBALL:
		break;
	}
	return error_set(err, ERR_UNSUPPORTED, 0, "fetch from %s", f->request.source);
}

static int open_files(struct fetch *f, int *fd, bool is_dir, struct fetch_policy *policy,
		      struct error *err)
{
	struct archive_files *files = NULL;
	const char *name = f->request.source;
	int r = 0;

	if (f->transport.kind == TRANSPORT_ARCHIVE)
		name = f->transport.path;
	if (f->request.input_is_stdin)
		name = "standard input";
	if (is_dir)
		files = archive_files_of_dir(TAKE_FD(*fd), name);
	else
		r = archive_files_of_tar(TAKE_FD(*fd), name, f->blobs_fd, &files, err);
	if (r == 0 && f->transport.kind == TRANSPORT_ARCHIVE)
		r = fetch_policy_check(policy, archive_kind(files), err);
	if (r < 0) {
		archive_files_free(files);
		return r;
	}
	return open_kind(f, files, err);
}

static int open_input_and_look(struct fetch *f, struct error *err)
{
	cleanup_fetch_policy struct fetch_policy policy = {0};
	bool is_dir = false;

	cleanup_fd int fd = open_input(f, &is_dir, err);
	if (fd < 0)
		return fd;
	int r = check_kind(f, is_dir, err);
	if (r == 0)
		r = fetch_policy_ask(f, is_dir, &policy, err);
	if (r == 0)
		r = confine(f, is_dir ? fd : -EBADF, err); /* a file is open already */
	if (r < 0)
		return r;
	if (f->transport.kind == TRANSPORT_TARBALL)
		return fetch_tarball_open(f, fd, &f->source, err);
	return open_files(f, &fd, is_dir, &policy, err);
}

static int open_url(struct fetch *f, struct error *err)
{
	cleanup_fetch_policy struct fetch_policy policy = {0};

	int r = fetch_policy_ask(f, false, &policy, err);
	if (r == 0)
		r = confine(f, -EBADF, err);
	return r < 0 ? r : fetch_tarball_open(f, -EBADF, &f->source, err);
}

static int open_registry(struct fetch *f, struct error *err)
{
	struct registry_options options;

	registry_call_options(&f->request.registry, &options);
	f->remote = true;
	int r = registry_source_open(&options, f->transport.reference,
				     f->request.all_tags, &f->source, err);
	return r < 0 ? r : confine(f, -EBADF, err);
}

int fetch_open(struct fetch *f, struct error *err)
{
	if (f->transport.kind == TRANSPORT_TARBALL && fetch_tarball_is_url(f))
		return open_url(f, err);
	if (f->transport.kind != TRANSPORT_REGISTRY)
		return open_input_and_look(f, err);
	return open_registry(f, err);
}
