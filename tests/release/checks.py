"""What must hold before a version is published. Each check gives the problem in one line, or None."""

from __future__ import annotations

import re
from datetime import date

SEMANTIC = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")
SECTION = re.compile(r"^## \[(?P<name>[^\]]+)\](?: - (?P<date>\S+))?(?: \[YANKED\])?$", re.MULTILINE)
UNRELEASED = "Unreleased"
# Copyleft that reaches those who use a package, and what does not tell; the rest is fit for a product under Apache-2.0.
REFUSED_LICENCES = ("GNU General Public", "GPL-2", "GPL-3", "AGPL", "Affero", "UNKNOWN")


def version_problem(version: str) -> str | None:
    """`version` is that of pyproject.toml; the form is Semantic Versioning's without pre-releases."""
    if SEMANTIC.fullmatch(version):
        return None
    return f"pyproject.toml: version {version!r} is not MAJOR.MINOR.PATCH"


def changelog_problem(changelog: str, version: str, today: date) -> str | None:
    """The top section of `changelog` is that of `version`, with its date; an empty [Unreleased] may precede it."""
    sections = list(SECTION.finditer(changelog))
    if sections and sections[0]["name"] == UNRELEASED:
        end = sections[1].start() if len(sections) > 1 else len(changelog)
        if changelog[sections[0].end() : end].strip():
            return f"CHANGELOG.md: entries are below [Unreleased]: move them below ## [{version}] - {today}"
        sections = sections[1:]
    if not sections or sections[0]["name"] != version:
        found = f"[{sections[0]['name']}]" if sections else "none"
        return f"CHANGELOG.md: the top version is {found}, pyproject.toml says {version}"
    return _section_problem(changelog, sections, today)


def _section_problem(changelog: str, sections: list[re.Match[str]], today: date) -> str | None:
    name, day = sections[0]["name"], sections[0]["date"]
    try:
        dated = date.fromisoformat(day or "")
    except ValueError:
        return f"CHANGELOG.md: [{name}] has no date: ## [{name}] - {today}"
    if dated > today:
        return f"CHANGELOG.md: [{name}] is of {dated}, which is still to come"
    end = sections[1].start() if len(sections) > 1 else len(changelog)
    if not changelog[sections[0].end() : end].strip():
        return f"CHANGELOG.md: [{name}] says nothing"
    return None


def tag_problem(version: str, tags: list[str]) -> str | None:
    """`tags` are all of the repository: `version` has to be new, and greater than any before."""
    if f"v{version}" in tags:
        return f"v{version} is tagged already: a published version is never replaced, take the next"
    released = [parts for tag in tags if (parts := _parts(tag.removeprefix("v"))) and tag.startswith("v")]
    greatest = max(released, default=None)
    if greatest is not None and (_parts(version) or ()) < greatest:
        return f"version {version} is less than v{'.'.join(map(str, greatest))}, which is tagged"
    return None


def core_problem(names: list[str]) -> str | None:
    """`names` are the wheel's files: installations go on without the compiled cores, what is published has them."""
    built = {name.partition("/")[0] for name in names if re.fullmatch(r"\w+/_core\..*so", name)}
    if built >= {"streams", "sinks"}:
        return None
    return (
        "the wheel lacks a compiled core: install cargo, Rust 1.88 or newer; `make .venv/.dev` tells whether they build"
    )


def licence_problem(licences: dict[str, str]) -> str | None:
    """`licences` are those of the crates in the compiled core, by name; one that tells none has ""."""
    refused = [
        f"{name} ({licence or 'none told'})"
        for name, licence in licences.items()
        if not licence or any(word in licence for word in REFUSED_LICENCES)
    ]
    return f"licences of crates that are not fit: {', '.join(refused)}" if refused else None


def notice_problem(licences: dict[str, str], notices: str) -> str | None:
    """`licences` as above; `notices` is the text that goes with the compiled core, and names who must be named."""
    owed = [name for name, licence in licences.items() if "Apache-2.0" not in licence and name not in notices]
    return f"docs/notices.md: name the authors of {', '.join(owed)}, and the licence" if owed else None


def tree_problem(status: str, why: str) -> str | None:
    """`status` is what `git status --porcelain` says; `why` tells what to do about files that changed."""
    changed = [line[3:] for line in status.splitlines()]
    return f"{why}: {', '.join(changed)}" if changed else None


def _parts(version: str) -> tuple[int, ...] | None:
    match = SEMANTIC.fullmatch(version)
    return tuple(map(int, match.groups())) if match else None
