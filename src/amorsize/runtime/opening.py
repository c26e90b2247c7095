"""Serial first: run items in the caller, keep every result, and ask now and then for help."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

from amorsize.engines.base import Failure
from amorsize.engines.blocks import SPRINT, SPRINT_S, Pace, map_items, runner_for
from amorsize.engines.chunks import run_chunk
from amorsize.engines.forking import interrupts_held
from amorsize.engines.source import IndexedSource, IteratedSource
from amorsize.plan.choose import could_pay, decide, is_long_enough
from amorsize.plan.needs import Need, needs
from amorsize.plan.pays import is_firm
from amorsize.plan.tunables import TOO_SHORT_S, WAITING_SHARE
from amorsize.plan.wording import refusal
from amorsize.runtime import probing
from amorsize.runtime.memory import LOOK_UP_AFTER_S
from amorsize.runtime.questions import FLEETING, Questions
from amorsize.runtime.sampler import Sampler
from amorsize.runtime.trial import try_threads
from amorsize.runtime.unbroken import STRETCH_S, patience_for, run_to_the_end
from amorsize.sample.gil import TICK_WINDOW_S, TRIAL_S, GilTicker
from amorsize.sample.reading import Reader
from amorsize.stats.remaining import Costs
from amorsize.vocab.options import Order

if TYPE_CHECKING:
    from collections.abc import Callable

    from amorsize.engines.base import Steps
    from amorsize.engines.blocks import Runner
    from amorsize.engines.source import Source
    from amorsize.runtime.ledger import Ledger
    from amorsize.runtime.surroundings import Surroundings
    from amorsize.stats.remaining import Forecast
    from amorsize.vocab.options import Options
    from amorsize.vocab.plan import Decision
    from amorsize.vocab.profile import Profile

HERE: Final = "the caller"


class Opening:
    """The caller's own loop over the items that nobody else has been given."""

    def __init__(
        self,
        func: Callable[[Any], Any],
        source: Source,
        ledger: Ledger,
        *,
        options: Options,
        surroundings: Surroundings,
        sampler: Sampler | None = None,
    ) -> None:
        self._func = func
        self._source = source
        self._ledger = ledger
        self._options = options
        self._around = surroundings
        self._runner = runner_for(func, exact=source.exact)
        self._pace = Pace()
        self._questions = Questions(options)
        self._aside_s = 0.0
        """Of the time spent, what the meter did not see: trials on two threads."""
        self._alone = False
        """The latest answer was to go on alone, and it is not expected to change."""
        self._probes = probing.Probes()
        self._sampler = sampler or Sampler(func, source, ledger)
        self._foretold: tuple[int, Forecast] | None = None
        """The latest forecast, and how many items it was made from."""
        self.costs = Costs()
        self.spent_s = 0.0
        """Time in items that ran here."""
        self.first_s = 0.0
        self.items = 0
        """Items that ran here."""
        self.profile: Profile | None = None
        """What the latest decision was made from."""
        self.decision: Decision | None = None
        """The latest one; it may well have been to go on alone."""

    def steps(self) -> Steps[Decision | None]:
        """Run items until workers would pay; ``None`` when the input or a failure ends it."""
        while not self._is_over() and self._advance():
            if self._questions.is_due(self.spent_s, self.items, self._source):
                decision = self.consider()
                if decision is not None and decision.is_parallel:
                    return decision
                self._go_on_alone(decision)
            if self._ledger.ready:
                yield
        return None

    def _go_on_alone(self, decision: Decision | None) -> None:
        self._alone = decision is None or is_firm(decision)
        if self._alone:
            self._questions.answered_firmly(self.spent_s)

    def start_over(self) -> None:
        """Others have run items: what was known before says little of those they left."""
        self.costs, self._foretold = Costs(), None
        self._aside_s = self.spent_s
        self._questions.start_over(self.spent_s)
        self._alone = False
        self._sampler.start_over()

    def forecast(self) -> Forecast:
        """What the items left will cost, as far as it can be told."""
        known = self._foretold
        if known is None or known[0] != self.items:
            known = self._foretold = self.items, self._forecast()
        return known[1]

    def _forecast(self) -> Forecast:
        source, length = self._source, self._source.length if self.may_probe else None
        return self.costs.forecast(left=source.left(), position=source.position, length=length)

    @property
    def may_probe(self) -> bool:
        return isinstance(self._source, IndexedSource) and self._options.order is Order.ANY

    def settle(self) -> Source:
        """Read the rest of a container that holds its items anyway, so that it can be indexed."""
        if isinstance(self._source, IteratedSource):
            self._source = self._source.settled()
        return self._source

    # -- running

    def block(self, runner: Runner | None = None) -> bool:
        """Run the next few items; false at the end of the input or after a failure."""
        source, results, runner = self._source, self._ledger.results, runner or self._runner
        curious = self._sampler.is_curious
        room = source.room(1 if curious else self._pace.size)
        if room == 0:
            return False
        before = len(results)
        error: BaseException | None = None
        began = perf_counter()
        try:
            room = self._run(runner, room, curious=curious)
        except KeyboardInterrupt:
            raise
        except BaseException as raised:  # noqa: BLE001 - raised in its turn, as itself
            error = raised
        elapsed_s = perf_counter() - began
        ran = len(results) - before
        if error is None and ran < room and runner is map_items:
            error = StopIteration()
        self._account(ran, elapsed_s)
        if error is not None:
            self._ledger.failed(Failure(source.position, error, HERE))
        return error is None and ran == room

    def _run(self, runner: Runner, room: int, *, curious: bool) -> int:
        """Run the next items; how many were asked for: fewer once they have become dear."""
        source, results = self._source, self._ledger.results
        if source.indexed or curious or room <= SPRINT:
            items = source.block(room)
            runner(self._func, self._sampler.remember(items) if curious else items, results)
            return room
        asked, before, until = 0, len(results), perf_counter() + SPRINT_S
        while asked < room and len(results) - before == asked and perf_counter() < until:
            size = min(SPRINT, room - asked)
            runner(self._func, source.block(size), results)
            asked += size
        return asked

    def _is_over(self) -> bool:
        """Whether everything below the first failure has run."""
        limit = self._ledger.limit
        return limit is not None and self._source.position >= limit

    def _advance(self) -> bool:
        source = self._source
        if isinstance(source, IndexedSource) and self._may_stretch(source):
            return self._stretch(source)
        return self.block()

    def _is_too_short(self) -> bool:
        """Whether items are surely too short to share out: there is nothing to ask."""
        if self.items < probing.SURELY or self._options.forces_parallel:
            return False
        return self.spent_s < TOO_SHORT_S * self.items

    def _may_stretch(self, source: IndexedSource) -> bool:
        """Whether to run to the end unbroken: tiny items, and nothing to ask or to show."""
        return (
            (self._alone or self._is_too_short())
            and self._ledger.limit is None
            and source.exact
            and not (self._ledger.watched or source.has_gaps)
            and self.spent_s < probing.TINY_S * self.items
            and source.left() * self.spent_s > STRETCH_S * self.items
        )

    def _stretch(self, source: IndexedSource) -> bool:
        left, began = source.left(), perf_counter()
        expected_s = left * self.spent_s / self.items
        stretch = run_to_the_end(
            self._func,
            source,
            self._ledger.results,
            patience_s=patience_for(expected_s),
            runner=self._runner,
        )
        elapsed_s = perf_counter() - began
        self._alone = False
        self._ledger.results = stretch.results
        self._account(stretch.done, elapsed_s)
        self._pace = Pace()  # it was ended early: items may have become dear
        if stretch.error is not None:
            self._ledger.failed(Failure(source.position, stretch.error, HERE))
        return stretch.error is None and stretch.done < left

    def _account(self, ran: int, elapsed_s: float) -> None:
        if ran and self.items:
            self.costs.block(ran, elapsed_s)
        elif ran:
            self.first_s = elapsed_s
            self.costs.first(elapsed_s)
        self._source.advance(ran)
        self._spend(ran, elapsed_s)
        self._pace.took(elapsed_s, spent_s=self.spent_s)
        self._ledger.settle()

    def _spend(self, ran: int, elapsed_s: float) -> None:
        self.items += ran
        self.spent_s += elapsed_s
        self._ledger.work_s += elapsed_s

    def run_for(self, seconds: float) -> bool:
        """Run items for about so long; false where they ended before."""
        until_s = self.spent_s + seconds
        while self.spent_s < until_s:
            if not self.block():
                return False
        return True

    # -- asking

    def consider(self) -> Decision | None:
        """Would workers pay for what is left? Measures what the answer needs, and no more.

        ``None`` where there is not even a question, or where items ended while measuring.
        """
        if self._options.forces_parallel:
            if self._sampler.items_are_fleeting:
                raise refusal(self._options, [FLEETING])
        elif not self._is_worth_asking():
            return None
        asked_s, self.profile = self.spent_s, self.look()
        with self._sampler.aside():
            may_read = self.spent_s >= LOOK_UP_AFTER_S
            around = self._around.situation(may_read=may_read, profile=self.profile)
        self.decision = decide(self.profile, around, self._options)
        for _ in Need:  # each answer may raise one more question
            missing = needs(self.decision, self.profile, around)
            if not missing:
                break
            if not all(self.supply(need) for need in missing):
                return None
            self.profile = self.look()
            self.decision = decide(self.profile, around, self._options)
        if self.spent_s > asked_s and not (
            self._options.forces_parallel or self._sampler.remembers
        ):
            self.probe()  # what was run to measure may be what makes probes affordable
            self.profile = self.look()
            self.decision = decide(self.profile, around, self._options)
        return self.decision

    def _is_worth_asking(self) -> bool:
        """Whether so much is left that workers could pay; runs a few items further on to see."""
        if self._looks_short():
            self.probe(probing.FIRST_PROBES)
            if self._looks_short():
                return False
        whole_s = self.spent_s + self.forecast().remaining.high_s
        if not self._could_pay() or not self._is_long_enough(whole_s):
            return False
        if not self._sampler.recalls(self.spent_s):
            self.probe(probing.probes_for(whole_s))
            self._sampler.recalls(self.spent_s)  # the probes may have taken long enough for it
        return self._could_pay()

    def _looks_short(self) -> bool:
        """Whether the job is short even if all items were like the dearest ones: no forecast."""
        left = self._source.left()
        item_s = max(probing.DEARER * self.spent_s / self.items, self.costs.dearest_probe_s)
        left_s = (self.items if left is None else left) * item_s
        return not self._is_long_enough(self.spent_s + left_s)

    def _is_long_enough(self, whole_s: float) -> bool:
        cpu_share = self._sampler.cpu_share(self._measured_s)
        return is_long_enough(whole_s, cpu_share=cpu_share, warm=self._around.has_lender)

    def look(self) -> Profile:
        """Everything known at the moment."""
        return self._sampler.profile(
            self.forecast(),
            left=self._source.left(),
            first_s=self.first_s,
            spent_s=self._measured_s,
        )

    @property
    def _measured_s(self) -> float:
        return self.spent_s - self._aside_s

    def _could_pay(self) -> bool:
        if self._sampler.items_are_fleeting:
            return False
        left = self._source.left()
        items = max(1, self.items if left is None else left)
        as_before_s = self.spent_s / self.items * items
        if not could_pay(2 * as_before_s, as_before_s / items) and not self.may_probe:
            return False
        remaining = self.forecast().remaining
        return could_pay(remaining.high_s, remaining.median_s / items)

    def supply(self, need: Need) -> bool:
        """Measure what is missing; false where the items ended meanwhile."""
        if need is Need.READING:
            return self._time_reading()
        if need is Need.GIL_USE:
            return self._tick()
        if need is Need.THREADS_TRIAL:
            return self._try_threads()
        with self._sampler.aside():
            self._sampler.supply(need)
        return True

    def probe(self, most: int = probing.MOST_PROBES) -> None:
        """Run a few items further on, so that a trend or a heavy end is seen in time."""
        if self._sampler.cpu_share(self._measured_s) < WAITING_SHARE:
            most = min(most, probing.WAITING_PROBES)
        source = self._source
        if not self.may_probe or not isinstance(source, IndexedSource) or not source.exact:
            return
        while self._probes.may_go_on(
            spent_s=self.spent_s, items=self.items, left=source.left(), most=most
        ):
            index = self.costs.next_probe(source.position, source.length)
            if index is None or not self._probe_at(source, index):
                return

    def _probe_at(self, source: IndexedSource, index: int) -> bool:
        """Run the item at ``index`` and, where items are tiny, some of its neighbours."""
        width = probing.probe_width(self.spent_s / self.items)
        start = max(source.position, min(index, source.length - width))
        taken = source.probe(start, width)
        ran = run_chunk(self._func, source.items(*taken), taken)
        if isinstance(ran.error, KeyboardInterrupt):
            raise ran.error
        if ran.results:
            items = len(ran.results)
            self.costs.probe(index, ran.busy_s / items, items=items)
            self._ledger.done(taken.start, ran.results, 0.0)
        self._probes.took(ran.busy_s)
        self._spend(len(ran.results), ran.busy_s)
        if ran.error is not None:
            self._ledger.failed(Failure(ran.next_index, ran.error, HERE))
            source.cut(ran.next_index)
        return ran.error is None and bool(ran.results)

    def _time_reading(self) -> bool:
        """Run a block of items, and see how much of it is reading them."""
        reader = Reader()
        goes_on = self.block(reader)
        self._sampler.read_s = reader.item_s
        return goes_on

    def _tick(self) -> bool:
        """Run items beside a thread that wants the interpreter lock now and then."""
        ticker = None
        try:
            with interrupts_held():
                ticker = GilTicker().start()
            return self.run_for(TICK_WINDOW_S)
        finally:
            if ticker is not None:
                self._sampler.gil = ticker.stop()

    def _try_threads(self) -> bool:
        """Run items, that are kept, in two threads for a moment."""
        most = max(4, int(4 * TRIAL_S * self.items / self.spent_s))
        with self._sampler.aside():
            tried = try_threads(self._func, self._source, self._ledger, most=most)
        self._sampler.note_threads_gain(tried.gain)
        self._spend(tried.items, tried.wall_s)
        self._aside_s += tried.wall_s
        return not self._is_over()
