"""The look of everything a person meets, as CSS variables."""

from __future__ import annotations

import re
from typing import Any

FALLBACK_FONTS = '"Noto Sans SC", "PingFang SC", "Microsoft YaHei", sans-serif'


def theme_css(theme: dict[str, Any]) -> str:
    """Variables of ``ui/theme.json`` for the pages: ``--color-paper``, ``--space-grid``, ``--text-body``, and so on.

    The day palette is the default; ``data-palette="contrast"`` or ``"night"`` on any element changes
    the colours inside it.
    """
    fixed = {
        "font-family": f'"{theme["type"]["family"]}", {FALLBACK_FONTS}',
        "line-height": theme["type"]["lineHeight"],
        "elder": theme["type"]["elder"],
        **{f"text-{_kebab(name)}": f"{size}px" for name, size in theme["type"]["web"].items()},
        **{_space_name(name): f"{size}px" for name, size in theme["space"].items()},
        **{f"motion-{_kebab(name)}": f"{duration}ms" for name, duration in theme["motion"].items()},
        "screen-call-hold": f"{theme['screen']['callHold']}s",
        "screen-blinks": theme["screen"]["blinks"],
    }
    rules = [_rule(":root", fixed)]
    for palette, colours in theme["palettes"].items():
        selector = f':root, [data-palette="{palette}"]' if palette == "day" else f'[data-palette="{palette}"]'
        rules.append(_rule(selector, {f"color-{_kebab(name)}": _css_colour(value) for name, value in colours.items()}))
    return "\n".join(rules)


def _rule(selector: str, variables: dict[str, Any]) -> str:
    lines = "\n".join(f"  --{name}: {value};" for name, value in variables.items())
    return f"{selector} {{\n{lines}\n}}\n"


def _kebab(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])([A-Z])", lambda match: f"-{match.group(1).lower()}", name)


def _space_name(name: str) -> str:
    kebab = _kebab(name)
    return kebab if kebab.startswith("radius-") else f"space-{kebab}"


def _css_colour(value: str) -> str:
    """Qt writes #AARRGGBB, CSS #RRGGBBAA."""
    return f"#{value[3:]}{value[1:3]}" if re.fullmatch(r"#[0-9A-Fa-f]{8}", value) else value
