/* SPDX-License-Identifier: Apache-2.0 */
/* linux.seccomp. Source: runtime-spec config-linux.md 'Seccomp', seccomp(2). */
#include "spec/check.h"
#include "spec/forms.h"
#include "spec/spec.h"
#include "spec/tables.h"

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static const struct word_list action_words = {
	"seccomp action",
	WORDS("SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO", "SCMP_ACT_KILL",
	      "SCMP_ACT_KILL_PROCESS", "SCMP_ACT_KILL_THREAD", "SCMP_ACT_TRAP",
	      "SCMP_ACT_TRACE", "SCMP_ACT_LOG", "SCMP_ACT_NOTIFY")};

static const struct word_list comparison_words = {
	"comparison", WORDS("SCMP_CMP_NE", "SCMP_CMP_LT", "SCMP_CMP_LE", "SCMP_CMP_EQ",
			    "SCMP_CMP_GE", "SCMP_CMP_GT", "SCMP_CMP_MASKED_EQ")};

/* libseccomp 2.5's and later ones: a profile names those of all machines it was made for.
 */
static const struct word_list architecture_words = {
	"architecture",
	WORDS("SCMP_ARCH_X86", "SCMP_ARCH_X86_64", "SCMP_ARCH_X32", "SCMP_ARCH_ARM",
	      "SCMP_ARCH_AARCH64", "SCMP_ARCH_MIPS", "SCMP_ARCH_MIPS64",
	      "SCMP_ARCH_MIPS64N32", "SCMP_ARCH_MIPSEL", "SCMP_ARCH_MIPSEL64",
	      "SCMP_ARCH_MIPSEL64N32", "SCMP_ARCH_PPC", "SCMP_ARCH_PPC64",
	      "SCMP_ARCH_PPC64LE", "SCMP_ARCH_S390", "SCMP_ARCH_S390X",
	      "SCMP_ARCH_PARISC", "SCMP_ARCH_PARISC64", "SCMP_ARCH_RISCV64",
	      "SCMP_ARCH_LOONGARCH64", "SCMP_ARCH_M68K", "SCMP_ARCH_SH",
	      "SCMP_ARCH_SHEB")};

static const struct word_list flag_words = {
	"seccomp flag", WORDS("SECCOMP_FILTER_FLAG_TSYNC", "SECCOMP_FILTER_FLAG_LOG",
			      "SECCOMP_FILTER_FLAG_SPEC_ALLOW",
			      "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV")};

/* A system call has six arguments. */
static const struct member spec_seccomp_arg_members[] = {
	VALUE(spec_seccomp_arg, index, "index", .required = true, .max = 5),
	VALUE(spec_seccomp_arg, value, "value", .required = true),
	VALUE(spec_seccomp_arg, value_two, "valueTwo"),
	VALUE(spec_seccomp_arg, op, "op", .required = true, .words = &comparison_words),
};
static DESCRIPTOR(spec_seccomp_arg);

static const struct member spec_syscall_rule_members[] = {
	VALUE(spec_syscall_rule, names, "names", .required = true, .not_empty = true),
	VALUE(spec_syscall_rule, action, "action", .required = true,
	      .words = &action_words),
	OPTIONAL(spec_syscall_rule, errno_ret, "errnoRet", .max = UINT16_MAX),
	ARRAY(spec_syscall_rule, args, "args", spec_seccomp_arg),
};
static DESCRIPTOR(spec_syscall_rule, .check = check_syscall_rule);

static const struct member spec_seccomp_members[] = {
	VALUE(spec_seccomp, default_action, "defaultAction", .required = true,
	      .words = &action_words),
	OPTIONAL(spec_seccomp, default_errno_ret, "defaultErrnoRet", .max = UINT16_MAX),
	VALUE(spec_seccomp, architectures, "architectures", .words = &architecture_words),
	VALUE(spec_seccomp, flags, "flags", .words = &flag_words),
	VALUE(spec_seccomp, listener_path, "listenerPath", .form = form_absolute_path),
	VALUE(spec_seccomp, listener_metadata, "listenerMetadata"),
	ARRAY(spec_seccomp, syscalls, "syscalls", spec_syscall_rule),
};
DESCRIPTOR(spec_seccomp, .check = check_seccomp);
