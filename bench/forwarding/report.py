# SPDX-License-Identifier: Apache-2.0
"""The table, and what misses its bar."""
import statistics

# The bars in microseconds were set in minutes in which the floor was this; in slower minutes they grow with it.
FLOOR_OF_BARS = 3.3
FLOOR_RATIO = 1.3  # at 1 -> 100
JANUS_RATIO = 0.2  # of Janus with one event loop, at 1 -> 50
FRAME_DELAY_MS = 1.5
JOINS_PER_SECOND = 150
KB_PER_SUBSCRIBER = 64

HEAD = (f"{'case':>6} {'srtp':>4} {'server':>12} {'us':>6} {'lowest':>6} {'bar':>5} {'scaled':>6} {'/floor':>6} {'/janus1':>7}"
        f" {'video ms':>11} {'audio':>5} {'KB/sub':>6} {'threads':>7} {'joins/s':>7} {'loss%':>5} {'bad':>4}")


class Row:
    """All runs of one measurement."""

    def __init__(self, step, runs):
        self.step = step
        self.runs = runs

    def median(self, read):
        return statistics.median(read(run) for run in self.runs)

    @property
    def cost(self):
        return self.median(lambda run: run["us_per_packet"])

    def delay_ms(self, kind, quantile):
        return self.median(lambda run: run[f"lat_{kind}_us"][quantile]) / 1000


class Report:
    def __init__(self, rows, floors):
        self.rows = rows
        self.floor = statistics.median(floors) if floors else None
        self.bar_factor = max(1.0, self.floor / FLOOR_OF_BARS) if self.floor else 1.0

    def find(self, server, case):
        return next((row for row in self.rows if (row.step.server.name, row.step.case, row.step.srtp) ==
                     (server, case, "cm")), None)

    def ratio_to_janus(self, row):
        janus = self.find("janus 1 loop", row.step.case)
        return row.cost / janus.cost if janus else None

    def line(self, row):
        step = row.step
        ratio = row.cost / self.floor if self.floor else None
        janus = self.ratio_to_janus(row)
        scaled = f"{step.bar * self.bar_factor:.1f}" if step.bar else "-"
        delay = f"{row.delay_ms('video', 'p50'):.1f}/{row.delay_ms('video', 'p99'):.0f}"
        return (f"{step.case:>6} {step.srtp:>4} {step.server.name:>12} {row.cost:6.2f}"
                f" {min(run['us_per_packet'] for run in row.runs):6.2f} {step.bar or '-':>5} {scaled:>6}"
                f" {f'{ratio:.2f}' if ratio else '-':>6} {f'{janus:.2f}' if janus else '-':>7} {delay:>11}"
                f" {row.delay_ms('audio', 'p50'):5.1f} {row.median(lambda run: run['rss_kb_per_sub']):6.0f}"
                f" {row.median(lambda run: run['threads']):7.0f} {row.median(lambda run: run['setup_per_s']):7.0f}"
                f" {max(run['loss_pct'] for run in row.runs):5.2f} {max(run['bad_decrypt'] for run in row.runs):4}")

    def print(self):
        if self.floor:
            print(f"floor {self.floor:.2f} us, so that the bars are scaled by {self.bar_factor:.2f}")
        print(HEAD)
        for row in self.rows:
            print(self.line(row))

    def problems(self):
        ours = [row for row in self.rows if row.step.judged]
        return [f"{row.step.case} {row.step.srtp} {row.step.server.name}: {problem}" for row in ours
                for problem in [*self.cost_problems(row), *health_problems(row), *size_problems(row)]]

    def cost_problems(self, row):
        step = row.step
        limit = step.bar * self.bar_factor if step.bar else None
        if limit and row.cost > limit:
            yield f"{row.cost:.2f} us is over {limit:.2f}"
        if not step.is_main:
            return
        if step.case == "100" and self.floor and row.cost > FLOOR_RATIO * self.floor:
            yield f"{row.cost / self.floor:.2f} of the floor is over {FLOOR_RATIO}"
        janus = self.ratio_to_janus(row)
        if step.case == "50" and janus and janus > JANUS_RATIO:
            yield f"{janus:.2f} of Janus with one loop is over {JANUS_RATIO}"

    def notes(self):
        """What is over its bar only because the machine is slower than when it was set."""
        return [f"{row.step.case} {row.step.srtp} {row.step.server.name}: {row.cost:.2f} us is over the bar of {row.step.bar}"
                for row in self.rows if row.step.bar and row.step.bar < row.cost <= row.step.bar * self.bar_factor]


def health_problems(row):
    for run in row.runs:
        for key in ("loss_pct", "bad_decrypt", "subs_failed", "subs_silent"):
            if run[key]:
                yield f"{key} is {run[key]}"


def size_problems(row):
    if row.step.subscribers >= 50 and row.median(lambda run: run["setup_per_s"]) < JOINS_PER_SECOND:
        yield f"fewer than {JOINS_PER_SECOND} joins per second"
    # Frames arrive whole in this case, so that the delay of a packet is that of its frame's end.
    if row.step.case == "burst" and row.delay_ms("video", "p50") >= FRAME_DELAY_MS:
        yield f"end of frame after {row.delay_ms('video', 'p50'):.2f} ms, not under {FRAME_DELAY_MS}"
    if row.step.case == "100" and row.median(lambda run: run["rss_kb_per_sub"]) >= KB_PER_SUBSCRIBER:
        yield f"{row.median(lambda run: run['rss_kb_per_sub']):.0f} KB per subscriber, not under {KB_PER_SUBSCRIBER}"
    for run in row.runs:
        if run["threads"] > run["threads_idle"]:
            yield f"{run['threads']} threads, {run['threads_idle']} without peers"
