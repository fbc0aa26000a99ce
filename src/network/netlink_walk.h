/* SPDX-License-Identifier: Apache-2.0 */
/* Going from one netlink message or attribute to the next, as NLMSG_NEXT and RTA_NEXT do: those cast char pointers, which
 * compilers that mind alignment refuse. The kernel aligns both to 4 bytes. Source: netlink(3), rtnetlink(3). */
#pragma once

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/types.h>

/* netlink_next() - the message after h, for which NLMSG_OK() holds; *left (bytes, from h on) becomes what is left after h. */
static inline const struct nlmsghdr *netlink_next(const struct nlmsghdr *h, ssize_t *left)
{
	ssize_t step = NLMSG_ALIGN(h->nlmsg_len);

	*left -= step;
	return (const void *)((const char *)h + step);
}

/* netlink_next_attribute() - the same of attributes, for which RTA_OK() holds. */
static inline const struct rtattr *netlink_next_attribute(const struct rtattr *a,
							  int *left)
{
	int step = RTA_ALIGN(a->rta_len);

	*left -= step;
	return (const void *)((const char *)a + step);
}
