"""One bare repository on disk, through the git command line: objects, refs, merges.

Every call is one short process with an environment of its own, so that a person's git configuration changes nothing.
Deals in bytes and object names; knows nothing of HTTP or of GitHub.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

ZERO = "0" * 40
"""The object name that stands for none."""


class GitError(Exception):
    """Git refused; the message is what it wrote."""


class Conflict(Exception):  # noqa: N818 - the word that git uses
    """Two sides do not merge without a person."""


@dataclass(frozen=True)
class Person:
    """An author or committer; `seconds` since the epoch."""

    name: str
    email: str
    seconds: int


@dataclass(frozen=True)
class Commit:
    """One commit as it is written."""

    sha: str
    tree: str
    parents: tuple[str, ...]
    author: Person
    committer: Person
    message: str
    signature: str | None


@dataclass(frozen=True)
class Entry:
    """One entry of a tree; `size` is of blobs alone."""

    mode: str
    kind: str
    sha: str
    size: int | None
    path: str


@dataclass(frozen=True)
class FileChange:
    """One file between two commits; `status` is added, modified or removed."""

    path: str
    status: str
    additions: int
    deletions: int
    sha: str


class Git:
    """A bare repository. Makes nothing until `create`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @staticmethod
    def environment() -> dict[str, str]:
        """What git sees: no configuration but the repository's."""
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
        return {**kept, "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "HOME": os.devnull}

    def create(self, default_branch: str) -> None:
        """Make the repository, with the hook through which every push is decided."""
        self.path.mkdir(parents=True)
        self.run("init", "--quiet", "--bare", f"--initial-branch={default_branch}", ".")
        for key, value in {
            "receive.procReceiveRefs": "refs",
            "uploadpack.allowAnySHA1InWant": "true",
            "uploadpack.allowFilter": "true",
            "http.receivepack": "true",
            "gc.auto": "0",
            "receive.autogc": "false",
        }.items():
            self.run("config", key, value)
        program = shlex.join([sys.executable, "-I", "-S", str(Path(__file__).with_name("proc_receive.py"))])
        hook = self.path / "hooks" / "proc-receive"
        hook.write_text(f"#!/bin/sh\nexec {program}\n")
        hook.chmod(0o700)

    def run(self, *words: str, given: bytes | None = None, extra: Mapping[str, str] | None = None) -> bytes:
        """Run one git command and return what it wrote.

        Raises:
            GitError: It failed.

        """
        done = subprocess.run(
            ["git", *words],
            cwd=self.path,
            input=given,
            stdin=subprocess.DEVNULL if given is None else None,
            capture_output=True,
            env={**self.environment(), **(extra or {})},
            check=False,
        )
        if done.returncode:
            raise GitError(done.stderr.decode(errors="replace").strip() or f"git {words[0]}: {done.returncode}")
        return done.stdout

    def text(self, *words: str, given: bytes | None = None, extra: Mapping[str, str] | None = None) -> str:
        """As `run`, without the last line's end."""
        return self.run(*words, given=given, extra=extra).decode(errors="replace").rstrip("\n")

    def refs(self, prefix: str = "refs/") -> dict[str, str]:
        """Every ref below a prefix, and its object."""
        lines = self.text("for-each-ref", "--format=%(refname) %(objectname)").splitlines()
        named = (line.split(" ") for line in lines)
        return {name: sha for name, sha in named if name.startswith(prefix)}

    def ref(self, name: str) -> str | None:
        """The object of a ref by its full name."""
        return self._or_none("rev-parse", "--verify", "--quiet", name) if name.startswith("refs/") else None

    def commit_at(self, revision: str) -> str | None:
        """The commit of a branch, a tag or an object name."""
        if revision.startswith("-") or ".." in revision or not revision:
            return None
        for candidate in (f"refs/heads/{revision}", f"refs/tags/{revision}", revision):
            if found := self._or_none("rev-parse", "--verify", "--quiet", f"{candidate}^{{commit}}"):
                return found
        return None

    def kind(self, sha: str) -> str | None:
        """What an object is: commit, tree, blob, tag."""
        return None if sha.startswith("-") else self._or_none("cat-file", "-t", sha)

    def _or_none(self, *words: str) -> str | None:
        try:
            return self.text(*words) or None
        except GitError:
            return None

    def set_ref(self, name: str, new: str, old: str | None = None) -> None:
        """Point a ref at an object; where `old` is given, only if it is there now (`ZERO`: if there is none)."""
        self.run("update-ref", name, new, *([] if old is None else [old]))

    def delete_ref(self, name: str) -> None:
        """Remove a ref."""
        self.run("update-ref", "-d", name)

    def rename_head(self, branch: str) -> None:
        """Make a branch the one that a clone begins with."""
        self.run("symbolic-ref", "HEAD", f"refs/heads/{branch}")

    def commit(self, sha: str) -> Commit:
        """Read one commit.

        Raises:
            GitError: There is no such commit.

        """
        head, _, message = self.run("cat-file", "commit", sha).decode(errors="replace").partition("\n\n")
        fields: list[tuple[str, str]] = []
        for line in head.split("\n"):
            if line.startswith(" ") and fields:
                fields[-1] = (fields[-1][0], f"{fields[-1][1]}\n{line[1:]}")
            else:
                name, _, value = line.partition(" ")
                fields.append((name, value))
        known = dict(fields)
        full = self.text("rev-parse", "--verify", sha)
        return Commit(
            full,
            known["tree"],
            tuple(value for name, value in fields if name == "parent"),
            _person(known["author"]),
            _person(known["committer"]),
            message.rstrip("\n"),
            known.get("gpgsig"),
        )

    def log(self, revision: str, path: str | None = None, limit: int = 1000) -> list[str]:
        """Names of commits, newest first; `revision` may be a range."""
        words = ["rev-list", f"--max-count={limit}", revision, "--", *([path] if path else [])]
        return self.text(*words).split()

    def is_ancestor(self, older: str, newer: str) -> bool:
        """Whether `newer` has `older` behind it."""
        try:
            self.run("merge-base", "--is-ancestor", older, newer)
        except GitError:
            return False
        return True

    def merge_base(self, one: str, other: str) -> str | None:
        """Where two commits part."""
        return self._or_none("merge-base", one, other)

    def tree(self, revision: str, *, recursive: bool = False, path: str | None = None) -> list[Entry]:
        """The entries of a tree, or of one path in it."""
        words = ["ls-tree", "-l", "-z", *(["-r", "-t"] if recursive else []), revision, *(["--", path] if path else [])]
        found = []
        for line in self.run(*words).decode(errors="replace").split("\0"):
            if line:
                meta, _, name = line.partition("\t")
                mode, kind, sha, size = meta.split()
                found.append(Entry(mode, kind, sha, None if size == "-" else int(size), name))
        return found

    def blob(self, sha: str) -> bytes:
        """What a blob holds."""
        return self.run("cat-file", "blob", sha)

    def file(self, revision: str, path: str) -> bytes | None:
        """What a file holds in a commit, or None where there is no such file."""
        found = self.tree(revision, path=path)
        return self.blob(found[0].sha) if found and found[0].kind == "blob" else None

    def fetch(self, other: Git, *refs: str) -> None:
        """Take refs of another repository over, by force; each is `there:here`."""
        self.run("fetch", "--quiet", "--no-tags", str(other.path), *(f"+{one}" for one in refs))

    def write_blob(self, content: bytes) -> str:
        """Store a file's content."""
        return self.text("hash-object", "-w", "--stdin", given=content)

    def write_tree(self, base: str | None, changes: Iterable[tuple[str, str, str | None]]) -> str:
        """A tree made of another one; a change is (mode, path, object), without an object the path goes.

        Raises:
            GitError: An object is not there, or a path is not one that git takes.

        """
        lines = [f"0 {ZERO}\t{path}\0" if sha is None else f"{mode} {sha}\t{path}\0" for mode, path, sha in changes]
        with tempfile.TemporaryDirectory() as folder:
            extra = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
            if base is not None:
                self.run("read-tree", base, extra=extra)
            self.run("update-index", "-z", "--index-info", given="".join(lines).encode(), extra=extra)
            return self.text("write-tree", extra=extra)

    def write_commit(self, tree: str, parents: Iterable[str], message: str, author: Person, committer: Person) -> str:
        """Store a commit."""
        extra = {
            "GIT_AUTHOR_NAME": author.name,
            "GIT_AUTHOR_EMAIL": author.email,
            "GIT_AUTHOR_DATE": f"@{author.seconds} +0000",
            "GIT_COMMITTER_NAME": committer.name,
            "GIT_COMMITTER_EMAIL": committer.email,
            "GIT_COMMITTER_DATE": f"@{committer.seconds} +0000",
        }
        words = [word for parent in parents for word in ("-p", parent)]
        return self.text("commit-tree", tree, *words, given=f"{message}\n".encode(), extra=extra)

    def write_tag(self, name: str, sha: str, kind: str, message: str, tagger: Person) -> str:
        """Store an annotated tag's object."""
        head = f"object {sha}\ntype {kind}\ntag {name}\ntagger {tagger.name} <{tagger.email}> {tagger.seconds} +0000\n"
        return self.text("mktag", given=f"{head}\n{message}\n".encode())

    def merged_tree(self, ours: str, theirs: str) -> str:
        """The tree of two commits merged.

        Raises:
            Conflict: They do not merge by themselves.

        """
        try:
            return self.text("merge-tree", "--write-tree", "--no-messages", ours, theirs).splitlines()[0]
        except GitError as error:
            raise Conflict(str(error)) from error

    def replayed(self, commits: Iterable[str], onto: str, committer: Person) -> str:
        """Commits, oldest first, put on top of another one; the last of the new ones.

        Raises:
            Conflict: One of them does not apply.

        """
        tip = onto
        for sha in commits:
            one = self.commit(sha)
            # merge-tree takes its base from history: a commit with our tree and the old parent makes it that parent.
            ours = self.write_commit(self.commit(tip).tree, one.parents[:1], "base", committer, committer)
            tree = self.merged_tree(ours, sha)
            tip = self.write_commit(tree, [tip], one.message, one.author, committer)
        return tip

    def changes(self, old: str, new: str) -> list[FileChange]:
        """The files that differ between two commits (or trees)."""
        raw = self.run("diff-tree", "-r", "-z", "--no-renames", "--raw", "--numstat", old, new).decode(errors="replace")
        statuses: dict[str, tuple[str, str]] = {}
        counts: dict[str, tuple[int, int]] = {}
        parts = iter(raw.split("\0"))
        for part in parts:
            if part.startswith(":"):
                *_, before, after, letter = part.split(" ")
                kind = {"A": "added", "D": "removed"}.get(letter[0], "modified")
                statuses[next(parts)] = (kind, before if kind == "removed" else after)
            elif part:
                plus, minus, path = part.split("\t")
                counts[path] = (int(plus) if plus.isdigit() else 0, int(minus) if minus.isdigit() else 0)
        return [
            FileChange(path, kind, *counts.get(path, (0, 0)), sha) for path, (kind, sha) in sorted(statuses.items())
        ]

    def patch(self, old: str, new: str, path: str) -> str:
        """The difference in one file, as GitHub shows it: from the first `@@` on."""
        text = self.text("diff-tree", "-r", "-p", "--no-renames", old, new, "--", path)
        return text[text.find("@@") :] if "@@" in text else ""


def _person(line: str) -> Person:
    name, _, rest = line.partition(" <")
    email, _, moment = rest.partition("> ")
    return Person(name, email, int(moment.split(" ")[0] or 0))
