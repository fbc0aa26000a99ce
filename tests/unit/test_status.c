/* SPDX-License-Identifier: Apache-2.0 */
/* What is found, and what is made of it. */
#include "engine/status.h"
#include "unit.h"
#include "util/cleanup.h"

#define RUNS .has_run_dir = true, .has_init = true, .this_boot = true, .init_alive = true

static const struct {
	const char *what;
	struct status_facts facts;
	enum container_status status;
	enum status_repair repair;
} cases[] = {
	{"runs", {RUNS, .monitor_alive = true}, CONTAINER_RUNNING, REPAIR_NONE},
	{"is paused",
	 {RUNS, .monitor_alive = true, .paused = true},
	 CONTAINER_PAUSED,
	 REPAIR_NONE},
	{"was paused when its monitor was killed",
	 {RUNS, .paused = true},
	 CONTAINER_EXITED,
	 REPAIR_KILL},
	{"waits to be let go",
	 {RUNS, .monitor_alive = true, .waits = true},
	 CONTAINER_INITIALIZED,
	 REPAIR_NONE},
	{"its init has ended, the monitor empties the pipes",
	 {.has_run_dir = true,
	  .has_init = true,
	  .this_boot = true,
	  .monitor_alive = true},
	 CONTAINER_RUNNING,
	 REPAIR_NONE},
	{"kill -9 of the monitor", {RUNS}, CONTAINER_EXITED, REPAIR_KILL},
	{"kill -9 of both",
	 {.has_run_dir = true, .has_init = true, .this_boot = true},
	 CONTAINER_EXITED,
	 REPAIR_RECORD_KILL},
	{"ended, not cleaned up",
	 {.has_run_dir = true, .has_init = true, .this_boot = true, .has_exit = true},
	 CONTAINER_EXITED,
	 REPAIR_RECORD},
	{"ended, the monitor waits for its owner",
	 {.has_run_dir = true,
	  .has_init = true,
	  .this_boot = true,
	  .has_exit = true,
	  .monitor_alive = true},
	 CONTAINER_EXITED,
	 REPAIR_RECORD},
	{"kill -9 of the creator before there was an init",
	 {.has_run_dir = true, .this_boot = true},
	 CONTAINER_CREATED,
	 REPAIR_FORGET},
	{"the host was switched off, the run directory is on a disk",
	 {.has_run_dir = true, .has_init = true},
	 CONTAINER_EXITED,
	 REPAIR_RECORD_LOST},
	{"the host was switched off, the run directory is gone",
	 {0},
	 CONTAINER_EXITED,
	 REPAIR_RECORD_LOST},
	{"on record", {.ended = true, .started = true}, CONTAINER_EXITED, REPAIR_NONE},
	{"created, and at rest", {.at_rest = true}, CONTAINER_CREATED, REPAIR_NONE},
	{"kill -9 of the first start before there was an init",
	 {.again = true, .has_run_dir = true, .this_boot = true},
	 CONTAINER_CREATED,
	 REPAIR_REST},
	{"kill -9 of a later start before there was an init",
	 {.again = true, .started = true, .has_run_dir = true, .this_boot = true},
	 CONTAINER_EXITED,
	 REPAIR_REST},
	{"never started", {.ended = true}, CONTAINER_CREATED, REPAIR_NONE},
	{"--rm, on record, still there",
	 {.ended = true, .started = true, .auto_remove = true},
	 CONTAINER_EXITED,
	 REPAIR_REMOVE},
	{"on record, whatever lies about",
	 {RUNS, .ended = true, .started = true, .monitor_alive = true},
	 CONTAINER_EXITED,
	 REPAIR_NONE},
};

START_TEST(test_verdicts)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct status_verdict v = status_judge(&cases[i].facts);

		ck_assert_msg(v.status == cases[i].status, "%s: status %s", cases[i].what,
			      status_word(v.status));
		ck_assert_msg(v.repair == cases[i].repair, "%s: repair %d", cases[i].what,
			      v.repair);
	}
}
END_TEST

UNIT_MAIN("status", test_verdicts)
