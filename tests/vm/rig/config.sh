# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034 # `build` reads it
# What the guest is made of. Any change here makes a new image (its name carries a hash of this file and of `build`).
SUITE=bookworm
# the mirrors that this machine's own apt uses
apt_uris() { grep -hE '^(URIs:|deb )' /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null | grep -oE 'https?://[^ ]+/debian(-security)?/?' | sed "s,/\$,," | sort -u || true; }
MIRROR=${VMRIG_MIRROR:-$(apt_uris | grep -v security | head -n 1 || true)}
SECURITY=${VMRIG_SECURITY:-$(apt_uris | grep security | head -n 1 || true)}
MIRROR=${MIRROR:-http://deb.debian.org/debian}
SECURITY=${SECURITY:-http://deb.debian.org/debian-security}
# "name source-suite package": each kernel lands in the image's modules folder and beside the image
KERNELS="
6.1  bookworm-security  linux-image-cloud-amd64
6.12 bookworm-backports linux-image-cloud-amd64
"
USERS="alice bob"          # uids 1000, 1001, ...; only the first one lingers
DISK=6G                    # virtual size of the guest's root disk (the file is sparse)
PACKAGES="
systemd systemd-sysv dbus dbus-user-session libpam-systemd openssh-server kmod procps util-linux
uidmap passt slirp4netns nftables iproute2 iputils-ping podman crun
busybox-static python3 python3-pytest python3-pytest-timeout python3-pexpect tmux strace curl ca-certificates attr less psmisc fio
libseccomp2 libcurl4 libjson-c5 libsqlite3-0 libisal2 libslirp0 libssl3 zlib1g libzstd1 liblzma5 libbz2-1.0 libsystemd0 libsubid4
"
