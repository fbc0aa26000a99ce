/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The monitor: one for each container, a static program that links nothing and allocates
 * nothing after its start. It is the parent of the container's init (the launcher became
 * it by exec, so the pid is the same), outlives the user's terminal, moves bytes between
 * the container and its log and those attached, records the exit status durably, and then
 * execs the clean-up command.
 *
 * It is started as
 *   monitor [option value]... -- CLEANUP-PROGRAM ARG... ["" HEALTH-PROGRAM ARG...]
 * with options given by the engine only (a person never types them):
 *   --pid N            the container's init, our child
 *   --dir-fd N         the container's run directory: attach socket and exit record are
 * made here
 *   --in-fd N --out-fd N --err-fd N   pipe ends towards the container (absent: none)
 *   --tty-fd N         master of its terminal (instead of the three)
 *   --listen-fd N      listening socket for those who attach (made by the engine)
 *   --owner-fd N       a connection already attached: the `cubby run` in the foreground
 *   --log-fd N         directory of the log file (absent: no log), or with --log-journal
 *   a datagram socket to send from
 *   --log-name NAME    of the file (default "log"), --log-max-size BYTES (0: no limit),
 *   --log-max-files N, --log-cri 0|1 its format (logfile.h)
 *   --log-journal PATH the journal's socket, --log-fields TEXT its fields of this
 *   container (journal.h)
 *   --notify-fd N      datagram socket on which the container's program speaks to the
 *   service manager, --notify-to PATH that one's (notify.h)
 *   --keep-stdin 0|1   -i: the container's stdin stays open while nobody is attached;
 * else it is closed when the (first) client that may write has gone
 *   --sync 0|1         fsync the exit record
 *   --timeout SECONDS  kill after
 *   --stop-signal N --stop-timeout SECONDS   told to stop (MONITOR_STOP_SIGNAL, SIGTERM): this signal to the container, and
 *   after so long (absent: never) SIGKILL
 *   --ready-fd N       written one byte and closed when the loop runs
 * HEALTH-PROGRAM is run at once, and again as health.h says.
 * What is wrong at the start is told on stderr, exit status 125. Every other fd is
 * closed. At the end: exit record first, then EXIT to all attached, then wait for the
 * owner's EXIT_ACK: with it exit 0, without it (owner gone, or no owner) exec
 * CLEANUP-PROGRAM.
 */
#pragma once

int monitor_main(int argc, char **argv);
int init_main(int argc, char **argv);
