"""Counters and histograms as plain numbers: cheap on the loop, rendered as Prometheus text only on a scrape."""

from bisect import bisect_left
from collections.abc import Callable, Iterator

LabelValues = tuple[str, ...]
MAX_SERIES = 2_000
OTHER = "other"


class Counter:
    """A number per label combination that only grows; above `MAX_SERIES` combinations new ones count as "other"."""

    kind = "counter"

    def __init__(self, name: str, about: str, labels: tuple[str, ...] = ()) -> None:
        self.name, self.about, self.labels = name, about, labels
        self.values: dict[LabelValues, float] = {} if labels else {(): 0}
        self._overflow = (OTHER,) * len(labels)

    def add(self, labels: LabelValues = (), amount: float = 1) -> None:
        """Count `amount` under `labels` (values in the order of the declared names)."""
        values = self.values
        if labels in values:
            values[labels] += amount
        elif len(values) < MAX_SERIES:
            values[labels] = amount
        else:
            values[self._overflow] = values.get(self._overflow, 0) + amount


class Histogram:
    """How values are spread over fixed buckets, per label combination."""

    kind = "histogram"

    def __init__(self, name: str, about: str, buckets: tuple[float, ...], labels: tuple[str, ...] = ()) -> None:
        self.name, self.about, self.labels, self.buckets = name, about, labels, buckets
        self.values: dict[LabelValues, list[float]] = {}
        self._overflow = (OTHER,) * len(labels)

    def observe(self, value: float, labels: LabelValues = ()) -> None:
        """Count one value. Each row is [count per bucket …, count above all, sum]."""
        row = self.values.get(labels)
        if row is None:
            if len(self.values) >= MAX_SERIES:
                labels = self._overflow
            row = self.values.setdefault(labels, [0.0] * (len(self.buckets) + 2))
        row[bisect_left(self.buckets, value)] += 1
        row[-1] += value


class Gauge:
    """A value that is read when it is asked for."""

    kind = "gauge"

    def __init__(self, name: str, about: str, labels: tuple[str, ...] = ()) -> None:
        self.name, self.about, self.labels = name, about, labels
        self.read: Callable[[], dict[LabelValues, float]] = dict


Metric = Counter | Histogram | Gauge


def render(metrics: tuple[Metric, ...]) -> bytes:
    """All metrics in the Prometheus text format, escaped by prometheus-client."""
    from prometheus_client import CollectorRegistry, generate_latest
    from prometheus_client.registry import Collector

    class Snapshot(Collector):
        def collect(self) -> Iterator[object]:  # type: ignore[override]  # the base is untyped about its families
            return (_family(metric) for metric in metrics)

    registry = CollectorRegistry(auto_describe=False)
    registry.register(Snapshot())
    return generate_latest(registry)


def _family(metric: Metric) -> object:
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily

    if isinstance(metric, Counter):
        counters = CounterMetricFamily(metric.name.removesuffix("_total"), metric.about, labels=metric.labels)
        for labels, value in list(metric.values.items()):
            counters.add_metric(labels, value)
        return counters
    if isinstance(metric, Gauge):
        gauges = GaugeMetricFamily(metric.name, metric.about, labels=metric.labels)
        for labels, value in metric.read().items():
            gauges.add_metric(labels, value)
        return gauges
    histograms = HistogramMetricFamily(metric.name, metric.about, labels=metric.labels)
    bounds = [*(repr(bound) for bound in metric.buckets), "+Inf"]
    for labels, row in list(metric.values.items()):
        running, cumulative = 0.0, []
        for bound, count in zip(bounds, row[:-1], strict=True):
            running += count
            cumulative.append((bound, running))
        histograms.add_metric(labels, cumulative, row[-1])
    return histograms
