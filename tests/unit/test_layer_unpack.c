/* SPDX-License-Identifier: Apache-2.0 */
/* Unpacking a layer: owners, times, limits, what is told of it, the two processes. What layers may hold: test_layer_stories.c. */
#include <inttypes.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>

#include "image/blob_writer.h"
#include "image/hash.h"
#include "image/layer.h"
#include "image/layer_dirs.h"
#include "image/layer_ids.h"
#include "image/layer_name.h"
#include "layer_box.h"

/* The same in one id's mode, which an ordinary user has. */
START_TEST(test_single_id)
{
	struct layer_box box = layer_box_open();
	cleanup_layer_result struct layer_result result = {0};
	struct error err = ERROR_INIT;
	struct tar_box tar;
	struct stat st;

	layer_box_is_root();
	tar_box_init(&tar);
	tar_box_add(&tar, (struct tar_box_entry){
				  .name = "f", .uid = "0001750", .gid = "0000144"});
	tar_box_add(&tar,
		    (struct tar_box_entry){.name = "d", .type = '5', .uid = "0001751"});
	ck_assert_ok(layer_box_unpack(&box, &tar, LAYER_SINGLE_ID, &result, &err), &err);
	ck_assert_uint_eq(result.max_uid, 1001);
	ck_assert_uint_eq(result.max_gid, 100);
	ck_assert_int_eq(fstatat(box.root_fd, "f", &st, 0), 0);
	ck_assert_uint_eq(st.st_uid, 0);
	ck_assert_int_eq(fstatat(box.root_fd, "d", &st, 0), 0);
	ck_assert_uint_eq(st.st_uid, 0);
}
END_TEST

START_TEST(test_owners)
{
	struct layer_box box = layer_box_open();
	cleanup_layer_result struct layer_result result = {0};
	struct error err = ERROR_INIT;
	bool is_root = layer_box_is_root();
	struct tar_box tar;
	struct stat st;

	tar_box_init(&tar);
	tar_box_add(&tar, (struct tar_box_entry){.name = "f",
						 .uid = "0001750",
						 .gid = "0000144",
						 .mode = "0006755",
						 .content = "x"});
	tar_box_add(&tar,
		    (struct tar_box_entry){
			    .name = "l", .type = '2', .link = "f", .uid = "0000001"});
	tar_box_add(&tar, (struct tar_box_entry){.name = "d",
						 .type = '5',
						 .gid = "0000005",
						 .mode = "0002755"});
	tar_box_file(&tar, "d/f", "not of group 5");
	int r = layer_box_unpack(&box, &tar, 0, &result, &err);
	if (!is_root) {
		ck_assert_int_eq(r, -EOVERFLOW);
		ck_assert_int_eq(err.kind, ERR_INVALID);
		ck_assert_str_eq(err.text,
				 "the layer holds f owned by 1000:100, your map has "
				 "the user ids 0..0 only");
		ck_assert(strstr(err.hint, "usermod --add-subuids") != NULL);
		error_release(&err);
		return;
	}
	ck_assert_ok(r, &err);
	ck_assert_int_eq(fstatat(box.root_fd, "f", &st, 0), 0);
	ck_assert(st.st_uid == 1000 && st.st_gid == 100 && (st.st_mode & 07777) == 06755);
	ck_assert_int_eq(fstatat(box.root_fd, "l", &st, AT_SYMLINK_NOFOLLOW), 0);
	ck_assert(st.st_uid == 1 && st.st_gid == 0);
	ck_assert_int_eq(fstatat(box.root_fd, "d", &st, 0), 0);
	ck_assert(st.st_uid == 0 && st.st_gid == 5 && (st.st_mode & 07777) == 02755);
	ck_assert_int_eq(fstatat(box.root_fd, "d/f", &st, 0), 0);
	ck_assert(st.st_gid == 0);
	ck_assert_uint_eq(result.max_uid, 1000);
	ck_assert_uint_eq(result.max_gid, 100);
}
END_TEST

START_TEST(test_ids)
{
	static const struct {
		const char *map;
		uint32_t uid;
		bool ok;
		const char *range;
	} cases[] = {
		{"0 1000 1\n1 100000 65536\n", 65536, true, NULL},
		{"0 1000 1\n1 100000 65536\n", 65537, false, "0..65536 only"},
		{"1 100000 65536\n0 1000 1\n", 70000, false, "0..65536 only"},
		{"0 1000 1\n100 100000 10\n", 50, false, "0..0 only"},
		{"0 1000 1\n100 100000 10\n", 109, true, NULL},
		{"0 0 4294967295\n", 4294967294, true, NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_layer_ids struct layer_ids ids = {0};
		struct error err = ERROR_INIT;

		ck_assert_ok(layer_ids_parse(cases[i].map, &ids.uids, &ids.n_uids, &err),
			     &err);
		ck_assert_ok(
			layer_ids_parse("0 0 4294967295", &ids.gids, &ids.n_gids, &err),
			&err);
		int r = layer_ids_check(&ids, "a/b", cases[i].uid, 5, &err);
		ck_assert_int_eq(r, cases[i].ok ? 0 : -EOVERFLOW);
		if (r < 0)
			ck_assert_msg(strstr(err.text, cases[i].range) != NULL, "%s",
				      err.text);
		error_release(&err);
	}
}
END_TEST

START_TEST(test_scan)
{
	struct layer_box box = layer_box_open();
	cleanup_layer_result struct layer_result result = {0};
	cleanup_free char *listing = NULL;
	struct error err = ERROR_INIT;
	struct tar_box tar;

	tar_box_init(&tar);
	tar_box_dir(&tar, "./");
	tar_box_add(&tar, (struct tar_box_entry){
				  .name = "f", .uid = "0200000", .content = "x"});
	tar_box_hardlink(&tar, "h", "nothing");
	tar_box_file(&tar, ".wh.x", "");
	tar_box_add(&tar,
		    (struct tar_box_entry){.name = "p", .type = '6', .gid = "0000007"});
	ck_assert_ok(layer_box_unpack(&box, &tar, LAYER_SCAN, &result, &err), &err);
	listing = layer_box_list(&box);
	ck_assert_str_eq(listing, "");
	ck_assert_uint_eq(result.max_uid, 65536);
	ck_assert_uint_eq(result.max_gid, 7);
	ck_assert_uint_eq(result.n_entries, 5);
	ck_assert_uint_eq(result.disk_bytes, 0);
	ck_assert(result.root_entry);
}
END_TEST

START_TEST(test_times)
{
	struct layer_box box = layer_box_open();
	cleanup_layer_result struct layer_result result = {0};
	struct error err = ERROR_INIT;
	struct tar_box tar;
	struct stat st;
	static const struct {
		const char *name;
		int64_t sec;
		long nsec;
	} want[] = {{"d", 100, 0}, {"d/f", 1700000000, 123456789}, {"d/e", 7, 0},
		    {"d/l", 9, 0}, {"neg", -8, 250000000},         {".", 3, 0},
		    {"p", 6, 0}};

	layer_box_is_root();
	tar_box_init(&tar);
	tar_box_add(&tar, (struct tar_box_entry){.name = ".", .type = '5', .mtime = "3"});
	tar_box_add(&tar, (struct tar_box_entry){
				  .name = "d", .type = '5', .mtime = "00000000144"});
	tar_box_pax_text(&tar, "mtime", "1700000000.123456789");
	tar_box_file(&tar, "d/f", "x");
	tar_box_add(&tar,
		    (struct tar_box_entry){.name = "d/e", .type = '5', .mtime = "7"});
	tar_box_add(&tar,
		    (struct tar_box_entry){
			    .name = "d/l", .type = '2', .link = "x", .mtime = "11"});
	tar_box_add(&tar, (struct tar_box_entry){.name = "p", .type = '6', .mtime = "6"});
	tar_box_pax_text(&tar, "mtime", "-7.75");
	tar_box_file(&tar, "neg", "x");
	/* into a directory that was left long ago */
	tar_box_file(&tar, "d/e/late", "x");
	ck_assert_ok(layer_box_unpack(&box, &tar, 0, &result, &err), &err);
	for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
		ck_assert_int_eq(
			fstatat(box.root_fd, want[i].name, &st, AT_SYMLINK_NOFOLLOW), 0);
		ck_assert_msg(st.st_mtim.tv_sec == want[i].sec &&
				      st.st_mtim.tv_nsec == want[i].nsec,
			      "%s: %" PRId64 ".%09ld", want[i].name,
			      (int64_t)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
	}
}
END_TEST

static void check_xattr(int root_fd, const char *path, const char *name, const char *want)
{
	char value[64] = "";
	int fd = openat(root_fd, path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fgetxattr(fd, name, value, sizeof(value) - 1);

	close(fd);
	ck_assert_msg(want ? n >= 0 && str_eq(value, want) : n < 0, "%s of %s: %zd %s",
		      name, path, n, value);
}

START_TEST(test_xattrs)
{
	/* VFS_CAP_REVISION_2, cap_net_raw=ep */
	static const char capability[20] = {1, 0, 0, 2, 0, 0x20};
	struct layer_box box = layer_box_open();
	cleanup_layer_result struct layer_result result = {0};
	struct error err = ERROR_INIT;
	bool is_root = layer_box_is_root();
	struct tar_box tar;

	tar_box_init(&tar);
	tar_box_add(&tar,
		    (struct tar_box_entry){
			    .name = "x",
			    .type = 'x',
			    .content =
				    "27 SCHILY.xattr.user.a=one\n"
				    "38 SCHILY.xattr.user.overlay.opaque=y\n"
				    "41 SCHILY.xattr.trusted.overlay.opaque=y\n"
				    "39 SCHILY.xattr.security.selinux=bad_t\n"
				    "47 SCHILY.xattr.system.posix_acl_access=broken\n"});
	tar_box_dir(&tar, "d");
	tar_box_pax(&tar, "SCHILY.xattr.security.capability", capability,
		    sizeof(capability));
	tar_box_file(&tar, "f", "x");
	tar_box_pax_text(&tar, "SCHILY.xattr.user.overlay.redirect", "/etc");
	tar_box_file(&tar, "g", "x");
	tar_box_pax_text(&tar, "SCHILY.xattr.user.on", "a link is not possible");
	tar_box_symlink(&tar, "l", "f");
	ck_assert_ok(layer_box_unpack(&box, &tar, 0, &result, &err), &err);
	check_xattr(box.root_fd, "d", "user.a", "one");
	check_xattr(box.root_fd, "d", "user.overlay.opaque", NULL);
	check_xattr(box.root_fd, "d", "trusted.overlay.opaque", NULL);
	check_xattr(box.root_fd, "d", "security.selinux", NULL);
	check_xattr(box.root_fd, "g", "user.overlay.redirect", NULL);
	char value[64];
	int fd = openat(box.root_fd, "f", O_RDONLY | O_CLOEXEC);
	ssize_t n = fgetxattr(fd, "security.capability", value, sizeof(value));
	ck_assert_int_eq(n, is_root ? 20 : 20); /* as seen from inside the namespace */
	ck_assert(memcmp(value, capability, 20) == 0);

	tar_box_init(&tar);
	tar_box_pax_text(&tar, "SCHILY.xattr.security.capability", "malformed");
	tar_box_file(&tar, "h", "x");
	ck_assert_int_lt(layer_box_unpack(&box, &tar, 0, &result, &err), 0);
	ck_assert_int_eq(err.kind, ERR_INVALID);
	error_release(&err);
}
END_TEST

START_TEST(test_sparse)
{
	struct layer_box box = layer_box_open();
	cleanup_layer_result struct layer_result result = {0};
	struct error err = ERROR_INIT;
	struct tar_box tar;
	struct stat st;
	char text[16] = "";

	layer_box_is_root();
	tar_box_init(&tar);
	tar_box_add(&tar, (struct tar_box_entry){
				  .name = "x",
				  .type = 'x',
				  .content = "30 GNU.sparse.size=1000000000\n"
					     "38 GNU.sparse.map=0,3,100000000,2,5,0\n"});
	tar_box_file(&tar, "s", "abcde");
	ck_assert_int_lt(layer_box_unpack(&box, &tar, 0, &result, &err),
			 0); /* out of order */
	error_release(&err);
	tar_box_init(&tar);
	tar_box_add(&tar, (struct tar_box_entry){
				  .name = "x",
				  .type = 'x',
				  .content = "30 GNU.sparse.size=1000000000\n"
					     "34 GNU.sparse.map=0,3,100000000,2\n"});
	tar_box_file(&tar, "t", "abcde");
	ck_assert_ok(layer_box_unpack(&box, &tar, 0, &result, &err), &err);
	ck_assert_int_eq(fstatat(box.root_fd, "t", &st, 0), 0);
	ck_assert_int_eq(st.st_size, 1000000000);
	ck_assert_int_lt(st.st_blocks, 1000);
	int fd = openat(box.root_fd, "t", O_RDONLY | O_CLOEXEC);
	ck_assert_int_eq(pread(fd, text, 4, 99999998), 4);
	ck_assert(memcmp(text, "\0\0de", 4) == 0);
	ck_assert_int_eq(pread(fd, text, 4, 0), 4);
	ck_assert(memcmp(text, "abc\0", 4) == 0);
}
END_TEST

START_TEST(test_devices)
{
	struct layer_box box = layer_box_open();
	cleanup_layer_result struct layer_result result = {0}, skipped = {0};
	cleanup_free char *listing = NULL;
	struct error err = ERROR_INIT;

	layer_box_is_root();
	for (int list = 0; list < 2; list++) {
		struct tar_box tar;

		tar_box_init(&tar);
		tar_box_file(&tar, "dev/null", "replaced by a device");
		tar_box_add(&tar, (struct tar_box_entry){.name = "dev/null",
							 .type = '3',
							 .major = "1",
							 .minor = "3",
							 .mode = "666",
							 .gid = "5"});
		tar_box_add(&tar, (struct tar_box_entry){.name = "zero", .type = '3'});
		tar_box_add(&tar, (struct tar_box_entry){
					  .name = "sda", .type = '4', .major = "10"});
		ck_assert_ok(layer_box_unpack(&box, &tar, list ? LAYER_LIST_DEVICES : 0,
					      list ? &result : &skipped, &err),
			     &err);
	}
	ck_assert_uint_eq(skipped.n_devices, 0);
	ck_assert_uint_eq(skipped.n_skipped_devices, 3);
	ck_assert_uint_eq(result.n_skipped_devices, 1);
	ck_assert_uint_eq(result.n_devices, 2);
	ck_assert_str_eq(result.devices[0].path, "dev/null");
	ck_assert_uint_eq(result.devices[0].mode, S_IFCHR | 0666);
	ck_assert_uint_eq(result.devices[0].major, 1);
	ck_assert_uint_eq(result.devices[0].minor, 3);
	ck_assert_uint_eq(result.devices[0].gid, 5);
	ck_assert_uint_eq(result.devices[1].mode, S_IFBLK | 0644);
	listing = layer_box_list(&box);
	ck_assert_str_eq(listing, "d dev 755\n");
}
END_TEST

START_TEST(test_result)
{
	struct layer_box box = layer_box_open();
	cleanup_layer_result struct layer_result result = {0};
	cleanup_free char *digest = NULL, *large = xcalloc(1, 3 * 1024 * 1024);
	struct error err = ERROR_INIT;
	struct tar_box tar;
	uint64_t tar_size;

	layer_box_is_root();
	tar_box_init(&tar);
	tar_box_file(&tar, "a/b/f", "x");
	tar_box_dir(&tar, "a");
	tar_box_file(&tar, "c/g", "x");
	tar_box_file(&tar, "c", "no directory any more");
	tar_box_add(&tar, (struct tar_box_entry){.name = "large",
						 .content = large,
						 .content_len = 3 * 1024 * 1024});
	/* what follows the end belongs to the digest */
	tar_box_end(&tar);
	tar_box_bytes(&tar, large, 600 * 1024);
	tar_box_bytes(&tar, "the end", 7);
	ck_assert_ok(hash_text(tar.b.data, tar.b.len, &digest, &err), &err);
	tar_size = tar.b.len;
	ck_assert_ok(
		layer_box_unpack_bytes(&box, tar.b.data, tar.b.len, 0, &result, &err),
		&err);
	buf_release(&tar.b);
	ck_assert_str_eq(result.diff_id, digest);
	ck_assert_uint_eq(result.tar_size, tar_size);
	ck_assert_uint_eq(result.n_entries, 5);
	ck_assert_str_eq(result.compression, "none");
	ck_assert(!result.root_entry);
	ck_assert_uint_eq(strv_len(result.implied), 1);
	ck_assert_str_eq(result.implied[0], "a/b");
	/* the same as du's: directories, and files that were replaced counted once */
	struct stat st;
	uint64_t blocks = 0;
	static const char *const paths[] = {".", "a", "a/b", "a/b/f", "c", "large"};
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		ck_assert_int_eq(fstatat(box.root_fd, paths[i], &st, 0), 0);
		blocks += (uint64_t)st.st_blocks;
	}
	ck_assert_uint_eq(result.disk_bytes, blocks * 512);
}
END_TEST

static int unpack_limited(const struct layer_box *box, struct tar_box *tar,
			  struct layer_limits limits, struct error *err)
{
	cleanup_layer_result struct layer_result result = {0};
	cleanup_fd int fd =
		openat(box->top_fd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	struct layer_input in = {.fd = fd, .size = tar->b.len, .growth_fd = -EBADF};

	ck_assert_int_eq(write(fd, tar->b.data, tar->b.len), (ssize_t)tar->b.len);
	buf_release(&tar->b);
	return layer_unpack(box->root_fd, &in, &limits, 0, &result, err);
}

START_TEST(test_limits)
{
	struct layer_box box = layer_box_open();
	struct error err = ERROR_INIT;
	struct tar_box tar;

	layer_box_is_root();
	tar_box_init(&tar);
	for (int i = 0; i < 5; i++)
		tar_box_file(&tar, "f", "");
	ck_assert_int_lt(
		unpack_limited(&box, &tar, (struct layer_limits){.max_entries = 4}, &err),
		0);
	ck_assert_int_eq(err.kind, ERR_INVALID);
	ck_assert_str_eq(err.text,
			 "the layer has more than the 4 entries that are allowed");
	error_release(&err);

	tar_box_init(&tar);
	tar_box_file(&tar, "a/b/c/d/e/f/g", "");
	ck_assert_int_lt(
		unpack_limited(&box, &tar, (struct layer_limits){.max_entries = 4}, &err),
		0);
	ck_assert(strstr(err.text, "more than 4 directories") != NULL);
	error_release(&err);

	tar_box_init(&tar);
	for (int i = 0; i < 5; i++)
		tar_box_file(&tar, "f", "");
	ck_assert_int_lt(unpack_limited(&box, &tar,
					(struct layer_limits){.max_bytes = 2000}, &err),
			 0);
	ck_assert_int_eq(err.kind, ERR_INVALID);
	ck_assert_str_eq(err.text,
			 "the layer has more than the 2000 bytes that are allowed");
	error_release(&err);
}
END_TEST

/* A file that is said to be of 8 GiB. */
START_TEST(test_bomb)
{
	struct layer_box box = layer_box_open();
	struct error err = ERROR_INIT;
	struct tar_box tar;

	layer_box_is_root();
	tar_box_init(&tar);
	cleanup_free char *zeros = xcalloc(1, 8 << 20);
	tar_box_add(&tar, (struct tar_box_entry){.name = "bomb", .size = "77777777777"});
	tar_box_bytes(&tar, zeros, 8 << 20);
	ck_assert_int_lt(unpack_limited(&box, &tar,
					(struct layer_limits){.max_bytes = 1 << 20},
					&err),
			 0);
	ck_assert_int_eq(err.kind, ERR_INVALID);
	ck_assert_str_eq(err.text,
			 "the layer has more than the 1048576 bytes that are allowed");
	error_release(&err);
}
END_TEST

START_TEST(test_many_removals)
{
	struct layer_box box = layer_box_open();
	cleanup_layer_result struct layer_result result = {0};
	struct error err = ERROR_INIT;
	struct tar_box tar;

	layer_box_is_root();
	tar_box_init(&tar);
	for (int i = 0; i < 1500; i++) {
		tar_box_file(&tar, "d/f", "");
		tar_box_file(&tar, "d", "");
		tar_box_dir(&tar, "d");
	}
	ck_assert_int_lt(layer_box_unpack(&box, &tar, 0, &result, &err), 0);
	ck_assert_int_eq(err.kind, ERR_INVALID);
	ck_assert(strstr(err.text, "of its own directories") != NULL);
	error_release(&err);
}
END_TEST

/* A path as long as one may be, and one component too long. */
START_TEST(test_names)
{
	struct layer_box box = layer_box_open();
	cleanup_layer_result struct layer_result result = {0};
	cleanup_free char *name = xcalloc(1, 4096);
	struct error err = ERROR_INIT;
	struct tar_box tar;
	struct stat st;

	layer_box_is_root();
	for (size_t i = 0; i < 4095; i++)
		name[i] = i % 2 ? '/' : 'a';
	tar_box_init(&tar);
	tar_box_pax_text(&tar, "path", name);
	tar_box_file(&tar, "x", "deep");
	ck_assert_ok(layer_box_unpack(&box, &tar, 0, &result, &err), &err);
	ck_assert_int_eq(fstatat(box.root_fd, name, &st, 0), 0);
	ck_assert_int_eq(st.st_size, 4);
	ck_assert_uint_eq(strv_len(result.implied), 2047);

	memset(name, 'n', 256);
	name[256] = '\0';
	tar_box_init(&tar);
	tar_box_pax_text(&tar, "path", name);
	tar_box_file(&tar, "x", "");
	ck_assert_int_lt(layer_box_unpack(&box, &tar, 0, &result, &err), 0);
	ck_assert_int_eq(err.kind, ERR_INVALID);
	ck_assert(strstr(err.text, "a name of more than 255 bytes") != NULL);
	error_release(&err);
}
END_TEST

/* Cut off anywhere it is either refused or, between two entries, taken as its end. */
START_TEST(test_truncated)
{
	struct tar_box tar;
	layer_box_is_root();
	tar_box_init(&tar);
	tar_box_dir(&tar, "d");
	tar_box_file(&tar, "d/f", "text");
	tar_box_symlink(&tar, "l", "x");
	struct layer_box box = layer_box_open();
	for (size_t len = 1; len < tar.b.len; len += 37) {
		cleanup_layer_result struct layer_result result = {0};
		struct error err = ERROR_INIT;
		/* also in the padding behind the four bytes of d/f, which some writers leave out */
		bool whole =
			(len % 512 == 0 && len != 1024) || (len >= 1028 && len < 1536);
		int r = layer_box_unpack_bytes(&box, tar.b.data, len, 0, &result, &err);

		ck_assert_msg(r == 0 ? whole : !whole && err.kind == ERR_INVALID,
			      "%zu: %s", len, err.text);
		error_release(&err);
	}
	layer_box_check_outside(&box);
	buf_release(&tar.b);
}
END_TEST

static const char gzipped[] = /* a tar of one file "f", gzip -9n */
	"\037\213\010\000\000\000\000\000\002\003\113\143\240\075\060\000"
	"\002\063\023\023\060\015\004\350\064\110\026\211\015\022\067\063"
	"\064\064\144\120\060\240\203\333\030\112\213\113\022\213\200\126"
	"\062\214\114\220\221\232\223\223\317\305\060\012\106\301\050\030"
	"\005\243\140\204\001\000\074\045\023\320\000\010\000\000";

START_TEST(test_compressed)
{
	struct layer_box box = layer_box_open();
	cleanup_layer_result struct layer_result result = {0};
	cleanup_free char *listing = NULL;
	struct error err = ERROR_INIT;

	layer_box_is_root();
	ck_assert_ok(layer_box_unpack_bytes(&box, gzipped, sizeof(gzipped) - 1, 0,
					    &result, &err),
		     &err);
	listing = layer_box_list(&box);
	ck_assert_str_eq(listing, "f f 644 hello\n\n");
	ck_assert_str_eq(result.compression, "gzip");
	/* both processes: the sentence is that of the one that saw it first */
	for (size_t len = 3; len < sizeof(gzipped) - 1; len += 7) {
		cleanup_layer_result struct layer_result none = {0};
		int r = layer_box_unpack_bytes(&box, gzipped, len, 0, &none, &err);

		ck_assert_int_lt(r, 0);
		ck_assert_int_eq(err.kind, ERR_INVALID);
		ck_assert_msg(strstr(err.text, "cut off") != NULL, "%zu: %s", len,
			      err.text);
		error_release(&err);
	}
}
END_TEST

/* A blob that is written while it is unpacked; it grows in small steps. */
static pid_t grow(int fd, int growth_fd, const char *data, size_t len, bool complete)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	for (size_t at = 0; at < len;) {
		size_t n = len - at < 300 ? len - at : 300;
		uint64_t record;

		if (pwrite(fd, data + at, n, (off_t)at) != (ssize_t)n)
			_exit(1);
		at += n;
		record = at;
		if (write(growth_fd, &record, sizeof(record)) != sizeof(record))
			_exit(2);
	}
	uint64_t record = len | BLOB_GROWTH_COMPLETE;
	if (complete && write(growth_fd, &record, sizeof(record)) != sizeof(record))
		_exit(3);
	_exit(0);
}

START_TEST(test_growing)
{
	struct layer_box box = layer_box_open();
	struct error err = ERROR_INIT;

	layer_box_is_root();
	for (int complete = 0; complete < 2; complete++) {
		cleanup_layer_result struct layer_result result = {0};
		cleanup_fd int fd =
			openat(box.top_fd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
		struct tar_box tar;
		int growth[2], status;

		tar_box_init(&tar);
		for (int i = 0; i < 100; i++)
			tar_box_file(&tar, "f", "content");
		tar_box_end(&tar);
		ck_assert_int_eq(pipe2(growth, O_CLOEXEC), 0);
		pid_t pid = grow(fd, growth[1], tar.b.data, tar.b.len, complete);
		close(growth[1]);
		struct layer_input in = {
			.fd = fd, .size = tar.b.len, .growth_fd = growth[0]};
		int r = layer_unpack(box.root_fd, &in, NULL, 0, &result, &err);
		if (complete) {
			ck_assert_ok(r, &err);
			ck_assert_uint_eq(result.n_entries, 100);
		} else {
			ck_assert_int_lt(r, 0);
			ck_assert_int_eq(err.kind, ERR_UNAVAILABLE);
			ck_assert_str_eq(err.text,
					 "the download of the layer was given up");
			error_release(&err);
		}
		close(growth[0]);
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		ck_assert_int_eq(status, 0);
		buf_release(&tar.b);
	}
}
END_TEST

/* An error of the writing side ends the other, though it waits for a download. */
START_TEST(test_growing_refused)
{
	struct layer_box box = layer_box_open();
	cleanup_layer_result struct layer_result result = {0};
	cleanup_fd int fd = openat(box.top_fd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	struct error err = ERROR_INIT;
	struct tar_box tar;
	int growth[2];
	uint64_t record;

	layer_box_is_root();
	tar_box_init(&tar);
	tar_box_file(&tar, "../x", "");
	ck_assert_int_eq(write(fd, tar.b.data, tar.b.len), (ssize_t)tar.b.len);
	ck_assert_int_eq(pipe2(growth, O_CLOEXEC), 0);
	record = tar.b.len;
	ck_assert_int_eq(write(growth[1], &record, sizeof(record)), sizeof(record));
	struct layer_input in = {.fd = fd, .size = 100000, .growth_fd = growth[0]};
	ck_assert_int_lt(layer_unpack(box.root_fd, &in, NULL, 0, &result, &err), 0);
	ck_assert(strstr(err.text, "\"..\" in a name") != NULL);
	error_release(&err);
	buf_release(&tar.b);
}
END_TEST

static int die(struct error *err)
{
	raise(SIGKILL);
	return 0;
}

START_TEST(test_killed)
{
	struct layer_box box = layer_box_open();
	cleanup_layer_result struct layer_result result = {0};
	cleanup_fd int fd = openat(box.top_fd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	struct layer_input in = {.fd = fd, .growth_fd = -EBADF, .confine_stream = die};
	struct error err = ERROR_INIT;

	ck_assert_int_lt(layer_unpack(box.root_fd, &in, NULL, LAYER_SCAN, &result, &err),
			 0);
	ck_assert_str_eq(err.text, "decompress the layer: the process for it was killed");
	error_release(&err);
}
END_TEST

START_TEST(test_full)
{
	struct layer_box box = layer_box_open();
	cleanup_layer_result struct layer_result result = {0};
	cleanup_free char *path = xasprintf("%s/layer", unit_dir_path);
	cleanup_free char *large = xcalloc(1, 3 * 1024 * 1024);
	struct error err = ERROR_INIT;
	struct tar_box tar;

	layer_box_is_root();
	ck_assert_int_eq(unshare(CLONE_NEWNS), 0);
	ck_assert_int_eq(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	ck_assert_int_eq(mount("none", path, "tmpfs", 0, "size=1m"), 0);
	close(box.root_fd);
	/* by its path: top_fd is of the namespace before */
	box.root_fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	tar_box_init(&tar);
	tar_box_add(&tar, (struct tar_box_entry){.name = "d/large",
						 .content = large,
						 .content_len = 3 * 1024 * 1024});
	ck_assert_int_eq(layer_box_unpack(&box, &tar, 0, &result, &err), -ENOSPC);
	ck_assert_int_eq(err.kind, ERR_SYSTEM);
	ck_assert(strstr(err.hint, "cubby image prune") != NULL);
	ck_assert_message(&err, "write d/large: no space left on device");
	close(box.root_fd);
	ck_assert_int_eq(umount(path), 0);
}
END_TEST

START_TEST(test_dirs)
{
	struct layer_dirs dirs;
	struct layer_dir *item;
	struct error err = ERROR_INIT;
	char name[32];

	layer_dirs_init(&dirs);
	for (int round = 0; round < 2; round++)
		for (int i = 0; i < 5000; i++) {
			int len = snprintf(name, sizeof(name), "d%d/e%d", i % 70, i);

			ck_assert_ok(
				layer_dirs_get(&dirs, name, (size_t)len, &item, &err),
				&err);
			ck_assert_int_eq(item->mode, round ? i % 07777 : 0);
			item->mode = (uint16_t)(i % 07777);
			ck_assert_str_eq(layer_dirs_path(&dirs, item), name);
		}
	ck_assert_uint_eq(dirs.n, 5000);
	layer_dirs_forget(&dirs, "d7", 2);
	cleanup_strv char **implied = NULL;
	ck_assert_ok(layer_dirs_implied(&dirs, &implied, &err), &err);
	ck_assert_uint_eq(strv_len(implied), 5000 - 72);
	layer_dirs_release(&dirs);
}
END_TEST

START_TEST(test_result_text)
{
	char *implied[] = {(char *)"a/b", (char *)"caf\xc3\xa9", (char *)"latin\xe9 1%",
			   NULL};
	struct layer_device device = {
		.path = (char *)"dev/\xff", .mode = S_IFCHR, .major = 1};
	struct layer_result result = {
		.diff_id =
			(char *)"sha256:"
				"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
		.implied = implied,
		.devices = &device,
		.n_devices = 1,
		.compression = (char *)"gzip"};
	cleanup_layer_result struct layer_result back = {0};
	cleanup_free char *text = layer_result_text(&result);
	struct error err = ERROR_INIT;

	ck_assert_ok(layer_result_parse(text, strlen(text), &back, &err), &err);
	for (size_t i = 0; implied[i]; i++)
		ck_assert_str_eq(back.implied[i], implied[i]);
	ck_assert_str_eq(back.devices[0].path, device.path);
}
END_TEST

int main(void)
{
	const TTest *const single[] = {
		test_single_id,
		test_owners,
		test_ids,
		test_scan,
		test_times,
		test_xattrs,
		test_sparse,
		test_devices,
		test_result,
		test_limits,
		test_bomb,
		test_many_removals,
		test_names,
		test_truncated,
		test_compressed,
		test_growing,
		test_growing_refused,
		test_killed,
		test_dirs,
		test_result_text,
		test_full,
	};
	Suite *suite = suite_create("layer_unpack");
	TCase *tcase = tcase_create("layer_unpack");

	tcase_set_timeout(tcase, 60);
	for (size_t i = 0; i < ARRAY_SIZE(single); i++)
		tcase_add_test(tcase, single[i]);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
