"""The numbers of a 2.x station's events, as spans without a gap."""

Spans = tuple[tuple[int, int], ...]
"""First and last number of each span, in order; more than one span is a gap (TX-33)."""

MAX_SPANS = 64


def with_number(spans: Spans, number: int) -> Spans:
    """Return the spans with one more number; the lowest grow together once there are too many."""
    if spans and number == spans[-1][1] + 1:
        return (*spans[:-1], (spans[-1][0], number))
    if any(first <= number <= last for first, last in spans):
        return spans
    merged: list[tuple[int, int]] = []
    for first, last in sorted((*spans, (number, number))):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], last)
        else:
            merged.append((first, last))
    if len(merged) > MAX_SPANS:
        merged[:2] = [(merged[0][0], merged[1][1])]
    return tuple(merged)
