"""Something learned, with every field other than its default."""

from __future__ import annotations

from amorsize.vocab.foretold import Foretold
from amorsize.vocab.learned import Learned
from amorsize.vocab.plan import EngineKind
from amorsize.vocab.profile import CannotTravel, GilUse, Transfer

LEARNED = Learned(
    sampled=40,
    runs=3,
    items=2000,
    inherited=False,
    first_s=2e-3,
    mean_s=1e-3,
    spread=0.3,
    longest_s=4e-3,
    trend=1.5,
    cpu_share=0.9,
    process_cpu_share=1.9,
    waits_per_call=0.25,
    preemptions_per_call=0.5,
    argument=Transfer(
        dumps_s=1e-6, loads_s=2e-6, size_bytes=80.0, out_of_band_bytes=8.0, sampled=16
    ),
    function=CannotTravel("function", "it is a lambda"),
    function_by_name=True,
    gil=GilUse(free_share=0.2, ticks=7, threads_gain=1.1),
    read_s=1e-5,
    item_kind="builtins.int",
    item_bytes=28.0,
    returns_its_item=True,
    carries="a socket",
    heap_bytes=10**8,
    engine=EngineKind.TEAM,
    workers=2,
    past=(
        Foretold(predicted_s=1.0, actual_s=1.1),
        Foretold(predicted_s=1.1, actual_s=1.0, engine=EngineKind.TEAM, modelled_s=1.05),
    ),
)
