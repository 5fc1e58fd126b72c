"""What may be shown of a person: a masked name, document number or phone."""

from __future__ import annotations


def name(full: str) -> str:
    """张三 → 张*, 张小三 → 张*三, longer names and names with · keep the first and last character."""
    characters = full.strip()
    if len(characters) < 2:
        return characters
    if len(characters) == 2:
        return f"{characters[0]}*"
    return f"{characters[0]}{'*' * (len(characters) - 2)}{characters[-1]}"


def document(number: str) -> str:
    """The first four and the last four: 4401**********1234; short ones are all stars."""
    if len(number) <= 8:
        return "*" * len(number)
    return f"{number[:4]}{'*' * (len(number) - 8)}{number[-4:]}"


def phone(number: str) -> str:
    """The first three and the last four digits: 138****1234; short ones keep only the last two."""
    digits = number.removeprefix("+")
    if len(digits) < 9:
        return f"{'*' * max(0, len(digits) - 2)}{digits[-2:]}"
    return f"{digits[:3]}{'*' * (len(digits) - 7)}{digits[-4:]}"
