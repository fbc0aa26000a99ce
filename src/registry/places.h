/* SPDX-License-Identifier: Apache-2.0 */
/* Where a user's settings for registries lie, by the environment. */
#pragma once

/* places_home() - $HOME, or what the host's users say. Caller frees; NULL: there is none. */
char *places_home(void);

/* places_in_home() - "HOME/below". Caller frees; NULL: there is no home. */
char *places_in_home(const char *below);

/* places_in_config() - below $XDG_CONFIG_HOME, or else ~/.config. Caller frees; NULL. */
char *places_in_config(const char *below);

/*
 * places_in_runtime() - below $XDG_RUNTIME_DIR, or else /run/user/UID where that is the caller's own.
 * Caller frees; NULL: there is no such directory. XDG base directory specification: a relative path
 * is as good as none.
 */
char *places_in_runtime(const char *below);
