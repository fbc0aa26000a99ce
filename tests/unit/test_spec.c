/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/spec.h"
#include "spec/state.h"
#include "spec/tables.h"
#include "unit.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"

static struct spec *parse(const char *text)
{
	struct error err = ERROR_INIT;
	struct spec *spec = NULL;

	ck_assert_ok(spec_parse(text, strlen(text), &spec, &err), &err);
	return spec;
}

static struct spec *read_data(const char *file)
{
	struct error err = ERROR_INIT;
	struct spec *spec = NULL;

	int dirfd = open(UNIT_DATA, O_PATH | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(dirfd, 0);
	ck_assert_ok(spec_read(dirfd, file, &spec, &err), &err);
	close(dirfd);
	return spec;
}

static void expect_equal(struct json_object *got, struct json_object *want)
{
	if (json_object_equal(got, want))
		return;
	cleanup_free char *got_text = json_text(got, true),
			  *want_text = json_text(want, true);
	ck_abort_msg("got\n%s\nwanted\n%s", got_text, want_text);
}

static void expect_text(struct json_object *got, const char *want)
{
	cleanup_free char *text = json_text(got, false);

	ck_assert_str_eq(text, want);
	json_object_put(got);
}

static void merge(struct json_object *to, struct json_object *from)
{
	json_object_object_foreach (from, key, value) {
		json_add(to, key, json_object_get(value));
	}
}

/* One object with the members of all in an array or map. */
static struct json_object *merged(enum member_type type, struct json_object *o)
{
	struct json_object *all = json_object_new_object();

	if (type == MEMBER_ARRAY) {
		for (size_t i = 0; i < json_object_array_length(o); i++)
			merge(all, json_object_array_get_idx(o, i));
	} else if (type == MEMBER_MAP) {
		json_object_object_foreach (o, key, value) {
			(void)key;
			merge(all, value);
		}
	} else {
		merge(all, o);
	}
	return all;
}

/* Every row of every table has its member in the document: nothing goes untested. */
static void expect_complete(const struct descriptor *d, struct json_object *o)
{
	for (size_t i = 0; i < d->n_members; i++) {
		const struct member *m = &d->members[i];
		struct json_object *value = json_get(o, m->name);
		ck_assert_msg(value != NULL, "config-full.json lacks %s", m->name);
		if (!m->sub)
			continue;
		cleanup_json struct json_object *all = merged(m->type, value);
		expect_complete(m->sub, all);
	}
}

START_TEST(test_round_trip)
{
	static const char *const files[] = {"config-full.json", "config-podman.json",
					    "config-containerd.json"};

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		cleanup(spec_freep) struct spec *spec = read_data(files[i]);
		cleanup_json struct json_object *again = spec_to_json(spec);
		expect_equal(again, spec->document);
		cleanup(spec_freep) struct spec *copy = spec_copy(spec);
		cleanup_json struct json_object *of_copy = spec_to_json(copy);
		expect_equal(of_copy, spec->document);
	}
}
END_TEST

/* Without the document only what the structs hold can be written. */
START_TEST(test_full_without_document)
{
	cleanup(spec_freep) struct spec *spec = read_data("config-full.json");
	cleanup_json struct json_object *document = TAKE_PTR(spec->document);

	expect_complete(&spec_descriptor, document);
	cleanup_json struct json_object *again = spec_to_json(spec);
	expect_equal(again, document);
}
END_TEST

START_TEST(test_full_process)
{
	cleanup(spec_freep) struct spec *spec = read_data("config-full.json");
	const struct spec_process *p = spec->process;

	ck_assert(p->terminal && p->no_new_privileges);
	ck_assert_uint_eq(p->console_size->height, 25);
	ck_assert_uint_eq(p->console_size->width, 80);
	ck_assert_uint_eq(p->user.uid, 1000);
	ck_assert_uint_eq(p->user.gid, 1001);
	ck_assert(p->user.has_umask && p->user.umask == 022);
	ck_assert_uint_eq(p->user.n_additional_gids, 3);
	ck_assert_uint_eq(p->user.additional_gids[2], 4294967294);
	ck_assert_uint_eq(strv_len(p->args), 4);
	ck_assert_str_eq(p->args[2], "echo \"h\xc3\xa9\"");
	ck_assert_str_eq(p->args[3], "");
	ck_assert_str_eq(p->env[2], "EMPTY=");
	ck_assert_str_eq(p->capabilities->effective[0], "CAP_KILL");
	ck_assert_str_eq(p->capabilities->permitted[1], "CAP_NET_RAW");
	ck_assert_str_eq(p->capabilities->ambient[0], "CAP_NET_BIND_SERVICE");
	ck_assert_uint_eq(strv_len(p->capabilities->inheritable), 0);
	ck_assert_uint_eq(p->rlimits[0].hard, 1048576);
	ck_assert_uint_eq(p->rlimits[0].soft, 1024);
	ck_assert_uint_eq(p->rlimits[1].soft, UINT64_MAX);
	ck_assert(p->has_oom_score_adj && p->oom_score_adj == -500);
	ck_assert_int_eq(p->scheduler->nice, -10);
	ck_assert_uint_eq(p->scheduler->runtime, 100);
	ck_assert_uint_eq(p->scheduler->deadline, 200);
	ck_assert_uint_eq(p->scheduler->period, UINT64_MAX - 1);
	ck_assert_int_eq(p->io_priority->priority, 4);
	ck_assert_str_eq(p->exec_cpu_affinity->initial, "7");
	ck_assert_str_eq(p->exec_cpu_affinity->final, "0-3,7");
	ck_assert_str_eq(p->apparmor_profile, "containers-default");
}
END_TEST

START_TEST(test_full_rest)
{
	cleanup(spec_freep) struct spec *spec = read_data("config-full.json");
	const struct spec_mount *m = &spec->mounts[1];
	const struct spec_hooks *h = spec->hooks;
	const struct spec_linux *l = spec->linux;

	ck_assert_str_eq(spec->domainname, "example.org");
	ck_assert(spec->root->readonly);
	ck_assert_uint_eq(m->n_uid_mappings, 2);
	ck_assert_uint_eq(m->uid_mappings[1].container_id, 1);
	ck_assert_uint_eq(m->uid_mappings[1].host_id, 100000);
	ck_assert_uint_eq(m->uid_mappings[1].size, 65536);
	ck_assert_uint_eq(m->gid_mappings[0].host_id, 2000);
	ck_assert(h->prestart[0].has_timeout && h->prestart[0].timeout == 5);
	ck_assert(!h->create_runtime[0].has_timeout);
	ck_assert_str_eq(h->create_container[0].path, "/usr/bin/create-container");
	ck_assert_str_eq(h->start_container[0].path, "/usr/bin/start-container");
	ck_assert_str_eq(h->poststart[0].path, "/usr/bin/poststart");
	ck_assert_str_eq(h->poststop[0].path, "/usr/bin/poststop");
	ck_assert_str_eq(spec_annotation(spec, "org.example.key"), "value");
	ck_assert_str_eq(spec_annotation(spec, "empty"), "");
	ck_assert_ptr_null(spec_annotation(spec, "other"));
	ck_assert_uint_eq(l->n_namespaces, 8);
	ck_assert_str_eq(spec_namespace(spec, "network")->path, "/run/netns/web");
	ck_assert_ptr_null(spec_namespace(spec, "time")->path);
	ck_assert(l->devices[0].has_gid && l->devices[0].gid == 44);
	ck_assert(l->devices[0].has_uid && l->devices[0].uid == 0);
	ck_assert_uint_eq(l->devices[0].file_mode, 0666);
	ck_assert(!l->devices[1].has_major && !l->devices[1].has_file_mode);
	ck_assert_str_eq(l->time_offsets[0].clock, "monotonic");
	ck_assert_int_eq(l->time_offsets[0].secs, -172800);
	ck_assert_uint_eq(l->time_offsets[0].nanosecs, 999999999);
	ck_assert_str_eq(l->time_offsets[1].clock, "boottime");
	ck_assert_str_eq(l->intel_rdt->mem_bw_schema, "MB:0=20;1=70");
	ck_assert_str_eq(l->masked_paths[1], "/sys/firmware");
	ck_assert_str_eq(l->readonly_paths[0], "/proc/sys");
	ck_assert_str_eq(l->sysctl[1].key, "kernel.msgmax");
	ck_assert_str_eq(l->sysctl[1].value, "65536");
}
END_TEST

START_TEST(test_full_resources)
{
	cleanup(spec_freep) struct spec *spec = read_data("config-full.json");
	const struct spec_resources *r = spec->linux->resources;
	const struct spec_memory *m = r->memory;

	ck_assert(!r->devices[0].allow && !r->devices[0].type &&
		  !r->devices[0].has_major);
	ck_assert(r->devices[1].has_minor && r->devices[1].minor == -1);
	ck_assert_int_eq(m->limit, 536870912);
	ck_assert_int_eq(m->reservation, 268435456);
	ck_assert(m->has_swap && m->swap == -1);
	ck_assert(m->has_kernel && m->kernel == 0);
	ck_assert_int_eq(m->kernel_tcp, INT64_MAX);
	ck_assert_uint_eq(m->swappiness, 60);
	ck_assert(m->has_disable_oom_killer && !m->disable_oom_killer);
	ck_assert(m->use_hierarchy && m->check_before_update);
	ck_assert_uint_eq(r->cpu->shares, 1024);
	ck_assert_int_eq(r->cpu->quota, -1);
	ck_assert_uint_eq(r->cpu->burst, 1000000);
	ck_assert_uint_eq(r->cpu->period, 500000);
	ck_assert_int_eq(r->cpu->realtime_runtime, 950000);
	ck_assert(r->cpu->has_realtime_period && r->cpu->has_idle && r->cpu->idle == 1);
	ck_assert_str_eq(r->cpu->cpus, "2-3");
	ck_assert_str_eq(r->cpu->mems, "0-7");
	ck_assert_int_eq(r->pids->limit, 32771);
	ck_assert(r->block_io->weight == 10 && r->block_io->leaf_weight == 20);
	ck_assert_uint_eq(r->block_io->weight_devices[0].leaf_weight, 300);
	ck_assert(!r->block_io->weight_devices[1].has_leaf_weight);
	ck_assert_uint_eq(r->block_io->read_bps[0].rate, 600);
	ck_assert_uint_eq(r->block_io->write_bps[0].rate, 601);
	ck_assert_uint_eq(r->block_io->read_iops[0].rate, 602);
	ck_assert_uint_eq(r->block_io->write_iops[0].rate, 603);
	ck_assert_uint_eq(r->hugepage_limits[1].limit, UINT64_MAX);
	ck_assert_uint_eq(r->network->class_id, 1048577);
	ck_assert_uint_eq(r->network->priorities[1].priority, 1000);
	ck_assert_str_eq(r->rdma[0].device, "mlx5_1");
	ck_assert_uint_eq(r->rdma[0].hca_handles, 3);
	ck_assert(!r->rdma[1].has_hca_handles && r->rdma[1].hca_objects == UINT32_MAX);
	ck_assert_str_eq(r->unified[1].key, "hugetlb.1GB.max");
}
END_TEST

START_TEST(test_full_seccomp)
{
	cleanup(spec_freep) struct spec *spec = read_data("config-full.json");
	const struct spec_seccomp *s = spec->linux->seccomp;
	const struct spec_seccomp_arg *a = s->syscalls[1].args;

	ck_assert(s->has_default_errno_ret && s->default_errno_ret == 38);
	ck_assert_uint_eq(s->n_syscalls, 3);
	ck_assert(!s->syscalls[0].has_errno_ret && s->syscalls[0].n_args == 0);
	ck_assert(s->syscalls[1].has_errno_ret && s->syscalls[1].errno_ret == 1);
	ck_assert_uint_eq(a->index, 5);
	ck_assert_uint_eq(a->value, UINT64_MAX);
	ck_assert_uint_eq(a->value_two, 2114060288);
	ck_assert_str_eq(a->op, "SCMP_CMP_MASKED_EQ");
	ck_assert_str_eq(s->listener_path, "/run/agent.sock");
	ck_assert_str_eq(s->listener_metadata, "MKNOD=/dev/null");
}
END_TEST

START_TEST(test_engines)
{
	cleanup(spec_freep) struct spec *podman = read_data("config-podman.json");
	cleanup(spec_freep) struct spec *containerd = read_data("config-containerd.json");

	ck_assert_uint_gt(strv_len(podman->linux->seccomp->syscalls[1].names), 250);
	ck_assert_uint_eq(podman->linux->devices[0].file_mode, 020666);
	ck_assert_str_eq(podman->process->selinux_label, "");
	ck_assert_uint_eq(containerd->process->user.n_additional_gids, 2);
	ck_assert_ptr_null(containerd->hostname);
	ck_assert(!containerd->process->capabilities->ambient);
}
END_TEST

START_TEST(test_smallest)
{
	cleanup(spec_freep) struct spec *spec = parse("{\"ociVersion\":\"1.0.0-rc5\"}");

	ck_assert_ptr_null(spec->process);
	ck_assert_ptr_nonnull(spec->linux);
	ck_assert_ptr_null(spec_namespace(spec, "pid"));
	expect_text(spec_to_json(spec), "{\"ociVersion\":\"1.0.0-rc5\"}");
	cleanup(spec_freep) struct spec *copy = spec_copy(spec);
	ck_assert_ptr_nonnull(copy->linux);
}
END_TEST

/* null is as good as absent: Go programs write it for empty lists and pointers. */
START_TEST(test_null_members)
{
	cleanup(spec_freep) struct spec *spec = parse(
		"{\"ociVersion\":\"1.0.0\",\"mounts\":null,\"linux\":{\"seccomp\":null,"
		"\"resources\":{\"memory\":{\"limit\":null}}},\"x\":null}");

	ck_assert(!spec->mounts && !spec->linux->seccomp);
	ck_assert(!spec->linux->resources->memory->has_limit);
	expect_text(spec_to_json(spec),
		    "{\"ociVersion\":\"1.0.0\",\"linux\":{\"resources\":{"
		    "\"memory\":{}}},\"x\":null}");
}
END_TEST

START_TEST(test_empty_is_not_absent)
{
	const char *text = "{\"ociVersion\":\"1.0.0\",\"mounts\":[],\"annotations\":{},"
			   "\"linux\":{\"resources\":{\"rdma\":{}},\"namespaces\":[],"
			   "\"maskedPaths\":[],\"timeOffsets\":{}}}";
	cleanup(spec_freep) struct spec *spec = parse(text);

	ck_assert_uint_eq(spec->n_mounts, 0);
	ck_assert(spec->linux->masked_paths && !spec->linux->masked_paths[0]);
	cleanup(spec_freep) struct spec *copy = spec_copy(spec);
	expect_text(spec_to_json(copy), text);
}
END_TEST

/* A default that was spelled out is spelled out again; one that wasn't isn't. */
START_TEST(test_spelled_out_defaults)
{
	const char *text =
		"{\"ociVersion\":\"1.0.0\",\"process\":{\"terminal\":false,"
		"\"user\":{\"uid\":0,\"gid\":0},\"args\":[\"a\"],\"cwd\":\"/\"},"
		"\"root\":{\"path\":\"r\",\"readonly\":false}}";
	cleanup(spec_freep) struct spec *spec = parse(text);

	expect_text(spec_to_json(spec), text);
	spec->root->readonly = true;
	cleanup_json struct json_object *o = spec_to_json(spec);
	ck_assert(json_object_get_boolean(json_get(json_get(o, "root"), "readonly")));
}
END_TEST

START_TEST(test_unknown_members)
{
	cleanup(spec_freep) struct spec *spec = parse(
		"{\"ociVersion\":\"1.2.0\",\"zos\":{\"a\":[1]},\"process\":{\"args\":[\"a\"],"
		"\"cwd\":\"/\",\"user\":{\"uid\":1,\"gid\":2,\"username\":\"me\"}},"
		"\"mounts\":[{\"destination\":\"/a\",\"x\":1},{\"destination\":\"/b\",\"x\":2}],"
		"\"linux\":{\"timeOffsets\":{\"boottime\":{\"y\":3}},\"seccomp\":"
		"{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"s\"],"
		"\"action\":\"SCMP_ACT_LOG\",\"comment\":\"z\"}]}}}");

	/* What is known comes from the struct, also when it was changed or taken away. */
	spec->process->user.uid = 7;
	free(TAKE_PTR(spec->mounts[0].destination));
	spec->mounts[0].destination = xstrdup("/b");
	free(TAKE_PTR(spec->mounts[1].destination));
	spec->mounts[1].destination = xstrdup("/new");
	expect_text(
		spec_to_json(spec),
		"{\"ociVersion\":\"1.2.0\",\"process\":{\"user\":{\"uid\":7,\"gid\":2,"
		"\"username\":\"me\"},\"args\":[\"a\"],\"cwd\":\"/\"},"
		"\"mounts\":[{\"destination\":\"/b\",\"x\":2},{\"destination\":\"/new\"}],"
		"\"linux\":{\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ALLOW\","
		"\"syscalls\":[{\"names\":[\"s\"],\"action\":\"SCMP_ACT_LOG\",\"comment\":"
		"\"z\"}]},\"timeOffsets\":{\"boottime\":{\"y\":3}}},\"zos\":{\"a\":[1]}}");
	spec_seccomp_free(TAKE_PTR(spec->linux->seccomp));
	cleanup_json struct json_object *o = spec_to_json(spec);
	ck_assert_ptr_null(json_get(json_get(o, "linux"), "seccomp"));
}
END_TEST

static struct spec *build(void)
{
	struct spec *spec = spec_new();
	struct spec_linux *l = spec->linux;

	struct spec_process *p = spec->process = xcalloc(1, sizeof(*p));
	strv_add(&p->args, "true");
	p->cwd = xstrdup("/");
	p->capabilities = xcalloc(1, sizeof(*p->capabilities));
	struct spec_mount *m = SPEC_APPEND(&spec->mounts, &spec->n_mounts);
	m->destination = xstrdup("/proc");
	m = SPEC_APPEND(&spec->mounts, &spec->n_mounts);
	m->destination = xstrdup("/tmp");
	m->type = xstrdup("tmpfs");
	strv_add(&m->options, "nosuid");
	struct spec_key_value *a = SPEC_APPEND(&spec->annotations, &spec->n_annotations);
	*a = (struct spec_key_value){xstrdup("k"), xstrdup("v")};
	struct spec_namespace *ns = SPEC_APPEND(&l->namespaces, &l->n_namespaces);
	ns->type = xstrdup("user");
	struct spec_time_offset *t = SPEC_APPEND(&l->time_offsets, &l->n_time_offsets);
	t->clock = xstrdup("boottime");
	t->secs = -1;
	uint32_t *gid = SPEC_APPEND(&p->user.additional_gids, &p->user.n_additional_gids);
	*gid = 5;
	l->resources = xcalloc(1, sizeof(*l->resources));
	l->resources->pids = xcalloc(1, sizeof(*l->resources->pids));
	return spec;
}

START_TEST(test_built_in_c)
{
	struct error err = ERROR_INIT;
	cleanup(spec_freep) struct spec *spec = build();

	ck_assert_ok(spec_check(spec, &err), &err);
	/* An empty set of capabilities is not the same as none said: {} must be there. */
	expect_text(
		spec_to_json(spec),
		"{\"ociVersion\":\"" SPEC_VERSION "\",\"process\":{\"user\":{\"uid\":0,"
		"\"gid\":0,\"additionalGids\":[5]},\"args\":[\"true\"],\"cwd\":\"/\","
		"\"capabilities\":{}},\"mounts\":[{\"destination\":\"/proc\"},"
		"{\"destination\":\"/tmp\",\"type\":\"tmpfs\",\"options\":[\"nosuid\"]}],"
		"\"annotations\":{\"k\":\"v\"},\"linux\":{\"resources\":{\"pids\":"
		"{\"limit\":0}},\"namespaces\":[{\"type\":\"user\"}],"
		"\"timeOffsets\":{\"boottime\":{\"secs\":-1}}}}");
	cleanup(spec_freep) struct spec *copy = spec_copy(spec);
	cleanup_json struct json_object *o = spec_to_json(spec), *c = spec_to_json(copy);
	expect_equal(c, o);
}
END_TEST

START_TEST(test_built_wrong)
{
	struct error err = ERROR_INIT;
	cleanup(spec_freep) struct spec *spec = build();

	spec->process->has_oom_score_adj = true;
	spec->process->oom_score_adj = -1001;
	ck_assert_int_eq(spec_check(spec, &err), -EINVAL);
	ck_assert_message(&err,
			  "process.oomScoreAdj: expected a number from -1000 to 1000, "
			  "got -1001");
	spec->process->has_oom_score_adj = false;
	free(TAKE_PTR(spec->mounts[1].destination));
	ck_assert_int_eq(spec_check(spec, &err), -EINVAL);
	ck_assert_message(&err, "mounts[1].destination: missing");
}
END_TEST

START_TEST(test_parts)
{
	static const char process_text[] =
		"{\"user\":{\"uid\":1,\"gid\":2},\"args\":[\"a\"],"
		"\"cwd\":\"/\"}";
	static const char resources_text[] =
		"{\"memory\":{\"limit\":-1},\"pids\":{\"limit\":5}}";
	static const char seccomp_text[] = "{\"defaultAction\":\"SCMP_ACT_ALLOW\"}";
	struct error err = ERROR_INIT;
	cleanup(spec_process_freep) struct spec_process *process = NULL;
	cleanup(spec_resources_freep) struct spec_resources *resources = NULL;
	cleanup(spec_seccomp_freep) struct spec_seccomp *seccomp = NULL;

	ck_assert_ok(
		spec_process_parse(process_text, strlen(process_text), &process, &err),
		&err);
	expect_text(spec_process_to_json(process), process_text);
	ck_assert_ok(spec_resources_parse(resources_text, strlen(resources_text),
					  &resources, &err),
		     &err);
	expect_text(spec_resources_to_json(resources), resources_text);
	ck_assert_ok(
		spec_seccomp_parse(seccomp_text, strlen(seccomp_text), &seccomp, &err),
		&err);
	expect_text(spec_seccomp_to_json(seccomp), seccomp_text);
}
END_TEST

START_TEST(test_read_failures)
{
	struct error err = ERROR_INIT;
	struct spec *spec = NULL;
	int dirfd = unit_dirfd();

	ck_assert_int_eq(spec_read(dirfd, "config.json", &spec, &err), -ENOENT);
	ck_assert_int_eq(err.kind, ERR_NOT_FOUND);
	error_release(&err);
	int fd = openat(dirfd, "my.json", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	ck_assert_int_eq(ftruncate(fd, (8 << 20) + 1), 0);
	ck_assert_int_lt(spec_read(dirfd, "my.json", &spec, &err), 0);
	ck_assert_int_eq(err.kind, ERR_INVALID);
	error_release(&err);
	ck_assert_int_eq(ftruncate(fd, 0), 0);
	ck_assert_int_eq(spec_read(dirfd, "my.json", &spec, &err), -EINVAL);
	ck_assert_message(&err, "my.json: there is nothing in it");
	close(fd);
}
END_TEST

START_TEST(test_state)
{
	struct spec_key_value annotation = {(char *)"a", (char *)"b"};
	struct spec_state state = {.id = "web",
				   .status = "running",
				   .pid = 42,
				   .bundle = "/b",
				   .annotations = &annotation};

	expect_text(spec_state_to_json(&state),
		    "{\"ociVersion\":\"" SPEC_VERSION
		    "\",\"id\":\"web\",\"status\":\"running\","
		    "\"pid\":42,\"bundle\":\"/b\"}");
	state.n_annotations = 1;
	state.pid = 0;
	expect_text(spec_state_to_json(&state),
		    "{\"ociVersion\":\"" SPEC_VERSION "\",\"id\":\"web\",\"status\":"
		    "\"running\",\"bundle\":\"/b\",\"annotations\":{\"a\":\"b\"}}");
	state.n_annotations = 0;
	expect_text(spec_seccomp_state_to_json(&state, 7, "meta"),
		    "{\"ociVersion\":\"" SPEC_VERSION
		    "\",\"fds\":[\"seccompFd\"],\"pid\":7,"
		    "\"metadata\":\"meta\",\"state\":{\"ociVersion\":\"" SPEC_VERSION
		    "\",\"id\":\"web\",\"status\":\"running\",\"bundle\":\"/b\"}}");
}
END_TEST

UNIT_MAIN("spec", test_round_trip, test_full_without_document, test_full_process,
	  test_full_rest, test_full_resources, test_full_seccomp, test_engines,
	  test_smallest, test_null_members, test_empty_is_not_absent,
	  test_spelled_out_defaults, test_unknown_members, test_built_in_c,
	  test_built_wrong, test_parts, test_read_failures, test_state)
