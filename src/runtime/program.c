/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finding the program, and saying why execve(2) refused it. Its errno alone misleads:
 * ENOENT is also a missing interpreter, ENOEXEC also the wrong machine. What the file
 * says about itself is read afterwards, as far as the filter and the file's mode still
 * allow.
 */
#include <ctype.h>
#include <elf.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "runtime/process.h"
#include "runtime/process_parts.h"
#include "util/mem.h"
#include "util/str.h"

#define DEFAULT_PATH        "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#define HEAD_MAX            4096
#define PROGRAM_HEADERS_MAX 64

static const char *path_variable(const struct process_plan *plan)
{
	strv_foreach (variable, plan->env) {
		if (str_starts(*variable, "PATH="))
			return *variable + 5;
	}
	return DEFAULT_PATH;
}

/* 0 if it can be executed, else a positive errno. */
static int executable_check(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return errno;
	if (S_ISDIR(st.st_mode))
		return EISDIR;
	if (!S_ISREG(st.st_mode))
		return EACCES;
	return faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) < 0 ? errno : 0;
}

static int program_error(const char *path, int code, struct error *err)
{
	bool missing = code == ENOENT || code == ENOTDIR;
	struct statvfs fs;

	error_set(err, missing ? ERR_NO_PROGRAM : ERR_NOT_EXECUTABLE, code, "exec \"%s\"",
		  path);
	if (code == EACCES && statvfs(path, &fs) == 0 && fs.f_flag & ST_NOEXEC)
		error_hint(err, "its file system is mounted noexec");
	else if (code == EACCES)
		error_hint(
			err,
			"it must be a file that this user may execute: check the owner and "
			"mode of the file and of the directories above it (chmod +x)");
	return -code;
}

static int search(const char *name, const char *path, char **ret, struct error *err)
{
	cleanup_strv char **dirs = str_split(path, ':');
	cleanup_free char *refused = NULL;
	int code, refused_code = 0;

	strv_foreach (dir, dirs) {
		cleanup_free char *candidate =
			xasprintf("%s/%s", **dir ? *dir : ".", name);

		code = executable_check(candidate);
		if (code == 0) {
			*ret = TAKE_PTR(candidate);
			return 0;
		}
		/* A directory of this name, or one that can't be looked into, is no
		 * candidate. */
		if (code == EACCES && !refused && access(candidate, F_OK) == 0) {
			refused = TAKE_PTR(candidate);
			refused_code = code;
		}
	}
	if (refused)
		return program_error(refused, refused_code, err);
	error_set(err, ERR_NO_PROGRAM, 0, "executable file \"%s\" not found in $PATH",
		  name);
	error_hint(err, "PATH is %s", path);
	return -ENOENT;
}

int process_find_program(const struct process_plan *plan, char **ret, struct error *err)
{
	const char *name = plan->args ? plan->args[0] : NULL;
	int code;

	if (!name)
		return error_set(err, ERR_INVALID, 0,
				 "process.args: there is no program to run");
	if (!*name)
		return error_set(err, ERR_NO_PROGRAM, 0,
				 "executable file \"\" not found in $PATH");
	if (!strchr(name, '/'))
		return search(name, path_variable(plan), ret, err);
	code = executable_check(name);
	if (code)
		return program_error(name, code, err);
	*ret = xstrdup(name);
	return 0;
}

static const char *machine_name(unsigned int machine, unsigned int class)
{
	static const struct {
		unsigned int machine;
		const char *name;
	} machines[] = {
		{EM_386, "x86 (32 bit)"}, {EM_AARCH64, "aarch64"},
		{EM_ARM, "arm"},          {EM_LOONGARCH, "loongarch64"},
		{EM_MIPS, "mips"},        {EM_PPC, "ppc"},
		{EM_PPC64, "ppc64"},      {EM_S390, "s390x"},
		{EM_SPARCV9, "sparc64"},  {EM_IA_64, "ia64"},
		{EM_68K, "m68k"},         {EM_ALPHA, "alpha"},
	};

	if (machine == EM_X86_64)
		return class == ELFCLASS32 ? "x32" : "x86_64";
	if (machine == EM_RISCV)
		return class == ELFCLASS32 ? "riscv32" : "riscv64";
	for (size_t i = 0; i < ARRAY_SIZE(machines); i++) {
		if (machines[i].machine == machine)
			return machines[i].name;
	}
	return NULL;
}

struct head { /* of the program's file */
	unsigned char data[HEAD_MAX];
	size_t len;
	int fd;
};

static unsigned int elf_u16(const struct head *head, size_t offset)
{
	const unsigned char *p = head->data + offset;

	return head->data[EI_DATA] == ELFDATA2MSB ? p[0] << 8 | p[1] : p[1] << 8 | p[0];
}

static int wrong_machine(const char *program, const struct head *head, struct error *err)
{
	unsigned int machine = elf_u16(head, offsetof(Elf64_Ehdr, e_machine));
	const char *built_for = machine_name(machine, head->data[EI_CLASS]);
	struct utsname host;

	if (uname(&host) < 0)
		snprintf(host.machine, sizeof(host.machine), "another one");
	if (!built_for)
		return error_set(
			err, ERR_NOT_EXECUTABLE, ENOEXEC,
			"exec %s: built for machine number %u, this machine is %s",
			program, machine, host.machine);
	if (str_eq(built_for, host.machine))
		return error_set(err, ERR_NOT_EXECUTABLE, ENOEXEC,
				 "exec %s: damaged program", program);
	error_set(err, ERR_NOT_EXECUTABLE, ENOEXEC,
		  "exec %s: built for %s, this machine is %s", program, built_for,
		  host.machine);
	return error_hint(
		err, "use an image for %s, or install an emulator (qemu-user-static)",
		host.machine);
}

static int not_executable_format(const char *program, const struct head *head,
				 struct error *err)
{
	if (head->len >= sizeof(Elf32_Ehdr) && !memcmp(head->data, ELFMAG, SELFMAG))
		return wrong_machine(program, head, err);
	error_set(err, ERR_NOT_EXECUTABLE, ENOEXEC,
		  "exec %s: wrong architecture or missing #! line", program);
	if (!head->len)
		return error_hint(err, "the file is empty, or it can't be read");
	return error_hint(
		err,
		"a script's first line must name its interpreter, such as #!/bin/sh");
}

/* The word after "#!", or NULL. */
static char *script_interpreter(const struct head *head)
{
	const char *text = (const char *)head->data;
	size_t start = 2, end;

	if (head->len < 2 || memcmp(text, "#!", 2) != 0)
		return NULL;
	while (start < head->len && (text[start] == ' ' || text[start] == '\t'))
		start++;
	for (end = start;
	     end < head->len && text[end] && !isspace((unsigned char)text[end]);)
		end++;
	return end > start ? xstrndup(text + start, end - start) : NULL;
}

static char *read_interpreter(const struct head *head, uint64_t offset, uint64_t size)
{
	cleanup_free char *text = NULL;

	if (size < 2 || size > PATH_MAX)
		return NULL;
	text = xcalloc(1, size + 1);
	if (pread(head->fd, text, size, offset) != (ssize_t)size)
		return NULL;
	return TAKE_PTR(text);
}

/* PT_INTERP of a program of this machine's byte order: elf(5). */
static char *elf_interpreter(const struct head *head)
{
	bool is_64 = head->data[EI_CLASS] == ELFCLASS64;
	const Elf64_Ehdr *e64 = (const void *)head->data;
	const Elf32_Ehdr *e32 = (const void *)head->data;
	uint64_t offset = is_64 ? e64->e_phoff : e32->e_phoff;
	unsigned int n = is_64 ? e64->e_phnum : e32->e_phnum;

	if (head->len < sizeof(*e64) || memcmp(head->data, ELFMAG, SELFMAG) != 0 ||
	    (head->data[EI_DATA] == ELFDATA2MSB) != (BYTE_ORDER == BIG_ENDIAN))
		return NULL;
	for (unsigned int i = 0; i < n && i < PROGRAM_HEADERS_MAX; i++) {
		Elf64_Phdr p64 = {0};
		Elf32_Phdr p32 = {0};
		void *p = is_64 ? (void *)&p64 : (void *)&p32;
		size_t size = is_64 ? sizeof(p64) : sizeof(p32);

		if (pread(head->fd, p, size, offset + i * size) != (ssize_t)size)
			return NULL;
		if ((is_64 ? p64.p_type : p32.p_type) == PT_INTERP)
			return read_interpreter(head, is_64 ? p64.p_offset : p32.p_offset,
						is_64 ? p64.p_filesz : p32.p_filesz);
	}
	return NULL;
}

static int interpreter_error(const char *program, const struct head *head, int code,
			     struct error *err)
{
	cleanup_free char *script = script_interpreter(head), *loader = NULL;
	const char *interpreter = script;

	if (!script)
		interpreter = loader = elf_interpreter(head);
	if (!interpreter)
		return program_error(program, code, err);
	error_set(err, code == EACCES ? ERR_NOT_EXECUTABLE : ERR_NO_PROGRAM, code,
		  "exec %s: its interpreter %s", program, interpreter);
	if (loader && code == ENOENT)
		return error_hint(
			err, "the program was built against another C library than this "
			     "root file system has");
	return -code;
}

int program_exec_error(const char *program, int code, struct error *err)
{
	cleanup_fd int fd = open(program, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct head head = {.fd = fd};
	ssize_t n = fd < 0 ? 0 : read(fd, head.data, sizeof(head.data));

	head.len = n > 0 ? n : 0;
	switch (code) {
	case ENOEXEC:
		return not_executable_format(program, &head, err);
	case ENOENT:
	case ENOTDIR:
	case ELIBBAD:
		return interpreter_error(program, &head, code, err);
	case EACCES:
		/* The program's own mode has been looked at before. */
		if (executable_check(program) == 0)
			return interpreter_error(program, &head, code, err);
		return program_error(program, code, err);
	case EPERM:
	case ETXTBSY:
	case EINVAL:
	case ELOOP:
		return program_error(program, code, err);
	case E2BIG:
		error_set(err, ERR_NOT_EXECUTABLE, code, "exec %s", program);
		return error_hint(
			err,
			"arguments and environment together are limited by the stack "
			"limit (ulimit -s) and to 128 KiB each");
	default:
		return error_set(err, ERR_SYSTEM, code, "exec %s", program);
	}
}
