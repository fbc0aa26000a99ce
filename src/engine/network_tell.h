/* SPDX-License-Identifier: Apache-2.0 */
/* What the network program hears of networks that change, if it runs; if it doesn't, the next one reads them anew. */
#pragma once

#include "engine/engine.h"
#include "engine/network_settings.h"
#include "util/cleanup.h"
#include "util/error.h"

/* network_tell() - a request without an fd. Nobody there is no error: 0; 1: it was answered. */
struct json_object;
int network_tell(const struct engine *e, struct json_object *request,
		 struct error *err) _must_check_;

/* network_tell_removed() - its bridge goes. network_tell_changed() - its settings are others. */
int network_tell_removed(const struct engine *e, const struct network *n,
			 struct error *err) _must_check_;
int network_tell_changed(const struct engine *e, const struct network *n,
			 struct error *err) _must_check_;
