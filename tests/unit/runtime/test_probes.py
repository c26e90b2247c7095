from __future__ import annotations

from amorsize.runtime.probing import PROBE_OF_REST, Probes


def test_one_dear_probe_does_not_end_probing_and_a_second_does() -> None:
    """A hundred items of 0.1 ms were run, then the last took a second."""
    probes = Probes()

    assert probes.may_go_on(spent_s=0.01, items=100, left=900)
    probes.took(1.0)
    assert probes.may_go_on(spent_s=1.01, items=101, left=899)
    probes.took(1.0)
    assert not probes.may_go_on(spent_s=2.01, items=102, left=898)


def test_long_items_are_probed_where_there_are_many_of_them() -> None:
    probes, enough = Probes(), int(1 / PROBE_OF_REST) + 1

    assert not probes.may_go_on(spent_s=0.1, items=1, left=100)
    assert probes.may_go_on(spent_s=0.1, items=1, left=enough)
