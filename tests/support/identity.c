/* SPDX-License-Identifier: Apache-2.0 */
/*
 * identity        ids and effective capabilities of this process
 * identity mmap F whether F, mapped, begins as it does when read
 * identity inotify how many inotify instances this process may have, at most 5000
 * identity processes, identity keys: how many of 15 processes, of 1000 keys it may have; all keep what
 * they got until they are killed
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/keyctl.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

static unsigned long effective(void)
{
	char line[256];
	unsigned long caps = ~0UL;
	FILE *f = fopen("/proc/self/status", "r");

	while (f && fgets(line, sizeof(line), f))
		(void)!sscanf(line, "CapEff: %lx", &caps);
	return caps;
}

static int compare_map(const char *path)
{
	char text[64] = "";
	int fd = open(path, O_RDONLY);
	ssize_t n = read(fd, text, sizeof(text));
	const char *map = mmap(NULL, 64, PROT_READ, MAP_PRIVATE, fd, 0);

	puts(n > 0 && map != MAP_FAILED && memcmp(map, text, (size_t)n) == 0
		     ? "same"
		     : "different");
	return 0;
}

static int keep(int n)
{
	printf("%d\n", n);
	fflush(stdout);
	pause();
	return 0;
}

static int count_inotify(void)
{
	struct rlimit files = {6000, 6000};
	int n = 0;

	(void)getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &files);
	while (n < 5000 && inotify_init() >= 0)
		n++;
	return keep(n);
}

static int count_processes(void)
{
	int n = 0;
	pid_t pid;

	while (n < 15 && (pid = fork()) >= 0) {
		if (pid == 0) {
			pause();
			_exit(0);
		}
		n++;
	}
	return keep(n);
}

static int count_keys(void)
{
	char name[32];
	int n = 0;

	do
		snprintf(name, sizeof(name), "cubby-test-%d", n);
	while (n < 1000 &&
	       syscall(SYS_add_key, "user", name, "x", 1, KEY_SPEC_PROCESS_KEYRING) >=
		       0 &&
	       ++n);
	return keep(n);
}

int main(int argc, char **argv)
{
	uid_t r, e, s;
	gid_t g, eg, sg;

	if (argc > 2 && strcmp(argv[1], "mmap") == 0)
		return compare_map(argv[2]);
	if (argc > 1 && strcmp(argv[1], "inotify") == 0)
		return count_inotify();
	if (argc > 1 && strcmp(argv[1], "processes") == 0)
		return count_processes();
	if (argc > 1 && strcmp(argv[1], "keys") == 0)
		return count_keys();
	(void)getresuid(&r, &e, &s);
	(void)getresgid(&g, &eg, &sg);
	printf("uid %u euid %u gid %u egid %u caps %lx\n", r, e, g, eg, effective());
	return 0;
}
