/* SPDX-License-Identifier: Apache-2.0 */
/* What the commands of `cubby` share. One command is one file cmd_<command>.c with one
 * const struct command. */
#pragma once

#include <stdbool.h>

#include "cli/command.h"
#include "cli/cubby_globals.h"
#include "engine/engine.h"
#include "util/cleanup.h"
#include "util/error.h"

extern const struct program cubby_program;

/* cubby_open() - the engine by the global options. */
int cubby_open(const struct command_call *call, struct engine *ret,
	       struct error *err) _must_check_;
/* cubby_open_dirs() - without the records: container_run() opens them. */
int cubby_open_dirs(const struct command_call *call, struct engine *ret,
		    struct error *err) _must_check_;

/* cubby_signal() - a signal's name or number, as --signal takes them. */
int cubby_signal(const char *text, int *ret, struct error *err) _must_check_;

/* cubby_fds() - --preserve-fd: numbers over 2 of files that the caller passed on to us; room for
 * PROCESS_KEEP_MORE_MAX. */
int cubby_fds(char *const *words, int *fds, size_t *ret_n,
	      struct error *err) _must_check_;

/* cubby_listen_fds() - sockets that a service manager passed on to us (engine/listen_fds.h), after `before` other fds. */
int cubby_listen_fds(const struct command_call *call, int before, int *ret_n,
		     struct error *err) _must_check_;

/* cubby_warn() - the one thing that is said on success: "Warning: text" on stderr. */
void cubby_warn(const char *text);

/* one a line, sorted */
/* clang-format off */
extern const struct command
	cmd_attach,
	cmd_audit,
	cmd_auto_update,
	cmd_build,
	cmd_builder,
	cmd_buildx,
	cmd_complete,
	cmd_completion,
	cmd_commit,
	cmd_container,
	cmd_container_diff,
	cmd_container_clone,
	cmd_container_exists,
	cmd_container_inspect,
	cmd_container_prune,
	cmd_container_rerun,
	cmd_create,
	cmd_cp,
	cmd_diff,
	cmd_doctor,
	cmd_events,
	cmd_exec,
	cmd_export,
	cmd_generate,
	cmd_healthcheck,
	cmd_history,
	cmd_idmap,
	cmd_idmap_check,
	cmd_idmap_explain,
	cmd_idmap_ls,
	cmd_image,
	cmd_image_diff,
	cmd_image_exists,
	cmd_image_inspect,
	cmd_image_list,
	cmd_image_mount,
	cmd_image_prune,
	cmd_image_rm,
	cmd_image_tree,
	cmd_image_unmount,
	cmd_images,
	cmd_import,
	cmd_info,
	cmd_init,
	cmd_inspect,
	cmd_kill,
	cmd_load,
	cmd_login,
	cmd_logout,
	cmd_logs,
	cmd_manifest,
	cmd_manifest_push,
	cmd_mount,
	cmd_network,
	cmd_network_connect,
	cmd_network_create,
	cmd_network_disconnect,
	cmd_network_inspect,
	cmd_network_ls,
	cmd_network_prune,
	cmd_network_reload,
	cmd_network_rm,
	cmd_pause,
	cmd_pod,
	cmd_pod_create,
	cmd_pod_inspect,
	cmd_pod_kill,
	cmd_pod_logs,
	cmd_pod_pause,
	cmd_pod_prune,
	cmd_pod_ps,
	cmd_pod_restart,
	cmd_pod_rm,
	cmd_pod_start,
	cmd_pod_stats,
	cmd_pod_stop,
	cmd_pod_top,
	cmd_pod_unpause,
	cmd_port,
	cmd_ps,
	cmd_pull,
	cmd_push,
	cmd_rename,
	cmd_restart,
	cmd_rm,
	cmd_rmi,
	cmd_run,
	cmd_save,
	cmd_search,
	cmd_start,
	cmd_stats,
	cmd_secret,
	cmd_secret_create,
	cmd_secret_inspect,
	cmd_secret_ls,
	cmd_secret_rm,
	cmd_stop,
	cmd_system,
	cmd_system_df,
	cmd_system_prune,
	cmd_system_reset,
	cmd_tag,
	cmd_top,
	cmd_unshare,
	cmd_unmount,
	cmd_unpause,
	cmd_untag,
	cmd_update,
	cmd_userns,
	cmd_version,
	cmd_volume,
	cmd_volume_create,
	cmd_volume_export,
	cmd_volume_import,
	cmd_volume_inspect,
	cmd_volume_ls,
	cmd_volume_mount,
	cmd_volume_prune,
	cmd_volume_rm,
	cmd_volume_unmount,
	cmd_wait;
/* clang-format on */

/* What `cubby build WORD` means if WORD is no file: for command.first_words. */
extern const struct command *const cmd_build_words[];
