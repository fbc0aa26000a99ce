# SPDX-License-Identifier: Apache-2.0
"""Archives of images, made by hand: right ones in all layouts, and wrong ones.

    layers = [layer({"etc/motd": b"hello"}), ...]          # (blob, diff id), see faulty_registry
    docker_archive(path, [Image(layers, tags=["a:1"])])
    oci_layout(directory, [Image(layers, tags=["v1"])])
"""

import gzip
import io
import json
import os
import tarfile

from .faulty_registry import CONFIG, INDEX, LAYER, MANIFEST, digest_of, layer

__all__ = ["Image", "docker_archive", "docker_members", "layer", "oci_layout", "tar_of", "write_tar"]


class Image:
    """layers: (blob, diff id) each."""

    def __init__(self, layers, tags=(), config=None, platform=None):
        self.layers, self.tags, self.platform = layers, list(tags), platform
        document = {"architecture": "amd64", "os": "linux", "config": {"Cmd": ["/bin/sh"]}}
        if platform:
            document.update(platform)
        document.update(config or {})
        document["rootfs"] = {"type": "layers", "diff_ids": [d for _, d in layers]}
        self.config = json.dumps(document).encode()

    def manifest(self, layer_type=LAYER):
        return json.dumps({
            "schemaVersion": 2, "mediaType": MANIFEST,
            "config": {"mediaType": CONFIG, "digest": digest_of(self.config),
                       "size": len(self.config)},
            "layers": [{"mediaType": layer_type, "digest": digest_of(blob), "size": len(blob)}
                       for blob, _ in self.layers],
        }).encode()


def write_tar(path, members):
    """members: [(name, bytes | ("symlink", target) | ("hardlink", target) | None for a directory)]."""
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as tar:
        for name, content in members:
            info = tarfile.TarInfo(name)
            if content is None:
                info.type = tarfile.DIRTYPE
                tar.addfile(info)
            elif isinstance(content, tuple):
                info.type = tarfile.SYMTYPE if content[0] == "symlink" else tarfile.LNKTYPE
                info.linkname = content[1]
                tar.addfile(info)
            else:
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
    return path


def docker_members(images, layout="new"):
    """layout: "flat" (HEX.tar), "old" (HEX/layer.tar, repeated ones as links), "new" (blobs/sha256)."""
    members, listed, seen = [], [], {}
    for image in images:
        config = digest_of(image.config)[7:] + ".json"
        paths = []
        for i, (blob, diff_id) in enumerate(image.layers):
            digits = digest_of(blob)[7:]
            if layout == "flat":
                path = diff_id[7:] + ".tar"
            elif layout == "new":
                path = "blobs/sha256/" + digits
            else:
                path = f"{i:02d}{config[:8]}{digits[:22]}/layer.tar"
            if path not in dict(members):
                if layout == "old" and digits in seen:
                    kind = "symlink" if len(seen) % 2 else "hardlink"
                    target = seen[digits] if kind == "hardlink" else "../" + seen[digits]
                    members.append((path, (kind, target)))
                else:
                    members.append((path, blob))
                    seen[digits] = path
            paths.append(path)
        if layout == "new":
            config = "blobs/sha256/" + config[:-len(".json")]
        members.append((config, image.config))
        listed.append({"Config": config, "RepoTags": image.tags or None, "Layers": paths})
    members.append(("manifest.json", json.dumps(listed).encode()))
    return members


def docker_archive(path, images, layout="flat"):
    return write_tar(path, docker_members(images, layout))


def _write(path, data):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(data)


def _blob(directory, data):
    _write(os.path.join(directory, "blobs", "sha256", digest_of(data)[7:]), data)
    return data


def _entry(data, media_type, name=None, platform=None, key="org.opencontainers.image.ref.name"):
    entry = {"mediaType": media_type, "digest": digest_of(data), "size": len(data)}
    if name:
        entry["annotations"] = {key: name}
    if platform:
        entry["platform"] = platform
    return entry


def oci_layout(directory, images, depth=0, key="org.opencontainers.image.ref.name"):
    """depth: how many indexes lie between index.json and the manifests (then all are one image)."""
    entries = []
    for image in images:
        for data in [b for b, _ in image.layers] + [image.config]:
            _blob(directory, data)
        manifest = _blob(directory, image.manifest())
        for name in image.tags or [None]:
            entries.append(_entry(manifest, MANIFEST, name, image.platform, key))
    for _ in range(depth):
        index = _blob(directory, json.dumps(
            {"schemaVersion": 2, "mediaType": INDEX, "manifests": entries}).encode())
        entries = [_entry(index, INDEX)]
    _write(os.path.join(directory, "index.json"),
           json.dumps({"schemaVersion": 2, "manifests": entries}).encode())
    _write(os.path.join(directory, "oci-layout"), b'{"imageLayoutVersion": "1.0.0"}')
    return directory


def tar_of(directory, path, compress=False):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name in sorted(os.listdir(directory)):
            tar.add(os.path.join(directory, name), name)
    _write(path, gzip.compress(out.getvalue()) if compress else out.getvalue())
    return path
