/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file with a container's health: its state and the last results. Among the container's
 * files, or in the directory that the user has chosen. What is in it belongs to one run of
 * the container: to another it says nothing, so nobody has to empty it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/engine.h"
#include "engine/health_state.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/proc.h"

struct json_object;

struct health_result { /* of one check */
	int64_t start_usec, end_usec;
	int exit_code; /* -1: it took too long */
	char *output;  /* owned */
};
void health_result_release(struct health_result *r);
#define cleanup_health_result cleanup(health_result_release)

struct health_record {
	char init[PROC_ID_TEXT_MAX]; /* whose results they are; "": nobody's yet */
	struct health_state state;
	struct json_object *log; /* owned; array in Docker's form, oldest first */
};
void health_record_release(struct health_record *r);
#define cleanup_health_record cleanup(health_record_release)

struct health_subject {
	const char *id, *name; /* of the container */
	const struct health_config *config;
	const struct proc_id *init; /* pid 0: it doesn't run */
};

/* health_record_read() - what is on record of this run of the container; of a new run, or
 * where the file can't be read, a fresh state. */
void health_record_read(const struct engine *e, const struct health_subject *c,
			struct health_record *ret);

/* health_record_word() - "starting", "healthy", "unhealthy"; NULL: it has no check. */
const char *health_record_word(const struct engine *e, const struct health_subject *c);

/* health_record_add() - one more result; the oldest go by the container's limits. */
void health_record_add(struct health_record *r, const struct health_config *config,
		       const struct health_result *result);

/* health_record_lock() - for who reads, changes and writes it. Return: an fd to be closed. */
int health_record_lock(const struct engine *e, const struct health_subject *c,
		       struct error *err) _must_check_;
int health_record_write(const struct engine *e, const struct health_subject *c,
			const struct health_record *r, struct error *err) _must_check_;

/* health_record_parse(), health_record_text() - the file's text. init: of the run that it is
 * asked for, NULL: of any. -EBADMSG: not what we write, or of another run. */
int health_record_parse(const char *text, size_t len, const char *init,
			struct health_record *ret);
char *health_record_text(const struct health_record *r);
