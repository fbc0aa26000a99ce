/* SPDX-License-Identifier: Apache-2.0 */
#include "transfer/confine.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "transfer/confine_seccomp.h"
#include "util/log.h"
#include "util/sys.h"

#define MEMORY_MAX (UINT64_C(1) << 30)
#define FDS_MAX    4096 /* a directory is open for each level of a tree */

/* What the headers of Linux 6.1 do not have yet; landlock(7). */
#define ACCESS_TRUNCATE     (UINT64_C(1) << 14) /* ABI 3 */
#define ACCESS_IOCTL_DEV    (UINT64_C(1) << 15) /* ABI 5 */
#define NET_BIND_TCP        (UINT64_C(1) << 0)  /* ABI 4 */
#define NET_CONNECT_TCP     (UINT64_C(1) << 1)
#define SCOPE_ABSTRACT_UNIX (UINT64_C(1) << 0) /* ABI 6 */
#define SCOPE_SIGNAL        (UINT64_C(1) << 1)
struct ruleset {
	uint64_t fs, net, scoped;
};

#define ACCESS_READ \
	((uint64_t)(LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR))
#define ACCESS_STORE                                                               \
	((uint64_t)(LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG |  \
		    LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE | \
		    LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REFER) |    \
	 ACCESS_TRUNCATE | ACCESS_READ)
#define ACCESS_TREE                                                              \
	(ACCESS_STORE |                                                          \
	 (uint64_t)(LANDLOCK_ACCESS_FS_MAKE_SYM | LANDLOCK_ACCESS_FS_MAKE_FIFO | \
		    LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_BLOCK))
#define ACCESS_ALL                        \
	(ACCESS_TREE | ACCESS_IOCTL_DEV | \
	 (uint64_t)(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_MAKE_SOCK))
/* the rights that make sense for a file */
#define ACCESS_FILE                                                                 \
	((uint64_t)(LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE) | \
	 ACCESS_TRUNCATE)

struct landlock {
	int abi; /* 0: none */
	int fd;
	struct ruleset handled;
};

static uint64_t known_access(int abi)
{
	uint64_t access = ACCESS_ALL;

	if (abi < 2)
		access &= ~(uint64_t)LANDLOCK_ACCESS_FS_REFER;
	if (abi < 3)
		access &= ~ACCESS_TRUNCATE;
	if (abi < 5)
		access &= ~ACCESS_IOCTL_DEV;
	return access;
}

/* net: what of TCP is taken away */
static int landlock_begin(struct landlock *l, uint64_t net, struct error *err)
{
	size_t size;

	l->fd = -EBADF;
	l->abi = sys_landlock_create_ruleset(NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	if (l->abi < 1) {
		log_debug("confine: this kernel has no landlock");
		l->abi = 0;
		return 0;
	}
	l->handled.fs = known_access(l->abi);
	l->handled.net = l->abi >= 4 ? net : 0;
	l->handled.scoped = l->abi >= 6 ? SCOPE_ABSTRACT_UNIX | SCOPE_SIGNAL : 0;
	size = l->abi >= 6   ? sizeof(l->handled)
	       : l->abi >= 4 ? 2 * sizeof(uint64_t)
			     : sizeof(uint64_t);
	l->fd = sys_landlock_create_ruleset(&l->handled, size, 0);
	if (l->fd < 0)
		return error_set(err, ERR_SYSTEM, errno, "prepare landlock");
	return 0;
}

static int landlock_allow(struct landlock *l, int fd, uint64_t access, struct error *err)
{
	struct landlock_path_beneath_attr rule = {
		.parent_fd = fd, .allowed_access = access & l->handled.fs};
	struct stat st;

	if (l->abi == 0)
		return 0;
	if (fstat(fd, &st) < 0)
		return error_set(err, ERR_SYSTEM, errno, "look at what stays allowed");
	if (!S_ISDIR(st.st_mode))
		rule.allowed_access &= ACCESS_FILE;
	if (sys_landlock_add_rule(l->fd, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) < 0)
		return error_set(err, ERR_SYSTEM, errno, "add a landlock rule");
	return 0;
}

static int landlock_allow_path(struct landlock *l, const char *path, struct error *err)
{
	cleanup_fd int fd = open(path, O_PATH | O_CLOEXEC);

	return fd < 0 ? 0 : landlock_allow(l, fd, ACCESS_READ, err);
}

static int landlock_end(struct landlock *l, struct error *err)
{
	int r = 0;

	if (l->abi > 0 && CONFINE_SANITIZED)
		r = landlock_allow_path(l, "/", err);
	if (r == 0 && l->abi > 0 && sys_landlock_restrict_self(l->fd, 0) < 0)
		r = error_set(err, ERR_SYSTEM, errno, "confine by landlock");
	if (l->fd >= 0)
		close(l->fd);
	return r;
}

/* What names are looked up and certificates are checked with. /etc as a whole would be too much: what
 * of it this user may read need not be for a registry to see. */
static int allow_system(struct landlock *l, struct error *err)
{
	static const char *const paths[] = {
		"/usr",
		"/lib",
		"/lib64",
		"/lib32",
		"/etc/ssl",
		"/etc/pki",
		"/etc/ca-certificates",
		"/etc/crypto-policies",
		"/etc/gnutls",
		"/etc/resolv.conf",
		"/etc/hosts",
		"/etc/host.conf",
		"/etc/nsswitch.conf",
		"/etc/gai.conf",
		"/etc/services",
		"/etc/protocols",
		"/etc/ld.so.cache",
		"/etc/localtime",
		"/etc/containers",
		"/etc/docker",
		"/dev/null",
		"/dev/urandom",
		"/dev/random",
		"/run/systemd/resolve",
		"/run/resolvconf",
		"/run/NetworkManager",
	};

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		int r = landlock_allow_path(l, paths[i], err);

		if (r < 0)
			return r;
	}
	return 0;
}

static int allow_fds(struct landlock *l, const int *fds, size_t n, uint64_t access,
		     struct error *err)
{
	int r = 0;

	for (size_t i = 0; i < n && r == 0; i++)
		r = landlock_allow(l, fds[i], access, err);
	return r;
}

static int landlock_network(const struct confine_rules *rules, struct error *err)
{
	struct landlock l = {0};
	int r = landlock_begin(&l, NET_BIND_TCP, err);

	if (r == 0)
		r = allow_system(&l, err);
	if (r == 0)
		r = allow_fds(&l, rules->read_fds, rules->n_read_fds, ACCESS_READ, err);
	if (r == 0)
		r = allow_fds(&l, rules->write_fds, rules->n_write_fds, ACCESS_STORE,
			      err);
	if (r < 0 && l.fd >= 0)
		close(l.fd);
	return r < 0 ? r : landlock_end(&l, err);
}

static int landlock_tree(int tree_fd, int other_fd, bool writable, struct error *err)
{
	struct landlock l = {0};
	int r = landlock_begin(&l, NET_BIND_TCP | NET_CONNECT_TCP, err);

	if (r == 0)
		r = landlock_allow(&l, tree_fd, writable ? ACCESS_TREE : ACCESS_READ,
				   err);
	if (r == 0 && other_fd >= 0)
		r = landlock_allow(&l, other_fd, ACCESS_READ, err);
	if (r < 0 && l.fd >= 0)
		close(l.fd);
	return r < 0 ? r : landlock_end(&l, err);
}

/* What of `keep` the process has stays; nothing can be inherited. capabilities(7) */
static int keep_capabilities(uint64_t keep, struct error *err)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = {0};

	if (sys_capget(&header, sets) < 0)
		return error_set(err, ERR_SYSTEM, errno, "read the capabilities");
	for (size_t i = 0; i < ARRAY_SIZE(sets); i++) {
		sets[i].permitted &= (uint32_t)(keep >> (32 * i));
		sets[i].effective = sets[i].permitted;
		sets[i].inheritable = 0;
	}
	if (sys_capset(&header, sets) < 0)
		return error_set(err, ERR_SYSTEM, errno, "drop capabilities");
	return 0;
}

static int limit(int what, uint64_t max, struct error *err)
{
	struct rlimit now;

	if (getrlimit((__rlimit_resource_t)what, &now) < 0)
		return error_set(err, ERR_SYSTEM, errno, "read a resource limit");
	if (max < now.rlim_max)
		now.rlim_max = max;
	if (now.rlim_cur > now.rlim_max)
		now.rlim_cur = now.rlim_max;
	if (setrlimit((__rlimit_resource_t)what, &now) < 0)
		return error_set(err, ERR_SYSTEM, errno, "set a resource limit");
	return 0;
}

static int no_new_privileges(struct error *err)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return error_set(err, ERR_SYSTEM, errno, "set no_new_privs");
	return 0;
}

int confine_network(const struct confine_rules *rules, struct error *err)
{
	int r = no_new_privileges(err);

	if (r == 0)
		r = limit(RLIMIT_CORE, 0, err); /* passwords are in it */
	if (r == 0)
		r = landlock_network(rules, err);
	if (r == 0)
		r = keep_capabilities(0, err);
	return r < 0 ? r : confine_seccomp_network(err);
}

#define CAPABILITY(name) (UINT64_C(1) << (name))

static int confine_both(int tree_fd, int other_fd, bool writable, struct error *err)
{
	uint64_t keep = CAPABILITY(CAP_DAC_READ_SEARCH);
	int r = no_new_privileges(err);

	if (writable)
		keep |= CAPABILITY(CAP_CHOWN) | CAPABILITY(CAP_DAC_OVERRIDE) |
			CAPABILITY(CAP_FOWNER) | CAPABILITY(CAP_FSETID) |
			CAPABILITY(CAP_MKNOD) | CAPABILITY(CAP_SETFCAP);
	if (r == 0)
		r = limit(RLIMIT_CORE, 0, err);
	if (r == 0)
		r = limit(RLIMIT_NOFILE, FDS_MAX, err);
	if (r == 0 && !CONFINE_SANITIZED)
		r = limit(RLIMIT_AS, MEMORY_MAX, err);
	if (r == 0)
		r = landlock_tree(tree_fd, other_fd, writable, err);
	if (r == 0)
		r = keep_capabilities(keep, err);
	return r < 0 ? r : confine_seccomp_tree(writable, err);
}

int confine_tree(int tree_fd, bool writable, struct error *err)
{
	return confine_both(tree_fd, -EBADF, writable, err);
}

int confine_trees(int tree_fd, int other_fd, bool writable, struct error *err)
{
	return confine_both(tree_fd, other_fd, writable, err);
}

int confine_stream(struct error *err)
{
	int r = no_new_privileges(err);

	if (r == 0)
		r = keep_capabilities(0, err);
	return r < 0 ? r : confine_seccomp_stream(err);
}
