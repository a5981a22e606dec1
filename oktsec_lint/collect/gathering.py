"""Listings to a `Server`: two views of one server joined, secrets masked, the status and its reason said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from oktsec_lint.core.config import ServerSpec
from oktsec_lint.core.display import visible
from oktsec_lint.core.model import Definition, Fault, JsonValue, Server, Status
from oktsec_lint.launch.secrets import Mask
from oktsec_lint.protocol.compare import BAREST_CLIENT, changed_instructions, compare
from oktsec_lint.protocol.interview import Listing
from oktsec_lint.protocol.revisions import LEGACY, MODERN

_REASON = 400
_MESSAGE = 800
_REVISION = 40
_MOST = 100
_REPEATS = "LST-014"


def unscanned(spec: ServerSpec, reason: str, faults: tuple[Fault, ...] = ()) -> Server:
    """A server of which nothing is known, and why."""
    said = visible(reason, _REASON)
    faults = (Fault("LST-001", f"this server was not scanned: {said}"), *faults)
    return Server(spec.name, Status.NOT_SCANNED, said, faults=faults, place=spec.place)


def server_of(spec: ServerSpec, first: Listing, second: Listing | None, mask: Mask) -> Server:
    """`first` is what the most able client sees, `second` what the barest sees (None: there is no such view)."""
    listing = _chosen(first, second)
    if listing.failure is not None:
        return unscanned(spec, mask(listing.failure.reason), _masked(listing.faults, mask))
    joined = _joined(listing, second) if second is not None and listing is first else listing
    info, instructions = _starred_info(joined, mask), mask.starred(joined.instructions)
    definitions, repeats = _starred(joined.definitions, mask)
    if info != joined.info or instructions != joined.instructions:
        repeats = (Fault(_REPEATS, "this server repeats a configured secret in what it says of itself"), *repeats)
    return Server(
        spec.name,
        Status.PARTIAL if joined.gaps else Status.COMPLETE,
        visible(mask("; ".join(joined.gaps)), _REASON),
        joined.revision if joined.revision in (*LEGACY, *MODERN) else visible(mask(joined.revision), _REVISION),
        info,
        instructions,
        definitions,
        _masked((*joined.faults, *repeats), mask),
        spec.place,
    )


def _chosen(first: Listing, second: Listing | None) -> Listing:
    """A server that fails with an able client only is known as its barest client sees it, which is not everything."""
    if first.failure is None or second is None or second.failure is not None:
        return first
    gap = f"only a client without capabilities was answered: {first.failure.reason}"
    fault = Fault("LST-002", f"not everything was read: {gap}")
    return second._replace(gaps=(*second.gaps, gap), faults=(*second.faults, fault))


def _joined(first: Listing, second: Listing) -> Listing:
    """The union of both views, and what differs between them."""
    more = tuple(_unknown(first, second))
    if second.failure is not None:
        return first._replace(faults=(*first.faults, *more))
    difference = compare(first.definitions, second.definitions)
    more += tuple(difference.faults(BAREST_CLIENT, presence=not (first.gaps or second.gaps)))
    instructions = first.instructions
    if second.instructions != first.instructions:
        instructions = "\n\n".join(filter(None, (first.instructions, second.instructions)))
        more = (changed_instructions(second.instructions, BAREST_CLIENT), *more)
    return first._replace(
        instructions=instructions,
        definitions=(*first.definitions, *difference.additions(BAREST_CLIENT)),
        faults=(*first.faults, *_unseen(second.faults, first.faults), *more),
    )


def _unknown(first: Listing, second: Listing) -> Iterator[Fault]:
    """That the comparison is not whole, where the listing itself is."""
    why = second.failure.reason if second.failure is not None else "; ".join(second.gaps)
    if why and not first.gaps:
        yield Fault("LST-011", f"what this server offers to a client without capabilities is unknown: {why}")


def _unseen(faults: tuple[Fault, ...], seen: tuple[Fault, ...]) -> tuple[Fault, ...]:
    known = {(fault.rule, fault.kind, fault.name, fault.pointer) for fault in seen}
    return tuple(fault for fault in faults if (fault.rule, fault.kind, fault.name, fault.pointer) not in known)


def _masked(faults: tuple[Fault, ...], mask: Mask) -> tuple[Fault, ...]:
    """Masked first and cut then, or half a secret may survive at the cut."""
    return tuple(
        item._replace(
            message=visible(mask(item.message), _MESSAGE),
            name=mask.starred(item.name),
            pointer=mask.starred(item.pointer),
            evidence=mask(item.evidence)[:_REASON],
        )
        for item in faults
    )


def _starred_info(listing: Listing, mask: Mask) -> Mapping[str, JsonValue]:
    info = mask.starred_in(dict(listing.info))
    return info if isinstance(info, dict) else {}


def _starred(definitions: tuple[Definition, ...], mask: Mask) -> tuple[tuple[Definition, ...], tuple[Fault, ...]]:
    """The definitions without certain secrets, and a fault for each that had one."""
    clean = tuple(_without_secret(item, mask) for item in definitions)
    repeats = [new for old, new in zip(definitions, clean, strict=True) if new is not old]
    message = "this {} repeats a configured secret, shown here as asterisks"
    return clean, tuple(Fault(_REPEATS, message.format(item.kind), item.kind, item.name) for item in repeats[:_MOST])


def _without_secret(item: Definition, mask: Mask) -> Definition:
    body = mask.starred_in(item.body)
    return item if body is item.body else item._replace(name=mask.starred(item.name), body=body)
