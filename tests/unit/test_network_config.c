/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/container_config.h"
#include "engine/network_config.h"
#include "unit.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"

static void parse(const char *text, struct network_config *ret)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_json struct json_object *o = NULL;

	ck_assert_int_eq(json_parse(text, strlen(text), "test", &o, &err), 0);
	ck_assert_msg(network_config_read(o, ret, &err) == 0, "%s", err.text);
}

static const char whole[] =
	"{\"attachments\":[{\"network\":\"aa\",\"name\":\"web\",\"interface\":\"eth7\","
	"\"ip\":\"10.0.0.2\",\"ip6\":\"fd00::2\",\"mac\":\"02:00:00:00:00:01\","
	"\"aliases\":[\"a\",\"b\"]},{\"network\":\"bb\"}],"
	"\"ports\":[{\"hostAddress\":\"127.0.0.1\",\"hostPort\":8080,"
	"\"containerPort\":80,\"count\":2,\"protocol\":\"tcp\"}],"
	"\"exposed\":[\"80/tcp\"],\"publishAll\":true,\"limited\":true,"
	"\"allow\":[\"example.com\"],\"tool\":\"pasta\",\"options\":\"-4\"}";

START_TEST(same_again)
{
	cleanup_network_config struct network_config c = {0}, copy = {0};
	cleanup_json struct json_object *o = NULL;
	cleanup_free char *text = NULL;

	parse(whole, &c);
	network_config_copy(&c, &copy);
	ck_assert_uint_eq(copy.n_attachments, 2);
	ck_assert_str_eq(copy.attachments[0].aliases[1], "b");
	ck_assert_ptr_null(copy.attachments[1].name);
	ck_assert_uint_eq(copy.ports[0].n_ports, 2);
	ck_assert(!network_config_is_empty(&copy));
	network_config_release(&c);
	o = network_config_json(&copy);
	text = json_text(o, false);
	ck_assert_str_eq(text, whole);
}
END_TEST

/* A container that has no network of ours has nothing about it in its record. */
START_TEST(in_a_record)
{
	cleanup_container_config struct container_config c = {0}, again = {0};
	cleanup_error struct error err = ERROR_INIT;
	cleanup_free char *empty = container_config_text(&c), *text = NULL;

	ck_assert_ptr_null(strstr(empty, "net"));
	parse(whole, &c.net);
	text = container_config_text(&c);
	ck_assert_int_eq(container_config_parse(text, &again, &err), 0);
	ck_assert_uint_eq(again.net.n_attachments, 2);
	ck_assert_str_eq(again.net.options, "-4");
}
END_TEST

static const struct {
	const char *text, *message;
} wrong[] = {
	{"[]", "net: expected an object"},
	{"{\"attachments\":3}", "net: attachments: expected a list"},
	{"{\"attachments\":[{}]}", "net: attachments[0]: there is no network"},
	{"{\"attachments\":[{\"network\":\"a\"},{\"network\":\"b\",\"ip\":1}]}",
	 "net: attachments[1]: ip: expected a string, got 1"},
	{"{\"ports\":[{\"containerPort\":80,\"count\":1}]}",
	 "net: ports[0]: there is no such port"},
	{"{\"ports\":[{\"containerPort\":65535,\"count\":2,\"protocol\":\"tcp\"}]}",
	 "net: ports[0]: there is no such port"},
	{"{\"ports\":[{\"containerPort\":1,\"hostPort\":65535,\"count\":2,"
	 "\"protocol\":\"tcp\"}]}",
	 "net: ports[0]: there is no such port"},
};

START_TEST(refused)
{
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		cleanup_network_config struct network_config c = {0};
		cleanup_error struct error err = ERROR_INIT;
		cleanup_json struct json_object *o = NULL;

		ck_assert_int_eq(json_parse(wrong[i].text, strlen(wrong[i].text), "test",
					    &o, &err),
				 0);
		ck_assert_int_lt(network_config_read(o, &c, &err), 0);
		ck_assert_str_eq(err.text, wrong[i].message);
		ck_assert(network_config_is_empty(&c));
	}
}
END_TEST

UNIT_MAIN("network_config", same_again, in_a_record, refused)
