/* SPDX-License-Identifier: Apache-2.0 */
#include "quadlet/keys.h"

#include <string.h>

#include "quadlet/words.h"
#include "util/mem.h"
#include "util/str.h"

#define MODULE                                                                    \
	{                                                                         \
		"ContainersConfModule", KEY_REFUSED,                              \
			"there are no modules of containers.conf; write what it " \
			"says into containers.conf, or into this file"            \
	}
#define USER_NS "write it as UserNS=, UIDMap= and GIDMap="

static const struct quadlet_key container_keys[] = {
	{"AddCapability", KEY_WORDS, "--cap-add"},
	{"AddDevice", KEY_OWN, "--device; not if it begins with - and is not there"},
	{"AddHost", KEY_EACH, "--add-host"},
	{"Annotation", KEY_PAIRS, "--annotation"},
	{"AutoUpdate", KEY_ONE, "--label", "io.containers.autoupdate="},
	{"CgroupsMode", KEY_OWN, "--cgroups; split, if it is not given"},
	{"ContainerName", KEY_OWN, "--name; systemd-%N, if it is not given"},
	MODULE,
	{"DNS", KEY_EACH, "--dns"},
	{"DNSOption", KEY_EACH, "--dns-option"},
	{"DNSSearch", KEY_EACH, "--dns-search"},
	{"DropCapability", KEY_WORDS, "--cap-drop"},
	{"Entrypoint", KEY_ONE, "--entrypoint"},
	{"Environment", KEY_PAIRS, "--env"},
	{"EnvironmentFile", KEY_OWN, "--env-file"},
	{"EnvironmentHost", KEY_FLAG, "--env-host"},
	{"Exec", KEY_OWN, "the words behind the image"},
	{"ExposeHostPort", KEY_EACH, "--expose"},
	{"GIDMap", KEY_EACH, "--gidmap"},
	{"GlobalArgs", KEY_OWN, "words before `run`"},
	{"Group", KEY_OWN, "--user USER:GROUP"},
	{"GroupAdd", KEY_EACH, "--group-add"},
	{"HealthCmd", KEY_ONE, "--health-cmd"},
	{"HealthInterval", KEY_ONE, "--health-interval"},
	{"HealthLogDestination", KEY_ONE, "--health-log-destination"},
	{"HealthMaxLogCount", KEY_ONE, "--health-max-log-count"},
	{"HealthMaxLogSize", KEY_ONE, "--health-max-log-size"},
	{"HealthOnFailure", KEY_ONE, "--health-on-failure"},
	{"HealthRetries", KEY_ONE, "--health-retries"},
	{"HealthStartPeriod", KEY_ONE, "--health-start-period"},
	{"HealthStartupCmd", KEY_ONE, "--health-startup-cmd"},
	{"HealthStartupInterval", KEY_ONE, "--health-startup-interval"},
	{"HealthStartupRetries", KEY_ONE, "--health-startup-retries"},
	{"HealthStartupSuccess", KEY_ONE, "--health-startup-success"},
	{"HealthStartupTimeout", KEY_ONE, "--health-startup-timeout"},
	{"HealthTimeout", KEY_ONE, "--health-timeout"},
	{"HostName", KEY_ONE, "--hostname"},
	{"IP", KEY_ONE, "--ip"},
	{"IP6", KEY_ONE, "--ip6"},
	{"Image", KEY_OWN, "the image; NAME.image and NAME.build: that of the file"},
	{"Label", KEY_WORDS, "--label"},
	{"LogDriver", KEY_ONE, "--log-driver"},
	{"LogOpt", KEY_EACH, "--log-opt"},
	{"Mask", KEY_ONE, "--security-opt", "mask="},
	{"Memory", KEY_ONE, "--memory"},
	{"Mount", KEY_OWN, "--mount; source=NAME.volume, NAME.image: that of the file"},
	{"Network", KEY_OWN, "--network; NAME.network, NAME.container: that of the file"},
	{"NetworkAlias", KEY_EACH, "--network-alias"},
	{"NoNewPrivileges", KEY_YES, "--security-opt", "no-new-privileges"},
	{"Notify", KEY_OWN, "--sdnotify=conmon, container or healthy"},
	{"PidsLimit", KEY_ONE, "--pids-limit"},
	{"Pod", KEY_OWN, "--pod-id-file; NAME.pod"},
	{"PodmanArgs", KEY_OWN, "words before the image"},
	{"PublishPort", KEY_EACH, "--publish"},
	{"Pull", KEY_ONE, "--pull"},
	{"ReadOnly", KEY_FLAG, "--read-only"},
	{"ReadOnlyTmpfs", KEY_FLAG, "--read-only-tmpfs"},
	{"ReloadCmd", KEY_OWN, "ExecReload=cubby exec"},
	{"ReloadSignal", KEY_OWN, "ExecReload=cubby kill"},
	{"RemapGid", KEY_REFUSED, USER_NS},
	{"RemapUid", KEY_REFUSED, USER_NS},
	{"RemapUidSize", KEY_REFUSED, USER_NS},
	{"RemapUsers", KEY_REFUSED, USER_NS},
	{"Retry", KEY_ONE, "--retry"},
	{"RetryDelay", KEY_ONE, "--retry-delay"},
	{"Rootfs", KEY_OWN, "--rootfs"},
	{"RunInit", KEY_FLAG, "--init"},
	{"SeccompProfile", KEY_ONE, "--security-opt", "seccomp="},
	{"Secret", KEY_EACH, "--secret"},
	{"SecurityLabelDisable", KEY_YES, "--security-opt", "label=disable"},
	{"SecurityLabelFileType", KEY_ONE, "--security-opt", "label=filetype:"},
	{"SecurityLabelLevel", KEY_ONE, "--security-opt", "label=level:"},
	{"SecurityLabelNested", KEY_YES, "--security-opt", "label=nested"},
	{"SecurityLabelType", KEY_ONE, "--security-opt", "label=type:"},
	{"ServiceName", KEY_OWN, "the service's name"},
	{"ShmSize", KEY_ONE, "--shm-size"},
	{"StartWithPod", KEY_OWN, "no: the pod does not start it"},
	{"StopSignal", KEY_ONE, "--stop-signal"},
	{"StopTimeout", KEY_ONE, "--stop-timeout"},
	{"SubGIDMap", KEY_ONE, "--subgidname"},
	{"SubUIDMap", KEY_ONE, "--subuidname"},
	{"Sysctl", KEY_WORDS, "--sysctl"},
	{"Timezone", KEY_ONE, "--tz"},
	{"Tmpfs", KEY_EACH, "--tmpfs"},
	{"UIDMap", KEY_EACH, "--uidmap"},
	{"Ulimit", KEY_EACH, "--ulimit"},
	{"Unmask", KEY_ONE, "--security-opt", "unmask="},
	{"User", KEY_OWN, "--user"},
	{"UserNS", KEY_ONE, "--userns"},
	{"VolatileTmp", KEY_REFUSED, "write Tmpfs=/tmp"},
	{"Volume", KEY_OWN, "--volume; NAME.volume: that of the file"},
	{"WorkingDir", KEY_ONE, "--workdir"},
	{NULL},
};

static const struct quadlet_key volume_keys[] = {
	MODULE,
	{"Copy", KEY_OWN, "--opt copy or nocopy"},
	{"Device", KEY_ONE, "--opt", "device="},
	{"Driver", KEY_ONE, "--driver"},
	{"GlobalArgs", KEY_OWN, "words before `volume`"},
	{"Group", KEY_OWN, "--opt o=gid="},
	{"Image", KEY_REFUSED,
	 "no volume is made of an image; Mount=type=image,source=IMAGE,target=DIR shows one to a container"},
	{"Label", KEY_WORDS, "--label"},
	{"Options", KEY_OWN, "--opt o="},
	{"PodmanArgs", KEY_OWN, "words before the name"},
	{"ServiceName", KEY_OWN, "the service's name"},
	{"Type", KEY_ONE, "--opt", "type="},
	{"User", KEY_OWN, "--opt o=uid="},
	{"VolumeName", KEY_OWN, "the volume's name; systemd-NAME, if it is not given"},
	{NULL},
};

static const struct quadlet_key network_keys[] = {
	MODULE,
	{"DNS", KEY_EACH, "--dns"},
	{"DisableDNS", KEY_FLAG, "--disable-dns"},
	{"Driver", KEY_ONE, "--driver"},
	{"Gateway", KEY_OWN, "--gateway"},
	{"GlobalArgs", KEY_OWN, "words before `network`"},
	{"IPAMDriver", KEY_ONE, "--ipam-driver"},
	{"IPRange", KEY_OWN, "--ip-range"},
	{"IPv6", KEY_FLAG, "--ipv6"},
	{"InterfaceName", KEY_ONE, "--interface-name"},
	{"Internal", KEY_FLAG, "--internal"},
	{"Label", KEY_WORDS, "--label"},
	{"NetworkDeleteOnStop", KEY_OWN, "ExecStopPost=cubby network rm"},
	{"NetworkName", KEY_OWN, "the network's name; systemd-NAME, if it is not given"},
	{"Options", KEY_WORDS, "--opt"},
	{"PodmanArgs", KEY_OWN, "words before the name"},
	{"ServiceName", KEY_OWN, "the service's name"},
	{"Subnet", KEY_OWN, "--subnet"},
	{NULL},
};

static const struct quadlet_key image_keys[] = {
	{"AllTags", KEY_FLAG, "--all-tags"},
	{"Arch", KEY_ONE, "--arch"},
	{"AuthFile", KEY_ONE, "--authfile"},
	{"CertDir", KEY_ONE, "--cert-dir"},
	MODULE,
	{"Creds", KEY_ONE, "--creds"},
	{"DecryptionKey", KEY_REFUSED,
	 "encrypted images cannot be fetched; decrypt it first, with skopeo copy --decryption-key"},
	{"GlobalArgs", KEY_OWN, "words before `image pull`"},
	{"Image", KEY_OWN, "the image"},
	{"ImageTag", KEY_OWN, "what NAME.image means elsewhere"},
	{"OS", KEY_ONE, "--os"},
	{"PodmanArgs", KEY_OWN, "words before the image"},
	{"Policy", KEY_ONE, "--policy"},
	{"Retry", KEY_ONE, "--retry"},
	{"RetryDelay", KEY_ONE, "--retry-delay"},
	{"ServiceName", KEY_OWN, "the service's name"},
	{"TLSVerify", KEY_FLAG, "--tls-verify"},
	{"Variant", KEY_ONE, "--variant"},
	{NULL},
};

static const struct quadlet_key build_keys[] = {
	{"Annotation", KEY_PAIRS, "--annotation"},
	{"Arch", KEY_ONE, "--arch"},
	{"AuthFile", KEY_ONE, "--authfile"},
	{"BuildArg", KEY_WORDS, "--build-arg"},
	MODULE,
	{"DNS", KEY_EACH, "--dns"},
	{"DNSOption", KEY_EACH, "--dns-option"},
	{"DNSSearch", KEY_EACH, "--dns-search"},
	{"Environment", KEY_PAIRS, "--env"},
	{"File", KEY_OWN, "--file"},
	{"ForceRM", KEY_REFUSED, "builds leave no containers behind; leave it out"},
	{"GlobalArgs", KEY_OWN, "words before `build`"},
	{"GroupAdd", KEY_EACH, "--group-add"},
	{"IgnoreFile", KEY_ONE, "--ignorefile"},
	{"ImageTag", KEY_EACH, "--tag"},
	{"Label", KEY_WORDS, "--label"},
	{"Network", KEY_OWN, "--network; NAME.network: that of the file"},
	{"PodmanArgs", KEY_OWN, "words before the context"},
	{"Pull", KEY_ONE, "--pull="},
	{"Retry", KEY_ONE, "--retry"},
	{"RetryDelay", KEY_ONE, "--retry-delay"},
	{"Secret", KEY_EACH, "--secret"},
	{"ServiceName", KEY_OWN, "the service's name"},
	{"SetWorkingDirectory", KEY_OWN, "the context: file, unit, a path, a URL"},
	{"TLSVerify", KEY_FLAG, "--tls-verify"},
	{"Target", KEY_ONE, "--target"},
	{"Variant", KEY_ONE, "--variant"},
	{"Volume", KEY_OWN, "--volume; NAME.volume: that of the file"},
	{NULL},
};

static const struct quadlet_key pod_keys[] = {
	{"AddHost", KEY_EACH, "--add-host"},
	MODULE,
	{"DNS", KEY_EACH, "--dns"},
	{"DNSOption", KEY_EACH, "--dns-option"},
	{"DNSSearch", KEY_EACH, "--dns-search"},
	{"ExitPolicy", KEY_OWN, "--exit-policy; stop, if it is not given"},
	{"GIDMap", KEY_EACH, "--gidmap"},
	{"GlobalArgs", KEY_OWN, "words before `pod`"},
	{"HostName", KEY_ONE, "--hostname"},
	{"IP", KEY_ONE, "--ip"},
	{"IP6", KEY_ONE, "--ip6"},
	{"Label", KEY_WORDS, "--label"},
	{"Network", KEY_OWN, "--network; NAME.network: that of the file"},
	{"NetworkAlias", KEY_EACH, "--network-alias"},
	{"PodName", KEY_OWN, "--name; systemd-NAME, if it is not given"},
	{"PodmanArgs", KEY_OWN, "words behind `pod create`"},
	{"PublishPort", KEY_EACH, "--publish"},
	{"ServiceName", KEY_OWN, "the service's name"},
	{"ShmSize", KEY_ONE, "--shm-size"},
	{"SubGIDMap", KEY_ONE, "--subgidname"},
	{"SubUIDMap", KEY_ONE, "--subuidname"},
	{"UIDMap", KEY_EACH, "--uidmap"},
	{"UserNS", KEY_ONE, "--userns"},
	{"Volume", KEY_OWN, "--volume; NAME.volume: that of the file"},
	{NULL},
};

const struct quadlet_key *quadlet_keys(enum quadlet_kind kind)
{
	static const struct quadlet_key none[] = {{NULL}};
	static const struct quadlet_key *const tables[QUADLET_N_KINDS] = {
		[QUADLET_CONTAINER] = container_keys,
		[QUADLET_VOLUME] = volume_keys,
		[QUADLET_NETWORK] = network_keys,
		[QUADLET_IMAGE] = image_keys,
		[QUADLET_BUILD] = build_keys,
		[QUADLET_POD] = pod_keys,
		[QUADLET_KUBE] = none,
	};

	return tables[kind];
}

static int unknown_key(const struct unit_entry *e, enum quadlet_kind kind,
		       struct error *err)
{
	const char *words[ARRAY_SIZE(container_keys)];
	size_t n = 0;

	for (const struct quadlet_key *k = quadlet_keys(kind); k->key; k++)
		words[n++] = k->key;
	words[n] = NULL;
	unit_error(err, e, "is no key of [%s]", quadlet_section(kind));
	const char *near = str_nearest(e->key, words);
	return near ? error_hint(err, "Did you mean %s=?", near) : -EINVAL;
}

int keys_check(const struct unit_section *s, enum quadlet_kind kind, struct error *err)
{
	for (size_t i = 0; s && i < s->n_entries; i++) {
		const struct unit_entry *e = &s->entries[i];
		const struct quadlet_key *k = quadlet_keys(kind);

		while (k->key && !str_eq(k->key, e->key))
			k++;
		if (!k->key)
			return unknown_key(e, kind, err);
		if (k->form == KEY_REFUSED && *e->value)
			return unit_error(err, e, "is not supported: %s", k->option);
	}
	return 0;
}

/* -- applying */

static void add_option(char ***args, const struct quadlet_key *k, const char *value)
{
	size_t len = strlen(k->option);

	if (k->option[len - 1] == '=') {
		strv_addf(args, "%s%s", k->option, value);
		return;
	}
	strv_add(args, k->option);
	strv_addf(args, "%s%s", k->prefix ? k->prefix : "", value);
}

static int apply_flag(const struct unit_entry *e, const struct quadlet_key *k,
		      char ***args, struct error *err)
{
	bool on;
	int r = words_flag(e, &on, err);

	if (r < 0)
		return r;
	if (k->form == KEY_FLAG)
		strv_addf(args, "%s%s", k->option, on ? "" : "=false");
	else if (on)
		add_option(args, k, "");
	return 0;
}

static int apply_words(const struct unit_entry *e, const struct quadlet_key *k,
		       char ***args, struct error *err)
{
	cleanup_strv char **words = NULL;
	int r = words_split(e, &words, err);

	if (r < 0)
		return r;
	strv_foreach (word, words) {
		if (k->form == KEY_PAIRS && (!strchr(*word, '=') || **word == '='))
			return unit_error(err, e, "has \"%s\", which is no NAME=VALUE",
					  *word);
		add_option(args, k, *word);
	}
	return 0;
}

static int apply_key(const struct unit_section *s, const struct quadlet_key *k,
		     char ***args, struct error *err)
{
	const struct unit_entry *last = unit_last(s, k->key);
	int r = 0;

	if (!last || k->form == KEY_OWN)
		return 0;
	if (k->form == KEY_FLAG || k->form == KEY_YES)
		return apply_flag(last, k, args, err);
	if (k->form == KEY_ONE) {
		add_option(args, k, last->value);
		return 0;
	}
	for (const struct unit_entry *e = unit_first_of(s, k->key); e && r == 0;
	     e = unit_next_of(s, e)) {
		if (k->form == KEY_EACH)
			add_option(args, k, e->value);
		else
			r = apply_words(e, k, args, err);
	}
	return r;
}

int keys_apply(const struct unit_section *s, enum quadlet_kind kind, char ***args,
	       struct error *err)
{
	int r = 0;

	for (const struct quadlet_key *k = quadlet_keys(kind); k->key && r == 0; k++)
		r = apply_key(s, k, args, err);
	return r;
}
