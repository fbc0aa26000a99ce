/* SPDX-License-Identifier: Apache-2.0 */
/* --pid, --ipc, --uts, --cgroupns, --network MODE. */
#include "engine/namespace_option.h"
#include "unit.h"
#include "util/mem.h"
#include "util/str.h"

static const struct {
	enum namespace_kind kind;
	const char *text, *want; /* mode and target, or a part of the error */
	bool fails;
} modes[] = {
	{NS_PID, NULL, "private"},
	{NS_PID, "", "private"},
	{NS_PID, "private", "private"},
	{NS_PID, "host", "host"},
	{NS_PID, "container:web", "container web"},
	{NS_PID, "container:a:b", "container a:b"},
	{NS_PID, "ns:/proc/1/ns/pid", "ns /proc/1/ns/pid"},
	{NS_PID, "none", "unrecognized", true},
	{NS_PID, "shareable", "unrecognized", true},
	{NS_PID, "container", "unrecognized", true},
	{NS_PID, "container:", "whose", true},
	{NS_PID, "ns:", "whose", true},
	{NS_PID, "host:", "unrecognized", true},
	{NS_PID, "hosts", "unrecognized", true},
	{NS_PID, "hos", "unrecognized", true},
	{NS_IPC, NULL, "shareable"},
	{NS_IPC, "none", "none"},
	{NS_IPC, "private", "private"},
	{NS_IPC, "shareable", "shareable"},
	{NS_UTS, NULL, "private"},
	{NS_UTS, "none", "unrecognized", true},
	{NS_CGROUP, NULL, "private"},
	{NS_CGROUP, "host", "host"},
	{NS_CGROUP, "container:web", "container web"},
	{NS_CGROUP, "shareable", "unrecognized", true},
	{NS_NETWORK, NULL, "none"},
	{NS_NETWORK, "none", "none"},
	{NS_NETWORK, "private", "private"},
	{NS_NETWORK, "container:web", "container web"},
	{NS_NETWORK, "container", "unrecognized", true},
	{NS_NETWORK, "ns:", "whose", true},
};

START_TEST(test_modes)
{
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		cleanup_namespace_option struct namespace_option o = {0};
		cleanup_error struct error err = ERROR_INIT;
		cleanup_free char *got = NULL;
		int r = namespace_option_parse(modes[i].kind, modes[i].text, &o, &err);

		if (modes[i].fails) {
			ck_assert_msg(r < 0, "\"%s\" was accepted", modes[i].text);
			ck_assert_ptr_nonnull(err.hint);
			ck_assert_msg(strstr(err.text, modes[i].want) != NULL, "%s: %s",
				      modes[i].text, err.text);
			continue;
		}
		ck_assert_ok(r, &err);
		got = xasprintf("%s%s%s", namespace_mode_word(o.mode),
				o.target ? " " : "", o.target ? o.target : "");
		ck_assert_str_eq(got, modes[i].want);
	}
}
END_TEST

UNIT_MAIN("namespace_option", test_modes)
