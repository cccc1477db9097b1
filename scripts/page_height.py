"""How high a page is in headless Chromium: `python scripts/page_height.py report/index.html`.

Prints its pixels as it opens and with all that is folded open, at the width of a laptop's window.
"""

import argparse
from pathlib import Path

CHROMIUM = "/usr/bin/chromium"
OPEN = "for (const one of document.querySelectorAll('details')) one.open = true"


def main() -> None:
    """Open the page from disk and measure it."""
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("page", type=Path)
    parser.add_argument("--width", type=int, default=1280)
    given = parser.parse_args()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": given.width, "height": 900})
        page.goto(given.page.resolve().as_uri(), wait_until="load")
        page.wait_for_timeout(1000)
        for words, change in (("as it opens", "null"), ("all open", OPEN)):
            page.evaluate(change)
            height = page.evaluate("document.documentElement.scrollHeight")
            print(f"{words}: {height:,} pixels at {given.width}")
        browser.close()


if __name__ == "__main__":
    main()
