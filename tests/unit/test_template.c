/* SPDX-License-Identifier: Apache-2.0 */
/* --format: Go's templates over JSON. What is expected was compared with podman's own output. */
#include "cli/format.h"
#include "cli/template.h"
#include "unit.h"
#include "util/json.h"

static const char document[] =
	"{\"Name\":\"web\",\"State\":{\"Pid\":12,\"Running\":true,\"Error\":null,\"Exit\":-3},"
	"\"Args\":[\"a\",\"b c\"],\"Labels\":{\"y\":\"2\",\"x\":\"1\"},\"Empty\":[],"
	"\"Mounts\":[{\"Source\":\"/a\",\"RW\":true},{\"Source\":\"/b\",\"RW\":false}],"
	"\"Size\":1.5,\"Big\":18446744073709551615,\"Text\":\"h\xc3\xa9\\u0000<\\\"\",\"Zero\":0,"
	"\"Created\":\"2024-05-06T07:08:09.120Z\",\"Started\":\"2024-05-06T07:08:09Z\","
	"\"History\":[{\"created\":\"2024-05-06T07:08:09+02:00\"}],"
	"\"Ports\":null,\"Networks\":{\"n\":{\"IP\":\"10.0.0.1\"}}}";

static const struct {
	const char *format, *want, *error;
} cases[] = {
	/* fields and printing */
	{"{{.Name}}", "web", NULL},
	{"{{ .State.Pid }} {{.State.Running}}", "12 true", NULL},
	{"{{json .Args}}", "[\"a\",\"b c\"]", NULL},
	{"{{.Args}}", "[a b c]", NULL},
	{"{{.Labels}}", "map[x:1 y:2]", NULL},
	{"{{.State}}", "{12 true [] -3}", NULL},
	{"{{.Mounts}}", "[{/a true} {/b false}]", NULL},
	{"{{.Networks}}", "map[n:{10.0.0.1}]", NULL},
	{"a\\tb\\n{{.Name}}", "a\tb\nweb", NULL},
	{"{{.State.Error}}|{{.Ports}}|{{.Empty}}", "[]|map[]|[]", NULL},
	{"no field", "no field", NULL},
	{"a \\ b } }} {", "a \\ b } }} {", NULL},
	{"{{json .State}}", "{\"Pid\":12,\"Running\":true,\"Error\":null,\"Exit\":-3}",
	 NULL},
	{"", "", NULL},
	{"{{.Size}} {{.Big}} {{.State.Exit}}", "1.5 18446744073709551615 -3", NULL},
	{"{{.Labels.x}} {{.Labels.z}} {{.Labels.z.w}}", "1 <no value> <no value>", NULL},
	{"{{.Networks.n.IP}}", "10.0.0.1", NULL},
	{"{{(.State).Pid}} {{(index .Mounts 1).Source}}", "12 /b", NULL},
	{"{{$.Name}} {{with .State}}{{.Pid}} {{$.Name}}{{end}}", "web 12 web", NULL},

	{"{{.Label \"x\"}}{{.Label \"nosuch\"}} {{\"y\" | .Label}}", "1 2", NULL},

	/* times */
	{"{{.Created}} {{json .Created}} {{.Started}}",
	 "2024-05-06 07:08:09.12 +0000 UTC \"2024-05-06T07:08:09.120Z\" 2024-05-06T07:08:09Z",
	 NULL},
	{"{{range .History}}{{.created}}{{end}} {{printf \"%q\" .Created}} {{.History}}",
	 "2024-05-06 07:08:09 +0200 +0200 \"2024-05-06 07:08:09.12 +0000 UTC\" "
	 "[{2024-05-06 07:08:09 +0200 +0200}]",
	 NULL},
	{"{{.Created.Unix}} {{.Created.Year}} {{.Created.Month}} {{.Created.Weekday}} {{.Created.IsZero}}",
	 "1714979289 2024 May Monday false", NULL},
	{"{{.Created.Format \"2006-01-02 15:04:05 Mon Jan _2 3:04PM MST -0700 Z07:00 .000 06 1\"}}",
	 "2024-05-06 07:08:09 Mon May  6 7:08AM UTC +0000 Z .120 24 5", NULL},
	{"{{.Created.Format \"Monday, 02-Jan-06 15:04:05.999 January 2 002\"}}|{{.Created.UTC.Format \"\"}}|",
	 "Monday, 06-May-24 07:08:09.12 May 6 127||", NULL},
	{"{{.Created.Nosuch}}", NULL, "there is no field \"Nosuch\" in string"},
	{"{{.Name.Format \"2006\"}}", NULL,
	 "only a function takes arguments, .Format is none"},
	{"{{.State.Label \"x\"}}", NULL, ".Label is none"},
	{"{{.Created.Format 5}}", NULL, ".Format is none"},

	/* white space and comments */
	{"a {{- .Name -}} b", "awebb", NULL},
	{"a {{- \"x\"}} b", "ax b", NULL},
	{"a\\n\\t{{- 3 -}}  \\n b", "a3b", NULL},
	{"a{{/* a comment */}}b {{- /* another */ -}} c", "abc", NULL},
	{"{{\n.Name\n}}", "web", NULL},
	{"{{-3}}", "-3", NULL},
	{"{{- /* x */ -}}{{/**/}}{{/**/}}y", "y", NULL},

	/* constants */
	{"{{1}} {{0x10}} {{0b101}} {{0o17}} {{017}} {{1_000}} {{+5}} {{-5}}",
	 "1 16 5 15 15 1000 5 -5", NULL},
	{"{{1.0}} {{1e6}} {{1e21}} {{.5}} {{1.25e-7}} {{123456.0}} {{1234567.0}}",
	 "1 1e+06 1e+21 0.5 1.25e-07 123456 1.234567e+06", NULL},
	{"{{'a'}} {{'\\n'}} {{'\\u00e9'}} {{'\\''}}", "97 10 233 39", NULL},
	{"{{\"a\\tb\\\"\\u00e9\\x41\\101\"}}",
	 "a\tb\"\xc3\xa9"
	 "AA",
	 NULL},
	{"{{`a\\tb\"`}}", "a\\tb\"", NULL},
	{"{{true}} {{false}}", "true false", NULL},
	{"{{\"}}\"}}", "}}", NULL},

	/* control */
	{"{{if .Name}}yes{{end}}{{if .Zero}}no{{else}}none{{end}}", "yesnone", NULL},
	{"{{if eq .Name \"x\"}}1{{else if eq .Name \"web\"}}2{{else}}3{{end}}", "2",
	 NULL},
	{"{{if .Empty}}1{{end}}{{if .Ports}}2{{end}}{{if .State.Error}}3{{end}}{{if .State}}4{{end}}",
	 "4", NULL},
	{"{{range .Args}}<{{.}}>{{end}}", "<a><b c>", NULL},
	{"{{range $i, $e := .Args}}{{$i}}={{$e}};{{end}}", "0=a;1=b c;", NULL},
	{"{{range $e := .Args}}{{$e}}{{.}};{{end}}", "aa;b cb c;", NULL},
	{"{{range $k, $v := .Labels}}{{$k}}={{$v}} {{end}}", "x=1 y=2 ", NULL},
	{"{{range .Empty}}x{{else}}empty{{end}}", "empty", NULL},
	{"{{range .Ports}}x{{else}}null{{end}}", "null", NULL},
	{"{{range .Mounts}}{{.Source}}{{if .RW}}+{{end}} {{end}}", "/a+ /b ", NULL},
	{"{{range 3}}{{.}}{{end}}", "012", NULL},
	{"{{range 9}}{{if eq . 1}}{{continue}}{{end}}{{if eq . 4}}{{break}}{{end}}{{.}}{{end}}",
	 "023", NULL},
	{"{{range 2}}{{range 5}}{{break}}{{end}}{{.}}{{end}}", "01", NULL},
	{"{{with .Zero}}a{{else}}b{{end}}{{with $x := 5}}{{$x}}{{.}}{{end}}", "b55",
	 NULL},
	{"{{with .Zero}}a{{else with .Name}}{{.}}{{end}}", "web", NULL},
	{"{{$x := 1}}{{if true}}{{$x = 2}}{{$y := 3}}{{$y}}{{end}}{{$x}}", "32", NULL},
	{"{{$x := 1}}{{range 3}}{{$x = .}}{{end}}{{$x}}", "2", NULL},
	{"{{$x := .State}}{{$x.Pid}}", "12", NULL},
	{"{{$x := 1}}{{$x := 2}}{{$x}}", "2", NULL},
	{"{{define \"T\"}}<{{.}}{{$}}>{{end}}{{template \"T\" .Name}}{{template \"T\" 2}}",
	 "<webweb><22>", NULL},
	{"{{define \"T\"}}a{{end}}{{template \"T\"}}", "a", NULL},
	{"{{block \"B\" .State}}{{.Pid}}{{end}}", "12", NULL},

	/* pipelines */
	{"{{.Name | upper}} {{.Name | printf \"%s-%s\" \"a\"}}", "WEB a-web", NULL},
	{"{{(len .Args) | printf \"%03d\"}}", "002", NULL},
	{"{{printf \"%d\" (len (split \"a,b,c\" \",\"))}}", "3", NULL},
	{"{{\"a\" | print \"b\" | len}}", "2", NULL},
	{"{{nil | printf \"%v\"}}", NULL, "nil is no command"},

	/* functions */
	{"{{and 1 0}} {{and 1 2}} {{or 0 \"x\"}} {{or 0 \"\"}} {{not 0}}", "0 2 x  true",
	 NULL},
	{"{{and false (index .Args 9)}} {{or 1 (index .Args 9)}}", "false 1", NULL},
	{"{{eq 1 1}} {{eq 1 2 3 1}} {{ne \"a\" \"b\"}} {{lt 1 2}} {{le 2 2}} {{gt 1 2}} {{ge 2 3}}",
	 "true true true true true false false", NULL},
	{"{{lt \"a\" \"b\"}} {{lt -5 -4}} {{gt 1.5 1.25}} {{eq .State.Error nil}} {{eq .State nil}}",
	 "true true true true false", NULL},
	{"{{eq true .State.Running}} {{lt .State.Exit 0}}", "true true", NULL},
	{"{{len .Args}} {{len .Labels}} {{len \"h\xc3\xa9\"}} {{len .Ports}}", "2 2 3 0",
	 NULL},
	{"{{index .Args 1}} {{index .Labels \"x\"}} {{index .Labels \"q\"}}| {{index .Mounts 0 \"RW\"}}",
	 "b c 1 | true", NULL},
	{"{{index \"abc\" 1}} {{index .Networks \"q\"}}", "98 <nil>", NULL},
	{"{{slice \"abcdef\" 1 3}} {{slice \"abcdef\" 4}} {{slice .Args 1}} {{slice \"ab\"}}",
	 "bc ef [b c] ab", NULL},
	{"{{print 1 2 \"a\" 3 4}}|{{print}}|{{println \"x\" 1}}", "1 2a3 4||x 1\n", NULL},
	{"{{html \"<a b='c'>&\"}} {{js \"<'x'>\"}} {{urlquery \"a b/c~\"}}",
	 "&lt;a b=&#39;c&#39;&gt;&amp; \\u003C\\'x\\'\\u003E a+b%2Fc~", NULL},
	{"{{json .Name}} {{json \"<&>\"}} {{json 5}} {{json nil}} {{split \"a b\" \" \" | json}}",
	 "\"web\" \"<&>\" 5 null [\"a\",\"b\"]", NULL},
	{"{{join .Args \", \"}} {{join .Empty \",\"}}|{{join .Ports \"\"}}", NULL,
	 "must be a list"},
	{"{{join .Args \", \"}} {{join .Empty \",\"}}|{{join (split \"\" \",\") \"x\"}}|",
	 "a, b c ||", NULL},
	{"{{split \"a,b,c\" \",\"}} {{len (split \"\" \",\")}} {{printf \"%q\" (split \"a\xc3\xa9\" \"\")}}",
	 "[a b c] 1 [\"a\" \"\xc3\xa9\"]", NULL},
	{"{{upper \"aB\"}} {{lower \"aB\"}} {{title \"it's a-b foo_bar\"}}",
	 "AB ab It'S A-B Foo_bar", NULL},
	{"{{pad \"x\" 2 3}}|{{pad \"\" 1 1}}|{{truncate \"abcdef\" 3}}|{{truncate \"ab\" 5}}",
	 "  x   ||abc|ab", NULL},

	/* printf */
	{"{{printf \"%5d|%-5s|%q|%05s|%-05d|%+v\" 42 \"ab\" \"x\\ty\" \"ab\" 3 \"s\"}}",
	 "   42|ab   |\"x\\ty\"|000ab|3    |s", NULL},
	{"{{printf \"%x|% x|%#x|%X|%x|%x\" \"hi\" \"hi\" \"hi\" \"hi\" 255 \"\\xff\"}}",
	 "6869|68 69|0x6869|6869|ff|ff", NULL},
	{"{{printf \"%q|%+q|%#q|%q|%c|%U\" \"\\u00e9\\n\" \"\\u00e9\" \"a\" 120 65 65}}",
	 "\"\xc3\xa9\\n\"|\"\\u00e9\"|`a`|'x'|A|U+0041", NULL},
	{"{{printf \"%08.3f|%+d|% d|%e|%E|%5.1f|%.3g|%.3d\" 3.14159 5 5 1.5 1.5 -2.25 12345.678 7}}",
	 "0003.142|+5| 5|1.500000e+00|1.500000E+00| -2.2|1.23e+04|007", NULL},
	{"{{printf \"%o|%#o|%O|%b|%+.2e|%6v|%-6v|%6v\" 8 8 8 5 12345.678 true (split \"a b\" \" \") \"x\"}}",
	 "10|010|0o10|101|+1.23e+04|  true|[a      b     ]|     x", NULL},
	{"{{printf \"%t|%5t|%.2s|%.1q|%5q|%T|%T|%T\" true true \"h\xc3\xa9llo\" \"h\xc3\xa9\" \"a\" 1 1.5 \"\"}}",
	 "true| true|h\xc3\xa9|\"h\"|  \"a\"|int|float64|string", NULL},
	{"{{printf \"%d %d\" 1}} {{printf \"%d\" 1 2}} {{printf \"%d\" \"x\"}} {{printf \"%!|%z\" 1 2}}",
	 "1 %!d(MISSING) 1%!(EXTRA int=2) %!d(string=x) %!!(int=1)|%!z(int=2)", NULL},
	{"{{printf \"%[2]d %[1]d\" 1 2}} {{printf \"%*d|%-*d|\" 5 42 4 1}} {{printf \"%.*f\" 2 3.14159}}",
	 "2 1    42|1   | 3.14", NULL},
	{"{{printf \"%[5]d|%!\" 1}} {{printf \"100%%\"}} {{printf \"%\"}} {{printf \"%s\" nil}}",
	 "%!d(BADINDEX)|%!!(int=1) 100% %!(NOVERB) %!s(<nil>)", NULL},
	{"{{printf \"%v %v\" nil true}} {{printf \"%+v\" .State}} {{printf \"%s\" .Args}}",
	 "<nil> true {Pid:12 Running:true Error:[] Exit:-3} [a b c]", NULL},
	{"{{printf \"%v\" -0.0}} {{printf \"%6.2f%%\" 12.345}} {{printf \"%99999d\" 1 | len}}",
	 "-0  12.35% 13", NULL},

	/* what is wrong */
	{"{{.Nam}}", NULL, "column 3: there is no field \"Nam\""},
	{"{{.Name.Sub}}", NULL, "column 8: there is no field \"Sub\" in string"},
	{"{{.State.Error.X}}", NULL, "there is no field \"X\" in nothing"},
	{"{{.Name", NULL, "column 8: a {{ has no }}"},
	{"{{.Name}", NULL, "column 8: '}' can't stand after Name"},
	{"a\n  {{.Nam}}", NULL, "line 2, column 5: there is no field"},
	{"h\xc3\xa9{{.Nam}}", NULL, "column 5: "},
	{"{{nosuch}}", NULL, "there is no function \"nosuch\""},
	{"{{}}", NULL, "a value is missing"},
	{"{{if}}{{end}}", NULL, "a value is missing"},
	{"{{if .Name}}", NULL, "column 3: the {{if}} has no {{end}}"},
	{"{{range .Args}}x{{else}}", NULL, "the {{range}} has no {{end}}"},
	{"{{if 1}}{{else}}{{else}}{{end}}", NULL, "the {{if}} has two {{else}}"},
	{"{{end}}", NULL, "there is nothing that this {{end}} could belong to"},
	{"x{{else}}", NULL, "{{else}}"},
	{"{{break}}", NULL, "{{break}} stands outside a {{range}}"},
	{"{{range .Args}}{{else}}{{break}}{{end}}", NULL, "outside a {{range}}"},
	{"{{$x}}", NULL, "there is no variable $x"},
	{"{{if true}}{{$x := 1}}{{end}}{{$x}}", NULL, "there is no variable $x"},
	{"{{$x = 1}}", NULL, "there is no variable $x"},
	{"{{define \"T\"}}{{$x}}{{end}}{{$x := 1}}", NULL, "there is no variable $x"},
	{"{{template \"T\"}}", NULL, "there is no template \"T\""},
	{"{{template T}}", NULL, "expected the template's name in quotes"},
	{"{{if 1}}{{define \"T\"}}{{end}}{{end}}", NULL, "can't stand in another block"},
	{"{{define \"T\"}}{{template \"T\"}}{{end}}{{template \"T\"}}", NULL,
	 "call one another"},
	{"{{\"abc}}", NULL, "the string has no closing \""},
	{"{{`abc}}", NULL, "the raw string has no closing `"},
	{"{{\"\\q\"}}", NULL, "the string has a \\ that is not known"},
	{"{{'ab'}}", NULL, "a character constant is one character"},
	{"{{''}}", NULL, "a character constant"},
	{"{{08}}", NULL, "bad number"},
	{"{{1x}}", NULL, "bad number"},
	{"{{99999999999999999999}}", NULL, "bad number"},
	{"{{/* x }}", NULL, "the comment has no end"},
	{"{{/* x */ .Name}}", NULL, "a comment must end right before its }}"},
	{"{{(.Name}}", NULL, "the ( has no )"},
	{"{{.Name)}}", NULL, "expected }}"},
	{"{{.Name | \"x\"}}", NULL, "stage 2 of the pipeline is no function"},
	{"{{.Name \"x\"}}", NULL, "only a function takes arguments"},
	{"{{.Name | .State}}", NULL, "only a function takes arguments"},
	{"{{nil}}", NULL, "nil is no command"},
	{"{{.Name |}}", NULL, "a value is missing"},
	{"{{len}}", NULL, "len needs 1 argument, it got 0"},
	{"{{len 3}}", NULL, "len: int has no length"},
	{"{{len nil}}", NULL, "len: nothing has no length"},
	{"{{index .Args 5}}", NULL, "there is no element 5, there are 2"},
	{"{{index .Args \"x\"}}", NULL, "argument 2 must be a number"},
	{"{{index .Args -1}}", NULL, "negative or too large"},
	{"{{index 5 1}}", NULL, "nothing to be indexed in int"},
	{"{{slice \"abc\" 2 1}}", NULL, "2 to 1 is not within 0 to 3"},
	{"{{eq 1 \"a\"}}", NULL, "int and string can't be compared"},
	{"{{lt true false}}", NULL, "bool can't be compared"},
	{"{{eq .Args .Args}}", NULL, "can't be compared"},
	{"{{upper 5}}", NULL, "argument 1 must be a string, it is int"},
	{"{{range .Name}}{{end}}", NULL, "range can't go over string"},
	{"{{range 9000000}}{{end}}", NULL, "takes too long"},
	{"{{range 1000000}}xxxxxxxxxxxxxxxx{{end}}", NULL, "longer than 65536 bytes"},
	{"{{.Name#}}", NULL, "'#' can't stand after Name"},
	{"{{#}}", NULL, "the character '#' is not known"},
	{"{{\x01}}", NULL, "the character 0x01 is not known"},
	{"{{.Name\"x\"}}", NULL, "can't stand after"},
	{"{{\"a\"\"b\"}}", NULL, "expected a blank"},
	{"{{..Name}}", NULL, ".Name can't stand here"},
	{"{{1 .Name}}", NULL, "only a function takes arguments"},
	{"{{upper .Name .Name .Name}}", NULL, "upper needs 1 argument, it got 3"},
};

static struct json_object *parse_document(void)
{
	struct json_object *o = NULL;
	struct error err = ERROR_INIT;

	ck_assert_ok(json_parse_own(document, strlen(document), "test", &o, &err), &err);
	return o;
}

START_TEST(test_cases)
{
	cleanup_json struct json_object *o = parse_document();
	struct error err = ERROR_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_buf struct buf out = {0};
		int r;

		buf_init(&out, 65536);
		r = template_render(cases[i].format, o, &out, &err);
		if (cases[i].error) {
			ck_assert_msg(r < 0, "%s was accepted: %s", cases[i].format,
				      out.data ? out.data : "");
			ck_assert_msg(strstr(err.text, cases[i].error) != NULL, "%s: %s",
				      cases[i].format, err.text);
			error_release(&err);
			continue;
		}
		if (r < 0)
			ck_abort_msg("%s: %s", cases[i].format, err.text);
		ck_assert_msg(strcmp(out.data ? out.data : "", cases[i].want) == 0,
			      "%s:\n got  %s\n want %s", cases[i].format,
			      out.data ? out.data : "", cases[i].want);
	}
}
END_TEST

START_TEST(test_hints)
{
	cleanup_json struct json_object *o = parse_document();
	static const struct {
		const char *format, *hint;
	} hints[] = {
		{"{{.Nam}}", "Did you mean Name?"},
		{"{{.Xyzzy}}", "--format json shows them all"},
		{"{{uper .Name}}", "Did you mean upper?"},
		{"{{Name}}", "A field begins with a point: {{.Name}}"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(hints); i++) {
		cleanup_error struct error err = ERROR_INIT;
		cleanup_buf struct buf out = {0};

		buf_init(&out, 100);
		ck_assert_int_lt(template_render(hints[i].format, o, &out, &err), 0);
		ck_assert_str_eq(err.hint, hints[i].hint);
	}
}
END_TEST

START_TEST(test_nul_bytes)
{
	cleanup_json struct json_object *o = parse_document();
	cleanup_error struct error err = ERROR_INIT;
	cleanup_buf struct buf out = {0};

	buf_init(&out, 100);
	ck_assert_ok(template_render("{{len .Text}}{{.Text}}{{printf \"%q\" .Text}}", o,
				     &out, &err),
		     &err);
	ck_assert_uint_eq(out.len, 19);
	ck_assert_int_eq(memcmp(out.data, "6h\xc3\xa9\0<\"\"h\xc3\xa9\\x00<\\\"\"", 19),
			 0);
}
END_TEST

START_TEST(test_depth)
{
	cleanup_json struct json_object *o = parse_document();
	char *deep = malloc(400001);

	for (int i = 0; i < 200000; i++)
		memcpy(deep + i, "(", 2);
	for (int kind = 0; kind < 2; kind++) {
		cleanup_error struct error err = ERROR_INIT;
		cleanup_buf struct buf out = {0}, format = {0};

		buf_init(&out, 100);
		buf_init(&format, 1 << 20);
		if (kind == 0)
			(void)!buf_printf(&format, "{{%s", deep);
		for (int i = 0; kind == 1 && i < 20000; i++)
			(void)!buf_add_str(&format, "{{if 1}}");
		ck_assert_int_lt(template_render(format.data, o, &out, &err), 0);
		ck_assert_ptr_nonnull(strstr(err.text, "too deep"));
	}
	free(deep);
}
END_TEST

START_TEST(test_headings)
{
	static const struct {
		const char *format, *want;
	} headings[] = {
		{"{{.ID}}\\t{{.CreatedAt}}\t{{ .Names }}",
		 "CONTAINER ID\tCREATED AT\tNAMES"},
		{"{{.ImageID}} {{.OSType}} {{.NoTrunc}}", "IMAGE ID\tOS TYPE\tNO TRUNC"},
		{"{{.Config.Labels}} {{upper .Names}} {{len .Mounts}}",
		 "LABELS\tNAMES\tMOUNTS"},
		{"{{range .}}{{.ID}}{{end}} {{if .A}}{{.A}}{{else}}none{{end}}",
		 "CONTAINER ID\tA"},
		{"{{printf \"%.3s\" .Names}} {{json .Names}} {{index .Labels \"x\"}} {{.}}",
		 "NAM\t\"NAMES\"\tLABELS\t"},
		{"{{with .State}}{{.Pid}}{{end}}{{$x := .Name}}{{$x}}", "PIDNAME"},
	};
	static const struct template_heading overrides[] = {{"ID", "CONTAINER ID"},
							    {NULL, NULL}};

	for (size_t i = 0; i < ARRAY_SIZE(headings); i++) {
		cleanup_error struct error err = ERROR_INIT;
		cleanup_template struct template *t = NULL;
		cleanup_buf struct buf out = {0};

		buf_init(&out, 1000);
		ck_assert_ok(template_parse(headings[i].format, TEMPLATE_TABS, &t, &err),
			     &err);
		ck_assert_ok(template_headings(t, overrides, &out, &err), &err);
		ck_assert_str_eq(out.data, headings[i].want);
	}
}
END_TEST

START_TEST(test_is_json)
{
	ck_assert(format_is_json("json"));
	ck_assert(format_is_json(" {{ json . }} "));
	ck_assert(format_is_json("{{json .}}"));
	ck_assert(!format_is_json("{{json .Name}}"));
	ck_assert(!format_is_json("jsonx"));
	ck_assert(!format_is_json(""));
	ck_assert(!format_is_json(NULL));
}
END_TEST

UNIT_MAIN("template", test_cases, test_hints, test_nul_bytes, test_depth, test_headings,
	  test_is_json)
