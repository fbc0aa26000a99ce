/* SPDX-License-Identifier: Apache-2.0 */
/* --network and what goes with it. */
#include "engine/network_option.h"
#include "unit.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"

struct sample {
	const char *networks[4];
	struct network_options o; /* without networks */
	const char *want; /* mode and what is in the record, or a part of the error */
	bool fails;
};

static char *ali[] = {(char *)"db", (char *)"sql", NULL};
static char *bad_alias[] = {(char *)"a b", NULL};
static char *allow[] = {(char *)"example.org:443,10.0.0.0/8", (char *)"", NULL};
static char *allow_none[] = {(char *)"", NULL};
static char *allow_bad[] = {(char *)"a b", NULL};

#define ONE(name) "bridge {\"attachments\":[{\"name\":\"" name "\"}]}"

static const struct sample samples[] = {
	{{NULL}, {0}, "none {}", false},
	{{""}, {0}, "none {}", false},
	{{"none"}, {0}, "none {}", false},
	{{"host"}, {0}, "host {}", false},
	{{"container:web"}, {0}, "container:web {}", false},
	{{"ns:/proc/1/ns/net"}, {0}, "ns:/proc/1/ns/net {}", false},
	{{"bridge"}, {0}, ONE("bridge"), false},
	{{"private"}, {0}, ONE("bridge"), false},
	{{"default"}, {0}, ONE("bridge"), false},
	{{"web"}, {0}, ONE("web"), false},
	{{"web:"}, {0}, ONE("web"), false},
	{{"bridge:ip=10.0.0.5,mac=92-D0-C6-0A-29-33,interface_name=net7"},
	 {0},
	 "bridge {\"attachments\":[{\"name\":\"bridge\",\"interface\":\"net7\","
	 "\"ip\":\"10.0.0.5\",\"mac\":\"92:d0:c6:0a:29:33\"}]}",
	 false},
	{{"web:ip6=fd00::5,ip=10.0.0.5,alias=a,alias=b"},
	 {0},
	 "bridge {\"attachments\":[{\"name\":\"web\",\"ip\":\"10.0.0.5\","
	 "\"ip6\":\"fd00::5\",\"aliases\":[\"a\",\"b\"]}]}",
	 false},
	{{"one,two"},
	 {0},
	 "bridge {\"attachments\":[{\"name\":\"one\"},{\"name\":\"two\"}]}",
	 false},
	{{"one", "two:alias=x"},
	 {.aliases = ali},
	 "bridge {\"attachments\":[{\"name\":\"one\",\"aliases\":[\"db\",\"sql\"]},"
	 "{\"name\":\"two\",\"aliases\":[\"x\",\"db\",\"sql\"]}]}",
	 false},
	{{"web"},
	 {.ip = "10.0.0.6", .ip6 = "fd00::6", .mac = "02:00:00:00:00:06"},
	 "bridge {\"attachments\":[{\"name\":\"web\",\"ip\":\"10.0.0.6\","
	 "\"ip6\":\"fd00::6\",\"mac\":\"02:00:00:00:00:06\"}]}",
	 false},
	{{"web"},
	 {.allow = allow},
	 "bridge {\"attachments\":[{\"name\":\"web\"}],\"limited\":true,"
	 "\"allow\":[\"example.org:443\",\"10.0.0.0/8\"]}",
	 false},
	{{"web"},
	 {.allow = allow_none},
	 "bridge {\"attachments\":[{\"name\":\"web\"}],\"limited\":true}",
	 false},
	{{"pasta"}, {0}, "pasta {\"tool\":\"pasta\"}", false},
	{{"pasta:-4,--mtu,1500"},
	 {0},
	 "pasta {\"tool\":\"pasta\",\"options\":\"-4,--mtu,1500\"}",
	 false},
	{{"slirp4netns:mtu=1500"},
	 {0},
	 "slirp4netns {\"tool\":\"slirp4netns\",\"options\":\"mtu=1500\"}",
	 false},

	{{"container"}, {0}, "unrecognized namespace mode", true},
	{{"container:"}, {0}, "whose?", true},
	{{"one,,two"}, {0}, "network name cannot be empty", true},
	{{":ip=1.2.3.4"}, {0}, "network name cannot be empty", true},
	{{"web:ip=1.2.3"},
	 {0},
	 "invalid option for network web: invalid ip address",
	 true},
	{{"web:foo=1"}, {0}, "unknown bridge network option: foo", true},
	{{"web:alias="}, {0}, "alias cannot be empty", true},
	{{"web:alias=a..b"}, {0}, "no host has such a name", true},
	{{"web:interface_name="}, {0}, "interface_name cannot be empty", true},
	{{"web:interface_name=sixteen-bytes-or-more"}, {0}, "no interface", true},
	{{"web:interface_name=lo"}, {0}, "no interface", true},
	{{"web:mac=01:00:00:00:00:01"}, {0}, "address of a group", true},
	{{"web:mac=1:2:3"}, {0}, "invalid MAC address", true},
	{{"web:mac=00-00:00-00:00-01"}, {0}, "invalid MAC address", true},
	{{"web", "web"}, {0}, "specified multiple times", true},
	{{"a:interface_name=x", "b:interface_name=x"}, {0}, "two networks", true},
	{{"", "web"}, {0}, "cannot set multiple networks without bridge", true},
	{{"none", "web"}, {0}, "cannot set multiple networks without bridge", true},
	{{"web", "host"}, {0}, "can only set extra network names", true},
	{{"web", "bridge"}, {0}, "can only set extra network names", true},
	{{"none"}, {.ip = "10.0.0.1"}, "can only be used with Bridge mode", true},
	{{NULL}, {.mac = "02:00:00:00:00:01"}, "can only be used with Bridge", true},
	{{"a", "b"}, {.ip = "10.0.0.1"}, "--ip can only be set for a single", true},
	{{"a"}, {.ip = "fd00::1"}, "is not an IPv4 address", true},
	{{"a"}, {.ip6 = "10.0.0.1"}, "is not an IPv6 address", true},
	{{"host"}, {.aliases = ali}, "--network-alias", true},
	{{"a"}, {.aliases = bad_alias}, "--network-alias: alias a b", true},
	{{"none"}, {.allow = allow}, "--allow-net", true},
	{{"web"}, {.allow = allow_bad}, "--allow-net", true},
};

static char *describe(const struct namespace_option *mode, const struct network_config *c)
{
	cleanup_json struct json_object *o = network_config_json(c);
	cleanup_free char *text = json_text(o, false);

	return xasprintf("%s%s%s %s", namespace_mode_word(mode->mode),
			 mode->target ? ":" : "", mode->target ? mode->target : "", text);
}

START_TEST(as_typed)
{
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		const struct sample *s = &samples[i];
		cleanup_namespace_option struct namespace_option mode = {0};
		cleanup_network_config struct network_config c = {0};
		cleanup_error struct error err = ERROR_INIT;
		struct network_options o = s->o;
		cleanup_free char *got = NULL;
		int r;

		o.networks = s->networks[0] ? (char **)s->networks : NULL;
		r = network_option_parse(&o, "none", &mode, &c, &err);
		if (s->fails) {
			ck_assert_msg(r < 0, "%s was accepted", s->networks[0]);
			ck_assert_msg(strstr(err.text, s->want) != NULL, "%s: %s",
				      s->networks[0], err.text);
			continue;
		}
		ck_assert_ok(r, &err);
		got = describe(&mode, &c);
		ck_assert_str_eq(got, s->want);
	}
}
END_TEST

START_TEST(the_default)
{
	static const struct {
		const char *standard, *want;
	} list[] = {{"bridge", ONE("bridge")},
		    {"private", ONE("bridge")},
		    {"host", "host {}"},
		    {NULL, NULL}};

	for (size_t i = 0; i < ARRAY_SIZE(list); i++) {
		cleanup_namespace_option struct namespace_option mode = {0};
		cleanup_network_config struct network_config c = {0};
		cleanup_error struct error err = ERROR_INIT;
		const struct network_options o = {0};
		cleanup_free char *got = NULL;

		ck_assert_ok(network_option_parse(&o, list[i].standard, &mode, &c, &err),
			     &err);
		got = describe(&mode, &c);
		if (list[i].want)
			ck_assert_str_eq(got, list[i].want);
		ck_assert_int_eq(network_option_is_bridge(&o, list[i].standard),
				 mode.mode == NAMESPACE_BRIDGE);
	}
}
END_TEST

UNIT_MAIN("network_option", as_typed, the_default)
