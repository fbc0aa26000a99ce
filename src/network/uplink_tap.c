/* SPDX-License-Identifier: Apache-2.0 */
#include "network/uplink_tap.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/ipv6.h>
#include <net/if.h>
#include <net/route.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "network/uplink_net.h"
#include "util/fd.h"

#define DEVICE "/dev/net/tun"

static int open_device(struct error *err)
{
	int fd = open(DEVICE, O_RDWR | O_CLOEXEC);
	int code = errno;

	if (fd >= 0)
		return fd;
	error_set(err, ERR_UNSUPPORTED, code,
		  "containers have no way out of their networks: open " DEVICE);
	if (code == EACCES || code == EPERM)
		error_hint(err, "as root: chmod 0666 " DEVICE);
	else
		error_hint(err, "as root: modprobe tun; or use --network host");
	return -code;
}

static struct ifreq request(void)
{
	return (struct ifreq){.ifr_name = UPLINK_INTERFACE};
}

static int set_mtu_and_up(int fd, struct error *err)
{
	struct ifreq q = request();

	q.ifr_mtu = UPLINK_MTU;
	if (ioctl(fd, SIOCSIFMTU, &q) < 0)
		return error_set(err, ERR_SYSTEM, errno, "set the MTU of the uplink");
	q = request();
	if (ioctl(fd, SIOCGIFFLAGS, &q) < 0)
		return error_set(err, ERR_SYSTEM, errno, "look at the uplink");
	q.ifr_flags |= IFF_UP;
	if (ioctl(fd, SIOCSIFFLAGS, &q) < 0)
		return error_set(err, ERR_SYSTEM, errno, "bring the uplink up");
	return 0;
}

static struct sockaddr address4(const char *text)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	struct sockaddr ret;

	(void)inet_pton(AF_INET, text, &in.sin_addr);
	memcpy(&ret, &in, sizeof(ret));
	return ret;
}

static int configure4(int fd, struct error *err)
{
	struct ifreq q = request();
	struct rtentry route = {
		.rt_dst = address4("0.0.0.0"),
		.rt_genmask = address4("0.0.0.0"),
		.rt_gateway = address4(UPLINK_HOST4),
		.rt_flags = RTF_UP | RTF_GATEWAY,
		.rt_dev = q.ifr_name,
	};
	struct ifreq named = request();

	q.ifr_addr = address4(UPLINK_ADDRESS4);
	if (ioctl(fd, SIOCSIFADDR, &q) < 0)
		return error_set(err, ERR_SYSTEM, errno, "give the uplink an address");
	q.ifr_netmask = address4(UPLINK_MASK4);
	if (ioctl(fd, SIOCSIFNETMASK, &q) < 0)
		return error_set(err, ERR_SYSTEM, errno, "give the uplink a netmask");
	route.rt_dev = named.ifr_name;
	if (ioctl(fd, SIOCADDRT, &route) < 0 && errno != EEXIST)
		return error_set(err, ERR_SYSTEM, errno, "make the default route");
	return 0;
}

/* Without IPv6 in the kernel there is none in the containers. */
static int configure6(int index, struct error *err)
{
	cleanup_fd int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct in6_ifreq q = {.ifr6_prefixlen = 64, .ifr6_ifindex = index};
	struct in6_rtmsg route = {.rtmsg_metric = 1,
				  .rtmsg_flags = RTF_UP | RTF_GATEWAY,
				  .rtmsg_ifindex = index};

	if (fd < 0)
		return 0;
	(void)inet_pton(AF_INET6, UPLINK_ADDRESS6, &q.ifr6_addr);
	if (ioctl(fd, SIOCSIFADDR, &q) < 0 && errno != EEXIST) {
		if (errno == EACCES || errno == EOPNOTSUPP) /* disable_ipv6 */
			return 0;
		return error_set(err, ERR_SYSTEM, errno,
				 "give the uplink an IPv6 address");
	}
	(void)inet_pton(AF_INET6, UPLINK_HOST6, &route.rtmsg_gateway);
	if (ioctl(fd, SIOCADDRT, &route) < 0 && errno != EEXIST)
		return error_set(err, ERR_SYSTEM, errno, "make the IPv6 default route");
	return 0;
}

/* The address may be used at once: nobody else is there who could have it. And no own questions for routers. */
static void write_settings(void)
{
	static const char *const settings[][2] = {
		{"/proc/sys/net/ipv6/conf/" UPLINK_INTERFACE "/accept_dad", "0"},
		{"/proc/sys/net/ipv6/conf/" UPLINK_INTERFACE "/accept_ra", "0"},
		{"/proc/sys/net/ipv6/conf/" UPLINK_INTERFACE "/router_solicitations",
		 "0"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
		cleanup_fd int fd = open(settings[i][0], O_WRONLY | O_CLOEXEC);

		if (fd >= 0)
			(void)!fd_write_all(fd, settings[i][1], 1);
	}
}

int uplink_tap_make(bool persistent, struct error *err)
{
	cleanup_fd int fd = open_device(err), socket_fd = -EBADF;
	struct ifreq q = request();
	int r;

	if (fd < 0)
		return fd;
	q.ifr_flags = IFF_TAP | IFF_NO_PI;
	if (ioctl(fd, TUNSETIFF, &q) < 0) {
		int code = errno;

		error_set(err, ERR_UNSUPPORTED, code,
			  "containers have no way out of their networks: make an "
			  "interface by " DEVICE);
		return -code;
	}
	if (ioctl(fd, TUNSETPERSIST, persistent ? 1 : 0) < 0)
		return error_set(err, ERR_SYSTEM, errno, "keep the uplink's interface");
	write_settings();
	socket_fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (socket_fd < 0)
		return error_set(err, ERR_SYSTEM, errno, "make a socket");
	r = set_mtu_and_up(socket_fd, err);
	if (r == 0)
		r = configure4(socket_fd, err);
	if (r == 0)
		r = configure6((int)if_nametoindex(UPLINK_INTERFACE), err);
	return r < 0 ? r : TAKE_FD(fd);
}
