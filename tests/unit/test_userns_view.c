/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/userns_view.h"
#include "unit.h"
#include "util/buf.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"

static char *name_of(_unused_ enum subid_kind kind, uint32_t id, _unused_ void *data)
{
	return id == 1000 ? xstrdup("alice") : NULL;
}

static const struct id_names names = {.name = name_of};

/* The host; alice's outer namespace without a process, two containers in it; one without a map. */
static void make(struct userns items[static 5])
{
	static struct userns_process host[] = {{1, "init"}, {2, "b"}, {3, "c"},
					       {4, "d"},    {5, "e"}, {6, "f"}},
				     web[] = {{77, "sl\033ep"}}, odd[] = {{9, "x"}};

	memset(items, 0, 5 * sizeof(*items));
	items[0] = (struct userns){.ino = 10,
				   .parent = USERNS_NO_PARENT,
				   .is_own = true,
				   .has_maps = true,
				   .processes = host,
				   .n_processes = 6};
	items[1] = (struct userns){.ino = 11,
				   .parent = 4,
				   .owner = 100000,
				   .has_maps = true,
				   .processes = web,
				   .n_processes = 1};
	idmap_add(&items[1].uids, 0, 100000, 1024);
	idmap_add(&items[1].gids, 0, 100000, 1024);
	items[2] = (struct userns){.ino = 12, .parent = 4, .owner = 101024};
	items[3] = (struct userns){.ino = 13,
				   .parent = 0,
				   .owner = 5,
				   .has_maps = true,
				   .processes = odd,
				   .n_processes = 1};
	items[4] =
		(struct userns){.ino = 14, .parent = 0, .owner = 1000, .has_maps = true};
	idmap_add(&items[4].uids, 0, 1000, 1);
	idmap_add(&items[4].uids, 1, 100000, 65536);
	idmap_add(&items[4].gids, 0, 1001, 1);
}

static void release(struct userns items[static 5])
{
	for (size_t i = 0; i < 5; i++) {
		idmap_release(&items[i].uids);
		idmap_release(&items[i].gids);
	}
}

static char *text_of(struct userns_view *v)
{
	struct buf text;

	buf_init(&text, 100000);
	userns_view_text(v, &text);
	return buf_take(&text);
}

START_TEST(test_tree)
{
	struct userns items[5];
	const struct userns_list list = {.items = items, .n = 5};
	char *web[] = {(char *)"web", (char *)"db", NULL},
	     *bare[] = {(char *)"bare", NULL};
	char **containers[5] = {bare, web};
	struct userns_view v = {.list = &list,
				.containers = containers,
				.names = &names,
				.is_host = true};

	make(items);
	cleanup_free char *lines = text_of(&v);
	ck_assert_str_eq(
		lines,
		"this host\n"
		"│  containers without a user namespace: bare\n"
		"│  6 processes: init 1, b 2, c 3, d 4, and 2 more\n"
		"├─ user namespace 13 of 5\n"
		"│     it has no map yet\n"
		"│     1 process: x 9\n"
		"└─ user namespace 14 of 1000 (alice)\n"
		"   │  uids 0 -> 1000 (alice), 1-65536 -> 100000-165535\n"
		"   │  gids 0 -> 1001\n"
		"   │  no process: it has the ids that containers below share out\n"
		"   ├─ containers web, db: user namespace 11 of 100000\n"
		"   │     ids 0-1023 -> 100000-101023\n"
		"   │     1 process: sl\\x1bep 77\n"
		"   └─ user namespace 12 of 101024\n"
		"         its map can't be read: nobody is in it, and it is not yours\n"
		"         no process\n");
	release(items);
}
END_TEST

START_TEST(test_narrow_ascii)
{
	struct userns items[5];
	const struct userns_list list = {.items = items, .n = 5};
	char **containers[5] = {NULL};
	struct userns_view v = {.list = &list,
				.containers = containers,
				.columns = 40,
				.ascii = true,
				.all_processes = true};

	make(items);
	cleanup_free char *lines = text_of(&v);
	ck_assert_ptr_nonnull(strstr(lines, "user namespace 10, where you are\n"));
	ck_assert_ptr_nonnull(strstr(lines, "|  6 processes: init 1, b 2, c 3, d 4,\n"
					    "|    e 5, f 6\n"
					    "|- user namespace 13 of 5\n"));
	ck_assert_ptr_nonnull(strstr(lines, "`- user namespace 14 of 1000\n"
					    "   |  uids 0 -> 1000,\n"
					    "   |    1-65536 -> 100000-165535\n"));
	release(items);
}
END_TEST

START_TEST(test_identity)
{
	struct userns items[5];
	const struct userns_list list = {.items = items, .n = 5};
	char **containers[5] = {NULL};
	struct userns_view v = {.list = &list, .containers = containers, .is_host = true};

	make(items);
	idmap_identity(&items[3].uids);
	idmap_identity(&items[3].gids);
	cleanup_free char *lines = text_of(&v);
	ck_assert_ptr_nonnull(strstr(lines, "├─ user namespace 13 of 5\n"
					    "│     all ids as they are\n"));
	release(items);
}
END_TEST

START_TEST(test_json)
{
	struct userns items[5];
	const struct userns_list list = {.items = items, .n = 5};
	char **containers[5] = {NULL};
	struct userns_view v = {.list = &list,
				.containers = containers,
				.names = &names,
				.is_host = true};

	make(items);
	cleanup_json struct json_object *rows = userns_view_json(&v);
	ck_assert_uint_eq(json_object_array_length(rows), 5);
	struct json_object *outer = json_object_array_get_idx(rows, 2);
	cleanup_free char *text = json_text(outer, false);
	ck_assert_str_eq(
		text,
		"{\"ID\":14,\"Parent\":10,\"Depth\":1,\"Own\":false,\"OwnerUID\":1000,"
		"\"Owner\":\"alice\",\"Containers\":[],\"MapKnown\":true,"
		"\"UIDMap\":[\"0:1000:1\",\"1:100000:65536\"],"
		"\"GIDMap\":[\"0:1001:1\"],\"Processes\":[]}");
	release(items);
}
END_TEST

START_TEST(test_locale)
{
	ck_assert(userns_view_is_utf8(NULL, NULL, "C.UTF-8"));
	ck_assert(userns_view_is_utf8("", "de_DE.utf8", "C"));
	ck_assert(!userns_view_is_utf8("C", "de_DE.utf8", "C.UTF-8"));
	ck_assert(!userns_view_is_utf8(NULL, NULL, NULL));
	ck_assert(!userns_view_is_utf8(NULL, NULL, "de_DE.ISO-8859-1"));
}
END_TEST

UNIT_MAIN("userns_view", test_tree, test_narrow_ascii, test_identity, test_json,
	  test_locale)
