/* SPDX-License-Identifier: Apache-2.0 */
/* Options of podman build and docker build that do not do here what they say, or that have nothing to do. */
#include "cli/build_table.h"
#include "cli/refusal.h"
#include "util/str.h"

#define V struct build_values

#define NO_MAPS "RUN has all your ids, root is you; other maps are not made yet"
#define NO_SBOM "lists of what is in an image are not made yet"

static const struct option_refusal refusals[] = {
	{"all-platforms", "false", "which there are is not asked yet",
	 "Name them: --platform linux/amd64,linux/arm64"},
	{"attest", NULL, "no statements about the build are made", NULL},
	{"builder", "default", "there is one builder: cubby itself", NULL},
	{"call", "build", "only build is, and check, which is --check", NULL},
	{"cgroupns", "private", "RUN has a cgroup namespace of its own always", NULL},
	{"compat-volumes", "false",
	 "what RUN writes to a VOLUME stays in the image, as with BuildKit", NULL},
	{"cpp-flag", NULL, "the C preprocessor is not run here",
	 "cpp -E -P -traditional Dockerfile.in | cubby build -f - ."},
	{"created-annotation", "false",
	 "no annotation is added: the config says when it was made",
	 "--annotation org.opencontainers.image.created=$(date -Is)"},
	{"cw", NULL, "images for confidential computing are not made", NULL},
	{"debug", "false", "there is no shell in a failed step",
	 "Build up to there with --target, then: cubby run -it IMAGE sh"},
	{"decryption-key", NULL, "encrypted images cannot be fetched",
	 "Decrypt it first, with: skopeo copy --decryption-key KEY docker://IMAGE oci-archive:FILE; "
	 "then: cubby load -i FILE"},
	{"disable-compression", "true 1 t",
	 "layers are compressed when they are sent, never before",
	 "cubby push --compression-format gzip"},
	{"hooks-dir", NULL, "programs of hooks are not run for builds", NULL},
	{"identity-label", "false",
	 "no label says which version built an image: the same sources give the same image",
	 "A label of one's own: --label"},
	{"isolation", "oci rootless default",
	 "RUN is a container of its own always; chroot is none", NULL},
	{"provenance", "false", "no statements about the build are made", NULL},
	{"rm", "true 1 t", "no containers of steps are ever kept",
	 "Look into a stage: --target STAGE -t NAME, then: cubby run -it NAME sh"},
	{"runtime", NULL, "Cubby runs its containers itself", NULL},
	{"runtime-flag", NULL, "Cubby runs its containers itself", NULL},
	{"save-stages", "false", "no images of other stages than the target are kept",
	 "One of them: --target STAGE -t NAME"},
	{"sbom", "false", NO_SBOM, NULL},
	{"sbom-image-output", NULL, NO_SBOM, NULL},
	{"sbom-image-purl-output", NULL, NO_SBOM, NULL},
	{"sbom-merge-strategy", NULL, NO_SBOM, NULL},
	{"sbom-output", NULL, NO_SBOM, NULL},
	{"sbom-purl-output", NULL, NO_SBOM, NULL},
	{"sbom-scanner-command", NULL, NO_SBOM, NULL},
	{"sbom-scanner-image", NULL, NO_SBOM, NULL},
	{"sign-by", NULL, "images are not signed yet", NULL},
	{"source-policy-file", NULL, "policies of sources are not read yet",
	 "What may be fetched at all: containers-policy.json(5)"},
	{"stage-labels", "false", "no images of other stages than the target are kept",
	 NULL},
	{"userns", "host private container", NO_MAPS, NULL},
	{"userns-gid-map", NULL, NO_MAPS, NULL},
	{"userns-gid-map-group", NULL, NO_MAPS, NULL},
	{"userns-uid-map", NULL, NO_MAPS, NULL},
	{"userns-uid-map-user", NULL, NO_MAPS, NULL},
	{NULL, NULL, NULL, NULL},
};

static int refuse(const struct option_match *match, struct error *err)
{
	return option_refuse(refusals, match, err);
}

#define REFUSED(long_name, ...) OPT_REFUSED(refuse, long_name, ##__VA_ARGS__)
/* a boolean of podman's or Docker's */
#define REFUSED_BOOL(long_name, ...) \
	REFUSED(long_name, .bare_value = "true", ##__VA_ARGS__)
/* nothing to do, as with podman */
#define NO_EFFECT(long_name, text) \
	OPT_BOOL(V, ignored, long_name, 0, text, .hidden = true)

/* one a line, however many there are */
/* clang-format off */
const struct option_spec build_table_refused[] = {
	NO_EFFECT("compress", "nothing is sent to a daemon: no effect"),
	NO_EFFECT("disable-content-trust", "Docker's images are not signed so: no effect"),
	NO_EFFECT("force-rm", "containers of steps are removed always: no effect"),
	REFUSED_BOOL("all-platforms"),
	REFUSED("attest"),
	REFUSED("builder"),
	REFUSED("call"),
	REFUSED("cgroupns"),
	REFUSED_BOOL("compat-volumes"),
	REFUSED("cpp-flag"),
	REFUSED_BOOL("created-annotation"),
	REFUSED("cw"),
	REFUSED_BOOL("debug"),
	REFUSED("decryption-key"),
	REFUSED_BOOL("disable-compression", .letter = 'D'),
	REFUSED("hooks-dir"),
	REFUSED_BOOL("identity-label"),
	REFUSED("isolation"),
	REFUSED("provenance", .bare_value = "true"),
	REFUSED_BOOL("rm"),
	REFUSED("runtime"),
	REFUSED("runtime-flag"),
	REFUSED_BOOL("save-stages"),
	REFUSED("sbom", .bare_value = "true"),
	REFUSED("sbom-image-output"),
	REFUSED("sbom-image-purl-output"),
	REFUSED("sbom-merge-strategy"),
	REFUSED("sbom-output"),
	REFUSED("sbom-purl-output"),
	REFUSED("sbom-scanner-command"),
	REFUSED("sbom-scanner-image"),
	REFUSED("sign-by"),
	REFUSED("source-policy-file"),
	REFUSED_BOOL("stage-labels"),
	REFUSED("userns"),
	REFUSED("userns-gid-map"),
	REFUSED("userns-gid-map-group"),
	REFUSED("userns-uid-map"),
	REFUSED("userns-uid-map-user"),
	OPT_END,
};
/* clang-format on */
