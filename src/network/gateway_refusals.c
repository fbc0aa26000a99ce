/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation. One process of cubby's at a time writes events; what is refused meanwhile waits for the next.
 * It is watched by its pidfd in the loop, so nothing here waits. A container that asks for the same name over and over is
 * told of once in a while.
 */
#include <stdlib.h>

#include "network/gateway_state.h"
#include "util/mem.h"
#include "util/proc.h"
#include "util/str.h"
#include "util/time.h"

#define WORDS     5 /* of a refusal */
#define QUEUE_MAX (64 * WORDS)
#define RECENT    16
#define AGAIN_SEC 5

struct gateway_refusals {
	char **queue; /* strv */
	pid_t pid;    /* 0: none runs */
	struct gateway_source ended;
	/* names that were refused lately */
	struct {
		char *member, *name;
		int64_t when; /* monotonic, seconds */
	} recent[RECENT];
	unsigned next;
};

static void start(struct gateway *g);

static void hear_end(struct gateway *g, struct gateway_source *s)
{
	struct gateway_refusals *f = g->refusals;
	int status;

	if (proc_wait(f->pid, s->fd, 0, &status) == -ETIMEDOUT)
		return;
	gateway_unwatch(g, s);
	fd_cleanup_(&s->fd);
	f->pid = 0;
	start(g);
}

/* cubby container refused ID NAME ADDRESS PROTOCOL PORT... */
static void start(struct gateway *g)
{
	struct gateway_refusals *f = g->refusals;
	cleanup_error struct error err = ERROR_INIT;
	cleanup_strv char **argv = NULL;
	struct proc_spawn spawn = {.stdin_fd = -EBADF,
				   .stdout_fd = -EBADF,
				   .stderr_fd = -EBADF,
				   .ret_pid = &f->pid,
				   .ret_pid_fd = &f->ended.fd};

	if (f->pid > 0 || !f->queue || !g->tell)
		return;
	argv = strv_copy(g->tell);
	strv_foreach (word, f->queue)
		strv_add(&argv, *word);
	strv_free(f->queue);
	f->queue = NULL;
	spawn.file = argv[0];
	spawn.argv = argv;
	if (proc_spawn(&spawn, &err) < 0) {
		f->pid = 0;
		error_drop(&err, "a refusal is not on record");
	} else if (gateway_watch(g, &f->ended, &err) < 0) {
		error_drop(&err, "a refusal's record is not waited for");
	}
}

static struct gateway_refusals *get(struct gateway *g)
{
	if (!g->refusals) {
		g->refusals = xcalloc(1, sizeof(*g->refusals));
		g->refusals->ended =
			(struct gateway_source){.fd = -EBADF, .ready = hear_end};
	}
	return g->refusals;
}

void gateway_refusals_tell(struct gateway *g, const struct firewall_refusal *r)
{
	struct gateway_refusals *f = get(g);

	if (strv_len(f->queue) + WORDS > QUEUE_MAX)
		return;
	strv_add(&f->queue, r->id);
	strv_add(&f->queue, r->name);
	strv_add(&f->queue, r->address);
	strv_add(&f->queue, r->protocol);
	strv_addf(&f->queue, "%u", r->port);
	start(g);
}

static bool is_news(struct gateway_refusals *f, const struct names_message *m)
{
	int64_t now = time_monotonic_usec() / USEC_PER_SEC;

	for (unsigned i = 0; i < RECENT; i++)
		if (f->recent[i].member && str_eq(f->recent[i].member, m->member) &&
		    str_eq(f->recent[i].name, m->name) &&
		    now - f->recent[i].when < AGAIN_SEC)
			return false;
	free(f->recent[f->next].member);
	free(f->recent[f->next].name);
	f->recent[f->next].member = xstrdup(m->member);
	f->recent[f->next].name = xstrdup(m->name);
	f->recent[f->next].when = now;
	f->next = (f->next + 1) % RECENT;
	return true;
}

void gateway_refusals_name(struct gateway *g, const struct names_message *m)
{
	const struct gateway_member *member = gateway_member_find(g, m->member);

	if (!member || !m->name || !is_news(get(g), m))
		return;
	gateway_refusals_tell(g, &(struct firewall_refusal){
					 .id = member->m.id,
					 .name = member->m.name ? member->m.name : "",
					 .address = m->name,
					 .protocol = "dns"});
}

void gateway_refusals_close(struct gateway *g)
{
	struct gateway_refusals *f = g->refusals;
	int status;

	strv_free(g->tell);
	g->tell = NULL;
	if (!f)
		return;
	if (f->pid > 0)
		(void)!proc_wait(f->pid, f->ended.fd, 1000, &status);
	fd_cleanup_(&f->ended.fd);
	for (unsigned i = 0; i < RECENT; i++) {
		free(f->recent[i].member);
		free(f->recent[i].name);
	}
	strv_free(f->queue);
	free(f);
	g->refusals = NULL;
}
