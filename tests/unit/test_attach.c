/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The user's side against a monitor played by the test, and the console against a real
 * process. attach_run() and console_run() run in a child whose stdin and stdout are pipes
 * or a pty.
 */
#include "engine/attach.h"

#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>

#include "engine/console.h"
#include "monitor/protocol.h"
#include "unit.h"
#include "util/proc.h"

/* How the child ends. */
enum { ENDED = 10, DETACHED, LOST, FAILED, BROKEN_PIPE };

struct session {
	pid_t pid;                 /* of the child */
	int monitor_fd;            /* our end, as the monitor */
	int in_fd, out_fd, err_fd; /* our ends of its stdio; with a pty all the same */
	int signal_fd;             /* what it was asked to forward, a byte each */
};

static int forward(void *arg, int sig, struct error *err)
{
	unsigned char byte = (unsigned char)sig;

	return write(*(int *)arg, &byte, 1) == 1
		       ? 0
		       : error_set(err, ERR_SYSTEM, errno, "tell");
}

static _noreturn_ void run_child(int socket_fd, const struct pump_options *o)
{
	struct error err = ERROR_INIT;
	struct attach_result result;

	if (attach_run(socket_fd, o, &result, &err) < 0)
		_exit(err.code == EPIPE ? BROKEN_PIPE : FAILED);
	if (result.detached)
		_exit(DETACHED);
	if (result.lost)
		_exit(LOST);
	_exit(result.wait_status == 0x700 && result.finished_usec == 42 ? ENDED : FAILED);
}

static void make_pipe(int *ret_read, int *ret_write)
{
	int ends[2];

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	*ret_read = ends[0];
	*ret_write = ends[1];
}

static void receive(const struct session *s, unsigned char *packet, size_t *ret_len)
{
	struct pollfd p = {.fd = s->monitor_fd, .events = POLLIN};
	ssize_t n;

	ck_assert_int_eq(poll(&p, 1, 10000), 1);
	n = recv(s->monitor_fd, packet, MONITOR_PACKET_MAX, 0);
	ck_assert_int_ge(n, 0);
	*ret_len = (size_t)n;
}

/* The next message is this one. */
static void expect(const struct session *s, enum monitor_message type,
		   const void *payload, size_t len)
{
	unsigned char packet[MONITOR_PACKET_MAX];
	size_t n;

	receive(s, packet, &n);
	ck_assert_uint_gt(n, 0);
	ck_assert_int_eq(packet[0], type);
	ck_assert_uint_eq(n - 1, len);
	ck_assert_mem_eq(packet + 1, payload, len);
}

static void tell(const struct session *s, enum monitor_message type, const void *payload,
		 size_t len)
{
	unsigned char packet[MONITOR_PACKET_MAX] = {(unsigned char)type};

	memcpy(packet + 1, payload, len);
	ck_assert_int_eq(send(s->monitor_fd, packet, len + 1, MSG_NOSIGNAL),
			 (ssize_t)len + 1);
}

static void tell_exit(const struct session *s)
{
	struct monitor_exit status;

	memset(&status, 0, sizeof(status));
	status.wait_status = 0x700;
	status.finished_usec = 42;
	tell(s, MONITOR_EXIT, &status, sizeof(status));
}

static void greet(const struct session *s, bool terminal)
{
	const struct monitor_hello ours = {.protocol = MONITOR_PROTOCOL};
	const struct monitor_hello theirs = {.protocol = MONITOR_PROTOCOL,
					     .terminal = terminal};

	expect(s, MONITOR_HELLO, &ours, sizeof(ours));
	tell(s, MONITOR_HELLO, &theirs, sizeof(theirs));
}

struct start {
	bool pty, terminal; /* the user's stdio is a pty; the container has one */
	const char *keys;
	bool proxy;
};

static void child_start(struct session *s, const struct start *how, int socket_fd,
			int stdio[static 3], int signal_fd)
{
	struct pump_options o = PUMP_OPTIONS_INIT;

	/* Check has a handler of its own */
	signal(SIGTERM, SIG_DFL);
	if (how->pty) {
		setsid();
		ioctl(stdio[0], TIOCSCTTY, 0);
	}
	for (int i = 0; i < 3; i++)
		dup2(stdio[i], i);
	signal_fd = fcntl(signal_fd, F_DUPFD, 100);
	socket_fd = fcntl(socket_fd, F_DUPFD, 100);
	syscall(SYS_close_range, 3, 99, 0);
	o.detach_keys = how->keys;
	if (how->proxy) {
		o.forward_signal = forward;
		o.signal_arg = &signal_fd;
	}
	run_child(socket_fd, &o);
}

static void session_start(struct session *s, const struct start *how)
{
	int pair[2], stdio[3], signal_fd;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	s->monitor_fd = pair[0];
	make_pipe(&s->signal_fd, &signal_fd);
	if (how->pty) {
		struct winsize w = {.ws_col = 90, .ws_row = 30};

		ck_assert_int_eq(openpty(&s->in_fd, &stdio[0], NULL, NULL, &w), 0);
		stdio[1] = stdio[2] = stdio[0];
		s->out_fd = s->err_fd = s->in_fd;
	} else {
		make_pipe(&stdio[0], &s->in_fd);
		make_pipe(&s->out_fd, &stdio[1]);
		make_pipe(&s->err_fd, &stdio[2]);
	}
	s->pid = fork();
	ck_assert_int_ge(s->pid, 0);
	if (s->pid == 0)
		child_start(s, how, pair[1], stdio, signal_fd);
	close(pair[1]);
	close(signal_fd);
	close(stdio[0]);
	if (!how->pty) {
		close(stdio[1]);
		close(stdio[2]);
	}
	greet(s, how->terminal);
}

static int session_end(const struct session *s)
{
	int status;

	ck_assert_int_eq(waitpid(s->pid, &status, 0), s->pid);
	return proc_exit_code(status);
}

static void expect_text(int fd, const char *want)
{
	char text[256];
	size_t n = 0;

	while (n < strlen(want)) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		ssize_t r;

		ck_assert_msg(poll(&p, 1, 10000) == 1, "no \"%s\"", want);
		r = read(fd, text + n, sizeof(text) - 1 - n);
		ck_assert_int_gt(r, 0);
		n += (size_t)r;
	}
	text[n] = '\0';
	ck_assert_str_eq(text, want);
}

static void type(const struct session *s, const char *text)
{
	ck_assert_int_eq(write(s->in_fd, text, strlen(text)), (ssize_t)strlen(text));
}

START_TEST(test_pipes)
{
	const struct start how = {0};
	struct session s;

	session_start(&s, &how);
	type(&s, "to stdin\x10\x11");
	/* detach keys are keys only where there is a keyboard */
	expect(&s, MONITOR_STDIN, "to stdin\x10\x11", 10);
	tell(&s, MONITOR_STDOUT, "out", 3);
	tell(&s, MONITOR_STDERR, "err", 3);
	expect_text(s.out_fd, "out");
	expect_text(s.err_fd, "err");
	close(s.in_fd);
	expect(&s, MONITOR_STDIN_EOF, "", 0);
	tell(&s, MONITOR_STDOUT, "last", 4);
	tell_exit(&s);
	expect_text(s.out_fd, "last");
	ck_assert_int_eq(session_end(&s), ENDED);
}
END_TEST

START_TEST(test_monitor_gone)
{
	const struct start how = {0};
	struct session s;

	session_start(&s, &how);
	tell(&s, MONITOR_STDOUT, "x", 1);
	type(&s, "never read");
	usleep(50000);
	/* with unread input, which the other side hears of as ECONNRESET */
	close(s.monitor_fd);
	expect_text(s.out_fd, "x");
	ck_assert_int_eq(session_end(&s), LOST);
}
END_TEST

START_TEST(test_nobody_reads_the_output)
{
	const struct start how = {0};
	struct session s;

	session_start(&s, &how);
	close(s.out_fd);
	tell(&s, MONITOR_STDOUT, "x", 1);
	ck_assert_int_eq(session_end(&s), BROKEN_PIPE);
}
END_TEST

START_TEST(test_slow_output_loses_nothing)
{
	const struct start how = {0};
	unsigned char chunk[16000], got[16000];
	struct session s;
	size_t total = 0;
	pid_t reader;

	session_start(&s, &how);
	memset(chunk, 'z', sizeof(chunk));
	reader = fork();
	if (reader == 0) {
		ssize_t n;

		close(s.monitor_fd);
		usleep(200000);
		while ((n = read(s.out_fd, got, sizeof(got))) > 0)
			total += (size_t)n;
		_exit(total == 100 * sizeof(chunk) ? 0 : 1);
	}
	for (int i = 0; i < 100; i++)
		tell(&s, MONITOR_STDOUT, chunk, sizeof(chunk));
	tell_exit(&s);
	ck_assert_int_eq(session_end(&s), ENDED);
	s.pid = reader;
	ck_assert_int_eq(session_end(&s), 0);
}
END_TEST

START_TEST(test_signals)
{
	const struct start how = {.proxy = true};
	struct session s;
	unsigned char sig;

	session_start(&s, &how);
	/* the pump has taken the signals when it pumps */
	tell(&s, MONITOR_STDOUT, "up", 2);
	expect_text(s.out_fd, "up");
	for (int i = 0; i < 3; i++) {
		const int sent[] = {SIGTERM, SIGINT, SIGUSR1};

		kill(s.pid, sent[i]);
		ck_assert_int_eq(read(s.signal_fd, &sig, 1), 1);
		ck_assert_int_eq(sig, sent[i]);
	}
	tell_exit(&s);
	ck_assert_int_eq(session_end(&s), ENDED);
}
END_TEST

START_TEST(test_signals_are_ours)
{
	const struct start how = {0};
	struct session s;

	session_start(&s, &how);
	tell(&s, MONITOR_STDOUT, "up", 2);
	expect_text(s.out_fd, "up");
	kill(s.pid, SIGTERM);
	ck_assert_int_eq(session_end(&s), 128 + SIGTERM);
}
END_TEST

static bool is_raw(int fd)
{
	struct termios t;

	ck_assert_int_eq(tcgetattr(fd, &t), 0);
	return !(t.c_lflag & (ICANON | ECHO | ISIG));
}

START_TEST(test_terminal)
{
	const struct start how = {.pty = true, .terminal = true};
	struct monitor_resize size = {.columns = 90, .rows = 30};
	struct winsize w = {.ws_col = 50, .ws_row = 20};
	struct session s;

	session_start(&s, &how);
	expect(&s, MONITOR_RESIZE, &size, sizeof(size));
	ck_assert(is_raw(s.in_fd));
	/* every key as it is: no echo, no signal, no line */
	type(&s, "\x03");
	expect(&s, MONITOR_STDIN, "\x03", 1);
	ck_assert_int_eq(ioctl(s.in_fd, TIOCSWINSZ, &w), 0);
	size = (struct monitor_resize){.columns = 50, .rows = 20};
	expect(&s, MONITOR_RESIZE, &size, sizeof(size));
	/* the first key alone is held back, until it is clear that it is no sequence */
	type(&s, "\x10");
	usleep(50000);
	type(&s, "a");
	expect(&s, MONITOR_STDIN,
	       "\x10"
	       "a",
	       2);
	tell(&s, MONITOR_STDOUT, "a\r\n", 3);
	expect_text(s.out_fd, "a\r\n");
	type(&s, "b\x10\x11");
	expect(&s, MONITOR_STDIN, "b", 1);
	ck_assert_int_eq(session_end(&s), DETACHED);
	ck_assert(!is_raw(s.in_fd));
}
END_TEST

START_TEST(test_terminal_of_ours_only)
{
	const struct start how = {.pty = true, .keys = "x"};
	struct session s;

	session_start(&s, &how);
	tell(&s, MONITOR_STDOUT, "up", 2);
	expect_text(s.out_fd, "up");
	ck_assert(!is_raw(s.in_fd));
	type(&s, "x\n");
	ck_assert_int_eq(session_end(&s), DETACHED);
}
END_TEST

START_TEST(test_detach_while_the_monitor_takes_nothing)
{
	const struct start how = {.pty = true, .terminal = true};
	char keys[1000];
	struct session s;

	session_start(&s, &how);
	memset(keys, 'k', sizeof(keys) - 1);
	keys[sizeof(keys) - 1] = '\0';
	for (int i = 0; i < 40; i++) {
		type(&s, keys);
		usleep(1000);
	}
	type(&s, "\x10\x11");
	ck_assert_int_eq(session_end(&s), DETACHED);
}
END_TEST

START_TEST(test_stopped_and_continued)
{
	const struct start how = {.pty = true, .terminal = true};
	const struct monitor_resize size = {.columns = 90, .rows = 30};
	struct termios t;
	struct session s;

	session_start(&s, &how);
	expect(&s, MONITOR_RESIZE, &size, sizeof(size));
	kill(s.pid, SIGSTOP);
	usleep(50000);
	/* as a shell does */
	ck_assert_int_eq(tcgetattr(s.in_fd, &t), 0);
	t.c_lflag |= ICANON | ECHO | ISIG;
	ck_assert_int_eq(tcsetattr(s.in_fd, TCSANOW, &t), 0);
	kill(s.pid, SIGCONT);
	expect(&s, MONITOR_RESIZE, &size, sizeof(size));
	ck_assert(is_raw(s.in_fd));
	tell_exit(&s);
	ck_assert_int_eq(session_end(&s), ENDED);
	ck_assert(!is_raw(s.in_fd));
}
END_TEST

START_TEST(test_greeting)
{
	static const struct {
		uint32_t protocol;
		bool silent;
		enum error_kind kind;
	} cases[] = {{MONITOR_PROTOCOL + 1, false, ERR_UNSUPPORTED},
		     {0, true, ERR_UNAVAILABLE}};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct pump_options o = {-EBADF, -EBADF, -EBADF};
		const struct monitor_hello hello = {.protocol = cases[i].protocol};
		struct attach_result result;
		struct error err = ERROR_INIT;
		struct session s;
		int pair[2];

		ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
		s.monitor_fd = pair[0];
		if (!cases[i].silent)
			tell(&s, MONITOR_HELLO, &hello, sizeof(hello));
		shutdown(pair[0], SHUT_WR);
		ck_assert_int_lt(attach_run(pair[1], &o, &result, &err), 0);
		ck_assert_int_eq(err.kind, cases[i].kind);
		ck_assert_ptr_nonnull(err.hint);
		error_release(&err);
	}
}
END_TEST

START_TEST(test_connect)
{
	struct error err = ERROR_INIT;
	int dirfd = unit_dirfd();

	ck_assert_int_lt(attach_connect(dirfd, &err), 0);
	ck_assert_int_eq(err.kind, ERR_CONFLICT);
	error_release(&err);
}
END_TEST

START_TEST(test_acknowledge)
{
	struct session s;
	int pair[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	s.monitor_fd = pair[0];
	ck_assert_int_eq(attach_acknowledge(pair[1]), 0);
	expect(&s, MONITOR_EXIT_ACK, "", 0);
	close(pair[0]);
	ck_assert_int_eq(attach_acknowledge(pair[1]), -EPIPE);
}
END_TEST

/* A shell on a pty of its own. */
static pid_t shell_start(const char *script, int *ret_master)
{
	pid_t pid = forkpty(ret_master, NULL, NULL, NULL);

	if (pid == 0) {
		execl("/bin/sh", "sh", "-c", script, NULL);
		_exit(127);
	}
	ck_assert_int_gt(pid, 0);
	return pid;
}

static void check_console(const char *script, const char *input, const char *want)
{
	struct pump_options o = PUMP_OPTIONS_INIT;
	struct error err = ERROR_INIT;
	bool detached = true;
	int master, pid_fd, out_fd, in_fd;
	pid_t pid = shell_start(script, &master);

	pid_fd = (int)syscall(SYS_pidfd_open, pid, 0);
	make_pipe(&o.stdin_fd, &in_fd);
	make_pipe(&out_fd, &o.stdout_fd);
	ck_assert_int_eq(write(in_fd, input, strlen(input)), (ssize_t)strlen(input));
	close(in_fd);
	ck_assert_ok(console_run(master, pid_fd, &o, &detached, &err), &err);
	ck_assert(!detached);
	close(o.stdout_fd);
	expect_text(out_fd, want);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
}

START_TEST(test_console)
{
	check_console("read x; echo got $x", "word\n", "word\r\ngot word\r\n");
	/* all of it, although the process is long gone */
	check_console("seq 1 20", "",
		      "1\r\n2\r\n3\r\n4\r\n5\r\n6\r\n7\r\n8\r\n9\r\n10\r\n11\r\n12\r\n13"
		      "\r\n14\r\n15\r\n16\r\n17\r\n18\r\n19\r\n20\r\n");
	/* end of file is typed */
	check_console("stty -echo; cat; echo over", "", "over\r\n");
	/* a survivor that keeps the terminal is not waited for */
	check_console("trap '' HUP; sleep 5 & echo first", "", "first\r\n");
	/* nor is the terminal given up while the process has closed it */
	check_console(
		"exec 3>$(tty) >&- <&- 2>&-; exec 4>&3 3>&-; sleep 0.2; echo late >&4",
		"", "late\r\n");
}
END_TEST

UNIT_MAIN("attach", test_pipes, test_monitor_gone, test_nobody_reads_the_output,
	  test_slow_output_loses_nothing, test_signals, test_signals_are_ours,
	  test_terminal, test_terminal_of_ours_only,
	  test_detach_while_the_monitor_takes_nothing, test_stopped_and_continued,
	  test_greeting, test_connect, test_acknowledge, test_console)
