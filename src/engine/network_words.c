/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/network_words.h"

#include <ctype.h>
#include <string.h>

#include "engine/label_option.h"
#include "engine/network_address.h"
#include "network/request.h"
#include "util/mem.h"
#include "util/str.h"

#define MTU_MIN 68
#define MTU_MAX 65535

static int check_driver(const char *driver, struct error *err)
{
	if (!driver || str_eq(driver, NETWORK_DRIVER))
		return 0;
	error_set(err, ERR_UNSUPPORTED, 0, "unsupported driver %s: invalid argument",
		  driver);
	return error_hint(
		err,
		"The driver is 'bridge'; macvlan and ipvlan put containers onto the host's own network, which only root can");
}

static int set_ipam(const char *typed, struct network *n, struct error *err)
{
	if (!typed || str_eq(typed, NETWORK_IPAM_LOCAL))
		return 0;
	if (!str_eq(typed, NETWORK_IPAM_NONE)) {
		error_set(err, ERR_UNSUPPORTED, 0, "unsupported ipam driver \"%s\"",
			  typed);
		return error_hint(err, "The drivers are 'host-local' and 'none'");
	}
	free(n->ipam);
	n->ipam = xstrdup(typed);
	return 0;
}

static int set_interface(const char *name, struct network *n, struct error *err)
{
	size_t len;

	if (!name)
		return 0;
	len = strlen(name);
	if (len == 0 || len >= NETWORK_INTERFACE_SIZE || str_eq(name, ".") ||
	    str_eq(name, "..") || str_eq(name, "lo"))
		return error_set(err, ERR_INVALID, 0,
				 "interface name %s: from 1 to %d bytes", name,
				 NETWORK_INTERFACE_SIZE - 1);
	for (size_t i = 0; i < len; i++)
		if (!isgraph((unsigned char)name[i]) || strchr("/:%", name[i]))
			return error_set(
				err, ERR_INVALID, 0,
				"interface name %s: '/', ':', '%%' and blanks can't be in it",
				name);
	free(n->interface);
	n->interface = xstrdup(name);
	return 0;
}

static int set_mtu(struct network *n, const char *value, struct error *err)
{
	uint64_t mtu;

	if (str_to_u64(value, &mtu) < 0 || mtu > MTU_MAX || (mtu > 0 && mtu < MTU_MIN))
		return error_set(
			err, ERR_INVALID, 0,
			"--opt mtu=%s: from %d to %d bytes, or 0 for the uplink's", value,
			MTU_MIN, MTU_MAX);
	n->mtu = (int64_t)mtu;
	return 0;
}

static int set_isolate(struct network *n, const char *value, struct error *err)
{
	free(n->isolate);
	n->isolate = NULL;
	if (str_eq(value, "false") || str_eq(value, "0"))
		return 0;
	if (!str_eq(value, "true") && !str_eq(value, "1") && !str_eq(value, "strict"))
		return error_set(err, ERR_INVALID, 0,
				 "--opt isolate=%s: true, false or strict", value);
	n->isolate = xstrdup(str_eq(value, "strict") ? "strict" : "true");
	return 0;
}

static int set_bridge(struct network *n, const char *value, struct error *err)
{
	return set_interface(value, n, err);
}

static const struct {
	const char *key;
	int (*set)(struct network *n, const char *value, struct error *err);
} driver_options[] = {
	{"mtu", set_mtu},
	{"com.docker.network.driver.mtu", set_mtu},
	{"isolate", set_isolate},
	{"com.docker.network.bridge.name", set_bridge},
};

static int set_option(struct network *n, const char *word, struct error *err)
{
	cleanup_free char *key = xstrndup(word, strcspn(word, "="));
	const char *value = word + strlen(key) + (strchr(word, '=') ? 1 : 0);

	for (size_t i = 0; i < ARRAY_SIZE(driver_options); i++)
		if (str_eq(driver_options[i].key, key))
			return driver_options[i].set(n, value, err);
	error_set(err, ERR_UNSUPPORTED, 0, "unsupported bridge network option %s", key);
	return error_hint(
		err,
		"There are mtu=BYTES and isolate=true|false|strict (and Docker's com.docker.network.driver.mtu, com.docker.network.bridge.name)");
}

int network_words_dns(const char *option, char *const *dns, struct error *err)
{
	struct ip_address a;

	strv_foreach (one, dns)
		if (ip_address_parse(*one, &a) < 0)
			return error_set(err, ERR_INVALID, 0,
					 "%s %s: it is not an ip address", option, *one);
	return 0;
}

int network_words_fill(const struct network_new *q, struct network *n, struct error *err)
{
	int r = check_driver(q->driver, err);

	if (r >= 0)
		r = set_ipam(q->ipam, n, err);
	if (r >= 0)
		r = label_option_collect("--opt", q->options, true, &n->options, err);
	strv_foreach (word, n->options)
		if (r >= 0)
			r = set_option(n, *word, err);
	if (r >= 0)
		r = set_interface(q->interface, n, err);
	if (r >= 0)
		r = network_words_dns("--dns", q->dns, err);
	n->dns = strv_copy(q->dns);
	return r;
}
