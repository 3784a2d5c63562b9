// Draws the tables of counts. The tables are the data and stay; without this nothing is missing but
// the picture.
"use strict";
(() => {
  const HEIGHT = 280;
  // Series are told apart by their dashes, too.
  const DASHES = [[], [8, 4], [2, 3], [12, 4, 2, 4], [5, 5], [14, 6], [1, 5], [10, 3, 3, 3]];

  const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  // The tables speak of UTC, so the picture does.
  const clock = (seconds) => new Date(seconds * 1000).toISOString().slice(11, 16);

  const read = (table) => {
    const rows = [...table.tBodies[0].rows].reverse();
    const cells = rows.map((row) => [...row.cells]);
    const times = cells.map(([time]) => Date.parse(time.firstElementChild.dateTime) / 1000);
    const names = [...table.tHead.rows[0].cells].slice(1).map((cell) => cell.textContent);
    const counts = names.map((_, at) => cells.map((row) => Number(row[at + 1].textContent)));
    // The last step is as long as the others.
    times.push(2 * times.at(-1) - times.at(-2));
    for (const series of counts) series.push(series.at(-1));
    return { names, data: [times, ...counts] };
  };

  const draw = (box, table) => {
    const { names, data } = read(table);
    const axis = (more) => ({
      stroke: color("--soft"),
      grid: { stroke: color("--line"), width: 1 },
      ticks: { stroke: color("--line"), width: 1 },
      ...more,
    });
    const series = names.map((label, at) => ({
      label,
      stroke: color(`--s${at % 8}`),
      dash: DASHES[at % 8],
      width: 2,
      points: { show: false },
      paths: uPlot.paths.stepped({ align: 1 }),
    }));
    return new uPlot(
      {
        width: box.clientWidth,
        height: HEIGHT,
        tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
        scales: { y: { range: (_, low, high) => [0, Math.max(1, high * 1.05)] } },
        axes: [
          axis({ values: (_, ticks) => ticks.map(clock) }),
          axis({ incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 1e5, 1e6, 1e7] }),
        ],
        cursor: { drag: { x: true, y: false } },
        series: [{ value: (_, seconds) => (seconds == null ? "–" : `${clock(seconds)} UTC`) }, ...series],
      },
      data,
      box,
    );
  };

  for (const box of document.querySelectorAll("[data-chart]")) {
    const table = box.parentElement.querySelector("table");
    let chart = draw(box, table);
    new ResizeObserver(() => {
      if (box.clientWidth) chart.setSize({ width: box.clientWidth, height: HEIGHT });
    }).observe(box);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      chart.destroy();
      chart = draw(box, table);
    });
  }
  performance.mark("charts-drawn");
})();
