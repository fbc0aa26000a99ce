/* SPDX-License-Identifier: Apache-2.0 */
/* Wrong documents, each with the exact sentence. ' stands for " on both sides. */
#include "spec/spec.h"
#include "unit.h"
#include "util/json.h"
#include "util/mem.h"

#define CONFIG(members)    "{'ociVersion':'1.2.0'," members "}"
#define PROCESS(members)   CONFIG("'process':{'cwd':'/','args':['true']," members "}")
#define USER(members)      PROCESS("'user':{" members "}")
#define MOUNTS(elements)   CONFIG("'mounts':[" elements "]")
#define LINUX(members)     CONFIG("'linux':{" members "}")
#define RESOURCES(members) LINUX("'resources':{" members "}")
#define SECCOMP(members)   LINUX("'seccomp':{'defaultAction':'SCMP_ACT_ALLOW'," members "}")
#define RULE(members)      SECCOMP("'syscalls':[{'names':['a']," members "}]")
#define IDS(elements)      LINUX("'uidMappings':[" elements "]")

struct wrong {
	const char *text, *want;
};

static char *quoted(const char *text)
{
	char *copy = xstrdup(text);

	for (char *c = copy; *c; c++)
		if (*c == '\'')
			*c = '"';
	return copy;
}

static void expect_message(int r, struct error *err, const struct wrong *w)
{
	cleanup_free char *want = quoted(w->want);

	ck_assert_msg(r == -EINVAL, "%s: %d instead of -EINVAL", w->text, r);
	ck_assert_int_eq(err->kind, ERR_INVALID);
	ck_assert_message(err, want);
}

static void refuse(const struct wrong *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct error err = ERROR_INIT;
		struct spec *spec = NULL;
		cleanup_free char *text = quoted(cases[i].text);
		int r = spec_parse(text, strlen(text), &spec, &err);
		ck_assert_ptr_null(spec);
		expect_message(r, &err, &cases[i]);
	}
}
#define REFUSE(cases) refuse(cases, ARRAY_SIZE(cases))

START_TEST(test_config)
{
	static const struct wrong cases[] = {
		{"{", "config.json: line 1, column 2: the text ends too soon"},
		{"[]", "config.json: expected an object, got an array"},
		{"null", "config.json: expected an object, got null"},
		{"{}", "ociVersion: missing"},
		{"{'ociVersion':null}", "ociVersion: missing"},
		{"{'ociVersion':1.2}", "ociVersion: expected a string, got 1.2"},
		{"{'ociVersion':'2.0.0'}",
		 "ociVersion: expected version 1.x of the specification, got '2.0.0'"},
		{"{'ociVersion':'1.'}",
		 "ociVersion: expected version 1.x of the specification, got '1.'"},
		{CONFIG("'root':'rootfs'"), "root: expected an object, got 'rootfs'"},
		{CONFIG("'root':{'readonly':true}"), "root.path: missing"},
		{CONFIG("'root':{'path':''}"), "root.path: is empty"},
		{CONFIG("'root':{'path':'r','readonly':'yes'}"),
		 "root.readonly: expected true or false, got 'yes'"},
		{CONFIG("'hostname':['a']"), "hostname: expected a string, got an array"},
		{CONFIG("'hostname':"
			"'0123456789012345678901234567890123456789012345678901234567890123x'"),
		 "hostname: expected at most 64 bytes, got "
		 "'012345678901234567890123456789012345678901234567890123456789...'"},
		{CONFIG("'annotations':{'a b':1}"),
		 "annotations['a b']: expected a string, got 1"},
		{CONFIG("'annotations':{'io.x':null}"),
		 "annotations['io.x']: expected a string, got null"},
		{CONFIG("'annotations':{'':'v'}"),
		 "annotations: expected a name, got ''"},
		{CONFIG("'annotations':[]"),
		 "annotations: expected an object, got an array"},
	};
	REFUSE(cases);
}
END_TEST

START_TEST(test_process)
{
	static const struct wrong cases[] = {
		{CONFIG("'process':{'cwd':'/'}"), "process.args: missing"},
		{CONFIG("'process':{'cwd':'/','args':[]}"), "process.args: is empty"},
		{CONFIG("'process':{'cwd':'/','args':'sh'}"),
		 "process.args: expected an array of strings, got 'sh'"},
		{CONFIG("'process':{'cwd':'/','args':['a',null]}"),
		 "process.args[1]: expected a string, got null"},
		{CONFIG("'process':{'args':['a']}"), "process.cwd: missing"},
		{CONFIG("'process':{'args':['a'],'cwd':'tmp'}"),
		 "process.cwd: expected an absolute path, got 'tmp'"},
		{PROCESS("'terminal':1"),
		 "process.terminal: expected true or false, got 1"},
		{PROCESS("'env':['A=b','A']"),
		 "process.env[1]: expected NAME=value, got 'A'"},
		{PROCESS("'env':['=b']"),
		 "process.env[0]: expected NAME=value, got '=b'"},
		{PROCESS("'consoleSize':{'height':1}"),
		 "process.consoleSize.width: missing"},
		{PROCESS("'consoleSize':{'height':65536,'width':1}"),
		 "process.consoleSize.height: expected a number from 0 to 65535, got 65536"},
		{PROCESS("'oomScoreAdj':1001"),
		 "process.oomScoreAdj: expected a number from -1000 to 1000, got 1001"},
		{PROCESS("'capabilities':['CAP_KILL']"),
		 "process.capabilities: expected an object, got an array"},
		{PROCESS("'capabilities':{'bounding':['CAP_KILL',5]}"),
		 "process.capabilities.bounding[1]: expected a string, got 5"},
		{PROCESS("'rlimits':[{'type':'RLIMIT_FOO','hard':1,'soft':1}]"),
		 "process.rlimits[0].type: unknown resource limit 'RLIMIT_FOO'"},
		{PROCESS("'rlimits':[{'type':'RLIMIT_CPU','hard':1}]"),
		 "process.rlimits[0].soft: missing"},
		{PROCESS("'rlimits':[{'type':'RLIMIT_CPU','hard':-1,'soft':1}]"),
		 "process.rlimits[0].hard: expected a number from 0 to 18446744073709551615, "
		 "got -1"},
		{PROCESS("'rlimits':[{'type':'RLIMIT_CPU','hard':1,'soft':2}]"),
		 "process.rlimits[0]: the soft limit 2 is above the hard limit 1"},
		{PROCESS("'rlimits':[{'type':'RLIMIT_CPU','hard':1,'soft':1},"
			 "{'type':'RLIMIT_AS','hard':1,'soft':1},"
			 "{'type':'RLIMIT_CPU','hard':2,'soft':1}]"),
		 "process.rlimits[2]: RLIMIT_CPU stands twice"},
		{PROCESS("'scheduler':{'nice':1}"), "process.scheduler.policy: missing"},
		{PROCESS("'scheduler':{'policy':'SCHED_FOO'}"),
		 "process.scheduler.policy: unknown scheduling policy 'SCHED_FOO'"},
		{PROCESS("'scheduler':{'policy':'SCHED_OTHER','nice':20}"),
		 "process.scheduler.nice: expected a number from -20 to 19, got 20"},
		{PROCESS("'scheduler':{'policy':'SCHED_OTHER','flags':['X']}"),
		 "process.scheduler.flags[0]: unknown scheduler flag 'X'"},
		{PROCESS("'ioPriority':{'class':'RT'}"),
		 "process.ioPriority.class: unknown I/O priority class 'RT'"},
		{PROCESS("'ioPriority':{'class':'IOPRIO_CLASS_RT','priority':8}"),
		 "process.ioPriority.priority: expected a number from 0 to 7, got 8"},
		{PROCESS("'execCPUAffinity':{'initial':'0-x'}"),
		 "process.execCPUAffinity.initial: expected a list such as '0-3,7', got "
		 "'0-x'"},
	};
	REFUSE(cases);
}
END_TEST

START_TEST(test_user)
{
	static const struct wrong cases[] = {
		{USER("'uid':'root','gid':0"),
		 "process.user.uid: expected a number, got 'root'"},
		{USER("'uid':0"), "process.user.gid: missing"},
		{USER("'uid':null,'gid':0"), "process.user.uid: missing"},
		{USER("'uid':true,'gid':0"),
		 "process.user.uid: expected a number, got true"},
		{USER("'uid':-1,'gid':0"),
		 "process.user.uid: expected a number from 0 to 4294967294, got -1"},
		{USER("'uid':4294967295,'gid':0"),
		 "process.user.uid: expected a number from 0 to 4294967294, got 4294967295"},
		{USER("'uid':1000.0,'gid':0"),
		 "process.user.uid: expected a whole number, got 1000.0"},
		{USER("'uid':1e3,'gid':0"),
		 "process.user.uid: expected a whole number, got 1e3"},
		{USER("'uid':0,'gid':0,'umask':512"),
		 "process.user.umask: expected a number from 0 to 511, got 512"},
		{USER("'uid':0,'gid':0,'additionalGids':5"),
		 "process.user.additionalGids: expected an array of numbers, got 5"},
		{USER("'uid':0,'gid':0,'additionalGids':[5,'6']"),
		 "process.user.additionalGids[1]: expected a number, got '6'"},
		{USER("'uid':0,'gid':0,'additionalGids':[4294967295]"),
		 "process.user.additionalGids[0]: expected a number from 0 to 4294967294, got "
		 "4294967295"},
	};
	REFUSE(cases);
}
END_TEST

START_TEST(test_mounts_and_hooks)
{
	static const struct wrong cases[] = {
		{CONFIG("'mounts':{}"),
		 "mounts: expected an array of objects, got an object"},
		{MOUNTS("'/proc'"), "mounts[0]: expected an object, got '/proc'"},
		{MOUNTS("{'destination':'/a'},{'destination':'/b'},{'destination':'/c'},"
			"{'type':'proc'}"),
		 "mounts[3].destination: missing"},
		{MOUNTS("{'destination':''}"), "mounts[0].destination: is empty"},
		{MOUNTS("{'destination':'/a','options':['ro',1]}"),
		 "mounts[0].options[1]: expected a string, got 1"},
		{MOUNTS("{'destination':'/a','uidMappings':"
			"[{'containerID':0,'hostID':0,'size':1}]}"),
		 "mounts[0]: uidMappings without gidMappings"},
		{MOUNTS("{'destination':'/a','uidMappings':[{'containerID':0,'hostID':0}]}"),
		 "mounts[0].uidMappings[0].size: missing"},
		{CONFIG("'hooks':{'prestart':[{'path':'a'}]}"),
		 "hooks.prestart[0].path: expected an absolute path, got 'a'"},
		{CONFIG("'hooks':{'createRuntime':[{}]}"),
		 "hooks.createRuntime[0].path: missing"},
		{CONFIG("'hooks':{'poststop':[{'path':'/a'},{'path':'/b','timeout':0}]}"),
		 "hooks.poststop[1].timeout: expected a number from 1 to 2147483647, got 0"},
		{CONFIG("'hooks':{'poststart':[{'path':'/a','env':['x']}]}"),
		 "hooks.poststart[0].env[0]: expected NAME=value, got 'x'"},
	};
	REFUSE(cases);
}
END_TEST

START_TEST(test_id_maps)
{
	static const struct wrong cases[] = {
		{IDS("{'containerID':0,'hostID':0,'size':0}"),
		 "linux.uidMappings[0]: the size is 0"},
		{IDS("{'containerID':0,'hostID':0,'size':'1'}"),
		 "linux.uidMappings[0].size: expected a number, got '1'"},
		{IDS("{'containerID':4294967290,'hostID':0,'size':6}"),
		 "linux.uidMappings[0]: container ids beyond 4294967294"},
		{IDS("{'containerID':0,'hostID':4294967290,'size':6}"),
		 "linux.uidMappings[0]: host ids beyond 4294967294"},
		{IDS("{'containerID':0,'hostID':1000,'size':2},"
		     "{'containerID':1,'hostID':2000,'size':1}"),
		 "linux.uidMappings[1]: container ids overlap those of [0]"},
		{IDS("{'containerID':10,'hostID':1000,'size':2},"
		     "{'containerID':0,'hostID':999,'size':2}"),
		 "linux.uidMappings[1]: host ids overlap those of [0]"},
		{LINUX("'gidMappings':[{'containerID':0,'hostID':0,'size':0}]"),
		 "linux.gidMappings[0]: the size is 0"},
	};
	REFUSE(cases);
}
END_TEST

START_TEST(test_id_map_too_long)
{
	struct error err = ERROR_INIT;
	struct spec *spec = spec_new();
	struct spec_linux *l = spec->linux;

	for (uint32_t i = 0; i < 340; i++) {
		struct spec_id_mapping *line =
			SPEC_APPEND(&l->uid_mappings, &l->n_uid_mappings);
		*line = (struct spec_id_mapping){i, i, 1};
	}
	ck_assert_ok(spec_check(spec, &err), &err);
	struct spec_id_mapping *line = SPEC_APPEND(&l->uid_mappings, &l->n_uid_mappings);
	*line = (struct spec_id_mapping){340, 340, 1};
	ck_assert_int_eq(spec_check(spec, &err), -EINVAL);
	ck_assert_message(&err,
			  "linux.uidMappings: 341 entries, the kernel takes at most 340");
	spec_free(spec);
}
END_TEST

START_TEST(test_linux)
{
	static const struct wrong cases[] = {
		{LINUX("'namespaces':[{'type':'pid'},{'type':'foo'}]"),
		 "linux.namespaces[1].type: unknown namespace 'foo'"},
		{LINUX("'namespaces':[{'path':'/a'}]"),
		 "linux.namespaces[0].type: missing"},
		{LINUX("'namespaces':[{'type':'pid'},{'type':'user'},{'type':'pid'}]"),
		 "linux.namespaces[2]: the pid namespace stands twice"},
		{LINUX("'namespaces':[{'type':'pid','path':'self'}]"),
		 "linux.namespaces[0].path: expected an absolute path, got 'self'"},
		{LINUX("'namespaces':[{'type':'pid','path':''}]"),
		 "linux.namespaces[0].path: expected an absolute path, got ''"},
		{LINUX("'devices':[{'type':'x','path':'/dev/x'}]"),
		 "linux.devices[0].type: unknown device type 'x'"},
		{LINUX("'devices':[{'type':'c','path':'dev/x'}]"),
		 "linux.devices[0].path: expected an absolute path, got 'dev/x'"},
		{LINUX("'devices':[{'type':'c','path':'/dev/x'}]"),
		 "linux.devices[0].major: missing"},
		{LINUX("'devices':[{'type':'c','path':'/dev/x','major':1}]"),
		 "linux.devices[0].minor: missing"},
		{LINUX("'devices':[{'type':'b','path':'/dev/x','major':4096,'minor':0}]"),
		 "linux.devices[0].major: expected a number from 0 to 4095, got 4096"},
		{LINUX("'devices':[{'type':'b','path':'/dev/x','major':1,'minor':-1}]"),
		 "linux.devices[0].minor: expected a number from 0 to 1048575, got -1"},
		{LINUX("'cgroupsPath':'/a/../../b'"),
		 "linux.cgroupsPath: expected a path without '..', got '/a/../../b'"},
		{LINUX("'cgroupsPath':'a.slice:..:b'"),
		 "linux.cgroupsPath: expected a path without '..', got 'a.slice:..:b'"},
		{LINUX("'rootfsPropagation':'sharde'"),
		 "linux.rootfsPropagation: unknown propagation 'sharde'"},
		{LINUX("'maskedPaths':['/a','b']"),
		 "linux.maskedPaths[1]: expected an absolute path, got 'b'"},
		{LINUX("'readonlyPaths':['']"),
		 "linux.readonlyPaths[0]: expected an absolute path, got ''"},
		{LINUX("'sysctl':{'net.ipv4.ip_forward':1}"),
		 "linux.sysctl['net.ipv4.ip_forward']: expected a string, got 1"},
		{LINUX("'personality':{}"), "linux.personality.domain: missing"},
		{LINUX("'personality':{'domain':'BSD'}"),
		 "linux.personality.domain: unknown personality 'BSD'"},
		{LINUX("'timeOffsets':{'realtime':{'secs':1}}"),
		 "linux.timeOffsets: unknown clock 'realtime'"},
		{LINUX("'timeOffsets':{'monotonic':{'nanosecs':1000000000}}"),
		 "linux.timeOffsets.monotonic.nanosecs: expected a number from 0 to 999999999, "
		 "got 1000000000"},
		{LINUX("'timeOffsets':{'boottime':5}"),
		 "linux.timeOffsets.boottime: expected an object, got 5"},
		{LINUX("'intelRdt':{'enableCMT':0}"),
		 "linux.intelRdt.enableCMT: expected true or false, got 0"},
	};
	REFUSE(cases);
}
END_TEST

START_TEST(test_resources)
{
	static const struct wrong cases[] = {
		{RESOURCES("'devices':[{'access':'rwm'}]"),
		 "linux.resources.devices[0].allow: missing"},
		{RESOURCES("'devices':[{'allow':true,'type':'p'}]"),
		 "linux.resources.devices[0].type: unknown device type 'p'"},
		{RESOURCES("'devices':[{'allow':true,'access':'rx'}]"),
		 "linux.resources.devices[0].access: expected letters of rwm, got 'rx'"},
		{RESOURCES("'devices':[{'allow':true,'minor':-2}]"),
		 "linux.resources.devices[0].minor: expected a number from -1 to "
		 "9223372036854775807, got -2"},
		{RESOURCES("'memory':{'limit':'64m'}"),
		 "linux.resources.memory.limit: expected a number, got '64m'"},
		{RESOURCES("'memory':{'limit':-2}"),
		 "linux.resources.memory.limit: expected a number from -1 to "
		 "9223372036854775807, got -2"},
		{RESOURCES("'memory':{'kernelTCP':9223372036854775808}"),
		 "linux.resources.memory.kernelTCP: expected a number from -1 to "
		 "9223372036854775807, got 9223372036854775808"},
		{RESOURCES("'memory':{'limit':18446744073709551616}"),
		 "config.json: line 1, column 63: a number beyond 64 bits"},
		{RESOURCES("'cpu':{'shares':1.5}"),
		 "linux.resources.cpu.shares: expected a whole number, got 1.5"},
		{RESOURCES("'pids':{}"), "linux.resources.pids.limit: missing"},
		{RESOURCES("'blockIO':{'weight':65536}"),
		 "linux.resources.blockIO.weight: expected a number from 0 to 65535, got 65536"},
		{RESOURCES("'blockIO':{'weightDevice':[{'major':8,'minor':0}]}"),
		 "linux.resources.blockIO.weightDevice[0]: neither weight nor leafWeight is "
		 "there"},
		{RESOURCES(
			 "'blockIO':{'throttleWriteIOPSDevice':[{'major':8,'minor':0}]}"),
		 "linux.resources.blockIO.throttleWriteIOPSDevice[0].rate: missing"},
		{RESOURCES("'hugepageLimits':[{'limit':1}]"),
		 "linux.resources.hugepageLimits[0].pageSize: missing"},
		{RESOURCES("'network':{'priorities':[{'name':'eth0'}]}"),
		 "linux.resources.network.priorities[0].priority: missing"},
		{RESOURCES("'network':{'classID':4294967296}"),
		 "linux.resources.network.classID: expected a number from 0 to 4294967295, got "
		 "4294967296"},
		{RESOURCES("'rdma':{'mlx5_1':{}}"),
		 "linux.resources.rdma.mlx5_1: neither hcaHandles nor hcaObjects is there"},
		{RESOURCES("'rdma':{'mlx-5':{'hcaHandles':-1}}"),
		 "linux.resources.rdma['mlx-5'].hcaHandles: expected a number from 0 to "
		 "4294967295, got -1"},
		{RESOURCES("'unified':{'../memory.max':'1'}"),
		 "linux.resources.unified: expected the name of a cgroup file, got "
		 "'../memory.max'"},
		{RESOURCES("'unified':{'memory.max':1}"),
		 "linux.resources.unified['memory.max']: expected a string, got 1"},
	};
	REFUSE(cases);
}
END_TEST

START_TEST(test_seccomp)
{
	static const struct wrong cases[] = {
		{LINUX("'seccomp':{}"), "linux.seccomp.defaultAction: missing"},
		{LINUX("'seccomp':true"), "linux.seccomp: expected an object, got true"},
		{LINUX("'seccomp':{'defaultAction':'ALLOW'}"),
		 "linux.seccomp.defaultAction: unknown seccomp action 'ALLOW'"},
		{SECCOMP("'architectures':['SCMP_ARCH_VAX']"),
		 "linux.seccomp.architectures[0]: unknown architecture 'SCMP_ARCH_VAX'"},
		{SECCOMP("'flags':['SECCOMP_FILTER_FLAG_X']"),
		 "linux.seccomp.flags[0]: unknown seccomp flag 'SECCOMP_FILTER_FLAG_X'"},
		{SECCOMP("'defaultErrnoRet':1"),
		 "linux.seccomp.defaultErrnoRet: SCMP_ACT_ALLOW returns no errno"},
		{SECCOMP("'listenerPath':'a.sock'"),
		 "linux.seccomp.listenerPath: expected an absolute path, got 'a.sock'"},
		{SECCOMP("'listenerMetadata':'x'"),
		 "linux.seccomp.listenerMetadata: there is no listenerPath"},
		{SECCOMP("'syscalls':[{'action':'SCMP_ACT_ALLOW'}]"),
		 "linux.seccomp.syscalls[0].names: missing"},
		{SECCOMP("'syscalls':[{'names':[],'action':'SCMP_ACT_ALLOW'}]"),
		 "linux.seccomp.syscalls[0].names: is empty"},
		{SECCOMP("'syscalls':[{'names':['a']}]"),
		 "linux.seccomp.syscalls[0].action: missing"},
		{RULE("'action':'SCMP_ACT_ALLOW','errnoRet':1"),
		 "linux.seccomp.syscalls[0].errnoRet: SCMP_ACT_ALLOW returns no errno"},
		{RULE("'action':'SCMP_ACT_ERRNO','errnoRet':4096"),
		 "linux.seccomp.syscalls[0].errnoRet: expected a number from 0 to 4095, got "
		 "4096"},
		{RULE("'action':'SCMP_ACT_ALLOW','args':[{'index':6,'value':1,'op':"
		      "'SCMP_CMP_EQ'}]"),
		 "linux.seccomp.syscalls[0].args[0].index: expected a number from 0 to 5, got "
		 "6"},
		{RULE("'action':'SCMP_ACT_ALLOW','args':[{'index':0,'op':'SCMP_CMP_EQ'}]"),
		 "linux.seccomp.syscalls[0].args[0].value: missing"},
		{RULE("'action':'SCMP_ACT_ALLOW','args':[{'index':0,'value':1}]"),
		 "linux.seccomp.syscalls[0].args[0].op: missing"},
		{RULE("'action':'SCMP_ACT_ALLOW','args':[{'index':0,'value':1,'op':'=='}]"),
		 "linux.seccomp.syscalls[0].args[0].op: unknown comparison '=='"},
		{RULE("'action':'SCMP_ACT_ALLOW','args':[{'index':0,'value':-1,'op':"
		      "'SCMP_CMP_EQ'}]"),
		 "linux.seccomp.syscalls[0].args[0].value: expected a number from 0 to "
		 "18446744073709551615, got -1"},
	};
	REFUSE(cases);
}
END_TEST

/* The documents of exec --process, update --resources: paths start with what they are. */
START_TEST(test_parts)
{
	struct error err = ERROR_INIT;
	struct spec_process *process = NULL;
	struct spec_resources *resources = NULL;
	struct spec_seccomp *seccomp = NULL;

	int r = spec_process_parse("{\"args\":[\"a\"],\"cwd\":1}", 22, &process, &err);
	expect_message(r, &err,
		       &(struct wrong){"", "process.cwd: expected a string, got 1"});
	r = spec_process_parse("[]", 2, &process, &err);
	expect_message(r, &err,
		       &(struct wrong){"", "process: expected an object, got an array"});
	r = spec_process_parse("{", 1, &process, &err);
	expect_message(
		r, &err,
		&(struct wrong){"", "process: line 1, column 2: the text ends too soon"});
	r = spec_resources_parse("{\"pids\":{}}", 11, &resources, &err);
	expect_message(r, &err, &(struct wrong){"", "resources.pids.limit: missing"});
	r = spec_seccomp_parse("{}", 2, &seccomp, &err);
	expect_message(r, &err, &(struct wrong){"", "seccomp.defaultAction: missing"});
	ck_assert(!process && !resources && !seccomp);
}
END_TEST

START_TEST(test_hint)
{
	static const char text[] = "{\"ociVersion\":\"1.0.0\",\"linux\":{\"namespaces\":"
				   "[{\"type\":\"mnt\"},{\"type\":\"netwrok\"}]}}";
	struct error err = ERROR_INIT;
	struct spec *spec = NULL;

	ck_assert_int_eq(spec_parse(text, strlen(text), &spec, &err), -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.text, "linux.namespaces[0].type"));
	error_release(&err);
	struct spec *built = spec_new();
	struct spec_namespace *ns =
		SPEC_APPEND(&built->linux->namespaces, &built->linux->n_namespaces);
	ns->type = xstrdup("netwrok");
	ck_assert_int_eq(spec_check(built, &err), -EINVAL);
	ck_assert_str_eq(err.hint, "did you mean \"network\"?");
	ck_assert_message(&err,
			  "linux.namespaces[0].type: unknown namespace \"netwrok\"");
	spec_free(built);
}
END_TEST

START_TEST(test_long_values_are_cut)
{
	struct error err = ERROR_INIT;
	struct spec *spec = spec_new();
	char word[3000];

	memset(word, 'x', sizeof(word) - 1);
	word[sizeof(word) - 1] = '\0';
	spec->linux->rootfs_propagation = xstrdup(word);
	ck_assert_int_eq(spec_check(spec, &err), -EINVAL);
	ck_assert_uint_lt(strlen(err.text), 150);
	error_release(&err);
	spec_free(spec);
}
END_TEST

UNIT_MAIN("spec_errors", test_config, test_process, test_user, test_mounts_and_hooks,
	  test_id_maps, test_id_map_too_long, test_linux, test_resources, test_seccomp,
	  test_parts, test_hint, test_long_values_are_cut)
