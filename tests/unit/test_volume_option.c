/* SPDX-License-Identifier: Apache-2.0 */
/* -v, --tmpfs, --ulimit, KEY=VALUE and environment words. */
#include "engine/environment.h"
#include "engine/ulimit_option.h"
#include "engine/volume_option.h"
#include "spec/spec.h"
#include "unit.h"
#include "util/str.h"

static const struct {
	const char *text, *source, *destination,
		*options; /* source NULL: `options` is part of the error */
} volumes[] = {
	{"/a:/b", "/a", "/b", "rbind,rw,rprivate"},
	{"/a:/b:ro", "/a", "/b", "rbind,ro,rro,rprivate"},
	{"/a:/b:rw", "/a", "/b", "rbind,rw,rprivate"},
	{"./a:/b", "./a", "/b", "rbind,rw,rprivate"},
	{"..:/b", "..", "/b", "rbind,rw,rprivate"},
	{"/a:/b/../c//d/", "/a", "/c/d", "rbind,rw,rprivate"},
	{"/a:/b:bind,noexec,nosuid,nodev", "/a", "/b",
	 "bind,rw,rprivate,nosuid,nodev,noexec"},
	{"/a:/b:z", "/a", "/b", "rbind,rw,rprivate"},
	{"/a:/b:Z,ro", "/a", "/b", "rbind,ro,rro,rprivate"},
	{"/a:/b:rslave", "/a", "/b", "rbind,rw,rslave"},
	{"/a:/b:idmap", "/a", "/b", "rbind,rw,rprivate,idmap"},
	{"/a:/b:rw,rw", "/a", "/b", "rbind,rw,rprivate"},
	{"/a:/b:ro,rw", NULL, NULL, "both ro and rw"},
	{"/a:/b:shared,private", NULL, NULL, "both shared and private"},
	{"/a:/b:U", "/a", "/b", "rbind,rw,rprivate"},
	{"/a:/b:U,ro", "/a", "/b", "rbind,ro,rro,rprivate"},
	{"/a:/b:U,idmap", NULL, NULL, "both U, which changes"},
	{"/a:/b:idmap=uids=0-1-10;gids=0-1-10,U", NULL, NULL, "both U, which changes"},
	{"/a:/b:idmap,idmap=uids=0-1-10;gids=0-1-10", NULL, NULL,
	 "both idmap and idmap=uids=0-1-10;gids=0-1-10"},
	{"/a:/b:O", "/a", "/b", "rbind,rw,rprivate"},
	{"/a:/b:O,upperdir=/u,workdir=/w", "/a", "/b", "rbind,rw,rprivate"},
	{"/a:/b:O,upperdir=/u", NULL, NULL, "need each other"},
	{"/a:/b:upperdir=/u", NULL, NULL, "upperdir=/u needs O too"},
	{"/a:/b:O,ro", NULL, NULL, "both O and ro"},
	{"/a:/b:copy,nocopy", NULL, NULL, "both copy and nocopy"},
	{"/a:/b:idmap=uids=0-1-10#20-30-1;gids=0-1-10", "/a", "/b",
	 "rbind,rw,rprivate,idmap=uids=0-1-10#20-30-1;gids=0-1-10"},
	{"/a:/b:readonly", NULL, NULL, "unknown option \"readonly\""},
	{"/a:/b:", NULL, NULL, "unknown option \"\""},
	{"/a:b", NULL, NULL, "must be an absolute path"},
	{"/a:/", NULL, NULL, "it is the root"},
	{"/a:/b/..", NULL, NULL, "it is the root"},
	{"/a:", NULL, NULL, "must be an absolute path"},
	{":/b", NULL, NULL, "the host directory is empty"},
	{"/a:/b:ro:rw", NULL, NULL, "expected [SOURCE:]CONTAINER-DIR[:OPTIONS]"},
	{"data:/b", "", "/b", "rbind,rw,rprivate,nosuid,nodev"},
	{"data:/b:ro,suid,exec", "", "/b", "rbind,ro,rro,rprivate,nodev,suid,exec"},
	{"/b", "", "/b", "rbind,rw,rprivate,nosuid,nodev"},
	{"data:b", NULL, NULL, "must be an absolute path"},
	{"", NULL, NULL, "expected [SOURCE:]CONTAINER-DIR"},
};

START_TEST(test_volumes)
{
	for (size_t i = 0; i < ARRAY_SIZE(volumes); i++) {
		cleanup_volumes struct volumes list = {0};
		cleanup_error struct error err = ERROR_INIT;
		int r = volume_parse(&list, volumes[i].text, &err);

		if (!volumes[i].source) {
			ck_assert_msg(r < 0, "%s was accepted", volumes[i].text);
			ck_assert_msg(strstr(err.text, volumes[i].options) != NULL,
				      "%s: %s", volumes[i].text, err.text);
			continue;
		}
		ck_assert_ok(r, &err);
		cleanup_free char *options = strv_join(list.items[0].options, ",");
		if (*volumes[i].source)
			ck_assert_str_eq(list.items[0].source, volumes[i].source);
		else
			ck_assert(list.items[0].source == NULL &&
				  list.items[0].kind == VOLUME_NAMED);
		ck_assert_str_eq(list.items[0].destination, volumes[i].destination);
		ck_assert_str_eq(options, volumes[i].options);
		ck_assert(list.items[0].writable ==
			  !strv_has(list.items[0].options, "ro"));
		ck_assert(list.items[0].give == (strstr(volumes[i].text, ":U") != NULL));
	}
}
END_TEST

START_TEST(test_a_destination_is_taken_once)
{
	cleanup_volumes struct volumes list = {0};
	struct error err = ERROR_INIT;

	ck_assert_ok(volume_parse(&list, "/a:/data", &err), &err);
	ck_assert_int_lt(volume_parse(&list, "/b:/data/", &err), 0);
	ck_assert_message(&err, "volume /b:/data/: /data: duplicate mount destination");
	ck_assert_uint_eq(list.n, 1);
}
END_TEST

static const struct {
	const char *text, *destination,
		*options; /* destination NULL: `options` is part of the error */
} tmpfs[] = {
	{"/t", "/t", "nosuid,nodev,tmpcopyup"},
	{"/t:size=10m,mode=1777", "/t", "size=10m,mode=1777,nosuid,nodev,tmpcopyup"},
	{"/t:suid,dev,exec", "/t", "suid,dev,exec"},
	{"/t:ro,notmpcopyup", "/t", "ro,nosuid,nodev"},
	{"/t:U,size=1m", "/t", "size=1m,nosuid,nodev,tmpcopyup"},
	{"t", NULL, "must be an absolute path"},
	{"/t:siez=10m", NULL, "unknown option \"siez=10m\""},
};

START_TEST(test_tmpfs)
{
	for (size_t i = 0; i < ARRAY_SIZE(tmpfs); i++) {
		cleanup_volumes struct volumes list = {0};
		cleanup_error struct error err = ERROR_INIT;
		int r = tmpfs_parse(&list, tmpfs[i].text, &err);

		if (!tmpfs[i].destination) {
			ck_assert_int_lt(r, 0);
			ck_assert_msg(strstr(err.text, tmpfs[i].options) != NULL, "%s",
				      err.text);
			continue;
		}
		ck_assert_ok(r, &err);
		cleanup_free char *options = strv_join(list.items[0].options, ",");
		ck_assert_str_eq(list.items[0].destination, tmpfs[i].destination);
		ck_assert_msg(str_starts(options, tmpfs[i].options), "%s: %s",
			      tmpfs[i].text, options);
	}
}
END_TEST

static const struct {
	const char *text, *type;
	uint64_t soft, hard;
	const char *error;
} ulimits[] = {
	{"nofile=1024:2048", "RLIMIT_NOFILE", 1024, 2048, NULL},
	{"nofile=10", "RLIMIT_NOFILE", 10, 10, NULL},
	{"core=-1", "RLIMIT_CORE", UINT64_MAX, UINT64_MAX, NULL},
	{"nproc=5:unlimited", "RLIMIT_NPROC", 5, UINT64_MAX, NULL},
	{"stack=0", "RLIMIT_STACK", 0, 0, NULL},
	{"nofile=20:10", NULL, 0, 0, "the soft limit is above the hard limit"},
	{"nofile=-2", NULL, 0, 0, "expected NAME=SOFT[:HARD]"},
	{"nofile", NULL, 0, 0, "expected NAME=SOFT[:HARD]"},
	{"nofile=", NULL, 0, 0, "expected NAME=SOFT[:HARD]"},
	{"nofile=1:2:3", NULL, 0, 0, "expected NAME=SOFT[:HARD]"},
	{"nofiles=1", NULL, 0, 0, "unknown limit \"nofiles\""},
	{"host", NULL, 0, 0, "expected NAME=SOFT[:HARD]"},
};

START_TEST(test_ulimits)
{
	for (size_t i = 0; i < ARRAY_SIZE(ulimits); i++) {
		struct spec_rlimit *list = NULL;
		size_t n = 0;
		cleanup_error struct error err = ERROR_INIT;
		int r = ulimit_parse(&list, &n, ulimits[i].text, &err);

		if (ulimits[i].error) {
			ck_assert_msg(r < 0, "%s was accepted", ulimits[i].text);
			ck_assert_msg(strstr(err.text, ulimits[i].error) != NULL, "%s",
				      err.text);
			continue;
		}
		ck_assert_ok(r, &err);
		ck_assert_str_eq(list[0].type, ulimits[i].type);
		ck_assert_uint_eq(list[0].soft, ulimits[i].soft);
		ck_assert_uint_eq(list[0].hard, ulimits[i].hard);
		free(list[0].type);
		free(list);
	}
}
END_TEST

START_TEST(test_environment)
{
	char *host[] = {(char *)"TERM=vt100", (char *)"LC_ALL=C", (char *)"LC_TIME=de",
			(char *)"EMPTY=", NULL};
	static const char *const typed[] = {"A=1",  "B=x=y", "TERM",  "NOSUCH",
					    "LC_*", "A=2",   "EMPTY", "C="};
	cleanup_strv char **env = NULL;
	struct error err = ERROR_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(typed); i++)
		ck_assert_ok(environment_add(&env, typed[i], host, &err), &err);
	cleanup_free char *all = strv_join(env, " ");
	ck_assert_str_eq(all, "A=2 B=x=y TERM=vt100 LC_ALL=C LC_TIME=de EMPTY= C=");
	environment_unset(&env, "LC_ALL");
	environment_unset(&env, "LC");
	ck_assert_ptr_null(environment_get(env, "LC_ALL"));
	ck_assert_str_eq(environment_get(env, "LC_TIME"), "de");
	ck_assert_int_lt(environment_add(&env, "=x", host, &err), 0);
	error_release(&err);
}
END_TEST

START_TEST(test_key_value)
{
	cleanup_free char *key = NULL, *value = NULL;
	struct error err = ERROR_INIT;

	ck_assert_ok(key_value_split("--sysctl", "net.a=b=c", false, &key, &value, &err),
		     &err);
	ck_assert_str_eq(key, "net.a");
	ck_assert_str_eq(value, "b=c");
	ck_assert_int_lt(key_value_split("--sysctl", "net.a", false, &key, &value, &err),
			 0);
	ck_assert_message(&err, "--sysctl net.a: expected KEY=VALUE");
}
END_TEST

UNIT_MAIN("volume_option", test_volumes, test_a_destination_is_taken_once, test_tmpfs,
	  test_ulimits, test_environment, test_key_value)
