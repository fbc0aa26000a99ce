/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/state.h"

#include "spec/spec.h"
#include "util/json.h"

struct json_object *spec_state_to_json(const struct spec_state *state)
{
	struct json_object *o = json_object_new_object();

	json_add_str(o, "ociVersion", SPEC_VERSION);
	json_add_str(o, "id", state->id);
	json_add_str(o, "status", state->status);
	if (state->pid)
		json_add_i64(o, "pid", state->pid);
	json_add_str(o, "bundle", state->bundle);
	if (state->n_annotations) {
		struct json_object *map = json_object_new_object();
		for (size_t i = 0; i < state->n_annotations; i++)
			json_add_str(map, state->annotations[i].key,
				     state->annotations[i].value);
		json_add(o, "annotations", map);
	}
	return o;
}

struct json_object *spec_seccomp_state_to_json(const struct spec_state *state, pid_t pid,
					       const char *metadata)
{
	struct json_object *o = json_object_new_object(), *fds = json_object_new_array();

	json_add_str(o, "ociVersion", SPEC_VERSION);
	json_object_array_add(fds, json_object_new_string("seccompFd"));
	json_add(o, "fds", fds);
	json_add_i64(o, "pid", pid);
	json_add_str(o, "metadata", metadata);
	json_add(o, "state", spec_state_to_json(state));
	return o;
}
