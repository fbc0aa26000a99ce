/* SPDX-License-Identifier: Apache-2.0 */
/*
 * usage COMMAND [ARG...] - run COMMAND and print on stderr how long it took and how much CPU time it and all
 * that it started used, both in microseconds. What it leaves running is counted as far as it is.
 * Static, so that it runs inside any root file system.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_DEPTH 16

static long long now_usec(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

static long long usec(struct timeval t)
{
	return t.tv_sec * 1000000LL + t.tv_usec;
}

/* CPU time of a live process and of its children that it has waited for. Source: proc(5). */
static long long cpu_of(pid_t pid)
{
	char path[64], line[1024] = "";
	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	FILE *f = fopen(path, "re");
	if (!f)
		return 0;
	char *end = fgets(line, sizeof(line), f) ? strrchr(line, ')') : NULL;
	fclose(f);
	long long t[4] = {0};
	if (!end ||
	    sscanf(end + 2,
		   "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lld %lld %lld %lld",
		   &t[0], &t[1], &t[2], &t[3]) != 4)
		return 0;
	return (t[0] + t[1] + t[2] + t[3]) * (1000000 / sysconf(_SC_CLK_TCK));
}

static long long cpu_below(pid_t pid, int depth)
{
	char path[64];
	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", pid, pid);
	FILE *f = fopen(path, "re");
	if (!f || depth > MAX_DEPTH)
		return 0;
	long long sum = 0;
	int child;
	while (fscanf(f, "%d", &child) == 1)
		sum += cpu_of(child) + cpu_below(child, depth + 1);
	fclose(f);
	return sum;
}

int main(int argc, char **argv)
{
	if (argc < 2)
		return 2;
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	long long start = now_usec();
	pid_t pid = fork();
	if (pid == 0) {
		execvp(argv[1], argv + 1);
		fprintf(stderr, "usage: %s: %s\n", argv[1], strerror(errno));
		_exit(127);
	}
	int status = 0;
	if (pid < 0 || waitpid(pid, &status, 0) != pid) {
		perror("usage");
		return 1;
	}
	long long wall = now_usec() - start;
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	struct rusage r;
	getrusage(RUSAGE_CHILDREN, &r);
	long long cpu = usec(r.ru_utime) + usec(r.ru_stime) + cpu_below(getpid(), 0);
	fprintf(stderr, "usage: %lld %lld\n", wall, cpu);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 125;
}
