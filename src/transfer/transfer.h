/* SPDX-License-Identifier: Apache-2.0 */
/* The transfer program: which operations there are (transfer/protocol.h). */
#pragma once

#include "util/cleanup.h"
#include "util/error.h"

struct json_object;

/*
 * An operation with a control socket: carries out the request. What it has to say meanwhile it says by
 * transfer/control.h; "end" or "error" is said for it.
 */
typedef int transfer_operation_fn(struct json_object *request, struct error *err);

transfer_operation_fn op_fetch;
transfer_operation_fn op_send;
transfer_operation_fn op_login;
transfer_operation_fn op_logout;
transfer_operation_fn op_search;
transfer_operation_fn op_verify;
transfer_operation_fn op_download;

/* transfer_main() - the program. Return: exit status. *err is set afterwards if a reason could be told to
 * nobody: there is no control socket, as when a person started it. */
int transfer_main(int argc, char **argv, struct error *err);
