/* SPDX-License-Identifier: Apache-2.0 */
/* What the records, the host and Cubby itself have to offer to a completion. */
#pragma once

#include "cli/complete.h"

extern const struct complete_names complete_names;
