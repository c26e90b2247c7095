"""What ``amorsize cache`` does: each action gives a document, the same in lines, an exit code."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, NamedTuple

from amorsize.cache import upkeep
from amorsize.cache.identity import identify
from amorsize.cache.kinds import OPTIMIZATION, kind_called
from amorsize.cache.moving import export_cache, import_into
from amorsize.cache.opening import cache_of
from amorsize.cache.prewarm import prewarm as decide_beforehand
from amorsize.cache.store import checked_key
from amorsize.cache.wording import in_words
from amorsize.cli.exits import (
    CacheUnusableError,
    EntryMissingError,
    Exit,
    FunctionUnknownError,
    InputError,
    OutputFailedError,
)
from amorsize.cli.target import find_target
from amorsize.errors import FileMissingError, UsageError
from amorsize.plan.units import seconds
from amorsize.vocab.lookup import Hit

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Mapping

    from amorsize.cache.kinds import Kind
    from amorsize.cache.loader import Cache, Examined


class Answer(NamedTuple):
    """What one action has to say."""

    document: Any
    lines: list[str]
    code: int = Exit.OK
    complaint: str = ""
    """What could not be done, for standard error."""


def stats(args: Namespace) -> Answer:
    """Count the entries."""
    counted = upkeep.stats(_listable(args.type), args.ttl)
    document = {name: value for name, value in asdict(counted).items() if name != "cache_dir"}
    ages = (counted.newest_entry_age, counted.oldest_entry_age)
    between = " to ".join(seconds(age) for age in ages if age is not None)
    lines = [
        f"folder: {counted.cache_dir}",
        f"entries: {counted.total_entries:,}, {counted.total_size_bytes:,} bytes",
        f"valid: {counted.valid_entries:,}",
        f"expired: {counted.expired_entries:,}",
        f"incompatible: {counted.incompatible_entries:,}",
        f"unreadable among them: {counted.unreadable_entries:,}",
        f"age: {between or 'no entry tells'}",
    ]
    return Answer(document | {"cache_dir": str(counted.cache_dir)}, lines)


def list_entries(args: Namespace) -> Answer:
    """Name every entry, and what a load would say of it."""
    cache = _listable(args.type)
    rows = [_row(key, examined, cache.kind) for key, examined in cache.survey(args.ttl)]
    lines = [f"{row['key']}  {row['reason'] or 'valid'}" for row in rows]
    return Answer(rows, lines or ["no entries"])


def show(args: Namespace) -> Answer:
    """Show one entry.

    Raises:
        EntryMissingError: a load would not give it.
    """
    kind = kind_called(args.type)
    found = cache_of(kind).look(checked_key(args.key), args.ttl)
    if not isinstance(found, Hit):
        raise EntryMissingError(in_words(found.why, kind.absent))
    document = kind.table.encode(found.record)
    return Answer(document, [f"{name}: {_shown(value)}" for name, value in document.items()])


def prune(args: Namespace) -> Answer:
    """Remove what no load would serve."""
    cache = _listable(args.type)
    return _refused(cache, _counted("removed", upkeep.prune(cache, args.ttl)), "remove")


def clear(args: Namespace) -> Answer:
    """Remove every entry."""
    cache = _listable(args.type)
    return _refused(cache, _counted("removed", upkeep.clear(cache)), "remove")


def export(args: Namespace) -> Answer:
    """Write the entries into a file.

    Raises:
        OutputFailedError: it cannot be written.
    """
    _listable(args.type)
    try:
        count = export_cache(
            args.file,
            args.include_expired,
            args.include_incompatible,
            args.ttl,
            cache_type=args.type,
        )
    except OSError as error:
        raise OutputFailedError.for_place(args.file, error) from error
    return _counted("exported", count)


def take_over(args: Namespace) -> Answer:
    """Read entries from such a file.

    Raises:
        InputError: it cannot be read.
    """
    cache = cache_of(kind_called(args.type))
    try:
        counts = import_into(
            cache,
            args.file,
            args.merge_strategy,
            compatible=not args.any_system,
            dated_now=args.update_timestamps,
        )
    except FileMissingError:
        raise
    except OSError as error:
        msg = f"cannot read {args.file}: {error.strerror or error}"
        raise InputError(msg, hint="FILE is what amorsize cache export has written") from error
    told = _told(dict(zip(("imported", "skipped", "incompatible"), counts, strict=True)))
    return _refused(cache, told, "write")


def validate(args: Namespace) -> Answer:
    """Say what is wrong with one file, or with every entry."""
    if args.file is not None:
        good, issues = upkeep.validate_cache_entry(args.file, args.ttl, cache_type=args.type)
        document: dict[str, Any] = {"is_valid": good, "issues": issues}
        return Answer(document, issues or ["valid"], Exit.OK if good else Exit.FAILED)
    result = upkeep.validate(_listable(args.type or OPTIMIZATION.name), args.ttl)
    summary = f"valid: {result.valid_entries:,} of {result.total_entries:,}"
    code = Exit.OK if result.is_valid else Exit.FAILED
    return Answer(asdict(result), [*result.issues, summary], code)


def repair(args: Namespace) -> Answer:
    """Remove what cannot be read, or count it."""
    cache = _listable(args.type)
    answer = _told(upkeep.repair(cache, dry_run=not args.apply))
    answer = _refused(cache, answer, "remove")
    hint = ["nothing was deleted: --apply does it"] if not args.apply else []
    return answer._replace(lines=[*answer.lines, *hint])


def prewarm(args: Namespace) -> Answer:
    """Decide for a function before it is run.

    Raises:
        UsageError: the benchmark cache holds what was measured, and nothing that was decided.
        FunctionUnknownError: the function cannot be told from others.
    """
    if args.type != "optimization":
        msg = "prewarm is for the optimization cache: benchmarks must be measured"
        raise UsageError(msg, hint="leave out --type")
    profile = {"data_size": args.data_size, "avg_time": args.avg_time}
    func = find_target(args.target)
    cache = cache_of(OPTIMIZATION)
    written = decide_beforehand(cache, func, [profile], force=args.force)
    identity = identify(func)
    if not identity.shared:
        raise FunctionUnknownError.because(args.target, identity.why_not)
    return _refused(cache, _counted("written", written), "write")


def _listable(cache_type: str) -> Cache[Any]:
    """The cache, once it was seen that its folder can be read.

    Raises:
        CacheUnusableError: it cannot.
    """
    cache = cache_of(kind_called(cache_type))
    try:
        cache.listed()
    except OSError as error:
        raise CacheUnusableError.because(error) from error
    return cache


def _refused(cache: Cache[Any], answer: Answer, act: str) -> Answer:
    """The answer, and which entries the cache could not write or remove."""
    if not cache.refusals:
        return answer
    count = len(cache.refusals)
    entries = "1 entry" if count == 1 else f"{count:,} entries, the first"
    complaint = f"cannot {act} {entries}: {cache.refusals[0]}"
    return answer._replace(code=Exit.FAILED, complaint=complaint)


def _row(key: str, examined: Examined[Any], kind: Kind[Any]) -> dict[str, Any]:
    verdict = examined.verdict
    return {
        "key": key,
        "size_bytes": examined.size_bytes,
        "age_s": examined.age_s,
        "reason": "" if isinstance(verdict, Hit) else in_words(verdict.why, kind.absent),
    }


def _shown(value: object) -> object:
    """Records inside a record, and lists, on one line."""
    if isinstance(value, dict):
        return ", ".join(f"{name} {inner}" for name, inner in value.items())
    return "; ".join(map(str, map(_shown, value))) if isinstance(value, list) else value


def _counted(what: str, count: int) -> Answer:
    return _told({what: count})


def _told(counts: Mapping[str, int]) -> Answer:
    return Answer(dict(counts), [f"{what}: {count:,}" for what, count in counts.items()])
