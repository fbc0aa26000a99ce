/* SPDX-License-Identifier: Apache-2.0 */
/* Settings of files, as defaults of options and of the engine. */
#pragma once

#include "cli/command.h"
#include "util/cleanup.h"
#include "util/error.h"

struct cubby_globals;
struct engine;
struct settings;

/* Of a struct command: which settings are defaults of its options. */
enum command_settings {
	SETTINGS_FOR_NOBODY,
	SETTINGS_FOR_ENGINE,     /* those of the table [engine] */
	SETTINGS_FOR_CONTAINERS, /* [containers] too: it makes one */
	SETTINGS_FOR_BUILDS, /* the same, but what is said of annotations: an image's are not meant */
};

/* cubby_settings() - read when somebody asks first, and kept in *g. */
int cubby_settings(struct cubby_globals *g, const struct settings **ret,
		   struct error *err) _must_check_;

/* cubby_configure() - program->configure() of `cubby`. */
int cubby_configure(const struct command_call *call, struct error *err) _must_check_;

/* cubby_configure_engine() - before it is opened. For commands of SETTINGS_FOR_NOBODY files that are wrong are only logged. */
int cubby_configure_engine(const struct command_call *call, struct engine *e,
			   struct error *err) _must_check_;
