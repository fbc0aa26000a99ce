/* SPDX-License-Identifier: Apache-2.0 */
/* From a plan to the OCI spec. */
#include <linux/capability.h>

#include "engine/create_plan.h"
#include "engine/spec_gen.h"
#include "runtime/seccomp.h"
#include "spec/spec.h"
#include "unit.h"
#include "util/mem.h"
#include "util/str.h"

/* The smallest plan; a test changes what it is about. */
struct fixture {
	struct create_options options;
	struct create_plan plan;
	struct spec *spec;
};

static void fixture_init(struct fixture *f)
{
	struct error err = ERROR_INIT;
	const struct security_request none = {0};

	*f = (struct fixture){.options.shm_size = 1 << 20, .plan = CREATE_PLAN_INIT};
	f->plan.options = &f->options;
	f->plan.id = xstrdup("0123456789abcdef");
	f->plan.name = xstrdup("web");
	f->plan.rootfs = xstrdup("/tree");
	f->plan.cwd = xstrdup("/");
	f->plan.hostname = xstrdup("host");
	f->plan.run_dir = xstrdup("/run/c");
	f->plan.has_umask = true;
	f->plan.umask = 022;
	strv_add(&f->plan.args, "true");
	ck_assert_ok(security_plan_build(&none, &f->plan.security, &err), &err);
}

static const struct spec *generate(struct fixture *f)
{
	struct error err = ERROR_INIT;

	ck_assert_ok(spec_gen(&f->plan, &f->spec, &err), &err);
	return f->spec;
}

static void fixture_release(struct fixture *f)
{
	create_plan_release(&f->plan);
	spec_free(f->spec);
}

static const struct spec_mount *mount_at(const struct spec *s, const char *destination)
{
	for (size_t i = 0; i < s->n_mounts; i++)
		if (str_eq(s->mounts[i].destination, destination))
			return &s->mounts[i];
	return NULL;
}

static size_t mount_index(const struct spec *s, const char *destination)
{
	const struct spec_mount *m = mount_at(s, destination);

	ck_assert_msg(m != NULL, "no mount at %s", destination);
	return (size_t)(m - s->mounts);
}

START_TEST(test_defaults)
{
	static const char *const places[] = {"/proc",         "/dev",     "/sys",
					     "/dev/pts",      "/dev/shm", "/dev/mqueue",
					     "/sys/fs/cgroup"};
	struct fixture f;
	fixture_init(&f);
	const struct spec *s = generate(&f);

	ck_assert_str_eq(s->root->path, "/tree");
	ck_assert(!s->root->readonly);
	ck_assert_str_eq(s->hostname, "host");
	ck_assert_str_eq(s->process->args[0], "true");
	ck_assert(!s->process->terminal && !s->process->no_new_privileges);
	ck_assert_uint_eq(s->process->user.umask, 022);
	ck_assert_uint_eq(strv_len(s->process->capabilities->bounding), 11);
	ck_assert_uint_eq(strv_len(s->process->capabilities->effective), 11);
	ck_assert_uint_eq(strv_len(s->process->capabilities->inheritable), 0);
	ck_assert(strv_has(s->linux->masked_paths, "/proc/kcore"));
	ck_assert(strv_has(s->linux->readonly_paths, "/proc/sys"));
	ck_assert_ptr_nonnull(spec_namespace(s, "network"));
	ck_assert_ptr_null(spec_namespace(s, "user"));
	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		ck_assert_msg(mount_at(s, places[i]) != NULL, "%s", places[i]);
	ck_assert(strv_has(mount_at(s, "/sys")->options, "ro"));
	ck_assert(strv_has(mount_at(s, "/dev/shm")->options, "size=1048576"));
	ck_assert(strv_has(mount_at(s, "/dev/pts")->options, "gid=5"));
	ck_assert_uint_lt(mount_index(s, "/dev"), mount_index(s, "/dev/pts"));
	fixture_release(&f);
}
END_TEST

START_TEST(test_user_namespace)
{
	struct fixture f;
	fixture_init(&f);
	idmap_add(&f.plan.uids, 0, 1000, 1);
	idmap_add(&f.plan.gids, 0, 1000, 1);
	const struct spec *s = generate(&f);

	ck_assert_ptr_nonnull(spec_namespace(s, "user"));
	ck_assert_uint_eq(s->linux->n_uid_mappings, 1);
	ck_assert_uint_eq(s->linux->uid_mappings[0].host_id, 1000);
	/* its group does not exist there */
	ck_assert(!strv_has(mount_at(s, "/dev/pts")->options, "gid=5"));
	fixture_release(&f);
}
END_TEST

START_TEST(test_host_network_in_a_user_namespace_binds_sys)
{
	struct fixture f;
	fixture_init(&f);
	f.plan.network_host = true;
	f.plan.sharing.options[NS_NETWORK].mode = NAMESPACE_HOST;
	idmap_add(&f.plan.uids, 0, 1000, 1);
	idmap_add(&f.plan.gids, 0, 1000, 1);
	const struct spec *s = generate(&f);

	ck_assert_ptr_null(spec_namespace(s, "network"));
	ck_assert_str_eq(mount_at(s, "/sys")->type, "bind");
	ck_assert(strv_has(mount_at(s, "/sys")->options, "rro"));
	fixture_release(&f);
}
END_TEST

START_TEST(test_a_volume_takes_the_place_of_a_default)
{
	struct error err = ERROR_INIT;
	struct fixture f;
	fixture_init(&f);
	ck_assert_ok(volume_parse(&f.plan.volumes, "/dev:/dev", &err), &err);
	ck_assert_ok(volume_parse(&f.plan.volumes, "/x:/a/b/c", &err), &err);
	ck_assert_ok(tmpfs_parse(&f.plan.tmpfs, "/a", &err), &err);
	f.plan.etc.wanted[ETC_HOSTS] = true;
	const struct spec *s = generate(&f);

	ck_assert_str_eq(mount_at(s, "/dev")->source, "/dev");
	ck_assert_ptr_null(mount_at(s, "/dev/pts"));
	ck_assert_str_eq(mount_at(s, "/etc/hosts")->source, "/run/c/hosts");
	ck_assert_uint_lt(mount_index(s, "/a"), mount_index(s, "/a/b/c"));
	fixture_release(&f);
}
END_TEST

START_TEST(test_another_user_holds_only_what_was_added)
{
	struct error err = ERROR_INIT;
	char *add[] = {(char *)"net_raw", NULL};
	struct fixture f;
	fixture_init(&f);
	f.plan.user.uid = 33;
	security_plan_release(&f.plan.security);
	const struct security_request request = {.cap_add = add};
	ck_assert_ok(security_plan_build(&request, &f.plan.security, &err), &err);
	const struct spec *s = generate(&f);
	const struct spec_capabilities *c = s->process->capabilities;

	ck_assert_uint_eq(strv_len(c->bounding), 12);
	ck_assert_uint_eq(strv_len(c->effective), 1);
	ck_assert_str_eq(c->effective[0], "CAP_NET_RAW");
	ck_assert_str_eq(c->ambient[0], "CAP_NET_RAW");
	fixture_release(&f);
}
END_TEST

START_TEST(test_privileged)
{
	struct error err = ERROR_INIT;
	const struct security_request request = {.privileged = true};
	struct fixture f;
	fixture_init(&f);
	f.options.privileged = true;
	security_plan_release(&f.plan.security);
	ck_assert_ok(security_plan_build(&request, &f.plan.security, &err), &err);
	const struct spec *s = generate(&f);

	ck_assert_int_eq(f.plan.security.seccomp, SECCOMP_CHOICE_NONE);
	ck_assert_ptr_null(s->linux->masked_paths);
	ck_assert_ptr_null(s->linux->readonly_paths);
	ck_assert(strv_has(s->process->capabilities->bounding, "CAP_SYS_ADMIN"));
	ck_assert(!strv_has(mount_at(s, "/sys")->options, "ro"));
	fixture_release(&f);
}
END_TEST

/* All that the kernel wants in sight comes beside what is masked, which stays so. */
START_TEST(test_nested)
{
	struct fixture f;
	fixture_init(&f);

	f.options.nested = true;
	const struct spec *s = generate(&f);
	ck_assert_str_eq(s->mounts[mount_index(s, "/dev/.cubby/proc")].type, "proc");
	ck_assert_str_eq(s->mounts[mount_index(s, "/dev/.cubby/sys")].type, "sysfs");
	ck_assert(strv_has(s->mounts[mount_index(s, "/dev/.cubby/sys")].options, "ro"));
	ck_assert_uint_lt(mount_index(s, "/dev"), mount_index(s, "/dev/.cubby/proc"));
	ck_assert_str_eq(s->mounts[mount_index(s, "/run/cubby")].type, "tmpfs");
	ck_assert_ptr_null(mount_at(s, "/run/user/0"));
	ck_assert(strv_has(s->linux->masked_paths, "/proc/kcore"));
	ck_assert(strv_has(s->linux->readonly_paths, "/proc/sys"));
	fixture_release(&f);

	fixture_init(&f);
	f.options.nested = true;
	f.plan.user.uid = 1000;
	f.plan.user.gid = 100;
	s = generate(&f);
	ck_assert(strv_has(s->mounts[mount_index(s, "/run/user/1000")].options,
			   "uid=1000"));
	ck_assert(
		strv_has(s->mounts[mount_index(s, "/run/user/1000")].options, "gid=100"));
	fixture_release(&f);

	fixture_init(&f);
	f.options.nested = true;
	f.plan.network_host = true;
	f.plan.sharing.options[NS_NETWORK].mode = NAMESPACE_HOST;
	s = generate(&f);
	ck_assert_ptr_nonnull(mount_at(s, "/dev/.cubby/proc"));
	ck_assert_ptr_null(mount_at(s, "/dev/.cubby/sys"));
	fixture_release(&f);

	fixture_init(&f);
	ck_assert_ptr_null(mount_at(generate(&f), "/dev/.cubby/proc"));
	fixture_release(&f);
}
END_TEST

START_TEST(test_filter_capabilities)
{
	const uint64_t admin = UINT64_C(1) << CAP_SYS_ADMIN, chown = UINT64_C(1)
								     << CAP_CHOWN;

	ck_assert_uint_eq(security_filter_capabilities(admin | chown, 0, false),
			  admin | chown);
	ck_assert_uint_eq(security_filter_capabilities(admin | chown, 0, true),
			  chown | SECCOMP_NESTED);
	ck_assert_uint_eq(security_filter_capabilities(admin, admin, true),
			  admin | SECCOMP_NESTED);
	ck_assert_uint_eq(security_filter_capabilities(chown, admin, true),
			  chown | SECCOMP_NESTED);
}
END_TEST

START_TEST(test_masks)
{
	struct error err = ERROR_INIT;
	char *opts[] = {(char *)"mask=/a:/b", (char *)"unmask=/proc/kcore:/proc/s*",
			(char *)"no-new-privileges", NULL};
	const struct security_request request = {.security_opt = opts};
	struct fixture f;
	fixture_init(&f);
	security_plan_release(&f.plan.security);
	ck_assert_ok(security_plan_build(&request, &f.plan.security, &err), &err);
	const struct spec *s = generate(&f);

	ck_assert(strv_has(s->linux->masked_paths, "/a") &&
		  strv_has(s->linux->masked_paths, "/b"));
	ck_assert(!strv_has(s->linux->masked_paths, "/proc/kcore"));
	ck_assert(!strv_has(s->linux->masked_paths, "/proc/scsi"));
	ck_assert(!strv_has(s->linux->readonly_paths, "/proc/sys"));
	ck_assert(strv_has(s->linux->masked_paths, "/proc/keys"));
	ck_assert(s->process->no_new_privileges);
	fixture_release(&f);
}
END_TEST

START_TEST(test_read_only)
{
	struct fixture f;
	fixture_init(&f);
	f.options.read_only = f.options.read_only_tmpfs = true;
	const struct spec *s = generate(&f);

	ck_assert(s->root->readonly);
	ck_assert_str_eq(mount_at(s, "/tmp")->type, "tmpfs");
	ck_assert_str_eq(mount_at(s, "/run")->type, "tmpfs");
	fixture_release(&f);
}
END_TEST

START_TEST(test_init)
{
	struct fixture f;
	fixture_init(&f);
	f.plan.init_program = xstrdup("/usr/libexec/cubby/init");
	const struct spec *s = generate(&f);

	ck_assert_str_eq(s->process->args[0], INIT_PATH);
	ck_assert_str_eq(s->process->args[1], "--");
	ck_assert_str_eq(s->process->args[2], "true");
	ck_assert(strv_has(mount_at(s, INIT_PATH)->options, "ro"));
	fixture_release(&f);
}
END_TEST

START_TEST(test_proc_options)
{
	static const char *const words[] = {"proc-opts=hidepid=2,subset=pid",
					    "systempaths=unconfined", NULL};
	const struct security_request request = {.security_opt = (char *const *)words};
	struct error err = ERROR_INIT;
	struct fixture f;
	fixture_init(&f);
	security_plan_release(&f.plan.security);
	ck_assert_ok(security_plan_build(&request, &f.plan.security, &err), &err);
	const struct spec *s = generate(&f);

	ck_assert(strv_has(mount_at(s, "/proc")->options, "hidepid=2"));
	ck_assert(strv_has(mount_at(s, "/proc")->options, "subset=pid"));
	ck_assert_uint_eq(strv_len(s->linux->masked_paths), 0);
	ck_assert_uint_eq(strv_len(s->linux->readonly_paths), 0);
	fixture_release(&f);
}
END_TEST

static const struct {
	const char *option;
	const char *const words[4];
	const char *error;
} wrong[] = {
	{"cap_add", {"NET_RWA"}, "--cap-add NET_RWA: unknown capability"},
	{"cap_add", {"ALL"}, NULL},
	{"both", {"CHOWN"}, "capability CAP_CHOWN is both added and dropped"},
	{"opt", {"seccomp="}, "expected unconfined or a profile file"},
	{"opt", {"no-new-privileges:maybe"}, "expected true or false"},
	{"opt", {"no-new-privileges:false"}, NULL},
	{"opt", {"mask=relative"}, "expected absolute paths"},
	{"opt", {"label=typo:x"}, "unknown option"},
	{"opt", {"label"}, "unknown option"},
	{"opt", {"label=disable"}, NULL},
	{"opt", {"nosuch=1"}, "unknown option"},
	{"opt", {"seccomp=builtin"}, NULL},
	{"opt", {"systempaths=unconfined"}, NULL},
	{"opt", {"systempaths=x"}, "expected unconfined"},
	{"opt", {"proc-opts="}, "expected options of /proc"},
};

START_TEST(test_security_options)
{
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		char *const *words = (char *const *)wrong[i].words;
		bool add = str_eq(wrong[i].option, "cap_add"),
		     both = str_eq(wrong[i].option, "both");
		const struct security_request request = {
			.cap_add = add || both ? words : NULL,
			.cap_drop = both ? words : NULL,
			.security_opt = add || both ? NULL : words,
		};
		cleanup_security_plan struct security_plan p = {0};
		cleanup_error struct error err = ERROR_INIT;
		int r = security_plan_build(&request, &p, &err);

		if (!wrong[i].error) {
			ck_assert_ok(r, &err);
			continue;
		}
		ck_assert_msg(r < 0, "%s was accepted", words[0]);
		ck_assert_msg(strstr(err.text, wrong[i].error) != NULL, "%s", err.text);
	}
}
END_TEST

UNIT_MAIN("spec_gen", test_defaults, test_user_namespace,
	  test_host_network_in_a_user_namespace_binds_sys,
	  test_a_volume_takes_the_place_of_a_default,
	  test_another_user_holds_only_what_was_added, test_privileged, test_nested,
	  test_filter_capabilities, test_masks, test_read_only, test_init,
	  test_security_options, test_proc_options)
