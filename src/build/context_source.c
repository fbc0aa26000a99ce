/* SPDX-License-Identifier: Apache-2.0 */
#include "build/context_source.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "build/dockerfile.h"
#include "build/git_source.h"
#include "engine/download.h"
#include "engine/spool.h"
#include "util/buf.h"
#include "util/fd.h"
#include "util/fs.h"
#include "util/mem.h"
#include "util/path.h"
#include "util/str.h"

#define TAR_BLOCK     512
#define TAR_SUM_AT    148
#define TAR_SUM_BYTES 8

void context_source_release(struct context_source *s)
{
	free(s->directory);
	free(s->text);
	free(s->name);
	free(s->ignore_file);
	context_place_release(&s->place);
	*s = CONTEXT_SOURCE_INIT;
}

/* The sum in a tar's header, which every kind of tar has: octal, the sum's own bytes counted as blanks. */
static bool is_tar_header(const unsigned char *b)
{
	unsigned long sum = 0, said = 0;
	bool digits = false;

	for (size_t i = 0; i < TAR_BLOCK; i++)
		sum += i >= TAR_SUM_AT && i < TAR_SUM_AT + TAR_SUM_BYTES ? ' ' : b[i];
	for (size_t i = TAR_SUM_AT; i < TAR_SUM_AT + TAR_SUM_BYTES; i++) {
		if (b[i] >= '0' && b[i] <= '7') {
			said = said * 8 + (unsigned long)(b[i] - '0');
			digits = true;
		} else if (b[i] != ' ' || digits) {
			break;
		}
	}
	return digits && said == sum;
}

bool context_is_archive(const void *bytes, size_t n)
{
	static const struct {
		const char *magic;
		size_t len;
	} compressions[] = {
		{"\x1f\x8b", 2}, /* gzip, RFC 1952 */
		{"BZh", 3},      /* bzip2 */
		{"\xfd"
		 "7zXZ\0",
		 6},                     /* xz */
		{"\x28\xb5\x2f\xfd", 4}, /* zstd, RFC 8878 */
	};

	for (size_t i = 0; i < ARRAY_SIZE(compressions); i++)
		if (n >= compressions[i].len &&
		    memcmp(bytes, compressions[i].magic, compressions[i].len) == 0)
			return true;
	return n >= TAR_BLOCK && is_tar_header(bytes);
}

bool context_is_remote(const char *text)
{
	return git_source_named(text) || download_is_url(text);
}

/* Up to n bytes. */
static ssize_t peek(int fd, char *bytes, size_t n)
{
	size_t got = 0;

	while (got < n) {
		ssize_t r = pread(fd, bytes + got, n - got, (off_t)got);

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return -errno;
		if (r == 0)
			break;
		got += (size_t)r;
	}
	return (ssize_t)got;
}

/* Another Dockerfile behind what is there. */
static int add_text(struct context_source *s, const char *text, size_t len,
		    const char *name, struct error *err)
{
	cleanup_buf struct buf all = {0};
	int r = 0;

	/* All of them: lines are counted through. */
	char *names = s->name ? xasprintf("%s+%s", s->name, name) : xstrdup(name);

	free(s->name);
	s->name = names;
	buf_init(&all, DOCKERFILE_MAX);
	if (s->text)
		r = buf_add(&all, s->text, s->len);
	if (r >= 0 && all.len > 0 && all.data[all.len - 1] != '\n')
		r = buf_add_str(&all, "\n");
	if (r >= 0)
		r = buf_add(&all, text, len);
	if (r < 0)
		return error_set(err, ERR_INVALID, 0, "%s: more than %d bytes", name,
				 DOCKERFILE_MAX);
	free(s->text);
	s->len = all.len;
	s->text = buf_take(&all);
	return 0;
}

static int add_fd(struct context_source *s, int fd, const char *name, struct error *err)
{
	cleanup_buf struct buf text = {0};
	int r;

	buf_init(&text, DOCKERFILE_MAX);
	r = fd_read_all(fd, &text);
	if (r == -E2BIG)
		return error_set(err, ERR_INVALID, 0, "%s: more than %d bytes", name,
				 DOCKERFILE_MAX);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "read %s", name);
	return add_text(s, text.data ? text.data : "", text.len, name, err);
}

static int use_place(const struct engine *e, struct context_source *s, struct error *err)
{
	int r = context_place_new(e, &s->place, err);

	if (r >= 0)
		s->directory = xstrdup(s->place.path);
	return r;
}

/* A file that holds a tar, or else a Dockerfile. */
static int use_file(const struct engine *e, struct context_source *s, int fd,
		    const char *name, struct error *err)
{
	char start[TAR_BLOCK];
	ssize_t n = peek(fd, start, sizeof(start));
	int r;

	if (n < 0)
		return error_set(err, ERR_SYSTEM, (int)-n, "read %s", name);
	if (n == 0)
		return error_set(err, ERR_INVALID, 0,
				 "%s: neither a tar nor a Dockerfile: it is empty", name);
	if (!context_is_archive(start, (size_t)n))
		return add_fd(s, fd, name, err);
	r = use_place(e, s, err);
	return r < 0 ? r : context_place_unpack(&s->place, fd, name, err);
}

static int use_stdin(const struct engine *e, const struct context_request *q,
		     struct context_source *s, struct error *err)
{
	cleanup_fd int fd = -EBADF;

	if (isatty(q->stdin_fd)) {
		error_set(err, ERR_INVALID, 0,
			  "the context is to come from stdin, which is a terminal");
		return error_hint(err, "cubby build - <Dockerfile, or: tar -c . | cubby "
				       "build -");
	}
	fd = spool_all(e, q->stdin_fd, err);
	return fd < 0 ? fd : use_file(e, s, fd, "stdin", err);
}

static int use_git(const struct engine *e, const char *text, struct context_source *s,
		   struct error *err)
{
	cleanup_git_source struct git_source g = {0};
	cleanup_fd int root_fd = -EBADF, sub_fd = -EBADF;
	int r = git_source_parse(text, &g, err);

	if (r >= 0)
		r = use_place(e, s, err);
	if (r >= 0)
		r = git_source_get(&g, s->directory, false, NULL, err);
	if (r < 0 || !g.subdirectory)
		return r;
	root_fd = fs_open_dir(AT_FDCWD, s->directory, false, 0, err);
	if (root_fd < 0)
		return root_fd;
	/* a link of the repository's could lead out of it */
	sub_fd = path_open_nolink(root_fd, g.subdirectory, O_PATH | O_DIRECTORY, false,
				  err);
	if (sub_fd < 0)
		return error_wrap(err, "directory %s of the repository", g.subdirectory);
	free(s->directory);
	s->directory = fs_join(s->place.path, g.subdirectory);
	return 0;
}

static int download(const struct engine *e,
		    const struct transfer_registry_options *registry, const char *url,
		    struct download *ret, struct error *err)
{
	const struct download_request request = {.url = url, .registry = registry};

	return download_get(e, &request, ret, err);
}

static int use_url(const struct engine *e,
		   const struct transfer_registry_options *registry, const char *url,
		   struct context_source *s, struct error *err)
{
	cleanup_download struct download d = DOWNLOAD_INIT;
	int r = download(e, registry, url, &d, err);

	return r < 0 ? r : use_file(e, s, d.fd, url, err);
}

/* The directory that the first Dockerfile lies in, if it is a file here. */
static char *directory_of_files(char *const *files)
{
	strv_foreach (file, files) {
		cleanup_free char *path = fs_absolute(*file);

		if (str_eq(*file, "-") || download_is_url(*file) || !path)
			continue;
		*strrchr(path, '/') = '\0';
		return *path ? TAKE_PTR(path) : xstrdup("/");
	}
	return fs_absolute(".");
}

static int use_directory(const char *typed, struct context_source *s, struct error *err)
{
	cleanup_free char *quoted = str_quote(typed);
	struct stat st;

	s->directory = fs_absolute(typed);
	if (!s->directory)
		return error_set(err, ERR_SYSTEM, errno, "the working directory");
	if (stat(s->directory, &st) == 0 && S_ISDIR(st.st_mode))
		return 0;
	error_set(err, ERR_NOT_FOUND, 0, "context must be a directory: %s", quoted);
	if (stat(s->directory, &st) == 0)
		return error_hint(err,
				  "A Dockerfile of another name: cubby build -f %s "
				  "DIRECTORY",
				  typed);
	return -ENOENT;
}

static int use_place_named(const struct engine *e, const char *text,
			   const struct transfer_registry_options *registry,
			   struct context_source *s, struct error *err)
{
	if (git_source_named(text))
		return use_git(e, text, s, err);
	if (download_is_url(text))
		return use_url(e, registry, text, s, err);
	return use_directory(text, s, err);
}

int context_source_files(const struct engine *e, const char *place,
			 const struct transfer_registry_options *registry,
			 struct context_source *ret, struct error *err)
{
	int r = use_place_named(e, place, registry, ret, err);

	if (r >= 0 && !ret->directory)
		return error_set(err, ERR_INVALID, 0, "%s: it is no tar", place);
	return r;
}

static int find_context(const struct engine *e, const struct context_request *q,
			struct context_source *s, struct error *err)
{
	const char *typed = q->context;

	if (!typed) {
		cleanup_free char *directory = directory_of_files(q->files);

		return use_directory(directory ? directory : ".", s, err);
	}
	if (str_eq(typed, "-"))
		return use_stdin(e, q, s, err);
	return use_place_named(e, typed, q->registry, s, err);
}

/* A file of the context's that came from elsewhere: no link in it leads out. */
static int open_inside(const struct context_source *s, const char *name,
		       struct error *err)
{
	cleanup_fd int root_fd = fs_open_dir(AT_FDCWD, s->place.path, false, 0, err);
	cleanup_free char *path = NULL;

	if (root_fd < 0)
		return root_fd;
	path = xasprintf("%s/%s", s->directory + strlen(s->place.path), name);
	return path_open_file(root_fd, path, err);
}

static int open_file(const char *path, struct error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? error_set(err, error_kind_of(errno), errno, "open %s", path) : fd;
}

/*
 * A path that was typed: where the user is, or else in the context, as podman does it; in a context from elsewhere it is that
 * one's first. *ret_path: where that is; caller frees.
 */
static int open_typed(const struct context_source *s, const char *typed, char **ret_path,
		      struct error *err)
{
	cleanup_free char *below = s->directory ? fs_join(s->directory, typed) : NULL;
	bool is_relative = below && typed[0] != '/';
	int fd;

	if (is_relative && s->place.path) {
		fd = open_inside(s, typed, err);
		if (fd >= 0)
			*ret_path = TAKE_PTR(below);
		if (fd >= 0 || err->kind != ERR_NOT_FOUND)
			return fd;
		error_drop(err, "it may be a file of the user's");
	} else if (is_relative && !fs_exists(AT_FDCWD, typed) &&
		   fs_exists(AT_FDCWD, below)) {
		*ret_path = TAKE_PTR(below);
		return open_file(*ret_path, err);
	}
	*ret_path = fs_absolute(typed);
	return open_file(typed, err);
}

static int refuse_preprocessing(const char *name, struct error *err)
{
	if (!str_ends(name, ".in"))
		return 0;
	error_set(err, ERR_UNSUPPORTED, 0,
		  "%s: a name that ends with .in asks for the C preprocessor, which is "
		  "not run here",
		  name);
	return error_hint(err, "cpp -E -P -traditional %s | cubby build -f - .", name);
}

static int add_typed(const struct engine *e, const struct context_request *q,
		     struct context_source *s, const char *typed, char **ret_path,
		     struct error *err)
{
	cleanup_download struct download d = DOWNLOAD_INIT;
	cleanup_fd int fd = -EBADF;
	int r;

	if (str_eq(typed, "-") && str_eq(q->context, "-"))
		return error_set(err, ERR_INVALID, 0,
				 "invalid argument: can't use stdin for both build "
				 "context and dockerfile");
	if (str_eq(typed, "-"))
		return add_fd(s, q->stdin_fd, "stdin", err);
	if (download_is_url(typed)) {
		r = download(e, q->registry, typed, &d, err);
		return r < 0 ? r : add_fd(s, d.fd, typed, err);
	}
	r = refuse_preprocessing(typed, err);
	if (r < 0)
		return r;
	fd = open_typed(s, typed, ret_path, err);
	return fd < 0 ? fd : add_fd(s, fd, typed, err);
}

/* As nobody named one: Containerfile goes before Dockerfile. */
static int add_usual(struct context_source *s, char **ret_path, struct error *err)
{
	static const char *const names[] = {"Containerfile", "Dockerfile"};
	cleanup_fd int fd = -EBADF;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		cleanup_free char *path = fs_join(s->directory, names[i]);

		error_release(err);
		fd = s->place.path ? open_inside(s, names[i], err) : open_file(path, err);
		if (fd >= 0) {
			*ret_path = TAKE_PTR(path);
			return add_fd(s, fd, names[i], err);
		}
		if (err->kind != ERR_NOT_FOUND)
			return fd;
	}
	error_set(err, ERR_NOT_FOUND, 0,
		  "no Containerfile or Dockerfile specified or found in context "
		  "directory, %s: no such file or directory",
		  s->place.path ? "which came from elsewhere" : s->directory);
	return error_hint(err, "One of another name: -f FILE");
}

/* Whether there is such a regular file; a context from elsewhere may not lead anywhere by links. */
static bool is_ignore_file(const struct context_source *s, const char *path)
{
	struct stat st;

	if ((s->place.path ? lstat(path, &st) : stat(path, &st)) < 0)
		return false;
	return S_ISREG(st.st_mode);
}

/* file: path of the Dockerfile, NULL: it is none of the user's files. */
static void find_ignore_file(struct context_source *s, const char *file)
{
	static const char *const ends[] = {".containerignore", ".dockerignore"};

	for (size_t i = 0; file && i < ARRAY_SIZE(ends); i++) {
		cleanup_free char *path = xasprintf("%s%s", file, ends[i]);

		if (is_ignore_file(s, path)) {
			s->ignore_file = TAKE_PTR(path);
			return;
		}
	}
	for (size_t i = 0; s->directory && i < ARRAY_SIZE(ends); i++) {
		cleanup_free char *path = fs_join(s->directory, ends[i]);

		if (is_ignore_file(s, path)) {
			s->ignore_file = TAKE_PTR(path);
			return;
		}
	}
}

static int take_ignore_file(struct context_source *s, const char *typed,
			    struct error *err)
{
	cleanup_fd int fd = open_typed(s, typed, &s->ignore_file, err);

	return fd < 0 ? error_wrap(err, "--ignorefile") : 0;
}

int context_source_open(const struct engine *e, const struct context_request *q,
			struct context_source *ret, struct error *err)
{
	cleanup_free char *file = NULL;
	int r = find_context(e, q, ret, err);

	if (r < 0)
		return r;
	if (ret->text && strv_has(q->files, "-"))
		return error_set(err, ERR_INVALID, 0,
				 "invalid argument: can't use stdin for both build "
				 "context and dockerfile");
	if (ret->text && q->files)
		return error_set(err, ERR_INVALID, 0,
				 "%s is a Dockerfile itself: it has no other (-f %s)",
				 ret->name, q->files[0]);
	strv_foreach (typed, q->files) {
		cleanup_free char *path = NULL;

		r = add_typed(e, q, ret, *typed, &path, err);
		if (r < 0)
			return r;
		if (!file)
			file = TAKE_PTR(path);
	}
	if (!ret->text) {
		r = add_usual(ret, &file, err);
		if (r < 0)
			return r;
	}
	if (q->ignore_file)
		return take_ignore_file(ret, q->ignore_file, err);
	find_ignore_file(ret, file);
	return 0;
}
