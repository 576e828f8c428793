# SPDX-License-Identifier: MIT
"""Comparing: every cell is measured, and told in each form."""

import csv
import io
import json
import os
import re
import resource
import shutil
import subprocess
import tempfile
import unittest
import xml.etree.ElementTree

import toolkit
from toolkit import EDDY, PATIENCE, eddy

WORKLOADS = ["echo", "double", "fanout", "chain", "timers", "broadcast"]
MEASURES = ["requests_per_s", "p50_us", "p99_us", "p999_us", "cpu_us",
            "cpu_to_callback", "calls", "allocations", "idle_bytes", "lines"]


def compare(*args, **more):
    """As short as it can be."""
    return eddy("compare", "--seconds", "0.02", "--rounds", "1", "--idle",
                "20", *args, **more)


def cells(done):
    return json.loads(done.stdout)["cells"]


def one_poller():
    """The best of those to be tested."""
    return toolkit.pollers_that_open()[0]


@unittest.skipUnless(toolkit.pollers_that_open(), "there is no poller to test")
class Compare(unittest.TestCase):
    def assert_well(self, done):
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def assert_refused(self, args, *words):
        done = compare(*args)
        self.assertEqual((done.returncode, done.stdout), (2, ""), args)
        for word in words:
            self.assertIn(word, done.stderr)


@toolkit.on_each_poller
class EveryCell:
    def it_is_measured(self):
        done = compare("--json", "--pollers", self.poller)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(
            [(c["workload"], c["poller"], c["style"]) for c in cells(done)],
            [(workload, self.poller, style) for workload in WORKLOADS
             for style in toolkit.STYLES])
        for cell in cells(done):
            self.assertTrue(cell["passed"])
            self.assertGreater(cell["requests"], 0)
            for measure in ["requests_per_s", "p50_us"]:
                self.assertGreater(cell[measure]["median"], 0, cell)
            self.assertGreaterEqual(cell["cpu_us"]["median"], 0, cell)


class Cells(Compare):
    def it_measures_all_pollers_that_open_if_none_is_named(self):
        done = compare("--json", "--workloads", "echo")
        self.assert_well(done)
        pollers = [p["name"] for p in toolkit.list_pollers() if p["opens"]]
        self.assertEqual([(c["poller"], c["style"]) for c in cells(done)],
                         [(poller, style) for poller in pollers
                          for style in toolkit.STYLES])

    def it_measures_what_it_is_asked_for(self):
        poller = one_poller()
        done = compare("--json", "--workloads", "chain,echo", "--styles",
                       "coroutine", "--pollers", poller)
        self.assert_well(done)
        self.assertEqual(
            [(c["workload"], c["poller"], c["style"]) for c in cells(done)],
            [("echo", poller, "coroutine"), ("chain", poller, "coroutine")])
        for cell in cells(done):  # there are no callbacks to compare with
            self.assertIsNone(cell["cpu_to_callback"]["median"])

    def it_counts_what_can_be_counted(self):
        done = compare("--json", "--workloads", "echo,chain", "--seconds",
                       "0.2", "--idle", "100", "--parts", "5",
                       "--pollers", one_poller())
        self.assert_well(done)
        for cell in cells(done):
            # to receive and to send, and now and then to wait
            least = 2 if cell["workload"] == "echo" else 12
            self.assertGreaterEqual(cell["calls"]["median"], 0.99 * least)
            self.assertLess(cell["calls"]["median"], 2.5 * least)
            self.assertGreaterEqual(cell["allocations"]["median"], 0)
            if os.path.exists("/proc/self/smaps_rollup"):
                self.assertGreater(cell["idle_bytes"]["median"], 0)

    def it_makes_every_style_wait_for_the_slowest_alone(self):
        done = compare("--json", "--workloads", "fanout", "--parts", "20",
                       "--connections", "1", "--seconds", "0.1", "--rounds",
                       "5", "--pollers", one_poller())
        self.assert_well(done)
        for cell in cells(done):  # one after the other: 21 ms
            quickest = min(cell["p50_us"]["rounds"])
            self.assertGreaterEqual(quickest, 1990)
            self.assertLess(quickest, 15000 * PATIENCE)

    def it_has_a_value_for_each_round(self):
        done = compare("--json", "--workloads", "echo", "--rounds", "4",
                       "--pollers", one_poller())
        self.assert_well(done)
        for cell in cells(done):
            for measure in ["requests_per_s", "p99_us", "cpu_us"]:
                told = cell[measure]
                self.assertEqual(len(told["rounds"]), 4)
                self.assertLessEqual(min(told["rounds"]), told["low"])
                self.assertLessEqual(told["low"], told["median"])
                self.assertLessEqual(told["median"], told["high"])
                self.assertLessEqual(told["high"], max(told["rounds"]))
            if cell["style"] == "callback":
                self.assertEqual(cell["cpu_to_callback"]["rounds"], [1] * 4)

    def it_takes_connections_sizes_and_parts(self):
        done = compare("--json", "--styles", "callback", "--connections", "3",
                       "--size", "100", "--parts", "2", "--pollers",
                       one_poller())
        self.assert_well(done)
        for cell in cells(done):
            self.assertEqual((cell["connections"], cell["parts"]), (3, 2))
            fixed = cell["workload"] in ["fanout", "chain", "timers"]
            self.assertEqual(cell["size"], 16 if fixed else 100)


class Forms(Compare):
    def it_tells_programs_and_spreadsheets_the_same(self):
        choice = ["--workloads", "echo,timers", "--pollers",
                  one_poller()]
        for_programs = cells(compare("--json", *choice))
        done = compare("--csv", *choice)
        self.assert_well(done)
        rows = list(csv.DictReader(io.StringIO(done.stdout)))
        self.assertEqual(len(rows), len(for_programs))
        for row, cell in zip(rows, for_programs):
            for name in ["workload", "poller", "style"]:
                self.assertEqual(row[name], cell[name])
            self.assertEqual(row["passed"], "yes")
            for measure in MEASURES:
                for name in ["", "_low", "_high"]:
                    self.assertIn(measure + name, row)
                self.assertIn(measure, cell)

    def it_tells_people_in_aligned_columns(self):
        done = compare("--workloads", "echo,chain", "--pollers",
                       one_poller())
        self.assert_well(done)
        lines = done.stdout.splitlines()
        heads = [line for line in lines if line.startswith("  poller")]
        rows = [line for line in lines if line.split()[1:2] and
                line.split()[1] in toolkit.STYLES]
        self.assertEqual((len(heads), len(rows)), (2, 6))
        for line in heads + rows:
            self.assertEqual(len(line), len(heads[0]), line)

    def it_is_silent_about_its_progress_in_a_pipe(self):
        self.assertEqual(compare("--workloads", "echo", "--csv").stderr, "")

    def it_shows_its_progress_on_a_terminal(self):
        ours, theirs = os.openpty()
        try:
            done = subprocess.run(
                [EDDY, "compare", "--seconds", "0.02", "--rounds", "1",
                 "--idle", "20", "--workloads", "echo", "--pollers",
                 one_poller()],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=theirs, timeout=toolkit.LONG)
            shown = os.read(ours, 65536).decode()
        finally:
            os.close(theirs)
            os.close(ours)
        self.assertEqual(done.returncode, 0)
        self.assertRegex(shown, r"\[#+ +\] 5/6, \d+ s left: echo")
        self.assertTrue(shown.endswith("\r\033[K"))


class OfOnePage(Compare):
    """One page, of all workloads on two pollers, is enough for all tests."""
    done = text = None

    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)
        if OfOnePage.text is None:
            OfOnePage.done, OfOnePage.text = self.make()

    def make(self):
        file = os.path.join(self.folder, "page.html")
        done = compare("--html", file, "--csv", "--pollers",
                       ",".join(toolkit.pollers_that_open()[:2]))
        with open(file, encoding="utf-8") as page:
            return done, page.read()


class Page(OfOnePage):
    def it_is_written_beside_the_output(self):
        self.assert_well(self.done)
        self.assertIn("workload,poller,style", self.done.stdout)

    def it_is_well_formed(self):
        self.assertTrue(self.text.startswith("<!DOCTYPE html>\n"))
        root = xml.etree.ElementTree.fromstring(self.text)
        ids = [e.get("id") for e in root.iter() if e.get("id")]
        self.assertEqual(len(ids), len(set(ids)))
        for workload in WORKLOADS:
            self.assertIn(workload, ids)
        links = [e.get("href") for e in root.iter("a")]
        self.assertEqual(links, ["#" + workload for workload in WORKLOADS])

    def it_needs_nothing_but_itself(self):
        self.assertLess(len(self.text), 1000000)
        for word in ["http:", "https:", "//", "src=", "@import", "url(",
                     "<link", "<script"]:
            self.assertNotIn(word, re.sub(r"<pre.*?</pre>", "", self.text,
                                          flags=re.DOTALL), word)

    def it_tells_of_every_cell(self):
        root = xml.etree.ElementTree.fromstring(self.text)
        rows = list(csv.reader(io.StringIO(self.done.stdout)))[1:]
        for workload in WORKLOADS:
            section = root.find(".//section[@id='%s']" % workload)
            cells = [[th.text or "".join(th.itertext())
                      for th in tr.findall("th")]
                     for tr in section.findall(".//tbody/tr")]
            self.assertEqual(cells, [row[1:3] for row in rows
                                     if row[0] == workload])
            bars = len(section.findall(".//rect"))
            lines = len(section.findall(".//polyline"))
            self.assertEqual((bars, lines), (3 * len(cells), len(cells)))

    def it_has_the_sources_side_by_side(self):
        """Line by line, and as many in each column, with the padding."""
        root = xml.etree.ElementTree.fromstring(self.text)
        listings = root.findall(".//div[@class='listing']")
        self.assertEqual(len(listings), len(WORKLOADS))
        for listing in listings:
            columns = [[(span.get("class"), span.text) for span in code]
                       for code in listing.findall(".//code")]
            heights = {len(column) for column in columns}
            self.assertEqual(len(heights), 1)
            for row in zip(*columns):
                classes = {kind for kind, _ in row}
                if "same" in classes:
                    self.assertEqual(len(set(row)), 1, row)
                else:
                    self.assertIn("diff", classes)

    def it_has_the_sources_as_they_are(self):
        folder = os.path.join(os.environ.get("srcdir", "."), "examples")
        root = xml.etree.ElementTree.fromstring(self.text)
        for figure in root.findall(".//div[@class='listing']/figure"):
            name = figure.find("figcaption").text.split(",")[0]
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                source = file.read()
            told = "".join(span.text for span in figure.iter("span")
                           if span.get("class") != "pad")
            self.assertEqual(told, source)

    def it_says_that_it_cannot_be_written(self):
        for name in [self.folder, os.path.join(self.folder, "no", "page")]:
            done = compare("--html", name)
            self.assertEqual((done.returncode, done.stdout), (1, ""))
            self.assertIn("cannot write " + name, done.stderr)
        self.assert_refused(["--html", ""], "--html", "empty")


BROWSER = next(filter(None, map(shutil.which, [
    "chromium", "chromium-browser", "google-chrome"])), None)

# Tells the page around it of errors, and of what is wider than its window.
SPY = """<script>
var errors = [];
onerror = function (what) { errors.push(String(what)); };
addEventListener("load", function () {
    document.querySelectorAll("details").forEach(function (details) {
        details.open = true;
    });
    parent.postMessage(JSON.stringify({
        errors: errors,
        window: innerWidth,
        page: document.documentElement.scrollWidth,
        dark: matchMedia("(prefers-color-scheme: dark)").matches,
        paper: getComputedStyle(document.body).backgroundColor,
        sections: document.querySelectorAll("section").length,
    }), "*");
});
</script>"""

# A window may not be as narrow as a frame.
FRAME = """<!DOCTYPE html><title>nothing</title><script>
addEventListener("message", function (told) { document.title = told.data; });
</script><iframe src="spied.html" style="border: 0; width: %dpx"></iframe>"""


@unittest.skipUnless(BROWSER, "there is no Chromium")
class PageInABrowser(OfOnePage):
    def look(self, width, extra="", *options):
        """What the spy tells, and what the browser says of the page."""
        with open(os.path.join(self.folder, "spied.html"), "w",
                  encoding="utf-8") as page:
            page.write(self.text.replace("</head>", SPY + extra + "</head>"))
        file = os.path.join(self.folder, "frame.html")
        with open(file, "w", encoding="utf-8") as page:
            page.write(FRAME % width)
        profile = tempfile.mkdtemp(dir=self.folder)
        done = subprocess.run(
            [BROWSER, "--headless", "--no-sandbox", "--disable-gpu",
             "--disable-quic", "--no-first-run", "--disable-sync",
             "--disable-background-networking", "--disable-component-update",
             "--hide-scrollbars", "--enable-logging=stderr",
             "--user-data-dir=" + profile, "--virtual-time-budget=5000",
             *options, "--dump-dom", "file://" + file],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, timeout=4 * toolkit.LONG)
        self.assertEqual(done.returncode, 0)
        title = re.search("<title>(.*?)</title>", done.stdout.decode())
        said = [line for line in done.stderr.decode().splitlines()
                if "CONSOLE" in line]
        return json.loads(title.group(1)), said

    def it_has_no_errors(self):
        seen, said = self.look(1280)
        self.assertEqual((seen["errors"], said), ([], []))
        self.assertEqual(seen["sections"], len(WORKLOADS) + 2)

    def it_would_notice_errors(self):
        seen, said = self.look(1280, "<script>nonsense();</script>")
        self.assertIn("nonsense", seen["errors"][0])
        self.assertIn("nonsense", said[0])

    def it_fits_a_window_of_any_width(self):
        for width in [400, 700, 1280, 1900]:
            seen, _ = self.look(width)
            self.assertEqual((seen["window"], seen["page"]), (width, width))

    def it_is_dark_in_the_dark(self):
        for dark, option in [(True, "0"), (False, "1")]:
            seen, _ = self.look(
                800, "",
                "--blink-settings=preferredColorScheme=" + option)
            self.assertEqual(seen["dark"], dark)
            red = int(re.findall(r"\d+", seen["paper"])[0])
            self.assertEqual(red < 64, dark)


class Refusals(Compare):
    def it_says_what_can_be_chosen(self):
        self.assert_refused(["--workloads", "echo,x"], "--workloads", "'x'",
                            *WORKLOADS)
        self.assert_refused(["--styles", "goto"], "'goto'", *toolkit.STYLES)
        self.assert_refused(["--pollers", "epol"], "'epol'",
                            *toolkit.pollers_that_open())
        for empty in ["", ",", "echo,"]:
            self.assert_refused(["--workloads", empty], "''")

    def it_refuses_numbers_that_are_none(self):
        for option, most in [("--rounds", "1000"), ("--parts", "100"),
                             ("--connections", "10000"), ("--size", "4096"),
                             ("--idle", "20000")]:
            for number in ["-1", "0", "x", "", "1.5", "1000000000"]:
                self.assert_refused([option, number], option, "to " + most)
        self.assert_refused(["--seconds", "0"], "--seconds")

    def it_does_not_begin_if_the_environment_is_wrong(self):
        done = compare(env=dict(os.environ, EDDY_POLLER="nonsense"))
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertRegex(done.stderr, r"^eddy: EDDY_POLLER .*\n$")

    def it_prints_in_one_form_at_a_time(self):
        self.assert_refused(["--json", "--csv"], "--json", "--csv")

    def it_tells_that_descriptors_are_too_few(self):
        def few():
            resource.setrlimit(resource.RLIMIT_NOFILE, (60, 60))

        done = compare(preexec_fn=few)
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("descriptors", done.stderr)


if __name__ == "__main__":
    toolkit.main()
