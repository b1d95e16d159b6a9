"""What the compiled loops are called with."""

from __future__ import annotations

from collections.abc import Mapping

# Name of the loop -> its module and its arguments in order: f doubles, s singles, i whole numbers
# and b marks in arrays; n a whole number, x a double.
ENTRIES: Mapping[str, tuple[str, str]] = {
    "closed_modes": ("modes", "fiifffbfffnnn"),
    "flowing": ("modes", "fffnn"),
    "cancelling": ("judgement", "fffbfnnnn"),
    "carried": ("carry", "ffffbfifbifffnnnnnnnx"),
    "viewed": ("carry", "ffbfiffffiffnnnnnnnnnn"),
    "answered": ("answers", "fffffbffifbifffiifffffffffffffffiffffnnnnnnnnnnnnxxxxx"),
    "gridded": ("grid", "fffffbfifbififffffffnnnnnnnnnxxx"),
    "abreast": ("abreast", "ffbfiffsfnnnnnnnx"),
    "fitted": ("fitted", "iifbiiiiiffiffiiiiffffifififffffiifffffffffffffffifffnn"),
}
