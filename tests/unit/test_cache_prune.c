/* SPDX-License-Identifier: Apache-2.0 */
/* What the build cache is made of, and what goes when it is pruned. */
#include "build/cache.h"
#include "build/cache_item.h"
#include "build/cache_mount.h"
#include "build/cache_prune.h"
#include "engine/collect.h"
#include "store/build_record.h"
#include "store_box.h"
#include "util/time.h"

#define HOUR (3600 * USEC_PER_SEC)

static void add_step(struct store_box *box, const char *key, const char *parent,
		     const char *layer, int hours_ago)
{
	const struct build_step_record r = {
		.key = (char *)key,
		.parent = (char *)parent,
		.layer = (char *)layer,
		.diff_id = (char *)layer,
		.created_usec = time_now_usec() - hours_ago * HOUR,
		.used_usec = time_now_usec() - hours_ago * HOUR,
		.text = (char *)"RUN make",
	};
	struct error err = ERROR_INIT;

	ck_assert_ok(build_step_put(box->engine.store, &r, &err), &err);
}

static char *layers_of_image[] = {(char *)BOX_DIGEST("1"), (char *)BOX_DIGEST("2"), NULL};

/* An image of a base and a step; a step besides that nobody has, one without files, and a cache mount. */
static struct store_box full_box(void)
{
	const struct image_record image = {
		.id = (char *)BOX_HEX("e"),
		.manifest = (char *)BOX_DIGEST("e"),
		.manifest_type = (char *)"t",
		.config = (char *)"{}",
		.layers = layers_of_image,
	};
	const struct cache_mount_options mount = {.id = "/var/cache/apt", .mode = 0755};
	cleanup_cache_mount struct cache_mount m = CACHE_MOUNT_INIT;
	struct store_box box = store_box_open();
	struct error err = ERROR_INIT;

	box_layer(&box, BOX_DIGEST("1"), true);
	box_layer(&box, BOX_DIGEST("2"), true);
	box_layer(&box, BOX_DIGEST("3"), true);
	box_image(&box, &image);
	add_step(&box, BOX_HEX("a"), BOX_DIGEST("1"), BOX_DIGEST("2"), 2);
	add_step(&box, BOX_HEX("b"), BOX_DIGEST("2"), BOX_DIGEST("3"), 30);
	add_step(&box, BOX_HEX("c"), BOX_DIGEST("3"), NULL, 1);
	ck_assert_ok(cache_mount_open(&box.engine, &mount, NULL, NULL, &m, &err), &err);
	return box;
}

static size_t prune(struct store_box *box, bool all, char *filter, int64_t keep,
		    bool *ret_busy)
{
	cleanup_cache_pruned struct cache_pruned pruned = {0};
	char *filters[] = {filter, NULL};
	const struct cache_prune_options o = {
		.all = all, .filters = filters, .keep_bytes = keep};
	struct error err = ERROR_INIT;

	ck_assert_ok(cache_prune(&box->engine, &o, &pruned, &err), &err);
	if (ret_busy)
		*ret_busy = pruned.busy;
	return strv_len(pruned.ids);
}

static bool has_step(struct store_box *box, const char *key)
{
	cleanup_build_step_record struct build_step_record r = {0};
	struct error err = ERROR_INIT;
	bool has = build_step_get(box->engine.store, key, false, &r, &err) >= 0;

	error_release(&err);
	return has;
}

START_TEST(test_list)
{
	struct store_box box = full_box();
	cleanup_cache_items struct cache_items list = {0};
	struct error err = ERROR_INIT;
	struct cache_sum sum;

	ck_assert_ok(cache_item_list(&box.engine, &list, &err), &err);
	ck_assert_uint_eq(list.n, 4);
	ck_assert_int_eq(list.items[0].kind, CACHE_ITEM_MOUNT);
	ck_assert_str_eq(list.items[0].text, "/var/cache/apt");
	ck_assert_str_eq(list.items[1].id, BOX_HEX("c"));
	ck_assert_str_eq(list.items[2].id, BOX_HEX("a"));
	ck_assert(list.items[2].in_use && list.items[2].shared);
	ck_assert_str_eq(list.items[3].id, BOX_HEX("b"));
	ck_assert(!list.items[3].in_use && !list.items[3].shared);
	ck_assert_int_eq(list.items[3].size, 4096);
	sum = cache_item_sum(&list);
	ck_assert_uint_eq(sum.n, 4);
	ck_assert_uint_eq(sum.n_in_use, 1);
	ck_assert_int_eq(sum.size, 4096 + list.items[0].size);
	ck_assert_int_eq(sum.reclaimable, sum.size);
	store_box_close(&box);
}
END_TEST

START_TEST(test_filters)
{
	static const struct {
		const char *filter;
		bool all;
		size_t want; /* how many go */
	} cases[] = {
		{"until=24h", false, 1},
		{"unused-for=90m", true, 2},
		{"until=48h", true, 0},
		{"id=b0", false, 1},
		{"id=a0", false, 0},
		{"id=a0", true, 1},
		{"type=exec.cachemount", false, 1},
		{"type!=exec.cachemount", true, 3},
		{"description=make", false, 2},
		{"parent=300", false, 1},
		{"inuse=true", true, 1},
		{"inuse", false, 0},
		{"shared=false", true, 3},
		{"private", true, 3},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct store_box box = full_box();
		size_t n = prune(&box, cases[i].all, (char *)cases[i].filter, 0, NULL);

		ck_assert_msg(n == cases[i].want, "%s: %zu", cases[i].filter, n);
		store_box_close(&box);
		unit_dir_remove();
	}
}
END_TEST

START_TEST(test_wrong_filters)
{
	static const char *const cases[] = {"foo=1",         "until=", "until=x", "=",
					    "inuse=perhaps", "",       "id=",     "!=1"};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *filters[] = {(char *)cases[i], NULL};
		struct error err = ERROR_INIT;

		ck_assert_msg(cache_prune_check(filters, &err) < 0, "%s", cases[i]);
		ck_assert_int_eq(err.kind, ERR_INVALID);
		error_release(&err);
	}
}
END_TEST

START_TEST(test_what_goes)
{
	struct store_box box = full_box();

	/* that much may stay */
	ck_assert_uint_eq(prune(&box, true, NULL, 1 << 20, NULL), 0);
	ck_assert_uint_eq(prune(&box, false, NULL, 0, NULL), 3);
	ck_assert(has_step(&box, BOX_HEX("a")) && !has_step(&box, BOX_HEX("b")));
	ck_assert(!has_step(&box, BOX_HEX("c")));
	ck_assert(!layer_dir_exists(box.layers_fd, BOX_DIGEST("3"), false));
	ck_assert(layer_dir_exists(box.layers_fd, BOX_DIGEST("2"), false));
	ck_assert_uint_eq(prune(&box, false, NULL, 0, NULL), 0);
	ck_assert_uint_eq(prune(&box, true, NULL, 0, NULL), 1);
	ck_assert(layer_dir_exists(box.layers_fd, BOX_DIGEST("2"), false));
	store_box_close(&box);
}
END_TEST

START_TEST(test_what_a_build_has_stays)
{
	const struct cache_mount_options mount = {.id = "/var/cache/apt", .mode = 0755};
	struct cache_mount m = CACHE_MOUNT_INIT;
	struct store_box box = full_box();
	struct error err = ERROR_INIT;
	bool busy = false;
	int lock_fd = collect_fetch_lock(&box.engine, &err);

	ck_assert_int_ge(lock_fd, 0);
	ck_assert_ok(cache_mount_open(&box.engine, &mount, NULL, NULL, &m, &err), &err);
	ck_assert_uint_eq(prune(&box, true, NULL, 0, &busy), 0);
	ck_assert(busy && has_step(&box, BOX_HEX("b")));
	close(lock_fd);
	ck_assert_uint_eq(prune(&box, true, NULL, 0, &busy), 3);
	ck_assert(!busy);
	cache_mount_release(&m);
	ck_assert_uint_eq(prune(&box, true, NULL, 0, NULL), 1);
	store_box_close(&box);
}
END_TEST

static int find(struct store_box *box, const struct build_options *o, const char *key,
		char **layers)
{
	const struct build_state state = {.layers = layers};
	cleanup_build_step_record struct build_step_record found = {0};
	cleanup_cache struct cache c = CACHE_INIT;
	struct error err = ERROR_INIT;
	int r;

	cache_init(&c, &box->engine, o, o->no_cache);
	r = cache_find(&c, key, &state, &found, &err);
	ck_assert_ok(r, &err);
	ck_assert_ok(cache_close(&c, &err), &err);
	return r;
}

START_TEST(test_finding)
{
	struct build_options o = {.cache_ttl_usec = -1};
	struct store_box box = full_box();
	char *base[] = {(char *)BOX_DIGEST("1"), NULL};
	char *two[] = {(char *)BOX_DIGEST("1"), (char *)BOX_DIGEST("2"), NULL};
	char *other[] = {(char *)BOX_DIGEST("9"), (char *)BOX_DIGEST("2"), NULL};
	cleanup_build_step_record struct build_step_record r = {0};
	struct error err = ERROR_INIT;

	ck_assert_int_eq(find(&box, &o, BOX_HEX("a"), base), 1);
	ck_assert_int_eq(find(&box, &o, BOX_HEX("b"), two), 1);
	/* somewhere else, unknown, on what is not there */
	ck_assert_int_eq(find(&box, &o, BOX_HEX("a"), two), 0);
	ck_assert_int_eq(find(&box, &o, BOX_HEX("f"), base), 0);
	ck_assert_int_eq(find(&box, &o, BOX_HEX("b"), other), 0);
	/* an old use is written down */
	ck_assert_ok(build_step_get(box.engine.store, BOX_HEX("b"), false, &r, &err),
		     &err);
	ck_assert_int_eq(r.n_uses, 1);
	ck_assert_int_gt(r.used_usec, time_now_usec() - HOUR);
	ck_assert_int_eq(find(&box, &o, BOX_HEX("b"), two), 1);
	build_step_record_release(&r);
	ck_assert_ok(build_step_get(box.engine.store, BOX_HEX("b"), false, &r, &err),
		     &err);
	ck_assert_int_eq(r.n_uses, 1);
	/* too old */
	o.cache_ttl_usec = 24 * HOUR;
	ck_assert_int_eq(find(&box, &o, BOX_HEX("b"), two), 0);
	ck_assert_int_eq(find(&box, &o, BOX_HEX("a"), base), 1);
	o.no_cache = true;
	ck_assert_int_eq(find(&box, &o, BOX_HEX("a"), base), 0);
	o = (struct build_options){.cache_ttl_usec = -1};
	/* a directory that somebody took away */
	ck_assert_ok(layer_dir_discard(box.layers_fd, BOX_HEX("2"), &err), &err);
	ck_assert_int_eq(find(&box, &o, BOX_HEX("a"), base), 0);
	store_box_close(&box);
}
END_TEST

START_TEST(test_putting)
{
	const struct build_options o = {.cache_ttl_usec = -1};
	const struct layer_drafted made = {.chain_id = (char *)BOX_DIGEST("3"),
					   .diff_id = (char *)BOX_DIGEST("d"),
					   .tar_size = 512};
	const struct layer_drafted nothing = {0};
	char *base[] = {(char *)BOX_DIGEST("1"), NULL};
	const struct build_state on_base = {.layers = base}, scratch = {0};
	cleanup_cache struct cache c = CACHE_INIT;
	struct store_box box = full_box();
	struct error err = ERROR_INIT;

	cache_init(&c, &box.engine, &o, true);
	ck_assert_ok(cache_put(&c, BOX_HEX("7"), &on_base, &made, "RUN x", &err), &err);
	ck_assert_ok(cache_put(&c, BOX_HEX("8"), &scratch, &nothing, "RUN y", &err),
		     &err);
	ck_assert_int_eq(find(&box, &o, BOX_HEX("7"), base), 1);
	ck_assert_int_eq(find(&box, &o, BOX_HEX("8"), NULL), 1);
	ck_assert_int_eq(find(&box, &o, BOX_HEX("8"), base), 0);
	store_box_close(&box);
}
END_TEST

UNIT_MAIN("cache_prune", test_list, test_filters, test_wrong_filters, test_what_goes,
	  test_what_a_build_has_stays, test_finding, test_putting)
