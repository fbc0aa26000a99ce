/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/network_subnet.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "engine/containers_conf.h"
#include "util/buf.h"
#include "util/fd.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"

#define ROUTES_MAX (4 << 20)
#define HALF_THE_WORLD \
	7 /* prefixes as short as this are a way to everywhere: 0.0.0.0/1 of a VPN */
#define CANDIDATES_MAX (1 << 20)
#define V6_LENGTH      64
#define V6_ATTEMPTS    16
#define HEX_V6         32

void subnets_release(struct subnets *list)
{
	free(list->items);
	*list = (struct subnets){0};
}

void subnets_add(struct subnets *list, const struct subnet *s)
{
	list->items = xreallocarray(list->items, list->n + 1, sizeof(*list->items));
	list->items[list->n++] = *s;
}

const struct subnet *subnets_overlapping(const struct subnets *list,
					 const struct subnet *s)
{
	for (size_t i = 0; i < list->n; i++)
		if (subnet_overlaps(&list->items[i], s))
			return &list->items[i];
	return NULL;
}

static uint32_t swap(uint32_t n)
{
	return __builtin_bswap32(n);
}

/* "eth0 00005A0A 00000000 0001 0 0 0 00FFFFFF ...": hexadecimal numbers in the network's order. */
static bool parse_v4(const char *line, struct subnet *ret)
{
	unsigned int destination, mask, length;

	if (sscanf(line, "%*s %8x %*x %*x %*d %*d %*d %8x", &destination, &mask) != 2)
		return false;
	mask = swap(mask);
	length = mask ? 32 - (unsigned int)__builtin_ctz(mask) : 0;
	*ret = (struct subnet){.base.number = swap(destination) & mask, .length = length};
	return length > HALF_THE_WORLD && (ret->base.number >> 24) != 127;
}

static int hex_digit(char c)
{
	const char *found = strchr("0123456789abcdef", c);

	return c && found ? (int)(found - "0123456789abcdef") : -1;
}

/* "fd000000000000000000000000000000 40 ...": the destination and the length of its prefix. */
static bool parse_v6(const char *line, struct subnet *ret)
{
	*ret = (struct subnet){.base.is_v6 = true};
	for (size_t i = 0; i < HEX_V6; i++) {
		int digit = hex_digit(line[i]);

		if (digit < 0)
			return false;
		ret->base.number = ret->base.number << 4 | (unsigned int)digit;
	}
	if (sscanf(line + HEX_V6, " %2x", &ret->length) != 1 || ret->length > 128)
		return false;
	/* single addresses are those of interfaces, whose networks have routes too */
	return ret->length > HALF_THE_WORLD && ret->length < 128 &&
	       (ret->base.number >> 118) != 0x3fa; /* fe80::/10 */
}

void subnet_routes_parse(const char *text, bool is_v6, struct subnets *ret)
{
	cleanup_strv char **lines = str_split(text, '\n');

	strv_foreach (line, lines) {
		struct subnet s = {0};

		if ((is_v6 ? parse_v6(*line, &s) : parse_v4(*line, &s)) &&
		    !(is_v6 && s.base.number >> 120 == 0xff))
			subnets_add(ret, &s);
	}
}

static void read_file(const char *path, bool is_v6, struct subnets *ret)
{
	cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
	cleanup_buf struct buf text = {0};

	buf_init(&text, ROUTES_MAX);
	if (fd >= 0 && fd_read_all(fd, &text) >= 0 && text.data)
		subnet_routes_parse(text.data, is_v6, ret);
}

void subnet_routes_read(struct subnets *ret)
{
	read_file("/proc/net/route", false, ret);
	read_file("/proc/net/ipv6_route", true, ret);
}

void subnet_pools_release(struct subnet_pools *list)
{
	free(list->items);
	*list = (struct subnet_pools){0};
}

static int add_pool(struct subnet_pools *list, const char *base, uint64_t length)
{
	struct subnet_pool pool = {0};

	if (!base || subnet_parse(base, &pool.base) < 0 || pool.base.base.is_v6 ||
	    length < pool.base.length || length > 30)
		return -EINVAL;
	pool.length = (unsigned int)length;
	list->items = xreallocarray(list->items, list->n + 1, sizeof(*list->items));
	list->items[list->n++] = pool;
	return 0;
}

/* podman's, and after these what is left of the private ranges: a host with a route to all of 10.0.0.0/8 is not rare. */
static const char *const built_in[] = {
	"10.89.0.0/16", "10.90.0.0/15",  "10.92.0.0/14",  "10.96.0.0/11",
	"10.128.0.0/9", "172.24.0.0/13", "172.16.0.0/13", "192.168.128.0/17",
};
#define BUILT_IN_LENGTH 24

int subnet_pools_get(struct json_object *conf, struct subnet_pools *ret,
		     struct error *err)
{
	struct json_object *list = conf_find(conf, "network", "default_subnet_pools");
	size_t n = list && json_object_is_type(list, json_type_array)
			   ? json_object_array_length(list)
			   : 0;

	for (size_t i = 0; i < n; i++) {
		struct json_object *item = json_object_array_get_idx(list, i);
		uint64_t size = 0;

		if (json_to_u64(json_get(item, "size"), "size", &size, err) >= 0 &&
		    add_pool(ret, json_get_str(item, "base"), size) >= 0)
			continue;
		error_set(err, ERR_INVALID, 0,
			  "containers.conf: default_subnet_pools[%zu]: no pool of IPv4",
			  i);
		return error_hint(
			err, "For example: {\"base\" = \"10.89.0.0/16\", \"size\" = 24}");
	}
	for (size_t i = 0; n == 0 && i < ARRAY_SIZE(built_in); i++)
		(void)!add_pool(ret, built_in[i], BUILT_IN_LENGTH);
	return 0;
}

int subnet_choose(const struct subnet_pools *pools, const struct subnets *used,
		  struct subnet *ret, struct error *err)
{
	for (size_t i = 0; i < pools->n; i++)
		for (uint64_t n = 0; n < CANDIDATES_MAX; n++) {
			const struct subnet_pool *pool = &pools->items[i];

			if (subnet_nth(&pool->base, pool->length, n, ret) < 0)
				break;
			if (!subnets_overlapping(used, ret))
				return 0;
		}
	error_set(
		err, ERR_CONFLICT, 0,
		"could not find free subnet from subnet pools: the host's routes and other networks have them all");
	return error_hint(
		err,
		"Say one: cubby network create --subnet 10.200.1.0/24 NAME; or remove networks: cubby network prune");
}

int subnet_choose_v6(const struct subnets *used, struct subnet *ret, struct error *err)
{
	for (int i = 0; i < V6_ATTEMPTS; i++) {
		unsigned char bytes[7];

		if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
			return error_set(err, ERR_SYSTEM, errno, "get random bytes");
		*ret = (struct subnet){.base = {.is_v6 = true, .number = 0xfd},
				       .length = V6_LENGTH};
		for (size_t k = 0; k < sizeof(bytes); k++)
			ret->base.number = ret->base.number << 8 | bytes[k];
		ret->base.number <<= V6_LENGTH;
		if (!subnets_overlapping(used, ret))
			return 0;
	}
	return error_set(err, ERR_CONFLICT, 0, "could not find free subnet of IPv6");
}
