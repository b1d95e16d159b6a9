"""Results kept for a while."""

from __future__ import annotations

from antagonist.web.actions.keeping import Kept


def test_what_was_not_used_lately_is_kept_no_longer() -> None:
    kept: Kept[str, int] = Kept(2)
    kept.put("a", 1)
    kept.put("b", 2)
    assert kept.get("a") == 1
    kept.put("c", 3)
    assert [kept.get(key) for key in "abc"] == [1, None, 3]
