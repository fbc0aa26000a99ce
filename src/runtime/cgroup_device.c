/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The program walks the rules from the last to the first and keeps the kinds of access
 * that no rule has decided yet in a register: a denial of any of them ends it, an
 * allowance takes its kinds away, and when none is left the access is granted.
 *
 *   r2 type   r3 access not decided yet   r4 major   r5 minor
 */
#include "runtime/cgroup_device.h"

#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "runtime/idmap.h"
#include "spec/spec.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/sys.h"

#define ACCESS_SHIFT 16
#define TYPE_MASK    0xffff
#define OLD_MAX      64 /* programs on one cgroup: the kernel's BPF_CGROUP_MAX_PROGS */

struct program {
	struct bpf_insn *insns;
	size_t n;
};

/* What every container has: config-linux.md 'Default Devices', and making (not using) any
 * node. */
static const struct {
	char type;
	int64_t major, minor; /* -1: all */
	const char *access;
} defaults[] = {
	{'c', -1, -1, "m"}, {'b', -1, -1, "m"},    {'c', 1, 3, "rwm"}, {'c', 1, 5, "rwm"},
	{'c', 1, 7, "rwm"}, {'c', 1, 8, "rwm"},    {'c', 1, 9, "rwm"}, {'c', 5, 0, "rwm"},
	{'c', 5, 2, "rwm"}, {'c', 136, -1, "rwm"},
};

static void emit(struct program *p, struct bpf_insn insn)
{
	p->insns = xreallocarray(p->insns, p->n + 1, sizeof(*p->insns));
	p->insns[p->n++] = insn;
}

static struct bpf_insn load_word(uint8_t reg, int16_t offset)
{
	return (struct bpf_insn){.code = BPF_LDX | BPF_MEM | BPF_W,
				 .dst_reg = reg,
				 .src_reg = BPF_REG_1,
				 .off = offset};
}

static struct bpf_insn alu(uint8_t op, uint8_t reg, int32_t imm)
{
	return (struct bpf_insn){
		.code = BPF_ALU64 | op | BPF_K, .dst_reg = reg, .imm = imm};
}

static struct bpf_insn jump(uint8_t op, uint8_t reg, int32_t imm, int16_t over)
{
	return (struct bpf_insn){
		.code = BPF_JMP | op | BPF_K, .dst_reg = reg, .off = over, .imm = imm};
}

static void emit_verdict(struct program *p, bool allow)
{
	emit(p, alu(BPF_MOV, BPF_REG_0, allow));
	emit(p, (struct bpf_insn){.code = BPF_JMP | BPF_EXIT});
}

static int32_t access_bits(const char *access)
{
	int32_t bits = 0;

	bits |= strchr(access, 'r') ? BPF_DEVCG_ACC_READ : 0;
	bits |= strchr(access, 'w') ? BPF_DEVCG_ACC_WRITE : 0;
	bits |= strchr(access, 'm') ? BPF_DEVCG_ACC_MKNOD : 0;
	return bits;
}

struct rule {
	char type;            /* 'a', 'b', 'c' */
	int64_t major, minor; /* -1: all */
	int32_t access;
	bool allow;
};

static void emit_rule(struct program *p, const struct rule *r)
{
	bool any_type = r->type == 'a', any_major = r->major < 0,
	     any_minor = r->minor < 0;
	/* conditions that follow, then: decide (1), look (1), verdict (2) */
	int16_t left = (int16_t)(!any_type + !any_major + !any_minor + 4);

	if (!any_type)
		emit(p, jump(BPF_JNE, BPF_REG_2,
			     r->type == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR,
			     --left));
	if (!any_major)
		emit(p, jump(BPF_JNE, BPF_REG_4, (int32_t)r->major, --left));
	if (!any_minor)
		emit(p, jump(BPF_JNE, BPF_REG_5, (int32_t)r->minor, --left));
	if (r->allow) {
		emit(p, alu(BPF_AND, BPF_REG_3, ~r->access));
		emit(p, jump(BPF_JNE, BPF_REG_3, 0, 2));
	} else {
		emit(p, jump(BPF_JSET, BPF_REG_3, r->access, 1));
		emit(p, jump(BPF_JA, 0, 0, 2));
	}
	emit_verdict(p, r->allow);
}

static struct rule rule_from_spec(const struct spec_device_rule *s)
{
	return (struct rule){
		.type = s->type ? s->type[0] : 'a',
		.major = s->has_major ? s->major : -1,
		.minor = s->has_minor ? s->minor : -1,
		.access = access_bits(s->access ? s->access : "rwm"),
		.allow = s->allow,
	};
}

void cgroup_device_program(const struct spec_device_rule *rules, size_t n,
			   struct bpf_insn **ret, size_t *ret_n)
{
	struct program p = {0};

	emit(&p, load_word(BPF_REG_2, offsetof(struct bpf_cgroup_dev_ctx, access_type)));
	emit(&p, (struct bpf_insn){.code = BPF_ALU64 | BPF_MOV | BPF_X,
				   .dst_reg = BPF_REG_3,
				   .src_reg = BPF_REG_2});
	emit(&p, alu(BPF_RSH, BPF_REG_3, ACCESS_SHIFT));
	emit(&p, alu(BPF_AND, BPF_REG_2, TYPE_MASK));
	emit(&p, load_word(BPF_REG_4, offsetof(struct bpf_cgroup_dev_ctx, major)));
	emit(&p, load_word(BPF_REG_5, offsetof(struct bpf_cgroup_dev_ctx, minor)));
	for (size_t i = ARRAY_SIZE(defaults); i-- > 0;)
		emit_rule(&p, &(struct rule){.type = defaults[i].type,
					     .major = defaults[i].major,
					     .minor = defaults[i].minor,
					     .access = access_bits(defaults[i].access),
					     .allow = true});
	for (size_t i = n; i-- > 0;) {
		struct rule rule = rule_from_spec(&rules[i]);

		emit_rule(&p, &rule);
	}
	emit_verdict(&p, false);
	*ret = p.insns;
	*ret_n = p.n;
}

static int load(const struct bpf_insn *insns, size_t n)
{
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE,
		.insn_cnt = (uint32_t)n,
		.insns = (uintptr_t)insns,
		.license = (uintptr_t) "Apache-2.0",
	};

	return sys_bpf(BPF_PROG_LOAD, &attr, sizeof(attr));
}

/* The programs that are on the cgroup itself already. */
static size_t query(int cgroup_fd, uint32_t ids[static OLD_MAX])
{
	union bpf_attr attr = {.query = {.target_fd = (uint32_t)cgroup_fd,
					 .attach_type = BPF_CGROUP_DEVICE,
					 .prog_ids = (uintptr_t)ids,
					 .prog_cnt = OLD_MAX}};

	return sys_bpf(BPF_PROG_QUERY, &attr, sizeof(attr)) < 0 ? 0 : attr.query.prog_cnt;
}

static int detach(int cgroup_fd, uint32_t id)
{
	union bpf_attr by_id = {.prog_id = id};
	cleanup_fd int prog_fd = sys_bpf(BPF_PROG_GET_FD_BY_ID, &by_id, sizeof(by_id));
	union bpf_attr attr = {.target_fd = (uint32_t)cgroup_fd,
			       .attach_bpf_fd = (uint32_t)prog_fd,
			       .attach_type = BPF_CGROUP_DEVICE};

	return prog_fd < 0                                         ? -errno
	       : sys_bpf(BPF_PROG_DETACH, &attr, sizeof(attr)) < 0 ? -errno
								   : 0;
}

/* Root of a user namespace cannot make device nodes, and no ordinary user can. */
static bool may_make_nodes(void)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_idmap struct idmap map = {0};

	if (geteuid() != 0)
		return false;
	if (idmap_read("/proc/self/uid_map", &map, &err) < 0) {
		error_drop(&err, "taken for root of the host");
		return true;
	}
	return map.n_lines == 1 && map.lines[0].count == UINT32_MAX;
}

int cgroup_device_apply(int cgroup_fd, const struct spec_device_rule *rules, size_t n,
			struct error *err)
{
	/* The fd of a cgroup is O_PATH elsewhere; bpf(2) wants one that is open. */
	cleanup_fd int dir_fd =
		n ? openat(cgroup_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -EBADF;
	cleanup_free struct bpf_insn *insns = NULL;
	cleanup_fd int prog_fd = -EBADF;
	uint32_t old[OLD_MAX] = {0};
	size_t n_insns = 0, n_old;

	if (n == 0)
		return 0;
	if (dir_fd < 0)
		return error_set(err, ERR_SYSTEM, errno, "open the container's cgroup");
	cgroup_device_program(rules, n, &insns, &n_insns);
	prog_fd = load(insns, n_insns);
	if (prog_fd < 0 && errno == EPERM && !may_make_nodes()) {
		log_debug("device rules are left out: device nodes cannot be made here");
		return 0;
	}
	if (prog_fd < 0)
		return error_set(err, ERR_SYSTEM, errno,
				 "load the program of linux.resources.devices");
	n_old = query(dir_fd, old);
	union bpf_attr attr = {.target_fd = (uint32_t)dir_fd,
			       .attach_bpf_fd = (uint32_t)prog_fd,
			       .attach_type = BPF_CGROUP_DEVICE,
			       .attach_flags = BPF_F_ALLOW_MULTI};
	if (sys_bpf(BPF_PROG_ATTACH, &attr, sizeof(attr)) < 0)
		return error_set(err, ERR_SYSTEM, errno, "set linux.resources.devices");
	for (size_t i = 0; i < n_old; i++) {
		int r = detach(dir_fd, old[i]);

		if (r < 0)
			return error_set(err, ERR_SYSTEM, -r,
					 "replace linux.resources.devices");
	}
	return 0;
}
