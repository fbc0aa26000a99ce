/* SPDX-License-Identifier: Apache-2.0 */
/* The process. Source: runtime-spec config.md 'Process', 'Linux Process', 'User'. */
#include "spec/check.h"
#include "spec/forms.h"
#include "spec/spec.h"
#include "spec/tables.h"

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

/* getrlimit(2) */
static const struct word_list rlimit_words = {
	"resource limit",
	WORDS("RLIMIT_AS", "RLIMIT_CORE", "RLIMIT_CPU", "RLIMIT_DATA", "RLIMIT_FSIZE",
	      "RLIMIT_LOCKS", "RLIMIT_MEMLOCK", "RLIMIT_MSGQUEUE", "RLIMIT_NICE",
	      "RLIMIT_NOFILE", "RLIMIT_NPROC", "RLIMIT_RSS", "RLIMIT_RTPRIO",
	      "RLIMIT_RTTIME", "RLIMIT_SIGPENDING", "RLIMIT_STACK")};

static const struct word_list policy_words = {
	"scheduling policy", WORDS("SCHED_OTHER", "SCHED_FIFO", "SCHED_RR", "SCHED_BATCH",
				   "SCHED_ISO", "SCHED_IDLE", "SCHED_DEADLINE")};

static const struct word_list scheduler_flag_words = {
	"scheduler flag",
	WORDS("SCHED_FLAG_RESET_ON_FORK", "SCHED_FLAG_RECLAIM", "SCHED_FLAG_DL_OVERRUN",
	      "SCHED_FLAG_KEEP_POLICY", "SCHED_FLAG_KEEP_PARAMS",
	      "SCHED_FLAG_UTIL_CLAMP_MIN", "SCHED_FLAG_UTIL_CLAMP_MAX")};

static const struct word_list io_class_words = {
	"I/O priority class",
	WORDS("IOPRIO_CLASS_RT", "IOPRIO_CLASS_BE", "IOPRIO_CLASS_IDLE")};

/* A terminal's size is of 16 bits each: ioctl_tty(2) */
static const struct member spec_box_members[] = {
	VALUE(spec_box, height, "height", .required = true, .max = UINT16_MAX),
	VALUE(spec_box, width, "width", .required = true, .max = UINT16_MAX),
};
static DESCRIPTOR(spec_box);

static const struct member spec_user_members[] = {
	VALUE(spec_user, uid, "uid", .required = true, .max = ID_MAX),
	VALUE(spec_user, gid, "gid", .required = true, .max = ID_MAX),
	OPTIONAL(spec_user, umask, "umask", .max = 0777),
	NUMBERS(spec_user, additional_gids, "additionalGids", .max = ID_MAX),
};
static DESCRIPTOR(spec_user);

/* Names that nobody knows are no error ("SHOULD NOT fail", config.md 'Linux Process'):
 * which they are is the runtime's to say. */
static const struct member spec_capabilities_members[] = {
	VALUE(spec_capabilities, bounding, "bounding"),
	VALUE(spec_capabilities, effective, "effective"),
	VALUE(spec_capabilities, inheritable, "inheritable"),
	VALUE(spec_capabilities, permitted, "permitted"),
	VALUE(spec_capabilities, ambient, "ambient"),
};
static DESCRIPTOR(spec_capabilities);

static const struct member spec_rlimit_members[] = {
	VALUE(spec_rlimit, type, "type", .required = true, .words = &rlimit_words),
	VALUE(spec_rlimit, hard, "hard", .required = true),
	VALUE(spec_rlimit, soft, "soft", .required = true),
};
static DESCRIPTOR(spec_rlimit, KEY(spec_rlimit, type, "type"), .check = check_rlimit);

static const struct member spec_scheduler_members[] = {
	VALUE(spec_scheduler, policy, "policy", .required = true, .words = &policy_words),
	VALUE(spec_scheduler, nice, "nice", .min = -20, .max = 19),
	VALUE(spec_scheduler, priority, "priority", .min = 0, .max = 99),
	VALUE(spec_scheduler, flags, "flags", .words = &scheduler_flag_words),
	VALUE(spec_scheduler, runtime, "runtime"),
	VALUE(spec_scheduler, deadline, "deadline"),
	VALUE(spec_scheduler, period, "period"),
};
static DESCRIPTOR(spec_scheduler);

static const struct member spec_io_priority_members[] = {
	VALUE(spec_io_priority, class, "class", .required = true,
	      .words = &io_class_words),
	VALUE(spec_io_priority, priority, "priority", .min = 0, .max = 7),
};
static DESCRIPTOR(spec_io_priority);

static const struct member spec_cpu_affinity_members[] = {
	VALUE(spec_cpu_affinity, initial, "initial", .form = form_cpu_list),
	VALUE(spec_cpu_affinity, final, "final", .form = form_cpu_list),
};
static DESCRIPTOR(spec_cpu_affinity);

/* `user` may be absent, as in the specification's schema: root. */
static const struct member spec_process_members[] = {
	VALUE(spec_process, terminal, "terminal"),
	OBJECT(spec_process, console_size, "consoleSize", spec_box),
	EMBEDDED(spec_process, user, "user", spec_user),
	VALUE(spec_process, args, "args", .required = true, .not_empty = true),
	VALUE(spec_process, env, "env", .form = form_environment),
	VALUE(spec_process, cwd, "cwd", .required = true, .form = form_absolute_path),
	OBJECT(spec_process, capabilities, "capabilities", spec_capabilities),
	ARRAY(spec_process, rlimits, "rlimits", spec_rlimit),
	VALUE(spec_process, no_new_privileges, "noNewPrivileges"),
	VALUE(spec_process, apparmor_profile, "apparmorProfile"),
	OPTIONAL(spec_process, oom_score_adj, "oomScoreAdj", .min = -1000, .max = 1000),
	OBJECT(spec_process, scheduler, "scheduler", spec_scheduler),
	VALUE(spec_process, selinux_label, "selinuxLabel"),
	OBJECT(spec_process, io_priority, "ioPriority", spec_io_priority),
	OBJECT(spec_process, exec_cpu_affinity, "execCPUAffinity", spec_cpu_affinity),
};
DESCRIPTOR(spec_process, .check = check_process);
