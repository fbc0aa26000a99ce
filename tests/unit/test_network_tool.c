/* SPDX-License-Identifier: Apache-2.0 */
/* Command lines of slirp4netns and pasta. */
#include "engine/network_tool.h"
#include "unit.h"
#include "util/mem.h"
#include "util/str.h"

#define SLIRP                                                     \
	"slirp4netns --configure --ready-fd=7 --netns-type=path " \
	"--enable-seccomp --userns-path=/proc/self/fd/6"
#define SLIRP_END "/proc/self/fd/5 tap0"
#define PASTA     "pasta --config-net --quiet --stderr --pid /proc/self/fd/7"
#define PASTA_END "--userns /proc/self/fd/6 --netns /proc/self/fd/5"
#define CLOSED    "--tcp-ports none --udp-ports none --tcp-ns none --udp-ns none"

static const struct {
	const char *tool, *options, *want; /* or a part of the error */
	bool fails;
} samples[] = {
	{"slirp4netns", NULL,
	 SLIRP " --mtu=65520 --disable-host-loopback --enable-ipv6 " SLIRP_END, false},
	{"slirp4netns",
	 "allow_host_loopback=true,mtu=1500,cidr=10.9.0.0/24,enable_ipv6=false,"
	 "outbound_addr=127.0.0.1,port_handler=rootlesskit",
	 SLIRP " --mtu=1500 --cidr=10.9.0.0/24 --outbound-addr=127.0.0.1 " SLIRP_END,
	 false},
	{"slirp4netns", "outbound_addr6=::1",
	 SLIRP " --mtu=65520 --disable-host-loopback --enable-ipv6 "
	       "--outbound-addr6=::1 " SLIRP_END,
	 false},
	{"slirp4netns", "mtu", "unknown option for slirp4netns: \"mtu\"", true},
	{"slirp4netns", "mtu=1", "invalid mtu \"1\"", true},
	{"slirp4netns", "mtu=70000", "invalid mtu", true},
	{"slirp4netns", "cidr=10.0.0.0", "invalid cidr", true},
	{"slirp4netns", "cidr=fd00::/64", "invalid cidr", true},
	{"slirp4netns", "enable_ipv6=1", "invalid value of enable_ipv6", true},
	{"slirp4netns", "outbound_addr=no-such-if", "invalid outbound_addr", true},
	{"slirp4netns", "outbound_addr6=::1,enable_ipv6=false", "needs enable_ipv6",
	 true},
	{"slirp4netns", "port_handler=slirp4netns", "not supported", true},
	{"slirp4netns", "port_handler=x", "unknown port_handler", true},
	{"slirp4netns", "what=ever", "unknown option for slirp4netns: \"what\"", true},
	{"pasta", NULL,
	 PASTA " --dns-forward 169.254.1.1 " CLOSED " --no-map-gw " PASTA_END, false},
	{"pasta", "--map-gw,-t,8080,--mtu,1500",
	 PASTA " --dns-forward 169.254.1.1 --udp-ports none --tcp-ns none "
	       "--udp-ns none -t 8080 --mtu 1500 " PASTA_END,
	 false},
	{"pasta", "--netns,/x", "--netns is not yours", true},
	{"pasta", "-f", "--foreground is not yours", true},
	{"pasta", "--pid=/x", "--pid is not yours", true},
};

START_TEST(command_lines)
{
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		cleanup_error struct error err = ERROR_INIT;
		cleanup_strv char **args = NULL;
		cleanup_free char *got = NULL;
		int r = network_tool_args(samples[i].tool, samples[i].options, &args,
					  &err);

		if (samples[i].fails) {
			ck_assert_msg(r < 0, "%s was accepted", samples[i].options);
			ck_assert_msg(strstr(err.text, samples[i].want) != NULL, "%s",
				      err.text);
			continue;
		}
		ck_assert_ok(r, &err);
		got = strv_join(args, " ");
		ck_assert_str_eq(got, samples[i].want);
	}
}
END_TEST

START_TEST(name_servers)
{
	cleanup_free char *a = network_tool_dns("slirp4netns", NULL),
			  *b = network_tool_dns("slirp4netns", "cidr=10.9.0.0/24"),
			  *c = network_tool_dns("pasta", NULL);

	ck_assert_str_eq(a, "10.0.2.3");
	ck_assert_str_eq(b, "10.9.0.3");
	ck_assert_str_eq(c, "169.254.1.1");
}
END_TEST

UNIT_MAIN("network_tool", command_lines, name_servers)
