"""Counters as plain numbers, rendered as Prometheus text."""

from prometheus_client.parser import text_string_to_metric_families

from octogate.telemetry import names
from octogate.telemetry.metrics import MAX_SERIES, Counter, Gauge, Histogram, render


def rendered(*metrics) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    text = render(metrics).decode()
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_a_counter_counts_per_label_and_escapes_whatever_is_in_one():
    counter = Counter("t_total", "about", ("who",))
    counter.add(('a"\n\\b',))
    counter.add(('a"\n\\b',), 2)

    assert rendered(counter) == {("t_total", (("who", 'a"\n\\b'),)): 3.0}


def test_a_histogram_is_cumulative_and_sums():
    histogram = Histogram("t_seconds", "about", (0.1, 1.0))
    for value in (0.05, 0.1, 0.5, 7.0):
        histogram.observe(value)

    samples = rendered(histogram)
    assert samples["t_seconds_bucket", (("le", "0.1"),)] == 2
    assert samples["t_seconds_bucket", (("le", "1.0"),)] == 3
    assert samples["t_seconds_bucket", (("le", "+Inf"),)] == 4
    assert samples["t_seconds_count", ()] == 4
    assert round(samples["t_seconds_sum", ()], 6) == 7.65


def test_a_gauge_is_read_when_asked():
    gauge = Gauge("t_now", "about", ("x",))
    gauge.read = lambda: {("a",): 4.0}

    assert rendered(gauge) == {("t_now", (("x", "a"),)): 4.0}


def test_label_values_without_end_become_other():
    counter, histogram = Counter("c_total", "about", ("m",)), Histogram("h_seconds", "about", (1.0,), ("m",))
    for number in range(MAX_SERIES * 3):
        counter.add((f"m{number}",))
        histogram.observe(0.5, (f"m{number}",))

    assert len(counter.values) <= MAX_SERIES + 1
    assert len(histogram.values) <= MAX_SERIES + 1
    assert counter.values[("other",)] == MAX_SERIES * 2


def test_every_metric_has_our_prefix_a_sentence_and_a_unit_where_it_measures():
    for metric in names.ALL:
        assert metric.name.startswith("octogate_")
        assert metric.about.endswith(".")
        if metric.kind == "counter":
            assert metric.name.endswith("_total")
    assert len({metric.name for metric in names.ALL}) == len(names.ALL)
