/* SPDX-License-Identifier: Apache-2.0 */
/*
 * measure N COMMAND [ARG...] - run COMMAND N times, one after the other, and print how
 * long each took from before the fork to after the wait, in nanoseconds, one a line.
 * Static and tiny, so that what is measured is the command, and so that it runs inside
 * any root file system.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long now_nsec(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void run(char **argv, int null_fd)
{
	dup2(null_fd, 0);
	dup2(null_fd, 1);
	execvp(argv[0], argv);
	fprintf(stderr, "measure: %s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

int main(int argc, char **argv)
{
	if (argc < 3)
		return 2;
	long n = strtol(argv[1], NULL, 10);
	int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	for (long i = 0; i < n; i++) {
		int status;
		long long start = now_nsec();
		pid_t pid = fork();
		if (pid == 0)
			run(argv + 2, null_fd);
		if (pid < 0 || waitpid(pid, &status, 0) != pid) {
			perror("measure");
			return 1;
		}
		long long end = now_nsec();
		if (status != 0) {
			fprintf(stderr, "measure: %s ended with status %#x\n", argv[2],
				status);
			return 1;
		}
		printf("%lld\n", end - start);
	}
	return 0;
}
