/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An ordinary user's containers in the background are below the user's service manager, which ends with the last session
 * unless the user lingers. Source: loginctl(1), user@.service(5).
 */
#pragma once

#include <stdbool.h>

#include "engine/engine.h"

/* linger_hint_due() - whether a container in the background will end when this user logs out, and that was not said yet since
 * the login: true once. */
bool linger_hint_due(const struct engine *e);
