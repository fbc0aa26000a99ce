/* SPDX-License-Identifier: Apache-2.0 */
/* Users and ids. */
#include "cli/create_tables.h"

#define O struct create_options

const struct option_spec create_table_user[] = {
	OPT_GROUP("User and ids"),
	OPT_STRING(O, user, "user", 'u', "USER[:GROUP]",
		   "run as this user, by name or number", .common = true),
	OPT_STRV(O, group_add, "group-add", 0, "GROUP", "one more supplementary group"),
	OPT_STRING(O, umask, "umask", 0, "MASK", "umask, octal (default 0022)"),
	OPT_STRING(O, userns, "userns", 0, "MODE",
		   "auto (ids of its own), keep-id (you stay you), nomap, private, host, "
		   "container:NAME, ns:PATH"),
	OPT_STRV(O, uidmap, "uidmap", 0, "CONTAINER:HOST:COUNT",
		 "map user ids in a user namespace"),
	OPT_STRV(O, gidmap, "gidmap", 0, "CONTAINER:HOST:COUNT",
		 "map group ids (default: as --uidmap)"),
	OPT_STRING(O, subuidname, "subuidname", 0, "NAME",
		   "map the ids that this name has in /etc/subuid"),
	OPT_STRING(O, subgidname, "subgidname", 0, "NAME",
		   "the same of groups, in /etc/subgid"),
	OPT_BOOL(O, inside.passwd, "passwd", 0,
		 "add a line to /etc/passwd for a user that it lacks (default true)"),
	OPT_STRING(O, inside.passwd_entry, "passwd-entry", 0, "LINE",
		   "that line; $USERNAME $UID $GID $NAME $HOME are filled in"),
	OPT_STRING(O, inside.group_entry, "group-entry", 0, "LINE",
		   "the line for /etc/group; $GROUPNAME $GID $USERLIST are filled in"),
	OPT_LIST(O, inside.hostusers, "hostuser", 0, "NAME",
		 "add this user of the host to /etc/passwd"),
	OPT_END,
};
