/* SPDX-License-Identifier: Apache-2.0 */
/* Files of containers.conf on top of each other. */
#include "engine/containers_conf.h"
#include "engine/settings.h"
#include "unit.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"

static struct json_object *merged(const char *const *texts)
{
	struct json_object *tree = json_object_new_object();
	struct error err = ERROR_INIT;

	for (; *texts; texts++)
		ck_assert_ok(
			containers_conf_merge(tree, *texts, strlen(*texts), "f", &err),
			&err);
	return tree;
}

static void check_list(struct json_object *tree, const char *key, const char *want)
{
	cleanup_strv char **list = conf_list(tree, "containers", key);
	cleanup_free char *got = strv_join(list, ",");

	ck_assert_str_eq(got, want);
}

START_TEST(test_the_last_file_wins)
{
	static const char *const texts[] = {
		"[containers]\ninit = true\ntz = \"Europe/Berlin\"\nenv = [\"A=1\", \"B=2\"]\n"
		"[unknown]\nx = 1\n[engine]\nstop_timeout = 3\nfuture = [1, 2]",
		"# nothing\n  # but comments\n",
		"[containers]\n# why\nenv = [\n  # a comment in between\n  \"C=3\",\n]\ntz = \"\"",
		NULL,
	};
	cleanup_json struct json_object *tree = merged(texts);

	ck_assert(conf_flag(tree, "containers", "init", false));
	ck_assert_ptr_null(conf_string(tree, "containers", "tz"));
	ck_assert_int_eq(conf_number(tree, "engine", "stop_timeout", 10), 3);
	ck_assert_int_eq(conf_number(tree, "engine", "retry", 10), 10);
	ck_assert(conf_flag(NULL, "engine", "x", true));
	check_list(tree, "env", "C=3");
}
END_TEST

START_TEST(test_lists_that_are_added_to)
{
	static const char *const texts[] = {
		"[containers]\nenv = [\"A=1\"]\nvolumes = [\"/a:/a\"]",
		"[containers]\nenv = [\"B=2\", {append=true}]",
		"[containers]\nenv = [\"C=3\"]\nvolumes = [\"/b:/b\"]",
		NULL,
	};
	static const char *const ended[] = {
		"[containers]\nenv = [\"A=1\", {append=true}]",
		"[containers]\nenv = [\"B=2\", {append=false}]",
		NULL,
	};
	cleanup_json struct json_object *tree = merged(texts), *other = merged(ended);

	check_list(tree, "env", "A=1,B=2,C=3");
	check_list(tree, "volumes", "/b:/b");
	check_list(other, "env", "B=2");
}
END_TEST

START_TEST(test_hash_in_a_text_of_several_lines)
{
	static const char *const texts[] = {"[containers]\ntz = \"\"\"a\n# b\n\"\"\"",
					    NULL};
	cleanup_json struct json_object *tree = merged(texts);

	ck_assert_str_eq(conf_string(tree, "containers", "tz"), "a\n# b\n");
}
END_TEST

START_TEST(test_mistakes)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{"# a\n# b\n[containers]\nenv = [", "f: line 4, column 8"},
		{"[containers]\ninit = \"yes\"",
		 "f: [containers] init: expected true or false"},
		{"[containers]\nenv = \"A=1\"",
		 "f: [containers] env: expected a list of texts"},
		{"[containers]\nenv = [1]",
		 "f: [containers] env: expected a list of texts"},
		{"[engine]\nretry = \"3\"", "f: [engine] retry: expected a whole number"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_json struct json_object *tree = json_object_new_object();
		cleanup_error struct error err = ERROR_INIT;

		ck_assert_int_lt(containers_conf_merge(tree, cases[i].text,
						       strlen(cases[i].text), "f", &err),
				 0);
		ck_assert_msg(str_starts(err.text, cases[i].message), "%s", err.text);
	}
}
END_TEST

START_TEST(test_keys_are_sorted)
{
	for (const struct conf_key *k = conf_keys; k->table && k[1].table; k++) {
		int tables = strcmp(k[0].table, k[1].table);

		ck_assert(tables < 0 || (tables == 0 && strcmp(k[0].key, k[1].key) < 0));
		ck_assert(!str_empty(k->help) && !str_ends(k->help, "."));
	}
}
END_TEST

START_TEST(test_keys_are_described)
{
	cleanup_free char *text = NULL;
	struct error err = ERROR_INIT;

	ck_assert_ok(fs_read(AT_FDCWD, UNIT_DATA "/../../../docs/settings.md", 1 << 20,
			     &text, NULL, &err),
		     &err);
	for (const struct conf_key *k = conf_keys; k->table; k++) {
		cleanup_free char *row = xasprintf("| `%s` | %s", k->key, k->help);

		ck_assert_msg(strstr(text, row), "docs/settings.md: no %s", row);
	}
	for (const struct settings_key *k = settings_keys; k->key; k++) {
		cleanup_free char *row = xasprintf("| `%s = ", k->key);

		ck_assert_msg(strstr(text, row), "docs/settings.md: no %s", row);
	}
}
END_TEST

UNIT_MAIN("containers_conf", test_the_last_file_wins, test_lists_that_are_added_to,
	  test_hash_in_a_text_of_several_lines, test_mistakes, test_keys_are_sorted,
	  test_keys_are_described)
