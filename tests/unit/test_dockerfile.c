/* SPDX-License-Identifier: Apache-2.0 */
#include "build/dockerfile.h"

#include "unit.h"
#include "util/buf.h"
#include "util/str.h"

/* An instruction in one line: KIND@LINE-LAST --flag=value|... {args|...} <NAME:content>, [] for the exec form. */
static void dump_instruction(const struct instruction *i, struct buf *b)
{
	buf_printf(b, "%s@%u", instruction_word(i->kind), i->line);
	if (i->last_line != i->line)
		buf_printf(b, "-%u", i->last_line);
	for (size_t k = 0; k < i->n_flags; k++)
		buf_printf(b, " --%s%s%s", i->flags[k].name, i->flags[k].value ? "=" : "",
			   i->flags[k].value ? i->flags[k].value : "");
	buf_printf(b, " %c", i->is_exec ? '[' : '{');
	for (size_t k = 0; k < i->n_args; k++)
		buf_printf(b, "%s%s", k ? "|" : "", i->args[k]);
	buf_printf(b, "%c", i->is_exec ? ']' : '}');
	for (size_t k = 0; k < i->n_heredocs; k++)
		buf_printf(b, " <%s%s:%s>", i->heredocs[k].name,
			   i->heredocs[k].expands ? "$" : "", i->heredocs[k].content);
	buf_add_str(b, "\n");
}

static char *dump(const struct dockerfile *d)
{
	struct buf b;

	buf_init(&b, 1 << 20);
	for (size_t i = 0; i < d->n; i++) {
		ck_assert_uint_eq(strv_len(d->items[i].args), d->items[i].n_args);
		dump_instruction(&d->items[i], &b);
	}
	return buf_take(&b);
}

struct parse_case {
	const char *text, *want;
};

/* Each begins with FROM scratch, whose line is not in want. */
static void check(const struct parse_case *c, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct error err = ERROR_INIT;
		struct dockerfile *d = NULL;
		char text[4096];

		snprintf(text, sizeof(text), "FROM scratch\n%s", c[i].text);
		int r = dockerfile_parse(text, strlen(text), "Dockerfile", &d, &err);
		ck_assert_msg(r == 0, "%s: %s", c[i].text, err.text);
		char *got = dump(d);
		ck_assert_msg(strncmp(got, "FROM@1 {scratch}\n", 17) == 0, "%s", got);
		ck_assert_str_eq(got + 17, c[i].want);
		free(got);
		dockerfile_free(d);
	}
}

START_TEST(test_run)
{
	static const struct parse_case cases[] = {
		{"RUN true", "RUN@2 {true}\n"},
		{"run  a   b  ", "RUN@2 {a   b}\n"},
		{"  RUN\ta", "RUN@2 {a}\n"},
		{"RUN [\"a\", \"b c\"]", "RUN@2 [a|b c]\n"},
		{"RUN [ \"a\" , \"\\u00e9\\n\" ]", "RUN@2 [a|\xc3\xa9\n]\n"},
		{"RUN ['a']", "RUN@2 {['a']}\n"},
		{"RUN [ -f x ] && y", "RUN@2 {[ -f x ] && y}\n"},
		{"RUN [a", "RUN@2 {[a}\n"},
		{"RUN [\"a\" \"b\"]", "RUN@2 {[\"a\" \"b\"]}\n"},
		{"RUN [\"a\",]", "RUN@2 {[\"a\",]}\n"},
		{"RUN [\"a]\"]", "RUN@2 [a]]\n"},
		{"RUN --mount=type=cache,target=/a --mount=\"type=bind,target=/b c\" "
		 "--network=none x --y",
		 "RUN@2 --mount=type=cache,target=/a --mount=type=bind,target=/b c "
		 "--network=none {x --y}\n"},
		{"RUN -- --x", "RUN@2 {--x}\n"},
		{"RUN echo --mount=x", "RUN@2 {echo --mount=x}\n"},
		/* lines */
		{"RUN a \\\n  b \\\n c", "RUN@2-4 {a   b  c}\n"},
		{"RUN a \\  \n b", "RUN@2-3 {a  b}\n"},
		{"RUN a \\\n# comment\n\n  # another \\\n b\nRUN c",
		 "RUN@2-6 {a  b}\nRUN@7 {c}\n"},
		{"RUN a \\\\\nRUN b", "RUN@2 {a \\\\}\nRUN@3 {b}\n"},
		{"RUN a \\", "RUN@2 {a}\n"},
		{"RUN a \\\n", "RUN@2 {a}\n"},
		{"\\\nRUN a", "RUN@3 {a}\n"},
		{"RU\\\nN a", "RUN@2-3 {a}\n"},
		{"RUN a # no comment", "RUN@2 {a # no comment}\n"},
		{"# RUN a\n\n \t\n   # x\nRUN b", "RUN@6 {b}\n"},
		{"RUN a\r\nRUN b \\\r\n c\r\n", "RUN@2 {a}\nRUN@3-4 {b  c}\n"},
		{"# escape=`\nRUN a \\\n b", "RUN@3-4 {a  b}\n"},
	};

	check(cases, ARRAY_SIZE(cases));
}
END_TEST

START_TEST(test_heredocs)
{
	static const struct parse_case cases[] = {
		{"RUN <<EOF\na\n b\nEOF\nRUN c",
		 "RUN@2-5 {<<EOF} <EOF$:a\n b\n>\nRUN@6 {c}\n"},
		{"RUN <<EOF\nEOF", "RUN@2-3 {<<EOF} <EOF$:>\n"},
		{"RUN <<'EOF' cat\n$a\nEOF", "RUN@2-4 {<<'EOF' cat} <EOF:$a\n>\n"},
		{"RUN <<\"E F\"\na\nE F", "RUN@2-4 {<<\"E F\"} <E F:a\n>\n"},
		{"RUN <<-EOF\n\ta\n\t\tb\n c\n\tEOF",
		 "RUN@2-6 {<<-EOF} <EOF$:a\nb\n c\n>\n"},
		{"RUN <<EOF\n EOF\n# c\na \\\nEOF\n",
		 "RUN@2-6 {<<EOF} <EOF$: EOF\n# c\na \\\n>\n"},
		{"RUN cat <<A 3<<B\na\nA\nb\nB",
		 "RUN@2-6 {cat <<A 3<<B} <A$:a\n> <B$:b\n>\n"},
		{"RUN cat <<A > x; \\\n cat <<B\na\nA\nb\nB",
		 "RUN@2-7 {cat <<A > x;  cat <<B} <A$:a\n> <B$:b\n>\n"},
		{"RUN <<EOF\r\na\r\nEOF\r\nRUN b",
		 "RUN@2-4 {<<EOF} <EOF$:a\n>\nRUN@5 {b}\n"},
		{"RUN echo $((1 << 2)) a<<b <<<c '<<d'",
		 "RUN@2 {echo $((1 << 2)) a<<b <<<c '<<d'}\n"},
		{"RUN [\"a\", \"<<EOF\"]", "RUN@2 [a|<<EOF]\n"},
		{"COPY <<EOF /x\na\nEOF", "COPY@2-4 {<<EOF|/x} <EOF$:a\n>\n"},
		{"COPY <<EOF /x\r\na\r\nEOF\r\n", "COPY@2-4 {<<EOF|/x} <EOF$:a\r\n>\n"},
		{"COPY --chown=1:1 <<-\"A\" b <<B /x/\n\ta\nA\nb\nB",
		 "COPY@2-6 --chown=1:1 {<<A|b|<<B|/x/} <A:a\n> <B$:b\n>\n"},
		{"COPY <<\"A B\" /x\na\nA B", "COPY@2-4 {<<A B|/x} <A B:a\n>\n"},
		{"ADD <<EOF /x\na\nEOF", "ADD@2-4 {<<EOF|/x} <EOF$:a\n>\n"},
		{"COPY <<E /x\n\xff\nE", "COPY@2-4 {<<E|/x} <E$:\xff\n>\n"},
		{"COPY <<E /x\nit's ${a:?b}\nE",
		 "COPY@2-4 {<<E|/x} <E$:it's ${a:?b}\n>\n"},
		{"COPY <<'E' /x\n${a\nE", "COPY@2-4 {<<E|/x} <E:${a\n>\n"},
		{"RUN <<E\n${a\nE", "RUN@2-4 {<<E} <E$:${a\n>\n"},
		{"CMD <<EOF", "CMD@2 {<<EOF}\n"},
		{"ONBUILD RUN <<EOF\na\nEOF\nRUN b",
		 "ONBUILD@2-4 {RUN <<EOF\na\nEOF}\nRUN@5 {b}\n"},
	};

	check(cases, ARRAY_SIZE(cases));
}
END_TEST

START_TEST(test_pairs)
{
	static const struct parse_case cases[] = {
		{"ENV a=b", "ENV@2 {a=b}\n"},
		{"ENV a=b c=\"d e\" f=g\\ h i='j k' l=\"m\\\"n\"",
		 "ENV@2 {a=b|c=\"d e\"|f=g\\ h|i='j k'|l=\"m\\\"n\"}\n"},
		{"ENV a b  c", "ENV@2 {a=b  c}\n"},
		{"ENV a=", "ENV@2 {a=}\n"},
		{"ENV a b=c", "ENV@2 {a=b=c}\n"},
		{"ENV a=b \\\n    c=d", "ENV@2-3 {a=b|c=d}\n"},
		{"LABEL \"com.example key\"=\"v\" x=",
		 "LABEL@2 {\"com.example key\"=\"v\"|x=}\n"},
		{"LABEL a b", "LABEL@2 {a=b}\n"},
		{"ARG a", "ARG@2 {a}\n"},
		{"ARG a b=c d=\"e f\"", "ARG@2 {a|b=c|d=\"e f\"}\n"},
		{"ARG a=", "ARG@2 {a=}\n"},
	};

	check(cases, ARRAY_SIZE(cases));
}
END_TEST

START_TEST(test_others)
{
	static const struct parse_case cases[] = {
		{"COPY a b /c", "COPY@2 {a|b|/c}\n"},
		{"COPY [\"a b\", \"/c\"]", "COPY@2 [a b|/c]\n"},
		{"COPY --from=x --link --chmod=755 --exclude=*.a --exclude=b --parents=false a /",
		 "COPY@2 --from=x --link --chmod=755 --exclude=*.a --exclude=b "
		 "--parents=false {a|/}\n"},
		{"COPY --chown=$u:$g a /", "COPY@2 --chown=$u:$g {a|/}\n"},
		{"USER ${x:?there is no user}", "USER@2 {${x:?there is no user}}\n"},
		{"COPY \"a\" 'b' c", "COPY@2 {\"a\"|'b'|c}\n"},
		{"ADD --checksum=sha256:a --keep-git-dir=true --unpack https://x/y /z",
		 "ADD@2 --checksum=sha256:a --keep-git-dir=true --unpack {https://x/y|/z}\n"},
		{"CMD a b", "CMD@2 {a b}\n"},
		{"CMD [\"a\"]", "CMD@2 [a]\n"},
		{"CMD []", "CMD@2 []\n"},
		{"CMD", "CMD@2 []\n"},
		{"ENTRYPOINT", "ENTRYPOINT@2 []\n"},
		{"ENTRYPOINT [\"a\"] # b", "ENTRYPOINT@2 [a]\n"},
		{"EXPOSE 80 443/tcp $x", "EXPOSE@2 {80|443/tcp|$x}\n"},
		{"FROM a AS Build-1.x_", "FROM@2 {a|build-1.x_}\n"},
		{"FROM --platform=$BUILDPLATFORM a:b@sha256:c as b",
		 "FROM@2 --platform=$BUILDPLATFORM {a:b@sha256:c|b}\n"},
		{"HEALTHCHECK NONE", "HEALTHCHECK@2 {NONE}\n"},
		{"HEALTHCHECK none", "HEALTHCHECK@2 {NONE}\n"},
		{"HEALTHCHECK --interval=5m --timeout=3s --start-period=0s --start-interval=1ms "
		 "--retries=3 cmd curl -f x || exit 1",
		 "HEALTHCHECK@2 --interval=5m --timeout=3s --start-period=0s "
		 "--start-interval=1ms --retries=3 {CMD|curl -f x || exit 1}\n"},
		{"HEALTHCHECK CMD [\"a\", \"b\"]", "HEALTHCHECK@2 [CMD|a|b]\n"},
		{"MAINTAINER Jos\xe9 <j@\xff>",
		 "MAINTAINER@2 {Jos\xef\xbf\xbd <j@\xef\xbf\xbd>}\n"},
		{"MAINTAINER Jane Doe <j@d>", "MAINTAINER@2 {Jane Doe <j@d>}\n"},
		{"ONBUILD RUN a \\\n b", "ONBUILD@2-3 {RUN a  b}\n"},
		{"ONBUILD copy --from=a b c", "ONBUILD@2 {copy --from=a b c}\n"},
		{"SHELL [\"/bin/bash\", \"-c\"]", "SHELL@2 [/bin/bash|-c]\n"},
		{"STOPSIGNAL $x", "STOPSIGNAL@2 {$x}\n"},
		{"USER a:b", "USER@2 {a:b}\n"},
		{"VOLUME /a /b", "VOLUME@2 {/a|/b}\n"},
		{"VOLUME [\"/a b\"]", "VOLUME@2 [/a b]\n"},
		{"WORKDIR /a b ", "WORKDIR@2 {/a b}\n"},
	};

	check(cases, ARRAY_SIZE(cases));
}
END_TEST

START_TEST(test_begin)
{
	static const struct {
		const char *text, *want, *syntax;
		char escape;
	} cases[] = {
		{"\xef\xbb\xbf"
		 "FROM a",
		 "FROM@1 {a}\n", NULL, '\\'},
		{"\xef\xbb\xbf# escape=`\r\nFROM a `\r\n AS b", "FROM@2-3 {a|b}\n", NULL,
		 '`'},
		{"# syntax=docker/dockerfile:1\n# escape = \\\n#check=skip=all\nFROM a",
		 "FROM@4 {a}\n", "docker/dockerfile:1", '\\'},
		{"#SYNTAX=x\n  #Escape=`\nFROM a", "FROM@3 {a}\n", "x", '`'},
		{"# a comment\n# escape=`\nFROM a \\\n AS b", "FROM@3-4 {a|b}\n", NULL,
		 '\\'},
		{"# unknown=x\n# escape=`\nFROM a", "FROM@3 {a}\n", NULL, '\\'},
		{"\n# escape=`\nFROM a", "FROM@3 {a}\n", NULL, '\\'},
		{"# escape=\nFROM a", "FROM@2 {a}\n", NULL, '\\'},
		{"#!/usr/bin/cubby build\nFROM a", "FROM@2 {a}\n", NULL, '\\'},
		{"ARG v=1\nARG w\nFROM a:$v", "ARG@1 {v=1}\nARG@2 {w}\nFROM@3 {a:$v}\n",
		 NULL, '\\'},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct error err = ERROR_INIT;
		struct dockerfile *d = NULL;

		ck_assert_ok(dockerfile_parse(cases[i].text, strlen(cases[i].text), "D",
					      &d, &err),
			     &err);
		char *got = dump(d);
		ck_assert_str_eq(got, cases[i].want);
		ck_assert_pstr_eq(d->syntax, cases[i].syntax);
		ck_assert_int_eq(d->escape, cases[i].escape);
		free(got);
		dockerfile_free(d);
	}
}
END_TEST

static const struct {
	const char *text, *message, *hint; /* hint: its last line */
} refused[] = {
	{"", "D has no instructions",
	 "Begin with FROM IMAGE; FROM scratch begins with nothing"},
	{"# x\n", "D has no instructions", NULL},
	{"ARG a", "D has no FROM", NULL},
	{"RUN a\nFROM b", "D:1:1: RUN stands before the first FROM",
	 "Only ARG can: begin with FROM IMAGE"},
	{"FROM a\nRNU b", "D:2:1: unknown instruction \"RNU\"", "Did you mean RUN?"},
	{"FROM a\n  CPPY b", "D:2:3: unknown instruction \"CPPY\"", "Did you mean COPY?"},
	{"FROM a\nRUN x\n  --y", "D:3:3: unknown instruction \"--y\"",
	 "If it belongs to the instruction above: that line must end with \\"},
	{"FROM", "D:1:5: FROM needs an image", "For example: FROM debian:12"},
	{"FROM a b", "D:1:8: behind FROM's image stands AS and a name, if any",
	 "For example: FROM a AS build"},
	{"FROM a AS", "D:1:8: AS needs a name", NULL},
	{"FROM a AS b c", "D:1:13: nothing can follow the stage's name", NULL},
	{"FROM a AS 1b", "D:1:11: \"1b\" is no name of a stage", NULL},
	{"FROM a AS b/c", "D:1:11: \"b/c\" is no name of a stage", NULL},
	{"FROM --plattform=x a", "D:1:6: FROM has no flag --plattform",
	 "Did you mean --platform?"},
	{"FROM --platform a", "D:1:6: --platform needs a value",
	 "The value follows an equals sign: --platform=VALUE"},
	{"FROM a\nCOPY --link=maybe a b", "D:2:6: --link is true or false, not \"maybe\"",
	 NULL},
	{"FROM a\nCOPY --chown=a --chown=b c d", "D:2:16: --chown stands here twice",
	 NULL},
	{"FROM a\nCOPY --mount=a b c", "D:2:6: COPY has no flag --mount",
	 "COPY has: --from --chown --chmod --link --parents --exclude"},
	{"FROM a\nCMD --version", "D:2:5: CMD has no flag --version",
	 "As a word of the command: CMD [\"--version\"]"},
	{"FROM a\nUSER --x", "D:2:6: USER has no flag --x", "USER has no flags"},
	{"FROM a\nCOPY a",
	 "D:2:6: COPY needs a source and a destination, this is only one", NULL},
	{"FROM a\nCOPY", "D:2:5: COPY needs a source and a destination",
	 "For example: COPY src/ /app/"},
	{"FROM a\nCOPY a <<E\nE", "D:2:8: a heredoc is no destination", NULL},
	{"FROM a\nRUN", "D:2:4: RUN needs a command", NULL},
	{"FROM a\nRUN []", "D:2:5: RUN needs a command", NULL},
	{"FROM a\nRUN [\"a\", 1]", "D:2:5: the exec form has texts only, not 1", NULL},
	{"FROM a\nRUN a \\\n  <<EOF\nb\n",
	 "D:3:3: the heredoc has no end: no line is \"EOF\" alone", NULL},
	{"FROM a\nENV", "D:2:4: ENV needs a name", NULL},
	{"FROM a\nENV a", "D:2:5: ENV needs a name and a value",
	 "For example: ENV a=value"},
	{"FROM a\nENV a=b c", "D:2:9: \"c\" has no =", NULL},
	{"FROM a\nENV =b", "D:2:5: there is no name before the =", NULL},
	{"FROM a\nARG a =b", "D:2:7: there is no name before the =", NULL},
	{"FROM a\nEXPOSE", "D:2:7: EXPOSE needs a port", NULL},
	{"FROM a\nVOLUME []", "D:2:8: VOLUME needs a path", NULL},
	{"FROM a\nVOLUME [\"\"]", "D:2:8: VOLUME has an empty element", NULL},
	{"FROM a\nSHELL /bin/sh", "D:2:7: SHELL needs its words as an array of JSON",
	 NULL},
	{"FROM a\nSHELL []", "D:2:7: SHELL needs its words as an array of JSON", NULL},
	{"FROM a\nWORKDIR", "D:2:8: WORKDIR needs an argument",
	 "For example: WORKDIR /app"},
	{"FROM a\nHEALTHCHECK", "D:2:12: HEALTHCHECK needs CMD and a command, or NONE",
	 NULL},
	{"FROM a\nHEALTHCHECK NONE x", "D:2:18: nothing can follow NONE", NULL},
	{"FROM a\nHEALTHCHECK CMD", "D:2:16: HEALTHCHECK needs a command behind CMD",
	 NULL},
	{"FROM a\nHEALTHCHECK curl x", "D:2:13: HEALTHCHECK is followed by CMD or NONE",
	 "For example: HEALTHCHECK CMD curl"},
	{"FROM a\nHEALTHCHECK --interval=5 CMD x",
	 "D:2:13: --interval is a duration, not \"5\"", "For example: --interval=1m30s"},
	{"FROM a\nHEALTHCHECK --timeout=1us CMD x", "D:2:13: --timeout is at least 1ms",
	 NULL},
	{"FROM a\nHEALTHCHECK --retries=x CMD x",
	 "D:2:13: --retries is a number, not \"x\"", NULL},
	{"FROM a\nONBUILD", "D:2:8: ONBUILD needs an instruction", NULL},
	{"FROM a\nONBUILD FROM b", "D:2:9: FROM can't stand in ONBUILD", NULL},
	{"FROM a\nONBUILD ONBUILD RUN b", "D:2:9: ONBUILD can't stand in ONBUILD", NULL},
	{"FROM a\nONBUILD RNUN b", "D:2:9: unknown instruction \"RNUN\"",
	 "Did you mean RUN?"},
	{"FROM a\nONBUILD COPY \\\n --form=x b c", "D:3:2: COPY has no flag --form",
	 "Did you mean --from?"},
	{"FROM a\nENV a=b c=\"d", "D:2:9: the double quote has no end", NULL},
	{"FROM a\nENV a=it's b=c", "D:2:5: the single quote has no end", NULL},
	{"FROM a\nENV a b's", "D:2:5: the single quote has no end", NULL},
	{"FROM a\nCOPY \"a b\" c", "D:2:6: the double quote has no end",
	 "Blanks end a word here, quotes or not: what has blanks stands in an array: COPY "
	 "[\"a b\", \"c\"]"},
	{"FROM a\nEXPOSE 80 ${x:-81 82}", "D:2:11: ${ has no }", NULL},
	{"FROM a\nWORKDIR ${x^}", "D:2:9: ${x^: no such operator",
	 "There are: :- :+ :? - + ? # ## % %% / //"},
	{"FROM a\nUSER ${x\xc3\xa9}", "D:2:6: ${x: no such operator", NULL},
	{"FROM ${x", "D:1:6: ${ has no }", NULL},
	{"FROM a\nONBUILD USER ${", "D:2:14: ${ has no }", NULL},
	{"FROM a\nCOPY <<E /x\n${a:-b\nE", "D:2:1: ${ has no }",
	 "With its word in quotes nothing in a heredoc is expanded: <<\"E\""},
	{"FROM a\nRUN echo \xff", "D:2:10: this byte is no UTF-8", NULL},
	{"FROM a\nONBUILD COPY a\xe9 b", "D:2:15: this byte is no UTF-8", NULL},
	{"FROM a\nONBUILD RUN <<E\n\xff\nE",
	 "D:2:9: ONBUILD's heredoc goes into the image's config, and that must be UTF-8",
	 NULL},
	{"FROM a\nLABEL a=\xe9 =", "D:2:11: there is no name before the =", NULL},
	{"FROM\xc2\xa0"
	 "a",
	 "D:1:1: unknown instruction \"FROM\xc2\xa0"
	 "a\"",
	 "There is a no-break space in it: a blank must stand there"},
	{"# escape=x\nFROM a", "D:1:1: the escape character is \\ or `", NULL},
	{"# syntax=a\n# syntax=b\nFROM a",
	 "D:2:1: the directive syntax stands here twice", NULL},
	{"\xff\xfe"
	 "F",
	 "D is UTF-16", "iconv -f UTF-16 -t UTF-8 FILE writes it as UTF-8"},
	{"FROM \xc3\xa9 b", "D:1:8: behind FROM's image stands AS and a name, if any",
	 NULL},
};

START_TEST(test_refused)
{
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		struct error err = ERROR_INIT;
		struct dockerfile *d = NULL;
		int r = dockerfile_parse(refused[i].text, strlen(refused[i].text), "D",
					 &d, &err);

		ck_assert_msg(r < 0, "%s: no error", refused[i].text);
		ck_assert_str_eq(err.text, refused[i].message);
		ck_assert_ptr_null(d);
		if (refused[i].hint) {
			const char *last = err.hint ? strrchr(err.hint, '\n') : NULL;

			ck_assert_ptr_nonnull(err.hint);
			ck_assert_str_eq(last ? last + 1 : err.hint, refused[i].hint);
		}
		error_release(&err);
	}
}
END_TEST

START_TEST(test_shown)
{
	static const struct {
		const char *text, *hint;
	} cases[] = {
		{"FROM a\n\tRNU b", "    2 |  RNU b\n      |  ^\nDid you mean RUN?"},
		{"FROM \xc3\xa9\xc3\xa9 b",
		 "    1 | FROM \xc3\xa9\xc3\xa9 b\n      |         ^\nFor example: FROM "
		 "\xc3\xa9\xc3\xa9 AS build"},
		{"FROM a\nCOPY a \\\n# c\n  --from=x <<E\nE",
		 "    4 |   --from=x <<E\n      |            ^"},
		{"FROM aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		 "aaaaaaaaaaaaaaaaaaaaaaaaaaaa AS 1 x",
		 NULL},
		{"F\x1b[31m", NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct error err = ERROR_INIT;
		struct dockerfile *d = NULL;
		int r = dockerfile_parse(cases[i].text, strlen(cases[i].text), "D", &d,
					 &err);

		ck_assert_int_lt(r, 0);
		ck_assert_ptr_nonnull(err.hint);
		if (cases[i].hint)
			ck_assert_str_eq(err.hint, cases[i].hint);
		ck_assert_ptr_null(strchr(err.hint, '\x1b'));
		error_release(&err);
	}
}
END_TEST

START_TEST(test_scripts)
{
	static const struct {
		const char *text, *command;
		bool script;
	} cases[] = {
		{"RUN <<EOF\na\nEOF", "a\n", true},
		{"RUN <<-'EOF'\n\t#!/bin/awk\nEOF", "#!/bin/awk\n", true},
		{"RUN <<EOF cat\na\nEOF", "<<EOF cat\na\nEOF", false},
		{"RUN cat <<A <<'B'\na\nA\nb\nB", "cat <<A <<'B'\na\nA\nb\nB", false},
		{"RUN true", "true", false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct error err = ERROR_INIT;
		struct dockerfile *d = NULL;

		ck_assert_ok(dockerfile_parse_one(cases[i].text, "D", &d, &err), &err);
		ck_assert_int_eq(instruction_is_script(&d->items[0]), cases[i].script);
		char *command = instruction_command(&d->items[0]);
		ck_assert_str_eq(command, cases[i].command);
		free(command);
		dockerfile_free(d);
	}
}
END_TEST

START_TEST(test_one)
{
	static const struct {
		const char *text, *want; /* NULL: an error */
	} cases[] = {
		{"RUN a", "RUN@1 {a}\n"},
		{"COPY . /src", "COPY@1 {.|/src}\n"},
		{"RUN <<EOF\na\nEOF", "RUN@1-3 {<<EOF} <EOF$:a\n>\n"},
		{"RUN a\nRUN b", NULL},
		{"", NULL},
		{"FROM a", NULL},
		{"ONBUILD RUN a", NULL},
		{"MAINTAINER a", NULL},
		{"nothing", NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct error err = ERROR_INIT;
		struct dockerfile *d = NULL;
		int r = dockerfile_parse_one(cases[i].text, "ONBUILD", &d, &err);

		ck_assert_msg((r == 0) == (cases[i].want != NULL), "%s", cases[i].text);
		if (r == 0) {
			char *got = dump(d);

			ck_assert_str_eq(got, cases[i].want);
			free(got);
			dockerfile_free(d);
		}
		error_release(&err);
	}
}
END_TEST

START_TEST(test_flags)
{
	static const char text[] =
		"FROM a\nCOPY --exclude=a --link --exclude=b x y\n"
		"COPY --link=FALSE x y\nRUN [\"a\"] && b\nMAINTAINER \xe9\n";
	struct error err = ERROR_INIT;
	struct dockerfile *d = NULL;

	ck_assert_ok(dockerfile_parse(text, strlen(text), "D", &d, &err), &err);
	const struct instruction *copy = &d->items[1];
	const struct instruction_flag *flag =
		instruction_flag_next(copy, "exclude", NULL);
	ck_assert_str_eq(flag->value, "a");
	ck_assert_uint_eq(flag->place.column, 6);
	flag = instruction_flag_next(copy, "exclude", flag);
	ck_assert_str_eq(flag->value, "b");
	ck_assert_ptr_null(instruction_flag_next(copy, "exclude", flag));
	ck_assert_str_eq(instruction_flag(copy, "exclude")->value, "b");
	ck_assert_ptr_null(instruction_flag(copy, "from"));
	ck_assert(instruction_has(copy, "link"));
	ck_assert(!instruction_has(&d->items[2], "link"));
	ck_assert(!instruction_has(copy, "parents"));
	ck_assert_str_eq(copy->text, "COPY --exclude=a --link --exclude=b x y");
	ck_assert_uint_eq(copy->places[1].column, 39);
	ck_assert_uint_eq(strv_len(d->warnings), 2);
	ck_assert_str_eq(
		d->warnings[1],
		"D:5:12: warning: this byte is no UTF-8, U+FFFD takes its place");
	ck_assert_str_eq(d->warnings[0],
			 "D:4:11: warning: what follows the array counts for nothing");
	dockerfile_error(d, copy, instruction_flag(copy, "link"), &err, "no %s", "links");
	ck_assert_str_eq(err.text, "D:2:18: no links");
	error_set(&err, ERR_NOT_FOUND, ENOENT, "open x");
	error_hint(&err, "make it");
	ck_assert_int_eq(dockerfile_wrap(d, copy->places[0], &err), -ENOENT);
	ck_assert_str_eq(err.text, "D:2:37: open x");
	ck_assert(str_ends(err.hint, "^\nmake it"));
	error_release(&err);
	dockerfile_free(d);
}
END_TEST

UNIT_MAIN("dockerfile", test_run, test_heredocs, test_pairs, test_others, test_begin,
	  test_refused, test_shown, test_scripts, test_one, test_flags)
