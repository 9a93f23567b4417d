"""Prints the illustrated steps as a PDF."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.journeys.conftest import World

ALL_THERE = """() => Promise.all(Array.from(document.images).map(image => {
  image.loading = 'eager';
  return image.decode();
}))"""
"""JavaScript that loads all images; fails if one cannot be decoded."""


def print_document(world: World) -> bytes:
    """Return all three annexes as a PDF of A4 pages, including all pictures."""
    context = world.browser.new_context(viewport={"width": 794, "height": 1123}, locale="zh-CN")
    try:
        page = context.new_page()
        page.goto(f"{world.site.url}/guide/steps")
        expect(page).to_have_title("图解：登记、核定、渠道")
        page.evaluate(ALL_THERE)
        return page.pdf(prefer_css_page_size=True, print_background=True)
    finally:
        context.close()
