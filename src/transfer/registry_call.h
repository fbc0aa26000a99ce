/* SPDX-License-Identifier: Apache-2.0 */
/* From what the engine asks to what src/registry takes. */
#pragma once

#include "registry/registry_options.h"
#include "transfer/protocol.h"

/* registry_call_options() - strings stay those of `from`. Attempts that are made again are told to the
 * engine as progress. */
void registry_call_options(const struct transfer_registry_options *from,
			   struct registry_options *ret);
