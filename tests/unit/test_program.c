/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why these tests exist: "no such file or directory" about a file that is plainly there
 * is what sends people to the bug tracker. Each way in which a program can't be found or
 * executed has a sentence of its own and podman's exit status.
 */
#include <check.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/process.h"
#include "spec/spec.h"
#include "util/fd.h"
#include "util/fs.h"
#include "util/mem.h"
#include "util/str.h"

static char directory[] = "/tmp/test_program.XXXXXX";

static void write_file(const char *name, const void *data, size_t len, mode_t mode)
{
	struct error err = ERROR_INIT;

	ck_assert_int_eq(fs_write_atomic(AT_FDCWD, name, data, len, 0600, 0, &err), 0);
	ck_assert_int_eq(chmod(name, mode), 0);
}

static void set_up(void)
{
	static const char script[] = "#!/bin/sh\nexit 0\n";

	ck_assert_ptr_nonnull(mkdtemp(directory));
	ck_assert_int_eq(chdir(directory), 0);
	ck_assert_int_eq(chmod(".", 0755), 0);
	ck_assert_int_eq(mkdir("first", 0755) | mkdir("second", 0755) |
				 mkdir("second/dir", 0755) | mkdir("first/tool", 0755),
			 0);
	write_file("first/plain", script, strlen(script), 0644);
	write_file("second/tool", script, strlen(script), 0755);
	write_file("second/both", script, strlen(script), 0755);
	write_file("first/both", script, strlen(script), 0644);
	/* Permissions mean nothing to root, but the x bits do. */
}

static void tear_down(void)
{
	struct error err = ERROR_INIT;

	ck_assert_int_eq(chdir("/"), 0);
	ck_assert_int_eq(fs_remove_tree(AT_FDCWD, directory, &err), 0);
}

/* Find args[0] with this PATH (NULL: none); the sentence or the path, in *ret. */
static int find(const char *name, const char *path, char **ret, struct error *err)
{
	cleanup_free char *variable = path ? xasprintf("PATH=%s", path) : NULL;
	char *args[] = {(char *)name, NULL};
	char *env[] = {(char[]){"HOME=/"}, variable, NULL};
	struct process_plan plan = {.args = args, .env = env};

	*ret = NULL;
	return process_find_program(&plan, ret, err);
}

START_TEST(programs_are_found)
{
	static const struct {
		const char *name, *path, *want;
	} cases[] = {
		{"tool", "first:second", "second/tool"}, /* first/tool is a directory */
		{"both", "first:second", "second/both"}, /* first/both has no x bit */
		{"second/tool", "", "second/tool"},
		{"./second/tool", NULL, "./second/tool"},
		{"tool", "/nonexistent:second/", "second//tool"},
		{"sh", NULL, "/usr/bin/sh"},
		{"sh", "/bin", "/bin/sh"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct error err = ERROR_INIT;
		cleanup_free char *found = NULL;
		int r = find(cases[i].name, cases[i].path, &found, &err);

		ck_assert_msg(r == 0, "%s: %s", cases[i].name, err.text);
		ck_assert_str_eq(found, cases[i].want);
	}
}
END_TEST

START_TEST(programs_that_cannot_be_found_are_explained)
{
	static const struct {
		const char *name, *path, *want;
		int status;
	} cases[] = {
		{"nosuch", "first:second",
		 "executable file \"nosuch\" not found in $PATH", 127},
		{"", "first", "executable file \"\" not found in $PATH", 127},
		{"dir", "second", "executable file \"dir\" not found in $PATH", 127},
		{"plain", "first:second", "exec \"first/plain\": permission denied", 126},
		{"./nosuch", NULL, "exec \"./nosuch\": no such file or directory", 127},
		{"./second/tool/x", NULL, "exec \"./second/tool/x\": not a directory",
		 127},
		{"./second", NULL, "exec \"./second\": is a directory", 126},
		{"./first/plain", NULL, "exec \"./first/plain\": permission denied", 126},
		{"/dev/null", NULL, "exec \"/dev/null\": permission denied", 126},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_error struct error err = ERROR_INIT;
		cleanup_free char *found = NULL, *message = NULL;

		ck_assert_int_lt(find(cases[i].name, cases[i].path, &found, &err), 0);
		message = error_message(&err);
		ck_assert_str_eq(message, cases[i].want);
		ck_assert_int_eq(error_exit_status(&err), cases[i].status);
	}
}
END_TEST

START_TEST(no_program_at_all_is_an_error)
{
	char *none[] = {NULL};
	struct process_plan plans[] = {{.args = none}, {.args = NULL}};

	for (size_t i = 0; i < ARRAY_SIZE(plans); i++) {
		cleanup_error struct error err = ERROR_INIT;
		char *found;

		ck_assert_int_lt(process_find_program(&plans[i], &found, &err), 0);
		ck_assert_str_eq(err.text, "process.args: there is no program to run");
	}
}
END_TEST

/* Execute `program` in a child; its message (or what it printed) and its exit status. */
static char *execute(const char *program, char *const args[], char *const env[],
		     int *status)
{
	char *own_args[] = {(char *)program, NULL}, *own_env[] = {NULL};
	struct process_plan plan = {.uid = geteuid(),
				    .gid = getegid(),
				    .keep_groups = true,
				    .args = args ? args : own_args,
				    .env = env ? env : own_env};
	struct process_exec x = {.plan = &plan, .program = program, .proc_dirfd = -EBADF};
	struct error err = ERROR_INIT;
	struct buf text;
	int out[2];
	pid_t pid;

	buf_init(&text, 65536);
	ck_assert_int_eq(pipe2(out, O_CLOEXEC), 0);
	pid = fork();
	if (!pid) {
		x.report_fd = out[1];
		process_finish(&x, &err);
		dprintf(out[1], "%s%s%s", error_message(&err), err.hint ? "; " : "",
			err.hint ? err.hint : "");
		_exit(error_exit_status(&err));
	}
	close(out[1]);
	ck_assert_int_eq(fd_read_all(out[0], &text), 0);
	close(out[0]);
	ck_assert_int_eq(waitpid(pid, status, 0), pid);
	*status = WEXITSTATUS(*status);
	return buf_take(&text);
}

static void expect(const char *program, int want_status, const char *want)
{
	int status;
	cleanup_free char *text = execute(program, NULL, NULL, &status);

	ck_assert_msg(str_starts(text, want), "%s: %s", program, text);
	ck_assert_msg(status == want_status, "%s: %d", program, status);
}

/* A program of this machine, with some bytes of its head changed. */
static void write_program(const char *name, size_t offset, const void *bytes, size_t len)
{
	cleanup_free char *data = NULL;
	struct error err = ERROR_INIT;
	size_t size;

	ck_assert_int_eq(fs_read(AT_FDCWD, "/bin/cat", 1 << 24, &data, &size, &err), 0);
	memcpy(data + offset, bytes, len);
	write_file(name, data, size, 0755);
}

START_TEST(a_program_runs)
{
	write_program("good", 0, ELFMAG, SELFMAG);
	expect("./good", 0, "");
}
END_TEST

#if defined(__x86_64__)
START_TEST(the_wrong_machine_is_named)
{
	static const struct {
		uint16_t machine;
		unsigned char class;
		const char *want;
	} cases[] = {
		{EM_AARCH64, ELFCLASS64,
		 "exec ./odd: built for aarch64, this machine is x86_64: exec format error; use an "
		 "image for x86_64, or install an emulator (qemu-user-static)"},
		{EM_RISCV, ELFCLASS64,
		 "exec ./odd: built for riscv64, this machine is x86_64"},
		{EM_ARM, ELFCLASS32, "exec ./odd: built for arm, this machine is x86_64"},
		{9999, ELFCLASS64,
		 "exec ./odd: built for machine number 9999, this machine is x86_64"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_fd int fd = -EBADF;

		write_program("odd", offsetof(Elf64_Ehdr, e_machine), &cases[i].machine,
			      2);
		fd = open("odd", O_WRONLY | O_CLOEXEC);
		ck_assert_int_eq(pwrite(fd, &cases[i].class, 1, EI_CLASS), 1);
		close(TAKE_FD(fd));
		expect("./odd", 126, cases[i].want);
	}
}
END_TEST

/* As of an image of a big-endian machine. */
START_TEST(a_foreign_byte_order_is_read)
{
	static const unsigned char head[64] = {
		0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2MSB, 1, [19] = EM_S390};

	write_file("odd", head, sizeof(head), 0755);
	expect("./odd", 126, "exec ./odd: built for s390x, this machine is x86_64");
}
END_TEST

START_TEST(a_missing_loader_is_named)
{
	cleanup_free char *data = NULL;
	struct error err = ERROR_INIT;
	size_t size;
	char *at;

	ck_assert_int_eq(fs_read(AT_FDCWD, "/bin/cat", 1 << 24, &data, &size, &err), 0);
	at = memmem(data, size, "/lib64/ld-linux", 15);
	ck_assert_ptr_nonnull(at);
	memcpy(at, "/lib99", 6);
	write_file("foreign", data, size, 0755);
	expect("./foreign", 127,
	       "exec ./foreign: its interpreter /lib99/ld-linux-x86-64.so.2: no such file or "
	       "directory; the program was built against another C library");
}
END_TEST

START_TEST(a_damaged_program_is_told)
{
	static const unsigned char head[64] = {
		0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, 1, [18] = EM_X86_64};

	write_file("damaged", head, sizeof(head), 0755);
	expect("./damaged", 126, "exec ./damaged: damaged program: exec format error");
	write_file("damaged", head, 10, 0755);
	expect("./damaged", 126, "exec ./damaged: wrong architecture or missing #! line");
}
END_TEST
#endif

START_TEST(scripts_are_explained)
{
	static const struct {
		const char *text;
		int status;
		const char *want;
	} cases[] = {
		{"#!/bin/sh\nexit 7\n", 7, ""},
		{"#! /bin/nosuch -x\n", 127,
		 "exec ./script: its interpreter /bin/nosuch: no such file or directory"},
		{"#!/bin/sh\r\nexit 0\r\n", 127,
		 "exec ./script: its interpreter /bin/sh"},
		{"#!/dev/null\n", 126,
		 "exec ./script: its interpreter /dev/null: permission denied"},
		{"echo hello\n", 126,
		 "exec ./script: wrong architecture or missing #! line: exec format error; a "
		 "script's first line must name its interpreter, such as #!/bin/sh"},
		{"", 126,
		 "exec ./script: wrong architecture or missing #! line: exec format error; the "
		 "file is empty, or it can't be read"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		write_file("script", cases[i].text, strlen(cases[i].text), 0755);
		expect("./script", cases[i].status, cases[i].want);
	}
}
END_TEST

START_TEST(too_many_arguments_are_explained)
{
	size_t size = 200 << 10;
	cleanup_free char *large = xmalloc(size + 1), *text = NULL;
	char *args[] = {(char[]){"cat"}, large, NULL};
	int status;

	memset(large, 'x', size);
	large[size] = '\0';
	text = execute("/bin/cat", args, NULL, &status);
	ck_assert_msg(
		str_starts(text, "exec /bin/cat: argument list too long; arguments and "),
		"%s", text);
	ck_assert_int_eq(status, 126);
}
END_TEST

START_TEST(noexec_is_explained)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_free char *found = NULL;

	/* A mount of our own, in a namespace of our own. */
	if (unshare(geteuid() ? CLONE_NEWUSER | CLONE_NEWNS : CLONE_NEWNS) < 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return;
	ck_assert_int_eq(mount("second", "second", NULL, MS_BIND, NULL), 0);
	ck_assert_int_eq(mount(NULL, "second", NULL,
			       MS_BIND | MS_REMOUNT | MS_NOEXEC | MS_NOSUID | MS_NODEV,
			       NULL),
			 0);
	ck_assert_int_eq(find("second/tool", NULL, &found, &err), -EACCES);
	ck_assert_str_eq(err.text, "exec \"second/tool\"");
	ck_assert_str_eq(err.hint, "its file system is mounted noexec");
	ck_assert_int_eq(error_exit_status(&err), 126);
	ck_assert_int_eq(umount("second"), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("program");
	TCase *finding = tcase_create("find"), *executing = tcase_create("exec");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(finding, set_up, tear_down);
	tcase_add_checked_fixture(executing, set_up, tear_down);
	tcase_add_test(finding, programs_are_found);
	tcase_add_test(finding, programs_that_cannot_be_found_are_explained);
	tcase_add_test(finding, no_program_at_all_is_an_error);
	tcase_add_test(executing, a_program_runs);
#if defined(__x86_64__)
	tcase_add_test(executing, the_wrong_machine_is_named);
	tcase_add_test(executing, a_foreign_byte_order_is_read);
	tcase_add_test(executing, a_missing_loader_is_named);
	tcase_add_test(executing, a_damaged_program_is_told);
#endif
	tcase_add_test(executing, scripts_are_explained);
	tcase_add_test(executing, too_many_arguments_are_explained);
	tcase_add_test(executing, noexec_is_explained);
	suite_add_tcase(suite, finding);
	suite_add_tcase(suite, executing);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
