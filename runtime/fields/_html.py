"""Text with marks (bold, lists, links): an allow-list, gone through when it comes in and again when it goes out."""

from __future__ import annotations

import html
import re

import nh3

TAGS = {"p", "br", "strong", "em", "u", "s", "a", "ul", "ol", "li", "blockquote", "pre", "code", "h2", "h3", "h4", "hr"}
SCHEMES = {"http", "https", "mailto", "tel"}
MARKED = re.compile(r"<[A-Za-z/!?]")
BLOCKS = re.compile(r"</(?:p|li|blockquote|pre|h[2-4])>|<br ?/?>|<hr ?/?>", re.I)


def clean(text: str) -> str:
    """Only the marks that are allowed; scripts, styles, frames and every attribute but the address of a link are gone."""
    for _round in range(3):  # what one round leaves may read differently in the next
        before, text = (
            text,
            nh3.clean(text, tags=TAGS, attributes={"a": {"href"}}, url_schemes=SCHEMES, link_rel="noopener noreferrer nofollow"),
        )
        if before == text:
            break
    return text


def from_text(text: str) -> str:
    """A text without any mark as paragraphs."""
    return "".join(f"<p>{html.escape(line, quote=False)}</p>" for line in re.split(r"\r\n|\r|\n", text) if line.strip())


def plain(text: str) -> str:
    """What is read of it, a line for each block."""
    lines = nh3.clean(BLOCKS.sub(lambda found: found[0] + "\n", text), tags=set())
    return "\n".join(line for each in html.unescape(lines).split("\n") if (line := " ".join(each.split())))
