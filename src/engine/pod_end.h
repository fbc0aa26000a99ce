/* SPDX-License-Identifier: Apache-2.0 */
/* --exit-policy stop: a pod ends with the last of its containers. */
#pragma once

#include "engine/engine.h"

/* pod_member_ended() - for who has recorded the end of a container of this pod (its id; NULL: of none): stops the
 * infra container if nothing else runs and the pod's exit policy is "stop". A failure is forgotten. */
void pod_member_ended(const struct engine *e, const char *pod_id);
