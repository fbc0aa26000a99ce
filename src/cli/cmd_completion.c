/* SPDX-License-Identifier: Apache-2.0 */
/* `cubby completion SHELL`, and what its scripts ask each time: `cubby __complete`. */
#include <stdio.h>
#include <string.h>

#include "cli/complete_names.h"
#include "cli/cubby.h"
#include "util/str.h"

struct completion_values {
	const char *file;
	bool no_descriptions;
};

static const struct option_spec options[] = {
	OPT_STRING(struct completion_values, file, "file", 'f', "FILE",
		   "write it here, not to standard output"),
	OPT_BOOL(struct completion_values, no_descriptions, "no-desc", 0,
		 "show words only, without what they mean"),
	OPT_END,
};

/* bash replaces only what stands behind the last = or : of a word, so it is told that, too. */
static const char bash_script[] =
	"# bash completion for cubby. An alias: complete -F _cubby docker\n"
	"_cubby()\n"
	"{\n"
	"	local word _ line=${COMP_LINE:0:COMP_POINT} cur=${COMP_WORDS[COMP_CWORD]}\n"
	"	[[ $cur == [=:] ]] && cur=\n"
	"	COMPREPLY=()\n"
	"	while IFS=$'\\t' read -r word _; do\n"
	"		case $word in\n"
	"		:*s*) compopt -o nospace 2>/dev/null ;;&\n"
	"		:*f*) compopt -o default 2>/dev/null ;;\n"
	"		:*d*) compopt -o dirnames 2>/dev/null ;;\n"
	"		:*) ;;\n"
	"		*) COMPREPLY+=(\"$word\") ;;\n"
	"		esac\n"
	"	done < <(cubby __complete bash \"$line\" \"$cur\" 2>/dev/null)\n"
	"}\n"
	"complete -F _cubby cubby\n";

static const char zsh_script[] =
	"#compdef cubby\n"
	"# zsh completion for cubby. An alias: compdef _cubby docker\n"
	"_cubby()\n"
	"{\n"
	"	local line ending word\n"
	"	local -a found open\n"
	"	for line in \"${(@f)$(cubby __complete %s \"${(@Q)words[2,CURRENT]}\" 2>/dev/null)}\"; do\n"
	"		if [[ $line == :* ]]; then\n"
	"			ending=$line\n"
	"			continue\n"
	"		fi\n"
	"		word=${line%%%%$'\\t'*}\n"
	"		if [[ $word == *[:=] ]]; then\n"
	"			open+=(\"${word//:/\\\\:}:${line#*$'\\t'}\")\n"
	"		else\n"
	"			found+=(\"${word//:/\\\\:}${${line#*$'\\t'}:+:}${line#*$'\\t'}\")\n"
	"		fi\n"
	"	done\n"
	"	(( $#found )) && _describe -t words cubby found\n"
	"	(( $#open )) && _describe -t words cubby open -S ''\n"
	"	[[ $ending == *f* ]] && _files\n"
	"	[[ $ending == *d* ]] && _files -/\n"
	"}\n"
	"if [[ $funcstack[1] == _cubby ]]; then\n"
	"	_cubby \"$@\"\n"
	"else\n"
	"	compdef _cubby cubby\n"
	"fi\n";

static const char fish_script[] =
	"# fish completion for cubby. An alias: complete -c docker -w cubby\n"
	"function __cubby_complete\n"
	"	set -l words (commandline -opc)\n"
	"	set -l current (commandline -ct)\n"
	"	for line in (cubby __complete %s $words[2..-1] \"$current\" 2>/dev/null)\n"
	"		switch $line\n"
	"			case ':*f*'\n"
	"				__fish_complete_path \"$current\"\n"
	"			case ':*d*'\n"
	"				__fish_complete_directories \"$current\"\n"
	"			case ':*'\n"
	"			case '*'\n"
	"				echo $line\n"
	"		end\n"
	"	end\n"
	"end\n"
	"complete -c cubby -f -a '(__cubby_complete)'\n";

/* mode: what the script calls __complete with; bash shows words only. */
static const struct shell {
	const char *name, *script;
} shells[] = {
	{"bash", bash_script},
	{"fish", fish_script},
	{"zsh", zsh_script},
};

static const struct shell *find_shell(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(shells); i++)
		if (str_eq(shells[i].name, name))
			return &shells[i];
	return NULL;
}

/* The script, with "%s" as the mode and "%%" as a percent sign, but for bash's. */
static void put_script(FILE *out, const struct shell *shell, const char *mode)
{
	const char *text = shell->script;

	if (str_eq(shell->name, "bash")) {
		fputs(text, out);
		return;
	}
	for (; *text; text++) {
		if (text[0] == '%' && text[1] == 's')
			fputs(mode, out);
		else
			fputc(*text, out);
		text += text[0] == '%' && text[1];
	}
}

static int run(const struct command_call *call, struct error *err)
{
	const struct completion_values *v = call->values;
	const struct shell *shell = find_shell(call->args[0]);
	FILE *out = stdout;

	if (!shell) {
		error_set(err, ERR_INVALID, 0, "unknown shell %s", call->args[0]);
		return error_hint(err, "There are: bash, fish, zsh");
	}
	if (v->file && !(out = fopen(v->file, "we")))
		return error_set(err, ERR_SYSTEM, errno, "create %s", v->file);
	put_script(out, shell, v->no_descriptions ? "words" : shell->name);
	if (v->file && fclose(out) != 0)
		return error_set(err, ERR_SYSTEM, errno, "write %s", v->file);
	return 0;
}

const struct command cmd_completion = {
	.name = "completion",
	.group = "Cubby itself",
	.usage = "[options] bash|zsh|fish",
	.summary = "print what makes a shell complete cubby's words",
	.description =
		"Packages install it where shells look. By hand it is for one shell: source <(cubby completion "
		"bash). Names of containers, images and volumes are completed too.",
	.examples = "source <(cubby completion bash)\n"
		    "cubby completion zsh >~/.zfunc/_cubby\n"
		    "cubby completion fish >~/.config/fish/completions/cubby.fish",
	.arguments = ARGUMENTS_NONE,
	.options = options,
	.values_size = sizeof(struct completion_values),
	.min_args = 1,
	.max_args = 1,
	.run = run,
};

/* bash: its line up to the cursor, and which part of the last word it will replace. */
static char **words_of_bash(char *const *args, struct completion *c)
{
	char **words = complete_split(args[0] ? args[0] : "");
	const char *last = words[strv_len(words) - 1];
	const char *replaced = args[0] && args[1] ? args[1] : "";
	size_t len = strlen(replaced);
	const char *at = last + strlen(last);

	while (len && at > last && at[-1] == replaced[len - 1]) {
		at--;
		len--;
	}
	c->lead_dropped = (size_t)(at - last);
	return words;
}

static int run_complete(const struct command_call *call, struct error *err _unused_)
{
	struct completion c = {.out = stdout};
	const char *mode = call->args[0];
	cleanup_strv char **words = NULL;
	char *const *from = call->args + 1;

	if (str_eq(mode, "bash")) {
		words = words_of_bash(from, &c);
		from = words + (words[1] != NULL); /* without "cubby" */
	}
	c.no_descriptions = str_eq(mode, "words");
	complete_words(call->program, &complete_names, from, &c);
	return 0;
}

const struct command cmd_complete = {
	.name = "__complete",
	.usage = "SHELL [WORD...]",
	.min_args = 1,
	.max_args = COMMAND_ANY,
	.stop_at_first = true,
	.hidden = true,
	.run = run_complete,
};
