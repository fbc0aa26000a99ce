/* SPDX-License-Identifier: Apache-2.0 */
/* --mount, and its CSV. */
#include "engine/mount_option.h"
#include "unit.h"
#include "util/str.h"

static const struct {
	const char *text, *destination, *source, *name, *options;
	enum volume_kind kind;
	bool is_tmpfs;
	const char *error;
} mounts[] = {
	{"type=bind,src=/a,dst=/b", "/b", "/a", NULL, "rbind,rw,rprivate", VOLUME_BIND},
	{"type=bind,source=/a,target=/b,readonly", "/b", "/a", NULL,
	 "rbind,ro,rro,rprivate", VOLUME_BIND},
	{"type=bind,src=/a,dst=/b,ro=false,bind-propagation=rslave", "/b", "/a", NULL,
	 "rbind,rw,rslave", VOLUME_BIND},
	{"type=bind,src=/a,dst=/b,bind-nonrecursive,exec=false", "/b", "/a", NULL,
	 "bind,rw,rprivate,noexec", VOLUME_BIND},
	{"type=bind,src=/a,dst=/b,bind-recursive=disabled", "/b", "/a", NULL,
	 "bind,rw,rprivate", VOLUME_BIND},
	{"type=bind,src=/a,dst=/b,idmap=uids=0-1-1;gids=0-1-1", "/b", "/a", NULL,
	 "rbind,rw,rprivate,idmap=uids=0-1-1;gids=0-1-1", VOLUME_BIND},
	{"src=v,dst=/b", "/b", NULL, "v", "rbind,rw,rprivate,nosuid,nodev", VOLUME_NAMED},
	{"type=volume,dst=/b,suid,consistency=cached", "/b", NULL, NULL,
	 "rbind,rw,rprivate,nodev,suid", VOLUME_NAMED},
	{"type=tmpfs,dst=/b,tmpfs-size=1m,notmpcopyup", "/b", NULL, NULL,
	 "size=1m,nosuid,nodev", VOLUME_FS, true},
	{"type=devpts,dst=/b,uid=1,max=3", "/b", "devpts", NULL,
	 "nosuid,noexec,newinstance,ptmxmode=0666,uid=1,max=3", VOLUME_FS},
	{"type=ramfs,dst=/b,mode=0700", "/b", "ramfs", NULL, "nosuid,nodev,mode=0700",
	 VOLUME_FS},
	{"type=image,src=i,dst=/b", "/b", NULL, "i", "", VOLUME_IMAGE},
	{"type=image,dst=/b", .error = "must set source and destination"},
	{"type=nix,dst=/b", .error = "invalid filesystem type \"nix\""},
	{"type=bind,dst=/b", .error = "must set source"},
	{"type=bind,src=/a", .error = "must set volume destination"},
	{"type=bind,src=/a,dst=b", .error = "must be an absolute path"},
	{"type=bind,src=/a,dst=/b,tmpfs-size=1", .error = "invalid mount option"},
	{"type=bind,src=/a,dst=/b,ro=x", .error = "expected true or false"},
	{"type=bind,src=/a,dst=/b,relabel=x", .error = "expected shared or private"},
	{"type=volume,src=v,dst=/b,volume-driver=x", .error = "expected local"},
	{"type=volume,src=v,dst=/b,subpath", .error = "expected a path"},
	{"type=glob,src=/no/such/*,dst=/b", .error = "no file paths matching"},
	{"type=bind,\"src=/a", .error = "a quote is not closed"},
	{"\"type=bind\"x,src=/a", .error = "follows a closed quote"},
	{"", .error = "invalid mount option"},
};

START_TEST(test_mounts)
{
	for (size_t i = 0; i < ARRAY_SIZE(mounts); i++) {
		cleanup_volumes struct volumes list = {0}, tmpfs = {0};
		cleanup_error struct error err = ERROR_INIT;
		const struct volume *v = NULL;
		int r = mount_parse(&list, &tmpfs, mounts[i].text, &err);

		if (mounts[i].error) {
			ck_assert_msg(r < 0, "%s was accepted", mounts[i].text);
			ck_assert_msg(strstr(err.text, mounts[i].error) != NULL, "%s: %s",
				      mounts[i].text, err.text);
			continue;
		}
		ck_assert_ok(r, &err);
		ck_assert_uint_eq(mounts[i].is_tmpfs ? tmpfs.n : list.n, 1);
		v = mounts[i].is_tmpfs ? tmpfs.items : list.items;
		cleanup_free char *options = strv_join(v->options, ",");
		ck_assert_str_eq(v->destination, mounts[i].destination);
		ck_assert_msg(str_eq(v->source, mounts[i].source), "%s", mounts[i].text);
		ck_assert_msg(str_eq(v->name, mounts[i].name), "%s", mounts[i].text);
		ck_assert_str_eq(options, mounts[i].options);
		ck_assert_int_eq(v->kind, mounts[i].kind);
		ck_assert(v->anonymous ==
			  (mounts[i].kind == VOLUME_NAMED && !mounts[i].name));
	}
}
END_TEST

START_TEST(test_csv)
{
	static const struct {
		const char *text, *words;
	} lines[] = {
		{"a,b", "a|b"},         {"a", "a"},
		{"a,", "a|"},           {",", "|"},
		{"\"a,b\",c", "a,b|c"}, {"\"a\"\"b\"", "a\"b"},
		{"\"\",x", "|x"},       {"a\"b", "a\"b"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		cleanup_error struct error err = ERROR_INIT;
		cleanup_strv char **words = NULL;

		ck_assert_ok(csv_split(lines[i].text, &words, &err), &err);
		cleanup_free char *joined = strv_join(words, "|");
		ck_assert_str_eq(joined, lines[i].words);
	}
}
END_TEST

UNIT_MAIN("mount_option", test_mounts, test_csv)
