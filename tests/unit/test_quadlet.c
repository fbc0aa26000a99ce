/* SPDX-License-Identifier: Apache-2.0 */
/* The parts: unit files, words, names, links. Whole files are compared with podman's in tests/integration/test_quadlet.py. */
#include "quadlet/quadlet.h"

#include "quadlet/install.h"
#include "quadlet/keys.h"
#include "quadlet/load.h"
#include "quadlet/names.h"
#include "quadlet/words.h"
#include "unit.h"
#include "util/mem.h"
#include "util/str.h"

START_TEST(test_reading)
{
	static const struct {
		const char *text, *written;
	} cases[] = {
		{"", ""},
		{"# x\n;y\n\n", ""},
		{"[A]\nk=v", "[A]\nk=v\n"},
		{"[A]\r\n k = v \r\n", "[A]\nk=v\n"},
		{"[A]\nk=a \\\n  b\\\n\tc\nl=2\n", "[A]\nk=a  b c\nl=2\n"},
		{"[A]\nk=a\\\n# no\n;no\nb\n", "[A]\nk=a b\n"},
		{"[A]\nk=a\\", "[A]\nk=a\n"},
		{"[A]\nk=a\\\\\nl=b\n", "[A]\nk=a\\\\\nl=b\n"},
		{"[A]\nk=a\\ \nb\n", "[A]\nk=a b\n"},
		{"[A]\nk==\nk=\nl=#x\n", "[A]\nk==\nk=\nl=#x\n"},
		{"[A]\na=1\n[B]\nb=1\n[A]\na=2\n", "[A]\na=1\na=2\n\n[B]\nb=1\n"},
		{"[A]\nk=a\\\\\\ \\", "[A]\nk=a\\\\\n"},
		{"[A]\n \\\n  k=v\n\\\n#x=y\n", "[A]\nk=v\n"},
		{"[A B]\nk =v\n", "[A B]\nk=v\n"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_unit_file struct unit_file u = {0};
		cleanup_error struct error err = ERROR_INIT;
		cleanup_buf struct buf out;

		buf_init(&out, 4096);
		buf_add(&out, "", 0);
		ck_assert_int_eq(unit_file_parse(&u, cases[i].text, strlen(cases[i].text),
						 "f", &err),
				 0);
		unit_file_write(&u, &out);
		ck_assert_str_eq(out.data, cases[i].written);
	}
}
END_TEST

START_TEST(test_what_cannot_be_read)
{
	static const struct {
		const char *text, *says;
	} cases[] = {
		{"k=v", "f:1: stands before the first [Section]"},
		{"[A]\n\nword\n", "f:3: is no section, no KEY=VALUE and no comment"},
		{"[A]\n=v\n", "f:2: is no section, no KEY=VALUE and no comment"},
		{"\n[A\n", "f:2: a section's name ends with ]"},
		{"[]\n", "f:1: is no name of a section"},
		{"[a[b]\n", "f:1: is no name of a section"},
		{"[A]\nk=\xff\n", "f:2: is no UTF-8"},
		{"[A]\nk=a\\\n\\\nb\nbad",
		 "f:5: is no section, no KEY=VALUE and no comment"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_unit_file struct unit_file u = {0};
		cleanup_error struct error err = ERROR_INIT;

		ck_assert_int_lt(unit_file_parse(&u, cases[i].text, strlen(cases[i].text),
						 "f", &err),
				 0);
		ck_assert_str_eq(err.text, cases[i].says);
	}
	cleanup_unit_file struct unit_file u = {0};
	cleanup_error struct error err = ERROR_INIT;
	ck_assert_int_lt(unit_file_parse(&u, "[A]\n\0x=y", 8, "f", &err), 0);
}
END_TEST

START_TEST(test_what_assignments_mean)
{
	static const char text[] = "[A]\nk=1\nl=x\nk=2\nk=\nk=3\nl=\nk=4\nm=\n";
	cleanup_unit_file struct unit_file u = {0};
	cleanup_error struct error err = ERROR_INIT;
	cleanup_strv char **v = NULL;

	ck_assert_int_eq(unit_file_parse(&u, text, strlen(text), "f", &err), 0);
	const struct unit_section *a = unit_file_find(&u, "A");
	unit_foreach(e, a, "k") strv_add(&v, e->value);
	cleanup_free char *joined = strv_join(v, " ");
	ck_assert_str_eq(joined, "3 4");
	ck_assert_str_eq(unit_last(a, "k")->value, "4");
	ck_assert_uint_eq(unit_last(a, "k")->line, 8);
	ck_assert_ptr_null(unit_last(a, "l"));
	ck_assert_ptr_null(unit_last(a, "m"));
	ck_assert_ptr_null(unit_last(NULL, "k"));
	unit_set(&u, "A", "k", "5");
	unit_add_first(&u, "A", "k", "0");
	ck_assert_str_eq(unit_first_of(unit_file_find(&u, "A"), "k")->value, "0");
	ck_assert_uint_eq(unit_file_find(&u, "A")->n_entries, 5);
}
END_TEST

/* A value's words with | between, and as they are written again. */
START_TEST(test_words)
{
	char key[] = "K";
	static const struct {
		const char *value, *words, *line;
	} cases[] = {
		{"a  b\tc", "a|b|c", "a b c"},
		{"\"a b\" 'c d'", "a b|c d", "\"a b\" \"c d\""},
		{"x\"y z\"w", "xy zw", "\"xy zw\""},
		{"\"\" ''", "|", "\"\" \"\""},
		{"'a\"b' \"it's\"", "a\"b|it's", "\"a\\\"b\" \"it's\""},
		{"\\x41\\102\\u00e9\\s", "AB\u00e9 ", "\"AB\u00e9 \""},
		{"a\\nb\\t", "a\nb\t", "\"a\\nb\\t\""},
		{"\\q\\x4 \\000 \\ x", "\\q\\x4|\\000|\\ x",
		 "\"\\\\q\\\\x4\" \"\\\\000\" \"\\\\ x\""},
		{"a \\; ; b;", "a|;|;|b;", "a \";\" \";\" b;"},
		{"$A ${B} %i %%", "$A|${B}|%i|%%", "$A ${B} %i %%"},
		{"\\xff\\x01", "\xff\x01", "\"\\xff\\x01\""},
		{"\\xffa",
		 "\xff"
		 "a",
		 "\"\\xffa\""},
		{"\\U0001f600", "\U0001f600", "\U0001f600"},
		{"", "", ""},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_free char *copy = xstrdup(cases[i].value);
		struct unit_entry e = {.key = key, .value = copy, .file = "f"};
		cleanup_error struct error err = ERROR_INIT;
		cleanup_strv char **v = NULL;
		cleanup_buf struct buf line;

		ck_assert_int_eq(words_split(&e, &v, &err), 0);
		cleanup_free char *joined = strv_join(v, "|");
		ck_assert_str_eq(joined, cases[i].words);
		buf_init(&line, 4096);
		buf_add(&line, "", 0);
		strv_foreach (w, v)
			words_add(&line, *w);
		ck_assert_str_eq(line.data, cases[i].line);
	}
	cleanup_free char *copy = xstrdup("a 'b");
	struct unit_entry open = {.key = key, .value = copy, .file = "f", .line = 7};
	cleanup_error struct error err = ERROR_INIT;
	cleanup_strv char **v = NULL;
	ck_assert_int_lt(words_split(&open, &v, &err), 0);
	ck_assert_str_eq(err.text, "f:7: K= has a quote that does not end");
}
END_TEST

START_TEST(test_flags)
{
	static const char *const yes[] = {"1", "yes", "Y", "TRUE", "t", "On"},
				 *const no[] = {"0", "no", "n", "False", "f", "off"},
				 *const neither[] = {"", "2", "ye", "yes ", "enabled"};
	bool on;

	for (size_t i = 0; i < ARRAY_SIZE(yes); i++) {
		ck_assert(words_is_flag(yes[i], &on) && on);
		ck_assert(words_is_flag(no[i], &on) && !on);
	}
	for (size_t i = 0; i < ARRAY_SIZE(neither); i++)
		ck_assert(!words_is_flag(neither[i], &on));
}
END_TEST

START_TEST(test_kinds_and_drop_ins)
{
	static const struct {
		const char *name, *places;
	} cases[] = {
		{"a.container", "a.container.d container.d"},
		{"a-b-c.volume", "a-b-c.volume.d a-b-.volume.d a-.volume.d volume.d"},
		{"t@.pod", "t@.pod.d pod.d"},
		{"t@x.pod", "t@x.pod.d t@.pod.d pod.d"},
		{"a-.image", "a-.image.d image.d"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_strv char **v = load_drop_in_names(cases[i].name);
		cleanup_free char *joined = strv_join(v, " ");
		ck_assert_str_eq(joined, cases[i].places);
	}
	ck_assert_int_eq(quadlet_kind_of("a.container"), QUADLET_CONTAINER);
	ck_assert_int_eq(quadlet_kind_of(".a.container"), -1);
	ck_assert_int_eq(quadlet_kind_of("a.service"), -1);
	for (int kind = 0; kind < QUADLET_N_KINDS; kind++)
		for (const struct quadlet_key *k = quadlet_keys(kind); k->key; k++)
			ck_assert(k->option &&
				  (!k[1].key || strcmp(k->key, k[1].key) < 0));
}
END_TEST

/* -- sets of files */

struct told {
	char **lines;
};

static void tell(void *data, bool failed, const struct error *err)
{
	strv_addf(&((struct told *)data)->lines, "%s%s",
		  failed ? "" : "odd: ", err->text);
}

static bool exists(const char *path)
{
	return str_eq(path, "/dev/there");
}

static char *id_of(const char *name, bool group)
{
	return str_eq(name, "root") ? xstrdup(group ? "7" : "0") : NULL;
}

static const struct quadlet_host host = {.exists = exists, .id_of = id_of};

static void add(struct quadlet_set *s, const char *name, const char *text)
{
	cleanup_unit_file struct unit_file u = {0};
	cleanup_error struct error err = ERROR_INIT;
	cleanup_free char *path = xasprintf("/q/%s", name);

	ck_assert_int_eq(unit_file_parse(&u, text, strlen(text), path, &err), 0);
	quadlet_set_add(s, name, path, &u);
}

static const char *value_of(const struct quadlet_unit *u, const char *section,
			    const char *key)
{
	const struct unit_entry *e = unit_last(unit_file_find(&u->file, section), key);

	return e ? e->value : "";
}

START_TEST(test_names)
{
	static const struct {
		const char *name, *text, *service, *resource;
	} cases[] = {
		{"a.container", "[Container]\n", "a", "systemd-a"},
		{"a.container", "[Container]\nServiceName=b\n", "b", "systemd-b"},
		{"a.container", "[Container]\nContainerName=c\n", "a", "c"},
		{"t@.container", "", "t@", "systemd-t_%i"},
		{"t@x.container", "", "t@x", "systemd-t_x"},
		{"a.volume", "", "a-volume", "systemd-a"},
		{"d@.volume", "", "d-volume@", "systemd-d_%i"},
		{"a.network", "[Network]\nNetworkName=n\n", "a-network", "n"},
		{"a.image", "[Image]\nImage=\"x/y\"\n", "a-image", "x/y"},
		{"a.image", "[Image]\nImage=x/y\nImageTag=z\n", "a-image", "z"},
		{"a.build", "[Build]\nImageTag=one\nImageTag=two\n", "a-build", "one"},
		{"a.pod", "", "a-pod", "systemd-a"},
		{"a.container", "[Container]\nServiceName=../b\n", NULL, NULL},
		{"a b.container", "", NULL, NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct told told = {0};
		cleanup_quadlet_set struct quadlet_set s = {.tell = tell,
							    .tell_data = &told};
		cleanup_error struct error err = ERROR_INIT;

		add(&s, cases[i].name, cases[i].text);
		int r = names_give(&s.units[0], &err);
		ck_assert_int_eq(r == 0, cases[i].service != NULL);
		if (r < 0)
			continue;
		ck_assert_str_eq(s.units[0].service, cases[i].service);
		ck_assert_str_eq(s.units[0].resource, cases[i].resource);
	}
}
END_TEST

START_TEST(test_a_set)
{
	struct told told = {0};
	cleanup_quadlet_set struct quadlet_set s = {
		.user = true,
		.cubby = "/bin/cubby",
		.host = &host,
		.tell = tell,
		.tell_data = &told,
	};

	add(&s, "bad.image", "[Image]\nImage=a\nColour=red\n");
	add(&s, "c.container",
	    "[Container]\nImage=x\nAddDevice=-/dev/there:/dev/x -/dev/gone\n"
	    "Volume=d@1.volume:/d\nPod=p.pod\nUser=1\nGroup=2\n[Quadlet]\nDefaultDependencies=no\n");
	add(&s, "d@.volume", "[Volume]\nUser=root\nGroup=root\n");
	add(&s, "e.container", "[Container]\nImage=bad.image\n");
	add(&s, "f.volume", "[Volume]\nUser=nobody-here\n");
	add(&s, "p.pod", "[Service]\nRestart=always\n");
	add(&s, "r.container", "[Container]\nImage=x\nNetwork=r.container\n");
	quadlet_convert(&s);

	const struct quadlet_unit *c = &s.units[1];
	ck_assert(c->done);
	ck_assert_str_eq(
		value_of(c, "Service", "ExecStart"),
		"/bin/cubby run --name=systemd-%N --cidfile=%t/%N.cid --replace --rm "
		"--cgroups=split --log-driver=journald --sdnotify=conmon -d --device /dev/there:/dev/x --user 1:2 "
		"--volume systemd-d_1:/d --pod-id-file=%t/p-pod.pod-id x");
	ck_assert_str_eq(value_of(c, "Unit", "BindsTo"), "p-pod.service");
	ck_assert_str_eq(value_of(c, "Unit", "Requires"), "d-volume@1.service");
	ck_assert_str_eq(value_of(c, "Unit", "Wants"), "");
	ck_assert_ptr_nonnull(unit_file_find(&c->file, "X-Container"));
	ck_assert_ptr_nonnull(unit_file_find(&c->file, "X-Quadlet"));
	ck_assert_str_eq(
		value_of(&s.units[2], "Service", "ExecStart"),
		"/bin/cubby volume create --ignore --opt o=uid=0,gid=7 systemd-d_%i");
	const struct quadlet_unit *p = &s.units[5];
	ck_assert_str_eq(value_of(p, "Unit", "Before"), "c.service");
	ck_assert_str_eq(value_of(p, "Service", "Restart"), "on-failure");
	cleanup_free char *lines = strv_join(told.lines, "\n");
	ck_assert_str_eq(
		lines,
		"/q/bad.image:3: Colour= is no key of [Image]\n"
		"/q/f.volume:2: User= is \"nobody-here\", and there is no such user\n"
		"/q/e.container:2: Image= names bad.image, of which nothing can be made\n"
		"/q/r.container:3: Network= names this file itself");
	ck_assert_uint_eq(s.n_failed, 4);
	strv_free(told.lines);
}
END_TEST

/* What would be other lines to systemd, or options to the command. */
START_TEST(test_what_is_no_value)
{
#define LINE_END "has the end of a line in it, or a backslash at its end"
	static const struct {
		const char *name, *text, *says;
	} cases[] = {
		{"a.build",
		 "[Build]\nImageTag=t\nFile=/a\\/Containerfile\nSetWorkingDirectory=file\n",
		 "/q/a.build: WorkingDirectory= " LINE_END},
		{"a.build",
		 "[Build]\nImageTag=t\nFile=/a\\\\/Containerfile\nSetWorkingDirectory=file\n",
		 ""},
		{"a\nb.container", "[Container]\nImage=i\nServiceName=a\n",
		 "/q/a\nb.container: SourcePath= " LINE_END},
		{"a\xff.container", "[Container]\nImage=i\nServiceName=a\n",
		 "/q/a\xff.container: SourcePath= is no UTF-8"},
		{"a.container",
		 "[Container]\nImage=i\nLabel=a\r[Service]\rExecStartPre=/x\n",
		 "/q/a.container:3: Label= " LINE_END},
		{"a.container", "[Container]\nImage=i\n[Service]\nX\rExecStartPre=/x\n",
		 "/q/a.container:4: X\rExecStartPre= " LINE_END},
		{"a.container", "[Container]\r\nImage=i\r\nLabel=a\\nb\r\n", ""},
		{"a.container", "[Container]\nImage=--privileged\n",
		 "/q/a.container:2: Image= is \"--privileged\", which is no image"},
		{"a.container", "[Container]\nImage=\"\\x2d-privileged\"\n",
		 "/q/a.container:2: Image= is \"--privileged\", which is no image"},
		{"a.container", "[Container]\nImage=i\nContainerName=--privileged\n",
		 "/q/a.container: \"--privileged\" is no name"},
		{"a.volume", "[Volume]\nVolumeName=--driver=x\n",
		 "/q/a.volume: \"--driver=x\" is no name"},
		{"a.network", "[Network]\nNetworkName=-x\n",
		 "/q/a.network: \"-x\" is no name"},
		{"a.pod", "[Pod]\nPodName=-x\n", "/q/a.pod: \"-x\" is no name"},
		{"a.image", "[Image]\nImage=--all-tags\n",
		 "/q/a.image: \"--all-tags\" is no name"},
		{"a.image", "[Image]\nImage=--all-tags\nImageTag=t\n",
		 "/q/a.image:2: Image= is \"--all-tags\", which is no image"},
		{"a.build", "[Build]\nImageTag=t\nSetWorkingDirectory=--x\n",
		 "/q/a.build: \"--x\" is no directory to build in"},
		{"a.build",
		 "[Build]\nImageTag=t\nSetWorkingDirectory=unit\n[Service]\nWorkingDirectory=-/x\n",
		 "/q/a.build: \"-/x\" is no directory to build in"},
	};
#undef LINE_END

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct told told = {0};
		cleanup_quadlet_set struct quadlet_set s = {
			.cubby = "/bin/cubby",
			.host = &host,
			.tell = tell,
			.tell_data = &told,
		};

		add(&s, cases[i].name, cases[i].text);
		quadlet_convert(&s);
		ck_assert_int_eq(s.units[0].done, !*cases[i].says);
		cleanup_free char *said =
			told.lines ? strv_join(told.lines, "\n") : xstrdup("");
		ck_assert_str_eq(said, cases[i].says);
		strv_free(told.lines);
	}
}
END_TEST

START_TEST(test_links)
{
	static const struct {
		const char *name, *install, *links;
	} cases[] = {
		{"a.container", "", ""},
		{"a.container", "WantedBy=x.target y.target\n",
		 "x.target.wants/a.service ../a.service y.target.wants/a.service ../a.service"},
		{"a.container",
		 "RequiredBy=x.target\nUpheldBy=y.target\nAlias=b.service\n",
		 "b.service a.service x.target.requires/a.service ../a.service "
		 "y.target.upholds/a.service ../a.service"},
		{"t@.container", "WantedBy=x.target\n", ""},
		{"t@.container", "WantedBy=x.target\nDefaultInstance=1\n",
		 "x.target.wants/t@1.service ../t@.service"},
		{"t@.container", "WantedBy=x.target\nDefaultInstance=a/b\n", ""},
		{"t@5.container", "WantedBy=x.target\n",
		 "x.target.wants/t@5.service ../t@5.service"},
		{"a.container",
		 "WantedBy=../x y/z .hidden \"\"\nAlias=../b.service b.target\n", ""},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct told told = {0};
		cleanup_quadlet_set struct quadlet_set s = {.tell = tell,
							    .tell_data = &told};
		cleanup_error struct error err = ERROR_INIT;
		cleanup_free char *text =
			xasprintf("[Container]\n[Install]\n%s", cases[i].install);

		add(&s, cases[i].name, text);
		ck_assert_int_eq(names_give(&s.units[0], &err), 0);
		cleanup_strv char **v = install_links(&s, &s.units[0]);
		cleanup_free char *joined = v ? strv_join(v, " ") : xstrdup("");
		ck_assert_str_eq(joined, cases[i].links);
		strv_free(told.lines);
	}
}
END_TEST

START_TEST(test_documented)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_free char *text = NULL;
	size_t len;

	ck_assert_int_eq(fs_read(AT_FDCWD, UNIT_DATA "/../../../docs/quadlet.md", 1 << 20,
				 &text, &len, &err),
			 0);
	for (int kind = 0; kind < QUADLET_N_KINDS; kind++) {
		cleanup_free char *heading = xasprintf(
			"\n### [%s]\n", quadlet_section((enum quadlet_kind)kind));
		const char *from = strstr(text, heading);

		for (const struct quadlet_key *k = quadlet_keys((enum quadlet_kind)kind);
		     k->key; k++) {
			cleanup_free char *row = xasprintf("\n| `%s=` | ", k->key);
			ck_assert_msg(from && strstr(from, row), "%s%s", heading, row);
		}
	}
}
END_TEST

UNIT_MAIN("quadlet", test_reading, test_what_cannot_be_read, test_what_assignments_mean,
	  test_words, test_flags, test_kinds_and_drop_ins, test_names, test_a_set,
	  test_what_is_no_value, test_links, test_documented)
