/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/publish_option.h"

#include "unit.h"
#include "util/str.h"

static int parse(const char *publish, const char *expose, const char *image, bool all,
		 struct network_config *ret, struct error *err)
{
	cleanup_strv char **words = publish ? str_split(publish, ' ') : NULL;
	cleanup_strv char **exposed = expose ? str_split(expose, ' ') : NULL;
	cleanup_strv char **of_image = image ? str_split(image, ' ') : NULL;
	const struct publish_options o = {words, exposed, of_image, all};

	return publish_options_parse(&o, ret, err);
}

START_TEST(test_publish)
{
	static const struct {
		const char *typed, *text;
	} cases[] = {
		{"80", "0.0.0.0:->80/tcp"},
		{"8080:80", "0.0.0.0:8080->80/tcp"},
		{"8080:80/TCP", "0.0.0.0:8080->80/tcp"},
		{"53:53/udp", "0.0.0.0:53->53/udp"},
		{"127.0.0.1:8080:80", "127.0.0.1:8080->80/tcp"},
		{"127.0.0.1::80", "127.0.0.1:->80/tcp"},
		{"0.0.0.0:1:80", "0.0.0.0:1->80/tcp"},
		{":80", "0.0.0.0:->80/tcp"},
		{"[::1]:8080:80", "[::1]:8080->80/tcp"},
		{"[0:0::0:1]::80", "[::1]:->80/tcp"},
		{"9000-9009:9000-9009", "0.0.0.0:9000-9009->9000-9009/tcp"},
		{"9000-9000:80-80", "0.0.0.0:9000->80/tcp"},
		{"80-89", "0.0.0.0:->80-89/tcp"},
		{"65535:65535", "0.0.0.0:65535->65535/tcp"},
		/* several */
		{"8080:80 53:53/udp", "0.0.0.0:8080->80/tcp, 0.0.0.0:53->53/udp"},
		{"8081:81 8080:80", "0.0.0.0:8080-8081->80-81/tcp"},
		{"8080:80 8080:80", "0.0.0.0:8080->80/tcp"},
		{"80-89:80-89 85-95:85-95", "0.0.0.0:80-95->80-95/tcp"},
		{"80-89:80-89 82-83:82-83", "0.0.0.0:80-89->80-89/tcp"},
		{"8080:80 8082:80", "0.0.0.0:8080->80/tcp, 0.0.0.0:8082->80/tcp"},
		{"80 80", "0.0.0.0:->80/tcp"},
		{"80 8080:80", "0.0.0.0:8080->80/tcp, 0.0.0.0:->80/tcp"},
		{"1.1.1.1:80:80 2.2.2.2:80:81", "1.1.1.1:80->80/tcp, 2.2.2.2:80->81/tcp"},
		{"0.0.0.0:80:80 [::]:80:81", "0.0.0.0:80->80/tcp, [::]:80->81/tcp"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct network_config c = {0};
		struct error err = ERROR_INIT;
		char *text;

		ck_assert_ok(parse(cases[i].typed, NULL, NULL, false, &c, &err), &err);
		text = publish_text(c.ports, c.n_ports);
		ck_assert_str_eq(text, cases[i].text);
		free(text);
		network_config_release(&c);
	}
}
END_TEST

START_TEST(test_refused)
{
	static const struct {
		const char *publish, *expose, *want;
		bool all;
	} cases[] = {
		{"", NULL, "non-empty container port"},
		{"8080:", NULL, "non-empty container port"},
		{"x", NULL, "a port is a number"},
		{"0:80", NULL, "between 1 and 65535"},
		{"8080:0", NULL, "between 1 and 65535"},
		{"65536:80", NULL, "between 1 and 65535"},
		{"-5:80", NULL, "a port is a number"},
		{"80-79:80-79", NULL, "must be higher"},
		{"8000-8001:80", NULL, "different lengths: 2 vs 1"},
		{"8000:80-81", NULL, "different lengths: 1 vs 2"},
		{"1:2:3:4", NULL, "cannot parse"},
		{"1.1.1.1:2:3:4", NULL, "[[hostIP:]hostPort:]containerPort"},
		{"localhost:80:80", NULL, "cannot parse \"localhost\""},
		{"::1:80:80", NULL, "must provide a non-empty host address"},
		{"[::1]80:80", NULL, "followed by a colon"},
		{"[::1]:80", NULL, "must provide host and destination"},
		{"[::1:80:80", NULL, "followed by a colon"},
		{"::1]:80:80", NULL, "enclosed by []"},
		{"[1.1.1.1]:80:80", NULL, "cannot parse"},
		{"80:80/sctp", NULL, "sctp ports can't be published"},
		{"80:80/icmp", NULL, "the protocol is tcp or udp"},
		{"80:80/", NULL, "the protocol is tcp or udp"},
		{"80:80/tcp/udp", NULL, "only be specified once"},
		{"8080:80 8080:81", NULL, "conflicting port mappings for host port 8080"},
		{"80-89:80-89 85:80", NULL, "conflicting port mappings for host port 85"},
		{"80:80 127.0.0.1:80:80", NULL, "conflicting port mappings"},
		{"1:1 5:5 5:6 9:9 10:12", NULL, "conflicting port mappings"},
		{"80:80 [::]:80:80", NULL, "conflicting port mappings"},
		{NULL, "x", "a port is a number"},
		{NULL, "0", "between 1 and 65535"},
		{NULL, "80/x", "the protocol"},
		{NULL, "80/sctp", "sctp ports can't be published", true},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct network_config c = {0};
		struct error err = ERROR_INIT;

		ck_assert_int_lt(parse(cases[i].publish, cases[i].expose, NULL,
				       cases[i].all, &c, &err),
				 0);
		ck_assert_msg(strstr(err.text, cases[i].want), "%s: %s", cases[i].publish,
			      err.text);
		error_release(&err);
		network_config_release(&c);
	}
}
END_TEST

START_TEST(test_exposed)
{
	static const struct {
		const char *publish, *expose, *image;
		bool all;
		const char *exposed, *text;
	} cases[] = {
		{NULL, "80 53/udp", NULL, false, "53/udp 80/tcp", ""},
		{NULL, "80-82", "80/tcp", false, "80/tcp 81/tcp 82/tcp", ""},
		{NULL, NULL, "80/tcp 80/udp 132/sctp", false, "80/tcp 80/udp 132/sctp",
		 ""},
		{NULL, "80", "53/udp", true, "53/udp 80/tcp",
		 "0.0.0.0:->53/udp, 0.0.0.0:->80/tcp"},
		{"8080:80", "80 81", NULL, true, "80/tcp 81/tcp",
		 "0.0.0.0:8080->80/tcp, 0.0.0.0:->81/tcp"},
		{"8080:80/udp", "80", NULL, true, "80/tcp",
		 "0.0.0.0:8080->80/udp, 0.0.0.0:->80/tcp"},
		{"8080:80", NULL, NULL, true, "", "0.0.0.0:8080->80/tcp"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct network_config c = {0};
		struct error err = ERROR_INIT;
		char *exposed, *text;

		ck_assert_ok(parse(cases[i].publish, cases[i].expose, cases[i].image,
				   cases[i].all, &c, &err),
			     &err);
		exposed = strv_join(c.exposed, " ");
		text = publish_text(c.ports, c.n_ports);
		ck_assert_str_eq(exposed, cases[i].exposed);
		ck_assert_str_eq(text, cases[i].text);
		free(exposed);
		free(text);
		network_config_release(&c);
	}
}
END_TEST

UNIT_MAIN("publish_option", test_publish, test_refused, test_exposed)
