"""Finds the first host with room, in logarithmic time: a tree of maxima over hosts."""

from __future__ import annotations


class FirstFit:
    """Values per host; answers the first index from a start whose value is at least a threshold."""

    __slots__ = ("_size", "_tree")

    def __init__(self, values: list[int]) -> None:
        self._size = 1
        while self._size < max(1, len(values)):
            self._size *= 2
        self._tree = [-1] * self._size + values + [-1] * (self._size - len(values))
        for index in range(self._size - 1, 0, -1):
            self._tree[index] = max(self._tree[2 * index], self._tree[2 * index + 1])

    @property
    def top(self) -> int:
        """The largest value of all; -1 where there is none."""
        return self._tree[1]

    def value(self, index: int) -> int:
        """One host's value."""
        return self._tree[index + self._size]

    def set(self, index: int, value: int) -> None:
        """Change one host's value."""
        at = index + self._size
        self._tree[at] = value
        while at > 1:
            at //= 2
            self._tree[at] = max(self._tree[2 * at], self._tree[2 * at + 1])

    def find(self, start: int, threshold: int) -> int | None:
        """The first index >= ``start`` with a value >= ``threshold``."""
        if start >= self._size:
            return None
        at = start + self._size
        while self._tree[at] < threshold:
            while at % 2 == 1:  # a right child: go up until there is a right neighbour
                at //= 2
                if at <= 1:
                    return None
            at += 1
        return self._down(at, threshold)

    def _down(self, at: int, threshold: int) -> int:
        while at < self._size:
            at = 2 * at if self._tree[2 * at] >= threshold else 2 * at + 1
        return at - self._size
