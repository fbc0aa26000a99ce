/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/network_tool.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <string.h>
#include <unistd.h>

#include "engine/helper_program.h"
#include "engine/ports.h"
#include "network/tool.h"
#include "runtime/namespace.h"
#include "runtime/sandbox.h"
#include "util/fd.h"
#include "util/mem.h"
#include "util/proc.h"
#include "util/str.h"

#define NET_PATH  "/proc/self/fd/5" /* TOOL_FD_NET */
#define USER_PATH "/proc/self/fd/6" /* TOOL_FD_USER */

#define SLIRP_CIDR     "10.0.2.0/24"
#define SLIRP_MTU      "65520"
#define SLIRP_MTU_MAX  65521
#define SLIRP_DNS_HOST 3   /* its name server in the subnet... */
#define SLIRP_OWN_HOST 100 /* ...and the container */
#define PASTA_DNS      "169.254.1.1"
#define ANSWER_MAX     4096

struct slirp {
	const char *cidr, *mtu, *outbound, *outbound6; /* point into the words */
	bool host_loopback, ipv6;
};

static int wrong(const char *key, const char *value, struct error *err)
{
	cleanup_free char *quoted = str_quote(value);

	return error_set(err, ERR_INVALID, 0, "invalid %s %s for slirp4netns", key,
			 quoted);
}

static int take_flag(const char *key, const char *value, bool *ret, struct error *err)
{
	cleanup_free char *quoted = NULL;

	if (str_eq(value, "true") || str_eq(value, "false")) {
		*ret = str_eq(value, "true");
		return 0;
	}
	quoted = str_quote(value);
	error_set(err, ERR_INVALID, 0, "invalid value of %s for slirp4netns: %s", key,
		  quoted);
	return error_hint(err, "true or false");
}

static bool is_cidr(const char *text, struct in_addr *ret)
{
	cleanup_free char *address = xstrndup(text, strcspn(text, "/"));
	const char *slash = strchr(text, '/');
	uint32_t prefix;

	return slash && inet_pton(AF_INET, address, ret) == 1 &&
	       str_to_u32(slash + 1, &prefix) == 0 && prefix >= 1 && prefix <= 25;
}

static bool is_source(int family, const char *text)
{
	unsigned char address[sizeof(struct in6_addr)];

	return inet_pton(family, text, address) == 1 || if_nametoindex(text) > 0;
}

/* Ports are served by Cubby's forwarder, whose words the option has. */
static int take_handler(const char *value, struct error *err)
{
	cleanup_free char *quoted = NULL;

	if (str_eq(value, "rootlesskit"))
		return 0;
	if (str_eq(value, "slirp4netns")) {
		error_set(err, ERR_UNSUPPORTED, 0,
			  "port_handler=slirp4netns is not supported");
		return error_hint(err,
				  "Leave it out: --network bridge keeps the client's "
				  "address and is quicker");
	}
	quoted = str_quote(value);
	return error_set(err, ERR_INVALID, 0, "unknown port_handler for slirp4netns: %s",
			 quoted);
}

static int take_slirp(struct slirp *s, const char *key, const char *value,
		      struct error *err)
{
	struct in_addr ignored;
	uint32_t mtu;

	if (str_eq(key, "allow_host_loopback"))
		return take_flag(key, value, &s->host_loopback, err);
	if (str_eq(key, "enable_ipv6"))
		return take_flag(key, value, &s->ipv6, err);
	if (str_eq(key, "port_handler"))
		return take_handler(value, err);
	if (str_eq(key, "cidr")) {
		s->cidr = value;
		return is_cidr(value, &ignored) ? 0 : wrong(key, value, err);
	}
	if (str_eq(key, "mtu")) {
		s->mtu = value;
		return str_to_u32(value, &mtu) == 0 && mtu >= 68 && mtu <= SLIRP_MTU_MAX
			       ? 0
			       : wrong(key, value, err);
	}
	if (str_eq(key, "outbound_addr")) {
		s->outbound = value;
		return is_source(AF_INET, value) ? 0 : wrong(key, value, err);
	}
	if (str_eq(key, "outbound_addr6")) {
		s->outbound6 = value;
		return is_source(AF_INET6, value) ? 0 : wrong(key, value, err);
	}
	error_set(err, ERR_INVALID, 0, "unknown option for slirp4netns: \"%s\"", key);
	return error_hint(err, "There are: allow_host_loopback, mtu, cidr, enable_ipv6, "
			       "outbound_addr, outbound_addr6, port_handler");
}

/* words keep what s points to. */
static int parse_slirp(char **words, struct slirp *s, struct error *err)
{
	*s = (struct slirp){.mtu = SLIRP_MTU, .ipv6 = true};
	for (char **word = words; word && *word; word++) {
		char *equals = strchr(*word, '=');
		int r;

		if (!equals)
			return error_set(err, ERR_INVALID, 0,
					 "unknown option for slirp4netns: \"%s\"", *word);
		*equals = '\0';
		r = take_slirp(s, *word, equals + 1, err);
		if (r < 0)
			return r;
	}
	if (s->outbound6 && !s->ipv6)
		return error_set(err, ERR_INVALID, 0,
				 "outbound_addr6 for slirp4netns needs enable_ipv6=true");
	return 0;
}

static int slirp_args(const char *options, char ***ret, struct error *err)
{
	static const char *const fixed[] = {
		"slirp4netns",       "--configure",      "--ready-fd=7",
		"--netns-type=path", "--enable-seccomp",
	};
	cleanup_strv char **words = options ? str_split(options, ',') : NULL;
	struct slirp s;
	int r = parse_slirp(words, &s, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < ARRAY_SIZE(fixed); i++)
		strv_add(ret, fixed[i]);
	strv_add(ret, "--userns-path=" USER_PATH);
	strv_addf(ret, "--mtu=%s", s.mtu);
	if (!s.host_loopback)
		strv_add(ret, "--disable-host-loopback");
	if (s.ipv6)
		strv_add(ret, "--enable-ipv6");
	if (s.cidr)
		strv_addf(ret, "--cidr=%s", s.cidr);
	if (s.outbound)
		strv_addf(ret, "--outbound-addr=%s", s.outbound);
	if (s.outbound6)
		strv_addf(ret, "--outbound-addr6=%s", s.outbound6);
	strv_add(ret, NET_PATH);
	strv_add(ret, "tap0");
	return 0;
}

static bool is_given(char *const *words, const char *letter, const char *name)
{
	size_t len = strlen(name);

	strv_foreach (word, words)
		if (str_starts(*word, letter) ||
		    (strncmp(*word, name, len) == 0 && strchr("=", (*word)[len])))
			return true;
	return false;
}

/* It serves this container, in the background, and nobody else. */
static int check_pasta(char *const *words, struct error *err)
{
	static const struct {
		const char *letter, *name;
	} ours[] = {{"-f", "--foreground"},
		    {"-P", "--pid"},
		    {"-F", "--fd"},
		    {"--userns", "--userns"},
		    {"--netns", "--netns"}};

	for (size_t i = 0; i < ARRAY_SIZE(ours); i++)
		if (is_given(words, ours[i].letter, ours[i].name))
			return error_set(err, ERR_INVALID, 0,
					 "--network pasta: %s is not yours to say",
					 ours[i].name);
	return 0;
}

static int pasta_args(const char *options, char ***ret, struct error *err)
{
	static const struct {
		const char *letter, *name;
	} closed[] = {{"-t", "--tcp-ports"},
		      {"-u", "--udp-ports"},
		      {"-T", "--tcp-ns"},
		      {"-U", "--udp-ns"}};
	cleanup_strv char **words = options ? str_split(options, ',') : NULL;
	bool maps_gateway = false;
	int r = check_pasta(words, err);

	if (r < 0)
		return r;
	strv_add(ret, "pasta");
	strv_add(ret, "--config-net");
	strv_add(ret, "--quiet");
	strv_add(ret, "--stderr");
	strv_add(ret, "--pid");
	strv_add(ret, "/proc/self/fd/7");
	if (!is_given(words, "--dns-forward", "--dns-forward")) {
		strv_add(ret, "--dns-forward");
		strv_add(ret, PASTA_DNS);
	}
	for (size_t i = 0; i < ARRAY_SIZE(closed); i++)
		if (!is_given(words, closed[i].letter, closed[i].name)) {
			strv_add(ret, closed[i].name);
			strv_add(ret, "none");
		}
	strv_foreach (word, words) {
		maps_gateway = maps_gateway || str_eq(*word, "--map-gw");
		if (!str_eq(*word, "--map-gw"))
			strv_add(ret, *word);
	}
	if (!maps_gateway && !strv_has(words, "--no-map-gw"))
		strv_add(ret, "--no-map-gw");
	strv_add(ret, "--userns");
	strv_add(ret, USER_PATH);
	strv_add(ret, "--netns");
	strv_add(ret, NET_PATH);
	return 0;
}

int network_tool_args(const char *tool, const char *options, char ***ret,
		      struct error *err)
{
	cleanup_strv char **args = NULL;
	int r = str_eq(tool, "pasta") ? pasta_args(options, &args, err)
				      : slirp_args(options, &args, err);

	if (r < 0)
		return r;
	*ret = TAKE_PTR(args);
	return 0;
}

/* The n-th address of slirp4netns' subnet. Caller frees. */
static char *slirp_address(const char *options, uint32_t n)
{
	cleanup_error struct error ignored = ERROR_INIT;
	cleanup_strv char **words = options ? str_split(options, ',') : NULL;
	struct in_addr address = {0};
	char text[INET_ADDRSTRLEN];
	struct slirp s;

	if (parse_slirp(words, &s, &ignored) < 0 || !s.cidr || !is_cidr(s.cidr, &address))
		(void)is_cidr(SLIRP_CIDR, &address);
	address.s_addr = htonl(ntohl(address.s_addr) + n);
	return xstrdup(inet_ntop(AF_INET, &address, text, sizeof(text)));
}

char *network_tool_dns(const char *tool, const char *options)
{
	return str_eq(tool, "pasta") ? xstrdup(PASTA_DNS)
				     : slirp_address(options, SLIRP_DNS_HOST);
}

int network_tool_check(const struct network_config *c, bool rootless, struct error *err)
{
	cleanup_strv char **args = NULL;
	cleanup_free char *path = NULL;
	bool is_pasta = str_eq(c->tool, "pasta");
	int r = network_tool_args(c->tool, c->options, &args, err);

	if (r < 0)
		return r;
	if (is_pasta && !rootless) {
		error_set(
			err, ERR_INVALID, 0,
			"pasta networking is only supported for rootless mode: invalid argument");
		return error_hint(err, "Root has --network bridge");
	}
	path = proc_find(c->tool);
	if (path)
		return 0;
	error_set(err, ERR_UNSUPPORTED, 0, "--network %s: %s is not installed", c->tool,
		  c->tool);
	return error_hint(err, "apt install %s; --network bridge does without it",
			  is_pasta ? "passt" : "slirp4netns");
}

void network_tool_release(struct network_tool *t)
{
	fd_cleanup_(&t->answer_fd);
	fd_cleanup_(&t->end_fd);
	fd_cleanup_(&t->user_ns_fd);
	fd_cleanup_(&t->net_ns_fd);
}

static int launch(const struct network_tool *t, struct helper_program *h,
		  struct error *err)
{
	cleanup_strv char **tool = NULL, **args = NULL;
	struct sandbox box = SANDBOX_INIT;
	int r = network_tool_args(t->config->tool, t->config->options, &tool, err);

	if (r < 0)
		return r;
	strv_add(&args, "tool");
	strv_foreach (word, tool)
		strv_add(&args, *word);
	h->name = "network";
	h->args = (const char *const *)args;
	r = helper_start(h, NULL, &box, err);
	/* it outlives us, as a child of the monitor */
	fd_cleanup_(&box.pid_fd);
	return r < 0 ? error_wrap(err, "start %s", t->config->tool) : 0;
}

int network_tool_attach(void *data, int *net_ns_fd, struct error *err)
{
	struct network_tool *t = data;
	struct helper_program h = HELPER_PROGRAM_INIT;
	int answer[2], end[2], r;

	t->user_ns_fd = namespace_open_owner(*net_ns_fd);
	if (t->user_ns_fd < 0)
		return error_set(err, ERR_SYSTEM, -t->user_ns_fd,
				 "find the user namespace of the container's network");
	if (pipe2(answer, O_CLOEXEC) < 0)
		return error_set(err, ERR_SYSTEM, errno, "make a pipe");
	t->answer_fd = answer[0];
	if (pipe2(end, O_CLOEXEC) < 0) {
		close(answer[1]);
		return error_set(err, ERR_SYSTEM, errno, "make a pipe");
	}
	t->end_fd = end[1];
	h.fds[TOOL_FD_ANSWER] = answer[1];
	h.fds[TOOL_FD_END] = end[0];
	h.fds[TOOL_FD_NET] = *net_ns_fd;
	h.fds[TOOL_FD_USER] = t->user_ns_fd;
	r = launch(t, &h, err);
	close(answer[1]);
	close(end[0]);
	t->net_ns_fd = TAKE_FD(*net_ns_fd);
	return r;
}

/* Words of another program: its last line is the one that says why. */
static int fail(const struct network_tool *t, char *said, struct error *err)
{
	cleanup_free char *text = NULL;
	size_t len = strlen(said);

	while (len > 0 && (said[len - 1] == '\n' || said[len - 1] == ' '))
		said[--len] = '\0';
	text = str_visible(strrchr(said, '\n') ? strrchr(said, '\n') + 1 : said, "");
	error_set(err, ERR_SYSTEM, 0, "%s: %s", t->config->tool,
		  *text ? text : "it ended without a word");
	if (access("/dev/net/tun", R_OK | W_OK) < 0)
		return error_hint(err, "It needs /dev/net/tun: ls -l /dev/net/tun");
	return -EINVAL;
}

int network_tool_finish(struct network_tool *t, int *ret_keep_fd, struct error *err)
{
	cleanup_buf struct buf said;
	int r;

	*ret_keep_fd = -EBADF;
	buf_init(&said, ANSWER_MAX);
	r = fd_read_all(t->answer_fd, &said);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, -r, "hear from %s", t->config->tool);
	if (!str_eq(said.data, TOOL_READY))
		return fail(t, said.data ? said.data : (char[]){""}, err);
	*ret_keep_fd = TAKE_FD(t->end_fd);
	return 0;
}

/* Whoever connects from within the namespace comes from it, so the container's own address is where to: pasta's is the host's,
 * and not known here. */
int network_tool_forward(const struct network_tool *t, const struct ports_hold *ports,
			 pid_t init_pid, int run_dirfd, struct error *err)
{
	cleanup_free char *own =
		str_eq(t->config->tool, "pasta")
			? xstrdup("127.0.0.1")
			: slirp_address(t->config->options, SLIRP_OWN_HOST);
	cleanup_free char *address = xasprintf("%s/24", own);
	char *addresses[] = {address, NULL};
	struct network_endpoint endpoint = {.addresses = addresses};
	const struct network_member member = {.endpoints = &endpoint, .n_endpoints = 1};
	const struct ports_target target = {
		.member = &member,
		.user_ns_fd = t->user_ns_fd,
		.net_ns_fd = t->net_ns_fd,
		.inside = true,
		.init_pid = init_pid,
		.dirfd = run_dirfd,
	};

	return ports_forward(ports, &target, err);
}
