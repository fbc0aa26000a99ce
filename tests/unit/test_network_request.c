/* SPDX-License-Identifier: Apache-2.0 */
/* What the engine tells the network program, there and back, and what is refused. */
#include "network/request.h"
#include "unit.h"
#include "util/json.h"
#include "util/str.h"

#define A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static struct json_object *parse(const char *text)
{
	struct error err = ERROR_INIT;
	struct json_object *o = NULL;

	ck_assert_ok(json_parse(text, strlen(text), "test", &o, &err), &err);
	return o;
}

START_TEST(test_definition)
{
	static const struct {
		const char *text;
		bool good;
	} cases[] = {
		{"{\"id\":\"" A
		 "\",\"name\":\"web\",\"interface\":\"cubby0\",\"mtu\":1400,"
		 "\"internal\":true,\"isolate\":true,\"noDns\":true,\"dnsServers\":[\"1.1.1.1\"],"
		 "\"subnets\":[{\"subnet\":\"10.0.0.0/24\",\"gateway\":\"10.0.0.1\"},"
		 "{\"subnet\":\"fd00::/64\"}]}",
		 true},
		{"{\"id\":\"" A "\",\"interface\":\"cubby0\"}", true},
		{"{\"id\":\"abc\",\"interface\":\"cubby0\"}", false},
		{"{\"interface\":\"cubby0\"}", false},
		{"{\"id\":\"" A "\",\"interface\":\"a name too long\"}", false},
		{"{\"id\":\"" A "\",\"interface\":\"..\"}", false},
		{"{\"id\":\"" A "\",\"interface\":\"a/b\"}", false},
		{"{\"id\":\"" A "\",\"interface\":\"a\",\"mtu\":-1}", false},
		{"{\"id\":\"" A "\",\"interface\":\"a\",\"mtu\":70000}", false},
		{"{\"id\":\"" A "\",\"interface\":\"a\",\"subnets\":[{}]}", false},
		{"{\"id\":\"" A "\",\"interface\":\"a\",\"subnets\":[1]}", false},
		{"{\"id\":\"" A "\",\"interface\":\"a\",\"subnets\":{}}", false},
		{"{\"id\":\"" A
		 "\",\"interface\":\"a\",\"subnets\":[{\"subnet\":\"10.0.0.0\"}]}",
		 false},
		{"{\"id\":\"" A "\",\"interface\":\"a\",\"dnsServers\":[\"one\"]}",
		 false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_error struct error err = ERROR_INIT;
		cleanup_json struct json_object *o = parse(cases[i].text), *again = NULL;
		struct network_definition n = {0}, twice = {0};
		int r = network_definition_read(o, &n, &err);

		ck_assert_msg((r >= 0) == cases[i].good, "%s", cases[i].text);
		ck_assert(r >= 0 || error_is_set(&err));
		if (r < 0)
			continue;
		again = network_definition_json(&n);
		ck_assert_ok(network_definition_read(again, &twice, &err), &err);
		cleanup_json struct json_object *same = network_definition_json(&twice);
		ck_assert(json_object_equal(again, same));
		network_definition_release(&n);
		network_definition_release(&twice);
	}
}
END_TEST

#define ENDPOINT(rest)                                       \
	"{\"id\":\"" B "\",\"endpoints\":[{\"network\":\"" A \
	"\",\"interface\":\"eth0\"" rest "}]}"

START_TEST(test_member)
{
	static const struct {
		const char *text;
		bool good;
	} cases[] = {
		{"{\"id\":\"" B "\"}", true},
		{ENDPOINT(""), true},
		{ENDPOINT(",\"addresses\":[\"10.0.0.2/24\",\"fd00::2/64\"],"
			  "\"mac\":\"92:d0:c6:0a:29:33\",\"names\":[\"web\"]"),
		 true},
		{"{\"id\":\"" B "\",\"limited\":true,\"allow\":[\"example.org:443\"],"
		 "\"dnsServers\":[\"fd00::1\"],\"ports\":[{\"hostPort\":80,"
		 "\"containerPort\":8080,\"protocol\":\"tcp\",\"hostAddress\":\"127.0.0.1\"}]}",
		 true},
		{"{}", false},
		{ENDPOINT(",\"addresses\":[\"10.0.0.2\"]"), false},
		{ENDPOINT(",\"addresses\":[\"10.0.0.2/64\"]"), false},
		{ENDPOINT(",\"addresses\":\"10.0.0.2/24\""), false},
		{"{\"id\":\"" B "\",\"endpoints\":[{\"interface\":\"eth0\"}]}", false},
		{"{\"id\":\"" B "\",\"endpoints\":[{\"network\":\"" A "\"}]}", false},
		{"{\"id\":\"" B "\",\"ports\":[{\"hostPort\":80,\"containerPort\":80}]}",
		 false},
		{"{\"id\":\"" B "\",\"ports\":[{\"hostPort\":70000,\"containerPort\":80,"
		 "\"protocol\":\"tcp\"}]}",
		 false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_error struct error err = ERROR_INIT;
		cleanup_json struct json_object *o = parse(cases[i].text), *again = NULL;
		struct network_member m = {0}, twice = {0};
		int r = network_member_read(o, &m, &err);

		ck_assert_msg((r >= 0) == cases[i].good, "%s", cases[i].text);
		ck_assert(r >= 0 || error_is_set(&err));
		if (r < 0)
			continue;
		again = network_member_json(&m);
		ck_assert_ok(network_member_read(again, &twice, &err), &err);
		cleanup_json struct json_object *same = network_member_json(&twice);
		ck_assert(json_object_equal(again, same));
		network_member_release(&m);
		network_member_release(&twice);
	}
}
END_TEST

START_TEST(test_peer_name)
{
	char name[NETWORK_INTERFACE_SIZE], other[NETWORK_INTERFACE_SIZE];

	network_peer_name(B, A, name);
	ck_assert_str_eq(name, "vn5fgdkrl1nv92i");
	/* of fifty networks two are alike so far once in a thousand times */
	network_peer_name(B, "aaaaab", other);
	ck_assert_str_ne(name, other);
}
END_TEST

UNIT_MAIN("network_request", test_definition, test_member, test_peer_name)
