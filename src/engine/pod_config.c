/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/pod_config.h"

#include <stdlib.h>
#include <string.h>

#include "util/json.h"
#include "util/json_members.h"
#include "util/mem.h"
#include "util/str.h"

#define MEMBER(json_key, json_type, name) \
	JSON_MEMBER(struct pod_config, json_key, json_type, name)

static const struct json_member members[] = {
	MEMBER("share", STRV, share),
	MEMBER("labels", STRV, labels),
	MEMBER("createCommand", STRV, create_command),
	MEMBER("hostname", STR, hostname),
	MEMBER("network", STR, network),
	MEMBER("userns", STR, userns),
	MEMBER("exitPolicy", STR, exit_policy),
	MEMBER("restart", STR, restart),
	MEMBER("volumes", STRV, volumes),
	MEMBER("volumesFrom", STRV, volumes_from),
	MEMBER("devices", STRV, devices),
	MEMBER("securityOpt", STRV, security_opt),
	MEMBER("addHosts", STRV, add_hosts),
	MEMBER("sysctls", STRV, sysctls),
	MEMBER("cgroupName", STR, cgroup.name),
	MEMBER("cgroupAbove", STR, cgroup.above),
	MEMBER("cgroupParent", STR, cgroup.parent),
	MEMBER("cgroupPath", STR, cgroup.path),
	MEMBER("cgroupLimits", STR, cgroup.limits),
	MEMBER("cgroupManager", I64, cgroup.manager),
	MEMBER("noShareParent", BOOL, no_share_parent),
	{NULL},
};

void pod_config_release(struct pod_config *c)
{
	json_members_release(members, c);
	*c = (struct pod_config){0};
}

void pod_cgroup_config_release(struct pod_cgroup_config *c)
{
	free(c->name);
	free(c->above);
	free(c->parent);
	free(c->path);
	free(c->limits);
	*c = (struct pod_cgroup_config){0};
}

char *pod_config_text(const struct pod_config *c)
{
	cleanup_json struct json_object *o = json_object_new_object();

	json_members_add(o, members, c);
	return json_text(o, false);
}

int pod_config_parse(const char *text, struct pod_config *ret, struct error *err)
{
	cleanup_pod_config struct pod_config c = {0};
	cleanup_json struct json_object *o = NULL;
	int r = json_parse_own(text, strlen(text), "pod record", &o, err);

	if (r >= 0)
		r = json_members_read(o, members, &c, err);
	if (r < 0)
		return error_wrap(err, "pod record");
	*ret = c;
	c = (struct pod_config){0};
	return 0;
}

static void share(char ***list, const char *word)
{
	if (!strv_has(*list, word))
		strv_add(list, word);
}

static int refuse(const char *text, const char *word, struct error *err)
{
	cleanup_free char *quoted = str_quote(word);

	error_set(err, ERR_INVALID, 0,
		  "--share %s: invalid kernel namespace to share: %s", text, quoted);
	return error_hint(err, "There are: cgroup, ipc, net, pid, uts, or none; with a + "
			       "before it, one is added to the default ipc,net,uts");
}

int pod_share_parse(const char *text, char ***ret, struct error *err)
{
	static const char *const standard[] = {"ipc", "net", "uts"};
	static const char *const known[] = {"cgroup", "ipc", "net", "pid", "uts", NULL};
	cleanup_strv char **words = text ? str_split(text, ',') : NULL, **list = NULL;
	bool add = !text;

	strv_foreach (word, words)
		add = add || **word == '+';
	for (size_t i = 0; add && i < ARRAY_SIZE(standard); i++)
		share(&list, standard[i]);
	strv_foreach (word, words) {
		const char *name = **word == '+' ? *word + 1 : *word;

		if (str_empty(name) || (str_eq(name, "none") && strv_len(words) == 1))
			continue;
		if (str_eq(name, "network"))
			name = "net";
		if (!strv_has((char *const *)known, name))
			return refuse(text, name, err);
		share(&list, name);
	}
	*ret = TAKE_PTR(list);
	return 0;
}
