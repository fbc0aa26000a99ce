/* SPDX-License-Identifier: Apache-2.0 */
/* A fuzz target as an ordinary test: each file of the folders in argv is one input. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "util/buf.h"
#include "util/cleanup.h"
#include "util/fd.h"
#include "util/mem.h"

#define INPUT_LEN_MAX (1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay_file(int dirfd, const char *name)
{
	cleanup_buf struct buf b;
	cleanup_fd int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC);

	buf_init(&b, INPUT_LEN_MAX);
	int r = fd < 0 ? -errno : fd_read_all(fd, &b);
	if (r < 0) {
		fprintf(stderr, "%s: %s\n", name, strerror(-r));
		return r;
	}
	/* A copy of exactly this length, so that a sanitizer sees reads past its end. */
	cleanup_free char *input = xmemdup(b.len ? b.data : "", b.len);
	fprintf(stderr, "%s\n", name); /* the last line, if it crashes */
	LLVMFuzzerTestOneInput((const uint8_t *)input, b.len);
	return 0;
}

static int replay_dir(const char *path, size_t *n)
{
	cleanup_dir DIR *dir = opendir(path);
	int result = 0;

	if (!dir) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return -errno;
	}
	for (struct dirent *entry; (entry = readdir(dir));) {
		if (entry->d_name[0] == '.')
			continue;
		int r = replay_file(dirfd(dir), entry->d_name);
		result = r < 0 ? r : result;
		(*n)++;
	}
	return result;
}

int main(int argc, char **argv)
{
	size_t n = 0;
	int result = EXIT_SUCCESS;

	for (int i = 1; i < argc; i++)
		if (replay_dir(argv[i], &n) < 0)
			result = EXIT_FAILURE;
	if (!n) {
		fprintf(stderr, "no inputs\n");
		return EXIT_FAILURE;
	}
	printf("%zu inputs\n", n);
	return result;
}
