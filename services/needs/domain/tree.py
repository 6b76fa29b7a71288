"""Trees given as child → parent: units under units, people under superiors."""

from collections.abc import Iterable, Mapping


def members_of_cycles(parents: Mapping[str, str | None]) -> set[str]:
    """Everyone who is, over some steps, above themselves."""
    settled: set[str] = set()
    circling: set[str] = set()
    for start in parents:
        path: dict[str, int] = {}
        node: str | None = start
        while node is not None and node not in settled and node not in path:
            path[node] = len(path)
            node = parents.get(node)
        if node in path:
            circling.update(list(path)[path[node] :])
        settled.update(path)
    return circling


def without_place(entries: Mapping[str, str | None], recorded: Mapping[str, str | None]) -> set[str]:
    """The entries that cannot be hung into the recorded tree: parent missing, or a cycle would close.

    An entry left out keeps its recorded parent, if it has one, and may so leave out others in turn.
    """
    placed = dict(entries)
    while True:
        tree = {**recorded, **placed}
        loose = {child for child, parent in placed.items() if parent is not None and parent not in tree}
        loose |= members_of_cycles(tree) & placed.keys()
        if not loose:
            return entries.keys() - placed.keys()
        _remove(placed, loose)


def _remove(placed: dict[str, str | None], loose: Iterable[str]) -> None:
    for child in loose:
        del placed[child]
