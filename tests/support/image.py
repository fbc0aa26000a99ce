# SPDX-License-Identifier: Apache-2.0
"""Small images made by hand, with no program of this field: OCI layouts and docker-archives.

    base = image.busybox(pristine_root)                  # one layer, sh as its command
    more = base.add({"hello.txt": "hi\\n", "gone": None})   # a layer on top; None: a whiteout
    more.config["Env"] = ["A=b"]
    image.docker_archive(path, {"example.com/hello:1": more})
    image.oci_layout(directory, {"1": more}); image.oci_archive(path, {"1": more})

Everything is reproducible: the same input gives the same bytes, digests and ids.
"""

import copy
import gzip
import hashlib
import io
import json
import os
import subprocess
import tarfile

CREATED = "2024-05-06T07:08:09Z"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar"
REF_NAME = "org.opencontainers.image.ref.name"


def digest_of(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def text_of(document):
    return json.dumps(document, separators=(",", ":")).encode()


def _member(path, mtime=1700000000):
    member = tarfile.TarInfo(path)
    member.mtime = mtime
    member.mode = 0o644
    return member


def _whiteout(path):
    parent, _, name = path.rpartition("/")
    return f"{parent}/.wh.{name}" if parent else f".wh.{name}"


def tar_of(entries):
    """A tar of entries in order: path -> text or bytes (a file), None (a whiteout), or a TarInfo.
    A path that ends with '/' is a directory, whatever its value."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for path, content in entries.items():
            if isinstance(content, tarfile.TarInfo):
                tar.addfile(content)
                continue
            if path.endswith("/"):
                member = _member(path.rstrip("/"))
                member.type, member.mode = tarfile.DIRTYPE, 0o755
                tar.addfile(member)
                continue
            data = content.encode() if isinstance(content, str) else content or b""
            member = _member(path if content is not None else _whiteout(path))
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return out.getvalue()


def tar_of_tree(root):
    """A tar of a directory's contents, owned by root, times fixed."""
    def plain(member):
        member.uid = member.gid = 0
        member.uname = member.gname = ""
        member.mtime = 1700000000
        return member

    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name in sorted(os.listdir(root)):
            tar.add(os.path.join(root, name), name, filter=plain)
    return out.getvalue()


def compressed(data, how):
    """(bytes, what the media type ends with)"""
    if how in (None, "none"):
        return data, ""
    if how == "gzip":
        return gzip.compress(data, 6, mtime=0), "+gzip"
    if how == "zstd":
        done = subprocess.run(["zstd", "-q", "-c"], input=data, stdout=subprocess.PIPE, check=True)
        return done.stdout, "+zstd"
    raise ValueError(how)


class Image:
    """Layers (uncompressed tars, lowest first) and the config's members: `config` is what a
    container starts with, `more` is the rest of the document."""

    def __init__(self, layers, config=None, architecture=None, created=CREATED, comments=None):
        self.layers = list(layers)
        self.config = config or {}
        self.architecture = architecture or host_architecture()
        self.variant = None
        self.created = created
        self.comments = comments or ["/bin/sh -c #(nop) ADD dir in /"] * len(self.layers)
        self.annotations = {}

    def add(self, entries, comment="/bin/sh -c touch"):
        """A new image with one more layer."""
        image = copy.deepcopy(self)
        image.layers.append(tar_of(entries))
        image.comments.append(comment)
        return image

    def with_config(self, **members):
        image = copy.deepcopy(self)
        image.config.update(members)
        return image

    @property
    def document(self):
        """The config's bytes."""
        document = {"created": self.created, "architecture": self.architecture, "os": "linux",
                    "config": self.config,
                    "rootfs": {"type": "layers", "diff_ids": [digest_of(x) for x in self.layers]},
                    "history": [{"created": self.created, "created_by": x} for x in self.comments]}
        if self.variant:
            document["variant"] = self.variant
        return text_of(document)

    @property
    def id(self):
        return digest_of(self.document)[7:]

    def manifest(self, compression="gzip"):
        """(manifest's bytes, {digest: blob})"""
        blobs = {digest_of(self.document): self.document}
        layers = []
        for layer in self.layers:
            data, suffix = compressed(layer, compression)
            blobs[digest_of(data)] = data
            layers.append({"mediaType": LAYER + suffix, "digest": digest_of(data), "size": len(data)})
        manifest = {"schemaVersion": 2, "mediaType": MANIFEST,
                    "config": {"mediaType": CONFIG, "digest": digest_of(self.document),
                               "size": len(self.document)},
                    "layers": layers}
        if self.annotations:
            manifest["annotations"] = self.annotations
        return text_of(manifest), blobs


def host_architecture():
    return {"x86_64": "amd64", "aarch64": "arm64"}.get(os.uname().machine, os.uname().machine)


def busybox(root, **config):
    """An image of the busybox tree that tests/roots/busybox makes."""
    return Image([tar_of_tree(root)], {"Cmd": ["sh"], "Env": ["PATH=/bin:/sbin:/usr/bin"], **config})


def oci_layout(path, images, compression="gzip"):
    """A layout in the directory: name (may be None) -> Image; a list of images becomes an index with
    one manifest a platform."""
    os.makedirs(os.path.join(path, "blobs", "sha256"), exist_ok=True)
    entries = []

    def put(data):
        with open(os.path.join(path, "blobs", "sha256", digest_of(data)[7:]), "wb") as f:
            f.write(data)
        return {"digest": digest_of(data), "size": len(data)}

    def put_image(image):
        manifest, blobs = image.manifest(compression)
        for data in blobs.values():
            put(data)
        platform = {"os": "linux", "architecture": image.architecture}
        if image.variant:
            platform["variant"] = image.variant
        return {"mediaType": MANIFEST, **put(manifest), "platform": platform}

    for name, image in images.items():
        if isinstance(image, Image):
            entry = put_image(image)
        else:
            index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": [put_image(x) for x in image]}
            entry = {"mediaType": INDEX, **put(text_of(index))}
        if name:
            entry["annotations"] = {REF_NAME: name}
        entries.append(entry)
    with open(os.path.join(path, "oci-layout"), "w", encoding="utf-8") as f:
        json.dump({"imageLayoutVersion": "1.0.0"}, f)
    with open(os.path.join(path, "index.json"), "w", encoding="utf-8") as f:
        json.dump({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries}, f)
    return path


def oci_archive(path, images, compression="gzip"):
    """The same in a tar."""
    layout = path + ".layout"
    oci_layout(layout, images, compression)
    with tarfile.open(path, "w") as tar:
        for name in ("oci-layout", "index.json", "blobs"):
            tar.add(os.path.join(layout, name), name)
    return path


def docker_archive(path, images):
    """What `docker save` writes: name (or several in a tuple) -> Image."""
    files, entries = {}, []
    for names, image in images.items():
        config = image.id + ".json"
        files[config] = image.document
        layers = []
        for layer in image.layers:
            name = digest_of(layer)[7:] + "/layer.tar"
            files[name] = layer
            layers.append(name)
        tags = [names] if isinstance(names, str) else list(names or ())
        entries.append({"Config": config, "RepoTags": tags, "Layers": layers})
    files["manifest.json"] = text_of(entries)
    with open(path, "wb") as f:
        f.write(tar_of(files))
    return path
