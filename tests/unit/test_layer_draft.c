/* SPDX-License-Identifier: Apache-2.0 */
/* Layers made by writing into them, images of them, and their blobs: through the programs as they are built. */
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/xattr.h>

#include "engine/blob_make.h"
#include "engine/collect.h"
#include "engine/image.h"
#include "engine/image_document.h"
#include "engine/image_write.h"
#include "engine/layer_draft.h"
#include "engine/user_ids.h"
#include "runtime/self.h"
#include "spec/image.h"
#include "spec/media_type.h"
#include "store_box.h"
#include "util/fd.h"
#include "util/sha256.h"

/* The engine looks for its programs beside its own executable. */
static void link_layer_program(void)
{
	cleanup_free char *self = self_path();
	char *slash = strrchr(self, '/');
	cleanup_free char *path = NULL;

	*slash = '\0';
	path = xasprintf("%s/layer", self);
	if (symlink(UNIT_LAYER, path) < 0)
		ck_assert_int_eq(errno, EEXIST);
}

static struct store_box box_open(void)
{
	link_layer_program();
	return store_box_open();
}

static struct layer_draft draft_on(const struct store_box *b, char *const *chain_ids)
{
	struct layer_draft d = LAYER_DRAFT_INIT;
	struct error err = ERROR_INIT;

	ck_assert_ok(layer_draft_new(&b->engine, chain_ids, &d, &err), &err);
	return d;
}

static struct layer_drafted commit(const struct store_box *b, struct layer_draft *d,
				   char *const *chain_ids,
				   const struct layer_draft_options *o)
{
	static const struct layer_draft_options none;
	struct layer_drafted drafted = {0};
	struct error err = ERROR_INIT;

	ck_assert_ok(layer_draft_commit(&b->engine, d, chain_ids, o ? o : &none, &drafted,
					&err),
		     &err);
	return drafted;
}

static int upper_fd(const struct layer_draft *d)
{
	int fd = open(d->upper, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	return fd;
}

static void set_time(int dirfd, const char *path, int64_t sec)
{
	struct timespec times[2] = {{.tv_sec = sec}, {.tv_sec = sec, .tv_nsec = 5}};

	ck_assert_int_eq(utimensat(dirfd, path, times, AT_SYMLINK_NOFOLLOW), 0);
}

/* One layer with one file, on top of the list, to which it is added. */
static struct layer_drafted add_layer(const struct store_box *b, char ***chain_ids,
				      const char *path, const char *text)
{
	struct layer_draft d = draft_on(b, *chain_ids);
	cleanup_fd int fd = upper_fd(&d);
	struct layer_drafted drafted;
	char *slash = strrchr(path, '/');

	if (slash) {
		cleanup_free char *dir = xstrndup(path, (size_t)(slash - path));

		ck_assert_int_eq(mkdirat(fd, dir, 0755), 0);
		box_file(fd, path, text);
		set_time(fd, dir, 1000);
	} else {
		box_file(fd, path, text);
	}
	set_time(fd, path, 1000);
	drafted = commit(b, &d, *chain_ids, NULL);
	strv_add(chain_ids, drafted.chain_id);
	layer_draft_release(&d);
	return drafted;
}

static size_t n_names(int dirfd)
{
	DIR *dir = fdopendir(openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	size_t n = 0;

	ck_assert_ptr_nonnull(dir);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n - 2;
}

static bool single(const struct store_box *b)
{
	cleanup_user_ids struct user_ids ids = {0};

	user_ids_any(&b->engine, &ids);
	return ids.single;
}

START_TEST(test_scratch)
{
	struct store_box b = box_open();
	struct layer_draft d = draft_on(&b, NULL);
	cleanup_fd int fd = upper_fd(&d);
	cleanup_layer_record struct layer_record record = {0};
	struct error err = ERROR_INIT;
	struct layer_drafted drafted;
	struct stat st;

	ck_assert_uint_eq(strv_len(d.lower), 1);
	ck_assert_int_eq(mkdirat(fd, "dir", 0700), 0);
	box_file(fd, "dir/file", "content");
	drafted = commit(&b, &d, NULL, NULL);
	/* the lowest layer's chain id is its diff id */
	ck_assert_str_eq(drafted.chain_id, drafted.diff_id);
	/* two entries, a block of content, two blocks of zeros: the top directory has none */
	ck_assert_int_eq(drafted.tar_size, 512 * (2 + 1 + 2));
	ck_assert(!drafted.was_there);
	ck_assert_ok(layer_record_get(b.engine.store, drafted.chain_id, single(&b),
				      &record, &err),
		     &err);
	ck_assert_int_eq(record.n_entries, 2);
	ck_assert_int_eq(record.tar_size, drafted.tar_size);
	ck_assert_int_gt(record.disk_size, 0);
	ck_assert_str_eq(record.blob, drafted.diff_id);
	/* what is left: the layer and the file of locks */
	layer_draft_release(&d);
	ck_assert_uint_eq(n_names(b.layers_fd), 2);
	cleanup_free char *path = layer_dir_path(&b.engine, drafted.chain_id, single(&b));
	cleanup_free char *file = xasprintf("%s/dir/file", path);
	ck_assert_int_eq(stat(file, &st), 0);
	layer_drafted_release(&drafted);
	store_box_close(&b);
}
END_TEST

/* Nothing written, or nothing but what mounts needed. */
START_TEST(test_nothing)
{
	cleanup_strv char **places =
		str_split("etc/hosts etc/resolv.conf proc run/secrets run mnt/a/b", ' ');
	const struct layer_draft_options o = {.places = places};
	struct store_box b = box_open();
	cleanup_strv char **chain_ids = NULL;
	struct layer_drafted base = add_layer(&b, &chain_ids, "etc/passwd", "root:x:0:0");
	struct layer_draft d = draft_on(&b, chain_ids);
	struct layer_drafted drafted = commit(&b, &d, chain_ids, NULL);
	cleanup_fd int fd = upper_fd(&d);

	ck_assert_ptr_null(drafted.chain_id);
	/* as overlay and a container's init leave it */
	ck_assert_int_eq(mkdirat(fd, "etc", 0755), 0);
	box_file(fd, "etc/hosts", "");
	box_file(fd, "etc/resolv.conf", "");
	ck_assert_int_eq(mkdirat(fd, "proc", 0755), 0);
	ck_assert_int_eq(mkdirat(fd, "run", 0755), 0);
	ck_assert_int_eq(mkdirat(fd, "run/secrets", 0755), 0);
	ck_assert_int_eq(mkdirat(fd, "mnt", 0755), 0);
	ck_assert_int_eq(mkdirat(fd, "mnt/a", 0755), 0);
	ck_assert_int_eq(mkdirat(fd, "mnt/a/b", 0755), 0);
	box_file(fd, "mnt/a/kept", "");
	drafted = commit(&b, &d, chain_ids, &o);
	/* mnt, mnt/a, mnt/a/kept */
	ck_assert_int_eq(drafted.tar_size, 512 * (3 + 2));
	ck_assert_ptr_nonnull(drafted.chain_id);
	layer_drafted_release(&drafted);
	layer_draft_release(&d);
	d = draft_on(&b, chain_ids);
	close(fd);
	fd = upper_fd(&d);
	ck_assert_int_eq(mkdirat(fd, "etc", 0755), 0);
	box_file(fd, "etc/hosts", "");
	drafted = commit(&b, &d, chain_ids, &o);
	ck_assert_ptr_null(drafted.chain_id);
	/* a mode that was changed is a change */
	ck_assert_int_eq(mkdirat(fd, "etc", 0711), 0);
	drafted = commit(&b, &d, chain_ids, &o);
	ck_assert_ptr_nonnull(drafted.chain_id);
	layer_drafted_release(&drafted);
	layer_draft_release(&d);
	layer_drafted_release(&base);
	store_box_close(&b);
}
END_TEST

static int64_t time_of(int dirfd, const char *path)
{
	struct stat st;

	ck_assert_int_eq(fstatat(dirfd, path, &st, AT_SYMLINK_NOFOLLOW), 0);
	return st.st_mtim.tv_sec;
}

START_TEST(test_times)
{
	static const struct {
		struct layer_draft_options o;
		int64_t old_time, new_time;
	} cases[] = {
		{{.has_epoch = false}, 1000, 3000},
		{{.has_epoch = true, .epoch_sec = 2000}, 1000, 2000},
		{{.has_epoch = true, .all_at_epoch = true, .epoch_sec = 2000},
		 2000,
		 2000},
	};
	struct store_box b = box_open();

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct layer_draft d = draft_on(&b, NULL);
		cleanup_fd int fd = upper_fd(&d), layer_fd = -EBADF;
		struct layer_drafted drafted;

		ck_assert_int_eq(mkdirat(fd, "dir", 0755), 0);
		box_file(fd, "dir/file", "x");
		ck_assert_int_eq(symlinkat("file", fd, "dir/link"), 0);
		set_time(fd, "dir/file", 1000);
		set_time(fd, "dir/link", 3000);
		set_time(fd, "dir", 3000);
		drafted = commit(&b, &d, NULL, &cases[i].o);
		cleanup_free char *path =
			layer_dir_path(&b.engine, drafted.chain_id, single(&b));
		layer_fd = open(path, O_PATH | O_CLOEXEC);
		ck_assert_int_eq(time_of(layer_fd, "dir/file"), cases[i].old_time);
		ck_assert_int_eq(time_of(layer_fd, "dir/link"), cases[i].new_time);
		ck_assert_int_eq(time_of(layer_fd, "dir"), cases[i].new_time);
		layer_drafted_release(&drafted);
		layer_draft_release(&d);
	}
	store_box_close(&b);
}
END_TEST

static void write_all(const struct layer_draft *d)
{
	cleanup_fd int fd = upper_fd(d);
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	cleanup_fd int socket_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	static char large[3 << 20];

	memset(large, 'L', sizeof(large));
	box_file(fd, "b", "second");
	box_file(fd, "a", "first");
	ck_assert_int_eq(linkat(fd, "a", fd, "c", 0), 0);
	ck_assert_int_eq(mkfifoat(fd, "pipe", 0600), 0);
	cleanup_fd int file = openat(fd, "large", O_RDWR | O_CREAT | O_CLOEXEC, 04755);
	ck_assert_int_eq(write(file, large, sizeof(large)), sizeof(large));
	ck_assert_int_eq(ftruncate(file, 4 << 20), 0);
	ck_assert_int_eq(fsetxattr(file, "user.mine", "1", 1, 0), 0);
	ck_assert_int_eq(fsetxattr(file, "user.overlay.origin", "1", 1, 0), 0);
	ck_assert_int_eq(mkdirat(fd, "hidden", 0755), 0);
	cleanup_fd int hidden = openat(fd, "hidden", O_RDONLY | O_CLOEXEC);
	ck_assert_int_eq(fsetxattr(hidden, "user.overlay.opaque", "y", 1, 0), 0);
	ck_assert_int_eq(fsetxattr(hidden, "user.overlay.impure", "y", 1, 0), 0);
	snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/socket",
		 fd);
	ck_assert_int_eq(bind(socket_fd, (struct sockaddr *)&address, sizeof(address)),
			 0);
	static const char *const names[] = {"a", "b", "large", "pipe", "hidden"};
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		set_time(fd, names[i], 1000);
}

/* The same tree twice is the same layer; the second one goes. */
START_TEST(test_equal)
{
	struct store_box b = box_open();
	struct layer_draft first = draft_on(&b, NULL), second = draft_on(&b, NULL);
	struct layer_drafted one, two;

	write_all(&first);
	write_all(&second);
	one = commit(&b, &first, NULL, NULL);
	layer_draft_release(&first);
	two = commit(&b, &second, NULL, NULL);
	layer_draft_release(&second);
	ck_assert_str_eq(one.chain_id, two.chain_id);
	ck_assert(!one.was_there && two.was_there);
	ck_assert_uint_eq(n_names(b.layers_fd), 2);
	cleanup_free char *path = layer_dir_path(&b.engine, one.chain_id, single(&b));
	cleanup_fd int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cleanup_fd int file = openat(fd, "large", O_RDONLY | O_CLOEXEC);
	cleanup_fd int hidden = openat(fd, "hidden", O_RDONLY | O_CLOEXEC);
	char value[2];
	struct stat st;
	ck_assert_int_eq(fgetxattr(file, "user.mine", value, 2), 1);
	ck_assert_int_eq(fgetxattr(file, "user.overlay.origin", value, 2), -1);
	ck_assert_int_eq(fgetxattr(hidden, "user.overlay.opaque", value, 2), 1);
	ck_assert_int_eq(fgetxattr(hidden, "user.overlay.impure", value, 2), -1);
	ck_assert_int_eq(fstatat(fd, "socket", &st, AT_SYMLINK_NOFOLLOW), -1);
	layer_drafted_release(&one);
	layer_drafted_release(&two);
	store_box_close(&b);
}
END_TEST

START_TEST(test_refused)
{
	static const struct layer_draft_options none;
	struct store_box b = box_open();
	struct layer_draft d = draft_on(&b, NULL);
	struct layer_drafted drafted = {0};
	cleanup_error struct error err = ERROR_INIT;
	cleanup_fd int fd = upper_fd(&d);

	box_file(fd, ".wh.file", "");
	ck_assert_int_lt(layer_draft_commit(&b.engine, &d, NULL, &none, &drafted, &err),
			 0);
	ck_assert_int_eq(err.kind, ERR_UNSUPPORTED);
	ck_assert_ptr_nonnull(strstr(err.text, ".wh.file"));
	layer_draft_release(&d);
	ck_assert_uint_eq(n_names(b.layers_fd), 0);
	error_release(&err);
	/* a file of holes, as a log by user id is for a high one: hashing its zeros would take an hour */
	d = draft_on(&b, NULL);
	cleanup_fd int other_fd = upper_fd(&d);
	box_file(other_fd, "lastlog", "");
	cleanup_fd int file = openat(other_fd, "lastlog", O_WRONLY | O_CLOEXEC);
	ck_assert_int_eq(ftruncate(file, INT64_C(2) << 40), 0);
	ck_assert_int_lt(layer_draft_commit(&b.engine, &d, NULL, &none, &drafted, &err),
			 0);
	ck_assert_int_eq(err.code, EFBIG);
	ck_assert_ptr_nonnull(strstr(err.text, "lastlog"));
	layer_draft_release(&d);
	error_release(&err);
	/* a layer that is missing */
	cleanup_strv char **missing = str_split(BOX_DIGEST("1"), ' ');
	ck_assert_int_lt(layer_draft_new(&b.engine, missing, &d, &err), 0);
	ck_assert_int_eq(err.kind, ERR_NOT_FOUND);
	ck_assert_uint_eq(n_names(b.layers_fd), 0);
	store_box_close(&b);
}
END_TEST

/* A top directory that may not be written to, as Fedora's. */
START_TEST(test_top)
{
	struct store_box b = box_open();
	cleanup_strv char **chain_ids = NULL;
	struct layer_draft d = draft_on(&b, NULL);
	cleanup_fd int fd = upper_fd(&d);
	struct layer_drafted base, drafted;
	struct stat st;

	box_file(fd, "file", "");
	ck_assert_int_eq(fchmod(fd, 0555), 0);
	set_time(fd, ".", 1000);
	base = commit(&b, &d, NULL, NULL);
	/* "./" and the file */
	ck_assert_int_eq(base.tar_size, 512 * (2 + 2));
	layer_draft_release(&d);
	strv_add(&chain_ids, base.chain_id);
	d = draft_on(&b, chain_ids);
	ck_assert_int_eq(stat(d.upper, &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0555);
	ck_assert_int_eq(st.st_mtime, 1000);
	drafted = commit(&b, &d, chain_ids, NULL);
	ck_assert_ptr_null(drafted.chain_id);
	layer_draft_release(&d);
	layer_drafted_release(&base);
	store_box_close(&b);
}
END_TEST

static struct image_config *config_of(char *const *diff_ids)
{
	struct image_config *c = xcalloc(1, sizeof(*c));

	c->created = xstrdup("2001-02-03T04:05:06Z");
	c->architecture = xstrdup("amd64");
	c->os = xstrdup("linux");
	c->rootfs.type = xstrdup("layers");
	c->rootfs.diff_ids = strv_copy(diff_ids);
	return c;
}

#define NAME "localhost/built:latest"

struct built {
	char **chain_ids, **diff_ids;
	struct image_record record;
};

/* An image of two layers that were built here. */
static struct built build(struct store_box *b, char *const *names)
{
	cleanup_strv char **types =
		str_split(MEDIA_TYPE_OCI_LAYER " " MEDIA_TYPE_OCI_LAYER, ' ');
	cleanup_strv char **sizes = str_split(" ", ' ');
	struct built built = {0};
	cleanup_image_config struct image_config *config = NULL;
	cleanup_free char *id = NULL;
	struct error err = ERROR_INIT;
	struct layer_draft d = draft_on(b, NULL);
	struct layer_drafted drafted;

	write_all(&d);
	drafted = commit(b, &d, NULL, NULL);
	strv_add(&built.chain_ids, drafted.chain_id);
	strv_add(&built.diff_ids, drafted.diff_id);
	layer_drafted_release(&drafted);
	drafted = add_layer(b, &built.chain_ids, "etc/passwd", "me:x:0:0::/:\n");
	strv_add(&built.diff_ids, drafted.diff_id);
	layer_drafted_release(&drafted);
	config = config_of(built.diff_ids);
	const struct image_write w = {.config = config,
				      .layers = built.chain_ids,
				      .blobs = built.diff_ids,
				      .blob_types = types,
				      .blob_sizes = sizes,
				      .names = names};
	ck_assert_ok(image_write(&b->engine, &w, &id, &err), &err);
	layer_draft_release(&d);
	ck_assert_ok(image_record_by_id(b->engine.store, id, &built.record, &err), &err);
	return built;
}

static void built_release(struct built *b)
{
	strv_free(b->chain_ids);
	strv_free(b->diff_ids);
	image_record_release(&b->record);
}

static char *digest_of_blob(const struct store_box *b, const char *digest)
{
	cleanup_buf struct buf text = {0};
	struct error err = ERROR_INIT;
	cleanup_fd int fd = blob_open(b->blobs_fd, digest, &err);

	ck_assert_int_ge(fd, 0);
	buf_init(&text, 100 << 20);
	ck_assert_int_eq(fd_read_all(fd, &text), 0);
	return sha256_digest(text.data, text.len);
}

START_TEST(test_image)
{
	cleanup_strv char **names = str_split(NAME, ' ');
	struct store_box b = box_open();
	struct built built = build(&b, names), again;
	cleanup_image_manifest struct image_manifest *m = NULL;
	cleanup_free char *id = NULL, *manifest = NULL;
	struct image_record *r = &built.record;
	struct error err = ERROR_INIT;
	int64_t size;

	ck_assert_str_eq(r->names[0], names[0]);
	ck_assert_str_eq(r->passwd, "me:x:0:0::/:\n");
	ck_assert_ptr_null(r->group);
	ck_assert_int_eq(r->created_usec, INT64_C(981173106000000));
	/* the layers' blobs are not there: config and manifest are */
	ck_assert_uint_eq(strv_len(r->blobs), 2);
	id = xasprintf("sha256:%s", r->id);
	cleanup_free char *config = digest_of_blob(&b, id);
	ck_assert_str_eq(config, id);
	manifest = digest_of_blob(&b, r->manifest);
	ck_assert_str_eq(manifest, r->manifest);
	ck_assert_ok(image_manifest_of(&b.engine, r, &m, &err), &err);
	ck_assert_ok(image_manifest_check_image(m, &err), &err);
	ck_assert_uint_eq(m->n_layers, 2);
	ck_assert_str_eq(m->layers[0].digest, built.diff_ids[0]);
	size = m->layers[0].size + m->layers[1].size;
	ck_assert_int_eq(size, r->size);
	again = build(&b, names);
	ck_assert_str_eq(again.record.manifest, r->manifest);
	built_release(&again);
	built_release(&built);
	store_box_close(&b);
}
END_TEST

/* Blobs are there while somebody wants them, and right. */
START_TEST(test_blobs)
{
	cleanup_strv char **names = str_split(NAME, ' ');
	struct store_box b = box_open();
	struct built built = build(&b, names);
	struct made_blobs one = MADE_BLOBS_INIT, two = MADE_BLOBS_INIT;
	struct collected collected = {0};
	struct error err = ERROR_INIT;

	ck_assert_ok(blobs_make(&b.engine, &built.record, &one, &err), &err);
	ck_assert_uint_eq(one.n, 2);
	strv_foreach (diff_id, built.diff_ids) {
		cleanup_free char *digest = digest_of_blob(&b, *diff_id);

		ck_assert_str_eq(digest, *diff_id);
		ck_assert(blob_in_use(b.blobs_fd, *diff_id));
	}
	ck_assert_ok(blobs_make(&b.engine, &built.record, &two, &err), &err);
	ck_assert_uint_eq(two.n, 2);
	made_blobs_release(&one);
	ck_assert_int_gt(blob_size(b.blobs_fd, built.diff_ids[0]), 0);
	ck_assert_ok(collect_all(&b.engine, false, &collected, &err), &err);
	ck_assert_int_gt(blob_size(b.blobs_fd, built.diff_ids[0]), 0);
	made_blobs_release(&two);
	ck_assert_int_lt(blob_size(b.blobs_fd, built.diff_ids[0]), 0);
	ck_assert_int_lt(blob_size(b.blobs_fd, built.diff_ids[1]), 0);
	built_release(&built);
	store_box_close(&b);
}
END_TEST

START_TEST(test_damaged)
{
	cleanup_strv char **names = str_split(NAME, ' ');
	struct store_box b = box_open();
	struct built built = build(&b, names);
	struct made_blobs made = MADE_BLOBS_INIT;
	cleanup_error struct error err = ERROR_INIT;
	cleanup_free char *path =
		layer_dir_path(&b.engine, built.chain_ids[1], single(&b));
	cleanup_fd int fd = open(path, O_PATH | O_CLOEXEC);

	cleanup_layer_record struct layer_record layer = {0};
	ck_assert_ok(layer_record_get(b.engine.store, built.chain_ids[1], single(&b),
				      &layer, &err),
		     &err);
	ck_assert_ok(blob_check_layer(&b.engine, &layer, &err), &err);
	box_file(fd, "etc/passwd", "other");
	ck_assert_int_lt(blob_check_layer(&b.engine, &layer, &err), 0);
	ck_assert_int_eq(err.kind, ERR_INVALID);
	error_release(&err);
	ck_assert_int_lt(blobs_make(&b.engine, &built.record, &made, &err), 0);
	ck_assert_int_eq(err.kind, ERR_INVALID);
	ck_assert_ptr_nonnull(strstr(err.text, built.chain_ids[1]));
	made_blobs_release(&made);
	ck_assert_int_lt(blob_size(b.blobs_fd, built.diff_ids[0]), 0);
	built_release(&built);
	store_box_close(&b);
}
END_TEST

/* Nothing of an image is left when it is removed; a layer that was just made stays as long as its draft. */
START_TEST(test_removed)
{
	cleanup_strv char **names = str_split(NAME, ' ');
	struct store_box b = box_open();
	struct built built = build(&b, names);
	struct image_removal removal = {.by_id = true};
	struct layer_draft d = draft_on(&b, built.chain_ids);
	cleanup_fd int fd = upper_fd(&d);
	struct collected collected = {0};
	struct layer_drafted drafted;
	struct error err = ERROR_INIT;
	cleanup_strv char **left = NULL;

	box_file(fd, "more", "");
	drafted = commit(&b, &d, built.chain_ids, NULL);
	ck_assert_ok(image_remove(&b.engine, &built.record, NULL, &removal, &err), &err);
	ck_assert_ok(collect_all(&b.engine, false, &collected, &err), &err);
	ck_assert(layer_dir_exists(b.layers_fd, drafted.chain_id, single(&b)));
	layer_draft_release(&d);
	ck_assert_ok(collect_all(&b.engine, false, &collected, &err), &err);
	ck_assert_uint_eq(n_names(b.layers_fd), 1);
	ck_assert_ok(blobs_list(b.blobs_fd, &left, &err), &err);
	ck_assert_ptr_null(left);
	image_removal_release(&removal);
	layer_drafted_release(&drafted);
	built_release(&built);
	store_box_close(&b);
}
END_TEST

UNIT_MAIN("layer_draft", test_scratch, test_nothing, test_times, test_equal, test_refused,
	  test_top, test_image, test_blobs, test_damaged, test_removed)
