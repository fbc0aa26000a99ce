/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why these tests exist: a filter is believed by the kernel, not by us. They load real
 * filters into children and look at what these can still do; and they read profiles as
 * Docker's and podman's users write them, with everything that can be wrong in them. What
 * a filter decides is test_seccomp_bpf's.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/seccomp.h"
#include "spec/spec.h"
#include "util/fd.h"
#include "util/fs.h"
#include "util/mem.h"
#include "util/str.h"

#define MESSAGE "{\"ociVersion\":\"1.2.0\"}"

/* Run fn in a child; it returns 0, or the number of the line that failed. */
static void in_child(int (*fn)(void *), void *data)
{
	pid_t pid = fork();
	int status;

	ck_assert_int_ge(pid, 0);
	if (!pid)
		_exit(fn(data) ? 1 : 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "child: status 0x%x",
		      status);
}

#define EXPECT(condition)                                                       \
	do {                                                                    \
		if (!(condition)) {                                             \
			dprintf(2, "%s:%d: %s, errno %d\n", __FILE__, __LINE__, \
				#condition, errno);                             \
			return __LINE__;                                        \
		}                                                               \
	} while (0)

/* A call fails with this errno. */
#define FAILS(call, code) (errno = 0, (call) < 0 && errno == (code))

static int load(const struct seccomp_filter *filter)
{
	struct error err = ERROR_INIT;
	int r = seccomp_filter_load(filter, -EBADF, NULL, 0, &err);

	if (r < 0)
		dprintf(2, "%s\n", err.text);
	return r;
}

#if defined(__x86_64__)
/* A 32-bit system call from a 64-bit program. */
static long call_32(long number, long arg)
{
	long result;

	__asm__ volatile("int $0x80" : "=a"(result) : "a"(number), "b"(arg) : "memory");
	return result;
}
#endif

static int under_default(void *data)
{
	EXPECT(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	EXPECT(load(data) == 0);
	EXPECT(getppid() > 0);
	EXPECT(FAILS(unshare(CLONE_NEWUTS), EPERM));
	EXPECT(FAILS(mount("none", "/", NULL, MS_REMOUNT, NULL), EPERM));
	EXPECT(FAILS(syscall(SYS_clone3, NULL, 0), ENOSYS));
	EXPECT(FAILS(syscall(467, 0), ENOSYS));
	EXPECT(FAILS(syscall(9999, 0), ENOSYS));
	EXPECT(FAILS(syscall(425, 1, NULL), EPERM)); /* io_uring_setup */
	EXPECT(FAILS(socket(38, SOCK_SEQPACKET, 0), EPERM));
	EXPECT(FAILS(socket(40, SOCK_STREAM, 0), EPERM));
	EXPECT(socket(AF_UNIX, SOCK_STREAM, 0) >= 0);
	EXPECT(FAILS(personality(0x0040000), EPERM)); /* ADDR_NO_RANDOMIZE */
	EXPECT(personality(0xffffffff) >= 0);
#if defined(__x86_64__)
	EXPECT(call_32(20, 0) == getpid() || call_32(20, 0) == -ENOSYS);
	EXPECT(call_32(310, CLONE_NEWUTS) == -EPERM || call_32(20, 0) == -ENOSYS);
#endif
	return 0;
}

START_TEST(default_filter_holds_a_process)
{
	struct error err = ERROR_INIT;
	struct seccomp_filter filter;

	ck_assert_int_eq(seccomp_compile_default(0, -EBADF, &filter, &err), 0);
	ck_assert(!filter.notifies);
	in_child(under_default, &filter);
	seccomp_filter_release(&filter);
}
END_TEST

static int becomes_root_of_a_namespace(void *data)
{
	EXPECT(unshare(CLONE_NEWUSER) == 0);
	/* No no_new_privs: CAP_SYS_ADMIN in one's own user namespace is enough. */
	EXPECT(load(data) == 0);
	EXPECT(FAILS(unshare(CLONE_NEWUTS), EPERM));
	return 0;
}

START_TEST(filter_without_no_new_privs_needs_only_the_namespace)
{
	struct error err = ERROR_INIT;
	struct seccomp_filter filter;

	ck_assert_int_eq(seccomp_compile_default(0, -EBADF, &filter, &err), 0);
	in_child(becomes_root_of_a_namespace, &filter);
	seccomp_filter_release(&filter);
}
END_TEST

static int without_privilege(void *data)
{
	struct error err = ERROR_INIT;

	EXPECT(geteuid() != 0 || setuid(65534) == 0);
	EXPECT(seccomp_filter_load(data, -EBADF, NULL, 0, &err) == -EACCES);
	EXPECT(str_eq(err.text, "load seccomp filter"));
	EXPECT(err.hint && strstr(err.hint, "no_new_privileges"));
	error_release(&err);
	return 0;
}

START_TEST(filter_without_any_privilege_says_what_is_missing)
{
	struct error err = ERROR_INIT;
	struct seccomp_filter filter;

	ck_assert_int_eq(seccomp_compile_default(0, -EBADF, &filter, &err), 0);
	in_child(without_privilege, &filter);
	seccomp_filter_release(&filter);
}
END_TEST

/* Profiles as files. */
static struct spec_seccomp *parse(const char *text, uint64_t capabilities)
{
	struct error err = ERROR_INIT;
	struct spec_seccomp *profile = NULL;
	int r = seccomp_profile_parse(text, strlen(text), capabilities, &profile, &err);

	ck_assert_msg(r == 0, "%s", err.text);
	return profile;
}

static int with_flags(void *data)
{
	EXPECT(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	EXPECT(load(data) == 0);
	EXPECT(FAILS(syscall(SYS_mkdirat, -1, NULL, 0), ENXIO));
	return 0;
}

START_TEST(every_flag_can_be_loaded)
{
	static const char *const texts[] = {
		"{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"flags\":[\"SECCOMP_FILTER_FLAG_TSYNC\"],"
		"\"syscalls\":[{\"names\":[\"mkdirat\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":6}]}",
		"{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"flags\":[\"SECCOMP_FILTER_FLAG_LOG\","
		"\"SECCOMP_FILTER_FLAG_SPEC_ALLOW\"],"
		"\"syscalls\":[{\"names\":[\"mkdirat\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":6}]}",
		"{\"defaultAction\":\"SCMP_ACT_ALLOW\","
		"\"flags\":[\"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV\"],"
		"\"syscalls\":[{\"names\":[\"mkdirat\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":6}]}",
	};
	struct spec_seccomp *profile = parse(texts[_i], 0);
	struct error err = ERROR_INIT;
	struct seccomp_filter filter;

	ck_assert_int_eq(seccomp_compile(profile, -EBADF, &filter, &err), 0);
	ck_assert_uint_ne(filter.flags, 0);
	in_child(with_flags, &filter);
	seccomp_filter_release(&filter);
	spec_seccomp_free(profile);
}
END_TEST

struct notified {
	struct seccomp_filter filter;
	int sockets[2];
};

/* The child's side: mkdir(2) is answered by the parent, and sendmsg(2) and wait4(2) are
 * too, which whoever sends the listener must not depend on. */
static int asks_listener(void *data)
{
	struct notified *n = data;
	struct error err = ERROR_INIT;

	EXPECT(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	EXPECT(seccomp_filter_load(&n->filter, n->sockets[1], MESSAGE, strlen(MESSAGE),
				   &err) == 0);
	EXPECT(syscall(SYS_mkdirat, AT_FDCWD, "/nowhere/at/all", 0755) == 77);
	/* The listener is not left open here. */
	for (int fd = 3; fd < 64; fd++) {
		char link[64] = "", path[32];

		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		if (readlink(path, link, sizeof(link) - 1) > 0)
			EXPECT(!strstr(link, "seccomp notify"));
	}
	/* The sockets are still: the helper closed its own copies only. */
	EXPECT(fcntl(n->sockets[1], F_GETFD) >= 0);
	return 0;
}

static void answer(int listener_fd)
{
	struct seccomp_notif request = {0};
	struct seccomp_notif_resp response = {0};

	ck_assert_int_eq(ioctl(listener_fd, SECCOMP_IOCTL_NOTIF_RECV, &request), 0);
	ck_assert_int_eq(request.data.nr, SYS_mkdirat);
	response.id = request.id;
	response.val = 77;
	ck_assert_int_eq(ioctl(listener_fd, SECCOMP_IOCTL_NOTIF_SEND, &response), 0);
}

START_TEST(listener_reaches_its_socket)
{
	static const char *const texts[] = {
		"{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"mkdirat\","
		"\"sendmsg\",\"wait4\",\"close\",\"munmap\"],\"action\":\"SCMP_ACT_NOTIFY\"}]}",
		"{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"flags\":[\"SECCOMP_FILTER_FLAG_TSYNC\","
		"\"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV\"],"
		"\"syscalls\":[{\"names\":[\"mkdirat\"],\"action\":\"SCMP_ACT_NOTIFY\"}]}",
	};
	struct spec_seccomp *profile = parse(texts[_i], 0);
	struct error err = ERROR_INIT;
	struct notified n = {0};
	char data[64] = "";
	int fds[FD_PASS_MAX], status;
	size_t n_fds = FD_PASS_MAX;
	pid_t pid;

	ck_assert_int_eq(seccomp_compile(profile, -EBADF, &n.filter, &err), 0);
	ck_assert(n.filter.notifies);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, n.sockets),
			 0);
	pid = fork();
	if (!pid)
		_exit(asks_listener(&n) ? 1 : 0);
	close(n.sockets[1]);
	ck_assert_int_eq(fd_recv(n.sockets[0], data, sizeof(data), fds, &n_fds),
			 strlen(MESSAGE));
	ck_assert_str_eq(data, MESSAGE);
	ck_assert_uint_eq(n_fds, 1);
	answer(fds[0]);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(status == 0, "child: status 0x%x", status);
	seccomp_filter_release(&n.filter);
	spec_seccomp_free(profile);
}
END_TEST

static int helper_is_nobodys_child(void *data)
{
	struct notified *n = data;
	struct error err = ERROR_INIT;

	EXPECT(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	EXPECT(seccomp_filter_load(&n->filter, n->sockets[1], MESSAGE, strlen(MESSAGE),
				   &err) == 0);
	for (int i = 0; i < 1000 && waitpid(-1, NULL, WNOHANG) == 0; i++)
		usleep(1000);
	EXPECT(FAILS(waitpid(-1, NULL, WNOHANG), ECHILD));
	return 0;
}

START_TEST(helper_leaves_no_zombie)
{
	struct spec_seccomp *profile = parse(
		"{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"mkdirat\"],"
		"\"action\":\"SCMP_ACT_NOTIFY\"}]}",
		0);
	struct error err = ERROR_INIT;
	struct notified n = {0};

	ck_assert_int_eq(seccomp_compile(profile, -EBADF, &n.filter, &err), 0);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, n.sockets),
			 0);
	in_child(helper_is_nobodys_child, &n);
	seccomp_filter_release(&n.filter);
	spec_seccomp_free(profile);
}
END_TEST

static int listener_nowhere(void *data)
{
	struct notified *n = data;
	struct error err = ERROR_INIT;

	EXPECT(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	EXPECT(seccomp_filter_load(&n->filter, -EBADF, NULL, 0, &err) < 0);
	EXPECT(str_eq(err.text,
		      "seccomp profile has SCMP_ACT_NOTIFY but no listenerPath"));
	error_release(&err);
	EXPECT(seccomp_filter_load(&n->filter, n->sockets[1], MESSAGE, strlen(MESSAGE),
				   &err) == -EPIPE);
	EXPECT(str_eq(err.text, "send seccomp listener to its socket"));
	error_release(&err);
	return 0;
}

START_TEST(listener_without_anyone_is_an_error)
{
	struct spec_seccomp *profile = parse(
		"{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"mkdirat\"],"
		"\"action\":\"SCMP_ACT_NOTIFY\"}]}",
		0);
	struct error err = ERROR_INIT;
	struct notified n = {0};

	ck_assert_int_eq(seccomp_compile(profile, -EBADF, &n.filter, &err), 0);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, n.sockets),
			 0);
	close(n.sockets[0]);
	in_child(listener_nowhere, &n);
	seccomp_filter_release(&n.filter);
	spec_seccomp_free(profile);
}
END_TEST

/* Docker's format. */
#define DOCKER(rules) "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[" rules "]}"
#define RULE(rest)    "{\"names\":[\"acct\"],\"action\":\"SCMP_ACT_ALLOW\"," rest "}"

START_TEST(conditions_of_dockers_format)
{
	static const struct {
		const char *text;
		uint64_t capabilities;
		size_t n_rules;
	} cases[] =
	{ {DOCKER(RULE("\"comment\":\"\",\"args\":[],\"includes\":{},\"excludes\":{}")),
	   0, 1},
	  {DOCKER(RULE("\"args\":null,\"includes\":null,\"excludes\":null")), 0, 1},
	  {DOCKER(RULE("\"includes\":{\"caps\":[\"CAP_SYS_ADMIN\"]}")), 0, 0},
	  {DOCKER(RULE("\"includes\":{\"caps\":[\"CAP_SYS_ADMIN\"]}")),
	   1 << CAP_SYS_ADMIN, 1},
	  {DOCKER(RULE("\"includes\":{\"caps\":[\"CAP_SYS_ADMIN\",\"CAP_CHOWN\"]}")),
	   1 << CAP_SYS_ADMIN, 0},
	  {DOCKER(RULE("\"includes\":{\"caps\":[\"CAP_FROM_THE_FUTURE\"]}")), UINT64_MAX,
	   0},
	  {DOCKER(RULE("\"excludes\":{\"caps\":[\"CAP_SYS_ADMIN\",\"CAP_CHOWN\"]}")),
	   1 << CAP_SYS_ADMIN, 0},
	  {DOCKER(RULE("\"excludes\":{\"caps\":[\"CAP_SYS_ADMIN\"]}")), 1 << CAP_CHOWN,
	   1},
	  {DOCKER(RULE("\"includes\":{\"minKernel\":\"4.8\"}")), 0, 1},
	  {DOCKER(RULE("\"includes\":{\"minKernel\":\"99.0\"}")), 0, 0},
	  {DOCKER(RULE("\"excludes\":{\"minKernel\":\"4.8\"}")), 0, 0},
	  {DOCKER(RULE("\"excludes\":{\"minKernel\":\"99.0\"}")), 0, 1},
#if defined(__x86_64__)
	  {DOCKER(RULE("\"includes\":{\"arches\":[\"amd64\",\"x32\"]}")), 0, 1},
	  {DOCKER(RULE("\"includes\":{\"arches\":[\"arm64\"]}")), 0, 0},
	  {DOCKER(RULE("\"excludes\":{\"arches\":[\"s390\",\"s390x\"]}")), 0, 1},
	  {DOCKER(RULE("\"excludes\":{\"arches\":[\"amd64\"]}")), 0, 0},
#endif
	  {DOCKER("{\"name\":\"acct\",\"action\":\"SCMP_ACT_ALLOW\",\"args\":[]}"), 0, 1},
	  {DOCKER(RULE("\"errno\":\"\"")), 0, 1},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct spec_seccomp *profile =
			parse(cases[i].text, cases[i].capabilities);

		ck_assert_msg(profile->n_syscalls == cases[i].n_rules, "%s: %zu rules",
			      cases[i].text, profile->n_syscalls);
		for (size_t j = 0; j < profile->n_syscalls; j++)
			ck_assert_str_eq(profile->syscalls[j].names[0], "acct");
		spec_seccomp_free(profile);
	}
}
END_TEST

START_TEST(architectures_of_dockers_format)
{
	static const char text[] =
		"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"archMap\":["
		"{\"architecture\":\"SCMP_ARCH_AARCH64\",\"subArchitectures\":[\"SCMP_ARCH_ARM\"]},"
		"{\"architecture\":\"SCMP_ARCH_X86_64\","
		"\"subArchitectures\":[\"SCMP_ARCH_X86\",\"SCMP_ARCH_X32\"]},"
		"{\"architecture\":\"SCMP_ARCH_RISCV64\",\"subArchitectures\":null}]}";
	struct spec_seccomp *profile = parse(text, 0);

#if defined(__x86_64__)
	ck_assert_uint_eq(strv_len(profile->architectures), 3);
	ck_assert_str_eq(profile->architectures[0], "SCMP_ARCH_X86_64");
	ck_assert_str_eq(profile->architectures[2], "SCMP_ARCH_X32");
#endif
	spec_seccomp_free(profile);
}
END_TEST

START_TEST(errno_by_name)
{
	struct spec_seccomp *profile =
		parse("{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrno\":\"ENOSYS\","
		      "\"defaultErrnoRet\":38,\"syscalls\":[{\"names\":[\"socket\"],"
		      "\"action\":\"SCMP_ACT_ERRNO\",\"errno\":\"EINVAL\"}]}",
		      0);

	ck_assert_uint_eq(profile->default_errno_ret, ENOSYS);
	ck_assert(profile->syscalls[0].has_errno_ret);
	ck_assert_uint_eq(profile->syscalls[0].errno_ret, EINVAL);
	spec_seccomp_free(profile);
}
END_TEST

START_TEST(wrong_profiles_are_refused_with_their_path)
{
	static const struct {
		const char *text, *want; /* the beginning of the sentence */
	} cases[] = {
		{"", "seccomp profile"},
		{"[]", "seccomp: expected an object, got "},
		{"{\"syscalls\":[]}", "seccomp"},
		{"{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":{}}",
		 "seccomp.syscalls: expected an array, got an object"},
		{DOCKER("\"acct\""),
		 "seccomp.syscalls[0]: expected an object, got \"acct\""},
		{DOCKER("{\"name\":\"a\",\"names\":[\"b\"],\"action\":\"SCMP_ACT_ALLOW\"}"),
		 "seccomp.syscalls[0]: both name and names are there"},
		{DOCKER(RULE("\"includes\":[]")),
		 "seccomp.syscalls[0].includes: expected an object, got an array"},
		{DOCKER(RULE("\"includes\":{\"caps\":7}")),
		 "seccomp.syscalls[0].includes.caps: expected"},
		{DOCKER(RULE("\"excludes\":{\"arches\":[7]}")),
		 "seccomp.syscalls[0].excludes.arches"},
		{DOCKER(RULE("\"excludes\":{\"minKernel\":\"four\"}")),
		 "seccomp.syscalls[0].excludes.minKernel: expected a kernel version such "
		 "as \"4.8\", got \"four\""},
		{DOCKER(RULE("\"errno\":\"EWRONG\"")),
		 "seccomp.syscalls[0].errno: expected the name of an errno, got "
		 "\"EWRONG\""},
		{"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrno\":\"EPERM\","
		 "\"defaultErrnoRet\":38}",
		 "seccomp.defaultErrno is EPERM, but defaultErrnoRet is 38"},
		{"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"archMap\":[],"
		 "\"architectures\":[\"SCMP_ARCH_X86\"]}",
		 NULL},
		{"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"architectures\":[\"SCMP_ARCH_X86\"],"
		 "\"archMap\":[{\"architecture\":\"SCMP_ARCH_X86_64\"}]}",
		 "seccomp: both architectures and archMap are there"},
		{"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"archMap\":[7]}",
		 "seccomp.archMap[0]"},
		{DOCKER("{\"names\":[\"acct\"],\"action\":\"SCMP_ACT_ALOW\"}"),
		 "seccomp.syscalls[0].action"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct error err = ERROR_INIT;
		struct spec_seccomp *profile = NULL;
		int r = seccomp_profile_parse(cases[i].text, strlen(cases[i].text), 0,
					      &profile, &err);

		if (!cases[i].want) {
			ck_assert_msg(r == 0, "%s", err.text);
		} else {
			ck_assert_msg(r < 0, "%s", cases[i].text);
			ck_assert_msg(strstr(err.text, cases[i].want), "%s", err.text);
			ck_assert_ptr_null(profile);
		}
		error_release(&err);
		spec_seccomp_free(profile);
	}
}
END_TEST

/* The cache. */
struct cache {
	char path[64];
	int dirfd;
};

static void cache_open(struct cache *cache)
{
	strcpy(cache->path, "/tmp/test_seccomp.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(cache->path));
	cache->dirfd = open(cache->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(cache->dirfd, 0);
}

static void cache_close(struct cache *cache)
{
	struct error err = ERROR_INIT;

	close(cache->dirfd);
	ck_assert_int_eq(fs_remove_tree(AT_FDCWD, cache->path, &err), 0);
}

/* The name of the only file in it; caller frees. NULL if there is none. */
static char *cache_file(const struct cache *cache)
{
	cleanup_dir DIR *dir = opendir(cache->path);
	char *name = NULL;

	for (struct dirent *d; (d = readdir(dir));) {
		if (d->d_name[0] == '.')
			continue;
		ck_assert_ptr_null(name);
		name = xstrdup(d->d_name);
	}
	return name;
}

static struct seccomp_filter compile_default(uint64_t capabilities, int dirfd)
{
	struct error err = ERROR_INIT;
	struct seccomp_filter filter;
	int r = seccomp_compile_default(capabilities, dirfd, &filter, &err);

	ck_assert_msg(r == 0, "%s", err.text);
	return filter;
}

static bool same_filter(const struct seccomp_filter *a, const struct seccomp_filter *b)
{
	return a->n_insns == b->n_insns && a->flags == b->flags &&
	       a->notifies == b->notifies &&
	       !memcmp(a->insns, b->insns, a->n_insns * sizeof(*a->insns));
}

START_TEST(cache_gives_the_same_program)
{
	struct seccomp_filter plain = compile_default(0, -EBADF), first, second;
	struct cache cache;
	struct stat before, after;
	char *name;

	cache_open(&cache);
	first = compile_default(0, cache.dirfd);
	name = cache_file(&cache);
	ck_assert_ptr_nonnull(name);
	ck_assert_int_eq(fstatat(cache.dirfd, name, &before, 0), 0);
	ck_assert_uint_eq(before.st_mode & 0777, 0600);
	/* A capability that the profile does not ask about makes no second file. */
	second = compile_default(1ULL << CAP_CHOWN, cache.dirfd);
	free(name);
	name = cache_file(&cache);
	ck_assert_int_eq(fstatat(cache.dirfd, name, &after, 0), 0);
	ck_assert_uint_eq(before.st_ino, after.st_ino);
	ck_assert(same_filter(&plain, &first));
	ck_assert(same_filter(&plain, &second));
	seccomp_filter_release(&plain);
	seccomp_filter_release(&first);
	seccomp_filter_release(&second);
	free(name);
	cache_close(&cache);
}
END_TEST

/* What somebody else could have written, or what is damaged, is not believed. */
static void spoil(int dirfd, const char *name, int how)
{
	cleanup_fd int fd = openat(dirfd, name, O_RDWR | O_CLOEXEC);
	off_t size = lseek(fd, 0, SEEK_END);
	char byte;

	switch (how) {
	case 0: /* the last instruction: of a profile that allows all */
		ck_assert_int_eq(pwrite(fd, "\0\0\xff\x7f", 4, size - 4), 4);
		break;
	case 1: /* inside the key */
		ck_assert_int_eq(pread(fd, &byte, 1, 60), 1);
		byte ^= 1;
		ck_assert_int_eq(pwrite(fd, &byte, 1, 60), 1);
		break;
	case 2:
		ck_assert_int_eq(ftruncate(fd, size - 8), 0);
		break;
	case 3:
		ck_assert_int_eq(ftruncate(fd, 0), 0);
		break;
	case 4:
		ck_assert_int_eq(fchmod(fd, 0660), 0);
		break;
	case 5:
		ck_assert_int_eq(renameat(dirfd, name, dirfd, ".other"), 0);
		ck_assert_int_eq(symlinkat(".other", dirfd, name), 0);
		break;
	case 6:
		ck_assert_int_eq(unlinkat(dirfd, name, 0), 0);
		ck_assert_int_eq(mkfifoat(dirfd, name, 0600), 0);
		break;
	case 7:
		if (geteuid() == 0)
			ck_assert_int_eq(fchown(fd, 65534, 65534), 0);
		break;
	default:
		ck_abort();
	}
}
#define N_SPOILS 8

START_TEST(spoilt_cache_files_are_replaced)
{
	struct seccomp_filter plain = compile_default(0, -EBADF), again;
	struct cache cache;
	struct stat st;
	char *name;

	cache_open(&cache);
	again = compile_default(0, cache.dirfd);
	seccomp_filter_release(&again);
	name = cache_file(&cache);
	spoil(cache.dirfd, name, _i);
	again = compile_default(0, cache.dirfd);
	ck_assert(same_filter(&plain, &again));
	ck_assert_int_eq(fstatat(cache.dirfd, name, &st, AT_SYMLINK_NOFOLLOW), 0);
	ck_assert(S_ISREG(st.st_mode) && (st.st_mode & 0777) == 0600 &&
		  st.st_uid == geteuid());
	seccomp_filter_release(&plain);
	seccomp_filter_release(&again);
	free(name);
	cache_close(&cache);
}
END_TEST

START_TEST(each_profile_has_its_own_file)
{
	static const char *const texts[] = {
		"{\"defaultAction\":\"SCMP_ACT_ALLOW\"}",
		"{\"defaultAction\":\"SCMP_ACT_LOG\"}",
		"{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"flags\":[\"SECCOMP_FILTER_FLAG_LOG\"]}",
		"{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"architectures\":[\"SCMP_ARCH_X86\"]}",
		"{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":["
		"{\"names\":[\"mkdir\",\"acct\"],\"action\":\"SCMP_ACT_ERRNO\"}]}",
		"{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":["
		"{\"names\":[\"mkdir\",\"acct\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":0}]}",
		"{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":["
		"{\"names\":[\"mkdir\",\"acct\"],\"action\":\"SCMP_ACT_ERRNO\",\"args\":["
		"{\"index\":1,\"value\":2,\"op\":\"SCMP_CMP_EQ\"}]}]}",
	};
	struct cache cache;
	cleanup_dir DIR *dir = NULL;
	size_t n = 0;

	cache_open(&cache);
	for (size_t i = 0; i < 2 * ARRAY_SIZE(texts); i++) {
		struct spec_seccomp *profile = parse(texts[i % ARRAY_SIZE(texts)], 0);
		struct error err = ERROR_INIT;
		struct seccomp_filter cached, plain;

		ck_assert_int_eq(seccomp_compile(profile, cache.dirfd, &cached, &err), 0);
		ck_assert_int_eq(seccomp_compile(profile, -EBADF, &plain, &err), 0);
		ck_assert(same_filter(&cached, &plain));
		seccomp_filter_release(&cached);
		seccomp_filter_release(&plain);
		spec_seccomp_free(profile);
	}
	dir = opendir(cache.path);
	for (struct dirent *d; (d = readdir(dir));)
		n += d->d_name[0] != '.';
	ck_assert_uint_eq(n, ARRAY_SIZE(texts));
	cache_close(&cache);
}
END_TEST

START_TEST(cache_that_cannot_be_written_is_no_error)
{
	struct seccomp_filter plain = compile_default(0, -EBADF), filter;
	int dirfd = open("/proc/self", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	filter = compile_default(0, dirfd);
	ck_assert(same_filter(&plain, &filter));
	seccomp_filter_release(&plain);
	seccomp_filter_release(&filter);
	close(dirfd);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("seccomp");
	TCase *loading = tcase_create("load"), *files = tcase_create("profile"),
	      *caching = tcase_create("cache");
	SRunner *runner;
	int failed;

	tcase_add_test(loading, default_filter_holds_a_process);
	tcase_add_test(loading, filter_without_no_new_privs_needs_only_the_namespace);
	tcase_add_test(loading, filter_without_any_privilege_says_what_is_missing);
	tcase_add_loop_test(loading, every_flag_can_be_loaded, 0, 3);
	tcase_add_loop_test(loading, listener_reaches_its_socket, 0, 2);
	tcase_add_test(loading, helper_leaves_no_zombie);
	tcase_add_test(loading, listener_without_anyone_is_an_error);
	tcase_add_test(files, conditions_of_dockers_format);
	tcase_add_test(files, architectures_of_dockers_format);
	tcase_add_test(files, errno_by_name);
	tcase_add_test(files, wrong_profiles_are_refused_with_their_path);
	tcase_add_test(caching, cache_gives_the_same_program);
	tcase_add_loop_test(caching, spoilt_cache_files_are_replaced, 0, N_SPOILS);
	tcase_add_test(caching, each_profile_has_its_own_file);
	tcase_add_test(caching, cache_that_cannot_be_written_is_no_error);
	suite_add_tcase(suite, loading);
	suite_add_tcase(suite, files);
	suite_add_tcase(suite, caching);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
