"""The demo's output: numbered steps, what it shows, and the claims that it checks."""

import os
import sys
import time


class Story:
    def __init__(self):
        self.colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        self.claims = []
        self.acts = 0
        self.began = time.monotonic()

    def _paint(self, code, text):
        return f"\033[{code}m{text}\033[0m" if self.colour else text

    def act(self, title):
        self.acts += 1
        self._title(f"{self.acts}. {title}")

    def _title(self, text):
        print("\n" + self._paint("1;36", text), flush=True)

    def say(self, text):
        print("  " + text, flush=True)

    def show(self, text):
        for line in text.rstrip().splitlines():
            print("    " + self._paint("2", "| " + line.rstrip().expandtabs(4)), flush=True)

    def holds(self, claim, is_true):
        self.claims.append((claim, bool(is_true)))
        print("  " + self._mark(is_true) + " " + claim, flush=True)

    def _mark(self, is_true):
        return self._paint("32", "\u2713 ok") if is_true else self._paint("1;31", "\u2717 NO")

    def end(self):
        self._title("Summary")
        for claim, is_true in self.claims:
            print(f"  {self._mark(is_true)}  {claim}")
        good = sum(is_true for _, is_true in self.claims)
        print(f"\n  {good} of {len(self.claims)} checks passed, in {time.monotonic() - self.began:.0f} s.")
        return 0 if good == len(self.claims) else 1
