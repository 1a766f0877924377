"""The energy that this worker's processes take, by codecarbon; see docs/decisions/009-energy.md."""

import logging
from typing import Any

from django.conf import settings

_JOULES = 3.6e6  # in a kilowatt hour
#: Longer than any run: who asks for a reading is `lap` alone.
_NEVER = 10**8
#: How codecarbon calls what it computes from this process's and its children's processor time.
_BY_LOAD = "cpu_load"
_log = logging.getLogger(__name__)


class Meter:
    """Measures or estimates what the processor takes for this process and all its children.

    It costs nothing until `prepare` or `start` is called, and between `stop` and the next `start`.

    Attributes:
        method: how the joules come about, for readers; empty before `prepare`, and where nothing
            is counted.
    """

    def __init__(self) -> None:
        """Make a meter that stands still."""
        self.method = ""
        self._off = settings.ASSAY_ENERGY == "off"
        self._tracker: Any = None
        self._share: _Share | None = None
        self._joules = 0.0

    def prepare(self) -> None:
        """Have the slow imports and the look at the hardware done before there is a run."""
        if not self.method:
            self.start()
            self.stop()

    def start(self) -> None:
        """Count from here."""
        self.stop()
        if self._off:
            return
        try:
            tracker = _tracker()
            tracker.start()
            _still(tracker)
            processor = _processor(tracker)
        except Exception:  # noqa: BLE001  a library's guess at a host's hardware must not cost a run
            _log.warning("energy is not counted: codecarbon failed", exc_info=True)
            self._off, self.method = True, ""
            return
        self._tracker, self._joules = tracker, 0.0
        if processor._mode == _BY_LOAD:
            self._share = None
            kind = "a processor of unknown kind" if processor._is_generic_tdp else "this processor"
            self.method = f"estimated from processor time, at {processor._tdp:g} W for {kind}"
        else:
            self._share = _Share()
            self.method = f"measured by {processor._mode}, by share of processor time"

    def lap(self) -> float | None:
        """Return the joules since `start` or the last lap; None where nothing counts them."""
        if self._tracker is None:
            return None
        self._tracker.flush()
        total = _Reading.of(self._tracker).joules
        spent, self._joules = total - self._joules, total
        return spent if self._share is None else spent * self._share.lap()

    def stop(self) -> None:
        """Stand still; what came after the last lap is not counted."""
        if self._tracker is not None:
            self._tracker.stop()
            self._tracker = None


class _Share:
    """The part of the machine's busy processor time that this process and its children had.

    Counters measure the whole machine; of several workers, each takes its share of it.
    """

    def __init__(self) -> None:
        self._own, self._all = _own_seconds(), _all_seconds()

    def lap(self) -> float:
        """Return the share since the last lap, between 0 and 1."""
        own, busy = _own_seconds(), _all_seconds()
        # One that has ended took its time with it; a new one counts from its start.
        spent = sum(max(0.0, now - self._own.get(pid, 0.0)) for pid, now in own.items())
        whole = busy - self._all
        self._own, self._all = own, busy
        return min(1.0, spent / whole) if whole > 0 else 0.0


def _own_seconds() -> dict[int, float]:
    import psutil

    me = psutil.Process()
    seconds = {}
    for process in (me, *me.children(recursive=True)):
        try:
            times = process.cpu_times()
        except psutil.Error:
            continue
        seconds[process.pid] = times.user + times.system
    return seconds


def _all_seconds() -> float:
    import psutil

    times = psutil.cpu_times()
    # A guest's time is part of the user's.
    idle = ("idle", "iowait", "guest", "guest_nice")
    return float(sum(times) - sum(getattr(times, name, 0.0) for name in idle))


class _Reading:
    """Takes a tracker's readings, where others would write them to a file or send them away."""

    def __init__(self) -> None:
        self.joules = 0.0

    @staticmethod
    def of(tracker: Any) -> "_Reading":
        reading: _Reading = tracker._output_handlers[0]
        return reading

    def out(self, total: Any, _delta: Any) -> None:
        """Take a reading."""
        # Memory is left out: codecarbon gives each process the power of all of a machine's.
        self.joules = total.cpu_energy * _JOULES

    def exit(self) -> None:
        """Hear that there will be no more."""


def _tracker() -> Any:
    """Return a codecarbon tracker that talks to nobody and writes nothing."""
    from codecarbon import OfflineEmissionsTracker

    # Importing it has set up a handler of its own that would write to the worker's log.
    logging.getLogger("codecarbon").setLevel(logging.CRITICAL)
    return OfflineEmissionsTracker(
        tracking_mode="process",
        measure_power_secs=_NEVER,
        api_call_interval=-1,
        # Named one by one: what isn't given here is read from a file of the user's.
        output_methods=[],
        output_handlers=[_Reading()],
        emissions_endpoint=None,
        electricitymaps_api_token=None,
        allow_multiple_runs=True,
        log_level="critical",
        gpu_ids=[],
        pue=1.0,
        # Joules are what we want; without this it looks for a country's mix of electricity.
        force_carbon_intensity_g_co2e_kwh=0.0,
    )


def _still(tracker: Any) -> None:
    """End the tracker's timers before they first ring: each would be a thread every second.

    A run's processes are there when counting starts, so nothing is missed between two laps.
    """
    tracker._scheduler.stop()
    tracker._scheduler_monitor_power.stop()


def _processor(tracker: Any) -> Any:
    """Return what the tracker takes the processor's energy from; that it has no public name."""
    from codecarbon.external.hardware import CPU

    return next(part for part in tracker._hardware if isinstance(part, CPU))
