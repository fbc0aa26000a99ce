/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/etc_hosts.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "util/mem.h"
#include "util/str.h"

#define GATEWAY  "host-gateway"
#define LOOPBACK "127.0.0.1"
#define BLANKS   " \t\r\f\v"

static bool is_address(const char *text)
{
	unsigned char address[16];

	return inet_pton(AF_INET, text, address) == 1 ||
	       inet_pton(AF_INET6, text, address) == 1;
}

static bool are_names(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] <= ' ' || text[i] == '#')
			return false;
	return len > 0;
}

int etc_check_add_host(const char *text, bool has_gateway, struct error *err)
{
	const char *colon = strchr(text, ':');

	if (colon && are_names(text, (size_t)(colon - text)) && is_address(colon + 1))
		return 0;
	if (colon && colon != text && str_eq(colon + 1, GATEWAY)) {
		if (has_gateway)
			return 0;
		error_set(err, ERR_INVALID, 0,
			  "--add-host %s: without a network there is no way to the host",
			  text);
		return error_hint(err, "With --network host it is " LOOPBACK);
	}
	error_set(err, ERR_INVALID, 0, "--add-host %s: expected NAME[;NAME...]:ADDRESS",
		  text);
	return error_hint(err, "For example: --add-host db:10.0.0.5");
}

/* The words of a line, without its comment. Caller frees. */
static char **line_words(const char *line, size_t len)
{
	cleanup_free char *text = xstrndup(line, len);
	char **words = NULL, *rest = text;

	text[strcspn(text, "#")] = '\0';
	for (char *word; (word = strsep(&rest, BLANKS));)
		if (*word)
			strv_add(&words, word);
	return words;
}

static bool is_of_another(const char *name)
{
	return str_eq(name, "host.containers.internal") ||
	       str_eq(name, "host.docker.internal");
}

struct hosts {
	struct buf *text;
	char **known; /* names that have an address */
};

static void hosts_release(struct hosts *h)
{
	strv_free(h->known);
}

static int add_entry(struct hosts *h, const char *address, char *const *names,
		     bool unless_known)
{
	cleanup_buf struct buf line = {0};
	int r = 0;

	buf_init(&line, h->text->max);
	strv_foreach (name, names) {
		if (!**name || (unless_known && strv_has(h->known, *name)))
			continue;
		if (r == 0)
			r = buf_printf(&line, "%c%s", line.len ? ' ' : '\t', *name);
		strv_add(&h->known, *name);
	}
	if (r == 0 && line.len)
		r = buf_printf(h->text, "%s%s\n", address, line.data);
	return r;
}

static int add_extra(struct hosts *h, const struct etc_hosts *hosts)
{
	const char *host = hosts->network_host ? LOOPBACK : hosts->host;
	int r = 0;

	strv_foreach (entry, hosts->add) {
		size_t len = strcspn(*entry, ":");
		cleanup_free char *list = xstrndup(*entry, len);
		cleanup_strv char **names = str_split(list, ';');
		const char *address = *entry + len + 1;

		if (str_eq(address, GATEWAY))
			address = host;
		if (r == 0 && address)
			r = add_entry(h, address, names, false);
	}
	return r;
}

static int add_base(struct hosts *h, const char *text)
{
	int r = 0;

	while (r == 0 && text && *text) {
		size_t len = strcspn(text, "\n");
		cleanup_strv char **words = line_words(text, len), **names = NULL;

		text += len + (text[len] == '\n');
		for (size_t i = 1; words && words[0] && words[i]; i++)
			if (!is_of_another(words[i]))
				strv_add(&names, words[i]);
		if (names)
			r = add_entry(h, words[0], names, false);
	}
	return r;
}

/* Of one address: those that somebody has said something else of are not its. */
static char **own_names(const struct etc_hosts *hosts, const char *more,
			char *const *known)
{
	const char *const first[] = {hosts->hostname, hosts->name, NULL};
	cleanup_strv char **others = more ? str_split(more, ' ') : NULL;
	char *const *lists[] = {(char *const *)first, others};
	char **names = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		strv_foreach (name, lists[i])
			if (**name && !strv_has(known, *name) && !strv_has(names, *name))
				strv_add(&names, *name);
	return names;
}

/* One line an address. */
static int add_own(struct hosts *h, const struct etc_hosts *hosts)
{
	static const char *const loopback[] = {LOOPBACK, NULL};
	char *const *addresses =
		hosts->addresses ? hosts->addresses : (char *const *)loopback;
	cleanup_strv char **known = strv_copy(h->known);
	size_t n_names = strv_len(hosts->names);
	int r = 0;

	for (size_t i = 0; r == 0 && addresses[i]; i++) {
		cleanup_strv char **names =
			own_names(hosts, i < n_names ? hosts->names[i] : NULL, known);

		r = add_entry(h, addresses[i], names, false);
	}
	return r;
}

int etc_hosts_text(const struct etc_hosts *hosts, struct buf *ret)
{
	static const char *const local[] = {"localhost", NULL};
	static const char *const host[] = {"host.containers.internal",
					   "host.docker.internal", NULL};
	cleanup(hosts_release) struct hosts h = {.text = ret};
	int r = add_extra(&h, hosts);

	if (r == 0)
		r = add_base(&h, hosts->base);
	if (r == 0 && !strv_has(h.known, local[0])) {
		r = add_entry(&h, LOOPBACK, (char *const *)local, false);
		if (r == 0)
			r = add_entry(&h, "::1", (char *const *)local, false);
	}
	if (r == 0 && hosts->host)
		r = add_entry(&h, hosts->host, (char *const *)host, true);
	if (r == 0 && !hosts->network_host)
		r = add_own(&h, hosts);
	return r;
}

/* Lines of the base that begin with this word go, where the user has said something else. */
static bool is_replaced(const struct etc_resolv *r, const char *word)
{
	if (r->at_network && !str_eq(word, "search") && !str_eq(word, "domain") &&
	    !str_eq(word, "options"))
		return true;
	return (r->servers && str_eq(word, "nameserver")) ||
	       (r->searches && (str_eq(word, "search") || str_eq(word, "domain"))) ||
	       (r->options && str_eq(word, "options"));
}

static int add_kept(const struct etc_resolv *resolv, struct buf *ret)
{
	const char *text = resolv->base;
	int r = 0;

	while (r == 0 && text && *text) {
		size_t len = strcspn(text, "\n");
		cleanup_strv char **words = line_words(text, len);

		if (words ? !is_replaced(resolv, words[0]) : !resolv->at_network)
			r = buf_printf(ret, "%.*s\n", (int)len, text);
		text += len + (text[len] == '\n');
	}
	return r;
}

static int add_list(struct buf *ret, const char *word, char *const *list)
{
	cleanup_free char *line = strv_join(list, " ");

	if (!list || str_empty(line) || str_eq(line, "."))
		return 0;
	return buf_printf(ret, "%s %s\n", word, line);
}

int etc_resolv_text(const struct etc_resolv *resolv, struct buf *ret)
{
	int r = add_list(ret, "search", resolv->searches);

	if (r == 0)
		r = add_kept(resolv, ret);
	strv_foreach (server, resolv->servers)
		if (r == 0)
			r = buf_printf(ret, "nameserver %s\n", *server);
	return r < 0 ? r : add_list(ret, "options", resolv->options);
}
