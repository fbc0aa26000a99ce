/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why these tests exist: who a process is after execve(2) is decided by the kernel out of
 * many small steps whose order matters. Each test lets a real child go through them, as
 * the machine's root (when the tests are run by root) and as root of a user namespace,
 * executes a program and reads back what /proc/self/status says of it. How programs are
 * found and refused is test_program's.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/process.h"
#include "spec/spec.h"
#include "util/fd.h"
#include "util/fs.h"
#include "util/mem.h"
#include "util/str.h"

#define BIT(cap) (1ULL << (cap))
#define TEXT_MAX 8192

enum mode { AS_ROOT, IN_NAMESPACE, N_MODES };

/* What a child does and what it leaves behind. */
struct child {
	struct spec_process process;
	const struct seccomp_filter *filter;
	bool keep_groups;
	int keep_fds;
	int (*before)(struct child *); /* in the child, before anything else */
	char text[TEXT_MAX]; /* its standard output, then its error as "error: ..." */
};

static char *const env[] = {(char[]){"PATH=/usr/bin:/bin"}, NULL};
static char *const read_status[] = {(char[]){"cat"}, (char[]){"/proc/self/status"}, NULL};

static int finish(struct child *c, struct error *err)
{
	struct process_filter filter = {.filter = c->filter,
					.listener_socket_fd = -EBADF};
	struct process_plan plan;
	struct process_exec x = {
		.plan = &plan, .filter = &filter, .keep_fds = c->keep_fds};
	int r;

	x.proc_dirfd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (c->before && c->before(c) < 0)
		return error_set(err, ERR_SYSTEM, errno, "before");
	r = process_plan_build(&c->process, NULL, &plan, err);
	if (r < 0)
		return r;
	plan.keep_groups = c->keep_groups;
	r = process_apply_limits(&plan, 0, x.proc_dirfd, err);
	return r < 0 ? r : process_finish(&x, err);
}

static void child_main(struct child *c, int out_fd, int go_fd, enum mode mode)
{
	struct error err = ERROR_INIT;
	char byte;

	if (mode == IN_NAMESPACE) {
		if (unshare(CLONE_NEWUSER) < 0 || write(out_fd, "N", 1) != 1 ||
		    read(go_fd, &byte, 1) != 1)
			_exit(3);
		if (setgid(0) < 0 || setuid(0) < 0)
			_exit(4);
	}
	dup2(out_fd, 1);
	finish(c, &err);
	cleanup_free char *message = error_message(&err);
	dprintf(1, "error: %s\n%s%s", message, err.hint ? "hint: " : "",
		err.hint ? err.hint : "");
	_exit(error_exit_status(&err));
}

static void map_ids(pid_t pid)
{
	static const char *const files[] = {"setgroups", "gid_map", "uid_map"};

	for (size_t i = 0; i < 3; i++) {
		cleanup_free char *path = xasprintf("/proc/%d/%s", pid, files[i]);
		cleanup_free char *line =
			i ? xasprintf("0 %u %u",
				      geteuid() ? (i == 2 ? geteuid() : getegid())
						: 100000,
				      geteuid() ? 1 : 65536)
			  : xstrdup(geteuid() ? "deny" : "allow");
		cleanup_fd int fd = open(path, O_WRONLY | O_CLOEXEC);

		ck_assert_int_eq(fd_write_all(fd, line, strlen(line)), 0);
	}
}

/* Return: exit status. */
static int run(struct child *c, enum mode mode)
{
	int out[2], go[2], status;
	size_t len = 0;
	ssize_t n;
	pid_t pid;

	ck_assert_int_eq(pipe2(out, O_CLOEXEC), 0);
	ck_assert_int_eq(pipe2(go, O_CLOEXEC), 0);
	if (!c->process.args)
		c->process.args = (char **)read_status;
	if (!c->process.env)
		c->process.env = (char **)env;
	pid = fork();
	if (!pid)
		child_main(c, out[1], go[0], mode);
	close(out[1]);
	close(go[0]);
	if (mode == IN_NAMESPACE) {
		ck_assert_int_eq(read(out[0], c->text, 1), 1);
		map_ids(pid);
		ck_assert_int_eq(write(go[1], "G", 1), 1);
	}
	while (len < TEXT_MAX - 1 &&
	       (n = read(out[0], c->text + len, TEXT_MAX - 1 - len)) > 0)
		len += n;
	c->text[len] = '\0';
	close(out[0]);
	close(go[1]);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFEXITED(status), "status 0x%x: %s", status, c->text);
	return WEXITSTATUS(status);
}

/* A mode that this user can't have is left out. */
static bool can(enum mode mode)
{
	return mode == IN_NAMESPACE || geteuid() == 0;
}

/* The value of a line of /proc/self/status, up to the end of the line. */
static const char *field(const struct child *c, const char *name)
{
	static char value[256];
	cleanup_free char *key = xasprintf("\n%s:", name);
	const char *at = strstr(c->text, key);
	size_t len;

	ck_assert_msg(at, "no %s in: %s", name, c->text);
	at += strlen(key);
	at += strspn(at, " \t");
	len = strcspn(at, "\n");
	ck_assert_uint_lt(len, sizeof(value));
	memcpy(value, at, len);
	value[len] = '\0';
	return value;
}

static uint64_t set(const struct child *c, const char *name)
{
	return strtoull(field(c, name), NULL, 16);
}

static char **cap_names(uint64_t mask)
{
	char **v = NULL;

	for (int cap = 0; cap < 64; cap++) {
		if (mask >> cap & 1)
			strv_add(&v, capability_name(cap));
	}
	return v;
}

static void set_caps(struct spec_capabilities *caps,
		     const struct process_capabilities *masks)
{
	*caps = (struct spec_capabilities){
		.bounding = cap_names(masks->bounding),
		.effective = cap_names(masks->effective),
		.inheritable = cap_names(masks->inheritable),
		.permitted = cap_names(masks->permitted),
		.ambient = cap_names(masks->ambient),
	};
}

static void free_caps(struct spec_capabilities *caps)
{
	strv_free(caps->bounding);
	strv_free(caps->effective);
	strv_free(caps->inheritable);
	strv_free(caps->permitted);
	strv_free(caps->ambient);
}

#define SOME (BIT(CAP_CHOWN) | BIT(CAP_KILL) | BIT(CAP_NET_BIND_SERVICE))
#define BIND BIT(CAP_NET_BIND_SERVICE)

static const struct {
	const char *name;
	unsigned int uid;
	struct process_capabilities asked, want;
} cap_cases[] = {
	{"root with none", 0, {0}, {0}},
	{"root with some",
	 0,
	 {.bounding = SOME, .permitted = SOME, .effective = SOME},
	 {.bounding = SOME, .permitted = SOME, .effective = SOME}},
	{"root with more bounding than permitted: execve(2) gives it all",
	 0,
	 {.bounding = SOME},
	 {.bounding = SOME, .permitted = SOME, .effective = SOME}},
	{"user with some: only the bounding set outlives execve(2)",
	 1000,
	 {.bounding = SOME, .permitted = SOME, .effective = SOME},
	 {.bounding = SOME}},
	{"user with inheritable ones gets none (CVE-2022-29162)",
	 1000,
	 {.bounding = SOME, .permitted = SOME, .effective = SOME, .inheritable = BIND},
	 {.bounding = SOME, .inheritable = BIND}},
	{"user with an ambient one",
	 1000,
	 {.bounding = SOME,
	  .permitted = SOME,
	  .effective = SOME,
	  .inheritable = BIND,
	  .ambient = BIND},
	 {.bounding = SOME,
	  .permitted = BIND,
	  .effective = BIND,
	  .inheritable = BIND,
	  .ambient = BIND}},
	{"ambient but not inheritable has no effect",
	 1000,
	 {.bounding = SOME, .permitted = SOME, .effective = SOME, .ambient = BIND},
	 {.bounding = SOME}},
};

static void check_sets(const struct child *c, const struct process_capabilities *want,
		       const char *name)
{
	ck_assert_msg(set(c, "CapBnd") == want->bounding, "%s: %s", name, c->text);
	ck_assert_msg(set(c, "CapPrm") == want->permitted, "%s: %s", name, c->text);
	ck_assert_msg(set(c, "CapEff") == want->effective, "%s: %s", name, c->text);
	ck_assert_msg(set(c, "CapInh") == want->inheritable, "%s: %s", name, c->text);
	ck_assert_msg(set(c, "CapAmb") == want->ambient, "%s: %s", name, c->text);
}

/* With a filter or without, with no_new_privs or without: the capabilities are the same.
 */
static void run_cap_case(size_t i, enum mode mode, bool no_new_privs,
			 const struct seccomp_filter *filter)
{
	struct spec_capabilities caps;
	struct child c = {
		.process = {.user = {.uid = cap_cases[i].uid, .gid = cap_cases[i].uid},
			    .capabilities = &caps,
			    .no_new_privileges = no_new_privs},
		.filter = filter,
		.keep_groups = geteuid() != 0};
	int status;

	/* With it execve(2) gives root nothing new. */
	if (no_new_privs && cap_cases[i].asked.bounding && !cap_cases[i].asked.permitted)
		return;
	/* A plain user's namespace has but one id. */
	if (geteuid() && cap_cases[i].uid)
		return;
	set_caps(&caps, &cap_cases[i].asked);
	status = run(&c, mode);
	ck_assert_msg(status == 0, "%s: %s", cap_cases[i].name, c.text);
	check_sets(&c, &cap_cases[i].want, cap_cases[i].name);
	ck_assert_str_eq(field(&c, "NoNewPrivs"), no_new_privs ? "1" : "0");
	ck_assert_str_eq(field(&c, "Seccomp"), filter ? "2" : "0");
	free_caps(&caps);
}

START_TEST(capabilities_after_exec)
{
	struct error err = ERROR_INIT;
	struct seccomp_filter filter;

	if (!can(_i))
		return;
	ck_assert_int_eq(seccomp_compile_default(0, -EBADF, &filter, &err), 0);
	for (size_t i = 0; i < ARRAY_SIZE(cap_cases); i++) {
		run_cap_case(i, _i, false, NULL);
		run_cap_case(i, _i, true, NULL);
		run_cap_case(i, _i, false, &filter);
		run_cap_case(i, _i, true, &filter);
	}
	seccomp_filter_release(&filter);
}
END_TEST

static void expect_no_capabilities(const struct child *c)
{
	static const char *const sets[] = {"CapInh", "CapPrm", "CapEff", "CapBnd",
					   "CapAmb"};

	for (size_t i = 0; i < ARRAY_SIZE(sets); i++)
		ck_assert_msg(set(c, sets[i]) == 0, "%s: %s", sets[i], c->text);
}

START_TEST(without_capabilities_object_there_are_none)
{
	struct error err = ERROR_INIT;
	struct seccomp_filter filter;

	if (!can(_i))
		return;
	ck_assert_int_eq(seccomp_compile_default(0, -EBADF, &filter, &err), 0);
	for (int with_filter = 0; with_filter < 2; with_filter++) {
		struct child root = {.filter = with_filter ? &filter : NULL,
				     .keep_groups = geteuid() != 0};
		struct child user = {.process = {.user = {.uid = 1000, .gid = 1000}},
				     .filter = with_filter ? &filter : NULL};

		ck_assert_msg(run(&root, _i) == 0, "%s", root.text);
		expect_no_capabilities(&root);
		if (geteuid())
			continue;
		ck_assert_msg(run(&user, _i) == 0, "%s", user.text);
		expect_no_capabilities(&user);
	}
	seccomp_filter_release(&filter);
}
END_TEST

static int drop_kill_from_bounding(struct child *c)
{
	return prctl(PR_CAPBSET_DROP, CAP_KILL, 0, 0, 0);
}

START_TEST(what_the_bounding_set_lacks_is_not_asked_for)
{
	struct process_capabilities asked = {.bounding = SOME,
					     .permitted = SOME,
					     .effective = SOME,
					     .inheritable = SOME,
					     .ambient = SOME},
				    want;
	struct spec_capabilities caps;
	struct child c = {.process = {.capabilities = &caps},
			  .before = drop_kill_from_bounding,
			  .keep_groups = geteuid() != 0};
	uint64_t left = SOME & ~BIT(CAP_KILL);

	if (!can(_i))
		return;
	set_caps(&caps, &asked);
	ck_assert_msg(run(&c, _i) == 0, "%s", c.text);
	want = (struct process_capabilities){left, left, left, left, left};
	check_sets(&c, &want, "");
	free_caps(&caps);
}
END_TEST

START_TEST(effective_but_not_permitted_is_refused)
{
	struct process_capabilities asked = {.bounding = SOME, .effective = BIND};
	struct spec_capabilities caps;
	struct child c = {.process = {.capabilities = &caps}};

	set_caps(&caps, &asked);
	ck_assert_int_eq(run(&c, IN_NAMESPACE), 125);
	ck_assert_str_eq(c.text,
			 "error: process.capabilities.effective: CAP_NET_BIND_SERVICE is "
			 "not in permitted\n");
	free_caps(&caps);
}
END_TEST

START_TEST(ids_groups_and_umask)
{
	uint32_t groups[] = {4, 27};
	struct child c = {.process = {.user = {.uid = 1000,
					       .gid = 1001,
					       .has_umask = true,
					       .umask = 027,
					       .additional_gids = groups,
					       .n_additional_gids = 2}}};

	if (!can(_i) || geteuid())
		return;
	ck_assert_msg(run(&c, _i) == 0, "%s", c.text);
	/* /proc shows the ids as this process, outside, has them. */
	if (_i == AS_ROOT) {
		ck_assert_str_eq(field(&c, "Uid"), "1000\t1000\t1000\t1000");
		ck_assert_str_eq(field(&c, "Gid"), "1001\t1001\t1001\t1001");
		ck_assert_str_eq(field(&c, "Groups"), "4 27 ");
	}
	ck_assert_str_eq(field(&c, "Umask"), "0027");
}
END_TEST

START_TEST(no_groups_asked_for_means_none)
{
	struct child c = {0};

	if (!can(_i) || geteuid())
		return;
	ck_assert_msg(run(&c, _i) == 0, "%s", c.text);
	ck_assert_str_eq(field(&c, "Groups"), "");
}
END_TEST

START_TEST(an_id_without_mapping_is_named)
{
	struct child c = {.process = {.user = {.uid = 70000}},
			  .keep_groups = geteuid() != 0};

	ck_assert_int_eq(run(&c, IN_NAMESPACE), 125);
	ck_assert_str_eq(
		c.text,
		"error: become user 70000: invalid argument\n"
		"hint: user 70000 has no mapping in the container's user namespace: "
		"map it or choose another user");
}
END_TEST

static int deny_setgroups(struct child *c)
{
	return unshare(CLONE_NEWUSER); /* nested, and without any map */
}

START_TEST(denied_setgroups_is_explained)
{
	struct child c = {.before = deny_setgroups};

	ck_assert_int_eq(run(&c, IN_NAMESPACE), 125);
	ck_assert_msg(
		strstr(c.text,
		       "error: set supplementary groups: operation not permitted") ==
			c.text,
		"%s", c.text);
	ck_assert_ptr_nonnull(strstr(c.text, "hint: it needs CAP_SETGID"));
}
END_TEST

/* Limits, which the parent sets on a waiting child. */
static const struct process_plan empty_plan;

static pid_t waiting_child(void)
{
	pid_t pid = fork();

	if (!pid) {
		pause();
		_exit(0);
	}
	return pid;
}

static void end_child(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static int apply_limits(const struct spec_process *process, pid_t pid, struct error *err)
{
	cleanup_fd int proc_dirfd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct process_plan plan = empty_plan;
	int r = process_plan_build(process, NULL, &plan, err);

	return r < 0 ? r : process_apply_limits(&plan, pid, proc_dirfd, err);
}

START_TEST(limits_of_a_waiting_child)
{
	struct spec_rlimit rlimits[] = {{(char[]){"RLIMIT_NOFILE"}, 64, 32},
					{(char[]){"RLIMIT_CORE"}, 0, 0}};
	struct spec_scheduler scheduler = {.policy = (char[]){"SCHED_BATCH"}, .nice = 3};
	struct spec_io_priority io = {.class = (char[]){"IOPRIO_CLASS_BE"},
				      .priority = 6};
	struct spec_process process = {.rlimits = rlimits,
				       .n_rlimits = 2,
				       .scheduler = &scheduler,
				       .io_priority = &io,
				       .has_oom_score_adj = true,
				       .oom_score_adj = 777};
	struct error err = ERROR_INIT;
	pid_t pid = waiting_child();
	struct rlimit limit;
	char *path = xasprintf("/proc/%d/oom_score_adj", pid), *text;
	size_t len;
	int r = apply_limits(&process, pid, &err);

	ck_assert_msg(r == 0, "%s: %d", err.text, err.code);
	/* lowered by process_finish(), when nothing is left to be set up */
	ck_assert_int_eq(prlimit(pid, RLIMIT_NOFILE, NULL, &limit), 0);
	ck_assert_uint_gt(limit.rlim_max, 64);
	ck_assert_int_eq(fs_read(AT_FDCWD, path, 32, &text, &len, &err), 0);
	ck_assert_str_eq(text, "777\n");
	ck_assert_int_eq(sched_getscheduler(pid), SCHED_BATCH);
	ck_assert_int_eq(getpriority(PRIO_PROCESS, pid), 3);
	ck_assert_int_eq(syscall(SYS_ioprio_get, 1, pid), 2 << 13 | 6);
	end_child(pid);
	free(path);
	free(text);
}
END_TEST

START_TEST(own_limits)
{
	struct spec_process process = {.has_oom_score_adj = true, .oom_score_adj = 900};
	struct error err = ERROR_INIT;
	size_t len;
	char *text;

	ck_assert_int_eq(apply_limits(&process, 0, &err), 0);
	ck_assert_int_eq(
		fs_read(AT_FDCWD, "/proc/self/oom_score_adj", 32, &text, &len, &err), 0);
	ck_assert_str_eq(text, "900\n");
	free(text);
}
END_TEST

/* Without CAP_SYS_RESOURCE: as any user, and as root here and there. */
static int lose_resource(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {0};

	return syscall(SYS_capset, &header, data);
}

START_TEST(a_limit_that_cannot_be_raised_is_explained)
{
	struct rlimit low = {100, 200};
	struct spec_rlimit rlimit = {(char[]){"RLIMIT_NOFILE"}, 300, 300};
	struct spec_process process = {.rlimits = &rlimit, .n_rlimits = 1};
	struct error err = ERROR_INIT;
	cleanup_free char *message = NULL;

	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &low), 0);
	ck_assert_int_eq(lose_resource(), 0);
	ck_assert_int_eq(apply_limits(&process, 0, &err), -EPERM);
	message = error_message(&err);
	ck_assert_str_eq(
		message,
		"raise RLIMIT_NOFILE to 300 (it is 200): operation not permitted");
	ck_assert_str_eq(
		err.hint,
		"only a process with CAP_SYS_RESOURCE may raise a hard limit: ask for at "
		"most 200, or have root put 'USER hard nofile 300' into "
		"/etc/security/limits.conf, log in again and check with 'ulimit -Hn'");
	ck_assert_int_eq(err.kind, ERR_DENIED);
	error_release(&err);
	/* Within the hard limit nothing is needed. */
	rlimit.hard = rlimit.soft = 200;
	ck_assert_int_eq(apply_limits(&process, 0, &err), 0);
}
END_TEST

START_TEST(oom_score_that_cannot_be_lowered_is_explained)
{
	struct spec_process process = {.has_oom_score_adj = true, .oom_score_adj = 500};
	struct error err = ERROR_INIT;

	ck_assert_int_eq(apply_limits(&process, 0, &err), 0);
	ck_assert_int_eq(lose_resource(), 0);
	process.oom_score_adj = -900;
	ck_assert_int_eq(apply_limits(&process, 0, &err), -EACCES);
	ck_assert_str_eq(err.text, "set oom_score_adj to -900");
	ck_assert_ptr_nonnull(strstr(err.hint, "CAP_SYS_RESOURCE"));
	error_release(&err);
}
END_TEST

START_TEST(affinity_is_set_from_a_list)
{
	struct error err = ERROR_INIT;
	cpu_set_t cpus;
	static const char *const wrong[] = {"",   "a",  "3-1",   "0,",
					    "-1", "0-", "0-1-2", "99999"};

	ck_assert_int_eq(process_set_affinity(0, "0", &err), 0);
	ck_assert_int_eq(sched_getaffinity(0, sizeof(cpus), &cpus), 0);
	ck_assert_int_eq(CPU_COUNT(&cpus), 1);
	ck_assert_int_eq(process_set_affinity(0, "0-7,4090", &err), 0);
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		ck_assert_int_eq(process_set_affinity(0, wrong[i], &err), -EINVAL);
		ck_assert_ptr_nonnull(strstr(err.text, "expected a list of CPUs"));
		error_release(&err);
	}
	ck_assert_int_eq(process_set_affinity(0, "8000", &err), -EINVAL);
	ck_assert_str_eq(err.text, "run on CPUs 8000");
	error_release(&err);
}
END_TEST

START_TEST(personality_is_taken)
{
	struct spec_personality linux32 = {.domain = (char[]){"LINUX32"}};
	struct spec_process process = {.user = {.uid = geteuid(), .gid = getegid()}};
	struct error err = ERROR_INIT;
	struct process_plan plan;

	ck_assert_int_eq(process_plan_build(&process, &linux32, &plan, &err), 0);
	plan.keep_groups = true;
	ck_assert_int_eq(process_apply_identity(&plan, -EBADF, &err), 0);
	ck_assert_int_eq(personality(0xffffffff), 8);
}
END_TEST

/* Wrong words are errors before anything exists. */
START_TEST(wrong_words_are_refused_with_their_path)
{
	struct spec_rlimit rlimits[] = {{(char[]){"RLIMIT_NOFILE"}, 5, 5},
					{(char[]){"RLIMIT_NOFILE"}, 5, 5}};
	struct spec_rlimit unknown = {(char[]){"RLIMIT_HATS"}, 5, 5};
	struct spec_rlimit crossed = {(char[]){"RLIMIT_CORE"}, 5, 6};
	struct spec_scheduler iso = {.policy = (char[]){"SCHED_ISO"}};
	char *flags[] = {(char[]){"SCHED_FLAG_NONE"}, NULL};
	struct spec_scheduler flag = {.policy = (char[]){"SCHED_OTHER"}, .flags = flags};
	struct spec_io_priority io = {.class = (char[]){"IOPRIO_CLASS_BE"},
				      .priority = 8};
	char *caps_list[] = {(char[]){"CAP_HATS"}, (char[]){"CAP_KILL"}, NULL};
	struct spec_capabilities caps = {.effective = caps_list};
	const struct {
		struct spec_process process;
		const char *want;
	} cases[] = {
		{{.rlimits = rlimits, .n_rlimits = 2},
		 "process.rlimits[1]: RLIMIT_NOFILE is there twice"},
		{{.rlimits = &unknown, .n_rlimits = 1},
		 "process.rlimits[0].type: unknown limit \"RLIMIT_HATS\""},
		{{.rlimits = &crossed, .n_rlimits = 1},
		 "process.rlimits[0]: soft limit 6 of RLIMIT_CORE is above its hard limit 5"},
		{{.scheduler = &iso},
		 "process.scheduler.policy: Linux has no policy \"SCHED_ISO\""},
		{{.scheduler = &flag},
		 "process.scheduler.flags: unknown flag \"SCHED_FLAG_NONE\""},
		{{.io_priority = &io},
		 "process.ioPriority.priority: expected 0 to 7, got 8"},
		{{.capabilities = &caps},
		 "process.capabilities.effective: CAP_KILL is not in permitted"},
		{{.has_oom_score_adj = true, .oom_score_adj = 1001},
		 "process.oomScoreAdj: expected -1000 to 1000, got 1001"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct error err = ERROR_INIT;
		struct process_plan plan;

		ck_assert_int_lt(process_plan_build(&cases[i].process, NULL, &plan, &err),
				 0);
		ck_assert_str_eq(err.text, cases[i].want);
		error_release(&err);
	}
}
END_TEST

START_TEST(labels_need_their_module)
{
	struct spec_process apparmor = {.apparmor_profile = (char[]){"web"}};
	struct spec_process unconfined = {.apparmor_profile = (char[]){"unconfined"}};
	struct spec_process selinux = {.selinux_label = (char[]){"a:b:c:s0"}};
	struct error err = ERROR_INIT;
	struct process_plan plan;

	ck_assert_int_eq(process_plan_build(&unconfined, NULL, &plan, &err), 0);
	if (access("/sys/module/apparmor/parameters/enabled", F_OK) < 0) {
		ck_assert_ptr_null(plan.apparmor_profile);
		ck_assert_int_lt(process_plan_build(&apparmor, NULL, &plan, &err), 0);
		ck_assert_str_eq(
			err.text,
			"use AppArmor profile \"web\": this host has no AppArmor");
		ck_assert_int_eq(err.kind, ERR_UNSUPPORTED);
		error_release(&err);
	}
	if (access("/sys/fs/selinux/enforce", F_OK) < 0) {
		ck_assert_int_lt(process_plan_build(&selinux, NULL, &plan, &err), 0);
		ck_assert_str_eq(
			err.text,
			"use SELinux label \"a:b:c:s0\": this host has no SELinux");
		ck_assert_int_eq(err.kind, ERR_UNSUPPORTED);
		error_release(&err);
	}
}
END_TEST

/* CVE-2019-16884: what the container calls /proc need not be one. */
START_TEST(proc_must_be_proc)
{
	struct spec_process process = {.has_oom_score_adj = true};
	struct process_plan plan;
	struct error err = ERROR_INIT;
	cleanup_fd int dirfd = open("/tmp", O_PATH | O_DIRECTORY | O_CLOEXEC);

	ck_assert_int_eq(process_plan_build(&process, NULL, &plan, &err), 0);
	ck_assert_int_lt(process_apply_limits(&plan, 0, dirfd, &err), 0);
	ck_assert_str_eq(err.text,
			 "set oom_score_adj to 0: open proc/oom_score_adj: not on a proc "
			 "file system");
	error_release(&err);
}
END_TEST

START_TEST(capability_names)
{
	int number = -1;

	ck_assert_int_eq(capability_parse("CAP_NET_ADMIN", &number), 0);
	ck_assert_int_eq(number, CAP_NET_ADMIN);
	ck_assert_int_eq(capability_parse("net_admin", &number), 0);
	ck_assert_int_eq(number, CAP_NET_ADMIN);
	ck_assert_int_eq(capability_parse("cap_sys_admin", &number), 0);
	ck_assert_int_eq(number, CAP_SYS_ADMIN);
	ck_assert_int_eq(capability_parse("CAP_CHECKPOINT_RESTORE", &number), 0);
	ck_assert_int_eq(number, CAP_CHECKPOINT_RESTORE);
	ck_assert_int_eq(capability_parse("", &number), -EINVAL);
	ck_assert_int_eq(capability_parse("CAP_", &number), -EINVAL);
	ck_assert_int_eq(capability_parse("ALL", &number), -EINVAL);
	ck_assert_str_eq(capability_name(CAP_KILL), "CAP_KILL");
	ck_assert_ptr_null(capability_name(41));
	ck_assert_ptr_null(capability_name(-1));
	ck_assert_int_ge(capability_last(), CAP_CHECKPOINT_RESTORE);
	ck_assert_uint_eq(capabilities_all(), (2ULL << capability_last()) - 1);
}
END_TEST

static int open_many(struct child *c)
{
	for (int fd = 3; fd < 12; fd++) {
		close(fd);
		if (fd == 7)
			continue;
		if (fd == 5 && dup3(1, fd, O_CLOEXEC) != fd)
			return -1;
		if (fd != 5 && dup2(1, fd) != fd)
			return -1;
	}
	return 0;
}

/* CVE-2024-21626: nothing is open in the container that nobody asked for. */
START_TEST(only_the_fds_that_were_asked_for_stay_open)
{
	char *const list[] = {
		(char[]){"/bin/sh"}, (char[]){"-c"},
		(char[]){"for i in 0 1 2 3 4 5 6 7 8 9 10 11; do "
			 "[ -e /proc/$$/fd/$i ] && printf '%s ' $i; done; :"},
		NULL};
	struct child c = {.process = {.args = (char **)list},
			  .before = open_many,
			  .keep_fds = 4,
			  .keep_groups = geteuid() != 0};

	ck_assert_msg(run(&c, IN_NAMESPACE) == 0, "%s", c.text);
	/* 3 to 6 were kept, but for 5, which was close-on-exec. sh has its own 10 at
	 * times. */
	ck_assert_msg(str_starts(c.text, "0 1 2 3 4 6 "), "%s", c.text);
	ck_assert_msg(!strstr(c.text, "8 ") && !strstr(c.text, "9 ") &&
			      !strstr(c.text, "11"),
		      "%s", c.text);
}
END_TEST

struct last_act {
	bool called;
	uid_t uid;
	int seccomp;
};

static int note_state(void *data, struct error *err)
{
	struct last_act *act = data;

	act->called = true;
	act->uid = geteuid();
	act->seccomp = prctl(PR_GET_SECCOMP, 0, 0, 0, 0);
	return error_set(err, ERR_SYSTEM, ECANCELED, "stopped here");
}

START_TEST(before_exec_comes_after_the_user_and_before_the_filter)
{
	struct spec_process process = {.args = (char **)read_status,
				       .env = (char **)env,
				       .user = {.uid = geteuid() ? geteuid() : 1000,
						.gid = geteuid() ? getegid() : 1000},
				       .no_new_privileges = true};
	struct error err = ERROR_INIT;
	struct process_plan plan;
	struct seccomp_filter seccomp;
	struct process_filter filter = {.filter = &seccomp, .listener_socket_fd = -EBADF};
	struct last_act act = {0};
	struct process_exec x = {.plan = &plan,
				 .filter = &filter,
				 .proc_dirfd = -EBADF,
				 .before_exec = note_state,
				 .before_exec_data = &act};

	ck_assert_int_eq(seccomp_compile_default(0, -EBADF, &seccomp, &err), 0);
	ck_assert_int_eq(process_plan_build(&process, NULL, &plan, &err), 0);
	plan.keep_groups = geteuid();
	ck_assert_int_eq(process_finish(&x, &err), -ECANCELED);
	ck_assert(act.called);
	ck_assert_uint_eq(act.uid, plan.uid);
	ck_assert_int_eq(act.seccomp, 0);
	error_release(&err);
	seccomp_filter_release(&seccomp);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("process");
	TCase *identity = tcase_create("identity"), *limits = tcase_create("limits"),
	      *plan = tcase_create("plan");
	SRunner *runner;
	int failed;

	tcase_set_timeout(identity, 30);
	tcase_add_loop_test(identity, capabilities_after_exec, 0, N_MODES);
	tcase_add_loop_test(identity, without_capabilities_object_there_are_none, 0,
			    N_MODES);
	tcase_add_loop_test(identity, what_the_bounding_set_lacks_is_not_asked_for, 0,
			    N_MODES);
	tcase_add_test(identity, effective_but_not_permitted_is_refused);
	tcase_add_loop_test(identity, ids_groups_and_umask, 0, N_MODES);
	tcase_add_loop_test(identity, no_groups_asked_for_means_none, 0, N_MODES);
	tcase_add_test(identity, an_id_without_mapping_is_named);
	tcase_add_test(identity, denied_setgroups_is_explained);
	tcase_add_test(identity, only_the_fds_that_were_asked_for_stay_open);
	tcase_add_test(identity, before_exec_comes_after_the_user_and_before_the_filter);
	tcase_add_test(limits, limits_of_a_waiting_child);
	tcase_add_test(limits, own_limits);
	tcase_add_test(limits, a_limit_that_cannot_be_raised_is_explained);
	tcase_add_test(limits, oom_score_that_cannot_be_lowered_is_explained);
	tcase_add_test(limits, affinity_is_set_from_a_list);
	tcase_add_test(limits, personality_is_taken);
	tcase_add_test(plan, wrong_words_are_refused_with_their_path);
	tcase_add_test(plan, labels_need_their_module);
	tcase_add_test(plan, proc_must_be_proc);
	tcase_add_test(plan, capability_names);
	suite_add_tcase(suite, identity);
	suite_add_tcase(suite, limits);
	suite_add_tcase(suite, plan);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
