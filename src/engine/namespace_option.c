/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/namespace_option.h"

#include <string.h>

#include "util/mem.h"
#include "util/str.h"

#define BIT(mode) (1U << (mode))
#define COMMON                                                                     \
	(BIT(NAMESPACE_PRIVATE) | BIT(NAMESPACE_HOST) | BIT(NAMESPACE_CONTAINER) | \
	 BIT(NAMESPACE_PATH))

static const char *const words[] = {
	[NAMESPACE_PRIVATE] = "private",     [NAMESPACE_HOST] = "host",
	[NAMESPACE_NONE] = "none",           [NAMESPACE_SHAREABLE] = "shareable",
	[NAMESPACE_CONTAINER] = "container", [NAMESPACE_PATH] = "ns",
	[NAMESPACE_BRIDGE] = "bridge",       [NAMESPACE_PASTA] = "pasta",
	[NAMESPACE_SLIRP] = "slirp4netns",
};

static const struct kind {
	const char *name;
	unsigned int modes;
	enum namespace_mode standard;
	const char *list;
} kinds[NS_KINDS] = {
	[NS_PID] = {"--pid", COMMON, NAMESPACE_PRIVATE,
		    "private, host, container:NAME, ns:PATH"},
	[NS_UTS] = {"--uts", COMMON, NAMESPACE_PRIVATE,
		    "private, host, container:NAME, ns:PATH"},
	[NS_IPC] = {"--ipc", COMMON | BIT(NAMESPACE_NONE) | BIT(NAMESPACE_SHAREABLE),
		    NAMESPACE_SHAREABLE,
		    "shareable, private, none, host, container:NAME, ns:PATH"},
	[NS_CGROUP] = {"--cgroupns", COMMON, NAMESPACE_PRIVATE,
		       "private, host, container:NAME, ns:PATH"},
	[NS_NETWORK] =
		{"--network", COMMON | BIT(NAMESPACE_NONE), NAMESPACE_NONE,
		 "none, host, container:NAME, ns:PATH, bridge, pasta, slirp4netns, or the name of a network"},
};

void namespace_option_release(struct namespace_option *o)
{
	free(o->target);
	*o = (struct namespace_option){0};
}

const char *namespace_option_name(enum namespace_kind kind)
{
	return kinds[kind].name;
}

const char *namespace_mode_word(enum namespace_mode mode)
{
	return words[mode];
}

static int unknown(const struct kind *k, const char *text, struct error *err)
{
	cleanup_free char *quoted = str_quote(text);

	error_set(err, ERR_INVALID, 0, "%s %s: unrecognized namespace mode", k->name,
		  quoted);
	return error_hint(err, "There are: %s", k->list);
}

static bool takes_target(enum namespace_mode mode)
{
	return mode == NAMESPACE_CONTAINER || mode == NAMESPACE_PATH;
}

int namespace_option_parse(enum namespace_kind kind, const char *text,
			   struct namespace_option *ret, struct error *err)
{
	const struct kind *k = &kinds[kind];
	size_t len;

	*ret = (struct namespace_option){.mode = k->standard};
	if (str_empty(text))
		return 0;
	len = strcspn(text, ":");
	for (enum namespace_mode mode = 0; mode < ARRAY_SIZE(words); mode++) {
		if (!(k->modes & BIT(mode)) || strlen(words[mode]) != len ||
		    !str_starts(text, words[mode]) ||
		    takes_target(mode) != (text[len] == ':'))
			continue;
		if (takes_target(mode) && text[len + 1] == '\0') {
			error_set(err, ERR_INVALID, 0, "%s %s: whose?", k->name, text);
			return error_hint(err, "%s %s", k->name,
					  mode == NAMESPACE_PATH ? "ns:/proc/PID/ns/..."
								 : "container:NAME");
		}
		ret->mode = mode;
		ret->target = takes_target(mode) ? xstrdup(text + len + 1) : NULL;
		return 0;
	}
	return unknown(k, text, err);
}
