/* SPDX-License-Identifier: Apache-2.0 */
/* Events as text, and the file of them. */
#include <sys/wait.h>

#include "engine/event_file.h"
#include "engine/event_filter.h"
#include "engine/event_journal.h"
#include "engine/event_lines.h"
#include "engine/event_text.h"
#include "unit.h"
#include "util/buf.h"
#include "util/mem.h"
#include "util/str.h"

static const char *const labels[] = {"a=b=c", "empty=", "quote=\"\n", NULL};

static const struct event died = {
	.type = EVENT_CONTAINER,
	.status = EVENT_DIED,
	.time_usec = 1764226973123456,
	.id = "0123456789abcdef",
	.name = "web",
	.image = "localhost/web:1",
	.has_exit_code = true,
	.exit_code = 137,
	.attributes = (char *const *)labels,
};

START_TEST(test_words)
{
	for (int i = 0; i < EVENT_STATUSES; i++) {
		enum event_status status;

		ck_assert_ptr_nonnull(event_status_word((enum event_status)i));
		ck_assert_int_eq(
			event_status_parse(event_status_word((enum event_status)i),
					   &status),
			0);
		ck_assert_int_eq((int)status, i);
	}
	for (int i = 0; i < EVENT_TYPES; i++) {
		enum event_type type;

		ck_assert_int_eq(
			event_type_parse(event_type_word((enum event_type)i), &type), 0);
		ck_assert_int_eq((int)type, i);
	}
	{
		enum event_status status;
		enum event_backend backend;

		ck_assert_int_eq(event_status_parse("dead", &status), -EINVAL);
		ck_assert_int_eq(event_backend_parse("journald", &backend), 0);
		ck_assert_int_eq(event_backend_parse("", &backend), -EINVAL);
	}
}
END_TEST

START_TEST(test_round_trip)
{
	cleanup_free char *text = event_text(&died);
	cleanup_past_event struct past_event past = {0};
	cleanup_error struct error err = ERROR_INIT;

	ck_assert_ptr_null(strchr(text, '\n'));
	ck_assert_int_eq(event_text_parse(text, strlen(text), &past, &err), 0);
	ck_assert_int_eq((int)past.event.type, (int)died.type);
	ck_assert_int_eq((int)past.event.status, (int)died.status);
	ck_assert_int_eq(past.event.time_usec, died.time_usec);
	ck_assert_str_eq(past.event.id, died.id);
	ck_assert_str_eq(past.event.name, died.name);
	ck_assert_str_eq(past.event.image, died.image);
	ck_assert(past.event.has_exit_code);
	ck_assert_int_eq(past.event.exit_code, died.exit_code);
	for (size_t i = 0; i < ARRAY_SIZE(labels); i++)
		ck_assert_pstr_eq(past.event.attributes[i], labels[i]);
}
END_TEST

START_TEST(test_refused)
{
	static const char *const bad[] = {
		"",
		"{",
		"[]",
		"{}",
		"{\"Type\":\"container\",\"Status\":\"died\"}",
		"{\"Type\":\"x\",\"Status\":\"died\",\"Time\":\"2026-01-01T00:00:00Z\"}",
		"{\"Type\":\"container\",\"Status\":\"x\",\"Time\":\"2026-01-01T00:00:00Z\"}",
		("{\"Type\":\"container\",\"Status\":\"died\",\"Time\":\"2026-01-01T00:00:00Z\","
		 "\"ContainerExitCode\":99999999999}"),
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		cleanup_past_event struct past_event past = {0};
		cleanup_error struct error err = ERROR_INIT;

		ck_assert_int_eq(event_text_parse(bad[i], strlen(bad[i]), &past, &err),
				 -EBADMSG);
		ck_assert(error_is_set(&err));
	}
}
END_TEST

START_TEST(test_too_long)
{
	cleanup_free char *value = xmalloc(EVENT_TEXT_MAX + 3), *text = NULL;
	char *attributes[] = {value, NULL};
	struct event ev = died;

	memset(value, 'x', EVENT_TEXT_MAX + 2);
	value[1] = '=';
	value[EVENT_TEXT_MAX + 2] = '\0';
	ev.attributes = attributes;
	text = event_text(&ev);
	ck_assert_uint_lt(strlen(text), 1000);
}
END_TEST

static char *containers_dir(int *ret_fd)
{
	char *path = fs_join(unit_dir(), "containers");

	ck_assert_int_eq(mkdir(path, 0700), 0);
	*ret_fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(*ret_fd, 0);
	return path;
}

static size_t count_events(int dirfd, const char *file)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_free char *text = NULL;
	size_t len, n = 0;

	if (fs_read(dirfd, file, 4 * EVENT_FILE_MAX, &text, &len, &err) < 0) {
		ck_assert_int_eq(err.code, ENOENT);
		return 0;
	}
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		cleanup_past_event struct past_event past = {0};
		cleanup_error struct error bad = ERROR_INIT;

		n += event_text_parse(line, strlen(line), &past, &bad) == 0;
	}
	return n;
}

/* What a writer that was killed has left spoils no other's event. */
START_TEST(test_torn)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_fd int dirfd = -EBADF, fd = -EBADF;
	cleanup_free char *path _unused_ = containers_dir(&dirfd);

	ck_assert_int_eq(event_file_append(dirfd, &died, EVENT_FILE_MAX, &err), 0);
	fd = openat(dirfd, "../" EVENT_FILE, O_WRONLY | O_APPEND | O_CLOEXEC);
	ck_assert_int_eq(write(fd, "\n{\"ID\":\"01", 10), 10);
	ck_assert_int_eq(event_file_append(dirfd, &died, EVENT_FILE_MAX, &err), 0);
	ck_assert_uint_eq(count_events(dirfd, "../" EVENT_FILE), 2);
}
END_TEST

/* Several at once: nothing is lost but with the oldest file, and there are only two. */
START_TEST(test_rotation)
{
	enum { WRITERS = 4, EACH = 1500 };
	cleanup_fd int dirfd = -EBADF;
	cleanup_free char *path _unused_ = containers_dir(&dirfd);
	struct stat st;
	size_t n;

	for (int i = 0; i < WRITERS; i++) {
		if (fork() != 0)
			continue;
		for (int j = 0; j < EACH; j++) {
			cleanup_error struct error err = ERROR_INIT;

			if (event_file_append(dirfd, &died, EVENT_FILE_MAX, &err) < 0)
				_exit(1);
		}
		_exit(0);
	}
	for (int i = 0; i < WRITERS; i++) {
		int status;

		ck_assert_int_gt(wait(&status), 0);
		ck_assert_int_eq(status, 0);
	}
	n = count_events(dirfd, "../" EVENT_FILE) +
	    count_events(dirfd, "../" EVENT_FILE_OLD);
	ck_assert_uint_eq(n, WRITERS * EACH);
	ck_assert_int_eq(fstatat(dirfd, "../" EVENT_FILE_OLD, &st, 0), 0);
	ck_assert_int_lt(st.st_size, EVENT_FILE_MAX + 10000);
}
END_TEST

static const struct event pulled = {
	.type = EVENT_IMAGE,
	.status = EVENT_PULL,
	.id = "fedcba9876543210",
	.name = "debian:12",
};

START_TEST(test_filters)
{
	static const struct {
		const char *filters[4];
		bool died, pulled;
	} cases[] = {
		{{NULL}, true, true},
		{{"container=web"}, true, false},
		{{"container=0123"}, true, false},
		{{"container=123"}, false, false},
		{{"container="}, false, false},
		{{"image=debian:12"}, false, true},
		{{"image=fedc"}, false, true},
		{{"image=localhost/web:1"}, false, false},
		{{"event=died"}, true, false},
		{{"status=die"}, true, false},
		{{"event=pull", "event=died"}, true, true},
		{{"event=pull", "type=container"}, false, false},
		{{"TYPE=image"}, false, true},
		{{"label=a"}, true, false},
		{{"label=a=b=c"}, true, false},
		{{"label=a=b"}, false, false},
		{{"label=empty="}, true, false},
		{{"label=emp"}, false, false},
		{{"pod=x"}, false, false},
		{{"volume=web"}, false, false},
	};
	static const char *const bad[] = {"colour=red", "event", "", "=x"};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *const *filters = (char *const *)cases[i].filters;
		cleanup_error struct error err = ERROR_INIT;

		ck_assert_int_eq(event_filter_check(filters, &err), 0);
		ck_assert_msg(event_filter_matches(filters, &died) == cases[i].died,
			      "case %zu", i);
		ck_assert_msg(event_filter_matches(filters, &pulled) == cases[i].pulled,
			      "case %zu", i);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		const char *const filters[] = {bad[i], NULL};
		cleanup_error struct error err = ERROR_INIT;

		ck_assert_int_lt(event_filter_check((char *const *)filters, &err), 0);
	}
}
END_TEST

static int add_line(void *data, const char *line, size_t len, struct error *err)
{
	(void)err;
	strv_add_take((char ***)data, xstrndup(line, len));
	return 0;
}

/* Lines as they come, in pieces, with one that is too long. */
START_TEST(test_lines)
{
	cleanup_event_lines struct event_lines lines = EVENT_LINES_INIT;
	cleanup_error struct error err = ERROR_INIT;
	cleanup_strv char **got = NULL;
	cleanup_free char *path = fs_join(unit_dir(), "lines"), *joined = NULL;
	cleanup_free char *big = xcalloc(1, 2 * EVENT_LINE_MAX);
	cleanup_fd int out_fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	memset(big, 'x', 2 * EVENT_LINE_MAX - 1);
	lines.fd = open(path, O_RDONLY | O_CLOEXEC);
	ck_assert_int_eq(dprintf(out_fd, "\none\n\ntw"), 8);
	ck_assert_int_eq(event_lines_read(&lines, add_line, &got, &err), 1);
	ck_assert_int_eq((int)strv_len(got), 1);
	ck_assert_int_eq(dprintf(out_fd, "o\n"), 2);
	ck_assert_int_eq(dprintf(out_fd, "%s", big), 2 * EVENT_LINE_MAX - 1);
	ck_assert_int_eq(event_lines_read(&lines, add_line, &got, &err), 1);
	ck_assert_int_eq(dprintf(out_fd, "%s\nthree\n", big), 2 * EVENT_LINE_MAX + 6);
	ck_assert_int_eq(event_lines_read(&lines, add_line, &got, &err), 1);
	joined = strv_join(got, ",");
	ck_assert_str_eq(joined, "one,two,three");
}
END_TEST

static bool has(const struct buf *b, const char *part, size_t len)
{
	return memmem(b->data, b->len, part, len) != NULL;
}

START_TEST(test_journal)
{
	cleanup_buf struct buf message = {0};
	struct event ev = died;

	buf_init(&message, 4096);
	ev.name = "two\nlines";
	ev.attributes = NULL;
	ck_assert_int_eq(event_journal_message(&ev, &message), 0);
	ck_assert(has(&message, "\nCUBBY_EVENT=died\n", 18));
	ck_assert(has(&message, "\nCUBBY_IMAGE=localhost/web:1\n", 29));
	ck_assert(has(&message, "\nCUBBY_NAME\n\x09\0\0\0\0\0\0\0two\nlines\n", 30));
}
END_TEST

UNIT_MAIN("event", test_words, test_round_trip, test_refused, test_too_long, test_torn,
	  test_rotation, test_filters, test_lines, test_journal)
