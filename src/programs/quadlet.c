/* SPDX-License-Identifier: Apache-2.0 */
/*
 * systemd runs this at boot, at each daemon-reload and for each user's manager, and waits for it: it reads and writes files, starts
 * nothing and asks nobody. One file's trouble is one line in the journal. Source: systemd.generator(7).
 */
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <string.h>

#include "quadlet/keys.h"
#include "quadlet/load.h"
#include "quadlet/place.h"
#include "util/buf.h"
#include "util/mem.h"
#include "util/str.h"

struct request {
	bool dry_run, user, verbose, no_kmsg;
	const char *directory;
};

static const char usage[] =
	"Makes services for systemd of Quadlet files\n"
	"\n"
	"Usage: cubby-generator [options] DIRECTORY\n"
	"\n"
	"systemd runs it. By hand it shows what comes of the files, and what is wrong\n"
	"with them. They lie in ~/.config/cubby/systemd, /etc/cubby/systemd, and where\n"
	"podman has them; QUADLET_UNIT_DIRS=DIRECTORY[:DIRECTORY...] is instead of all.\n"
	"\n"
	"Options:\n"
	"  --dryrun       print the services\n"
	"  --keys         print the keys that files may have, and what becomes of them\n"
	"  --no-kmsg-log  messages to stderr only, not to the kernel's log\n"
	"  --user         for a user's manager, not the system's\n"
	"  -v             say which files are read\n"
	"  --version      print the version\n"
	"\n"
	"Examples:\n"
	"  /usr/lib/systemd/user-generators/cubby-generator --user --dryrun\n"
	"  QUADLET_UNIT_DIRS=. cubby-generator --dryrun\n";

/* -- messages: to the kernel's log where it may be written (at boot nothing else is there), else to stderr */

struct messages {
	int fd;
	bool kmsg;
};

static void tell(void *data, bool failed, const struct error *err)
{
	const struct messages *m = data;
	cleanup_free char *sentence = error_message(err);
	cleanup_free char *shown = str_visible(sentence, "");
	cleanup_buf struct buf line;

	buf_init(&line, 16384);
	if (m->kmsg)
		buf_printf(&line, "<%d>cubby-generator[%d]: ", failed ? 3 : 4,
			   (int)getpid());
	else
		buf_add_str(&line, "cubby-generator: ");
	buf_printf(&line, "%s%s%s%s\n", shown,
		   failed ? "; no service is made of this file" : "",
		   err->hint ? ". " : "", err->hint ? err->hint : "");
	if (write(m->fd, line.data, line.len) < 0 && m->kmsg)
		dprintf(STDERR_FILENO, "%s", line.data);
}

/* -- the host */

static bool exists(const char *path)
{
	return access(path, F_OK) == 0;
}

/* From the files and nothing else: what else knows users may wait for systemd, which waits for us. */
static char *id_of(const char *name, bool group)
{
	cleanup_file FILE *f = fopen(group ? "/etc/group" : "/etc/passwd", "re");
	struct passwd *pw;
	struct group *gr;

	/* one thread: nobody else reads users */
	if (f && group) {
		// cppcheck-suppress fgetgrentCalled
		while ((gr = fgetgrent(f)) != NULL)
			if (str_eq(gr->gr_name, name))
				return xasprintf("%u", (unsigned int)gr->gr_gid);
	} else if (f) {
		// cppcheck-suppress fgetpwentCalled
		while ((pw = fgetpwent(f)) != NULL)
			if (str_eq(pw->pw_name, name))
				return xasprintf("%u", (unsigned int)pw->pw_uid);
	}
	return NULL;
}

/* -- command line */

static void print_keys(void)
{
	for (int kind = 0; kind < QUADLET_KUBE; kind++)
		for (const struct quadlet_key *k = quadlet_keys((enum quadlet_kind)kind);
		     k->key; k++)
			printf("%-10s %-22s %s%s%s%s\n",
			       quadlet_section((enum quadlet_kind)kind), k->key,
			       k->form == KEY_REFUSED ? "refused: " : "", k->option,
			       k->prefix ? " " : "", k->prefix ? k->prefix : "");
}

/* Since version 251 systemd says for whom; before, only where the program lies does. */
static bool is_users(const char *self)
{
	const char *scope = getenv("SYSTEMD_SCOPE");

	if (!str_empty(scope))
		return str_eq(scope, "user");
	return strstr(self, "/user-generators/") != NULL;
}

/* Return: -1 to go on, else the exit status. */
static int take_word(struct request *q, const char *word)
{
	const char *name = word + strspn(word, "-");

	if (*word != '-') {
		if (!q->directory) /* "early" and "late" are not used */
			q->directory = word;
	} else if (str_eq(name, "dryrun") || str_eq(name, "dry-run")) {
		q->dry_run = true;
	} else if (str_eq(name, "user")) {
		q->user = true;
	} else if (str_eq(name, "v") || str_eq(name, "verbose")) {
		q->verbose = true;
	} else if (str_eq(name, "no-kmsg-log")) {
		q->no_kmsg = true;
	} else if (str_eq(name, "keys")) {
		print_keys();
		return 0;
	} else if (str_eq(name, "version")) {
		puts("quadlet " CUBBY_VERSION);
		return 0;
	} else if (str_eq(name, "help") || str_eq(name, "h")) {
		fputs(usage, stdout);
		return 0;
	} else {
		fprintf(stderr, "Error: unknown option %s\n%s", word, usage);
		return 1;
	}
	return -1;
}

static void print_services(const struct quadlet_set *s)
{
	for (const struct quadlet_unit *u = s->units; u < s->units + s->n_units; u++) {
		cleanup_free char *text = u->done ? place_text(u) : NULL;

		if (text)
			printf("---%s.service---\n%s\n", u->service, text);
	}
}

static int generate(const struct request *q)
{
	static const struct quadlet_host host = {.exists = exists, .id_of = id_of};
	cleanup_fd int kmsg =
		q->dry_run || q->no_kmsg
			? -EBADF
			: open("/dev/kmsg", O_WRONLY | O_CLOEXEC | O_NOCTTY);
	struct messages m = {.fd = kmsg < 0 ? STDERR_FILENO : kmsg, .kmsg = kmsg >= 0};
	cleanup_quadlet_set struct quadlet_set s = {
		.user = q->user,
		.cubby = CUBBY_BINDIR "/cubby",
		.host = &host,
		.tell = tell,
		.tell_data = &m,
	};
	cleanup_strv char **directories = load_directories(q->user);

	load_units(&s, directories);
	if (q->verbose) {
		strv_foreach (d, directories)
			fprintf(stderr, "Directory: %s\n", *d);
		for (size_t i = 0; i < s.n_units; i++)
			fprintf(stderr, "File: %s\n", s.units[i].path);
	}
	quadlet_convert(&s);
	if (q->dry_run)
		print_services(&s);
	else
		place_services(&s, q->directory);
	return s.n_failed > 0;
}

int main(int argc, char **argv)
{
	struct request q = {.user = is_users(argv[0])};

	for (int i = 1; i < argc; i++) {
		int status = take_word(&q, argv[i]);
		if (status >= 0)
			return status;
	}
	if (!q.dry_run && !q.directory) {
		fprintf(stderr, "Error: a directory is needed, or --dryrun\n%s", usage);
		return 1;
	}
	return generate(&q);
}
