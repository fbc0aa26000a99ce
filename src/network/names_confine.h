/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the name server gives up before it hears the first container: all fds but its own, all capabilities, root's id,
 * everything of the file tree but the directories where resolv.conf lies, TCP to other ports than 53 (landlock(7), as
 * much of it as this kernel has), and all system calls but those of sockets that exist, of new internet sockets, and of
 * opening files to be read (seccomp(2)). Whoever takes it over can ask name servers, and give wrong answers.
 */
#pragma once

#include "util/error.h"

/* names_confine() - control_fd is all that stays open besides 0, 1 and 2. */
int names_confine(int control_fd, struct error *err) _must_check_;
