"""How much of a poisoned definition is still caught once it is rewritten: every transform over our own seed attacks.

    python bench/evasion.py [--jobs N] [--json | --markdown] [--worst N] [--misses NAME]

Seeds are English attacks that the unmodified scan shows for review because of their description alone: parameters keep
their names and types, and without the description the scan says nothing. So a share measures the transform and not the
seed. Honest definitions are rewritten in the same way: where these are shown too, it is the disguise that was noticed.
"""

from __future__ import annotations

import argparse
import json
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Any, NamedTuple

from labelled import Labelled, seeds
from transforms import GROUPS, TRANSFORMS, Tool

from oktsec_lint import grammarbook, rulebook
from oktsec_lint.core.config import Config
from oktsec_lint.core.judge import Judge
from oktsec_lint.core.model import Inventory
from oktsec_lint.core.policy import Level
from oktsec_lint.sources.jsonl import Manifest, read_manifest

SEEDS, HONEST = 240, 120
UNMODIFIED = "unmodified"


class Seed(NamedTuple):
    """A definition with nothing to read but its description."""

    number: int
    id: str
    server: str
    tool: Tool


class Chosen(NamedTuple):
    """The seeds of a run, and what they were chosen from."""

    attacks: tuple[Seed, ...]
    honest: tuple[Seed, ...]
    english: int
    caught: int
    """Of all English seeds as they are, those shown for review."""
    enforced: int
    fit: int
    """Those caught because of the description alone."""


class Share(NamedTuple):
    """What a transform left."""

    name: str
    group: str
    attacks: int
    """Seeds that the transform changes."""
    review: int
    enforce: int
    honest: int
    alarms: int
    """Honest definitions shown for review once they are rewritten."""

    @property
    def rates(self) -> tuple[float, float, float]:
        return self.review / (self.attacks or 1), self.enforce / (self.attacks or 1), self.alarms / (self.honest or 1)


_judges: list[Judge] = []


def level(server: str, tool: Tool) -> Level:
    """The verdict on one tool, as the manifest stream gives it."""
    if not _judges:
        _judges.append(Judge(rulebook.builtin(), Config(), grammarbook.builtin()))
    found = read_manifest(json.dumps({"id": 0, "server": server, "tool": tool}))
    if not isinstance(found, Manifest):
        raise TypeError(f"{tool.get('name')} is no manifest")
    findings = [
        item for item in _judges[0].judge(Inventory((found.server,))).inspection.findings if not item.ignored_by
    ]
    return _judges[0].policy.decide(findings).level


def bare(tool: Tool) -> Tool:
    """The tool without any text but its description: parameters keep their names and types."""
    schema = tool.get("inputSchema")
    properties = schema.get("properties") if isinstance(schema, dict) else None
    fields = (
        {name: {"type": _type(value)} for name, value in properties.items()} if isinstance(properties, dict) else {}
    )
    return {
        "name": tool.get("name", ""),
        "description": tool.get("description", ""),
        "inputSchema": {"type": "object", "properties": fields},
    }


def _type(field: Any) -> Any:
    return field.get("type", "string") if isinstance(field, dict) else "string"


class _Levels(NamedTuple):
    whole: Level
    bare: Level
    silent: Level


def _levels(record: Labelled) -> _Levels:
    tool = bare(record.tool)
    return _Levels(
        level(record.server, record.tool), level(record.server, tool), level(record.server, {**tool, "description": ""})
    )


def choose(pool: ProcessPoolExecutor) -> Chosen:
    """The same seeds for the same rulebook: spread evenly over all that fit."""
    english = [record for record in seeds() if _english(record)]
    attacks, honest = (
        [record for record in english if record.malicious],
        [record for record in english if not record.malicious],
    )
    levels = list(pool.map(_levels, attacks, chunksize=50))
    fit = [
        record
        for record, found in zip(attacks, levels, strict=True)
        if found.bare >= Level.FLAG and found.silent < Level.FLAG
    ]
    clean = [
        record
        for record, found in zip(honest, pool.map(_levels, honest, chunksize=50), strict=True)
        if found.bare < Level.FLAG
    ]
    return Chosen(
        _spread(fit, SEEDS),
        _spread(clean, HONEST),
        len(attacks),
        sum(found.whole >= Level.FLAG for found in levels),
        sum(found.whole >= Level.QUARANTINE for found in levels),
        len(fit),
    )


def _english(record: Labelled) -> bool:
    found = re.findall(r"\b(?:the|of|to|and|is|for|with|from|or)\b", record.tool.get("description") or "")
    return record.language in ("", "en") and len(found) >= _LEAST_SMALL_WORDS


_LEAST_SMALL_WORDS = 2


def _spread(records: Sequence[Labelled], most: int) -> tuple[Seed, ...]:
    count = min(most, len(records))
    picked = [records[at * len(records) // count] for at in range(count)]
    return tuple(Seed(number, item.id, item.server, bare(item.tool)) for number, item in enumerate(picked))


def _rewritten(name: str, chosen: Iterable[Seed]) -> list[tuple[Seed, Tool]]:
    transform = TRANSFORMS.get(name, lambda tool, _: tool)
    pairs = [(seed, transform(seed.tool, seed.number)) for seed in chosen]
    return [(seed, tool) for seed, tool in pairs if name == UNMODIFIED or tool != seed.tool]


def measure(name: str, chosen: Chosen) -> Share:
    attacks = [level(seed.server, tool) for seed, tool in _rewritten(name, chosen.attacks)]
    honest = [level(seed.server, tool) for seed, tool in _rewritten(name, chosen.honest)]
    return Share(
        name,
        GROUPS.get(name, ""),
        len(attacks),
        sum(found >= Level.FLAG for found in attacks),
        sum(found >= Level.QUARANTINE for found in attacks),
        len(honest),
        sum(found >= Level.FLAG for found in honest),
    )


def misses(name: str, chosen: Chosen) -> Iterable[tuple[str, Tool]]:
    """The rewritten seeds that nothing is said about."""
    return ((seed.id, tool) for seed, tool in _rewritten(name, chosen.attacks) if level(seed.server, tool) < Level.FLAG)


def as_json(chosen: Chosen, base: Share, shares: Sequence[Share]) -> str:
    return json.dumps(
        {**_about(chosen), UNMODIFIED: _fields(base), "transforms": [_fields(share) for share in shares]}, indent=1
    )


def _about(chosen: Chosen) -> Mapping[str, int]:
    return {
        "seeds": chosen.english,
        "seeds caught at review": chosen.caught,
        "seeds caught at enforce": chosen.enforced,
        "seeds caught by description alone": chosen.fit,
        "seeds used": len(chosen.attacks),
    }


def _fields(share: Share) -> Mapping[str, Any]:
    review, enforce, alarms = share.rates
    return {
        **share._asdict(),
        "review share": round(review, 4),
        "enforce share": round(enforce, 4),
        "alarm share": round(alarms, 4),
    }


def _row(share: Share) -> tuple[str, ...]:
    review, enforce, alarms = share.rates
    return share.name, f"{review:.1%}", f"{enforce:.1%}", f"{alarms:.1%}", str(share.attacks)


_HEAD = ("transform", "review", "enforce", "honest text shown", "seeds")


def as_text(chosen: Chosen, base: Share, shares: Sequence[Share], worst: int) -> str:
    lines = [f"{count:>6,} {what}" for what, count in _about(chosen).items()]
    rows = [_HEAD, _row(base), *map(_row, shares[:worst])]
    lines += [
        f"{name:<32}{review:>8}{enforce:>9}{alarms:>19}{count:>7}" for name, review, enforce, alarms, count in rows
    ]
    return "\n".join((*lines, *_rest(shares, worst)))


def as_markdown(base: Share, shares: Sequence[Share], worst: int) -> str:
    rows = [
        ("transform", "caught at review", "caught at enforce", "honest text shown"),
        ("---", "---:", "---:", "---:"),
    ]
    rows += [_row(share)[:4] for share in (base, *shares[:worst])]
    return "\n".join((*(f"| {' | '.join(row)} |" for row in rows), *("", *_rest(shares, worst))))


def _rest(shares: Sequence[Share], worst: int) -> tuple[str, ...]:
    rest = shares[worst:]
    if not rest:
        return ()
    review, enforce = min(share.rates[0] for share in rest), min(share.rates[1] for share in rest)
    return (f"The other {len(rest)} transforms: at least {review:.1%} at review and {enforce:.1%} at enforce.",)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--markdown", action="store_true", help="the table of the README")
    parser.add_argument(
        "--worst", type=int, default=len(TRANSFORMS), help="show so many transforms; the others in one line"
    )
    parser.add_argument("--misses", choices=sorted(TRANSFORMS), help="show what gets past under this transform")
    options = parser.parse_args()
    with ProcessPoolExecutor(options.jobs) as pool:
        chosen = choose(pool)
        if options.misses:
            print(
                "\n".join(
                    f"{id_}: {json.dumps(tool, ensure_ascii=False)}" for id_, tool in misses(options.misses, chosen)
                )
            )
            return
        base = measure(UNMODIFIED, chosen)
        shares = sorted(
            pool.map(measure, TRANSFORMS, [chosen] * len(TRANSFORMS)), key=lambda share: (share.rates, share.name)
        )
    if options.json:
        print(as_json(chosen, base, shares))
    else:
        print(
            as_markdown(base, shares, options.worst)
            if options.markdown
            else as_text(chosen, base, shares, options.worst)
        )


if __name__ == "__main__":
    main()
