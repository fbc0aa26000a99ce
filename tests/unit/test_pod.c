/* SPDX-License-Identifier: Apache-2.0 */
/* The status of a pod, what it shares, and its document. */
#include "engine/pod_cgroup.h"
#include "engine/pod_config.h"
#include "engine/pod_status.h"
#include "unit.h"
#include "util/mem.h"
#include "util/str.h"

#define C CONTAINER_CREATED
#define R CONTAINER_RUNNING
#define P CONTAINER_PAUSED
#define X CONTAINER_EXITED

static const struct {
	enum container_status statuses[3];
	size_t n;
	const char *want;
} pods[] = {
	{{C}, 0, "Created"},       {{C, C}, 2, "Created"},   {{R}, 1, "Running"},
	{{R, R, R}, 3, "Running"}, {{R, X}, 2, "Degraded"},  {{R, C}, 2, "Degraded"},
	{{R, P}, 2, "Degraded"},   {{P, P}, 2, "Paused"},    {{P, X}, 2, "Stopped"},
	{{P, C}, 2, "Created"},    {{X, X, X}, 3, "Exited"}, {{X, C}, 2, "Stopped"},
	{{X}, 1, "Exited"},
};

START_TEST(test_status)
{
	for (size_t i = 0; i < ARRAY_SIZE(pods); i++) {
		enum pod_status got = pod_status_judge(pods[i].statuses, pods[i].n);

		ck_assert_msg(str_eq(pod_status_word(got), pods[i].want), "%zu: %s", i,
			      pod_status_word(got));
	}
}
END_TEST

static const struct {
	const char *text, *want; /* or a part of the error */
	bool fails;
} shares[] = {
	{NULL, "ipc net uts"},
	{"", ""},
	{"none", ""},
	{"net", "net"},
	{"network", "net"},
	{"net,pid,net", "net pid"},
	{"+pid", "ipc net uts pid"},
	{"+pid,+ipc", "ipc net uts pid"},
	{"mnt", "invalid kernel namespace to share", true},
	{"none,net", "invalid kernel namespace to share", true},
	{"cgroup", "cgroup"},
};

START_TEST(test_share)
{
	for (size_t i = 0; i < ARRAY_SIZE(shares); i++) {
		cleanup_error struct error err = ERROR_INIT;
		cleanup_strv char **list = NULL;
		cleanup_free char *got = NULL;
		int r = pod_share_parse(shares[i].text, &list, &err);

		if (shares[i].fails) {
			ck_assert_int_lt(r, 0);
			ck_assert_ptr_nonnull(strstr(err.text, shares[i].want));
			continue;
		}
		ck_assert_ok(r, &err);
		got = strv_join(list, " ");
		ck_assert_str_eq(got, shares[i].want);
	}
}
END_TEST

START_TEST(test_document)
{
	cleanup_pod_config struct pod_config c = {.hostname = xstrdup("www"),
						  .exit_policy = xstrdup("stop")};
	cleanup_pod_config struct pod_config again = {0};
	cleanup_error struct error err = ERROR_INIT;
	cleanup_free char *text = NULL;

	strv_add(&c.share, "net");
	strv_add(&c.labels, "a=b");
	text = pod_config_text(&c);
	ck_assert_ok(pod_config_parse(text, &again, &err), &err);
	ck_assert_str_eq(again.hostname, "www");
	ck_assert_str_eq(again.exit_policy, "stop");
	ck_assert_str_eq(again.share[0], "net");
	ck_assert_str_eq(again.labels[0], "a=b");
	ck_assert_ptr_null(again.userns);
	ck_assert_int_lt(pod_config_parse("{", &again, &err), 0);
}
END_TEST

START_TEST(test_cgroup_above)
{
	static const struct {
		const char *name, *parent, *want;
	} groups[] = {
		{"cubby_pod_1f", "user-cubby_pod_1f.slice", "user.slice"},
		{"cubby_pod_1f", "a-b-cubby_pod_1f.slice", "a-b.slice"},
		{"cubby_pod_1f", "/x/y/cubby_pod_1f", "/x/y"},
		{"cubby_pod_1f", "/cubby_pod_1f", ""},
		{"cubby_pod_1f", "cubby_pod_1f.slice", ""},
		{NULL, NULL, ""},
	};

	for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
		struct pod_cgroup_config c = {.name = (char *)groups[i].name,
					      .parent = (char *)groups[i].parent};
		cleanup_free char *got = pod_cgroup_above(&c);

		ck_assert_str_eq(got, groups[i].want);
	}
}
END_TEST

UNIT_MAIN("pod", test_status, test_share, test_document, test_cgroup_above)
