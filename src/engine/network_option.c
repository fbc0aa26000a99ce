/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/network_option.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "engine/allow_option.h"
#include "engine/network_default.h"
#include "util/mem.h"
#include "util/str.h"

#define MAC_LEN     6
#define MULTICAST   0x01 /* of a MAC address's first byte */
#define ALIAS_MAX   253
#define NETWORK_MAX 64 /* interfaces of a container; more is a slip */

/* Modes that are words, before which no network's name counts. */
static const struct {
	const char *word;
	enum namespace_mode mode;
	bool has_options;
} modes[] = {
	{"bridge", NAMESPACE_BRIDGE, true},   {"private", NAMESPACE_BRIDGE, false},
	{"default", NAMESPACE_BRIDGE, false}, {"pasta", NAMESPACE_PASTA, true},
	{"none", NAMESPACE_NONE, false},      {"slirp4netns", NAMESPACE_SLIRP, true},
	{"host", NAMESPACE_HOST, false},      {"container", NAMESPACE_CONTAINER, true},
	{"ns", NAMESPACE_PATH, true},
};

/* Which mode the text up to its colon is; one that needs something after it is none without a colon, as others with
 * one. -1: a network's name. */
static int find_mode(const char *text)
{
	size_t len = strcspn(text, ":");

	for (size_t i = 0; i < ARRAY_SIZE(modes); i++)
		if (strlen(modes[i].word) == len && str_starts(text, modes[i].word) &&
		    (text[len] == '\0' || modes[i].has_options))
			return modes[i].mode;
	return -1;
}

static bool is_address(int family, const char *text)
{
	unsigned char address[sizeof(struct in6_addr)];

	return inet_pton(family, text, address) == 1;
}

int network_option_mac(const char *option, const char *text, char **ret,
		       struct error *err)
{
	unsigned int b[MAC_LEN];
	size_t len = strlen(text);
	char sep = len > 2 ? text[2] : '\0';
	bool ok = len == 3 * MAC_LEN - 1 && (sep == ':' || sep == '-');

	for (size_t i = 0; ok && i < len; i++)
		ok = i % 3 == 2 ? text[i] == sep
				: strchr("0123456789abcdefABCDEF", text[i]) != NULL;
	for (size_t i = 0; ok && i < MAC_LEN; i++)
		ok = sscanf(text + 3 * i, "%2x", &b[i]) == 1;
	if (!ok) {
		error_set(err, ERR_INVALID, 0, "%s %s: invalid MAC address", option,
			  text);
		return error_hint(err, "For example: 92:d0:c6:0a:29:33");
	}
	if (b[0] & MULTICAST || (b[0] | b[1] | b[2] | b[3] | b[4] | b[5]) == 0) {
		error_set(err, ERR_INVALID, 0,
			  "%s %s: it is the address of a group, not of an interface",
			  option, text);
		return error_hint(err, "The first byte is even: 92:d0:c6:0a:29:33");
	}
	*ret = xasprintf("%02x:%02x:%02x:%02x:%02x:%02x", b[0], b[1], b[2], b[3], b[4],
			 b[5]);
	return 0;
}

/* Source: dev_valid_name() of the kernel. */
int network_option_interface(const char *name, struct error *err)
{
	bool ok = *name && strlen(name) < IFNAMSIZ && !str_eq(name, ".") &&
		  !str_eq(name, "..") && !str_eq(name, "lo");

	for (const char *p = name; ok && *p; p++)
		ok = (unsigned char)*p > ' ' && (unsigned char)*p < 0x7f &&
		     !strchr("/:%", *p);
	if (ok)
		return 0;
	if (!*name)
		return error_set(err, ERR_INVALID, 0, "interface_name cannot be empty");
	error_set(err, ERR_INVALID, 0, "interface_name %s: no interface has such a name",
		  name);
	return error_hint(err, "At most %d letters, without / and :, and not lo",
			  IFNAMSIZ - 1);
}

int network_option_alias(const char *name, struct error *err)
{
	size_t label = 0, len = strlen(name);
	bool ok = len <= ALIAS_MAX;

	if (len == 0)
		return error_set(err, ERR_INVALID, 0, "alias cannot be empty");
	for (const char *p = name; ok && *p; p++) {
		label = *p == '.' ? 0 : label + 1;
		ok = label <= 63 && (*p != '.' || (p > name && p[-1] != '.')) &&
		     strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			    "0123456789-_.",
			    *p);
	}
	if (ok && label > 0)
		return 0;
	error_set(err, ERR_INVALID, 0, "alias %s: no host has such a name", name);
	return error_hint(err, "Letters, digits, - and _, with dots between");
}

static struct network_attachment *add(struct network_config *c, const char *name,
				      size_t len)
{
	struct network_attachment *a;

	c->attachments = xreallocarray(c->attachments, c->n_attachments + 1,
				       sizeof(*c->attachments));
	a = &c->attachments[c->n_attachments++];
	*a = (struct network_attachment){.name = xstrndup(name, len)};
	return a;
}

static void put(char **text, const char *value)
{
	free(*text);
	*text = xstrdup(value);
}

static int take_ip(struct network_attachment *a, const char *value, struct error *err)
{
	cleanup_free char *quoted = NULL;

	if (is_address(AF_INET, value)) {
		put(&a->ip, value);
		return 0;
	}
	if (is_address(AF_INET6, value)) {
		put(&a->ip6, value);
		return 0;
	}
	quoted = str_quote(value);
	return error_set(err, ERR_INVALID, 0, "invalid ip address %s", quoted);
}

static int take_key(struct network_attachment *a, const char *word, struct error *err)
{
	size_t len = strcspn(word, "=");
	cleanup_free char *key = xstrndup(word, len);
	const char *value = word[len] ? word + len + 1 : "";
	int r;

	if (str_eq(key, "ip") || str_eq(key, "ip6"))
		return take_ip(a, value, err);
	if (str_eq(key, "mac")) {
		cleanup_free char *mac = NULL;

		r = network_option_mac("mac", value, &mac, err);
		if (r >= 0)
			put(&a->mac, mac);
		return r;
	}
	if (str_eq(key, "alias")) {
		r = network_option_alias(value, err);
		if (r >= 0)
			strv_add(&a->aliases, value);
		return r;
	}
	if (str_eq(key, "interface_name")) {
		r = network_option_interface(value, err);
		if (r >= 0)
			put(&a->interface, value);
		return r;
	}
	error_set(err, ERR_INVALID, 0, "unknown bridge network option: %s", key);
	return error_hint(err, "There are: ip, ip6, mac, alias, interface_name");
}

/* One NAME[:KEY=VALUE,...]; name is what stands before the colon, or instead of it. */
static int take_network(struct network_config *c, const char *text, const char *name,
			struct error *err)
{
	const char *colon = strchr(text, ':');
	size_t len = colon ? (size_t)(colon - text) : strlen(text);
	struct network_attachment *a =
		name ? add(c, name, strlen(name)) : add(c, text, len);
	cleanup_strv char **words = colon && colon[1] ? str_split(colon + 1, ',') : NULL;

	if (!*a->name)
		return error_set(err, ERR_INVALID, 0, "network name cannot be empty");
	strv_foreach (word, words) {
		int r = take_key(a, *word, err);

		if (r < 0)
			return error_wrap(err, "invalid option for network %s", a->name);
	}
	return 0;
}

/* Older words: a list of names, which has no keys. */
static int take_list(struct network_config *c, const char *text, struct error *err)
{
	cleanup_strv char **names = NULL;
	int r = 0;

	if (strchr(text, ':'))
		return take_network(c, text, NULL, err);
	names = str_split(text, ',');
	strv_foreach (name, names)
		if (r >= 0)
			r = take_network(c, *name, NULL, err);
	return r;
}

static int take_first(const char *text, struct namespace_option *ret_mode,
		      struct network_config *c, struct error *err)
{
	int mode = find_mode(text);
	const char *colon = strchr(text, ':');

	switch (mode) {
	case -1:
		ret_mode->mode = NAMESPACE_BRIDGE;
		return take_list(c, text, err);
	case NAMESPACE_BRIDGE:
		ret_mode->mode = NAMESPACE_BRIDGE;
		/* whoever looks it up knows which one that is */
		return take_network(c, text, NETWORK_DEFAULT_NAME, err);
	case NAMESPACE_PASTA:
	case NAMESPACE_SLIRP:
		ret_mode->mode = (enum namespace_mode)mode;
		c->tool = xstrdup(namespace_mode_word(ret_mode->mode));
		c->options = colon && colon[1] ? xstrdup(colon + 1) : NULL;
		return 0;
	default:
		return namespace_option_parse(NS_NETWORK, text, ret_mode, err);
	}
}

static int take_more(char *const *texts, enum namespace_mode first,
		     struct network_config *c, struct error *err)
{
	int r = 0;

	if (!*texts)
		return 0;
	if (first != NAMESPACE_BRIDGE) {
		error_set(
			err, ERR_INVALID, 0,
			"cannot set multiple networks without bridge network mode, selected mode %s: invalid argument",
			namespace_mode_word(first));
		return error_hint(err, "Leave out one of the --network");
	}
	strv_foreach (text, texts) {
		if (find_mode(*text) >= 0)
			return error_set(
				err, ERR_INVALID, 0,
				"can only set extra network names, selected mode %s conflicts with bridge: invalid argument",
				*text);
		r = take_network(c, *text, NULL, err);
		if (r < 0)
			return r;
	}
	return r;
}

static int check_networks(const struct network_config *c, struct error *err)
{
	if (c->n_attachments > NETWORK_MAX)
		return error_set(err, ERR_INVALID, 0, "--network: more than %d networks",
				 NETWORK_MAX);
	for (size_t i = 0; i < c->n_attachments; i++)
		for (size_t j = 0; j < i; j++) {
			const struct network_attachment *a = &c->attachments[i],
							*b = &c->attachments[j];

			if (str_eq(a->name, b->name))
				return error_set(err, ERR_INVALID, 0,
						 "network %s is specified multiple times",
						 a->name);
			if (a->interface && str_eq(a->interface, b->interface))
				return error_set(
					err, ERR_INVALID, 0,
					"interface_name %s is given to two networks",
					a->interface);
		}
	return 0;
}

/* What --ip and its like are given to. */
static int only_network(const char *option, enum namespace_mode mode,
			const struct network_config *c, struct error *err)
{
	if (mode != NAMESPACE_BRIDGE) {
		error_set(
			err, ERR_INVALID, 0,
			"networks and static ip/mac address can only be used with Bridge mode networking: %s with --network %s",
			option, namespace_mode_word(mode));
		return error_hint(err, "For example: --network bridge %s", option);
	}
	if (c->n_attachments == 1)
		return 0;
	error_set(err, ERR_INVALID, 0, "%s can only be set for a single network", option);
	return error_hint(err, "For several: --network NAME:ip=...,mac=...");
}

static int take_static_ip(const char *option, int family, const char *text, char **place,
			  struct error *err)
{
	cleanup_free char *quoted = NULL;

	if (is_address(family, text)) {
		put(place, text);
		return 0;
	}
	quoted = str_quote(text);
	return error_set(err, ERR_INVALID, 0, "%s: %s is not an %s address", option,
			 quoted, family == AF_INET6 ? "IPv6" : "IPv4");
}

static int take_static(const struct network_options *o, enum namespace_mode mode,
		       struct network_config *c, struct error *err)
{
	const char *option = o->ip    ? "--ip"
			     : o->ip6 ? "--ip6"
			     : o->mac ? "--mac-address"
				      : NULL;
	int r = option ? only_network(option, mode, c, err) : 0;

	if (r >= 0 && o->ip)
		r = take_static_ip("--ip", AF_INET, o->ip, &c->attachments[0].ip, err);
	if (r >= 0 && o->ip6)
		r = take_static_ip("--ip6", AF_INET6, o->ip6, &c->attachments[0].ip6,
				   err);
	if (r >= 0 && o->mac) {
		cleanup_free char *mac = NULL;

		r = network_option_mac("--mac-address", o->mac, &mac, err);
		if (r >= 0)
			put(&c->attachments[0].mac, mac);
	}
	return r;
}

static int take_aliases(const struct network_options *o, enum namespace_mode mode,
			struct network_config *c, struct error *err)
{
	if (o->aliases && mode != NAMESPACE_BRIDGE) {
		error_set(
			err, ERR_INVALID, 0,
			"networks and static ip/mac address can only be used with Bridge mode networking: --network-alias with --network %s",
			namespace_mode_word(mode));
		return error_hint(err, "Names are for networks: --network bridge");
	}
	strv_foreach (alias, o->aliases) {
		int r = network_option_alias(*alias, err);

		if (r < 0)
			return error_wrap(err, "--network-alias");
		for (size_t i = 0; i < c->n_attachments; i++)
			if (!strv_has(c->attachments[i].aliases, *alias))
				strv_add(&c->attachments[i].aliases, *alias);
	}
	return 0;
}

static int take_allow(const struct network_options *o, enum namespace_mode mode,
		      struct network_config *c, struct error *err)
{
	if (!o->allow)
		return 0;
	if (mode != NAMESPACE_BRIDGE) {
		error_set(
			err, ERR_INVALID, 0,
			"--allow-net: a container with --network %s is not limited by it",
			namespace_mode_word(mode));
		return error_hint(err,
				  mode == NAMESPACE_NONE
					  ? "It reaches nothing: give it --network bridge"
					  : "It needs a network: --network bridge");
	}
	c->is_limited = true;
	return allow_option_parse(o->allow, &c->allow, err);
}

static char *const *texts_of(const struct network_options *o, const char *standard,
			     const char *storage[static 2])
{
	/* "" is podman's word for what nobody has said */
	if (o->networks && !str_empty(o->networks[0]))
		return o->networks;
	storage[0] = str_empty(standard) ? NETWORK_MODE_DEFAULT : standard;
	storage[1] = NULL;
	return (char *const *)storage;
}

bool network_option_is_open(const struct network_options *o, const char *standard)
{
	bool is_said =
		(o->networks && !str_empty(o->networks[0])) || !str_empty(standard);

	return !is_said && !o->ip && !o->ip6 && !o->mac && !o->aliases && !o->publish &&
	       !o->publish_all && !o->allow;
}

bool network_option_is_bridge(const struct network_options *o, const char *standard)
{
	const char *storage[2];
	int mode = find_mode(texts_of(o, standard, storage)[0]);

	return mode == -1 || mode == NAMESPACE_BRIDGE;
}

int network_option_parse(const struct network_options *o, const char *standard,
			 struct namespace_option *ret_mode, struct network_config *ret,
			 struct error *err)
{
	cleanup_namespace_option struct namespace_option mode = {0};
	cleanup_network_config struct network_config c = {0};
	const char *storage[2];
	char *const *texts = texts_of(o, standard, storage);
	int r = take_first(texts[0], &mode, &c, err);

	if (r >= 0 && o->networks && o->networks[0])
		r = take_more(o->networks + 1, mode.mode, &c, err);
	if (r >= 0)
		r = check_networks(&c, err);
	if (r < 0)
		return error_wrap(err, "--network");
	r = take_static(o, mode.mode, &c, err);
	if (r >= 0)
		r = take_aliases(o, mode.mode, &c, err);
	if (r >= 0)
		r = take_allow(o, mode.mode, &c, err);
	if (r < 0)
		return r;
	*ret_mode = mode;
	*ret = c;
	mode = (struct namespace_option){0};
	c = (struct network_config){0};
	return 0;
}
