/* SPDX-License-Identifier: Apache-2.0 */
/* What layers do, and what they must not be able to do: an archive, and what is there afterwards. */
#include "image/layer.h"
#include "layer_box.h"

#define ENTRIES_MAX 8

struct entry {
	char type;
	const char *name, *text; /* content or target */
	const char *mode;
};

struct story {
	const char *what;
	struct entry entries[ENTRIES_MAX];
	const char *want, *error; /* one of them */
};

static void build(struct tar_box *tar, const struct entry *entries)
{
	tar_box_init(tar);
	for (size_t i = 0; i < ENTRIES_MAX && entries[i].name; i++) {
		const struct entry *e = &entries[i];
		bool is_link = e->type == '1' || e->type == '2';

		tar_box_add(tar,
			    (struct tar_box_entry){.name = e->name,
						   .type = e->type,
						   .mode = e->mode,
						   .link = is_link ? e->text : NULL,
						   .content = is_link ? NULL : e->text});
	}
}

static void tell(const struct story *story)
{
	struct layer_box box = layer_box_open();
	cleanup_layer_result struct layer_result result = {0};
	cleanup_free char *listing = NULL;
	struct error err = ERROR_INIT;
	struct tar_box tar;

	build(&tar, story->entries);
	int r = layer_box_unpack(&box, &tar, 0, &result, &err);
	layer_box_check_outside(&box);
	if (story->error) {
		ck_assert_msg(r < 0, "%s: was not refused", story->what);
		ck_assert_msg(err.kind == ERR_INVALID, "%s: %s", story->what, err.text);
		ck_assert_msg(strstr(err.text, story->error) != NULL, "%s: %s",
			      story->what, err.text);
		error_release(&err);
		return;
	}
	ck_assert_msg(r == 0, "%s: %s", story->what, err.text);
	listing = layer_box_list(&box);
	ck_assert_msg(str_eq(listing, story->want), "%s:\n%s", story->what, listing);
	ck_assert_msg(result.diff_id != NULL, "%s", story->what);
}

static const struct story plain[] = {
	{.what = "an empty layer", .want = ""},
	{.what = "every kind",
	 .entries = {{'5', "d/", NULL, "0000750"},
		     {'0', "d/f", "text", "0000600"},
		     {'2', "d/l", "/anywhere/at/all"},
		     {'1', "h", "d/f"},
		     {'6', "p", NULL, "0000622"}},
	 .want = "d d 750\nf d/f 600 text (2)\nl d/l -> /anywhere/at/all\n"
		 "f h 600 text (2)\np p 622\n"},
	{.what = "names are cleaned",
	 .entries = {{'5', "./"}, {'5', "./a"}, {'0', "/a//./b", "x"}, {'5', "///"}},
	 .want = "d a 755\nf a/b 644 x\n"},
	{.what = "parents that had no entry",
	 .entries = {{'0', "a/b/c", "x"}},
	 .want = "d a 755\nd a/b 755\nf a/b/c 644 x\n"},
	{.what = "special bits stay",
	 .entries = {{'0', "s", "x", "0006755"},
		     {'5', "t", NULL, "0003777"},
		     {'0', "t/f", ""}},
	 .want = "f s 6755 x\nd t 3777\nf t/f 644\n"},
	{.what = "directories that their owner may not enter",
	 .entries = {{'5', "d", NULL, "0000000"}, {'0', "d/f", "x"}},
	 .want = "d d 0\nf d/f 644 x\n"},
	{.what = "a hard link to a symbolic link",
	 .entries = {{'2', "l", "/etc/passwd"}, {'1', "h", "l"}},
	 .want = "l h -> /etc/passwd\nl l -> /etc/passwd\n"},
	{.what = "a hard link into a directory and out of it",
	 .entries = {{'0', "d/f", "x"}, {'1', "e/g", "./d//f"}, {'1', "top", "/d/f"}},
	 .want = "d d 755\nf d/f 644 x (3)\nd e 755\nf e/g 644 x (3)\nf top 644 x (3)\n"},
};

static const struct story replacing[] = {
	{.what = "a later file replaces an earlier",
	 .entries = {{'0', "f", "one", "0000600"}, {'0', "f", "2"}},
	 .want = "f f 644 2\n"},
	{.what = "a directory over a directory changes it",
	 .entries = {{'5', "d", NULL, "0000700"},
		     {'0', "d/f", "x"},
		     {'5', "d", NULL, "0000711"}},
	 .want = "d d 711\nf d/f 644 x\n"},
	{.what = "a directory gets an entry after what is in it",
	 .entries = {{'0', "d/f", "x"}, {'5', "d", NULL, "0002700"}},
	 .want = "d d 2700\nf d/f 644 x\n"},
	{.what = "a file over a directory",
	 .entries = {{'0', "d/e/f", "x"}, {'0', "d", "y"}},
	 .want = "f d 644 y\n"},
	{.what = "a directory over a file",
	 .entries = {{'0', "d", "y"}, {'5', "d"}, {'0', "d/f", "x"}},
	 .want = "d d 755\nf d/f 644 x\n"},
	{.what = "a link over a directory, a directory over a link",
	 .entries = {{'0', "d/f", "x"}, {'2', "d", "e"}, {'5', "d"}, {'0', "d/g", "z"}},
	 .want = "d d 755\nf d/g 644 z\n"},
	{.what = "a directory is replaced and used again",
	 .entries = {{'0', "d/f", "x"}, {'0', "d", ""}, {'5', "d/"}, {'0', "d/f", "z"}},
	 .want = "d d 755\nf d/f 644 z\n"},
	{.what = "a link to itself is there already",
	 .entries = {{'0', "f", "x"}, {'1', "f", "f"}},
	 .want = "f f 644 x\n"},
	{.what = "a hard link replaces",
	 .entries = {{'0', "f", "x"}, {'0', "g", "y"}, {'1', "g", "f"}},
	 .want = "f f 644 x (2)\nf g 644 x (2)\n"},
	{.what = "a file that replaces a link leaves its target",
	 .entries = {{'0', "t", "x"}, {'2', "l", "t"}, {'0', "l", "y"}},
	 .want = "f l 644 y\nf t 644 x\n"},
	{.what = "a file that replaces a hard link leaves the other",
	 .entries = {{'0', "t", "x"}, {'1', "l", "t"}, {'0', "l", "y"}},
	 .want = "f l 644 y\nf t 644 x\n"},
	{.what = "a file over a fifo, a fifo over a file",
	 .entries = {{'6', "p"}, {'0', "p", "x"}, {'0', "q", "x"}, {'6', "q"}},
	 .want = "f p 644 x\np q 644\n"},
};

static const struct story whiteouts[] = {
	{.what = "a whiteout",
	 .entries = {{'0', "d/.wh.gone", ""}, {'0', ".wh.top", ""}},
	 .want = "d d 755\nw d/gone\nw top\n"},
	{.what = "an opaque directory",
	 .entries = {{'5', "d"}, {'0', "d/.wh..wh..opq", ""}, {'0', "d/f", "x"}},
	 .want = "d d 755 opaque\nf d/f 644 x\n"},
	{.what = "an opaque directory without an entry",
	 .entries = {{'0', "d/e/.wh..wh..opq", ""}},
	 .want = "d d 755\nd d/e 755 opaque\n"},
	{.what = "the file wins, whatever the order",
	 .entries = {{'0', ".wh.a", ""},
		     {'0', "a", "x"},
		     {'0', "b", "y"},
		     {'0', ".wh.b", ""}},
	 .want = "f a 644 x\nf b 644 y\n"},
	{.what = "the directory wins and is opaque",
	 .entries = {{'0', ".wh.a", ""}, {'5', "a"}, {'5', "b"}, {'0', ".wh.b", ""}},
	 .want = "d a 755 opaque\nd b 755 opaque\n"},
	{.what = "so is one that had no entry",
	 .entries = {{'0', ".wh.a", ""},
		     {'0', "a/f", "x"},
		     {'0', "b/f", "x"},
		     {'0', ".wh.b", ""}},
	 .want = "d a 755 opaque\nf a/f 644 x\nd b 755 opaque\nf b/f 644 x\n"},
	{.what = "a link wins too",
	 .entries = {{'2', "l", "outside"}, {'0', ".wh.l", ""}},
	 .want = "l l -> outside\n"},
	{.what = "twice the same",
	 .entries = {{'0', ".wh.a", ""}, {'0', ".wh.a", ""}},
	 .want = "w a\n"},
	{.what = "what aufs wrote for itself",
	 .entries = {{'5', ".wh..wh.plnk/"},
		     {'0', ".wh..wh.plnk/1.2", "x"},
		     {'0', ".wh..wh.aufs", ""},
		     {'0', "d/.wh..wh.orph", ""}},
	 .want = ""},
	{.what = "a whiteout of what begins with a dot",
	 .entries = {{'0', ".wh..x", ""}, {'0', ".wh....", ""}},
	 .want = "w ...\nw .x\n"},
	{.what = "a whiteout of ..",
	 .entries = {{'0', ".wh...", ""}},
	 .error = "whiteout of nothing"},
	{.what = "a whiteout of .",
	 .entries = {{'0', "d/.wh..", ""}},
	 .error = "whiteout of nothing"},
	{.what = "a whiteout of no name",
	 .entries = {{'0', ".wh.", ""}},
	 .error = "whiteout of nothing"},
	{.what = "something in a whiteout",
	 .entries = {{'0', ".wh.d/f", ""}},
	 .error = "a whiteout is no directory"},
	{.what = "a hard link to a whiteout",
	 .entries = {{'0', ".wh.a", ""}, {'1', "b", "a"}},
	 .error = "which is no file of this layer"},
	{.what = "a hard link to a whiteout's own name",
	 .entries = {{'0', ".wh.a", ""}, {'1', "b", ".wh.a"}},
	 .error = "which is no file of this layer"},
};

static const struct story attacks[] = {
	{.what = "..",
	 .entries = {{'0', "../outside/secret", "x"}},
	 .error = "\"..\" in a name"},
	{.what = ".. in the middle",
	 .entries = {{'5', "a"}, {'0', "a/../../outside/secret", "x"}},
	 .error = "\"..\" in a name"},
	{.what = "a harmless ..",
	 .entries = {{'0', "a/../b", "x"}},
	 .error = "\"..\" in a name"},
	{.what = "an absolute name is one of the layer",
	 .entries = {{'0', "/outside/secret", "x"}},
	 .want = "d outside 755\nf outside/secret 644 x\n"},
	{.what = "through a link out of it",
	 .entries = {{'2', "l", "../outside"}, {'0', "l/secret", "x"}},
	 .error = "a symbolic link that leads to no directory of the layer"},
	{.what = "through a link to the top of all",
	 .entries = {{'2', "l", "/"}, {'0', "l/secret", "x"}},
	 .want = "l l -> /\nf secret 644 x\n"},
	{.what = "through a link with many ..",
	 .entries = {{'2', "l", "../../../../../.."}, {'0', "l/f", "x"}},
	 .want = "f f 644 x\nl l -> ../../../../../..\n"},
	{.what = "through a link of the layer",
	 .entries = {{'5', "usr/lib"},
		     {'2', "lib", "usr/lib"},
		     {'0', "lib/f", "x"},
		     {'0', "lib/new/g", "y"}},
	 .want = "l lib -> usr/lib\nd usr 755\nd usr/lib 755\nf usr/lib/f 644 x\n"
		 "d usr/lib/new 755\nf usr/lib/new/g 644 y\n"},
	{.what = "through links through links",
	 .entries = {{'2', "a", "b"},
		     {'2', "b", "c"},
		     {'2', "c", "../../outside"},
		     {'0', "a/secret", "x"}},
	 .error = "a symbolic link that leads to no directory of the layer"},
	{.what = "through links in a circle",
	 .entries = {{'2', "a", "b"}, {'2', "b", "a"}, {'0', "a/f", "x"}},
	 .error = "a symbolic link that leads to no directory of the layer"},
	{.what = "a link written through",
	 .entries = {{'2', "f", "../outside/secret"}, {'0', "f", "x"}},
	 .want = "f f 644 x\n"},
	{.what = "a directory swapped for a link",
	 .entries = {{'5', "d"},
		     {'0', "d/f", "x"},
		     {'2', "d", "../outside"},
		     {'0', "d/secret", "y"}},
	 .error = "a symbolic link that leads to no directory of the layer"},
	{.what = "a directory whose time is to be set, swapped for a link",
	 .entries = {{'5', "a/outside", NULL, "0007777"}, {'2', "a", ".."}},
	 .want = "l a -> ..\n"},
	{.what = "a directory that is to be changed is a link",
	 .entries = {{'2', "d", "../outside"}, {'5', "d", NULL, "0007777"}},
	 .want = "d d 7777\n"},
	{.what = "an opaque mark through a link",
	 .entries = {{'2', "d", "../outside"}, {'0', "d/.wh..wh..opq", ""}},
	 .error = "a symbolic link that leads to no directory of the layer"},
	{.what = "a whiteout through a link",
	 .entries = {{'2', "d", "../outside"}, {'0', "d/.wh.secret", ""}},
	 .error = "a symbolic link that leads to no directory of the layer"},
	{.what = "a hard link out of it",
	 .entries = {{'1', "h", "../outside/secret"}},
	 .error = "\"..\" in a name"},
	{.what = "a hard link to an absolute name",
	 .entries = {{'1', "h", "/etc/passwd"}},
	 .error = "which is no file of this layer"},
	{.what = "a hard link through a link",
	 .entries = {{'2', "l", "../outside"}, {'1', "h", "l/secret"}},
	 .error = "which is no file of this layer"},
	{.what = "a hard link to a link out of it, then written",
	 .entries = {{'2', "l", "../outside/secret"}, {'1', "h", "l"}, {'0', "h", "x"}},
	 .want = "f h 644 x\nl l -> ../outside/secret\n"},
	{.what = "a hard link to what is not there",
	 .entries = {{'1', "h", "nothing"}},
	 .error = "a hard link to \"nothing\", which is no file of this layer"},
	{.what = "a hard link to a directory",
	 .entries = {{'5', "d"}, {'1', "h", "d"}},
	 .error = "which is no file of this layer"},
	{.what = "a hard link to nothing",
	 .entries = {{'1', "h", ""}},
	 .error = "which is no file of this layer"},
	{.what = "a hard link that removes its own target",
	 .entries = {{'0', "d/f", "x"}, {'1', "d", "d/f"}},
	 .error = "which is no file of this layer"},
	{.what = "the layer's directory as a link",
	 .entries = {{'2', "./", "../outside"}},
	 .error = "the layer's own directory"},
	{.what = "the layer's directory as a file",
	 .entries = {{'0', "/", "x"}},
	 .error = "the layer's own directory"},
	{.what = "the layer's directory as a hard link",
	 .entries = {{'1', ".", "x"}},
	 .error = "the layer's own directory"},
	{.what = "something in a file",
	 .entries = {{'0', "f", "x"}, {'0', "f/g", "y"}},
	 .error = "is no directory, and there is something in it"},
	{.what = "something in a fifo",
	 .entries = {{'6', "f"}, {'0', "f/g", "y"}},
	 .error = "is no directory, and there is something in it"},
	{.what = "a link to nothing",
	 .entries = {{'2', "l", ""}},
	 .error = "a symbolic link to nothing"},
	{.what = "devices", .entries = {{'3', "c"}, {'4', "b"}}, .want = ""},
	{.what = "an unknown type", .entries = {{'Z', "z"}}, .error = "unknown type"},
};

#define STORY_TEST(name)                                         \
	START_TEST(test_##name)                                  \
	{                                                        \
		ck_assert_uint_lt((size_t)_i, ARRAY_SIZE(name)); \
		layer_box_is_root();                             \
		tell(&(name)[_i]);                               \
	}                                                        \
	END_TEST
STORY_TEST(plain)
STORY_TEST(replacing)
STORY_TEST(whiteouts)
STORY_TEST(attacks)

int main(void)
{
	Suite *suite = suite_create("layer_stories");
	TCase *tcase = tcase_create("layer_stories");

	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, test_plain, 0, (int)ARRAY_SIZE(plain));
	tcase_add_loop_test(tcase, test_replacing, 0, (int)ARRAY_SIZE(replacing));
	tcase_add_loop_test(tcase, test_whiteouts, 0, (int)ARRAY_SIZE(whiteouts));
	tcase_add_loop_test(tcase, test_attacks, 0, (int)ARRAY_SIZE(attacks));
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
