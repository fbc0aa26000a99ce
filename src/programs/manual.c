/* SPDX-License-Identifier: Apache-2.0 */
/* manual DIRECTORY: what the build runs to write the manual pages; it is not installed. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cubby.h"
#include "cli/manual.h"
#include "cli/runtime/rt.h"
#include "engine/containers_conf.h"
#include "engine/settings.h"
#include "util/mem.h"
#include "util/str.h"

static const struct manual_section cubby_sections[] = {
	{"ENVIRONMENT",
	 "XDG_DATA_HOME, XDG_RUNTIME_DIR, XDG_CONFIG_HOME|Where the directories below are, for users.\n"
	 "REGISTRY_AUTH_FILE|Where logins to registries are kept.\n"
	 "NO_COLOR|Nothing is coloured."},
	{"FILES",
	 "~/.local/share/cubby, /var/lib/cubby|Containers, images, volumes, records: --root.\n"
	 "$XDG_RUNTIME_DIR/cubby, /run/cubby|What lives: --runroot.\n"
	 "~/.config/cubby/cubby.conf, /etc/cubby/cubby.conf|Settings: cubby.conf(5).\n"
	 "/etc/subuid, /etc/subgid|Subordinate ids: subuid(5).\n"
	 "/etc/containers/registries.conf, policy.json|From where images come: containers-registries.conf(5), containers-policy.json(5)."},
	{NULL, NULL},
};

static const struct manual_program cubby_manual = {
	.program = &cubby_program,
	.description =
		"cubby runs containers for everybody, root or not. There is no daemon: a command does its work and "
		"ends, and each running container has a tiny monitor of its own. Commands, options and what they "
		"print are those of podman(1) and docker(1).\n"
		"cubby COMMAND --help shows what is used most, with examples; --help=all everything, as the page "
		"of the command does. cubby doctor tries what containers need of the host, and says what to do "
		"about what is missing.",
	.statuses =
		"0|It is done; the answer is yes.\n"
		"1|The answer is no, where a command asks, or what is named does not exist.\n"
		"125|Cubby could not do it; what went wrong, and what helps, is on standard error.",
	.run_statuses =
		"0|It is done.\n"
		"125|Cubby could not do it; what went wrong, and what helps, is on standard error.\n"
		"126|The program in the container cannot be executed.\n"
		"127|There is no such program in the container.\n"
		"others|The status of the program in the container (run, exec, start --attach), or the answer of "
		"a command that asks.",
	.see_also = "cubby.conf(5), cubby-runtime(1), podman(1)",
	.sections = cubby_sections,
};

static const struct manual_program runtime_manual = {
	.program = &rt_program,
	.description =
		"cubby-runtime makes containers of OCI bundles, for engines such as containerd, Docker and "
		"podman. Its commands and options are those of runc(8) and crun(1). It needs neither a database "
		"nor cubby(1).",
	.statuses =
		"0|It is done.\n"
		"1|It could not be done; the reason is on standard error, and in the log.",
	.run_statuses =
		"0|It is done.\n"
		"1|It could not be done; the reason is on standard error, and in the log.\n"
		"255|exec could not be done.\n"
		"126, 127|The program cannot be executed, or does not exist.\n"
		"others|The status of the program (run, exec).",
	.see_also = "cubby(1), runc(8), crun(1)",
};

/* Pages of commands that are no more would be installed for ever. */
static int empty(const char *dir, struct error *err)
{
	DIR *d = opendir(dir);
	struct dirent *entry;

	if (!d && mkdir(dir, 0755) < 0)
		return error_set(err, ERR_SYSTEM, errno, "create %s", dir);
	while (d && (entry = readdir(d)))
		if (str_ends(entry->d_name, ".1") || str_ends(entry->d_name, ".5"))
			unlinkat(dirfd(d), entry->d_name, 0);
	if (d)
		closedir(d);
	return 0;
}

/* "KEY|What it means." lines of a table of containers.conf. */
static char *keys_of(const char *table)
{
	cleanup_strv char **lines = NULL;

	for (const struct conf_key *k = conf_keys; k->table; k++)
		if (str_eq(k->table, table) && k->option && k->option[0] != '.')
			strv_addf(&lines, "%s|%s (--%s).", k->key, k->help, k->option);
		else if (str_eq(k->table, table))
			strv_addf(&lines, "%s|%s.", k->key, k->help);
	return strv_join(lines, "\n");
}

/* cubby.conf(5) */
static int write_settings(const char *dir, struct error *err)
{
	cleanup_strv char **own = NULL;
	cleanup_free char *keys = NULL, *containers = keys_of("containers"),
			  *engine = keys_of("engine"), *network = keys_of("network");

	for (const struct settings_key *k = settings_keys; k->key; k++)
		strv_addf(&own, "%s = %s|%s.", k->key, k->example, k->help);
	keys = strv_join(own, "\n");
	const struct manual_section sections[] = {
		{"DESCRIPTION",
		 "Defaults for everybody are in /etc/cubby/cubby.conf, those of a user in "
		 "~/.config/cubby/cubby.conf, which has the last word. A line is KEY = VALUE, a value a whole "
		 "number or a text in double quotes, and what follows a # is a comment. A key that is unknown, and "
		 "a value that makes no sense, is an error. A file in a home directory of somebody else is not "
		 "read.\n"
		 "The same keys may stand in a table [cubby] of containers.conf(5), which comes before "
		 "cubby.conf."},
		{"KEYS", keys},
		{"CONTAINERS.CONF",
		 "Cubby reads podman's files as podman does, each on top of those before it: "
		 "/usr/share/containers/containers.conf, /etc/containers/containers.conf, "
		 "/etc/containers/containers.conf.d/*.conf, ~/.config/containers/containers.conf, "
		 "~/.config/containers/containers.conf.d/*.conf; or $CONTAINERS_CONF alone; then what --module "
		 "names; then $CONTAINERS_CONF_OVERRIDE. A list that ends with {append=true} is added to what was "
		 "there. What is not listed here means nothing to Cubby."},
		{"THE TABLE [CONTAINERS]", containers},
		{"THE TABLE [ENGINE]", engine},
		{"THE TABLE [NETWORK]", network},
		{"EXAMPLES",
		 "A range of ids for each container: userns = \"auto\" in ~/.config/cubby/cubby.conf."},
		{NULL, NULL},
	};
	return manual_write_page(
		dir, "cubby.conf", "5", "settings of cubby", sections,
		"cubby(1), containers.conf(5), "
		"containers-registries.conf(5), containers-policy.json(5)",
		err);
}

static int write_pages(const char *dir, struct error *err)
{
	cleanup_free char *commands = xasprintf("%s/man1", dir);
	cleanup_free char *files = xasprintf("%s/man5", dir);
	int r = empty(commands, err);

	if (r >= 0)
		r = empty(files, err);
	if (r >= 0)
		r = write_settings(files, err);

	if (r >= 0)
		r = manual_write(&cubby_manual, commands, err);
	if (r >= 0)
		r = manual_write(&runtime_manual, commands, err);
	return r;
}

int main(int argc, char **argv)
{
	cleanup_error struct error err = ERROR_INIT;

	if (argc != 2) {
		fprintf(stderr, "usage: manual DIRECTORY\n");
		return 2;
	}
	if (write_pages(argv[1], &err) >= 0)
		return 0;
	cli_print_error(stderr, &err);
	return 1;
}
