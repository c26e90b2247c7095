"""The project's commands: ``nox -l`` lists them; what follows ``--`` goes to the tool."""

from __future__ import annotations

import nox

nox.needs_version = ">=2025.5.1"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.download_python = "never"
# a skipped session has tested nothing; `--no-error-on-missing-interpreters` lets it be
nox.options.error_on_missing_interpreters = True
nox.options.sessions = ["lint", "tests"]
PROJECT = nox.project.load_toml("pyproject.toml")


def install(session: nox.Session, *groups: str, options: tuple[str, ...] = ()) -> None:
    """The package, editable, and the named dependency groups."""
    session.install(*options, "-e.", *nox.project.dependency_groups(PROJECT, *groups))


@nox.session
def lint(session: nox.Session) -> None:
    """Format, lint, types, layers."""
    install(session, "dev")
    session.run("ruff", "format", "--check", ".")
    session.run("ruff", "check", ".")
    session.run("mypy")
    session.run("lint-imports", "--no-cache")


@nox.session(python=["3.11", "3.12", "3.13"])
def tests(session: nox.Session) -> None:
    """Unit, conformance and house-rule tests."""
    install(session, "test")
    session.run("pytest", *session.posargs)


@nox.session(default=False)
def bare(session: nox.Session) -> None:
    """The tests that remain when no optional package is installed."""
    install(session, "runner")
    session.run("pytest", *session.posargs)


@nox.session(python="3.11", venv_backend="uv", default=False)
def oldest(session: nox.Session) -> None:
    """The lower bounds in pyproject.toml are true."""
    install(session, "test", options=("--resolution=lowest-direct",))
    session.run("pytest", *session.posargs)


@nox.session(default=False)
def bench(session: nox.Session) -> None:
    """Measure on a quiet machine: ``nox -s bench -- full``, ``nox -s bench -- --help``."""
    install(session, "bench")
    session.run("python", "-m", "benchmarks", *(session.posargs or ["quick"]))


@nox.session(default=False)
def changelog(session: nox.Session) -> None:
    """Show the next release's notes; ``nox -s changelog -- --yes`` writes them."""
    session.install(*nox.project.dependency_groups(PROJECT, "changelog"))
    version = PROJECT["project"]["version"]
    session.run("towncrier", "build", "--version", version, *(session.posargs or ["--draft"]))
