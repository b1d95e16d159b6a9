"""What every page has to keep: no barrier, no overflow, nothing in another language."""

from __future__ import annotations

import re

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

AXE = Axe()
# Figures and pictures that say nothing to somebody who does not see them.
SILENT = """() => [...document.querySelectorAll('img, canvas, figure, svg')].filter(one => {
  if (one.closest('[aria-hidden="true"]')) return false;
  if (one.tagName === 'FIGURE') return !one.querySelector('figcaption');
  if (one.tagName === 'IMG') return !(one.getAttribute('alt') || '').trim();
  const named = one.closest('[aria-label]');
  return !named || !(one.closest('figure') || {}).dataset?.table;
}).map(one => one.outerHTML.slice(0, 200))"""
TALL = """() => [...document.querySelectorAll('body *')].filter(one =>
  one.getBoundingClientRect().right > innerWidth + 1 && !one.closest('.scroll, .unseen, .skip'))
  .map(one => one.outerHTML.slice(0, 120))"""
# Text that is not said to be in another language, nor a code or a quotation of what was written.
SAID = """() => {
  const out = [], walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const apart = 'code, script, style, noscript, option, [lang]:not(html)';
  while (walk.nextNode()) {
    if (!walk.currentNode.parentElement.closest(apart)) out.push(walk.currentNode.data);
  }
  return out;
}"""
# What somebody said or wrote stays as it is.
QUOTED = re.compile("«[^»]*»")
ENGLISH = re.compile(r"(?:\b[A-Za-z][a-z']+[ ,;:]+){3,}[A-Za-z][a-z']+")


def barriers(page: Page) -> list[str]:
    """Violations that axe-core finds."""
    found = AXE.run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [
        f"axe {one['id']}: {[node['html'][:160] for node in one['nodes']][:3]}" for one in found
    ]


def failings(page: Page, language: str) -> list[str]:
    """What the page lacks besides, at the width that it has."""
    found = [f"no text alternative: {one}" for one in page.evaluate(SILENT)]
    if page.locator("h1").count() != 1:
        found.append("not one h1")
    if page.locator("html").get_attribute("lang") != language:
        found.append("another language")
    return found + overflow(page)


def overflow(page: Page) -> list[str]:
    """What lies right of the window's edge, where the page can be scrolled there."""
    wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
    return [f"wider than the window: {page.evaluate(TALL)[:3]}"] if wide else []


def english(page: Page) -> list[str]:
    """Runs of English words on a Russian page."""
    texts = [QUOTED.sub("", text) for text in page.evaluate(SAID)]
    return [match[0] for text in texts for match in ENGLISH.finditer(text)]
